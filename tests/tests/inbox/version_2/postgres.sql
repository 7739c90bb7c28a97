-- The tables of a program with schema version 2, and the statements that it sends.
CREATE SCHEMA {schema};
CREATE TABLE IF NOT EXISTS {s}versions (version bigint PRIMARY KEY, applied_at bigint NOT NULL);
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
INSERT INTO {s}versions (version, applied_at) VALUES (1, 1700000000000);
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
INSERT INTO {s}versions (version, applied_at) VALUES (2, 1700000000000);

-- STATEMENTS
## lock rows 1
-1066199852, '{699}'
SELECT pg_advisory_xact_lock($1, f.object) FROM unnest($2::int[]) AS f (object)
## commit rows 2
'{"\\x9e5e8f887fbe2c77d696ad6dec813e59","\\x86429ca7a5f05b23aab7daefecd48884"}', '{604800000,604800000}', '{orders,orders}', '{acme,acme}', '{NULL,NULL}', '{NULL,NULL}', '{1700000000000,1700000000000}', '{1,1}', '{0,1}', '{"\\x010000000000000000000000000000000000000000000000","\\x010000000000000000000000000000000000000000000000"}', '{"\\x61","\\x62"}', '{0,0}', 600000, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
WITH n AS (SELECT f.*, nextval('{s}numbers') AS id FROM (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::smallint[]) WITH ORDINALITY AS u (key, keep, endpoint, provider, event, provider_id, received_at, size, claimed, place) ORDER BY u.place) AS f), k AS (INSERT INTO {s}keys (key, delivery, expires_at) SELECT key, id, (extract(epoch FROM statement_timestamp()) * 1000)::bigint + keep FROM n ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING delivery), d AS (INSERT INTO {s}deliveries (id, endpoint, provider, event, provider_id, state, received_at, size, due_at, attempt, claims, counted) SELECT n.id, n.endpoint, n.provider, n.event, n.provider_id, n.claimed, n.received_at, n.size, CASE n.claimed WHEN 1 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $13 ELSE 0 END, 0, n.claimed, 1 - n.claimed FROM n JOIN k ON k.delivery = n.id), b AS (INSERT INTO {s}bodies (id, head, body, unpacked) SELECT n.id, u.head, u.body, u.unpacked FROM unnest($10::bytea[], $11::bytea[], $12::int[]) WITH ORDINALITY AS u (head, body, unpacked, place) JOIN n ON n.place = u.place JOIN k ON k.delivery = n.id), s AS (UPDATE {s}deliveries AS d SET state = f.state, due_at = CASE WHEN f.after IS NULL THEN 0 ELSE (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.after END, reason = CASE f.back WHEN 0 THEN f.reason ELSE d.reason END, attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, pause = COALESCE(f.after, 0), finished_at = CASE WHEN f.state > 2 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint END FROM unnest($14::bigint[], $15::bigint[], $16::smallint[], $17::bigint[], $18::text[], $19::int[]) AS f (id, claim, state, after, reason, back) WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id), g AS (UPDATE {s}deliveries SET attempt = attempt + 1 - counted, counted = 1 WHERE id IN (SELECT d.id FROM unnest($20::bigint[], $21::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 FOR NO KEY UPDATE OF d SKIP LOCKED) RETURNING id) SELECT 0::smallint, k.delivery, n.place FROM k JOIN n ON n.id = k.delivery UNION ALL SELECT 1::smallint, s.id, 0::bigint FROM s UNION ALL SELECT 2::smallint, g.id, 0::bigint FROM g
## numbers rows 2
2
SELECT nextval('{s}numbers') FROM generate_series(1, $1)
## enqueue_keys rows 2
'{"\\x16556e6acb85dea9ab9dd29d7d671b7e","\\xbd639f8e9afcd2594a7bb095219110d3"}', '{3,4}', '{604800000,604800000}'
INSERT INTO {s}keys AS k (key, delivery, expires_at) SELECT f.key, f.id, (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.keep FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS f (key, id, keep) ORDER BY f.key ON CONFLICT (key) DO UPDATE SET delivery = k.delivery WHERE false RETURNING k.delivery
## enqueue done 2
'{3,4}', '{orders,orders}', '{acme,acme}', '{NULL,NULL}', '{NULL,NULL}', '{2,2}', '{"\\xaeee46c281b337d010239a9bdf1b9aae","\\xaeee46c281b337d010239a9bdf1b9aae"}', '{1700000000000,1700000000000}', '{1,1}'
INSERT INTO {s}deliveries (id, endpoint, provider, event, provider_id, state, line, received_at, size, due_at, attempt, claims) SELECT f.*, 0, 0, 0 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::bytea[], $8::bigint[], $9::bigint[]) AS f
## enqueue_bodies done 2
'{3,4}', '{"\\x010000000000000000000000000000000000000000000000","\\x010000000000000000000000000000000000000000000000"}', '{"\\x63","\\x64"}', '{0,0}'
INSERT INTO {s}bodies (id, head, body, unpacked) SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::int[])
## promote done 1
'{"\\xaeee46c281b337d010239a9bdf1b9aae"}'
UPDATE {s}deliveries SET state = 0, due_at = 0 WHERE id IN (SELECT h.id FROM unnest($1::bytea[]) AS f (line) CROSS JOIN LATERAL (SELECT i.id FROM {s}deliveries AS i WHERE i.line = f.line AND i.state = 2 AND i.state <= 2 ORDER BY i.id LIMIT 1) AS h WHERE NOT EXISTS (SELECT 1 FROM {s}deliveries AS a WHERE a.line = f.line AND a.state >= 0 AND a.state < 2 AND a.state <= 2))
## copies rows 2
'{"\\x9e5e8f887fbe2c77d696ad6dec813e59","\\x86429ca7a5f05b23aab7daefecd48884"}', 'attempt % ended without an answer: the process ended or lost its lease'
SELECT k.key, k.delivery, EXISTS (SELECT 1 FROM {s}deliveries WHERE id = k.delivery AND state = 4 AND COALESCE(reason, '') NOT LIKE $2) FROM {s}keys AS k WHERE k.key = ANY($1)
## lost rows 0
'{orders}', 1000
SELECT d.id, d.attempt, d.claims, d.counted, d.unsure, d.line FROM unnest($1::text[]) AS e (name) CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state < 2 AND i.state = 1 AND i.due_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS d LIMIT $2
## retries rows 0
'{orders}', 10
SELECT d.id, d.attempt, d.claims, d.counted, d.unsure, d.line FROM unnest($1::text[]) AS e (name) CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state < 2 AND i.state = 0 AND i.due_at BETWEEN 1 AND (extract(epoch FROM statement_timestamp()) * 1000)::bigint ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS d LIMIT $2
## new rows 2
'{orders}', 10
SELECT d.id, d.attempt, d.claims, d.counted, d.unsure, d.line FROM unnest($1::text[]) AS e (name) CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state < 2 AND i.state = 0 AND i.due_at = 0 ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS d LIMIT $2
## claim rows 2
'{1,3}', 600000, 0
WITH c AS (UPDATE {s}deliveries SET state = 1, attempt = attempt + $3, unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, counted = $3, claims = claims + 1, due_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $2, pause = 0 WHERE id = ANY($1) RETURNING *) SELECT c.id, c.attempt, c.claims, c.endpoint, c.provider, c.provider_id, c.received_at, c.line, b.head, b.body, b.unpacked, c.counted, c.unsure FROM c LEFT JOIN {s}bodies AS b ON b.id = c.id
## start rows 1
'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 600000, '{}', '{}', '{}', '{}', '{}', '{}', '{1}', '{1}'
WITH n AS (SELECT f.*, nextval('{s}numbers') AS id FROM (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::smallint[]) WITH ORDINALITY AS u (key, keep, endpoint, provider, event, provider_id, received_at, size, claimed, place) ORDER BY u.place) AS f), k AS (INSERT INTO {s}keys (key, delivery, expires_at) SELECT key, id, (extract(epoch FROM statement_timestamp()) * 1000)::bigint + keep FROM n ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING delivery), d AS (INSERT INTO {s}deliveries (id, endpoint, provider, event, provider_id, state, received_at, size, due_at, attempt, claims, counted) SELECT n.id, n.endpoint, n.provider, n.event, n.provider_id, n.claimed, n.received_at, n.size, CASE n.claimed WHEN 1 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $13 ELSE 0 END, 0, n.claimed, 1 - n.claimed FROM n JOIN k ON k.delivery = n.id), b AS (INSERT INTO {s}bodies (id, head, body, unpacked) SELECT n.id, u.head, u.body, u.unpacked FROM unnest($10::bytea[], $11::bytea[], $12::int[]) WITH ORDINALITY AS u (head, body, unpacked, place) JOIN n ON n.place = u.place JOIN k ON k.delivery = n.id), s AS (UPDATE {s}deliveries AS d SET state = f.state, due_at = CASE WHEN f.after IS NULL THEN 0 ELSE (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.after END, reason = CASE f.back WHEN 0 THEN f.reason ELSE d.reason END, attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, pause = COALESCE(f.after, 0), finished_at = CASE WHEN f.state > 2 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint END FROM unnest($14::bigint[], $15::bigint[], $16::smallint[], $17::bigint[], $18::text[], $19::int[]) AS f (id, claim, state, after, reason, back) WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id), g AS (UPDATE {s}deliveries SET attempt = attempt + 1 - counted, counted = 1 WHERE id IN (SELECT d.id FROM unnest($20::bigint[], $21::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 FOR NO KEY UPDATE OF d SKIP LOCKED) RETURNING id) SELECT 0::smallint, k.delivery, n.place FROM k JOIN n ON n.id = k.delivery UNION ALL SELECT 1::smallint, s.id, 0::bigint FROM s UNION ALL SELECT 2::smallint, g.id, 0::bigint FROM g
## renew done 2
'{1,3}', '{1,1}', 600000
UPDATE {s}deliveries SET due_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $3 WHERE id IN (SELECT d.id FROM unnest($1::bigint[], $2::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 FOR UPDATE OF d SKIP LOCKED)
## renewed rows 2
'{1,3}', '{1,1}'
SELECT d.id FROM unnest($1::bigint[], $2::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1
## settle rows 1
'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 600000, '{1}', '{1}', '{0}', '{1}', '{later}', '{0}', '{}', '{}'
WITH n AS (SELECT f.*, nextval('{s}numbers') AS id FROM (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::smallint[]) WITH ORDINALITY AS u (key, keep, endpoint, provider, event, provider_id, received_at, size, claimed, place) ORDER BY u.place) AS f), k AS (INSERT INTO {s}keys (key, delivery, expires_at) SELECT key, id, (extract(epoch FROM statement_timestamp()) * 1000)::bigint + keep FROM n ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING delivery), d AS (INSERT INTO {s}deliveries (id, endpoint, provider, event, provider_id, state, received_at, size, due_at, attempt, claims, counted) SELECT n.id, n.endpoint, n.provider, n.event, n.provider_id, n.claimed, n.received_at, n.size, CASE n.claimed WHEN 1 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $13 ELSE 0 END, 0, n.claimed, 1 - n.claimed FROM n JOIN k ON k.delivery = n.id), b AS (INSERT INTO {s}bodies (id, head, body, unpacked) SELECT n.id, u.head, u.body, u.unpacked FROM unnest($10::bytea[], $11::bytea[], $12::int[]) WITH ORDINALITY AS u (head, body, unpacked, place) JOIN n ON n.place = u.place JOIN k ON k.delivery = n.id), s AS (UPDATE {s}deliveries AS d SET state = f.state, due_at = CASE WHEN f.after IS NULL THEN 0 ELSE (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.after END, reason = CASE f.back WHEN 0 THEN f.reason ELSE d.reason END, attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, pause = COALESCE(f.after, 0), finished_at = CASE WHEN f.state > 2 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint END FROM unnest($14::bigint[], $15::bigint[], $16::smallint[], $17::bigint[], $18::text[], $19::int[]) AS f (id, claim, state, after, reason, back) WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id), g AS (UPDATE {s}deliveries SET attempt = attempt + 1 - counted, counted = 1 WHERE id IN (SELECT d.id FROM unnest($20::bigint[], $21::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 FOR NO KEY UPDATE OF d SKIP LOCKED) RETURNING id) SELECT 0::smallint, k.delivery, n.place FROM k JOIN n ON n.id = k.delivery UNION ALL SELECT 1::smallint, s.id, 0::bigint FROM s UNION ALL SELECT 2::smallint, g.id, 0::bigint FROM g
## complete rows 1
'{3}', '{1}', '{3}', '{NULL}', '{NULL}', '{0}'
UPDATE {s}deliveries AS d SET state = f.state, due_at = CASE WHEN f.after IS NULL THEN 0 ELSE (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.after END, reason = CASE f.back WHEN 0 THEN f.reason ELSE d.reason END, attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, pause = COALESCE(f.after, 0), finished_at = CASE WHEN f.state > 2 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint END FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::int[]) AS f (id, claim, state, after, reason, back) WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id
## promote_next done 1
'{"\\xaeee46c281b337d010239a9bdf1b9aae"}'
UPDATE {s}deliveries SET state = 0, due_at = 0 WHERE id IN (SELECT h.id FROM unnest($1::bytea[]) AS f (line) CROSS JOIN LATERAL (SELECT i.id FROM {s}deliveries AS i WHERE i.line = f.line AND i.state = 2 AND i.state <= 2 ORDER BY i.id LIMIT 1) AS h WHERE NOT EXISTS (SELECT 1 FROM {s}deliveries AS a WHERE a.line = f.line AND a.state >= 0 AND a.state < 2 AND a.state <= 2))
## complete_in_tx done 1
2, 1
UPDATE {s}deliveries SET state = 3, due_at = 0, attempt = attempt + 1 - counted, counted = 1, unsure = 0, reason = NULL, finished_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint WHERE id = $1 AND claims = $2 AND state = 1
## pause rows 1

SELECT pg_sleep(0.05)
## retries_due rows 1
'{orders}', 10
SELECT d.id, d.attempt, d.claims, d.counted, d.unsure, d.line FROM unnest($1::text[]) AS e (name) CROSS JOIN LATERAL (SELECT i.id, i.attempt, i.claims, i.counted, i.unsure, i.line FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state < 2 AND i.state = 0 AND i.due_at BETWEEN 1 AND (extract(epoch FROM statement_timestamp()) * 1000)::bigint ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS d LIMIT $2
## claim_again rows 1
'{1}', 600000, 1
WITH c AS (UPDATE {s}deliveries SET state = 1, attempt = attempt + $3, unsure = CASE WHEN state = 1 AND counted = 0 THEN 1 ELSE unsure END, counted = $3, claims = claims + 1, due_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $2, pause = 0 WHERE id = ANY($1) RETURNING *) SELECT c.id, c.attempt, c.claims, c.endpoint, c.provider, c.provider_id, c.received_at, c.line, b.head, b.body, b.unpacked, c.counted, c.unsure FROM c LEFT JOIN {s}bodies AS b ON b.id = c.id
## settle_dead rows 1
'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 600000, '{1}', '{2}', '{4}', '{NULL}', '{no}', '{0}', '{}', '{}'
WITH n AS (SELECT f.*, nextval('{s}numbers') AS id FROM (SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::smallint[]) WITH ORDINALITY AS u (key, keep, endpoint, provider, event, provider_id, received_at, size, claimed, place) ORDER BY u.place) AS f), k AS (INSERT INTO {s}keys (key, delivery, expires_at) SELECT key, id, (extract(epoch FROM statement_timestamp()) * 1000)::bigint + keep FROM n ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING delivery), d AS (INSERT INTO {s}deliveries (id, endpoint, provider, event, provider_id, state, received_at, size, due_at, attempt, claims, counted) SELECT n.id, n.endpoint, n.provider, n.event, n.provider_id, n.claimed, n.received_at, n.size, CASE n.claimed WHEN 1 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint + $13 ELSE 0 END, 0, n.claimed, 1 - n.claimed FROM n JOIN k ON k.delivery = n.id), b AS (INSERT INTO {s}bodies (id, head, body, unpacked) SELECT n.id, u.head, u.body, u.unpacked FROM unnest($10::bytea[], $11::bytea[], $12::int[]) WITH ORDINALITY AS u (head, body, unpacked, place) JOIN n ON n.place = u.place JOIN k ON k.delivery = n.id), s AS (UPDATE {s}deliveries AS d SET state = f.state, due_at = CASE WHEN f.after IS NULL THEN 0 ELSE (extract(epoch FROM statement_timestamp()) * 1000)::bigint + f.after END, reason = CASE f.back WHEN 0 THEN f.reason ELSE d.reason END, attempt = d.attempt + 1 - d.counted - f.back, counted = 1, unsure = d.unsure * f.back, pause = COALESCE(f.after, 0), finished_at = CASE WHEN f.state > 2 THEN (extract(epoch FROM statement_timestamp()) * 1000)::bigint END FROM unnest($14::bigint[], $15::bigint[], $16::smallint[], $17::bigint[], $18::text[], $19::int[]) AS f (id, claim, state, after, reason, back) WHERE d.id = f.id AND d.claims = f.claim AND d.state = 1 RETURNING d.id), g AS (UPDATE {s}deliveries SET attempt = attempt + 1 - counted, counted = 1 WHERE id IN (SELECT d.id FROM unnest($20::bigint[], $21::bigint[]) AS f (id, claim) JOIN {s}deliveries AS d ON d.id = f.id AND d.claims = f.claim AND d.state = 1 FOR NO KEY UPDATE OF d SKIP LOCKED) RETURNING id) SELECT 0::smallint, k.delivery, n.place FROM k JOIN n ON n.id = k.delivery UNION ALL SELECT 1::smallint, s.id, 0::bigint FROM s UNION ALL SELECT 2::smallint, g.id, 0::bigint FROM g
## revive done 1
1, 'acme', NULL, NULL, 0, NULL, 1
UPDATE {s}deliveries SET provider = $2, event = $3, provider_id = $4, state = $5, due_at = 0, attempt = 0, line = $6, size = $7, finished_at = NULL WHERE id = $1 AND state = 4
## revive_body done 1
1, '\x010000000000000000000000000000000000000000000000', '\x61', 0
UPDATE {s}bodies SET head = $2, body = $3, unpacked = $4 WHERE id = $1
## look_ahead rows 1
'{orders}'
SELECT min(n.due_at) FILTER (WHERE s.state = 0) - (extract(epoch FROM statement_timestamp()) * 1000)::bigint, min(n.due_at) FILTER (WHERE s.state = 1) - (extract(epoch FROM statement_timestamp()) * 1000)::bigint FROM unnest($1::text[]) AS e (name) CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS s (state) CROSS JOIN LATERAL (SELECT i.due_at FROM {s}deliveries AS i WHERE i.endpoint = e.name AND i.state = s.state AND i.state < 2 AND i.due_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint ORDER BY i.due_at LIMIT 1) AS n
## far_ahead done 0

UPDATE {s}deliveries SET due_at = 0 WHERE id IN (WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT d.id FROM e CROSS JOIN {s}deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint + 180000 AND d.due_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint + CASE WHEN d.pause < 10000000000000 THEN d.pause ELSE 10000000000000 END + 60000 FOR UPDATE OF d SKIP LOCKED)
## far_leases done 0

UPDATE {s}deliveries SET due_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint + 600 WHERE id IN (WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT d.id FROM e CROSS JOIN {s}deliveries AS d WHERE d.endpoint = e.name AND d.state = 1 AND d.state < 2 AND d.due_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint + 61200 AND d.due_at > (extract(epoch FROM statement_timestamp()) * 1000)::bigint + CASE WHEN d.pause < 10000000000000 THEN d.pause ELSE 10000000000000 END + 60000 FOR UPDATE OF d SKIP LOCKED)
## negative done 0

UPDATE {s}deliveries SET due_at = 0 WHERE id IN (WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT d.id FROM e CROSS JOIN {s}deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at < 0 FOR UPDATE OF d SKIP LOCKED)
## list rows 4
-9223372036854775808, 200, 'orders'
SELECT id, endpoint, provider, event, provider_id, state, attempt, reason, received_at, due_at, pause, finished_at, size, tenant FROM {s}deliveries WHERE id > $1 AND endpoint = $3 ORDER BY id LIMIT $2
## show rows 1
-9223372036854775808, 1
SELECT id, endpoint, provider, event, provider_id, state, attempt, reason, received_at, due_at, pause, finished_at, size, tenant FROM {s}deliveries WHERE id > $1 AND id IN (1) ORDER BY id LIMIT $2
## show_body rows 1
1
SELECT head, body, unpacked FROM {s}bodies WHERE id = $1
## counts rows 1

SELECT (SELECT count(*) FROM {s}deliveries WHERE state = 0 AND state < 2), (SELECT count(*) FROM {s}deliveries WHERE state = 1 AND state < 2), (SELECT count(*) FROM {s}deliveries WHERE line IS NOT NULL AND state = 2 AND state <= 2), (SELECT count(*) FROM {s}deliveries WHERE state = 4 AND state > 2)
## longest_wait rows 1

WITH RECURSIVE e (name) AS (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 UNION ALL SELECT (SELECT min(endpoint) FROM {s}deliveries WHERE state < 2 AND endpoint > e.name) FROM e WHERE e.name IS NOT NULL) SELECT min(since) AS since, (extract(epoch FROM statement_timestamp()) * 1000)::bigint AS now FROM (SELECT (SELECT d.received_at FROM {s}deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at = 0 ORDER BY d.id LIMIT 1) AS since FROM e UNION ALL SELECT (SELECT d.due_at FROM {s}deliveries AS d WHERE d.endpoint = e.name AND d.state = 0 AND d.state < 2 AND d.due_at > 0 ORDER BY d.due_at LIMIT 1) AS since FROM e) AS oldest
## backlog rows 1

SELECT endpoint, CAST(sum(count) AS bigint) AS count, min(oldest) AS oldest FROM (SELECT endpoint, count(*) AS count, min(received_at) AS oldest FROM {s}deliveries WHERE state < 2 GROUP BY endpoint UNION ALL SELECT endpoint, count(*) AS count, min(received_at) AS oldest FROM {s}deliveries WHERE line IS NOT NULL AND state = 2 AND state <= 2 GROUP BY endpoint) AS parts GROUP BY endpoint ORDER BY endpoint
## replayable rows 0
-9223372036854775808, 500
SELECT id, line FROM {s}deliveries WHERE id > $1 AND id IN (1) AND state IN (3, 4, 5) ORDER BY id LIMIT $2
## replay done 0

UPDATE {s}deliveries SET state = CASE WHEN line IS NULL THEN 0 ELSE 2 END, due_at = 0, pause = 0, attempt = 0, finished_at = NULL WHERE id IN (1) AND state IN (3, 4, 5)
## cancellable rows 0
-9223372036854775808, 500
SELECT id, line FROM {s}deliveries WHERE id > $1 AND id IN (2) AND state IN (0, 1, 2, 4) ORDER BY id LIMIT $2
## cancel done 0

UPDATE {s}deliveries SET state = 5, finished_at = (extract(epoch FROM statement_timestamp()) * 1000)::bigint WHERE id IN (NULL) AND state IN (0, 1, 2, 4)
## prune done 1
3, 0, 1
WITH old AS (DELETE FROM {s}deliveries WHERE id IN (SELECT id FROM {s}deliveries WHERE state = $1 AND state > 2 AND finished_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint - $2 LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id) DELETE FROM {s}bodies WHERE id IN (SELECT id FROM old)
## prune_keys done 0
500
DELETE FROM {s}keys WHERE key IN (SELECT key FROM {s}keys WHERE expires_at <= (extract(epoch FROM statement_timestamp()) * 1000)::bigint ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
