# The safe forms that lint proposes can be executed and are safe: each is tried and
# linted, migration by migration.
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
my $schema = slurp_file('test/lint/schema.sql');
$schema =~ s/^CREATE EXTENSION citext;$/CREATE DOMAIN citext AS text;/m
  if $node->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'") eq '0';
$schema =~ s/\bx xml\b/x text/ if $node->psql('postgres', q{SELECT '<a/>'::xml}) != 0;
$node->safe_psql('postgres', $schema);

my $settings = join('', map { "SET $_;\n" } 'pg_migrate.lint_small_table = 0',
	'pg_migrate.lint_on_load = off', "lock_timeout = '2s'", 'client_min_messages = error');

# Register each script as a migration; returns the findings that are errors, and
# the result of a trial.
sub judge
{
	my @scripts = @_;
	my $i = 0;
	my $down = 'undefined';

	return $node->safe_psql('postgres', join('', $settings,
		map({ my $before = $i ? "'s$i'" : 'NULL'; $i++;
			  "SELECT migrate.register('s$i', $before, \$q\$$_\$q\$, '') \\g /dev/null\n" } @scripts),
		"SELECT string_agg(concat_ws(' ', revision, rule, message), '; ') FROM migrate.lint('s$i')
			WHERE severity = 'error' AND verdict = 'violation' AND direction = 'upgrade'
				AND rule NOT IN ('data-loss', 'unbounded-dml', 'rename-as-drop-add')
		UNION ALL
		SELECT string_agg(DISTINCT concat_ws(' ', outcome, reason), '; ' )
			FROM migrate.explain_rows('s$i', execute => true) WHERE outcome IN ('failed');\n",
		map({ "SELECT migrate.unregister('s$_') \\g /dev/null\n" } reverse 1 .. $i)));
}

# The proposals of lint for a statement, as "rule, rewrite"
sub proposals
{
	my ($statement) = @_;
	my $said = $node->safe_psql('postgres', "$settings SELECT rule || chr(1) || rewrite || chr(2)
		FROM migrate.lint_sql(\$q\$$statement\$q\$) WHERE verdict = 'violation' AND rewrite IS NOT NULL
			AND rule NOT IN ('locks-held', 'no-lock-timeout', 'timeout-pair', 'existing-rows')");
	return map { s/^\n//; [ split /\x01/ ] } split /\x02/, $said;
}

my @statements = grep { $_ ne '' && !/^#/ } split /\n/, slurp_file('test/lint/statements');
my ($tried, @failed, @unsafe) = (0);
my %seen;

for my $statement (@statements)
{
	for (proposals($statement))
	{
		my ($rule, $rewrite) = @$_;

		# proposals without SQL, or tried before; one of several may need the others
		next if $statement =~ /, ADD |; / || $rewrite =~ /^-- and the rest of the statement/m || $seen{$rewrite}++ || !grep { !/^--/ } split /\n/, $rewrite;
		# an index on a column, or table, that the statement itself makes
		my $with_statement = $rule eq 'index-advice';
		$rewrite = "$statement;\n-- in a later migration:\n$rewrite" if $with_statement;
		my ($unsafe, $failed) = split /\n/, judge(split /^-- (?:in|then).*:\n/m, $rewrite), -1;
		$tried++;
		push @failed, "$statement\n$rewrite\n$failed" if $failed && $rewrite !~ /backfill\(\.\.\.\)/;
		push @unsafe, "$statement\n$rewrite\n$unsafe" if $unsafe && !$with_statement;
	}
}
cmp_ok($tried, '>=', 50, "$tried safe forms of every kind");
is(join("\n", @failed), '', 'each can be run');
is(join("\n", @unsafe), '', 'each is safe');

$node->stop;
done_testing();
