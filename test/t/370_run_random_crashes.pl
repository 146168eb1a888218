# A run is ended at random moments, in different ways: after one more upgrade the
# database is the same as after an undisturbed run.  PGM_CRASH_TRIALS is the number
# of trials, PGM_CRASH_SEED determines their moments.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $trials = $ENV{PGM_CRASH_TRIALS} // 12;
my $seed = $ENV{PGM_CRASH_SEED} // 20261123;
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nlog_statement = none\nfsync = off\nautovacuum = off");
$node->start;

# Rows of "effects" count how often a segment took effect; n how often a row was
# assigned.  VACUUM runs without parallel workers: an assertion of the server fails
# in a process that has some when the postmaster dies.
my $bundle = <<'FILES';
-- revision: c1
-- down_revision:
-- migrate:up
INSERT INTO effects VALUES ('c1 1');
ALTER TABLE items ADD COLUMN n int NOT NULL DEFAULT 0, ADD COLUMN done bool NOT NULL DEFAULT false;
CREATE INDEX CONCURRENTLY items_a ON items (a);
INSERT INTO effects VALUES ('c1 3');
CREATE INDEX CONCURRENTLY ON items (lower(fill), a DESC) WHERE a > 10;
CREATE UNIQUE INDEX CONCURRENTLY items_id ON items (id);
INSERT INTO effects VALUES ('c1 6');

-- revision: c2
-- down_revision: c1
-- migrate:up
CALL migrate.backfill('items', 'n = n + 1, done = true', 'NOT done');
INSERT INTO effects VALUES ('c2 2');
VACUUM (PARALLEL 0) items;
REINDEX TABLE CONCURRENTLY items;
INSERT INTO effects VALUES ('c2 5');
ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY;
-- migrate:verify
SELECT bool_and(done) FROM items;

-- revision: c3
-- down_revision: c2
-- migrate:up
INSERT INTO effects VALUES ('c3');

-- revision: c4
-- down_revision: c3
-- migrate:up
ALTER TYPE mood ADD VALUE 'glad';
INSERT INTO effects VALUES ('c4 1');
CREATE TABLE moods (m mood DEFAULT 'glad');
INSERT INTO effects VALUES ('c4 2');
DROP INDEX CONCURRENTLY items_old;
CALL careful();
INSERT INTO effects VALUES ('c4 5');
-- idempotent: yes
FILES
$bundle =~ s/(-- down_revision: c3\n)(.*)-- idempotent: yes\n/$1-- idempotent: yes\n$2/s;

$node->safe_psql('postgres', 'CREATE DATABASE base');
$node->safe_psql('base', <<"SQL");
CREATE EXTENSION pg_migrate;
CREATE TABLE effects (what text);
CREATE TABLE items AS SELECT i AS id, i % 1000 AS a, repeat('x', 20) || i AS fill FROM generate_series(1, 15000) i;
CREATE INDEX items_old ON items (fill);
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO parts VALUES (1), (2);
CREATE TYPE mood AS ENUM ('sad');
-- its second half may run twice; the first does so only if it was undone
CREATE TABLE halves (half int PRIMARY KEY, times int);
CREATE PROCEDURE careful() LANGUAGE plpgsql AS 'BEGIN INSERT INTO halves VALUES (1, 1) ON CONFLICT DO NOTHING; COMMIT; INSERT INTO halves VALUES (2, 1) ON CONFLICT DO NOTHING; END';
SELECT migrate.load(\$bundle\$$bundle\$bundle\$);
SQL
my @doors = ('SELECT migrate.upgrade()', 'CALL migrate.deploy()');

# Everything comparable: schema, data, position and journal
my $state = <<'SQL';
SELECT string_agg(format('%s.%s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attrelid::regclass::text, attnum)
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND relkind IN ('r', 'p');
SELECT pg_get_indexdef(indexrelid), indisvalid, indisready, indislive FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1;
SELECT inhrelid::regclass, inhparent::regclass, inhdetachpending FROM pg_inherits ORDER BY 1, 2;
SELECT what, count(*) FROM effects GROUP BY 1 ORDER BY 1;
SELECT n, done, count(*) FROM items GROUP BY 1, 2;
SELECT * FROM halves ORDER BY 1;
SELECT enumlabel FROM pg_enum ORDER BY enumsortorder;
SELECT * FROM migrate.current();
SELECT * FROM migrate.check_registry();
SELECT revision, direction, count(*) FROM migrate.log WHERE outcome = 'done' GROUP BY 1, 2 ORDER BY 1;
SELECT revision, number, total, kind, count(*) FROM migrate.segment WHERE state = 'done' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;
SELECT count(*) FROM migrate.segment WHERE open OR state IN ('running', 'unknown');
SELECT count(*) FROM migrate.run WHERE state IN ('running', 'waiting');
SELECT count(*) FROM migrate.backfill WHERE state <> 'done';
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
SQL

sub fresh
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE base");
	return;
}

# A call in the background
sub begin
{
	my ($db, $sql) = @_;
	my $said = '';
	my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db), '-c', $sql ], '>&', \$said);
	return { run => $run, said => \$said };
}

