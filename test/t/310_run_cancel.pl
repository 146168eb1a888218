# A run that is interrupted (cancelled, terminated, killed, timed out, out of locks)
# leaves no trace, and the next run does its work.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# A file of a linear history: file(id, parent, script)
sub file
{
	my ($id, $parent, $up) = @_;
	return "-- revision: $id\n-- down_revision: $parent\n-- migrate:up\n$up\n-- migrate:down\nDROP TABLE t_$id;\n";
}

# Forget everything, and register these files.
sub load_files
{
	my $bundle = join('', @_);
	$node->safe_psql('postgres',
		"SET client_min_messages = error; SELECT migrate.downgrade('base'); TRUNCATE migrate.log;"
		  . " SELECT migrate.load(\$bundle\$$bundle\$bundle\$, prune => true)");
	return;
}

# Nothing is applied, logged or left in the catalog.
sub is_untouched
{
	my ($what) = @_;
	is( $node->safe_psql(
			'postgres',
			"SELECT (SELECT count(*) FROM migrate.version), (SELECT count(*) FROM migrate.log),"
			  . " (SELECT count(*) FROM pg_class WHERE relname LIKE 't\\_%'), (SELECT count(*) FROM migrate.check_registry())"),
		'0|0|0|0',
		"$what leaves no trace");
	return;
}

# The first migration makes a table, the second sleeps for long.
load_files(file('a1', '', 'CREATE TABLE t_a1 ();'), file('b2', 'a1', "CREATE TABLE t_b2 ();\nSELECT pg_sleep(1000);"));

# Run it, and when it sleeps do something to it; returns what psql said.
sub interrupt
{
	my ($do) = @_;
	my ($out, $err) = ('', '');
	my $psql = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), '-c', 'SELECT migrate.upgrade()' ],
		'>', \$out, '2>', \$err);
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
	  or die 'it does not sleep';
	$do->($node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"));
	$psql->finish;
	return $err;
}

like(interrupt(sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }),
	qr/ERROR:  57014: .*migration "b2", upgrade script, statement 2, line 2/s, 'a cancelled run reports its statement');
is_untouched('a cancelled run');

like(interrupt(sub { sql("SELECT pg_terminate_backend($_[0])") }),
	qr/FATAL:  57P01/, 'a run can be terminated');
is_untouched('a terminated run');

my $logged = -s $node->logfile;
interrupt(sub { kill 'KILL', $_[0] });
wait_for_restart($node, $logged);
is_untouched('a killed run');

interrupt(sub { $node->stop('immediate') });
$node->start;
is_untouched('a crash of the server');

load_files(file('a1', '', 'CREATE TABLE t_a1 ();'), file('b2', 'a1', 'CREATE TABLE t_b2 ();'));
is(psql("SET client_min_messages = error; SELECT migrate.upgrade();"), "b2\n", 'and the next upgrade does it all');

# statement_timeout: the caller's bounds the call, a script's each of its statements
load_files(map { file("s$_", $_ > 1 ? 's' . ($_ - 1) : '', "CREATE TABLE t_s$_ (); SELECT pg_sleep(0.4);") } 1 .. 3);
like(psql("SET statement_timeout = '600ms'; SELECT migrate.upgrade();"), qr/ERROR:  57014/,
	"the caller's statement_timeout bounds the whole call");
is_untouched('a run that timed out');

my $tries = () = psql("SET statement_timeout = '600ms'; SELECT migrate.upgrade();") =~ /Running upgrade  -> s1/g;
cmp_ok($tries, '<=', 1, 'a run that timed out is not tried again');

like(psql(
		"SET statement_timeout = '1s'; DO \$\$ BEGIN BEGIN PERFORM migrate.upgrade('nosuch'); EXCEPTION WHEN OTHERS THEN END; PERFORM pg_sleep(10); END \$\$;"
	),
	qr/ERROR:  57014/,
	"the caller's is in force after an error");

# together they take longer than the timeout, and each has seconds to spare on a slow machine
my $slow = "SET statement_timeout = '5s';\nCREATE TABLE t_p1 ();\n" . "SELECT pg_sleep(1);\n" x 6;
load_files(file('p1', '', $slow));
is(psql("SET client_min_messages = error; SELECT migrate.upgrade(); SELECT pg_sleep(5.1); SHOW statement_timeout;"),
	"p1\n\n0\n", "a script's statement_timeout bounds each of its statements, and ends with it");

