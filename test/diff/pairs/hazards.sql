-- Filled tables: safe forms, and data that must not be lost

-- pair: drop of a filled table
-- from:
CREATE TABLE t (a int);
CREATE TABLE u (a int);
-- to:
CREATE TABLE u (a int);
-- rows:
INSERT INTO t VALUES (1);
INSERT INTO u VALUES (2);
-- keeps: SELECT a FROM u

-- pair: drop of a filled column
-- column order differs
-- from:
CREATE TABLE t (a int, b text NOT NULL DEFAULT 'x', c int);
-- to:
CREATE TABLE t (a int, c int);
-- rows:
INSERT INTO t VALUES (1, 'y', 3);
-- keeps: SELECT a, c FROM t

-- pair: drop of a filled NOT NULL column without a default
-- from:
CREATE TABLE t (a int, b text NOT NULL);
-- to:
CREATE TABLE t (a int);
-- rows back:
INSERT INTO t VALUES (1);
-- asks back: backfill|null|value

-- pair: foreign key added to many rows
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int, up int);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int, up int REFERENCES up);
CREATE INDEX down_up ON down (up);
-- rows:
INSERT INTO up SELECT i FROM generate_series(1, 500) i;
INSERT INTO down SELECT i, i FROM generate_series(1, 500) i;
-- keeps: SELECT count(*), sum(up) FROM down

-- pair: all safe forms on a filled table
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE t (id int, a int, b int, c text);
CREATE INDEX t_b ON t (b);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int CONSTRAINT f REFERENCES up, c text CONSTRAINT u UNIQUE, d timestamptz DEFAULT clock_timestamp(), e int DEFAULT 5 NOT NULL, CONSTRAINT pos CHECK (a > 0));
CREATE INDEX t_b ON t (b, a);
CREATE UNIQUE INDEX t_c ON t (lower(c));
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO t SELECT i, i, 1, i FROM generate_series(1, 300) i;
-- keeps: SELECT count(*), sum(id), sum(a), sum(b) FROM t

-- pair: all safe forms switched off on a filled table
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE t (id int, a int, b int, c text);
CREATE INDEX t_b ON t (b);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int CONSTRAINT f REFERENCES up, c text CONSTRAINT u UNIQUE, CONSTRAINT pos CHECK (a > 0));
CREATE INDEX t_b ON t (b, a);
-- options: {"concurrently": false, "not_valid": false, "not_null_steps": false, "using_index": false, "attach_check": false}
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO t SELECT i, i, 1, i FROM generate_series(1, 300) i;
-- keeps: SELECT count(*), sum(id), sum(a), sum(b) FROM t

-- pair: the safe forms on a partitioned table
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE m (id int, day int, up int) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (10);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE m (id int NOT NULL, day int, up int CONSTRAINT f REFERENCES up, PRIMARY KEY (id, day), CONSTRAINT pos CHECK (id > 0)) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (10);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20);
CREATE INDEX m_up ON m (up);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO m SELECT i, i, 1 FROM generate_series(1, 19) i;
-- keeps: SELECT count(*), sum(id), sum(up) FROM m

-- pair: attach of a filled table next to a filled default partition
-- from:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE mx PARTITION OF m DEFAULT;
CREATE TABLE m1 (a int);
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE mx PARTITION OF m DEFAULT;
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- rows:
INSERT INTO m VALUES (5), (NULL);
INSERT INTO m1 VALUES (1);
-- keeps: SELECT 'mx', a FROM mx UNION ALL SELECT 'm1', a FROM m1 ORDER BY 1, 2

-- pair: detached without blocking readers
-- from:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m_a ON m (a);
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 (a int);
CREATE INDEX m_a ON m (a);
CREATE INDEX m1_a_idx ON m1 (a);
-- rows:
INSERT INTO m VALUES (1);
-- keeps: SELECT a FROM m1

-- pair: unique constraint gets another column
-- from:
CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a));
-- to:
CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a, b));
-- rows:
INSERT INTO t SELECT i, i FROM generate_series(1, 50) i;
-- keeps: SELECT count(*) FROM t

-- pair: primary key of a filled table under foreign keys becomes bigint
-- from:
CREATE TABLE up (id serial PRIMARY KEY, note text);
CREATE TABLE down (id serial PRIMARY KEY, up_id int NOT NULL REFERENCES up ON DELETE CASCADE);
CREATE INDEX down_up ON down (up_id);
CREATE VIEW both_of AS SELECT up.id AS up, down.id AS down FROM up JOIN down ON up.id = up_id;
-- to:
CREATE TABLE up (id bigserial PRIMARY KEY, note text);
CREATE TABLE down (id bigserial PRIMARY KEY, up_id bigint NOT NULL REFERENCES up ON DELETE CASCADE);
CREATE INDEX down_up ON down (up_id);
CREATE VIEW both_of AS SELECT up.id AS up, down.id AS down FROM up JOIN down ON up.id = up_id;
-- rows:
INSERT INTO up (note) SELECT 'n' || i FROM generate_series(1, 20) i;
INSERT INTO down (up_id) SELECT i FROM generate_series(1, 20) i;
-- keeps: SELECT * FROM both_of ORDER BY up

-- pair: offered rename without a hint loses nothing
-- from:
CREATE TABLE users (id int PRIMARY KEY, name text);
-- to:
CREATE TABLE users (id int PRIMARY KEY, full_name text);
-- rows:
INSERT INTO users VALUES (1, 'Ada');
-- keeps: SELECT id FROM users

-- pair: materialized view refreshed
-- from:
CREATE TABLE t (a int);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX m_a ON m (a);
-- to:
CREATE TABLE t (a bigint);
CREATE MATERIALIZED VIEW m AS SELECT a FROM t;
CREATE INDEX m_a ON m (a);
-- rows:
INSERT INTO t VALUES (1), (2);
REFRESH MATERIALIZED VIEW m;
-- keeps: SELECT a FROM m ORDER BY a

-- pair: row security does not hide rows from the migration
-- from:
CREATE TABLE t (a int, b int);
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON t USING (false);
-- to:
CREATE TABLE t (a int, b int DEFAULT 3 NOT NULL);
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON t USING (false);
-- rows:
INSERT INTO t VALUES (1, 1), (2, 2);
-- keeps: SELECT * FROM t ORDER BY a