# The pid of the caller or its worker; undef if it has ended
sub pid_of
{
	my ($db, $type) = @_;
	my ($code, $out) = $node->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE datname = '$db' AND backend_type = '$type' AND query LIKE '%migrate.%' LIMIT 1");
	return ($out // '') =~ /^(\d+)$/ ? $1 : undef;
}

sub signal_to { my ($db, $type, $signal) = @_; my $pid = pid_of($db, $type); kill($signal, $pid) if $pid; return; }

sub by_server { my ($db, $type, $function) = @_; my $pid = pid_of($db, $type); $node->psql('postgres', "SELECT $function($pid)") if $pid; return; }

my @ends = (
	[ 'kill -9 of the caller', sub { signal_to($_[0], 'client backend', 'KILL') } ],
	[ 'kill -9 of the worker', sub { signal_to($_[0], 'pg_migrate', 'KILL') } ],
	[ 'kill -9 of the postmaster', sub { $node->kill9 } ],
	[ 'pg_terminate_backend of the caller', sub { by_server($_[0], 'client backend', 'pg_terminate_backend') } ],
	[ 'pg_terminate_backend of the worker', sub { by_server($_[0], 'pg_migrate', 'pg_terminate_backend') } ],
	[ 'an immediate stop', sub { $node->stop('immediate') } ],
	[ 'pg_cancel_backend of the caller', sub { by_server($_[0], 'client backend', 'pg_cancel_backend') } ]);

# Wait until the server runs again and no session in the database is left.
sub recover
{
	my ($db) = @_;
	my $pidfile = $node->data_dir . '/postmaster.pid';

	for (1 .. 3000)
	{
		if (!defined $node->{_pid} || !-e $pidfile || !kill(0, $node->{_pid}))
		{
			# children of a dead postmaster exit only when they notice
			$node->{_pid} = undef;
			unlink $pidfile;
			sleep 0.1;
			$node->start(fail_ok => 1) or next;
		}
		my ($code, $out) = $node->psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE datname = '$db'");
		return if defined $out && $out eq '0';
		sleep 0.1;
	}
	die 'the server does not come back';
}

# undisturbed runs, by SELECT and by CALL
my ($expected, $length);
for my $door (@doors)
{
	fresh('undisturbed');
	my $start = time;
	my ($code, $out, $err) = $node->psql('undisturbed', $door);
	$length = time - $start;
	is($code, 0, "undisturbed: $door") or diag($err);
	my $is = $node->safe_psql('undisturbed', $state);
	$expected //= $is;
	is($is, $expected, 'leads to the same');
	$node->safe_psql('postgres', 'DROP DATABASE undisturbed');
}
cmp_ok(scalar(() = $expected =~ /^c\d\|\d+\|\d+\|/mg), '>=', 12, 'the plan has at least twelve segments');
note("seed $seed, an undisturbed run takes $length s");

my $interrupted = 0;
for my $trial (1 .. $trials)
{
	my ($what, $do) = @{ $ends[ ($trial - 1) % @ends ] };
	# only SELECT has a worker
	my $door = $what =~ /worker/ ? 0 : int(rand(2));
	my $db = "trial$trial";
	# finding the process takes part of its time
	my $moment = rand($length * 0.7);

	fresh($db);
	my $run = begin($db, $doors[$door]);
	sleep($moment);
	$do->($db);
	eval { $run->{run}->finish; 1 };
	recover($db);
	my $done = $node->safe_psql($db, "SELECT count(*) FROM migrate.current() v WHERE v = 'c4'");
	$interrupted++ if !$done;
	# adapt to the present speed of the machine
	$length *= $done ? 0.7 : 1.05;
	my ($code, $out, $err) = $node->psql($db, $doors[ int(rand(2)) ]);
	is($code, 0, sprintf('trial %d: after %s at %.3f s, %s, one more upgrade', $trial, $what, $moment, $doors[$door])) or diag($err);
	is($node->safe_psql($db, $state), $expected, 'leads to the same');
	$node->safe_psql('postgres', "DROP DATABASE $db");
}
cmp_ok($interrupted, '>', $trials / 6, 'trials hit a run in progress');
note("$interrupted of $trials hit a run in progress");
unlike(slurp_file($node->logfile), qr/terminated by signal (?!9\b)|TRAP:/, 'and no process fell that was not killed');

$node->stop;
done_testing();
