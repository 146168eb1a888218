# pg_dump and restore keep registry, position and log.  The extension can be
# dropped, but not by a migration.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session qw(sqlstate_in);
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;

# The SQLSTATE of the first error of the SQL, '' if there is none.
sub state_of
{
	my ($db, $sql) = @_;
	my $err = '';

	$node->psql($db, $sql, stderr => \$err, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return sqlstate_in($err);
}

sub gives
{
	my ($db, $sql, $expected, $name) = @_;

	is($node->safe_psql($db, $sql), $expected, $name);
	return;
}

# A dump of the whole database, without the lines that differ between calls of
# pg_dump.
sub content
{
	my ($db, @options) = @_;
	my $file = "$dir/content_$db.sql";

	$node->command_ok([ 'pg_dump', @options, '-f', $file, $db ], "pg_dump of $db");
	return join('', grep { !/^\\(un)?restrict / } split(/^/, slurp_file($file)));
}

# The original: a history with every kind of content and of log row.
$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql('original', <<'SQL');
CREATE EXTENSION pg_migrate;
SELECT migrate.register('gone', upgrade => '');
SELECT migrate.unregister('gone');
SELECT migrate.register('a1', upgrade => E'CREATE TABLE t (a text);\nINSERT INTO t VALUES (E''tab\\tline\\nback\\\\slash'');',
  downgrade => 'DROP TABLE t', message => 'Größe: "quoted", it''s \N', branch_labels => 'main');
SELECT migrate.register('b1', 'a1', E'ALTER TABLE t ADD b int;\r\n-- CRLF\r\n', 'ALTER TABLE t DROP b', verify => 'SELECT true');
SELECT migrate.register('b2', 'a1', 'CREATE TABLE u ()', 'DROP TABLE u', depends_on => 'b1');
SELECT migrate.register('c1', 'b1, b2', 'SELECT 1', NULL, 'irreversible', options => '{"transaction": "single"}');
SELECT migrate.register('d1', 'c1', 'CREATE TABLE v ()', 'DROP TABLE v');
SELECT migrate.upgrade('b2');
SELECT migrate.downgrade('a1');
SELECT migrate.upgrade('c1');
SELECT migrate.stamp('b1, b2', true);
SELECT migrate.upgrade('c1');
SELECT migrate.repair('c1');
SELECT migrate.trust('d1');
SQL
my $original = content('original');
like($original, qr/^COPY migrate\.$_ /m, "the dump holds migrate.$_") foreach qw(revision version log);
like($original, qr/setval\('migrate\.$_', \d+, true\)/, "and migrate.$_")
  foreach qw(revision_seq run_seq log_seq);

my $last = q{SELECT (SELECT max(seq) FROM migrate.revision), max(run), max(id) FROM migrate.log};
my ($seq, $run, $id) = split /\|/, $node->safe_psql('original', $last);
my $asked = q{SELECT * FROM migrate.history(); SELECT * FROM migrate.status;
SELECT migrate.graph(); SELECT migrate.export(); SELECT * FROM migrate.log ORDER BY id};
my $answers = $node->safe_psql('original', $asked);

# A copy is as the original was, and goes on where that stood.
sub check_copy
{
	my ($copy) = @_;

	is(content($copy), $original, "$copy: dumped again it is the same");
	gives($copy, $asked, $answers, 'history, status, graph, files and log are the same');
	gives($copy, 'SELECT * FROM migrate.check_registry()', '', 'check_registry() finds nothing');
	gives($copy, 'SELECT step, revision, direction, message, transactional, statements FROM migrate.plan()', '1|d1|upgrade||t|1', 'pending migrations stay pending');
	gives($copy, q{SELECT migrate.register('e1', 'd1', 'CREATE TABLE w ()', 'DROP TABLE w')},
		'e1', 'register() works');
	gives($copy, 'SELECT migrate.upgrade()', 'e1', 'upgrade() works');
	gives($copy, $last, join('|', $seq + 1, $run + 1, $id + 2), 'numbers continue');
	gives($copy, q{SELECT count(*) FROM pg_class WHERE relname IN ('t', 'u', 'v', 'w')},
		'4', 'the scripts ran');
	gives($copy, q{SELECT migrate.downgrade('c1')}, 'c1', 'downgrade() works');
	is(state_of($copy, q{SELECT migrate.downgrade('a1')}), 'MG012', 'irreversible migrations stay irreversible');
	gives($copy, 'SELECT * FROM migrate.check_registry()', '', 'check_registry() finds nothing afterwards');
	return;
}

$node->safe_psql('postgres', 'CREATE DATABASE by_psql');
$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'original' ], 'pg_dump, plain');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'by_psql', '-f', "$dir/plain.sql" ],
	'restored by psql');
check_copy('by_psql');

$node->safe_psql('postgres', 'CREATE DATABASE by_pg_restore');
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom", 'original' ], 'pg_dump -Fc');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', 'by_pg_restore', "$dir/custom" ],
	'restored by pg_restore');
