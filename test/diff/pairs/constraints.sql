-- Constraints

-- pair: primary key added and dropped
-- from:
CREATE TABLE a (id int NOT NULL);
CREATE TABLE b (id int PRIMARY KEY);
-- to:
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int NOT NULL);
-- rows:
INSERT INTO a VALUES (1), (2);
INSERT INTO b VALUES (1);
-- keeps: SELECT id FROM a UNION ALL SELECT id FROM b ORDER BY 1

-- pair: primary key of other columns
-- from:
CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a));
-- to:
CREATE TABLE t (a int NOT NULL, b int NOT NULL, PRIMARY KEY (a, b));
-- rows:
INSERT INTO t VALUES (1, 1), (2, 1);
-- keeps: SELECT a, b FROM t ORDER BY a

-- pair: primary key on a nullable column
-- from:
CREATE TABLE t (a int, b int);
-- to:
CREATE TABLE t (a int, b int PRIMARY KEY);
-- rows:
INSERT INTO t VALUES (1, 1);
-- keeps: SELECT a, b FROM t

-- pair: primary key under a foreign key
-- from:
CREATE TABLE up (id int PRIMARY KEY, code int NOT NULL UNIQUE);
CREATE TABLE down (up_id int REFERENCES up (id));
-- to:
CREATE TABLE up (id int NOT NULL UNIQUE, code int PRIMARY KEY);
CREATE TABLE down (up_id int REFERENCES up (id));
-- rows:
INSERT INTO up VALUES (1, 10);
INSERT INTO down VALUES (1);
-- keeps: SELECT up_id FROM down

-- pair: primary key under a foreign key gets another column
-- from:
CREATE TABLE up (id int PRIMARY KEY, tenant int NOT NULL DEFAULT 0);
CREATE TABLE down (up_id int CONSTRAINT to_up REFERENCES up, tenant int NOT NULL DEFAULT 0);
-- to:
CREATE TABLE up (id int, tenant int NOT NULL DEFAULT 0, PRIMARY KEY (tenant, id));
CREATE TABLE down (up_id int, tenant int NOT NULL DEFAULT 0, CONSTRAINT to_up FOREIGN KEY (tenant, up_id) REFERENCES up);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1);
-- keeps: SELECT up_id FROM down

-- pair: primary key renamed with a hint
-- from:
CREATE TABLE up (id int CONSTRAINT one PRIMARY KEY);
CREATE TABLE down (up_id int REFERENCES up);
-- to:
CREATE TABLE up (id int CONSTRAINT two PRIMARY KEY);
CREATE TABLE down (up_id int REFERENCES up);
-- renames: {"constraint one on public.up": "two"}
-- renames back: {"two on up": "one"}

-- pair: primary key renamed without a hint
-- from:
CREATE TABLE up (id int CONSTRAINT one PRIMARY KEY);
CREATE TABLE down (up_id int REFERENCES up);
-- to:
CREATE TABLE up (id int CONSTRAINT two PRIMARY KEY);
CREATE TABLE down (up_id int REFERENCES up);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1);
-- keeps: SELECT up_id FROM down

-- pair: unique added to rows
-- from:
CREATE TABLE t (a int, b int);
-- to:
CREATE TABLE t (a int UNIQUE, b int, UNIQUE (b, a));
-- rows:
INSERT INTO t SELECT i, i FROM generate_series(1, 50) i;
-- keeps: SELECT count(*), sum(a) FROM t

-- pair: unique becomes a unique index
-- from:
CREATE TABLE t (a int CONSTRAINT t_a UNIQUE);
-- to:
CREATE TABLE t (a int);
CREATE UNIQUE INDEX t_a ON t (a);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: unique nulls not distinct
-- from:
CREATE TABLE t (a int, CONSTRAINT u UNIQUE (a));
-- to:
CREATE TABLE t (a int, CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a));
-- rows:
INSERT INTO t VALUES (1), (NULL);
-- keeps: SELECT a FROM t ORDER BY a

