-- test(): upgrade, downgrade, upgrade again, and the differences
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA regress_roundtrip;
SET search_path = regress_roundtrip;
SET pg_migrate.lint_on_load = off;
CREATE FUNCTION clean() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM migrate.stamp('base', purge => true);
	WHILE EXISTS (SELECT FROM migrate.heads()) LOOP
		PERFORM migrate.unregister(h) FROM migrate.heads(true) h;
	END LOOP;
END $$;
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ECHO all
\pset format unaligned
\pset tuples_only
-- no difference
SELECT migrate.register('a1', NULL, 'CREATE TABLE t (a int PRIMARY KEY)', 'DROP TABLE t');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE t ADD b text NOT NULL DEFAULT ''x''; CREATE INDEX CONCURRENTLY t_b ON t (b)', 'DROP INDEX t_b; ALTER TABLE t DROP b', verify => 'SELECT count(*) = 2 FROM information_schema.columns WHERE table_schema = ''regress_roundtrip'' AND table_name = ''t''');
SELECT * FROM migrate.test();
SELECT to_regclass('t'), array(SELECT migrate.current());
-- from the position of the database, and a part of the plan
SELECT migrate.upgrade('a1');
SELECT * FROM migrate.test('a2');
SELECT * FROM migrate.test('a1');
-- below the position only on request, and only where no table has rows
SELECT count(*), count(*) FILTER (WHERE outcome = 'ok') FROM migrate.test(start => 'base');
INSERT INTO t VALUES (1);
SELECT * FROM migrate.test(start => 'base');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*), count(*) FILTER (WHERE outcome = 'ok') FROM migrate.test(start => 'base', allow_data => true);
SELECT * FROM t;
SELECT * FROM migrate.test(start => 'a2');
SELECT * FROM migrate.test(start => 'nowhere');
SELECT clean();
DROP TABLE t;
-- what a downgrade forgets is listed, one difference per row
SELECT migrate.register('b1', NULL, $$
CREATE TABLE t (a int, b int);
CREATE TYPE mood AS ENUM ('low');
CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
$$, 'DROP FUNCTION f; DROP TYPE mood');
SELECT migrate.register('b2', 'b1', $$
ALTER TABLE t ALTER a SET STATISTICS 5, ALTER b SET DEFAULT 5, ADD CONSTRAINT pos CHECK (a > 0);
COMMENT ON TABLE t IS 'things';
GRANT SELECT ON t TO PUBLIC;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (true);
ALTER SEQUENCE s INCREMENT 5;
ALTER TYPE mood ADD VALUE 'high';
CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';
$$, 'ALTER TABLE t DROP CONSTRAINT pos');
SELECT * FROM migrate.test();
SELECT clean();
-- a migration without downgrade, one whose downgrade fails, one whose upgrade cannot be repeated
SELECT migrate.register('c1', NULL, 'CREATE TABLE t ()', NULL);
SELECT migrate.register('c2', 'c1', 'ALTER TABLE t ADD a int', 'ALTER TABLE t DROP nothing');
SELECT migrate.register('c3', 'c2', 'CREATE TABLE u ()', 'ALTER TABLE u RENAME TO v');
SELECT * FROM migrate.test();
SELECT clean();
-- a migration that fails, and those after it
SELECT migrate.register('d1', NULL, 'SELECT 1/0', '');
SELECT migrate.register('d2', 'd1', 'SELECT 1', '');
SELECT * FROM migrate.test();
SELECT clean();
-- a migration that cannot be tried has neither succeeded nor failed
SELECT migrate.register('e1', NULL, 'CREATE TABLE t (); VACUUM t', 'DROP TABLE t');
SELECT * FROM migrate.test();
SELECT clean();
-- several heads
SELECT migrate.register('f1', NULL, 'CREATE TABLE t ()', 'DROP TABLE t');
SELECT migrate.register('f2', NULL, 'CREATE TABLE u ()', 'DROP TABLE u');
SELECT * FROM migrate.test();
SELECT * FROM migrate.test('head');
SELECT clean();
-- the schema of an extension is not compared, because names in it may be numbered
CREATE SCHEMA regress_chunks;
CREATE SEQUENCE regress_chunks.number;
INSERT INTO pg_extension VALUES ('regress_chunks'::regnamespace, 'regress_chunks', current_user::regrole, 'pg_catalog'::regnamespace, false, '1.0');
SELECT migrate.register('h1', NULL, $$CREATE TABLE t (a int); DO 'BEGIN EXECUTE format(''CREATE TABLE regress_chunks.chunk_%s (PRIMARY KEY (a)) INHERITS (t)'', nextval(''regress_chunks.number'')); END'$$, 'DROP TABLE t CASCADE');
SELECT test, revision, outcome FROM migrate.test() WHERE outcome <> 'ok';
ALTER EXTENSION regress_chunks ADD SCHEMA regress_chunks;
SELECT test, revision, outcome FROM migrate.test() WHERE outcome <> 'ok';
DROP EXTENSION regress_chunks CASCADE;
SELECT clean();
-- the review of a migration
SELECT migrate.register('g1', NULL, 'CREATE TABLE t (a int)', 'DROP TABLE t', 'things');
SELECT migrate.upgrade();
INSERT INTO t VALUES (1), (NULL);
SELECT migrate.register('g2', 'g1', E'SET lock_timeout = ''2s'';\nALTER TABLE t ADD CONSTRAINT a_given CHECK (a IS NOT NULL);', NULL, 'a is given');
SELECT migrate.register('g3', 'g2', 'CREATE INDEX CONCURRENTLY t_a ON t (a)', 'DROP INDEX CONCURRENTLY t_a');
-- the version is that of the server
SELECT regexp_replace(line, '^Database .*, PostgreSQL [^,]*', 'Database ..., PostgreSQL ...') FROM migrate.review('g3') line;
SELECT regexp_replace(line, '^Database .*, PostgreSQL [^,]*', 'Database ..., PostgreSQL ...') FROM migrate.review('g1') line;
SELECT migrate.unregister('g3');
SELECT migrate.unregister('g2');
-- allowed findings are reported as well
SELECT migrate.register('g2', 'g1', E'SET lock_timeout = ''2s'';\n-- migrate:allow data-loss -- agreed <with> all\nALTER TABLE t DROP COLUMN a;\n-- migrate:allow rename\nALTER TABLE t RENAME TO t2', 'SELECT 1');
SELECT line FROM migrate.review('g2') line WHERE line ~ 'allowed|empty|\[x\] No data';
SELECT line FROM migrate.explain('g2') line WHERE line ~ 'allowed';
SELECT clean();
DROP TABLE t;
\set ECHO none
SET client_min_messages = warning;
SELECT migrate.stamp('base', purge => true) \g /dev/null
RESET SESSION AUTHORIZATION;
DROP EXTENSION pg_migrate CASCADE;
CREATE EXTENSION pg_migrate;
DROP SCHEMA regress_roundtrip CASCADE;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
