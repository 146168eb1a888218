# A nontransactional statement that is interrupted: the next run finds out how far it
# came and completes or repeats it, for each kind of statement.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
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

# Start a session that holds an old snapshot and a lock on $relation.
my $holder;

sub hold
{
	my ($relation) = @_;
	$holder = start_psql("BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM $relation; SELECT pg_sleep(1000)");
	wait_until_asleep();
	return;
}

sub let_go
{
	terminate_sleepers();
	finish_psql($holder);
	return;
}

# Run a migration until its statement waits for the holder, and terminate it there.
sub cut_off
{
	my ($up, $relation, $waits) = @_;
	load($up);
	hold($relation);
	my $run = start_psql('SET pg_migrate.lock_timeout = 0', 'CALL migrate.deploy()');
	wait_until($waits // "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%deploy%'");
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL migrate.deploy%'");
	like(finish_psql($run), qr/FATAL:  57P01/, "cut off: $up");
	let_go();
	is(sql("SELECT string_agg(state, ',') FROM migrate.segment WHERE open"), 'running', 'its outcome is not written down');
	return;
}

sub done
{
	my ($what) = @_;
	is(sql("SELECT (SELECT migrate.current()), (SELECT count(*) FROM migrate.segment WHERE open), (SELECT count(*) FROM pg_index WHERE NOT indisvalid), (SELECT count(*) FROM migrate.check_registry())"),
		'r1|0|0|0', $what);
	return;
}

# CREATE INDEX CONCURRENTLY
for my $index ('CREATE INDEX CONCURRENTLY t_new ON t (b)', 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_new ON t (lower(b), a DESC) WHERE a > 5', 'CREATE INDEX CONCURRENTLY ON t (b, lower(b), lower(b))')
{
	cut_off($index, 't');
	my $name = sql("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid");
	is(sql('SELECT intent ->> \'name\' FROM migrate.segment WHERE open'), $name, 'its name is known');
	like(psql_commands('CALL migrate.deploy()'), qr/NOTICE:  00000: clearing up: DROP INDEX CONCURRENTLY IF EXISTS public.$name\n/, 'the invalid index is dropped');
	done('and built again');
	is(sql("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass"), 2, 'once');
}
my $index = 'CREATE INDEX CONCURRENTLY t_new ON t (b)';
cut_off($index, 't');
sql('DROP INDEX t_new; CREATE INDEX t_new ON t (b)');
my $oid = sql("SELECT 't_new'::regclass::oid");
unlike(psql_commands('CALL migrate.deploy()'), qr/ERROR|clearing/, 'a valid index of that definition is taken as done');
done('at once');
is(sql("SELECT 't_new'::regclass::oid"), $oid, 'as it is');
cut_off($index, 't');
sql('DROP INDEX t_new; CREATE INDEX t_new ON t (a)');

# a cancel says nothing about the index
my $locker = open_session('BEGIN; LOCK TABLE t;');
my $examining = start_psql('SET pg_migrate.lock_timeout = 0; SET pg_migrate.lint_on_upgrade = off', 'CALL migrate.deploy()');
wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%deploy%'");
sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL migrate.deploy%'");
like(finish_psql($examining), qr/ERROR:  57014/, 'the examination of the index is cancelled');
is(sql("SELECT string_agg(state, ',') FROM migrate.segment WHERE open"), 'running', 'and the segment is not recorded as done');
close_session($locker);
like(psql_commands('CALL migrate.deploy()'), qr/ERROR:  42P07: index "t_new" already exists with a different definition\nDETAIL:  .*CREATE INDEX t_new ON public.t USING btree \(a\)/, 'an index of another definition is not');
sql('DROP INDEX t_new');
unlike(psql_commands('CALL migrate.deploy()'), qr/ERROR/, 'without it');
done('it is built');

# an invalid index of somebody else
load('CREATE INDEX CONCURRENTLY IF NOT EXISTS t_bad ON t (b)');
$node->psql('postgres', 'INSERT INTO t SELECT * FROM t LIMIT 1');
$node->psql('postgres', 'CREATE UNIQUE INDEX CONCURRENTLY t_bad ON t (b)');
like(psql_commands('CALL migrate.deploy()'), qr/ERROR:  42P07: index "t_bad" exists already, and is invalid.*HINT:  Drop it with DROP INDEX CONCURRENTLY public.t_bad/s, 'an invalid index is not taken for a valid one');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_bad'"), 1, 'and it is not dropped');
sql('DROP INDEX t_bad');
unlike(psql_commands('CALL migrate.deploy()'), qr/ERROR/, 'without it');
done('the index is built');

# DROP INDEX CONCURRENTLY
cut_off('DROP INDEX CONCURRENTLY t_old', 't');
like(psql_commands('CALL migrate.deploy()'), qr/^NOTICE:  00000: clearing up: DROP INDEX CONCURRENTLY IF EXISTS public.t_old\n(?!.*ERROR)/m, 'DROP INDEX CONCURRENTLY is brought to its end');
done('once');
is(sql("SELECT count(*) FROM pg_class WHERE relname = 't_old'"), 0, 'and the index is gone');

# REINDEX CONCURRENTLY: only its own leftovers are dropped
for my $reindex ('REINDEX TABLE CONCURRENTLY t', 'REINDEX INDEX CONCURRENTLY t_old', 'REINDEX SCHEMA CONCURRENTLY public')
{
	cut_off($reindex, 't');
	cmp_ok(sql("SELECT count(*) FROM pg_class WHERE relname ~ '_ccnew'"), '>', 0, 'there are leftovers');
	like(psql_commands('CALL migrate.deploy()'), qr/clearing up: DROP INDEX CONCURRENTLY IF EXISTS (?:public.t_old_ccnew|pg_toast)/, 'which are dropped');
	done('and it is run again');
}

# DETACH PARTITION CONCURRENTLY
my $detach = 'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY';
cut_off($detach, 'p');
is(sql('SELECT count(*) FROM pg_inherits WHERE inhdetachpending'), 1, 'detaching is pending');
like(psql_commands('CALL migrate.deploy()'), qr/clearing up: ALTER TABLE public.p DETACH PARTITION public.p1 FINALIZE/, 'and finalized');
done('to its end');
is(sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'p'::regclass"), 1, 'it is detached');
load($detach);
hold('p');
my $run = start_psql("SET pg_migrate.lock_timeout = '200ms'; SET pg_migrate.lock_retries = 1000", 'CALL migrate.deploy()');
$run->{run}->pump until $run->{err} =~ /FINALIZE/;
let_go();
like(finish_psql($run), qr/clearing up: ALTER TABLE public.p DETACH PARTITION public.p1 FINALIZE/, 'a lock timeout is followed by FINALIZE');
done('as long as it takes');

# nontransactional statements have the role and settings of the script, also when a run resumes
sql('CREATE ROLE maker; GRANT maker TO CURRENT_USER');
my $role = "CREATE SCHEMA s; GRANT ALL ON SCHEMA s TO maker;\nSET ROLE maker;\nSET search_path = s;\nCREATE TABLE mine (a int);\nCREATE INDEX CONCURRENTLY mine_a ON mine (a);\nSET work_mem = '5MB';\nRESET ROLE;\nRESET search_path;\n"
  . "CREATE INDEX CONCURRENTLY t_role ON t (a);\nCREATE TABLE said AS SELECT current_user::text AS who, current_setting('work_mem') AS mem";
sql('DROP SCHEMA IF EXISTS s CASCADE');
load($role);
is(psql_commands("SET work_mem = '6MB'", 'CALL migrate.deploy()', 'SELECT current_user, current_setting($$work_mem$$), current_setting($$search_path$$)') =~ s/^NOTICE.*\n//mgr, sql('SELECT current_user') . "|6MB|\"\$user\", public\n", 'role and settings end with the script');
is(sql("SELECT relowner::regrole FROM pg_class WHERE relname = 'mine_a'") . sql('SELECT mem, who = current_user::text FROM said'), 'maker5MB|t', 'and hold in it');
sql('DROP SCHEMA s CASCADE');
load("$role;\nSELECT 1/0");
like(psql_commands('CALL migrate.deploy()'), qr/22012/, 'a failure');
sql("SELECT migrate.register('r1', upgrade => \$up\$$role;\nCREATE TABLE more AS SELECT current_user::text AS who, current_setting('work_mem') AS mem\$up\$, replace => true)");
unlike(psql_commands('CALL migrate.deploy()'), qr/ERROR/, 'and a resume');
is(sql("SELECT mem FROM more"), '5MB', 'resumed statements have them as well');

# Sequences that were reset, as by a crash after CREATE DATABASE ... TEMPLATE: runs
# take numbers after those in use, also concurrent runs.
load('VACUUM t');
sql('TRUNCATE migrate.backfill');
my $behind = 'SELECT setval(s, 1, false) FROM unnest(ARRAY[\'migrate.revision_seq\', \'migrate.run_seq\', \'migrate.log_seq\', \'migrate.backfill_seq\']) s';
sql("SELECT setval('migrate.revision_seq', 50), setval('migrate.run_seq', 50), setval('migrate.log_seq', 50), setval('migrate.backfill_seq', 50)");
sql("SELECT migrate.register('r2', 'r1', upgrade => 'CREATE TABLE r2 ()', downgrade => 'DROP TABLE r2')");
sql('SELECT migrate.upgrade();');
sql('ALTER TABLE t ADD n int; ' . join('', map { "CREATE TABLE t$_ AS TABLE t;" } 1 .. 4));
sql("CALL migrate.backfill('t', 'n = 0', 'n IS NULL')");
sql('CREATE TABLE numbers AS SELECT (SELECT max(seq) FROM migrate.revision) AS seq, (SELECT max(run) FROM migrate.run) AS run,'
	  . ' (SELECT max(run) FROM migrate.log) AS log_run, (SELECT max(id) FROM migrate.log) AS log, (SELECT max(id) FROM migrate.backfill) AS backfill');
is(sql('SELECT least(seq, run, log_run, log, backfill) > 50 FROM numbers'), 't', 'there are rows');
sql($behind);
is(psql_commands('SET client_min_messages = error; SELECT migrate.downgrade(\'r1\'); SELECT migrate.upgrade();'), "r1\nr2\n", 'a run in a transaction');
sql("SELECT migrate.downgrade('r1')");
sql($behind);
sql("SELECT migrate.register('r3', 'r2', upgrade => 'VACUUM t; CREATE TABLE r3 ()', downgrade => 'DROP TABLE r3')");
sql($behind);
my @together = map { start_psql('SET client_min_messages = error', $_) }
  ('CALL migrate.deploy()') x 2, ('SELECT migrate.upgrade()') x 3, map { "CALL migrate.backfill('t$_', 'n = 1', 'n IS NULL')" } 1 .. 4;
is(join('', map { finish_psql($_) } @together), "r3\n" x 3, 'runs by segments and backfills at once');
sql("SELECT migrate.trust('r3')");
is(sql('SELECT (SELECT seq FROM migrate.revision WHERE revision = \'r3\') > n.seq, (SELECT min(run) FROM migrate.run WHERE run > n.run) > n.log_run,'
		  . ' (SELECT count(*) FROM migrate.backfill WHERE id > n.backfill), (SELECT bool_and(revision = \'r3\') FROM migrate.log WHERE id IN (SELECT id FROM migrate.log ORDER BY id DESC LIMIT 2)),'
		  . ' (SELECT count(*) = count(DISTINCT started_at) FROM migrate.run), (SELECT count(*) FROM migrate.check_registry()) FROM numbers n'),
	't|t|4|t|t|0', 'all numbers are greater than those there were');

$node->stop;
done_testing();
