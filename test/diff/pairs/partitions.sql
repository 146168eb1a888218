-- Partitioned tables and inheritance

-- pair: created, range and default
-- from:
-- to:
CREATE TABLE m (id int, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO (MAXVALUE);
CREATE TABLE mx PARTITION OF m DEFAULT;

-- pair: created, list, hash, expressions
-- from:
-- to:
CREATE TABLE l (a text, b int) PARTITION BY LIST (lower(a));
CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('x', 'y', NULL);
CREATE TABLE h (a int, b text) PARTITION BY HASH (a, b);
CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE r (a int, b text COLLATE "C") PARTITION BY RANGE (a, b COLLATE "C" text_pattern_ops);
CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, 'x');

-- pair: one more partition
-- from:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
-- to:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
-- rows:
INSERT INTO m VALUES (1, '2026-01-05');
-- keeps: SELECT * FROM m

-- pair: attached
-- from:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 (id int, day date);
-- to:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
-- rows:
INSERT INTO m1 VALUES (1, '2026-01-05');
-- keeps: SELECT * FROM m1

-- pair: attached to a table with keys, indexes and triggers
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE m (id int, day date NOT NULL, up int REFERENCES up, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE INDEX m_up ON m (up);
CREATE TRIGGER g BEFORE INSERT ON m FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE m1 (id int NOT NULL, day date NOT NULL, up int);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE m (id int, day date NOT NULL, up int REFERENCES up, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE INDEX m_up ON m (up);
CREATE TRIGGER g BEFORE INSERT ON m FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
-- rows:
INSERT INTO m1 VALUES (1, '2026-01-05', NULL);
-- keeps: SELECT * FROM m1

-- pair: detached
-- from:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
-- to:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 (id int, day date);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
-- rows:
INSERT INTO m VALUES (1, '2026-01-05'), (2, '2026-02-05');
-- keeps: SELECT * FROM m1

-- pair: detached next to a default partition
-- from:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE mx PARTITION OF m DEFAULT;
-- to:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 (id int);
CREATE TABLE mx PARTITION OF m DEFAULT;
-- rows:
INSERT INTO m VALUES (1), (7);
-- keeps: SELECT * FROM m1

-- pair: dropped
-- from:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
-- to:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
-- rows:
INSERT INTO m VALUES (2);
-- keeps: SELECT * FROM m

-- pair: bounds changed
-- from:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
-- to:
CREATE TABLE m (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2025-12-01') TO ('2026-02-01');
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-04-01');
-- rows:
INSERT INTO m VALUES (1, '2026-01-05'), (2, '2026-02-05');
-- keeps: SELECT * FROM m ORDER BY id

-- pair: two partitions exchange their bounds
-- from:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1, 2);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (3);
-- to:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2, 3);
-- rows:
INSERT INTO m VALUES (1), (3);
-- keeps: SELECT * FROM m ORDER BY id

-- pair: bounded becomes default
-- from:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (id int) PARTITION BY LIST (id);
CREATE TABLE m1 PARTITION OF m DEFAULT;
-- rows:
INSERT INTO m VALUES (1);
-- keeps: SELECT * FROM m

-- pair: partition moves to another table
-- from:
CREATE TABLE a (id int) PARTITION BY LIST (id);
CREATE TABLE b (id int) PARTITION BY LIST (id);
CREATE TABLE p PARTITION OF a FOR VALUES IN (1);
-- to:
CREATE TABLE a (id int) PARTITION BY LIST (id);
CREATE TABLE b (id int) PARTITION BY LIST (id);
CREATE TABLE p PARTITION OF b FOR VALUES IN (1, 2);
-- rows:
INSERT INTO p VALUES (1);
-- keeps: SELECT * FROM p

-- pair: sub-partitions with a unique index
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE m11 PARTITION OF m1 FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1) PARTITION BY LIST (b);
CREATE TABLE m11 PARTITION OF m1 FOR VALUES IN (1);
CREATE TABLE m12 PARTITION OF m1 FOR VALUES IN (2);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2) PARTITION BY RANGE (b);
CREATE TABLE m21 PARTITION OF m2 FOR VALUES FROM (1) TO (10);
CREATE UNIQUE INDEX m_ab ON m (a, b);
-- rows:
INSERT INTO m VALUES (1, 1);
-- keeps: SELECT * FROM m

