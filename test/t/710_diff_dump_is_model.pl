# The output of pg_dump -s for two large schemas with objects of every kind is a
# model from which they do not differ.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "max_locks_per_transaction = 1024\nwal_level = logical\n");
$node->start;

# One object of each kind, from the other test; without what pg_dump leaves out,
# settings of the database, and a language whose handler is an extension's.
my ($all) = slurp_file('test/sql/schema_snapshot.sql') =~ /^(.*?)^CREATE TABLE base_line/ms;
my $one = join "\n", grep { !/ALTER DATABASE|SUBSCRIPTION|CREATE LANGUAGE|lo_create/ } split /\n/, $all;

# A copy in another schema, with the same roles, and other names for objects that
# are in no schema
(my $two = $one) =~ s/regress_snapshot(?!_a\b|_b\b|_owner\b)/regress_again/g;
$two =~ s/^(DROP|CREATE) (EXTENSION|ROLE|TABLESPACE).*$//gm;
$two =~ s/^CREATE CAST .*$//gm;
$two =~ s/^CREATE TRANSFORM .*$//gm;

# Tables that differ in all properties of tables
my $many = <<'SQL';
DO $do$
DECLARE
  s text;
BEGIN
  FOREACH s IN ARRAY ARRAY['regress_snapshot', 'regress_again'] LOOP
    PERFORM set_config('search_path', s, false);
    FOR i IN 1..210 LOOP
      EXECUTE format($$
        CREATE TABLE t%1$s (id bigint GENERATED %2$s AS IDENTITY (START %1$s) PRIMARY KEY, n int DEFAULT %1$s, "Wörd %1$s" varchar(%1$s) COLLATE "C",
          m mood[] DEFAULT '{sad}', at timestamptz NOT NULL DEFAULT now(), p percent, b base, CONSTRAINT "c %1$s" CHECK (n <> %1$s) %3$s,
          UNIQUE %4$s (n, at) INCLUDE (p), double int GENERATED ALWAYS AS (n * 2) STORED) WITH (fillfactor = %5$s);
        CREATE INDEX ON t%1$s USING %6$s (n) WHERE p > %1$s;
        CREATE INDEX ON t%1$s ((lower("Wörd %1$s")) text_pattern_ops DESC NULLS LAST, id);
        CREATE VIEW v%1$s WITH (security_barrier) AS SELECT t.id, p.mood, sum(t.n) OVER w AS "Sum" FROM t%1$s t LEFT JOIN parent p USING (id) WINDOW w AS (PARTITION BY p.mood ORDER BY t.at);
        CREATE FUNCTION f%1$s(a t%1$s, VARIADIC r int[] DEFAULT '{%1$s}', OUT x int, OUT y text) RETURNS SETOF record LANGUAGE plpgsql STABLE COST %1$s SET work_mem = '1MB' AS 'BEGIN END';
        CREATE TRIGGER tr AFTER UPDATE ON t%1$s REFERENCING NEW TABLE AS new FOR EACH STATEMENT EXECUTE FUNCTION fire('%1$s');
        CREATE TRIGGER tr_%1$s BEFORE INSERT OR UPDATE OF n, p ON t%1$s FOR EACH ROW WHEN (NEW.n > %1$s) EXECUTE FUNCTION fire();
        COMMENT ON TABLE t%1$s IS $c$It's %1$s$c$;
        COMMENT ON INDEX t%1$s_pkey IS 'key';
        ALTER TABLE t%1$s ENABLE ROW LEVEL SECURITY, ALTER n SET STATISTICS %1$s, ALTER m SET STORAGE MAIN, CLUSTER ON t%1$s_pkey;
        CREATE POLICY p ON t%1$s AS RESTRICTIVE USING (n > %1$s);
        GRANT SELECT (n), UPDATE (p) ON t%1$s TO regress_snapshot_a WITH GRANT OPTION;
        CREATE UNLOGGED TABLE q%1$s (k int REFERENCES t%1$s ON DELETE SET NULL (k) DEFERRABLE, LIKE t%1$s INCLUDING DEFAULTS) $$,
        i, CASE i % 2 WHEN 0 THEN 'ALWAYS' ELSE 'BY DEFAULT' END, CASE i % 3 WHEN 0 THEN 'NO INHERIT' ELSE '' END,
        CASE i % 3 WHEN 1 THEN 'NULLS NOT DISTINCT' ELSE '' END, 10 + i % 90, CASE i % 4 WHEN 0 THEN 'hash' ELSE 'btree' END);
    END LOOP;
    FOR i IN 1..11 LOOP
      EXECUTE format('CREATE TABLE months_%1$s PARTITION OF parts FOR VALUES FROM (%2$L) TO (%3$L)', i,
        date '2027-01-01' + make_interval(months => i), date '2027-02-01' + make_interval(months => i));
    END LOOP;
  END LOOP;
END $do$;
SQL

$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(original copy);
$node->safe_psql('original', "$one\n");
$node->safe_psql('original', "SET client_min_messages = error; SET ROLE regress_snapshot_owner; $two\n");
$node->safe_psql('original', $many);
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-s', '-f', $dump, 'original' ], 'dumped');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'copy', '-f', $dump ], 'restored');

my $kinds = $node->safe_psql('original', 'SELECT count(DISTINCT kind) FROM migrate.schema_objects()');
cmp_ok($kinds, '>=', 44, "there are objects of $kinds kinds");
cmp_ok($node->safe_psql('original', "SELECT min(n) FROM (SELECT count(*) AS n FROM pg_tables WHERE schemaname ~ 'regress' GROUP BY schemaname) c"),
	'>', 400, 'and more than 400 tables in each schema');
my $quiet = 'SET client_min_messages = error;';
foreach my $database (qw(original copy))
{
	is($node->safe_psql($database, "$quiet SELECT kind, identity, change, detail FROM migrate.diff(pg_read_file('$dump'))"), '', "no difference in $database");
	is($node->safe_psql($database, "$quiet SELECT migrate.check(pg_read_file('$dump'))"), 't', "and $database checks");
}

$node->stop;
done_testing();
