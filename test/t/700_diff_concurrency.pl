# Comparing with a model leaves nothing behind, fires no triggers, does not block
# other sessions for long, and is refused where it is impossible.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;
use_server($node);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE ROLE owner LOGIN;
CREATE ROLE other LOGIN;
GRANT USAGE ON SCHEMA migrate TO owner, other;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA migrate TO owner, other;
CREATE SCHEMA app AUTHORIZATION owner;
SET ROLE owner;
CREATE TABLE app.t (a int PRIMARY KEY, b text);
INSERT INTO app.t SELECT i, 'x' FROM generate_series(1, 100) i;
SQL

my $model = 'CREATE TABLE app.t (a int PRIMARY KEY, b text); CREATE TABLE app.n (i int REFERENCES app.t); CREATE VIEW app.v AS SELECT b FROM app.t;';
my $quiet = 'SET client_min_messages = error;';
my $print = $node->safe_psql('postgres', 'SELECT migrate.schema_fingerprint()');

# Test the output of a script, and that the schema is unchanged.
sub leaves_nothing
{
	my ($sql, $expected, $name) = @_;

	like(psql($sql), $expected, $name);
	is($node->safe_psql('postgres', q{SELECT migrate.schema_fingerprint(), count(*) FROM pg_namespace WHERE nspname ~ 'pg_migrate'}),
		"$print|0", "$name: nothing is left");
	return;
}

# Nothing is left, whether the transaction commits or not; for a superuser the owner
# differs, too
my $diff = "SELECT count(*) FROM migrate.diff(\$\$$model\$\$, ARRAY['app'])";
leaves_nothing("$quiet $diff;", qr/^4$/, 'a difference');
leaves_nothing("$quiet BEGIN; $diff; ROLLBACK;", qr/^4$/, 'rolled back');
leaves_nothing("$quiet BEGIN; $diff; $diff; SELECT count(*) FROM app.t; COMMIT;", qr/^4\n4\n100$/, 'committed');
leaves_nothing("BEGIN; $quiet SAVEPOINT s; $diff; ROLLBACK TO s; RELEASE s; $diff; COMMIT;", qr/^4\n4$/, 'in savepoints');
leaves_nothing("$quiet BEGIN; SELECT 1 FROM migrate.revision('x', model => \$\$$model\$\$, schemas => ARRAY['app']);
	SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype IN ('relation', 'object') AND mode NOT IN ('AccessShareLock', 'RowExclusiveLock', 'RowShareLock'); COMMIT;",
	qr/^1\n0$/, 'no lock stays that conflicts with other sessions');

# A partition key may call functions of any user: reading the live schema does not evaluate it
$node->safe_psql('postgres', q{
	CREATE SCHEMA part;
	CREATE FUNCTION part.look() RETURNS int LANGUAGE plpgsql IMMUTABLE
		AS $$ BEGIN PERFORM set_config('part.looked', 'yes', false); RETURN 1; END $$;
	CREATE TABLE part.p (i int) PARTITION BY RANGE ((i + part.look()));
	CREATE TABLE part.p1 PARTITION OF part.p FOR VALUES FROM (1) TO (2);
});
is($node->safe_psql('postgres', "$quiet SELECT count(*) > 0 FROM migrate.diff('', ARRAY['part']); SELECT coalesce(current_setting('part.looked', true), 'no')"),
	"t\nno", 'the function of a partition key is not evaluated');
$node->safe_psql('postgres', 'SET client_min_messages = error; DROP SCHEMA part CASCADE');

# A damaged file of a stored model is ignored
my $kept = $node->data_dir . '/base/pgsql_tmp/pgsql_tmp_migrate_model.'
	. $node->safe_psql('postgres', 'SELECT oid FROM pg_database WHERE datname = current_database()');
