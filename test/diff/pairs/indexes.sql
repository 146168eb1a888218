-- Indexes

-- pair: added to rows
-- from:
CREATE TABLE t (a int, b text);
-- to:
CREATE TABLE t (a int, b text);
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_b ON t (b);
-- rows:
INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
-- keeps: SELECT count(*), sum(a) FROM t

-- pair: changed on rows
-- from:
CREATE TABLE t (a int, b text);
CREATE INDEX t_a ON t (a);
-- to:
CREATE TABLE t (a int, b text);
CREATE INDEX t_a ON t (a, b);
-- rows:
INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
-- keeps: SELECT count(*), sum(a) FROM t

-- pair: partial
-- from:
CREATE TABLE t (a int, b text);
CREATE INDEX t_a ON t (a) WHERE a > 0;
CREATE INDEX t_b ON t (b);
-- to:
CREATE TABLE t (a int, b text);
CREATE INDEX t_a ON t (a) WHERE a > 1;
CREATE INDEX t_b ON t (b) WHERE b IS NOT NULL AND a IN (1, 2);

-- pair: expressions
-- from:
CREATE TABLE t (a int, b text, j jsonb);
CREATE INDEX t_e ON t (lower(b));
-- to:
CREATE TABLE t (a int, b text, j jsonb);
CREATE INDEX t_e ON t (upper(b), (a + 1), (j ->> 'key'));
CREATE INDEX t_f ON t (((j -> 'a')::text));

-- pair: expression with a user function that changes
-- from:
CREATE FUNCTION norm(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE TABLE t (b text);
CREATE INDEX t_b ON t (norm(b));
-- to:
CREATE FUNCTION norm(text, strict bool DEFAULT true) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE TABLE t (b text);
CREATE INDEX t_b ON t (norm(b));
-- rows:
INSERT INTO t VALUES ('X');
-- keeps: SELECT b FROM t

-- pair: include
-- from:
CREATE TABLE t (a int, b int, c int);
CREATE INDEX t_a ON t (a) INCLUDE (b);
-- to:
CREATE TABLE t (a int, b int, c int);
CREATE INDEX t_a ON t (a) INCLUDE (b, c);

-- pair: order and nulls
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_1 ON t (a, b DESC);
CREATE INDEX t_2 ON t (a);
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_1 ON t (a NULLS FIRST, b DESC NULLS LAST);
CREATE INDEX t_2 ON t (a DESC);

-- pair: operator class and collation
-- from:
CREATE TABLE t (a text, b text);
CREATE INDEX t_1 ON t (a);
CREATE INDEX t_2 ON t (b COLLATE "C");
-- to:
CREATE TABLE t (a text, b text);
CREATE INDEX t_1 ON t (a text_pattern_ops);
CREATE INDEX t_2 ON t (b COLLATE "POSIX");

-- pair: nulls not distinct
-- from:
CREATE TABLE t (a int);
CREATE UNIQUE INDEX t_a ON t (a);
-- to:
CREATE TABLE t (a int);
CREATE UNIQUE INDEX t_a ON t (a) NULLS NOT DISTINCT;

-- pair: unique or not
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
CREATE UNIQUE INDEX t_b ON t (b);
-- to:
CREATE TABLE t (a int, b int);
CREATE UNIQUE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
-- rows:
INSERT INTO t VALUES (1, 1), (2, 2);
-- keeps: SELECT * FROM t ORDER BY a

-- pair: storage parameters
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a) WITH (fillfactor = 70);
CREATE INDEX t_b ON t (b);
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a) WITH (fillfactor = 80, deduplicate_items = off);
CREATE INDEX t_b ON t (b) WITH (fillfactor = 50);

-- pair: access methods
-- from:
CREATE TABLE t (a int, b int[], c tsvector, d point);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_c ON t USING gist (c);
-- to:
CREATE TABLE t (a int, b int[], c tsvector, d point);
CREATE INDEX t_a ON t USING hash (a);
CREATE INDEX t_a2 ON t USING brin (a) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX t_b ON t USING gin (b) WITH (fastupdate = off);
CREATE INDEX t_c ON t USING gin (c);
CREATE INDEX t_d ON t USING spgist (d);

