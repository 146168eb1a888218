# Privileges: who may call which function, which role a script runs as, whose
# scripts are executed, and that objects in the caller's search_path are not used.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session qw(sqlstate_in);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $super = $node->safe_psql('postgres', 'SELECT current_user');

# Run SQL in a session of a role; returns output and messages, the latter with
# their SQLSTATE.
sub run
{
	my ($db, $role, $sql) = @_;
	my ($out, $err) = ('', '');

	$node->psql(
		$db, $sql,
		stdout => \$out,
		stderr => \$err,
		extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	return ($out, $err);
}

# Run SQL that has to work; returns its output.
sub sql
{
	my ($db, $role, $sql) = @_;
	my ($out, $err) = run($db, $role, $sql);

	die "as $role in $db: $sql\n$err" if sqlstate_in($err) ne '';
	return $out;
}

sub gives
{
	my ($db, $role, $sql, $expected, $name) = @_;
	my ($out, $err) = run($db, $role, $sql);

	is(sqlstate_in($err) . $out, $expected, $name) or diag($err);
	return;
}

# The SQL fails with a SQLSTATE and, if $like is given, such a message.
sub refused
{
	my ($db, $role, $sql, $state, $name, $like) = @_;
	my ($out, $err) = run($db, $role, $sql);
	my $fits = sqlstate_in($err) eq $state && (!defined $like || $err =~ $like);

	ok($fits, $name) or diag("expected $state, got:\n$out\n$err");
	return;
}

# A database with the extension.
sub create
{
	my ($db) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'CREATE EXTENSION pg_migrate');
	return;
}

# A migration file.
sub file
{
	my ($revision, $down_revision, $up, $down) = @_;

	return
		"-- revision: $revision\n-- down_revision: $down_revision\n"
	  . "-- migrate:up\n$up\n"
	  . (defined $down ? "-- migrate:down\n$down\n" : '');
}

# Load migration files as a role.
sub load
{
	my ($db, $role, @files) = @_;

	return sql($db, $role, 'SELECT migrate.load($bundle$' . join('', @files) . '$bundle$)');
}

# Register a migration after all others, see how its upgrade is refused, and
# forget it.
sub script_refused
{
	my ($db, $author, $runner, $script, $state, $name, $like) = @_;
	my $head = sql($db, $super, 'SELECT migrate.heads()');

	load($db, $author, file('attempt', $head, $script));
	refused($db, $runner, 'SELECT migrate.upgrade()', $state, $name, $like);
	sql($db, $super, q{SELECT migrate.unregister('attempt')});
	return;
}

$node->safe_psql(
	'postgres',
	join('',
		map { "CREATE ROLE $_ LOGIN;" } qw(plain reader runner author deployer writer app_owner mallory))
	  . 'ALTER ROLE author NOINHERIT');

#
# Nobody but the owner
#
create('rights');

my $public_functions = <<'SQL';
SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 WHERE p.pronamespace = 'migrate'::regnamespace AND a.grantee = 0 ORDER BY p.oid::regprocedure::text COLLATE "C"
SQL
is( $node->safe_psql('rights', $public_functions),
	"migrate.id_list(character varying[])\nmigrate.id_list(text)\nmigrate.id_list(text[])",
	'PUBLIC may call nothing but the casts of id_list');
is( $node->safe_psql(
		'rights',
		q{SELECT count(*) > 3, bool_or(has_table_privilege('plain', oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')
    OR has_any_column_privilege('plain', oid, 'SELECT,INSERT,UPDATE,REFERENCES'))
  FROM pg_class WHERE relnamespace = 'migrate'::regnamespace AND relkind IN ('r', 'v', 'p', 'm', 'f')}),
	't|f',
	'PUBLIC has no right on any table or view');
is( $node->safe_psql(
		'rights',
		q{SELECT count(*) > 0, bool_or(has_sequence_privilege('plain', oid, 'USAGE,SELECT,UPDATE'))
  FROM pg_class WHERE relnamespace = 'migrate'::regnamespace AND relkind = 'S'}),
	't|f',
	'PUBLIC has no right on any sequence');
refused(
	'rights', 'plain', 'SELECT migrate.current()',
	'42501',
	'without USAGE on the schema nothing can be named',
	qr/schema migrate/);

# With USAGE it is the right on each function and table that is missing.
$node->safe_psql('rights', 'GRANT USAGE ON SCHEMA migrate TO plain');

my @calls = split /\n/, $node->safe_psql('rights', <<'SQL');
SELECT format('%s migrate.%I(%s)', CASE WHEN p.prokind = 'p' THEN 'CALL' ELSE 'SELECT' END, p.proname,
    (SELECT string_agg(format('%L::%s', CASE format_type(t, NULL) WHEN 'boolean' THEN 'true' WHEN 'jsonb' THEN '{}'
                          WHEN 'text[]' THEN '{}' WHEN 'interval' THEN '1s' ELSE '1' END, format_type(t, NULL)), ', ' ORDER BY i)
       FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, i)))
  FROM pg_proc p
 WHERE p.pronamespace = 'migrate'::regnamespace
   AND p.oid NOT IN ('migrate.id_list(text)'::regprocedure, 'migrate.id_list(varchar[])'::regprocedure, 'migrate.id_list(text[])'::regprocedure)
 ORDER BY 1
SQL
my @relations = split /\n/,
  $node->safe_psql('rights',
	q{SELECT oid::regclass FROM pg_class WHERE relnamespace = 'migrate'::regnamespace AND relkind IN ('r', 'v', 'S') ORDER BY 1}
  );

# Which of the statements a role is not refused with 42501.
sub admitted
{
	my ($db, $role, @statements) = @_;
	my $tries = join('', map { "SELECT pg_temp.try(\$try\$$_\$try\$);\n" } @statements);

	return sql($db, $role, <<"SQL");
SET client_min_messages = error;
CREATE FUNCTION pg_temp.try(statement text) RETURNS SETOF text LANGUAGE plpgsql AS \$\$
BEGIN
  BEGIN
    EXECUTE statement;
    RAISE SQLSTATE 'UNDOX';
  EXCEPTION
  WHEN insufficient_privilege THEN
    RETURN;
  WHEN OTHERS THEN
    NULL;
  END;
  RETURN NEXT statement;
END \$\$;
$tries
SQL
}

