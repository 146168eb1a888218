-- Dependencies: chains, cycles, and order

-- pair: a default whose function reads the table, both ways
-- from:
CREATE TABLE t (id int);
CREATE FUNCTION next_id() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT coalesce(max(id), 0) + 1 FROM t; END;
ALTER TABLE t ALTER id SET DEFAULT next_id();
-- to:
CREATE TABLE t (id bigint);
CREATE FUNCTION next_id() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT coalesce(max(id), 0) + 1 FROM t; END;
ALTER TABLE t ALTER id SET DEFAULT next_id();
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT id FROM t

-- pair: table, function of its row type, check that calls it
-- from:
-- to:
CREATE TABLE t (a int, b int);
CREATE FUNCTION ok(t) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a < $1.b';
ALTER TABLE t ADD CONSTRAINT is_ok CHECK (ok(t));
CREATE TABLE u (t t[], CHECK (ok(t[1])));

-- pair: sequence, its column, a view on it and a function on the view
-- from:
CREATE TABLE t (id serial);
-- to:
CREATE TABLE t (id serial);
CREATE VIEW v AS SELECT last_value FROM t_id_seq;
CREATE FUNCTION at() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT last_value FROM v; END;
CREATE TABLE u (id bigint DEFAULT at());

-- pair: chain of five kinds, dropped from the bottom
-- from:
CREATE TYPE mood AS ENUM ('low');
CREATE TABLE t (m mood);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f() RETURNS mood LANGUAGE sql BEGIN ATOMIC SELECT m FROM v; END;
CREATE TABLE u (m text DEFAULT f()::text);
CREATE MATERIALIZED VIEW w AS SELECT m, f() AS n FROM u;
-- to:
CREATE TABLE t (x int);
CREATE TABLE u (m text);

-- pair: function replaced under dependents of all kinds
-- from:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t (a int DEFAULT f(1), CONSTRAINT c CHECK (f(a) > 0));
CREATE INDEX i ON t (f(a));
CREATE VIEW v AS SELECT f(a) AS b FROM t;
CREATE POLICY p ON t USING (f(a) > 1);
CREATE RULE r AS ON UPDATE TO t WHERE f(OLD.a) = 5 DO INSTEAD NOTHING;
CREATE STATISTICS s ON (f(a)), a FROM t;
CREATE DOMAIN d AS int CHECK (f(VALUE) > 0);
CREATE FUNCTION g(int) RETURNS int RETURN f($1);
-- to:
CREATE FUNCTION f(v int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT v + 1';
CREATE TABLE t (a int DEFAULT f(1), CONSTRAINT c CHECK (f(a) > 0));
CREATE INDEX i ON t (f(a));
CREATE VIEW v AS SELECT f(a) AS b FROM t;
CREATE POLICY p ON t USING (f(a) > 1);
CREATE RULE r AS ON UPDATE TO t WHERE f(OLD.a) = 5 DO INSTEAD NOTHING;
CREATE STATISTICS s ON (f(a)), a FROM t;
CREATE DOMAIN d AS int CHECK (f(VALUE) > 0);
CREATE FUNCTION g(int) RETURNS int RETURN f($1);
-- rows:
INSERT INTO t VALUES (5);
-- keeps: SELECT a FROM t

-- pair: column dropped, view in between, column of the same name added
-- asks: how do values
-- column order differs
-- from:
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT b FROM t;
-- to:
CREATE TABLE t (a int, b point);
CREATE VIEW v AS SELECT b FROM t;
-- rows:
INSERT INTO t VALUES (1, 2);
-- keeps: SELECT a FROM t

-- pair: view on a function on a view on a changed table
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC SELECT a FROM v; END;
CREATE VIEW w AS SELECT f AS b FROM f();
-- to:
CREATE TABLE t (a bigint);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS SETOF bigint LANGUAGE sql BEGIN ATOMIC SELECT a FROM v; END;
CREATE VIEW w AS SELECT f AS b FROM f();
-- rows:
INSERT INTO t VALUES (3);
-- keeps: SELECT * FROM w

-- pair: foreign keys among four tables in two schemas
-- from:
CREATE SCHEMA s;
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE s.b (id int PRIMARY KEY, a int REFERENCES a);
-- to:
CREATE SCHEMA s;
CREATE TABLE a (id bigint PRIMARY KEY, d int);
CREATE TABLE s.b (id int PRIMARY KEY, a bigint REFERENCES a);
CREATE TABLE s.c (id int PRIMARY KEY, b int REFERENCES s.b);
CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES s.c);
ALTER TABLE a ADD FOREIGN KEY (d) REFERENCES d;
-- rows:
INSERT INTO a VALUES (1);
INSERT INTO s.b VALUES (1, 1);
-- keeps: SELECT a.id, b.id, b.a FROM a, s.b

