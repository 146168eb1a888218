-- Grants, default privileges, owners, comments

-- pair: grants on a table
-- both:
CREATE TABLE t (a int);
-- from:
GRANT SELECT, INSERT ON t TO diff_reader;
GRANT ALL ON t TO diff_writer;
-- to:
GRANT SELECT ON t TO diff_reader WITH GRANT OPTION;
GRANT UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON t TO diff_writer;
GRANT SELECT ON t TO PUBLIC;

-- pair: grants on columns
-- both:
CREATE TABLE t (a int, b int, "Odd c" int);
-- from:
GRANT SELECT (a, b) ON t TO diff_reader;
-- to:
GRANT SELECT (a), UPDATE ("Odd c") ON t TO diff_reader;
GRANT INSERT (b) ON t TO diff_writer WITH GRANT OPTION;

-- pair: grants on a table and its columns
-- both:
CREATE TABLE t (a int, b int);
-- from:
GRANT SELECT ON t TO diff_reader;
GRANT SELECT (a) ON t TO diff_reader;
-- to:
GRANT SELECT (a) ON t TO diff_reader;

-- pair: column grants stay when those of the table are revoked
-- both:
CREATE TABLE t (a int, b int);
-- from:
GRANT ALL ON t TO diff_reader;
GRANT UPDATE (b) ON t TO diff_reader, diff_writer;
-- to:
GRANT INSERT ON t TO diff_reader;
GRANT UPDATE (b) ON t TO diff_reader, diff_writer;

-- pair: grant option
-- both:
CREATE TABLE t (a int);
-- from:
GRANT SELECT ON t TO diff_reader;
GRANT INSERT ON t TO diff_writer WITH GRANT OPTION;
-- to:
GRANT SELECT ON t TO diff_reader WITH GRANT OPTION;
GRANT INSERT ON t TO diff_writer;

-- pair: granted by another role
-- both:
CREATE TABLE t (a int);
-- from:
-- to:
GRANT SELECT ON t TO diff_reader WITH GRANT OPTION;
SET ROLE diff_reader;
GRANT SELECT ON t TO diff_writer;
RESET ROLE;

-- pair: revoked from the owner
-- both:
CREATE TABLE t (a int);
CREATE SEQUENCE s;
-- from:
-- to:
REVOKE DELETE, TRUNCATE ON t FROM CURRENT_USER;
REVOKE ALL ON SEQUENCE s FROM CURRENT_USER;

-- pair: grants on functions
-- both:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql AS '';
-- from:
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
-- to:
GRANT EXECUTE ON FUNCTION f TO diff_reader WITH GRANT OPTION;
REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
GRANT EXECUTE ON FUNCTION g TO diff_writer;
REVOKE EXECUTE ON PROCEDURE p FROM PUBLIC;

-- pair: grants on schemas
-- both:
CREATE SCHEMA one;
CREATE SCHEMA two;
-- from:
GRANT USAGE ON SCHEMA one TO diff_reader;
-- to:
GRANT USAGE, CREATE ON SCHEMA one TO diff_writer;
GRANT USAGE ON SCHEMA two TO PUBLIC;
-- then:
CREATE TABLE one.t ();
CREATE TABLE two.t ();

-- pair: grants on public
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
GRANT CREATE ON SCHEMA public TO diff_writer;
REVOKE USAGE ON SCHEMA public FROM PUBLIC;

-- pair: grants on sequences and types
-- both:
CREATE SEQUENCE s;
CREATE TYPE mood AS ENUM ('low');
CREATE DOMAIN d AS int;
-- from:
GRANT SELECT ON SEQUENCE s TO diff_reader;
REVOKE USAGE ON TYPE mood FROM PUBLIC;
-- to:
GRANT USAGE, UPDATE ON SEQUENCE s TO diff_reader;
REVOKE USAGE ON DOMAIN d FROM PUBLIC;
GRANT USAGE ON DOMAIN d TO diff_writer;

