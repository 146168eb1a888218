-- lint: several actions of one ALTER TABLE, partitions, several safe forms, and statements that cannot work
SET pg_migrate.lint_on_load = off;
SET pg_migrate.lint_small_table = 0;
SET pg_migrate.lock_timeout = '2s';
CREATE SCHEMA regress_judging;
SET search_path = regress_judging, migrate;
CREATE TABLE f (id int PRIMARY KEY);
CREATE TABLE plain (id int, a int, b int);
CREATE TABLE strict (t text CONSTRAINT strict_t CHECK (t IS NOT NULL), e int UNIQUE);
CREATE TABLE log (k int NOT NULL, v int REFERENCES f, msg text DEFAULT 'none', CONSTRAINT positive CHECK (v > 0)) PARTITION BY LIST (k);
CREATE INDEX log_v ON log (v);
CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
CREATE TABLE log_rest PARTITION OF log DEFAULT;
CREATE TABLE cand (k int NOT NULL, v int, msg text);
CREATE FUNCTION stable() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END';
CREATE MATERIALIZED VIEW unread AS SELECT * FROM plain WITH NO DATA;
INSERT INTO f SELECT generate_series(1, 1000);
INSERT INTO plain SELECT i, i, i FROM generate_series(1, 1000) i;
INSERT INTO strict SELECT i, i FROM generate_series(1, 1000) i;
INSERT INTO log SELECT 1 + i % 2, i FROM generate_series(1, 1000) i;
INSERT INTO cand SELECT 3, i FROM generate_series(1, 1000) i;
CREATE TABLE weak (k int, v int, msg text);
INSERT INTO weak SELECT 3, i FROM generate_series(1, 1000) i;
-- findings, and findings for the safe form
CREATE FUNCTION said(statement text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', CASE verdict WHEN 'cleared' THEN verdict ELSE severity END, rule || ':', message)
	FROM migrate.lint_sql(statement) WHERE rule NOT IN ('unnamed', 'index-advice') $$;
CREATE FUNCTION told(statement text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(E'\n', rule || ':', rewrite)
	FROM migrate.lint_sql(statement) WHERE rule NOT IN ('unnamed', 'index-advice', 'existing-rows', 'data-loss', 'locks-held') $$;
\pset format unaligned
\pset tuples_only on
-- what is dropped is dropped first
SELECT said('ALTER TABLE strict ALTER t SET NOT NULL');
SELECT said('ALTER TABLE strict ALTER t SET NOT NULL, DROP CONSTRAINT strict_t');
SELECT said('ALTER TABLE strict ALTER t TYPE varchar, DROP CONSTRAINT strict_t');
SELECT said('ALTER TABLE plain DROP COLUMN a, ADD COLUMN a bigint DEFAULT (random() * 9)::bigint');
SELECT told('ALTER TABLE plain DROP COLUMN a, ADD COLUMN c int');
-- a partition has the indexes, foreign keys and constraints of its parent
SELECT said('ALTER TABLE log ATTACH PARTITION weak FOR VALUES IN (3)');
SELECT told('ALTER TABLE log ATTACH PARTITION cand FOR VALUES IN (3)');
SELECT said('ALTER TABLE log DETACH PARTITION log_rest; CREATE TABLE log_4 PARTITION OF log FOR VALUES IN (4)');
SELECT told($$CREATE TABLE log_5 PARTITION OF log (msg DEFAULT 'hey', CONSTRAINT most CHECK (v < 9)) FOR VALUES IN (5) WITH (fillfactor = 50)$$);
SELECT told('ALTER TABLE log DROP COLUMN v');
-- several safe forms have different names, those that the server would choose
SELECT told('CREATE INDEX ON log (msg); CREATE INDEX ON log (k, msg)');
SELECT told('ALTER TABLE plain ADD CHECK (a > 0), ADD CHECK (a > b), ADD CHECK (b > a), ADD UNIQUE (a, b)');
-- locks and work that are easily overlooked
SELECT said('CREATE SCHEMA ns CREATE TABLE x (a int REFERENCES f) CREATE INDEX ON x (a)');
SELECT said('ALTER TABLE strict ADD COLUMN z int; SELECT count(*) FROM plain');
SELECT said('ALTER TABLE strict ADD COLUMN z int; INSERT INTO f SELECT a + 9999 FROM plain WHERE a < 5');
SELECT said('ALTER TABLE strict ADD COLUMN z int; CREATE TABLE copied AS SELECT * FROM (SELECT * FROM plain) p WHERE a > 5');
SELECT said('ALTER TABLE strict ADD COLUMN z int; SELECT count(*) FROM generate_series(1, 2) g JOIN generate_series(1, 2) h ON g IN (SELECT a FROM plain WHERE a < 5)');
SELECT said('ALTER FUNCTION stable() VOLATILE; ALTER TABLE plain ADD COLUMN z int DEFAULT stable()');
SELECT said('CREATE DOMAIN whole AS int; ALTER TABLE plain ADD COLUMN z whole; ALTER DOMAIN whole ADD CHECK (VALUE > 0)');
SELECT said('VACUUM FULL');
-- a new table has no readers
SELECT said('REFRESH MATERIALIZED VIEW unread');
-- a statement that cannot work is not reported as safe
SELECT said('ALTER TABLE plain ADD PRIMARY KEY USING INDEX nope');
SELECT said('ALTER TABLE plain ADD PRIMARY KEY USING INDEX f_pkey');
SELECT said($$ALTER TABLE plain ADD COLUMN z int DEFAULT 'x'$$);
SELECT said($$ALTER TABLE plain ADD COLUMN z varchar(2) DEFAULT 'abc'$$);
SELECT said('ALTER TABLE plain ADD COLUMN z int DEFAULT (SELECT 1)');
-- a comment
SELECT said('-- migrate:allow data-loss-- not needed
DROP TABLE plain');
DROP SCHEMA regress_judging CASCADE;
