# A linear history of a hundred thousand revisions: frequent queries are index
# lookups, independent of the length of the history.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $n = 100_000;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_buffers = 256MB\nautovacuum = off\nfsync = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# Run SQL with a small stack, so that recursion along the history fails.
sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', "SET client_min_messages = error; SET max_stack_depth = '100kB'; $sql");
}

# How a query reads our tables: the number of sequential scans, and whether it
# fetches few rows
sub reads
{
	my ($sql) = @_;
	my $said = ask("BEGIN; SELECT FROM ($sql) q; SELECT sum(seq_scan), sum(idx_tup_fetch) < 10 FROM pg_stat_xact_all_tables"
		  . " WHERE schemaname = 'migrate'; ROLLBACK");
	$said =~ s/^\n+//;
	return $said;
}

is( ask("SELECT count(*) FROM migrate.load((SELECT string_agg(format(E'-- revision: r%s\\n-- down_revision: %s\\n-- migrate:up\\n-- migrate:down\\n',"
		  . " i, CASE WHEN i > 1 THEN 'r' || i - 1 END), '' ORDER BY md5(i::text)) FROM generate_series(1, $n) i))"),
	$n,
	'a long line is registered, in any order');
is(ask("SELECT count(*), max(step) FROM migrate.plan('head')"), "$n|$n", 'and planned');
is(ask('SELECT migrate.upgrade()'), "r$n", 'and upgraded');
is(ask('SELECT count(*) FROM migrate.history() WHERE is_applied'), $n, 'it is the history');
is(ask('SELECT count(*) FROM migrate.graph()'), $n, 'and can be drawn');
is(ask('SELECT count(*) FROM migrate.check_registry()'), 0, 'the registry is sound');
like(ask("SELECT length(migrate.upgrade_sql('base:head', false))"), qr/^\d{7,}$/, 'its preview is long');

for my $question (
	'SELECT migrate.current()',
	'SELECT migrate.heads()',
	'SELECT migrate.bases()',
	"SELECT migrate.upgrade('head')",
	"SELECT migrate.upgrade('heads')",
	"SELECT migrate.upgrade('r17')")
{
	is(reads($question), '0|t', "$question reads a few rows by index");
}

is(ask("SELECT migrate.downgrade('r99990')"), 'r99990', 'a downgrade by some revisions');
is(ask("SELECT migrate.upgrade('+3')"), 'r99993', 'and up');
is(ask("SELECT migrate.downgrade('base')"), '', 'and to base');

# a new migration is compared with its neighbours, not with all
is(ask('ALTER DATABASE postgres SET pg_migrate.lint_on_load = off'), '', 'lint on load, which reads all ancestors, is off');
is(reads("SELECT migrate.register('tail', 'r$n', 'SELECT 1')"), '0|t', 'registering a revision reads a few rows by index');

# wide: many branches of one revision, merged
ask("SELECT count(*) FROM migrate.load((SELECT string_agg(format(E'-- revision: w%s\\n-- down_revision: r1\\n-- migrate:up\\n-- migrate:down\\n', i), '')"
	  . " FROM generate_series(1, 1000) i))");
is(ask("SELECT revision FROM migrate.merge('all', (SELECT array_agg('w' || i) FROM generate_series(1, 1000) i), rev_id => 'wide')"), 'wide',
	'a thousand branches can be merged');
is(ask("SELECT migrate.upgrade('wide')"), 'wide', 'and upgraded');
is(ask("SELECT count(*) FROM migrate.downgrade('w1')"), 1000, 'and the merge undone');
is(ask("SELECT migrate.downgrade('base')"), '', 'and all of it');

$node->stop;
done_testing();
