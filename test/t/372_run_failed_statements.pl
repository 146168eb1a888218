# Nontransactional statements that fail, scripts that try to change the session they
# run in, and the messages that the caller gets.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'commits_underneath'");
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# Empty the database, create tables and register a migration r1.
sub load
{
	my ($up) = @_;
	reset_database();
	sql("CREATE TABLE t (a int, b text); INSERT INTO t SELECT i, i FROM generate_series(1, 100) i; CREATE INDEX t_old ON t (a);"
		  . "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);");
	sql("SELECT migrate.register('r1', upgrade => \$up\$$up\$up\$, replace => true)");
	return;
}

# a failed statement is not taken for done although the catalog looks as if it were
for my $case (
	[ 'ALTER TABLE p DETACH PARTITION nosuch CONCURRENTLY', '42P01' ],
	[ 'ALTER TABLE p DETACH PARTITION t CONCURRENTLY', '42P01' ],
	[ 'CREATE DATABASE template1', '42P04' ],
	[ 'DROP DATABASE nosuch', '3D000' ],
	[ "CREATE TABLESPACE pg_default LOCATION '/nowhere'", '(42710|42939|58P01)' ],
	[ 'DROP TABLESPACE nosuch', '42704' ],
	[ 'DROP INDEX CONCURRENTLY nosuch', '42704' ],
	[ "CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p", '08006' ])
{
	my ($sql, $sqlstate) = @$case;
	load("CREATE TABLE x (); $sql");
	for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
	{
		like(psql_commands($call), qr/ERROR:  $sqlstate/, "$call: $sql");
	}
	is(sql("SELECT string_agg(DISTINCT state, ' ') FROM migrate.segment WHERE number = 2") . sql('SELECT migrate.current()'), 'failed', 'the statement is not taken for done');
}
sql('SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open');
for my $sql ('CREATE DATABASE made', 'DROP DATABASE made', 'DROP DATABASE IF EXISTS made')
{
	load($sql);
	unlike(psql_commands('SELECT migrate.upgrade()'), qr/ERROR/, $sql);
	is(sql('SELECT migrate.current()'), 'r1', 'which is');
}

# a statement that committed a part before it failed is not repeated without being told
load('SELECT 1');
my $part = "INSERT INTO parts VALUES (1); COMMIT; INSERT INTO parts VALUES (2); PERFORM 1/0;";
sql("CREATE TABLE parts (a int); CREATE PROCEDURE part() LANGUAGE plpgsql AS 'BEGIN $part END'");
for my $case ([ "DO 'BEGIN $part END'", '{"transaction": "none"}' ], [ 'CALL part()', '{}' ])
{
	my ($up, $options) = @$case;
	sql("TRUNCATE parts; SELECT migrate.register('r1', upgrade => \$up\$$up\$up\$, options => '$options', replace => true)");
	like(psql_commands('CALL migrate.deploy()'), qr/ERROR:  22012.*HINT:  It may have committed a part of its work.*migrate.resume\(\d+, 'done'\)/s, "$up: fails");
	like(psql_commands('SELECT migrate.upgrade()'), qr/ERROR:  MG018/, 'and is not run again');
	is(sql('SELECT count(*) FROM parts'), 1, 'its effects happen once');
	sql("SELECT migrate.resume(max(run), 'done') FROM migrate.segment WHERE open");
	unlike(psql_commands('CALL migrate.deploy()'), qr/ERROR/, 'after resume() the run continues');
	sql("SELECT migrate.stamp('base')");
}
sql("SELECT migrate.register('r1', upgrade => \$up\$DO 'BEGIN PERFORM 1/0; END'\$up\$, options => '{\"transaction\": \"none\"}', replace => true)");
like(psql_commands('CALL migrate.deploy()'), qr/ERROR:  22012/, 'a statement that committed nothing');
like(psql_commands('CALL migrate.deploy()'), qr/ERROR:  22012/, 'is run again');
sql('SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open');

# a verify section may use an enum value of its script
load('SELECT 1');
sql("CREATE TYPE mood AS ENUM ('sad'); SELECT migrate.register('r1', upgrade => \$\$ALTER TYPE mood ADD VALUE 'ok'\$\$, verify => \$\$SELECT 'ok'::mood IS NOT NULL\$\$, replace => true)");
is(sql('SELECT cardinality(segments) FROM migrate.plan()'), 2, 'verifying a new enum value is a segment');
unlike(psql_commands('SELECT migrate.upgrade()'), qr/ERROR/, 'and can be done');

