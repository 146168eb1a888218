-- explain(), test() and review(): predictions, what a trial finds, and that it leaves nothing behind
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_trial;
SET search_path = regress_trial;
SET pg_migrate.lint_on_load = off;
SET pg_migrate.lint_small_table = 0;
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, note text);
INSERT INTO customers SELECT i, 'n' || i FROM generate_series(1, 100) i;
INSERT INTO orders SELECT i, i, 'x' FROM generate_series(1, 100) i;
CREATE TYPE mood AS ENUM ('low');
-- Measured times differ between runs.
CREATE FUNCTION masked(line text) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(line, '(time|wal|hit|read|written)=[0-9.]+( ?[kM]?B| bytes| ms)?', '\1=...', 'g'),
		'[0-9]+ (kB|bytes)', '... kB', 'g') $$;
-- Position, schema, locks and settings as a few numbers
CREATE FUNCTION here() RETURNS TABLE (fingerprint text, locks bigint, prepared bigint, settings text) LANGUAGE sql AS $$
	SELECT migrate.schema_fingerprint(),
		(SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype IN ('relation', 'advisory') AND mode NOT IN ('AccessShareLock', 'RowShareLock')),
		(SELECT count(*) FROM pg_prepared_statements),
		concat_ws('/', current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('search_path'), current_setting('role'), current_setting('work_mem')) $$;
SELECT * FROM here() \gset before_
RESET client_min_messages;
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ECHO all
\pset format unaligned
\pset tuples_only
-- an empty plan
SELECT * FROM migrate.explain();
SELECT * FROM migrate.explain(execute => true);
SELECT * FROM migrate.explain_rows();
SELECT * FROM migrate.test();
-- a prediction
SELECT migrate.register('a1', NULL, E'ALTER TABLE orders ADD CONSTRAINT note_set CHECK (note IS NOT NULL);\nALTER TABLE orders ADD COLUMN kind int DEFAULT 5;\nCREATE INDEX CONCURRENTLY orders_note ON orders (note);\n',
	'DROP INDEX orders_note; ALTER TABLE orders DROP COLUMN kind; ALTER TABLE orders DROP CONSTRAINT note_set', 'notes');
SELECT masked(e) FROM migrate.explain() e;
SELECT statement, line, transaction, work, locks #>> '{0,lock}' AS lock, locks #>> '{0,relation}' AS relation, locks #>> '{0,blocks}' AS blocks,
	jsonb_array_length(held) AS held, outcome, seen, agrees FROM migrate.explain_rows();
-- prediction and trial
SELECT masked(e) FROM migrate.explain(execute => true) e;
SELECT statement, outcome, reason, rows, jsonb_path_query_array(seen, '$[*].relation') AS seen, jsonb_path_query_array(objects, '$[*].identity') AS objects,
	wal_bytes > 0 AS wal, duration > 0 AS time, agrees FROM migrate.explain_rows(execute => true);
