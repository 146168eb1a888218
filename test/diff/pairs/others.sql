-- Foreign data, replication, statistics, text search, casts, operators,
-- collations, conversions, languages, access methods, transforms

-- pair: wrapper, server, mapping, foreign table
-- from:
-- to:
CREATE FOREIGN DATA WRAPPER diff_w OPTIONS (debug 'true');
CREATE SERVER diff_s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER diff_w OPTIONS (host 'here', port '1');
CREATE USER MAPPING FOR diff_reader SERVER diff_s OPTIONS ("user" 'me');
CREATE FOREIGN TABLE far (a int OPTIONS (name 'x') NOT NULL, b text DEFAULT 'y', CONSTRAINT c CHECK (a > 0)) SERVER diff_s OPTIONS (file 'f');
COMMENT ON FOREIGN TABLE far IS 'far';
GRANT SELECT ON far TO diff_reader;

-- pair: options of all of them
-- from:
CREATE FOREIGN DATA WRAPPER diff_w OPTIONS (debug 'true');
CREATE SERVER diff_s TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER diff_w OPTIONS (host 'here', port '1');
CREATE USER MAPPING FOR diff_reader SERVER diff_s OPTIONS ("user" 'me');
CREATE FOREIGN TABLE far (a int OPTIONS (name 'x'), b text) SERVER diff_s OPTIONS (file 'f');
-- to:
CREATE FOREIGN DATA WRAPPER diff_w OPTIONS (level '2');
CREATE SERVER diff_s TYPE 'x' VERSION '2' FOREIGN DATA WRAPPER diff_w OPTIONS (host 'there', dbname 'd');
CREATE USER MAPPING FOR diff_reader SERVER diff_s OPTIONS ("user" 'you');
CREATE USER MAPPING FOR PUBLIC SERVER diff_s;
CREATE FOREIGN TABLE far (a int OPTIONS (name 'y'), b text OPTIONS (name 'z')) SERVER diff_s OPTIONS (file 'g', header 'on');

-- pair: columns of a foreign table
-- both:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w;
-- from:
CREATE FOREIGN TABLE far (a int, b text, c int) SERVER diff_s;
CREATE VIEW v AS SELECT a FROM far;
-- to:
CREATE FOREIGN TABLE far (a bigint, b text NOT NULL DEFAULT 'x', d int, CHECK (a > 0)) SERVER diff_s;
CREATE VIEW v AS SELECT a FROM far;
-- column order differs

-- pair: foreign table changes its server
-- both:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_1 FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_2 FOREIGN DATA WRAPPER diff_w;
-- from:
CREATE FOREIGN TABLE far (a int) SERVER diff_1;
CREATE VIEW v AS SELECT a FROM far;
-- to:
CREATE FOREIGN TABLE far (a int) SERVER diff_2;
CREATE VIEW v AS SELECT a FROM far;

-- pair: type and wrapper of a server
-- from:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE FOREIGN DATA WRAPPER diff_x;
CREATE SERVER diff_s TYPE 'a' FOREIGN DATA WRAPPER diff_w;
CREATE FOREIGN TABLE far (a int) SERVER diff_s;
-- to:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE FOREIGN DATA WRAPPER diff_x;
CREATE SERVER diff_s TYPE 'b' FOREIGN DATA WRAPPER diff_x;
CREATE FOREIGN TABLE far (a int) SERVER diff_s;

-- pair: postgres_fdw
-- both:
CREATE EXTENSION postgres_fdw;
-- from:
CREATE SERVER diff_s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h');
-- to:
CREATE SERVER diff_s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h', port '5433', fetch_size '100');
CREATE FOREIGN TABLE far (id int OPTIONS (column_name 'key'), note text) SERVER diff_s OPTIONS (schema_name 's', table_name 't');
ALTER SERVER diff_s OWNER TO diff_owner;

