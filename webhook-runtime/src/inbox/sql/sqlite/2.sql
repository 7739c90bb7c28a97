-- A claim need not count an attempt: 1 if the attempt of the last claim is counted.
ALTER TABLE webhook_deliveries ADD COLUMN counted INTEGER NOT NULL DEFAULT 1;
-- 1 if a claim ended without anyone knowing whether its attempt had begun.
ALTER TABLE webhook_deliveries ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0;
-- The pause before the next attempt, in milliseconds: how far ahead `due_at` was set.
ALTER TABLE webhook_deliveries ADD COLUMN pause INTEGER NOT NULL DEFAULT 0;
-- The length of the body before it was compressed; 0 if it is as it was sent.
ALTER TABLE webhook_bodies ADD COLUMN unpacked INTEGER NOT NULL DEFAULT 0;
-- The tenant whose turn it takes, as a digest; NULL where tenants take none.
ALTER TABLE webhook_deliveries ADD COLUMN tenant BLOB;
CREATE INDEX webhook_new_by_tenant ON webhook_deliveries (endpoint, tenant, id)
    WHERE state = 0 AND due_at = 0 AND tenant IS NOT NULL;
CREATE INDEX webhook_retries_by_tenant ON webhook_deliveries (endpoint, tenant, due_at, id)
    WHERE state = 0 AND due_at <> 0 AND tenant IS NOT NULL;

INSERT INTO webhook_schema (version, applied_at) VALUES (2, {now});
