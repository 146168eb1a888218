# CALL migrate.deploy() runs migrations that cannot be one transaction.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nlog_statement = none");
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# Empty the database and register these files.
sub load
{
	my $bundle = join("\n", @_);
	reset_database();
	sql("SELECT migrate.load(\$bundle\$$bundle\$bundle\$, prune => true)");
	return;
}

sub state
{
	return sql("SELECT (SELECT string_agg(v, ',' ORDER BY v) FROM migrate.current() v), (SELECT count(*) FROM migrate.segment WHERE open), (SELECT count(*) FROM migrate.check_registry())");
}

my $table = "-- revision: t1\n-- down_revision:\n-- migrate:up\nCREATE TABLE t (a int, b int);\nINSERT INTO t SELECT i, i FROM generate_series(1, 1000) i;\n-- migrate:down\nDROP TABLE t;\n";
my $index = "-- revision: i1\n-- down_revision: t1\n-- migrate:up\nSET maintenance_work_mem = '7MB';\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n"
  . "CREATE TABLE seen AS SELECT current_setting('maintenance_work_mem') AS mem;\n-- migrate:down\nDROP TABLE seen;\nDROP INDEX CONCURRENTLY t_a;\n"
  . "-- migrate:verify\nSELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass;\n";

# where it may be called
load($table, $index);
for (
	[ 'BEGIN; CALL migrate.deploy(); COMMIT' ],
	[ 'DO $$ BEGIN CALL migrate.deploy(); END $$' ],
	[ "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL migrate.deploy(); END'; SELECT f()" ],
	[ "CREATE PROCEDURE p() LANGUAGE plpgsql SET work_mem = '1MB' AS 'BEGIN CALL migrate.deploy(); END'; CALL p()" ],
	[ 'CALL migrate.deploy()', '-1' ])
{
	my ($sql, @args) = @$_;
	like(psql($sql, @args), qr/ERROR:  25001: migrate.deploy\(\) cannot run inside a transaction block.*HINT:  Call it outside/s, "refused: $sql @args");
}
my $implicit = start_psql('SELECT 1; CALL migrate.deploy()');
finish_psql($implicit);
like($implicit->{err}, qr/ERROR:  25001/, 'refused: two statements in one message');
is(state(), '|0|0', 'nothing ran');
like(psql('CALL migrate.deploy(NULL)'), qr/ERROR:  22004/, 'NULL is refused');
like(psql("CALL migrate.deploy('head', 'sideways')"), qr/ERROR:  22023/, 'an unknown direction is refused');
like(psql("CALL migrate.deploy('nope')"), qr/ERROR:  MG001/, 'an unknown target is refused');
is(sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0, 'no lock is left');

like(psql('SELECT * FROM migrate.upgrade()'), qr/ERROR:  MG013.*HINT:  CALL migrate.deploy\(\)/s, 'upgrade() in a query names deploy() in its hint');
for my $way ('-c', '-f', 'stdin', 'extended', 'prepared')
{
	if ($way eq 'stdin') { psql("CALL migrate.deploy();\n"); }
	elsif ($way eq '-c') { my $psql = start_psql('CALL migrate.deploy()'); finish_psql($psql); }
	else
	{
		my $file = PostgreSQL::Test::Utils::tempdir() . '/deploy.sql';
		append_to_file($file, 'CALL migrate.deploy();') unless -e $file;
		$way eq '-f' ? $node->command_ok([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ], "psql -f")
		  : $node->command_ok([ 'pgbench', '-n', '-t', 2, '-M', $way, '-f', $file, '-h', $node->host, '-p', $node->port, 'postgres' ], "pgbench $way");
	}
	is(state(), 'i1|0|0', "it goes to head: $way");
	is(sql("SELECT mem FROM seen"), '7MB', 'settings of a script stay in effect in later segments');
	psql("CALL migrate.deploy('base', 'downgrade');\n");
	is(state(), '|0|0', 'and to base');
}
is(psql("SET maintenance_work_mem = '9MB'; SET search_path = public; CALL migrate.deploy(); SHOW maintenance_work_mem; SHOW lock_timeout; SHOW search_path;") =~ s/^NOTICE.*\n//mgr,
	"9MB\n0\npublic\n", 'and ends with it');
