# docs/safety.md has a section for each rule of lint, and its command for continuous
# integration has the exit status that it describes.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate; CREATE TABLE t (a int)');

my $safety = slurp_file('docs/safety.md');
my @rules = split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT rule FROM migrate.lint_rules() ORDER BY 1');
my @sections = sort $safety =~ /^### (.*)$/mg;

cmp_ok(scalar @rules, '>=', 50, 'there are rules');
is("@sections", "@rules", 'each has a section, and nothing else has');

# each section shows its rule at work
my %shown;
while ($safety =~ /^### (\S+)\n(.*?)(?=^##|\z)/gms)
{
	my ($rule, $text) = ($1, $2);
	$shown{$rule} = 1 if $text =~ /^(?:error|warning|notice) \Q$rule\E: /m;
}
is(join(' ', grep { !$shown{$_} } @rules), '', 'which shows it in an example');

# the line for continuous integration
my ($line) = $safety =~ /```sh\n(psql .*?)\n```/s;
ok($line, 'there is a line for continuous integration');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
is(system('sh', '-c', "$line 2>/dev/null"), 0, 'without migrations it succeeds');
$node->safe_psql('postgres', "SELECT migrate.register('a1', NULL, 'ALTER TABLE t ADD b int', 'ALTER TABLE t DROP b')");
is(system('sh', '-c', "$line 2>/dev/null"), 0, 'with a harmless one, too');
$node->safe_psql('postgres', "SET pg_migrate.lint_on_load = off; INSERT INTO t VALUES (1); SELECT migrate.register('a2', 'a1', 'DROP TABLE t', '')");
is(system('sh', '-c', "$line 2>/dev/null") >> 8, 1, 'with one that loses data it fails');
$ENV{PGDATABASE} = 'nowhere';
is(system('sh', '-c', "$line 2>/dev/null") >> 8, 1, 'and where psql does');

$node->stop;
done_testing();
