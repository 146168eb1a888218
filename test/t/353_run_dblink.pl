# A session that upgrades its own database through dblink waits for an index build
# that waits for the snapshot of this session.  It gets an error instead of hanging.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $share = qx("$ENV{PG_CONFIG}" --sharedir);
chomp $share;
plan skip_all => 'dblink is not installed' unless -f "$share/extension/dblink.control";
plan skip_all => 'the kernel does not tell who is at the other end of a socket' unless $^O eq 'linux';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nlisten_addresses = '127.0.0.1'");
$node->start;
use_server($node);

sub ask
{
	my ($sql) = @_;
	my ($code, $out, $err) = $node->psql('postgres', $sql, extra_params => ['-v', 'VERBOSITY=verbose'], timeout => $PostgreSQL::Test::Utils::timeout_default);
	return $out . ($out && $err ? "\n" : '') . $err;
}

sql('CREATE EXTENSION pg_migrate; CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE TABLE t (a int); CREATE TABLE other (a int)');
sql("SELECT migrate.register('r1', upgrade => \$\$CREATE TABLE u (a int);\nCREATE INDEX CONCURRENTLY t_a ON t (a)\$\$, downgrade => 'DROP TABLE u; DROP INDEX t_a')");

my %connection = (
	unix => "host=" . $node->host . " port=" . $node->port . " dbname=postgres",
	tcp => "host=127.0.0.1 port=" . $node->port . " dbname=postgres user=" . sql('SELECT current_user'));
my %door = (
	select => q{SELECT * FROM dblink('%s', $$SELECT migrate.upgrade('head')$$) AS r (heads text)},
	call => q{SELECT dblink_exec('%s', 'CALL migrate.deploy()')},
	block => q{BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM other; SELECT * FROM dblink('%s', $$SELECT migrate.upgrade('head')$$) AS r (heads text)});
my $deadlock = qr/ERROR:  40P01: deadlock detected\nDETAIL:  The migration waits for the end of the transaction of process \d+\. That process is the client of this session/;
for my $way (sort keys %connection)
{
	for my $door (sort keys %door)
	{
		like(ask(sprintf($door{$door}, $connection{$way})), $deadlock, "$door over $way gets an error");
		wait_until("SELECT NOT EXISTS (SELECT FROM migrate.progress)");
		is(sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid OR indexrelid = to_regclass('t_a')"), 0, 'nothing is left of the index');
		is(sql('SELECT count(*) FROM migrate.version'), 0, 'and the migration is not applied');
		unlike(ask("SELECT migrate.upgrade('head')"), qr/ERROR/, 'the next call continues');
		is(sql('SELECT version_num FROM migrate.version') . sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass"), 'r1t', 'to its end');
		sql("SELECT migrate.downgrade('base')");
	}

	# a session that does not wait blocks nothing
	is(ask(qq{SELECT dblink_connect('c', '$connection{$way}');
SELECT dblink_send_query('c', \$\$SELECT migrate.upgrade('head')\$\$);
DO \$\$ BEGIN WHILE dblink_is_busy('c') = 1 LOOP PERFORM pg_sleep(0.05); COMMIT; END LOOP; END \$\$;
SELECT * FROM dblink_get_result('c') AS r (heads text)}) =~ s/^NOTICE.*\n(?:LOCATION.*\n)?//mgr, "OK\n1\nr1", "dblink_send_query over $way succeeds");
	sql("SELECT migrate.downgrade('base')");
	is(ask(sprintf(q{BEGIN; SELECT * FROM dblink('%s', $$SELECT migrate.upgrade('head', wait => false)$$) AS r (heads text); COMMIT}, $connection{$way})) =~ /ERROR/ ? 1 : 0, 0, 'a call that does not wait gets none');
	wait_until("SELECT count(*) = 1 FROM migrate.version");
	sql("SELECT migrate.downgrade('base')");
}

# the client holds the lock of running migrations
sql("SELECT migrate.register('r2', 'r1', upgrade => 'SELECT 1', downgrade => 'SELECT 1')");
for my $call (q{SELECT migrate.upgrade('head')}, q{SELECT migrate.stamp('r2')}, q{CALL migrate.deploy()}, q{DROP EXTENSION pg_migrate CASCADE})
{
	like(ask(qq{BEGIN; SELECT migrate.stamp('r1'); SELECT * FROM dblink('$connection{unix}', \$\$$call\$\$) AS r (answer text)}), $deadlock, "$call by a client that has stamped gets an error");
}
is(sql('SELECT count(*) FROM migrate.version'), 0, 'nothing is left of it');
sql("SELECT migrate.upgrade('r1')");
sql("SELECT migrate.register('r2', 'r1', upgrade => \$\$SELECT dblink_exec('$connection{unix}', 'CALL migrate.deploy()')\$\$, downgrade => 'SELECT 1', replace => true)");
for my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	like(ask($call), qr/$deadlock.*migration "r2", upgrade script/s, "$call whose script calls again gets an error");
}
is(sql('SELECT version_num FROM migrate.version'), 'r1', 'the migration is not applied');

$node->stop;
done_testing();
