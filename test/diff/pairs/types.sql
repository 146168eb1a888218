-- Types: enums, domains, composites, ranges, base types

-- pair: enum created and used
-- from:
CREATE TABLE t (a int);
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (a int, m mood DEFAULT 'low' NOT NULL, ms mood[]);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: enum value at the end
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood);
-- to:
CREATE TYPE mood AS ENUM ('low', 'high', 'higher');
CREATE TABLE t (m mood);
-- rows:
INSERT INTO t VALUES ('low'), ('high');
-- keeps: SELECT m FROM t ORDER BY m

-- pair: enum values before and after
-- from:
CREATE TYPE mood AS ENUM ('b', 'd');
CREATE TABLE t (m mood);
-- to:
CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'c2', 'd', 'e');
CREATE TABLE t (m mood);
-- rows:
INSERT INTO t VALUES ('d'), ('b');
-- keeps: SELECT m FROM t ORDER BY m

-- pair: enum value renamed with a hint
-- from:
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE t (m mood DEFAULT 'sad');
CREATE INDEX t_sad ON t (m) WHERE m = 'sad';
-- to:
CREATE TYPE mood AS ENUM ('blue', 'happy');
CREATE TABLE t (m mood DEFAULT 'blue');
CREATE INDEX t_sad ON t (m) WHERE m = 'blue';
-- renames: {"public.mood.sad": "blue"}
-- rows:
INSERT INTO t VALUES ('sad'), ('happy');
-- keeps: SELECT count(*) FILTER (WHERE m = 'sad'), count(*) FROM t
-- keeps to: SELECT count(*) FILTER (WHERE m = 'blue'), count(*) FROM t

-- pair: enum value added and another renamed
-- from:
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE t (m mood);
-- to:
CREATE TYPE mood AS ENUM ('blue', 'so so', 'happy');
CREATE TABLE t (m mood);
-- renames: {"public.mood.sad": "blue"}
-- rows:
INSERT INTO t VALUES ('sad');
-- keeps: SELECT count(*) FROM t

-- pair: enum value removed
-- from:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE TABLE t (m mood DEFAULT 'low', ms mood[] DEFAULT '{high}');
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t WHERE m > 'low';
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood DEFAULT 'low', ms mood[] DEFAULT '{high}');
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t WHERE m > 'low';
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';
-- rows:
INSERT INTO t VALUES ('low'), ('high');
-- keeps: SELECT m, ms FROM t ORDER BY m

-- pair: enum value removed under a partial index and a check
-- from:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE TABLE t (id int PRIMARY KEY, m mood NOT NULL CHECK (m <> 'low' OR id > 0));
CREATE INDEX t_m ON t (id) WHERE m = 'high';
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (id int PRIMARY KEY, m mood NOT NULL CHECK (m <> 'low' OR id > 0));
CREATE INDEX t_m ON t (id) WHERE m = 'high';
-- rows:
INSERT INTO t VALUES (1, 'low');
-- keeps: SELECT id, m FROM t

-- pair: enum reordered
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood PRIMARY KEY);
GRANT USAGE ON TYPE mood TO diff_reader;
COMMENT ON TYPE mood IS 'how';
-- to:
CREATE TYPE mood AS ENUM ('high', 'low');
CREATE TABLE t (m mood PRIMARY KEY);
GRANT USAGE ON TYPE mood TO diff_reader;
COMMENT ON TYPE mood IS 'how';
-- rows:
INSERT INTO t VALUES ('low'), ('high');
-- keeps: SELECT m FROM t ORDER BY m::text

-- pair: new enum value as a default in the same plan
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood DEFAULT 'low');
-- to:
CREATE TYPE mood AS ENUM ('none', 'low', 'high');
CREATE TABLE t (m mood DEFAULT 'none');
-- rows:
INSERT INTO t VALUES ('low'), ('high');
-- keeps: SELECT m FROM t ORDER BY m