cmp_ok(scalar @calls, '>=', 25, 'there are functions to be refused');
is(admitted('rights', 'plain', @calls), '', 'a role without rights is refused each of them');
is(admitted('rights', 'plain', map { "SELECT * FROM $_" } @relations),
	'', 'and may read no table, view or sequence');
is(admitted('rights', 'plain', map { "DELETE FROM $_" } grep { !/_seq$|status$|progress$/ } @relations),
	'', 'the role may not change one either');
is( admitted('rights', 'plain', q{SELECT 'a'::text::migrate.id_list}),
	q{SELECT 'a'::text::migrate.id_list},
	'any role with USAGE may use the casts');
is( scalar(split /\n/, admitted('rights', $super, @calls)),
	scalar @calls,
	'the owner is refused none of them');

#
# The recipes
#
my $asking =
  join(', ', map { "migrate.$_" } qw(current heads bases branches history show graph plan check_registry));
$node->safe_psql('rights', <<"SQL");
GRANT USAGE ON SCHEMA migrate TO reader, runner, author;
GRANT EXECUTE ON FUNCTION $asking TO reader, runner, author;
GRANT SELECT ON migrate.status TO reader, runner, author;
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.downgrade, migrate.upgrade_sql, migrate.downgrade_sql TO runner;
GRANT EXECUTE ON FUNCTION migrate.register, migrate.load, migrate.export, migrate.validate,
  migrate.revision, migrate.merge, migrate.unregister TO author;
GRANT runner TO author;
CREATE SCHEMA app AUTHORIZATION runner;
SQL

gives(
	'rights',
	'author',
	q{SELECT migrate.register('r1', upgrade => 'CREATE TABLE app.t (a int)', downgrade => 'DROP TABLE app.t')},
	'r1',
	'an author registers');
load('rights', 'author', file('r2', 'r1', 'INSERT INTO app.t VALUES (1);', 'DELETE FROM app.t;'));
gives('rights', 'author', 'SELECT migrate.heads()', 'r2', 'an author loads');
like(
	sql('rights', 'author', 'SELECT migrate.export()'),
	qr/INSERT INTO app\.t/,
	'an author reads the scripts');
refused(
	'rights', 'author', 'SELECT migrate.upgrade()', '42501',
	'an author may not run', qr/function upgrade/);

gives('rights', 'reader', 'SELECT migrate.heads()', 'r2', 'a reader asks for the heads');
gives(
	'rights', 'reader',
	'SELECT revision, statements FROM migrate.plan()', "r1|1\nr2|1",
	'a reader asks for the plan');
gives('rights', 'reader', 'SELECT current, heads, pending, up_to_date FROM migrate.status',
	'{}|{r2}|2|f', 'a reader sees the status');
refused('rights', 'reader', "SELECT migrate.$_", '42501', "a reader may not call $_", qr/function \w+/)
  foreach (
	'upgrade()', q{downgrade('base')}, q{stamp('r2')}, q{register('x', upgrade => '')},
	q{load('')}, q{trust('r1')}, 'export()');
refused('rights', 'reader', "SELECT * FROM $_", '42501', "a reader may not read $_", qr/table/)
  foreach ('migrate.revision', 'migrate.version', 'migrate.log');

gives('rights', 'runner', 'SELECT migrate.upgrade()',
	'r2', 'a runner without any right on the tables upgrades');
gives('rights', 'runner', q{SELECT migrate.downgrade('r1')}, 'r1', 'and downgrades');
gives('rights', 'runner', 'SELECT migrate.current()', 'r1', 'and asks');
refused('rights', 'runner', "SELECT migrate.$_", '42501', "a runner may not call $_", qr/function \w+/)
  foreach (
	q{register('x', upgrade => '')}, q{load('')}, q{unregister('r2')},
	q{stamp('r2')}, q{repair('r1')}, q{trust('r1')});
is($node->safe_psql('rights', q{SELECT relowner::regrole FROM pg_class WHERE oid = 'app.t'::regclass}),
	'runner', 'objects that a runner creates belong to the runner');

#
# Scripts and our tables
#
foreach my $table (qw(version revision log))
{
	my $column = $node->safe_psql('rights',
		"SELECT attname FROM pg_attribute WHERE attrelid = 'migrate.$table'::regclass AND attnum = 1");

	script_refused(
		'rights', 'author', 'runner', "CREATE TABLE app.left_over ();\n$_;",
		'42501',
		"a script may not: $_",
		qr/table $table/)
	  foreach (
		"INSERT INTO migrate.$table DEFAULT VALUES",
		"UPDATE migrate.$table SET $column = $column",
		"DELETE FROM migrate.$table",
		"TRUNCATE migrate.$table");
}
script_refused(
	'rights', 'author',
	'runner', q{SELECT nextval('migrate.run_seq');},
	'42501', 'a script may not advance our sequences');
is( $node->safe_psql(
		'rights',
		q{SELECT to_regclass('app.left_over') IS NULL, array(SELECT migrate.current()), array_agg(DISTINCT revision) FROM migrate.log}
	),
	't|{r1}|{r1,r2}',
	'nothing remains of the scripts that tried');

#
# Whose scripts run
#
sql('rights', 'runner', 'SELECT migrate.upgrade()');
my $takeover = 'ALTER ROLE author SUPERUSER;';
my $author_is_super = q{SELECT rolsuper FROM pg_roles WHERE rolname = 'author'};

$node->safe_psql('rights', 'GRANT EXECUTE ON FUNCTION migrate.trust TO runner');
load('rights', $super, file('t1', 'r2', 'CREATE TABLE app.innocent ();', 'DROP TABLE app.innocent;'));
load('rights', 'author', file('t2', 't1', $takeover, $takeover));
refused(
	'rights', $super, 'SELECT migrate.upgrade()',
	'42501',
	'a superuser does not run what a lesser author wrote',
	qr/"t2" may not run as role "\Q$super\E"/);
is( $node->safe_psql(
		'rights', q{SELECT array(SELECT migrate.current()), to_regclass('app.innocent') IS NULL}),
	'{r2}|t',
	'and nothing before it ran either');
sql('rights', 'runner', q{SELECT migrate.trust('t2')});
refused(
	'rights', $super, 'SELECT migrate.upgrade()',
	'42501',
	'trust() by a role that could not act as the superuser does not help',
	qr/may not run as role/);

