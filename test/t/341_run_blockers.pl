# Messages describe what blocks a migration (a prepared transaction, an apply
# worker, a parallel worker, an autovacuum against wraparound), with the command
# that ends it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', <<'CONF');
max_prepared_transactions = 5
max_worker_processes = 20
autovacuum = on
autovacuum_naptime = 1s
autovacuum_freeze_max_age = 100000
vacuum_freeze_min_age = 0
autovacuum_vacuum_cost_delay = 0
CONF
$node->start;
use_server($node);

# The messages of a call that cannot get a lock
sub fails
{
	my ($sql, $settings) = @_;
	my ($code, $out, $err) = $node->psql('postgres', "SET pg_migrate.lock_retries = 0; SET pg_migrate.lock_poll = 0; SET pg_migrate.lock_timeout = '200ms'; "
		. ($settings // '') . $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return $err;
}

# Register a migration that alters a table.
sub prepare_alter
{
	my ($revision, $table) = @_;

	sql("SET client_min_messages = error; SELECT migrate.stamp('base', purge => true); SELECT migrate.load(\$b\$-- revision: $revision\n-- down_revision:\n-- migrate:up\nALTER TABLE $table ADD COLUMN more int;\n-- migrate:down\nALTER TABLE $table DROP COLUMN more;\n\$b\$, prune => true)");
	return;
}

sql('CREATE EXTENSION pg_migrate; CREATE TABLE frozen (a int) WITH (autovacuum_enabled = off, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1); CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE sub (a int PRIMARY KEY); CREATE TABLE par (a int) WITH (autovacuum_enabled = off)');

# A prepared transaction, while the session that prepared it exists, and after a
# restart
prepare_alter('p1', 't');
my $session = start_psql("BEGIN; LOCK TABLE t; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'it''s'; SET application_name = 'innocent'; SELECT pg_sleep(1000)");
wait_until("SELECT count(*) = 1 FROM pg_prepared_xacts");
my $prepared = qr/DETAIL:  AccessExclusiveLock on public\.t is blocked by prepared transaction 'it''s' \(of \S+, prepared \S+ ago\)\n/;
my $end = qr/HINT: .* end the prepared transaction with ROLLBACK PREPARED 'it''s' or COMMIT PREPARED 'it''s', or wait/;
my $err = fails('SELECT migrate.upgrade()');
like($err, $prepared, 'a prepared transaction is named');
like($err, $end, '... with what ends it');
unlike($err, qr/innocent|process \d/, '... and not the session that prepared it');
like(fails("CALL migrate.backfill('t', 'a = a + 1')"), qr/is blocked by prepared transaction 'it''s'.*HINT: .*ROLLBACK PREPARED 'it''s'/s, 'also by a backfill');
like(sql('SELECT string_agg(line, E\'\n\') FROM migrate.review() AS line'), qr/is blocked by prepared transaction 'it''s'.*; wait, or end .* ROLLBACK PREPARED 'it''s'/, 'and by the review');
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'innocent'");
finish_psql($session);
$node->restart;
$err = fails('SELECT migrate.upgrade()');
like($err, $prepared, 'after a restart, too');
like($err, $end, '... with what ends it');
sql('CREATE DATABASE other');

# An index build waits for it
sql("ROLLBACK PREPARED 'it''s'");
sql("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'p2'");
sql("SET client_min_messages = error; SELECT migrate.load(\$b\$-- revision: i1\n-- down_revision:\n-- migrate:up\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n-- migrate:down\nDROP INDEX t_a;\n\$b\$, prune => true)");
my $build = start_psql('SELECT migrate.upgrade()');
wait_until("SELECT waiting_for LIKE 'prepared transaction ''p2'' (of %, prepared % ago)' FROM migrate.progress WHERE kind = 'index build'");
pass('progress says which prepared transaction a build waits for');
sql("COMMIT PREPARED 'p2'");
finish_psql($build);
like($build->{out}, qr/^i1$/m, '... and the build continues after its end');

# A prepared transaction holds the lock of running migrations
prepare_alter('r1', 't');
sql("BEGIN; SELECT migrate.upgrade(); PREPARE TRANSACTION 'run'");
foreach my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()', "SELECT migrate.stamp('base')")
{
	$err = fails($call, "SET pg_migrate.run_wait_timeout = '300ms';");
	like($err, qr/WARNING:.*waiting for a prepared transaction that ran a migration.*held by prepared transaction 'run' \(of .*HINT:  To go on, end the prepared transaction with ROLLBACK PREPARED 'run' or COMMIT PREPARED 'run'/s, "$call reports what it waits for");
	like($err, qr/ERROR:  55P03: a prepared transaction that ran a migration is neither committed nor rolled back.*HINT:  To go on, .*ROLLBACK PREPARED 'run'/s, '... and what it waited for in vain');
}
sql("COMMIT PREPARED 'run'");
is(sql('SELECT * FROM migrate.current()'), 'r1', 'the prepared migration is applied');

# An apply worker
$node->safe_psql('other', 'CREATE TABLE sub (a int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE sub');
$node->safe_psql('other', "SELECT pg_create_logical_replication_slot('other_sub', 'pgoutput')");
my $connection = $node->connstr('other') =~ s/'/''/gr;
sql(q{CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1000); RETURN new; END';
CREATE TRIGGER sleep BEFORE INSERT ON sub FOR EACH ROW EXECUTE FUNCTION sleep(); ALTER TABLE sub ENABLE ALWAYS TRIGGER sleep});
sql("CREATE SUBSCRIPTION \"S 1\" CONNECTION '$connection' PUBLICATION p WITH (create_slot = false, slot_name = 'other_sub', copy_data = false)");
wait_until("SELECT count(*) = 1 FROM pg_stat_subscription WHERE pid IS NOT NULL");
$node->safe_psql('other', 'INSERT INTO sub VALUES (1)');
wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%' AND wait_event = 'PgSleep'");
prepare_alter('s1', 'sub');
$err = fails('SELECT migrate.upgrade()');
like($err, qr/is blocked by logical replication \S*\s*worker process \d+ \(.*, subscription "S 1".*HINT: .* stop the apply worker, which would start again if it were ended, with ALTER SUBSCRIPTION "S 1" DISABLE, or/s, 'the message describes an apply worker');
sql('ALTER SUBSCRIPTION "S 1" DISABLE');
terminate_sleepers();
wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'logical replication%worker'");
sql('SELECT migrate.upgrade()');
is(sql('SELECT * FROM migrate.current()'), 's1', '... and the command helps');
sql('ALTER SUBSCRIPTION "S 1" SET (slot_name = NONE)');
sql('DROP SUBSCRIPTION "S 1"');
$node->safe_psql('other', "SELECT pg_drop_replication_slot('other_sub')");

# A parallel worker
sql(q{INSERT INTO par SELECT generate_series(1, 10000);
CREATE FUNCTION slow(int) RETURNS boolean PARALLEL SAFE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1000); RETURN true; END'});
my $parallel = start_psql("SET application_name = 'parallel'; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off; SELECT count(*) FROM par WHERE slow(a)");
wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'parallel worker' AND wait_event = 'PgSleep'");
prepare_alter('w1', 'par');
$err = fails('SELECT migrate.upgrade()');
my ($leader) = $err =~ /parallel worker process \d+ \(.*, leader (\d+)/;
ok($leader, 'the message describes a parallel worker, with its leader') or diag($err);
like($err, qr/HINT: .* end the query of the parallel worker with SELECT pg_cancel_backend\($leader\)/, '... with how to end its leader');
sql("SELECT pg_cancel_backend($leader)");
finish_psql($parallel);
sql('SELECT migrate.upgrade()');
is(sql('SELECT * FROM migrate.current()'), 'w1', '... and that helps');

# An autovacuum against wraparound, which starts again when it is cancelled
sql("INSERT INTO frozen SELECT generate_series(1, 200000)");
sql(q{CREATE PROCEDURE burn(n int) LANGUAGE plpgsql AS 'BEGIN FOR i IN 1 .. n LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END'});
sql('CALL burn(101000)');
wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'autovacuum: VACUUM % public.frozen (to prevent wraparound)'");
prepare_alter('f1', 'frozen');
$err = fails('SELECT migrate.upgrade()');
like($err, qr/is blocked by autovacuum worker process \d+ \(.*\): autovacuum: VACUUM ANALYZE public.frozen \(to prevent wraparound\).*HINT: .* let the autovacuum finish, which would start again if it were ended \(SELECT \* FROM pg_stat_progress_vacuum WHERE pid = \d+ shows how far it is\)/s, 'the message describes an autovacuum against wraparound');
my ($select) = $err =~ /\((SELECT \* FROM pg_stat_progress_vacuum WHERE pid = \d+)/;
isnt(sql($select), '', '... and the query in the hint shows its progress');

my ($pid) = $select =~ /(\d+)$/;
sql("SELECT pg_terminate_backend($pid)");
wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE pid <> $pid AND query LIKE 'autovacuum: VACUUM % public.frozen (to prevent wraparound)'");
pass('... and it does start again');

$node->stop;
done_testing();
