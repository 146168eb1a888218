-- Several changes at once, as in the life of an application

-- pair: shop 1, the first version
-- from:
-- to:
CREATE EXTENSION citext;
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN email AS citext CHECK (VALUE ~ '^[^@]+@[^@]+$');
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail email NOT NULL UNIQUE, name text NOT NULL, since timestamptz NOT NULL DEFAULT now());
CREATE TABLE product (id serial PRIMARY KEY, sku text NOT NULL UNIQUE, price numeric(10,2) NOT NULL CHECK (price >= 0), tags text[] NOT NULL DEFAULT '{}');
CREATE INDEX product_tags ON product USING gin (tags);
CREATE TABLE purchase (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE RESTRICT, state order_state NOT NULL DEFAULT 'new', at timestamptz NOT NULL DEFAULT now());
CREATE INDEX purchase_open ON purchase (customer_id) WHERE state <> 'sent';
CREATE TABLE line (purchase_id bigint REFERENCES purchase ON DELETE CASCADE, product_id int REFERENCES product, n int NOT NULL CHECK (n > 0), PRIMARY KEY (purchase_id, product_id));
CREATE VIEW total AS SELECT purchase_id, sum(n * price) AS total FROM line JOIN product p ON p.id = product_id GROUP BY 1;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.at := now(); RETURN NEW; END$$;
CREATE TRIGGER touch BEFORE UPDATE ON purchase FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION touch();
GRANT SELECT ON customer, product, purchase, line, total TO diff_reader;
COMMENT ON TABLE customer IS 'who buys';

-- pair: shop 2, with more tables
-- from:
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent');
CREATE TABLE customer (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE product (id serial PRIMARY KEY, sku text NOT NULL UNIQUE, price numeric(8,2) NOT NULL);
CREATE TABLE purchase (id serial PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, state order_state NOT NULL DEFAULT 'new');
CREATE INDEX purchase_customer ON purchase (customer_id);
CREATE TABLE line (purchase_id int REFERENCES purchase, product_id int REFERENCES product, n int NOT NULL, PRIMARY KEY (purchase_id, product_id));
CREATE VIEW total AS SELECT purchase_id, sum(n * price) AS total FROM line JOIN product p ON p.id = product_id GROUP BY 1;
CREATE VIEW open AS SELECT p.id, t.total FROM purchase p JOIN total t ON t.purchase_id = p.id WHERE p.state = 'new';
GRANT SELECT ON total, open TO diff_reader;
-- to:
CREATE TYPE order_state AS ENUM ('new', 'checked', 'paid', 'sent', 'back');
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL UNIQUE, name text NOT NULL, CONSTRAINT mail_ok CHECK (mail LIKE '%@%'));
CREATE TABLE product (id serial PRIMARY KEY, sku text NOT NULL UNIQUE, price numeric(12,2) NOT NULL CHECK (price >= 0));
CREATE TABLE purchase (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE, state order_state NOT NULL DEFAULT 'checked');
CREATE INDEX purchase_customer ON purchase (customer_id, state);
CREATE TABLE line (purchase_id bigint REFERENCES purchase ON DELETE CASCADE, product_id int REFERENCES product, n int NOT NULL CHECK (n > 0), PRIMARY KEY (purchase_id, product_id));
CREATE VIEW total AS SELECT purchase_id, sum(n * price) AS total FROM line JOIN product p ON p.id = product_id GROUP BY 1;
CREATE VIEW open AS SELECT p.id, t.total FROM purchase p JOIN total t ON t.purchase_id = p.id WHERE p.state IN ('new', 'checked');
GRANT SELECT ON total, open TO diff_reader;
CREATE TABLE refund (purchase_id bigint PRIMARY KEY REFERENCES purchase, amount numeric(12,2) NOT NULL);
-- rows:
INSERT INTO customer (mail, name) VALUES ('a@b', 'Ada');
INSERT INTO product (sku, price) VALUES ('x', 2.50);
INSERT INTO purchase (customer_id) VALUES (1);
INSERT INTO line VALUES (1, 1, 3);
-- keeps: SELECT * FROM open

-- pair: shop 3, split into schemas
-- from:
CREATE TABLE customer (id int PRIMARY KEY, name text);
CREATE TABLE purchase (id int PRIMARY KEY, customer_id int REFERENCES customer);
CREATE VIEW report AS SELECT name, count(*) FROM customer JOIN purchase ON customer_id = customer.id GROUP BY name;
-- to:
CREATE SCHEMA sales;
CREATE SCHEMA crm AUTHORIZATION diff_owner;
CREATE TABLE crm.customer (id int PRIMARY KEY, name text);
CREATE TABLE sales.purchase (id int PRIMARY KEY, customer_id int REFERENCES crm.customer);
CREATE VIEW report AS SELECT name, count(*) FROM crm.customer JOIN sales.purchase ON customer_id = customer.id GROUP BY name;
GRANT USAGE ON SCHEMA crm, sales TO diff_reader;