sql('rights', $super, q{SELECT migrate.trust('t2')});
load('rights', 'author', file('t2', 't1', "SELECT 1;\n$takeover", $takeover));
refused(
	'rights', $super, 'SELECT migrate.upgrade()',
	'42501',
	'trust is void when the content was replaced after it',
	qr/may not run as role/);
is($node->safe_psql('rights', $author_is_super), 'f', 'the author did not get the privileges that the script grants');

sql('rights', $super, q{SELECT migrate.trust('t2')});
load('rights', 'author', file('t2', 't1', "SELECT 1;\n$takeover", $takeover));
gives('rights', $super, 'SELECT migrate.upgrade()',
	't2', 'after trust() it runs, also when the same content was loaded again');
is($node->safe_psql('rights', $author_is_super), 't', 'the script has its effect');
is( $node->safe_psql(
		'rights',
		q{SELECT ran_as = current_user, login = current_user FROM migrate.log WHERE direction = 'trust' ORDER BY id DESC LIMIT 1}
	),
	't|t',
	'trust() is logged');

$node->safe_psql('rights', 'ALTER ROLE author NOSUPERUSER');

# what is trusted is what was read
my $none = 'SELECT 1;';
load('rights', 'author', file('t2b', 't2', $none, $none));
my ($read) = $node->safe_psql('rights', q{SELECT migrate.export('t2b:t2b')}) =~ /^-- exported with checksum (sha256:[0-9a-f]{64})$/m;
my $shown = $node->safe_psql('rights', q{SELECT l FROM migrate.show('t2b') l WHERE l ~ '^Checksum'});
like($shown, qr/: +\Q$read\E$/, 'export() and show() tell the checksum');
refused('rights', $super, 'SELECT migrate.upgrade()', '42501', 'it is not trusted yet',
	qr/say SELECT migrate\.trust\('t2b', '\Q$read\E'\)/);
load('rights', 'author', file('t2b', 't2', $takeover, $takeover));
refused('rights', $super, "SELECT migrate.trust('t2b', '$read')", 'MG011', 'what replaced it after it was read is not trusted',
	qr/not the content to be trusted.*Registered, by "author", is sha256:/s);
refused('rights', $super, "SELECT migrate.trust('t2b', $_)", $_ eq 'NULL' ? '22004' : 'MG011', "nor with $_", qr/trust/)
  foreach ('NULL', "''", "'sha256:'");
refused('rights', $super, 'SELECT migrate.upgrade()', '42501', 'and does not run', qr/"t2b" may not run/);
load('rights', 'author', file('t2b', 't2', $none, $none));
gives('rights', $super, "SELECT migrate.trust('t2b', '$read')", 't2b', 'the content that was read is trusted');
is($node->safe_psql('rights', q{SELECT revision, checksum FROM migrate.log WHERE direction = 'trust' ORDER BY id DESC LIMIT 1}),
	"t2b|$read", 'and logged with its checksum');
load('rights', 'author', file('t2b', 't2', $takeover, $takeover));
my ($out, $err);
$node->psql('rights', q{SELECT migrate.trust('t2b')}, stdout => \$out, stderr => \$err);
like($err, qr/NOTICE:  trusted is the content of migration "t2b" with checksum sha256:(?!\Q${\ substr($read, 7)}\E)/m, 'trust() without a checksum returns the one that it trusted');
$node->safe_psql('rights', "UPDATE migrate.revision SET upgrade = 'SELECT 2' WHERE revision = 't2b'");
refused('rights', $super, q{SELECT migrate.trust('t2b')}, 'MG011', 'content that does not fit its checksum is not trusted', qr/does not fit/);
$node->safe_psql('rights', q{SELECT migrate.unregister('t2b')});

load('rights', 'author', file('t3', 't2', $takeover, $takeover));
sql('rights', $super, q{SELECT migrate.stamp('t3')});
refused(
	'rights', $super, q{SELECT migrate.downgrade('t2')},
	'42501',
	'a downgrade script is refused like an upgrade script',
	qr/may not run as role/);
sql('rights', $super, q{SELECT migrate.stamp('t2')});

$node->safe_psql('rights', "ALTER DATABASE rights SET pg_migrate.trusted_authors = 'mallory, author'");
gives('rights', $super, 'SELECT migrate.upgrade()',
	't3', 'an author in pg_migrate.trusted_authors is admitted');
$node->safe_psql('rights',
	'ALTER ROLE author NOSUPERUSER; ALTER DATABASE rights RESET pg_migrate.trusted_authors');

# The author of the next ones could not act as the runner.
$node->safe_psql('rights', 'REVOKE runner FROM author');
load('rights', 'author', file('u1', 't3', 'SELECT 1;', 'SELECT 1;'));
refused(
	'rights', 'runner', 'SELECT migrate.upgrade()',
	'42501',
	'an author who could not act as the runner is refused for the runner too',
	qr/may not run as role "runner"/);
foreach my $name (qw(trusted_authors owner_role search_path))
{
	refused(
		'rights', 'runner',
		"DO \$\$BEGIN PERFORM migrate.upgrade('nosuch'); EXCEPTION WHEN OTHERS THEN END\$\$; SET pg_migrate.$name = 'author'", '42501',
		"a runner may not set pg_migrate.$name");
	refused(
		'rights', 'runner',
		"SET pg_migrate.$name = 'author'; SELECT migrate.upgrade()", '42501',
		"nor by setting pg_migrate.$name before the library is loaded", qr/may not run as role "runner"/);
}
$node->safe_psql('rights', 'GRANT runner TO author');
gives('rights', 'runner', 'SELECT migrate.upgrade()', 'u1',
	'once the author can act as the runner it runs');

$node->safe_psql('rights', 'CREATE ROLE leaver LOGIN SUPERUSER');
load('rights', 'leaver', file('u2', 'u1', 'SELECT 1;', 'SELECT 1;'));
$node->safe_psql('rights', 'DROP ROLE leaver');
refused(
	'rights', $super, 'SELECT migrate.upgrade()',
	'42501',
	'what a role wrote that was dropped since is refused',
	qr/registered by "leaver"/);
