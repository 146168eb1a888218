# Previews (upgrade_sql() and downgrade_sql()) are scripts that psql can run in
# another database, with or without the extension, and that lead to the same
# catalogs and data as the runs.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The migrations of the demo, and scripts that are hard to preview
my $bundle = join('', map { slurp_file($_) . "\n" } glob('test/demo/migrations/*.sql'));
my @hard = (
	"SET search_path = other;\nCREATE TABLE lies_in_other ()",
	"CREATE TABLE lies_in_public (); -- no other statement\n-- and a last comment",
	"SELECT set_config('search_path', 'other', false);\nCREATE TABLE also_in_other ();",
	"DO \$do\$ BEGIN SET search_path = other; CREATE TABLE third_in_other (); END \$do\$",
	"CREATE TABLE also_in_public (a int[], \"Odd name;\" text DEFAULT E'it\\'s; \\\\ \$pgm\$ -- no');\n"
	  . "INSERT INTO also_in_public VALUES ('{1,2,3}', 'a;b'), (('{4,5,6}'::int[])[1:2], E':x :\\'y\\' \\\\z');",
	"CREATE FUNCTION atomic(a int) RETURNS int BEGIN ATOMIC SELECT a; SELECT a + 1; END;\n"
	  . "CREATE FUNCTION quoted() RETURNS text LANGUAGE sql AS \$pgm\$ SELECT '-- migrate:down' \$pgm\$;\n"
	  . "CREATE RULE twice AS ON DELETE TO also_in_public DO ALSO (NOTIFY gone; SELECT 1);",
	"/* only /* a nested */ comment */",
	"CREATE SCHEMA third CREATE TABLE inside (a int) CREATE VIEW seen AS SELECT a FROM inside;\nSET LOCAL work_mem = '8MB';SET ROLE postgres;",
	"CREATE TABLE äöü (ß text DEFAULT '€');",
	"SET work_mem = '2MB';\nCREATE TABLE cut (a int); ALTER TABLE cut ADD CONSTRAINT positive CHECK (a > 0) NOT VALID; -- the lock\n\n-- is let go\n"
	  . "-- migrate:segment\nALTER TABLE cut VALIDATE CONSTRAINT positive; /* migrate:segment */ CREATE TABLE cut_off AS SELECT current_setting('work_mem') AS mem");
my @down = (
	'DROP TABLE other.lies_in_other', 'DROP TABLE lies_in_public', 'DROP TABLE other.also_in_other', 'DROP TABLE other.third_in_other;',
	'DROP TABLE also_in_public CASCADE;', "DROP FUNCTION atomic;\nDROP FUNCTION quoted;\nDROP RULE twice ON also_in_public;", '',
	"DROP SCHEMA third CASCADE -- all of it", 'DROP TABLE äöü',
	"ALTER TABLE cut DROP CONSTRAINT positive;\n-- migrate:segment\nDROP TABLE cut, cut_off");
my $last = 'f391e6b05d7a';
for my $i (0 .. $#hard)
{
	my $id = "hard$i";
	$bundle .= "-- revision: $id\n-- down_revision: $last\n-- message: hard; case $i \$pgm\$ 'x'\n-- migrate:up\n$hard[$i]\n"
	  . "-- migrate:down\n$down[$i]\n-- migrate:verify\n"
	  . ($i % 2 ? "SET search_path = pg_catalog;\nSELECT '\$pgm\$' <> '\$pgm1\$', false -- good\n" : "VALUES (true), (true);\n");
	$last = $id;
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
for my $db (qw(origin tracked plain))
{
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'CREATE SCHEMA other');
	$node->safe_psql($db, 'CREATE EXTENSION pg_migrate') unless $db eq 'plain';
}
$node->safe_psql('origin', "SELECT migrate.load(\$bundle\$$bundle\$bundle\$)");

# A dump of a database without what belongs to the extension
sub dump_of
{
	my ($db) = @_;
	my ($dump) = run_command([ 'pg_dump', '-d', $node->connstr($db), '--inserts', '-N', 'migrate' ]);
	$dump =~ s/^(-- Name: EXTENSION|COMMENT ON EXTENSION|CREATE EXTENSION|\\(un)?restrict).*\n//mg;
	$dump =~ s/^--.*\n//mg;
	$dump =~ s/'\d{4}-\d\d-\d\d \d\d:[^']*'/NOW/g;
	$dump =~ s/\n\n+/\n/g;
	return $dump;
}

