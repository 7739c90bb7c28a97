-- A claim need not count an attempt: 1 if the attempt of the last claim is counted.
ALTER TABLE {s}deliveries ADD COLUMN counted smallint NOT NULL DEFAULT 1;
-- 1 if a claim ended without anyone knowing whether its attempt had begun.
ALTER TABLE {s}deliveries ADD COLUMN unsure smallint NOT NULL DEFAULT 0;
-- The pause before the next attempt, in milliseconds: how far ahead `due_at` was set.
ALTER TABLE {s}deliveries ADD COLUMN pause bigint NOT NULL DEFAULT 0;
-- The length of the body before it was compressed; 0 if it is as it was sent.
ALTER TABLE {s}bodies ADD COLUMN unpacked integer NOT NULL DEFAULT 0;
-- The tenant whose turn it takes, as a digest; NULL where tenants take none.
ALTER TABLE {s}deliveries ADD COLUMN tenant bytea;
CREATE INDEX deliveries_new_by_tenant ON {s}deliveries (endpoint, tenant, id)
    WHERE state = 0 AND due_at = 0 AND tenant IS NOT NULL;
CREATE INDEX deliveries_retries_by_tenant ON {s}deliveries (endpoint, tenant, due_at, id)
    WHERE state = 0 AND due_at <> 0 AND tenant IS NOT NULL;

INSERT INTO {s}versions (version, applied_at) VALUES (2, {now});
