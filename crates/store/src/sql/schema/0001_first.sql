-- Step 1: the first schema.
--
-- Counters and amounts are BIGINT, moments BIGINT microseconds since 1970 in UTC, yes and no 1 and 0, lists and maps
-- JSON in TEXT, everything else TEXT. Both engines run this file; PostgreSQL's compares every TEXT by its bytes, as
-- SQLite does.
--
-- In each table `generation` counts the changes of the row, and `children` those of the rows listed under it. Both
-- are compared by running programs: a row that is corrected by hand needs a higher generation.

-- How many steps of the schema this database has been through.
CREATE TABLE schema_step (
    step BIGINT NOT NULL
);

-- Machines that run instances, and their lives.
CREATE TABLE host (
    id TEXT NOT NULL PRIMARY KEY,
    uuid TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    nonce TEXT,
    boot_id TEXT,
    receipt TEXT,
    receipt_by TEXT,
    fence_intent BIGINT,
    list_gen BIGINT NOT NULL,
    inventory_seq BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    disabled TEXT,
    hypervisor_type TEXT NOT NULL,
    hypervisor_version BIGINT NOT NULL,
    host_ip TEXT NOT NULL,
    cells TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL
);

-- How much of each resource class a host has to give.
CREATE TABLE inventory (
    host TEXT NOT NULL,
    class TEXT NOT NULL,
    total BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    ratio_milli BIGINT NOT NULL,
    min_unit BIGINT NOT NULL,
    max_unit BIGINT NOT NULL,
    step_size BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL,
    PRIMARY KEY (host, class)
);

-- The PCI devices of a host. `owner` is the claim that holds one; nothing else says so.
CREATE TABLE device (
    host TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    vendor TEXT NOT NULL,
    product TEXT NOT NULL,
    numa_node BIGINT,
    parent TEXT,
    resource_class TEXT,
    traits TEXT NOT NULL,
    tags TEXT NOT NULL,
    owner TEXT,
    present BIGINT NOT NULL,
    foreign_guest BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL,
    PRIMARY KEY (host, address)
);

-- What reports showed and no claim explains.
CREATE TABLE discrepancy (
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    since BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL,
    PRIMARY KEY (host, kind, subject)
);

CREATE TABLE flavor (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    vcpus BIGINT NOT NULL,
    memory_mb BIGINT NOT NULL,
    root_gb BIGINT NOT NULL,
    ephemeral_gb BIGINT NOT NULL,
    swap_mb BIGINT NOT NULL,
    is_public BIGINT NOT NULL,
    description TEXT,
    extra_specs TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL
);

-- What users asked for. `host` is where the Home claim is.
CREATE TABLE instance (
    id TEXT NOT NULL PRIMARY KEY,
    project TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    metadata TEXT NOT NULL,
    key_name TEXT,
    image TEXT,
    flavor TEXT NOT NULL,
    devices TEXT NOT NULL,
    requested_host TEXT,
    vm_state TEXT NOT NULL,
    power TEXT NOT NULL,
    operation TEXT,
    operation_migration TEXT,
    attempt BIGINT NOT NULL,
    host TEXT,
    fault_code BIGINT,
    fault_message TEXT,
    fault_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    launched_at BIGINT,
    terminated_at BIGINT,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL
);

CREATE INDEX instance_alive ON instance (id) WHERE vm_state <> 'deleted';
CREATE INDEX instance_deleted ON instance (id) WHERE vm_state = 'deleted';
CREATE INDEX instance_alive_of ON instance (project, id) WHERE vm_state <> 'deleted';
CREATE INDEX instance_deleted_of ON instance (project, id) WHERE vm_state = 'deleted';
CREATE INDEX instance_on ON instance (host, id) WHERE vm_state <> 'deleted';
CREATE INDEX instance_unfinished ON instance (id) WHERE operation IS NOT NULL;

-- Resources and devices on one host, held for one instance.
CREATE TABLE claim (
    id TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL,
    host TEXT NOT NULL,
    role TEXT NOT NULL,
    told BIGINT NOT NULL,
    run BIGINT NOT NULL,
    hot BIGINT NOT NULL,
    claim_order BIGINT NOT NULL,
    said TEXT NOT NULL,
    said_reason TEXT,
    devices TEXT NOT NULL,
    vcpus BIGINT NOT NULL,
    memory_mb BIGINT NOT NULL,
    disk_gb BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    migration TEXT,
    created_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL
);

CREATE INDEX claim_on ON claim (host, id);
CREATE INDEX claim_of ON claim (instance, id);

-- Records of moves.
CREATE TABLE migration (
    id TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL,
    project TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    source_host TEXT NOT NULL,
    source_claim TEXT NOT NULL,
    dest_host TEXT,
    dest_claim TEXT,
    requested_host TEXT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL
);

CREATE INDEX migration_of ON migration (instance, id);

-- What was asked of an instance, and how it went.
CREATE TABLE action (
    instance TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    kind TEXT NOT NULL,
    request TEXT NOT NULL,
    user_id TEXT NOT NULL,
    project TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    outcome TEXT,
    outcome_reason TEXT,
    generation BIGINT NOT NULL,
    children BIGINT NOT NULL,
    PRIMARY KEY (instance, attempt)
);

-- Every commit, in order: who wrote, which commit of that writer it was, what it did, and the keys that it wrote.
CREATE TABLE feed (
    version BIGINT NOT NULL PRIMARY KEY,
    writer TEXT NOT NULL,
    n BIGINT NOT NULL,
    step TEXT NOT NULL,
    at BIGINT NOT NULL,
    keys TEXT NOT NULL
);

CREATE UNIQUE INDEX feed_commit ON feed (writer, n);

-- Every change of ownership, with the commit that made it. Lines are only ever added.
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
    claim TEXT NOT NULL,
    instance TEXT,
    device TEXT,
    role TEXT,
    proof TEXT,
    PRIMARY KEY (version, line)
);

CREATE INDEX ledger_of_device ON ledger (host, device, version);
CREATE INDEX ledger_of_claim ON ledger (claim, version);
