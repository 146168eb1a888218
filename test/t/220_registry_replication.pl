# Logical replication copies rows but not DDL.  Rows that arrive in the tables of
# the schema migrate change neither registry, position nor journal, unless that is
# configured; they never stop replication.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $pub = PostgreSQL::Test::Cluster->new('publisher');
$pub->init(allows_streaming => 'logical');
$pub->append_conf('postgresql.conf', "max_replication_slots = 20\nmax_wal_senders = 20\n");
$pub->start;
my $sub = PostgreSQL::Test::Cluster->new('subscriber');
$sub->init;
$sub->append_conf('postgresql.conf', "wal_level = logical\nmax_logical_replication_workers = 20\nmax_worker_processes = 30\nwal_retrieve_retry_interval = 100ms\n");
$sub->start;

sub sql
{
	my ($node, $sql, $db) = @_;
	return $node->safe_psql($db // 'postgres', "SET client_min_messages = error; $sql");
}

# All contents of the schema migrate except what a subscription adds
sub everything
{
	my ($node, $db) = @_;
	return sql($node, join(' ', map { "SELECT * FROM migrate.$_ ORDER BY 1, 2;" } qw(revision log run segment backfill))
		  . ' SELECT * FROM migrate.version ORDER BY 1; SELECT current, heads, pending, up_to_date, last_run FROM migrate.status', $db);
}

my $publisher = $pub->connstr('postgres') =~ s/'/''/gr;

sub subscribe
{
	my ($name, $publication, $with) = @_;
	sql($sub, "CREATE SUBSCRIPTION $name CONNECTION '$publisher' PUBLICATION $publication" . ($with // ''), $name);
	$sub->poll_query_until($name, "SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')") or die "$name never in sync";
	return;
}

sub kept
{
	my ($db, $expected, $name) = @_;
	$pub->wait_for_catchup($db);
	is(everything($sub, $db), $expected, $name);
	return;
}

my %step = (
	a1 => [ '', 'CREATE TABLE public.t (a int PRIMARY KEY)', 'DROP TABLE public.t' ],
	a2 => [ 'a1', 'ALTER TABLE public.t ADD b text', 'ALTER TABLE public.t DROP b' ],
	a3 => [ 'a2', 'ALTER TABLE public.t ADD d int DEFAULT 7', 'ALTER TABLE public.t DROP d' ],
	a4 => [ 'a3', 'CREATE INDEX CONCURRENTLY t_b ON public.t (b); CALL migrate.backfill($$public.t$$, $$b = $$$$x$$$$$$, $$b IS NULL$$)' =~ s/\$\$\$\$/''/gr =~ s/\$\$/'/gr, 'DROP INDEX public.t_b' ]);

sub register
{
	my ($node, $db, @revisions) = @_;
	sql($node, join(';', map { "SELECT migrate.register('$_', '$step{$_}[0]', \$up\$$step{$_}[1]\$up\$, \$down\$$step{$_}[2]\$down\$)" } @revisions), $db);
	return;
}

sql($pub, 'CREATE EXTENSION pg_migrate');
register($pub, 'postgres', 'a1', 'a2');
sql($pub, "SELECT migrate.upgrade(); INSERT INTO t VALUES (1, 'one'); CREATE PUBLICATION everything FOR ALL TABLES;"
	  . " CREATE PUBLICATION filtered FOR TABLE t, migrate.log, migrate.revision, migrate.version WHERE (version_num <> 'none')");
my $published = sql($pub, q{SELECT problem FROM migrate.check_registry(); SELECT publications, subscriptions FROM migrate.status});
is($published, "schema migrate is replicated: publication everything sends its changes to subscribers, though DDL is not replicated; they discard them\n"
	  . "schema migrate is replicated: publication filtered sends its changes to subscribers, though DDL is not replicated; they discard them\n{everything,filtered}|", 'the publisher gets a warning');

#
# Subscribers
#
# one that was made from a dump of the schema
sql($sub, 'CREATE DATABASE dumped');
$pub->command_ok([ 'pg_dump', '-s', '--no-publications', '-f', $pub->basedir . '/schema.sql', 'postgres' ], 'a dump of the schema');
$sub->command_ok([ 'psql', '-Xqf', $pub->basedir . '/schema.sql', $sub->connstr('dumped') ], 'is restored');
register($sub, 'dumped', 'a1', 'a2');
sql($sub, "SELECT migrate.stamp('a2')", 'dumped');
# one that knows nothing
sql($sub, 'CREATE DATABASE empty');
sql($sub, 'CREATE EXTENSION pg_migrate; CREATE TABLE t (a int PRIMARY KEY, b text, d int)', 'empty');
# one that has a registry of its own, with rows of the same ids
sql($sub, 'CREATE DATABASE other');
sql($sub, q{CREATE EXTENSION pg_migrate; CREATE TABLE t (a int PRIMARY KEY, b text, d int);
SELECT migrate.register('a1', upgrade => 'CREATE TABLE u ()', downgrade => 'DROP TABLE u');
SELECT migrate.register('x1', 'a1', 'CREATE INDEX CONCURRENTLY t_a ON public.t (a)', 'DROP INDEX public.t_a');
SELECT migrate.upgrade()}, 'other');
# one for which DDL is replicated as well, as it is said
sql($sub, 'CREATE DATABASE follower');
sql($sub, 'CREATE EXTENSION pg_migrate; CREATE TABLE t (a int PRIMARY KEY, b text, d int); ALTER DATABASE follower SET pg_migrate.accept_replicated_position = on', 'follower');

my %before = map { $_ => everything($sub, $_) } qw(dumped empty other);
subscribe('dumped', 'everything');
subscribe('empty', 'everything');
subscribe('other', 'filtered');
subscribe('follower', 'everything');
kept($_, $before{$_}, "the initial copy leaves $_ as it was") foreach sort keys %before;
is(sql($sub, 'SELECT * FROM t', $_), '1|one' . ($_ eq 'dumped' ? '' : '|'), "and fills the table of $_") foreach qw(dumped empty other follower);
like($sub->safe_psql('dumped', q{SELECT problem FROM migrate.check_registry()}),
	qr/^schema migrate is replicated: subscription dumped has its tables; what it writes there is discarded$/, 'check_registry() tells');
is(sql($sub, 'SELECT publications, subscriptions FROM migrate.status', 'dumped'), '|{dumped}', 'and so does status');
my $log = slurp_file($sub->logfile);
like($log, qr/LOG:  replicated changes of table "migrate\.\w+" are discarded/, 'and the log of the server');
unlike($log, qr/duplicate key/, 'no copy failed');
is(sql($sub, "SELECT migrate.current(); SELECT migrate.is_current('a2'); SELECT count(*) FROM migrate.log", 'follower'), "a2\nt\n2", 'accepted rows count');
like(sql($sub, q{SELECT problem FROM migrate.check_registry()}, 'follower'), qr/subscription follower writes its tables, and that counts/, 'and a warning reports it');
my $session = $sub->background_psql('follower');
is($session->query_safe("SELECT migrate.is_current('a3')"), 'f', 'a session asks') if $session->can('query_safe');

# the publisher moves: INSERT, UPDATE and DELETE in all tables
register($pub, 'postgres', 'a3', 'a4');
sql($pub, "SELECT migrate.upgrade('a3')");
sql($pub, 'CALL migrate.deploy()');
sql($pub, 'CALL migrate.deploy($$a3$$, $$downgrade$$)');
sql($pub, q{SELECT migrate.register('z1', 'a4', ''); SELECT migrate.unregister('z1')});
is(sql($pub, 'SELECT ' . join(', ', map { "(SELECT count(*) > 0 FROM migrate.$_)" } qw(revision version log run segment backfill))), 't|t|t|t|t|t', 'all tables of the publisher have rows');
kept($_, $before{$_}, "what is replicated leaves $_ as it was") foreach sort keys %before;
is(sql($sub, "SELECT migrate.current(); SELECT migrate.is_current('a3'); SELECT count(*) FROM migrate.backfill", 'follower'), "a3\nt\n1", 'accepted rows still count');
if ($session->can('query_safe'))
{
	is($session->query_safe("SELECT migrate.is_current('a3')"), 't', 'and a session that asked before sees it');
	$session->quit;
}

# rows of the new schema stop at a subscriber that lacks it, which says so and can be mended
is(sql($sub, "SELECT migrate.is_current('a3'), up_to_date FROM migrate.status", 'dumped'), 'f|t', 'the subscriber does not report the position of the publisher');
my $offset = -s $sub->logfile;
sql($pub, "INSERT INTO t VALUES (2, 'two', 2)");
$sub->wait_for_log(qr/"public\.t" is missing replicated column: "d"/, $offset);
register($sub, 'dumped', 'a3', 'a4');
is(sql($sub, "SELECT migrate.upgrade('a3')", 'dumped'), 'a3', 'it is upgraded by itself');
$pub->wait_for_catchup('dumped');
is(sql($sub, 'SELECT * FROM t ORDER BY a', 'dumped'), "1|one|7\n2|two|2", 'and the row arrives');
$before{dumped} = everything($sub, 'dumped');

# DDL that a trigger executes in the worker runs here, and so counts
sql($sub, q{CREATE TABLE queue (statement text PRIMARY KEY);
CREATE FUNCTION run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN EXECUTE NEW.statement; RETURN NEW; END';
CREATE TRIGGER run AFTER INSERT ON queue FOR EACH ROW EXECUTE FUNCTION run(); ALTER TABLE queue ENABLE REPLICA TRIGGER run;
SELECT migrate.register('b1', 'a3', 'CREATE TABLE public.made ()', 'DROP TABLE public.made')}, 'dumped');
sql($sub, 'CREATE TABLE queue (statement text PRIMARY KEY)', $_) foreach qw(empty follower);
sql($pub, 'CREATE TABLE queue (statement text PRIMARY KEY)');
sql($sub, 'ALTER SUBSCRIPTION dumped REFRESH PUBLICATION', 'dumped');
$sub->poll_query_until('dumped', "SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')") or die;
sql($pub, q{INSERT INTO queue VALUES ($$SELECT migrate.upgrade('b1')$$)});
$pub->wait_for_catchup('dumped');
is(sql($sub, "SELECT migrate.is_current('b1'), to_regclass('made')", 'dumped'), 't|made', 'a migration that a worker runs is recorded');
$before{dumped} = everything($sub, 'dumped');

# TRUNCATE
sql($pub, "CREATE UNLOGGED TABLE kept_$_ AS SELECT * FROM migrate.$_") foreach qw(revision version);
sql($sub, "SET pg_migrate.accept_replicated_position = on; UPDATE migrate.revision SET trusted = 'x' WHERE revision = 'a1'", 'other');
$before{other} = everything($sub, 'other');
sql($pub, 'TRUNCATE migrate.version, migrate.revision, migrate.log, migrate.run, migrate.segment, migrate.backfill RESTART IDENTITY CASCADE');
kept($_, $before{$_}, "TRUNCATE leaves $_ as it was") foreach sort keys %before;
is(sql($sub, 'SELECT count(*) FROM migrate.check_registry()', 'other'), '1', 'and its registry is sound');
is(sql($sub, 'SELECT count(*) FROM migrate.version', 'follower'), '0', 'where it is accepted it counts');
sql($pub, 'INSERT INTO migrate.revision SELECT * FROM kept_revision; INSERT INTO migrate.version SELECT * FROM kept_version');
sql($pub, "TRUNCATE migrate.version; TRUNCATE migrate.revision; INSERT INTO migrate.revision SELECT * FROM kept_revision; INSERT INTO migrate.version SELECT * FROM kept_version; INSERT INTO t VALUES (3, 'three', 3)");
kept($_, $before{$_}, "nor is $_ changed by several in one transaction") foreach sort keys %before;
is(sql($sub, 'SELECT b FROM t WHERE a = 3', $_), 'three', "and replication to $_ goes on") foreach qw(dumped empty other);

#
# A physical copy that becomes a subscriber keeps its own position
#
sql($pub, "SELECT pg_create_logical_replication_slot('copied', 'pgoutput')");
$pub->backup('copy');
my $copy = PostgreSQL::Test::Cluster->new('copied');
$copy->init_from_backup($pub, 'copy');
$copy->start;
sql($copy, "DROP PUBLICATION everything, filtered; CREATE SUBSCRIPTION copied CONNECTION '$publisher' PUBLICATION everything WITH (copy_data = false, create_slot = false, slot_name = 'copied')");
my $copied = everything($copy);
sql($pub, "SELECT migrate.downgrade('a2'); SELECT migrate.upgrade('a3'); INSERT INTO t VALUES (4, 'four', 4)");
$pub->wait_for_catchup('copied');
is(everything($copy), $copied, 'a physical copy that becomes a subscriber keeps its position');
is(sql($copy, "SELECT migrate.is_current('a3'); SELECT b FROM t WHERE a = 4; SELECT count(*) FROM migrate.check_registry()"), "t\nfour\n1", 'and goes on');
sql($pub, "SELECT migrate.register('a5', 'a3', 'CREATE TABLE v ()', 'DROP TABLE v'); SELECT migrate.upgrade('a5')");
$pub->wait_for_catchup('copied');
is(sql($copy, "SELECT migrate.is_current('a3'), migrate.is_current('a5')"), 't|f', 'it is not where it was not upgraded to');
$copy->stop;

#
# A session with a replication origin
#
sql($sub, 'CREATE DATABASE origin');
sql($sub, q{CREATE EXTENSION pg_migrate; SELECT pg_replication_origin_create('far');
SELECT migrate.register('o1', upgrade => 'CREATE TABLE o ()', downgrade => 'DROP TABLE o'); SELECT migrate.stamp('o1')}, 'origin');
my $origin = everything($sub, 'origin');
my ($out, $err);
$sub->psql('origin', q{SELECT pg_replication_origin_session_setup('far');
INSERT INTO migrate.version VALUES ('o2');
UPDATE migrate.version SET version_num = 'o2';
DELETE FROM migrate.version;
DELETE FROM migrate.revision;
TRUNCATE migrate.version, migrate.revision, migrate.log;
INSERT INTO migrate.run VALUES (1, 'head', 'upgrade', 'running', now(), NULL, 1, NULL, NULL, 'x', 'x');
BEGIN; SAVEPOINT s; TRUNCATE migrate.version; ROLLBACK TO s; TRUNCATE migrate.version; COMMIT;}, stderr => \$err, on_error_stop => 1);
is(() = $err =~ /WARNING:  replicated changes of table "migrate\.version" are discarded/g, 1, 'a session with an origin gets one warning');
unlike($err, qr/ERROR/, 'without an error');
is(everything($sub, 'origin'), $origin, 'and its writes are discarded');
sql($sub, q{SELECT pg_replication_origin_session_setup('far');
SELECT migrate.register('o2', 'o1', 'CREATE TABLE public.o2 ()', 'DROP TABLE public.o2'); SELECT migrate.upgrade()}, 'origin');
is(sql($sub, "SELECT migrate.current(), to_regclass('public.o2'), count(*) FROM migrate.log WHERE revision = 'o2'", 'origin'), 'o2|o2|1', 'its migrations are recorded');
sql($sub, q{SELECT pg_replication_origin_session_setup('far'); SET pg_migrate.accept_replicated_position = on; DELETE FROM migrate.version}, 'origin');
is(sql($sub, "SELECT migrate.is_current('o1')", 'origin'), 'f', 'a superuser can have it accepted');
$sub->psql('origin', 'CREATE ROLE nobody LOGIN');
$sub->psql('origin', q{SET SESSION AUTHORIZATION nobody; SET pg_migrate.accept_replicated_position = on; RESET SESSION AUTHORIZATION;
SELECT count(*) FROM migrate.check_registry(); SELECT 'it is ' || current_setting('pg_migrate.accept_replicated_position');}, stdout => \$out, stderr => \$err);
like("$out$err", qr/permission denied to set parameter.*it is off|it is off.*permission denied to set parameter/s, 'other roles cannot');
# by hand and from a dump it can be written still
sql($sub, q{SET session_replication_role = replica; DELETE FROM migrate.version; INSERT INTO migrate.version VALUES ('o1')}, 'origin');
is(sql($sub, 'SELECT migrate.current()', 'origin'), 'o1', 'session_replication_role alone is no replication');
$sub->command_ok([ 'pg_dump', '-Fc', '-f', $sub->basedir . '/origin.dump', $sub->connstr('origin') ], 'a dump');
sql($sub, 'DELETE FROM migrate.log; DELETE FROM migrate.version', 'origin');
$sub->command_ok([ 'pg_restore', '-a', '-n', 'migrate', '-t', 'version', '-t', 'log', '-d', $sub->connstr('origin'), $sub->basedir . '/origin.dump' ], 'single tables are restored');
is(sql($sub, 'SELECT migrate.current(), count(*) > 0 FROM migrate.log', 'origin'), 'o1|t', 'and count');
sql($sub, 'DROP EXTENSION pg_migrate; CREATE EXTENSION pg_migrate', 'dumped');
done_testing();
