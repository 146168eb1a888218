# A confined run cannot get the privileges of its caller: code of the scripts' role
# that is executed while a statement of any kind is parsed, planned or executed
# cannot become the calling role, by SELECT or by CALL.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_worker_processes = 4\nmax_parallel_workers_per_gather = 0");
$node->start;
use_server($node);
my $super = $node->safe_psql('postgres', 'SELECT current_user');
my $version = $node->safe_psql('postgres', "SELECT current_setting('server_version_num')") / 10000;

# Run a script as a user; returns output and messages.
sub psql_as
{
	my ($user, $script) = @_;
	return psql($script, '-U', $user);
}

# Start the statements of a script, one by one, as a user.
sub start_as
{
	my ($user, $script) = @_;
	return start_psql([ '-U', $user ], split(/; (?=SET|RESET|CALL)/, $script));
}

# mallory writes migrations, which run as app_owner; the superuser and deployer
# run them.  Who was reached stands in private.loot, which both may write to.
$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION pg_migrate;
CREATE ROLE app_owner LOGIN; CREATE ROLE mallory LOGIN IN ROLE app_owner; CREATE ROLE deployer LOGIN; CREATE ROLE outsider LOGIN;
GRANT CREATE ON SCHEMA public TO app_owner;
CREATE SCHEMA app AUTHORIZATION app_owner; GRANT USAGE ON SCHEMA app TO deployer;
CREATE SCHEMA private; GRANT USAGE ON SCHEMA private TO PUBLIC;
CREATE TABLE private.loot (reached text); GRANT INSERT ON private.loot TO deployer;
GRANT USAGE ON SCHEMA migrate TO deployer, outsider, mallory, app_owner;
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.downgrade, migrate.current, migrate.cancel(bigint), migrate.cancel() TO deployer, outsider;
GRANT EXECUTE ON PROCEDURE migrate.deploy TO deployer;
GRANT EXECUTE ON FUNCTION migrate.register TO mallory;
GRANT EXECUTE ON PROCEDURE migrate.backfill TO app_owner;
ALTER DATABASE postgres SET pg_migrate.owner_role = app_owner;
ALTER DATABASE postgres SET pg_migrate.search_path = app;
SQL

# Tries every way to another role, and says where it was tried.
$node->safe_psql('postgres', <<SQL, extra_params => [ '-U', 'mallory' ]);
SET ROLE app_owner;
SET search_path = app;
CREATE FUNCTION attack() RETURNS boolean LANGUAGE plpgsql SET search_path = app AS \$\$
DECLARE
	way text;
	who text;
BEGIN
	FOREACH who IN ARRAY ARRAY['"$super"', 'deployer'] LOOP
		FOREACH way IN ARRAY ARRAY['SET ROLE %s', 'SET LOCAL ROLE %s', 'SET SESSION AUTHORIZATION %s',
			'SET LOCAL SESSION AUTHORIZATION %s', 'RESET ROLE', 'SET ROLE NONE', 'RESET SESSION AUTHORIZATION',
			'SELECT set_config(''role'', %1\$L, false)', 'SELECT set_config(''role'', ''none'', true)',
			'SELECT set_config(''session_authorization'', %1\$L, true)', 'RESET ALL', 'DISCARD ALL',
			'SELECT set_config(''pg_migrate.owner_role'', %1\$L, false)'] LOOP
			BEGIN
				EXECUTE format(way, who);
				EXECUTE 'INSERT INTO private.loot VALUES (current_user || '' by '' || \$1)' USING way;
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
			BEGIN
				EXECUTE format(way, who);
				EXECUTE 'ALTER ROLE mallory SUPERUSER';
			EXCEPTION WHEN OTHERS THEN NULL;
			END;
		END LOOP;
	END LOOP;
	RAISE NOTICE 'attack as % in a session of %', current_user, session_user;
	RETURN true;