sql('rights', $super, q{SELECT migrate.trust('u2')});
gives('rights', $super, 'SELECT migrate.upgrade()', 'u2', 'until a role trusts it');

#
# What a script sets ends with it; the role of the last run
#
load(
	'rights', $super,
	file(
		'v1',
		'u2',
		"SET ROLE plain;\nSET work_mem = '3MB';\nSELECT set_config('search_path', 'nowhere', false);\nSET SESSION AUTHORIZATION runner;"
	),
	file(
		'v2',
		'v1',
		q{CREATE TABLE app.seen AS SELECT current_user AS role, session_user AS login,
  current_setting('work_mem') AS work_mem, current_setting('search_path') AS path;}
	));
gives(
	'rights', $super, q{SET work_mem = '5MB'; SET search_path = app; SELECT migrate.upgrade();
SELECT role = current_user, login = session_user, work_mem, path FROM seen;
SELECT current_user = session_user, current_setting('work_mem'), current_setting('search_path')},
	"v2\nt|t|5MB|app\nt|5MB|app",
	'a SET, SET ROLE, SET SESSION AUTHORIZATION or set_config ends with its script');

load('rights', 'author', file('w1', 'v2', 'SELECT 1;'), file('w2', 'w1', 'SELECT 1;'));
(undef, $err) = run('rights', 'runner', q{SELECT migrate.upgrade('w1')});
like(
	$err,
	qr/WARNING:  01000: this run is as role "runner", the last one was as role "\Q$super\E"/,
	'a role that differs from that of the last run is a warning');
(undef, $err) = run('rights', 'runner', 'SELECT migrate.upgrade()');
unlike($err, qr/WARNING|ERROR/, 'the same role again is none');

#
# A superuser who has become a lesser role
#
$node->safe_psql('rights',
	'ALTER SCHEMA app OWNER TO runner; GRANT ALL ON ALL TABLES IN SCHEMA app TO runner');
foreach my $become ('SET ROLE runner', 'SET SESSION AUTHORIZATION runner')
{
	foreach my $leave (
		'RESET ROLE',
		'SET ROLE NONE',
		'RESET SESSION AUTHORIZATION',
		'SET SESSION AUTHORIZATION DEFAULT',
		"SET ROLE $super",
		q{SELECT set_config('role', 'none', false)},
		q{DO $$BEGIN EXECUTE 'RESET ROLE'; END$$})
	{
		load('rights', 'author', file('x1', 'w2', "$leave;\n$takeover"));
		refused(
			'rights', $super, "$become; SELECT migrate.upgrade()",
			'42501',
			"a script under $become cannot: $leave",
			qr/migration "x1", upgrade script, statement 1,/);
	}
}
is($node->safe_psql('rights', $author_is_super), 'f', 'the author stays the same');
load('rights', 'author', file('x1', 'w2', 'CREATE TABLE app.x1 ();'));
gives(
	'rights',
	$super,
	q{SET ROLE runner; SELECT migrate.upgrade();
SELECT relowner::regrole FROM pg_class WHERE oid = 'app.x1'::regclass; SELECT current_user},
	"x1\nrunner\nrunner",
	'a script that stays runs as that role');

load(
	'rights', 'author',
	file('x2', 'x1', <<'SQL'));
CREATE TEMP VIEW pg_stat_activity AS SELECT 'planted' AS planted;
CREATE TEMP TABLE scratch (id serial PRIMARY KEY) ON COMMIT DROP;
INSERT INTO scratch VALUES (DEFAULT);
CREATE DOMAIN pg_temp.name AS text;
CREATE TYPE pg_temp.oid AS ENUM ('planted');
CREATE TYPE pg_temp.pair AS (a int, b int);
SQL
gives(
	'rights',
	$super,
	q{SET ROLE runner; CREATE TEMP TABLE mine (); CREATE TYPE pg_temp.kind AS ENUM ('mine'); SELECT migrate.upgrade(); RESET ROLE;
SELECT string_agg(typname, ',' ORDER BY typname) FROM pg_type WHERE typnamespace = pg_my_temp_schema() AND typelem = 0;
SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = pg_backend_pid()},
	"x2\nkind,mine\nt",
	'temporary objects of the script are gone, earlier ones are not');

# The word of a lesser role does not take the place of a greater one's.
$node->safe_psql('rights',
	'GRANT USAGE ON SCHEMA migrate TO plain; GRANT EXECUTE ON FUNCTION migrate.trust TO plain; REVOKE runner FROM author');
load('rights', 'author', file('x3', 'x2', 'SELECT 1;'));
sql('rights', $super, q{SELECT migrate.trust('x3')});
sql('rights', 'plain', q{SELECT migrate.trust('x3')});
gives('rights', 'runner', 'SELECT migrate.upgrade()', 'x3', 'scripts trusted by a superuser stay trusted');
$node->safe_psql('rights', 'GRANT runner TO author');

#
# pg_migrate.owner_role and pg_migrate.search_path
#
create('owned');
$node->safe_psql('owned', <<'SQL');
GRANT app_owner TO writer;
GRANT USAGE ON SCHEMA migrate TO deployer, writer, author;
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.current TO deployer;
GRANT EXECUTE ON FUNCTION migrate.load TO writer, author;
CREATE SCHEMA app AUTHORIZATION app_owner;
CREATE SCHEMA deployer AUTHORIZATION deployer;
ALTER DATABASE owned SET pg_migrate.owner_role = 'app_owner';
ALTER DATABASE owned SET pg_migrate.search_path = 'app';
SQL

load(
	'owned', 'writer',
	file(
		'o1',
		'',
		'CREATE TABLE t (a int); CREATE TABLE who (name text); GRANT ALL ON who TO PUBLIC; GRANT USAGE ON SCHEMA app TO PUBLIC;'
	));
gives(
	'owned', 'deployer',
	'SELECT migrate.upgrade(); SELECT current_user', "o1\ndeployer",
	'a script may run as a role that its caller could not act as');
is($node->safe_psql('owned', q{SELECT relowner::regrole FROM pg_class WHERE oid = 'app.t'::regclass}),
	'app_owner', 'its objects are created in pg_migrate.search_path and belong to pg_migrate.owner_role');
is($node->safe_psql('owned', q{SELECT ran_as, search_path, login FROM migrate.log}),
	'app_owner|app|deployer', 'the log has role, search_path and session user');