-- pair: tenants with row security
-- from:
CREATE TABLE tenant (id int PRIMARY KEY, name text);
CREATE TABLE doc (id int PRIMARY KEY, tenant_id int REFERENCES tenant, body text);
CREATE FUNCTION current_tenant() RETURNS int LANGUAGE sql STABLE AS $$SELECT current_setting('app.tenant', true)::int$$;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON doc USING (tenant_id = current_tenant());
GRANT SELECT ON doc TO diff_reader;
-- to:
CREATE TABLE tenant (id bigint PRIMARY KEY, name text NOT NULL DEFAULT '', plan text);
CREATE TABLE doc (id int PRIMARY KEY, tenant_id bigint NOT NULL REFERENCES tenant ON DELETE CASCADE, body text, search tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(body, ''))) STORED);
CREATE INDEX doc_search ON doc USING gin (search);
CREATE FUNCTION current_tenant() RETURNS bigint LANGUAGE sql STABLE AS $$SELECT current_setting('app.tenant', true)::bigint$$;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON doc USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY read_all ON doc FOR SELECT TO diff_reader USING (true);
GRANT SELECT ON doc TO diff_reader;
GRANT INSERT, UPDATE (body) ON doc TO diff_writer;
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
-- rows:
INSERT INTO tenant VALUES (1, 'x');
INSERT INTO doc VALUES (1, 1, 'hello');
-- keeps: SELECT id, tenant_id, body FROM doc

-- pair: events, partitioned by month
-- from:
CREATE TABLE source (id int PRIMARY KEY);
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, source_id int REFERENCES source, body jsonb, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_01 PARTITION OF event FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
CREATE TABLE event_02 PARTITION OF event FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE INDEX event_at ON event (at);
CREATE VIEW recent AS SELECT id, at, body FROM event WHERE at > now() - interval '1 day';
-- to:
CREATE TABLE source (id int PRIMARY KEY, name text NOT NULL DEFAULT 'unknown');
CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL, source_id int NOT NULL REFERENCES source, body jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_01 (id bigint NOT NULL, at timestamptz NOT NULL, source_id int, body jsonb);
CREATE TABLE event_02 PARTITION OF event FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE event_03 PARTITION OF event FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE INDEX event_at ON event USING brin (at);
CREATE INDEX event_body ON event USING gin (body jsonb_path_ops);
CREATE VIEW recent AS SELECT id, at, body, source_id FROM event WHERE at > now() - interval '7 days';
-- rows:
INSERT INTO source VALUES (1);
INSERT INTO event (at, source_id, body) VALUES ('2026-01-05', 1, '{}'), ('2026-02-05', 1, '{"a": 1}');
-- keeps: SELECT id, source_id, body FROM event_01 UNION ALL SELECT id, source_id, body FROM event_02 ORDER BY 1

-- pair: users, renamed a lot
-- from:
CREATE TYPE role AS ENUM ('user', 'admin');
CREATE TABLE users (id int PRIMARY KEY, login text NOT NULL, pw text, kind role DEFAULT 'user');
CREATE UNIQUE INDEX users_login ON users (lower(login));
CREATE TABLE sessions (token uuid PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);
CREATE VIEW admins AS SELECT id, login FROM users WHERE kind = 'admin';
-- to:
CREATE TYPE account_role AS ENUM ('user', 'staff', 'admin');
CREATE TABLE accounts (id int CONSTRAINT users_pkey PRIMARY KEY, name text NOT NULL, pw text, kind account_role DEFAULT 'staff');
CREATE UNIQUE INDEX users_login ON accounts (lower(name));
CREATE TABLE sessions (token uuid PRIMARY KEY, account_id int CONSTRAINT sessions_user_id_fkey REFERENCES accounts ON DELETE CASCADE, until timestamptz);
CREATE VIEW admins AS SELECT id, name AS login FROM accounts WHERE kind = 'admin';
-- renames: {"public.role": "account_role", "public.users": "accounts", "public.users.login": "name", "public.sessions.user_id": "account_id"}
-- renames back: {"public.account_role": "role", "public.accounts": "users", "public.accounts.name": "login", "public.sessions.account_id": "user_id"}
-- rows:
INSERT INTO users VALUES (1, 'Ada', 'x', 'admin');
INSERT INTO sessions VALUES ('00000000-0000-0000-0000-000000000001', 1);
-- keeps: SELECT * FROM admins

-- pair: audit triggers over everything
-- from:
CREATE TABLE a (id int PRIMARY KEY, x text);
CREATE TABLE b (id int PRIMARY KEY, y int);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION audit();
-- to:
CREATE TABLE a (id int PRIMARY KEY, x varchar(200));
CREATE TABLE b (id bigint PRIMARY KEY, y int);
CREATE TABLE audit_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), who name DEFAULT SESSION_USER, what jsonb);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS 'BEGIN INSERT INTO audit_log (what) VALUES (to_jsonb(NEW)); RETURN NULL; END';
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF x OR DELETE ON a FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit();
CREATE TRIGGER audit AFTER INSERT ON b FOR EACH ROW EXECUTE FUNCTION audit();
ALTER TABLE b ENABLE ALWAYS TRIGGER audit;
REVOKE ALL ON FUNCTION audit() FROM PUBLIC;
-- rows:
INSERT INTO a VALUES (1, 'x');
INSERT INTO b VALUES (1, 2);
-- keeps: SELECT a.id, a.x, b.id, b.y FROM a, b

