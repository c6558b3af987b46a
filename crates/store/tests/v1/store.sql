SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.action (
    instance text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    request text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    project text NOT NULL COLLATE pg_catalog."C",
    started_at bigint NOT NULL,
    ended_at bigint,
    outcome text COLLATE pg_catalog."C",
    outcome_reason text COLLATE pg_catalog."C",
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.claim (
    id text NOT NULL COLLATE pg_catalog."C",
    instance text NOT NULL COLLATE pg_catalog."C",
    host text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    told bigint NOT NULL,
    run bigint NOT NULL,
    hot bigint NOT NULL,
    claim_order bigint NOT NULL,
    said text NOT NULL COLLATE pg_catalog."C",
    said_reason text COLLATE pg_catalog."C",
    devices text NOT NULL COLLATE pg_catalog."C",
    vcpus bigint NOT NULL,
    memory_mb bigint NOT NULL,
    disk_gb bigint NOT NULL,
    attempt bigint NOT NULL,
    migration text COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.device (
    host text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    vendor text NOT NULL COLLATE pg_catalog."C",
    product text NOT NULL COLLATE pg_catalog."C",
    numa_node bigint,
    parent text COLLATE pg_catalog."C",
    resource_class text COLLATE pg_catalog."C",
    traits text NOT NULL COLLATE pg_catalog."C",
    tags text NOT NULL COLLATE pg_catalog."C",
    owner text COLLATE pg_catalog."C",
    present bigint NOT NULL,
    foreign_guest bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.discrepancy (
    host text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    since bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.feed (
    version bigint NOT NULL,
    writer text NOT NULL COLLATE pg_catalog."C",
    n bigint NOT NULL,
    step text NOT NULL COLLATE pg_catalog."C",
    at bigint NOT NULL,
    keys text NOT NULL COLLATE pg_catalog."C"
);

CREATE SEQUENCE public.feed_version
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.feed_version OWNED BY public.feed.version;

CREATE TABLE public.flavor (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    vcpus bigint NOT NULL,
    memory_mb bigint NOT NULL,
    root_gb bigint NOT NULL,
    ephemeral_gb bigint NOT NULL,
    swap_mb bigint NOT NULL,
    is_public bigint NOT NULL,
    description text COLLATE pg_catalog."C",
    extra_specs text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.host (
    id text NOT NULL COLLATE pg_catalog."C",
    uuid text NOT NULL COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    registered bigint NOT NULL,
    nonce text COLLATE pg_catalog."C",
    boot_id text COLLATE pg_catalog."C",
    receipt text COLLATE pg_catalog."C",
    receipt_by text COLLATE pg_catalog."C",
    fence_intent bigint,
    list_gen bigint NOT NULL,
    inventory_seq bigint NOT NULL,
    removed bigint NOT NULL,
    quarantined bigint NOT NULL,
    disabled text COLLATE pg_catalog."C",
    hypervisor_type text NOT NULL COLLATE pg_catalog."C",
    hypervisor_version bigint NOT NULL,
    host_ip text NOT NULL COLLATE pg_catalog."C",
    cells text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    last_seen bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.instance (
    id text NOT NULL COLLATE pg_catalog."C",
    project text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    description text COLLATE pg_catalog."C",
    metadata text NOT NULL COLLATE pg_catalog."C",
    key_name text COLLATE pg_catalog."C",
    image text COLLATE pg_catalog."C",
    flavor text NOT NULL COLLATE pg_catalog."C",
    devices text NOT NULL COLLATE pg_catalog."C",
    requested_host text COLLATE pg_catalog."C",
    vm_state text NOT NULL COLLATE pg_catalog."C",
    power text NOT NULL COLLATE pg_catalog."C",
    operation text COLLATE pg_catalog."C",
    operation_migration text COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    host text COLLATE pg_catalog."C",
    fault_code bigint,
    fault_message text COLLATE pg_catalog."C",
    fault_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    launched_at bigint,
    terminated_at bigint,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.inventory (
    host text NOT NULL COLLATE pg_catalog."C",
    class text NOT NULL COLLATE pg_catalog."C",
    total bigint NOT NULL,
    reserved bigint NOT NULL,
    ratio_milli bigint NOT NULL,
    min_unit bigint NOT NULL,
    max_unit bigint NOT NULL,
    step_size bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.ledger (
    version bigint NOT NULL,
    line bigint NOT NULL,
    at bigint NOT NULL,
    step text NOT NULL COLLATE pg_catalog."C",
    request text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    project text NOT NULL COLLATE pg_catalog."C",
    event text NOT NULL COLLATE pg_catalog."C",
    host text NOT NULL COLLATE pg_catalog."C",
    claim text NOT NULL COLLATE pg_catalog."C",
    instance text COLLATE pg_catalog."C",
    device text COLLATE pg_catalog."C",
    role text COLLATE pg_catalog."C",
    proof text COLLATE pg_catalog."C"
);

CREATE TABLE public.migration (
    id text NOT NULL COLLATE pg_catalog."C",
    instance text NOT NULL COLLATE pg_catalog."C",
    project text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    attempt bigint NOT NULL,
    source_host text NOT NULL COLLATE pg_catalog."C",
    source_claim text NOT NULL COLLATE pg_catalog."C",
    dest_host text COLLATE pg_catalog."C",
    dest_claim text COLLATE pg_catalog."C",
    requested_host text COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    generation bigint NOT NULL,
    children bigint NOT NULL
);

CREATE TABLE public.schema_step (
    step bigint NOT NULL
);

INSERT INTO public.action VALUES ('01900000-0000-7000-8000-000000010001', 2, 'evacuate', 'req-1', 'ann', 'blue', 18, NULL, NULL, NULL, 1, 0);
INSERT INTO public.action VALUES ('01900000-0000-7000-8000-000000010001', 10, 'evacuate', 'req-1', 'ann', 'blue', 18, 19, 'success', NULL, 1, 0);
INSERT INTO public.action VALUES ('01900000-0000-7000-8000-000000010002', 1, 'evacuate', 'req-1', 'ann', 'blue', 18, 19, 'error', 'no host', 1, 0);

INSERT INTO public.claim VALUES ('01900000-0000-7000-8000-000000020001', '01900000-0000-7000-8000-000000010001', 'h1', 'home', 0, 1, 1, 1, 'none', NULL, '[]', 1, 2048, 20, 1, NULL, 15, 1, 0);
INSERT INTO public.claim VALUES ('01900000-0000-7000-8000-000000020002', '01900000-0000-7000-8000-000000010001', 'h2', 'incoming', 1, 1, 1, 1, 'failed', 'disk: full', '["0000:03:1f.1","0000:04:1f.1"]', 1, 2048, 20, 1, '01900000-0000-7000-8000-000000030001', 15, 1, 0);
INSERT INTO public.claim VALUES ('01900000-0000-7000-8000-000000020003', '01900000-0000-7000-8000-000000010002', 'h1', 'home', 0, 1, 1, 1, 'running', NULL, '[]', 1, 2048, 20, 1, NULL, 15, 1, 0);

INSERT INTO public.device VALUES ('h1', '0000:03:1f.1', 'type-VF', '10de', '0db8', 1, '0000:c8:1f.1', 'CUSTOM_GPU', '["CUSTOM_A","CUSTOM_B"]', '{"physical_network":"net \"1\""}', '01900000-0000-7000-8000-000000020001', 0, 1, 1, 0);
INSERT INTO public.device VALUES ('h1', '0000:04:1f.1', 'type-PCI', '10de', '0db8', NULL, NULL, NULL, '[]', '{}', NULL, 1, 0, 1, 0);
INSERT INTO public.device VALUES ('h1', '0000:af:1f.1', 'type-PCI', '10de', '0db8', NULL, NULL, NULL, '[]', '{}', NULL, 1, 0, 1, 0);
INSERT INTO public.device VALUES ('h2', '0000:03:1f.1', 'type-PCI', '10de', '0db8', NULL, NULL, NULL, '[]', '{}', NULL, 1, 0, 1, 0);

INSERT INTO public.discrepancy VALUES ('h1', 'missing_device', '0000:03:1f.1', 8, 1, 0);
INSERT INTO public.discrepancy VALUES ('h1', 'never_dead', '01900000-0000-7000-8000-000000000004', 8, 1, 0);
INSERT INTO public.discrepancy VALUES ('h1', 'unknown_guest', 'web1', 8, 1, 0);

INSERT INTO public.feed VALUES (1, '00000000-0000-0000-0000-00000000aaaa', 1, 'test', 1700000000000000, '[{"claim":"01900000-0000-7000-8000-000000020001"},{"claim":"01900000-0000-7000-8000-000000020002"},{"claim":"01900000-0000-7000-8000-000000020003"}]');
INSERT INTO public.feed VALUES (2, '00000000-0000-0000-0000-00000000aaaa', 2, 'test', 1700000000000000, '[{"host":"H3"},{"host":"h1"},{"host":"h2"},{"host":"hé"},{"inventory":["h1","DISK_GB"]},{"inventory":["h1","MEMORY_MB"]},{"inventory":["h1","VCPU"]},{"device":["h1","0000:03:1f.1"]},{"device":["h1","0000:04:1f.1"]},{"device":["h1","0000:af:1f.1"]},{"device":["h2","0000:03:1f.1"]},{"discrepancy":["h1",{"missing_device":"0000:03:1f.1"}]},{"discrepancy":["h1",{"never_dead":"01900000-0000-7000-8000-000000000004"}]},{"discrepancy":["h1",{"unknown_guest":"web1"}]},{"flavor":"1"},{"flavor":"gpu.large"},{"instance":"01900000-0000-7000-8000-000000010001"},{"instance":"01900000-0000-7000-8000-000000010002"},{"instance":"01900000-0000-7000-8000-000000010003"},{"instance":"01900000-0000-7000-8000-000000010004"},{"migration":"01900000-0000-7000-8000-000000030001"},{"migration":"01900000-0000-7000-8000-000000030002"},{"migration":"01900000-0000-7000-8000-000000030003"},{"action":["01900000-0000-7000-8000-000000010001",2]},{"action":["01900000-0000-7000-8000-000000010001",10]},{"action":["01900000-0000-7000-8000-000000010002",1]}]');

INSERT INTO public.flavor VALUES ('1', 'm1.small', 1, 2048, 20, 0, 0, 1, NULL, '{"pci_passthrough:alias":"gpu:1"}', 3, 1, 0);
INSERT INTO public.flavor VALUES ('gpu.large', 'm1.small', 1, 2048, 20, 0, 0, 1, NULL, '{"pci_passthrough:alias":"gpu:1"}', 3, 1, 0);

INSERT INTO public.host VALUES ('H3', '01900000-0000-7000-8000-000000000001', 0, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, '', 0, '', '[]', 5, 5, 1, 0);
INSERT INTO public.host VALUES ('h1', '01900000-0000-7000-8000-000000000001', 7, 1, '01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-000000000003', 'asserted', 'ann', 6, 9, 4, 1, 1, 'broken 🔧 ''fan''', 'QEMU', 9002001, '192.0.2.7', '[{"id":0,"cpus":[0,1],"memory_mb":1024}]', 5, -6, 1, 1);
INSERT INTO public.host VALUES ('h2', '01900000-0000-7000-8000-000000000001', 0, 0, NULL, NULL, 'driver', NULL, NULL, 0, 0, 0, 0, NULL, '', 0, '', '[]', 5, 5, 1, 1);
INSERT INTO public.host VALUES ('hé', '01900000-0000-7000-8000-000000000001', 0, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL, '', 0, '', '[]', 5, 5, 1, 0);

INSERT INTO public.instance VALUES ('01900000-0000-7000-8000-000000010001', 'blue', 'ann', 'vm1', NULL, '{}', NULL, NULL, '{"id":"1","name":"m1.small","vcpus":1,"memory_mb":2048,"root_gb":20,"ephemeral_gb":0,"swap_mb":0,"is_public":true,"description":null,"extra_specs":{"pci_passthrough:alias":"gpu:1"},"created_at":3}', '[]', NULL, 'active', 'on', NULL, NULL, 1, NULL, NULL, NULL, NULL, 10, 11, NULL, NULL, 1, 1);
INSERT INTO public.instance VALUES ('01900000-0000-7000-8000-000000010002', 'blue', 'ann', 'vm2', 'it''s "mine"
and yours', '{"k":"v"}', 'key', '01900000-0000-7000-8000-000000000006', '{"id":"1","name":"m1.small","vcpus":1,"memory_mb":2048,"root_gb":20,"ephemeral_gb":0,"swap_mb":0,"is_public":true,"description":null,"extra_specs":{"pci_passthrough:alias":"gpu:1"},"created_at":3}', '[{"alias":"gpu","count":2,"specs":[{"vendor_id":"10de","device_type":"type-PF"}]}]', 'h2', 'error', 'off', 'roll_back', '01900000-0000-7000-8000-000000030001', 1, 'h1', 500, 'no', 12, 10, 11, 13, 14, 1, 1);
INSERT INTO public.instance VALUES ('01900000-0000-7000-8000-000000010003', 'red', 'ann', 'vm3', NULL, '{}', NULL, NULL, '{"id":"1","name":"m1.small","vcpus":1,"memory_mb":2048,"root_gb":20,"ephemeral_gb":0,"swap_mb":0,"is_public":true,"description":null,"extra_specs":{"pci_passthrough:alias":"gpu:1"},"created_at":3}', '[]', NULL, 'active', 'on', 'boot', NULL, 1, NULL, NULL, NULL, NULL, 10, 11, NULL, NULL, 1, 0);
INSERT INTO public.instance VALUES ('01900000-0000-7000-8000-000000010004', 'blue', 'ann', 'vm4', NULL, '{}', NULL, NULL, '{"id":"1","name":"m1.small","vcpus":1,"memory_mb":2048,"root_gb":20,"ephemeral_gb":0,"swap_mb":0,"is_public":true,"description":null,"extra_specs":{"pci_passthrough:alias":"gpu:1"},"created_at":3}', '[]', NULL, 'deleted', 'on', NULL, NULL, 1, 'h1', NULL, NULL, NULL, 10, 11, NULL, NULL, 1, 0);

INSERT INTO public.inventory VALUES ('h1', 'DISK_GB', 64, 1, 1500, 1, 64, 1, 1, 0);
INSERT INTO public.inventory VALUES ('h1', 'MEMORY_MB', 64, 1, 1500, 1, 64, 1, 1, 0);
INSERT INTO public.inventory VALUES ('h1', 'VCPU', 64, 1, 1500, 1, 64, 1, 1, 0);

INSERT INTO public.ledger VALUES (1, 0, 1700000000000000, 'test', 'req-1', 'ann', 'blue', 'claimed', 'h1', '01900000-0000-7000-8000-000000020001', '01900000-0000-7000-8000-000000010001', NULL, 'home', NULL);
INSERT INTO public.ledger VALUES (1, 1, 1700000000000000, 'test', 'req-1', 'ann', 'blue', 'claimed', 'h2', '01900000-0000-7000-8000-000000020002', '01900000-0000-7000-8000-000000010001', NULL, 'incoming', NULL);
INSERT INTO public.ledger VALUES (1, 2, 1700000000000000, 'test', 'req-1', 'ann', 'blue', 'claimed', 'h1', '01900000-0000-7000-8000-000000020003', '01900000-0000-7000-8000-000000010002', NULL, 'home', NULL);
INSERT INTO public.ledger VALUES (2, 0, 1700000000000000, 'test', 'req-1', 'ann', 'blue', 'granted', 'h1', '01900000-0000-7000-8000-000000020001', NULL, '0000:03:1f.1', NULL, NULL);

INSERT INTO public.migration VALUES ('01900000-0000-7000-8000-000000030001', '01900000-0000-7000-8000-000000010001', 'blue', 'ann', 'evacuation', 'accepted', 2, 'h1', '01900000-0000-7000-8000-000000020001', NULL, NULL, NULL, NULL, 16, 17, 1, 0);
INSERT INTO public.migration VALUES ('01900000-0000-7000-8000-000000030002', '01900000-0000-7000-8000-000000010001', 'blue', 'ann', 'evacuation', 'pre-migrating', 2, 'h1', '01900000-0000-7000-8000-000000020001', 'h2', '01900000-0000-7000-8000-000000020002', 'h2', 'h3: it is fenced', 16, 17, 1, 0);
INSERT INTO public.migration VALUES ('01900000-0000-7000-8000-000000030003', '01900000-0000-7000-8000-000000010002', 'blue', 'ann', 'evacuation', 'accepted', 2, 'h1', '01900000-0000-7000-8000-000000020001', NULL, NULL, NULL, NULL, 16, 17, 1, 0);

INSERT INTO public.schema_step VALUES (1);

SELECT pg_catalog.setval('public.feed_version', 2, true);

ALTER TABLE ONLY public.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (instance, attempt);

ALTER TABLE ONLY public.claim
    ADD CONSTRAINT claim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (host, address);

ALTER TABLE ONLY public.discrepancy
    ADD CONSTRAINT discrepancy_pkey PRIMARY KEY (host, kind, subject);

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.flavor
    ADD CONSTRAINT flavor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.host
    ADD CONSTRAINT host_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_pkey PRIMARY KEY (host, class);

ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (version, line);

ALTER TABLE ONLY public.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (id);

CREATE INDEX claim_of ON public.claim USING btree (instance, id);

CREATE INDEX claim_on ON public.claim USING btree (host, id);

CREATE UNIQUE INDEX feed_commit ON public.feed USING btree (writer, n);

CREATE INDEX instance_alive ON public.instance USING btree (id) WHERE (vm_state <> 'deleted'::text);

CREATE INDEX instance_alive_of ON public.instance USING btree (project, id) WHERE (vm_state <> 'deleted'::text);

CREATE INDEX instance_deleted ON public.instance USING btree (id) WHERE (vm_state = 'deleted'::text);

CREATE INDEX instance_deleted_of ON public.instance USING btree (project, id) WHERE (vm_state = 'deleted'::text);

CREATE INDEX instance_on ON public.instance USING btree (host, id) WHERE (vm_state <> 'deleted'::text);

CREATE INDEX instance_unfinished ON public.instance USING btree (id) WHERE (operation IS NOT NULL);

CREATE INDEX ledger_of_claim ON public.ledger USING btree (claim, version);

CREATE INDEX ledger_of_device ON public.ledger USING btree (host, device, version);

CREATE INDEX migration_of ON public.migration USING btree (instance, id);

