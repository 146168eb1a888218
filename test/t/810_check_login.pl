# pg_migrate.require refuses logins to a database that is not at the required revision.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1, auth_extra => [ '--create-role', 'app,runner,other,repl' ]);
$node->append_conf('postgresql.conf', "log_line_prefix = '%m [%p] %u %e '\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE other LOGIN;
CREATE ROLE runner LOGIN;
CREATE ROLE repl LOGIN REPLICATION;
CREATE DATABASE shop;
CREATE DATABASE bare;
GRANT ALL ON DATABASE shop TO runner;
SQL
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_migrate;
GRANT ALL ON SCHEMA public TO runner;
CREATE TABLE items AS SELECT i FROM generate_series(1, 20000) i;
ALTER TABLE items OWNER TO runner;
GRANT SELECT ON items TO app;
SELECT migrate.register('aaaa1111', upgrade => 'CREATE TABLE a ()', downgrade => 'DROP TABLE a', branch_labels => 'shop'),
  migrate.register('bbbb2222', 'aaaa1111', 'CREATE INDEX CONCURRENTLY items_i ON items (i)', 'DROP INDEX items_i'),
  migrate.trust('aaaa1111'), migrate.trust('bbbb2222');
SELECT migrate.upgrade('aaaa1111');
GRANT USAGE ON SCHEMA migrate TO runner, other;
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.require_active TO runner;
GRANT EXECUTE ON FUNCTION migrate.require_active TO other;
SQL

# The output and messages of a new session, or the error that refuses it
sub login
{
	my ($who, $options, $sql, $db) = @_;
	my ($out, $err) = ('', '');
	local $ENV{PGOPTIONS} = $options;
	$node->psql($db // 'shop', $sql // 'SELECT current_user', stdout => \$out, stderr => \$err, on_error_stop => 0, extra_params => [ '-U', $who ]);
	return $err eq '' ? $out : "$out$err";
}

sub refused
{
	my ($who, $options, $why, $name, $db) = @_;
	like(login($who, $options, undef, $db), qr/\A(?:psql: error: )?(?:connection to server .* failed: )?FATAL:  $why/s, $name);
	return;
}

my $set = '-c pg_migrate.require=bbbb2222';
my $pending = qr/Target database is not up to date\nDETAIL:  Expected is revision "bbbb2222", which is not applied; the database is at aaaa1111\. 1 migration is pending: bbbb2222\.\nHINT:  Type SELECT migrate\.upgrade\('bbbb2222'\)\./;

#
# Without the library the setting is a placeholder
#
is(login('app', $set), 'app', 'without the library no login is checked');
is(login('other', $set, 'SELECT migrate.require_active()'), 'f', 'which can be seen');
is(login('app', $set, 'SHOW pg_migrate.require'), 'bbbb2222', 'the setting is there all the same');

#
# With the library: for a role, a database, or all
#
my %ways = (
	'a role' => [ 'ALTER ROLE app SET session_preload_libraries = pg_migrate', 'ALTER ROLE app RESET session_preload_libraries' ],
	'a database' => [ 'ALTER DATABASE shop SET session_preload_libraries = pg_migrate', 'ALTER DATABASE shop RESET session_preload_libraries' ],
	'a role in a database' => [ 'ALTER ROLE app IN DATABASE shop SET session_preload_libraries = pg_migrate', 'ALTER ROLE app IN DATABASE shop RESET session_preload_libraries' ]);
for my $for (sort keys %ways)
{
	$node->safe_psql('postgres', $ways{$for}->[0]);
	refused('app', $set, $pending, "loaded for $for");
	is(login('app', ''), 'app', 'where nothing is required');
	is(login('app', '-c pg_migrate.require='), 'app', 'or an empty text');
	is(login('app', '-c pg_migrate.require=aaaa1111'), 'app', 'or what is applied');
	$node->safe_psql('postgres', $ways{$for}->[1]);
}
$node->append_conf('postgresql.conf', "session_preload_libraries = 'pg_migrate'\n");
$node->reload;
$node->poll_query_until('postgres', "SHOW session_preload_libraries", 'pg_migrate') or die;
refused('app', $set, $pending, 'loaded for all');
like(slurp_file($node->logfile), qr/ app MG021 FATAL:  Target database is not up to date\n.* DETAIL:  .*\n.* HINT:  .*\n.* CONTEXT:  pg_migrate\.require = 'bbbb2222'/, 'the log has it with its SQLSTATE');
is(login('other', '-c pg_migrate.require=aaaa1111', 'SELECT migrate.require_active()'), 't', 'that it is active can be seen');
for my $for ('ALTER ROLE app', 'ALTER DATABASE shop', 'ALTER ROLE app IN DATABASE shop')
{
	$node->safe_psql('postgres', "$for SET pg_migrate.require = 'bbbb2222'");
	refused('app', '', $pending, "required by $for");
	is(login('app', '-c pg_migrate.require=aaaa1111'), 'app', 'the client may override the setting: it is no security');
	$node->safe_psql('postgres', "$for RESET pg_migrate.require");
}
refused('app', '-c pg_migrate.require=aaaa1111,shop@head', qr/Target database.*Expected is head "bbbb2222".*HINT:  Type SELECT migrate\.upgrade\('bbbb2222'\)/s, 'a list, and a label');
refused('app', '-c pg_migrate.require=nope', qr/Target database.*"nope", which is not registered here/s, 'a revision of another release');
refused('app', '-c pg_migrate.require=bbbb', qr/'bbbb' is not what an application can expect\nDETAIL:  It is the beginning of revision "bbbb2222"/, 'an invalid requirement');
refused('app', $set, qr/extension "pg_migrate" is not installed in this database\nHINT:  Install it with CREATE EXTENSION pg_migrate\.\nCONTEXT:[^\n]*\z/, 'no extension, said once', 'bare');

# a schema that only looks like the extension does not count
$node->safe_psql('bare', <<'SQL');
CREATE SCHEMA migrate;
CREATE TABLE migrate.revision (revision text COLLATE "C" CONSTRAINT revision_pkey PRIMARY KEY, x int);
CREATE TABLE migrate.version (version_num int8 CONSTRAINT version_pkey PRIMARY KEY);
CREATE INDEX revision_head ON migrate.revision (x);
INSERT INTO migrate.version VALUES (1234567);
INSERT INTO migrate.revision VALUES ('bbbb2222', 1);
SQL
refused('app', $set, qr/extension "pg_migrate" is not installed in this database\nHINT/, 'a schema of that name', 'bare');
$node->safe_psql('bare', 'DROP SCHEMA migrate CASCADE');

# a lock
{
	my ($in, $out) = ('', '');
	my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('shop') ], '<', \$in, '>', \$out, IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default));
	$in = "BEGIN; LOCK TABLE migrate.revision; SELECT 'held';\n";
	$holder->pump until $out =~ /held/;
	my $locked = qr/cannot tell whether the database is up to date\nDETAIL:  canceling statement due to lock timeout\nHINT:  A table of the schema "migrate" is locked; try again\./;
	refused('app', $set, $locked, 'a login does not wait long for a lock');
	my $superuser = $node->safe_psql('shop', 'SELECT current_user');
	like(login($superuser, $set), qr/WARNING:  $locked/, 'a superuser gets in');
	$in = "ROLLBACK;\n";
	$holder->finish;
}