-- pair: ledger with constraints of every kind
-- from:
CREATE TABLE account (id int PRIMARY KEY, code text, parent int REFERENCES account);
CREATE TABLE entry (id int PRIMARY KEY, debit int REFERENCES account, credit int REFERENCES account, amount numeric);
-- to:
CREATE TABLE account (id int PRIMARY KEY, code text CONSTRAINT account_code UNIQUE DEFERRABLE INITIALLY DEFERRED, parent int CONSTRAINT account_parent REFERENCES account DEFERRABLE, CHECK (parent <> id));
CREATE TABLE entry (id int PRIMARY KEY, debit int NOT NULL REFERENCES account ON DELETE RESTRICT, credit int NOT NULL REFERENCES account ON UPDATE CASCADE, amount numeric(20,4) NOT NULL, CONSTRAINT differ CHECK (debit <> credit) NO INHERIT, CONSTRAINT positive CHECK (amount > 0));
CREATE INDEX entry_debit ON entry (debit) INCLUDE (amount);
CREATE INDEX entry_credit ON entry (credit) INCLUDE (amount);
CREATE MATERIALIZED VIEW balance AS SELECT a.id, sum(CASE WHEN e.debit = a.id THEN -e.amount ELSE e.amount END) AS balance FROM account a JOIN entry e ON a.id IN (e.debit, e.credit) GROUP BY a.id;
CREATE UNIQUE INDEX balance_id ON balance (id);
-- rows:
INSERT INTO account VALUES (1, 'a', NULL), (2, 'b', 1);
INSERT INTO entry VALUES (1, 1, 2, 5.5);
-- keeps: SELECT id, debit, credit, round(amount, 2) FROM entry

