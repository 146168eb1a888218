# pg_migrate together with extensions that servers commonly preload: migrations
# with nontransactional statements run by SELECT and by CALL, and extensions that
# log statements get each statement by itself.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $share = qx("$ENV{PG_CONFIG}" --sharedir);
chomp $share;
my $lib = qx("$ENV{PG_CONFIG}" --pkglibdir);
chomp $lib;

# Extension, and the library to preload, if it has one
my %library = (
	auto_explain => 'auto_explain',
	hypopg => 'hypopg',
	pgaudit => 'pgaudit',
	pg_cron => 'pg_cron',
	pg_partman => 'pg_partman_bgw',
	pg_repack => 'pg_repack',
	pg_stat_statements => 'pg_stat_statements',
	pgtap => undef,
	plpgsql_check => 'plpgsql_check');
my %here;
for my $extension (keys %library)
{
	$here{$extension} = -f "$share/extension/$extension.control"
	  || $extension eq 'auto_explain' && (-f "$lib/auto_explain.so" || -f "$lib/auto_explain.dylib");
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'shared_preload_libraries = \'' . join(',', map { $library{$_} // () } grep { $here{$_} } sort keys %library) . q('
autovacuum = off
log_statement = none
pgaudit.log_relation = off
auto_explain.log_min_duration = 0
auto_explain.log_nested_statements = on
cron.database_name = postgres
pg_stat_statements.track = all
compute_query_id = on
));
$node->start;
use_server($node);

sub ask
{
	my ($sql) = @_;
	my ($code, $out, $err) = $node->psql('postgres', $sql, extra_params => ['-v', 'VERBOSITY=verbose']);
	return $out . ($out && $err ? "\n" : '') . $err;
}

sub log_size { return -s $node->logfile; }

# The lines of the log after an offset
sub logged
{
	my ($from) = @_;
	return substr(slurp_file($node->logfile), $from);
}

sub place { return sql("SELECT coalesce(string_agg(version_num, ','), 'base') FROM migrate.version"); }

# Each begins with comments, and holds multibyte characters, so that neither
# line, byte nor character counts of the script are those of its statements.
my @history = (
	[ 'r1', <<'SQL', 'DROP FUNCTION double(int); DROP TABLE item;' ],
-- what is sold, «ärtikel»
CREATE TABLE item (id int PRIMARY KEY, naam text NOT NULL DEFAULT '€', price int);
INSERT INTO item (id, price) SELECT i, i % 7 FROM generate_series(1, 200) i;

/* a comment between */ ALTER TABLE item ADD COLUMN note text;
CREATE FUNCTION double(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END $$;
UPDATE item SET note = 'é' WHERE id <= 10;
SQL
	[ 'r2', <<'SQL', "DROP INDEX CONCURRENTLY item_price;\nDROP INDEX CONCURRENTLY item_lower_idx;" ],
-- two indexes
CREATE INDEX CONCURRENTLY item_price ON item (price);
CREATE INDEX CONCURRENTLY ON item (lower(naam));
REINDEX INDEX CONCURRENTLY item_price;
SQL
	[ 'r3', <<'SQL', 'ALTER TABLE item ALTER note DROP NOT NULL' ],
CALL migrate.backfill('item', $$note = 'none'$$, 'note IS NULL');
-- migrate:segment
ALTER TABLE item ALTER note SET NOT NULL;
SQL
	[ 'r4', <<'SQL', 'DROP INDEX CONCURRENTLY item_note;' ],
CREATE INDEX CONCURRENTLY item_note ON item (note);
SQL
);

sub register
{
	my $before;
	for my $migration (@history)
	{
		my ($name, $up, $down) = @$migration;
		sql("SELECT migrate.register('$name', " . ($before ? "'$before'" : 'NULL') . ", upgrade => \$up\$$up\$up\$, downgrade => \$down\$$down\$down\$)");
		$before = $name;
	}
	return;
}

sql('CREATE EXTENSION pg_migrate');
register();
for my $extension (sort keys %library)
{
  SKIP:
	{
		skip "$extension is not installed", 1 unless $here{$extension};
		skip "$extension has nothing to create", 1 if $extension eq 'auto_explain';
		is(ask("CREATE EXTENSION $extension"), '', "$extension is there");
	}
}

# the doors, with pgaudit silent and not
for my $log ($here{pgaudit} ? ('none', 'all') : ('none'))
{
	sql("ALTER DATABASE postgres SET pgaudit.log = '$log'") if $here{pgaudit};
	unlike(ask("SELECT migrate.upgrade('head')"), qr/ERROR/, "SELECT upgrade, pgaudit.log = $log");
	is(place(), 'r4', 'comes to the head');
	unlike(ask("SELECT migrate.downgrade('base')"), qr/ERROR/, 'SELECT downgrade');
	is(place(), 'base', 'comes to the base');
	unlike(ask('CALL migrate.deploy()'), qr/ERROR/, 'CALL deploy');
	is(place(), 'r4', 'comes to the head');
	is(sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), 0, 'all indexes are valid');
	is(sql("SELECT count(*) FROM item WHERE note = 'none'"), 190, 'and rows filled');
	unlike(ask("CALL migrate.deploy('base', 'downgrade')"), qr/ERROR/, 'CALL deploy down');
	is(place(), 'base', 'comes to the base');
}

# a failed try leaves nothing behind in what watches statements
my $holder = $node->background_psql('postgres', on_error_stop => 0);
sql("SELECT migrate.upgrade('r1')");
for my $door ("SELECT migrate.upgrade('lock1')", "CALL migrate.deploy('lock1')")
{
	sql("SELECT migrate.register('lock1', 'r1', upgrade => \$\$ALTER TABLE item ADD COLUMN extra int;\nCREATE INDEX CONCURRENTLY item_extra ON item (extra);\nCREATE INDEX CONCURRENTLY item_extra2 ON item (extra)\$\$, downgrade => 'ALTER TABLE item DROP COLUMN extra', replace => true)");
	$holder->query_safe('BEGIN; LOCK TABLE item IN ACCESS SHARE MODE');
	like(ask("SET pg_migrate.lock_timeout = '50ms'; SET pg_migrate.lock_retries = 1; $door"), qr/ERROR:  55P03/, "$door is stopped by a lock");
	$holder->query_safe('ROLLBACK');
	unlike(ask($door), qr/ERROR/, 'and succeeds');
	is(place(), 'lock1', 'without it');
	sql("SELECT migrate.downgrade('r1')");
}
$holder->quit;
sql("SELECT migrate.downgrade('base'); SELECT migrate.unregister('lock1')");

# a build that fails is cleared up, the next one runs
sql("SELECT migrate.upgrade('r1')");
for my $door ("SELECT migrate.upgrade('dup1')", "CALL migrate.deploy('dup1')")
{
	sql("SELECT migrate.register('dup1', 'r1', upgrade => \$\$CREATE UNIQUE INDEX CONCURRENTLY item_u ON item (price);\nCREATE INDEX CONCURRENTLY item_u2 ON item (price)\$\$, downgrade => 'DROP INDEX item_u, item_u2', replace => true)");
	like(ask($door), qr/clearing up: DROP INDEX CONCURRENTLY IF EXISTS public.item_u\b.*ERROR:  23505/s, "$door fails");
	is(sql("SELECT count(*) FROM pg_class WHERE relname = 'item_u'"), 0, 'and leaves nothing');
	sql('UPDATE item SET price = id');
	unlike(ask($door), qr/ERROR/, 'then it succeeds');
	sql("SELECT migrate.downgrade('r1'); UPDATE item SET price = 1");
}
sql("SELECT migrate.downgrade('base'); SELECT migrate.unregister('dup1')");

# the text of each statement
my $from = log_size();
sql('SELECT pg_stat_statements_reset()') if $here{pg_stat_statements};
my @texts = (
	[ 'DDL,CREATE TABLE', q{CREATE TABLE item (id int PRIMARY KEY, naam text NOT NULL DEFAULT '€', price int)} ],
	[ 'DDL,ALTER TABLE', 'ALTER TABLE item ADD COLUMN note text' ],
	[ 'WRITE,UPDATE', q{UPDATE item SET note = 'é' WHERE id <= 10} ],
	[ 'DDL,CREATE INDEX', 'CREATE INDEX CONCURRENTLY item_price ON item (price)' ],
	[ 'DDL,CREATE INDEX', 'CREATE INDEX CONCURRENTLY ON item (lower(naam))' ],
	[ 'MISC,REINDEX', 'REINDEX INDEX CONCURRENTLY item_price' ],
	[ 'DDL,ALTER TABLE', 'ALTER TABLE item ALTER note SET NOT NULL' ]);
for my $door ("SELECT migrate.upgrade('head')", 'CALL migrate.deploy()')
{
	$from = log_size();
	is(ask("SET client_min_messages = error; $door") =~ s/^r4$//r, '', $door);
	my $log = logged($from);
  SKIP:
	{
		skip 'pgaudit is not installed', scalar(@texts) unless $here{pgaudit};
		for my $text (@texts)
		{
			my ($class, $statement) = @$text;
			like($log, qr/AUDIT: SESSION,\d+,\d+,$class,[^,]*,[^,]*,"?\Q$statement\E"?,</, "pgaudit logs $statement");
		}
	}
  SKIP:
	{
		skip 'auto_explain is not installed', 2 unless $here{auto_explain};
		like($log, qr/Query Text: UPDATE item SET note = 'é' WHERE id <= 10\n\s+Update on item/, 'auto_explain logs an UPDATE');
		like($log, qr/Query Text: INSERT INTO item \(id, price\) SELECT i, i % 7 FROM generate_series\(1, 200\) i\n\s+Insert on item/, 'and an INSERT');
	}
	sql("SELECT migrate.downgrade('base')");
}
SKIP:
{
	skip 'pg_stat_statements is not installed', 2 unless $here{pg_stat_statements};
	is(sql("SELECT string_agg(DISTINCT query, '|' ORDER BY query) FROM pg_stat_statements WHERE query ~ '^(/|--|ALTER TABLE item|UPDATE item)' AND query !~ 'DROP|migrate'"),
		'ALTER TABLE item ADD COLUMN note text|ALTER TABLE item ALTER note SET NOT NULL|UPDATE item SET note = $1 WHERE id <= $2', 'pg_stat_statements keeps each by itself');
	is(sql("SELECT sum(calls) FROM pg_stat_statements WHERE query = 'UPDATE item SET note = \$1 WHERE id <= \$2'"), 2, 'each execution of a statement is logged');
}

# what judges and compares
is(sql("SELECT string_agg(DISTINCT outcome, ',') FROM migrate.test('head')"), 'ok', 'test runs all of it up, down and up');
sql("SELECT migrate.upgrade('head')");
my $model = 'CREATE SCHEMA app; CREATE TABLE app.t (a int PRIMARY KEY, b text); CREATE INDEX t_b ON app.t (b)';
sql("$model; ALTER TABLE app.t ADD COLUMN c int");
is(sql("SELECT change, identity FROM migrate.diff('$model', schemas => '{app}', allow_drop => true, options => '{\"database\": false}')"), 'dropped|app.t.c', 'diff finds the difference');
sql('ALTER TABLE app.t DROP COLUMN c');
is(sql("SELECT migrate.check('$model' || (SELECT string_agg(format('; CREATE EXTENSION %I', extname), '') FROM pg_extension), schemas => '{app}')"), 't', 'check finds none');

$node->stop;
done_testing();