is(sql("SELECT string_agg(direction || ' ' || revision, ',' ORDER BY id) FROM migrate.log WHERE run = (SELECT max(run) FROM migrate.log)"),
	'upgrade t1,upgrade i1', 'the log has each revision once');
is(sql("SELECT string_agg(number || ' ' || kind || ' ' || state, ',' ORDER BY number) FROM migrate.segment WHERE run = (SELECT max(run) FROM migrate.log)"),
	'1 transaction done,2 lone done,3 transaction done,4 verify done', 'the journal has each segment');

# failures
load($table, $index =~ s/CREATE TABLE seen/CREATE TABLE t/r);
like(psql('CALL migrate.deploy()'), qr/ERROR:  42P07: .*migration "i1", upgrade script, statement 3, line 3/s, 'an error has its position');
is(state(), 't1|2|0', 'segments before the error stay in effect');
is(sql('SELECT partial_revision, segments_done, segments_total FROM migrate.status'), 'i1|2|4', 'status shows it');
like(psql('SELECT revision, door FROM migrate.plan()'), qr/^i1\|segments\nWARNING:  01000: migration "i1" was left half done by run \d+: 2 of 4 segments of its upgrade are in effect\n$/, 'and plan(), once');
is(sql("SELECT outcome, sqlstate, error FROM migrate.log ORDER BY id DESC LIMIT 1"), 'failed|42P07|relation "t" already exists', 'the log has the failure');
is(sql('SELECT state, sqlstate FROM migrate.run ORDER BY run DESC LIMIT 1'), 'failed|42P07', 'and the journal');
for my $call ("upgrade('heads')", "downgrade('base')", "stamp('t1')", "unregister('i1')")
{
	like(psql("SELECT 1 FROM migrate.$call"), qr/ERROR:  MG0(17|15): .*half done/s, "refused meanwhile: $call");
}
like(psql("CALL migrate.deploy('base', 'downgrade')"), qr/ERROR:  MG017: .*HINT:  Go on, as a statement of its own in autocommit mode, with SELECT migrate.upgrade\('i1'\) or CALL migrate.deploy\('i1'\); or .*migrate.abandon\(\d+\)/s,
	'refused meanwhile: a downgrade');
like(psql("SELECT migrate.load(\$b\$" . ($index =~ s/t_a ON t/t_a ON public.t/r) . "\$b\$)"), qr/ERROR:  MG017: migration "i1" is half done, and segment 2 of it was changed.*In effect is: CREATE INDEX/s,
	'segments in effect may not be changed');
like(psql("SELECT migrate.load(\$b\$$table\$b\$, prune => true)"), qr/ERROR:  MG017/, 'a half done migration may not be forgotten');
sql("SELECT migrate.load(\$b\$$index\$b\$)");
like(psql('CALL migrate.deploy()'), qr/^WARNING:  01000: migration "i1" was left half done by run \d+: 2 of 4 segments of its upgrade are in effect; it goes on there\n.*NOTICE:  00000: Running upgrade t1 -> i1\n$/s,
	'with the other segments corrected the run continues');
is(state(), 'i1|0|0', 'and completes');

load($table, $index =~ s/CREATE TABLE seen/CREATE TABLE t/r);
psql('CALL migrate.deploy()');
like(psql("SELECT migrate.abandon(max(run)) FROM migrate.run"), qr/NOTICE.*given up.*Segment 1 of 4 \(done\): SET.*Segment 2 of 4 \(done\): CREATE INDEX CONCURRENTLY/s,
	'abandon() lists what is in effect');
is(state(), 't1|0|0', 'and leaves the version before it');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_a'"), 1, 'and everything else');
like(psql('SELECT migrate.abandon(max(run)) FROM migrate.run'), qr/ERROR:  MG017: run \d+ left no migration half done/, 'once');

