# Other sessions do not wait behind a migration that waits for a lock: it requests
# the locks that a statement is known to take without queueing for them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# Run a migration while a transaction holds a lock, test that a third session gets
# its lock without waiting, then end the holder.
sub passes
{
	my ($what, $held, $script, $other) = @_;

	$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = error;
DROP TABLE IF EXISTS more, child, held, parted, part CASCADE;
CREATE TABLE held (a int PRIMARY KEY);
CREATE TABLE child (a int CONSTRAINT child_a_fkey REFERENCES held (a));
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE INDEX held_index ON held (a);
CREATE VIEW seen AS SELECT a FROM held;
CREATE OR REPLACE FUNCTION upd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER old BEFORE UPDATE ON held FOR EACH ROW EXECUTE FUNCTION upd();
SELECT migrate.stamp('base');
SQL
	$node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.load(\$b\$-- revision: r1\n-- down_revision:\n-- migrate:up\n$script\n\$b\$, prune => true)");

	my $holder = start_psql("SET application_name = 'holder'; BEGIN; $held; SELECT pg_sleep(1000)");
	wait_until_asleep();
	my $upgrade = start_psql("SET pg_migrate.lock_poll = '10min'; SELECT migrate.upgrade()");
	wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%migrate.upgrade%' AND wait_event_type = 'Extension'");

	my ($code, $out, $err) = $node->psql('postgres', "SET lock_timeout = '1min'; $other");
	is($err, '', "$what does not block other sessions");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_locks WHERE NOT granted'), 0, 'no session queues');
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'");
	finish_psql($holder);
	finish_psql($upgrade);
	like($upgrade->{out} . $upgrade->{err}, qr/^r1$/m, 'and is done when the lock is free');
	return;
}

my ($read, $write) = ('SELECT FROM held', 'INSERT INTO held VALUES (1)');
my ($reads, $writes) = ('SELECT a FROM held; SELECT a FROM part', 'INSERT INTO held VALUES (2); INSERT INTO child VALUES (NULL)');
passes('ALTER TABLE', $read, 'ALTER TABLE held ADD b int', "$reads; $writes");
passes('ALTER TABLE of the parent', 'SELECT FROM part', 'ALTER TABLE parted ADD b int', 'INSERT INTO parted VALUES (1)');
passes('ALTER VIEW', 'SELECT FROM seen', 'ALTER VIEW seen RENAME TO watched', 'SELECT FROM seen');
passes('DROP INDEX', $read, 'DROP INDEX held_index', "$reads; $writes");
passes('DROP TABLE with a foreign key', $read, 'DROP TABLE child', "$reads; $writes");
passes('DROP CONSTRAINT of a foreign key', $read, 'ALTER TABLE child DROP CONSTRAINT child_a_fkey', "$reads; $writes");
passes('DROP TRIGGER', $read, 'DROP TRIGGER old ON held', "$reads; $writes");
passes('a new foreign key', $write, 'CREATE TABLE more (a int REFERENCES held)', "$reads; $writes");
passes('a new foreign key of a table', $write, 'ALTER TABLE part ADD FOREIGN KEY (a) REFERENCES held', "$reads; $writes");
passes('CREATE INDEX', $write, 'CREATE INDEX ON held (a)', "$reads; $writes");
passes('CREATE TRIGGER', $write, 'CREATE TRIGGER t BEFORE UPDATE ON held FOR EACH ROW EXECUTE FUNCTION upd()', "$reads; $writes");
passes('CREATE POLICY', $read, 'CREATE POLICY p ON held', "$reads; $writes");
passes('RENAME', $read, 'ALTER TABLE held RENAME a TO c', "$reads; $writes");
passes('SET SCHEMA', $read, 'CREATE SCHEMA IF NOT EXISTS side; ALTER TABLE held SET SCHEMA side; ALTER TABLE side.held SET SCHEMA public', "$reads; $writes");
passes('TRUNCATE', $read, 'TRUNCATE child, held', "$reads; $writes");
passes('DETACH PARTITION', 'SELECT FROM parted', 'ALTER TABLE parted DETACH PARTITION part', 'SELECT FROM parted');
passes('the second of two tables', $read, 'ALTER TABLE child ADD b int; ALTER TABLE held ADD b int', $reads);

