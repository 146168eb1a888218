-- Functions, procedures, aggregates, event triggers

-- pair: created, overloaded
-- from:
-- to:
CREATE FUNCTION f(a int, b int DEFAULT 1, VARIADIC c int[] DEFAULT '{}') RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT a + b';
CREATE FUNCTION f(text) RETURNS text LANGUAGE plpgsql STRICT SECURITY DEFINER SET search_path = pg_catalog, public SET work_mem = '1MB' AS $$BEGIN RETURN $1 || 'x'; END$$;
COMMENT ON FUNCTION f(text) IS 'x';

-- pair: body
-- from:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 1';
CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $$BEGIN RETURN 'one'; END$$;
GRANT EXECUTE ON FUNCTION f TO diff_reader;
-- to:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1 + 2';
CREATE FUNCTION g() RETURNS text LANGUAGE plpgsql AS $$BEGIN RETURN 'two $x$ '''; END$$;
GRANT EXECUTE ON FUNCTION f TO diff_reader;

-- pair: attributes
-- from:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION g(int) RETURNS SETOF int LANGUAGE sql STABLE COST 10 ROWS 50 AS 'SELECT $1';
-- to:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE COST 7 SECURITY DEFINER SET search_path = '' AS 'SELECT $1';
CREATE FUNCTION g(int) RETURNS SETOF int LANGUAGE sql VOLATILE ROWS 7 SUPPORT generate_series_int4_support AS 'SELECT $1';

-- pair: language
-- from:
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
-- to:
CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN a; END';

-- pair: return type, used by a view
-- from:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE VIEW v AS SELECT f(1) AS x;
GRANT SELECT ON v TO diff_reader;
GRANT EXECUTE ON FUNCTION f(int) TO diff_reader;
COMMENT ON FUNCTION f(int) IS 'f';
-- to:
CREATE FUNCTION f(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint';
CREATE VIEW v AS SELECT f(1) AS x;
GRANT SELECT ON v TO diff_reader;
GRANT EXECUTE ON FUNCTION f(int) TO diff_reader;
COMMENT ON FUNCTION f(int) IS 'f';

-- pair: argument types
-- from:
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1';
-- to:
CREATE FUNCTION f(bigint, text) RETURNS int LANGUAGE sql AS 'SELECT 1';

-- pair: argument names
-- from:
CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- to:
CREATE FUNCTION f(x int, y int) RETURNS int LANGUAGE sql AS 'SELECT x + y';

-- pair: argument names, used in an index
-- from:
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE TABLE t (a int);
CREATE INDEX t_f ON t (f(a));
-- to:
CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE TABLE t (a int);
CREATE INDEX t_f ON t (f(a));
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: argument defaults
-- from:
CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a + b';
CREATE FUNCTION g(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a + b';
-- to:
CREATE FUNCTION f(a int DEFAULT 5, b int DEFAULT 2) RETURNS int LANGUAGE sql AS 'SELECT a + b';
CREATE FUNCTION g(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';

-- pair: out arguments and tables
-- from:
CREATE FUNCTION f(OUT a int, OUT b text) LANGUAGE sql AS 'SELECT 1, ''x''';
CREATE FUNCTION g() RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1';
-- to:
CREATE FUNCTION f(OUT a int, OUT b text, OUT c int) LANGUAGE sql AS 'SELECT 1, ''x'', 2';
CREATE FUNCTION g() RETURNS TABLE (a int, b int) LANGUAGE sql AS 'SELECT 1, 2';

-- pair: becomes a procedure
-- from:
CREATE FUNCTION f() RETURNS void LANGUAGE sql AS '';
-- to:
CREATE PROCEDURE f() LANGUAGE sql AS '';

-- pair: procedure
-- from:
CREATE PROCEDURE p(a int) LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
-- to:
CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := a + 1; END';
CREATE PROCEDURE q() LANGUAGE sql BEGIN ATOMIC SELECT 1; END;

-- pair: aggregate
-- from:
CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
-- to:
CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0', COMBINEFUNC = add, PARALLEL = SAFE);
CREATE AGGREGATE total_star(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
COMMENT ON AGGREGATE total(int) IS 'sum';

-- pair: aggregate changed, in a view
-- from:
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) x;
-- to:
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '5');
CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) x;

-- pair: ordered-set and moving aggregates
-- from:
-- to:
CREATE AGGREGATE moving(float8) (SFUNC = float8pl, STYPE = float8, INITCOND = '0', MSFUNC = float8pl, MINVFUNC = float8mi, MSTYPE = float8, MINITCOND = '0');
CREATE AGGREGATE middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);