# The dumps of a database and the origin's are the same; says where not.
sub is_alike
{
	my ($db, $what) = @_;
	my ($theirs, $ours) = (dump_of('origin'), dump_of($db));
	my %seen;

	$seen{$_}-- for split(/\n/, $theirs);
	$seen{$_}++ for split(/\n/, $ours);
	is($ours eq $theirs ? '' : join("\n", map { ($seen{$_} < 0 ? '-' : '+') . $_ } grep { $seen{$_} } sort keys %seen) || 'other order',
		'', $what);
	return;
}

# Where a database is, what is applied, and whether that is consistent
sub position
{
	my ($db) = @_;
	return $node->safe_psql($db,
		"SELECT (SELECT array_agg(v ORDER BY v) FROM migrate.current() v), (SELECT array_agg(revision ORDER BY revision) FROM migrate.history() WHERE is_applied),"
		  . " (SELECT count(*) FROM migrate.check_registry())");
}

# Run the preview in the two others: preview(FUNCTION, TARGET), and the same in
# the origin by the calls.
sub compare
{
	my ($what, $preview, @calls) = @_;
	my $with = $node->safe_psql('origin', "SELECT migrate.$preview)");
	my $without = $node->safe_psql('origin', "SELECT migrate.$preview, bookkeeping => false)");

	unlike($without, qr/migrate\./, "$what: without bookkeeping it does not name the extension");
	$node->safe_psql('origin', "SET client_min_messages = error; SELECT migrate.$_") for @calls;
	for (['tracked', $with], ['plain', $without])
	{
		my ($db, $script) = @$_;
		my $file = PostgreSQL::Test::Utils::tempdir() . '/preview.sql';
		append_to_file($file, $script);
		command_ok([ 'psql', '-Xq', '-o', '/dev/null', '-d', $node->connstr($db), '-f', $file ], "$what: it runs ($db)");
		unlink($file);
		is_alike($db, "$what: the databases are alike ($db)");
	}
	is(position('tracked'), position('origin'), "$what: the positions are alike");
	return;
}

my $empty = dump_of('origin');
compare('up to the enum value', "upgrade_sql('a61b5f3dc978'", "upgrade('a61b5f3dc978')");
compare('all the way up', "upgrade_sql('heads'", "upgrade('heads')");
isnt(dump_of('origin'), $empty, 'something was made');
compare('down a few', "downgrade_sql('hard2'", "downgrade('hard2')");
compare('down one', "downgrade_sql('hard2\@-1'", "downgrade('hard2\@-1')");
compare('up one', "upgrade_sql('hard2\@+1'", "upgrade('hard2\@+1')");
compare('a range up', "upgrade_sql('current:hard7'", "upgrade('hard7')");
compare('a range up from an id', "upgrade_sql('hard7:hard8'", "upgrade('hard8')");
compare('a range down', "downgrade_sql('hard8:hard5'", "downgrade('hard5')");
compare('all the way down', "downgrade_sql('base'", "downgrade('base')");
is(dump_of('plain'), $empty, 'nothing is left');

# over the value of an enum and its use, at once
my $all = $node->safe_psql('origin', "SELECT migrate.upgrade_sql('heads')");
my $file = PostgreSQL::Test::Utils::tempdir() . '/all.sql';
append_to_file($file, $all);
command_ok([ 'psql', '-Xq', '-o', '/dev/null', '-d', $node->connstr('tracked'), '-f', $file ], 'a single script commits where necessary');
is($node->safe_psql('tracked', 'SELECT up_to_date FROM migrate.status'), 't', 'and arrives');
command_fails_like(
	[ 'psql', '-Xq', '-d', $node->connstr('tracked'), '-f', $file ],
	qr/the database is not at the revisions this script begins at/,
	'it stops where the database is somewhere else');