-- pair: geography with inheritance, then with partitions
-- own columns stay
-- from:
CREATE TABLE place (id int NOT NULL, name text);
CREATE TABLE city (population int) INHERITS (place);
CREATE TABLE village () INHERITS (place);
CREATE INDEX city_name ON city (name);
-- to:
CREATE TABLE place (id int NOT NULL, name text NOT NULL DEFAULT '');
CREATE TABLE city (population bigint, mayor text) INHERITS (place);
CREATE TABLE village (id int NOT NULL, name text);
CREATE INDEX city_name ON city (name text_pattern_ops);
CREATE TABLE region (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE region_a PARTITION OF region FOR VALUES IN ('a');
-- rows:
INSERT INTO city VALUES (1, 'Ulm', 120000);
INSERT INTO village VALUES (2, 'Bonn');
-- keeps: SELECT id, name, population FROM city UNION ALL SELECT id, name, NULL FROM village ORDER BY 1

-- pair: types everywhere
-- from:
CREATE TYPE unit AS ENUM ('g', 'kg');
CREATE TYPE amount AS (value numeric, unit unit);
CREATE DOMAIN percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE part (id int PRIMARY KEY, w unit DEFAULT 'g', p percent, us unit[]);
CREATE FUNCTION heavy(part) RETURNS bool LANGUAGE sql STABLE AS $$SELECT $1.w = 'kg'$$;
CREATE VIEW heavies AS SELECT id, heavy(part) AS heavy FROM part;
-- to:
CREATE TYPE unit AS ENUM ('mg', 'g', 'kg', 't');
CREATE TYPE amount AS (value numeric(12,3), unit unit, note text);
CREATE DOMAIN percent AS int DEFAULT 0 CHECK (VALUE BETWEEN 0 AND 1000);
CREATE TABLE part (id int PRIMARY KEY, w unit DEFAULT 'mg', p percent NOT NULL, us unit[], a amount);
CREATE FUNCTION heavy(part) RETURNS bool LANGUAGE sql STABLE AS $$SELECT $1.w >= 'kg'$$;
CREATE VIEW heavies AS SELECT id, heavy(part) AS heavy, p FROM part;
-- rows:
INSERT INTO part VALUES (1, 'kg', 5, '{g}');
-- keeps: SELECT id, w, p, us FROM part

-- pair: a legacy schema tidied up
-- from:
CREATE TABLE "Kunde" ("KundeID" serial PRIMARY KEY, "Name" varchar(40), "PLZ" char(5), "Aktiv" int DEFAULT 1);
CREATE TABLE "Auftrag" ("AuftragID" serial PRIMARY KEY, "KundeID" int, "Datum" timestamp);
CREATE INDEX "IX_Auftrag" ON "Auftrag" ("KundeID");
-- to:
CREATE TABLE "Kunde" ("KundeID" serial PRIMARY KEY, "Name" text NOT NULL DEFAULT '', "PLZ" varchar(10), "Aktiv" bigint DEFAULT 1 CHECK ("Aktiv" IN (0, 1)));
CREATE TABLE "Auftrag" ("AuftragID" bigserial PRIMARY KEY, "KundeID" int REFERENCES "Kunde" ON DELETE SET NULL, "Datum" timestamp DEFAULT now());
CREATE INDEX "IX_Auftrag" ON "Auftrag" ("KundeID", "Datum" DESC);
CREATE VIEW "Aktive Kunden" AS SELECT "KundeID", "Name" FROM "Kunde" WHERE "Aktiv" = 1;
COMMENT ON COLUMN "Kunde"."PLZ" IS 'Postleitzahl';
-- rows:
INSERT INTO "Kunde" ("Name", "PLZ") VALUES ('Müller', '12345');
INSERT INTO "Auftrag" ("KundeID") VALUES (1);
-- keeps: SELECT k."KundeID", "Name", "PLZ", "AuftragID" FROM "Kunde" k JOIN "Auftrag" USING ("KundeID")

-- pair: functions, views and tables in a long chain
-- from:
CREATE TABLE t0 (a int);
CREATE VIEW v1 AS SELECT a FROM t0;
CREATE FUNCTION f2() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM v1; END;
CREATE TABLE t3 (n bigint DEFAULT f2());
CREATE VIEW v4 AS SELECT n FROM t3;
CREATE FUNCTION f5() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT sum(n) FROM v4; END;
CREATE TABLE t6 (n bigint DEFAULT f5(), CHECK (n >= 0));
CREATE MATERIALIZED VIEW m7 AS SELECT n, f5() FROM t6;
-- to:
CREATE TABLE t0 (a text);
CREATE VIEW v1 AS SELECT a, length(a) AS l FROM t0;
CREATE FUNCTION f2() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT sum(l) FROM v1; END;
CREATE TABLE t3 (n numeric DEFAULT f2());
CREATE VIEW v4 AS SELECT n FROM t3;
CREATE FUNCTION f5() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT sum(n) FROM v4; END;
CREATE TABLE t6 (n numeric DEFAULT f5(), CHECK (n >= 0));
CREATE MATERIALIZED VIEW m7 AS SELECT n, f5() FROM t6;
CREATE INDEX m7_n ON m7 (n);
-- rows:
INSERT INTO t0 VALUES (1);
INSERT INTO t3 VALUES (5);
INSERT INTO t6 VALUES (6);
-- keeps: SELECT a::text, t3.n, t6.n FROM t0, t3, t6

-- pair: queue with partial indexes and unlogged side tables
-- from:
CREATE TABLE job (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'ready', payload json, run_at timestamp);
CREATE INDEX job_ready ON job (run_at) WHERE state = 'ready';
CREATE TABLE worker (id int PRIMARY KEY, seen timestamptz);
-- to:
CREATE TYPE job_state AS ENUM ('ready', 'running', 'done');
CREATE TABLE job (id bigserial PRIMARY KEY, state job_state NOT NULL DEFAULT 'ready', payload jsonb, run_at timestamp, attempts int NOT NULL DEFAULT 0) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX job_ready ON job (run_at, id) WHERE state = 'ready';
CREATE INDEX job_running ON job (run_at) WHERE state = 'running';
CREATE UNLOGGED TABLE worker (id int PRIMARY KEY, seen timestamptz, job_id bigint);
-- rows:
INSERT INTO job (state, payload) VALUES ('ready', '{"a":1}'), ('done', NULL);
INSERT INTO worker VALUES (1, NULL);
-- keeps: SELECT id, state::text, payload::jsonb FROM job ORDER BY id

-- pair: privileges reworked
-- from:
CREATE SCHEMA app;
CREATE TABLE app.t (id serial PRIMARY KEY, secret text, public_note text);
CREATE VIEW app.v AS SELECT id, public_note FROM app.t;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT ALL ON SCHEMA app TO PUBLIC;
GRANT ALL ON app.t, app.v TO PUBLIC;
GRANT ALL ON SEQUENCE app.t_id_seq TO PUBLIC;
-- to:
CREATE SCHEMA app AUTHORIZATION diff_owner;
CREATE TABLE app.t (id serial PRIMARY KEY, secret text, public_note text);
ALTER TABLE app.t OWNER TO diff_owner;
CREATE VIEW app.v WITH (security_barrier = true) AS SELECT id, public_note FROM app.t;
ALTER VIEW app.v OWNER TO diff_owner;
CREATE FUNCTION app.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
ALTER FUNCTION app.f() OWNER TO diff_owner;
REVOKE ALL ON FUNCTION app.f() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.f() TO diff_reader;
GRANT USAGE ON SCHEMA app TO diff_reader, diff_writer;
GRANT SELECT (id, public_note) ON app.t TO diff_reader;
GRANT SELECT, INSERT, UPDATE ON app.t TO diff_writer;
GRANT SELECT ON app.v TO diff_reader WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE app.t_id_seq TO diff_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE diff_owner IN SCHEMA app GRANT SELECT ON TABLES TO diff_reader;
-- rows:
INSERT INTO app.t (secret) VALUES ('x');
-- keeps: SELECT id, secret FROM app.t

-- pair: search over documents
-- from:
CREATE TABLE doc (id int PRIMARY KEY, title text, body text);
CREATE INDEX doc_body ON doc USING gin (to_tsvector('english', body));
-- to:
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = english);
ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE doc (id int PRIMARY KEY, title text COLLATE any_case UNIQUE, body text NOT NULL, lang text DEFAULT 'en');
CREATE INDEX doc_body ON doc USING gin (to_tsvector('plain', body));
CREATE INDEX doc_trgm ON doc USING gist (body gist_trgm_ops);
CREATE STATISTICS doc_stat (dependencies) ON title, lang FROM doc;
-- rows:
INSERT INTO doc VALUES (1, 'One', 'first');
-- keeps: SELECT id, title COLLATE "C", body FROM doc

