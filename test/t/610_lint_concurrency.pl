# Lint blocks no session, waits for none, executes no code of other users, and
# reveals nothing that the caller may not read.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "autovacuum = off\n");
$node->start;
use_server($node);
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
CREATE TABLE orders (id int PRIMARY KEY, note text, secret text);
INSERT INTO orders SELECT i, 'n' || i / 2, 's' FROM generate_series(1, 10000) i;
CREATE TABLE marks (what text);
ANALYZE;
SELECT migrate.register('a1', NULL, $up$
SET lock_timeout = '1s';
ALTER TABLE orders ALTER id TYPE bigint;
CREATE UNIQUE INDEX orders_note ON orders (note);
ALTER TABLE orders ADD CHECK (note <> 'n1');
UPDATE orders SET note = upper(note);
DROP TABLE marks;
$up$, 'SELECT 1');
SQL

# No lock above ACCESS SHARE, and no lock at all on the tables after lint
my @ways = ('migrate.lint()', q{migrate.lint_revision('a1')}, q{migrate.lint_report()}, 'migrate.explain()', 'migrate.review()',
	q{migrate.lint_sql('ALTER TABLE orders ALTER id TYPE bigint; DROP TABLE marks')});
for my $way (@ways)
{
	is(psql("BEGIN; SELECT count(*) > 0 FROM $way; SELECT count(*) FILTER (WHERE mode <> 'AccessShareLock'), count(*) FILTER (WHERE relation IN ('orders'::regclass, 'marks'::regclass))"
			  . " FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'; COMMIT"),
		"t\n0|0\n", "$way takes only ACCESS SHARE locks");
	is(psql("BEGIN READ ONLY; SELECT count(*) > 0 FROM $way; COMMIT"), "t\n", 'in a transaction that is read only');
	is(psql("BEGIN; SELECT count(*) > 0 FROM $way; SELECT pg_current_xact_id_if_assigned() IS NULL; COMMIT"), "t\nt\n", 'and takes no transaction id');
}

# lint does not wait for locked tables
my $before = psql('SELECT count(*) FROM migrate.lint()');
my $locker = open_session('BEGIN; LOCK TABLE orders, marks;');
my $start = time;
my $said = psql('SELECT count(*) FROM migrate.lint() WHERE rule = \'cannot-judge\' AND message LIKE \'%another session holds a lock%\'');
cmp_ok($said, '>=', 4, 'locked tables are reported as not judged');
cmp_ok(time - $start, '<', 120, 'lint does not wait for the lock');
$said = psql('SELECT * FROM migrate.review()');
like($said, qr/^- \w+Lock on \S*(?:orders|marks)\S* is blocked by .*LOCK TABLE orders, marks/m, 'the review names the holder of the lock');
unlike($said, qr/Nobody has a lock/, 'and does not claim that the table is free');
unlike($said, qr/^- \[x\]/m, 'nor that there are no findings');
close_session($locker);
is(psql('SELECT count(*) FROM migrate.lint()'), $before, 'later it can');

# other sessions do not wait for lint
my $reader = open_session('BEGIN; SELECT count(*) FROM migrate.lint(); SELECT count(*) FROM migrate.explain();');
is(psql("SET lock_timeout = '1min'; BEGIN; LOCK TABLE orders; SELECT 'had'; ROLLBACK"), "had\n", 'the locks of lint are given back before the transaction ends');
close_session($reader);

# it can be cancelled
$node->safe_psql('postgres', q{SET pg_migrate.lint_on_load = off; CREATE TABLE wide (i int, j int); INSERT INTO wide SELECT i, i FROM generate_series(1, 20000) i;
	SELECT migrate.register('c1', 'a1', (SELECT string_agg('ALTER TABLE wide ADD CONSTRAINT c' || i || ' CHECK (i * ' || i || ' <> -1)', ';') FROM generate_series(1, 2000) i), '')});
like(psql("SET statement_timeout = '300ms'; SET pg_migrate.lint_probe_timeout = '1h'; SELECT count(*) FROM migrate.lint(); SELECT 'next'"), qr/next.*ERROR:  57014|ERROR:  57014.*next|^next\n.*57014/s, 'it is cancelled by a timeout');
$node->safe_psql('postgres', q{SELECT migrate.unregister('c1')});

# also while it waits for a lock on a table that is only needed to estimate rows, or to
# read the body of a function
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE parent (a int);
CREATE TABLE child () INHERITS (parent);
CREATE TABLE settings (a int);
CREATE FUNCTION setting() RETURNS int LANGUAGE sql AS 'SELECT max(a) FROM public.settings';
SQL
$locker = open_session('BEGIN; LOCK TABLE child, settings;');
for my $sql ('DELETE FROM parent WHERE a = 1', 'ALTER TABLE marks ADD n int DEFAULT setting()')
{
	like(psql("SET statement_timeout = '300ms'; SELECT count(*) FROM migrate.lint_sql('$sql')"), qr/^ERROR:  57014: canceling statement due to statement timeout$/m, "lint of $sql is cancelled");
}
close_session($locker);

