# The documents are complete: every function, column, setting and SQLSTATE is
# described, and every link has a target.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

my $reference = slurp_file('docs/reference.md');
my $troubleshooting = slurp_file('docs/troubleshooting.md');

# Test that a text contains all names that a query lists.
sub is_there
{
	my ($text, $what, $query, $pattern) = @_;
	my @names = split(/\n/, $node->safe_psql('postgres', $query));
	my @missing = grep { $text !~ $pattern->(quotemeta($_)) } @names;

	cmp_ok(scalar @names, '>', 0, "there are $what");
	is("@missing", '', "the reference has all $what");
	return;
}

is_there($reference, 'functions', "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'migrate'::regnamespace",
	sub { qr/\bmigrate\.$_[0]\(/ });
is_there($reference, 'arguments', "SELECT DISTINCT unnest(proargnames) FROM pg_proc WHERE pronamespace = 'migrate'::regnamespace",
	sub { qr/\b$_[0] (?:text|id_list|boolean|jsonb|int|bigint|timestamptz|interval|regclass|double precision)/ });
is_there($reference, 'columns',
	"SELECT DISTINCT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
	  . " WHERE relnamespace = 'migrate'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0",
	sub { qr/(?:`$_[0]`|\b$_[0] (?:text|boolean|int|bigint|timestamptz|interval|double precision))/ });
is_there($reference, 'settings', "SET client_min_messages = error; SELECT migrate.downgrade('base'); SELECT name FROM pg_settings WHERE name LIKE 'pg\\_migrate.%'", sub { qr/`$_[0]`/ });

my $comments = $node->safe_psql('postgres',
	"SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'migrate'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL"
	  . " UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace = 'migrate'::regnamespace AND relkind IN ('r', 'v', 'S') AND obj_description(oid, 'pg_class') IS NULL"
	  . " UNION ALL SELECT attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'migrate'::regnamespace"
	  . " AND relkind IN ('r', 'v') AND attnum > 0 AND col_description(attrelid, attnum) IS NULL");
is($comments, '', 'everything has a COMMENT');

# each code that the sources raise has a heading of its own
my @codes = slurp_file('src/errors.h') =~ /MAKE_SQLSTATE\('M','G','(\d)','(\d)','(\d)'\)/g;
my %code = (25001 => 1, 25006 => 1, 40001 => 1, '40P01' => 1, 42501 => 1, 42601 => 1, 53000 => 1, 53200 => 1, 55006 => 1, '55P03' => 1, '55P04' => 1, 57014 => 1);
$code{ 'MG' . join('', splice(@codes, 0, 3)) } = 1 while @codes;
cmp_ok(scalar keys %code, '>', 20, 'there are SQLSTATEs');
is(join(' ', grep { $troubleshooting !~ /^### $_: /m } sort keys %code), '', 'each SQLSTATE has a section in troubleshooting');

# What messages and documents tell people to type exists, and with such
# arguments: each call is analyzed as the body of a procedure, in which only an
# unknown function or table matters.  A call with "..." or <...> in it is only
# looked up by name.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION untypable(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('CREATE OR REPLACE PROCEDURE typed() LANGUAGE sql AS %L', call);
	RETURN NULL;
EXCEPTION
	WHEN undefined_function OR wrong_object_type THEN RETURN call || ': ' || SQLERRM;
	WHEN undefined_table THEN RETURN CASE WHEN SQLERRM ~ '"migrate\.' THEN call || ': ' || SQLERRM END;
	WHEN OTHERS THEN RETURN NULL;
END $$;
SQL

my %routines = map { $_ => 1 } split(/\n/, $node->safe_psql('postgres', "SELECT proname FROM pg_proc WHERE pronamespace = 'migrate'::regnamespace"));

# The argument list at the begin of a text, with its parentheses
sub balanced
{
	my ($text) = @_;
	return $text =~ /^(\((?:[^()']|'(?:[^']|'')*'|(?1))*\))/ ? $1 : undef;
}

# The calls in a text that cannot be typed, with the reason, a line each
sub untypable
{
	my ($text) = @_;
	my %calls;

	while ($text =~ /\b((?:SELECT|CALL|PERFORM|FROM)\s+(?:\*\s+FROM\s+)?)?migrate\.(\w+)(?=(\(.{0,2000})?)/gs)
	{
		my ($verb, $name, $rest) = ($1, $2, $3);
		my $arguments = defined $rest ? balanced($rest) : undef;
		my $call = "SELECT FROM migrate.$name";

		if (!defined $rest)
		{
			next unless ($verb // '') =~ /FROM/;
		}
		elsif (!defined $verb || !defined $arguments || $arguments =~ /\.\.\.|<\w|\[|\$\$/)
		{
			next if $routines{$name};
			$call = "SELECT migrate.$name()";
		}
		else
		{
			# placeholders: directives of format(), variables of psql and PL/pgSQL
			$arguments =~ s/'%s'|:'\w+'|:\w+\b(?<!::)|%s/NULL/g;
			$arguments =~ s/%\w*d/1/g;
			$call = ($verb =~ /CALL/ ? 'CALL' : 'SELECT') . " migrate.$name$arguments";
		}
		# prose names a function so
		$calls{$call} = 1 unless $call eq 'CALL migrate.backfill()';
	}
	my $list = join(', ', map { s/'/''/gr =~ s/^(.*)$/('$1')/sr } sort keys %calls);
	return $node->safe_psql('postgres', "SELECT untypable(call) FROM (VALUES $list) v (call) WHERE untypable(call) IS NOT NULL");
}

my $messages = '';
for my $file (glob('src/*.c src/*/*.c'))
{
	my $source = slurp_file($file);
	$source =~ s{/\*.*?\*/}{}gs;
	# adjacent literals are concatenated
	$messages .= join('', map { s/\\n/\n/gr =~ s/\\(.)/$1/gr } /"((?:[^"\\\n]|\\.)*)"/g) . "\n"
	  for $source =~ /((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g;
}
cmp_ok(scalar(() = $messages =~ /(?:SELECT|CALL) (?:\* FROM )?migrate\.\w+\(/g), '>', 30, 'messages contain calls to type');
is(untypable($messages), '', 'and it can be typed');
is(untypable(join("\n", map { slurp_file($_) } 'README.md', glob('docs/*.md sql/*.sql'))), '', 'calls in the documents can be typed');
like(untypable('Type `SELECT migrate.cancel(1, 2);`, `CALL migrate.upgrade()` or SELECT * FROM migrate.nothing.'),
	qr/\A(?=.*migrate\.cancel\(1, 2\): )(?=.*migrate\.upgrade\(\): )(?=.*migrate\.nothing")/s, 'invalid calls are found');
my %settings = map { $_ => 1 } split(/\n/,
	$node->safe_psql('postgres', "SET client_min_messages = error; SELECT migrate.downgrade('base'); SELECT name FROM pg_settings WHERE name LIKE 'pg\\_migrate.%'"));
is(join(' ', grep { !$settings{"pg_migrate.$_"} } $messages =~ /\bpg_migrate\.([a-z_]+)/g), '', 'the settings in messages exist');

# links
for my $file ('README.md', 'CHANGELOG.md', 'bench/README.md', glob('docs/*.md'))
{
	my $text = slurp_file($file);
	my ($dir) = $file =~ m{^(.*/)?};
	my @broken;

	while ($text =~ /\]\(([^)#:]*)(?:#([^)]*))?\)/g)
	{
		my ($path, $anchor) = ($1, $2);
		my $target = $path eq '' ? $file : ($dir // '') . $path;
		if (!-e $target)
		{
			push @broken, $target;
			next;
		}
		next unless defined $anchor;
		my %anchors = map { lc =~ s/[^\w\- ]//gr =~ s/ /-/gr => 1 } slurp_file($target) =~ /^#+ +(.*)$/mg;
		push @broken, "$target#$anchor" unless $anchors{$anchor};
	}
	is("@broken", '', "the links of $file lead somewhere");
}

# the same version everywhere
my ($version) = slurp_file('pg_migrate.control') =~ /^default_version = '(.*)'$/m;
is_deeply([ slurp_file('META.json') =~ /^ {3,12}"version": "([\d.]+)",?$/mg ], [ $version, $version, '1.0.0' ], 'META.json has the version');
like(slurp_file('CHANGELOG.md'), qr/^## \Q$version\E/m, 'and the list of changes');

$node->stop;
done_testing();