-- pair: atomic body that reads a table
-- from:
CREATE TABLE t (a int, b int);
CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a) FROM t; END;
-- to:
CREATE TABLE t (a int, b int, c int);
CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a + c) FROM t; END;

-- pair: atomic body that reads a dropped column
-- from:
CREATE TABLE t (a int, b int);
CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a + b) FROM t; END;
GRANT EXECUTE ON FUNCTION f TO diff_reader;
-- to:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS bigint BEGIN ATOMIC SELECT sum(a) FROM t; END;
GRANT EXECUTE ON FUNCTION f TO diff_reader;
-- rows:
INSERT INTO t VALUES (1, 2);
-- keeps: SELECT a FROM t

-- pair: atomic functions that call each other
-- from:
-- to:
CREATE FUNCTION a() RETURNS int RETURN 1;
CREATE FUNCTION c() RETURNS int RETURN a() + 1;
CREATE FUNCTION b() RETURNS int RETURN c() + a();

-- pair: atomic functions exchange their order
-- from:
CREATE FUNCTION a() RETURNS int RETURN 1;
CREATE FUNCTION b() RETURNS int RETURN a() + 1;
-- to:
CREATE FUNCTION b() RETURNS int RETURN 1;
CREATE FUNCTION a() RETURNS int RETURN b() + 1;

