-- Statements that autogenerate writes and that depend on the version of the server.
-- Expected: diff_versions.out on 15 to 17, diff_versions_1.out since 18, where NOT NULL
-- is a constraint that can be NOT VALID, and a foreign key of a partitioned table too.
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_versions;
SET search_path = regress_versions;
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users VALUES (1, 'a');
CREATE TABLE parts (i int, u int) PARTITION BY RANGE (i);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts VALUES (1), (11);
\set parts 'CREATE TABLE parts (i int, u int) PARTITION BY RANGE (i); CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (10); CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);'
RESET client_min_messages;
\pset format unaligned
\pset tuples_only
\set ECHO all
-- SET NOT NULL without scanning the table under ACCESS EXCLUSIVE
SELECT kind, identity, up_sql, down_sql FROM migrate.diff(:'parts' || 'CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL DEFAULT ''?'')');
-- the simple form
SELECT kind, identity, up_sql, down_sql FROM migrate.diff(:'parts' || 'CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL DEFAULT ''?'')', options => '{"not_valid": false, "not_null_steps": false}');
-- a table with NOT NULL columns created, dropped and renamed
SELECT up_sql FROM migrate.diff(:'parts' || 'CREATE TABLE users (id int PRIMARY KEY, name text); CREATE TABLE more (id serial)') WHERE kind = 'table';
SELECT kind, down_sql FROM migrate.diff(:'parts');
SELECT kind, identity, change, up_sql FROM migrate.diff(:'parts' || 'CREATE TABLE people (id int CONSTRAINT users_pkey PRIMARY KEY, name text)');
-- a foreign key of a partitioned table
SELECT identity, up_sql, down_sql FROM migrate.diff('CREATE TABLE users (id int PRIMARY KEY, name text);' || replace(:'parts', 'u int', 'u int REFERENCES users'));
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA regress_versions CASCADE;
