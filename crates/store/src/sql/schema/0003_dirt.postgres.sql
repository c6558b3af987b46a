-- Step 3, PostgreSQL only. The ledger tells of dirty devices as well, and of some nobody knows who used them: `claim`
-- may be empty.
ALTER TABLE ledger ALTER COLUMN claim DROP NOT NULL;