END\$\$;
CREATE FUNCTION imm(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.attack(); RETURN 1; END';
CREATE FUNCTION check_it(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN app.attack(); END';
CREATE DOMAIN dd AS int CHECK (app.check_it(value));
CREATE TYPE pair AS (a int, b dd);
CREATE TYPE ddrange AS RANGE (subtype = dd);
CREATE TYPE boxed AS (a int);
CREATE FUNCTION unbox(boxed) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.attack(); RETURN 1; END';
CREATE CAST (boxed AS int) WITH FUNCTION unbox(boxed);
CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM app.attack(); RETURN 1; END';
CREATE OPERATOR <#> (FUNCTION = plus, LEFTARG = int, RIGHTARG = int);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM app.attack(); RETURN NEW; END';
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN IF current_user = ''app_owner'' THEN PERFORM app.attack(); END IF; END';
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; PERFORM app.attack(); COMMIT; END';
SQL

my $before = <<'SQL';
SET search_path = app; SET client_min_messages = error;
DROP TABLE IF EXISTS t, p, p1 CASCADE;
CREATE TABLE t (a int, b int); INSERT INTO t SELECT i, NULL FROM generate_series(1, 3) i;
SQL
my $partitioned = 'CREATE TABLE p (a int, b int) PARTITION BY RANGE ((a + app.imm(1))); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);';
my $event = "CREATE EVENT TRIGGER evil_start ON ddl_command_start EXECUTE FUNCTION app.on_ddl();"
  . 'CREATE EVENT TRIGGER evil_end ON ddl_command_end EXECUTE FUNCTION app.on_ddl();';

# name, what is there before, the script, whether it fails, what a superuser adds
my @attacks = (
	[ 'a domain in an array literal', '', q{CREATE INDEX CONCURRENTLY ON t ((a = ANY ('{5}'::dd[])))} ],
	[ 'a domain in a predicate', '', q{CREATE INDEX CONCURRENTLY ON t (a) WHERE a = '5'::dd} ],
	[ 'a domain in a row literal', '', q{CREATE INDEX CONCURRENTLY ON t ((('(1,5)'::pair).a + a))} ],
	[ 'a domain in a range literal', '', q{CREATE INDEX CONCURRENTLY ON t ((lower('[1,5]'::ddrange) + a))} ],
	[ 'a cast', '', q{CREATE INDEX CONCURRENTLY ON t ((a + '(1)'::boxed::int))} ],
	[ 'an operator', '', q{CREATE INDEX CONCURRENTLY ON t ((a + (1 <#> 2)))} ],
	[ 'a folded function', '', q{CREATE INDEX CONCURRENTLY ON t ((a + imm(1)))} ],
	[ 'an index expression', '', q{CREATE UNIQUE INDEX CONCURRENTLY i ON t ((a + imm(a)))} ],
	[ 'a failing build', '', q{CREATE UNIQUE INDEX CONCURRENTLY i ON t (imm(a)) WHERE a < '9'::dd}, 1 ],
	[ 'CREATE INDEX and an event trigger', '', q{CREATE INDEX CONCURRENTLY i ON t (a)}, 0, $event ],
	[ 'DROP INDEX and an event trigger', 'CREATE INDEX i ON t (a)', q{DROP INDEX CONCURRENTLY i}, 0, $event ],
	[ 'REINDEX INDEX', 'CREATE INDEX i ON t ((a + imm(a)))', q{REINDEX INDEX CONCURRENTLY i} ],
	[ 'REINDEX TABLE', 'CREATE INDEX i ON t ((a + imm(1)))', q{REINDEX TABLE CONCURRENTLY t} ],
	[ 'REINDEX SCHEMA', 'CREATE INDEX i ON t ((a + imm(a)))', q{REINDEX SCHEMA app} ],
	[ 'DETACH PARTITION', $partitioned, q{ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY} ],
	[ 'VACUUM ANALYZE', 'CREATE INDEX i ON t ((a + imm(a))); CREATE STATISTICS s ON (a + imm(a)), b FROM t', q{VACUUM (ANALYZE) t} ],
	[ 'VACUUM FULL', 'CREATE INDEX i ON t ((a + imm(a)))', q{VACUUM (FULL) t} ],
	[ 'CLUSTER of a partitioned table', "$partitioned INSERT INTO p VALUES (2); CREATE INDEX ON p ((a + imm(a))); CREATE INDEX c ON p (a)", q{CLUSTER p USING c} ],
	[ 'a procedure that commits', '', q{CALL commits()} ],
	[ 'a DO block that commits', '', "-- transaction: none\nDO \$\$BEGIN COMMIT; PERFORM app.attack(); END\$\$" ],
	[ 'the argument of a CALL', '', q{CALL migrate.backfill('t', CASE WHEN attack() THEN 'b = 1' END, 'b IS NULL')} ],
	[ 'a backfill that may be another procedure', 'CREATE OR REPLACE PROCEDURE backfill(text, text) LANGUAGE plpgsql AS $$BEGIN PERFORM attack(); END$$',
		q{SET search_path = app, migrate; CALL backfill('t', 'b = 1')} ],
	[ 'a backfill and a trigger', 'CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION fire()', q{CALL migrate.backfill('t', 'b = 1', 'b IS NULL')} ],
	[ 'a backfill and its expressions', '', q{CALL migrate.backfill('t', 'b = imm(a)', $$b IS NULL AND a = ANY ('{1,2}'::dd[])$$)} ],
	[ 'a backfill of a partitioned table', "$partitioned INSERT INTO p VALUES (2)", q{CALL migrate.backfill('p', 'b = 3', 'b IS NULL')} ],
	[ 'a deferred trigger in a backfill', 'CREATE CONSTRAINT TRIGGER x AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fire()',
		q{CALL migrate.backfill('t', 'b = 1', 'b IS NULL')} ],
	[ 'a transaction beside it', '', q{SELECT attack(); VACUUM t} ],
	[ 'DISCARD ALL', '', q{SELECT attack(); DISCARD ALL; SELECT attack()} ],
);

# Register a migration of mallory's over what it is run on, which app_owner makes:
# a superuser who did would be attacked already.
sub prepare
{
	my ($there, $up, $verify, $added) = @_;
	my $options = $up =~ s/^-- transaction: none\n// ? q{'{"transaction": "none"}'} : 'NULL';

	sql('DROP EVENT TRIGGER IF EXISTS evil_start; DROP EVENT TRIGGER IF EXISTS evil_end; TRUNCATE private.loot;');
	sql("SELECT migrate.stamp('base', purge => true)") if sql('SELECT count(*) FROM migrate.version');
	sql("SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open") if sql('SELECT count(*) FROM migrate.segment WHERE open');
	sql("SELECT migrate.unregister('m1')") if sql("SELECT count(*) FROM migrate.revision");
	$node->safe_psql('postgres', $before . $there, extra_params => [ '-U', 'app_owner' ]);
	sql($added) if $added;
	$verify = defined $verify ? "\$v\$$verify\$v\$" : 'NULL';
	psql_as('mallory', "SELECT migrate.register('m1', upgrade => \$u\$$up\$u\$, downgrade => '', verify => $verify, options => $options)");
	return;
}

sub held
{
	my ($said, $what) = @_;
	my $reached = sql('SELECT DISTINCT reached FROM private.loot') . sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'");

	is($reached, 'f', "$what: no other role is reached") or diag($said);
	return;
}

my %calls = (
	"$super, SELECT" => [ $super, 'SELECT migrate.upgrade()' ],
	"$super, CALL" => [ $super, 'CALL migrate.deploy()' ],
	'deployer, SELECT' => [ 'deployer', 'SELECT migrate.upgrade()' ],
	'deployer, CALL' => [ 'deployer', 'CALL migrate.deploy()' ],
	'as if app_owner, CALL' => [ $super, 'SET SESSION AUTHORIZATION app_owner; RESET pg_migrate.owner_role; CALL migrate.deploy()' ],
);
$node->safe_psql('postgres', 'GRANT EXECUTE ON PROCEDURE migrate.deploy TO app_owner');
foreach my $attack (@attacks)
{
	my ($name, $there, $up, $fails, $added) = @$attack;

	foreach my $door (sort keys %calls)
	{
		prepare($there, $up, undef, $added);
		my ($user, $call) = @{ $calls{$door} };
		my $said = psql_as($user, $call);

		like($said, qr/NOTICE:  00000: attack as app_owner/, "$name, $door: the code ran");
		is($said =~ /ERROR/ ? 1 : 0, $fails // 0, "$name, $door: " . ($fails ? 'the build fails' : 'it succeeds')) or diag($said);
		held($said, "$name, $door");
	}
}

# verify scripts, of one transaction and of several segments
foreach my $up ('SELECT 1', 'VACUUM t')
{
	foreach my $door (sort keys %calls)
	{
		prepare('', $up, 'SELECT app.attack()');
		my $said = psql_as(@{ $calls{$door} });

		like($said, qr/NOTICE:  00000: attack as app_owner/, "verify after $up, $door: the code ran");
		held($said, "verify after $up, $door");
	}
}

# recovery: the worker dies in the middle of the build, and the next call parses
# the statement again to find out what became of it
foreach my $door (sort keys %calls)
{
	my ($user, $call) = @{ $calls{$door} };

	prepare('', q{CREATE INDEX CONCURRENTLY i ON t ((a = ANY ('{5}'::dd[]))) WHERE a < '9'::dd});
	my $holder = start_as($super, 'BEGIN; LOCK TABLE app.t IN ROW EXCLUSIVE MODE; SELECT pg_sleep(1000)');
	wait_until_asleep();
	my $caller = start_as($user, $call);
	wait_until("EXISTS (SELECT FROM migrate.progress WHERE phase LIKE 'waiting for%')");
	sql('SELECT pg_terminate_backend(pid) FROM migrate.progress');
	like(finish_psql($caller), qr/ERROR|FATAL|terminat/, "recovery, $door: the run dies");
	terminate_sleepers();
	finish_psql($holder);
	my $said = psql_as($user, $call);
	like($said, qr/NOTICE:  00000: attack as app_owner/, "recovery, $door: the code ran");
	is(sql(q{SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.i'::regclass}), 't', "recovery, $door: the index exists") or diag($said);
	held($said, "recovery, $door");
}

# Nothing of the sort is needed where no statement commits inside.
prepare('', 'SELECT attack()');
like(psql_as('deployer', 'CALL migrate.deploy()'), qr/attack as app_owner in a session of deployer/, 'a transaction runs in the session of the caller');
prepare('', 'VACUUM t; SELECT attack()');
like(psql_as('deployer', 'CALL migrate.deploy()'), qr/attack as app_owner in a session of app_owner/, 'a statement that commits has all of the run in a session of the role');
is(sql("SELECT DISTINCT ran_as, login FROM migrate.log WHERE revision = 'm1' AND started_at = (SELECT max(started_at) FROM migrate.log)")
	. sql('SELECT ran_as, login FROM migrate.run ORDER BY run DESC LIMIT 1'), 'app_owner|deployerapp_owner|deployer', 'the log has the caller');

# settings go with it
prepare('', q{VACUUM t; DO $$BEGIN RAISE NOTICE '% % % %', current_setting('work_mem'), current_setting('my.own'), current_setting('application_name'), current_setting('seq_page_cost'); END$$});
like(psql_as('deployer', "SET work_mem = '77MB'; SET my.own = 'it''s'; SET application_name = 'ship'; SET seq_page_cost = 1.23456789; CALL migrate.deploy()"),
	qr/77MB it's ship 1.23457/, 'the settings of the caller hold in it');
prepare('', q{VACUUM t; DO $$BEGIN RAISE NOTICE '% % %', current_setting('session_replication_role'), session_user, current_setting('role'); END$$});
like(psql_as($super, 'SET session_replication_role = replica; SET ROLE app_owner; CALL migrate.deploy()'),
	qr/replica app_owner none/, 'settings of a superuser too, but not the identity of the caller');

# wait => false, and cancel() by the caller, who is not the worker's role
prepare('', "CREATE INDEX CONCURRENTLY i ON t (a); SELECT attack()");
my $holder = start_as($super, 'BEGIN; LOCK TABLE app.t IN ROW EXCLUSIVE MODE; SELECT pg_sleep(1000)');
wait_until_asleep();
like(psql_as('deployer', 'SELECT migrate.upgrade(wait => false)'), qr/NOTICE:  00000: run \d+ goes on in the background/, 'a run in the background begins');
wait_until("EXISTS (SELECT FROM migrate.progress WHERE phase LIKE 'waiting for%')");
my $run = sql('SELECT run FROM migrate.progress');
is(sql("SELECT usename FROM pg_stat_activity JOIN migrate.progress USING (pid)"), 'app_owner', 'in a session of the role');
like(psql_as('outsider', $_), qr/ERROR:  42501: (must be|permission denied to cancel query)/, "$_ is refused to others") foreach ("SELECT migrate.cancel($run)", 'SELECT migrate.cancel()');
is(psql_as('deployer', 'SELECT migrate.cancel()'), "t\n", 'the caller may cancel it');
wait_until("(SELECT state = 'failed' FROM migrate.run WHERE run = $run)");
terminate_sleepers();
finish_psql($holder);

# a worker of no use
$node->safe_psql('postgres', 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC; GRANT CONNECT ON DATABASE postgres TO deployer, mallory');
foreach my $call ('SELECT migrate.upgrade()', 'SELECT migrate.upgrade(wait => false)', 'CALL migrate.deploy()')
{
	like(psql_as('deployer', $call), qr/ERROR:  42501: migration "m1" cannot run as role "app_owner".*HINT:  GRANT CONNECT ON DATABASE postgres TO app_owner;/s, "$call is refused to a role that may not connect");
}
is(sql("SELECT count(*) FROM migrate.run WHERE state = 'running'"), 0, 'before anything ran');
sql('GRANT CONNECT ON DATABASE postgres TO app_owner');
like(psql_as('deployer', 'CALL migrate.deploy()'), qr/in a session of app_owner/, 'what the HINT says helps');
sql('GRANT CONNECT ON DATABASE postgres TO PUBLIC');

prepare('', "CREATE INDEX CONCURRENTLY i ON t (a); SELECT attack()");
sql('ALTER ROLE app_owner NOLOGIN');
SKIP:
{
	skip 'a worker needs no LOGIN', 4 if $version >= 17;
	foreach my $call ('SELECT migrate.upgrade()', 'SELECT migrate.upgrade(wait => false)', 'CALL migrate.deploy()')
	{
		like(psql_as('deployer', $call), qr/ERROR:  42501: migration "m1" cannot run as role "app_owner".*HINT:  ALTER ROLE app_owner LOGIN;.*local all app_owner reject/s, "$call is refused to a role that cannot log in");
	}
	is(sql("SELECT to_regclass('app.i')"), '', 'before anything ran');
	sql('ALTER ROLE app_owner LOGIN');
}
like(psql_as('deployer', 'SELECT migrate.upgrade()'), qr/in a session of app_owner/, $version >= 17 ? 'a role without LOGIN will do' : 'what the HINT says helps');
sql('ALTER ROLE app_owner LOGIN');
prepare('', "CALL migrate.backfill('t', 'b = imm(a)', 'b IS NULL')");
sql('ALTER ROLE app_owner NOLOGIN');
like(psql_as('deployer', 'CALL migrate.deploy()'), qr/attack as app_owner in a session of deployer/, 'a backfill is confined without a session of its own');
is(sql('SELECT count(*) FROM app.t WHERE b = 1'), 3, 'and done');
sql('ALTER ROLE app_owner LOGIN');

# wait => false while all slots are taken by those that wait for a run
sql('ALTER DATABASE postgres RESET pg_migrate.owner_role');
prepare('', 'CREATE INDEX CONCURRENTLY i ON app.t (a)');
sql("SELECT migrate.trust('m1')");
$holder = start_as($super, 'BEGIN; LOCK TABLE app.t IN ROW EXCLUSIVE MODE; SELECT pg_sleep(1000)');
wait_until_asleep();
my @others = (start_as($super, 'SELECT migrate.upgrade()'));
wait_until("EXISTS (SELECT FROM migrate.progress WHERE phase LIKE 'waiting for%')");
foreach my $n (2 .. 3)
{
	like(psql_as($super, 'SELECT migrate.upgrade(wait => false)'), qr/goes on in the background/, 'a run waits in the background');
	wait_until("(SELECT count(*) >= $n FROM pg_stat_activity WHERE backend_type = 'pg_migrate')");
}
push @others, start_as($super, 'SELECT migrate.upgrade(wait => false)') foreach 1 .. 3;
wait_until("(SELECT count(*) >= 5 FROM pg_stat_activity WHERE query LIKE 'SELECT migrate.upgrade(wait%' AND state = 'active' OR backend_type = 'pg_migrate')");
terminate_sleepers();
finish_psql($holder);
unlike(finish_psql($_), qr/ERROR/, 'without a slot a call waits while others run') foreach @others;
wait_until("NOT EXISTS (SELECT FROM migrate.run WHERE state IN ('running', 'waiting'))");

$node->stop;
done_testing();