# a table that the caller does not own is not locked for it
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = error;
CREATE ROLE runner LOGIN;
GRANT USAGE ON SCHEMA migrate TO runner;
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.load TO runner;
SELECT migrate.stamp('base');
SELECT migrate.load(E'-- revision: r1\n-- down_revision:\n-- migrate:up\nSELECT pg_sleep(1);\nALTER TABLE held ADD b int;\n', prune => true);
SELECT migrate.trust('r1');
SQL
my $holder = start_psql('SET application_name = holder; BEGIN; SELECT FROM held; SELECT pg_sleep(1000)');
wait_until_asleep();
my ($code, $out, $err) = $node->psql('postgres', "SET ROLE runner; SET pg_migrate.lock_poll = '1min'; SELECT migrate.upgrade()");
like($err, qr/must be owner of table held/, 'a role that may not lock the table gets an error at once');

# without polling, and after it, short waits in the queue
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.load(E'-- revision: r1\n-- down_revision:\n-- migrate:up\nALTER TABLE held ADD c int;\n', prune => true)");
my $start = time;
($code, $out, $err) = $node->psql('postgres', "SET pg_migrate.lock_poll = 0; SET pg_migrate.lock_timeout = '200ms'; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade()");
like($err, qr/lock timeout.*AccessExclusiveLock on public.held is blocked by process/s, 'lock_poll = 0 queues at once');
($code, $out, $err) = $node->psql('postgres', "SET pg_migrate.lock_poll = '10ms'; SET pg_migrate.lock_timeout = '500ms'; SET pg_migrate.lock_retries = 1; SELECT migrate.upgrade()");
like($err, qr/retry 1 of 1.*lock timeout.*AccessExclusiveLock on public.held is blocked by process/s, 'in the end the lock timeout holds');
# while tries are left it does not queue at all
my $patient = start_psql("SET pg_migrate.lock_poll = '100ms'; SET pg_migrate.lock_retries = 1000; SELECT migrate.upgrade()");
$patient->{run}->pump until $patient->{err} =~ /trying again.*blocked by process/s;
is($node->safe_psql('postgres', "SELECT count(*) FROM generate_series(1, 200), LATERAL (SELECT pg_sleep(0.002), generate_series) s, LATERAL (SELECT FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted AND s.generate_series > 0) l"),
	0, 'no session waits behind a run with tries left');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%lock_retries = 1000%' AND pid <> pg_backend_pid()");
finish_psql($patient);
like($patient->{err}, qr/a lock was not to be had within pg_migrate.lock_poll; rolled back, trying again.*\n.*AccessExclusiveLock on public.held is blocked by process/, 'it names the blocking process');
my $upgrade = start_psql("SET pg_migrate.lock_poll = '10ms'; SET pg_migrate.lock_timeout = '60s'; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade()");
wait_until("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted");
($code, $out, $err) = $node->psql('postgres', "SELECT count(*) FROM held");
is($out, 0, 'other sessions get the lock between the tries');
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'");
finish_psql($holder);
finish_psql($upgrade);
like($upgrade->{out} . $upgrade->{err}, qr/^r1$/m, 'and the run is done when the lock is free');