load('owned', 'author', file('o2', 'o1', 'SELECT 1;'));
refused(
	'owned', 'deployer', 'SELECT migrate.upgrade()',
	'42501',
	'an author who could not act as owner_role is refused',
	qr/"o2" may not run as role "app_owner"/);
sql('owned', $super, q{SELECT migrate.unregister('o2')});

foreach my $leave (
	'SET ROLE deployer',
	'SET ROLE writer',
	'RESET ROLE',
	'SET LOCAL ROLE NONE',
	'RESET SESSION AUTHORIZATION',
	'SET SESSION AUTHORIZATION deployer',
	q{SELECT set_config('role', 'deployer', true)},
	'CREATE FUNCTION away() RETURNS text LANGUAGE sql SET role = writer AS $$SELECT current_user::text$$; SELECT away()'
  )
{
	script_refused(
		'owned', 'writer', $_, "$leave;", '42501',
		"called by $_, a script cannot leave owner_role: $leave",
		qr/migration "attempt", upgrade script, statement/) foreach ('deployer', $super);
}

# Deferred triggers
my $note =
  q{CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO app.who VALUES (current_user); RETURN NULL; END$$;};
my $deferred =
  'CREATE CONSTRAINT TRIGGER note AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION %s();';

load('owned', 'writer',
	file('o2', 'o1', $note . sprintf($deferred, 't', 'note') . 'INSERT INTO t VALUES (1), (2);'));
gives(
	'owned', 'deployer',
	'BEGIN; SELECT migrate.upgrade(); SELECT name FROM app.who; COMMIT', "o2\napp_owner\napp_owner",
	'deferred triggers fire as owner_role and before the identity is left');
is($node->safe_psql('owned', 'SELECT name FROM app.who'),
	"app_owner\napp_owner", 'and not again at the end of the transaction');
script_refused(
	'owned',
	'writer',
	'deployer',
	'CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1);',
	'23503',
	'a deferred constraint that is violated fails the run, not the COMMIT',
	qr/\bc_a_fkey/);

# What would run only at the end of the transaction would run as the caller.
# Each of these is tried as both, and must not have written who it ran as.
my $leak =
  q{CREATE FUNCTION leak() RETURNS int LANGUAGE plpgsql AS $$BEGIN INSERT INTO app.who VALUES (current_user); RETURN 1; END$$;};
my $hold = 'DECLARE held CURSOR WITH HOLD FOR SELECT app.leak();';
my $again = q{CREATE TABLE u (a int);
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN SET CONSTRAINTS ALL DEFERRED; INSERT INTO app.u VALUES (1); RETURN NULL; END$$;}
  . sprintf($deferred, 'u', 'note')
  . 'DROP TRIGGER note ON t;'
  . sprintf($deferred, 't', 'again')
  . 'INSERT INTO t VALUES (3);';
my $hold_late =
	$leak
  . "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN EXECUTE '$hold'; RETURN NULL; END\$\$;"
  . 'DROP TRIGGER note ON t;'
  . sprintf($deferred, 't', 'hold')
  . 'INSERT INTO t VALUES (4);';
foreach my $runner ('deployer', $super)
{
	# a trigger deferred by a deferred one is fired as well, in the scripts' role
	load('owned', 'writer', file('attempt', sql('owned', $super, 'SELECT migrate.heads()'), $again));
	gives('owned', $runner, 'BEGIN; SELECT migrate.upgrade(); SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK', 'attempt',
		"a script of $runner leaves no trigger deferred by a deferred one");
	is(sql('owned', $super, "BEGIN; SELECT migrate.upgrade() \\g /dev/null\nSET CONSTRAINTS ALL IMMEDIATE; SELECT DISTINCT name FROM app.who; ROLLBACK"),
		'app_owner', 'it is fired as the role of the scripts');
	sql('owned', $super, q{SELECT migrate.unregister('attempt')});
	script_refused('owned', 'writer', $runner, $_, 'MG009',
		"a script of $runner may not leave a cursor WITH HOLD",
		qr/WITH HOLD/)
	  foreach (
		"$leak $hold",
		"$leak DO \$\$BEGIN BEGIN EXECUTE '$hold'; EXCEPTION WHEN division_by_zero THEN NULL; END; END\$\$;",
		$hold_late);
}
is($node->safe_psql('owned', 'SELECT DISTINCT name FROM app.who'),
	'app_owner', 'and nothing of it ran as the caller');
load('owned', 'writer', file('o3', 'o2', "$leak $hold FETCH held; CLOSE held;"));
gives('owned', 'deployer', 'SELECT migrate.upgrade()',
	'o3', 'a cursor WITH HOLD that the script closes is no harm');
is($node->safe_psql('owned', 'SELECT DISTINCT name FROM app.who'), 'app_owner', 'and ran as owner_role');

$node->safe_psql('owned', <<'SQL');
SET ROLE deployer;
CREATE TABLE deployer.p (a int PRIMARY KEY);
CREATE TABLE deployer.c (a int REFERENCES deployer.p DEFERRABLE INITIALLY DEFERRED);
SQL
load('owned', 'writer', file('o4', 'o3', 'SELECT 1;'));
my $pending = 'BEGIN; INSERT INTO deployer.c VALUES (1); INSERT INTO deployer.p VALUES (1)';
refused(
	'owned', 'deployer', "$pending; SELECT migrate.upgrade(); COMMIT",
	'55006',
	'deferred constraints of the caller that are pending refuse the run',
	qr/deferred constraints are pending/);
gives('owned', 'deployer', "$pending; SET CONSTRAINTS ALL IMMEDIATE; SELECT migrate.upgrade(); COMMIT",
	'o4', 'once they are checked it runs');

#
# CREATE EXTENSION and a schema that is there already
#
$node->safe_psql('postgres', 'CREATE DATABASE taken');
$node->safe_psql('taken', 'CREATE SCHEMA migrate AUTHORIZATION mallory; CREATE TABLE migrate.mine (a int)');
my $content =
  q{SELECT nspowner::regrole, nspacl, array(SELECT relname FROM pg_class WHERE relnamespace = n.oid),
  (SELECT count(*) FROM pg_proc WHERE pronamespace = n.oid) FROM pg_namespace n WHERE nspname = 'migrate'};
