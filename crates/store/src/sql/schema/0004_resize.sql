-- Step 4: instances move to another size.

-- What a resize changes: the sizes before and after. No move that is there already changed one.
ALTER TABLE migration ADD COLUMN resize TEXT NOT NULL DEFAULT 'null';