ok(-s $kept, 'the built model is stored');
foreach my $damage (sub { substr($_[0], length($_[0]) / 2, 1) ^= 'x'; }, sub { substr($_[0], -100) = ''; },
	sub { substr($_[0], 100) = ''; }, sub { $_[0] = ''; })
{
	my $content = slurp_file($kept);

	$damage->($content);
	open my $file, '>:raw', $kept or die;
	print $file $content;
	close $file;
	leaves_nothing("$quiet BEGIN; $diff; SELECT pg_current_xact_id_if_assigned() IS NOT NULL; COMMIT;", qr/^4\nt$/, 'a damaged file is ignored');
	leaves_nothing("$quiet BEGIN; $diff; SELECT pg_current_xact_id_if_assigned() IS NOT NULL; COMMIT;", qr/^4\nf$/, 'the model is stored again');
}
$node->restart;
ok(!-e $kept, 'the next start removes the stored model');

# Nothing is left after a cancel or a termination
my $slow = "SELECT count(*) FROM migrate.diff(\$\$$model DO 'BEGIN PERFORM pg_sleep(1000); END'\$\$, ARRAY['app'])";
leaves_nothing("$quiet SET statement_timeout = '1s'; $slow; RESET statement_timeout; $diff;", qr/^4\nERROR:  57014/, 'cancelled');
leaves_nothing("$quiet BEGIN; SAVEPOINT s; SET LOCAL statement_timeout = '1s'; $slow; ROLLBACK TO s; $diff; COMMIT;", qr/^4\nERROR:  57014/, 'cancelled in a transaction');
my $s = open_session('SELECT 1;');
$s->{in} .= "$slow;\n";
$s->{run}->pump_nb;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query ~ 'pg_sleep\(1000\)' AND wait_event = 'PgSleep'});
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$s->{run}->finish;
leaves_nothing("$quiet $diff;", qr/^4$/, 'terminated');

# Event triggers do not fire and are not changed
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE fired (tag text);
GRANT ALL ON fired TO PUBLIC;
CREATE FUNCTION fire() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO fired VALUES (tg_tag); RAISE WARNING 'fired by %', tg_tag; END $$;
CREATE EVENT TRIGGER a_start ON ddl_command_start EXECUTE FUNCTION fire();
CREATE EVENT TRIGGER b_end ON ddl_command_end EXECUTE FUNCTION fire();
CREATE EVENT TRIGGER c_drop ON sql_drop EXECUTE FUNCTION fire();
CREATE EVENT TRIGGER d_rewrite ON table_rewrite EXECUTE FUNCTION fire();
ALTER EVENT TRIGGER a_start ENABLE ALWAYS;
ALTER EVENT TRIGGER b_end ENABLE ALWAYS;
ALTER EVENT TRIGGER c_drop ENABLE REPLICA;
TRUNCATE fired;
SQL
$print = $node->safe_psql('postgres', 'SELECT migrate.schema_fingerprint()');
my $whole = "SELECT length(content) > 0 FROM migrate.revision('x', model => \$\$$model ALTER TABLE app.t ALTER a TYPE bigint; DROP VIEW app.v;\$\$, schemas => ARRAY['app'], options => '{\"database\": false}')";
leaves_nothing($whole, qr/^t$/, 'event triggers');
leaves_nothing("SET ROLE owner; $whole; $diff;", qr/^t\n7$/, 'event triggers, without superuser');
is($node->safe_psql('postgres', 'SELECT count(*) FROM fired'), '0', 'none fired');
$node->safe_psql('postgres', 'DROP EVENT TRIGGER a_start; DROP EVENT TRIGGER b_end; DROP EVENT TRIGGER c_drop; DROP EVENT TRIGGER d_rewrite; DROP FUNCTION fire(); DROP TABLE fired');
$print = $node->safe_psql('postgres', 'SELECT migrate.schema_fingerprint()');

# Roles and transactions that may not compare
leaves_nothing("SET ROLE other; $diff;", qr/ERROR:  42501: must be owner of schema app/, 'not the owner');
leaves_nothing("$quiet BEGIN READ ONLY; $diff; COMMIT;", qr/ERROR:  25006/, 'read only');
leaves_nothing("$quiet BEGIN; $diff; SET TRANSACTION READ ONLY; $diff; COMMIT;", qr/^4\nERROR:  25006/, 'read only later');
# a model built for another role gives no access
leaves_nothing("$quiet $diff; SET ROLE owner; $diff; SET ROLE other; $diff;", qr/^4\n3\nERROR:  42501/, 'not the owner, in a session of the owner');