my $before = $node->safe_psql('taken', $content);
refused('taken', $super, 'CREATE EXTENSION pg_migrate',
	'42P06', 'CREATE EXTENSION fails when a schema migrate exists');
is($node->safe_psql('taken', $content), $before, 'and leaves it untouched');
is($before, 'mallory||{mine}|0', 'with its contents');

#
# Hostile objects in the caller's search_path
#
# Mallory plants a twin of every function and operator of pg_catalog, of its
# polymorphic ones for text and int4, and of our tables and the catalogs.  Each
# notes in evil.witness that it was used, and does what the original does.
#
$node->safe_psql('postgres', 'CREATE DATABASE hostile');
$node->safe_psql('hostile',
	'CREATE SCHEMA app; CREATE SCHEMA evil AUTHORIZATION mallory; GRANT CREATE ON SCHEMA public TO mallory'
);
sql('hostile', 'mallory', <<'SQL');
SET search_path = pg_catalog;
SET check_function_bodies = off;
SET client_min_messages = error;
CREATE TABLE evil.witness (what text);
CREATE FUNCTION evil.hit(text) RETURNS bool LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO evil.witness VALUES ($1); RETURN true; END$$;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
GRANT ALL ON evil.witness TO PUBLIC;

-- a type's name; a polymorphic one stands for an element type or its array
CREATE FUNCTION evil.name_of(type oid, element text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN format_type($1, NULL) IN ('anyarray', 'anycompatiblearray') THEN $2 || '[]'
              WHEN format_type($1, NULL) IN ('anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray') THEN $2
              ELSE format_type($1, NULL) END $$;
CREATE FUNCTION evil.possible(types oid[]) RETURNS bool LANGUAGE sql AS $$
  SELECT NOT EXISTS (SELECT FROM pg_type WHERE oid = ANY ($1) AND typtype = 'p'
    AND typname NOT IN ('anyarray', 'anycompatiblearray', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')) $$;

CREATE FUNCTION evil.plant_function(p pg_proc, element text) RETURNS void LANGUAGE plpgsql AS $fun$
DECLARE
  call text = format('pg_catalog.%I(%s)', p.proname, (SELECT string_agg('$' || i, ', ') FROM generate_series(1, p.pronargs) i));
BEGIN
  EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s %s LANGUAGE sql AS %L', p.proname,
    (SELECT string_agg(evil.name_of(t, element), ', ' ORDER BY i) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, i)),
    CASE WHEN p.proretset THEN 'SETOF' ELSE '' END, evil.name_of(p.prorettype, element),
    format('SELECT evil.hit(%L); SELECT %s', p.proname, call));
EXCEPTION WHEN duplicate_function THEN
  NULL;
END $fun$;
SELECT count(evil.plant_function(p, element)) FROM pg_proc p CROSS JOIN unnest(ARRAY['text', 'int4']) element
 WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND provariadic = 0
   AND evil.possible(prorettype || proargtypes::oid[]) AND has_function_privilege(p.oid, 'EXECUTE');

CREATE FUNCTION evil.plant_operator(o pg_operator, element text) RETURNS void LANGUAGE plpgsql AS $fun$
DECLARE
  l text = evil.name_of(o.oprleft, element);
  r text = evil.name_of(o.oprright, element);
  function text = format('evil.%I', concat_ws(' ', o.oprname, l, r));
BEGIN
  EXECUTE format('CREATE FUNCTION %s(%s, %s) RETURNS %s LANGUAGE sql AS %L', function, l, r, evil.name_of(o.oprresult, element),
    format('SELECT evil.hit(%L); SELECT $1 OPERATOR(pg_catalog.%s) $2', function, o.oprname));
  EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %s)', o.oprname, l, r, function);
EXCEPTION WHEN duplicate_function THEN
  NULL;
END $fun$;
SELECT count(evil.plant_operator(o, element)) FROM pg_operator o CROSS JOIN unnest(ARRAY['text', 'int4']) element
 WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0 AND evil.possible(ARRAY[oprleft, oprright, oprresult]);

CREATE FUNCTION public.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS
  $$SELECT evil.hit('format'); SELECT pg_catalog.format($1, VARIADIC $2)$$;
CREATE FUNCTION evil.counted(int8) RETURNS int8 LANGUAGE sql AS
  $$SELECT evil.hit('count'); SELECT $1 OPERATOR(pg_catalog.+) 1::pg_catalog.int8$$;
CREATE AGGREGATE public.count(*) (SFUNC = evil.counted, STYPE = int8, INITCOND = 0);
CREATE FUNCTION evil.added(text[], text) RETURNS text[] LANGUAGE sql AS
  $$SELECT evil.hit('array_agg'); SELECT pg_catalog.array_append($1, $2)$$;
CREATE AGGREGATE public.array_agg(text) (SFUNC = evil.added, STYPE = text[], INITCOND = '{}');
CREATE FUNCTION evil.joined(text, text, text) RETURNS text LANGUAGE sql AS
  $$SELECT evil.hit('string_agg'); SELECT pg_catalog.concat_ws($3, $1, $2)$$;
CREATE AGGREGATE public.string_agg(text, text) (SFUNC = evil.joined, STYPE = text);

-- relations and types
DO $do$
DECLARE
  name text;
  place text;
BEGIN
  FOREACH name IN ARRAY ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v'))
    || ARRAY['revision', 'version', 'log', 'status', 'current', 'upgrade']
  LOOP
    FOREACH place IN ARRAY ARRAY['public', 'evil']
    LOOP
      EXECUTE format('CREATE VIEW %I.%I AS SELECT evil.hit(%L), now() AS revision, 1 AS version_num, 2 AS ran_as',
        place, name, 'view ' || name);
    END LOOP;
  END LOOP;
  FOREACH name IN ARRAY ARRAY['text', 'bool', 'int4', 'int8', 'jsonb', 'oid', 'name', 'timestamptz', 'varchar', 'interval', 'regclass']
  LOOP
    EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.%I CHECK (evil.hit(%L))', name, name, 'type ' || name);
  END LOOP;
END $do$;
SQL
cmp_ok(
	$node->safe_psql(
		'hostile', q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace}),
	'>', 1500,
	'a field of twins');

my @paths =
  ('public, pg_catalog', 'evil, public, pg_catalog', 'pg_temp, evil, public, pg_catalog, migrate');

