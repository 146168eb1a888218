# An index built concurrently without a name gets the name that the server would
# choose, in a run and in the output of upgrade_sql().
use strict;
use warnings;
use utf8;
use open ':std', ':encoding(UTF-8)';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $long = 'a_column_whose_name_is_as_long_as_names_may_be_which_is_63_byte';
my $tables = <<"SQL";
CREATE EXTENSION IF NOT EXISTS pg_migrate;
CREATE TYPE pair AS (x int, y text);
CREATE SCHEMA other;
CREATE FUNCTION other.twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT \$1 * 2';
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE t (a int, b text, c text, d timestamp, e int[], f pair, g jsonb, h tsvector, i boolean, j numeric, k date, l point,
	"Mixed Case" text, "größe" int, expr int, $long text, ${\ substr($long, 0, 62)}x text);
CREATE TABLE other.t (a int, b text);
CREATE TABLE a_table_whose_name_is_so_long_that_little_is_left_for_columns_ (a int, b text, $long text);
CREATE TABLE "täbelle mit übermäßig länglichen größenangaben" (a int, "straßenverzeichnisäöüßäöüßäöüß" text);
CREATE TABLE taken (a int);
CREATE TABLE taken_a_idx (a int);
CREATE VIEW taken_a_idx1 AS SELECT 1;
SQL

my @indexes = (
	't (a)', 't (a)', 't (a, b)', 't (a, a)', 't (a, a, a)', 't (b DESC NULLS LAST)', 't (b COLLATE "C")', 't (b text_pattern_ops)',
	't (lower(b))', 't (lower(b), lower(c))', 't (lower(b), upper(b), lower(c))', 't (pg_catalog.lower(b))', 't (other.twice(a))', 't (abs(other.twice(a)))',
	't ((a::text))', 't (CAST(a AS bigint))', 't ((a::numeric(10, 2)))', 't ((b::varchar(5)::text))', 't ((1::int))', 't (CAST(a + 1 AS text))', q{t (('x'::text))}, 't ((a::positive))',
	't (coalesce(a, 0))', 't ((CASE WHEN a > 0 THEN 1 ELSE 2 END))', 't ((CASE WHEN a > 0 THEN b ELSE c END))', 't ((CASE WHEN a > 0 THEN 1 ELSE a END))',
	't (nullif(a, 1))', 't (greatest(a, 1))', 't (least(a, 1))', 't ((a + 1))', 't ((-a))', 't ((a > 1))', 't ((b || c))', 't ((a IS NULL))', 't ((a BETWEEN 1 AND 2))', q{t ((b LIKE 'x%'))},
	't ((a IN (1, 2)))', 't ((NOT i))', 't ((i AND a > 1))', 't ((e[1]))', 't ((e[1:2]))', 't (((f).x))', 't (((f).y))', 't (lower((f).y))', 't ((ARRAY[a, 1]))', 't (array_length(e, 1))',
	't (extract(year FROM d))', 't (date_part($$year$$, d))', 't (date_trunc($$day$$, d))', 't ((d AT TIME ZONE $$UTC$$))', 't (substring(b FROM 1 FOR 3))', 't (substring(b, 1, 3))', 't (overlay(b PLACING c FROM 1))', 't (position($$x$$ IN b))',
	't (trim(b))', 't (trim(LEADING FROM b))', 't (btrim(b))', 't (normalize(b))', 't ((b IS NORMALIZED))', q{t ((g ->> 'k'))}, q{t ((g -> 'k'))}, q{t (((g ->> 'k')::int))}, q{t (jsonb_extract_path_text(g, 'k'))},
	't (to_tsvector($$simple$$, b))', 't ((b COLLATE "C"))', 't (lower(b COLLATE "C"))', 't ((lower(b)) COLLATE "C")', 't ((a IS DISTINCT FROM 1))', 't ((i IS TRUE))', 't ((a = ANY (e)))', 't ((a OPERATOR(pg_catalog.+) 1))', 't ((k - DATE $$2000-01-01$$))',
	't (expr)', 't (expr, (a + 1))', 't ((a + 1), (a + 2), (a + 3))', 't ((a + 1), expr)', 't ((a::text), (b::text), (c::text))',
	't ("Mixed Case")', 't (lower("Mixed Case"))', 't ("größe")', 't (abs("größe"))', "t ($long)", "t ($long, $long)", "t ($long, ${\ substr($long, 0, 62)}x)", "t (a, b, c, $long)", "t (lower($long))",
	't (a) INCLUDE (b)', 't (a) INCLUDE (b, c)', 't (a) INCLUDE (a)', 't (lower(b)) INCLUDE (b)', 't (a) WHERE a > 0', 't (lower(b)) WHERE a > 0', 't (a) WITH (fillfactor = 50)',
	't USING hash (a)', 't USING gin (h)', 't USING gin (g jsonb_path_ops)', 't USING gist (l)', 't USING brin (a, d)',
	'public.t (a)', 'other.t (a)', 'other.t (lower(b))', 'ONLY t (a)',
	'a_table_whose_name_is_so_long_that_little_is_left_for_columns_ (a)', "a_table_whose_name_is_so_long_that_little_is_left_for_columns_ ($long)", 'a_table_whose_name_is_so_long_that_little_is_left_for_columns_ (lower(b), a)',
	'"täbelle mit übermäßig länglichen größenangaben" (a)', '"täbelle mit übermäßig länglichen größenangaben" ("straßenverzeichnisäöüßäöüßäöüß", lower("straßenverzeichnisäöüßäöüßäöüß"))',
	'taken (a)', 'taken (a)');