# DISCARD ALL in a script does not affect the caller
sql('CREATE SCHEMA s2; CREATE ROLE somebody; GRANT ALL ON SCHEMA s2 TO somebody; GRANT USAGE ON SCHEMA migrate TO somebody; GRANT EXECUTE ON ALL ROUTINES IN SCHEMA migrate TO somebody');
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	load('CREATE TABLE d1 (); DISCARD ALL; ALTER TABLE d1 ADD a int');
	sql("SET SESSION AUTHORIZATION DEFAULT; SELECT migrate.trust('r1'); GRANT ALL ON SCHEMA public TO somebody; DROP TABLE IF EXISTS s2.d1");
	my $said = psql_commands('SET ROLE somebody', 'SET search_path = s2, public', "SET work_mem = '7MB'", 'SET pg_migrate.lock_timeout = 4321', $call,
		"SELECT current_user, current_setting('role'), current_setting('search_path'), current_setting('work_mem'), current_setting('pg_migrate.lock_timeout')");
	unlike($said, qr/ERROR/, "$call: settings of the caller hold after DISCARD ALL") or diag($said);
	like($said, qr/^somebody\|somebody\|s2, public\|7MB\|4321ms$/m, 'and after the run');
	is(sql("SELECT relnamespace::regnamespace || ' ' || relowner::regrole FROM pg_class WHERE relname = 'd1'"), 's2 somebody', 'and in it');
}

# settings are restored with their source
load('CREATE INDEX CONCURRENTLY ON t (b)');
is(psql_commands("SET statement_timeout = '1h'", 'CALL migrate.deploy()', "SELECT name, setting, source FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout') ORDER BY 1") =~ s/^(NOTICE|WARNING|DETAIL|HINT).*\n//mgr,
	"lock_timeout|0|default\nstatement_timeout|3600000|session\n", 'a setting that was not set is not set afterwards');