-- pair: file_fdw
-- both:
CREATE EXTENSION file_fdw;
CREATE SERVER diff_s FOREIGN DATA WRAPPER file_fdw;
-- from:
CREATE FOREIGN TABLE far (id int) SERVER diff_s OPTIONS (filename '/tmp/none', format 'csv');
-- to:
CREATE FOREIGN TABLE far (id int, b text) SERVER diff_s OPTIONS (filename '/tmp/none', format 'csv', header 'true', delimiter ';');

-- pair: foreign table as a partition
-- both:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w;
-- from:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE FOREIGN TABLE far (a int) SERVER diff_s;
-- to:
CREATE TABLE m (a int) PARTITION BY LIST (a);
CREATE FOREIGN TABLE far PARTITION OF m FOR VALUES IN (1) SERVER diff_s;

-- pair: a table becomes foreign
-- both:
CREATE FOREIGN DATA WRAPPER diff_w;
CREATE SERVER diff_s FOREIGN DATA WRAPPER diff_w;
-- from:
CREATE TABLE t (a int);
-- to:
CREATE FOREIGN TABLE t (a int) SERVER diff_s;

-- pair: publication of tables, columns, rows
-- both:
CREATE TABLE t (id int PRIMARY KEY, a int, b int);
CREATE TABLE u (id int PRIMARY KEY);
CREATE TABLE w (id int PRIMARY KEY);
-- from:
CREATE PUBLICATION diff_p FOR TABLE t, u;
-- to:
CREATE PUBLICATION diff_p FOR TABLE t (id, a) WHERE (id > 5), w WHERE (id < 7) WITH (publish = 'insert, update', publish_via_partition_root);
COMMENT ON PUBLICATION diff_p IS 'p';

-- pair: publication of schemas
-- both:
CREATE SCHEMA s;
CREATE SCHEMA r;
CREATE TABLE s.t ();
CREATE TABLE r.t ();
CREATE TABLE t (a int);
-- from:
CREATE PUBLICATION diff_p FOR TABLES IN SCHEMA s;
-- to:
CREATE PUBLICATION diff_p FOR TABLES IN SCHEMA r, TABLE t;
ALTER PUBLICATION diff_p OWNER TO diff_owner;

-- pair: publication of all tables
-- both:
CREATE TABLE t (a int);
-- from:
CREATE PUBLICATION diff_p FOR TABLE t;
-- to:
CREATE PUBLICATION diff_p FOR ALL TABLES;

-- pair: publication and its table are new
-- from:
-- to:
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE PUBLICATION diff_p FOR TABLE t (id);
CREATE PUBLICATION diff_q;

-- pair: published table and column dropped
-- column order differs
-- from:
CREATE TABLE t (id int PRIMARY KEY, a int);
CREATE TABLE u (id int PRIMARY KEY, a int, b int);
CREATE PUBLICATION diff_p FOR TABLE t, u (id, a);
-- to:
CREATE TABLE u (id int PRIMARY KEY, b int);
CREATE PUBLICATION diff_p FOR TABLE u (id);

-- pair: subscription
-- asks: create subscription
-- asks back: drop subscription
-- from:
-- to:
CREATE SUBSCRIPTION diff_sub CONNECTION 'dbname=none' PUBLICATION p, q WITH (connect = false, slot_name = NONE);

-- pair: subscription changed
-- from:
CREATE SUBSCRIPTION diff_sub CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- to:
CREATE SUBSCRIPTION diff_sub CONNECTION 'dbname=none' PUBLICATION q WITH (connect = false, slot_name = NONE, binary = true, streaming = true, synchronous_commit = 'local', disable_on_error = true);
COMMENT ON SUBSCRIPTION diff_sub IS 's';

-- pair: statistics
-- from:
CREATE TABLE t (a int, b int, c int);
CREATE STATISTICS s1 (ndistinct) ON a, b FROM t;
CREATE STATISTICS s2 ON b, c FROM t;
-- to:
CREATE TABLE t (a int, b int, c int);
CREATE STATISTICS s1 (ndistinct, dependencies) ON a, b FROM t;
CREATE STATISTICS s2 ON b, c FROM t;
ALTER STATISTICS s2 SET STATISTICS 77;
CREATE STATISTICS s3 ON (a + b), c FROM t;
COMMENT ON STATISTICS s3 IS 's3';

