-- Safe forms that lint proposes and that depend on the version of the server.
-- Expected: lint_versions.out on 15 to 17, lint_versions_1.out on 18, where NOT NULL
-- can be NOT VALID, lint_versions_2.out on 19, where a constraint of a domain can be
-- validated without waiting for writers.
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_versions;
SET search_path = regress_versions;
CREATE TABLE orders (id int PRIMARY KEY, note varchar(20), paid boolean);
INSERT INTO orders SELECT i, 'n' || i, true FROM generate_series(1, 1000) i;
CREATE DOMAIN price AS numeric;
CREATE TABLE prices (p price);
INSERT INTO prices VALUES (1);
SET pg_migrate.lint_small_table = 0;
RESET client_min_messages;
\pset format unaligned
\pset tuples_only
\set ECHO all
-- a new column that is NOT NULL and has a volatile default
SELECT rewrite FROM migrate.lint_sql('ALTER TABLE orders ADD k text DEFAULT ''x'' || random() NOT NULL') WHERE rule = 'volatile-default';
-- constraints of a domain, with generated names
SELECT rewrite FROM migrate.lint_sql('ALTER DOMAIN price ADD CHECK (VALUE > 0); ALTER DOMAIN price ADD CHECK (VALUE < 9)') WHERE rule = 'domain-constraint';
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA regress_versions CASCADE;
