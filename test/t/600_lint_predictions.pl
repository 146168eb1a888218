# Predictions of lint and explain are true: each of test/lint/statements is judged
# and then executed, on filled tables.
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

# One session answers all questions, with one line for each
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
cmp_ok($dangers, '>=', 92, 'many of the statements block other sessions');
cmp_ok(@statements - $dangers, '>=', 92, 'and many do not');
is(join("\n", @alarms), '', 'nothing is found that does not happen');
is(join("\n", @misses), '', 'nothing happens that is not found');
is(join("\n", @surprises), '', 'predictions of explain agree with its trials');
note("$agreed of " . scalar(@statements) . ' agree');

# Pending trigger events: lint finds the statements that the server refuses with
# 55006.
$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA waits;
SET search_path = waits;
CREATE TABLE p (id int PRIMARY KEY, note text);
CREATE TABLE c (id int, pid int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY DEFERRED, note text);
CREATE TABLE d (id int, pid int CONSTRAINT d_p REFERENCES p DEFERRABLE);
CREATE TABLE n (id int, pid int REFERENCES p);
CREATE TABLE casc (id int, pid int CONSTRAINT casc_p REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE t (id int, note text);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER t_later AFTER INSERT OR UPDATE OF note ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE o (id int);
CREATE CONSTRAINT TRIGGER o_off AFTER INSERT ON o DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing();
ALTER TABLE o DISABLE TRIGGER o_off;
CREATE TABLE u (id int CONSTRAINT u_id UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE e (id int, pid int CONSTRAINT e_p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE parted (id int, pid int CONSTRAINT parted_p REFERENCES p DEFERRABLE INITIALLY DEFERRED) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES IN (1);
INSERT INTO p VALUES (1), (2), (3);
INSERT INTO c VALUES (1, 1); INSERT INTO d VALUES (1, 1); INSERT INTO n VALUES (1, 1); INSERT INTO casc VALUES (1, 1); INSERT INTO t VALUES (1); INSERT INTO u VALUES (1); INSERT INTO part_1 VALUES (1, 1);
SQL
my ($refused, @differ) = (0);
for my $script (
	'INSERT INTO c VALUES (2, 1); ALTER TABLE c ADD more text',
	'INSERT INTO c VALUES (2, 1); TRUNCATE c',
	'INSERT INTO c VALUES (2, 1); DROP TABLE c',
	'INSERT INTO c VALUES (2, 1); CREATE INDEX i ON c (id)',
	'INSERT INTO c VALUES (2, 1); ALTER TABLE c DROP CONSTRAINT c_p',
	'INSERT INTO c VALUES (2, 1); ALTER TABLE c RENAME TO cc',
	'INSERT INTO c VALUES (2, 1); COMMENT ON TABLE c IS $$x$$; GRANT SELECT ON c TO PUBLIC; ANALYZE c',
	'INSERT INTO c VALUES (2, 1); ALTER TABLE p ADD more text',
	'INSERT INTO c VALUES (2, 1); ALTER TABLE d ADD more text',
	'INSERT INTO c VALUES (2, 1); SELECT 1; UPDATE d SET id = 3; ALTER TABLE c ADD more text',
	'INSERT INTO c VALUES (2, 1); SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE c ADD more text',
	'INSERT INTO c VALUES (2, 1); SET CONSTRAINTS c_p IMMEDIATE; ALTER TABLE c ADD more text',
	'INSERT INTO c VALUES (2, 1); SET CONSTRAINTS d_p IMMEDIATE; ALTER TABLE c ADD more text',
	'INSERT INTO c VALUES (2, 1); SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; INSERT INTO c VALUES (2, 1); ALTER TABLE c ADD more text',
	'SET CONSTRAINTS ALL IMMEDIATE; INSERT INTO c VALUES (2, 1); ALTER TABLE c ADD more text',
	'ALTER TABLE c ADD more text; INSERT INTO c VALUES (2, 1)',
	'INSERT INTO d VALUES (2, 1); ALTER TABLE d ADD more text',
	'SET CONSTRAINTS ALL DEFERRED; INSERT INTO d VALUES (2, 1); ALTER TABLE d ADD more text',
	'SET CONSTRAINTS d_p DEFERRED; INSERT INTO d VALUES (2, 1); ALTER TABLE d ADD more text',
	'INSERT INTO n VALUES (2, 1); ALTER TABLE n ADD more text',
	'UPDATE c SET pid = 2; ALTER TABLE c ADD more text',
	'UPDATE c SET note = $$x$$; ALTER TABLE c ADD more text',
	'DELETE FROM c; ALTER TABLE c ADD more text',
	'DELETE FROM p WHERE id = 3; ALTER TABLE p ADD more text',
	'UPDATE p SET id = 4 WHERE id = 3; ALTER TABLE p ADD more text',
	'UPDATE p SET note = $$x$$; ALTER TABLE p ADD more text',
	'DELETE FROM e; UPDATE e SET pid = 2; ALTER TABLE e ADD more text',
	'WITH w AS (INSERT INTO c VALUES (2, 1) RETURNING id) SELECT * FROM w; ALTER TABLE c ADD more text',
	'MERGE INTO c USING p ON c.pid = p.id WHEN NOT MATCHED THEN INSERT VALUES (9, p.id); ALTER TABLE c ADD more text',
	'INSERT INTO t VALUES (2); ALTER TABLE t ADD more text',
	'UPDATE t SET note = $$x$$; ALTER TABLE t ADD more text',
	'UPDATE t SET id = 3; ALTER TABLE t ADD more text',
	'INSERT INTO o VALUES (2); ALTER TABLE o ADD more text',
	'INSERT INTO u VALUES (2); ALTER TABLE u ADD more text',
	'INSERT INTO parted VALUES (1, 1); ALTER TABLE parted ADD more text',
	'INSERT INTO part_1 VALUES (1, 1); ALTER TABLE parted ADD more text',
	'INSERT INTO part_1 VALUES (1, 1); ALTER TABLE part_1 ALTER id SET STATISTICS 5',
	'INSERT INTO parted VALUES (1, 1); DROP TABLE parted',
	'CREATE TABLE made (id int, pid int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO made VALUES (1, 1); ALTER TABLE made ADD more text',
	'CREATE TABLE made (id int); CREATE CONSTRAINT TRIGGER later AFTER INSERT ON made DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nothing(); INSERT INTO made VALUES (1); ALTER TABLE made ADD more text')
{
	# a line for each statement
	my $text = $script =~ s/; /;\n/gr;
	my ($code, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\nSET search_path = waits;\nBEGIN;\n$text;");
	my $truth = $err =~ /ERROR:  55006/ ? 'refused' : $err =~ /ERROR/ ? $err : '';
	$refused++ if $truth eq 'refused';
	my $found = $node->safe_psql('postgres', "SET search_path = waits; SELECT 'refused', line FROM migrate.lint_sql(\$q\$$text\$q\$) WHERE rule = 'pending-events'");
	my $lines = () = $text =~ /\n/g;
	push @differ, "$script: $truth, found $found" if $found ne ($truth ? 'refused|' . ($lines + 1) : '');
	next if $truth eq '';
	# the safe form can be run
	my $safe = $node->safe_psql('postgres', "SET search_path = waits; SELECT rewrite FROM migrate.lint_sql(\$q\$$text\$q\$) WHERE rule = 'pending-events'");
	$text =~ s/[^\n]*\z/$safe/;
	($code, $out, $err) = $node->psql('postgres', "SET search_path = waits;\nBEGIN;\n$text;");
	push @differ, "$text: $err" if $err ne '' || $node->safe_psql('postgres', "SET search_path = waits; SELECT count(*) FROM migrate.lint_sql(\$q\$$text\$q\$) WHERE rule = 'pending-events'") ne '0';
}
is(join("\n", @differ), '', 'pending trigger events are found where the server refuses the statement');
cmp_ok($refused, '>=', 20, 'it does in many of them');

$node->stop;
done_testing();