-- pair: new enum value used in many places in the same plan
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (id int, m mood);
-- to:
CREATE TYPE mood AS ENUM ('low', 'high', 'top');
CREATE TABLE t (id int, m mood, n mood DEFAULT 'top', CONSTRAINT c CHECK (m <> 'top' OR id > 5));
CREATE INDEX t_top ON t (id) WHERE m = 'top';
CREATE VIEW v AS SELECT id FROM t WHERE m = 'top';
CREATE FUNCTION f() RETURNS mood BEGIN ATOMIC SELECT 'top'::mood; END;
CREATE FUNCTION g(m mood DEFAULT 'top') RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE DOMAIN upper_mood AS mood DEFAULT 'top' CHECK (VALUE >= 'high');
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (m < 'top');
-- rows:
INSERT INTO t VALUES (1, 'low');
-- keeps: SELECT id, m FROM t

-- pair: enum becomes text
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood DEFAULT 'low');
-- to:
CREATE TABLE t (m text DEFAULT 'low');
-- rows:
INSERT INTO t VALUES ('low'), ('high');
-- keeps: SELECT m::text FROM t ORDER BY 1

-- pair: enum renamed with a hint
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood DEFAULT 'low');
-- to:
CREATE TYPE feeling AS ENUM ('low', 'high');
CREATE TABLE t (m feeling DEFAULT 'low');
-- renames: {"public.mood": "feeling"}
-- rows:
INSERT INTO t VALUES ('high');
-- keeps: SELECT m::text FROM t

-- pair: enum used in a composite, a domain and a range
-- from:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TYPE state AS (m mood, n int);
CREATE DOMAIN dm AS mood DEFAULT 'low';
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE TABLE t (s state, d dm, r moods);
-- to:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE TYPE state AS (m mood, n int);
CREATE DOMAIN dm AS mood DEFAULT 'middle';
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE TABLE t (s state, d dm, r moods);
-- rows:
INSERT INTO t VALUES (ROW('low', 1), 'high', '[low,high)');
-- keeps: SELECT s, d, r FROM t

-- pair: enum without values
-- from:
CREATE TYPE empty AS ENUM ();
-- to:
CREATE TYPE empty AS ENUM ('something');

-- pair: enum values with odd characters
-- from:
CREATE TYPE "Odd ""one""" AS ENUM ('it''s', 'a b');
-- to:
CREATE TYPE "Odd ""one""" AS ENUM ('it''s', '\', 'ä ö', 'a b', '');

-- pair: domain
-- from:
-- to:
CREATE DOMAIN percent AS numeric(5,2) DEFAULT 0 NOT NULL CONSTRAINT low CHECK (VALUE >= 0) CONSTRAINT high CHECK (VALUE <= 100);
COMMENT ON DOMAIN percent IS 'of 100';
COMMENT ON CONSTRAINT low ON DOMAIN percent IS 'not less';

-- pair: domain's default, NOT NULL and checks
-- from:
CREATE DOMAIN percent AS int DEFAULT 0 CONSTRAINT low CHECK (VALUE >= 0);
CREATE TABLE t (p percent);
-- to:
CREATE DOMAIN percent AS int DEFAULT 50 NOT NULL CONSTRAINT low CHECK (VALUE >= 1) CONSTRAINT high CHECK (VALUE <= 100);
CREATE TABLE t (p percent);
-- rows:
INSERT INTO t VALUES (5);
-- keeps: SELECT p FROM t

-- pair: domain's check not valid
-- from:
CREATE DOMAIN d AS int;
CREATE TABLE t (a d);
-- to:
CREATE DOMAIN d AS int;
ALTER DOMAIN d ADD CONSTRAINT pos CHECK (VALUE > 0) NOT VALID;
CREATE TABLE t (a d);
-- rows:
INSERT INTO t VALUES (-1);
-- keeps: SELECT a FROM t

-- pair: domain's base type
-- from:
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, a d DEFAULT 5);
CREATE VIEW v AS SELECT a FROM t;
GRANT USAGE ON TYPE d TO diff_reader;
-- to:
CREATE DOMAIN d AS bigint CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, a d DEFAULT 5);
CREATE VIEW v AS SELECT a FROM t;
GRANT USAGE ON TYPE d TO diff_reader;
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM v

