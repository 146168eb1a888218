-- Equal schemas with different spelling: no change

-- pair: names of types
-- same
-- from:
CREATE TABLE t (a varchar(5), b int4, c bool, d float8, e timestamptz, f decimal(5,2), g char(3), h bit, i varchar, j int[]);
-- to:
CREATE TABLE t (a character varying(5), b integer, c boolean, d double precision, e timestamp with time zone, f numeric(5,2), g character(3), h bit(1), i character varying, j integer ARRAY);

-- pair: IN and = ANY
-- same
-- from:
CREATE TABLE t (a text CHECK (a IN ('x', 'y')));
-- to:
CREATE TABLE t (a text CHECK (a = ANY (ARRAY['x', 'y'])));

-- pair: BETWEEN
-- same
-- from:
CREATE TABLE t (a int CHECK (a BETWEEN 1 AND 5));
-- to:
CREATE TABLE t (a int CHECK (((a >= 1) AND (a <= 5))));

-- pair: casts
-- same
-- from:
CREATE TABLE t (a text DEFAULT 'x', b date DEFAULT '2026-01-01', c numeric DEFAULT 1, d jsonb DEFAULT '{}', e text[] DEFAULT '{}');
-- to:
CREATE TABLE t (a text DEFAULT 'x'::text, b date DEFAULT CAST('2026-01-01' AS date), c numeric DEFAULT (1), d jsonb DEFAULT '{}'::jsonb, e text[] DEFAULT '{}'::text[]);

-- pair: booleans
-- same
-- from:
CREATE TABLE t (a bool DEFAULT true, b bool DEFAULT 'f', CHECK (a IS TRUE));
-- to:
CREATE TABLE t (a bool DEFAULT 't'::bool, b bool DEFAULT false, CHECK ((a IS TRUE)));

-- pair: serial
-- same
-- from:
CREATE TABLE t (id serial PRIMARY KEY);
-- to:
CREATE SEQUENCE t_id_seq AS integer;
CREATE TABLE t (id integer NOT NULL DEFAULT nextval('t_id_seq'::regclass), CONSTRAINT t_pkey PRIMARY KEY (id));
ALTER SEQUENCE public.t_id_seq OWNED BY public.t.id;

-- pair: constraints at columns and tables
-- same
-- from:
CREATE TABLE up (id int PRIMARY KEY, a int UNIQUE NOT NULL CHECK (a > 0));
CREATE TABLE down (u int REFERENCES up ON DELETE NO ACTION);
-- to:
CREATE TABLE up (id int, a int, CONSTRAINT up_pkey PRIMARY KEY (id), CONSTRAINT up_a_key UNIQUE (a), CONSTRAINT up_a_check CHECK (a > 0));
ALTER TABLE up ALTER a SET NOT NULL;
CREATE TABLE down (u int NULL, CONSTRAINT down_u_fkey FOREIGN KEY (u) REFERENCES up (id) MATCH SIMPLE NOT DEFERRABLE);

-- pair: defaults spelled out
-- same
-- from:
CREATE SEQUENCE s;
CREATE INDEX i ON pg_temp_like (a);
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT 1 AS a;
-- both:
CREATE TABLE pg_temp_like (a int);
-- to:
CREATE SEQUENCE s AS bigint START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 NO CYCLE OWNED BY NONE;
CREATE INDEX i ON pg_temp_like USING btree (a int4_ops ASC NULLS LAST);
CREATE OR REPLACE FUNCTION f(IN a integer) RETURNS integer VOLATILE CALLED ON NULL INPUT SECURITY INVOKER COST 100 LANGUAGE 'sql' AS $x$SELECT 1$x$;
CREATE VIEW v (a) AS SELECT 1;

-- pair: views
-- same
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT * FROM t WHERE a IN (1, 2) AND b LIKE 'x%' ORDER BY 1;
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT public.t.a, t.b FROM public.t WHERE ((a = ANY (ARRAY[1, 2])) AND (b ~~ 'x%'::text)) ORDER BY t.a ASC;

-- pair: time and user functions
-- same
-- from:
CREATE TABLE t (a timestamptz DEFAULT CURRENT_TIMESTAMP, b text DEFAULT CURRENT_USER, c date DEFAULT CURRENT_DATE);
-- to:
CREATE TABLE t (a timestamptz DEFAULT current_timestamp, b text DEFAULT current_user, c date DEFAULT (current_date));

-- pair: IS DISTINCT FROM, COALESCE, CASE
-- same
-- from:
CREATE TABLE t (a int, b int, CHECK (a IS NOT DISTINCT FROM b), CHECK (coalesce(a, 0) <> CASE a WHEN 1 THEN 2 ELSE 3 END));
-- to:
CREATE TABLE t (a int, b int, CHECK (NOT (a IS DISTINCT FROM b)), CHECK (COALESCE(a, 0) != (CASE a WHEN 1 THEN 2 ELSE 3 END)));

