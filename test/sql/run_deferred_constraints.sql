-- deferred constraints of a plan in one transaction behave as if it had committed
-- after each migration
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA regress_deferred;
SET search_path = regress_deferred;
SET pg_migrate.lint_on_load = off;
\set VERBOSITY default
\set SHOW_CONTEXT errors
CREATE PROCEDURE fresh() LANGUAGE plpgsql AS $$
BEGIN
	PERFORM migrate.stamp('base', purge => true);
	WHILE EXISTS (SELECT FROM migrate.heads()) LOOP
		PERFORM migrate.unregister(h) FROM migrate.heads(true) h;
	END LOOP;
	DROP TABLE IF EXISTS p, c, d, u, part, other CASCADE;
	CREATE TABLE p (id int PRIMARY KEY);
	CREATE TABLE c (id int, pid int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
	CREATE TABLE d (id int, pid int CONSTRAINT d_p REFERENCES p DEFERRABLE);
	CREATE TABLE u (id int CONSTRAINT u_id UNIQUE DEFERRABLE INITIALLY DEFERRED);
	INSERT INTO p VALUES (1);
	INSERT INTO c VALUES (1, 1);
END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'fired for %', new; RETURN NULL; END $$;
\set ECHO all
\pset format unaligned
\pset tuples_only
-- DML, then ALTER in the next migration
CALL fresh();
SELECT migrate.register('a1', NULL, 'UPDATE c SET pid = 1 WHERE id = 1; INSERT INTO c VALUES (2, 1)', 'DELETE FROM c WHERE id = 2');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE c ADD note text; INSERT INTO u VALUES (1), (1); UPDATE u SET id = 2 WHERE ctid = ''(0,2)''', 'INSERT INTO u VALUES (3); ALTER TABLE c DROP note');
SELECT migrate.register('a3', 'a2', 'ALTER TABLE u ADD note text; ALTER TABLE p ADD note text', 'ALTER TABLE u DROP note; INSERT INTO u VALUES (7); ALTER TABLE p DROP note');
SELECT migrate.upgrade();
SELECT migrate.downgrade('base');
-- each migration fires what it deferred, the last one too
CALL fresh();
CREATE TABLE other (id int);
CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON other DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note();
SELECT migrate.register('a1', NULL, 'INSERT INTO other VALUES (1)', '');
SELECT migrate.register('a2', 'a1', 'INSERT INTO c VALUES (3, 77)', '');
BEGIN;
SELECT migrate.upgrade('a1');
ALTER TABLE other ADD note text;
SELECT migrate.upgrade();
ROLLBACK;
-- the child first, then the parent, in the same migration
CALL fresh();
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 77); INSERT INTO p VALUES (77)', '');
SELECT migrate.register('a2', 'a1', 'INSERT INTO c VALUES (4, 88); INSERT INTO p VALUES (88)', '');
SELECT migrate.upgrade();
-- SET CONSTRAINTS of the caller stays in effect: none, all deferred, all immediate, one deferred
CALL fresh();
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1); INSERT INTO d VALUES (3, 1)', '');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE c ADD note text; ALTER TABLE d ADD note text', '');
BEGIN; SELECT migrate.upgrade(); INSERT INTO c VALUES (5, 55); INSERT INTO d VALUES (5, 55); ROLLBACK;
BEGIN; SET CONSTRAINTS ALL DEFERRED; SELECT migrate.upgrade(); INSERT INTO c VALUES (5, 55); INSERT INTO d VALUES (5, 55); INSERT INTO p VALUES (55); COMMIT;
CALL fresh();
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1); INSERT INTO d VALUES (3, 1)', '');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE c ADD note text; ALTER TABLE d ADD note text', '');
BEGIN; SET CONSTRAINTS ALL IMMEDIATE; SELECT migrate.upgrade(); INSERT INTO c VALUES (5, 55); ROLLBACK;
BEGIN; SET CONSTRAINTS d_p DEFERRED; SELECT migrate.upgrade(); INSERT INTO d VALUES (5, 55); INSERT INTO p VALUES (55); ROLLBACK;
-- what the caller has deferred is not fired early although it blocks the migration
BEGIN; INSERT INTO c VALUES (6, 66); SELECT migrate.upgrade('a1'); INSERT INTO p VALUES (66); ROLLBACK;
BEGIN; INSERT INTO c VALUES (6, 66); SELECT migrate.upgrade(); ROLLBACK;
BEGIN; INSERT INTO c VALUES (6, 1); SET CONSTRAINTS ALL IMMEDIATE; SELECT migrate.upgrade(); ROLLBACK;
-- a script that uses SET CONSTRAINTS
CALL fresh();
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1); SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE c ADD note text', '');
SELECT migrate.register('a2', 'a1', 'INSERT INTO c VALUES (4, 88); INSERT INTO p VALUES (88); CREATE TABLE part (id int, pid int CONSTRAINT part_p REFERENCES p DEFERRABLE INITIALLY DEFERRED)', '');
SELECT migrate.register('a3', 'a2', 'INSERT INTO part VALUES (4, 99); INSERT INTO p VALUES (99)', '');
SELECT migrate.upgrade();
-- constraints of the same name: what cannot be restored is left to the commit
CALL fresh();
ALTER TABLE d RENAME CONSTRAINT d_p TO c_p;
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1)', '');
SELECT migrate.upgrade();
SELECT migrate.register('a2', 'a1', 'INSERT INTO c VALUES (4, 1)', '');
SELECT migrate.register('a3', 'a2', 'ALTER TABLE c ADD note text', '');
SELECT migrate.upgrade();
CALL migrate.deploy();
-- within one migration the server refuses it
CALL fresh();
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1); ALTER TABLE c ADD note text', '');
SELECT migrate.upgrade();
-- partitions, and what a deferred trigger defers
CALL fresh();
CREATE TABLE part (id int, pid int CONSTRAINT part_p REFERENCES p DEFERRABLE INITIALLY DEFERRED) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO c VALUES (9, 1); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER more AFTER INSERT ON part_1 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION more();
SELECT migrate.register('a1', NULL, 'INSERT INTO part VALUES (1, 1)', '');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE part ADD note text; ALTER TABLE c ADD note text', '');
SELECT migrate.upgrade();
-- lint finds it within a script, but not over a commit or in the next migration
CALL fresh();
SELECT severity, line, rewrite FROM migrate.lint_sql(E'INSERT INTO c VALUES (3, 1);\nALTER TABLE c ADD note text') WHERE rule = 'pending-events';
SELECT count(*) FROM migrate.lint_sql(E'INSERT INTO c VALUES (3, 1);\n-- migrate:segment\nALTER TABLE c ADD note text') WHERE rule = 'pending-events';
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (3, 1)', '');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE c ADD note text', '');
SELECT count(*) FROM migrate.lint() WHERE rule = 'pending-events';
-- a trial does the same
CALL fresh();
ALTER TABLE d ADD CONSTRAINT c_p CHECK (id > 0);
SELECT migrate.register('a1', NULL, 'INSERT INTO c VALUES (2, 1)', '');
SELECT migrate.register('a2', 'a1', 'ALTER TABLE c ADD note text', '');
SELECT outcome FROM migrate.explain_rows(execute => true);
\set ECHO none
SET client_min_messages = warning;
SELECT migrate.stamp('base', purge => true) \g /dev/null
RESET SESSION AUTHORIZATION;
DROP EXTENSION pg_migrate CASCADE;
CREATE EXTENSION pg_migrate;
DROP SCHEMA regress_deferred CASCADE;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