-- pair: unique deferrable
-- from:
CREATE TABLE t (a int, b int, CONSTRAINT ua UNIQUE (a), CONSTRAINT ub UNIQUE (b) DEFERRABLE);
-- to:
CREATE TABLE t (a int, b int, CONSTRAINT ua UNIQUE (a) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT ub UNIQUE (b) DEFERRABLE INITIALLY DEFERRED);
-- rows:
INSERT INTO t VALUES (1, 1);
-- keeps: SELECT a, b FROM t

-- pair: primary key deferrable
-- from:
CREATE TABLE t (a int PRIMARY KEY);
-- to:
CREATE TABLE t (a int PRIMARY KEY DEFERRABLE);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: unique with INCLUDE and options
-- from:
CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a));
-- to:
CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE (a) INCLUDE (b) WITH (fillfactor = 70));
COMMENT ON CONSTRAINT u ON t IS 'with b';
COMMENT ON INDEX u IS 'of it';
-- rows:
INSERT INTO t VALUES (1, 2);
-- keeps: SELECT a, b FROM t

-- pair: options of the index of a key
-- from:
CREATE TABLE t (a int PRIMARY KEY WITH (fillfactor = 50), b int UNIQUE);
-- to:
CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE WITH (fillfactor = 60));

-- pair: check added, changed, dropped
-- from:
CREATE TABLE t (a int, CONSTRAINT one CHECK (a > 0), CONSTRAINT two CHECK (a > 1));
-- to:
CREATE TABLE t (a int, CONSTRAINT two CHECK (a > 2), CONSTRAINT three CHECK (a < 100));
-- rows:
INSERT INTO t VALUES (5);
-- keeps: SELECT a FROM t

-- pair: check with a new function
-- from:
CREATE TABLE t (a int);
-- to:
CREATE FUNCTION even(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 0';
CREATE TABLE t (a int CONSTRAINT only_even CHECK (even(a)));
-- rows:
INSERT INTO t VALUES (4);
-- keeps: SELECT a FROM t

-- pair: check with a function whose arguments change
-- from:
CREATE FUNCTION ok(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE TABLE t (a int CONSTRAINT is_ok CHECK (ok(a)));
-- to:
CREATE FUNCTION ok(bigint) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE TABLE t (a int CONSTRAINT is_ok CHECK (ok(a)));
-- rows:
INSERT INTO t VALUES (4);
-- keeps: SELECT a FROM t

-- pair: check not valid becomes valid
-- from:
CREATE TABLE t (a int);
ALTER TABLE t ADD CONSTRAINT pos CHECK (a > 0) NOT VALID;
-- to:
CREATE TABLE t (a int CONSTRAINT pos CHECK (a > 0));
-- rows:
INSERT INTO t VALUES (5);
-- keeps: SELECT a FROM t

-- pair: new check not valid
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
ALTER TABLE t ADD CONSTRAINT pos CHECK (a > 0) NOT VALID;
-- rows:
INSERT INTO t VALUES (-5);
-- keeps: SELECT a FROM t

-- pair: check no inherit
-- from:
CREATE TABLE t (a int CONSTRAINT pos CHECK (a > 0), b int CONSTRAINT neg CHECK (b < 0) NO INHERIT);
-- to:
CREATE TABLE t (a int CONSTRAINT pos CHECK (a > 0) NO INHERIT, b int CONSTRAINT neg CHECK (b < 0));
-- rows:
INSERT INTO t VALUES (1, -1);
-- keeps: SELECT a, b FROM t

-- pair: check renamed with a hint
-- from:
CREATE TABLE t (a int CONSTRAINT pos CHECK (a > 0));
-- to:
CREATE TABLE t (a int CONSTRAINT positive CHECK (a > 0));
-- renames: {"pos on public.t": "positive"}
-- renames back: {"constraint positive on public.t": "pos"}

-- pair: check of whole-row and system columns
-- from:
CREATE TABLE t (a int, b int);
-- to:
CREATE TABLE t (a int, b int, CONSTRAINT filled CHECK (t IS NOT NULL), CONSTRAINT here CHECK (tableoid > 0));

-- pair: exclude added and changed
-- from:
CREATE TABLE t (a int, during tsrange, EXCLUDE USING gist (during WITH &&));
-- to:
CREATE TABLE t (a int, during tsrange, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&) WHERE (a > 0) DEFERRABLE, EXCLUDE USING btree (a WITH =) INCLUDE (during));
-- rows:
INSERT INTO t VALUES (1, '[2026-01-01,2026-01-02)');
-- keeps: SELECT a, during FROM t

-- pair: exclude becomes a plain index
-- from:
CREATE TABLE t (during tsrange, CONSTRAINT x EXCLUDE USING gist (during WITH &&));
-- to:
CREATE TABLE t (during tsrange);
CREATE INDEX x ON t USING gist (during);

-- pair: exclude with an operator class and an expression
-- from:
CREATE TABLE t (a text);
-- to:
CREATE TABLE t (a text, CONSTRAINT x EXCLUDE USING btree (lower(a) COLLATE "C" text_pattern_ops WITH =) WITH (fillfactor = 80));

-- pair: foreign key added to rows
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int PRIMARY KEY, up_id int);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int PRIMARY KEY, up_id int, FOREIGN KEY (up_id) REFERENCES up);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1, 1), (2, NULL);
-- keeps: SELECT * FROM down ORDER BY id