-- pair: order of grants and options
-- same
-- from:
CREATE TABLE t (a int) WITH (fillfactor = 70, autovacuum_enabled = off);
GRANT SELECT, INSERT ON t TO diff_reader;
GRANT SELECT ON t TO diff_writer;
-- to:
CREATE TABLE t (a int) WITH (autovacuum_enabled = off, fillfactor = 70);
GRANT SELECT ON t TO diff_writer;
GRANT INSERT ON t TO diff_reader;
GRANT SELECT ON t TO diff_reader;

-- pair: grants that are implicit
-- same
-- from:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE mood AS ENUM ();
-- to:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE mood AS ENUM ();
GRANT EXECUTE ON FUNCTION f TO PUBLIC;
GRANT USAGE ON TYPE mood TO PUBLIC;
GRANT ALL ON t TO CURRENT_USER;

-- pair: dropped columns and another order of creation
-- same
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
-- to:
CREATE TABLE t (a int, x int);
ALTER TABLE t DROP x, ADD b int;
CREATE INDEX t_b ON t (b);
CREATE INDEX t_a ON t (a);

-- pair: objects created and renamed
-- same
-- from:
CREATE TABLE t (a int PRIMARY KEY, b int);
CREATE VIEW v AS SELECT b FROM t;
-- to:
CREATE TABLE s (c int CONSTRAINT t_pkey PRIMARY KEY, b int);
CREATE VIEW v AS SELECT b FROM s;
ALTER TABLE s RENAME TO t;
ALTER TABLE t RENAME c TO a;

-- pair: quoting and case
-- same
-- from:
CREATE TABLE t (abc int, "Def" int);
-- to:
CREATE TABLE "t" ("abc" int, "Def" int);
COMMENT ON TABLE T IS NULL;

-- pair: search_path
-- same
-- from:
CREATE SCHEMA s;
CREATE TABLE s.t (a int PRIMARY KEY);
CREATE VIEW s.v AS SELECT a FROM s.t;
-- to:
CREATE SCHEMA s;
SET search_path = s;
CREATE TABLE t (a int PRIMARY KEY);
CREATE VIEW v AS SELECT a FROM t;
RESET search_path;

-- pair: policies and triggers
-- same
-- from:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE POLICY p ON t USING (a IN (1, 2));
CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t FOR EACH ROW WHEN (NEW.a > 0) EXECUTE PROCEDURE f();
-- to:
CREATE TABLE t (a int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE POLICY p ON t AS PERMISSIVE FOR ALL TO PUBLIC USING (a = ANY (ARRAY[1, 2]));
CREATE TRIGGER g BEFORE UPDATE OR INSERT ON public.t FOR ROW WHEN ((NEW.a > 0)) EXECUTE FUNCTION public.f();

-- pair: CREATE SCHEMA with its contents
-- same
-- from:
CREATE SCHEMA s;
CREATE TABLE s.t (a int);
CREATE VIEW s.v AS SELECT a FROM s.t;
GRANT SELECT ON s.v TO diff_reader;
-- to:
CREATE SCHEMA s CREATE VIEW v AS SELECT a FROM t CREATE TABLE t (a int) GRANT SELECT ON v TO diff_reader;

-- pair: LIKE and partitions
-- same
-- from:
CREATE TABLE a (x int NOT NULL DEFAULT 1, y text);
CREATE TABLE b (x int NOT NULL DEFAULT 1, y text);
CREATE TABLE m (a int) PARTITION BY RANGE (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (5);
-- to:
CREATE TABLE a (x int NOT NULL DEFAULT 1, y text);
CREATE TABLE b (LIKE a INCLUDING DEFAULTS);
CREATE TABLE m (a int) PARTITION BY RANGE (a);
CREATE TABLE m1 (a int);
ALTER TABLE m ATTACH PARTITION m1 FOR VALUES FROM (1 + 0) TO ('5');

-- pair: strings and intervals
-- same
-- from:
CREATE TABLE t (a text DEFAULT E'it''s\\', b interval DEFAULT '1 day', c timestamptz DEFAULT now() - interval '90 minutes');
-- to:
CREATE TABLE t (a text DEFAULT $$it's\$$, b interval DEFAULT INTERVAL '24:00:00' + '-24:00:00' + '1 day', c timestamptz DEFAULT now() - '01:30:00'::interval);
ALTER TABLE t ALTER b SET DEFAULT interval '1 day';

-- pair: IN with a varchar, as pg_dump writes it
-- from:
CREATE TABLE t (a varchar(10) CONSTRAINT c CHECK (a IN ('x', 'y''[,]')), b int);
CREATE INDEX t_a ON t (a) WHERE a IN ('x', 'z');
CREATE VIEW v AS SELECT a FROM t WHERE a IN ('x', 'z') AND a NOT IN ('p', 'q');
-- to:
CREATE TABLE t (a varchar(10) CONSTRAINT c CHECK (a IN ('x', 'y''[,]')), b bigint, d varchar(3) CONSTRAINT d CHECK (d IN ('x', 'y')));
CREATE INDEX t_a ON t (a) WHERE a IN ('x', 'z');
CREATE INDEX t_d ON t (d) WHERE d NOT IN ('x', 'z');
CREATE VIEW v AS SELECT a FROM t WHERE a IN ('x', 'z') AND a NOT IN ('p', 'q');
CREATE VIEW w AS SELECT d FROM t WHERE d IN ('x', 'z');
