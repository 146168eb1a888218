-- Ways to write a model

-- pair: in the wrong order
-- from:
-- to:
CREATE TYPE mood AS ENUM ('low');
CREATE TABLE up (id int PRIMARY KEY, m mood);
CREATE TABLE down (id int PRIMARY KEY, up int REFERENCES up);
CREATE VIEW v AS SELECT down.id, m FROM down JOIN up ON up.id = up;
CREATE INDEX down_up ON down (up);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON up FOR EACH ROW EXECUTE FUNCTION f();
GRANT SELECT ON v TO diff_reader;
-- model:
GRANT SELECT ON v TO diff_reader;
CREATE TRIGGER g BEFORE INSERT ON up FOR EACH ROW EXECUTE FUNCTION f();
CREATE INDEX down_up ON down (up);
CREATE VIEW v AS SELECT down.id, m FROM down JOIN up ON up.id = up;
CREATE TABLE down (id int PRIMARY KEY, up int REFERENCES up);
CREATE TABLE up (id int PRIMARY KEY, m mood);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TYPE mood AS ENUM ('low');

-- pair: with IF NOT EXISTS and OR REPLACE
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
CREATE VIEW v AS SELECT a FROM t;
-- model:
CREATE SCHEMA IF NOT EXISTS public;
CREATE TABLE IF NOT EXISTS t (a int, b int);
CREATE INDEX IF NOT EXISTS t_a ON t (a);
CREATE OR REPLACE VIEW v AS SELECT a FROM t;

-- pair: as a history of changes
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int, c text DEFAULT 'x');
-- model:
CREATE TABLE t (a int, b int);
ALTER TABLE t ADD c text;
ALTER TABLE t DROP b;
ALTER TABLE t ALTER c SET DEFAULT 'x';
DROP TABLE IF EXISTS other;

-- pair: in a transaction with settings
-- from:
-- to:
CREATE TABLE t (a int);
CREATE SCHEMA s;
CREATE TABLE s.u (a int);
-- model:
BEGIN;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
CREATE TABLE public.t (a int);
CREATE SCHEMA s;
SET search_path = s, pg_catalog;
CREATE TABLE u (a int);
COMMIT;

-- pair: with indexes built concurrently
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (a);
-- model:
CREATE TABLE t (a int);
CREATE INDEX CONCURRENTLY t_a ON t (a);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: with a hint in a comment
-- from:
CREATE TABLE users (id int, name text);
-- to:
CREATE TABLE users (id int, full_name text);
-- model:
CREATE TABLE users (
  id int,
  full_name text -- renamed from: name
);
-- renames back: {"public.users.full_name": "name"}
-- rows:
INSERT INTO users VALUES (1, 'Ada');
-- keeps: SELECT id, name FROM users
-- keeps to: SELECT id, full_name FROM users

-- pair: with a hint in a comment and another in the argument
-- from:
CREATE TABLE users (id int, name text);
-- to:
CREATE TABLE users (id int, full_name text);
-- model:
CREATE TABLE users (
  id int,
  full_name text -- renamed from: name
);
-- renames: {"public.users.name": "full_name"}
-- rows:
INSERT INTO users VALUES (1, 'Ada');
-- keeps: SELECT id, name FROM users
-- keeps to: SELECT id, full_name FROM users

-- pair: with comments and strings that look like statements
-- from:
-- to:
CREATE TABLE t (a text DEFAULT 'CREATE TABLE x (a int); -- no', b int);
CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN /* ; */ RETURN 'x;y'; -- ;
END $body$;
-- model:
/* CREATE TABLE none (a int); /* nested; */ */
CREATE TABLE t (a text DEFAULT 'CREATE TABLE x (a int); -- no', b int) ; ;
-- ; nothing
CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$ BEGIN /* ; */ RETURN 'x;y'; -- ;
END $body$

-- pair: enum with a value added
-- from:
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood);
-- model:
CREATE TYPE mood AS ENUM ('low');
ALTER TYPE mood ADD VALUE 'high';
CREATE TABLE t (m mood);

-- pair: with DO and SELECT
-- from:
-- to:
CREATE TABLE t1 (a int);
CREATE TABLE t2 (a int);
-- model:
DO $$ BEGIN FOR i IN 1..2 LOOP EXECUTE format('CREATE TABLE t%s (a int)', i); END LOOP; END $$;

-- pair: views on each other's columns in the wrong order
-- from:
CREATE TABLE t (a int);
CREATE VIEW a AS SELECT t.a FROM t;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW z AS SELECT a, b FROM t;
CREATE VIEW m AS SELECT b FROM z;
CREATE VIEW a AS SELECT b FROM m;
-- model:
CREATE VIEW a AS SELECT b FROM m;
CREATE VIEW m AS SELECT b FROM z;
CREATE VIEW z AS SELECT a, b FROM t;
CREATE TABLE t (a int, b int);

-- pair: with ENABLE TRIGGER ALL at the end
-- both:
CREATE TABLE t (i int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
-- from:
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE t DISABLE TRIGGER g;
-- to:
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER h BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
-- model:
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE TRIGGER h BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE t DISABLE TRIGGER h;
ALTER TABLE t ENABLE TRIGGER ALL;
CREATE TABLE t (i int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
