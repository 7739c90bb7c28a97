-- The migrations that have been run, up to version 2.
CREATE TABLE IF NOT EXISTS webhook_schema (
    version INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL
);

-- What is known of a delivery, in small rows: they are rewritten with each change.
CREATE TABLE webhook_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    provider TEXT NOT NULL,
    event TEXT,
    provider_id TEXT,
    -- 0 pending, 1 running, 2 blocked, 3 completed, 4 dead, 5 cancelled
    state INTEGER NOT NULL,
    -- Milliseconds since 1970, as all times. Pending: when it is due, 0 for at once, whatever the
    -- clock says. Running: when the lease ends.
    due_at INTEGER NOT NULL,
    -- Starts since it came or was retried by an operator.
    attempt INTEGER NOT NULL,
    -- Starts ever: what fences stale completions.
    claims INTEGER NOT NULL,
    -- What those with one order key have in common.
    line BLOB,
    reason TEXT,
    received_at INTEGER NOT NULL,
    finished_at INTEGER,
    size INTEGER NOT NULL
);
CREATE INDEX webhook_due ON webhook_deliveries (endpoint, state, due_at, id) WHERE state < 2;
CREATE INDEX webhook_lines ON webhook_deliveries (line, state, id)
    WHERE line IS NOT NULL AND state <= 2;
CREATE INDEX webhook_finished ON webhook_deliveries (state, finished_at) WHERE state > 2;

-- What was sent, which never changes.
CREATE TABLE webhook_bodies (
    id INTEGER PRIMARY KEY,
    head BLOB NOT NULL,
    body BLOB NOT NULL
);

-- What copies are recognised by, which outlives the delivery.
CREATE TABLE webhook_keys (
    key BLOB PRIMARY KEY,
    delivery INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX webhook_keys_expiry ON webhook_keys (expires_at);

INSERT INTO webhook_schema (version, applied_at) VALUES (1, {now});
