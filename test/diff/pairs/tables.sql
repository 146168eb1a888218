-- Tables: created, dropped, their properties

-- pair: create from nothing
-- from:
-- to:
CREATE TABLE customer (id int PRIMARY KEY, name text NOT NULL, since date DEFAULT CURRENT_DATE);

-- pair: create next to another, with a foreign key
-- both:
CREATE TABLE customer (id int PRIMARY KEY);
-- from:
-- to:
CREATE TABLE purchase (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, total numeric(12,2) CHECK (total >= 0));
CREATE INDEX purchase_customer ON purchase (customer_id);
-- rows:
INSERT INTO customer VALUES (1), (2);
-- keeps: SELECT * FROM customer ORDER BY id

-- pair: a table without columns
-- from:
-- to:
CREATE TABLE nothing ();

-- pair: last column dropped
-- from:
CREATE TABLE nothing (a int);
-- to:
CREATE TABLE nothing ();

-- pair: two tables exchange their names
-- from:
CREATE TABLE first (id int PRIMARY KEY);
CREATE TABLE second (id int PRIMARY KEY, first_id int REFERENCES first);
-- to:
CREATE TABLE second (id int PRIMARY KEY);
CREATE TABLE first (id int PRIMARY KEY, second_id int REFERENCES second);
-- rows:
INSERT INTO first VALUES (1);
INSERT INTO second VALUES (7, 1);
-- keeps: SELECT 'first', id FROM first UNION ALL SELECT 'second', id FROM second ORDER BY 1

-- pair: a table becomes a view
-- from:
CREATE TABLE base (id int, name text);
CREATE TABLE thing (id int, name text);
-- to:
CREATE TABLE base (id int, name text);
CREATE VIEW thing AS SELECT id, name FROM base;

-- pair: a table becomes a sequence
-- from:
CREATE TABLE counter (n int);
-- to:
CREATE SEQUENCE counter;

-- pair: unlogged to logged
-- from:
CREATE UNLOGGED TABLE cache (key text PRIMARY KEY, value text);
-- to:
CREATE TABLE cache (key text PRIMARY KEY, value text);
-- rows:
INSERT INTO cache VALUES ('a', 'b');
-- keeps: SELECT * FROM cache

-- pair: logged to unlogged with an identity
-- from:
CREATE TABLE cache (id int GENERATED ALWAYS AS IDENTITY, value text);
-- to:
CREATE UNLOGGED TABLE cache (id int GENERATED ALWAYS AS IDENTITY, value text);
-- rows:
INSERT INTO cache (value) VALUES ('a'), ('b');
-- keeps: SELECT * FROM cache ORDER BY id

-- pair: unlogged tables that reference each other
-- from:
CREATE UNLOGGED TABLE up (id int PRIMARY KEY);
CREATE UNLOGGED TABLE down (id int PRIMARY KEY, up_id int REFERENCES up);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int PRIMARY KEY, up_id int REFERENCES up);

-- pair: storage parameters set
-- from:
CREATE TABLE t (a int, b text);
-- to:
CREATE TABLE t (a int, b text) WITH (fillfactor = 70, autovacuum_enabled = off);

-- pair: storage parameters changed and reset
-- from:
CREATE TABLE t (a int, b text) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1, parallel_workers = 2);
-- to:
CREATE TABLE t (a int, b text) WITH (fillfactor = 80, autovacuum_vacuum_threshold = 100);

-- pair: storage parameters of the TOAST table
-- from:
CREATE TABLE t (a int, b text) WITH (toast.autovacuum_enabled = off);
-- to:
CREATE TABLE t (a int, b text) WITH (toast.autovacuum_vacuum_threshold = 99, toast_tuple_target = 512);

-- pair: owner
-- from:
CREATE TABLE t (id serial PRIMARY KEY);
-- to:
CREATE TABLE t (id serial PRIMARY KEY);
ALTER TABLE t OWNER TO diff_owner;

-- pair: owner of a table with a view and grants
-- from:
CREATE TABLE t (id int, note text);
CREATE VIEW v AS SELECT * FROM t;
GRANT SELECT ON t TO diff_reader;
GRANT UPDATE (note) ON t TO diff_writer;
-- to:
CREATE TABLE t (id int, note text);
ALTER TABLE t OWNER TO diff_owner;
CREATE VIEW v AS SELECT * FROM t;
ALTER VIEW v OWNER TO diff_owner;
GRANT SELECT ON t TO diff_reader;
GRANT UPDATE (note) ON t TO diff_writer;