load($table, "-- revision: u1\n-- down_revision: t1\n-- migrate:up\nINSERT INTO t VALUES (1, 1);\nCREATE UNIQUE INDEX CONCURRENTLY t_u ON t (a);\n");
like(psql('CALL migrate.deploy()'), qr/ERROR:  23505: .*Key \(a\)=\(1\) is duplicated/s, 'a unique index build that fails reports the duplicate');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_u'"), 0, 'and leaves no invalid index');
sql('DELETE FROM t WHERE ctid = (SELECT max(ctid) FROM t)');
psql('CALL migrate.deploy()');
is(state() . sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_u'::regclass"), 'u1|0|0t', 'and is built the next time');

load($table, "-- revision: v1\n-- down_revision: t1\n-- migrate:up\nCREATE INDEX CONCURRENTLY t_v ON t (a);\n-- migrate:verify\nSELECT count(*) > 1000 FROM t;\n");
like(psql('CALL migrate.deploy()'), qr/ERROR:  MG014/, 'a verify script that does not return true');
is(state(), 't1|1|0', 'leaves the revision half done');
sql('INSERT INTO t VALUES (0, 0)');
psql('CALL migrate.deploy()');
is(state(), 'v1|0|0', 'and is asked first the next time');

# nontransactional statements of other kinds
load($table, "-- revision: p1\n-- down_revision: t1\n-- migrate:up\n"
	  . "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\nCREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);\n"
	  . "CREATE INDEX ON p (a);\nREINDEX TABLE p;\nREINDEX TABLE CONCURRENTLY t;\nVACUUM t;\nALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\n"
	  . "CREATE PROCEDURE work() LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (-1); COMMIT; INSERT INTO t VALUES (-2); END';\nCALL work();\n"
	  . "SELECT pg_advisory_unlock_all();\nDISCARD ALL;\nCREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'glad';\nCREATE TABLE m (m mood DEFAULT 'glad');\n"
	  . "CREATE DATABASE made_by_it;\n");
unlike(psql('CALL migrate.deploy()'), qr/ERROR|WARNING/, 'all kinds of lone statements run');
is(state(), 'p1|0|0', 'to the end');
is(sql("SELECT (SELECT count(*) FROM t WHERE a < 0), (SELECT count(*) FROM pg_inherits WHERE inhparent = 'p'::regclass), (SELECT count(*) FROM pg_database WHERE datname = 'made_by_it')"),
	'2|1|1', 'nontransactional statements have their effects');

# headers
for my $statement ('CREATE INDEX CONCURRENTLY t_s ON t (a)', 'VACUUM t', 'CALL migrate.backfill($$t$$, $$b = 1$$)', "ALTER TYPE mood ADD VALUE 'bad'; SELECT 'bad'")
{
	like(psql("SELECT migrate.register('s1', 't1', \$s\$SELECT 1; $statement\$s\$, options => '{\"transaction\": \"single\"}')"),
		qr/ERROR:  MG013: migration "s1" cannot be one transaction/, "-- transaction: single forbids to cut off $statement");
}
load($table, "-- revision: s1\n-- down_revision: t1\n-- transaction: single\n-- migrate:up\nCALL p1();\n-- migrate:down\n");
sql("CREATE PROCEDURE p1() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'");
like(psql('CALL migrate.deploy()'), qr/ERROR:  2D000: invalid transaction termination/, 'a CALL is atomic under it');
for my $w (
	[ 'a temporary object', 'CREATE TEMP TABLE x (); VACUUM t' ],
	[ 'a temporary object', 'CREATE TABLE pg_temp.x AS SELECT 1; VACUUM t' ],
	[ 'a prepared statement', 'PREPARE p AS SELECT 1; VACUUM t; EXECUTE p' ],
	[ 'a setting made by set_config\(\)', "SELECT 1, set_config('work_mem', '1MB', false); VACUUM t" ],
	[ undef, 'CREATE TEMP TABLE x (); SELECT 1' ],
	[ undef, 'VACUUM t; PREPARE p AS SELECT 1; EXECUTE p' ])
{
	my ($what, $script) = @$w;
	my $said = psql("SET pg_migrate.lint_on_load = off; SELECT migrate.register('w1', 't1', \$s\$$script\$s\$, replace => true)");
	$what ? like($said, qr/WARNING: .*$what is not there any more when its run is resumed/, "a warning: $script") : unlike($said, qr/WARNING/, "no warning: $script");
}
load($table, "-- revision: n1\n-- down_revision: t1\n-- transaction: none\n-- migrate:up\nCREATE TABLE n1 ();\nDO \$\$ BEGIN COMMIT; END \$\$;\nCREATE TABLE t ();\n");
like(psql('CALL migrate.deploy()'), qr/ERROR:  42P07/, '-- transaction: none');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 'n1'") . state(), '1t1|2|0', 'commits each statement');

# a statement whose outcome is unknown
my $call = "-- revision: c1\n-- down_revision: t1\n%s-- migrate:up\nCALL slow();\n";
my $slow = "CREATE TABLE calls (); CREATE PROCEDURE slow() LANGUAGE plpgsql AS 'BEGIN INSERT INTO calls DEFAULT VALUES; COMMIT; PERFORM pg_sleep(1000) WHERE (SELECT count(*) FROM calls) = 1; END'";
for my $idempotent ('', "-- idempotent: yes\n")
{
	load($table, sprintf($call, $idempotent));
	sql($slow);
	my $psql = start_psql('CALL migrate.deploy()');
	wait_until_asleep();
	like(psql('BEGIN; SELECT migrate.upgrade()'), qr/ERROR:  55006: cannot call migrate.upgrade\(\) while a migration runs segment by segment.*Process \d+/s,
		'a caller in a transaction block is refused at once');
	like(psql("SET pg_migrate.run_wait_timeout = '50ms'; CALL migrate.deploy()"), qr/ERROR:  55P03: another migration is running/,
		'another CALL waits up to its timeout');
	if (!$idempotent)
	{
		my $dump = PostgreSQL::Test::Utils::tempdir() . '/running.dump';
		$node->command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('postgres'), '-f', $dump ], 'a dump while it runs');
		sql('CREATE DATABASE restored');
		$node->command_ok([ 'pg_restore', '-d', $node->connstr('restored'), $dump ], 'is restored');
		is($node->safe_psql('restored', "SELECT (SELECT count(*) FROM migrate.progress), (SELECT state FROM migrate.run ORDER BY run DESC LIMIT 1), (SELECT partial_revision FROM migrate.status)"),
			'0|running|c1', 'there nothing runs');
		my (undef, undef, $said) = $node->psql('restored', 'SELECT migrate.upgrade()', extra_params => [ '-v', 'VERBOSITY=verbose' ]);
		like($said, qr/ERROR:  MG018/, 'a restored run is known to be over');
		is($node->safe_psql('restored', "SELECT state FROM migrate.run WHERE error = 'the run was cut off'"), 'failed', 'and written down so');
	}
	terminate_sleepers();
	finish_psql($psql);
	if ($idempotent)
	{
		psql('CALL migrate.deploy()');
		is(state() . sql('SELECT count(*) FROM calls'), 'c1|0|02', '-- idempotent: yes runs it again');
		next;
	}
	like(psql('CALL migrate.deploy()'), qr/ERROR:  MG018: .*CALL slow\(\).*migrate.resume\(\d+, 'done'\)/s, 'an unknown outcome has to be told by the user');
	like(psql("SELECT migrate.resume(max(run), 'perhaps') FROM migrate.segment"), qr/ERROR:  22023/, 'resume() takes done or again only');
	sql("SELECT migrate.resume(max(run), 'done') FROM migrate.segment");
	like(psql('CALL migrate.deploy()'), qr/WARNING: .*Running upgrade t1 -> c1\n$/s, 'after resume() the run continues');
	is(state() . sql('SELECT count(*) FROM calls'), 'c1|0|01', 'without running it');
}