my @unique = ('t (a, b)', 't (lower(b), a)', 't ((a + 1))', 't (a) INCLUDE (c) NULLS NOT DISTINCT');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--no-locale' ]);
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off");
$node->start;

# The server's own statements, with and without CONCURRENTLY
sub statements
{
	my ($how) = @_;
	return join('', map { "CREATE INDEX $how ON $_;\n" } @indexes) . join('', map { "CREATE UNIQUE INDEX $how ON $_;\n" } @unique);
}

sub names
{
	my ($database) = @_;
	return $node->safe_psql($database, "SELECT i.indexrelid::regclass || ': ' || pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace::regnamespace::text IN ('public', 'other') AND c.relname !~ '^pg_' AND i.indisvalid ORDER BY i.indexrelid");
}

for my $database ('server', 'call', 'worker', 'script', 'elsewhere')
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, $tables);
}
$node->safe_psql('server', statements(''));
my $server = names('server');
is(scalar(() = $server =~ /: CREATE (?:UNIQUE )?INDEX /g), @indexes + @unique, 'the server takes them all');
cmp_ok(scalar(grep { /\(/ } @indexes), '>', 50, 'they are more than fifty');
$node->safe_psql('elsewhere', statements('CONCURRENTLY'));
is(names('elsewhere'), $server, 'which gives the same names concurrently');
for my $database ('call', 'worker', 'script')
{
	$node->safe_psql($database, "SET client_min_messages = error; SELECT migrate.register('r1', upgrade => \$up\$" . statements('CONCURRENTLY') . "\$up\$)");
}
$node->safe_psql('call', "SET client_min_messages = error;\nCALL migrate.deploy()");
is(names('call'), $server, 'and so does CALL migrate.deploy()');
$node->safe_psql('worker', "SET client_min_messages = error;\nSELECT migrate.upgrade()");
is(names('worker'), $server, 'and SELECT migrate.upgrade()');
my $script = $node->safe_psql('script', q{SELECT migrate.upgrade_sql('head')});
$node->safe_psql('script', "SET client_min_messages = error;\n$script");
is(names('script'), $server, 'and the output of upgrade_sql()');
is($node->safe_psql('call', "SELECT count(*) FROM migrate.segment WHERE (intent ->> 'name') IS NULL"), '0', 'the names were written down before');

$node->stop;
done_testing();