load_files(file('p1', '', "$slow SELECT pg_sleep(1000);"));
like(psql("SELECT migrate.upgrade(); SELECT pg_sleep(0.5); SELECT 'went on';"),
	qr/went on.*ERROR:  57014: .*statement 9, line 9/s, 'or cancels one of them');
is_untouched('a run that failed so');

like(psql("SET statement_timeout = '1s'; SELECT migrate.upgrade();"), qr/ERROR:  57014: (?!.*statement 9)/s,
	"the caller's holds where it ends earlier");

load_files(file('p1', '', "SET statement_timeout = '100ms';\nSELECT pg_sleep(1000);"));
like(psql(
		"SET statement_timeout = '5s'; DO \$\$ BEGIN BEGIN PERFORM migrate.upgrade(); EXCEPTION WHEN query_canceled THEN RAISE NOTICE 'caught'; END; PERFORM pg_sleep(1000); END \$\$;"
	),
	qr/caught.*ERROR:  57014: .*pg_sleep/s,
	"the caller's is in force after a script's struck");

# verify scripts are bound, too
load_files("-- revision: v1\n-- down_revision:\n-- migrate:up\nCREATE TABLE t_v1 ();\n-- migrate:verify\nSET statement_timeout = '100ms';\nSELECT pg_sleep(100);\n");
like(psql('SELECT migrate.upgrade();'), qr/ERROR:  57014: .*verify script/s, 'a verify script can bound itself');
is_untouched('a run that failed so');

# lock_timeout: a script's wins over ours
load_files(file('l1', '', "CREATE TABLE t_l1 ();\nSET lock_timeout = '100ms';\nLOCK TABLE held;"));
$node->safe_psql('postgres', 'CREATE TABLE held ()');
my ($in, $out) = ("BEGIN; LOCK TABLE held;\n\\echo locked\n", '');
my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$out);
$holder->pump until $out =~ /locked/;
like(psql("SET statement_timeout = '60s'; SET pg_migrate.lock_timeout = '10min'; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade();"),
	qr/ERROR:  55P03: .*AccessExclusiveLock on public.held is blocked by process \d+ .*transaction open for.*statement 3, line 3/s,
	"a script's lock_timeout wins, and the holder is named");
is_untouched('a run that failed so');
like(psql("SET lock_timeout = '100ms'; SET pg_migrate.lock_timeout = 0; SET pg_migrate.lock_retries = 1; SELECT migrate.upgrade();"),
	qr/retry 1 of 1.*ERROR:  55P03.*The plan was tried 2 times/s, 'pg_migrate.lock_timeout = 0 leaves it to the session');
$holder->kill_kill;
wait_until("SELECT count(*) = 0 FROM pg_locks WHERE relation = 'held'::regclass AND mode = 'AccessExclusiveLock'");

# the lock table
load_files(map { file("m$_", $_ > 1 ? 'm' . ($_ - 1) : '', "CREATE TABLE t_m$_ (id int PRIMARY KEY);") } 1 .. 900);
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 10\nmax_connections = 10\nautovacuum = off\nmax_wal_senders = 0");
$node->restart;
like(psql("SET client_min_messages = error; SELECT migrate.upgrade();"),
	qr/ERROR:  53200: .*HINT: [^\n]*'\+500'[^\n]*max_locks_per_transaction/s,
	'a full lock table has a hint');
is_untouched('a run that failed so');
is(psql("SET client_min_messages = error; SELECT migrate.upgrade('+50'); SELECT migrate.upgrade('+50');"), "m50\nm100\n",
	'several smaller upgrades work');

# memory
my $leak = psql(<<'SQL');
SET client_min_messages = error;
CREATE FUNCTION cycle(n int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. n LOOP
    BEGIN
      PERFORM migrate.downgrade('-1');
      PERFORM migrate.upgrade('+1');
      PERFORM migrate.upgrade('nosuch');
    EXCEPTION WHEN OTHERS THEN
      PERFORM migrate.history(), migrate.plan('m110');
    END;
  END LOOP;
  RETURN (SELECT sum(total_bytes) FROM pg_backend_memory_contexts
    WHERE name IN ('TopMemoryContext', 'CacheMemoryContext', 'CurTransactionContext') OR name LIKE 'pg\_migrate%');
END $$;
SELECT cycle(20) AS before \gset
SELECT cycle(20) AS before \gset
SELECT cycle(200) - :before < 200000;
SQL
is($leak, "t\n", 'memory does not grow with the number of runs');

$node->stop;
done_testing();