-- pair: domain of a domain
-- from:
CREATE DOMAIN a AS text CHECK (VALUE <> '');
-- to:
CREATE DOMAIN a AS text CHECK (VALUE <> '' AND VALUE <> ' ');
CREATE DOMAIN b AS a CHECK (length(VALUE) < 10);
CREATE TABLE t (b b[]);

-- pair: domain with a function in its check
-- from:
CREATE DOMAIN d AS int;
-- to:
CREATE FUNCTION ok(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE DOMAIN d AS int CHECK (ok(VALUE));

-- pair: domain's collation
-- from:
CREATE DOMAIN d AS text;
-- to:
CREATE DOMAIN d AS text COLLATE "C";

-- pair: domain dropped under a table
-- from:
CREATE DOMAIN d AS int DEFAULT 3 CHECK (VALUE > 0);
CREATE TABLE t (a d);
-- to:
CREATE TABLE t (a int);
-- rows:
INSERT INTO t VALUES (1);
-- keeps: SELECT a FROM t

-- pair: composite gets an attribute
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
-- to:
CREATE TYPE pair AS (a int, b text, c date);
CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';

-- pair: composite in a table gets an attribute
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TABLE t (p pair, ps pair[]);
-- to:
CREATE TYPE pair AS (a int, b text, c date);
CREATE TABLE t (p pair, ps pair[]);
-- rows:
INSERT INTO t VALUES (ROW(1, 'x'), '{}');
-- keeps: SELECT (p).a, (p).b FROM t

-- pair: composite loses and retypes attributes
-- from:
CREATE TYPE pair AS (a int, c varchar(5), b text);
-- to:
CREATE TYPE pair AS (a bigint, c varchar(10) COLLATE "C");

-- pair: composite reordered
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
-- to:
CREATE TYPE pair AS (b text, a int);
CREATE FUNCTION f(pair) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';

-- pair: composite retyped in a table
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TABLE t (id int, p pair);
-- to:
CREATE TYPE pair AS (a bigint, b text);
CREATE TABLE t (id int, p pair);
-- rows:
INSERT INTO t VALUES (1, ROW(1, 'x'));
-- keeps: SELECT id, (p).a, (p).b FROM t

-- pair: composite of a composite
-- from:
-- to:
CREATE TYPE inner_pair AS (a int, b int);
CREATE TYPE outer_pair AS (first inner_pair, rest inner_pair[]);
COMMENT ON TYPE outer_pair IS 'nested';
COMMENT ON COLUMN outer_pair.first IS 'the first';

-- pair: range
-- from:
-- to:
CREATE FUNCTION diff_of(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = diff_of, multirange_type_name = many_floats);
CREATE TABLE t (r floats, m many_floats);

-- pair: range of another subtype
-- from:
CREATE TYPE span AS RANGE (subtype = int);
CREATE TABLE t (id int);
-- to:
CREATE TYPE span AS RANGE (subtype = text, collation = "C");
CREATE TABLE t (id int);

-- pair: range with a new difference function, in use
-- from:
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE t (s span);
-- to:
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE t (s span);
-- rows:
INSERT INTO t VALUES ('[1,2)');
-- keeps: SELECT s::text FROM t

-- pair: shell type
-- from:
-- to:
CREATE TYPE shell;

-- pair: base type
-- from:
-- to:
CREATE TYPE celsius;
CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT AS 'float8in';
CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'float8out';
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, LIKE = float8, CATEGORY = 'N', DEFAULT = '20');
CREATE TABLE t (c celsius);

-- pair: base type's properties
-- both:
CREATE TYPE celsius;
CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
-- from:
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, INTERNALLENGTH = VARIABLE, STORAGE = extended);
-- to:
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, INTERNALLENGTH = VARIABLE, STORAGE = external);