-- pair: operator class with parameters
-- from:
CREATE TABLE t (c tsvector, a int);
CREATE INDEX t_c ON t USING gist (c);
CREATE INDEX t_a ON t USING brin (a);
-- to:
CREATE TABLE t (c tsvector, a int);
CREATE INDEX t_c ON t USING gist (c tsvector_ops (siglen = 100));
CREATE INDEX t_a ON t USING brin (a int4_minmax_multi_ops (values_per_range = 16));

-- pair: statistics of an expression
-- from:
CREATE TABLE t (a int);
CREATE INDEX t_a ON t ((a + 1), (a * 2));
ALTER INDEX t_a ALTER COLUMN 2 SET STATISTICS 50;
-- to:
CREATE TABLE t (a int);
CREATE INDEX t_a ON t ((a + 1), (a * 2));
ALTER INDEX t_a ALTER COLUMN 1 SET STATISTICS 100;

-- pair: clustered on
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
ALTER TABLE t CLUSTER ON t_a;
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_b ON t (b);
ALTER TABLE t CLUSTER ON t_b;

-- pair: clustered on a changed index
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
ALTER TABLE t CLUSTER ON t_a;
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a, b);
ALTER TABLE t CLUSTER ON t_a;

-- pair: no longer clustered
-- from:
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (a);
ALTER TABLE t CLUSTER ON t_a;
-- to:
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (a);

-- pair: comment kept on a changed index
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a);
COMMENT ON INDEX t_a IS 'fast';
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX t_a ON t (a, b);
COMMENT ON INDEX t_a IS 'fast';

-- pair: rename with a hint
-- from:
CREATE TABLE t (a int);
CREATE INDEX one ON t (a);
COMMENT ON INDEX one IS 'fast';
-- to:
CREATE TABLE t (a int);
CREATE INDEX two ON t (a);
COMMENT ON INDEX two IS 'fast';
-- renames: {"public.one": "two"}

-- pair: two indexes exchange their names
-- from:
CREATE TABLE t (a int, b int);
CREATE INDEX one ON t (a);
CREATE INDEX two ON t (b);
-- to:
CREATE TABLE t (a int, b int);
CREATE INDEX two ON t (a);
CREATE INDEX one ON t (b);

-- pair: index moves to another table
-- from:
CREATE TABLE t (a int);
CREATE TABLE u (a int);
CREATE INDEX i ON t (a);
-- to:
CREATE TABLE t (a int);
CREATE TABLE u (a int);
CREATE INDEX i ON u (a);

-- pair: two equal indexes with different names
-- from:
CREATE TABLE t (a int);
CREATE INDEX one ON t (a);
-- to:
CREATE TABLE t (a int);
CREATE INDEX one ON t (a);
CREATE INDEX two ON t (a);

-- pair: a unique index that a foreign key uses
-- from:
CREATE TABLE up (id int, code int);
CREATE UNIQUE INDEX up_code ON up (code);
CREATE TABLE down (code int CONSTRAINT f REFERENCES up (code));
-- to:
CREATE TABLE up (id int, code int);
CREATE UNIQUE INDEX up_code ON up (code) INCLUDE (id);
CREATE TABLE down (code int CONSTRAINT f REFERENCES up (code));
-- rows:
INSERT INTO up VALUES (1, 1);
INSERT INTO down VALUES (1);
-- keeps: SELECT * FROM down

-- pair: operator class of an extension
-- both:
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gin;
-- from:
CREATE TABLE t (a text, b int);
-- to:
CREATE TABLE t (a text, b int);
CREATE INDEX t_a ON t USING gin (a gin_trgm_ops, b);
CREATE INDEX t_g ON t USING gist (a gist_trgm_ops (siglen = 32));
-- rows:
INSERT INTO t VALUES ('abc', 1);
-- keeps: SELECT * FROM t
