-- Step 3, SQLite only: a column that may be empty from now on takes a new table.

-- The ledger tells of dirty devices as well, and of some nobody knows who used them: `claim` may be empty.
ALTER TABLE ledger RENAME TO ledger_before;

CREATE TABLE ledger (
    version BIGINT NOT NULL,
    line BIGINT NOT NULL,
    at BIGINT NOT NULL,
    step TEXT NOT NULL,
    request TEXT NOT NULL,
    actor TEXT NOT NULL,
    project TEXT NOT NULL,
    event TEXT NOT NULL,
    host TEXT NOT NULL,
    claim TEXT,
    instance TEXT,
    device TEXT,
    role TEXT,
    proof TEXT,
    PRIMARY KEY (version, line)
);

INSERT INTO ledger (version, line, at, step, request, actor, project, event, host, claim, instance, device, role, proof)
SELECT version, line, at, step, request, actor, project, event, host, claim, instance, device, role, proof
FROM ledger_before;

DROP TABLE ledger_before;

CREATE INDEX ledger_of_device ON ledger (host, device, version);
CREATE INDEX ledger_of_claim ON ledger (claim, version);
