-- Schemas, extensions, names

-- pair: created with tables
-- from:
-- to:
CREATE SCHEMA app AUTHORIZATION diff_owner;
CREATE TABLE app.t (id int PRIMARY KEY);
COMMENT ON SCHEMA app IS 'app';

-- pair: created empty
-- from:
CREATE TABLE t ();
-- to:
CREATE TABLE t ();
CREATE SCHEMA empty;

-- pair: dropped with its contents
-- from:
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('low');
CREATE TABLE app.t (id int PRIMARY KEY, m app.mood);
CREATE VIEW app.v AS SELECT * FROM app.t;
CREATE TABLE t (id int);
-- to:
CREATE TABLE t (id int);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT id FROM t

-- pair: references between schemas
-- from:
CREATE SCHEMA a;
CREATE TABLE a.t (id int PRIMARY KEY);
-- to:
CREATE SCHEMA a;
CREATE SCHEMA b;
CREATE TABLE a.t (id int PRIMARY KEY, u int);
CREATE TABLE b.u (id int PRIMARY KEY, t int REFERENCES a.t);
ALTER TABLE a.t ADD CONSTRAINT to_u FOREIGN KEY (u) REFERENCES b.u;
CREATE VIEW a.v AS SELECT u.id FROM b.u;
CREATE VIEW b.v AS SELECT v.id FROM a.v;
CREATE TYPE b.mood AS ENUM ('low');
CREATE FUNCTION a.f(b.mood DEFAULT 'low') RETURNS b.u LANGUAGE sql AS 'SELECT * FROM b.u';
-- rows:
INSERT INTO a.t VALUES (1);
-- keeps: SELECT id FROM a.t

-- pair: equal names in several schemas
-- from:
CREATE SCHEMA a;
CREATE SCHEMA b;
CREATE TABLE a.t (id int PRIMARY KEY, x int);
CREATE TABLE b.t (id int PRIMARY KEY, x int);
CREATE INDEX t_x ON a.t (x);
CREATE INDEX t_x ON b.t (x);
-- to:
CREATE SCHEMA a;
CREATE SCHEMA b;
CREATE TABLE a.t (id int PRIMARY KEY, x bigint);
CREATE TABLE b.t (id int PRIMARY KEY, x int, y int);
CREATE TABLE public.t (id int PRIMARY KEY);
CREATE INDEX t_x ON a.t (x);
CREATE INDEX t_x ON b.t (x, y);
-- rows:
INSERT INTO a.t VALUES (1, 1);
INSERT INTO b.t VALUES (1, 2);
-- keeps: SELECT a.t.x, b.t.x FROM a.t, b.t

-- pair: renamed with a hint
-- from:
CREATE SCHEMA one;
CREATE TABLE one.t (id int PRIMARY KEY);
CREATE VIEW one.v AS SELECT id FROM one.t;
-- to:
CREATE SCHEMA two;
CREATE TABLE two.t (id int PRIMARY KEY);
CREATE VIEW two.v AS SELECT id FROM two.t;
-- renames: {"one": "two"}
-- rows:
INSERT INTO one.t VALUES (1);
-- keeps: SELECT id FROM one.v
-- keeps to: SELECT id FROM two.v

-- pair: table moved
-- from:
CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TABLE one.t (id serial PRIMARY KEY);
CREATE TYPE two.x AS ENUM ();
-- to:
CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TABLE two.t (id serial PRIMARY KEY);
CREATE TYPE two.x AS ENUM ();

-- pair: owner
-- from:
CREATE SCHEMA app;
CREATE TABLE app.t ();
-- to:
CREATE SCHEMA app AUTHORIZATION diff_owner;
CREATE TABLE app.t ();

-- pair: odd identifiers
-- from:
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order" ("id" int PRIMARY KEY, "we""ird" text, "select" int);
-- to:
CREATE SCHEMA "My Schema";
CREATE TABLE "My Schema"."Order" ("id" bigint PRIMARY KEY, "we""ird" text DEFAULT 'x"y', "select" int NOT NULL CONSTRAINT "check" CHECK ("select" > 0), "größe" numeric, "a.b" int, "'" int);
CREATE INDEX "Index 1" ON "My Schema"."Order" ("we""ird", "größe");
CREATE VIEW "My Schema"."user" AS SELECT "a.b" AS "A" FROM "My Schema"."Order";
COMMENT ON COLUMN "My Schema"."Order"."a.b" IS 'dot';
GRANT SELECT ("größe") ON "My Schema"."Order" TO "diff Odd";
-- rows:
INSERT INTO "My Schema"."Order" VALUES (1, 'x', 3);
-- keeps: SELECT id, "we""ird", "select" FROM "My Schema"."Order"

