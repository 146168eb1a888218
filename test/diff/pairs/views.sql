-- Views and materialized views

-- pair: created, on another view
-- from:
CREATE TABLE t (a int, b text);
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW z AS SELECT a, b FROM t;
CREATE VIEW a AS SELECT a FROM z;
CREATE VIEW m AS SELECT count(*) FROM a;

-- pair: body
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b FROM t;
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b FROM t WHERE a > 0 ORDER BY a;

-- pair: columns added at the end
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b, a + 1 AS c FROM t;
CREATE VIEW w AS SELECT a FROM v;

-- pair: columns removed, with grants and comments
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE VIEW w AS SELECT a FROM v;
GRANT SELECT ON v TO diff_reader;
GRANT ALL ON w TO diff_writer;
COMMENT ON VIEW v IS 'v';
COMMENT ON VIEW w IS 'w';
COMMENT ON COLUMN w.a IS 'a';
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
GRANT SELECT ON v TO diff_reader;
GRANT ALL ON w TO diff_writer;
COMMENT ON VIEW v IS 'v';
COMMENT ON VIEW w IS 'w';
COMMENT ON COLUMN w.a IS 'a';

-- pair: columns retyped, in other order
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b, 1 AS c FROM t;
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT b, a, 1::bigint AS c FROM t;

-- pair: column renamed
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a AS b FROM t;
CREATE VIEW w AS SELECT b AS a FROM v;

-- pair: options
-- from:
CREATE TABLE t (a int);
CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM t WHERE a > 0;
-- to:
CREATE TABLE t (a int);
CREATE VIEW v WITH (security_invoker = true) AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM t WHERE a > 0 WITH LOCAL CHECK OPTION;

-- pair: options and body at once
-- from:
CREATE TABLE t (a int);
CREATE VIEW v WITH (security_barrier, check_option = cascaded) AS SELECT a FROM t WHERE a > 0;
-- to:
CREATE TABLE t (a int);
CREATE VIEW v WITH (security_invoker = on, check_option = local) AS SELECT a FROM t WHERE a > 1;

-- pair: options stay when the view is created again
-- from:
CREATE TABLE t (a int, b int);
CREATE VIEW v WITH (security_invoker = true) AS SELECT a, b FROM t;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW v WITH (security_invoker = true) AS SELECT b FROM t;

-- pair: defaults of columns
-- from:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b FROM t;
ALTER VIEW v ALTER a SET DEFAULT 1;
-- to:
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT a, b FROM t;
ALTER VIEW v ALTER a SET DEFAULT 2;
ALTER VIEW v ALTER b SET DEFAULT 'x';
COMMENT ON COLUMN v.b IS 'b';

-- pair: recursive
-- from:
-- to:
CREATE TABLE node (id int PRIMARY KEY, up int);
CREATE RECURSIVE VIEW ups (id, top) AS SELECT id, id FROM node WHERE up IS NULL UNION ALL SELECT n.id, u.top FROM node n JOIN ups u ON n.up = u.id;

