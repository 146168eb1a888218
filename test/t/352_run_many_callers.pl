# Fifty callers at once of a plan that is not one transaction: all succeed, and the
# work is done once.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{PGM_FIFTY_ROUNDS} // 20;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# IPC::Run::timeout() below makes a hang an error
$node->append_conf('postgresql.conf', "max_connections = 120\nlog_statement = none\nfsync = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/select.sql", 'SELECT migrate.upgrade();');
append_to_file("$dir/call.sql", 'CALL migrate.deploy();');

sub deployers
{
	my ($file) = @_;
	my ($out, $err) = ('', '');
	my $run = IPC::Run::start(
		[ 'pgbench', '-n', '-c', 25, '-j', 2, '-t', 1, '-f', "$dir/$file.sql", '-h', $node->host, '-p', $node->port, 'postgres' ],
		'>', \$out, '2>', \$err, IPC::Run::timeout(4 * $PostgreSQL::Test::Utils::timeout_default));
	return { run => $run, out => \$out, err => \$err };
}

for my $round (1 .. $rounds)
{
	$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = error;
SELECT migrate.stamp('base');
TRUNCATE migrate.log, migrate.run, migrate.segment, migrate.backfill;
DROP TABLE IF EXISTS t;
CREATE TABLE t AS SELECT i AS a, i AS b, 0 AS n, false AS done FROM generate_series(1, 2000) i;
SELECT migrate.load($$
-- revision: a1
-- down_revision:
-- migrate:up
CREATE INDEX CONCURRENTLY t_a ON t (a);
CREATE INDEX CONCURRENTLY t_b ON t (b);

-- revision: b1
-- down_revision: a1
-- migrate:up
CALL migrate.backfill('t', 'n = n + 1, done = true', 'NOT done');
$$);
SQL
	my @deployers = map { deployers($_) } 'select', 'call';
	$_->{run}->finish for @deployers;
	is(join('', map { ${ $_->{out} } =~ /number of transactions actually processed: (\d+)/ ? $1 : ${ $_->{err} } } @deployers),
		'2525', "round $round: all fifty succeed")
	  or diag(map { ${ $_->{err} } =~ /^(?!NOTICE|WARNING).*\n/mg } @deployers);
	$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_migrate'") or die 'a worker is left';
	is( $node->safe_psql('postgres',
			"SELECT (SELECT count(*) FROM migrate.log WHERE outcome <> 'stamp'), (SELECT count(*) FROM migrate.segment), (SELECT min(n) || '-' || max(n) FROM t),"
			  . " (SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass)"),
		'2|3|1-1|t', 'and the work is done once');
	last unless Test::More->builder->is_passing;
}
is($node->safe_psql('postgres', 'SHOW max_worker_processes'), 8, 'with the workers there are');

# a caller inside a transaction block is refused at once
$node->safe_psql('postgres',
	"SET client_min_messages = error; SELECT migrate.register('c1', 'b1', 'VACUUM t; SELECT pg_sleep(1000)', '')");
my ($out, $err) = ('', '');
my $long = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'SELECT migrate.upgrade()' ], '>', \$out, '2>', \$err);
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
my (undef, undef, $said) = $node->psql('postgres', 'BEGIN; SELECT migrate.upgrade()');
like($said, qr/cannot call migrate\.upgrade\(\) while a migration runs segment by segment.*Process \d+ runs it/s, 'it is refused at once');
$node->safe_psql('postgres', 'SELECT migrate.cancel()');
$long->finish;

$node->stop;
done_testing();