-- pair: types within types
-- from:
CREATE TYPE a AS (x int);
CREATE TYPE b AS (a a, n int);
CREATE DOMAIN c AS b[];
CREATE TABLE t (c c);
-- to:
CREATE TYPE a AS (x int, y int);
CREATE TYPE b AS (a a, n bigint);
CREATE DOMAIN c AS b[];
CREATE TABLE t (c c, d b);

-- pair: trigger function with an argument of a dropped type
-- from:
CREATE TYPE mood AS ENUM ('low');
CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g() RETURNS SETOF mood LANGUAGE sql AS 'SELECT ''low''::mood';
CREATE FUNCTION mood_count(int, mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE h(mood) (SFUNC = mood_count, STYPE = int);
-- both:
CREATE TABLE t (a int);
-- to:
CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS 'SELECT 1';

-- pair: names whose alphabetical order would be wrong
-- from:
-- to:
CREATE FUNCTION z_f() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TYPE z_t AS ENUM ('z');
CREATE TABLE z (id int PRIMARY KEY, t z_t);
CREATE TABLE a (id int DEFAULT z_f() REFERENCES z, t z_t DEFAULT 'z', CHECK (id > z_f()));
CREATE VIEW b AS SELECT * FROM a;
CREATE VIEW a_view AS SELECT * FROM b;
CREATE FUNCTION a_f(z) RETURNS b LANGUAGE sql AS 'SELECT * FROM b';
CREATE DOMAIN a_d AS z_t CHECK (VALUE = 'z');
CREATE TYPE a_c AS (d a_d);

-- pair: index, constraint and sequence exchange their names
-- from:
CREATE TABLE t (a int, CONSTRAINT x UNIQUE (a));
CREATE SEQUENCE y;
CREATE INDEX z ON t (a DESC);
-- to:
CREATE TABLE t (a int, CONSTRAINT y UNIQUE (a));
CREATE SEQUENCE z;
CREATE INDEX x ON t (a DESC);

-- pair: table and its index exchange their names with others
-- from:
CREATE TABLE a (x int);
CREATE INDEX b ON a (x);
-- to:
CREATE TABLE b (x int);
CREATE INDEX a ON b (x);

-- pair: view that calls a function of its row type
-- both:
CREATE TABLE t (id int PRIMARY KEY, a text COLLATE "C");
-- from:
-- to:
CREATE VIEW v WITH (security_barrier) AS SELECT id, a, ''::text AS said FROM t;
CREATE FUNCTION say(v) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.a || $1.id $$;
CREATE OR REPLACE VIEW v WITH (security_barrier) AS SELECT id, a, say(ROW(id, a, NULL)::v) AS said FROM t;
CREATE VIEW w AS SELECT said FROM v;
COMMENT ON VIEW v IS 'c';
GRANT SELECT ON v TO diff_reader;
-- rows:
INSERT INTO t VALUES (1, 'x');
-- keeps: SELECT id, a FROM t

-- pair: view with a function of its row type, and its table, change
-- from:
CREATE TABLE t (id int PRIMARY KEY, a text);
CREATE VIEW v AS SELECT id, ''::text AS said FROM t;
CREATE FUNCTION say(v) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.id::text $$;
CREATE OR REPLACE VIEW v AS SELECT id, say(ROW(id, NULL)::v) AS said FROM t;
-- to:
CREATE TABLE t (id bigint PRIMARY KEY, a text);
CREATE VIEW v AS SELECT id, ''::text AS said FROM t;
CREATE FUNCTION say(v) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.id::text || '!' $$;
CREATE OR REPLACE VIEW v AS SELECT id, say(ROW(id, NULL)::v) AS said FROM t;
-- rows:
INSERT INTO t VALUES (1, 'x');
-- rows back:
INSERT INTO t VALUES (1, 'x');
-- keeps: SELECT id, a FROM t