# code of other users is not executed wherever lint reads; a sequence shows it even
# after a rollback
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE mallory LOGIN;
GRANT CREATE, USAGE ON SCHEMA public TO mallory;
CREATE SEQUENCE caught;
GRANT USAGE ON SEQUENCE caught TO PUBLIC;
SET ROLE mallory;
CREATE FUNCTION trap(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM nextval('public.caught'); RETURN $1; END $$;
CREATE FUNCTION trap() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM nextval('public.caught'); RETURN true; END $$;
CREATE FUNCTION trap_sql(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.trap($1)';
CREATE DOMAIN trapped AS text CHECK (trap());
CREATE TABLE hers (a text, b text, d trapped, CHECK (trap()));
ALTER TABLE hers ENABLE ROW LEVEL SECURITY;
ALTER TABLE hers FORCE ROW LEVEL SECURITY;
RESET ROLE;
INSERT INTO hers SELECT NULL, 'x', 'y' FROM generate_series(1, 100);
SET ROLE mallory;
CREATE POLICY p ON hers USING (trap());
CREATE INDEX hers_trap ON hers (trap(b));
CREATE VIEW over AS SELECT trap(a) AS a FROM hers;
CREATE TYPE pair AS (a trapped, b text);
CREATE TABLE pairs (p pair, l trapped[], a text);
CREATE INDEX pairs_trap ON pairs (a) WHERE trap();
CREATE STATISTICS pairs_statistics ON (trap('x') || a), a FROM pairs;
CREATE TABLE parted (a text) PARTITION BY LIST ((a || trap('x')));
CREATE FUNCTION looks_harmless() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ('(x,y)'::public.pair).b $$;
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
RESET ROLE;
INSERT INTO pairs SELECT NULL, NULL, 'x' FROM generate_series(1, 100);
ANALYZE pairs (a);
SELECT nextval('caught');
ALTER SEQUENCE caught RESTART;
GRANT ALL ON hers TO PUBLIC;
SQL
$node->safe_psql('postgres', "SET client_min_messages = error; SELECT count(*) FROM migrate.lint_sql(\$q\$$_\$q\$)") for (
	'ALTER TABLE hers ALTER a SET NOT NULL; ALTER TABLE hers ADD UNIQUE (b); ALTER TABLE hers ADD CHECK (trap())',
	'ALTER TABLE hers ALTER b TYPE varchar(30) USING trap(b); ALTER TABLE hers ADD c text DEFAULT trap(\'x\'); ALTER TABLE hers ADD e trapped DEFAULT trap_sql(\'x\')',
	'ALTER TABLE hers ALTER d TYPE text; ALTER TABLE hers ALTER a TYPE trapped; ALTER DOMAIN trapped ADD CHECK (trap(VALUE) = VALUE)',
	'UPDATE hers SET a = trap(a) WHERE trap(b) = \'x\'; DELETE FROM over WHERE a = \'x\'; SELECT trap(); SELECT * FROM over; CREATE VIEW v AS SELECT trap() AS t; CREATE TABLE t AS SELECT trap()',
	'CREATE TABLE t (a text DEFAULT trap(\'x\') CHECK (trap())) PARTITION BY LIST (trap(a)); DO \'BEGIN PERFORM public.trap(); END\'; CREATE INDEX i ON hers (trap(a)) WHERE trap()',
	'ALTER TABLE hers ADD f pair DEFAULT \'(x,y)\'; ALTER TABLE hers ADD g trapped[] DEFAULT \'{x}\'; ALTER TABLE hers ALTER a TYPE pair USING \'(x,y)\'',
	'UPDATE pairs SET a = \'y\' WHERE p = \'(x,y)\'; UPDATE pairs SET a = \'y\' WHERE a = \'x\'; DELETE FROM pairs WHERE l = \'{x}\'; ALTER TABLE pairs ADD CHECK (p <> \'(x,y)\')',
	'ALTER TABLE pairs ALTER a SET NOT NULL; ALTER TABLE pairs ADD UNIQUE (a); ALTER TABLE pairs ADD d text DEFAULT looks_harmless(); UPDATE pairs SET a = (\'(x,y)\'::pair).b',
	'CREATE TABLE part PARTITION OF parted FOR VALUES IN (trap(\'z\')); CREATE TABLE part2 PARTITION OF parted FOR VALUES IN (\'z\'); ALTER TABLE parted ATTACH PARTITION pairs FOR VALUES IN (\'x\')',
	'ALTER TABLE hers VALIDATE CONSTRAINT hers_check; DROP TABLE hers CASCADE; TRUNCATE hers; ALTER TABLE hers ADD FOREIGN KEY (a) REFERENCES hers (b)');
is(psql('SELECT is_called FROM caught'), "f\n", 'nothing of hers has run');
psql("SELECT trap()");
is(psql('SELECT is_called FROM caught'), "t\n", 'which would be seen');

# lint does not reveal what the caller may not read
$node->safe_psql('postgres', 'CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA migrate TO guest; GRANT EXECUTE ON FUNCTION migrate.lint_sql(text) TO guest; GRANT SELECT (id) ON orders TO guest');
my $question = q{SELECT count(*) FROM migrate.lint_sql('ALTER TABLE orders ADD CONSTRAINT x CHECK (secret <> ''s'')') WHERE rule = 'existing-rows' AND severity = 'error'};
is(psql($question), "1\n", 'the owner gets the number of violating rows');
is(psql("SET ROLE guest; $question"), "0\n", 'a guest is not');
is(psql(q{SET ROLE guest; SELECT severity, message FROM migrate.lint_sql('ALTER TABLE orders ADD CHECK (secret <> ''s'')') WHERE rule = 'existing-rows'}),
	qq{notice|the rows of public.orders were not looked at: "guest" may not read orders\n}, 'but that they were not looked at');
is(psql("SET ROLE guest; SELECT count(*) FROM migrate.lint_sql('ALTER TABLE orders ALTER secret TYPE int USING 1') WHERE rule = 'type-rewrite'"), "1\n",
	'findings from the catalog are reported to all roles');

# a standby
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
for my $way (@ways)
{
	is($standby->safe_psql('postgres', "SELECT x::text FROM $way x"), $node->safe_psql('postgres', "SELECT x::text FROM $way x"), "$way on a standby");
}

$standby->stop;
$node->stop;
done_testing();
