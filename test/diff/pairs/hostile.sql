-- Names and texts that look like keywords of their statements

-- pair: CHECK with NOT VALID in its text
-- from:
CREATE TABLE b (id int, s text);
-- to:
CREATE TABLE b (id int, s text, CONSTRAINT c2 CHECK (s <> 'IS NOT VALID' AND s <> ' NOT ENFORCED' AND s <> ') WHERE ('));
CREATE DOMAIN d AS text CONSTRAINT dc CHECK (VALUE <> ' NOT VALID');
-- rows:
INSERT INTO b VALUES (1, 'x');
-- keeps: SELECT * FROM b

-- pair: NOT VALID constraints with NOT VALID in their text
-- from:
CREATE TABLE b (id int, " NOT VALID" text);
ALTER TABLE b ADD CONSTRAINT " NOT VALID" CHECK (" NOT VALID" <> ' NOT VALID') NOT VALID;
-- to:
CREATE TABLE b (id int, " NOT VALID" text);
ALTER TABLE b ADD CONSTRAINT " NOT VALID" CHECK (" NOT VALID" <> ' NOT VALID');
-- rows:
INSERT INTO b VALUES (1, 'x');

-- pair: texts that differ only in that word
-- from:
CREATE TABLE b (s text CONSTRAINT c CHECK (s <> 'a NOT VALID'));
-- to:
CREATE TABLE b (s text CONSTRAINT c CHECK (s <> 'a'));
-- rows:
INSERT INTO b VALUES ('x');

-- pair: exclusion with keywords in literals
-- from:
CREATE TABLE e (a int, s text);
-- to:
CREATE TABLE e (a int, s text, CONSTRAINT x EXCLUDE USING btree (a WITH =, md5(s || ') WHERE (') WITH =) WITH (fillfactor = 50) WHERE (s <> ' DEFERRABLE' AND s <> ') WHERE (') DEFERRABLE INITIALLY DEFERRED);
-- rows:
INSERT INTO e VALUES (1, 'x');

-- pair: keys of columns named like clauses
-- from:
CREATE TABLE k (" DEFERRABLE" int, " WITHOUT OVERLAPS)" int NOT NULL);
-- to:
CREATE TABLE k (" DEFERRABLE" int, " WITHOUT OVERLAPS)" int NOT NULL, CONSTRAINT " INITIALLY" UNIQUE (" DEFERRABLE", " WITHOUT OVERLAPS)") WITH (fillfactor = 50) DEFERRABLE);
-- rows:
INSERT INTO k VALUES (1, 1);

-- pair: grants on tables and columns named like clauses
-- from:
CREATE TABLE "a to b" (") on table t" int, " (" int);
CREATE TABLE "p on table q" ("x by y" int);
GRANT SELECT ON "a to b" TO diff_reader WITH GRANT OPTION;
-- to:
CREATE TABLE "a to b" (") on table t" int, " (" int);
CREATE TABLE "p on table q" ("x by y" int);
GRANT SELECT (") on table t"), UPDATE (" (") ON "a to b" TO "diff Odd", diff_writer;
GRANT ALL ON "p on table q" TO "diff Odd" WITH GRANT OPTION;
GRANT INSERT ("x by y") ON "p on table q" TO diff_reader;
SET ROLE "diff Odd";
GRANT SELECT ON "p on table q" TO diff_writer;
RESET ROLE;

-- pair: indexes named like clauses
-- from:
CREATE TABLE t (a int NOT NULL, b text);
-- to:
CREATE TABLE t (a int NOT NULL, b text);
CREATE UNIQUE INDEX "INDEX t" ON t (a);
CREATE INDEX "a USING b" ON t ((b || ' USING x (')) WHERE b <> ' WHERE ';
ALTER TABLE t REPLICA IDENTITY USING INDEX "INDEX t";
-- rows:
INSERT INTO t VALUES (1, 'x');

-- pair: partitions with bounds that read like clauses
-- from:
CREATE TABLE p (s text) PARTITION BY RANGE (s);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (' TO (') TO (') TO (x');
-- to:
CREATE TABLE p (s text) PARTITION BY RANGE (s);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (' TO (') TO (') TO (');
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (') TO (') TO (') TO (x');

-- pair: defaults, comments and bodies that read like clauses
-- from:
CREATE TABLE t (a int);
CREATE FUNCTION f(a text DEFAULT E'\nAS $ it''s') RETURNS text LANGUAGE sql AS $$SELECT 'x'$$;
-- to:
CREATE TABLE t (a int, b text DEFAULT ' WITH OPTIONS NOT NULL NOT VALID', "c DEFAULT 1" text DEFAULT 'it''s "');
COMMENT ON COLUMN t.b IS E'-- of role in this database\r\nDROP TABLE t; NOT VALID';
CREATE FUNCTION f(a text DEFAULT E'\n LANGUAGE \nAS $ it''s') RETURNS text LANGUAGE sql AS $$SELECT 'y FROM t'$$;
CREATE VIEW v AS SELECT E'\n   FROM (VALUES ' AS "a FROM b";
