-- What the recipes are run against: two migrations, of which the applications
-- expect the second, and the role that they connect as.
CREATE EXTENSION pg_migrate;

SELECT migrate.load($$
-- revision: 4f1c0a9be2d7
-- down_revision:
-- message: Create customers

-- migrate:up
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);

-- migrate:down
DROP TABLE customers;

-- revision: 7a2b9d04c1e8
-- down_revision: 4f1c0a9be2d7
-- message: Add customers.email

-- migrate:up
ALTER TABLE customers ADD COLUMN email text;

-- migrate:down
ALTER TABLE customers DROP COLUMN email;
$$);

SELECT migrate.upgrade('4f1c0a9be2d7');
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Grace');

CREATE ROLE shop_app LOGIN;
GRANT SELECT ON customers TO shop_app;
GRANT USAGE ON SCHEMA migrate TO shop_app;
GRANT EXECUTE ON FUNCTION migrate.is_current(text), migrate.is_current(text, boolean),
    migrate.require, migrate.require_active TO shop_app;
GRANT EXECUTE ON PROCEDURE migrate.wait_for TO shop_app;
