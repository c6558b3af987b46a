-- Step 2: what was so before, for whoever has to know it afterwards.

-- The power that was wanted of the instance before its move was asked for. Of moves that are there already it is not
-- known any more: an active instance was wanted on, most likely, and any other is wanted as it was.
ALTER TABLE migration ADD COLUMN power_before TEXT NOT NULL DEFAULT 'on';

UPDATE migration SET power_before = 'off'
WHERE instance IN (SELECT id FROM instance WHERE vm_state <> 'active' AND power = 'off');

-- The boot that a person asserted dead, until a life of the host registers. Where an assertion stands, it was of the
-- newest boot.
ALTER TABLE host ADD COLUMN asserted_dead TEXT;

UPDATE host SET asserted_dead = boot_id WHERE receipt = 'asserted';

-- The newest report of a host's life that older ones must not undo. None of the lives that go on has numbered its own.
ALTER TABLE host ADD COLUMN report_seq BIGINT NOT NULL DEFAULT 0;
