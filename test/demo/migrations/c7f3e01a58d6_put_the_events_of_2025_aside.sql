-- revision: c7f3e01a58d6
-- down_revision: b6e2d90f47c5
-- message: Put the events of 2025 aside

-- migrate:up
ALTER TABLE events DETACH PARTITION events_2025 CONCURRENTLY;

-- migrate:down
ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
