-- `CREATE SCHEMA IF NOT EXISTS` asks for the right to create schemas even if it is there.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '{schema}') THEN
        CREATE SCHEMA "{schema}";
    END IF;
END $$;

-- The migrations that have been run, up to version 2.
CREATE TABLE IF NOT EXISTS {s}versions (
    version bigint PRIMARY KEY,
    applied_at bigint NOT NULL
);

-- What is known of a delivery, in small rows: they are rewritten with each change.
CREATE SEQUENCE {s}numbers;
CREATE TABLE {s}deliveries (
    id bigint PRIMARY KEY,
    endpoint text NOT NULL,
    provider text NOT NULL,
    event text,
    provider_id text,
    -- 0 pending, 1 running, 2 blocked, 3 completed, 4 dead, 5 cancelled
    state smallint NOT NULL,
    -- Milliseconds since 1970, as all times. Pending: when it is due, 0 for at once, whatever the
    -- clock says. Running: when the lease ends.
    due_at bigint NOT NULL,
    -- Starts since it came or was retried by an operator.
    attempt integer NOT NULL,
    -- Starts ever: what fences stale completions.
    claims bigint NOT NULL,
    -- What those with one order key have in common.
    line bytea,
    reason text,
    received_at bigint NOT NULL,
    finished_at bigint,
    size bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX deliveries_due ON {s}deliveries (endpoint, state, due_at, id) WHERE state < 2;
CREATE INDEX deliveries_lines ON {s}deliveries (line, state, id)
    WHERE line IS NOT NULL AND state <= 2;
CREATE INDEX deliveries_finished ON {s}deliveries (state, finished_at) WHERE state > 2;

-- What was sent, which never changes.
CREATE TABLE {s}bodies (
    id bigint PRIMARY KEY,
    head bytea NOT NULL,
    body bytea NOT NULL
);
-- Compressing them would cost more than it saves.
ALTER TABLE {s}bodies ALTER COLUMN body SET STORAGE EXTERNAL;

-- What copies are recognised by, which outlives the delivery.
CREATE TABLE {s}keys (
    key bytea PRIMARY KEY,
    delivery bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX keys_expiry ON {s}keys (expires_at);

INSERT INTO {s}versions (version, applied_at) VALUES (1, {now});