-- pair: replica identity full
-- from:
CREATE TABLE t (id int PRIMARY KEY);
-- to:
CREATE TABLE t (id int PRIMARY KEY);
ALTER TABLE t REPLICA IDENTITY FULL;

-- pair: replica identity nothing to an index
-- both:
CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL);
-- from:
ALTER TABLE t REPLICA IDENTITY NOTHING;
-- to:
CREATE UNIQUE INDEX t_code ON t (code);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_code;

-- pair: replica identity index changes
-- from:
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX t_a ON t (a);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_a;
-- to:
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX t_a ON t (a, b);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_a;

-- pair: replica identity primary key
-- from:
CREATE TABLE t (id int PRIMARY KEY);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
-- to:
CREATE TABLE t (id bigint PRIMARY KEY);
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
-- rows:
INSERT INTO t VALUES (1), (2);
-- keeps: SELECT id FROM t ORDER BY id

-- pair: typed table
-- both:
CREATE TYPE pair AS (a int, b text);
-- from:
-- to:
CREATE TABLE typed OF pair (a PRIMARY KEY, b DEFAULT 'x' NOT NULL);

-- pair: plain table to typed
-- both:
CREATE TYPE pair AS (a int, b text);
-- from:
CREATE TABLE typed (a int, b text);
-- to:
CREATE TABLE typed OF pair;
-- rows:
INSERT INTO typed VALUES (1, 'x');
-- keeps: SELECT * FROM typed

-- pair: attribute of the type of a typed table
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TABLE typed OF pair;
-- to:
CREATE TYPE pair AS (a int, b text, c date);
CREATE TABLE typed OF pair;
-- rows:
INSERT INTO typed VALUES (1, 'x');
-- keeps: SELECT a, b FROM typed

-- pair: a comment
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
COMMENT ON TABLE t IS 'It''s a "table" with $dollars$ and \backslashes';
COMMENT ON COLUMN t.a IS E'two\nlines';

-- pair: comments changed and dropped
-- from:
CREATE TABLE t (a int, b int);
COMMENT ON TABLE t IS 'one';
COMMENT ON COLUMN t.a IS 'one';
COMMENT ON COLUMN t.b IS 'one';
-- to:
CREATE TABLE t (a int, b int);
COMMENT ON TABLE t IS 'two';
COMMENT ON COLUMN t.b IS 'two';

-- pair: access method
-- both:
CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler;
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int) USING heap_too;
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: rename with a hint
-- from:
CREATE TABLE person (id int PRIMARY KEY, name text NOT NULL);
CREATE INDEX person_name ON person (name);
-- to:
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
ALTER TABLE people RENAME CONSTRAINT people_pkey TO person_pkey;
CREATE INDEX person_name ON people (name);
-- renames: {"public.person": "people"}
-- rows:
INSERT INTO person VALUES (1, 'Ada');
-- keeps: SELECT * FROM person
-- keeps to: SELECT * FROM people

-- pair: rename with all dependents
-- from:
CREATE TABLE person (id serial PRIMARY KEY, name text NOT NULL, boss int REFERENCES person, CHECK (name <> ''));
CREATE TABLE pet (id int PRIMARY KEY, person_id int REFERENCES person);
CREATE VIEW names AS SELECT id, name FROM person;
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON person USING (name = CURRENT_USER);
GRANT SELECT ON person TO diff_reader;
COMMENT ON TABLE person IS 'who';
-- to:
CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL, boss int REFERENCES people, CHECK (name <> ''));
CREATE TABLE pet (id int PRIMARY KEY, person_id int REFERENCES people);
CREATE VIEW names AS SELECT id, name FROM people;
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people USING (name = CURRENT_USER);
GRANT SELECT ON people TO diff_reader;
COMMENT ON TABLE people IS 'who';
-- renames: {"public.person": "people", "public.person_id_seq": "people_id_seq"}
-- rows:
INSERT INTO person (name) VALUES ('Ada');
INSERT INTO pet VALUES (1, 1);
-- keeps: SELECT * FROM names

-- pair: dropped with all dependents
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (id serial PRIMARY KEY, m mood DEFAULT 'low', CHECK (id > 0));
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE POLICY p ON t USING (true);
CREATE STATISTICS s ON id, m FROM t;
GRANT SELECT ON t TO diff_reader;
COMMENT ON TABLE t IS 'gone';
-- to:

-- pair: many tables dropped that reference each other
-- from:
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a, b int REFERENCES b);
CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES c, d int REFERENCES d);
-- to:
CREATE TABLE a (id int PRIMARY KEY);

-- pair: default tablespace stays
-- same
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int) TABLESPACE pg_default;