-- pair: partition key changed
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b int) PARTITION BY RANGE (b);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (10);

-- pair: table becomes partitioned
-- from:
CREATE TABLE m (a int PRIMARY KEY, b int);
-- to:
CREATE TABLE m (a int PRIMARY KEY, b int) PARTITION BY RANGE (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (10);

-- pair: indexes on the partitioned table and on a partition
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE INDEX m_a ON m (a);
-- to:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE INDEX m_a ON m (a, b);
CREATE INDEX m_b ON m (b);
CREATE INDEX m1_only ON m1 (b) WHERE b > 0;
-- rows:
INSERT INTO m VALUES (1, 1), (2, 2);
-- keeps: SELECT * FROM m ORDER BY a

-- pair: index on ONLY the partitioned table
-- from:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m_a ON ONLY m (a);

-- pair: index of a partition becomes one of the partitioned table
-- from:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m1_a ON m1 (a);
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m1_a ON m1 (a);
CREATE INDEX m_a ON m (a);

-- pair: primary key on the partitioned table
-- from:
CREATE TABLE m (a int NOT NULL, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int NOT NULL, b int, PRIMARY KEY (a)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- rows:
INSERT INTO m VALUES (1, 1);
-- keeps: SELECT * FROM m

-- pair: unique on the partitioned table and another on a partition
-- from:
CREATE TABLE m (a int, b int, CONSTRAINT u UNIQUE (a)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b int, CONSTRAINT u UNIQUE (a, b)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
ALTER TABLE m1 ADD CONSTRAINT own UNIQUE (b);
-- rows:
INSERT INTO m VALUES (1, 1);
-- keeps: SELECT * FROM m

-- pair: foreign keys of the partitioned table
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE m (a int, up int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE m (a int, up int REFERENCES up ON DELETE CASCADE) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- rows:
INSERT INTO up VALUES (5);
INSERT INTO m VALUES (1, 5);
-- keeps: SELECT * FROM m

-- pair: foreign keys to the partitioned table
-- from:
CREATE TABLE m (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE down (a int);
-- to:
CREATE TABLE m (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE TABLE down (a int CONSTRAINT f REFERENCES m);
-- rows:
INSERT INTO m VALUES (1);
INSERT INTO down VALUES (1);
-- keeps: SELECT * FROM down

-- pair: columns of the partitioned table
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b bigint DEFAULT 5, c text NOT NULL DEFAULT 'x', CONSTRAINT pos CHECK (a > 0)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- rows:
INSERT INTO m VALUES (1, 1);
-- keeps: SELECT a, b FROM m

-- pair: default and constraint of one partition
-- from:
CREATE TABLE m (a int, b int DEFAULT 1) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m (b DEFAULT 2) FOR VALUES IN (2);
-- to:
CREATE TABLE m (a int, b int DEFAULT 1) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m (b DEFAULT 3 NOT NULL, CONSTRAINT own CHECK (b > 0)) FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
-- rows:
INSERT INTO m VALUES (1, 1), (2, 2);
-- keeps: SELECT * FROM m ORDER BY a

-- pair: options and unlogged partitions
-- from:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1) WITH (fillfactor = 70);
ALTER TABLE m1 ALTER b SET STORAGE EXTERNAL;
ALTER TABLE m1 SET UNLOGGED;
COMMENT ON TABLE m1 IS 'first';

-- pair: partitions with columns in another order
-- column order differs
-- from:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 (b text, a int);
ALTER TABLE m ATTACH PARTITION m1 FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b text, c int) PARTITION BY LIST (a);
CREATE TABLE m1 (b text, a int, c int);
ALTER TABLE m ATTACH PARTITION m1 FOR VALUES IN (1);
CREATE INDEX m_b ON m (b);
-- rows:
INSERT INTO m VALUES (1, 'x');
-- keeps: SELECT a, b FROM m

-- pair: view and policy on a partitioned table under a type change
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE VIEW v AS SELECT a, b FROM m;
CREATE VIEW v1 AS SELECT b FROM m1;
CREATE POLICY p ON m USING (b > 0);
-- to:
CREATE TABLE m (a int, b bigint) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE VIEW v AS SELECT a, b FROM m;
CREATE VIEW v1 AS SELECT b FROM m1;
CREATE POLICY p ON m USING (b > 0);
-- rows:
INSERT INTO m VALUES (1, 1);
-- keeps: SELECT * FROM v

-- pair: all dropped
-- from:
CREATE TABLE m (a int PRIMARY KEY, b int) PARTITION BY RANGE (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (a);
CREATE TABLE m11 PARTITION OF m1 FOR VALUES FROM (1) TO (5);
CREATE INDEX m_b ON m (b);
CREATE TABLE down (a int REFERENCES m);
-- to:

-- pair: partitions in other schemas
-- from:
CREATE SCHEMA parts;
CREATE TABLE m (a int PRIMARY KEY) PARTITION BY LIST (a);
CREATE TABLE parts.m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE SCHEMA parts;
CREATE TABLE m (a int PRIMARY KEY, b int) PARTITION BY LIST (a);
CREATE TABLE parts.m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE parts.m2 PARTITION OF m FOR VALUES IN (2);
CREATE INDEX m_b ON m (b);
-- rows:
INSERT INTO m VALUES (1);
-- keeps: SELECT a FROM m

-- pair: inheritance begins
-- from:
CREATE TABLE up (a int, b text);
CREATE TABLE down (a int, b text, c int);
-- to:
CREATE TABLE up (a int, b text);
CREATE TABLE down (a int, b text, c int) INHERITS (up);
-- rows:
INSERT INTO down VALUES (1, 'x', 2);
-- keeps: SELECT * FROM down

-- pair: inheritance ends
-- own columns stay
-- from:
CREATE TABLE up (a int CONSTRAINT pos CHECK (a > 0), b text);
CREATE TABLE down (c int) INHERITS (up);
-- to:
CREATE TABLE up (a int CONSTRAINT pos CHECK (a > 0), b text);
CREATE TABLE down (a int CONSTRAINT pos CHECK (a > 0), b text, c int);
-- rows:
INSERT INTO down VALUES (1, 'x', 2);
-- keeps: SELECT a, b, c FROM down

-- pair: inherited columns and checks
-- from:
CREATE TABLE up (a int);
CREATE TABLE down (z int) INHERITS (up);
-- to:
CREATE TABLE up (a bigint NOT NULL DEFAULT 7, b text, CONSTRAINT pos CHECK (a > 0));
CREATE TABLE down (z int, CONSTRAINT own CHECK (z > 0)) INHERITS (up);
-- column order differs
-- rows:
INSERT INTO down VALUES (1, 2);
-- keeps: SELECT a, z FROM down

-- pair: a local column becomes inherited
-- column order differs
-- from:
CREATE TABLE up (a int);
CREATE TABLE down (b int) INHERITS (up);
-- to:
CREATE TABLE up (a int, b int);
CREATE TABLE down (b int) INHERITS (up);
-- rows:
INSERT INTO down VALUES (1, 2);
-- keeps: SELECT a, b FROM down

-- pair: two parents
-- own columns stay
-- column order differs
-- from:
CREATE TABLE up1 (a int, b int);
CREATE TABLE up2 (b int, c int);
CREATE TABLE down (d int) INHERITS (up1);
-- to:
CREATE TABLE up1 (a int, b int);
CREATE TABLE up2 (b int, c int);
CREATE TABLE down (d int) INHERITS (up1, up2);
-- rows:
INSERT INTO down VALUES (1, 2, 3);
-- keeps: SELECT a, b, d FROM down

-- pair: other defaults in the child
-- from:
CREATE TABLE up (a int DEFAULT 1, b int);
CREATE TABLE down () INHERITS (up);
ALTER TABLE ONLY down ALTER a SET DEFAULT 2;
-- to:
CREATE TABLE up (a int DEFAULT 3, b int);
CREATE TABLE down () INHERITS (up);
ALTER TABLE ONLY down ALTER a DROP DEFAULT;
ALTER TABLE ONLY down ALTER b SET DEFAULT 4;
ALTER TABLE ONLY down ALTER b SET NOT NULL;

-- pair: a dropped column of the parent stays in the child
-- from:
CREATE TABLE up (a int, b int);
CREATE TABLE down (b int) INHERITS (up);
-- to:
CREATE TABLE up (a int);
CREATE TABLE down (b int) INHERITS (up);
-- rows:
INSERT INTO down VALUES (1, 2);
-- keeps: SELECT a, b FROM down

-- pair: three generations with a rename
-- from:
CREATE TABLE a (x int);
CREATE TABLE b (y int) INHERITS (a);
CREATE TABLE c (z int) INHERITS (b);
CREATE INDEX c_x ON c (x);
-- to:
CREATE TABLE a (w int);
CREATE TABLE b (y int) INHERITS (a);
CREATE TABLE c (z int) INHERITS (b);
CREATE INDEX c_x ON c (w);
-- renames: {"public.a.x": "w"}
-- rows:
INSERT INTO c VALUES (1, 2, 3);
-- keeps: SELECT x, y, z FROM c
-- keeps to: SELECT w, y, z FROM c

-- pair: renamed column of the partitioned table
-- from:
CREATE TABLE m (a int, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m_b ON m (b);
-- to:
CREATE TABLE m (a int, c int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE INDEX m_b ON m (c);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
ALTER INDEX m1_c_idx RENAME TO m1_b_idx;
-- renames: {"public.m.b": "c"}
-- rows:
INSERT INTO m VALUES (1, 2);
-- keeps: SELECT a, b FROM m
-- keeps to: SELECT a, c FROM m

-- pair: children added and dropped
-- from:
CREATE TABLE a (x int PRIMARY KEY);
CREATE TABLE b () INHERITS (a);
-- to:
CREATE TABLE a (x int PRIMARY KEY);
CREATE TABLE c (y int) INHERITS (a);

-- pair: other partitions instead of dropped ones
-- from:
CREATE TABLE log (at int, what text) PARTITION BY RANGE (at);
CREATE TABLE log_low PARTITION OF log FOR VALUES FROM (0) TO (100);
CREATE TABLE log_mid PARTITION OF log FOR VALUES FROM (100) TO (1000);
CREATE TABLE log_high PARTITION OF log FOR VALUES FROM (1000) TO (MAXVALUE);
CREATE TABLE kind (k text) PARTITION BY LIST (k);
CREATE TABLE kind_ab PARTITION OF kind FOR VALUES IN ('a', 'b, c');
CREATE TABLE kind_d PARTITION OF kind FOR VALUES IN ('d');
-- to:
CREATE TABLE log (at int, what text) PARTITION BY RANGE (at);
CREATE TABLE log_all PARTITION OF log FOR VALUES FROM (0) TO (1000);
CREATE TABLE log_high PARTITION OF log FOR VALUES FROM (1000) TO (MAXVALUE);
CREATE TABLE kind (k text) PARTITION BY LIST (k);
CREATE TABLE kind_c PARTITION OF kind FOR VALUES IN ('b, c', 'e');
CREATE TABLE kind_d PARTITION OF kind FOR VALUES IN ('d', 'a');
-- rows:
INSERT INTO log VALUES (2000, 'x');
INSERT INTO kind VALUES ('d');
-- rows back:
INSERT INTO log VALUES (2000, 'x');
INSERT INTO kind VALUES ('d');
-- keeps: SELECT at::text FROM log UNION ALL SELECT k FROM kind

-- pair: index of the partitioned table that only some partitions have
-- from:
CREATE TABLE log (at int, what text);
-- to:
CREATE TABLE log (at int, what text);
CREATE TABLE p (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (1000) PARTITION BY RANGE (a);
CREATE TABLE p_low_1 PARTITION OF p_low FOR VALUES FROM (0) TO (500);
CREATE TABLE p_mid PARTITION OF p FOR VALUES FROM (1000) TO (2000);
CREATE TABLE p_high PARTITION OF p FOR VALUES FROM (2000) TO (MAXVALUE);
CREATE INDEX p_a ON ONLY p (a);
CREATE INDEX p_low_a ON ONLY p_low (a);
CREATE INDEX p_mid_a ON p_mid (a);
ALTER INDEX p_a ATTACH PARTITION p_low_a;
ALTER INDEX p_a ATTACH PARTITION p_mid_a;

-- pair: a column dropped from the parent stays in the child
-- own columns stay
-- from:
CREATE TABLE up (a int, b int);
CREATE TABLE down () INHERITS (up);
CREATE TABLE other () INHERITS (up);
CREATE TABLE below () INHERITS (other);
-- to:
CREATE TABLE up (a int);
CREATE TABLE down (b int) INHERITS (up);
CREATE TABLE other () INHERITS (up);
CREATE TABLE below (b int) INHERITS (other);
-- rows:
INSERT INTO down VALUES (1, 2);
INSERT INTO below VALUES (3, 4);
-- rows back:
INSERT INTO down VALUES (1, 2);
INSERT INTO below VALUES (3, 4);
-- keeps: SELECT a, b FROM down UNION ALL SELECT a, b FROM below

-- pair: foreign key of a filled partitioned table, of a partition and to itself
-- both:
CREATE TABLE r (id int PRIMARY KEY);
-- from:
CREATE TABLE t (id int, a int, b int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 (b int, id int NOT NULL, a int) PARTITION BY LIST (id);
CREATE TABLE t2d PARTITION OF t2 DEFAULT;
ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20);
CREATE TABLE t3 PARTITION OF t FOR VALUES FROM (20) TO (30);
-- to:
CREATE TABLE t (id int, a int CONSTRAINT "t a" REFERENCES r ON DELETE CASCADE DEFERRABLE, b int, PRIMARY KEY (id),
  CONSTRAINT t_b FOREIGN KEY (b) REFERENCES t) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 (b int, id int NOT NULL, a int) PARTITION BY LIST (id);
CREATE TABLE t2d PARTITION OF t2 DEFAULT;
ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (20);
CREATE TABLE t3 PARTITION OF t FOR VALUES FROM (20) TO (30);
CREATE TABLE t4 PARTITION OF t FOR VALUES FROM (30) TO (40);
-- rows:
INSERT INTO r VALUES (1), (2);
INSERT INTO t VALUES (1, 1, 1), (11, 2, 1);
-- keeps: SELECT * FROM t

-- pair: partitioned table that references itself created and dropped
-- from:
CREATE TABLE other (id int);
-- to:
CREATE TABLE other (id int);
CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id);
CREATE TABLE t2d PARTITION OF t2 DEFAULT;

-- pair: partition added to a table that begins to reference itself
-- both:
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, up int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
-- from:
CREATE TABLE t3 (id int PRIMARY KEY, up int);
-- to:
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id);
CREATE TABLE t2d PARTITION OF t2 DEFAULT;
ALTER TABLE t ADD CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t;
CREATE TABLE t3 PARTITION OF t FOR VALUES FROM (20) TO (30);
-- rows:
INSERT INTO t VALUES (1, 1);
INSERT INTO t3 VALUES (20, 1);
-- keeps: SELECT * FROM t1 UNION ALL SELECT * FROM t3

-- pair: detached, with a check whose name the server would have chosen
-- from:
CREATE TABLE m (id int, b int) PARTITION BY RANGE (id);
CREATE TABLE m1 PARTITION OF m (CONSTRAINT m1_id_check CHECK (id > 0)) FOR VALUES FROM (1) TO (10);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20);
-- to:
CREATE TABLE m (id int, b int) PARTITION BY RANGE (id);
CREATE TABLE m1 (id int, b int, CONSTRAINT m1_id_check CHECK (id > 0));
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM (10) TO (20);
-- rows:
INSERT INTO m VALUES (1, 1), (11, 1);
-- keeps: SELECT id FROM m1

-- pair: partition with local indexes and keys equal to those of the table
-- from:
CREATE TABLE m (a int NOT NULL, b text NOT NULL, c int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE n (a int NOT NULL, b text NOT NULL, c int, UNIQUE (a, b)) PARTITION BY LIST (a);
CREATE TABLE n1 PARTITION OF n (PRIMARY KEY (a, b)) FOR VALUES IN (1);
CREATE TABLE m (a int NOT NULL, b text NOT NULL, c int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m (PRIMARY KEY (a, c)) FOR VALUES IN (2);
CREATE INDEX m_b ON m (a, b);
CREATE INDEX a_own ON m1 (a, b);
CREATE INDEX a_own_too ON m2 (a, b);
-- rows:
INSERT INTO m VALUES (1, 'x', 1);
-- keeps: SELECT * FROM m

-- pair: foreign key to a partitioned table that gets a key
-- from:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE TABLE t (a int, b text);
-- to:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE UNIQUE INDEX z ON m (a, b);
CREATE TABLE t (a int, b text, CONSTRAINT "A" FOREIGN KEY (a, b) REFERENCES m (a, b));
-- rows:
INSERT INTO m VALUES (1, 'x'), (2, 'y');
INSERT INTO t VALUES (1, 'x');
-- keeps: SELECT m.*, t.* FROM m LEFT JOIN t USING (a, b) ORDER BY 1

-- pair: key of a partition attached to an index that is not a key
-- from:
CREATE TABLE m (a int NOT NULL, b int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int NOT NULL, b int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m (CONSTRAINT m1_key PRIMARY KEY (a, b)) FOR VALUES IN (1);
CREATE UNIQUE INDEX m_ab ON m (a, b);
-- rows:
INSERT INTO m VALUES (1, 2);
-- rows back:
INSERT INTO m VALUES (1, 2);
-- keeps: SELECT * FROM m

-- pair: index ON ONLY that some partitions are not attached to
-- from:
CREATE TABLE m (a int NOT NULL, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE INDEX m_b ON ONLY m (b);
CREATE INDEX m1_b ON m1 (b);
ALTER INDEX m_b ATTACH PARTITION m1_b;
CREATE INDEX m2_b ON m2 (b);
-- to:
CREATE TABLE m (a int NOT NULL, b int) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
CREATE INDEX m_b ON ONLY m (b);
CREATE INDEX m1_b ON m1 (b);
ALTER INDEX m_b ATTACH PARTITION m1_b;
CREATE INDEX m2_b ON m2 (b);
CREATE TABLE t (a int);

-- pair: partitioned tables that reference each other
-- from:
-- to:
CREATE TABLE m (a int, b int, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE n (a int, b int) PARTITION BY LIST (a);
CREATE TABLE n1 PARTITION OF n FOR VALUES IN (1);
CREATE UNIQUE INDEX n_key ON n (a, b);
CREATE UNIQUE INDEX n1_own ON n1 (a);
ALTER TABLE n ADD CONSTRAINT n_m FOREIGN KEY (a, b) REFERENCES m (a, b);
ALTER TABLE m ADD CONSTRAINT m_n FOREIGN KEY (a, b) REFERENCES n (a, b);
ALTER TABLE m1 ADD CONSTRAINT m1_n1 FOREIGN KEY (a) REFERENCES n1 (a);

-- pair: partition of a referenced table
-- both:
CREATE TABLE m (a int, b int, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE t (a int, b int, CONSTRAINT t_m FOREIGN KEY (a, b) REFERENCES m (a, b));
-- from:
-- to:
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2) PARTITION BY LIST (b);
CREATE TABLE m21 PARTITION OF m2 FOR VALUES IN (1);
-- rows:
INSERT INTO m VALUES (1, 1);
INSERT INTO t VALUES (1, 1);
-- rows back:
INSERT INTO m VALUES (1, 1), (2, 1);
INSERT INTO t VALUES (1, 1);
-- keeps: SELECT m1.*, t.* FROM m1 JOIN t USING (a, b)

-- pair: partition detached while the table loses its foreign key
-- both:
CREATE TABLE t (a int PRIMARY KEY);
-- from:
CREATE TABLE m (a int, CONSTRAINT m_t FOREIGN KEY (a) REFERENCES t) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE TABLE m1 (a int);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
-- rows:
INSERT INTO t VALUES (1), (2);
INSERT INTO m VALUES (1), (2);
-- keeps: SELECT * FROM m2
-- own columns stay

-- pair: other collation of a column of all partitions
-- from:
CREATE TABLE m (a int, b text) PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- to:
CREATE TABLE m (a int, b text COLLATE "POSIX") PARTITION BY LIST (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
-- rows:
INSERT INTO m VALUES (1, 'x');
-- keeps: SELECT * FROM m

-- pair: ranges of texts that look like numbers, one replaced by another
-- from:
CREATE TABLE m (a text) PARTITION BY RANGE (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('1') TO ('9');
-- to:
CREATE TABLE m (a text) PARTITION BY RANGE (a);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('10') TO ('2');

-- pair: ranges of texts with a collation that differs from byte order
-- both:
CREATE COLLATION c (provider = icu, locale = 'en');
-- from:
CREATE TABLE m (a text COLLATE c) PARTITION BY RANGE (a);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('A') TO ('C');
-- to:
CREATE TABLE m (a text COLLATE c) PARTITION BY RANGE (a);
CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('b') TO ('d');
