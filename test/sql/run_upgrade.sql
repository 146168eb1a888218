-- upgrade(), downgrade(), stamp(): what a run does and what remains of it
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_running;
SET search_path = regress_running;
SET pg_migrate.lint_on_load = off;
RESET client_min_messages;
\set ECHO all
SELECT migrate.upgrade();
SELECT migrate.downgrade('base');
SELECT migrate.register('a1', upgrade => E'CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);', downgrade => 'DROP TABLE t', message => 'first');
SELECT migrate.register('b2', 'a1', 'ALTER TABLE t ADD b int', 'ALTER TABLE t DROP b', 'second');
SELECT migrate.register('c3', 'b2', E'UPDATE t SET b = 1;\nSELECT 1/0;', NULL, 'fails');
SELECT migrate.upgrade('b2');
SELECT migrate.upgrade('b2');
SELECT migrate.upgrade('a1');
SELECT migrate.upgrade(NULL);
-- nothing remains of a failed run
SELECT migrate.downgrade('base');
SELECT migrate.upgrade();
SELECT array(SELECT migrate.current()) AS current, to_regclass('t');
-- nor of a run that is rolled back
BEGIN;
SELECT migrate.upgrade('b2');
SELECT * FROM t;
ROLLBACK;
SELECT array(SELECT migrate.current()) AS current, to_regclass('t');
-- savepoints
BEGIN;
SELECT migrate.upgrade('a1');
SAVEPOINT s;
SELECT migrate.upgrade('head');
ROLLBACK TO s;
SELECT migrate.current();
COMMIT;
SELECT migrate.current();
-- irreversible
SELECT migrate.register('c3', 'b2', 'UPDATE t SET b = 1', NULL, 'fixed', replace => true);
SELECT migrate.upgrade();
SELECT migrate.downgrade('a1');
SELECT migrate.current();
SELECT migrate.stamp('b2');
SELECT migrate.downgrade('-1');
-- settings of a script end with it
SHOW work_mem;
SELECT migrate.register('d4', 'c3', E'SET work_mem = ''5MB'';\nSET search_path = pg_catalog;\nSELECT set_config(''application_name'', ''script'', false);\nCREATE ROLE regress_pgm_scripter;\nSET ROLE regress_pgm_scripter;', 'DROP ROLE regress_pgm_scripter');
SELECT migrate.register('e5', 'd4', E'DO $$ BEGIN RAISE NOTICE ''work_mem %, role %'', current_setting(''work_mem''), current_setting(''role''); END $$', '');
SELECT migrate.upgrade();
SELECT current_setting('work_mem'), current_setting('role'), current_setting('search_path');
SELECT migrate.downgrade('c3');
-- errors point into the script
SELECT migrate.register('d4', 'c3', E'SELECT 1;\n\nALTER TABLE t ADD d nosuch;', '', replace => true);
SELECT migrate.upgrade('d4');
SELECT migrate.register('d4', 'c3', E'-- remark\nSELECT 1;\nDO $$\nBEGIN\n  PERFORM 1/0;\nEND $$;', '', replace => true);
SELECT migrate.upgrade('d4');
SELECT migrate.register('d4', 'c3', E'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT nosuch FROM t $$', '', replace => true);
SELECT migrate.upgrade('d4');
-- verify
SELECT migrate.register('d4', 'c3', 'ALTER TABLE t ADD d int', '', verify => 'SELECT d IS NOT NULL FROM t', replace => true);
SELECT migrate.upgrade('d4');
SELECT migrate.register('d4', 'c3', 'ALTER TABLE t ADD d int', '', verify => 'SELECT FROM t WHERE false', replace => true);
SELECT migrate.upgrade('d4');
SELECT migrate.register('d4', 'c3', 'ALTER TABLE t ADD d int DEFAULT 1', '', verify => 'SELECT d = 1 FROM t', replace => true);
SELECT migrate.upgrade('d4');
-- statements that cannot run in a transaction are refused before anything is executed
SELECT migrate.downgrade('c3');
SELECT migrate.unregister('e5');
SELECT migrate.unregister('d4');
DO $$
DECLARE
  s text;
