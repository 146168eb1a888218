# A streaming standby: what it answers, what it refuses, and that runs work after
# its promotion.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session qw(sqlstate_in);
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# The SQLSTATE of the first error of the SQL, '' if there is none.
sub state_of
{
	my ($node, $sql) = @_;
	my $err = '';

	$node->psql('postgres', $sql, stderr => \$err, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
	return sqlstate_in($err);
}

sub gives
{
	my ($node, $sql, $expected, $name) = @_;

	is($node->safe_psql('postgres', $sql), $expected, $name);
	return;
}

# A history with two bases, a branch point, a merge point and a label, of which
# a part is applied.
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
SELECT migrate.register('a1', upgrade => 'CREATE TABLE t (a int)', downgrade => 'DROP TABLE t', message => 'first');
SELECT migrate.register('b1', 'a1', 'ALTER TABLE t ADD b int', 'ALTER TABLE t DROP b', branch_labels => 'left');
SELECT migrate.register('b2', 'a1', 'ALTER TABLE t ADD c int', 'ALTER TABLE t DROP c');
SELECT migrate.register('c1', 'b1, b2', 'INSERT INTO t VALUES (1)', 'DELETE FROM t', verify => 'SELECT a = 1 FROM t');
SELECT migrate.register('z1', upgrade => 'CREATE TABLE z ()', downgrade => 'DROP TABLE z', branch_labels => 'other');
SELECT migrate.upgrade('c1');
SELECT migrate.downgrade('b1');
SQL
my $bundle = $primary->safe_psql('postgres', q{SELECT migrate.export('a1:b2')});

$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

#
# Asking
#
my @asking = (
	'current()', q{current('left')},
	'heads()', 'heads(true)',
	'bases()', 'branches()',
	'history()', q{history('a1:current')},
	q{show('c1')}, 'graph()',
	q{plan('heads')}, q{plan('base', 'downgrade')},
	q{upgrade_sql('heads')}, q{upgrade_sql('base:c1', false)},
	q{downgrade_sql('base')}, 'export()',
	"validate(\$b\$$bundle\$b\$)", 'check_registry()',
	'status', 'log', 'progress',
	'schema_objects()', 'schema_fingerprint()', q{schema_changes('[]')},
	'version');
my %expected = (
	'current()' => "b1\nb2",
	'heads()' => "c1\nz1",
	'bases()' => "a1\nz1",
	'check_registry()' => '',
	q{plan('heads')} => qq({"transaction: 1 statement"}|transaction|) =~ s/.*/1|z1|upgrade||t|1|$&\n2|c1|upgrade||t|1|$&/r);

# The file revision() would give, but for the time.
my $new_file = q{SELECT revision, file_name, regexp_replace(content, '-- created: [^\n]*', '') 
  FROM migrate.revision('next', 'heads', rev_id => 'n1')};

# The node must answer as the primary does, inside $begin.
sub asks
{
	my ($node, $begin, $where) = @_;

	foreach my $question (map { "SELECT * FROM migrate.$_" } @asking)
	{
		my ($name) = $question =~ /migrate\.([^\n]*)/;

		gives($node, "$begin; $question", $primary->safe_psql('postgres', $question), "$name $where");
	}
	gives($node, "$begin; $new_file", $primary->safe_psql('postgres', $new_file), "revision() $where");
	return;
}

gives($primary, "SELECT * FROM migrate.$_", $expected{$_}, "$_ on the primary") foreach sort keys %expected;
like(
	$primary->safe_psql('postgres', $new_file),
	qr/^n1\|n1_next\.sql\|.*down_revision: c1, z1/s,
	'revision() on the primary');
gives($standby, 'SELECT pg_is_in_recovery()', 't', 'the standby is in recovery');
asks($standby, 'BEGIN', 'answers on a standby as on the primary');
asks($standby, 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'answers there in REPEATABLE READ');
asks($primary, 'BEGIN READ ONLY', 'answers in a read-only transaction');
gives($standby, q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'},
	'0', 'nothing is left locked on the standby');

#
# Changing
#
my @changing = (
	q{upgrade('c1')},
	q{upgrade('b1')},
	q{downgrade('base')},
	q{stamp('c1')},
	"load(\$b\$$bundle\$b\$)",
	q{register('n1', 'c1', 'SELECT 1')},
	q{register('a1', upgrade => 'CREATE TABLE t (a int)', downgrade => 'DROP TABLE t', message => 'first')},
	q{merge('m')},
	q{unregister('z1')},
	q{repair('a1')},
	q{trust('a1')});

foreach my $call (map { "SELECT * FROM migrate.$_" } @changing)
{
	my ($name) = $call =~ /migrate\.([^\n]*)/;

	is(state_of($primary, "BEGIN; $call; ROLLBACK"), '', "$name works on the primary");
	is(state_of($standby, $call), '25006', "$name is refused on a standby");
	is(state_of($primary, "BEGIN READ ONLY; $call"), '25006',
		"$name is refused in a read-only transaction");
}
is(state_of($standby, 'CREATE EXTENSION pg_migrate'), '25006', 'so is CREATE EXTENSION');
gives($primary, 'SELECT migrate.current()', "b1\nb2", 'the primary is where it was');

#
# What the primary does arrives; after promotion the standby goes on
#
$primary->safe_psql('postgres', q{SELECT migrate.upgrade('c1')});
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
gives(
	$standby, 'SELECT migrate.current(); SELECT * FROM t',
	"c1\n1||", 'an upgrade of the primary arrives with all it did');

my $log = $primary->safe_psql('postgres', 'SELECT * FROM migrate.log ORDER BY id');
my $numbers = $primary->safe_psql('postgres',
	'SELECT max(run), max(id), (SELECT max(seq) FROM migrate.revision) FROM migrate.log');
my ($run, $id, $seq) = split /\|/, $numbers;
$primary->stop;
$standby->promote;

gives($standby, q{SELECT migrate.upgrade('heads')}, "c1\nz1", 'after promotion upgrade() works');
gives(
	$standby,
	q{SELECT migrate.register('d1', 'c1', 'CREATE TABLE u ()', 'DROP TABLE u');
SELECT migrate.upgrade('heads'); SELECT migrate.downgrade('c1')},
	"d1\nd1\nz1\nc1\nz1",
	'so do register() and downgrade()');
gives($standby, q{SELECT to_regclass('z') IS NOT NULL, to_regclass('u') IS NULL},
	't|t', 'and have their effects');
gives($standby, "SELECT * FROM migrate.log WHERE id <= $id ORDER BY id", $log, 'the log is kept');
gives(
	$standby,
	"SELECT direction, revision, run > $run FROM migrate.log WHERE id > $id ORDER BY id",
	"upgrade|z1|t\nupgrade|d1|t\ndowngrade|d1|t",
	'and continues with its own numbers');
gives($standby, "SELECT seq > $seq FROM migrate.revision WHERE revision = 'd1'",
	't', 'so does the order of registration');
gives($standby, 'SELECT * FROM migrate.check_registry()', '', 'check_registry() finds nothing');

$standby->stop;
done_testing();