# What was hit by statements of a superuser with one of these search paths.
sub hits
{
	my ($path, $sql) = @_;

	$node->safe_psql('hostile', 'TRUNCATE evil.witness');
	sql('hostile', $super, <<"SQL");
CREATE TEMP VIEW version AS SELECT evil.hit('temporary view version') AS version_num;
CREATE TEMP VIEW revision AS SELECT evil.hit('temporary view revision') AS revision;
CREATE TEMP VIEW log AS SELECT evil.hit('temporary view log') AS ran_as;
SET search_path = $path;
$sql
SQL
	return $node->safe_psql('hostile',
		q{SELECT string_agg(DISTINCT what, ', ' ORDER BY what) FROM evil.witness});
}

# The plants work: a careless statement hits them.
is(hits($paths[0], "SELECT $_->[0]"), $_->[1], "a careless SELECT $_->[0] hits what was planted")
  foreach (
	[ q{'a'::pg_catalog.text = 'b'}, 'evil."= text text"' ],
	[ q{'a'::pg_catalog.text = ANY ('{a}')}, 'evil."= text text"' ],
	[ q{'{a}'::pg_catalog.text[] <> '{}'}, 'evil."<> text[] text[]"' ],
	[ q{'{a}'::pg_catalog.text[] || '{}'::pg_catalog.text[]}, 'evil."|| text[] text[]"' ],
	[ 'now()', 'now' ],
	[ q{format('%s', 'a')}, 'format' ],
	[ q{unnest('{a}'::pg_catalog.text[])}, 'unnest' ],
	[ q{current_setting('work_mem')}, 'current_setting' ],
	[ q{quote_ident('a')}, 'quote_ident' ],
	[ 'count(*)', 'count' ],
	[ '* FROM status', 'view status' ],
	[ '* FROM pg_trigger', 'view pg_trigger' ]);
is(hits($paths[1], q{SELECT 'a'::text}), 'type text', 'a type without a schema finds the planted one');
is( hits($paths[2], 'SELECT * FROM revision'),
	'temporary view revision',
	'a table without a schema finds a temporary one');

my $bundle = join('',
	file('a1', '', 'CREATE TABLE app.t1 (a pg_catalog.int4);', 'DROP TABLE app.t1;'),
	file('b1', 'a1', 'CREATE TABLE app.t2 ();', 'DROP TABLE app.t2;') =~ s/\n/\n-- branch_labels: left\n/r,
	"-- migrate:verify\nSELECT true;\n",
	file('b2', 'a1', 'CREATE TABLE app.t3 ();', 'DROP TABLE app.t3;') =~ s/\n/\n-- depends_on: b1\n/r);
my @asking = map { "SELECT * FROM migrate.$_;\n" } (
	'current()', q{current('left')},
	'heads()', 'heads(true)',
	'bases()', 'branches()',
	'history()', q{history('a1:heads')},
	q{show('heads')}, 'graph()',
	'status', 'check_registry()',
	'export()', "validate(\$b\$$bundle\$b\$)",
	q{plan('heads')}, q{plan('base', 'downgrade')},
	q{upgrade_sql('heads')}, q{upgrade_sql('base:heads', false)},
	q{downgrade_sql('heads:base')}, q{revision('m', 'heads')});
my @changing = (
	"SELECT migrate.load(\$b\$$bundle\$b\$);\n",
	q{SELECT migrate.register('c1', '{b1}'::pg_catalog.text[], 'CREATE TABLE app.t4 ()', 'DROP TABLE app.t4',
   'm', 'right', '', 'SELECT true', '{}', true);}
	  . "\n",
	q{SELECT migrate.register('c1', 'b1', 'CREATE TABLE app.t5 ()', 'DROP TABLE app.t5', replace => true);}
	  . "\n",
	@asking,
	q{SELECT migrate.upgrade('a1');} . "\n",
	q{SELECT migrate.upgrade('heads');} . "\n",
	@asking,
	q{SELECT migrate.merge('m', rev_id => 'd1');} . "\n",
	q{SELECT migrate.trust('d1'); SELECT migrate.upgrade();} . "\n",
	q{SELECT migrate.repair('d1'); SELECT migrate.downgrade('a1');} . "\n",
	@asking,
	q{SELECT migrate.unregister('d1'); SELECT migrate.unregister('c1');} . "\n",
	q{SELECT migrate.stamp('b2'); SELECT migrate.stamp('b1, b2', true);} . "\n",
	q{BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT migrate.stamp('a1', true); COMMIT;} . "\n",
	q{SELECT migrate.downgrade('base');} . "\n",
	"SELECT migrate.load(\$b\$$bundle\$b\$, prune => true);\n");

foreach my $path (@paths)
{
	is(hits($path, 'CREATE EXTENSION pg_migrate;'),
		'', "search_path $path: CREATE EXTENSION uses nothing of it");
	is(hits($path, join('', @changing)), '', 'nor does any function that runs, registers or answers');
	is( $node->safe_psql(
			'hostile',
			q{SELECT array(SELECT migrate.current()), array(SELECT migrate.heads()), count(*),
  (SELECT count(*) FROM migrate.check_registry()),
  to_regclass('app.t1') IS NULL FROM migrate.log}),
		'{}|{b1,b2}|14|0|t',
		'and all of it did its work');

	# confined, with that path for the scripts
	is( hits(
			$path,
			"SET pg_migrate.owner_role = $super; SET pg_migrate.search_path = '$path';\n"
			  . "CREATE TABLE app.c (a pg_catalog.int4 UNIQUE DEFERRABLE);\n"
			  . "BEGIN; CREATE TABLE app.x (); SELECT migrate.upgrade('heads');\n"
			  . "SELECT migrate.downgrade('base'); DROP TABLE app.x, app.c; COMMIT;"),
		'',
		'a run as pg_migrate.owner_role does not either');
	is(hits($path, 'DROP EXTENSION pg_migrate'), '', 'DROP EXTENSION does not either');
}

