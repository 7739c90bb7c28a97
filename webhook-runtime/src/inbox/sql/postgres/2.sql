-- A claim need not count an attempt: 1 if the attempt of the last claim is counted.
ALTER TABLE {s}deliveries ADD COLUMN counted smallint NOT NULL DEFAULT 1;
-- 1 if a claim ended without anyone knowing whether its attempt had begun.
ALTER TABLE {s}deliveries ADD COLUMN unsure smallint NOT NULL DEFAULT 0;
-- The pause before the next attempt, in milliseconds: how far ahead `due_at` was set.
ALTER TABLE {s}deliveries ADD COLUMN pause bigint NOT NULL DEFAULT 0;
-- The length of the body before it was compressed; 0 if it is as it was sent.
ALTER TABLE {s}bodies ADD COLUMN unpacked integer NOT NULL DEFAULT 0;
