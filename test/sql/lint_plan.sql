-- lint: the plan that it reads, allowed findings, reports, and lint on load
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_lint;
SET search_path = regress_lint;
SET pg_migrate.lint_on_load = off;
CREATE TABLE orders (id int PRIMARY KEY, note varchar(20), paid boolean);
INSERT INTO orders SELECT i, 'n' || i, true FROM generate_series(1, 1000) i;
CREATE TABLE nothing (a int);
CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM regress_lint.orders; RETURN 1; END $$;
CREATE FUNCTION evil_sure() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN DELETE FROM regress_lint.orders; RETURN 1; END $$;
CREATE FUNCTION lint(sql text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', CASE verdict WHEN 'cleared' THEN verdict ELSE severity END, rule, statement, line, col) || ': ' || message FROM migrate.lint_sql(sql) $$;
CREATE FUNCTION pending() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', revision, direction, statement, line, CASE verdict WHEN 'cleared' THEN verdict ELSE severity END, rule) || ': ' || message FROM migrate.lint('heads') $$;
ANALYZE orders;
RESET client_min_messages;
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only
\set ECHO all
-- the size of a table decides the severity; some rules have the same severity for any size
SELECT lint('ALTER TABLE orders ALTER id TYPE bigint');
SELECT lint('ALTER TABLE nothing ALTER a TYPE bigint; DROP TABLE nothing');
SET pg_migrate.lint_small_table = 0;
SELECT lint('ALTER TABLE orders ALTER id TYPE bigint');
SELECT lint('ALTER TABLE orders ADD c int NOT NULL');
-- all columns of a row
SELECT revision, direction, statement, line, col, rule, severity, verdict, relation, lock, work, size > 0 AS size, evidence FROM migrate.lint_sql(E'SELECT 1;\n  ALTER TABLE orders\n    ALTER id TYPE bigint;');
-- effects of earlier statements, which create, change and drop
SELECT lint('CREATE TABLE n (a int); INSERT INTO n VALUES (1); ALTER TABLE n ALTER a TYPE bigint; CREATE INDEX n_a ON n (a)');
SELECT lint('ALTER TABLE orders RENAME TO bills; ALTER TABLE bills RENAME note TO remark; ALTER TABLE bills ALTER remark TYPE text; ALTER TABLE bills ALTER remark SET NOT NULL');
SELECT lint('ALTER TABLE orders ADD c varchar(10); ALTER TABLE orders ALTER c TYPE varchar(20); ALTER TABLE orders ALTER c TYPE varchar(5)');
SELECT lint('ALTER TABLE orders DROP COLUMN note; CREATE INDEX CONCURRENTLY i ON orders (note)');
SELECT lint('DROP TABLE nothing; ALTER TABLE nothing ADD b int');
SELECT lint('CREATE DOMAIN d AS int CHECK (VALUE > 0); ALTER TABLE orders ADD c d; ALTER TABLE orders ADD e d[]');
SELECT lint('CREATE FUNCTION f() RETURNS int LANGUAGE sql VOLATILE AS ''SELECT 1''; ALTER TABLE orders ADD c int DEFAULT f()');
SELECT lint('TRUNCATE orders; ALTER TABLE orders ALTER id TYPE bigint');
-- all partitions and children count; a clause after a default or a parenthesis is not a part of it
CREATE TABLE many (a int, b int) PARTITION BY LIST (a);
CREATE TABLE many1 PARTITION OF many FOR VALUES IN (1);
CREATE TABLE many2 PARTITION OF many FOR VALUES IN (2);
INSERT INTO many SELECT 1 + i % 2, i FROM generate_series(1, 2000) i;
SET pg_migrate.lint_small_table = '60kB';
SELECT lint('ALTER TABLE many ALTER b TYPE bigint');
SELECT lint('ALTER TABLE many1 ADD CONSTRAINT b CHECK (b > 0)');
SET pg_migrate.lint_small_table = 0;
SELECT rewrite FROM migrate.lint_sql('ALTER TABLE orders ADD CONSTRAINT p CHECK (id > 0) -- positive') WHERE rule = 'check-not-valid';
DROP TABLE many;
-- what the server refuses, the server reports
SELECT lint('ALTER TABLE orders ATTACH PARTITION nothing FOR VALUES IN (1)');
SELECT lint('CREATE TABLE part PARTITION OF orders FOR VALUES FROM (1) TO (2)');
-- or lint does, if the rows do not matter and no code that lint cannot read came first
SELECT lint('ALTER TABLE orders ADD COLUMN id int; ALTER TABLE orders DROP COLUMN nope; ALTER TABLE orders ADD PRIMARY KEY (paid); CREATE TABLE nothing (a bigint)');
SELECT lint('CREATE TABLE n (o boolean REFERENCES orders (paid)); DROP INDEX orders_pkey; DROP INDEX nope');
SELECT lint('CREATE TABLE IF NOT EXISTS nothing (a bigint); ALTER TABLE orders ADD COLUMN IF NOT EXISTS id int; DROP INDEX IF EXISTS nope');
SELECT lint('DO ''BEGIN PERFORM 1; END''; ALTER TABLE nowhere ADD COLUMN a bigint');
-- names in queries, DML, constraints and indexes
SELECT lint('WITH w AS (SELECT 1) SELECT * FROM w, nowhere; UPDATE nowhere SET a = 1; UPDATE orders SET nope = 1 WHERE id = 1; INSERT INTO nowhere SELECT 1; CREATE VIEW v AS SELECT * FROM nowhere; CREATE TABLE n AS SELECT * FROM nowhere; TRUNCATE nowhere; COPY nowhere FROM PROGRAM ''true''; COMMENT ON COLUMN orders.nope IS ''x''');
SELECT lint('ALTER TABLE orders DROP CONSTRAINT nope; ALTER TABLE orders VALIDATE CONSTRAINT nope; ALTER TABLE orders RENAME nope TO x; ALTER TABLE orders RENAME note TO paid; ALTER TABLE orders RENAME CONSTRAINT nope TO x; ALTER TABLE orders RENAME TO nothing; ALTER TABLE nowhere RENAME TO x');
SELECT lint('CREATE INDEX CONCURRENTLY i ON orders (nope); CREATE INDEX CONCURRENTLY i ON orders (lower(nope)); ALTER TABLE orders ADD CONSTRAINT x CHECK (nope > 0) NOT VALID; ALTER TABLE orders ADD CONSTRAINT x UNIQUE (nope); ALTER TABLE orders ADD CONSTRAINT x UNIQUE USING INDEX nope; ALTER TABLE orders ADD CONSTRAINT x FOREIGN KEY (nope) REFERENCES orders');
SELECT lint('ALTER TABLE orders ADD c nope; ALTER TABLE orders ALTER note TYPE nope; CREATE TABLE n (c nope[]); ALTER TYPE nope ADD VALUE ''x''; ALTER DOMAIN nope DROP NOT NULL; DROP TYPE nope');
SELECT lint('WITH w AS (SELECT 1 AS id) SELECT * FROM w, orders o, pg_class, information_schema.tables FOR UPDATE OF o; CREATE TEMP TABLE n (s serial, o orders, m int4multirange); INSERT INTO n (o) SELECT NULL; SELECT * INTO m FROM n; SELECT * FROM m');
SELECT lint('CREATE TYPE e AS ENUM (''a''); ALTER TYPE e RENAME TO f; CREATE TABLE n (a f, b regress_lint.f[]); ALTER TYPE f ADD VALUE ''b'' AFTER ''a''; CREATE TYPE r AS RANGE (subtype = int); CREATE TABLE m (a r, b r_multirange)');
-- schemas, indexes and views that the plan creates, renames and drops
SELECT lint('CREATE SCHEMA app CREATE TABLE a (i int PRIMARY KEY, b text) PARTITION BY LIST (i) CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1); SET search_path = app, regress_lint; CREATE TABLE c (i int REFERENCES a, s serial, EXCLUDE (i WITH =)); INSERT INTO c VALUES (1); ALTER TABLE a1 RENAME TO a2; ALTER INDEX a1_pkey RENAME TO a2_pkey; DROP INDEX c_i_excl; ALTER TABLE c_s_seq RENAME TO s; SELECT * FROM orders; CREATE TABLE orders (i int); ALTER TABLE orders ADD note text; SET search_path = regress_lint; ALTER TABLE app.a2 DROP b; ALTER TABLE a2 ADD z int');
SELECT * FROM lint('CREATE VIEW a AS SELECT * FROM orders; CREATE VIEW b AS SELECT * FROM a; DROP VIEW a CASCADE; CREATE VIEW a AS SELECT 1; CREATE VIEW b AS SELECT 1; ALTER INDEX orders_pkey RENAME TO k; ALTER TABLE k RENAME TO l; ALTER INDEX nothing RENAME TO something; DROP TABLE something; CREATE RULE r AS ON INSERT TO orders DO NOTHING; ALTER RULE r ON orders RENAME TO q; INSERT INTO orders VALUES (1)') l WHERE l !~ 'locks-held|data-loss|rename|trigger-lock';
-- dependents of what is dropped, without those that the plan has dropped
CREATE TYPE mood AS ENUM ('low');
CREATE SEQUENCE numbers;
CREATE TABLE person (id int DEFAULT nextval('numbers'), m mood, o int REFERENCES orders);
CREATE FUNCTION checked(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE INDEX person_checked ON person (checked(id));
SELECT lint('DROP TABLE orders; DROP TYPE mood; DROP SEQUENCE numbers; DROP FUNCTION checked(int); DROP VIEW orders; ALTER TYPE mood ADD VALUE ''low''');
SELECT lint('ALTER TABLE person DROP o, DROP m, ALTER id DROP DEFAULT; DROP INDEX person_checked; DROP TABLE orders; DROP TYPE mood; DROP SEQUENCE numbers; DROP FUNCTION checked(int)');
SELECT lint('ALTER TABLE person ALTER m TYPE text, DROP CONSTRAINT person_o_fkey; DROP TABLE orders; DROP TYPE mood');
SELECT lint('DROP TABLE person, orders; DROP TYPE mood');
DROP TABLE person;
DROP TYPE mood;
DROP SEQUENCE numbers;
CREATE VIEW seen AS SELECT note FROM orders;
SELECT lint('ALTER TABLE orders DROP COLUMN note');
SELECT lint('DROP VIEW seen; ALTER TABLE orders DROP COLUMN note');
-- CASCADE reaches foreign keys and views
CREATE TABLE lines (order_id int REFERENCES orders, n int);
INSERT INTO lines SELECT i, i FROM generate_series(1, 1000) i;
CREATE INDEX ON lines (order_id);
ANALYZE lines;
SELECT lint('TRUNCATE orders CASCADE');
SELECT lint('DROP TABLE orders CASCADE');
SELECT lint('ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey');
DROP VIEW seen;
-- DML in all places
SELECT lint('MERGE INTO orders o USING lines l ON l.order_id = o.id WHEN MATCHED THEN UPDATE SET note = NULL');
SELECT lint('WITH gone AS (DELETE FROM lines RETURNING order_id) SELECT count(*) FROM gone');
-- a foreign key needs an index, now or later in the script
SELECT lint('CREATE TABLE n (order_id int REFERENCES orders)');
SELECT lint('CREATE TABLE n (order_id int REFERENCES orders); CREATE INDEX ON n (order_id)');
DROP TABLE lines;
-- the whole safe form
SELECT rewrite FROM migrate.lint_sql('ALTER TABLE orders ADD COLUMN u uuid DEFAULT gen_random_uuid() UNIQUE CHECK (u IS NOT NULL)') WHERE rule = 'volatile-default';
SELECT rewrite FROM migrate.lint_sql('ALTER TABLE orders ADD CONSTRAINT k UNIQUE (paid, note) INCLUDE (id) DEFERRABLE') WHERE rule = 'unique-not-using-index';
-- several migrations, in the order of the run, upgrade and downgrade
SELECT migrate.register('a1', NULL, 'CREATE TABLE t (a int, b varchar(10))', 'DROP TABLE t');
SELECT migrate.register('a2', 'a1', 'CREATE INDEX t_a ON t (a); ALTER TABLE orders ADD COLUMN c varchar(10)', 'DROP INDEX t_a; ALTER TABLE orders DROP COLUMN c');
SELECT migrate.register('a3', 'a2', 'ALTER TABLE orders ALTER c TYPE text', 'ALTER TABLE orders ALTER c TYPE varchar(10)');
SELECT pending();
SELECT rule, message FROM migrate.lint_revision('a3') WHERE direction = 'upgrade';
SELECT migrate.upgrade('a2');
SELECT pending();
SELECT migrate.lint('nowhere');
SELECT migrate.lint_revision('nowhere');
SELECT migrate.lint_revision('+1');
SELECT migrate.lint_revision('base');
SELECT migrate.downgrade('base');
SELECT migrate.unregister('a3'), migrate.unregister('a2'), migrate.unregister('a1');
-- a rename written as drop and add, in one migration or in two
SELECT migrate.register('b1', NULL, 'ALTER TABLE orders DROP COLUMN note', 'ALTER TABLE orders ADD COLUMN note varchar(20)');
SELECT migrate.register('b2', 'b1', 'ALTER TABLE orders ADD COLUMN remark varchar(20)', 'ALTER TABLE orders DROP COLUMN remark');
SELECT rule, revision, rewrite FROM migrate.lint() WHERE rule = 'rename-as-drop-add';
SELECT migrate.unregister('b2'), migrate.unregister('b1');
-- allowed findings
SELECT lint(E'-- migrate:allow data-loss, drop-column-index -- nobody reads it\nALTER TABLE orders DROP COLUMN note;\nALTER TABLE orders DROP COLUMN paid');
SELECT lint(E'/* migrate:allow */ -- migrate:allow data-loss -- as asked\n\n-- more\nDROP TABLE nothing');
SELECT lint(E'/*\n-- migrate:allow data-loss -- in a comment\n*/ DROP TABLE nothing');
SELECT lint(E'-- migrate:allow data-los, -- x\nDROP TABLE nothing');
SELECT lint(E'/* migrate:allow data-loss -- nobody reads it */ DROP TABLE nothing');
SELECT lint(E'-- migrate:alow data-loss -- misspelled\n-- migrate allows this\nDROP TABLE nothing; -- migrate:allow data-loss -- behind');
SELECT lint(E'SELECT 1; -- migrate:allow data-loss -- the next one\nDROP TABLE nothing; DROP TABLE orders');
SELECT lint(E'DROP TABLE nothing -- migrate:allow data-loss -- behind, without a semicolon');
SELECT rule, line, col, message FROM migrate.lint_sql(E'DROP\n  /* migrate:allow data-loss -- within */ TABLE nothing');
SELECT lint('-- migrate:allow data-loss -- nothing to allow');
SELECT lint('SELECT ''-- migrate:allow data-loss'', $$ /* migrate:allow x */ $$, 1 AS "-- migrate:allow y"');
SELECT lint(E'SELECT 1; -- migrate:segmnt\nSELECT 2; -- Migrate segment\n SELECT 3; -- migrate segment by segment\n /* migrate: segment */ SELECT 4; -- migrate:segment --\nSELECT 5 -- migrate:segment\n; -- migrate:segment');
-- a segment is a transaction
SELECT lint(E'ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT c');
SELECT lint(E'ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\n-- migrate:segment\nALTER TABLE orders VALIDATE CONSTRAINT c');
SELECT migrate.register('c1', NULL, E'ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0) NOT VALID;\n-- migrate:segment\nALTER TABLE orders VALIDATE CONSTRAINT c',
	E'ALTER TABLE orders DROP CONSTRAINT c;\n-- migrate:segment\nALTER TABLE orders ADD CONSTRAINT d CHECK (id > 0) NOT VALID;\n-- migrate:segment\nALTER TABLE orders VALIDATE CONSTRAINT d;\n-- migrate:segment\nALTER TABLE orders DROP CONSTRAINT d');
SELECT pending();
SELECT migrate.explain('c1');
SELECT migrate.unregister('c1');
-- an index is dropped with the constraint that took it over, and with the index of the partitioned table
CREATE TABLE whole (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF whole DEFAULT;
SELECT migrate.register('c1', NULL, E'CREATE INDEX whole_a ON ONLY whole (a);\nCREATE INDEX part_a ON part (a);\nALTER INDEX whole_a ATTACH PARTITION part_a;\nALTER TABLE whole DROP CONSTRAINT IF EXISTS c;\n-- migrate:segment\nCREATE UNIQUE INDEX CONCURRENTLY orders_u ON orders (id, paid);\nALTER TABLE orders ADD CONSTRAINT orders_u UNIQUE USING INDEX orders_u',
	'ALTER TABLE orders DROP CONSTRAINT orders_u; DROP INDEX whole_a');
SELECT rule, message FROM migrate.lint() WHERE rule ~ 'downgrade';
SELECT migrate.unregister('c1');
-- a downgrade runs nontransactional statements outside of transactions too; a table that is locked already is not locked again
SELECT migrate.register('c1', NULL, E'DROP INDEX CONCURRENTLY orders_paid',
	E'ALTER TABLE whole ALTER a SET NOT NULL;\nALTER TABLE whole ALTER a SET DEFAULT 1;\nALTER TABLE orders ALTER note SET DEFAULT ''x'';\nCREATE INDEX CONCURRENTLY orders_paid ON orders (paid)');
SELECT rule, line, message FROM migrate.lint() WHERE rule = 'locks-held';
SELECT migrate.unregister('c1');
DROP TABLE whole;
SELECT migrate.register('c1', NULL, E'-- migrate:allow downgrade-missing -- there is no way back\nCREATE TABLE c ()', NULL);
SELECT pending();
SELECT migrate.unregister('c1');
-- verify scripts too, because they run in the transaction of the upgrade
SELECT migrate.register('c2', NULL, 'ALTER TABLE orders ADD z int', 'ALTER TABLE orders DROP z', 'look', verify => E'SELECT count(*) > 0 FROM nowhere;\nALTER TABLE nothing ADD z int; SELECT z IS NULL FROM orders');
SELECT pending();
SELECT migrate.lint_report('head', 'github');
SELECT migrate.unregister('c2');
-- reports
SELECT migrate.register('d1', NULL, E'SET lock_timeout = ''1s'';\nCREATE INDEX orders_note ON orders (note);', 'DROP INDEX CONCURRENTLY orders_note', 'say "index"');
SELECT migrate.lint_report();
SELECT jsonb_pretty(string_agg(l, '')::jsonb #- '{0,size}') FROM migrate.lint_report('head', 'json') l;
SELECT migrate.lint_report('head', 'github');
SELECT j ->> 'version' AS version, j #>> '{runs,0,tool,driver,name}' AS tool, jsonb_array_length(j #> '{runs,0,tool,driver,rules}') AS rules,
	r ->> 'ruleId' AS rule, r ->> 'level' AS level, r #>> '{locations,0,physicalLocation,artifactLocation,uri}' AS file, r #>> '{locations,0,physicalLocation,region,startLine}' AS line
FROM (SELECT string_agg(l, '')::jsonb FROM migrate.lint_report('head', 'sarif') l) s (j), jsonb_array_elements(j #> '{runs,0,results}') r;
SELECT migrate.lint_report('head', 'xml');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.lint_report(NULL);
SELECT migrate.unregister('d1');
SELECT migrate.lint_report();
-- lint on load: once per migration, after what is pending
SET pg_migrate.lint_on_load = warn;
SELECT migrate.register('e1', NULL, 'CREATE INDEX orders_note ON orders (note); DROP TABLE nothing', NULL, 'two');
SELECT migrate.register('e2', 'e1', 'CREATE TABLE fine (a bigint)', 'DROP TABLE fine');
SELECT migrate.register('e3', 'e2', 'ALTER TABLE fine ADD b int NOT NULL; CREATE INDEX fine_a ON fine (a)', 'ALTER TABLE fine DROP b', 'the plan makes the table');
SELECT migrate.register('e4', 'e3', 'ALTER TABLE fine ADD b int; DROP TABLE nothing', 'SELECT 1');
SELECT migrate.unregister('e4'), migrate.unregister('e3');
SET pg_migrate.lint_on_load = error;
SELECT migrate.register('e3', 'e2', 'DROP TABLE orders', '');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate.load(E'-- revision: e4\n-- down_revision: e2\n-- migrate:up\nTRUNCATE orders;\n-- migrate:down\n');
SELECT array(SELECT migrate.heads());
SET pg_migrate.lint_on_load = off;
SET pg_migrate.lint_on_upgrade = error;
SELECT migrate.upgrade();
\echo :LAST_ERROR_SQLSTATE
SELECT to_regclass('nothing') IS NOT NULL AS untouched, array(SELECT migrate.current());
SET pg_migrate.lint_on_upgrade = warn;
SELECT migrate.upgrade();
SET pg_migrate.lint_on_upgrade = error;
SELECT migrate.upgrade();
SELECT migrate.stamp('base', purge => true);
DROP TABLE fine;
DROP INDEX orders_note;
SELECT migrate.unregister('e2'), migrate.unregister('e1');
-- also for findings that depend on rows
SELECT migrate.register('f1', NULL, 'CREATE UNIQUE INDEX CONCURRENTLY orders_paid ON orders (paid)', 'DROP INDEX CONCURRENTLY orders_paid');
SELECT migrate.upgrade();
SELECT migrate.unregister('f1');
RESET pg_migrate.lint_on_upgrade;
SET pg_migrate.lint_on_load = maybe;
-- lint executes nothing: no defaults, conditions or queries of views
SELECT lint('SELECT evil(); ALTER TABLE orders ADD c int DEFAULT evil(); ALTER TABLE orders ADD d int DEFAULT evil_sure(); UPDATE orders SET paid = true WHERE id = evil_sure(); ALTER TABLE orders ADD CHECK (evil_sure() = 1); ALTER TABLE orders ALTER id TYPE text USING evil_sure()::text; CREATE VIEW v AS SELECT evil() AS x; DO ''BEGIN PERFORM regress_lint.evil(); END''');
SELECT count(*) FROM orders;
SELECT lint('SELECT 1; SELEC 2');
SELECT lint('');
-- names are cut as the server does it: by bytes; with doubled quotes, nested comments, strings of any kind
SELECT lint('SELECT 1 AS "' || repeat('é', 41) || '", 2 AS ' || repeat('ü', 32) || ', 3 AS "' || repeat('x', 62) || '""", 4 AS "' || repeat('x', 63) || '"""');
SELECT lint($$SELECT 1 /* a /* b */ $$ || repeat('x', 70) || $$ */ AS x, E'it\'s $$ || repeat('x', 70) || $$' AS y, 'a\' AS z, $a$ $$ || repeat('x', 70) || $$ $a$, U&"\0061$$ || repeat('\0061', 20) || '"');
SELECT migrate.lint_sql(NULL);
SELECT count(*), count(DISTINCT rule), min(number), max(number) FROM migrate.lint_rules();
\set ECHO none
SET client_min_messages = warning;
SELECT migrate.stamp('base', purge => true) \g /dev/null
DROP EXTENSION pg_migrate CASCADE;
CREATE EXTENSION pg_migrate;
DROP SCHEMA regress_lint CASCADE;
