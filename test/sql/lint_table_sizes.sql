-- Tables whose rows are not in their own file: an extension tells their size, or it is
-- unknown; unknown is never "empty"
\set ECHO none
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS pg_migrate;
CREATE EXTENSION pg_migrate;
CREATE SCHEMA regress_sizes;
SET search_path = regress_sizes;
SET pg_migrate.lint_on_load = off;
CREATE FUNCTION lint(script text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format('%s %s %s: %s', severity, rule, coalesce(size::text, '-'), message) FROM migrate.lint_sql(script)
	 WHERE rule IN ('data-loss', 'index-not-concurrent', 'unbounded-dml', 'type-rewrite') $$;
CREATE TABLE orders (id int, total int);
CREATE TABLE empty (id int);
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE above (id int);
CREATE TABLE below () INHERITS (above);
-- a table of a user that has the name of a catalog of Citus
CREATE TABLE pg_dist_partition (logicalrelid regclass);
INSERT INTO pg_dist_partition VALUES ('empty');
CREATE FUNCTION citus_table_size(regclass) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END';
-- stubs of the catalogs of Citus and TimescaleDB, and the sizes that they return; a
-- negative one means that a node is down
CREATE SCHEMA stand_in;
CREATE TABLE stand_in.size (relid regclass, bytes int8);
CREATE TABLE stand_in.pg_dist_partition (logicalrelid regclass);
CREATE FUNCTION stand_in.citus_table_size(logicalrelid regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	answer int8 := (SELECT bytes FROM stand_in.size WHERE relid = logicalrelid);
BEGIN
	IF answer < 0 THEN
		RAISE WARNING 'asked';
		RAISE EXCEPTION 'connection to the remote node failed';
	END IF;
	RETURN answer;
END $$;
CREATE TABLE stand_in.hypertable (schema_name name, table_name name);
CREATE FUNCTION stand_in.hypertable_size(hypertable regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 123456789::bigint';
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far PARTITION OF parted FOR VALUES FROM (0) TO (10) SERVER nowhere;
\set VERBOSITY terse
\set ECHO all
\pset format unaligned
\pset tuples_only
-- a partition that is a foreign table
SELECT lint('DROP TABLE parted');
SELECT kind, identity, size, hazard, up_sql FROM migrate.diff('', schemas => '{regress_sizes}') WHERE identity LIKE '%.parted' AND kind = 'table';
-- without the extension a table of that name is an ordinary table
SELECT lint('DROP TABLE empty');
INSERT INTO pg_extension VALUES ('orders'::regclass::oid, 'citus', current_user::regrole, 'pg_catalog'::regnamespace, false, '1.0');
ALTER EXTENSION citus ADD TABLE stand_in.pg_dist_partition;
ALTER EXTENSION citus ADD FUNCTION stand_in.citus_table_size;
SELECT lint('DROP TABLE empty');
-- a distributed table: the size is that of the extension
INSERT INTO stand_in.pg_dist_partition VALUES ('orders'), ('below');
INSERT INTO stand_in.size VALUES ('orders', 21000000), ('below', 22000000);
SELECT lint('DROP TABLE orders');
SELECT lint('CREATE INDEX ON orders (total)');
SELECT lint('ALTER TABLE orders ALTER total TYPE bigint');
SELECT lint('DROP TABLE above CASCADE');
SELECT kind, identity, size FROM migrate.diff('', schemas => '{regress_sizes}') WHERE kind = 'table' ORDER BY 2;
SELECT migrate.register('a1', upgrade => 'ALTER TABLE orders ALTER total TYPE bigint; CREATE INDEX orders_slow ON orders (total)', downgrade => 'DROP INDEX orders_slow');
SELECT line FROM migrate.explain() AS line WHERE line LIKE '%Lock:%orders (%';
SELECT line FROM migrate.review() AS line WHERE line ~ '^- \[.\] (Indexes of large|No large|No data)';
-- empty according to the extension
UPDATE stand_in.size SET bytes = 0;
SELECT lint('DROP TABLE orders');
-- a node is down; the extension says nothing; it has no such function
UPDATE stand_in.size SET bytes = -1;
SELECT lint('DROP TABLE orders');
-- a node that is down is asked only once
SELECT lint('DROP TABLE orders, below');
SELECT lint('UPDATE orders SET total = 0');
SELECT lint('UPDATE orders SET total = 0 WHERE id = 5');
SELECT kind, identity, size, hazard FROM migrate.diff('', schemas => '{regress_sizes}') WHERE kind = 'table' AND identity LIKE '%orders' ORDER BY 2;
SELECT line::jsonb -> 0 -> 'size' FROM (SELECT string_agg(l, E'\n') FROM migrate.lint_report('head', 'json') AS l) AS r (line);
UPDATE stand_in.size SET bytes = NULL;
SELECT lint('DROP TABLE orders');
-- rows that lint does not read are not reported as absent
DELETE FROM pg_dist_partition;
SELECT migrate.register('a0', upgrade => 'CREATE TABLE made (id int)', downgrade => 'DROP TABLE made');
SELECT migrate.upgrade('a0');
-- the table that is named depends on what other tests have left
SELECT test, outcome FROM migrate.test('a0', start => 'base');
-- a backfill of such a table
CALL migrate.backfill('orders', 'total = 1', 'total IS NULL');
-- a schema built for comparison is not propagated to nodes
SET citus.enable_ddl_propagation = 'on';
SET citus.enable_schema_based_sharding = 'on';
SET citus.use_citus_managed_tables = 'on';
SELECT up_sql FROM migrate.diff($$
CREATE TABLE tells (a text) PARTITION BY LIST (a);
CREATE TABLE tells_1 PARTITION OF tells FOR VALUES IN ('1' || current_setting('citus.enable_ddl_propagation'),
	'2' || current_setting('citus.enable_schema_based_sharding'), '3' || current_setting('citus.use_citus_managed_tables'));
$$, schemas => '{regress_sizes}') WHERE identity LIKE '%tells_1' AND up_sql LIKE 'CREATE%';
SHOW citus.enable_ddl_propagation;
-- TimescaleDB
CREATE TABLE metrics (at timestamptz);
INSERT INTO stand_in.hypertable VALUES ('regress_sizes', 'metrics');
INSERT INTO pg_extension VALUES ('metrics'::regclass::oid, 'timescaledb', current_user::regrole, 'pg_catalog'::regnamespace, false, '1.0');
ALTER EXTENSION timescaledb ADD TABLE stand_in.hypertable;
ALTER EXTENSION timescaledb ADD FUNCTION stand_in.hypertable_size;
SELECT lint('CREATE INDEX ON metrics (at)');
-- an extension whose owner is not a superuser is not asked
CREATE ROLE regress_sizes_owner;
UPDATE pg_extension SET extowner = 'regress_sizes_owner'::regrole WHERE extname = 'citus';
SELECT lint('DROP TABLE orders');
UPDATE pg_extension SET extowner = current_user::regrole WHERE extname = 'citus';
\set ECHO none
SET client_min_messages = warning;
DROP ROLE regress_sizes_owner;
DROP EXTENSION citus, timescaledb CASCADE;
DROP SCHEMA stand_in CASCADE;
DROP FOREIGN DATA WRAPPER nothing CASCADE;
DROP SCHEMA regress_sizes CASCADE;