-- pair: everything in one table changes
-- column order differs
-- from:
CREATE TABLE t (a int, b varchar(10) NOT NULL DEFAULT 'x', c text COLLATE "C", d int GENERATED ALWAYS AS (a * 2) STORED, e serial, f int, CONSTRAINT k PRIMARY KEY (a), CONSTRAINT u UNIQUE (b), CONSTRAINT c CHECK (f > 0)) WITH (fillfactor = 90);
CREATE INDEX i ON t (c, f);
ALTER TABLE t CLUSTER ON i;
ALTER TABLE t REPLICA IDENTITY FULL;
COMMENT ON TABLE t IS 'one';
GRANT SELECT ON t TO diff_reader;
-- to:
CREATE UNLOGGED TABLE t (a bigint, b text DEFAULT 'y', c text, d bigint GENERATED ALWAYS AS (a * 3) STORED, e bigint GENERATED BY DEFAULT AS IDENTITY, g date, CONSTRAINT k PRIMARY KEY (a, e), CONSTRAINT u UNIQUE NULLS NOT DISTINCT (b, c), CONSTRAINT c CHECK (a > 0)) WITH (fillfactor = 80, parallel_workers = 2);
CREATE INDEX i ON t (c COLLATE "C", g DESC) WHERE a > 0;
ALTER TABLE t CLUSTER ON u;
ALTER TABLE t REPLICA IDENTITY USING INDEX k;
ALTER TABLE t ALTER c SET STORAGE EXTERNAL;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE t IS 'two';
COMMENT ON COLUMN t.g IS 'g';
GRANT SELECT (a, g), INSERT ON t TO diff_writer;
ALTER TABLE t OWNER TO diff_owner;
-- rows:
INSERT INTO t (a, b, c, f) VALUES (1, 'p', 'q', 3);
-- keeps: SELECT a, b, c, e FROM t

-- pair: one schema to a very different one
-- from:
CREATE TYPE color AS ENUM ('red');
CREATE TABLE car (id serial PRIMARY KEY, color color);
CREATE VIEW cars AS SELECT * FROM car;
CREATE FUNCTION paint(car) RETURNS color LANGUAGE sql AS 'SELECT $1.color';
CREATE PUBLICATION diff_cars FOR TABLE car;
-- to:
CREATE SCHEMA zoo;
CREATE DOMAIN color AS text;
CREATE TABLE zoo.animal (name text PRIMARY KEY, color color) PARTITION BY HASH (name);
CREATE TABLE zoo.animal0 PARTITION OF zoo.animal FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE SEQUENCE car;
CREATE MATERIALIZED VIEW cars AS SELECT name FROM zoo.animal;
CREATE PROCEDURE paint(zoo.animal) LANGUAGE sql AS '';

-- pair: wide table
-- from:
CREATE TABLE wide (c01 int, c02 int, c03 int, c04 int, c05 int, c06 text, c07 text, c08 text, c09 text, c10 text, c11 date, c12 date, c13 numeric, c14 numeric, c15 bool, c16 bool, c17 json, c18 json, c19 uuid, c20 uuid);
-- to:
CREATE TABLE wide (c01 bigint, c02 int NOT NULL DEFAULT 0, c03 numeric, c04 int UNIQUE, c05 int DEFAULT 5, c06 varchar(50), c07 text NOT NULL DEFAULT '', c08 text COLLATE "C", c09 text CHECK (c09 <> 'no'), c10 text, c11 timestamp, c12 date DEFAULT CURRENT_DATE, c13 numeric(10,2), c14 numeric, c15 bool DEFAULT false, c16 bool NOT NULL DEFAULT true, c17 jsonb, c18 json, c19 uuid DEFAULT gen_random_uuid(), c20 text);
CREATE INDEX wide_1 ON wide (c01, c02);
CREATE INDEX wide_2 ON wide USING gin (c17);
-- rows:
INSERT INTO wide VALUES (1, 2, 3, 4, 5, '6', '7', '8', '9', '10', '2026-01-11', '2026-01-12', 13, 14, true, false, '{}', '{}', NULL, '00000000-0000-0000-0000-000000000020');
-- keeps: SELECT c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11::date, c12, round(c13), c14, c15, c16, c17::jsonb, c18::text, c20::text FROM wide

-- pair: twenty tables
-- from:
CREATE TABLE t01 (id int PRIMARY KEY); CREATE TABLE t02 (id int PRIMARY KEY, r int REFERENCES t01); CREATE TABLE t03 (id int PRIMARY KEY, r int REFERENCES t02);
CREATE TABLE t04 (id int PRIMARY KEY, r int REFERENCES t03); CREATE TABLE t05 (id int PRIMARY KEY, r int REFERENCES t04); CREATE TABLE t06 (id int PRIMARY KEY, r int REFERENCES t05);
CREATE TABLE t07 (id int PRIMARY KEY); CREATE TABLE t08 (id int PRIMARY KEY, a int); CREATE TABLE t09 (id int PRIMARY KEY, a int); CREATE TABLE t10 (id int PRIMARY KEY, a int);
CREATE VIEW w1 AS SELECT t01.id, t02.r FROM t01 JOIN t02 ON r = t01.id;
CREATE VIEW w2 AS SELECT w1.id, t08.a FROM w1 JOIN t08 USING (id);
-- to:
CREATE TABLE t01 (id bigint PRIMARY KEY); CREATE TABLE t02 (id bigint PRIMARY KEY, r bigint REFERENCES t01); CREATE TABLE t03 (id bigint PRIMARY KEY, r bigint REFERENCES t02);
CREATE TABLE t04 (id bigint PRIMARY KEY, r bigint REFERENCES t03); CREATE TABLE t05 (id int PRIMARY KEY); CREATE TABLE t06 (id int PRIMARY KEY, r int REFERENCES t05 ON DELETE CASCADE);
CREATE TABLE t08 (id int PRIMARY KEY, a int NOT NULL DEFAULT 1); CREATE TABLE t09 (id int PRIMARY KEY, a text); CREATE TABLE t10 (id int PRIMARY KEY, a int UNIQUE);
CREATE TABLE t11 (id int PRIMARY KEY, r bigint REFERENCES t04); CREATE TABLE t12 (LIKE t11 INCLUDING ALL); CREATE TABLE t13 () INHERITS (t12);
CREATE TABLE t14 (id int) PARTITION BY LIST (id); CREATE TABLE t15 PARTITION OF t14 DEFAULT; CREATE TABLE t16 (id int REFERENCES t10 (a));
CREATE VIEW w1 AS SELECT t01.id, t02.r FROM t01 JOIN t02 ON r = t01.id;
CREATE VIEW w2 AS SELECT w1.id, t08.a, w1.r FROM w1 JOIN t08 USING (id);
CREATE VIEW w3 AS SELECT w2.*, t14.id AS t14 FROM w2 CROSS JOIN t14;
-- rows:
INSERT INTO t01 VALUES (1); INSERT INTO t02 VALUES (1, 1); INSERT INTO t03 VALUES (1, 1); INSERT INTO t04 VALUES (1, 1); INSERT INTO t08 VALUES (1, 1); INSERT INTO t09 VALUES (1, 5);
-- keeps: SELECT w2.id, w2.a, t09.a::text, t04.r FROM w2, t09, t04

