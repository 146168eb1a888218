-- The snapshot of the schema: all kinds of objects, and each property of each
\set ECHO none
SET client_min_messages = error;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_snapshot LOCATION '';
CREATE ROLE regress_snapshot_a;
CREATE ROLE regress_snapshot_b;
CREATE ROLE regress_snapshot_owner SUPERUSER;
SET ROLE regress_snapshot_owner;
CREATE SCHEMA regress_snapshot;
SET search_path = regress_snapshot;
\pset format unaligned
\pset tuples_only on
-- one object of each kind; the cases below examine their properties
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (a int, b text);
CREATE TYPE lone AS (a int, b text);
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE shell;
CREATE TYPE base;
CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE base (INPUT = base_in, OUTPUT = base_out, LIKE = int4);
CREATE DOMAIN percent AS int DEFAULT 50 CONSTRAINT in_range CHECK (VALUE BETWEEN 0 AND 100);
CREATE COLLATION german FROM "C";
CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Odd name" text UNIQUE, mood mood);
CREATE TABLE child (id serial, parent_id bigint CONSTRAINT to_parent REFERENCES parent, amount numeric(10,2) DEFAULT 0 CHECK (amount >= 0),
  twice numeric GENERATED ALWAYS AS (amount * 2) STORED, note text, at timestamptz DEFAULT '2026-01-01 00:00:00+00', PRIMARY KEY (id), EXCLUDE USING btree (note WITH =));