# Commands that would drop or rename the extension are refused while a migration
# runs, also in sessions that never called it; other commands work.
my @changes = ('DROP EXTENSION pg_migrate', 'DROP EXTENSION IF EXISTS plpgsql, pg_migrate CASCADE', 'ALTER EXTENSION pg_migrate UPDATE',
	'ALTER EXTENSION pg_migrate ADD TABLE t', 'ALTER EXTENSION pg_migrate DROP TABLE migrate.log', 'ALTER EXTENSION pg_migrate SET SCHEMA public',
	'ALTER SCHEMA migrate RENAME TO gone', 'ALTER SCHEMA migrate OWNER TO CURRENT_USER', 'DROP SCHEMA migrate CASCADE', 'DROP OWNED BY CURRENT_USER CASCADE',
	'DO $$ BEGIN EXECUTE \'ALTER SCHEMA migrate RENAME TO gone\'; END $$');

sub extension_stays
{
	my ($when) = @_;
	for my $change (@changes)
	{
		my ($what) = $change =~ /((?:DROP|ALTER) (?:EXTENSION|SCHEMA|OWNED))/;
		like(psql("$change; SELECT migrate.current();"),
			qr/ERROR:  55006: cannot execute $what on extension "pg_migrate" while a migration runs segment by segment.*Process \d+ runs it.*migrate\.cancel/s,
			"$when: $change");
	}
	is(psql('CREATE SCHEMA other; ALTER SCHEMA other RENAME TO another; DROP SCHEMA another; BEGIN; DROP EXTENSION plpgsql; ROLLBACK; SELECT count(*) FROM migrate.current();'),
		"1\n", "$when: other commands work");
	return;
}