-- pair: foreign key actions
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int CONSTRAINT fa REFERENCES up, b int CONSTRAINT fb REFERENCES up ON DELETE CASCADE ON UPDATE CASCADE, c int CONSTRAINT fc REFERENCES up ON DELETE SET NULL);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int CONSTRAINT fa REFERENCES up ON DELETE RESTRICT, b int CONSTRAINT fb REFERENCES up ON DELETE SET DEFAULT, c int CONSTRAINT fc REFERENCES up ON UPDATE SET NULL);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1, 1, 1);
-- keeps: SELECT a, b, c FROM down

-- pair: foreign key match and set null of some columns
-- from:
CREATE TABLE up (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE down (a int, b int, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES up, CONSTRAINT g FOREIGN KEY (a, b) REFERENCES up ON DELETE SET NULL);
-- to:
CREATE TABLE up (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE down (a int, b int, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES up MATCH FULL, CONSTRAINT g FOREIGN KEY (a, b) REFERENCES up ON DELETE SET NULL (b));

-- pair: foreign key deferrable
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int CONSTRAINT fa REFERENCES up, b int CONSTRAINT fb REFERENCES up DEFERRABLE INITIALLY DEFERRED, c int CONSTRAINT fc REFERENCES up DEFERRABLE);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int CONSTRAINT fa REFERENCES up DEFERRABLE INITIALLY DEFERRED, b int CONSTRAINT fb REFERENCES up, c int CONSTRAINT fc REFERENCES up DEFERRABLE INITIALLY DEFERRED);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1, 1, 1);
-- keeps: SELECT a, b, c FROM down

-- pair: foreign key not valid and back
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int, b int);
ALTER TABLE down ADD CONSTRAINT fa FOREIGN KEY (a) REFERENCES up NOT VALID;
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (a int CONSTRAINT fa REFERENCES up, b int);
ALTER TABLE down ADD CONSTRAINT fb FOREIGN KEY (b) REFERENCES up NOT VALID;
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO down VALUES (1, 77);
-- keeps: SELECT a, b FROM down

-- pair: foreign key to a unique index
-- from:
CREATE TABLE up (id int PRIMARY KEY, code text);
CREATE TABLE down (code text);
-- to:
CREATE TABLE up (id int PRIMARY KEY, code text);
CREATE UNIQUE INDEX up_code ON up (code);
CREATE TABLE down (code text REFERENCES up (code));
-- rows:
INSERT INTO up VALUES (1, 'x');
INSERT INTO down VALUES ('x');
-- keeps: SELECT code FROM down

-- pair: foreign key to another table
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE down (id int CONSTRAINT f REFERENCES up);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE other (id int PRIMARY KEY);
CREATE TABLE down (id int CONSTRAINT f REFERENCES other);
-- rows:
INSERT INTO up VALUES (1);
INSERT INTO other VALUES (1);
INSERT INTO down VALUES (1);
-- keeps: SELECT id FROM down