CREATE INDEX child_amount ON child (amount, lower(note)) WHERE amount > 0;
CREATE TABLE heir () INHERITS (child);
CREATE TABLE stranger (id int NOT NULL, amount numeric(10,2), note text);
CREATE INDEX stranger_two ON stranger (id) WITH (fillfactor = 50, deduplicate_items = off);
CREATE TABLE typed OF pair;
CREATE TABLE parts (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 (id int NOT NULL, day date NOT NULL);
CREATE INDEX parts_day ON parts (day);
CREATE SEQUENCE counter;
CREATE VIEW names AS SELECT id, "Odd name" FROM parent;
CREATE MATERIALIZED VIEW sums AS SELECT parent_id, sum(amount) FROM child GROUP BY 1;
CREATE RULE quiet AS ON DELETE TO stranger DO INSTEAD NOTHING;
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER fires BEFORE INSERT ON child FOR EACH ROW WHEN (NEW.amount > 0) EXECUTE FUNCTION fire();
CREATE TRIGGER part_fires AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION fire();
CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON child DEFERRABLE FOR EACH ROW EXECUTE FUNCTION fire();
CREATE POLICY mine ON child FOR SELECT TO regress_snapshot_a USING (amount > 1);
CREATE STATISTICS together (ndistinct) ON amount, note FROM child;
CREATE FUNCTION plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION whole(int) RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM regress_snapshot.child; END;
CREATE PROCEDURE work() LANGUAGE sql AS '';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE FUNCTION event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER regress_snapshot_event ON sql_drop WHEN TAG IN ('DROP LANGUAGE', 'DROP CAST') EXECUTE FUNCTION event();
CREATE OPERATOR ## (LEFTARG = int, RIGHTARG = int, FUNCTION = plus, COMMUTATOR = ##);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR FAMILY ints USING btree;
CREATE OPERATOR CLASS int_class FOR TYPE int USING btree FAMILY ints AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
CREATE CAST (int AS base) WITHOUT FUNCTION;
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY dictionary (TEMPLATE = template);
CREATE TEXT SEARCH CONFIGURATION configuration (PARSER = parser);
ALTER TEXT SEARCH CONFIGURATION configuration ADD MAPPING FOR word, asciiword WITH dictionary;
CREATE LANGUAGE regress_snapshot_lang HANDLER plpgsql_call_handler;
CREATE TRANSFORM FOR base LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE ACCESS METHOD regress_snapshot_am TYPE INDEX HANDLER bthandler;
CREATE FOREIGN DATA WRAPPER regress_snapshot_fdw;
CREATE SERVER regress_snapshot_server FOREIGN DATA WRAPPER regress_snapshot_fdw OPTIONS (host 'here');
CREATE USER MAPPING FOR regress_snapshot_a SERVER regress_snapshot_server OPTIONS (user 'me', password 'secret');
CREATE FOREIGN TABLE far (a int OPTIONS (name 'b')) SERVER regress_snapshot_server OPTIONS (file 'x');
CREATE PUBLICATION regress_snapshot_pub FOR TABLE child (id, amount) WHERE (id > 0) WITH (publish = 'insert');
CREATE PUBLICATION regress_snapshot_pub2 FOR TABLES IN SCHEMA regress_snapshot;
CREATE SUBSCRIPTION regress_snapshot_sub CONNECTION 'password=secret' PUBLICATION p WITH (connect = false, slot_name = NONE);
ALTER DEFAULT PRIVILEGES IN SCHEMA regress_snapshot GRANT SELECT ON TABLES TO regress_snapshot_a;
SELECT format('ALTER DATABASE %I SET work_mem = %L', current_database(), '8MB') \gexec
GRANT SELECT ON parent TO regress_snapshot_a;
REVOKE EXECUTE ON FUNCTION plus FROM PUBLIC;
SELECT lo_create(4711) > 0 AS large_object;
COMMENT ON COLUMN child.note IS 'What is ''noted''';
CREATE TABLE base_line AS SELECT jsonb_agg(o) AS rows FROM migrate.schema_objects() o WITH NO DATA;

-- The changes that a statement makes, which is rolled back; if it has an undo, nothing may
-- be left after that.
CREATE FUNCTION changes(change text, undo text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  since jsonb := rows FROM base_line;
  said text[];
  remains text[];
BEGIN
  BEGIN
    EXECUTE change;
    said := array(SELECT description FROM migrate.schema_changes(since));
    IF undo IS NOT NULL THEN
      EXECUTE undo;
      remains := array(SELECT 'NOT UNDONE: ' || description FROM migrate.schema_changes(since));
    END IF;
    RAISE SQLSTATE 'ZZZZZ';
  EXCEPTION
    WHEN SQLSTATE 'ZZZZZ' THEN
    WHEN OTHERS THEN remains := ARRAY['FAILED: ' || SQLERRM];
  END;
  RETURN NEXT '* ' || change;
  -- NOT NULL is a constraint only since 17 and 18: see schema_versions.  15 qualifies
  -- the columns of all views.
  RETURN QUERY SELECT '    ' || replace(regexp_replace(s, '(?<!\.)\mparent\.(id\M|"Odd name")', '\1', 'g'), E'\n', E'\n    ')
    FROM unnest(said || remains) s WHERE s !~ 'constraint \w+_not_null on ';
END $$;

-- Every kind is present, and no dependency leads to a catalog that is not read
\set ECHO all
SELECT string_agg(DISTINCT kind COLLATE "C", ', ') FROM migrate.schema_objects();
SELECT string_agg(c::regclass::text, ' ' ORDER BY c::regclass::text COLLATE "C") FROM (SELECT classid FROM pg_depend WHERE objid >= 16384 UNION SELECT refclassid FROM pg_depend WHERE refobjid >= 16384 UNION SELECT classid FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) OR classid = 'pg_subscription'::regclass) d (c);
-- except where the server knows more than the snapshot
SET allow_system_table_mods = on;
BEGIN;
INSERT INTO pg_depend VALUES ('pg_enum'::regclass, 99999, 0, 'pg_namespace'::regclass, 'regress_snapshot'::regnamespace, 0, 'n'), ('pg_enum'::regclass, 99998, 0, 'pg_statistic'::regclass, 99997, 0, 'n');
SELECT * FROM migrate.schema_objects() WHERE kind = 'unmodelled kind';
ROLLBACK;
-- a stored snapshot contains neither secrets nor objects of the extension
SELECT * FROM migrate.schema_objects() o WHERE kind <> 'function' AND o::text ~ 'secret|migrate\.|pg_migrate|pg_attver';
INSERT INTO base_line SELECT jsonb_agg(o) FROM migrate.schema_objects() o;
SELECT * FROM migrate.schema_changes((SELECT rows FROM base_line));

\set ECHO none
CREATE TEMP TABLE cases (n serial, change text, undo text);
INSERT INTO cases (change, undo) VALUES
-- schemas, settings
('CREATE SCHEMA regress_more AUTHORIZATION regress_snapshot_a', 'DROP SCHEMA regress_more'),
('ALTER SCHEMA regress_snapshot OWNER TO regress_snapshot_a', NULL),
('DO $d$ BEGIN EXECUTE format(''ALTER DATABASE %I SET work_mem = 4711'', current_database()); END $d$', NULL),
('DO $d$ BEGIN EXECUTE format(''ALTER DATABASE %I RESET work_mem'', current_database()); END $d$', NULL),
('DO $d$ BEGIN EXECUTE format(''ALTER ROLE regress_snapshot_b IN DATABASE %I SET jit = off'', current_database()); END $d$', NULL),
('DO $d$ BEGIN EXECUTE format(''ALTER DATABASE %I CONNECTION LIMIT 99'', current_database()); END $d$', NULL),
('DO $d$ BEGIN EXECUTE format(''GRANT CREATE ON DATABASE %I TO regress_snapshot_b'', current_database()); END $d$', NULL),
('SELECT lo_create(4712)', 'SELECT lo_unlink(4712)'),
('GRANT SELECT ON LARGE OBJECT 4711 TO regress_snapshot_a', 'REVOKE SELECT ON LARGE OBJECT 4711 FROM regress_snapshot_a'),
('ALTER LARGE OBJECT 4711 OWNER TO regress_snapshot_a', NULL),
('COMMENT ON LARGE OBJECT 4711 IS ''large''', NULL),
-- tables
('CREATE TABLE added (a int DEFAULT 1 NOT NULL, b text)', 'DROP TABLE added'),
('CREATE TEMP TABLE temporary (a int)', NULL),
('DROP TABLE stranger', NULL),
('ALTER TABLE stranger RENAME TO known', 'ALTER TABLE known RENAME TO stranger'),
('ALTER TABLE stranger SET UNLOGGED', 'ALTER TABLE stranger SET LOGGED'),
('ALTER TABLE stranger SET TABLESPACE regress_snapshot', 'ALTER TABLE stranger SET TABLESPACE pg_default'),
('ALTER TABLE stranger SET (fillfactor = 70, toast.autovacuum_enabled = off)', 'ALTER TABLE stranger RESET (toast.autovacuum_enabled, fillfactor)'),
('ALTER TABLE stranger OWNER TO regress_snapshot_a', NULL),
('ALTER TABLE stranger ENABLE ROW LEVEL SECURITY', 'ALTER TABLE stranger DISABLE ROW LEVEL SECURITY'),
('ALTER TABLE stranger FORCE ROW LEVEL SECURITY', 'ALTER TABLE stranger NO FORCE ROW LEVEL SECURITY'),
('ALTER TABLE stranger REPLICA IDENTITY FULL', 'ALTER TABLE stranger REPLICA IDENTITY DEFAULT'),
('ALTER TABLE parent REPLICA IDENTITY USING INDEX parent_pkey', 'ALTER TABLE parent REPLICA IDENTITY DEFAULT'),
('CLUSTER child USING child_pkey', 'ALTER TABLE child SET WITHOUT CLUSTER'),
('ALTER TABLE typed NOT OF', 'ALTER TABLE typed OF pair'),
('ALTER TABLE heir NO INHERIT child', NULL),
('CREATE TABLE heir2 (x int) INHERITS (heir, stranger)', 'DROP TABLE heir2'),
('COMMENT ON TABLE stranger IS ''E\new''', 'COMMENT ON TABLE stranger IS NULL'),
('INSERT INTO pg_seclabel VALUES (''stranger''::regclass, ''pg_class''::regclass, 0, ''dummy'', ''secret'')', NULL),
('ALTER TABLE parts DETACH PARTITION parts_1', NULL),
('ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM (''2026-02-01'') TO (''2026-03-01'')', NULL),
('UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = ''parts_1''::regclass', NULL),
('CREATE TABLE parts2 (a int) PARTITION BY HASH (a)', 'DROP TABLE parts2'),
-- columns
('ALTER TABLE stranger ADD added varchar(5) COLLATE "C"', 'ALTER TABLE stranger DROP added'),
('ALTER TABLE stranger DROP amount', NULL),
('ALTER TABLE stranger DROP amount; ALTER TABLE stranger ADD amount numeric(10,2)', NULL),
('ALTER TABLE stranger RENAME note TO remark', 'ALTER TABLE stranger RENAME remark TO note'),
('ALTER TABLE stranger ALTER amount TYPE numeric(12,2)', 'ALTER TABLE stranger ALTER amount TYPE numeric(10,2)'),
('ALTER TABLE stranger ALTER note TYPE text COLLATE "C"', 'ALTER TABLE stranger ALTER note TYPE text'),
('ALTER TABLE stranger ALTER id DROP NOT NULL', 'ALTER TABLE stranger ALTER id SET NOT NULL'),
('ALTER TABLE stranger ALTER note SET DEFAULT now()', 'ALTER TABLE stranger ALTER note DROP DEFAULT'),
('ALTER TABLE ONLY child ALTER amount SET DEFAULT 1', 'ALTER TABLE ONLY child ALTER amount SET DEFAULT 0'),
('ALTER TABLE child ALTER twice DROP EXPRESSION', NULL),
('ALTER TABLE stranger ALTER id ADD GENERATED BY DEFAULT AS IDENTITY (START 7)', 'ALTER TABLE stranger ALTER id DROP IDENTITY'),
('ALTER TABLE parent ALTER id SET GENERATED BY DEFAULT', 'ALTER TABLE parent ALTER id SET GENERATED ALWAYS'),
('ALTER TABLE stranger ALTER note SET STORAGE EXTERNAL', 'ALTER TABLE stranger ALTER note SET STORAGE EXTENDED'),
('ALTER TABLE stranger ALTER note SET COMPRESSION pglz', 'ALTER TABLE stranger ALTER note SET COMPRESSION default'),
('ALTER TABLE stranger ALTER note SET STATISTICS 7', 'ALTER TABLE stranger ALTER note SET STATISTICS -1'),
('ALTER TABLE stranger ALTER note SET (n_distinct = 5)', 'ALTER TABLE stranger ALTER note RESET (n_distinct)'),
('ALTER TABLE heir ALTER note SET NOT NULL', 'ALTER TABLE heir ALTER note DROP NOT NULL'),
('ALTER TABLE heir ADD note2 int; ALTER TABLE child ADD note2 int', NULL),
('ALTER FOREIGN TABLE far ALTER a OPTIONS (SET name ''c'')', NULL),
('COMMENT ON COLUMN child.note IS NULL', NULL),
('GRANT UPDATE (note, amount) ON child TO regress_snapshot_b', 'REVOKE UPDATE (note, amount) ON child FROM regress_snapshot_b'),
-- constraints
('ALTER TABLE stranger ADD CONSTRAINT positive CHECK (amount > 0) NO INHERIT', 'ALTER TABLE stranger DROP CONSTRAINT positive'),
('ALTER TABLE stranger ADD CONSTRAINT later FOREIGN KEY (id) REFERENCES parent ON DELETE CASCADE NOT VALID', 'ALTER TABLE stranger DROP CONSTRAINT later'),
('ALTER TABLE child ALTER CONSTRAINT to_parent DEFERRABLE INITIALLY DEFERRED', 'ALTER TABLE child ALTER CONSTRAINT to_parent NOT DEFERRABLE'),
('ALTER TABLE child RENAME CONSTRAINT to_parent TO to_mother', NULL),
('ALTER TABLE child DROP CONSTRAINT child_note_excl', NULL),
('ALTER TABLE child DROP CONSTRAINT child_amount_check', NULL),
('ALTER INDEX parent_pkey SET (fillfactor = 50)', 'ALTER INDEX parent_pkey RESET (fillfactor)'),
('ALTER INDEX parent_pkey SET TABLESPACE regress_snapshot', NULL),
('COMMENT ON INDEX parent_pkey IS ''key''', 'COMMENT ON INDEX parent_pkey IS NULL'),
('COMMENT ON CONSTRAINT to_parent ON child IS ''c''', 'COMMENT ON CONSTRAINT to_parent ON child IS NULL'),
('ALTER TABLE child DISABLE TRIGGER ALL', 'ALTER TABLE child ENABLE TRIGGER ALL'),
('ALTER TABLE stranger ADD day date, ADD CONSTRAINT to_parts FOREIGN KEY (id, day) REFERENCES parts', NULL),
-- indexes
('CREATE UNIQUE INDEX stranger_note ON stranger (note text_pattern_ops DESC) INCLUDE (id) NULLS NOT DISTINCT', 'DROP INDEX stranger_note'),
('DROP INDEX child_amount', NULL),
('ALTER INDEX child_amount RENAME TO child_sum', NULL),
('ALTER INDEX child_amount SET TABLESPACE regress_snapshot', NULL),
('ALTER INDEX child_amount SET (fillfactor = 50)', 'ALTER INDEX child_amount RESET (fillfactor)'),
('ALTER INDEX child_amount ALTER 2 SET STATISTICS 9', 'ALTER INDEX child_amount ALTER 2 SET STATISTICS -1'),
('ALTER INDEX stranger_two RESET (fillfactor); ALTER INDEX stranger_two SET (fillfactor = 50)', NULL),
('ALTER INDEX stranger_two SET (fillfactor = 60)', 'ALTER INDEX stranger_two SET (fillfactor = 50)'),
('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''child_amount''::regclass', NULL),
('ALTER INDEX child_amount DEPENDS ON EXTENSION plpgsql', 'ALTER INDEX child_amount NO DEPENDS ON EXTENSION plpgsql'),
('CREATE INDEX ON ONLY parts (id)', NULL),
('CREATE INDEX parts_id ON ONLY parts (id); CREATE INDEX parts_1_id ON parts_1 (id); ALTER INDEX parts_id ATTACH PARTITION parts_1_id', NULL),
-- sequences
('CREATE SEQUENCE more AS int START 5', 'DROP SEQUENCE more'),
('SELECT nextval(''counter'')', NULL),
('ALTER SEQUENCE counter AS int', NULL),
('ALTER SEQUENCE counter START 2 INCREMENT 3 MINVALUE -1 MAXVALUE 99 CACHE 4 CYCLE', NULL),
('ALTER SEQUENCE counter OWNED BY stranger.id', 'ALTER SEQUENCE counter OWNED BY NONE'),
('ALTER SEQUENCE counter SET UNLOGGED', NULL),
('GRANT USAGE ON SEQUENCE counter TO regress_snapshot_b', NULL),
-- views, rules, triggers, policies, statistics
('CREATE OR REPLACE VIEW names AS SELECT id, "Odd name" FROM parent WHERE id > 0', NULL),
('ALTER VIEW names SET (security_invoker = true)', 'ALTER VIEW names RESET (security_invoker)'),
('ALTER VIEW names ALTER id SET DEFAULT 1', 'ALTER VIEW names ALTER id DROP DEFAULT'),
('DROP VIEW names', NULL),
('REFRESH MATERIALIZED VIEW sums WITH NO DATA', 'REFRESH MATERIALIZED VIEW sums'),
('ALTER MATERIALIZED VIEW sums SET (fillfactor = 50)', NULL),
('DROP RULE quiet ON stranger', NULL),
('ALTER TABLE stranger DISABLE RULE quiet', 'ALTER TABLE stranger ENABLE RULE quiet'),
('CREATE OR REPLACE TRIGGER fires AFTER INSERT OR UPDATE OF note ON child FOR EACH STATEMENT EXECUTE FUNCTION fire(''x'')', NULL),
('ALTER TABLE child ENABLE ALWAYS TRIGGER fires', 'ALTER TABLE child ENABLE TRIGGER fires'),
('ALTER TABLE parts_1 DISABLE TRIGGER part_fires', 'ALTER TABLE parts_1 ENABLE TRIGGER part_fires'),
('DROP TRIGGER later ON child', NULL),
('CREATE POLICY strict ON child AS RESTRICTIVE FOR INSERT WITH CHECK (amount > 0)', 'DROP POLICY strict ON child'),
('ALTER POLICY mine ON child TO PUBLIC USING (amount > 2)', NULL),
('ALTER POLICY mine ON child RENAME TO ours', NULL),
('ALTER STATISTICS together SET STATISTICS 5', 'ALTER STATISTICS together SET STATISTICS -1'),
('CREATE STATISTICS apart ON (amount + 1), note FROM child', 'DROP STATISTICS apart'),
-- routines
('CREATE OR REPLACE FUNCTION plus(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT a + b''', NULL),
('ALTER FUNCTION plus COST 7 PARALLEL SAFE', NULL),
('ALTER FUNCTION plus SUPPORT generate_series_int4_support', NULL),
('ALTER FUNCTION plus OWNER TO regress_snapshot_a', NULL),
('ALTER FUNCTION plus DEPENDS ON EXTENSION plpgsql', NULL),
('CREATE FUNCTION plus(text) RETURNS text LANGUAGE sql AS ''SELECT $1''', 'DROP FUNCTION plus(text)'),
('ALTER PROCEDURE work() SET work_mem = ''1MB''', NULL),
('CREATE OR REPLACE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = ''1'')', NULL),
('ALTER EVENT TRIGGER regress_snapshot_event DISABLE', 'ALTER EVENT TRIGGER regress_snapshot_event ENABLE'),
('DROP EVENT TRIGGER regress_snapshot_event', NULL),
-- types
('ALTER TYPE mood ADD VALUE ''so so'' BEFORE ''happy''', NULL),
('ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''', 'ALTER TYPE mood RENAME VALUE ''blue'' TO ''sad'''),
('CREATE TYPE pair2 AS (a int); ALTER TYPE pair2 ADD ATTRIBUTE b text COLLATE "C"', 'DROP TYPE pair2'),
('ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint CASCADE', NULL),
('COMMENT ON COLUMN pair.a IS ''a''', 'COMMENT ON COLUMN pair.a IS NULL'),
('ALTER TYPE lone DROP ATTRIBUTE a; ALTER TYPE lone ADD ATTRIBUTE a int', NULL),
('COMMENT ON TYPE pair IS ''two''', NULL),
('CREATE TYPE span2 AS RANGE (subtype = text, collation = "C", multirange_type_name = spans)', 'DROP TYPE span2'),
('ALTER TYPE base SET (STORAGE = plain, TYPMOD_IN = numerictypmodin)', NULL),
('DROP TYPE shell', NULL),
('ALTER DOMAIN percent SET DEFAULT 1', NULL),
('ALTER DOMAIN percent SET NOT NULL', 'ALTER DOMAIN percent DROP NOT NULL'),
('ALTER DOMAIN percent ADD CONSTRAINT even CHECK (VALUE % 2 = 0) NOT VALID', 'ALTER DOMAIN percent DROP CONSTRAINT even'),
('CREATE DOMAIN letters AS varchar(5) COLLATE "C"', 'DROP DOMAIN letters'),
('REVOKE USAGE ON TYPE mood FROM PUBLIC', 'GRANT USAGE ON TYPE mood TO PUBLIC'),
('ALTER COLLATION german OWNER TO regress_snapshot_a', NULL),
('CREATE COLLATION other (LOCALE = ''POSIX'')', 'DROP COLLATION other'),
-- operators and other kinds
('ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel)', 'ALTER OPERATOR === (int, int) SET (RESTRICT = NONE)'),
('ALTER OPERATOR FAMILY ints USING btree ADD OPERATOR 1 < (int, bigint)', 'ALTER OPERATOR FAMILY ints USING btree DROP OPERATOR 1 (int, bigint)'),
('ALTER OPERATOR CLASS int_class USING btree RENAME TO int_order', NULL),
('DROP CAST (int AS base); CREATE CAST (int AS base) WITHOUT FUNCTION AS ASSIGNMENT', NULL),
('DROP CONVERSION latin', NULL),
('DROP TEXT SEARCH CONFIGURATION configuration', NULL),
('ALTER TEXT SEARCH CONFIGURATION configuration DROP MAPPING FOR word', NULL),
('ALTER TEXT SEARCH DICTIONARY dictionary (accept = false)', NULL),
('ALTER TEXT SEARCH PARSER parser RENAME TO reader', NULL),
('COMMENT ON TEXT SEARCH TEMPLATE template IS ''t''', NULL),
('ALTER LANGUAGE regress_snapshot_lang OWNER TO regress_snapshot_a', NULL),
('DROP TRANSFORM FOR base LANGUAGE sql', NULL),
('DROP ACCESS METHOD regress_snapshot_am', NULL),
('ALTER FOREIGN DATA WRAPPER regress_snapshot_fdw OPTIONS (ADD debug ''1'')', NULL),
('ALTER SERVER regress_snapshot_server VERSION ''2'' OPTIONS (SET host ''there'')', NULL),
('GRANT USAGE ON FOREIGN SERVER regress_snapshot_server TO regress_snapshot_b', NULL),
('ALTER USER MAPPING FOR regress_snapshot_a SERVER regress_snapshot_server OPTIONS (SET user ''you'', SET password ''new'', ADD token ''t'')', NULL),
('CREATE USER MAPPING FOR PUBLIC SERVER regress_snapshot_server', NULL),
('ALTER FOREIGN TABLE far OPTIONS (SET file ''y'')', NULL),
('ALTER PUBLICATION regress_snapshot_pub SET (publish = ''insert, delete'')', NULL),
('ALTER PUBLICATION regress_snapshot_pub SET TABLE child (id) WHERE (id > 1)', NULL),
('ALTER PUBLICATION regress_snapshot_pub2 DROP TABLES IN SCHEMA regress_snapshot', NULL),
('ALTER SUBSCRIPTION regress_snapshot_sub SET (binary = true)', NULL),
('ALTER SUBSCRIPTION regress_snapshot_sub CONNECTION ''password=other''', NULL),
('COMMENT ON SUBSCRIPTION regress_snapshot_sub IS ''s''', NULL),
-- privileges
('GRANT SELECT ON child TO regress_snapshot_a WITH GRANT OPTION', 'REVOKE SELECT ON child FROM regress_snapshot_a'),
('GRANT USAGE ON SCHEMA regress_snapshot TO regress_snapshot_a; GRANT SELECT ON parent TO regress_snapshot_a WITH GRANT OPTION; SET ROLE regress_snapshot_a; GRANT SELECT ON parent TO regress_snapshot_b; RESET ROLE', NULL),
('REVOKE ALL ON parent FROM regress_snapshot_a', NULL),
('GRANT ALL ON stranger TO CURRENT_USER', NULL),
('REVOKE UPDATE ON stranger FROM CURRENT_USER', 'GRANT UPDATE ON stranger TO CURRENT_USER'),
('GRANT EXECUTE ON FUNCTION plus TO PUBLIC', NULL),
('REVOKE EXECUTE ON PROCEDURE work() FROM PUBLIC', NULL),
('ALTER DEFAULT PRIVILEGES IN SCHEMA regress_snapshot REVOKE SELECT ON TABLES FROM regress_snapshot_a', NULL),
('ALTER DEFAULT PRIVILEGES FOR ROLE regress_snapshot_a REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', NULL),
('ALTER DEFAULT PRIVILEGES FOR ROLE regress_snapshot_a GRANT USAGE ON SCHEMAS TO regress_snapshot_b WITH GRANT OPTION', NULL),
-- extensions: their version, not their members
('UPDATE pg_extension SET extversion = ''1.1'' WHERE extname = ''plpgsql''', NULL),
('ALTER EXTENSION plpgsql ADD TABLE stranger', 'ALTER EXTENSION plpgsql DROP TABLE stranger'),
('ALTER EXTENSION plpgsql ADD OPERATOR === (int, int)', NULL),
-- settings of the session change nothing
('SET LOCAL search_path = pg_catalog; SET LOCAL DateStyle = German; SET LOCAL TimeZone = ''Asia/Tokyo''; SET LOCAL quote_all_identifiers = on; SET LOCAL bytea_output = escape; SET LOCAL search_path = regress_snapshot', NULL),
-- nor do objects that a user creates to mislead it
('CREATE FUNCTION quote_ident(name) RETURNS text LANGUAGE sql AS ''SELECT 1/0''; DROP FUNCTION quote_ident(name)', NULL);
SELECT changes(change, undo) FROM cases ORDER BY n;
\set ECHO all
\pset tuples_only off
-- snapshots that cannot be compared are refused
SELECT * FROM migrate.schema_changes('{}');
SELECT * FROM migrate.schema_changes('1');
SELECT * FROM migrate.schema_changes('[1]');
SELECT * FROM migrate.schema_changes('[[]]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t"}]');
SELECT * FROM migrate.schema_changes('[{"kind": "thing", "identity": "t", "definition": {}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t", "definition": {"colour": "red"}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t", "definition": {"owner": 1}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t", "definition": {"column_order": "x"}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "regress_snapshot.child", "definition": {"column_order": [1, 2]}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "regress_snapshot.child", "definition": {"column_order": {"a": 1}}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t", "definition": {"unlogged": false}}]');
SELECT * FROM migrate.schema_changes('[{"kind": "table", "identity": "t", "definition": []}]');
SELECT description FROM migrate.schema_changes('[{"kind": "index", "identity": "i", "definition": {}}, {"kind": "index", "identity": "i", "definition": {}}]') WHERE identity = 'i';
SELECT count(*) FROM migrate.schema_changes(NULL);
SELECT count(*) > 100 AS all_is_new FROM migrate.schema_changes('[]') WHERE change = 'created';
-- in a read-only transaction; the order of creation, dropped
-- columns and OIDs do not matter
BEGIN READ ONLY;
SELECT length(migrate.schema_fingerprint());
-- nothing stays locked
SELECT count(*) FROM pg_locks WHERE relation IN ('parent'::regclass, 'child'::regclass);
COMMIT;
CREATE TABLE first (a int, b int CHECK (b > 0));
CREATE TABLE second (a int);
SELECT migrate.schema_fingerprint() AS one_way \gset
DROP TABLE first, second;
CREATE TABLE second (x int, a int);
ALTER TABLE second DROP x;
CREATE TABLE first (a int, b int);
ALTER TABLE first ADD CHECK (b > 0);
SELECT migrate.schema_fingerprint() = :'one_way' AS equal;
ALTER TABLE first DROP a, ADD a int;
SELECT migrate.schema_fingerprint() = :'one_way' AS equal;
\set ECHO none
ALTER SUBSCRIPTION regress_snapshot_sub DISABLE;
DROP SUBSCRIPTION regress_snapshot_sub;
DROP PUBLICATION regress_snapshot_pub, regress_snapshot_pub2;
DROP EVENT TRIGGER regress_snapshot_event;
SELECT lo_unlink(4711) \gset
DROP SCHEMA regress_snapshot CASCADE;
DROP FOREIGN DATA WRAPPER regress_snapshot_fdw CASCADE;
DROP LANGUAGE regress_snapshot_lang;
DROP ACCESS METHOD regress_snapshot_am;
RESET ROLE;
DROP OWNED BY regress_snapshot_a, regress_snapshot_b, regress_snapshot_owner;
SELECT format('ALTER DATABASE %I RESET work_mem', current_database()) \gexec
DROP ROLE regress_snapshot_a, regress_snapshot_b, regress_snapshot_owner;
DROP TABLESPACE regress_snapshot;