-- pair: owner, comment and rights of types
-- from:
CREATE TYPE mood AS ENUM ('low');
CREATE DOMAIN d AS int;
CREATE TYPE pair AS (a int);
-- to:
CREATE TYPE mood AS ENUM ('low');
ALTER TYPE mood OWNER TO diff_owner;
CREATE DOMAIN d AS int;
ALTER DOMAIN d OWNER TO diff_owner;
COMMENT ON DOMAIN d IS 'd';
CREATE TYPE pair AS (a int);
REVOKE USAGE ON TYPE pair FROM PUBLIC;
GRANT USAGE ON TYPE mood TO diff_reader WITH GRANT OPTION;

-- pair: row type of a table in a function
-- from:
CREATE TABLE t (a int);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
-- to:
CREATE TABLE t (a int, b int);
CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT ($1).a';
CREATE FUNCTION g() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';

-- pair: a type becomes a table
-- from:
CREATE TYPE thing AS (a int, b int);
-- to:
CREATE TABLE thing (a int, b int);

-- pair: a domain becomes an enum
-- from:
CREATE DOMAIN mood AS text CHECK (VALUE IN ('low', 'high'));
CREATE TABLE t (m mood DEFAULT 'low');
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (m mood DEFAULT 'low');
-- rows:
INSERT INTO t VALUES ('high');
-- keeps: SELECT m::text FROM t

-- pair: enum value removed under a composite, a domain, a range and an array
-- from:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE TYPE state AS (m mood, n int);
CREATE DOMAIN dm AS mood DEFAULT 'low' CHECK (VALUE <> 'high');
CREATE DOMAIN dmm AS dm NOT NULL;
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE FUNCTION f(dm) RETURNS moods LANGUAGE sql AS 'SELECT NULL::moods';
CREATE TABLE t (id int PRIMARY KEY, s state, ss state[], d dm, e dmm, r moods, rr moods_multirange, plain mood[]);
CREATE VIEW v AS SELECT id, d, (s).m FROM t;
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TYPE state AS (m mood, n int);
CREATE DOMAIN dm AS mood DEFAULT 'low' CHECK (VALUE <> 'high');
CREATE DOMAIN dmm AS dm NOT NULL;
CREATE TYPE moods AS RANGE (subtype = mood);
CREATE FUNCTION f(dm) RETURNS moods LANGUAGE sql AS 'SELECT NULL::moods';
CREATE TABLE t (id int PRIMARY KEY, s state, ss state[], d dm, e dmm, r moods, rr moods_multirange, plain mood[]);
CREATE VIEW v AS SELECT id, d, (s).m FROM t;
-- rows:
INSERT INTO t VALUES (1, ROW('low', 1), ARRAY[ROW('high', 2)::state], 'low', 'low', '[low,high)', '{[low,high)}', '{high}'), (2, NULL, NULL, NULL, 'low', NULL, NULL, NULL);
-- keeps: SELECT * FROM t ORDER BY id

-- pair: enum value removed under a dropped domain
-- from:
CREATE TYPE mood AS ENUM ('low', 'middle', 'high');
CREATE DOMAIN dm AS mood;
CREATE TABLE t (id int PRIMARY KEY, d dm);
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (id int PRIMARY KEY, d mood);
-- rows:
INSERT INTO t VALUES (1, 'high');
-- keeps: SELECT id, d FROM t

-- pair: domain of a domain gets another base type
-- from:
CREATE DOMAIN a AS int CONSTRAINT pos CHECK (VALUE > 0);
CREATE DOMAIN b AS a CONSTRAINT small CHECK (VALUE < 100);
CREATE TABLE t (id int PRIMARY KEY, b b DEFAULT 5, bs b[]);
CREATE INDEX t_b ON t (b);
-- to:
CREATE DOMAIN a AS bigint CONSTRAINT pos CHECK (VALUE > 0);
CREATE DOMAIN b AS a CONSTRAINT small CHECK (VALUE < 100);
CREATE TABLE t (id int PRIMARY KEY, b b DEFAULT 5, bs b[]);
CREATE INDEX t_b ON t (b);
-- rows:
INSERT INTO t VALUES (1, 7, '{8,9}');
-- keeps: SELECT * FROM t

