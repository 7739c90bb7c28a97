-- The tables of a program with schema version 2, and the statements that it sends.
CREATE TABLE IF NOT EXISTS webhook_schema (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL);
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
INSERT INTO webhook_schema (version, applied_at) VALUES (1, 1700000000000);
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
INSERT INTO webhook_schema (version, applied_at) VALUES (2, 1700000000000);

-- STATEMENTS
## known_keys rows 0
["[\"9e5e8f887fbe2c77d696ad6dec813e59\", \"86429ca7a5f05b23aab7daefecd48884\"]", "attempt % ended without an answer: the process ended or lost its lease"]
SELECT k.key, CAST(k.delivery AS INTEGER), EXISTS (SELECT 1 FROM webhook_deliveries WHERE id = k.delivery AND state = 4 AND COALESCE(reason, '') NOT LIKE $2) FROM json_each($1) AS f CROSS JOIN webhook_keys AS k ON k.key = unhex(f.value) UNION ALL SELECT NULL, CAST(seq AS INTEGER), FALSE FROM sqlite_sequence WHERE name = 'webhook_deliveries'
## enqueue done 3
[1, "orders", "acme", null, null, 0, 0, 0, 1, null, 1700000000001, 1, 1, {"x": "010000000000000000000000000000000000000000000000"}, {"x": "61"}, 0, {"x": "9e5e8f887fbe2c77d696ad6dec813e59"}, 1, 9000000000000]
INSERT OR FAIL INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, due_at, attempt, claims, counted, line, received_at, size) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?); INSERT OR FAIL INTO webhook_bodies (id, head, body, unpacked) VALUES (?, ?, ?, ?); INSERT OR FAIL INTO webhook_keys (key, delivery, expires_at) VALUES (?, ?, ?)
## enqueue_claimed done 3
[2, "orders", "acme", null, null, 1, 9000000000000, 1, 0, null, 1700000000002, 1, 2, {"x": "010000000000000000000000000000000000000000000000"}, {"x": "62"}, 0, {"x": "86429ca7a5f05b23aab7daefecd48884"}, 2, 9000000000000]
INSERT OR FAIL INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, due_at, attempt, claims, counted, line, received_at, size) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?); INSERT OR FAIL INTO webhook_bodies (id, head, body, unpacked) VALUES (?, ?, ?, ?); INSERT OR FAIL INTO webhook_keys (key, delivery, expires_at) VALUES (?, ?, ?)
## enqueue_blocked done 3
[3, "orders", "acme", null, null, 2, 0, 0, 1, {"x": "aeee46c281b337d010239a9bdf1b9aae"}, 1700000000003, 1, 3, {"x": "010000000000000000000000000000000000000000000000"}, {"x": "63"}, 0, {"x": "16556e6acb85dea9ab9dd29d7d671b7e"}, 3, 9000000000000]
INSERT OR FAIL INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, due_at, attempt, claims, counted, line, received_at, size) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?); INSERT OR FAIL INTO webhook_bodies (id, head, body, unpacked) VALUES (?, ?, ?, ?); INSERT OR FAIL INTO webhook_keys (key, delivery, expires_at) VALUES (?, ?, ?)
## enqueue_blocked_too done 3
[4, "orders", "acme", null, null, 2, 0, 0, 1, {"x": "aeee46c281b337d010239a9bdf1b9aae"}, 1700000000004, 1, 4, {"x": "010000000000000000000000000000000000000000000000"}, {"x": "64"}, 0, {"x": "bd639f8e9afcd2594a7bb095219110d3"}, 4, 9000000000000]
INSERT OR FAIL INTO webhook_deliveries (id, endpoint, provider, event, provider_id, state, due_at, attempt, claims, counted, line, received_at, size) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?); INSERT OR FAIL INTO webhook_bodies (id, head, body, unpacked) VALUES (?, ?, ?, ?); INSERT OR FAIL INTO webhook_keys (key, delivery, expires_at) VALUES (?, ?, ?)
## promote done 1
["[\"aeee46c281b337d010239a9bdf1b9aae\"]"]
UPDATE webhook_deliveries SET state = 0, due_at = 0 WHERE id IN (SELECT (SELECT h.id FROM webhook_deliveries AS h WHERE h.line = unhex(f.value) AND h.state = 2 AND h.state <= 2 ORDER BY h.id LIMIT 1) FROM json_each($1) AS f WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries AS a WHERE a.line = unhex(f.value) AND a.state >= 0 AND a.state < 2 AND a.state <= 2))
## copies rows 3
["[\"9e5e8f887fbe2c77d696ad6dec813e59\", \"86429ca7a5f05b23aab7daefecd48884\"]", "attempt % ended without an answer: the process ended or lost its lease"]
SELECT k.key, CAST(k.delivery AS INTEGER), EXISTS (SELECT 1 FROM webhook_deliveries WHERE id = k.delivery AND state = 4 AND COALESCE(reason, '') NOT LIKE $2) FROM json_each($1) AS f CROSS JOIN webhook_keys AS k ON k.key = unhex(f.value) UNION ALL SELECT NULL, CAST(seq AS INTEGER), FALSE FROM sqlite_sequence WHERE name = 'webhook_deliveries'
## due rows 2
["[\"orders\"]", 1800000000000, 10, 1000]
SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 1 AND i.state < 2 AND i.due_at BETWEEN -9223372036854775808 AND $2 ORDER BY i.due_at, i.id LIMIT $4) LIMIT $4) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at > 0 AND i.due_at <= $2 ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at BETWEEN 0 AND 0 ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at BETWEEN -9223372036854775808 AND min($2, -1) ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3)
## claim rows 2
["[1,3]", 9000000000000, 0]
UPDATE webhook_deliveries SET state = 1, attempt = attempt + $3, unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, counted = $3, claims = claims + 1, due_at = $2, pause = 0 WHERE id IN (SELECT value FROM json_each($1)); SELECT d.id, d.attempt, d.claims, d.endpoint, d.provider, d.provider_id, d.received_at, d.line, b.head, b.body, b.unpacked, d.counted, d.unsure FROM json_each($1) AS f CROSS JOIN webhook_deliveries AS d ON d.id = f.value LEFT JOIN webhook_bodies AS b ON b.id = d.id ORDER BY f.key
## start rows 1
["[[1,1]]"]
UPDATE webhook_deliveries AS d SET attempt = d.attempt + 1 - d.counted, counted = 1 FROM json_each($1) AS f WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id
## renew rows 2
["[[1,1],[3,1]]", 9000000000000]
UPDATE webhook_deliveries AS d SET due_at = $2 FROM json_each($1) AS f WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id
## settle rows 1
["[[1, 1, 0, 1, \"later\", 0, 5]]", 1800000000000]
UPDATE OR FAIL webhook_deliveries AS d SET state = f.value ->> 2, due_at = f.value ->> 3, reason = CASE f.value ->> 5 WHEN 0 THEN f.value ->> 4 ELSE d.reason END, attempt = d.attempt + 1 - d.counted - (f.value ->> 5), counted = 1, unsure = d.unsure * (f.value ->> 5), pause = f.value ->> 6, finished_at = CASE WHEN f.value ->> 2 > 2 THEN $2 END FROM json_each($1) AS f WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id
## complete rows 1
["[[3,1]]", 1800000000000]
UPDATE OR FAIL webhook_deliveries AS d SET state = 3, due_at = 0, attempt = d.attempt + 1 - d.counted, counted = 1, unsure = 0, reason = NULL, pause = 0, finished_at = $2 FROM json_each($1) AS f WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id
## promote_next done 1
["[\"aeee46c281b337d010239a9bdf1b9aae\"]"]
UPDATE webhook_deliveries SET state = 0, due_at = 0 WHERE id IN (SELECT (SELECT h.id FROM webhook_deliveries AS h WHERE h.line = unhex(f.value) AND h.state = 2 AND h.state <= 2 ORDER BY h.id LIMIT 1) FROM json_each($1) AS f WHERE NOT EXISTS (SELECT 1 FROM webhook_deliveries AS a WHERE a.line = unhex(f.value) AND a.state >= 0 AND a.state < 2 AND a.state <= 2))
## complete_in_tx rows 1
[2, 1, 1800000000000]
SAVEPOINT webhook_part_a; UPDATE webhook_deliveries SET state = 3, due_at = 0, attempt = attempt + 1 - counted, counted = 1, unsure = 0, reason = NULL, finished_at = $3 WHERE id = $1 AND claims = $2 AND state = 1 RETURNING id
## release rows 0
[]
RELEASE webhook_part_a
## due_again rows 2
["[\"orders\"]", 1800000000000, 10, 1000]
SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 1 AND i.state < 2 AND i.due_at BETWEEN -9223372036854775808 AND $2 ORDER BY i.due_at, i.id LIMIT $4) LIMIT $4) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at > 0 AND i.due_at <= $2 ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at BETWEEN 0 AND 0 ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3) UNION ALL SELECT * FROM (SELECT d.id, d.state, d.due_at, d.attempt, d.claims, d.counted, d.unsure, d.line FROM json_each($1) AS e CROSS JOIN webhook_deliveries AS d ON d.id IN (SELECT i.id FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at BETWEEN -9223372036854775808 AND min($2, -1) ORDER BY i.due_at, i.id LIMIT $3) LIMIT $3)
## claim_again rows 1
["[1]", 9000000000000, 1]
UPDATE webhook_deliveries SET state = 1, attempt = attempt + $3, unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, counted = $3, claims = claims + 1, due_at = $2, pause = 0 WHERE id IN (SELECT value FROM json_each($1)); SELECT d.id, d.attempt, d.claims, d.endpoint, d.provider, d.provider_id, d.received_at, d.line, b.head, b.body, b.unpacked, d.counted, d.unsure FROM json_each($1) AS f CROSS JOIN webhook_deliveries AS d ON d.id = f.value LEFT JOIN webhook_bodies AS b ON b.id = d.id ORDER BY f.key
## settle_dead rows 1
["[[1, 2, 4, 0, \"no\", 0, 0]]", 1800000000000]
UPDATE OR FAIL webhook_deliveries AS d SET state = f.value ->> 2, due_at = f.value ->> 3, reason = CASE f.value ->> 5 WHEN 0 THEN f.value ->> 4 ELSE d.reason END, attempt = d.attempt + 1 - d.counted - (f.value ->> 5), counted = 1, unsure = d.unsure * (f.value ->> 5), pause = f.value ->> 6, finished_at = CASE WHEN f.value ->> 2 > 2 THEN $2 END FROM json_each($1) AS f WHERE d.id = f.value ->> 0 AND d.claims = f.value ->> 1 AND d.state = 1 RETURNING id
## revive done 1
["acme", null, null, 0, null, 1, 1]
UPDATE webhook_deliveries SET provider = ?, event = ?, provider_id = ?, state = ?, due_at = 0, attempt = 0, line = ?, size = ?, finished_at = NULL WHERE id = ?
## revive_body done 1
[{"x": "010000000000000000000000000000000000000000000000"}, {"x": "61"}, 0, 1]
UPDATE webhook_bodies SET head = ?, body = ?, unpacked = ? WHERE id = ?
## look_ahead rows 1
["[\"orders\"]", 1800000000000]
SELECT (SELECT CAST(min((SELECT i.due_at FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 0 AND i.state < 2 AND i.due_at > $2 ORDER BY i.due_at LIMIT 1)) AS INTEGER) FROM json_each($1) AS e), (SELECT CAST(min((SELECT i.due_at FROM webhook_deliveries AS i WHERE i.endpoint = e.value AND i.state = 1 AND i.state < 2 AND i.due_at > $2 ORDER BY i.due_at LIMIT 1)) AS INTEGER) FROM json_each($1) AS e)
## far_ahead rows 0
[]
WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT d.id FROM e CROSS JOIN webhook_deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at > 1800000000000 + 180000 AND d.due_at > 1800000000000 + CASE WHEN d.pause < 10000000000000 THEN d.pause ELSE 10000000000000 END + 60000
## far_leases rows 0
[]
WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT d.id FROM e CROSS JOIN webhook_deliveries AS d WHERE d.endpoint = e.name AND d.state = 1 AND d.state < 2 AND d.due_at > 1800000000000 + 61200 AND d.due_at > 1800000000000 + CASE WHEN d.pause < 10000000000000 THEN d.pause ELSE 10000000000000 END + 60000
## list rows 4
[-9223372036854775808, 200, "orders"]
SELECT id, endpoint, provider, event, provider_id, state, attempt, reason, received_at, due_at, pause, finished_at, size, tenant FROM webhook_deliveries WHERE id > $1 AND endpoint = $3 ORDER BY id LIMIT $2
## show rows 1
[-9223372036854775808, 1]
SELECT id, endpoint, provider, event, provider_id, state, attempt, reason, received_at, due_at, pause, finished_at, size, tenant FROM webhook_deliveries WHERE id > $1 AND id IN (1) ORDER BY id LIMIT $2
## show_body rows 1
[1]
SELECT head, body, unpacked FROM webhook_bodies WHERE id = $1
## counts rows 1
[]
SELECT (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_due WHERE state = 0 AND state < 2), (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_due WHERE state = 1 AND state < 2), (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_lines WHERE line IS NOT NULL AND state = 2 AND state <= 2), (SELECT count(*) FROM webhook_deliveries INDEXED BY webhook_finished WHERE state = 4 AND state > 2)
## longest_wait rows 1
[]
WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM webhook_deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT min(since) AS since, 1800000000000 AS now FROM (SELECT (SELECT d.received_at FROM webhook_deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at = 0 ORDER BY d.id LIMIT 1) AS since FROM e UNION ALL SELECT (SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at > 0 ORDER BY d.due_at LIMIT 1) AS since FROM e) AS oldest
## backlog rows 1
[]
SELECT endpoint, CAST(sum(count) AS bigint) AS count, min(oldest) AS oldest FROM (SELECT endpoint, count(*) AS count, min(received_at) AS oldest FROM webhook_deliveries INDEXED BY webhook_due WHERE state < 2 GROUP BY endpoint UNION ALL SELECT endpoint, count(*) AS count, min(received_at) AS oldest FROM webhook_deliveries INDEXED BY webhook_lines WHERE line IS NOT NULL AND state = 2 AND state <= 2 GROUP BY endpoint) AS parts GROUP BY endpoint ORDER BY endpoint
## replayable rows 0
[-9223372036854775808, 500]
SELECT id, line FROM webhook_deliveries WHERE id > $1 AND id IN (1) AND state IN (3, 4, 5) ORDER BY id LIMIT $2
## replay done 0
[]
UPDATE webhook_deliveries SET state = CASE WHEN line IS NULL THEN 0 ELSE 2 END, due_at = 0, pause = 0, attempt = 0, finished_at = NULL WHERE id IN (1) AND state IN (3, 4, 5)
## cancellable rows 0
[-9223372036854775808, 500]
SELECT id, line FROM webhook_deliveries WHERE id > $1 AND id IN (2) AND state IN (0, 1, 2, 4) ORDER BY id LIMIT $2
## cancel done 0
[]
UPDATE webhook_deliveries SET state = 5, finished_at = 1800000000000 WHERE id IN (NULL) AND state IN (0, 1, 2, 4)
## old rows 2
[3, 1800000000000, 500]
SELECT id FROM webhook_deliveries WHERE state = $1 AND state > 2 AND finished_at <= $2 LIMIT $3
## delete_bodies done 1
["[2]"]
DELETE FROM webhook_bodies WHERE id IN (SELECT value FROM json_each($1))
## delete_deliveries done 1
["[2]"]
DELETE FROM webhook_deliveries WHERE id IN (SELECT value FROM json_each($1))
## delete_keys done 0
[1800000000000, 500]
DELETE FROM webhook_keys WHERE key IN (SELECT key FROM webhook_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
