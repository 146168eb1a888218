# A schema and its copy by pg_dump have the same snapshot: it contains neither OIDs
# nor the order of creation.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# One object of each kind, from the other test; without what pg_dump leaves out,
# settings of the database, and a language whose handler is an extension's.
my ($all) = slurp_file('test/sql/schema_snapshot.sql') =~ /^(.*?)^CREATE TABLE base_line/ms;
my $setup = join "\n", grep { !/ALTER DATABASE|SUBSCRIPTION|CREATE LANGUAGE/ } split /\n/, $all;

sub objects
{
	my ($database) = @_;

	return $node->safe_psql($database, 'SELECT * FROM migrate.schema_objects()');
}

$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(original copy);
$node->safe_psql('original', $setup);
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, 'original' ], 'dumped');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'copy', '-f', $dump ], 'restored');

my $objects = objects('original');
cmp_ok(scalar split(/\n/, $objects), '>', 100, 'there are objects of all kinds');
is(objects('copy'), $objects, 'the copy has the same');
is($node->safe_psql('copy', 'SELECT migrate.schema_fingerprint()'),
	$node->safe_psql('original', 'SELECT migrate.schema_fingerprint()'), 'and the same fingerprint');

$node->stop;
done_testing();
