# The migrations of docs/patterns.md: each is upgraded, downgraded and upgraded
# again, with rows in the tables, and leads to the same schema.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

my $page = slurp_file('docs/patterns.md');
my @files = $page =~ /^```sql\n(-- revision:.*?)^```\n/gms;
my ($irreversible) = grep { !/^-- migrate:down/m } @files;
@files = grep { /^-- migrate:down/m } @files;
cmp_ok(scalar @files, '>=', 20, 'the page has migrations');

sub load
{
	my $bundle = join("\n", @_);
	return $node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.load(\$bundle\$$bundle\$bundle\$)");
}

sub schema
{
	my ($dump) = run_command([ 'pg_dump', '-s', '-N', 'migrate', '-d', $node->connstr('postgres') ]);
	$dump =~ s/^\\(un)?restrict.*\n//mg;
	return $dump;
}

sub call
{
	my ($call) = @_;
	return $node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.$call");
}

# Restored columns are last in their table, so compare without order.
sub lines
{
	my ($schema) = @_;
	return join("\n", sort map { s/,$//r } split(/\n/, $schema));
}

# The errors that applications get that update any row
sub writable
{
	my ($code, $out, $err) = $node->psql('postgres', <<'SQL');
SELECT format('UPDATE %s SET %I = %2$I', attrelid::regclass, min(attname))
  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
 GROUP BY attrelid
\gexec
SQL
	return $err;
}

load(@files);
my $empty = schema();

# one step at a time, in the order of a whole upgrade
my @steps = split(/\n/, $node->safe_psql('postgres', "SELECT revision FROM migrate.plan('heads')"));
is(scalar @steps, scalar @files, 'all of them would run');
for my $step (@steps)
{
	my $before = schema();
	my $label = $step =~ /^1[cd]/ ? 'billing@' : '';
	call("upgrade('$step')");
	my $after = schema();
	my $down = $node->safe_psql('postgres', "SELECT coalesce(down_revision[1], 'base') FROM migrate.history() WHERE revision = '$step'");
	my $branches = $down eq '18fe4ab60b3f' ? "$step\@$down" : "$label$down";
	if ($step eq '1b217de93e62')
	{
		call("downgrade('$down')");
	}
	else
	{
		call("downgrade('$branches')");
	}
	is(lines(schema()), lines($before), "$step: down undoes up");
	call("upgrade('$step')");
	is(lines(schema()), lines($after), "$step: up again does the same");
	is(writable(), '', "$step: and every row can still be written");
	$node->safe_psql('postgres', "INSERT INTO users (name, email) VALUES ('Ada', 'ada\@example.fr'), ('Konrad', 'konrad\@example.de')")
	  if $step eq '0a10c6f2e7b1';
	$node->safe_psql('postgres', "INSERT INTO orders (user_id, status, total, note) VALUES (1, 'shipped', 7, 'returned'), (2, 'placed', 9, NULL)")
	  if $step eq '1187d3a9f4c8';
}
is(call('current()'), "1d439f0b5084\n4298e450a5d9", 'the database is at both heads');
is($node->safe_psql('postgres', 'SELECT full_name, locale, status, total FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.id'),
	"Ada|fr|refunded|7.00\nKonrad|de|placed|9.00", 'and the rows went along');

call("downgrade('base')");
is(schema(), $empty, 'a downgrade to base leaves nothing');
is(call('current()'), '', 'and ends at base');

# in as many calls as the page says
my ($code, $out, $err) = $node->psql('postgres', "SELECT * FROM migrate.upgrade('heads')");
like($err, qr/may use enum value 'refunded'.*upgrade in two calls: SELECT migrate\.upgrade\('1298e4b0a5d9'\)/s, 'the value and its use take two transactions');
call("upgrade('1298e4b0a5d9')");
is(call("upgrade('heads')"), "1d439f0b5084\n4298e450a5d9", 'which arrive');
is(call("current('billing')"), '1d439f0b5084', 'a label selects one application');

# the migration without a downgrade
load($irreversible);
call("upgrade('1f65b12d72a6')");
($code, $out, $err) = $node->psql('postgres', "SELECT migrate.downgrade('1b217de93e62')");
like($err, qr/migration "1f65b12d72a6" has no downgrade script/, 'an irreversible migration reports it');

$node->stop;
done_testing();