-- pair: domain of a domain becomes independent
-- from:
CREATE DOMAIN a AS int CONSTRAINT pos CHECK (VALUE > 0);
CREATE DOMAIN b AS a;
CREATE TABLE t (id int PRIMARY KEY, b b);
-- to:
CREATE DOMAIN b AS bigint;
CREATE TABLE t (id int PRIMARY KEY, b b);
-- rows:
INSERT INTO t VALUES (1, 7);
-- keeps: SELECT * FROM t

-- pair: domain with a function that changes, in use
-- from:
CREATE FUNCTION ok(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE DOMAIN d AS int CONSTRAINT c CHECK (ok(VALUE));
CREATE TABLE t (id int PRIMARY KEY, d d);
-- to:
CREATE FUNCTION ok(bigint) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0';
CREATE DOMAIN d AS bigint CONSTRAINT c CHECK (ok(VALUE));
CREATE TABLE t (id int PRIMARY KEY, d d);
-- rows:
INSERT INTO t VALUES (1, 7);
-- keeps: SELECT * FROM t

-- pair: check of a domain used in arrays and composites
-- from:
CREATE DOMAIN d AS int CONSTRAINT pos CHECK (VALUE > 0);
CREATE TYPE pair AS (d d, n int);
CREATE TABLE t (id int PRIMARY KEY, ds d[], p pair);
-- to:
CREATE DOMAIN d AS int CONSTRAINT pos CHECK (VALUE >= 0);
CREATE TYPE pair AS (d d, n int);
CREATE TABLE t (id int PRIMARY KEY, ds d[], p pair);
-- rows:
INSERT INTO t VALUES (1, '{1,2}', ROW(3, 4));
-- keeps: SELECT * FROM t

-- pair: check of a domain under a dropped table
-- from:
CREATE DOMAIN d AS int;
CREATE TYPE pair AS (d d, n int);
CREATE TABLE t (id int PRIMARY KEY, ds d[], p pair);
CREATE TABLE u (id int PRIMARY KEY, ds d[]);
-- to:
CREATE DOMAIN d AS int NOT NULL CONSTRAINT pos CHECK (VALUE > 0);
CREATE TYPE pair AS (d d, n int);
CREATE TABLE u (id int PRIMARY KEY);
-- rows:
INSERT INTO u VALUES (1);
-- keeps: SELECT id FROM u

-- pair: range replaced with its multirange
-- from:
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE t (id int PRIMARY KEY, s span, m span_multirange, ss span[]);
CREATE FUNCTION f(span) RETURNS span_multirange LANGUAGE sql AS 'SELECT NULL::span_multirange';
-- to:
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = spans);
CREATE TABLE t (id int PRIMARY KEY, s span, m spans, ss span[]);
CREATE FUNCTION f(span) RETURNS spans LANGUAGE sql AS 'SELECT NULL::spans';
-- rows:
INSERT INTO t VALUES (1, '[1,2)', '{[1,2),[3,4)}', ARRAY['[1,2)'::span]);
-- keeps: SELECT * FROM t

-- pair: range of a domain
-- from:
CREATE DOMAIN d AS int;
CREATE TYPE span AS RANGE (subtype = d);
CREATE TABLE t (id int PRIMARY KEY, s span);
-- to:
CREATE DOMAIN d AS bigint;
CREATE TYPE span AS RANGE (subtype = d);
CREATE TABLE t (id int PRIMARY KEY, s span);
-- rows:
INSERT INTO t VALUES (1, '[1,2)');
-- keeps: SELECT * FROM t

-- pair: a domain becomes an enum under other domains
-- from:
CREATE DOMAIN mood AS text CHECK (VALUE IN ('low', 'high'));
CREATE TYPE state AS (m mood, n int);
CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'low', ms mood[], s state);
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';
GRANT USAGE ON TYPE mood TO diff_reader;
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TYPE state AS (m mood, n int);
CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'low', ms mood[], s state);
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT m FROM t;
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';
GRANT USAGE ON TYPE mood TO diff_reader;
-- rows:
INSERT INTO t VALUES (1, 'high', '{low}', ROW('low', 1));
-- keeps: SELECT * FROM t

