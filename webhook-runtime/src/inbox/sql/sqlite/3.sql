-- What operators look for. Rows of earlier versions have none of it.
-- The parameters of the path by which the secret was found, as a form: `shop=acme`.
ALTER TABLE webhook_deliveries ADD COLUMN tenant_name TEXT;
-- The name of the secret that matched.
ALTER TABLE webhook_deliveries ADD COLUMN secret TEXT;
-- The last attempt: when it began, its microseconds, the status of its response, and its worker.
ALTER TABLE webhook_deliveries ADD COLUMN started_at INTEGER;
ALTER TABLE webhook_deliveries ADD COLUMN took INTEGER;
ALTER TABLE webhook_deliveries ADD COLUMN status INTEGER;
ALTER TABLE webhook_deliveries ADD COLUMN worker INTEGER;
-- A hash of the reason without its numbers and ids: those of one cause have it in common.
ALTER TABLE webhook_deliveries ADD COLUMN cause INTEGER;
CREATE INDEX webhook_by_endpoint ON webhook_deliveries (endpoint, id);
CREATE INDEX webhook_by_received ON webhook_deliveries (received_at);
CREATE INDEX webhook_by_event ON webhook_deliveries (event, id) WHERE event IS NOT NULL;
-- In blocks of 1,024 deliveries, so that what is stored together is written together.
CREATE INDEX webhook_by_provider_id ON webhook_deliveries (id >> 10, provider_id)
    WHERE provider_id IS NOT NULL;
CREATE INDEX webhook_by_tenant ON webhook_deliveries (tenant_name, id)
    WHERE tenant_name IS NOT NULL;
CREATE INDEX webhook_by_cause ON webhook_deliveries (cause, id) WHERE cause IS NOT NULL;
CREATE INDEX webhook_failed ON webhook_deliveries (id) WHERE cause IS NOT NULL;
CREATE INDEX webhook_given_up ON webhook_deliveries (state, id) WHERE state > 3;
CREATE INDEX webhook_given_up_by_endpoint ON webhook_deliveries (endpoint, state, id)
    WHERE state > 3;
-- 0 is a reason of an earlier version.
UPDATE webhook_deliveries SET cause = 0 WHERE reason IS NOT NULL AND state <> 3;

-- Attempts before the last one.
CREATE TABLE webhook_attempts (
    delivery INTEGER NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    -- The number of the claim, which is never given twice.
    claim INTEGER NOT NULL,
    -- The number of the attempt since the delivery came, or was retried by an operator.
    number INTEGER NOT NULL,
    -- 0 completed, 1 retried, 2 dead letter, 3 snoozed, 4 lost
    result INTEGER NOT NULL,
    started_at INTEGER,
    took INTEGER,
    status INTEGER,
    worker INTEGER,
    reason TEXT,
    PRIMARY KEY (delivery, claim)
) WITHOUT ROWID;

-- Copies that came, by minute.
CREATE TABLE webhook_duplicates (
    delivery INTEGER NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    minute INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (delivery, minute)
) WITHOUT ROWID;

-- What happened in a minute: deliveries that were received, attempts that ended.
CREATE TABLE webhook_sums (
    minute INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    received INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (minute, endpoint)
) WITHOUT ROWID;

-- Processes with workers.
CREATE TABLE webhook_workers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    pid INTEGER NOT NULL,
    -- Versions of the program and of this library.
    program TEXT NOT NULL,
    version TEXT NOT NULL,
    -- The names of its endpoints, in JSON.
    endpoints TEXT NOT NULL,
    slots INTEGER NOT NULL,
    running INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    -- When its next sign of life is due; 0 after it has stopped.
    next_at INTEGER NOT NULL
);

-- What is said of an endpoint, for all processes.
CREATE TABLE webhook_endpoints (
    endpoint TEXT PRIMARY KEY,
    -- How long finished deliveries are kept, in milliseconds; NULL is as each process says.
    keep_completed INTEGER,
    keep_dead INTEGER,
    -- Since when it is paused, by whom and why; NULL if it is not.
    paused_at INTEGER,
    paused_by TEXT,
    paused_why TEXT
) WITHOUT ROWID;

-- The migrations that have been run, from version 3 on. Programs of version 2 want to find that
-- version in `webhook_schema`, and nothing newer.
CREATE TABLE webhook_migrations (
    version INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL,
    -- Programs of this version and of later ones can work with the tables.
    oldest INTEGER NOT NULL
);

INSERT INTO webhook_migrations (version, applied_at, oldest) VALUES (3, {now}, 2);
