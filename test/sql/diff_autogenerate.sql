-- autogenerate(): statements that lead to a model, questions, remarks and refusals
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
-- the same names for any user who runs this test
CREATE ROLE regress_owner SUPERUSER;
SET SESSION AUTHORIZATION regress_owner;
CREATE SCHEMA regress_auto;
SET search_path = regress_auto;
SET pg_migrate.lint_on_load = off;
CREATE TABLE users (id int UNIQUE, name text);
CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT 'x''y');
CREATE INDEX users_name ON users (name);
-- The statements that autogenerate() writes for a model
\set same 'CREATE TABLE users (id int UNIQUE, name text); CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT \'x\'\'y\'); CREATE INDEX users_name ON users (name);'
-- The script without the lines that differ between runs
CREATE FUNCTION public.script(content text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT line FROM regexp_split_to_table(content, E'\n') WITH ORDINALITY AS l (line, i) WHERE line !~ 'created' AND line <> '' ORDER BY i $$;
-- Is the answer given without building the model?  Building it needs a transaction ID.
CREATE FUNCTION public.kept(model text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	PERFORM count(*) FROM migrate.diff(model);
	RETURN pg_current_xact_id_if_assigned() IS NULL;
END $$;
RESET client_min_messages;
\set VERBOSITY default
\set SHOW_CONTEXT never
\set ECHO all
\pset format unaligned
\pset tuples_only
-- no difference
SELECT * FROM migrate.diff(:'same');
SELECT migrate.check(:'same');
SELECT public.script(content) FROM migrate.revision('nothing', rev_id => 'aaa1', model => :'same');
-- the model in another order and with another spelling
SELECT migrate.check($$
CREATE VIEW v AS SELECT id FROM users;
DROP VIEW v;
CREATE INDEX users_name ON users USING btree (name ASC);
CREATE TABLE users (id integer, name character varying COLLATE "default");
ALTER TABLE users ALTER name TYPE text, ADD UNIQUE (id);
CREATE TABLE "Odd one" (id int4, "a b" text DEFAULT 'x' || '''y', CONSTRAINT "Odd ""key""" UNIQUE (id));
ALTER TABLE "Odd one" ALTER "a b" SET DEFAULT 'x''y';
$$);
-- differences as rows, as an error, and as a migration
\set more 'CREATE TABLE users (id bigint UNIQUE, name text, mail text UNIQUE); CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT \'z\'); CREATE VIEW one AS SELECT 1 AS one; COMMENT ON TABLE users IS \'who\';'
SELECT kind, identity, change, detail, hazard, up_sql, down_sql FROM migrate.diff(:'more');
SELECT migrate.check(:'more');
\echo :LAST_ERROR_SQLSTATE
SELECT file_name, revision FROM migrate.revision('more', rev_id => 'aaa2', model => :'more');
SELECT public.script(content) FROM migrate.revision('more', rev_id => 'aaa2', model => :'more');
-- a statement that loses data is a question, unless that is allowed
INSERT INTO users VALUES (1, 'a');
INSERT INTO "Odd one" VALUES (1), (2);
ANALYZE users, "Odd one";
\set less 'CREATE TABLE users (id int UNIQUE);'
SELECT identity, change, hazard, size, up_sql, down_sql FROM migrate.diff(:'less');
SELECT identity, up_sql FROM migrate.diff(:'less', allow_drop => true);
SELECT public.script(content) FROM migrate.revision('less', rev_id => 'aaa3', model => :'less');
DELETE FROM users;
TRUNCATE users, "Odd one";
-- an empty model has no objects
SELECT identity, change FROM migrate.diff('');
SELECT identity, change FROM migrate.diff('-- nothing
;');
SELECT migrate.check(NULL);
SELECT * FROM migrate.diff(NULL);
-- options: each safe form can be turned off
INSERT INTO users VALUES (1, 'a');
\set safe 'CREATE TABLE users (id int UNIQUE, name text DEFAULT \'?\' CHECK (name <> \'\')); CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT \'x\'\'y\'); CREATE INDEX users_name ON users (name, id);'
SELECT public.script(content) FROM migrate.revision('safe', rev_id => 'aaa4', model => :'safe');
SELECT public.script(content) FROM migrate.revision('safe', rev_id => 'aaa4', model => :'safe', options => '{"concurrently": false, "not_valid": false, "not_null_steps": false}');
SELECT * FROM migrate.diff('', options => '{"concurently": false}');
SELECT * FROM migrate.diff('', options => '{"concurrently": 1}');
SELECT * FROM migrate.diff('', options => '[]');
TRUNCATE users;
-- schemas: those named; or those of the model, with a remark on the others
CREATE SCHEMA regress_auto_2;
CREATE TABLE regress_auto_2.t (a int);
CREATE SCHEMA regress_auto_3;
SELECT migrate.check(:'same');
SELECT identity, change FROM migrate.diff(:'same' || 'CREATE TABLE regress_auto_2.t (a int, b int)');
SELECT identity, change FROM migrate.diff('CREATE TABLE regress_auto_2.t (a int, b int)', ARRAY['regress_auto_2']);
SELECT identity, change FROM migrate.diff('CREATE SCHEMA regress_auto_4; CREATE TABLE regress_auto_4.t (a int)', ARRAY['regress_auto_4']);
SELECT * FROM migrate.diff('CREATE TABLE migrate.x (a int)');
SELECT * FROM migrate.diff('', ARRAY['pg_catalog']);
SELECT * FROM migrate.diff('ALTER TABLE regress_auto_2.t ADD c int', ARRAY['regress_auto']);
DROP SCHEMA regress_auto_3;
DROP SCHEMA regress_auto_2 CASCADE;
-- renames that the definitions prove
SELECT kind, identity, change, detail, up_sql, down_sql FROM migrate.diff(replace(:'same', '"Odd one"', 'even'));
-- renames by a hint, where definitions prove nothing; without a hint both are questions
\set renamed 'CREATE TABLE users (id int UNIQUE, full_name varchar(80)); CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT \'x\'\'y\'); CREATE INDEX users_name ON users (full_name);'
SELECT kind, identity, change, up_sql FROM migrate.diff(:'renamed');
SELECT kind, identity, change, up_sql, down_sql FROM migrate.diff(:'renamed', renames => '{"users.name": "full_name"}');
SELECT public.script(content) FROM migrate.revision('renamed', rev_id => 'aaa5', model => :'renamed', renames => '{"users.name": "full_name"}');
-- renames by a comment of the model
SELECT kind, identity, change, up_sql FROM migrate.diff(replace(:'renamed', 'full_name varchar', E'\n-- renamed from: name\nfull_name varchar'));
-- tables that exchange their names
CREATE TABLE left_one (id int, of_left text);
CREATE TABLE right_one (id bigint);
SELECT kind, identity, change, up_sql, down_sql FROM migrate.diff(:'same' || 'CREATE TABLE right_one (id int, of_left text); CREATE TABLE left_one (id bigint)',
	renames => '{"left_one": "right_one", "right_one": "left_one"}');
DROP TABLE left_one, right_one;
-- enum labels that exchange places, with letters that names would not keep; a hint given twice, and one for a rename done long ago
CREATE TYPE size AS ENUM ('Small', 'very large');
SELECT kind, identity, up_sql, down_sql FROM migrate.diff(:'same' || $$CREATE TYPE size AS ENUM ('very large', 'Small')$$,
	renames => '{"size.Small": "very large", "size.very large": "Small"}');
SELECT kind, identity, up_sql FROM migrate.diff(:'same' || E'CREATE TYPE size AS ENUM (\'Small\',\n\'huge\' -- renamed from: very large\n)', renames => '{"size.very large": "huge"}');
ALTER TYPE size RENAME VALUE 'very large' TO 'huge';
SELECT count(*) FROM migrate.diff(:'same' || E'CREATE TYPE size AS ENUM (\'Small\',\n\'huge\' -- renamed from: very large\n)');
DROP TYPE size;
-- dropped attributes lose their values, also where the type is created again; what depends on the answer stays
CREATE TYPE address AS (zip int, town text);
CREATE TABLE lives (a address);
CREATE VIEW towns AS SELECT (a).town FROM lives, users;
SELECT public.script(content) FROM migrate.revision('asks', rev_id => 'aaa6', model => :'same' || 'CREATE TYPE address AS (code int, town text); CREATE TABLE lives (a address); CREATE VIEW towns AS SELECT (a).town FROM lives, users');
DROP TABLE lives CASCADE;
-- a materialized view is not refreshed while it waits for the table whose name it takes
CREATE TABLE filled (a int);
INSERT INTO filled VALUES (1);
ANALYZE filled;
SELECT public.script(content) FROM migrate.revision('waits', rev_id => 'aaa6', model => :'same' || 'CREATE TYPE address AS (zip int, town text); CREATE MATERIALIZED VIEW filled AS SELECT 1 AS a');
DROP TABLE filled;
-- attributes of a type, and the tables of that type
CREATE TABLE place OF address;
SELECT kind, identity, change, up_sql, down_sql FROM migrate.diff(:'same' || 'CREATE TYPE address AS (code int, town text); CREATE TABLE place OF address', renames => '{"address.zip": "code"}');
SELECT up_sql FROM migrate.diff(:'same' || E'CREATE TYPE address AS (\n-- renamed from: zip\ncode int, town text); CREATE TABLE place OF address');
DROP TYPE address CASCADE;
-- a renamed schema is compared although the model does not create it
CREATE SCHEMA regress_auto_old;
CREATE TABLE regress_auto_old.t (i int);
SELECT kind, identity, change, up_sql FROM migrate.diff(:'same' || 'CREATE SCHEMA regress_auto_new; CREATE TABLE regress_auto_new.t (i int, j int)', renames => '{"schema regress_auto_old": "regress_auto_new"}');
SELECT kind, identity, change, up_sql FROM migrate.diff(:'same' || E'\n-- renamed from: regress_auto_old\nCREATE SCHEMA regress_auto_new; CREATE TABLE regress_auto_new.t (i int, j int)');
DROP SCHEMA regress_auto_old CASCADE;
-- a question about odd names can be answered in the form that it shows
CREATE TABLE "Odd ""two""" ("\" int);
INSERT INTO "Odd ""two""" VALUES (1);
SELECT up_sql FROM migrate.diff(:'same' || 'CREATE TABLE "Odd ""two""" ("\ \" bigint)') WHERE change = 'dropped';
SELECT up_sql FROM migrate.diff(:'same' || 'CREATE TABLE "Odd ""two""" ("\ \" bigint)', renames => E'{"regress_auto.\\"Odd \\"\\"two\\"\\"\\".\\"\\\\\\"": "\\"\\\\ \\\\\\""}') WHERE change = 'renamed';
DROP TABLE "Odd ""two""";
-- a new name that is taken, and one that the model does not have
SELECT * FROM migrate.diff(:'same', renames => '{"users.name": "id"}');
SELECT * FROM migrate.diff(:'same', renames => '{"users.name": "full_name"}');
-- hints that have no effect
SELECT * FROM migrate.diff(:'same', renames => '{"users.nome": "full_name"}');
SELECT * FROM migrate.diff(:'same', renames => '["users.name"]');
SELECT * FROM migrate.diff(:'same', renames => '{"users.name": 7}');
-- the foreign key of a partitioned table takes over those of its partitions
CREATE TABLE parts (i int, u int) PARTITION BY RANGE (i);
CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (10);
CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts VALUES (1), (11);
\set parts :same 'CREATE TABLE parts (i int, u int REFERENCES users (id)) PARTITION BY RANGE (i); CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (1) TO (10); CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);'
SELECT up_sql FROM migrate.diff(:'parts', options => '{"not_valid": false}');
-- a partition's own objects that the partitioned table replaces are not listed
SELECT kind, identity, change FROM migrate.diff(:'same' || 'CREATE TABLE parts (i int, u int) PARTITION BY RANGE (i); CREATE TABLE part_1 (i int, u int); CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);');
SELECT public.script(content) FROM migrate.revision('detach', rev_id => 'aaa7', model => :'same' || 'CREATE TABLE parts (i int, u int) PARTITION BY RANGE (i); CREATE TABLE part_1 (i int, u int); CREATE TABLE part_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);');
DROP TABLE parts;
-- errors have their position in the model
SELECT * FROM migrate.diff(E'CREATE TABLE a (i int);\nCREATE TABEL b (i int);');
SELECT * FROM migrate.diff(E'CREATE TABLE a (i int);\n\nCREATE TABLE b (i nosuchtype);\nCREATE TABLE c (i int)');
SELECT * FROM migrate.diff(E'CREATE TABLE a (i int);\nCREATE VIEW v AS SELECT i,\n  nosuchcolumn FROM a');
SELECT * FROM migrate.diff(E'CREATE TABLE a (i int);\nCREATE TABLE a (i int);');
SELECT * FROM migrate.diff(E'CREATE TABLE a (i int CHECK (i > ''x''))');
\echo :LAST_ERROR_SQLSTATE
-- statements that do not define a schema are skipped with a remark; others are refused
SELECT migrate.check('BEGIN;' || :'same' || 'INSERT INTO users VALUES (1); SELECT 1; SELECT 2; VACUUM; COMMIT;');
SELECT migrate.check('CREATE ROLE nobody');
SELECT migrate.check(E'CREATE TABLE a (i int);\n  LISTEN a;');
SELECT migrate.check('ROLLBACK');
SELECT migrate.check(E'CREATE TABLE a (i int);\n\\d a\n');
SELECT migrate.check(E'CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\n\\.\n');
-- statements of pg_dump
SELECT migrate.check(E'\\restrict abc\nSET search_path = regress_auto;\nSELECT pg_catalog.set_config(''search_path'', ''regress_auto'', false);\n' || :'same' || E'\n\\unrestrict abc\n');
SHOW search_path;
-- pending migrations have to be applied first
SELECT migrate.register('bbb1', NULL, 'ALTER TABLE users ADD seen date', 'ALTER TABLE users DROP seen');
SELECT migrate.check(:'same');
\echo :LAST_ERROR_SQLSTATE
SELECT content FROM migrate.revision('x', model => :'same');
SELECT count(*) FROM migrate.diff(:'same');
SELECT migrate.upgrade();
-- a model is not built again, also after an upgrade that led to it
\set seen 'CREATE TABLE users (id int UNIQUE, name text, seen date); CREATE TABLE "Odd one" (id int CONSTRAINT "Odd ""key""" UNIQUE, "a b" text DEFAULT \'x\'\'y\'); CREATE INDEX users_name ON users (name); INSERT INTO users VALUES (1);'
SELECT migrate.check(:'seen');
SELECT migrate.check(:'seen');
SET client_min_messages = warning;
SELECT public.kept(:'seen');
SELECT public.kept(:'seen');
SELECT migrate.downgrade('base'), migrate.unregister('bbb1');
SELECT public.kept(:'seen');
-- nor in another session with another application_name and other timeouts
\c -
SET SESSION AUTHORIZATION regress_owner;
SET search_path = regress_auto;
SET client_min_messages = warning;
SET application_name = 'another';
SET lock_timeout = '1min';
SELECT public.kept(:'seen');
SELECT identity, change, up_sql FROM migrate.diff(:'seen');
RESET client_min_messages;
ALTER TABLE users ADD seen date;
SELECT migrate.check(:'seen');
ALTER TABLE users DROP seen;
-- it is built again if something that it may read has changed: a setting, a role, a privilege, an extension, a type in another schema
SET client_min_messages = warning;
CREATE SCHEMA regress_auto_2;
CREATE TYPE regress_auto_2.pair AS (a int);
CREATE ROLE regress_auto;
\set others 'CREATE TABLE users (id int UNIQUE, name text DEFAULT (\'01/02/2026\'::date)::text); CREATE TABLE pairs OF regress_auto_2.pair; ALTER TABLE pairs OWNER TO regress_auto;'
SET DateStyle = 'ISO, MDY';
SELECT public.kept(:'others');
SELECT public.kept(:'others');
SELECT identity, up_sql FROM migrate.diff(:'others') WHERE identity ~ 'users.name$|pairs';
SET DateStyle = 'ISO, DMY';
SELECT public.kept(:'others');
SELECT public.kept(:'others');
ALTER TYPE regress_auto_2.pair ADD ATTRIBUTE b int;
SELECT public.kept(:'others');
SELECT public.kept(:'others');
SELECT identity, up_sql FROM migrate.diff(:'others') WHERE identity ~ 'users.name$|pairs';
GRANT USAGE ON SCHEMA regress_auto TO regress_auto;
SELECT public.kept(:'others');
SELECT public.kept(:'others');
SET search_path = regress_auto, public;
SELECT public.kept(:'others');
SELECT public.kept(:'others');
SET search_path = regress_auto;
-- a table in another schema, and what depends on it, is not dropped
SELECT public.kept(:'others');
CREATE TABLE regress_auto_2.elsewhere (u int REFERENCES users (id));
SELECT public.kept(:'others');
SELECT public.kept(:'others');
SELECT identity, up_sql FROM migrate.diff(:'others') WHERE identity ~ 'elsewhere';
-- what a transaction saw that was rolled back
BEGIN;
ALTER TYPE regress_auto_2.pair ADD ATTRIBUTE c int;
SELECT count(*) FROM migrate.diff(:'others');
ROLLBACK;
SELECT public.kept(:'others');
SELECT public.kept(:'others');
BEGIN;
CREATE TABLE more (i int);
SELECT identity FROM migrate.diff(:'others') WHERE identity ~ 'more$';
ROLLBACK;
SELECT public.kept(:'others');
DROP OWNED BY regress_auto;
DROP ROLE regress_auto;
SELECT identity, up_sql FROM migrate.diff(:'others');
RESET DateStyle;
DROP SCHEMA regress_auto_2 CASCADE;
-- a statement that can read anything is executed each time
\set does 'CREATE TABLE users (id int UNIQUE, name text); DO $do$ BEGIN RAISE WARNING \'done\'; END $do$;'
SELECT count(*) FROM migrate.diff(:'does');
SELECT public.kept(:'does');
-- an object that cannot be renamed away stays as it is
CREATE ACCESS METHOD regress_heap TYPE TABLE HANDLER heap_tableam_handler;
\set heap :same 'CREATE ACCESS METHOD regress_heap TYPE TABLE HANDLER heap_tableam_handler'
SELECT public.kept(:'heap');
SELECT public.kept(:'heap'), count(*) FROM migrate.diff(:'heap');
DROP ACCESS METHOD regress_heap;
-- a partition next to a DEFAULT partition with rows, which are not read when it is attached
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE TABLE parts_x PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES (5);
\set parts 'CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE parts_x PARTITION OF parts DEFAULT; CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);'
SELECT up_sql FROM migrate.diff(:'same' || :'parts');
SELECT up_sql FROM migrate.diff(:'same' || :'parts', options => '{"attach_check": false}');
DROP TABLE parts;
-- a sequence goes with the column that owns it, or stays with it
CREATE TABLE numbered (id serial, a varchar(10), b int, c numeric(5,2), d date);
ALTER TABLE numbered ALTER id DROP NOT NULL;
INSERT INTO numbered VALUES (1);
SELECT identity, up_sql, down_sql FROM migrate.diff(:'same') ORDER BY 1;
SELECT identity, up_sql FROM migrate.diff(:'same', allow_drop => true) ORDER BY 1;
-- whether a type rewrites the table
SELECT identity, hazard FROM migrate.diff(:'same' || 'CREATE TABLE numbered (id serial, a text, b bigint, c numeric(6,2), d timestamptz); ALTER TABLE numbered ALTER id DROP NOT NULL;');
SELECT identity, hazard FROM migrate.diff(:'same' || 'CREATE TABLE numbered (id serial, a varchar(5), b smallint, c numeric(6,1), d text COLLATE "C"); ALTER TABLE numbered ALTER id DROP NOT NULL;');
DROP TABLE numbered;
-- the first migration creates an existing schema
SELECT public.script(content) FROM migrate.revision('baseline', rev_id => 'ccc1', baseline => true, schemas => ARRAY['regress_auto'], options => '{"database": false}');
SELECT * FROM migrate.revision('baseline', baseline => true, model => 'SELECT 1');
-- a literal is not a clause: existing rows are checked later, while others write
CREATE TABLE said (s text);
INSERT INTO said VALUES ('x');
SELECT up_sql FROM migrate.diff(:'same' || ' CREATE TABLE said (s text, CONSTRAINT c CHECK (s <> ''IS NOT VALID''))');
DROP TABLE said;
-- nothing is left behind
RESET client_min_messages;
SELECT nspname FROM pg_namespace WHERE nspname ~ 'pg_migrate_|regress';
SELECT migrate.check(:'same');
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA regress_auto CASCADE;
DROP FUNCTION public.script(text), public.kept(text);
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_owner;
DROP ROLE regress_owner;