-- pair: a domain becomes a composite
-- from:
CREATE DOMAIN d AS text;
CREATE TABLE t (id int PRIMARY KEY, d d);
-- to:
CREATE TYPE d AS (a int, b text);
CREATE TABLE t (id int PRIMARY KEY, d d);
-- rows:
INSERT INTO t VALUES (1, '(2,x)');
-- keeps: SELECT id, d::text FROM t

-- pair: a domain becomes an enum without columns
-- from:
CREATE DOMAIN mood AS text;
CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
-- to:
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2';

-- pair: attributes of a composite exchange their places
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TYPE nested AS (p pair, q int);
CREATE TABLE t (id int PRIMARY KEY, p pair, n nested);
-- to:
CREATE TYPE pair AS (b text, a int);
CREATE TYPE nested AS (p pair, q int);
CREATE TABLE t (id int PRIMARY KEY, p pair, n nested);
-- rows:
INSERT INTO t VALUES (1, ROW(1, 'x'), ROW(ROW(2, 'y'), 3)), (2, NULL, NULL), (3, ROW(NULL, NULL), ROW(NULL, 1));
-- keeps: SELECT id, (p).a, (p).b, p IS DISTINCT FROM NULL, ((n).p).a, ((n).p).b, (n).p IS DISTINCT FROM NULL, (n).q, n IS DISTINCT FROM NULL FROM t ORDER BY id

-- pair: composite gets an attribute in the middle
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TYPE free AS (a int, b text);
CREATE TABLE t (id int PRIMARY KEY, p pair);
-- to:
CREATE TYPE pair AS (a int, x date, b varchar(20));
CREATE TYPE free AS (a int, x date, b text);
CREATE TABLE t (id int PRIMARY KEY, p pair);
-- rows:
INSERT INTO t VALUES (1, ROW(1, 'x')), (2, NULL);
-- keeps: SELECT id, (p).a, (p).b, p IS DISTINCT FROM NULL FROM t ORDER BY id

-- pair: base type replaced in use
-- from:
CREATE TYPE celsius;
CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT AS 'float8in';
CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'float8out';
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, LIKE = float8);
CREATE FUNCTION celsius_eq(celsius, celsius) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'float8eq';
CREATE OPERATOR = (FUNCTION = celsius_eq, LEFTARG = celsius, RIGHTARG = celsius);
CREATE TABLE t (id int PRIMARY KEY, c celsius, cs celsius[]);
-- to:
CREATE TYPE celsius;
CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT AS 'float8in';
CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'float8out';
CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, LIKE = float8, CATEGORY = 'N', DEFAULT = '20');
CREATE FUNCTION celsius_eq(celsius, celsius) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'float8eq';
CREATE OPERATOR = (FUNCTION = celsius_eq, LEFTARG = celsius, RIGHTARG = celsius);
CREATE TABLE t (id int PRIMARY KEY, c celsius, cs celsius[]);
-- rows:
INSERT INTO t VALUES (1, '3', '{4,5}');
-- keeps: SELECT * FROM t

-- pair: enum dropped with its domain
-- from:
CREATE TYPE mood AS ENUM ('low');
CREATE DOMAIN dm AS mood;
CREATE TABLE t (d dm);
-- to:
CREATE TABLE t (d text);
-- rows:
INSERT INTO t VALUES ('low');
-- keeps: SELECT d::text FROM t

