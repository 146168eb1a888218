-- Sequences

-- pair: created
-- from:
-- to:
CREATE SEQUENCE s AS smallint START 5 INCREMENT -2 MINVALUE -100 MAXVALUE 100 CACHE 3 CYCLE;
COMMENT ON SEQUENCE s IS 'numbers';

-- pair: all options
-- from:
CREATE SEQUENCE s;
-- to:
CREATE SEQUENCE s START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 5000 CACHE 20 CYCLE;
-- rows:
SELECT nextval('s') FROM generate_series(1, 10);
-- keeps: SELECT last_value FROM s

-- pair: type
-- from:
CREATE SEQUENCE a AS int;
CREATE SEQUENCE b AS bigint;
-- to:
CREATE SEQUENCE a AS bigint;
CREATE SEQUENCE b AS smallint;

-- pair: descending
-- from:
CREATE SEQUENCE s;
-- to:
CREATE SEQUENCE s INCREMENT -1;

-- pair: owned by
-- from:
CREATE TABLE t (a int, b int);
CREATE SEQUENCE s OWNED BY t.a;
CREATE SEQUENCE r;
-- to:
CREATE TABLE t (a int, b int);
CREATE SEQUENCE s OWNED BY t.b;
CREATE SEQUENCE r OWNED BY t.a;

-- pair: no longer owned when its table is dropped
-- from:
CREATE TABLE t (a int);
CREATE SEQUENCE s OWNED BY t.a;
-- to:
CREATE SEQUENCE s;
-- rows:
SELECT nextval('s') FROM generate_series(1, 3);
-- keeps: SELECT last_value FROM s

-- pair: shared by two tables
-- from:
CREATE TABLE t (a serial);
CREATE TABLE u (a int);
-- to:
CREATE TABLE t (a serial);
CREATE TABLE u (a int DEFAULT nextval('t_a_seq'));

-- pair: serial column moves to another table
-- from:
CREATE TABLE t (a serial, b int);
CREATE TABLE u (b int);
-- to:
CREATE TABLE t (b int);
CREATE TABLE u (b int, a serial);
-- column order differs

-- pair: unlogged
-- from:
CREATE SEQUENCE s;
-- to:
CREATE UNLOGGED SEQUENCE s;

-- pair: owner and rights
-- from:
CREATE SEQUENCE s;
GRANT USAGE ON SEQUENCE s TO diff_reader;
-- to:
CREATE SEQUENCE s;
ALTER SEQUENCE s OWNER TO diff_owner;
GRANT USAGE, SELECT ON SEQUENCE s TO diff_writer;

-- pair: options of an owned sequence
-- from:
CREATE TABLE t (id serial);
-- to:
CREATE TABLE t (id serial);
ALTER SEQUENCE t_id_seq START 100 INCREMENT 10 CACHE 7;

-- pair: renamed with a hint
-- from:
CREATE SEQUENCE one;
CREATE TABLE t (a bigint DEFAULT nextval('one'));
-- to:
CREATE SEQUENCE two;
CREATE TABLE t (a bigint DEFAULT nextval('two'));
-- renames: {"public.one": "two"}
-- rows:
SELECT nextval('one') FROM generate_series(1, 3);
-- keeps: SELECT last_value FROM one
-- keeps to: SELECT last_value FROM two

-- pair: used by a function and a view
-- from:
CREATE SEQUENCE s;
CREATE VIEW v AS SELECT last_value FROM s;
-- to:
CREATE SEQUENCE s AS int;
CREATE VIEW v AS SELECT last_value, is_called FROM s;

-- pair: other name and options for the sequence of an identity
-- from:
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME first_seq INCREMENT BY 2), a int);
-- to:
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME second_seq INCREMENT BY 5 MINVALUE 1 CACHE 3), a int);
-- rows:
INSERT INTO t (a) VALUES (1), (2);
-- rows back:
INSERT INTO t (a) VALUES (1), (2);
-- keeps: SELECT * FROM t

-- pair: identity of another size, with given bounds
-- from:
CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (MAXVALUE 1000000), note text);
-- to:
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 9000000000), note text);
-- rows:
INSERT INTO t (note) VALUES ('a'), ('b');
-- rows back:
INSERT INTO t (note) VALUES ('a'), ('b');
-- keeps: SELECT id, note, (SELECT last_value FROM t_id_seq) FROM t ORDER BY id