# Who is in the way is looked up as the caller.
my $blocker = $node->background_psql('hostile');
$blocker->query_safe('CREATE EXTENSION pg_migrate; CREATE TABLE app.wanted ()');
$blocker->query_safe('BEGIN; LOCK TABLE app.wanted');
load('hostile', $super, file('l1', '', 'ALTER TABLE app.wanted ADD a pg_catalog.int4;'));
$node->safe_psql('hostile', 'TRUNCATE evil.witness');
refused(
	'hostile',
	$super,
	"SET search_path = $paths[1]; SET pg_migrate.lock_timeout = 200; SET pg_migrate.lock_retries = 0; SELECT migrate.upgrade()",
	'55P03',
	'a lock that is not to be had is explained',
	qr/app\.wanted is blocked by process \d+/);
is($node->safe_psql('hostile', 'SELECT what FROM evil.witness'), '', 'by nothing that was planted');
$blocker->quit;

#
# The author of what is registered by code that somebody else's session runs
#
create('authors');
$node->safe_psql('authors', <<'SQL');
CREATE ROLE coder LOGIN;
CREATE ROLE stranger LOGIN;
CREATE SCHEMA coded AUTHORIZATION coder;
GRANT USAGE ON SCHEMA coded TO PUBLIC;
GRANT USAGE ON SCHEMA migrate TO coder, stranger;
GRANT EXECUTE ON FUNCTION migrate.register, migrate.trust, migrate.load TO coder;
SQL
my $authors = q{SELECT revision || ' ' || registered_by FROM migrate.revision ORDER BY 1};

sql('authors', 'coder', <<'SQL');
CREATE TABLE coded.t AS SELECT 1 AS i;
CREATE FUNCTION coded.f(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
  IF session_user <> current_user THEN
    PERFORM migrate.register('analyzed', upgrade => 'SELECT 1');
  END IF;
  RETURN i;
END $$;
CREATE INDEX ON coded.t (coded.f(i));
CREATE FUNCTION coded.definer(revision text) RETURNS void SECURITY DEFINER LANGUAGE sql AS $$
  SELECT migrate.register(revision, upgrade => 'SELECT 1');
$$;
CREATE FUNCTION coded.reload() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM migrate.register('analyzed', upgrade => 'SELECT 2', replace => true);
END $$;
SQL
$node->safe_psql('authors', 'ANALYZE coded.t');
is($node->safe_psql('authors', $authors), 'analyzed coder',
	'what an index expression registers under ANALYZE is its owner\'s, not the superuser\'s');
$node->safe_psql('authors', q{SELECT coded.reload(), coded.definer('defined')});
is($node->safe_psql('authors', $authors),
	"analyzed coder\ndefined coder",
	'and so is what a function with its owner\'s rights registers or replaces');
refused('authors', 'stranger', q{SELECT coded.definer('whose')},
	'42501', 'between strangers nobody can tell', qr/cannot tell who is the author/);

# a wrapper of somebody who can do more leaves the author what it is
$node->safe_psql('authors', <<'SQL');
CREATE FUNCTION coded.wrapper(revision text) RETURNS void SECURITY DEFINER LANGUAGE sql AS $$
  SELECT migrate.register(revision, upgrade => 'SELECT 1');
$$;
SQL
sql('authors', 'stranger', q{SELECT coded.wrapper('wrapped')});
is($node->safe_psql('authors', "$authors DESC LIMIT 1"),
	'wrapped stranger', 'who calls a superuser\'s function is the author');

# deferred triggers are fired at the end of a confined segment
$node->safe_psql('authors', <<'SQL');
SELECT migrate.unregister(revision) FROM (VALUES ('analyzed'), ('defined'), ('wrapped')) AS r (revision);
ALTER DATABASE authors SET pg_migrate.owner_role = 'coder';
SQL
load('authors', 'coder', file('deferring', '', <<'SQL'));
CREATE TABLE coded.d (i int);
CREATE FUNCTION coded.late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM migrate.register('late', upgrade => 'SELECT 1');
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON coded.d DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION coded.late();
INSERT INTO coded.d VALUES (1);
SQL
foreach my $door ('CALL migrate.deploy()', 'SELECT migrate.upgrade()')
{
	refused('authors', $super, $door, '55006', "$door: a deferred trigger of a script registers nothing",
		qr/cannot call migrate\.register\(\) while a migration runs/);
}
is($node->safe_psql('authors', $authors), 'deferring coder', 'and nothing was registered');

# A runner does not decide what the names in the scripts mean.
$node->safe_psql('authors', <<'SQL');
SELECT migrate.unregister('deferring');
SELECT migrate.register('named', upgrade => 'CREATE TABLE coded.n (i int); INSERT INTO n VALUES (1);', downgrade => 'DROP TABLE coded.n');
GRANT EXECUTE ON FUNCTION migrate.upgrade, migrate.downgrade, migrate.test TO stranger, coder;
GRANT EXECUTE ON PROCEDURE migrate.deploy TO stranger;
GRANT CREATE ON DATABASE authors TO stranger;
SQL
my $trap = <<'SQL';
CREATE %s n (i int);
CREATE FUNCTION pg_temp.trap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'trapped %%', current_user USING ERRCODE = 'ZZZZZ';
END $$;
CREATE TRIGGER trap BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION pg_temp.trap();
GRANT ALL ON n TO PUBLIC;
SQL
my $by_path = 'CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC; SET search_path = trap;';

foreach my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()', q{SELECT migrate.test('named')})
{
	refused('authors', 'stranger', sprintf("$by_path$trap", 'TABLE') . $call,
		'42501', "$call: not by a search_path", qr/with the search_path of "stranger"/);
	sql('authors', 'stranger', 'DROP SCHEMA IF EXISTS trap CASCADE');
}
$node->safe_psql('authors', 'ALTER DATABASE authors SET pg_migrate.search_path = coded');
foreach my $call ('SELECT migrate.upgrade()', 'CALL migrate.deploy()')
{
	refused('authors', 'stranger', sprintf($trap, 'TEMP TABLE') . $call,
		'42501', "$call: nor by a temporary table", qr/in a session with temporary objects of "stranger"/);
}
gives('authors', 'stranger', 'CREATE TEMP TABLE n (i int); DISCARD TEMP; SELECT migrate.upgrade()',
	'named', 'without a temporary object it runs');
gives('authors', 'coder', q{CREATE TEMP TABLE x (i int); SELECT migrate.downgrade('base')},
	'', 'the role of the scripts may have temporary tables');

$node->stop;
done_testing();