-- pair: on a function
-- from:
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW v AS SELECT f() AS a;
-- to:
CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''1''';
CREATE VIEW v AS SELECT f() AS a;

-- pair: a chain of five on a dropped column
-- from:
CREATE TABLE t (a int, b int, c int);
CREATE VIEW v1 AS SELECT a, b, c FROM t;
CREATE VIEW v2 AS SELECT a, b FROM v1;
CREATE VIEW v3 AS SELECT v1.a, v2.b FROM v1 JOIN v2 USING (a);
CREATE VIEW v4 AS SELECT a FROM v3;
CREATE VIEW v5 AS SELECT v4.a FROM v4, v1;
GRANT SELECT ON v1, v2, v3, v4, v5 TO diff_reader;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW v1 AS SELECT a, b FROM t;
CREATE VIEW v2 AS SELECT a, b FROM v1;
CREATE VIEW v3 AS SELECT v1.a, v2.b FROM v1 JOIN v2 USING (a);
CREATE VIEW v4 AS SELECT a FROM v3;
CREATE VIEW v5 AS SELECT v4.a FROM v4, v1;
GRANT SELECT ON v1, v2, v3, v4, v5 TO diff_reader;
-- rows:
INSERT INTO t VALUES (1, 2, 3);
-- keeps: SELECT * FROM v5

-- pair: two views exchange their order
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int);
CREATE VIEW w AS SELECT a FROM t;
CREATE VIEW v AS SELECT a FROM w;

-- pair: two views exchange their order, with other columns
-- from:
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW w AS SELECT b FROM t;
CREATE VIEW v AS SELECT b FROM w;

-- pair: with a trigger and a rule
-- from:
CREATE TABLE t (a int, b int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW v AS SELECT a, b FROM t;
CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE t.a = OLD.a;
-- to:
CREATE TABLE t (a int, b int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE VIEW v AS SELECT a FROM t;
CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE r AS ON DELETE TO v DO INSTEAD DELETE FROM t WHERE t.a = OLD.a;

-- pair: GROUP BY a primary key
-- from:
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE u (t_id int);
CREATE VIEW v AS SELECT t.id, t.a, count(*) FROM t JOIN u ON u.t_id = t.id GROUP BY t.id;
-- to:
CREATE TABLE t (id int CONSTRAINT other_key PRIMARY KEY, a int);
CREATE TABLE u (t_id int);
CREATE VIEW v AS SELECT t.id, t.a, count(*) FROM t JOIN u ON u.t_id = t.id GROUP BY t.id;

-- pair: a view becomes a table
-- from:
CREATE VIEW v AS SELECT 1 AS a;
-- to:
CREATE TABLE v (a int);

-- pair: a view becomes a materialized view
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int);
CREATE MATERIALIZED VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;

-- pair: a view and a function that read each other
-- from:
-- to:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql STABLE BEGIN ATOMIC SELECT a FROM v; END;
CREATE VIEW w AS SELECT a FROM f() x;

-- pair: renamed with a hint
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- to:
CREATE TABLE t (a int);
CREATE VIEW v2 AS SELECT a FROM t;
CREATE VIEW w AS SELECT a FROM v2 v;
-- renames: {"public.v": "v2"}

-- pair: over several tables and joins
-- from:
CREATE TABLE a (id int, x text);
CREATE TABLE b (id int, a_id int);
-- to:
CREATE TABLE a (id int, x text);
CREATE TABLE b (id int, a_id int);
CREATE VIEW v AS WITH q AS (SELECT a.x, rank() OVER (PARTITION BY b.a_id ORDER BY b.id DESC) AS r FROM a LEFT JOIN b ON b.a_id = a.id)
SELECT x, CASE WHEN r = 1 THEN 'first' ELSE 'other' END AS place, ARRAY(SELECT id FROM b LIMIT 3) AS ids FROM q
UNION ALL SELECT 'none', NULL, '{}' WHERE NOT EXISTS (SELECT FROM a);

-- pair: SELECT * of a table with a new column
-- from:
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT * FROM t;
-- to:
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT * FROM t;

-- pair: materialized view with indexes
-- from:
CREATE TABLE t (a int, b text);
-- to:
CREATE TABLE t (a int, b text);
CREATE MATERIALIZED VIEW m WITH (fillfactor = 70) AS SELECT a, count(*) AS n FROM t GROUP BY a;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE INDEX m_n ON m (n) WHERE n > 1;
COMMENT ON MATERIALIZED VIEW m IS 'm';
GRANT SELECT ON m TO diff_reader;

-- pair: body of a materialized view with an index
-- from:
CREATE TABLE t (a int, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE VIEW v AS SELECT a FROM m;
COMMENT ON MATERIALIZED VIEW m IS 'm';
COMMENT ON COLUMN m.a IS 'a';
GRANT SELECT ON m TO diff_reader;
ALTER MATERIALIZED VIEW m CLUSTER ON m_a;
-- to:
CREATE TABLE t (a int, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t WHERE a > 0;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE VIEW v AS SELECT a FROM m;
COMMENT ON MATERIALIZED VIEW m IS 'm';
COMMENT ON COLUMN m.a IS 'a';
GRANT SELECT ON m TO diff_reader;
ALTER MATERIALIZED VIEW m CLUSTER ON m_a;

-- pair: materialized view without data
-- from:
CREATE TABLE t (a int);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
-- to:
CREATE TABLE t (a int);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE MATERIALIZED VIEW n AS SELECT a FROM m WITH NO DATA;

-- pair: options and statistics of a materialized view
-- from:
CREATE TABLE t (a int, b text);
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
-- to:
CREATE TABLE t (a int, b text);
CREATE MATERIALIZED VIEW m WITH (autovacuum_enabled = off) AS SELECT a, b FROM t;
ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 300;
ALTER MATERIALIZED VIEW m ALTER b SET STORAGE EXTERNAL;
ALTER MATERIALIZED VIEW m OWNER TO diff_owner;

-- pair: materialized view whose owner may not read
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;
ALTER MATERIALIZED VIEW m OWNER TO diff_reader;
-- rows:
INSERT INTO t VALUES (1), (2);
-- keeps: SELECT count(*) FROM t
-- keeps to: SELECT n FROM m