# our settings are defined where the guard is active
like(login('app', '-c pg_migrate.requires=bbbb2222'), qr/WARNING:  invalid configuration parameter name "pg_migrate\.requires"/, 'a name that there is not');
is(login('app', '', 'SHOW pg_migrate.require'), '', 'and the other settings can be shown');

#
# Warnings
#
for my $word ('warning', 'WARNING')
{
	like(login('app', "$set -c pg_migrate.require_action=$word"), qr/\Aapp.*WARNING:  $pending/s, "require_action = $word");
}
refused('app', "$set -c pg_migrate.require_action=error", $pending, 'require_action = error');
like(login('app', "$set -c pg_migrate.require_action=perhaps"), qr/WARNING:  invalid value for parameter "pg_migrate\.require_action": "perhaps"\nHINT:  Available values: error, warning\..*FATAL:  $pending/s, 'an unknown require_action makes no difference');
like(login('app', '-c pg_migrate.require=aaaa1111 -c pg_migrate.require_action=perhaps'), qr/\Aapp.*WARNING:  invalid value/s, 'and a warning reports it');
my $superuser = $node->safe_psql('shop', 'SELECT current_user');
like(login($superuser, $set), qr/\A\Q$superuser\E.*WARNING:  $pending/s, 'a superuser gets in');
like(login($superuser, $set, 'SELECT 1', 'bare'), qr/\A1.*WARNING:  extension "pg_migrate" is not installed/s, 'also to install the extension');
like(login('runner', $set), qr/\Arunner.*WARNING:  $pending/s, 'a role that may upgrade gets in');
like(login('runner', $set, 'SHOW pg_migrate.require; SELECT 1/0; SELECT 2'), qr/\Abbbb2222\n2.*WARNING:  .*ERROR:  division by zero/s, 'and can work');