# remains that cannot be removed
load('CREATE INDEX CONCURRENTLY t_b ON t (b)');
my $writer = start_psql("BEGIN; INSERT INTO t VALUES (0); SELECT pg_sleep(1000)");
wait_until_asleep();
like(psql_commands("SET pg_migrate.build_timeout = '10s'", "SET pg_migrate.lock_timeout = '200ms'", 'CALL migrate.deploy()'),
	qr/ERROR:  57014: canceling the build due to pg_migrate.build_timeout\nDETAIL:.*What it left could not be removed: .*The next run removes it/s, 'leftovers that cannot be removed are reported');
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_b'::regclass"), 'f', 'for they are there');
terminate_sleepers();
finish_psql($writer);
like(psql_commands('CALL migrate.deploy()'), qr/clearing up: DROP INDEX CONCURRENTLY IF EXISTS public.t_b/, 'the next run removes them');
is(sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_b'::regclass"), 't', 'and builds');

# progress messages of a waiting caller name what it waits for at present
load('CREATE INDEX CONCURRENTLY t_b2 ON t (b)');
my $reader = start_psql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class; SELECT pg_sleep(1000)");
wait_until_asleep();
$writer = start_psql("BEGIN; INSERT INTO t VALUES (0); SELECT pg_sleep(1000), 'writer'");
wait_until("SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
my $builder = start_psql("SET pg_migrate.progress_interval = '200ms'", 'SELECT migrate.upgrade()');
$builder->{run}->pump until $builder->{err} =~ /waiting for writers before build/;
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%''writer''' AND pid <> pg_backend_pid()");
finish_psql($writer);
$builder->{run}->pump until $builder->{err} =~ /waiting for old snapshots/;
terminate_sleepers();
finish_psql($reader);
like(finish_psql($builder), qr/waiting for writers before build.*waiting for old snapshots/s, 'progress messages describe the present phase');

# our own errors keep their hints
load('DROP SCHEMA migrate CASCADE');
like(psql_commands('SELECT migrate.upgrade()'), qr/55006: cannot change extension.*HINT:  Do it in a session of its own/s, 'a script that drops the schema');

# only the run that left a migration half done can be abandoned
load('SELECT 1');
sql("SELECT migrate.register('r1', upgrade => 'CREATE INDEX CONCURRENTLY t_b ON t (b); SELECT 1', downgrade => 'DROP INDEX CONCURRENTLY t_b; SELECT 1/0', replace => true)");
psql_commands('SELECT migrate.upgrade()');
my $first = sql('SELECT max(run) FROM migrate.run');
like(psql_commands("SELECT migrate.downgrade('base')"), qr/22012/, 'a downgrade stops half way');
like(psql_commands("SELECT migrate.abandon($first)"), qr/ERROR:  MG017: run $first left no migration half done/, 'an earlier run did not');
like(psql_commands('BEGIN', "SELECT migrate.downgrade('base')", 'ROLLBACK'), qr/MG017: cannot call migrate.downgrade\(\) here while.*as a statement of its own in autocommit mode/s, 'a run that cannot continue reports that');
like(psql_commands("SET default_transaction_isolation = 'repeatable read'", "SELECT migrate.downgrade('base')"), qr/MG017: cannot call migrate.downgrade\(\) here while.*with SET default_transaction_isolation = 'read committed' and SELECT migrate.downgrade/s, 'and what to set first');
psql_commands('SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open');
is(sql('SELECT state, sqlstate FROM migrate.run ORDER BY run DESC LIMIT 1'), 'abandoned|22012', 'the failed statement is still reported');

# a downgrade of unknown outcome in its first segment leaves it half done
load('SELECT 1');
sql("CREATE TABLE parts (a int); CREATE PROCEDURE part() LANGUAGE plpgsql AS 'BEGIN INSERT INTO parts VALUES (3); COMMIT; PERFORM 1/0; END'");
sql("SELECT migrate.register('r1', upgrade => 'SELECT 1', downgrade => 'CALL part()', replace => true)");
sql('SELECT migrate.upgrade()');
psql_commands("SELECT migrate.downgrade('base')");
is(sql('SELECT up_to_date FROM migrate.status'), 'f', 'it is not up to date');
like(psql_commands("SELECT migrate.upgrade('head')"), qr/ERROR:  MG017/, 'a call does not report that there is nothing to do');
like(psql_commands('BEGIN', "SELECT migrate.upgrade('head')"), qr/ERROR:  MG017/, 'in a transaction block either');
sql('SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open');

# A hook of another extension that ends the transaction during a statement: the
# script takes effect as a whole or not at all, by SELECT and by CALL.
my %doors = (
	'SELECT' => [ 'SELECT migrate.upgrade()', '' ],
	'SELECT in a block' => [ 'BEGIN; SELECT migrate.upgrade()', '' ],
	'worker' => [ 'SELECT migrate.upgrade()', 'CREATE INDEX CONCURRENTLY ON t (b);' ],
	'CALL' => [ 'CALL migrate.deploy()', '' ],
	'CALL of segments' => [ 'CALL migrate.deploy()', 'CREATE INDEX CONCURRENTLY ON t (b);' ]);
foreach my $door (sort keys %doors)
{
	my ($call, $more) = @{ $doors{$door} };
	for my $case (
		[ 'commits', '22012: division by zero' ],
		[ 'pops, then commits', '22012: division by zero' ],
		[ 'checks, then commits', '25001: COMMENT that commits cannot run inside a transaction block.*run it by hand' ],
		[ 'leaves, then commits', q{2D000: a statement of a migration tried to commit the migration's transaction.*nothing was committed.*statement 2, line 1} ],
		[ 'leaves', q{2D000: a statement of a migration left the migration's subtransaction} ])
	{
		my ($how, $error) = @$case;
		load("CREATE TABLE before_it (); COMMENT ON TABLE t IS '$how'; CREATE TABLE after_it (); SELECT 1/0; $more");
		like(psql_commands($call, 'SELECT count(*) FROM t'), qr/ERROR:  $error/s, "$door: $how");
		is(sql("SELECT to_regclass('before_it'), to_regclass('after_it'), (SELECT migrate.current()), count(*) FROM migrate.segment WHERE open"), '|||0', 'nothing is in effect');
	}
	load("CREATE TABLE before_it (); COMMENT ON TABLE t IS 'commits'; CREATE TABLE after_it (); $more");
	unlike(psql_commands($call, 'COMMIT'), qr/ERROR/, "$door: a commit that commits nothing");
	is(sql("SELECT to_regclass('before_it'), to_regclass('after_it'), (SELECT migrate.current()), count(*) FROM migrate.segment WHERE open"), 'before_it|after_it|r1|0', 'everything is in effect');
}

# a rollback cannot be refused: the user has to tell the outcome of the segment
for my $case ([ 'CALL migrate.deploy()', 'rolls back', q{MG018: a statement of a migration rolled back the migration's transaction} ],
	[ 'SELECT migrate.upgrade()', 'rolls back, then fails', 'XX000: failed after the rollback' ])
{
	my ($call, $how, $error) = @$case;
	load("CREATE TABLE before_it (); COMMENT ON TABLE t IS '$how'; CREATE TABLE after_it (); CREATE INDEX CONCURRENTLY ON t (b)");
	like(psql_commands($call), qr/ERROR:  $error.*migrate.resume\(\d+, 'done'\)/s, "$call: $how");
	is(sql("SELECT to_regclass('before_it'), to_regclass('after_it'), (SELECT migrate.current())") . sql("SELECT state FROM migrate.segment WHERE open"), '||unknown', 'the segment is of unknown outcome');
	like(psql_commands($call), qr/ERROR:  MG018: .*Segment 1 of 2, transaction: CREATE TABLE before_it/s, 'and not run again');
	sql("SELECT migrate.resume(max(run), 'again') FROM migrate.segment WHERE open");
	like(psql_commands($call), qr/ERROR:  $error/s, 'after resume() with again it is run again');
	sql("SELECT migrate.resume(max(run), 'done') FROM migrate.segment WHERE open");
	unlike(psql_commands($call), qr/ERROR/, 'resume() tells the outcome');
	is(sql("SELECT (SELECT migrate.current()), to_regclass('t_b_idx'), count(*) FROM migrate.segment WHERE open"), 'r1|t_b_idx|0', 'and the migration is complete');
}

# a downgrade, a verify section, a trial
load('SELECT 1');
sql("SELECT migrate.register('r1', upgrade => 'SELECT 1', downgrade => \$\$CREATE TABLE before_it (); COMMENT ON TABLE t IS 'leaves, then commits'\$\$, replace => true); SELECT migrate.upgrade()");
for my $call ("SELECT migrate.downgrade('base')", "CALL migrate.deploy('base', 'downgrade')")
{
	like(psql_commands($call), qr/ERROR:  2D000/, "$call is refused the commit");
	is(sql("SELECT to_regclass('before_it'), (SELECT migrate.current())"), '|r1', 'the downgrade has no effect');
}
load('SELECT 1');
sql("SELECT migrate.register('r1', upgrade => 'CREATE TABLE before_it ()', verify => \$\$COMMENT ON TABLE t IS 'leaves, then commits'; SELECT true\$\$, replace => true)");
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()', 'SELECT * FROM migrate.explain(execute => true)')
{
	like(psql_commands($call, 'SELECT * FROM migrate.explain()'), qr/ERROR:  2D000/, "$call: so is a verify section");
	is(sql("SELECT to_regclass('before_it'), (SELECT migrate.current())"), '|', 'nothing is in effect');
}

# a try after a lock timeout finds nothing of the one before
load("CREATE TABLE before_it (); COMMENT ON TABLE t IS 'commits'; LOCK TABLE p NOWAIT");
my $locker = start_psql('BEGIN; LOCK TABLE p; SELECT pg_sleep(1000)');
wait_until_asleep();
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	like(psql_commands('SET pg_migrate.lock_poll = 0', 'SET pg_migrate.lock_timeout = 100', 'SET pg_migrate.lock_retries = 1', $call), qr/retry 1 of 1.*ERROR:  55P03/s, "$call: a retry begins where the first try did");
}
terminate_sleepers();
finish_psql($locker);

# statements of TimescaleDB that commit are nontransactional
load('CREATE INDEX ON t (b) WITH (timescaledb.transaction_per_chunk); CREATE MATERIALIZED VIEW v WITH (timescaledb.continuous) AS SELECT 1 AS a; CREATE MATERIALIZED VIEW w WITH (timescaledb.continuous) AS SELECT 1 AS a WITH NO DATA');
is(sql('SELECT cardinality(segments), door FROM migrate.plan()'), '3|segments', 'statements of TimescaleDB that commit are segments');

# an index that a hook marks valid at the end is valid, one that it does not mark is not
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	load('CREATE INDEX CONCURRENTLY marked ON t (a)');
	unlike(psql_commands($call), qr/ERROR/, "$call: an index that is marked valid last");
	is(sql("SELECT indisvalid, (SELECT migrate.current()) FROM pg_index WHERE indexrelid = 'marked'::regclass"), 't|r1', 'the index is valid, and the migration done');
	load('CREATE INDEX CONCURRENTLY IF NOT EXISTS unmarked ON t (a)');
	like(psql_commands($call), qr/ERROR:  55000: index "unmarked" is not valid/, "$call: an index that is not marked valid");
	is(sql('SELECT migrate.current()'), '', 'an index that stays invalid is not done');
}

$node->stop;
done_testing();
