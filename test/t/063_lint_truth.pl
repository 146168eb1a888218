# What lint and explain say of a statement is what the statement does: each of
# test/lint/statements is judged, and then executed, on filled tables.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 256\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# a server may have been built without contrib, or without XML
my $schema = slurp_file('test/lint/schema.sql');
$schema =~ s/^CREATE EXTENSION citext;$/CREATE DOMAIN citext AS text;/m
  if $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") eq '0';
$schema =~ s/\bx xml\b/x text/ if $node->psql('postgres', q{SELECT '<a/>'::xml}) != 0;
$node->safe_psql('postgres', $schema);
$node->safe_psql('postgres', slurp_file('test/lint/truth.sql'));

my @statements = grep { $_ ne '' && !/^#/ } split /\n/, slurp_file('test/lint/statements');
my (@alarms, @misses, @surprises);
my ($dangers, $agreed) = (0, 0);

# All in one session, a line of answers for each question
my @answers = split /\n/, $node->safe_psql('postgres', join(";\n",
	'SET pg_migrate.lint_small_table = 0', 'SET pg_migrate.lint_on_load = off',
	'SET client_min_messages = error',
	map { my $s = $_; map { "SELECT truth.$_(\$q\$$s\$q\$)" } qw(found judged explained) } @statements));

is(scalar @answers, 3 * @statements, 'each is executed, judged and explained');
for my $statement (@statements)
{
	my ($truth, $judged, $explained) = splice @answers, 0, 3;

	$dangers++ if $truth ne '';
	push @alarms, "$statement: said to work on $judged" if $truth eq '' && $judged ne '';
	push @misses, "$statement: worked on $truth" if $truth ne '' && $judged eq '';
	# a line may be several statements
	if (grep { $_ ne 'executed t' } split /; /, $explained) { push @surprises, "$statement: $explained"; }
	else { $agreed++; }
}

cmp_ok(scalar @statements, '>=', 300, 'there are statements of every kind');
cmp_ok($dangers, '>=', 92, 'many of them work on tables that others wait for');
cmp_ok(@statements - $dangers, '>=', 92, 'and many do not');
is(join("\n", @alarms), '', 'nothing is found that does not happen');
is(join("\n", @misses), '', 'nothing happens that is not found');
is(join("\n", @surprises), '', 'explain predicts what its trial sees');
note("$agreed of " . scalar(@statements) . ' agree');

$node->stop;
done_testing();
