-- The number of times that an operator has had it run again from the beginning, by a replay.
ALTER TABLE webhook_deliveries ADD COLUMN replays INTEGER NOT NULL DEFAULT 0;

INSERT INTO webhook_migrations (version, applied_at, oldest) VALUES (4, {now}, 2);
