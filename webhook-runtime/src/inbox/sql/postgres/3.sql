-- What operators look for. Rows of earlier versions have none of it.
-- The parameters of the path by which the secret was found, as a form: `shop=acme`.
ALTER TABLE {s}deliveries ADD COLUMN tenant_name text;
-- The name of the secret that matched.
ALTER TABLE {s}deliveries ADD COLUMN secret text;
-- The last attempt: when it began, its microseconds, the status of its response, and its worker.
ALTER TABLE {s}deliveries ADD COLUMN started_at bigint;
ALTER TABLE {s}deliveries ADD COLUMN took bigint;
ALTER TABLE {s}deliveries ADD COLUMN status smallint;
ALTER TABLE {s}deliveries ADD COLUMN worker bigint;
-- A hash of the reason without its numbers and ids: those of one cause have it in common.
ALTER TABLE {s}deliveries ADD COLUMN cause bigint;
CREATE INDEX deliveries_by_endpoint ON {s}deliveries (endpoint, id);
-- Times are about in the order in which rows are stored.
CREATE INDEX deliveries_by_received ON {s}deliveries USING brin (received_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX deliveries_by_event ON {s}deliveries (event, id) WHERE event IS NOT NULL;
-- In blocks of 1,024 deliveries, so that what is stored together is written together.
CREATE INDEX deliveries_by_provider_id ON {s}deliveries ((id >> 10), provider_id)
    WHERE provider_id IS NOT NULL;
CREATE INDEX deliveries_by_tenant ON {s}deliveries (tenant_name, id)
    WHERE tenant_name IS NOT NULL;
CREATE INDEX deliveries_by_cause ON {s}deliveries (cause, id) WHERE cause IS NOT NULL;
CREATE INDEX deliveries_failed ON {s}deliveries (id) WHERE cause IS NOT NULL;
CREATE INDEX deliveries_given_up ON {s}deliveries (state, id) WHERE state > 3;
CREATE INDEX deliveries_given_up_by_endpoint ON {s}deliveries (endpoint, state, id)
    WHERE state > 3;
-- 0 is a reason of an earlier version.
UPDATE {s}deliveries SET cause = 0 WHERE reason IS NOT NULL AND state <> 3;

-- Attempts before the last one.
CREATE TABLE {s}attempts (
    delivery bigint NOT NULL REFERENCES {s}deliveries (id) ON DELETE CASCADE,
    -- The number of the claim, which is never given twice.
    claim bigint NOT NULL,
    -- The number of the attempt since the delivery came, or was retried by an operator.
    number integer NOT NULL,
    -- 0 completed, 1 retried, 2 dead letter, 3 snoozed, 4 lost
    result smallint NOT NULL,
    started_at bigint,
    took bigint,
    status smallint,
    worker bigint,
    reason text,
    PRIMARY KEY (delivery, claim)
);

-- Copies that came, by minute.
CREATE TABLE {s}duplicates (
    delivery bigint NOT NULL REFERENCES {s}deliveries (id) ON DELETE CASCADE,
    minute bigint NOT NULL,
    count bigint NOT NULL,
    last_at bigint NOT NULL,
    PRIMARY KEY (delivery, minute)
);

-- What happened in a minute: deliveries that were received, attempts that ended.
CREATE TABLE {s}sums (
    minute bigint NOT NULL,
    endpoint text NOT NULL,
    received bigint NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    PRIMARY KEY (minute, endpoint)
);

-- Processes with workers.
CREATE TABLE {s}workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    pid bigint NOT NULL,
    -- Versions of the program and of this library.
    program text NOT NULL,
    version text NOT NULL,
    -- The names of its endpoints, in JSON.
    endpoints text NOT NULL,
    slots integer NOT NULL,
    running integer NOT NULL,
    started_at bigint NOT NULL,
    seen_at bigint NOT NULL,
    -- When its next sign of life is due; 0 after it has stopped.
    next_at bigint NOT NULL
);

-- What is said of an endpoint, for all processes.
CREATE TABLE {s}endpoints (
    endpoint text PRIMARY KEY,
    -- How long finished deliveries are kept, in milliseconds; NULL is as each process says.
    keep_completed bigint,
    keep_dead bigint,
    -- Since when it is paused, by whom and why; NULL if it is not.
    paused_at bigint,
    paused_by text,
    paused_why text
);

-- The migrations that have been run, from version 3 on. Programs of version 2 want to find that
-- version in `versions`, and nothing newer.
CREATE TABLE {s}migrations (
    version bigint PRIMARY KEY,
    applied_at bigint NOT NULL,
    -- Programs of this version and of later ones can work with the tables.
    oldest bigint NOT NULL
);

INSERT INTO {s}migrations (version, applied_at, oldest) VALUES (3, {now}, 2);