check_copy('by_pg_restore');

$node->safe_psql('postgres', 'CREATE DATABASE in_parts');
foreach my $part ('--schema-only', '--data-only')
{
	$node->command_ok([ 'pg_dump', $part, '-f', "$dir/part.sql", 'original' ], "pg_dump $part");
	$node->command_ok(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'in_parts', '-f', "$dir/part.sql" ],
		"restored $part");
}
check_copy('in_parts');

$node->safe_psql('postgres', 'CREATE DATABASE by_template TEMPLATE original');
check_copy('by_template');

$node->safe_psql('postgres', 'CREATE DATABASE schema_only');
$node->command_ok([ 'pg_dump', '--schema-only', '-f', "$dir/schema.sql", 'original' ],
	'pg_dump --schema-only');
$node->safe_psql('schema_only', slurp_file("$dir/schema.sql"));
gives(
	'schema_only', 'SELECT current, heads FROM migrate.status',
	'{}|{}', 'a schema alone brings an empty registry');

#
# DROP EXTENSION
#
my $tables = q{SELECT t.*, to_regclass('u'), to_regclass('v') FROM t};
my $left = $node->safe_psql('original', $tables);
my $bundle = $node->safe_psql('original', 'SELECT migrate.export()');

$node->safe_psql('original', 'CREATE VIEW monitor AS SELECT * FROM migrate.status');
is(state_of('original', 'DROP EXTENSION pg_migrate'),
	'2BP01', 'DROP EXTENSION is refused while a view of the user needs it');
$node->safe_psql('original', 'DROP VIEW monitor; DROP EXTENSION pg_migrate');
gives('original', $tables, $left, q{DROP EXTENSION leaves the user's tables});
like($left, qr/slash\|.*\|u\|$/, 'which are there');
gives(
	'original', q{SELECT count(*) FROM pg_namespace WHERE nspname = 'migrate'},
	'0', 'and nothing of its own');
$node->safe_psql('original',
	"CREATE EXTENSION pg_migrate; SELECT migrate.load(\$b\$$bundle\$b\$); SELECT migrate.stamp('c1')");
gives('original', 'SELECT migrate.upgrade()', 'd1', 'after CREATE EXTENSION, load() and stamp() upgrades continue');

#
# Not by a migration
#
$node->safe_psql('postgres', 'CREATE ROLE dba SUPERUSER LOGIN; CREATE DATABASE running');
$node->safe_psql('running', <<'SQL', extra_params => [ '-U', 'dba' ]);
CREATE EXTENSION pg_migrate;
CREATE TABLE t (a int);
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN EXECUTE tg_argv[0]; RETURN NULL; END$$;
CREATE FUNCTION change_extension() RETURNS event_trigger LANGUAGE plpgsql AS
  $$BEGIN EXECUTE current_setting('test.statement'); END$$;
SQL

# The statement, which works by itself, is refused in any disguise, as a
# migration that does it.
sub refused_in_migration
{
	my ($statement) = @_;
	my %setup = (
		'a script' => [ '', $statement ],
		'a DO block' => [ '', "DO \$do\$BEGIN EXECUTE '$statement'; END\$do\$" ],
		'a trigger' => [
			"CREATE TRIGGER change AFTER INSERT ON t EXECUTE FUNCTION change('$statement')",
			'INSERT INTO t VALUES (1)' ],
		'an event trigger' => [
			"CREATE EVENT TRIGGER change ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION change_extension();
SET test.statement = '$statement'",
			'CREATE TABLE new ()' ]);

	is(state_of('running', "BEGIN; $statement; ROLLBACK"), '', "$statement works by itself");
	foreach my $where (sort keys %setup)
	{
		my ($setup, $script) = @{ $setup{$where} };

		is( state_of(
				'running',
				"BEGIN; $setup;
SELECT migrate.register('x1', upgrade => \$up\$CREATE TABLE left_over (); $script\$up\$); SELECT migrate.upgrade()"
			),
			'55006',
			"$statement is refused in $where of a migration");
	}
	return;
}

refused_in_migration($_)
  foreach (
	'DROP EXTENSION pg_migrate',
	'DROP EXTENSION pg_migrate CASCADE',
	'ALTER EXTENSION pg_migrate DROP FUNCTION migrate.bases()',
	'ALTER EXTENSION pg_migrate ADD TABLE t',
	'DROP OWNED BY dba CASCADE');
gives(
	'running', q{SELECT array(SELECT migrate.heads()), to_regclass('left_over') IS NULL},
	'{}|t', 'nothing remains of the attempts');
is( state_of(
		'running',
		q{SELECT migrate.register('x1', upgrade => ''); SELECT migrate.upgrade(); DROP EXTENSION pg_migrate}
	),
	'',
	'after a run the same session may drop the extension');

$node->stop;
done_testing();