-- pair: blog
-- from:
CREATE TABLE author (id int PRIMARY KEY, name text);
CREATE TABLE post (id int PRIMARY KEY, author_id int REFERENCES author, title text, body text, published bool DEFAULT false, tags text);
CREATE INDEX post_author ON post (author_id);
CREATE FUNCTION slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT lower(replace($1, ' ', '-'))$$;
CREATE UNIQUE INDEX post_slug ON post (slug(title));
CREATE VIEW front AS SELECT p.id, title, name FROM post p JOIN author a ON a.id = author_id WHERE published;
-- to:
CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL DEFAULT 'anonymous', bio text);
CREATE TABLE post (id int PRIMARY KEY, author_id int NOT NULL REFERENCES author ON DELETE CASCADE, title text NOT NULL, body text, published bool NOT NULL DEFAULT false, tags text[]);
CREATE INDEX post_author ON post (author_id) WHERE published;
CREATE FUNCTION slug(title text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$SELECT lower(regexp_replace($1, '\W+', '-', 'g'))$$;
CREATE UNIQUE INDEX post_slug ON post (slug(title));
CREATE TABLE comment (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, post_id int REFERENCES post ON DELETE CASCADE, up bigint REFERENCES comment, body text NOT NULL);
CREATE VIEW front AS SELECT p.id, title, name, (SELECT count(*) FROM comment c WHERE c.post_id = p.id) AS comments FROM post p JOIN author a ON a.id = author_id WHERE published;
-- column order differs
-- rows:
INSERT INTO author VALUES (1, 'Ada');
INSERT INTO post VALUES (1, 1, 'Hello World', 'x', true);
-- keeps: SELECT id, title, name FROM front

-- pair: measurements
-- from:
CREATE TABLE sensor (id smallint PRIMARY KEY, unit text);
CREATE TABLE reading (sensor_id smallint REFERENCES sensor, at timestamptz, value real);
CREATE INDEX reading_at ON reading (sensor_id, at);
CREATE AGGREGATE total(real) (SFUNC = float4pl, STYPE = real, INITCOND = '0');
CREATE VIEW sums AS SELECT sensor_id, total(value) FROM reading GROUP BY 1;
-- to:
CREATE TABLE sensor (id int PRIMARY KEY, unit text DEFAULT 'C', place point);
CREATE TABLE reading (sensor_id int REFERENCES sensor, at timestamptz NOT NULL, value double precision) WITH (autovacuum_enabled = off);
CREATE INDEX reading_at ON reading USING brin (at) WITH (pages_per_range = 16);
CREATE INDEX reading_sensor ON reading (sensor_id, at DESC) INCLUDE (value);
ALTER TABLE reading ALTER sensor_id SET STATISTICS 1000;
CREATE AGGREGATE total(double precision) (SFUNC = float8pl, STYPE = double precision, INITCOND = '0', COMBINEFUNC = float8pl, PARALLEL = SAFE);
CREATE VIEW sums AS SELECT sensor_id, total(value), count(*) FROM reading GROUP BY 1;
CREATE STATISTICS reading_stat ON sensor_id, at FROM reading;
-- rows:
INSERT INTO sensor VALUES (1, 'C');
INSERT INTO reading VALUES (1, '2026-01-01 00:00+00', 1.5);
-- keeps: SELECT sensor_id, value FROM reading

-- pair: replication set up
-- from:
CREATE TABLE a (id int, x int);
CREATE TABLE b (id int PRIMARY KEY, x int);
CREATE TABLE c (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (1) TO (100);
CREATE PUBLICATION diff_all FOR TABLE a, b;
-- to:
CREATE SCHEMA feed;
CREATE TABLE feed.d (id int PRIMARY KEY);
CREATE TABLE a (id int NOT NULL, x int);
CREATE UNIQUE INDEX a_id ON a (id);
ALTER TABLE a REPLICA IDENTITY USING INDEX a_id;
CREATE TABLE b (id bigint PRIMARY KEY, x int, y int);
CREATE TABLE c (id int PRIMARY KEY, z int) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (1) TO (100);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (100) TO (200);
CREATE PUBLICATION diff_all FOR TABLE b (id, x), c WITH (publish_via_partition_root = true);
CREATE PUBLICATION diff_feed FOR TABLES IN SCHEMA feed WITH (publish = 'insert');
-- rows:
INSERT INTO a VALUES (1, 1);
INSERT INTO b VALUES (1, 1);
INSERT INTO c VALUES (5);
-- keeps: SELECT a.id, b.id, b.x, c.id FROM a, b, c

-- pair: foreign and local data
-- from:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w OPTIONS (host 'a');
CREATE FOREIGN TABLE remote (id int, x text) SERVER diff_s OPTIONS ("table" 't');
CREATE TABLE local (id int PRIMARY KEY, x text);
CREATE VIEW both_of AS SELECT id, x FROM remote UNION ALL SELECT id, x FROM local;
-- to:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w OPTIONS (host 'b', port '1');
CREATE USER MAPPING FOR PUBLIC SERVER diff_s OPTIONS ("user" 'u');
CREATE FOREIGN TABLE remote (id bigint, x text NOT NULL) SERVER diff_s OPTIONS ("table" 't2');
CREATE TABLE local (id bigint PRIMARY KEY, x text);
CREATE VIEW both_of AS SELECT id, x FROM remote UNION ALL SELECT id, x FROM local;
GRANT USAGE ON FOREIGN SERVER diff_s TO diff_reader;
-- rows:
INSERT INTO local VALUES (1, 'x');
-- keeps: SELECT id, x FROM local

-- pair: money with operators and casts
-- from:
CREATE TYPE money2 AS (cents bigint, currency char(3));
CREATE FUNCTION money2_add(money2, money2) RETURNS money2 LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1.cents + $2.cents, $1.currency)::money2';
CREATE TABLE price (id int PRIMARY KEY, p money2);
-- to:
CREATE TYPE money2 AS (cents bigint, currency char(3));
CREATE FUNCTION money2_add(money2, money2) RETURNS money2 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ROW($1.cents + $2.cents, $1.currency)::money2';
CREATE FUNCTION money2_text(money2) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT $1.cents / 100.0 || ' ' || $1.currency$$;
CREATE OPERATOR + (LEFTARG = money2, RIGHTARG = money2, FUNCTION = money2_add, COMMUTATOR = +);
CREATE CAST (money2 AS text) WITH FUNCTION money2_text(money2) AS ASSIGNMENT;
CREATE AGGREGATE sum(money2) (SFUNC = money2_add, STYPE = money2);
CREATE TABLE price (id int PRIMARY KEY, p money2, q money2, CHECK ((p).cents >= 0));
CREATE VIEW totals AS SELECT id, p + q AS both_of, p::text AS said FROM price;
CREATE INDEX price_cents ON price (((p).cents));
-- rows:
INSERT INTO price VALUES (1, ROW(5, 'EUR'));
-- keeps: SELECT id, p FROM price

-- pair: booking with ranges and exclusion
-- from:
CREATE TABLE room (id int PRIMARY KEY);
CREATE TABLE booking (id int PRIMARY KEY, room int REFERENCES room, a timestamp, b timestamp);
-- to:
CREATE EXTENSION btree_gist;
CREATE TYPE times AS RANGE (subtype = time, multirange_type_name = many_times);
CREATE TABLE room (id int PRIMARY KEY, open times, name text UNIQUE);
CREATE TABLE booking (id int PRIMARY KEY, room int NOT NULL REFERENCES room, a timestamp NOT NULL, b timestamp NOT NULL, during tsrange GENERATED ALWAYS AS (tsrange(a, b)) STORED, CHECK (a < b), CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&));
-- rows:
INSERT INTO room VALUES (1);
INSERT INTO booking VALUES (1, 1, '2026-01-01', '2026-01-02');
-- keeps: SELECT id, room, a, b FROM booking