#
# Sessions that are not checked
#
like(login('runner', $set, "SELECT migrate.upgrade('bbbb2222'); SHOW pg_migrate.require"), qr/\Abbbb2222\nbbbb2222.*WARNING:  $pending.*NOTICE:  Running upgrade aaaa1111 -> bbbb2222/s, 'the background worker that does it');
is(login('app', $set), 'app', 'then everybody gets in');
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET debug_parallel_query = on;';
$parallel =~ s/debug_parallel_query/force_parallel_mode/ if $node->pg_version < 16;
$node->safe_psql('shop', "ALTER ROLE app SET pg_migrate.require = 'bbbb2222'");
is(login('app', '-c client_min_messages=error', "$parallel SELECT count(*) FROM items"), 20000, 'parallel workers work');
{
	my ($in, $out, $err) = ('', '', '');
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-U', 'app', '-d', $node->connstr('shop') ], '<', \$in, '>', \$out, '2>', \$err, IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default));
	$in = "SELECT 'here';\n";
	$session->pump until $out =~ /here/;
	$node->safe_psql('shop', "SET client_min_messages = error; SELECT migrate.downgrade('aaaa1111')");
	$in = "$parallel SET min_parallel_index_scan_size = 0; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT count(*) FROM items; SELECT 'end';\n";
	$session->pump until $out =~ /end/;
	like($out, qr/Workers Launched: [1-9]/, 'also in a session that began when the database was at it');
	is($err, '', 'without a word');
	$session->finish;
}
refused('app', '', $pending, 'a new session is refused');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum launcher'"), 1, 'autovacuum is there');
my ($ret, $out, $err) = $node->psql('shop', 'IDENTIFY_SYSTEM', replication => 'database', extra_params => [ '-U', 'repl' ]);
is($err, '', 'a walsender is not asked');
$node->safe_psql('postgres', "ALTER DATABASE shop SET pg_migrate.require = 'bbbb2222'");
($ret, $out, $err) = $node->psql('shop', 'IDENTIFY_SYSTEM', replication => 'database', extra_params => [ '-U', 'repl' ]);
is($err, '', 'whatever its database requires');
refused('other', '', $pending, 'as a session is');

#
# A standby
#
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my $primary = $node;
$node = $standby;
refused('app', '', $pending, 'on a standby');
$primary->safe_psql('shop', "SET client_min_messages = error; SELECT migrate.upgrade('bbbb2222')");
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
is(login('app', ''), 'app', 'until it is replayed');
$standby->stop;
$node = $primary;
$node->safe_psql('shop', "SET client_min_messages = error; SELECT migrate.downgrade('aaaa1111')");

#
# Standalone, and in the wrong list
#
$node->stop;
my $said = '';
IPC::Run::run([ 'postgres', '--single', '-D', $node->data_dir, 'shop' ], '<', \"SELECT 'alone' AS x\n", '>', \$said, '2>&1');
like($said, qr/x = "alone"/, 'a standalone server is not asked');
unlike($said, qr/not up to date/, 'nor told');
$node->append_conf('postgresql.conf', "session_preload_libraries = ''\nshared_preload_libraries = 'pg_migrate'\n");
$node->start;
like(slurp_file($node->logfile), qr/LOG:  pg_migrate\.require is not looked at when pg_migrate is in shared_preload_libraries\n.*HINT:  Name it in session_preload_libraries instead/, 'the wrong list is logged');
is(login('other', '', 'SELECT migrate.require_active()'), 'f', 'and can be seen');
$node->append_conf('postgresql.conf', "session_preload_libraries = 'pg_migrate'\n");
$node->restart;
is(login('other', '', 'SELECT migrate.require_active()'), 'f', 'also where it is in both');
done_testing();