-- pair: used in a default, a check and a generated column; return type changes
-- column order differs
-- from:
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
CREATE TABLE t (a int DEFAULT f(1), b int GENERATED ALWAYS AS (f(a)) STORED, CONSTRAINT c CHECK (f(a) > 0));
-- to:
CREATE FUNCTION f(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1::bigint + 1';
CREATE TABLE t (a int DEFAULT f(1), b int GENERATED ALWAYS AS (f(a)) STORED, CONSTRAINT c CHECK (f(a) > 0));
-- rows:
INSERT INTO t VALUES (5);
-- keeps: SELECT a, b FROM t

-- pair: used in a policy and a trigger; arguments change
-- from:
CREATE FUNCTION may(int) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE t (a int);
CREATE POLICY p ON t USING (may(a));
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (may(NEW.a)) EXECUTE FUNCTION tf();
-- to:
CREATE FUNCTION may(int, bool DEFAULT false) RETURNS bool LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE t (a int);
CREATE POLICY p ON t USING (may(a));
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN (may(NEW.a)) EXECUTE FUNCTION tf();

-- pair: dropped, while the table that used it in a default stays
-- from:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE t (a int DEFAULT f());
-- to:
CREATE TABLE t (a int DEFAULT 1);
-- rows:
INSERT INTO t VALUES (7);
-- keeps: SELECT a FROM t

-- pair: body that names a later object
-- from:
-- to:
CREATE TABLE zz (a int DEFAULT length('x'));
CREATE FUNCTION aa() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM zz';
CREATE FUNCTION ab() RETURNS SETOF zz LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT * FROM zz; END';
-- model:
CREATE FUNCTION aa() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM zz';
CREATE FUNCTION ab() RETURNS SETOF zz LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT * FROM zz; END';
CREATE TABLE zz (a int DEFAULT length('x'));

-- pair: renamed with a hint
-- from:
CREATE FUNCTION one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (one(a));
-- to:
CREATE FUNCTION two(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (two(a));
-- renames: {"public.one(integer)": "two"}
-- renames back: {"public.two(integer)": "one"}

-- pair: owner and rights
-- from:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql AS '';
-- to:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f OWNER TO diff_owner;
REVOKE EXECUTE ON FUNCTION f FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f TO diff_reader;
CREATE PROCEDURE p() LANGUAGE sql AS '';
REVOKE ALL ON PROCEDURE p() FROM PUBLIC;

-- pair: depends on an extension
-- both:
CREATE EXTENSION citext;
-- from:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
-- to:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION f DEPENDS ON EXTENSION citext;

-- pair: event trigger
-- from:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
-- to:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER diff_e ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION e();
COMMENT ON EVENT TRIGGER diff_e IS 'watch';

-- pair: event trigger changed and disabled
-- from:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER diff_a ON sql_drop EXECUTE FUNCTION e();
CREATE EVENT TRIGGER diff_b ON ddl_command_start EXECUTE FUNCTION e();
-- to:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER diff_a ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION e();
CREATE EVENT TRIGGER diff_b ON ddl_command_start EXECUTE FUNCTION e();
ALTER EVENT TRIGGER diff_b DISABLE;

-- pair: event trigger that would refuse the migration
-- from:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN IF current_setting('diff.refuse', true) = 'on' THEN RAISE 'no'; END IF; END$$;
CREATE EVENT TRIGGER diff_a ON ddl_command_end EXECUTE FUNCTION e();
ALTER EVENT TRIGGER diff_a ENABLE ALWAYS;
CREATE TABLE t (a int);
-- to:
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN IF current_setting('diff.refuse', true) = 'on' THEN RAISE 'no'; END IF; END$$;
CREATE EVENT TRIGGER diff_a ON ddl_command_end EXECUTE FUNCTION e();
ALTER EVENT TRIGGER diff_a ENABLE REPLICA;
CREATE TABLE t (a int, b int);

-- pair: body that names a function created after it
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT 2 * i';
CREATE FUNCTION four_times(i int) RETURNS int LANGUAGE sql AS 'SELECT twice(twice(i))';

-- pair: bodies that name each other
-- from:
CREATE FUNCTION is_odd(i int, deep bool) RETURNS bool LANGUAGE sql AS 'SELECT i % 2 = 1';
-- to:
SET check_function_bodies = off;
CREATE FUNCTION is_odd(i int) RETURNS bool LANGUAGE sql AS 'SELECT i <> 0 AND is_even(i - 1)';
CREATE FUNCTION is_even(i int) RETURNS bool LANGUAGE sql AS 'SELECT i = 0 OR is_odd(i - 1)';

-- pair: body of a function in a default reads the table
-- from:
CREATE TYPE mood AS ENUM ('good');
-- to:
CREATE TYPE mood AS ENUM ('good', 'bad');
SET check_function_bodies = off;
CREATE FUNCTION newest() RETURNS int LANGUAGE sql AS 'SELECT max(a) + 1 FROM t';
CREATE TABLE t (a int DEFAULT newest(), m mood DEFAULT 'bad');

-- pair: bodies that call later functions
-- from:
CREATE TABLE t (id int PRIMARY KEY, note text);
-- to:
CREATE FUNCTION zone() RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''utc''::text';
CREATE FUNCTION middle(x text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN x || public.zone(); END';
CREATE FUNCTION about(x text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.middle(x)';
CREATE TABLE t (id int PRIMARY KEY, note text, mark text DEFAULT about('m'), shown text GENERATED ALWAYS AS (about(note)) STORED, CHECK (about(note) <> ''));
CREATE INDEX t_about ON t (about(note));
-- rows:
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- rows back:
INSERT INTO t VALUES (1, 'a'), (2, 'b');
-- keeps: SELECT id, note FROM t ORDER BY id

-- pair: body that reads a later view
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
CREATE TYPE "Kind" AS ENUM ('x');
CREATE TABLE u (a int, b "Kind");
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.v';
CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "u" WHERE "b" = ''x''::"Kind"';
CREATE MATERIALIZED VIEW m AS SELECT f() AS n;
-- model:
CREATE TABLE t (a int);
CREATE TYPE "Kind" AS ENUM ('x');
CREATE TABLE u (a int, b "Kind");
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.v';
CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "u" WHERE "b" = ''x''::"Kind"';
CREATE VIEW v AS SELECT a FROM t;
CREATE MATERIALIZED VIEW m AS SELECT f() AS n;

-- pair: body that reads a new column
-- from:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT max(a) FROM t';
-- to:
CREATE FUNCTION start() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN whole AS int CHECK (VALUE > 0);
CREATE TABLE t (a int, b whole DEFAULT start());
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT max(b) FROM t';

-- pair: bodies that call each other
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
SET check_function_bodies = off;
CREATE FUNCTION even(n int) RETURNS bool LANGUAGE sql AS 'SELECT n = 0 OR odd(n - 1)';
CREATE FUNCTION odd(n int) RETURNS bool LANGUAGE sql AS 'SELECT n <> 0 AND even(n - 1)';

-- pair: check of a domain calls a new function
-- both:
CREATE FUNCTION is_fit(x text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN size_of(x) > 0; END';
CREATE DOMAIN fit AS text CHECK (is_fit(VALUE));
-- from:
CREATE TABLE t (id int);
-- to:
CREATE FUNCTION size_of(x text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT length(x)';
CREATE TABLE t (id int, word fit DEFAULT 'one');
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT id FROM t
