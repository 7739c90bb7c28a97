-- The number of times that an operator has had it run again from the beginning, by a replay.
ALTER TABLE {s}deliveries ADD COLUMN replays integer NOT NULL DEFAULT 0;

INSERT INTO {s}migrations (version, applied_at, oldest) VALUES (4, {now}, 2);