-- pair: foreign keys in a cycle
-- from:
-- to:
CREATE TABLE a (id int PRIMARY KEY, b int);
CREATE TABLE b (id int PRIMARY KEY, c int);
CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
ALTER TABLE b ADD FOREIGN KEY (c) REFERENCES c;

-- pair: a cycle changes its direction
-- from:
CREATE TABLE a (id int PRIMARY KEY, o int);
CREATE TABLE b (id int PRIMARY KEY, o int REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (o) REFERENCES b;
-- to:
CREATE TABLE b (id bigint PRIMARY KEY, o bigint);
CREATE TABLE a (id bigint PRIMARY KEY, o bigint REFERENCES b DEFERRABLE);
ALTER TABLE b ADD FOREIGN KEY (o) REFERENCES a DEFERRABLE;
-- rows:
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1, 1);
UPDATE a SET o = 1;
-- keeps: SELECT a.id, b.id, a.o, b.o FROM a, b

-- pair: foreign key to itself
-- from:
CREATE TABLE t (id int PRIMARY KEY, up int);
-- to:
CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE);
-- rows:
INSERT INTO t VALUES (1, NULL), (2, 1);
-- keeps: SELECT * FROM t ORDER BY id

-- pair: triggers of a foreign key disabled
-- from:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int REFERENCES up);
-- to:
CREATE TABLE up (id int PRIMARY KEY);
CREATE TABLE down (id int REFERENCES up);
COMMENT ON CONSTRAINT down_id_fkey ON down IS 'up';

-- pair: cluster on a key
-- from:
CREATE TABLE t (a int PRIMARY KEY);
-- to:
CREATE TABLE t (a int PRIMARY KEY);
ALTER TABLE t CLUSTER ON t_pkey;

-- pair: comments of constraints
-- from:
CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0));
COMMENT ON CONSTRAINT t_b_check ON t IS 'one';
-- to:
CREATE TABLE t (a int PRIMARY KEY, b int CHECK (b > 0));
COMMENT ON CONSTRAINT t_pkey ON t IS 'key';
COMMENT ON CONSTRAINT t_b_check ON t IS 'two';

-- pair: constraint and index exchange their names
-- from:
CREATE TABLE t (a int, b int, CONSTRAINT x UNIQUE (a));
CREATE INDEX y ON t (b);
-- to:
CREATE TABLE t (a int, b int, CONSTRAINT y UNIQUE (a));
CREATE INDEX x ON t (b);
-- rows:
INSERT INTO t VALUES (1, 1);
-- keeps: SELECT a, b FROM t

-- pair: foreign key to a key that is replaced
-- from:
CREATE TABLE t (id int CONSTRAINT t_id UNIQUE, note text);
CREATE TABLE u (id int PRIMARY KEY, t int CONSTRAINT u_t REFERENCES t (id) ON DELETE CASCADE);
CREATE TABLE v (id int PRIMARY KEY, t int CONSTRAINT v_t REFERENCES t (id));
-- to:
CREATE TABLE t (id int PRIMARY KEY, note text);
CREATE TABLE u (id int PRIMARY KEY, t int CONSTRAINT u_t REFERENCES t (id) ON DELETE CASCADE);
CREATE TABLE v (id int PRIMARY KEY, t int CONSTRAINT v_t REFERENCES t (id) ON DELETE SET NULL);
-- rows:
INSERT INTO t VALUES (1, 'a'), (2, 'b');
INSERT INTO u VALUES (1, 1);
INSERT INTO v VALUES (1, 2);
-- rows back:
INSERT INTO t VALUES (1, 'a'), (2, 'b');
INSERT INTO u VALUES (1, 1);
INSERT INTO v VALUES (1, 2);
-- keeps: SELECT t.id, u.id, v.id FROM t LEFT JOIN u ON u.t = t.id LEFT JOIN v ON v.t = t.id ORDER BY 1
