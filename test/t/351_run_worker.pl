# SELECT migrate.upgrade() executes nontransactional migrations in a background worker.
use strict;
use warnings;
use IO::Socket::UNIX;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_worker_processes = 8\nlog_statement = none");
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');

# Start the statements of a script, one by one.
sub start_script
{
	my ($script) = @_;
	return start_psql(split(/; */, $script));
}

# Empty the database, create a table, and register a migration w1.
sub load
{
	my ($up, $down) = @_;
	reset_database();
	sql("CREATE TABLE t AS SELECT i AS a, i AS b FROM generate_series(1, 1000) i; SELECT migrate.register('w1', upgrade => \$up\$$up\$up\$, downgrade => \$up\$"
		  . ($down // '') . "\$up\$, replace => true)");
	return;
}

my $index = 'CREATE INDEX CONCURRENTLY t_a ON t (a)';
my $drop = 'DROP INDEX CONCURRENTLY t_a';
my $workers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_migrate'";
my $open = "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class; SELECT pg_sleep(1000);";

# calls that may wait for a worker
load($index, $drop);
for my $way ('-c', 'stdin', 'extended', 'prepared')
{
	if ($way eq '-c') { is(psql('', '-c', 'SELECT migrate.upgrade()') =~ /ERROR/, '', '-c') }
	elsif ($way eq 'stdin') { like(psql("SELECT migrate.upgrade('head');\n"), qr/NOTICE:  00000: Running upgrade  -> w1\n/, 'notices are relayed') }
	else
	{
		my $file = PostgreSQL::Test::Utils::tempdir() . '/upgrade.sql';
		append_to_file($file, 'SELECT migrate.upgrade();');
		$node->command_ok([ 'pgbench', '-n', '-t', 2, '-M', $way, '-f', $file, '-h', $node->host, '-p', $node->port, 'postgres' ], "pgbench $way");
	}
	is(sql("SELECT (SELECT migrate.current()), indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass"), 'w1|t', "up: $way");
	like(psql("SELECT migrate.downgrade('base');\n"), qr/Running downgrade w1/, 'down');
}
wait_until("($workers) = 0");

# calls that may not
for (
	[ 'inside a transaction block', 'BEGIN; SELECT migrate.upgrade(); COMMIT' ],
	[ 'not the whole', 'SELECT * FROM migrate.upgrade()' ],
	[ 'not the whole', 'SELECT migrate.upgrade(), 1' ],
	[ 'not the whole', 'SELECT migrate.upgrade() WHERE true = (SELECT true)' ],
	[ 'not the whole', 'SELECT migrate.upgrade() UNION ALL SELECT $$x$$' ],
	[ 'not the whole', "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN migrate.upgrade(); END'; SELECT f()" ],
	[ '(?:is limited|not the whole)', "CREATE FUNCTION g() RETURNS text LANGUAGE sql AS 'SELECT migrate.upgrade()'; SELECT g()" ],
	[ 'not the whole', 'DO $$ BEGIN PERFORM migrate.upgrade(); END $$' ],
	[ 'number of rows to return is limited', 'DO $$ DECLARE r record; BEGIN FOR r IN SELECT migrate.upgrade() LOOP NULL; END LOOP; END $$' ],
	[ 'not the whole', 'EXPLAIN ANALYZE SELECT migrate.upgrade()' ],
	[ 'not the whole', 'COPY (SELECT migrate.upgrade()) TO STDOUT' ],
	[ 'has changed something before', 'CREATE TABLE x AS SELECT migrate.upgrade()' ],
	[ 'not the whole', 'PREPARE p AS SELECT migrate.upgrade(); EXECUTE p' ],
	[ 'not the whole', 'DECLARE c CURSOR WITH HOLD FOR SELECT migrate.upgrade()' ],
	[ 'inside a transaction block', 'BEGIN; DECLARE c CURSOR FOR SELECT migrate.upgrade(); FETCH c; COMMIT' ],
	[ 'not READ COMMITTED', "SET default_transaction_isolation = 'repeatable read'; SELECT migrate.upgrade()" ],
	[ 'select_door is off', 'SET pg_migrate.select_door = off; SELECT migrate.upgrade()' ])
{
	my ($why, $how) = @$_;
	like(psql("$how;"), qr/ERROR:  MG013: .*not for this call: [^\n]*$why.*HINT:  CALL migrate.deploy/s, "refused: $how");
}
my $file = PostgreSQL::Test::Utils::tempdir() . '/pipeline.sql';
append_to_file($file, "\\startpipeline\nSELECT 1;\nSELECT migrate.upgrade();\n\\endpipeline\n");
$node->command_checks_all([ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-f', $file, '-h', $node->host, '-p', $node->port, 'postgres' ],
	2, [qr/./s], [qr/it stands behind another statement of a pipeline/], 'refused: behind another Execute');
is(sql('SELECT count(*) FROM migrate.current()') . sql("SELECT count(*) FROM pg_class WHERE relname = 't_a'"), '00', 'nothing ran');
$file = PostgreSQL::Test::Utils::tempdir() . '/pipeline.sql';
append_to_file($file, "\\startpipeline\nSELECT migrate.upgrade();\nSELECT 1;\n\\endpipeline\n");
$node->command_ok([ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-f', $file, '-h', $node->host, '-p', $node->port, 'postgres' ], 'the first of a pipeline runs');
is(sql('SELECT migrate.current()'), 'w1', 'to the end');
is(sql("SELECT count(*) FROM migrate.run WHERE application_name = '351_run_worker.pl'") > 0, 1, "the journal has the caller's application_name");

# a driver, with autocommit on and off
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	sql("SELECT 1 FROM migrate.stamp('base'); DROP INDEX t_a");
	for my $autocommit ('False', 'True')
	{
		my @python = ('/usr/bin/python3', '-c', "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = $autocommit; c.cursor().execute('$call')", $node->connstr('postgres'));
		$autocommit eq 'True' ? $node->command_ok(\@python, "psycopg2: $call") : $node->command_fails_like(\@python, qr/transaction block/, "psycopg2 in a transaction: $call");
	}
	is(sql('SELECT migrate.current()'), 'w1', 'runs to the end');
}

# an Execute message that requests one row, as drivers with a fetch size send it
sub message { my ($type, $body) = @_; return $type . pack('N', length($body) + 4) . $body; }
load($index, $drop);
my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die $!;
print $socket message('', pack('N', 196608) . "user\0$superuser\0database\0postgres\0\0"),
  message('P', "\0SELECT migrate.upgrade()\0\0\0"), message('B', "\0\0\0\0\0\0\0\0"), message('E', "\0" . pack('N', 1)), message('S', ''), message('X', '');
$socket->flush;
like(join('', <$socket>), qr/MG013.*not for this call: the number of rows to return is limited/s, 'refused: a row-limited Execute');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_a'"), 0, 'nothing ran');

# messages and their positions
load("SELECT 1;\nVACUUM t;\nALTER TABLE t\n  ADD c nosuch");
like(psql('SELECT migrate.upgrade();'), qr/ERROR:  42704: type "nosuch" does not exist\nLINE 4:   ADD c nosuch\n +\^\nQUERY:  SELECT 1;.*CONTEXT:  migration "w1", upgrade script, statement 3, line 4/s, 'a position in the script');
load("VACUUM t;\nDO \$\$ BEGIN RAISE NOTICE 'note' USING DETAIL = 'its detail', ERRCODE = '01234'; RAISE EXCEPTION 'no' USING ERRCODE = 'P7777', DETAIL = 'the detail', HINT = 'the hint', TABLE = 't'; END \$\$");
like(psql('SELECT migrate.upgrade();'), qr/NOTICE:  01234: note\nDETAIL:  its detail\n.*ERROR:  P7777: no\nDETAIL:  the detail\nHINT:  the hint\n.*TABLE NAME:  t\n/s, 'all of an error');

# the worker has the role, settings and name of the caller
load("VACUUM t;\nCREATE TABLE who AS SELECT current_user, session_user, current_setting('role') AS role, current_schema() AS schema, current_setting('work_mem') AS mem,"
	  . " current_setting('my.own', true) AS own, current_setting('statement_timeout') AS timeout");
sql('CREATE ROLE deputy SUPERUSER; CREATE ROLE other LOGIN SUPERUSER; CREATE SCHEMA mine');
psql("SET SESSION AUTHORIZATION other; SET ROLE deputy; SET search_path = mine, public; SET work_mem = '7MB'; SET my.own = 'x'; SET statement_timeout = '100s'; SELECT migrate.upgrade();");
is(sql('SELECT * FROM mine.who'), 'deputy|other|deputy|mine|7MB|x|0', 'the worker has role, search_path and settings of the caller');
is(sql('SELECT ran_as, login, application_name, client_addr FROM migrate.log ORDER BY id DESC LIMIT 1'), 'deputy|other|351_run_worker.pl|', 'and stand in the log');

# the worker ends with its caller
for my $end (
	[ 'Ctrl-C', qr/57014: canceling statement due to user request/, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%migrate.upgrade(%' AND backend_type = 'client backend' AND pid <> pg_backend_pid()" ],
	[ 'termination', qr/57P01: terminating connection/, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%migrate.upgrade(%' AND backend_type = 'client backend' AND pid <> pg_backend_pid()" ],
	[ 'statement_timeout', qr/57014: canceling statement due to statement timeout/, 'SELECT 1' ],
	[ 'cancel(run)', qr/57014: canceling statement due to user request/, "SELECT migrate.cancel(run) FROM migrate.progress" ],
	[ 'cancel()', qr/57014: canceling statement due to user request/, 'SELECT migrate.cancel()' ],
	[ "its worker's death", qr/57P01: terminating background worker/, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_migrate'" ])
{
	my ($what, $said, $how) = @$end;
	load($index);
	my $holder = start_script($open);
	wait_until_asleep();
	my $caller = start_script(($what eq 'statement_timeout' ? "SET statement_timeout = '1s'; " : '') . 'SELECT migrate.upgrade();');
	# the timeout may strike before
	wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for old snapshots'") if $what ne 'statement_timeout';
	sql($how);
	like(finish_psql($caller), $said, "$what ends the call of a worker");
	wait_until("($workers) = 0");
	terminate_sleepers();
	finish_psql($holder);
	unlike(psql('SELECT migrate.upgrade();'), qr/ERROR/, 'the next call continues');
	is(sql("SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 't'::regclass"), '1|t', 'and builds a good index');
}

# progress, for the caller and for other sessions; a build has its own timeout
load($index);
my $holder = start_script($open);
wait_until_asleep();
my $caller = start_script("SET pg_migrate.progress_interval = '100ms'; SELECT migrate.upgrade();");
wait_until("SELECT kind = 'index build' AND phase = 'waiting for old snapshots' AND waiting_for LIKE 'process % (351_run_worker.pl, active, transaction open for %)' AND revision = 'w1' AND segment = 1 FROM migrate.progress");
$caller->{run}->pump until $caller->{err} =~ /waits for process/;
is(sql('SELECT migrate.cancel()'), 't', 'it is cancelled');
my $said = finish_psql($caller);
like($said, qr/NOTICE:  00000: run \d+, migration "w1", segment 1 of 1, index build: waiting for old snapshots.*, waits for process \d+ \(351_run_worker.pl, active, transaction open for/, 'the caller gets messages that name the blocking process');
like(finish_psql(start_script("SET pg_migrate.build_timeout = '100ms'; SELECT migrate.upgrade();")), qr/ERROR:  57014: canceling the build due to pg_migrate.build_timeout/, 'build_timeout ends it');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_a'"), 0, 'and its remains are removed');
is(sql('SELECT count(*) FROM migrate.progress'), 0, 'nothing runs');

# a run in the background
is(psql('BEGIN; SELECT migrate.upgrade(wait => false);') =~ /ERROR:  25001/, 1, 'wait => false is refused in a transaction block');
like(psql('SELECT migrate.upgrade(wait => false);'), qr/NOTICE:  00000: run (\d+) goes on in the background/, 'else it returns at once');
my $run = sql('SELECT max(run) FROM migrate.run');
wait_until("SELECT state = 'running' FROM migrate.run WHERE run = $run");
my $waiting = start_script("CALL migrate.wait($run);");
like(psql("BEGIN; CALL migrate.wait($run)"), qr/ERROR:  25001/, 'wait() is refused in a transaction block');
like(psql("SET pg_migrate.run_wait_timeout = '50ms'; CALL migrate.wait($run)"), qr/ERROR:  55P03/, 'and may be bounded');
terminate_sleepers();
finish_psql($holder);
is(finish_psql($waiting), '', 'wait() waits, in nobody\'s way');
is(sql("SELECT state FROM migrate.run WHERE run = $run") . sql('SELECT migrate.current()'), 'donew1', 'wait() returns when the run is done');
like(psql("SELECT migrate.cancel($run)"), qr/WARNING: .*is over\n/, 'cancel() of a run that is over');
like(psql('CALL migrate.wait(0)'), qr/ERROR:  22023: there is no run 0/, 'no such run');
load("VACUUM t; SELECT 1/0");
psql('SELECT migrate.upgrade(wait => false);');
like(psql('CALL migrate.wait(' . sql('SELECT max(run) FROM migrate.run') . ')'), qr/ERROR:  22012: run \d+ failed: division by zero/, 'wait() fails as the run did');

# a worker that waits for the caller
load("VACUUM t; SELECT pg_advisory_lock(42)");
like(psql('SELECT pg_advisory_lock(42); SELECT migrate.upgrade();'), qr/ERROR:  40P01: deadlock detected.*waits for a lock that this session holds/s, 'a cycle is an error');
wait_until("($workers) = 0");

# a waiting caller locks no relation
load('REINDEX DATABASE postgres; VACUUM FULL; CREATE TABLE done ()');
my @callers = map { start_script('SELECT migrate.upgrade();') } 1 .. 3;
is(join('', map { finish_psql($_) =~ /ERROR.*/ ? $& : '' } @callers), '', 'REINDEX DATABASE and VACUUM FULL with several callers');
is(sql("SELECT count(*) FROM migrate.log WHERE outcome = 'done' AND direction = 'upgrade'"), 1, 'ran once');

# a comment that begins a segment
my $cut = "INSERT INTO t VALUES (-1, 0);\n\n-- migrate:segment\nALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)";
my $journal = "SELECT string_agg(number || ' of ' || total || ' ' || kind || ' ' || state, ',' ORDER BY number) FROM migrate.segment WHERE run = (SELECT max(run) FROM migrate.segment)";
load($cut, "ALTER TABLE t DROP CONSTRAINT positive;\n-- migrate:segment\nDELETE FROM t WHERE a = -1");
is(sql('SELECT transactional, segments, door, reason FROM migrate.plan()'),
	'f|{"transaction: 1 statement","transaction: 1 statement"}|segments|migration "w1" is to be committed in between, before line 4', 'a comment cuts');
like(psql('BEGIN; SELECT migrate.upgrade();'), qr/ERROR:  MG013: migration "w1" is to be committed in between\nDETAIL:  .*-- migrate:segment" stands before statement 2, line 4 of its upgrade script; nothing was run/,
	'refused in a block');
like(psql('SELECT migrate.upgrade();'), qr/ERROR:  23514: .*migration "w1", upgrade script, statement 2, line 4/s, 'the second segment fails');
is(sql('SELECT count(*) FROM t WHERE a < 0') . sql($journal), '11 of 2 transaction done,2 of 2 transaction failed', 'and the first is in effect');
like(psql("SELECT migrate.register('w1', upgrade => \$u\$" . ($cut =~ s/-- migrate:segment\n//r) . "\$u\$, replace => true)"), qr/ERROR:  MG017: migration "w1" is half done, and segment 1 of it was changed/,
	'the cut has to stay');
sql('DELETE FROM t WHERE a < 0');
like(psql('SELECT migrate.upgrade();'), qr/WARNING: .*1 of 2 segments of its upgrade are in effect; it goes on there.*Running upgrade  -> w1/s, 'the next run continues with the second segment');
is(sql('SELECT count(*) FROM t WHERE a < 0') . sql("SELECT convalidated FROM pg_constraint WHERE conname = 'positive'") . sql('SELECT migrate.current()'), '0tw1', 'and only that was run');
like(psql("BEGIN; SELECT migrate.downgrade('base');"), qr/ERROR:  MG013: .*line 3 of its downgrade script.*HINT:  CALL migrate.deploy\('<target>', 'downgrade'\).*or take the comment out/s, 'a downgrade is cut, too');
unlike(psql("SELECT migrate.downgrade('base');"), qr/ERROR/, 'and runs');
is(sql($journal), '1 of 2 transaction done,2 of 2 transaction done', 'likewise');
load("INSERT INTO t VALUES (-1, 0);\n-- migrate:segment\nSELECT pg_sleep(1000) FROM t WHERE a = -2");
sql('INSERT INTO t VALUES (-2, 0)');
my $crashed = start_script('SELECT migrate.upgrade();');
wait_until_asleep();
$node->stop('immediate');
finish_psql($crashed);
$node->start;
sql('DELETE FROM t WHERE a = -2');
like(psql('SELECT migrate.upgrade();'), qr/WARNING: .*1 of 2 segments of its upgrade are in effect; it goes on there/, 'after a crash the next run continues there as well');
is(sql('SELECT count(*) FROM t WHERE a < 0') . sql('SELECT migrate.current()'), '1w1', 'once');
load($cut =~ s/\(-1/(1/r);
unlike(psql('CALL migrate.deploy();'), qr/ERROR/, 'CALL runs it, too');
is(sql($journal) . sql('SELECT migrate.current()'), '1 of 2 transaction done,2 of 2 transaction donew1', 'likewise');

# no free worker
$node->stop;
$node->append_conf('postgresql.conf', 'max_worker_processes = 0');
$node->start;
load($index);
like(psql('SELECT migrate.upgrade();'), qr/ERROR:  53000: .*max_worker_processes \(0\).*HINT:  CALL migrate.deploy\(\)/s, 'no worker is free');
unlike(psql('CALL migrate.deploy();'), qr/ERROR/, 'CALL needs none');

# a timeout set for the database
sql("ALTER DATABASE postgres SET statement_timeout = '1h'");
load($index);
like(psql('CALL migrate.deploy();'), qr/WARNING: .*which a timeout could end\nDETAIL:  For this call statement_timeout is 1h by database/, 'a warning of a timeout');

$node->stop;
done_testing();