-- pair: comments, owners and storage only
-- from:
CREATE TABLE t (id int PRIMARY KEY, a text, b jsonb);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE FUNCTION f(t) RETURNS text LANGUAGE sql AS 'SELECT $1.a';
CREATE INDEX t_a ON t (a);
COMMENT ON TABLE t IS 'one';
COMMENT ON INDEX t_a IS 'one';
-- to:
CREATE TABLE t (id int PRIMARY KEY, a text COMPRESSION lz4, b jsonb);
ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
ALTER TABLE t ALTER a SET STATISTICS 200;
ALTER TABLE t OWNER TO diff_owner;
CREATE VIEW v AS SELECT id, a FROM t;
ALTER VIEW v OWNER TO diff_writer;
CREATE FUNCTION f(t) RETURNS text LANGUAGE sql AS 'SELECT $1.a';
ALTER FUNCTION f(t) OWNER TO diff_writer;
CREATE INDEX t_a ON t (a) WITH (fillfactor = 60);
COMMENT ON TABLE t IS 'two';
COMMENT ON VIEW v IS 'v';
COMMENT ON FUNCTION f(t) IS 'f';
COMMENT ON CONSTRAINT t_pkey ON t IS 'key';
-- rows:
INSERT INTO t VALUES (1, 'x', '{}');
-- keeps: SELECT * FROM t