# Readers that lock two tables in the other order, again and again: at any time one
# holds the second table and waits for the first.  None is a deadlock victim.
$node->safe_psql('postgres', 'CREATE TABLE t1 (a int); CREATE TABLE t2 (a int); CREATE PROCEDURE read_both() LANGUAGE plpgsql AS $$ BEGIN LOOP PERFORM FROM t2; PERFORM pg_sleep(0.03); PERFORM FROM t1; COMMIT; END LOOP; END $$');
my @readers = map { start_psql('CALL read_both()') } 1 .. 4;
wait_until("SELECT count(*) = 4 FROM pg_stat_activity WHERE query = 'CALL read_both()'");
my %scripts = (
	'two tables' => 'ALTER TABLE t1 ADD %s int; SELECT pg_sleep(0.1); ALTER TABLE t2 ADD %s int; CREATE TABLE made_%s (a int); ALTER TABLE made_%s ADD b int;',
	'LOCK TABLE' => 'LOCK TABLE t1; SELECT pg_sleep(0.1); ALTER TABLE t2 ADD %s int;',
	'search_path' => 'SET search_path = public; ALTER TABLE t1 ADD %s int; SELECT pg_sleep(0.1); ALTER TABLE t2 ADD %s int;');
my $column = 'a';
foreach my $what (sort keys %scripts)
{
	foreach my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
	{
		my $script = $scripts{$what};
		$column++;
		$script =~ s/%s/$column/g;
		$node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.stamp('base'); SELECT migrate.load(E'-- revision: r1\n-- down_revision:\n-- migrate:up\n$script\n', prune => true)");
		my $notices;
		$node->psql('postgres', "SET pg_migrate.lock_poll = '200ms'; SET pg_migrate.lock_retries = 2; $call", stderr => \$notices);
		is($node->safe_psql('postgres', 'SELECT migrate.current()'), 'r1', "$what: $call gets through readers in the other order")
		  or diag($notices);
	}
}
# in two migrations, which are one transaction here
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.stamp('base'); SELECT migrate.load(E'-- revision: r1\n-- down_revision:\n-- migrate:up\nALTER TABLE t1 ADD z int; SELECT pg_sleep(0.1);\n\n-- revision: r2\n-- down_revision: r1\n-- migrate:up\nALTER TABLE t2 ADD z int;\n', prune => true)");
is($node->safe_psql('postgres', "SET client_min_messages = error; SET pg_migrate.lock_poll = '200ms'; SET pg_migrate.lock_retries = 2; SELECT migrate.upgrade()"),
	'r2', 'two migrations get through them');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE query = 'CALL read_both()'"), 4, 'all readers still read');
unlike(slurp_file($node->logfile), qr/deadlock detected/, 'there was no deadlock');
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'CALL read_both()'");
finish_psql($_) foreach @readers;

# an autovacuum slowed down, which is cancelled after deadlock_timeout only
$node->safe_psql('postgres', <<'SQL');
SET client_min_messages = error;
SELECT migrate.stamp('base');
CREATE TABLE vacuumed AS SELECT i FROM generate_series(1, 100000) i;
UPDATE vacuumed SET i = i + 1;
ALTER TABLE vacuumed SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, vacuum_truncate = false);
SELECT migrate.load(E'-- revision: r1\n-- down_revision:\n-- migrate:up\nALTER TABLE vacuumed ADD c int;\n', prune => true);
SQL
$node->append_conf('postgresql.conf', 'autovacuum = on');
$node->append_conf('postgresql.conf', 'autovacuum_naptime = 1');
$node->reload;
my $vacuuming = "SELECT count(*) = 1 FROM pg_stat_progress_vacuum WHERE relid = 'vacuumed'::regclass AND heap_blks_scanned > 0";
wait_until($vacuuming);
is($node->psql('postgres', "SET deadlock_timeout = '10min'; SET pg_migrate.lock_poll = '200ms'; SET pg_migrate.lock_timeout = '100ms'; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade()"),
	3, 'an autovacuum may work on for deadlock_timeout');
is($node->safe_psql('postgres', $vacuuming), 't', 'it does');
is($node->safe_psql('postgres', "SET client_min_messages = error; SET pg_migrate.lock_poll = '10min'; SET pg_migrate.lock_timeout = '100ms'; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade()"),
	'r1', 'and then is cancelled for a plan that does not queue');
like(slurp_file($node->logfile), qr/canceling autovacuum task/, 'as for a session that queues');

$node->stop;
done_testing();
