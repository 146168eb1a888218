# Judging a migration executes no code of a user: neither of the migration nor of
# the owner of a table that the server might call.  Each trap writes to the server's
# log, which a rollback does not undo.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;
use_server($node);

my $seen = 0;

# The traps that were sprung since the last call
sub sprung
{
	my $log = slurp_file($node->logfile, $seen);

	$seen += length $log;
	return join ' ', sort keys %{ { map { $_ => 1 } $log =~ /LOG:  sprung: (\S+)/g } };
}

sub trap
{
	my ($name, $arguments, $result, $value, $volatility) = @_;

	$volatility //= 'IMMUTABLE';
	return "CREATE FUNCTION mallory.$name($arguments) RETURNS $result LANGUAGE plpgsql $volatility AS \$\$
		BEGIN RAISE LOG 'sprung: $name'; RETURN $value; END \$\$;\n";
}

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE ROLE mallory LOGIN;
CREATE SCHEMA mallory AUTHORIZATION mallory;
ALTER DATABASE postgres SET search_path = public, mallory;
CREATE TABLE orders (id int PRIMARY KEY, note text, paid numeric, made timestamptz DEFAULT now(), status varchar(10), tags text[]);
INSERT INTO orders SELECT i, 'n' || i, i, now(), 'new', '{a}' FROM generate_series(1, 1000) i;
CREATE TABLE lines (order_id varchar(20), ref text, n bigint);
INSERT INTO lines SELECT i::text, i::text, i FROM generate_series(1, 1001) i;
CREATE TABLE heads (ref text PRIMARY KEY, id int UNIQUE);
INSERT INTO heads SELECT i::text, i FROM generate_series(1, 1000) i;
CREATE TYPE state AS ENUM ('a', 'b');
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE TABLE states (s state, c code, list state[]);
INSERT INTO states SELECT 'a', 'x', '{a}' FROM generate_series(1, 10);
SQL

# Types, casts, operators and tables of mallory
$node->safe_psql('postgres', 'SET ROLE mallory; SET search_path = mallory;' . trap('check_int', 'int', 'boolean', 'true')
	  . trap('check_text', 'text', 'boolean', 'true')
	  . trap('imm', 'int', 'int', '$1')
	  . trap('imm_text', 'text', 'text', '$1')
	  . trap('sta', 'int', 'int', '$1', 'STABLE')
	  . trap('vol', 'int', 'int', '$1', 'VOLATILE')
	  . trap('sure', '', 'boolean', 'true')
	  . trap('leak', 'text', 'boolean', 'true', 'VOLATILE COST 0.0001')
	  . trap('compare', 'int, int', 'int', 'CASE WHEN $1 < $2 THEN -1 WHEN $1 > $2 THEN 1 ELSE 0 END')
	  . trap('hash_int', 'int', 'int', '$1') . <<'SQL'
CREATE DOMAIN dint AS int CHECK (mallory.check_int(VALUE));
CREATE DOMAIN dtext AS text CHECK (mallory.check_text(VALUE));
CREATE TYPE en AS ENUM ('a', 'b');
CREATE TYPE pair AS (d dint, e en, l dint[]);
CREATE TYPE span AS RANGE (SUBTYPE = dint);
SQL
	  . trap('en_json', 'en', 'json', q{'1'::json})
	  . trap('en_text', 'en', 'text', q{'x'})
	  . trap('en_int', 'en', 'int', '1')
	  . trap('en_gt', 'en, int', 'boolean', 'true')
	  . trap('text_eq', 'text, varchar', 'boolean', 'true')
	  . trap('varchar_eq', 'varchar, text', 'boolean', 'true')
	  . trap('int8_eq', 'bigint, text', 'boolean', 'true')
	  . trap('json_eq', 'json, dint[]', 'boolean', 'true')
	  . trap('takes_list', 'dint[]', 'int', '1')
	  . trap('takes_span', 'span', 'int', '1')
	  . trap('gives_list', 'int', 'dint[]', 'NULL')
	  . trap('gives_pair', 'int', 'pair', 'NULL')
	  . trap('attribute', 'en', 'dint[]', 'NULL')
	  . trap('agg', 'int, int', 'int', '$1')
	  . trap('agg_final', 'int', 'int', '$1')
	  . trap('on_row', '', 'trigger', 'NEW', 'VOLATILE') . <<'SQL');
