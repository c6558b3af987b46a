-- Step 3: devices are sanitised between two grants.

-- How the agent of its host sanitises a device, what it has to be sanitised of (`used` by a claim, or `found` in a
-- count of the host), and why that could not be done. Of devices that are there already nothing is known: one whose
-- agent names a sanitizer is dirty from its next count on.
ALTER TABLE device ADD COLUMN sanitizer TEXT;
ALTER TABLE device ADD COLUMN dirt TEXT;
ALTER TABLE device ADD COLUMN dirt_of TEXT;
ALTER TABLE device ADD COLUMN stuck TEXT;

CREATE INDEX device_to_sanitize ON device (host, address) WHERE owner IS NULL AND dirt IS NOT NULL;
