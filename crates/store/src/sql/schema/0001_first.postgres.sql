-- Step 1, PostgreSQL only: versions are drawn from a sequence, because a transaction does not see what was committed
-- after it began.
CREATE SEQUENCE feed_version OWNED BY feed.version;