SELECT statement, f ->> 'rule' AS rule, f ->> 'verdict' AS verdict, f ->> 'trial' AS trial
FROM migrate.explain_rows(execute => true), jsonb_array_elements(findings) f ORDER BY 1, 2;
SELECT migrate.unregister('a1');
-- a statement that cannot run in a transaction is tried in a form that can, or reported as not tried
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN DELETE FROM orders; COMMIT; END';
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE TABLE part1 PARTITION OF parts FOR VALUES IN (1);
SELECT migrate.register('b1', NULL, $$
CREATE INDEX CONCURRENTLY orders_note ON orders (note);
DROP INDEX CONCURRENTLY orders_note;
REINDEX TABLE CONCURRENTLY orders;
ALTER TABLE parts DETACH PARTITION part1 CONCURRENTLY;
CALL migrate.backfill('regress_trial.orders', 'note = ''y''', 'note = ''x''');
VACUUM orders;
CALL commits();
DO 'BEGIN COMMIT; END';
COPY orders TO PROGRAM 'cat';
PREPARE later AS SELECT 1;
EXECUTE later;
CREATE DATABASE elsewhere;
$$, '');
SELECT statement, outcome, reason, rows FROM migrate.explain_rows(execute => true);
SELECT count(*) FROM orders WHERE note = 'x';
SELECT migrate.unregister('b1');
-- enum values are used before they are committed, and are gone afterwards
SELECT migrate.register('c1', NULL, $$ALTER TYPE mood ADD VALUE 'high'$$, 'SELECT 1');
SELECT migrate.register('c2', 'c1', $$CREATE TABLE moods (m mood DEFAULT 'high'); INSERT INTO moods DEFAULT VALUES; ALTER TYPE mood ADD VALUE 'mid' BEFORE 'high'; INSERT INTO moods VALUES ('mid')$$, 'DROP TABLE moods');
SELECT revision, statement, outcome, rows FROM migrate.explain_rows(execute => true);
SELECT enum_range(NULL::mood);
-- also within a transaction that has added one
BEGIN;
ALTER TYPE mood ADD VALUE 'mine';
SELECT count(*) FROM migrate.explain_rows(execute => true) WHERE outcome = 'executed';
SELECT 'mine'::mood;
ROLLBACK;
SELECT migrate.unregister('c2'), migrate.unregister('c1');
-- deferred constraints are checked after each script, and the next script may defer again
CREATE TABLE later (id int PRIMARY KEY, up int CONSTRAINT later_up REFERENCES later (id) DEFERRABLE INITIALLY DEFERRED);
SELECT migrate.register('d1', NULL, 'INSERT INTO later VALUES (1, 2); INSERT INTO later VALUES (2, 1)', 'DELETE FROM later');
SELECT migrate.register('d2', 'd1', 'ALTER TABLE later ADD c int; INSERT INTO later VALUES (3, 4); INSERT INTO later VALUES (4, 3)', 'DELETE FROM later; ALTER TABLE later DROP c');
SELECT migrate.register('d3', 'd2', 'INSERT INTO later VALUES (5, 6)', 'SELECT 1');
SELECT revision, statement, outcome, reason FROM migrate.explain_rows(execute => true);
SELECT migrate.unregister('d3'), migrate.unregister('d2'), migrate.unregister('d1');
-- and where a segment begins, because there will be a commit
SELECT migrate.register('d1', NULL, E'INSERT INTO later VALUES (1, 2); INSERT INTO later VALUES (2, 1);\n-- migrate:segment\nALTER TABLE later ADD c int; INSERT INTO later VALUES (3, 4)', E'DELETE FROM later;\n-- migrate:segment\nALTER TABLE later DROP c');
SELECT revision, statement, transaction, outcome, reason FROM migrate.explain_rows(execute => true);
SELECT migrate.register('d1', NULL, E'INSERT INTO later VALUES (1, 2);\n-- migrate:segment\nINSERT INTO later VALUES (2, 1)', '', replace => true);
SELECT revision, statement, transaction, outcome, reason FROM migrate.explain_rows(execute => true);
-- only the trial still holds the lock of ADD during VALIDATE
SELECT migrate.register('d1', NULL, E'ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\n-- migrate:segment\nALTER TABLE orders VALIDATE CONSTRAINT c; LOCK orders;\n-- migrate:segment\nSELECT 1', 'ALTER TABLE orders DROP CONSTRAINT c', replace => true);
SELECT masked(e) FROM migrate.explain(execute => true) e;
SELECT outcome, count(*) FROM migrate.test() GROUP BY 1;
SELECT migrate.unregister('d1');
-- a migration that fails is rolled back, and those after it are not tried
SELECT migrate.register('e1', NULL, 'CREATE TABLE made (a int); INSERT INTO orders VALUES (1); CREATE TABLE made2 ()', 'DROP TABLE made');
SELECT migrate.register('e2', 'e1', 'ALTER TABLE made ADD b int', '');
SELECT revision, statement, outcome, reason FROM migrate.explain_rows(execute => true);
SELECT migrate.unregister('e2'), migrate.unregister('e1');
-- a verify script is tried too, and its result reported
SELECT migrate.register('f1', NULL, 'CREATE TABLE made (a int)', 'DROP TABLE made', verify => 'SELECT count(*) = 1 FROM made');
SELECT masked(e) FROM migrate.explain(execute => true) e;
SELECT test, revision, outcome, detail FROM migrate.test();
SELECT migrate.unregister('f1');
-- a trial has the rights and settings of upgrade()
CREATE ROLE regress_trial_owner;
GRANT CREATE, USAGE ON SCHEMA regress_trial TO regress_trial_owner;
SET pg_migrate.owner_role = regress_trial_owner;
SELECT migrate.register('g1', NULL, 'CREATE TABLE mine (a int); DROP TABLE orders', '');
SELECT statement, outcome, reason FROM migrate.explain_rows(execute => true);
RESET pg_migrate.owner_role;
SELECT migrate.unregister('g1');
SELECT migrate.register('g2', NULL, $$SET work_mem = '1MB'; SET search_path = pg_catalog; SET ROLE regress_trial_owner; CREATE TABLE regress_trial.t ()$$, '');
SELECT statement, outcome FROM migrate.explain_rows(execute => true);
SELECT migrate.unregister('g2');
-- scripts may call neither upgrade() nor a trial
SELECT migrate.register('h1', NULL, 'SELECT migrate.explain(execute => true)', '');
SELECT outcome, reason FROM migrate.explain_rows(execute => true);
SELECT migrate.unregister('h1');
-- timeouts
SET pg_migrate.trial_statement_timeout = '2s';
SELECT migrate.register('i1', NULL, 'CREATE TABLE made (); SELECT pg_sleep(20)', '');
SELECT statement, outcome, reason FROM migrate.explain_rows(execute => true);
RESET pg_migrate.trial_statement_timeout;
SELECT migrate.unregister('i1');
SELECT migrate.register('i2', NULL, $$SET lock_timeout = '1h'; SELECT current_setting('lock_timeout')::interval <= '500 ms' AND current_setting('statement_timeout')::interval <= '30 s' AS bounded INTO TABLE bounds; ALTER TABLE bounds ADD CHECK (bounded)$$, 'DROP TABLE bounds');
SELECT statement, outcome, reason FROM migrate.explain_rows(execute => true);
-- trials can be turned off
SET pg_migrate.trials = off;
SELECT count(*) > 0 FROM migrate.explain();
SELECT count(*) FROM migrate.explain(execute => true);
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM migrate.test();
SET ROLE regress_trial_owner;
SET pg_migrate.trials = on;
RESET ROLE;
RESET pg_migrate.trials;
-- and are refused where they are impossible
SELECT migrate.explain(NULL);
SELECT migrate.explain('nowhere');
SELECT migrate.test(NULL);
SELECT migrate.test(allow_data => NULL);
SELECT migrate.review(NULL);
BEGIN;
INSERT INTO later VALUES (9, 10);
SELECT count(*) FROM migrate.explain(execute => true);
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) > 0 FROM migrate.explain();
SELECT count(*) FROM migrate.explain(execute => true);
ROLLBACK;
SELECT migrate.unregister('i2');
-- nothing is left behind
SELECT fingerprint = :'before_fingerprint' AS schema, locks = :before_locks AS locks, prepared = :before_prepared AS prepared, settings = :'before_settings' AS settings FROM
	(SELECT (x).* FROM (SELECT here() x OFFSET 0) y) z \gset same_
\echo locks :same_locks, prepared statements :same_prepared, settings :same_settings
DROP PROCEDURE commits;
DROP TABLE later, parts;
REVOKE ALL ON SCHEMA regress_trial FROM regress_trial_owner;
SELECT fingerprint = :'before_fingerprint' AS schema FROM here();
\set ECHO none
SET client_min_messages = warning;
SELECT migrate.stamp('base', purge => true) \g /dev/null
DROP EXTENSION pg_migrate CASCADE;
CREATE EXTENSION pg_migrate;
DROP SCHEMA regress_trial CASCADE;
