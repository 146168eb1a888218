# A confined script leaves the session of the caller unchanged, also if it failed:
# see the list in docs/operations.md.
#
# Each case is run by SELECT and by CALL, inside and outside of a transaction of
# the caller, by a script that succeeds and by one that fails afterwards.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IPC::Run ();
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_prepared_transactions = 2\n");
$node->start;
my $super = $node->safe_psql('postgres', 'SELECT current_user');

# Run SQL in a session; returns output and messages.
sub run
{
	my ($role, $sql) = @_;
	my ($out, $err) = ('', '');

	$node->psql(
		'postgres', $sql,
		stdout => \$out,
		stderr => \$err,
		on_error_stop => 0,
		extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	return ($out, $err);
}

# As the deployer, who is a superuser.
sub ask
{
	my ($sql) = @_;
	my ($out, $err) = run($super, $sql);

	return join("\n", grep { $_ ne '' } $out, $err =~ /(?:ERROR|FATAL|PANIC): +(\w{5}:.*)/g);
}

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE ROLE app_owner;
CREATE ROLE mallory LOGIN IN ROLE app_owner;
CREATE SCHEMA app AUTHORIZATION app_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE public.ran (who text, what text);
GRANT INSERT ON public.ran TO PUBLIC;
GRANT USAGE ON SCHEMA migrate TO mallory;
GRANT EXECUTE ON FUNCTION migrate.register, migrate.unregister TO mallory;
SET ROLE app_owner;
CREATE FUNCTION app.boom(what text DEFAULT 'boom') RETURNS int LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO public.ran VALUES (current_user, what); RETURN 1; END$$;
CREATE FUNCTION app.boom_trigger() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM app.boom('trigger'); RETURN NEW; END$$;
CREATE SEQUENCE app.counter;
RESET ROLE;
ALTER DATABASE postgres SET pg_migrate.owner_role = 'app_owner';
ALTER DATABASE postgres SET pg_migrate.search_path = 'app';
SQL

# What Mallory registers; nothing is left of it in the next test.
sub register
{
	my ($up, %other) = @_;
	my ($out, $err);

	$node->safe_psql('postgres', 'SELECT migrate.stamp(\'base\') UNION ALL SELECT migrate.unregister(revision) FROM migrate.history()');
	($out, $err) = run(
		'mallory',
		"SELECT migrate.register('attempt', upgrade => \$up\$$up\$up\$, downgrade => \$up\$"
		  . ($other{down} // '')
		  . '$up$'
		  . ($other{verify} ? ", verify => \$up\$$other{verify}\$up\$" : '') . ')');
	die $err if $err =~ /ERROR/;
	return;
}

#
# The state of the session, to compare before and after a run
#
my $begin = <<'SQL';
SET client_min_messages = warning;
PREPARE getuser(int) AS SELECT $1 + 1;
LISTEN mine;
SELECT pg_advisory_lock(1), pg_advisory_lock_shared(2);
SET work_mem = '5MB';
SET my.var = 'mine';
DECLARE held SCROLL CURSOR WITH HOLD FOR SELECT generate_series(1, 5);
FETCH held;
CREATE TEMP TABLE mine (a int);
GRANT ALL ON mine TO PUBLIC;
CREATE FUNCTION pg_temp.f(bigint) RETURNS text LANGUAGE sql AS $$SELECT 'mine'$$;
SQL
my $state = <<'SQL';
EXECUTE getuser(1);
FETCH RELATIVE 0 FROM held;
SELECT pg_temp.f(1);
SELECT name, statement FROM pg_prepared_statements ORDER BY name;
SELECT name, statement FROM pg_cursors WHERE name NOT IN ('', 'cur') ORDER BY name;
SELECT c FROM pg_listening_channels() c ORDER BY c;
SELECT mode, objid, objsubid, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid <> 3
 GROUP BY mode, objid, objsubid ORDER BY objid, objsubid, mode;
SELECT current_user, session_user, current_setting('work_mem'), current_setting('my.var'), current_setting('search_path'),
  current_setting('role'), current_setting('transaction_read_only'), current_setting('default_transaction_read_only');
SELECT classid::regclass, pg_describe_object(classid, objid, 0) FROM pg_depend
 WHERE refclassid = 'pg_namespace'::regclass AND refobjid = pg_my_temp_schema() ORDER BY 1, 2;
SELECT tgname FROM pg_trigger WHERE tgrelid = 'pg_temp.mine'::regclass;
INSERT INTO mine VALUES (1);
SELECT 'complete';
SQL
# in a transaction block also:
my $begin_block = <<'SQL';
BEGIN;
DECLARE cur SCROLL CURSOR FOR SELECT generate_series(11, 15);
FETCH cur;
SELECT lo_from_bytea(0, 'mine') AS large \gset
SELECT lo_open(:large, 262144);
SELECT loread(0, 1);
SQL
my $state_block = $state . <<'SQL';
FETCH RELATIVE 0 FROM cur;
SELECT lo_tell(0);
SELECT name, statement FROM pg_cursors WHERE name = 'cur';
SELECT 'complete';
SQL

# ways to call it
my %calls = (
	'upgrade' => [ $begin, $state, 'SELECT migrate.upgrade();' ],
	'deploy' => [ $begin, $state, 'CALL migrate.deploy();' ],
	'upgrade in a block' =>
	  [ $begin . $begin_block . "SAVEPOINT s;\n", $state_block, "SELECT migrate.upgrade();\n\\if :ERROR\nROLLBACK TO s;\n\\endif" ],
	'upgrade in a block, rolled back' =>
	  [ $begin . $begin_block . "SAVEPOINT s;\n", $state_block, "SELECT migrate.upgrade();\nROLLBACK TO s;" ],
	'loop' => [
		$begin . $begin_block, $state_block,
		q{DO $$DECLARE r record; BEGIN FOR r IN SELECT generate_series(1, 100) AS i LOOP
  IF r.i = 1 THEN BEGIN PERFORM migrate.upgrade(); EXCEPTION WHEN OTHERS THEN RAISE WARNING '%: %', SQLSTATE, SQLERRM; END; END IF;
  IF r.i = 100 THEN PERFORM 1/count(*) FROM generate_series(1, r.i); END IF; END LOOP; END$$;} ],
	'a transaction that is rolled back' => [ $begin, $state, 'BEGIN; SELECT migrate.upgrade(); ROLLBACK;' ],
	'explain' => [ $begin, $state, 'SELECT * FROM migrate.explain(execute => true);' ],
	'test' => [ $begin . $begin_block . "SAVEPOINT s;\n", $state_block, "SELECT * FROM migrate.test();\n\\if :ERROR\nROLLBACK TO s;\n\\endif" ]);

# The state before and after a call, and what the call said.
sub around
{
	my ($call) = @_;
	my ($begin, $state, $sql) = @{ $calls{$call} };
	my ($out, $err) = run($super, "$begin\\echo <<\n$state\\echo >>\n$sql\n\\echo <<\n$state\\echo >>\n");
	my ($before, $between, $after) = $out =~ /<<\n(.*?)>>\n(.*?)<<\n(.*?)>>/s;

	return ($before, $after, ($between // '') . $err);
}

# A script does not change the session, whichever way it is called, also when it
# fails.  With "like" it is refused, else it succeeds.
sub keeps
{
	my ($script, $like, $name) = @_;
	my @forms = ([ $script, '', $like ], [ "$script;\nSELECT 1/0", ' before an error', $like // qr/division by zero/ ]);

	push @forms,
	  [ "DO \$do\$BEGIN BEGIN EXECUTE \$ex\$$script\$ex\$; EXCEPTION WHEN OTHERS THEN NULL; END; END\$do\$", ' in a DO that goes on' ]
	  if defined $like;
	$name //= $script;
	foreach my $form (@forms)
	{
		register($form->[0], down => $form->[0]);
		my @faults;
		foreach my $call ($form->[1] ? qw(upgrade deploy loop explain) : sort keys %calls)
		{
			my ($before, $after, $said) = around($call);

			push @faults, "$call: what was before: $before what is after: $after" if $before ne $after || $before !~ /complete\n\z/;
			push @faults, "$call said: $said"
			  if defined $form->[2] ? $said !~ $form->[2] : $said =~ /ERROR|WARNING|failed/;
		}
		is("@faults", '', "$name$form->[1]");
	}
	return;
}

my $their = qr/a confined script cannot use prepared statement "getuser"/;
keeps('DEALLOCATE getuser', $their);
keeps('PREPARE getuser(int) AS SELECT app.boom()', $their);
keeps('EXECUTE getuser(1)', $their);
keeps('EXPLAIN EXECUTE getuser(1)', $their);
keeps('CREATE TABLE app.x AS EXECUTE getuser(1)', $their);
keeps('EXPLAIN CREATE TABLE app.x AS EXECUTE getuser(1)', $their);
keeps('DEALLOCATE ALL');
keeps('PREPARE own AS SELECT 1; EXECUTE own');
keeps(
	'PREPARE own AS SELECT 1; EXECUTE own; DO $$BEGIN DEALLOCATE ALL; END$$; PREPARE own AS SELECT 2; DEALLOCATE own; PREPARE "_pg3_0" AS SELECT app.boom()'
);
keeps('DO $$BEGIN BEGIN PREPARE own AS SELECT 1; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END$$');

my $cursor = qr/a confined script cannot use cursor "held"/;
keeps('CLOSE held', $cursor);
keeps('FETCH held', $cursor);
keeps('MOVE held', $cursor);
keeps('CLOSE ALL');
keeps(q{DO $$DECLARE c refcursor = 'held'; BEGIN CLOSE c; OPEN c FOR SELECT app.boom(); END$$},
	qr/cannot drop active portal "held"/, 'CLOSE of PL/pgSQL');
keeps(q{DO $$DECLARE c refcursor = 'held'; r record; BEGIN FETCH c INTO r; END$$},
	qr/portal "held" cannot be run/, 'FETCH of PL/pgSQL');
keeps(q{DO $$DECLARE c refcursor; r record; BEGIN
  FOR c IN SELECT name FROM pg_cursors LOOP
    BEGIN FETCH c INTO r; EXCEPTION WHEN OTHERS THEN NULL; END;
    BEGIN CLOSE c; OPEN c FOR SELECT app.boom(); EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP; END$$}, undef, 'FETCH and CLOSE of PL/pgSQL, for all cursors there are');
keeps('DECLARE held CURSOR FOR SELECT app.boom()', qr/cursor "held" already exists/);
keeps('DECLARE own SCROLL CURSOR FOR SELECT generate_series(1, 3); FETCH own; MOVE own', undef);
keeps(q{DO $$DECLARE c refcursor = 'own'; BEGIN OPEN c FOR SELECT app.boom(); END$$}, undef, 'OPEN of PL/pgSQL');
keeps('DECLARE own CURSOR WITH HOLD FOR SELECT app.boom(); CLOSE own');

keeps('LISTEN theirs', qr/a confined script cannot execute LISTEN/);
keeps('UNLISTEN mine', qr/a confined script cannot execute UNLISTEN/);
keeps('UNLISTEN *', qr/a confined script cannot execute UNLISTEN/);
keeps(q{LOAD '$libdir/plpgsql'}, qr/a confined script cannot execute LOAD/);
keeps('DISCARD TEMP', qr/a confined script cannot execute DISCARD TEMP/);
keeps('DISCARD SEQUENCES', qr/a confined script cannot execute DISCARD SEQUENCES/);
keeps('DISCARD PLANS');
keeps($_)
  foreach (
	q{SET work_mem = '7MB'; SET my.var = 'theirs'; SET search_path = nowhere},
	q{SELECT set_config('work_mem', '7MB', false), set_config('my.var', 'theirs', false)},
	q{CREATE FUNCTION app.g() RETURNS void LANGUAGE sql SET work_mem = '7MB' AS $$SELECT set_config('my.var', 'theirs', false)$$; SELECT app.g(); DROP FUNCTION app.g},
	'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
	'SET TRANSACTION READ ONLY',
	'RESET ALL; RESET my.var',
	q{SELECT pg_advisory_xact_lock_shared(2)});

# What is temporary
keeps(
	'CREATE TEMP TABLE theirs (a serial PRIMARY KEY, b text); CREATE TEMP VIEW pg_locks AS SELECT app.boom();'
	  . 'CREATE TYPE pg_temp.pair AS (a int); CREATE DOMAIN pg_temp.text AS int');
keeps(q{CREATE FUNCTION pg_temp.f(int) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM app.boom(); RETURN 'theirs'; END$$});
keeps(
	q{CREATE FUNCTION pg_temp.g(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR pg_temp.= (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_temp.g);
CREATE COLLATION pg_temp.c FROM "C"; CREATE TEXT SEARCH CONFIGURATION pg_temp.t (COPY = simple); CREATE AGGREGATE pg_temp.a (int) (SFUNC = int4pl, STYPE = int);
CREATE PROCEDURE pg_temp.p() LANGUAGE sql AS 'SELECT 1'});
keeps(
	'CREATE TRIGGER theirs BEFORE INSERT ON pg_temp.mine FOR EACH ROW EXECUTE FUNCTION app.boom_trigger(); CREATE VIEW pg_temp.v AS SELECT * FROM pg_temp.mine'
);
keeps('DROP TABLE pg_temp.mine', qr/must be owner of table mine/);
register('DROP TABLE pg_temp.mine');
is( ask(q{SET client_min_messages = error; SET ROLE app_owner; CREATE TEMP TABLE mine (); RESET ROLE;
SELECT migrate.upgrade(); SELECT count(*) FROM pg_temp.mine}),
	"0\nMG009: the migrations drop table mine, which is temporary",
	'objects that the role owns may not be dropped either');

# Functions: each of the server's that uses locks of the session or descriptors
my @functions = split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT format('SELECT %s(%s)', proname, (SELECT string_agg(CASE WHEN t = 17 THEN '''''::bytea' ELSE format('1::%s', format_type(t, NULL)) END, ', ' ORDER BY i)
                                        FROM unnest(proargtypes) WITH ORDINALITY a (t, i)))
  FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND (proname ~ '^pg_(try_)?advisory_(lock|unlock)'
        OR (proname ~ '^(lo_|loread|lowrite)' AND (proname = 'lo_open' OR proargtypes[0] = 'int4'::regtype) AND proname <> 'lo_creat'))
 ORDER BY 1
SQL
cmp_ok(scalar @functions, '>=', 22, 'there are functions that use locks or descriptors of the session');
{
	my $do = join(
		"\n",
		map {
			"BEGIN $_; missed = missed || \$m\$$_; \$m\$; EXCEPTION WHEN OTHERS THEN "
			  . "IF SQLERRM NOT LIKE 'a confined script cannot call %' THEN missed = missed || SQLERRM; END IF; END;"
		} map { s/^SELECT/PERFORM/r } @functions);

	keeps("DO \$do\$DECLARE missed text = ''; BEGIN\n$do\nIF missed <> '' THEN RAISE EXCEPTION 'missed: %', missed; END IF; END\$do\$",
		undef, 'each of them is refused');
}
keeps('SELECT pg_advisory_unlock_all()', qr/a confined script cannot call pg_advisory_unlock_all\(\)/);
keeps(
	q{CREATE OPERATOR app.!!! (RIGHTARG = bigint, FUNCTION = pg_catalog.pg_advisory_unlock); SELECT OPERATOR(app.!!!) 1::bigint},
	qr/a confined script cannot call pg_advisory_unlock\(bigint\)/,
	'also called as an operator');
keeps('SELECT pg_replication_origin_session_reset()', qr/a confined script cannot call|permission denied/);

is($node->safe_psql('postgres', q{SELECT DISTINCT who FROM public.ran WHERE who <> 'app_owner'}),
	'', 'nothing of it ran as the caller');

# The other scripts of a migration
register('SELECT 1', verify => 'DEALLOCATE getuser; SELECT true', down => 'CLOSE held');
foreach my $call ('upgrade', 'deploy', 'explain', 'test')
{
	my ($before, $after, $said) = around($call);

	is($after, $before, "a verify script leaves the session alone: $call");
	like($said, $their, 'it is refused');
}
register('SELECT 1', down => 'CLOSE held');
{
	local $calls{downgrade} = [ "SELECT migrate.upgrade();\n$begin", $state, q{SELECT migrate.downgrade('base');} ];
	my ($before, $after, $said) = around('downgrade');

	is($after, $before, 'a downgrade script leaves the session alone');
	like($said, $cursor, 'it is refused');
}

# Code that waits for the end of the run
register(
	q{CREATE TABLE app.d (a int);
CREATE FUNCTION app.late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DEALLOCATE getuser; RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON app.d DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.late();
INSERT INTO app.d VALUES (1)});
foreach my $call ('upgrade', 'deploy', 'explain')
{
	my ($before, $after, $said) = around($call);

	is($after, $before, "a deferred trigger leaves the session alone: $call");
	like($said, $their, 'it is refused');
}

# random()
foreach my $script ('SELECT setseed(0.5)', 'SET seed = 0.5', q{SELECT set_config('seed', '0.5', false)})
{
	my $random = 'SELECT random(), random()';

	foreach my $end ('', '; SELECT 1/0')
	{
		register($script . $end);
		my $said = ask("SET client_min_messages = error; SELECT migrate.upgrade(); $random");

		isnt(
			$said =~ s/^attempt\n|\n22012:.*//gr,
			ask("DO \$\$BEGIN PERFORM setseed(0.5); END\$\$; $random"),
			"the script does not determine random() after $script$end");
	}
}

# PL/pgSQL compiles a function once in a session, in the search_path of the
# first call.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION public.copied(what text) RETURNS text LANGUAGE plpgsql AS
  $$DECLARE v text; n float8; BEGIN v := what; n := 1; RETURN v; END$$;
CREATE FUNCTION public.copied(what int) RETURNS text LANGUAGE plpgsql AS
  $$DECLARE v text; BEGIN v := what; RETURN v; END$$;
CREATE FUNCTION public.outer_copied(what text) RETURNS text LANGUAGE sql STABLE AS 'SELECT public.copied(what)';
CREATE TABLE public.copies (a text);
GRANT INSERT ON public.copies TO PUBLIC;
CREATE FUNCTION public.copy() RETURNS trigger LANGUAGE plpgsql AS $$DECLARE v text; BEGIN v := NEW.a; NEW.a := v; RETURN NEW; END$$;
CREATE TRIGGER copy BEFORE INSERT ON public.copies FOR EACH ROW EXECUTE FUNCTION public.copy();
SET ROLE app_owner;
CREATE FUNCTION app.boom_check(pg_catalog.text) RETURNS bool LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO public.ran VALUES (current_user, $1); RETURN true; END$$;
SQL
my $domain = 'CREATE DOMAIN app.text AS pg_catalog.text CHECK (app.boom_check(value)); SET search_path = app, pg_catalog; ';
my $use = q{SELECT public.copied('a'), public.copied(1); INSERT INTO public.copies VALUES ('a')};
foreach my $script (
	q{SELECT public.copied('a')},
	q{SELECT public.outer_copied('a')},
	q{DO $$BEGIN PERFORM public.copied('a'); END$$},
	q{INSERT INTO public.copies VALUES ('a')},
	q{DO $$BEGIN PERFORM public.copied('a'); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END$$},
	q{CREATE FUNCTION app.call() RETURNS int LANGUAGE sql SET search_path = app, pg_catalog AS $$SELECT public.copied('a'); SELECT 1$$; SELECT app.call()},
	q{DO $$BEGIN PERFORM plpgsql_validator('public.copied(int)'::regprocedure); EXCEPTION WHEN insufficient_privilege THEN NULL; END$$})
{
	foreach my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
	{
		register("$domain$script", down => 'DROP FUNCTION IF EXISTS app.call; DROP DOMAIN app.text');
		my $said = ask("SET client_min_messages = error; $call; $use");

		$said .= $node->safe_psql('postgres', q{SELECT DISTINCT who FROM public.ran WHERE who <> 'app_owner'});
		is($said =~ s/^attempt\n//r, 'a|1', "the caller's functions know the caller's types after $script, $call");
		ask(q{SET client_min_messages = error; SELECT migrate.downgrade('base')});
	}
	register("$domain$script; SELECT 1/0");
	is(ask("SET client_min_messages = error; SELECT migrate.upgrade(); $use"), "a|1\n22012: division by zero", 'and if that fails');
	is(ask("SET client_min_messages = error; SELECT count(*) > 0 FROM migrate.explain(execute => true); $use"), "t\na|1", 'and after a trial');
}
$node->safe_psql('postgres', 'DROP FUNCTION public.copied(int)');

# A timeout, and the end of a session that has cursors open
register('PREPARE own AS SELECT 1; SELECT pg_sleep(600)');
{
	my $said = ask("SET client_min_messages = error; SET statement_timeout = '100ms'; SELECT migrate.upgrade(); RESET statement_timeout; SELECT count(*) FROM pg_prepared_statements");

	is($said, "0\n57014: canceling statement due to statement timeout", 'after a timeout');
}

{
	my ($out, $err) = ('', '');
	my $file = $node->basedir . '/doomed.sql';

	append_to_file($file, "SET application_name = 'doomed';\n$begin$begin_block SELECT migrate.upgrade();\n");
	my $doomed = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ], '>', \$out, '2>', \$err);

	$node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'doomed' AND wait_event = 'PgSleep'});
	$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'});
	$doomed->finish;
	like($err, qr/terminating connection/, 'a session that is terminated ends');
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'doomed'});
	ok(slurp_file($node->logfile) !~ /TRAP:|PANIC:|was terminated by signal|WARNING: .*(skipping cleanup|leak)/,
		'and nothing else');
}

# What stays, and is harmless
register(q{SELECT nextval('counter'); SET their.var = 'theirs'; SELECT pg_notify('mine', 'theirs'); SELECT app.boom()});
is( ask("SET client_min_messages = error; SELECT migrate.upgrade(); SELECT lastval() > 0, current_setting('their.var', true) = ''"),
	"attempt\nt|t", 'lastval(), and that there is a placeholder');
register('SET CONSTRAINTS ALL IMMEDIATE');
is( ask(q{CREATE TEMP TABLE k (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); SET client_min_messages = error;
BEGIN; SELECT migrate.upgrade(); INSERT INTO k VALUES (1), (1); SELECT 'deferred'; COMMIT}),
	qq{attempt\ndeferred\n23505: duplicate key value violates unique constraint "k_a_key"},
	'SET CONSTRAINTS of a script: constraints are as they are defined');
register('SELECT 1');
is( ask(q{CREATE TEMP TABLE k (a int UNIQUE DEFERRABLE INITIALLY DEFERRED); SET client_min_messages = error;
BEGIN; SET CONSTRAINTS ALL IMMEDIATE; SELECT migrate.upgrade(); INSERT INTO k VALUES (1), (1); ROLLBACK}),
	qq{attempt\n23505: duplicate key value violates unique constraint "k_a_key"},
	'SET CONSTRAINTS of the caller holds on');

# dblink keeps connections by name
SKIP:
{
	skip 'no dblink', 3
	  unless $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'});
	$node->safe_psql('postgres', 'CREATE EXTENSION dblink SCHEMA public; GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC');
	my $connect = sprintf(q{SELECT public.dblink_connect('mine', 'host=%s port=%s dbname=postgres')}, $node->host, $node->port);

	foreach my $script (
		q{SELECT public.dblink_exec('mine', 'ALTER ROLE mallory SUPERUSER')},
		q{SELECT public.dblink_disconnect('mine')},
		q{SELECT public.dblink_connect('theirs', 'dbname=postgres')})
	{
		register($script);
		like(
			ask("SET client_min_messages = error; $connect; SELECT migrate.upgrade(); SELECT public.dblink_get_connections()"),
			qr/\AOK\n\{mine\}\n42501: a confined script cannot call public\.dblink_\w+\(.*\)\z/,
			$script);
	}
}

# Without confinement everything is as after any SQL.
$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET pg_migrate.owner_role');
$node->safe_psql('postgres', q{SELECT migrate.stamp('base') UNION ALL SELECT migrate.unregister(revision) FROM migrate.history()});
is( ask(q{SELECT migrate.register('open', upgrade => 'PREPARE own AS SELECT 1; SELECT pg_advisory_lock(5); LISTEN theirs', downgrade => '');
SET client_min_messages = error; SELECT migrate.upgrade(); EXECUTE own; SELECT pg_advisory_unlock(5); SELECT pg_listening_channels()}),
	"open\nopen\n1\nt\ntheirs",
	'a script that is not confined may do all that');

$node->stop;
done_testing();
