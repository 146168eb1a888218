# A trial leaves nothing behind, does not block other sessions for long, and is
# refused where it is impossible.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "restart_after_crash = on\nmax_connections = 20\nmax_prepared_transactions = 0\nautovacuum = off\n");
$node->start;
use_server($node);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT i, 'n' || i FROM generate_series(1, 10000) i;
CREATE TYPE mood AS ENUM ('low');
SQL

# A dump of the database
sub dump_of
{
	my ($name) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";

	$node->command_ok([ 'pg_dump', '--no-sync', '-f', $file, 'postgres' ], "dumped, $name");
	# later minor versions say a random word, and after a crash a sequence goes on
	# some values later
	return join '', grep { !/^\\(?:un)?restrict |^SELECT pg_catalog.setval\('migrate\./ } split /^/, slurp_file($file);
}

# The differences between the database and an earlier dump
sub is_as_before
{
	my ($before, $name) = @_;
	my %was = map { $_ => 1 } split /\n/, $before;
	my $now = dump_of($name);
	my %is = map { $_ => 1 } split /\n/, $now;

	is(join("\n", (map { "- $_" } grep { !$is{$_} } sort keys %was), (map { "+ $_" } grep { !$was{$_} } sort keys %is)), '', "$name: nothing is left");
	return;
}

sub register
{
	my ($id, $parent, $up, $down) = @_;
	$node->safe_psql('postgres',
		"SET client_min_messages = error; SELECT migrate.register('$id', nullif('$parent', ''), \$up\$$up\$up\$, \$down\$$down\$down\$)");
	return;
}

# migrations of all kinds, with statements that a trial executes in another form
register('a1', '', <<'SQL', 'SELECT 1');
CREATE TABLE made (id serial PRIMARY KEY, m mood);
ALTER TABLE orders ALTER id TYPE bigint;
ALTER TYPE mood ADD VALUE 'high';
INSERT INTO made (m) VALUES ('high');
CREATE INDEX CONCURRENTLY orders_note ON orders (note);
CALL migrate.backfill('orders', 'note = ''x''', 'note <> ''x''');
TRUNCATE orders;
GRANT ALL ON orders TO PUBLIC;
SET work_mem = '77MB';
SET search_path = pg_catalog;
PREPARE forgotten AS SELECT 1;
CREATE TEMP TABLE gone (a int);
LISTEN something;
SELECT pg_advisory_xact_lock(77);
DECLARE c CURSOR FOR SELECT 1;
COMMENT ON DATABASE postgres IS 'tried';
SQL
register('a2', 'a1', 'DROP TABLE public.orders; CREATE SCHEMA other; DROP TYPE public.mood CASCADE', 'SELECT 1');

my $before = dump_of('before');
my $state = "SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors), pg_my_temp_schema()::regnamespace IS NULL OR NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'),"
  . " (SELECT count(*) FROM pg_listening_channels()), current_setting('work_mem'), current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout'),"
  . " (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode NOT IN ('AccessShareLock', 'ExclusiveLock') OR locktype = 'advisory')";
my $said = psql("SET client_min_messages = error; SELECT string_agg(outcome, ' ' ORDER BY revision, statement) FROM migrate.explain_rows('head', true); $state;");
my ($outcomes, $after) = split /\n/, $said;
is($outcomes, join(' ', ('executed') x 4, ('executed in plain form') x 2, ('executed') x 13), 'all of it is tried');
is($after, psql("$state;") =~ s/\n//r, 'the session is unchanged');
is_as_before($before, 'explain');

# within a transaction the locks of the trial are released
my $holder = open_session("BEGIN; SET client_min_messages = error; SELECT count(*) FROM migrate.explain('head', true); SELECT count(*) FROM migrate.test('a1');");
like(psql("SET lock_timeout = '1min'; BEGIN; LOCK TABLE orders; SELECT 'had'; ROLLBACK"), qr/^had/, 'its locks end with it');
like(psql("SET client_min_messages = error; SELECT migrate.current(), 'goes on'; SELECT count(*) > 0 FROM migrate.test('a1')"),
	qr/^t$/m, 'and the run lock, too');
close_session($holder);
is_as_before($before, 'test');

# it does not wait long for locks
my $locker = open_session("BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE;");
my $start = time;
$said = psql("SELECT statement, outcome, reason FROM migrate.explain_rows('a1', true) WHERE outcome = 'failed'");
like($said, qr/^2\|failed\|a lock was not to be had within pg_migrate\.trial_lock_timeout: .*process \d+/m, 'it does not wait long for a lock, and names its holder');
cmp_ok(time - $start, '<', 120, 'no longer than trial_lock_timeout');
like(psql("SET pg_migrate.trial_lock_timeout = '20ms'; SELECT statement, outcome FROM migrate.explain_rows('a1', true) WHERE outcome = 'failed'"), qr/^2\|failed/m, 'which can be set');
close_session($locker);
is_as_before($before, 'wait');

# a second run waits for a trial; a trial can be cancelled, terminated, killed
register('b1', 'a2', 'CREATE TABLE slow (); SELECT pg_catalog.pg_sleep(1000)', 'DROP TABLE slow');
$before = dump_of('sleep');

sub interrupt
{
	my ($function, $do) = @_;
	my $psql = start_psql('SET pg_migrate.trial_statement_timeout = 0', "SELECT count(*) FROM $function");

	wait_until_asleep();
	$do->($node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"));
	return finish_psql($psql);
}

for my $function ("migrate.explain('head', true)", "migrate.test('head')")
{
	like(interrupt($function, sub {
				like(psql("SET pg_migrate.run_wait_timeout = '200ms'; SELECT migrate.stamp('a1')"), qr/ERROR:  55P03/, "no run during $function");
				$node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])")
			}),
		qr/ERROR:  57014/, "$function can be cancelled");
	is_as_before($before, 'cancel');
	interrupt($function, sub { sql("SELECT pg_terminate_backend($_[0])") });
	is_as_before($before, 'terminate');
	my $logged = -s $node->logfile;
	interrupt($function, sub { kill 'KILL', $_[0] });
	wait_for_restart($node, $logged);
	is_as_before($before, 'kill');
}
like(interrupt("migrate.explain('head', true)", sub { $node->safe_psql('postgres', "SELECT pg_cancel_backend($_[0])") }) =~ s/\n.*//sr,
	qr/NOTICE:  00000: the trial locks .*public\.orders/, 'a NOTICE names the locks before the trial takes them');

# timeouts: that of trials bounds a statement, that of the caller the whole call
like(psql("SET pg_migrate.trial_statement_timeout = '5s'; SELECT outcome, reason FROM migrate.explain_rows('head', true) WHERE revision = 'b1' AND statement = 2; SHOW statement_timeout"),
	qr/^failed\|canceling statement due to statement timeout\n0$/m, "the trial's timeout is a statement's");
like(psql("SET statement_timeout = '1s'; SET pg_migrate.trial_statement_timeout = 0; SELECT count(*) FROM migrate.test('head'); SELECT pg_sleep(10)"),
	qr/ERROR:  57014.*ERROR:  57014/s, "the caller's bounds the call, and is in force behind it");
is_as_before($before, 'timeout');

# many locks at once
$node->safe_psql('postgres', 'CREATE DATABASE many');
$node->safe_psql('many', 'CREATE EXTENSION pg_migrate; DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format(\'CREATE TABLE t%s ()\', i); IF i % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$');
$node->safe_psql('many', q{SET pg_migrate.lint_on_load = off; SELECT migrate.register('m1', NULL, (SELECT string_agg(format('ALTER TABLE t%s ADD a int', i), ';') FROM generate_series(1, 1500) i), '')});
like(psql_in('many', "SELECT count(*) FROM migrate.explain('head', true)"), qr/ERROR:  53400: the trial would need about \d+ locks.*HINT:  .*max_locks_per_transaction/s,
	'a trial that needs more than half of the free lock table is refused');
like(psql_in('many', "SELECT count(*) > 1500 FROM migrate.explain('head')"), qr/^t$/m, 'such a plan can be predicted');

# a standby predicts but does not try
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', "SELECT migrate.explain('a2')"), $node->safe_psql('postgres', "SELECT migrate.explain('a2')"), 'a standby predicts the same');
like($standby->safe_psql('postgres', "SELECT migrate.review('a2')"), qr/^# Upgrade to a2/, 'and reviews');
for my $call ("migrate.explain('a2', true)", "migrate.test('a2')")
{
	my $err = '';
	$standby->psql('postgres', "SELECT count(*) FROM $call", stderr => \$err, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	like($err, qr/ERROR:  25006/, "a standby refuses $call");
}

# only roles that may run migrations may try them
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA migrate TO stranger; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO stranger; GRANT SELECT ON ALL TABLES IN SCHEMA migrate TO stranger');
like(psql("SET ROLE stranger; SELECT outcome, reason FROM migrate.explain_rows('a2', true) WHERE outcome = 'failed'"),
	qr/permission denied|must be owner/, "a trial has the caller's rights");
like(psql("SELECT migrate.explain(); SET ROLE stranger; SET pg_migrate.trials = off"), qr/ERROR:  42501/, 'trials is for superusers');
$node->safe_psql('postgres', 'ALTER DATABASE postgres SET pg_migrate.trials = off');
like(psql("SELECT migrate.explain('a2', true)"), qr/ERROR:  55000: migrate.explain\(\) may not execute migrations here.*DETAIL:  pg_migrate.trials is off/s, 'off in the database');

$standby->stop;
$node->stop;
done_testing();