-- pair: grants on partitions
-- from:
CREATE TABLE t (a int) PARTITION BY LIST (a);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
GRANT SELECT ON t TO diff_reader;
-- to:
CREATE TABLE t (a int) PARTITION BY LIST (a);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
CREATE TABLE t2 PARTITION OF t FOR VALUES IN (2);
GRANT SELECT ON t TO diff_reader;
GRANT SELECT ON t1, t2 TO diff_writer;
GRANT SELECT (a) ON t2 TO diff_reader;

-- pair: grants to roles with odd names
-- both:
CREATE TABLE "Odd" (a int);
-- from:
-- to:
GRANT SELECT ON "Odd" TO "diff Odd";
ALTER DEFAULT PRIVILEGES FOR ROLE "diff Odd" GRANT SELECT ON TABLES TO "diff Odd", diff_reader;

-- pair: grants on foreign data wrappers and servers
-- both:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w;
-- from:
GRANT USAGE ON FOREIGN SERVER diff_s TO diff_reader;
-- to:
GRANT USAGE ON FOREIGN DATA WRAPPER diff_w TO diff_writer;
GRANT USAGE ON FOREIGN SERVER diff_s TO diff_writer WITH GRANT OPTION;

-- pair: grants on a view that is created again
-- from:
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a, b FROM t;
GRANT SELECT ON v TO diff_reader;
GRANT UPDATE (a) ON v TO diff_writer;
REVOKE TRIGGER ON v FROM CURRENT_USER;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a FROM t;
GRANT SELECT ON v TO diff_reader;
GRANT UPDATE (a) ON v TO diff_writer;
REVOKE TRIGGER ON v FROM CURRENT_USER;

-- pair: default privileges
-- both:
CREATE TABLE t (a int);
-- from:
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO diff_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO diff_reader;
-- to:
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT ON TABLES TO diff_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO diff_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE diff_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE diff_owner GRANT USAGE ON SCHEMAS TO diff_reader;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;

-- pair: default privileges do not affect new tables
-- from:
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO diff_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- to:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO diff_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- pair: new tables with privileges from default privileges
-- both:
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO diff_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO diff_writer;
-- from:
CREATE TABLE s (a int);
CREATE VIEW v AS SELECT a, 1 AS b FROM s;
-- to:
CREATE TABLE s (a int);
CREATE TABLE t (a int);
REVOKE SELECT ON s FROM diff_reader;
CREATE VIEW v AS SELECT a FROM s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';

-- pair: owners of all kinds
-- from:
CREATE SCHEMA s;
CREATE TABLE s.t (id serial);
CREATE VIEW s.v AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS a;
CREATE SEQUENCE s.q;
CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE s.a(int) (SFUNC = int4pl, STYPE = int);
CREATE TYPE s.e AS ENUM ('x');
CREATE TYPE s.c AS (a int);
CREATE DOMAIN s.d AS int;
CREATE COLLATION s.co FROM "C";
CREATE STATISTICS s.st ON (id + 1), (id * 2) FROM s.t;
CREATE TEXT SEARCH DICTIONARY s.di (TEMPLATE = simple);
CREATE OPERATOR s.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
-- to:
CREATE SCHEMA s AUTHORIZATION diff_owner;
CREATE TABLE s.t (id serial);
CREATE VIEW s.v AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS a;
CREATE SEQUENCE s.q;
CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE s.a(int) (SFUNC = int4pl, STYPE = int);
CREATE TYPE s.e AS ENUM ('x');
CREATE TYPE s.c AS (a int);
CREATE DOMAIN s.d AS int;
CREATE COLLATION s.co FROM "C";
CREATE STATISTICS s.st ON (id + 1), (id * 2) FROM s.t;
CREATE TEXT SEARCH DICTIONARY s.di (TEMPLATE = simple);
CREATE OPERATOR s.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
ALTER TABLE s.t OWNER TO diff_owner;
ALTER VIEW s.v OWNER TO diff_owner;
ALTER MATERIALIZED VIEW s.m OWNER TO diff_owner;
ALTER SEQUENCE s.q OWNER TO diff_owner;
ALTER FUNCTION s.f OWNER TO diff_owner;
ALTER AGGREGATE s.a(int) OWNER TO diff_owner;
ALTER TYPE s.e OWNER TO diff_owner;
ALTER TYPE s.c OWNER TO diff_owner;
ALTER DOMAIN s.d OWNER TO diff_owner;
ALTER COLLATION s.co OWNER TO diff_owner;
ALTER STATISTICS s.st OWNER TO diff_owner;
ALTER TEXT SEARCH DICTIONARY s.di OWNER TO diff_owner;
ALTER OPERATOR s.## (int, int) OWNER TO diff_owner;

