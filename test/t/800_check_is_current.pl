# is_current() and require() answer from memory but never give an outdated answer,
# however the position of the database changes, on the primary and a standby.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf('postgresql.conf', "max_prepared_transactions = 2\n");
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

sub sql
{
	my ($sql, $node, $db) = @_;
	return ($node // $primary)->safe_psql($db // 'postgres', "SET client_min_messages = error; $sql");
}

# Start a session that stays open.
sub session
{
	my ($node, $db) = @_;
	my $s = { in => '', out => '', n => 0 };
	$s->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($db // 'postgres') ],
		'<', \$s->{in}, '>', \$s->{out}, '2>&1', IPC::Run::timer(60));
	return $s;
}

# The answer of a session to statements
sub send_to
{
	my ($s, $sql) = @_;
	my $end = 'end ' . ++$s->{n};
	$s->{out} = '';
	$s->{in} .= "$sql\n\\echo $end\n";
	return $end;
}

sub answer_of
{
	my ($s, $end) = @_;
	$s->{run}->pump until $s->{out} =~ /^\Q$end\E$/m;
	return $s->{out} =~ s/^\Q$end\E\n//mr =~ s/^LOCATION:.*\n//mgr =~ s/\n\z//r;
}

sub ask
{
	my ($s, $sql) = @_;
	return answer_of($s, send_to($s, $sql));
}

# The answers to these questions, as one word
my @questions = ("'a1'", "'b2'", "'c3'", 'NULL', "'c3', true", "'one\@head'");
my $question = 'SELECT ' . join(' || ', map { "left(migrate.is_current($_)::text, 1)" } @questions) . ';';

sub position_is
{
	my ($s, $expected, $name) = @_;
	is(ask($s, $question), $expected, $name);
	return;
}

sub caught_up
{
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
	return;
}

my $history = <<'SQL';
SELECT migrate.register('a1', upgrade => 'SELECT 1', downgrade => 'SELECT 1', branch_labels => 'one');
SELECT migrate.register('b2', 'a1', 'SELECT 1', 'SELECT 1');
SELECT migrate.register('c3', 'b2', 'SELECT 1', 'SELECT 1');
SQL
sql("CREATE TABLE a (); CREATE TABLE b (); CREATE EXTENSION pg_migrate; $history");

#
# Other sessions
#
my $a = session($primary);
my $b = session($primary);
ask($b, 'SET client_min_messages = error;');
position_is($a, 'ffffff', 'at base');
ask($b, "SELECT migrate.upgrade('b2');");
position_is($a, 'ttffff', 'an upgrade is seen');
ask($b, "BEGIN; SELECT migrate.upgrade('c3');");
position_is($a, 'ttffff', 'not before it is committed');
position_is($b, 'tttttt', 'but by itself');
ask($b, 'ROLLBACK;');
position_is($b, 'ttffff', 'and it is gone when that is rolled back');
ask($b, "BEGIN; SELECT migrate.upgrade('c3'); PREPARE TRANSACTION 'x';");
position_is($a, 'ttffff', 'a prepared transaction does not count');
position_is($b, 'ttffff', 'a prepared transaction does not count in the session that prepared it');
ask($b, "COMMIT PREPARED 'x';");
position_is($a, 'tttttt', 'COMMIT PREPARED counts');
ask($b, "SELECT migrate.downgrade('a1');");
position_is($a, 'tfffff', 'a downgrade is seen');
ask($b, "SELECT migrate.stamp('c3');");
position_is($a, 'tttttt', 'a stamp is');
ask($b, "SELECT migrate.register('d4', 'c3', '', '');");
position_is($a, 'tttftf', 'so is a new head');
ask($b, "SELECT migrate.unregister('d4');");
position_is($a, 'tttttt', 'and that it is gone');
ask($b, "SELECT migrate.register('e5', upgrade => '', downgrade => '');");
position_is($a, 'tttftt', 'so is a new base, which is another head');
ask($b, "SELECT migrate.unregister('e5');");
ask($b, "SELECT migrate.register('d4', 'c3', 'SELECT 1', 'SELECT 1', options => '{\"breaks\": \"a1\"}'); SELECT migrate.upgrade('d4');");
position_is($a, 'ftttft', 'so is a migration that breaks others');
ask($b, "SELECT migrate.downgrade('c3'); SELECT migrate.unregister('d4');");
position_is($a, 'tttttt', 'and that it is gone');
ask($a, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT count(*) FROM pg_class;');
ask($b, "SELECT migrate.downgrade('b2');");
position_is($a, 'ttffff', 'a transaction with an older snapshot gets the present position');
ask($a, 'COMMIT;');
like(ask($a, "BEGIN; SELECT migrate.require('c3');"), qr/ERROR:  MG021: .*1 migration is pending: c3/s, 'require() too');
ask($b, "SELECT migrate.upgrade('c3');");
ask($a, 'ROLLBACK;');
position_is($a, 'tttttt', 'an error in between is no harm');

# savepoints
is(ask($b, "BEGIN; SAVEPOINT s; SELECT migrate.downgrade('b2'); SELECT migrate.is_current('c3'); ROLLBACK TO s; SELECT migrate.is_current('c3'); SAVEPOINT t; SELECT migrate.downgrade('a1'); RELEASE t; SELECT migrate.is_current('b2'); ROLLBACK; SELECT migrate.is_current('b2');")
	  =~ s/^[a-c]\d\n//mgr, "f\nt\nf\nt", 'own changes in savepoints');

#
# Changes by hand, which call no code of the extension
#
for my $role ('origin', 'replica')
{
	ask($b, "SET session_replication_role = $role;");
	ask($b, "UPDATE migrate.version SET version_num = 'a1';");
	position_is($a, 'tfffff', "UPDATE as $role");
	ask($b, 'DELETE FROM migrate.version;');
	position_is($a, 'ffffff', "DELETE as $role");
	ask($b, "INSERT INTO migrate.version VALUES ('c3');");
	position_is($a, 'tttttt', "INSERT as $role");
	ask($b, 'TRUNCATE migrate.version;');
	position_is($a, 'ffffff', "TRUNCATE as $role");
	ask($b, "COPY migrate.version FROM stdin;\nb2\n\\.");
	position_is($a, 'ttffff', "COPY as $role");
	ask($b, "UPDATE migrate.version SET version_num = 'c3';");
	is(ask($b, 'SELECT * FROM migrate.check_registry();'), '', 'all is well');
}
ask($b, 'RESET session_replication_role;');

# the extension is dropped and created
ask($a, 'PREPARE q AS ' . $question);
ask($b, 'DROP EXTENSION pg_migrate;');
like(ask($a, $question), qr/ERROR:  3F000: schema "migrate" does not exist/, 'no extension');
like(ask($a, 'EXECUTE q;'), qr/ERROR:  /, 'a prepared statement does not answer from a dropped extension');
ask($b, "CREATE EXTENSION pg_migrate; $history SELECT migrate.stamp('b2');");
position_is($a, 'ttffff', 'another one');
ask($b, "SELECT migrate.stamp('c3');");
position_is($a, 'tttttt', 'that moves');

# a database restored while a session is open
sql('CREATE DATABASE restored');
sql('CREATE EXTENSION pg_migrate', undef, 'restored');
my $r = session($primary, 'restored');
like(ask($r, 'SELECT migrate.is_current(), migrate.is_current($$c3$$);'), qr/^WARNING:  01000: no migration is registered.*^t\|f$/ms, 'nothing is there');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
for my $how ([], ['--inserts'], [ '-Fc' ])
{
	$primary->command_ok([ 'pg_dump', @$how, '-f', $dump, 'postgres' ], "pg_dump @$how");
	sql('DROP EXTENSION pg_migrate; DROP TABLE IF EXISTS a, b; CREATE EXTENSION pg_migrate', undef, 'restored');
	like(ask($r, 'SELECT migrate.is_current(), migrate.is_current($$c3$$);'), qr/^WARNING:  01000: no migration is registered.*^t\|f$/ms, 'nothing is there');
	$primary->command_ok([ ($how->[0] // '') eq '-Fc' ? ('pg_restore', '-j', 2) : ('psql', '-Xqf'), ($how->[0] // '') eq '-Fc' ? ('-d', 'restored', $dump) : ($dump, 'restored') ], 'is restored');
	position_is($r, 'tttttt', 'and that is seen');
	sql("SELECT migrate.stamp('b2')", undef, 'restored');
	position_is($r, 'ttffff', 'it moves');
}

# logical replication that is accepted; its writes fire no statement triggers
sql('CREATE DATABASE subscriber');
sql('CREATE EXTENSION pg_migrate; ALTER DATABASE subscriber SET pg_migrate.accept_replicated_position = on', undef, 'subscriber');
sql("SELECT pg_create_logical_replication_slot('s', 'pgoutput'); CREATE PUBLICATION p FOR TABLE migrate.revision, migrate.version");
my $publisher = $primary->connstr('postgres') =~ s/'/''/gr;
sql("CREATE SUBSCRIPTION s CONNECTION '$publisher' PUBLICATION p WITH (create_slot = false, slot_name = 's')", undef, 'subscriber');
$primary->poll_query_until('subscriber', "SELECT count(*) = 2 FROM pg_subscription_rel WHERE srsubstate IN ('r', 's')") or die 'never in sync';
my $l = session($primary, 'subscriber');
position_is($l, 'tttttt', 'a subscriber');
for my $move ([ "downgrade('b2')", 'ttffff' ], [ "upgrade('c3')", 'tttttt' ], [ "register('d4', 'c3', '', '')", 'tttftf' ], [ "unregister('d4')", 'tttttt' ])
{
	my $end = sql("SELECT migrate.$move->[0]; SELECT pg_current_wal_lsn()");
	($end) = $end =~ m{([0-9A-F]+/[0-9A-F]+)\s*\z};
	$primary->poll_query_until('postgres', "SELECT confirmed_flush_lsn >= '$end' FROM pg_replication_slots WHERE slot_name = 's'") or die 'never replicated';
	position_is($l, $move->[1], "sees replicated changes: $move->[0]");
}
sql('DROP SUBSCRIPTION s', undef, 'subscriber');
like(sql('SELECT problem FROM migrate.check_registry()'), qr/^schema migrate is replicated: publication p sends its changes/, 'the publication is reported');
sql('DROP PUBLICATION p');
$l->{run}->finish;
$r->{run}->finish;

#
# A worker node of Citus: tables with the names of its catalogs
#
sql('CREATE DATABASE citus');
sql(q{CREATE EXTENSION pg_migrate; SET allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_local_group (groupid int NOT NULL PRIMARY KEY);
CREATE TYPE pg_catalog.noderole AS ENUM ('primary', 'secondary', 'unavailable');
CREATE TABLE pg_catalog.pg_dist_node (nodeid int PRIMARY KEY, groupid int NOT NULL, nodename text NOT NULL, nodeport int NOT NULL, noderole noderole NOT NULL);
INSERT INTO pg_dist_local_group VALUES (0);
INSERT INTO pg_dist_node VALUES (1, 1, 'one', 5432, 'primary'), (2, 2, 'two', 5432, 'primary'), (3, 0, 'stale', 5432, 'secondary'), (4, 0, 'chief', 5433, 'primary');
SELECT migrate.register('c1', upgrade => 'CREATE TABLE c ()', downgrade => 'DROP TABLE c');}, undef, 'citus');
my $n = session($primary, 'citus');
is(ask($n, 'SELECT migrate.is_current(); SELECT migrate.upgrade();'), "f\nNOTICE:  00000: Running upgrade  -> c1\nc1", 'the coordinator');
my $worker = session($primary, 'citus');
sql('UPDATE pg_dist_local_group SET groupid = 2', undef, 'citus');
for my $call ('SELECT migrate.upgrade()', "SELECT migrate.upgrade('c1', wait => false)", 'CALL migrate.deploy()', "SELECT migrate.downgrade('base')", "SELECT migrate.stamp('base')", 'SELECT migrate.is_current()', "SELECT migrate.is_current('heads', true)", 'SELECT migrate.require()', 'CALL migrate.wait_for()', "SELECT migrate.require('nope')", "SELECT migrate.require('nope\@head')")
{
	like(ask($worker, "$call;"), qr/^ERROR:  55000: cannot .* on a worker node of Citus\nDETAIL:  This node is group 2.*\nHINT:  Connect to the coordinator: chief, port 5433\.$/, "$call on a worker");
}
is(ask($worker, "SELECT migrate.is_current('c1'), migrate.is_current('nope'), migrate.current();"), 't|f|c1', 'a revision can be asked for');
sql('DELETE FROM pg_dist_node', undef, 'citus');
like(ask($worker, 'SELECT migrate.upgrade();'), qr/HINT:  Connect to the coordinator\.$/, 'a worker that knows no coordinator');
sql('DELETE FROM pg_dist_local_group', undef, 'citus');
is(ask($worker, 'SELECT migrate.is_current();'), 't', 'no worker any more');
$_->{run}->finish for ($n, $worker);

#
# A run in progress
#
sql("CREATE FUNCTION held() RETURNS void LANGUAGE plpgsql AS 'BEGIN WHILE NOT pg_try_advisory_lock(7) LOOP PERFORM pg_sleep(0.02); END LOOP; PERFORM pg_advisory_unlock(7); END';"
	  . " SELECT migrate.register('big', 'c3', E'CREATE INDEX CONCURRENTLY ON a ((1));\nSELECT held();\nCREATE INDEX CONCURRENTLY ON b ((1));', 'SELECT 1', options => '{\"transaction\": \"none\"}')");
ask($b, 'SELECT pg_advisory_lock(7);');
my $c = session($primary);
my $deploy = send_to($c, "SET client_min_messages = error; CALL migrate.deploy('big');");
$c->{run}->pump_nb;
$primary->poll_query_until('postgres', "SELECT segment = 2 FROM migrate.progress") or die 'never there';
like(ask($a, "SELECT migrate.require('big');"),
	qr/\AERROR:  MG021: Target database is not up to date\nDETAIL:  Expected is revision "big", which is not applied; the database is at c3\. 1 migration is pending: big\. In progress is run \d+, migration "big", segment 2 of 3, transaction\.\nHINT:  Wait for it with CALL migrate\.wait_for\('big', '10 min'\)\./,
	'a run that commits between its segments');
caught_up();
my $s = session($standby);
like(ask($s, "SELECT migrate.require('big');"), qr/at c3\. 1 migration is pending: big\. As far as this standby knows, run \d+ to big, migration "big", \d of \d segments done is in progress\.\nHINT:  Wait for it/, 'as a standby tells it');

# wait_for()
my $w = session($primary);
my $waiting = send_to($w, "CALL migrate.wait_for('big', '600 s');");
my $v = session($standby);
my $waiting_there = send_to($v, "CALL migrate.wait_for('big', '600 s');");
$_->{run}->pump_nb for ($w, $v);
for my $node ($primary, $standby)
{
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'CALL migrate.wait_for%' AND wait_event_type IS NOT NULL AND state = 'active'") or die 'never waits';
	my $seen = 0;
	$seen += $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CALL migrate.wait_for%' AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND wait_event = 'Extension'") for 1 .. 10;
	is($seen, 0, 'wait_for() holds no snapshot while it waits, on ' . $node->name);
}
like(ask($a, "CALL migrate.wait_for('big', '0.3 s');"), qr/ERROR:  MG021: .* Waited for \d+\.\d+ s\.\nHINT:  Wait for it/s, 'a timeout');
like(ask($a, "SET statement_timeout = '200ms'; CALL migrate.wait_for('big', '600 s'); RESET statement_timeout;"), qr/ERROR:  57014: canceling statement due to statement timeout/, 'statement_timeout ends wait_for() too');
ask($b, 'SELECT pg_advisory_unlock(7);');
is(answer_of($c, $deploy) =~ /ERROR.*/s ? $& : '', '', 'it is done');
is(answer_of($w, $waiting), '', 'and waited for');
is(answer_of($v, $waiting_there), '', 'on a standby too');
is(ask($w, "SELECT migrate.is_current('big');"), 't', 'it is there');
is(ask($v, "SELECT migrate.is_current('big');"), 't', 'on the standby too');
sql("SELECT migrate.downgrade('c3'); SELECT migrate.unregister('big')");

ask($b, "BEGIN; SELECT migrate.downgrade('b2');");
like(ask($a, "SELECT migrate.require('c3', true);"), qr/\A\z/, 'until a downgrade is committed all is well');
ask($b, "COMMIT; BEGIN; SELECT migrate.upgrade('c3');");
like(ask($a, "SELECT migrate.require('c3');"), qr/1 migration is pending: c3\. Process \d+ is changing that in one transaction\.\nHINT:  If that is on its way there, wait for it with CALL migrate\.wait_for\('c3', '10 min'\); else type SELECT migrate\.upgrade\('c3'\) when it has ended\./, 'a run in one transaction');
ask($b, 'COMMIT;');

#
# A migration that is half done is not applied but breaks its dependents already
#
sql(<<'SQL');
SELECT migrate.register('d4', 'c3', E'CREATE INDEX CONCURRENTLY half ON a ((1));\nSELECT 1 / (SELECT count(*) FROM b WHERE false);',
  E'DROP INDEX CONCURRENTLY IF EXISTS half;\nSELECT 1 / (SELECT count(*) FROM b WHERE false);', options => '{"breaks": "b2"}')
SQL
is(ask($a, "SELECT migrate.is_current('b2'), migrate.is_current('c3', true);"), 't|t', 'before');
like(ask($b, "CALL migrate.deploy('d4');"), qr/ERROR:  22012/, 'an upgrade fails after its first segment');
is(ask($a, "SELECT migrate.is_current('b2'), migrate.is_current('c3'), migrate.is_current('c3', true), migrate.is_current('d4');"), 'f|t|f|f', 'the half done migration breaks others already');
like(ask($a, "SELECT migrate.require('b2');"), qr/migration "d4", which is half done, breaks applications that expect it; the database is at c3\./, 'says require()');
like(ask($a, "SELECT migrate.require('d4');"), qr/Expected is revision "d4", and migration "d4" was left half done by run \d+: 1 of 2 segments of its upgrade are in effect; the database is at c3\.\nHINT:  Go on, .* SELECT migrate\.upgrade\('d4'\) or CALL migrate\.deploy\('d4'\); or give it up/, 'and how to go on');
like(ask($a, "SELECT migrate.require('c3', true);"), qr/Expected is a database at exactly c3, and migration "d4" was left half done/, 'exactly it is not there');
is(ask($a, 'SELECT * FROM migrate.check_registry();'), '', 'all of which is well');
sql("SELECT migrate.abandon(max(run)) FROM migrate.run");
is(ask($a, "SELECT migrate.is_current('b2'), migrate.is_current('c3', true);"), 't|t', 'until it is abandoned');
sql("DROP INDEX half; SELECT migrate.stamp('d4')");
like(ask($b, "CALL migrate.deploy('c3', 'downgrade');"), qr/ERROR:  22012/, 'a downgrade fails after its first segment');
my $half = "SELECT migrate.is_current('b2'), migrate.is_current('c3'), migrate.is_current('d4'), migrate.is_current('d4', true);";
is(ask($a, $half), 'f|t|f|f', 'the half done migration is not applied, and still breaks others');
like(ask($a, "SELECT migrate.require('d4');"), qr/"d4" was left half done by run \d+: 1 of 2 segments of its downgrade are in effect.*\nHINT:  Go on, .*migrate\.downgrade\('<target below it>'\)/, 'says require()');
sql("UPDATE migrate.version SET version_num = version_num");
is(ask($a, $half), 'f|t|f|f', 'also when migrate.version is written');
is(ask($a, 'SELECT * FROM migrate.check_registry();'), '', 'which is as it should be');
sql('UPDATE migrate.revision SET applied = true');
is(ask($a, 'SELECT * FROM migrate.check_registry();'), 'd4|kept as applied, but by migrate.version it is half done', 'and this is not');
sql("UPDATE migrate.version SET version_num = version_num");
sql('DROP DATABASE restored; CREATE DATABASE restored');
$primary->command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'pg_dump of a half done migration');
$primary->command_ok([ 'psql', '-Xqf', $dump, 'restored' ], 'is restored');
$r = session($primary, 'restored');
is(ask($r, $half), 'f|t|f|f', 'as it was');
is(ask($r, 'SELECT * FROM migrate.check_registry();'), '', 'with nothing amiss');
$r->{run}->finish;
sql("SELECT migrate.abandon(max(run)) FROM migrate.run");
sql("SELECT migrate.stamp('c3'); SELECT migrate.unregister('d4')");

#
# Triggers that are not enabled always
#
sql('DROP DATABASE restored; CREATE DATABASE restored');
sql('CREATE EXTENSION pg_migrate; CREATE TABLE a (); CREATE TABLE b ()', undef, 'restored');
$primary->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'postgres' ], 'pg_dump');
$primary->command_ok([ 'pg_restore', '--data-only', '--disable-triggers', '-d', 'restored', $dump ], 'pg_restore --disable-triggers');
my $copied = join(', ', map { "ENABLE ALWAYS TRIGGER $_" } qw(replicated replicated_truncate replicated_truncated));
is(sql('SELECT problem FROM migrate.check_registry()', undef, 'restored'), join("\n", map { "a trigger is not always enabled; type ALTER TABLE migrate.$_" }
	"backfill $copied", "log $copied", "revision ENABLE ALWAYS TRIGGER changed, $copied", "run $copied", "segment $copied",
	"version ENABLE ALWAYS TRIGGER changed, $copied, ENABLE ALWAYS TRIGGER written"), 'is noticed');
sql(join('; ', map { s/.*type //r } split(/\n/, sql('SELECT problem FROM migrate.check_registry()', undef, 'restored'))), undef, 'restored');
is(sql('SELECT problem FROM migrate.check_registry()', undef, 'restored'), '', 'the hint of the finding repairs it');

#
# Locks: no call waits longer than its timeout
#
ask($b, 'BEGIN; LOCK TABLE migrate.revision;');
my $begun = time;
like(ask($w, "CALL migrate.wait_for('nope', '0.5 s');"), qr/ERROR:  55P03: canceling statement due to lock timeout/, 'wait_for() keeps its timeout behind a lock');
cmp_ok(time - $begun, '<', 120, 'really');
ask($b, 'ROLLBACK;');

# a migration registered after the snapshot of a transaction
ask($a, 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;');
sql("SELECT migrate.register('late', 'c3', '', ''); SELECT migrate.downgrade('b2')");
like(ask($a, "SELECT migrate.require('late');"), qr/ERROR:  MG021: .*the database is at b2\. 2 migrations are pending: c3, late\./s, 'require() is about the newest state');
ask($a, 'ROLLBACK;');
sql("SELECT migrate.unregister('late'); SELECT migrate.upgrade('c3')");

# without system indexes
{
	local $ENV{PGOPTIONS} = '-P';
	my $p = session($primary);
	like(ask($p, 'SET client_min_messages = error; ' . $question), qr/tttttt\z/, 'a session that ignores system indexes');
	$p->{run}->finish;
}

#
# A standby, and its promotion
#
caught_up();
sql("CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA migrate TO reader; GRANT EXECUTE ON FUNCTION migrate.is_current(text), migrate.require(text, boolean) TO reader; GRANT EXECUTE ON PROCEDURE migrate.wait_for TO reader");
caught_up();
position_is($s, 'tttttt', 'a standby answers');
for my $move ([ "downgrade('a1')", 'tfffff' ], [ "upgrade('b2')", 'ttffff' ], [ "stamp('c3')", 'tttttt' ], [ "register('d4', 'c3', 'SELECT 1', 'SELECT 1')", 'tttftf' ], [ "unregister('d4')", 'tttttt' ], [ "downgrade('b2')", 'ttffff' ])
{
	sql("SELECT migrate.$move->[0]");
	caught_up();
	position_is($s, $move->[1], "and sees replayed changes: $move->[0]");
}
sql("TRUNCATE migrate.version");
caught_up();
position_is($s, 'ffffff', 'a TRUNCATE too');
sql("SET session_replication_role = replica; INSERT INTO migrate.version VALUES ('b2')");
caught_up();
position_is($s, 'ttffff', 'and changes by hand');
ask($s, 'SET SESSION AUTHORIZATION reader;');
is(ask($s, "SELECT migrate.is_current('b2');"), 't', 'a reader asks there');
like(ask($s, "SELECT migrate.require('c3');"), qr/ERROR:  MG021: .*1 migration is pending: c3\.\nHINT:  Type SELECT migrate\.upgrade\('c3'\)/s, 'and the message names the missing revision');
ask($s, 'RESET SESSION AUTHORIZATION;');
sql('DROP EXTENSION pg_migrate');
caught_up();
like(ask($s, $question), qr/ERROR:  3F000/, 'no extension');
sql("CREATE EXTENSION pg_migrate; $history SELECT migrate.stamp('b2')");
caught_up();
position_is($s, 'ttffff', 'another one');
$standby->promote;
$standby->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'never promoted';
position_is($s, 'ttffff', 'promoted');
sql("SELECT migrate.stamp('c3')", $standby);
position_is($s, 'tttttt', 'it moves by itself');
is(ask($s, "BEGIN; SELECT migrate.stamp('a1'); SELECT migrate.is_current('b2'); ROLLBACK; SELECT migrate.is_current('b2');"), "a1\nf\nt", 'and so does the session');
$_->{run}->finish for ($a, $b, $c, $w, $v, $s);
done_testing();