-- pair: same names in three schemas, all changing
-- from:
CREATE SCHEMA a; CREATE SCHEMA b;
CREATE TYPE a.k AS ENUM ('x'); CREATE TYPE b.k AS ENUM ('y');
CREATE TABLE a.t (k a.k, o b.k); CREATE TABLE b.t (k b.k); CREATE TABLE t (k int);
CREATE FUNCTION a.f(a.k) RETURNS b.k LANGUAGE sql AS 'SELECT ''y''::b.k';
CREATE VIEW b.v AS SELECT a.f(k) AS k FROM a.t;
-- to:
CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA c;
CREATE TYPE a.k AS ENUM ('w', 'x'); CREATE TYPE b.k AS ENUM ('y', 'z'); CREATE TYPE c.k AS ENUM ('x');
CREATE TABLE a.t (k a.k, o b.k DEFAULT 'z'); CREATE TABLE b.t (k b.k, l c.k); CREATE TABLE t (k a.k[]);
CREATE FUNCTION a.f(a.k) RETURNS b.k LANGUAGE sql AS 'SELECT ''z''::b.k';
CREATE FUNCTION a.f(c.k) RETURNS b.k LANGUAGE sql AS 'SELECT ''z''::b.k';
CREATE VIEW b.v AS SELECT a.f(k) AS k, o FROM a.t;
CREATE VIEW c.v AS SELECT k FROM b.v;
-- rows:
INSERT INTO a.t VALUES ('x', 'y');
-- keeps: SELECT k, o FROM a.t

-- pair: typed tables, rules and unusual parts
-- from:
CREATE TYPE row_of AS (id int, x text);
CREATE TABLE t OF row_of (PRIMARY KEY (id));
CREATE TABLE log (id int, at timestamptz);
CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.id, now());
CREATE VIEW v AS SELECT id FROM t;
CREATE RULE vi AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (NEW.id);
-- to:
CREATE TYPE row_of AS (id int, x text, y int);
CREATE TABLE t OF row_of (PRIMARY KEY (id), x DEFAULT 'x');
CREATE TABLE log (id bigint, at timestamptz DEFAULT now());
CREATE RULE r AS ON INSERT TO t WHERE NEW.id > 0 DO ALSO INSERT INTO log VALUES (NEW.id);
CREATE VIEW v AS SELECT id, y FROM t;
CREATE RULE vi AS ON INSERT TO v DO INSTEAD INSERT INTO t (id, y) VALUES (NEW.id, NEW.y);
CREATE RULE vd AS ON DELETE TO v DO INSTEAD NOTHING;
-- rows:
INSERT INTO t VALUES (1, 'x');
-- keeps: SELECT id, x FROM t

-- pair: many objects of many kinds dropped
-- column order differs
-- from:
CREATE SCHEMA gone;
CREATE EXTENSION hstore SCHEMA gone;
CREATE TABLE gone.t (h gone.hstore, id serial PRIMARY KEY);
CREATE TABLE stays (id int PRIMARY KEY, gone_id int REFERENCES gone.t, h gone.hstore, n text);
CREATE VIEW v AS SELECT stays.id, t.h FROM stays JOIN gone.t ON gone_id = t.id;
CREATE FUNCTION gone.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE INSERT ON stays FOR EACH ROW EXECUTE FUNCTION gone.f();
CREATE TEXT SEARCH CONFIGURATION gone.c (COPY = simple);
CREATE INDEX stays_n ON stays USING gin (to_tsvector('gone.c', n));
CREATE COLLATION gone.co FROM "C";
CREATE INDEX stays_n2 ON stays (n COLLATE gone.co);
CREATE PUBLICATION diff_gone FOR TABLES IN SCHEMA gone;
-- to:
CREATE TABLE stays (id int PRIMARY KEY, n text);
-- rows:
INSERT INTO stays VALUES (1, NULL, NULL, 'x');
-- keeps: SELECT id, n FROM stays

-- pair: indexes and keys of a large table reworked
-- from:
CREATE TABLE big (id int NOT NULL, a int, b text, c timestamptz, d jsonb, up int, CONSTRAINT big_a UNIQUE (a));
CREATE UNIQUE INDEX big_id ON big (id);
CREATE INDEX big_b ON big (b);
CREATE INDEX big_c ON big (c);
CREATE INDEX big_d ON big USING gin (d);
CREATE TABLE small (id int PRIMARY KEY, big int REFERENCES big (id));
-- to:
CREATE TABLE big (id int NOT NULL, a int NOT NULL, b text, c timestamptz NOT NULL DEFAULT now(), d jsonb, up int, CONSTRAINT big_pkey PRIMARY KEY (id), CONSTRAINT big_a UNIQUE (a, b) INCLUDE (c), CONSTRAINT big_up FOREIGN KEY (up) REFERENCES big, CONSTRAINT big_order CHECK (up IS NULL OR up < id));
CREATE INDEX big_b ON big (lower(b) text_pattern_ops) WHERE b IS NOT NULL;
CREATE INDEX big_c ON big (c DESC, id);
CREATE INDEX big_d ON big USING gin (d jsonb_path_ops) WITH (fastupdate = off);
CREATE INDEX big_up_idx ON big (up);
CREATE TABLE small (id int PRIMARY KEY, big int NOT NULL REFERENCES big ON DELETE CASCADE);
CREATE INDEX small_big ON small (big);
-- rows:
INSERT INTO big SELECT i, i, 'b' || i, '2026-01-01', '{}', nullif(i - 1, 0) FROM generate_series(1, 200) i;
INSERT INTO small SELECT i, i FROM generate_series(1, 50) i;
-- keeps: SELECT count(*), sum(big.id), sum(a), sum(up), count(small.id) FROM big LEFT JOIN small ON small.big = big.id