BEGIN
  FOREACH s IN ARRAY ARRAY['CREATE INDEX CONCURRENTLY i ON t (a)', 'DROP INDEX CONCURRENTLY i', 'REINDEX TABLE CONCURRENTLY t', 'REINDEX (CONCURRENTLY) TABLE t',
    'REINDEX SCHEMA public', 'REINDEX DATABASE x', 'VACUUM t', 'VACUUM (FULL, ANALYZE)', 'CLUSTER', 'CREATE DATABASE x', 'DROP DATABASE x', 'CREATE TABLESPACE x LOCATION ''/x''',
    'DROP TABLESPACE x', 'ALTER DATABASE x SET TABLESPACE y', 'ALTER SYSTEM SET work_mem = 1', 'DISCARD ALL',
    'CREATE SUBSCRIPTION s CONNECTION '''' PUBLICATION p', 'ALTER SUBSCRIPTION s REFRESH PUBLICATION', 'ALTER TABLE p DETACH PARTITION q CONCURRENTLY',
    'CREATE TABLE pp (a int) PARTITION BY LIST (a); REINDEX TABLE pp', 'ANALYZE t', 'CREATE INDEX i ON t (a)', 'ALTER SUBSCRIPTION s DISABLE', 'DISCARD PLANS']
  LOOP
    PERFORM migrate.register('x9', 'c3', s, '', replace => true);
    BEGIN
      PERFORM migrate.upgrade('x9');
      RAISE EXCEPTION 'ran';
    EXCEPTION WHEN OTHERS THEN
      RAISE NOTICE '%: % %', s, SQLSTATE, SQLERRM;
    END;
  END LOOP;
END $$;
SELECT migrate.register('x9', 'c3', 'SELECT 1;
VACUUM t', '', replace => true);
SELECT * FROM migrate.upgrade('x9');
SELECT step, revision, transactional, statements FROM migrate.plan();
SELECT migrate.register('x9', 'c3', 'SELECT 1', '', options => '{"transaction": "none"}', replace => true);
SELECT * FROM migrate.upgrade('x9');
-- enum values
SELECT migrate.register('x9', 'c3', 'CREATE TYPE e AS ENUM (''a'')', 'DROP TYPE e', replace => true);
SELECT migrate.upgrade();
SELECT migrate.register('y1', 'x9', 'ALTER TYPE e ADD VALUE ''new''', '');
SELECT migrate.register('y2', 'y1', 'CREATE TABLE u (e e DEFAULT ''new'')', 'DROP TABLE u');
SELECT * FROM migrate.upgrade();
SELECT migrate.upgrade('y1');
SELECT migrate.upgrade();
SELECT migrate.register('y3', 'y2', 'ALTER TYPE e ADD VALUE ''neu'';
DO $$ BEGIN PERFORM (''n'' || ''eu'')::e; END $$', '');
SELECT migrate.upgrade();
-- a comment that begins a segment
SELECT migrate.register('s1', 'y2', E'-- migrate:segment\nCREATE TABLE s (a int);\nALTER TABLE s ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n\n-- migrate:segment -- the lock is let go\nALTER TABLE s VALIDATE CONSTRAINT c; /* migrate:segment */ SELECT 1',
	E'/* why */ ALTER TABLE s DROP CONSTRAINT c;\n-- as above\n-- migrate:segment\nDROP TABLE s');
SELECT step, revision, transactional, statements, segments, door, reason FROM migrate.plan('s1') WHERE revision = 's1';
BEGIN;
SELECT migrate.upgrade('s1');
ROLLBACK;
SELECT * FROM migrate.upgrade('s1');
SELECT migrate.current();
SELECT migrate.register('s1', 'y2', E'SELECT 1;\n-- migrate:segment\nSELECT 2', options => '{"transaction": "single"}', replace => true);
SELECT migrate.register('s1', 'y2', E'SELECT 1;\n-- migrate:segmnt\nSELECT 2', replace => true);
SELECT migrate.register('s1', 'y2', E'SELECT 1;\n-- migrate: segment\nSELECT 2', replace => true);
-- where it is not such a comment, and where there is nothing to divide
SELECT migrate.register('s1', 'y2', E'-- migrate:segment\n\nSELECT 1;\n-- migrate:segments\n/* -- migrate:segment */ SELECT\n-- migrate:segment\n2, \'\n-- migrate:segment\n\'; SELECT $$;\n-- migrate:segment\n$$;\n-- migrate:segment', '',
	options => '{"transaction": "single"}', replace => true);
SELECT migrate.register('s1', 'y2', E'-- migrate:segment\n\nSELECT 1;\n/* migrate:segments */\n/* -- migrate:segment */ SELECT\n-- migrate:segment\n2, \'\n-- migrate:segment\n\'; SELECT $$;\n-- migrate:segment\n$$;\n-- migrate:segment', '',
	verify => E'SELECT 1;\n-- migrate:segment\nSELECT true', options => '{"transaction": "single"}', replace => true);
SELECT transactional, segments, door FROM migrate.plan('s1') WHERE revision = 's1';
SELECT migrate.register('s1', 'y2', E'SELECT 1;\n-- migrate:segment\nSELECT 2;\n--\tmigrate:segment\n-- migrate:allow opaque\nVACUUM t;\n/*\n * migrate:segment\n * so /* it */ be\n */\nSELECT 3', '', replace => true);
SELECT transactional, segments, door, reason FROM migrate.plan('s1') WHERE revision = 's1';
SELECT migrate.unregister('s1');
-- re-entrance
SELECT migrate.register('y3', 'y2', 'SELECT migrate.upgrade(''y2'')', '', replace => true);
SELECT migrate.upgrade();
SELECT migrate.register('y3', 'y2', 'SELECT migrate.register(''z'', upgrade => '''')', '', replace => true);
SELECT migrate.upgrade();
SELECT migrate.register('y3', 'y2', 'DROP EXTENSION pg_migrate', '', replace => true);
SELECT migrate.upgrade();
SELECT migrate.register('y3', 'y2', 'ALTER EXTENSION pg_migrate DROP FUNCTION migrate.bases()', '', replace => true);
SELECT migrate.upgrade();
CREATE FUNCTION sneak() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM migrate.stamp('base'); RETURN NULL; END $$;
CREATE TRIGGER sneak AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION sneak();
SELECT migrate.register('y3', 'y2', 'INSERT INTO t VALUES (2)', '', replace => true);
SELECT migrate.upgrade();
DROP TRIGGER sneak ON t;
CREATE FUNCTION sneaky() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM migrate.stamp('base'); END $$;
CREATE EVENT TRIGGER sneaky ON ddl_command_end EXECUTE FUNCTION sneaky();
SELECT migrate.register('y3', 'y2', 'CREATE TABLE w ()', '', replace => true);
SELECT migrate.upgrade();
DROP EVENT TRIGGER sneaky;
-- a script sees the position it has reached
SELECT migrate.register('y3', 'y2', 'CREATE TABLE w AS SELECT migrate.current()', 'DROP TABLE w', replace => true);
SELECT migrate.upgrade();
SELECT * FROM w;
-- read-only transactions
BEGIN READ ONLY;
SELECT migrate.current();
SELECT count(*) FROM migrate.plan('base', 'downgrade');
SELECT migrate.upgrade();
ROLLBACK;
-- timeouts of a script hold for each of its statements, and end with it
SELECT migrate.register('y4', 'y3', E'SET statement_timeout = ''100ms'';\nSELECT pg_sleep(5)', '');
SELECT migrate.upgrade();
SELECT migrate.register('y4', 'y3', E'SET statement_timeout = ''1min'';\nSELECT pg_sleep(0.1);\nSELECT pg_sleep(0.1)', '', replace => true);
SELECT migrate.upgrade();
SHOW statement_timeout;
-- stamp
SELECT migrate.stamp('b2', purge => true);
SELECT migrate.stamp('');
SELECT migrate.stamp('+1');
SELECT migrate.stamp('heads');
SELECT migrate.stamp('base');
SELECT direction, revision, count(*) FROM migrate.log GROUP BY 1, 2 ORDER BY min(id);
SELECT * FROM migrate.check_registry();
-- each statement is executed with its own text
SELECT migrate.register('p1', '', E'-- \u00e4\nPREPARE one AS SELECT 1;\n/* two */ PREPARE two AS\n  SELECT 2; PREPARE three AS SELECT ''\u00e4'';\n\n/*+ a hint */ -- is kept\nPREPARE four AS SELECT 4;\nPREPARE five AS SELECT 5 -- end', '', verify => E'SELECT true;\nSELECT count(*) = 5 FROM pg_prepared_statements');
SELECT migrate.upgrade('p1');
-- since 18 the server leaves out the text before PREPARE
SELECT name, regexp_replace(statement, '^/\*.*\n', '') AS statement FROM pg_prepared_statements ORDER BY name;
SELECT bool_or(statement LIKE '/*+ a hint */ -- is kept%') OR current_setting('server_version_num')::int >= 180000 AS hint_is_kept FROM pg_prepared_statements;
DEALLOCATE ALL;
-- whichever settings the script changes
SELECT migrate.register('p2', 'p1', E'DO $$BEGIN SET standard_conforming_strings = off; EXCEPTION WHEN feature_not_supported THEN NULL; END$$; -- 19 has it on\nSET backslash_quote = off;\nCREATE TABLE strings AS SELECT ''a\\b'' AS plain, E''\\''c'' AS escaped', 'DROP TABLE strings');
SELECT migrate.upgrade('p2');
SELECT * FROM strings;
-- and its errors have a position in the script
SELECT migrate.register('p3', 'p2', E'SELECT ''\u00e4\u00e4''; SELECT ''\u00e4'',\n  ''\u00e4'' || nosuch FROM t;', '');
SELECT migrate.upgrade('p3');
SELECT migrate.register('p3', 'p2', E'SELECT ''\u00e4\u00e4'';\n/*+ \u00e4 */ CREATE TABLE x ("\u00e4" int,\n  b nosuch)', '', replace => true);
SELECT migrate.upgrade('p3');
SELECT migrate.register('p3', 'p2', 'SELECT 1', '', verify => E'SELECT ''\u00e4'';\nSELECT ''\u00e4'', nosuch', replace => true);
SELECT migrate.upgrade('p3');
SELECT migrate.register('p3', 'p2', E'SELECT 1;\nVACUUM (nosuch) t', '', replace => true);
CALL migrate.deploy('p3');
SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open;
-- an invalid index is not taken for a valid one
CREATE TABLE inv (a int);
INSERT INTO inv VALUES (1), (1);
CREATE UNIQUE INDEX CONCURRENTLY inv_a ON inv (a);
SELECT migrate.register('i1', 'p2', 'CREATE INDEX IF NOT EXISTS inv_a ON inv (a)', 'DROP INDEX inv_a');
SELECT migrate.upgrade('i1');
CALL migrate.deploy('i1');
SELECT test, outcome, detail FROM migrate.test('i1') WHERE test = 'up';
SELECT migrate.register('i1', 'p2', 'DO $$ BEGIN CREATE INDEX IF NOT EXISTS inv_a ON inv (a); END $$', 'DROP INDEX inv_a', replace => true);
SELECT migrate.upgrade('i1');
DROP INDEX inv_a;
SELECT migrate.upgrade('i1');
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'inv'::regclass;
CREATE TABLE part (a int) PARTITION BY LIST (a);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
INSERT INTO part VALUES (1), (1);
CREATE INDEX part_a ON ONLY part (a);
SELECT migrate.register('i2', 'i1', 'CREATE INDEX IF NOT EXISTS part_a ON part (a)', '');
SELECT migrate.upgrade('i2');
-- an index that is completed is taken
SELECT migrate.register('i2', 'i1', 'CREATE INDEX IF NOT EXISTS part_a ON ONLY part (a); CREATE INDEX IF NOT EXISTS part1_a ON part1 (a); ALTER INDEX part_a ATTACH PARTITION part1_a; CREATE INDEX IF NOT EXISTS part_a ON part (a)', '', replace => true);
SELECT migrate.upgrade('i2');
CREATE INDEX CONCURRENTLY part1_x ON part1 ((1 / (a - 1)));
SELECT migrate.register('i3', 'i2', 'CREATE INDEX part_x ON ONLY part ((1 / (a - 1))); ALTER INDEX part_x ATTACH PARTITION part1_x', '');
SELECT migrate.upgrade('i3');
SELECT migrate.register('i3', 'i2', 'CREATE INDEX ON part ((1 / (a - 1)))', '', replace => true);
SELECT migrate.upgrade('i3');
DROP INDEX part1_x;
TRUNCATE part;
SELECT migrate.upgrade('i3');
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid IN ('part'::regclass, 'part1'::regclass) ORDER BY 1;
-- an index that a statement has made invalid is not
CREATE FUNCTION invalidate() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'inv_a'::regclass; END $$;
CREATE EVENT TRIGGER invalidate ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION invalidate();
SELECT migrate.register('i4', 'i3', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS inv_a ON inv (a)', '');
CALL migrate.deploy('i4');
CALL migrate.deploy('i4');
DROP EVENT TRIGGER invalidate;
DROP INDEX inv_a;
CALL migrate.deploy('i4');
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid = 'inv'::regclass;