-- pair: owner of an object with grants
-- from:
CREATE TABLE t (a int);
ALTER TABLE t OWNER TO diff_owner;
GRANT SELECT ON t TO diff_reader;
-- to:
CREATE TABLE t (a int);
ALTER TABLE t OWNER TO diff_writer;
GRANT SELECT ON t TO diff_reader;
GRANT INSERT ON t TO diff_owner;

-- pair: comments on all kinds
-- both:
CREATE SCHEMA s;
CREATE TABLE s.t (id int PRIMARY KEY, a int CONSTRAINT c CHECK (a > 0));
CREATE INDEX i ON s.t (a);
CREATE VIEW s.v AS SELECT id FROM s.t;
CREATE SEQUENCE s.q;
CREATE FUNCTION s.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION s.tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.tf();
CREATE RULE r AS ON DELETE TO s.t DO INSTEAD NOTHING;
CREATE POLICY p ON s.t USING (true);
CREATE TYPE s.e AS ENUM ('x');
CREATE DOMAIN s.d AS int CONSTRAINT dc CHECK (VALUE > 0);
CREATE COLLATION s.co FROM "C";
CREATE STATISTICS s.st ON id, a FROM s.t;
CREATE OPERATOR s.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE TEXT SEARCH CONFIGURATION s.ts (COPY = simple);
-- from:
COMMENT ON SCHEMA s IS 'one';
COMMENT ON INDEX s.i IS 'one';
COMMENT ON OPERATOR s.## (int, int) IS 'one';
-- to:
COMMENT ON SCHEMA s IS 'two';
COMMENT ON TABLE s.t IS 'c';
COMMENT ON COLUMN s.t.a IS 'c';
COMMENT ON CONSTRAINT c ON s.t IS 'c';
COMMENT ON VIEW s.v IS 'c';
COMMENT ON SEQUENCE s.q IS 'c';
COMMENT ON FUNCTION s.f(int) IS 'c';
COMMENT ON TRIGGER g ON s.t IS 'c';
COMMENT ON RULE r ON s.t IS 'c';
COMMENT ON POLICY p ON s.t IS 'c';
COMMENT ON TYPE s.e IS 'c';
COMMENT ON DOMAIN s.d IS 'c';
COMMENT ON CONSTRAINT dc ON DOMAIN s.d IS 'c';
COMMENT ON COLLATION s.co IS 'c';
COMMENT ON STATISTICS s.st IS 'c';
COMMENT ON TEXT SEARCH CONFIGURATION s.ts IS 'c';

-- pair: comment on public
-- from:
CREATE TABLE t ();
-- to:
CREATE TABLE t ();
COMMENT ON SCHEMA public IS 'ours';

-- pair: a new table of another owner with grants
-- from:
-- to:
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a text);
ALTER TABLE t OWNER TO diff_owner;
GRANT SELECT, INSERT ON t TO diff_writer;
GRANT USAGE ON SEQUENCE t_id_seq TO diff_writer;
GRANT SELECT (id) ON t TO diff_reader;
REVOKE DELETE ON t FROM diff_owner;
