-- revision: b6e2d90f47c5
-- down_revision: a8f05c7d91e3
-- message: Keep events by year

-- migrate:up
CREATE TABLE events (
    happened_at timestamptz NOT NULL,
    what        text NOT NULL
) PARTITION BY RANGE (happened_at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2027-01-01 00:00+00');
INSERT INTO events VALUES
    ('2025-11-03 09:00+00', 'The shop was founded'),
    ('2026-03-01 10:00+00', 'The first order came in');

-- migrate:down
DROP TABLE events;