my $reading = 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t; SELECT pg_sleep(1000)';
for my $door ('CALL migrate.deploy()', 'SELECT migrate.upgrade()')
{
	load($table, $index);
	psql("CALL migrate.deploy('t1')");
	my $reader = start_psql($reading);
	wait_until_asleep();
	my $run = start_psql($door);
	wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'");
	extension_stays($door);
	terminate_sleepers();
	finish_psql($_) for $reader, $run;
	is(state(), 'i1|0|0', 'and it is done');
}

# between tries no lock of the default method is held
load($table, "-- revision: l1\n-- down_revision: t1\n-- migrate:up\nVACUUM pg_class;\nALTER TABLE t ADD c int;\n");
psql("CALL migrate.deploy('t1')");
my $blocker = start_psql('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_sleep(1000)');
wait_until_asleep();
my $trying = start_psql('SET pg_migrate.lock_poll = 0', "SET pg_migrate.lock_timeout = '10ms'", 'SET pg_migrate.lock_retries = 1000', 'CALL migrate.deploy()');
$trying->{run}->pump until $trying->{err} =~ /rolled back, trying again.*rolled back, trying again/s;
extension_stays('between tries');
terminate_sleepers();
finish_psql($_) for $blocker, $trying;
is(state(), 'l1|0|0', 'and it is done');