# a verify script that does not say true stops the script
my $verify = sub {
	my ($up, $check) = @_;
	$node->safe_psql('origin',
		"SELECT migrate.load(E'-- revision: v1\\n-- down_revision:\\n-- migrate:up\\n$up\\n-- migrate:verify\\n$check', prune => true)");
	my $script = $node->safe_psql('origin', "SELECT migrate.upgrade_sql('head', false)");
	my ($code, $out, $err) = $node->psql('plain', $script);
	return $err . $node->safe_psql('plain', "SELECT to_regclass('v1') IS NULL");
};
for my $said ('SELECT false', 'SELECT NULL::boolean', 'SELECT true WHERE false', 'VALUES (true), (false)', "SELECT count(*) > 0 FROM v1;\n")
{
	like($verify->('CREATE TABLE v1 ();', $said), qr/verify script of migration v1 did not say true.*t$/s, "'$said' stops the preview");
}
is($verify->('SELECT 1;', 'SELECT 1; SELECT 0'), 't', 'a number does not');

# What is a string to the server must not be a command to psql, whatever the
# script has set before: psql reads strings as the server's setting says.
$node->safe_psql('postgres', 'CREATE DATABASE hostile');
$node->safe_psql('hostile', 'CREATE EXTENSION pg_migrate; CREATE TABLE t (b text, c text)');
my $command = "' \\echo reached\n--'";
my @hostile = (
	[ "SET standard_conforming_strings = off;\nSELECT 'a\\'; SELECT $command;" ],
	[ "SET standard_conforming_strings = off; SELECT 'a\\'; SELECT $command;" ],
	[ "SELECT set_config('standard_conforming_strings', 'off', false) /* ' */; /* x */ SELECT 'a\\'; SELECT $command;" ],
	[ "DO 'BEGIN SET standard_conforming_strings = off; END'; SELECT 'a\\' AS a, $command AS b" ],
	[ "SET standard_conforming_strings = off; SELECT 1;\n-- migrate:segment\nSELECT 'a\\', $command;\nVACUUM t;\nSELECT 'b\\', $command" ],
	[ 'SET standard_conforming_strings = off', "SELECT 'a\\' <> $command" ],
	[ 'SET standard_conforming_strings = off', "SELECT 'a\\', $command; SELECT true" ],
	[ "SET standard_conforming_strings = off; CALL migrate.backfill('t', \$b\$b = 'a\\', c = $command\$b\$)" ],
	[ "CALL migrate.backfill('t', \$b\$b = c; \\echo reached\n\$b\$)" ],
	[ "CALL migrate.backfill('t', \$b\$b = c \\echo reached\n\$b\$)" ],
	[ "CALL migrate.backfill('t', 'b = c', \$b\$ true; DELETE FROM t \$b\$)" ],
);
foreach my $case (@hostile)
{
	my ($up, $verify) = @$case;
	my $file = $node->basedir . '/hostile.sql';

	$node->safe_psql('hostile', 'SET client_min_messages = error; SELECT migrate.register(\'h1\', upgrade => $u$' . $up . '$u$, replace => true'
		. ($verify ? ', verify => $u$' . $verify . '$u$' : '') . ')');
	foreach my $with ('true', 'false')
	{
		unlink $file;
		append_to_file($file, $node->safe_psql('hostile', "SELECT migrate.upgrade_sql('head', bookkeeping => $with)"));
		my ($out, $err) = run_command([ 'psql', '-X', '-f', $file, '-d', $node->connstr('plain') ]);
		unlike($out, qr/^reached/m, "psql obeys no command in a string: $up") or diag(slurp_file($file));
	}
	like(slurp_file($file), qr/CALL migrate.backfill/, 'what is not one UPDATE is left as it was') if $up =~ /reached\n\$b|DELETE/ && $up !~ /conforming/;
}

$node->stop;
done_testing();
