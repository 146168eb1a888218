-- revision: 9d4e61c2b8f0
-- down_revision: 05f8ba63de71
-- message: Index orders and mail addresses

-- migrate:up
-- Without stopping whoever writes meanwhile.
CREATE INDEX CONCURRENTLY orders_placed_at_idx ON orders (placed_at);
CREATE UNIQUE INDEX CONCURRENTLY users_lower_email_key ON users (lower(email));

-- migrate:down
DROP INDEX CONCURRENTLY users_lower_email_key;
DROP INDEX CONCURRENTLY orders_placed_at_idx;