# a run in one transaction, and a command that comes first
my $gone = start_psql('ALTER SCHEMA migrate RENAME TO gone; ALTER SCHEMA gone RENAME TO migrate; SELECT pg_sleep(1000)');
wait_until_asleep();
my $later = start_psql('CALL migrate.deploy()');
wait_until("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
terminate_sleepers();
finish_psql($_) for $gone, $later;
is($later->{err}, '', 'a run waits for the end of such a command');
load("-- revision: z1\n-- down_revision:\n-- migrate:up\nSELECT pg_sleep(1000);\n");
my $inside = start_psql('SELECT migrate.upgrade()');
wait_until_asleep();
$gone = start_psql('ALTER SCHEMA migrate RENAME TO gone; ALTER SCHEMA gone RENAME TO migrate');
wait_until("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'virtualxid' AND NOT granted");
is(sql('SELECT migrate.cancel()'), 't', 'cancel() ends a run in one transaction');
finish_psql($_) for $inside, $gone;
like($inside->{err}, qr/ERROR:  57014: canceling statement due to user request/, 'the run reports that it was cancelled');
is($gone->{err}, '', 'and the command waited for it');

# locks: a transactional segment is tried again
load($table, "-- revision: l1\n-- down_revision: t1\n-- migrate:up\nALTER TABLE t ADD c int;\nVACUUM pg_class;\n");
psql("CALL migrate.deploy('t1')");
my $holder = start_psql('BEGIN; LOCK TABLE t IN ACCESS SHARE MODE; SELECT pg_sleep(1000)');
wait_until_asleep();
my $retrying = start_psql('SET pg_migrate.lock_poll = 0', "SET pg_migrate.lock_timeout = '50ms'", 'SET pg_migrate.lock_retries = 1000', 'CALL migrate.deploy()');
$retrying->{run}->pump until $retrying->{err} =~ /rolled back, trying again/;
terminate_sleepers();
finish_psql($_) for $holder, $retrying;
unlike($retrying->{err}, qr/ERROR/, 'a lock timeout is tried again');
is(state(), 'l1|0|0', 'until the lock is free');

# the role that it runs as
sql(<<'SQL');
CREATE ROLE owner LOGIN; CREATE ROLE deployer LOGIN;
GRANT USAGE ON SCHEMA migrate TO deployer; GRANT EXECUTE ON PROCEDURE migrate.deploy TO deployer;
GRANT EXECUTE ON FUNCTION migrate.current, migrate.upgrade, migrate.downgrade TO deployer;
CREATE SCHEMA app AUTHORIZATION owner;
ALTER DATABASE postgres SET pg_migrate.owner_role = 'owner'; ALTER DATABASE postgres SET pg_migrate.search_path = 'app';
SQL
load($table, "-- revision: o1\n-- down_revision: t1\n-- migrate:up\nCREATE INDEX CONCURRENTLY t_o ON t (a);\nCREATE TABLE o AS SELECT current_user AS who;\n");
my ($code, $out, $err) = $node->psql('postgres', "SELECT migrate.upgrade('o1')", extra_params => [ '-U', 'deployer' ]);
is($code, 0, 'with owner_role the caller needs no rights, by the worker') or diag($err);
is(sql('SELECT who FROM app.o') . sql("SELECT relowner::regrole FROM pg_class WHERE relname = 't_o'"), 'ownerowner', 'where everything belongs to that role too');
sql("SELECT migrate.stamp('base'); DROP SCHEMA app CASCADE; CREATE SCHEMA app AUTHORIZATION owner");
($code, $out, $err) = $node->psql('postgres', "CALL migrate.deploy('o1')", extra_params => [ '-U', 'deployer' ]);
is($code, 0, 'with owner_role the caller needs no rights') or diag($err);
is(sql('SELECT who FROM app.o') . sql("SELECT relowner::regrole FROM pg_class WHERE relname = 't_o'"), 'ownerowner', 'everything belongs to that role');
is(sql("SELECT count(*) FROM migrate.run WHERE ran_as = 'owner' AND login = 'deployer'"), 2, 'the journal has role and login');
sql('DROP SCHEMA app CASCADE; ALTER DATABASE postgres RESET pg_migrate.owner_role; ALTER DATABASE postgres RESET pg_migrate.search_path');

# many callers at once
load($table, $index);
my @many = map { start_psql('CALL migrate.deploy()') } 1 .. 12;
finish_psql($_) for @many;
is(join('', map { $_->{err} =~ /ERROR.*/ ? $& : '' } @many), '', 'a dozen callers at once all succeed');
is(state() . sql('SELECT count(*) FROM migrate.log'), 'i1|0|02', 'and the work is done once');

# DEBUG1 messages tell the reasons of decisions
load($table, $index);
my $said = psql("SET client_min_messages = debug1;\nSELECT migrate.upgrade();\n");
like($said, qr/\Q$_\E/, "DEBUG1: $_")
  foreach 'a background worker may run the plan, if it cannot be one transaction',
  'the plan cannot be one transaction: migration "i1": CREATE INDEX CONCURRENTLY in line 2',
  'a background worker runs the plan segment by segment',
  'a background worker is registered for the run to \'head\'',
  'segment 1 of 4 of migration "i1" (transaction): not begun',
  'migration "i1" is complete, the version moves',
  'the background worker has ended';
load($table);
$said = psql("SET client_min_messages = debug1;\nBEGIN;\nSELECT migrate.upgrade();\nROLLBACK;\n");
like($said, qr/\Q$_\E/, "DEBUG1: $_")
  foreach 'no background worker may run the plan: it is called inside a transaction block',
  "the plan runs in the caller's transaction";

$node->stop;
done_testing();