# Other sessions wait only for a limited time
my $steps = join '', map { "DO 'BEGIN PERFORM pg_sleep(0.2); END';" } 1 .. 150;
$s = open_session("$quiet SET pg_migrate.scratch_hold = '1s';");
$s->{in} .= "SELECT count(*) FROM migrate.diff(\$\$$model $steps\$\$, ARRAY['app']);\n";
$s->{run}->pump_nb;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA app TO other');
close_session($s);
like($s->{err}, qr/ERROR:  migrate.diff\(\) gives way to others, who have waited for it longer than pg_migrate.scratch_hold/, 'diff() ends because other sessions wait for it');
$print = $node->safe_psql('postgres', 'REVOKE USAGE ON SCHEMA app FROM other; SELECT migrate.schema_fingerprint()');

# A hook that ends the transaction in a model leaves no scratch open
my $ended = psql("LOAD 'commits_underneath'; $quiet
	SELECT * FROM migrate.diff('CREATE TABLE app.t (a int); COMMENT ON TABLE app.t IS ''rolls back, then fails''');
	SELECT count(*) > 0 FROM migrate.diff('$model', ARRAY['app']);");
like($ended, qr/failed after the rollback/, 'a hook ends the transaction');
like($ended, qr/^t$/m, 'and the next scratch of the session opens');

# Extensions are found in their schema
SKIP:
{
	skip 'no citext here', 2 if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'}) eq '0';
	$node->safe_psql('postgres', 'CREATE EXTENSION citext SCHEMA public');
	is(psql("$quiet SET search_path = public; SELECT string_agg(identity, ' ' ORDER BY identity) FROM migrate.diff('CREATE EXTENSION citext; CREATE TABLE c (a public.citext DEFAULT public.citext(''x''), b citext)')"),
		"public.c\n", 'members by their schema and without');
	is(psql("$quiet CREATE TABLE public.c (a public.citext DEFAULT public.citext('x'), b citext); SET search_path = public;
		SELECT migrate.check('CREATE EXTENSION citext; CREATE TABLE c (a public.citext DEFAULT public.citext(''x''), b citext)'); DROP TABLE c; DROP EXTENSION citext"),
		"t\n", 'which is then the same');
}

# The demo at head equals its dump, and a migration leads to its model
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->command_ok([ 'sh', '-c', 'psql -X -q -d "$1" <test/demo/demo.sql >/dev/null 2>&1', 'sh', $node->connstr('shop') ], 'the demo');
is(psql_in('shop', 'SELECT up_to_date FROM migrate.status'), "t\n", 'it is at head');
my $file = PostgreSQL::Test::Utils::tempdir() . '/shop.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-s', '-f', $file, '-d', $node->connstr('shop') ], 'dumped');
my $dump = slurp_file($file);
is(psql_in('shop', "$quiet SELECT kind, identity, detail FROM migrate.diff(\$dump\$$dump\$dump\$);"), '', 'its dump is no change');
is(psql_in('shop', "$quiet SELECT migrate.check(\$dump\$$dump\$dump\$);"), "t\n", 'check() finds no change');
my $more = "$dump
	SET search_path = public;
	CREATE TABLE added (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint);
	CREATE INDEX ON added (customer);";
like(psql_in('shop', "$quiet SELECT count(*) FROM migrate.load((SELECT content FROM migrate.revision('added', rev_id => 'added1', model => \$dump\$$more\$dump\$)));
	SELECT migrate.upgrade('heads'); SELECT migrate.check(\$dump\$$more\$dump\$);"), qr/\nt\n\z/, 'a migration from a model leads there');
like(psql_in('shop', "$quiet SELECT migrate.downgrade('added1\@-1'); SELECT migrate.unregister('added1'); SELECT migrate.check(\$dump\$$dump\$dump\$);"), qr/\nt\n\z/, 'and back');

# A standby cannot build a model
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
use_server($standby);
like(psql("$quiet $diff;"), qr/ERROR:  25006/, 'refused on a standby');

done_testing();