-- pair: range and composite within a composite, in a family of tables
-- column order differs
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TYPE span AS RANGE (subtype = int);
CREATE TYPE deep AS (s span, p pair);
CREATE TABLE t (id int PRIMARY KEY, d deep, n int GENERATED ALWAYS AS ((d).p.a) STORED);
CREATE TABLE part (id int, s span) PARTITION BY LIST (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE child (x int) INHERITS (t);
CREATE MATERIALIZED VIEW mv AS SELECT (d).s FROM t;
-- to:
CREATE TYPE pair AS (a bigint, b text);
CREATE TYPE span AS RANGE (subtype = bigint);
CREATE TYPE deep AS (s span, p pair);
CREATE TABLE t (id int PRIMARY KEY, d deep, n int GENERATED ALWAYS AS ((d).p.a) STORED);
CREATE TABLE part (id int, s span) PARTITION BY LIST (id);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE child (x int) INHERITS (t);
CREATE MATERIALIZED VIEW mv AS SELECT (d).s FROM t;
-- rows:
INSERT INTO t VALUES (1, ROW('[1,2)', ROW(3, 'x')));
INSERT INTO child VALUES (2, ROW('[1,2)', ROW(4, 'y')), DEFAULT, 5);
INSERT INTO part VALUES (1, '[5,8)');
-- keeps: SELECT t.id, n, (d).s, ((d).p).a, ((d).p).b, part.s FROM t, part ORDER BY 1

-- pair: range with a canonical function replaced in use
-- from:
CREATE TYPE span;
CREATE FUNCTION canon(span) RETURNS span LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE span AS RANGE (subtype = int, canonical = canon);
CREATE TABLE t (id int PRIMARY KEY, s span);
-- to:
CREATE TYPE span AS RANGE (subtype = int);
CREATE TABLE t (id int PRIMARY KEY, s span);
-- rows:
INSERT INTO t VALUES (1, '[1,3)');
-- keeps: SELECT * FROM t

-- pair: domain's collation in use
-- from:
CREATE COLLATION c FROM "C";
CREATE DOMAIN d AS text COLLATE c;
CREATE DOMAIN e AS d DEFAULT 'x';
CREATE TABLE t (id int PRIMARY KEY, d d, e e, f text COLLATE c);
CREATE INDEX t_d ON t (d);
-- to:
CREATE COLLATION c (provider = icu, locale = 'en');
CREATE DOMAIN d AS text COLLATE c;
CREATE DOMAIN e AS d DEFAULT 'x';
CREATE TABLE t (id int PRIMARY KEY, d d, e e, f text COLLATE c);
CREATE INDEX t_d ON t (d);
-- rows:
INSERT INTO t VALUES (1, 'a', 'b', 'c');
-- keeps: SELECT * FROM t

-- pair: array of a composite whose attributes exchange their places
-- asks: attribute order
-- asks back: attribute order
-- from:
CREATE TYPE pair AS (a int, b text);
CREATE TABLE t (id int PRIMARY KEY, p pair[]);
-- to:
CREATE TYPE pair AS (b text, a int);
CREATE TABLE t (id int PRIMARY KEY, p pair[]);
-- rows:
INSERT INTO t VALUES (1, ARRAY[ROW(1, 'x')::pair]);

-- pair: attributes of a composite in use exchanged for others
-- asks: loses: the values of attribute public.address.zip
-- asks back: loses: the values of attribute public.address.code
-- from:
CREATE TYPE address AS (zip int, town text);
CREATE TABLE t (id int PRIMARY KEY, a address);
CREATE VIEW towns AS SELECT (a).town FROM t;
-- to:
CREATE TYPE address AS (code int, town text);
CREATE TABLE t (id int PRIMARY KEY, a address);
CREATE VIEW towns AS SELECT (a).town FROM t;
-- rows:
INSERT INTO t VALUES (1, ROW(1, 'x'));

-- pair: attribute of a composite in use renamed
-- renames: {"address.zip": "code"}
-- from:
CREATE TYPE address AS (zip int, town text);
CREATE TABLE t (id int PRIMARY KEY, a address, b address[]);
CREATE TABLE u OF address;
CREATE VIEW codes AS SELECT (a).zip AS code FROM t;
-- to:
CREATE TYPE address AS (code int, town text);
CREATE TABLE t (id int PRIMARY KEY, a address, b address[]);
CREATE TABLE u OF address;
CREATE VIEW codes AS SELECT (a).code AS code FROM t;
-- rows:
INSERT INTO t VALUES (1, ROW(1, 'x'), ARRAY[ROW(2, 'y')::address]);
INSERT INTO u VALUES (3, 'z');
-- keeps: SELECT t::text FROM t UNION ALL SELECT u::text FROM u