-- pair: statistics on a dropped column
-- column order differs
-- from:
CREATE TABLE t (a int, b int, c int);
CREATE STATISTICS s1 ON a, b FROM t;
-- to:
CREATE TABLE t (a int, c int);
CREATE STATISTICS s1 ON a, c FROM t;

-- pair: text search
-- from:
-- to:
CREATE TEXT SEARCH PARSER diff_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE diff_template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY diff_dict (TEMPLATE = diff_template, accept = false);
CREATE TEXT SEARCH CONFIGURATION diff_config (PARSER = diff_parser);
ALTER TEXT SEARCH CONFIGURATION diff_config ADD MAPPING FOR word, asciiword WITH diff_dict, simple;
CREATE TABLE t (a text);
CREATE INDEX t_a ON t USING gin (to_tsvector('diff_config', a));

-- pair: text search changed
-- from:
CREATE TEXT SEARCH DICTIONARY diff_dict (TEMPLATE = snowball, language = 'english');
CREATE TEXT SEARCH CONFIGURATION diff_config (COPY = simple);
-- to:
CREATE TEXT SEARCH DICTIONARY diff_dict (TEMPLATE = snowball, language = 'german', stopwords = 'german');
CREATE TEXT SEARCH CONFIGURATION diff_config (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION diff_config ALTER MAPPING FOR asciiword WITH diff_dict;
ALTER TEXT SEARCH CONFIGURATION diff_config DROP MAPPING FOR url;

-- pair: text search dictionary in use gets another template
-- from:
CREATE TEXT SEARCH DICTIONARY diff_dict (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION diff_config (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION diff_config ALTER MAPPING FOR asciiword WITH diff_dict;
CREATE TABLE t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('diff_config', a)) STORED);
-- to:
CREATE TEXT SEARCH DICTIONARY diff_dict (TEMPLATE = snowball, language = 'english');
CREATE TEXT SEARCH CONFIGURATION diff_config (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION diff_config ALTER MAPPING FOR asciiword WITH diff_dict;
CREATE TABLE t (a text, v tsvector GENERATED ALWAYS AS (to_tsvector('diff_config', a)) STORED);

-- pair: casts
-- from:
CREATE TYPE pair AS (a int);
CREATE TYPE mood AS ENUM ('low');
CREATE FUNCTION pair_int(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
CREATE CAST (pair AS int) WITH FUNCTION pair_int(pair);
-- to:
CREATE TYPE pair AS (a int);
CREATE TYPE mood AS ENUM ('low');
CREATE FUNCTION pair_int(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a';
CREATE CAST (pair AS int) WITH FUNCTION pair_int(pair) AS IMPLICIT;
CREATE CAST (varchar AS mood) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (varchar AS mood) IS 'c';

-- pair: operators
-- from:
CREATE FUNCTION eq(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 ~= $2';
CREATE FUNCTION ne(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT NOT $1 ~= $2';
CREATE OPERATOR ### (LEFTARG = point, RIGHTARG = point, FUNCTION = eq);
-- to:
CREATE FUNCTION eq(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 ~= $2';
CREATE FUNCTION ne(point, point) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT NOT $1 ~= $2';
CREATE OPERATOR ### (LEFTARG = point, RIGHTARG = point, FUNCTION = eq, COMMUTATOR = ###, NEGATOR = !##, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR !## (LEFTARG = point, RIGHTARG = point, FUNCTION = ne, COMMUTATOR = !##, NEGATOR = ###);
CREATE OPERATOR @#@ (RIGHTARG = int, FUNCTION = int4abs);

-- pair: operator in a view, a check and an index
-- from:
CREATE OPERATOR +# (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
CREATE TABLE t (a int, CHECK (a +# 1 > 0));
CREATE INDEX t_a ON t ((a +# 2));
CREATE VIEW v AS SELECT a +# 3 AS b FROM t;
-- to:
CREATE OPERATOR +# (LEFTARG = int, RIGHTARG = int, FUNCTION = int4mul);
CREATE TABLE t (a int, CHECK (a +# 1 > 0));
CREATE INDEX t_a ON t ((a +# 2));
CREATE VIEW v AS SELECT a +# 3 AS b FROM t;
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: operator classes and families
-- from:
CREATE TABLE t (a int);
-- to:
CREATE OPERATOR FAMILY ints USING btree;
CREATE OPERATOR CLASS backwards FOR TYPE int USING btree FAMILY ints AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
ALTER OPERATOR FAMILY ints USING btree ADD OPERATOR 1 < (bigint, bigint), FUNCTION 1 (bigint, bigint) btint8cmp(bigint, bigint);
CREATE OPERATOR CLASS hashed FOR TYPE int USING hash AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
CREATE TABLE t (a int);
CREATE INDEX t_a ON t (a backwards);

-- pair: members of an operator family
-- from:
CREATE OPERATOR FAMILY ints USING btree;
ALTER OPERATOR FAMILY ints USING btree ADD OPERATOR 1 < (int, bigint);
-- to:
CREATE OPERATOR FAMILY ints USING btree;
ALTER OPERATOR FAMILY ints USING btree ADD OPERATOR 1 < (int, bigint), OPERATOR 2 <= (int, bigint), FUNCTION 1 (int, bigint) btint48cmp(int, bigint);
COMMENT ON OPERATOR FAMILY ints USING btree IS 'ints';

-- pair: collations
-- from:
CREATE COLLATION c1 (provider = icu, locale = 'de');
CREATE TABLE t (a text COLLATE c1);
-- to:
CREATE COLLATION c1 (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION c2 FROM "C";
CREATE COLLATION c3 (locale = 'POSIX');
COMMENT ON COLLATION c2 IS 'c';
CREATE TABLE t (a text COLLATE c1, b text COLLATE c2);
-- rows:
INSERT INTO t VALUES ('x');
-- keeps: SELECT a::text COLLATE "C" FROM t

-- pair: a changed collation in an index, a view and a domain
-- from:
CREATE COLLATION c (provider = icu, locale = 'de');
CREATE TABLE t (a text);
CREATE INDEX t_a ON t (a COLLATE c);
CREATE VIEW v AS SELECT a FROM t ORDER BY a COLLATE c;
CREATE DOMAIN d AS text COLLATE c;
-- to:
CREATE COLLATION c (provider = icu, locale = 'fr');
CREATE TABLE t (a text);
CREATE INDEX t_a ON t (a COLLATE c);
CREATE VIEW v AS SELECT a FROM t ORDER BY a COLLATE c;
CREATE DOMAIN d AS text COLLATE c;
-- rows:
INSERT INTO t VALUES ('x');
-- keeps: SELECT a FROM t

-- pair: conversions
-- from:
CREATE CONVERSION diff_1 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
-- to:
CREATE DEFAULT CONVERSION diff_1 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE CONVERSION diff_2 FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;
COMMENT ON CONVERSION diff_2 IS 'c';

-- pair: access method
-- from:
CREATE TABLE t (a int);
-- to:
CREATE ACCESS METHOD diff_am TYPE INDEX HANDLER bthandler;
CREATE ACCESS METHOD diff_heap TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a int);
CREATE TABLE u (a int) USING diff_heap;
COMMENT ON ACCESS METHOD diff_am IS 'a';

-- pair: language
-- from:
-- to:
CREATE FUNCTION diff_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION diff_inline(internal) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE TRUSTED LANGUAGE diff_lang HANDLER diff_handler INLINE diff_inline;
CREATE FUNCTION f() RETURNS int LANGUAGE diff_lang AS 'BEGIN RETURN 1; END';
REVOKE USAGE ON LANGUAGE diff_lang FROM PUBLIC;
GRANT USAGE ON LANGUAGE diff_lang TO diff_reader;
COMMENT ON LANGUAGE diff_lang IS 'l';

-- pair: language trusted
-- both:
CREATE FUNCTION diff_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION diff_validator(oid) RETURNS void LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_validator';
-- from:
CREATE LANGUAGE diff_lang HANDLER diff_handler;
CREATE FUNCTION f() RETURNS int LANGUAGE diff_lang AS 'BEGIN RETURN 1; END';
-- to:
CREATE TRUSTED LANGUAGE diff_lang HANDLER diff_handler VALIDATOR diff_validator;
CREATE FUNCTION f() RETURNS int LANGUAGE diff_lang AS 'BEGIN RETURN 1; END';

-- pair: transform
-- from:
CREATE TYPE pair AS (a int);
-- to:
CREATE TYPE pair AS (a int);
CREATE TRANSFORM FOR pair LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
COMMENT ON TRANSFORM FOR pair LANGUAGE sql IS 't';

-- pair: subscription with a comment
-- asks: create subscription
-- asks back: drop subscription
-- from:
-- to:
CREATE SUBSCRIPTION diff_sub CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE);
COMMENT ON SUBSCRIPTION diff_sub IS 'of p';

-- pair: extension of another owner
-- from:
CREATE EXTENSION hstore;
CREATE TABLE t (a int);
-- to:
CREATE TABLE t (a int);
-- rows:
UPDATE pg_extension SET extowner = 'diff_owner'::regrole WHERE extname = 'hstore';
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: extension that cannot be moved
-- both:
CREATE SCHEMA one;
CREATE SCHEMA two;
-- from:
CREATE EXTENSION xml2 SCHEMA one;
-- to:
CREATE EXTENSION xml2 SCHEMA two;

-- pair: extension that moves to another schema
-- from:
CREATE EXTENSION citext;
CREATE TABLE t (id int, a citext NOT NULL DEFAULT 'x'::citext CHECK (a <> ''), b citext[]);
CREATE INDEX t_a ON t (lower(a));
CREATE VIEW v AS SELECT id, a || 'y' AS c FROM t WHERE a = 'Z';
CREATE FUNCTION f(citext) RETURNS citext LANGUAGE sql AS 'SELECT $1';
-- to:
CREATE SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE TABLE t (id int, a extensions.citext NOT NULL DEFAULT 'x'::extensions.citext CHECK (a OPERATOR(extensions.<>) ''), b extensions.citext[], more int);
CREATE INDEX t_a ON t (lower(a));
CREATE VIEW v AS SELECT id, a || 'y' AS c FROM t WHERE a OPERATOR(extensions.=) 'Z';
CREATE FUNCTION f(extensions.citext) RETURNS extensions.citext LANGUAGE sql AS 'SELECT $1';
-- rows:
INSERT INTO t VALUES (1, 'Abc', '{D}');
-- rows back:
INSERT INTO t VALUES (1, 'Abc', '{D}');
-- keeps: SELECT id, a, b FROM t

-- pair: extension that moves out of a dropped schema
-- from:
CREATE SCHEMA one;
CREATE EXTENSION hstore SCHEMA one;
CREATE TABLE t (id int, h one.hstore);
-- to:
CREATE SCHEMA two;
CREATE EXTENSION hstore SCHEMA two;
CREATE TABLE t (id int, h two.hstore);
-- rows:
INSERT INTO t VALUES (1, 'a=>b');
-- rows back:
INSERT INTO t VALUES (1, 'a=>b');
-- keeps: SELECT id, h FROM t

-- pair: access method whose handler is in a compared schema
-- from:
CREATE FUNCTION h(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD diff_own TYPE TABLE HANDLER h;
CREATE TABLE t (a int) USING diff_own;
-- to:
CREATE FUNCTION h(internal) RETURNS table_am_handler LANGUAGE internal AS 'heap_tableam_handler';
CREATE ACCESS METHOD diff_own TYPE TABLE HANDLER h;
CREATE TABLE t (a int, b int) USING diff_own;