-- pair: typed table follows its type
-- from:
CREATE TYPE row_of AS (id int, x varchar(5), gone int);
CREATE TABLE t OF row_of (PRIMARY KEY (id), gone DEFAULT 3);
CREATE TABLE u OF row_of;
CREATE INDEX t_gone ON t (gone);
CREATE VIEW v AS SELECT id, x FROM t;
-- to:
CREATE TYPE row_of AS (id bigint, x text, y int, z int);
CREATE TABLE t OF row_of (PRIMARY KEY (id), x DEFAULT 'x', z DEFAULT 5 NOT NULL);
CREATE TABLE u OF row_of;
CREATE INDEX t_y ON t (y);
CREATE VIEW v AS SELECT id, x, y FROM t;
-- options: {"not_null_steps": false}
-- rows:
INSERT INTO u VALUES (1, 'x', 4);
-- keeps: SELECT id, x FROM u

-- pair: type of a typed table is replaced
-- from:
CREATE TYPE row_of AS (id int, x text, y int);
CREATE TABLE t OF row_of (PRIMARY KEY (id));
CREATE TABLE p (id int, r row_of);
-- to:
CREATE TYPE row_of AS (id int, x text, y bigint);
CREATE TABLE t OF row_of (PRIMARY KEY (id));
CREATE TABLE p (id int, r row_of);
-- rows:
INSERT INTO t VALUES (1, 'x', 2);
INSERT INTO p VALUES (1, ROW(1, 'y', 3));
-- keeps: SELECT t.*, (r).id, (r).x, (r).y FROM t, p

-- pair: table gets a type and another loses its
-- from:
CREATE TYPE row_of AS (id int, x text);
CREATE TABLE t OF row_of;
CREATE TABLE u (id int);
CREATE TABLE w OF row_of;
-- to:
CREATE TYPE row_of AS (id int, x text);
CREATE TYPE other AS (id int, x text, y int);
CREATE TABLE t (id int, x text, y int DEFAULT 4);
CREATE TABLE u OF row_of (PRIMARY KEY (id));
CREATE TABLE w OF other;
-- rows:
INSERT INTO t VALUES (1, 'x');
INSERT INTO u VALUES (1);
INSERT INTO w VALUES (1, 'x');
-- keeps: SELECT t.id, t.x, u.id, w.x FROM t, u, w

-- pair: typed table with all that hangs on it is retyped
-- from:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE TYPE row_of AS (id int, m mood, x text);
CREATE TABLE t OF row_of (PRIMARY KEY (id), m DEFAULT 'low', CHECK (x <> ''));
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f(row_of) RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TYPE row_of AS (id int, m mood, x int);
CREATE TABLE t OF row_of (PRIMARY KEY (id), m DEFAULT 'low', CHECK (x <> 0));
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f(row_of) RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
-- rows:
INSERT INTO t VALUES (1, 'high', '7');
-- keeps: SELECT id, m, x::text FROM t

-- pair: typed table's attributes change places
-- asks: attribute order
-- asks back: attribute order
-- from:
CREATE TYPE row_of AS (id int, x text);
CREATE TABLE t OF row_of;
-- to:
CREATE TYPE row_of AS (x text, id int);
CREATE TABLE t OF row_of;

-- pair: a table that inherits what its parent loses first
-- from:
CREATE TABLE base (id int, note text, CONSTRAINT noted CHECK (note <> ''));
CREATE TABLE leaf (id int);
-- to:
CREATE TABLE base (id int);
CREATE TABLE leaf (id int) INHERITS (base);
-- rows:
INSERT INTO leaf VALUES (1);
-- rows back:
INSERT INTO leaf VALUES (1);
-- keeps: SELECT * FROM leaf

-- pair: other parents, and columns that stay inherited
-- from:
CREATE TABLE alive (id int NOT NULL, born date);
CREATE TABLE named (name text);
CREATE TABLE dog (tail bool) INHERITS (alive, named);
-- to:
CREATE TABLE alive (id int NOT NULL, born date);
CREATE TABLE named (name text, nick text NOT NULL DEFAULT '');
CREATE TABLE called (name text, CONSTRAINT said CHECK (name <> ''));
ALTER TABLE called DROP CONSTRAINT said;
CREATE TABLE dog (tail bool) INHERITS (alive, called);
-- rows:
INSERT INTO dog VALUES (1, '2020-01-01', 'Rex', true);
-- rows back:
INSERT INTO dog VALUES (1, '2020-01-01', 'Rex', true);
-- keeps: SELECT * FROM dog