CREATE CAST (en AS json) WITH FUNCTION en_json(en);
CREATE CAST (en AS text) WITH FUNCTION en_text(en) AS IMPLICIT;
CREATE CAST (en AS int) WITH FUNCTION en_int(en) AS ASSIGNMENT;
CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE OPERATOR > (LEFTARG = en, RIGHTARG = int, FUNCTION = en_gt, RESTRICT = scalargtsel);
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = varchar, FUNCTION = text_eq, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = text, FUNCTION = varchar_eq, COMMUTATOR = =, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = text, FUNCTION = int8_eq, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR = (LEFTARG = json, RIGHTARG = dint[], FUNCTION = json_eq);
CREATE AGGREGATE count_all (int) (SFUNC = agg, STYPE = int, FINALFUNC = agg_final);
CREATE FUNCTION sql_outside(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT mallory.imm($1)';
CREATE FUNCTION sql_inside(int) RETURNS int LANGUAGE sql AS $$ SELECT $1 + 1 $$;
CREATE FUNCTION sql_literal() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT mallory.takes_list('{1}') $$;
CREATE FUNCTION sql_typed(dint[]) RETURNS boolean LANGUAGE sql AS $$ SELECT $1 = '{5}' $$;
CREATE FUNCTION sql_builtin() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT pg_catalog.query_to_xml('SELECT mallory.sure()', true, true, '')::text $$;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE t (id int, e en, d dint, x dtext, l dint[], p pair, s span, j json, note text COLLATE loose, n bigint,
	g int GENERATED ALWAYS AS (imm(id)) STORED, CONSTRAINT sane CHECK (sure() AND imm(id) > 0) NOT VALID);
CREATE INDEX t_expr ON t (imm(id));
CREATE INDEX t_where ON t (id) WHERE sure();
CREATE INDEX t_zero ON t (id, (imm(0) + id));
CREATE STATISTICS t_stat ON (imm(id)), (imm(7) + id), id FROM t;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY t_policy ON t USING (sure());
CREATE TRIGGER t_row BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION on_row();
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM t WHERE leak(note) AND imm(id) > 0;
CREATE VIEW plain AS SELECT imm(id) AS i, e, '{1}'::dint[] = l AS q FROM t;
CREATE TABLE tiny (id int, e en);
CREATE FUNCTION sql_table() RETURNS boolean LANGUAGE sql AS $$ SELECT l = '{5}' FROM mallory.t LIMIT 1 $$;
CREATE TABLE parted (id int) PARTITION BY RANGE ((id + imm(1)));
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE TABLE by_domain (id int) PARTITION BY RANGE ((id + (5::dint)::int));
CREATE TABLE by_domain_1 PARTITION OF by_domain FOR VALUES FROM (0) TO (10);
CREATE TABLE by_domain_d PARTITION OF by_domain DEFAULT;
CREATE TABLE by_list (d dint) PARTITION BY LIST (d);
CREATE TABLE by_array (l dint[]) PARTITION BY LIST (l);
CREATE TABLE fits (id int);
SQL

# Objects that only a superuser creates, with functions of mallory
$node->safe_psql('postgres', <<'SQL');
CREATE OPERATOR CLASS mallory.ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 mallory.compare(int, int);
SET search_path = mallory;
CREATE TABLE classed (id int, k int);
CREATE TABLE by_class (id int) PARTITION BY RANGE (id ops);
CREATE TABLE by_class_1 PARTITION OF by_class FOR VALUES FROM (0) TO (10);
CREATE TABLE by_class_2 PARTITION OF by_class FOR VALUES FROM (10) TO (20);
CREATE INDEX ON classed (id ops);
GRANT ALL ON ALL TABLES IN SCHEMA mallory TO mallory;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER away FOREIGN DATA WRAPPER nowhere;
CREATE TABLE public.wide (id int, note text);
CREATE FOREIGN TABLE far (id int, note text) INHERITS (public.wide) SERVER away;
INSERT INTO public.wide SELECT i, 'x' FROM generate_series(1, 100) i;
CREATE TABLE public.parent (id int, note text);
INSERT INTO public.parent SELECT i, 'x' FROM generate_series(1, 100) i;
CREATE TABLE child (extra en) INHERITS (public.parent);
ALTER TABLE child OWNER TO mallory;
CREATE INDEX child_expr ON child (imm(id), imm_text(note));
CREATE STATISTICS child_stat ON (imm(id)), id FROM child;
ALTER TABLE child ADD CONSTRAINT fine CHECK (imm(1) = 1), ENABLE ROW LEVEL SECURITY;
CREATE POLICY child_policy ON child USING (sure());
INSERT INTO child SELECT i, 'y', 'a' FROM generate_series(1, 100) i;
INSERT INTO t (id, e, d, x, l, p, j, note, n) SELECT i, 'a', i, 'x', '{1}', '(1,a,{1})', '{}', 'n' || i, i FROM generate_series(1, 1000) i;
INSERT INTO tiny SELECT i, 'a' FROM generate_series(1, 1000) i;
INSERT INTO classed SELECT i, i FROM generate_series(1, 1000) i;
INSERT INTO fits VALUES (1);
INSERT INTO by_class VALUES (1), (11);
ANALYZE t, tiny, classed, child, fits, by_class, public.parent, public.orders, public.lines, public.heads;
SQL

isnt(sprung(), '', 'traps are sprung by using objects of mallory');
isnt(psql('SELECT mallory.imm(1)') && sprung(), '', 'each by itself');
psql("SELECT to_json(e) FROM mallory.tiny LIMIT 1");
is(sprung(), 'en_json', 'also when a function of the server calls it');
psql("EXPLAIN SELECT FROM mallory.t WHERE id = 5");
isnt(sprung(), '', 'also when a query is only planned');
psql("SELECT '{5}'::mallory.dint[]");
is(sprung(), 'check_int', 'also when a literal is only read');

my @statements = (
	# casts to json, and other functions of the server that call a type's own
	(map { "ALTER TABLE mallory.tiny ADD CHECK ($_ IS NOT NULL)" } 'to_json(e)', 'to_jsonb(tiny)', 'row_to_json(tiny)', q{json_build_object('a', e)},
		'array_to_json(ARRAY[e])', 'to_jsonb(ARRAY[e])', q{jsonb_build_array(e, 'x')}, q{format('%s', e)}, q{concat(e, id)}, 'e::text', 'e::int', q{e || ''},
		q{jsonb_populate_record(NULL::mallory.pair, '{"d":"7"}')}, q{json_populate_recordset(NULL::mallory.pair, '[]')}, q{jsonb_to_record('{"d":7}')},
		q{query_to_xml('SELECT mallory.sure()', true, true, '')}, q{table_to_xml('mallory.plain', true, true, '')}, q{schema_to_xml('mallory', true, true, '')},
		q{to_tsvector('english', e::text)}, q{set_config('search_path', 'x', false)}, q{current_setting('search_path')}, 'record_eq(ROW(e), ROW(e))', 'ROW(e, id)',
		'(tiny).attribute', 'tiny.attribute', '(e).attribute', q{(e).attribute = '{5}'}, 'tiny::text', 'tiny = tiny', 'ARRAY[ROW(1, e)]', 'GREATEST(e)'),
	'ALTER TABLE mallory.tiny ADD CHECK (tiny IS NOT NULL)', "ALTER TABLE mallory.tiny ADD CHECK (e > 5)",
	# literals of types whose input functions run CHECKs
	(map { "ALTER TABLE mallory.t ADD CHECK ($_)" } q{l = '{5}'}, q{l <> ALL ('{{5}}'::mallory.dint[])}, q{d = ANY ('{5}'::mallory.dint[])}, q{p = '(1,a,{})'}, q{s = '[1,2)'}, q{'[1,2)' @> d},
		q{mallory.takes_list('{5}') > 0}, q{mallory.takes_span('[1,2)') > 0}, q{mallory.gives_list(1) = '{5}'}, q{(mallory.gives_pair(1)).l = '{5}'},
		q{COALESCE(mallory.gives_list(1), '{5}') IS NULL}, q{CASE WHEN true THEN l ELSE '{5}' END IS NULL}, q{j = '{5}'}, q{j IS DISTINCT FROM '{5}'}, q{NULLIF(j, '{5}') IS NULL},
		q{j IN ('{5}', '{6}')}, q{d = 5::mallory.dint}, q{id = (5::mallory.dint)}, q{x = 'a'::mallory.dtext}, q{note = 'N1'}, q{l[1] = 5}, q{(p).d = 5}, q{(p).l = '{5}'},
		q{mallory.imm(5) = 5}, q{mallory.sta(5) = 5}, q{mallory.vol(5) = 5}, q{mallory.sql_outside(5) = 5}, q{mallory.sql_inside(5) = 5}, q{mallory.sql_literal() = 5}, 'sane.id = 1'),
	# the present columns are not those of the plan
	'ALTER TABLE mallory.tiny ALTER COLUMN e TYPE int USING 1; ALTER TABLE mallory.tiny ADD CHECK (e > 0)',
	'ALTER TABLE mallory.tiny ALTER COLUMN e TYPE int USING 1, ADD CHECK (e > 0)',
	'ALTER TABLE mallory.tiny DROP COLUMN e, ADD e int; ALTER TABLE mallory.tiny ADD CHECK (e > 0)',
	'ALTER TABLE mallory.tiny RENAME e TO x; ALTER TABLE mallory.tiny RENAME id TO e; ALTER TABLE mallory.tiny ADD CHECK (e > 0), ADD UNIQUE (e)',
	'ALTER TABLE mallory.tiny RENAME TO other; ALTER TABLE mallory.t RENAME TO tiny; ALTER TABLE mallory.tiny ADD CHECK (e > 0), ADD UNIQUE (e), ALTER e SET NOT NULL',
	# keys, nulls
	'ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES heads (ref)',
	'ALTER TABLE lines ADD CONSTRAINT fk FOREIGN KEY (ref) REFERENCES heads NOT VALID; ALTER TABLE lines VALIDATE CONSTRAINT fk',
	'ALTER TABLE lines ADD FOREIGN KEY (n) REFERENCES heads (id)',
	'ALTER TABLE mallory.t ADD UNIQUE (e), ADD UNIQUE (d), ADD UNIQUE (l), ADD UNIQUE (p), ADD UNIQUE (note), ADD PRIMARY KEY (id)',
	'ALTER TABLE mallory.t ALTER l SET NOT NULL; ALTER TABLE mallory.t ALTER d SET NOT NULL; ALTER TABLE mallory.t VALIDATE CONSTRAINT sane',
	'CREATE UNIQUE INDEX ON mallory.t (mallory.imm(id)); CREATE UNIQUE INDEX ON mallory.t (id) WHERE mallory.sure(); CREATE UNIQUE INDEX ON mallory.classed (k mallory.ops)',
	'ALTER TABLE mallory.classed ADD UNIQUE (id), ADD CHECK (id = 5), ADD FOREIGN KEY (id) REFERENCES heads (id)',
	'ALTER TABLE mallory.t ADD EXCLUDE USING btree (e WITH =), ADD EXCLUDE USING btree (mallory.imm(id) WITH =)',
	# children of others
	'ALTER TABLE parent ADD CHECK (id > 5), ALTER note SET NOT NULL; ALTER TABLE parent ADD UNIQUE (id)',
	'ALTER TABLE wide ADD CHECK (id > 5), ALTER note SET NOT NULL; ALTER TABLE wide ADD UNIQUE (id)',
	# types, defaults, domains
	q{ALTER TABLE mallory.t ALTER e TYPE text; ALTER TABLE mallory.t ALTER id TYPE mallory.dint, ALTER note TYPE mallory.dtext USING 'x'; ALTER TABLE mallory.tiny ALTER e TYPE json USING e::json},
	q{ALTER TABLE mallory.t ADD a mallory.dint DEFAULT 5, ADD b mallory.dint[] DEFAULT '{5}', ADD c mallory.pair DEFAULT '(5,a,{5})', ADD f mallory.span DEFAULT '[1,2)'},
	q{ALTER TABLE mallory.t ADD a int DEFAULT mallory.imm(5), ADD b int DEFAULT mallory.sql_inside(5), ADD c int DEFAULT mallory.sql_literal(), ADD f boolean DEFAULT mallory.sql_typed('{5}'), ADD h boolean DEFAULT mallory.sql_table(), ADD i text DEFAULT mallory.sql_builtin()},
	q{ALTER TABLE mallory.t ADD a int GENERATED ALWAYS AS (mallory.imm(id)) STORED, ADD b int CHECK (mallory.imm(b) > 5), ADD c int DEFAULT mallory.takes_list('{1}')},
	q{ALTER DOMAIN mallory.dint ADD CHECK (mallory.imm(VALUE) > 0); ALTER DOMAIN mallory.dint SET NOT NULL; ALTER DOMAIN mallory.dint SET DEFAULT mallory.imm(5); ALTER DOMAIN mallory.dint VALIDATE CONSTRAINT dint_check},
	q{CREATE DOMAIN mallory.more AS mallory.dint DEFAULT 5 CHECK (mallory.imm(VALUE) > 5); CREATE TABLE made (a mallory.more DEFAULT 5, b mallory.more[] DEFAULT '{5}')},
	# DML, whose number of rows is estimated
	(map { ("UPDATE mallory.t SET id = 1 WHERE $_", "DELETE FROM mallory.t WHERE $_") } 'id = 5', 'id = mallory.imm(5)', q{e = 'a'}, q{e > 5}, q{l = '{5}'}, q{j = '{5}'}, 'mallory.sure()', q{note = 'N5'}, q{d = 5},
		'id IN (SELECT i FROM mallory.plain)', q{EXISTS (SELECT FROM mallory.barrier b WHERE b.l = '{5}')}, 'mallory.sta(5) = id', q{to_json(e) IS NOT NULL}, q{id = ANY ('{5}'::mallory.dint[])}),
	q{UPDATE mallory.barrier SET id = 1 WHERE id = 5; DELETE FROM mallory.plain WHERE i = 5; UPDATE parent SET id = 2 WHERE id = 5; DELETE FROM wide WHERE id = 5; DELETE FROM mallory.classed WHERE id = 5},
	q{UPDATE lines SET n = 1 FROM heads WHERE order_id = heads.ref; DELETE FROM lines USING mallory.t WHERE n = t.id AND l = '{5}'; UPDATE lines SET n = 1 FROM mallory.plain WHERE q},
	q{MERGE INTO lines USING mallory.t ON t.id = n AND l = '{5}' WHEN MATCHED THEN DELETE; MERGE INTO lines USING heads ON order_id = ref WHEN MATCHED THEN DELETE},
	q{WITH w AS (DELETE FROM mallory.t WHERE l = '{5}' RETURNING 1) SELECT mallory.count_all(id) FROM mallory.t},
	q{DELETE FROM lines WHERE n = (SELECT mallory.imm(5)); DELETE FROM lines WHERE order_id = 'x'::text; DELETE FROM lines WHERE 'x'::text = order_id; DELETE FROM mallory.parted WHERE id = 5; UPDATE mallory.by_class SET id = 5 WHERE id = 5},
	# partitions
	q{ALTER TABLE mallory.parted ATTACH PARTITION mallory.fits FOR VALUES FROM (10) TO (20); ALTER TABLE mallory.by_domain ATTACH PARTITION mallory.fits FOR VALUES FROM (10) TO (20)},
	q{ALTER TABLE mallory.by_class ATTACH PARTITION mallory.fits FOR VALUES FROM (20) TO (30); CREATE TABLE more PARTITION OF mallory.by_class DEFAULT; ALTER TABLE mallory.by_class ATTACH PARTITION mallory.fits DEFAULT},
	q{ALTER TABLE mallory.by_list ATTACH PARTITION mallory.fits FOR VALUES IN (5, mallory.imm(5)); ALTER TABLE mallory.by_array ATTACH PARTITION mallory.fits FOR VALUES IN ('{5}')},
	q{CREATE TABLE p (a text) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (query_to_xml('SELECT mallory.sure()', true, true, '')::text)},
	q{ALTER TABLE by_text ATTACH PARTITION by_text_1 FOR VALUES IN (query_to_xml('SELECT mallory.sure()', true, true, '')::text)},
	q{ALTER TABLE by_text ATTACH PARTITION by_text_1 FOR VALUES IN (mallory.imm_text('x')); ALTER TABLE by_text ATTACH PARTITION by_text_1 FOR VALUES IN (mallory.en_text('a'))},
	q{ALTER TABLE by_text ATTACH PARTITION by_text_1 FOR VALUES IN ('a'::mallory.en::text); ALTER TABLE by_text ATTACH PARTITION by_text_1 FOR VALUES IN ('b'::mallory.dtext)},
	q{CREATE INDEX ON mallory.parted (mallory.imm(id)); CREATE INDEX ON mallory.t ((mallory.takes_list('{5}'))); CREATE INDEX ON mallory.t ((l = '{5}')) WHERE j = '{5}'; CREATE STATISTICS more ON (mallory.imm(id)), (mallory.imm(5)) FROM mallory.t},
	# other statements
	q{CREATE VIEW v AS SELECT '{5}'::mallory.dint[], mallory.imm(5) FROM mallory.barrier; CREATE MATERIALIZED VIEW m AS SELECT mallory.imm(5); CREATE TABLE c AS SELECT mallory.imm(5), '{5}'::mallory.dint[]},
	q{CREATE TABLE c (a int DEFAULT mallory.imm(5) CHECK (mallory.imm(a) > mallory.imm(5)), b mallory.dint[] DEFAULT '{5}') PARTITION BY RANGE ((a + mallory.imm(5)))},
	q{CREATE POLICY more ON mallory.t USING (l = '{5}' AND mallory.imm(5) = 5); CREATE TRIGGER more BEFORE INSERT ON mallory.tiny FOR EACH ROW WHEN (NEW.e > 5) EXECUTE FUNCTION mallory.on_row()},
	q{INSERT INTO mallory.t (l) VALUES ('{5}'); SELECT mallory.imm(5), '{5}'::mallory.dint[]; DO $$ BEGIN PERFORM mallory.imm(5); END $$; CALL migrate.backfill('mallory.t', 'l = ''{5}''', 'l = ''{6}'''); EXECUTE nothing('{5}'); COPY mallory.t FROM '/nowhere' WHERE l = '{5}'},
	q{CREATE RULE r AS ON DELETE TO mallory.tiny DO INSTEAD SELECT mallory.imm(5), '{5}'::mallory.dint[]; ALTER VIEW mallory.plain ALTER i SET DEFAULT mallory.imm(5); REFRESH MATERIALIZED VIEW m; REINDEX TABLE mallory.t; CLUSTER mallory.t USING t_expr; VACUUM ANALYZE mallory.t},
	q{CREATE FUNCTION f(a mallory.dint[] DEFAULT '{5}') RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT mallory.imm(5); END; CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT mallory.imm(5)'; SET search_path = mallory; ALTER TABLE tiny ADD CHECK (e > 5)},
	'DROP TABLE mallory.t CASCADE; DROP TYPE mallory.en CASCADE; TRUNCATE mallory.parted; DROP DOMAIN mallory.dint CASCADE');

$node->safe_psql('postgres', "CREATE TABLE by_text (a text) PARTITION BY LIST (a); CREATE TABLE by_text_1 (a text CHECK (a = 'x')); INSERT INTO by_text_1 VALUES ('x');");
sprung();

# one by one; small tables count, so that rows are estimated
my $settings = 'SET pg_migrate.lint_small_table = 0; SET client_min_messages = error;';
for my $statement (@statements)
{
	my $said = psql("$settings SELECT 'judged', count(*) FROM migrate.lint_sql(\$q\$$statement\$q\$)");

	like($said, qr/^judged/, "judged: $statement");
	is(sprung(), '', 'nothing has run');
}

# migrations registered in all ways
my $i = 0;
for my $statement (@statements)
{
	my $down = $i ? "'m" . ($i - 1) . "'" : 'NULL';

	psql("$settings SET pg_migrate.lint_on_load = warn; SELECT migrate.register('m$i', $down, \$q\$$statement\$q\$, \$q\$$statement\$q\$, verify => \$q\$SELECT 1\$q\$)");
	$i++;
}
is(sprung(), '', 'nothing has run when migrations are registered');
my $all = $node->safe_psql('postgres', 'SELECT count(*) FROM migrate.revision');
is($all, scalar @statements, 'all of them are');
psql("$settings SET pg_migrate.lint_on_load = error; SELECT migrate.register('x', 'm0', \$q\$$statements[0]\$q\$, NULL)");
for my $way ('migrate.lint()', "migrate.lint_report()", "migrate.lint_report('heads', 'sarif')", 'migrate.explain()', 'migrate.explain_rows()', 'migrate.review()', "migrate.lint_revision('m3')", 'migrate.plan()', 'migrate.upgrade_sql()', 'migrate.schema_objects()', 'migrate.schema_fingerprint()')
{
	like(psql("$settings SELECT 'judged', count(*) FROM $way"), qr/^judged/, "$way");
	is(sprung(), '', 'nothing has run');
}
like(psql("$settings SET pg_migrate.lint_on_upgrade = error; SELECT migrate.upgrade()"), qr/lint finds/, 'upgrade() is refused by lint');
is(sprung(), '', 'before anything has run');
psql("$settings BEGIN; SELECT count(*) FROM migrate.diff(\$\$CREATE SCHEMA mallory\$\$, schemas => '{mallory}'); ROLLBACK");
is(sprung(), '', 'comparing with a model executes none either');

# Lint reads rows where that needs only functions of the server
sub existing
{
	my ($statement) = @_;

	return psql("SET client_min_messages = error; SET search_path = public; SELECT severity || ' ' || message FROM migrate.lint_sql(\$q\$$statement\$q\$) WHERE rule = 'existing-rows' ORDER BY line, col, message");
}
sub look_at
{
	for my $l (@_)
	{
		my ($statement, $expected) = @$l;

		ref $expected ? like(existing($statement), $expected, $statement) : is(existing($statement), $expected, $statement);
	}
	return;
}
my @looked = (
	[ 'ALTER TABLE parent ADD UNIQUE (id)', qr/^notice .* column id is of type integer, which is not compared by the server's own functions alone/ ],
	[ "ALTER TABLE parent ADD CHECK (id IN (1, 2))", qr/^error 196 rows do not fulfil/ ]);
look_at(@looked);
$node->safe_psql('postgres', 'DROP TABLE mallory.by_class; DROP OPERATOR FAMILY mallory.ops USING btree CASCADE');
@looked = (
	[ 'ALTER TABLE orders ADD CHECK (paid > 10)', "error 10 rows do not fulfil (paid > 10)\n" ],
	[ 'ALTER TABLE orders ADD CHECK (status IN (\'old\', \'done\') AND note LIKE \'n%\')', "error 1000 or more rows do not fulfil (status IN ('old', 'done') AND note LIKE 'n%')\n" ],
	[ 'ALTER TABLE orders ADD CHECK (made > \'2001-01-01\' AND length(note) < 4 AND id::text <> \'7\' AND tags <@ \'{a,b}\')', qr/^error 902 rows do not fulfil/ ],
	[ 'ALTER TABLE orders ADD CHECK (id % 2 = 0 OR CASE WHEN id > 990 THEN false ELSE COALESCE(paid, 0) >= 0 END)', qr/^error 5 rows do not fulfil/ ],
	[ "ALTER TABLE states ADD CHECK (s = 'b')", "error 10 rows do not fulfil (s = 'b')\n" ],
	[ "ALTER TABLE states ADD CHECK (s IN ('a', 'b') AND 'a' = ANY (list) AND c LIKE 'x%')", '' ],
	[ "ALTER TABLE states ADD CHECK (c > 'x')", "error 10 rows do not fulfil (c > 'x')\n" ],
	[ "ALTER TABLE states ADD UNIQUE (c), ADD UNIQUE (list)", "error 1 value is there more than once, of (c)\nerror 1 value is there more than once, of (list)\n" ],
	[ 'ALTER TABLE mallory.tiny ADD UNIQUE (e)', "error 1 value is there more than once, of (e)\n" ],
	[ 'ALTER TABLE lines ADD FOREIGN KEY (ref) REFERENCES heads', "error 1 row refers to no row of public.heads\n" ],
	[ 'ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES heads', "error 1 row refers to no row of public.heads\n" ],
	[ 'ALTER TABLE lines ADD CONSTRAINT fk FOREIGN KEY (n) REFERENCES heads (id) NOT VALID; ALTER TABLE lines VALIDATE CONSTRAINT fk', "error 1 row refers to no row of public.heads\n" ],
	[ 'CREATE UNIQUE INDEX ON orders (status); CREATE UNIQUE INDEX ON orders (id, note)', "error 1 value is there more than once, of (status)\n" ],
	[ 'ALTER TABLE parent ADD CHECK (note = \'x\')', "error 100 rows do not fulfil (note = 'x')\n" ],
	[ 'ALTER TABLE parent ADD CHECK (note = \'x\') NO INHERIT', '' ],
	[ 'ALTER TABLE ONLY parent ADD CHECK (note = \'x\')', '' ],
	[ 'ALTER TABLE orders RENAME paid TO p; ALTER TABLE orders RENAME TO bills; ALTER TABLE bills ADD CHECK (p > 10)', "error 10 rows do not fulfil (p > 10)\n" ],
	[ 'ALTER TABLE mallory.child ALTER extra SET NOT NULL', '' ],
	# and otherwise reports that it did not
	[ 'ALTER TABLE mallory.tiny ADD CHECK (to_json(e) IS NOT NULL)', "notice the rows of mallory.tiny were not looked at: the CHECK contains function to_json(anyelement), which is not immutable\n" ],
	[ 'SET search_path = mallory; ALTER TABLE tiny ADD CHECK (e > 5)', "notice the rows of mallory.tiny were not looked at: the CHECK contains operator >(en,integer), which is not built in\n" ],
	[ 'ALTER TABLE mallory.tiny ADD CHECK (mallory.imm(id) > 0)', "notice the rows of mallory.tiny were not looked at: the CHECK contains function mallory.imm(integer), which is not built in\n" ],
	[ 'ALTER TABLE mallory.tiny ADD CHECK (id = 5::mallory.dint)', qr/^notice .* domain mallory.dint, whose constraints may call anything$/ ],
	[ "ALTER TABLE mallory.t ADD CHECK (l = '{5}')", qr/^notice .* not looked at: the CHECK contains (type|a value|operator)/ ],
	[ 'ALTER TABLE mallory.t ADD UNIQUE (p)', qr/^notice .* not looked at: column p is of type (mallory\.)?pair, which is not compared/ ],
	[ 'ALTER TABLE mallory.t ADD UNIQUE (note)', qr/^notice .* not looked at: column note has a collation/ ],
	[ 'ALTER TABLE wide ADD CHECK (id > 5)', "notice the rows of public.wide were not looked at: far is a foreign table\n" ],
	[ 'ALTER TABLE mallory.tiny ALTER e TYPE int USING 1; ALTER TABLE mallory.tiny ADD CHECK (e > 0)', "notice the rows of mallory.tiny were not looked at: the plan adds or changes column e\n" ],
	[ 'ALTER TABLE mallory.tiny ALTER id TYPE int USING id + 1, ADD CHECK (id > 1)', "notice the rows of mallory.tiny were not looked at: the plan adds or changes column id\n" ],
	[ 'ALTER TABLE mallory.tiny ADD UNIQUE (' . join(', ', ('id') x 1000) . ')', qr/^notice .* not looked at: no index or foreign key has more than 32 columns$/ ],
	[ 'SET statement_timeout = 0; ALTER TABLE orders ADD CHECK (made > now())', qr/^notice .* function now\(\), which is not immutable/ ]);
look_at(@looked);
is(psql(q{SET search_path = public; SELECT rewrite FROM migrate.lint_sql('ALTER TABLE orders RENAME paid TO p; ALTER TABLE orders RENAME TO bills; ALTER TABLE bills ADD CHECK (p > 10)') WHERE rule = 'existing-rows'}),
	"SELECT * FROM public.orders WHERE NOT ((paid > (10)::numeric));\n", 'the query that lists them has the present names');
is(sprung(), '', 'nothing has run meanwhile');

# Names are resolved as the role that will run the scripts, by the recipe of
# docs/operations.md; rows are read as the caller
$node->safe_psql('postgres', 'CREATE DATABASE apps');
$node->safe_psql('apps', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE ROLE app_owner NOLOGIN;
CREATE SCHEMA app AUTHORIZATION app_owner;
ALTER DATABASE apps SET pg_migrate.owner_role = app_owner;
ALTER DATABASE apps SET pg_migrate.search_path = app;
CREATE ROLE migrate_author NOLOGIN;
GRANT USAGE ON SCHEMA migrate TO migrate_author;
GRANT EXECUTE ON FUNCTION migrate.register, migrate.load, migrate.lint, migrate.lint_revision, migrate.lint_sql, migrate.lint_report, migrate.review TO migrate_author;
CREATE ROLE ci LOGIN IN ROLE migrate_author;
CREATE TABLE app.stock (id int, note text);
INSERT INTO app.stock SELECT i, nullif(i % 7, 0)::text FROM generate_series(1, 1000) i;
CREATE FUNCTION app.watch(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE LOG 'sprung: watch'; RETURN true; END $$;
CREATE INDEX ON app.stock (app.watch(note));
ALTER TABLE app.stock OWNER TO app_owner;
ANALYZE;
SQL
sprung();
my $as_ci = 'SET SESSION AUTHORIZATION ci;';
is(psql_in('apps', "$as_ci SELECT migrate.register('a1', '', 'CREATE TABLE x (i int)', 'DROP TABLE x')"), "a1\n", 'no false warning for an author who may not use the schema');
is(psql_in('apps', "$as_ci SELECT migrate.register('a2', 'a1', 'ALTER TABLE x ADD j int; ALTER TABLE stock ADD due date', 'ALTER TABLE stock DROP due; ALTER TABLE x DROP j')"), "a2\n", 'no false warning for existing objects');
is(psql_in('apps', "$as_ci SELECT count(*) FROM migrate.lint() WHERE rule = 'cannot-judge'; SELECT count(*) FROM migrate.lint_sql('ALTER TABLE stoc ADD x int') WHERE rule = 'cannot-judge'"), "0\n1\n", 'missing objects are still found');
my $question = q{SELECT rule || ': ' || message FROM migrate.lint_sql('ALTER TABLE stock ALTER note SET NOT NULL; ALTER TABLE stock ADD CHECK (watch(note))') WHERE rule IN ('set-not-null', 'existing-rows') ORDER BY statement, rule DESC};
my $unlooked = "existing-rows: the rows of app.stock were not looked at:";
like(psql_in('apps', "$as_ci $question"), qr/^set-not-null: .*app\.stock.*\n\Q$unlooked\E "ci" may not use schema app\n\Q$unlooked\E the CHECK contains function/, 'rows are not reported');
$node->safe_psql('apps', 'GRANT USAGE ON SCHEMA app TO ci');
like(psql_in('apps', "$as_ci $question"), qr/\Q$unlooked\E "ci" may not read stock\n/, 'as long as he may not read the table');
$node->safe_psql('apps', 'GRANT SELECT (note) ON app.stock TO ci');
like(psql_in('apps', "$as_ci $question"), qr/^existing-rows: 142 rows have a null in note\n/m, 'a column that the caller may read is reported');
like(psql_in('apps', "$as_ci SELECT current_user; SELECT count(*) > 0 FROM migrate.review(); SELECT current_user, current_setting('search_path')"), qr/^ci\nt\nci\|"\$user", public\n$/, 'the current user is the same afterwards');
is(psql_in('apps', "$as_ci DO \$\$ BEGIN PERFORM migrate.lint_sql('SELEC'); EXCEPTION WHEN OTHERS THEN NULL; END \$\$; SELECT current_user"), "ci\n", 'also after an error');
is(sprung(), '', 'nothing has run as the owner');

$node->stop;
done_testing();