-- pair: reserved words
-- from:
-- to:
CREATE TABLE "table" ("user" int PRIMARY KEY, "default" text DEFAULT 'd', "check" int, "end" date);
CREATE TYPE "type" AS ENUM ('null');
CREATE FUNCTION "function"("in" int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE SEQUENCE "all" OWNED BY "table"."user";
CREATE VIEW "view" AS SELECT "user", "end" FROM "table";

-- pair: odd identifiers everywhere
-- from:
CREATE TABLE "T 1" ("A" int);
-- to:
CREATE TYPE "E 1" AS ENUM ('a''b');
CREATE DOMAIN "D 1" AS int CONSTRAINT "C 1" CHECK (VALUE > 0);
CREATE TABLE "T 1" ("A" int, "B" "E 1" DEFAULT 'a''b', "C" "D 1"[]);
CREATE FUNCTION "F 1"("X y" "E 1") RETURNS "T 1" LANGUAGE sql AS 'SELECT * FROM "T 1"';
CREATE FUNCTION "G 1"() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "TG 1" BEFORE UPDATE OF "A" ON "T 1" FOR EACH ROW EXECUTE FUNCTION "G 1"();
CREATE RULE "R 1" AS ON DELETE TO "T 1" DO INSTEAD NOTHING;
CREATE POLICY "P 1" ON "T 1" USING ("A" > 0);
CREATE STATISTICS "S 1" ON "A", "B" FROM "T 1";
CREATE SEQUENCE "Q 1" OWNED BY "T 1"."A";
CREATE PUBLICATION "Pub 1" FOR TABLE "T 1" ("A");
CREATE INDEX "I 1" ON "T 1" (("A" + 1));
CREATE MATERIALIZED VIEW "M 1" AS SELECT "A" FROM "T 1";
-- rows:
INSERT INTO "T 1" VALUES (1);
-- keeps: SELECT "A" FROM "T 1"

-- pair: names of 63 bytes
-- from:
CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 (b23456789012345678901234567890123456789012345678901234567890123 int, c int);
-- to:
CREATE TABLE a23456789012345678901234567890123456789012345678901234567890123 (b23456789012345678901234567890123456789012345678901234567890123 bigint NOT NULL UNIQUE, c int REFERENCES a23456789012345678901234567890123456789012345678901234567890123 (b23456789012345678901234567890123456789012345678901234567890123));
CREATE INDEX d23456789012345678901234567890123456789012345678901234567890123 ON a23456789012345678901234567890123456789012345678901234567890123 (c);
-- rows:
INSERT INTO a23456789012345678901234567890123456789012345678901234567890123 VALUES (1);
-- keeps: SELECT count(*) FROM a23456789012345678901234567890123456789012345678901234567890123

-- pair: extension created
-- from:
-- to:
CREATE EXTENSION hstore;
CREATE TABLE t (h hstore DEFAULT '');

-- pair: extension of a column type stays
-- both:
CREATE EXTENSION citext;
-- from:
CREATE TABLE t (a citext);
CREATE INDEX t_a ON t (a);
-- to:
CREATE TABLE t (a citext NOT NULL DEFAULT 'x', b citext[]);
CREATE INDEX t_a ON t (a, b);
-- rows:
INSERT INTO t VALUES ('A');
-- keeps: SELECT a FROM t WHERE a = 'a'

-- pair: column changes to the type of an extension
-- from:
CREATE TABLE t (a text);
-- to:
CREATE EXTENSION citext;
CREATE TABLE t (a citext);
-- rows:
INSERT INTO t VALUES ('A');
-- keeps: SELECT a::text FROM t

-- pair: extension in another schema
-- from:
CREATE SCHEMA ext;
-- to:
CREATE SCHEMA ext;
CREATE EXTENSION pg_trgm SCHEMA ext;
CREATE TABLE t (a text);
CREATE INDEX t_a ON t USING gin (a ext.gin_trgm_ops);
CREATE VIEW v AS SELECT a, ext.similarity(a, 'x') AS s FROM t;

-- pair: extension in another schema stays
-- both:
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
-- from:
CREATE TABLE t (a ext.hstore, b text);
-- to:
CREATE TABLE t (a ext.hstore, b ext.citext);
CREATE FUNCTION f(ext.hstore) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT $1 OPERATOR(ext.->) 'a'$$;
CREATE INDEX t_b ON t (f(a));
-- rows:
INSERT INTO t VALUES ('a=>1', 'B');
-- keeps: SELECT a::text, b::text FROM t

-- pair: extension dropped
-- from:
CREATE EXTENSION hstore;
CREATE TABLE t (a int, h hstore);
-- to:
CREATE TABLE t (a int);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: functions of an extension in defaults and checks
-- both:
CREATE EXTENSION pgcrypto;
-- from:
CREATE TABLE t (id int);
-- to:
CREATE TABLE t (id int, salt text DEFAULT gen_salt('md5'), hash bytea GENERATED ALWAYS AS (digest(id::text, 'sha1')) STORED);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT id FROM t

-- pair: exclusion with btree_gist
-- both:
CREATE EXTENSION btree_gist;
-- from:
CREATE TABLE booking (room int, during tsrange);
-- to:
CREATE TABLE booking (room int, during tsrange, CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) DEFERRABLE);
-- rows:
INSERT INTO booking VALUES (1, '[2026-01-01,2026-01-02)');
-- keeps: SELECT * FROM booking

-- pair: all objects dropped
-- from:
CREATE SCHEMA app;
CREATE EXTENSION citext SCHEMA app;
CREATE TYPE app.mood AS ENUM ('low', 'high');
CREATE DOMAIN app.d AS app.citext CHECK (VALUE <> '');
CREATE TABLE app.a (id serial PRIMARY KEY, m app.mood DEFAULT 'low', n app.d);
CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a);
ALTER TABLE app.a ADD b int REFERENCES app.b;
CREATE FUNCTION app.f() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM app.a; END;
ALTER TABLE app.b ADD n bigint DEFAULT app.f();
CREATE VIEW app.v AS SELECT m, app.f() FROM app.a;
CREATE MATERIALIZED VIEW mv AS SELECT * FROM app.v;
CREATE INDEX mv_m ON mv (m);
-- to:

-- pair: search_path and settings of functions
-- from:
CREATE SCHEMA app;
CREATE TABLE app.t (a int);
-- to:
CREATE SCHEMA app;
CREATE TABLE app.t (a int);
CREATE FUNCTION app.n() RETURNS bigint LANGUAGE sql SET search_path = app, "My Path" AS 'SELECT count(*) FROM t';
