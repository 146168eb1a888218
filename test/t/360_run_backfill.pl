# CALL migrate.backfill() assigns all rows, each once, with concurrent writers.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->start;
use_server($node);
$node->safe_psql('postgres', 'CREATE EXTENSION pg_migrate');

# a plain table, and forms of the condition
sql('CREATE TABLE users (id int PRIMARY KEY, role text, n int DEFAULT 0, v varchar(3), d numeric(6, 2), j json); INSERT INTO users SELECT i FROM generate_series(1, 20000) i');
is(psql_commands("CALL migrate.backfill('users', \$\$role = 'member'\$\$, \$\$role IS NULL\$\$, duty => 1, batch_time => '20 ms')"), "NOTICE:  00000: backfill of public.users: 20000 rows assigned\n", 'all rows');
is(sql("SELECT count(*) FROM users WHERE role = 'member'"), 20000, 'are assigned');
is(sql("SELECT count(DISTINCT xmin::text) > 1 FROM users"), 't', 'in several transactions');
is(sql('SELECT state, pass, rows, done = total FROM migrate.backfill'), 'done|1|20000|t', 'and it is written down');
for my $case (
	[ "role = 'x'", undef, 20000 ],
	[ "role = 'x'", undef, 0 ],
	[ 'd = id / 3.0', undef, 20000 ],
	[ 'd = id / 3.0', undef, 0 ],
	[ "v = 'abc', n = id % 7", undef, 20000 ],
	[ "v = 'abc', n = id % 7 -- with a remark", undef, 0 ],
	[ '(n, v) = (-1, $$q$$)', 'n >= 0 /* so far */', 20000 ],
	[ 'n = n + 100', 'n < 0', 20000 ],
	[ 'n = (SELECT count(*) FROM pg_class WHERE oid = 0)', 'n = 99 AND EXISTS (SELECT FROM users u WHERE u.id = users.id AND id <= 10)', 10 ],
	[ 'role = DEFAULT', 'role IS NOT NULL', 20000 ])
{
	my ($assignment, $condition, $rows) = @$case;
	is(psql_commands("CALL migrate.backfill('users', \$a\$$assignment\$a\$" . (defined $condition ? ", \$a\$$condition\$a\$" : '') . ', duty => 1)'),
		"NOTICE:  00000: backfill of public.users: $rows rows assigned\n", "$assignment: $rows rows");
}

# invalid arguments
for my $case (
	[ 'n = n + 1', undef, 'MG019: this backfill needs a condition.*reads a column that it changes' ],
	[ 'n = v::int, v = n::text', undef, 'MG019: this backfill needs a condition' ],
	[ 'n = random()', undef, 'MG019: .*has another value each time' ],
	[ 'role = now()::text', undef, 'MG019: .*has another value each time' ],
	[ 'role = CURRENT_USER', undef, 'MG019: .*has another value each time' ],
	[ '(n, v) = (SELECT 1, $$x$$)', undef, 'MG019: .*takes several columns from one query' ],
	[ 'n = DEFAULT', undef, 'MG019: .*is not simply a column and its value' ],
	[ "j = '{}'", undef, '42883: operator does not exist: json = json|could not identify an equality operator' ],
	[ 'n = 1', 'n = 0 OR true', 'MG019: the condition of the backfill still holds after the assignment.*HINT:  Give a condition that is false' ],
	[ 'nosuch = 1', undef, '42703: column "nosuch"' ],
	[ 'n = 1', 'nosuch', '42703: column "nosuch" does not exist.*LINE' ],
	[ 'n = ', undef, '42601: syntax error' ],
	# assignments and conditions that are not just that
	[ 'n = 1 WHERE true', 'true', 'MG019: the assignment of a backfill is not' ],
	[ 'n = 1; DROP TABLE users', 'true', 'MG019: the assignment' ],
	[ 'n = 1 FROM pg_class', 'true', 'MG019: the assignment' ],
	[ 'n = 1 RETURNING id', 'true', 'MG019: the assignment' ],
	[ 'n = 1', 'true) OR (true', '42601: syntax error' ],
	[ 'n = 1', 'true; DROP TABLE users', '42601|MG019: the condition' ],
	[ 'n = 1', 'true FROM pg_class', 'MG019: the condition' ],
	[ 'n = 1', 'true ORDER BY 1', 'MG019: the condition' ],
	[ 'n = 1', 'true UNION SELECT true', '42601|MG019: the condition' ],
	[ 'n = 1', 'true AS x', 'MG019: the condition' ],
	[ 'n = 1', 'n > $1', '42P02: there is no parameter' ],
	[ 'n = 1 --', 'n = 0) OR true --', '42601: syntax error' ],
	[ 'n = 1 /*', 'n = 0 */', '42601: unterminated' ])
{
	my ($assignment, $condition, $said) = @$case;
	like(psql_commands("CALL migrate.backfill('users', \$a\$$assignment\$a\$" . (defined $condition ? ", \$a\$$condition\$a\$" : '') . ')'), qr/ERROR:  (?:$said)/s,
		"refused: $assignment" . (defined $condition ? ", $condition" : ''));
}
is(sql('SELECT count(*), count(*) FILTER (WHERE n = 1) FROM users'), '20000|0', 'nothing came of it');
sql("CREATE VIEW seen AS SELECT * FROM users; CREATE ROLE nobody LOGIN; GRANT USAGE ON SCHEMA migrate TO nobody; GRANT EXECUTE ON PROCEDURE migrate.backfill TO nobody");
for my $case (
	[ "'seen', 'n = 1'", '42809: cannot backfill "seen"' ],
	[ "'pg_class', 'reltuples = 1'", '42501' ],
	[ "'nosuch', 'n = 1'", '42P01' ],
	[ "NULL, 'n = 1'", '22004' ],
	[ "'users', NULL", '22004' ],
	[ "'users', 'n = 1', duty => 0", '22023: duty' ],
	[ "'users', 'n = 1', max_passes => 0", '22023: max_passes' ],
	[ "'users', 'n = 1', batch_time => '-1 s'", '22023: batch_time' ])
{
	my ($arguments, $said) = @$case;
	like(psql_commands(($said eq '42501' ? 'SET allow_system_table_mods = off; ' : 'SELECT 1'), 'SET SESSION AUTHORIZATION ' . ($said eq '42501' ? 'nobody' : 'DEFAULT'), "CALL migrate.backfill($arguments)"), qr/ERROR:  $said/, "refused: $arguments");
}
like(psql_commands('SET SESSION AUTHORIZATION nobody', "CALL migrate.backfill('users', 'n = 1')"), qr/ERROR:  42501: permission denied for table users/, 'with the rights of the caller');
like(psql_commands("BEGIN; CALL migrate.backfill('users', 'n = 1'); COMMIT"), qr/ERROR:  25001/, 'not in a transaction block');

# partitions and inheritance
sql("CREATE TABLE p (a int, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (1000) PARTITION BY RANGE (a);"
	  . " CREATE TABLE p3 (b int, junk text, a int); ALTER TABLE p3 DROP COLUMN junk; ALTER TABLE p2 ATTACH PARTITION p3 FOR VALUES FROM (10) TO (1000); INSERT INTO p SELECT i FROM generate_series(0, 999) i;"
	  . " CREATE TABLE h (a int, b int); CREATE TABLE h1 () INHERITS (h); INSERT INTO h VALUES (1); INSERT INTO h1 VALUES (2)");
like(psql_commands("CALL migrate.backfill('p', 'b = a * 2')"), qr/p: 1000 rows/, 'all partitions');
like(psql_commands("CALL migrate.backfill('h', 'b = 7')"), qr/h: 2 rows/, 'all heirs');
is(sql('SELECT (SELECT count(*) FROM p WHERE b = a * 2), (SELECT sum(b) FROM h)'), '1000|14', 'are assigned');

# concurrent writers move rows in both directions; a column counts how often a row was assigned
sql("CREATE TABLE busy (id int PRIMARY KEY, moved int DEFAULT 0, assigned int DEFAULT 0, done bool, fill text DEFAULT repeat('x', 200)) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);"
	  . " INSERT INTO busy (id) SELECT i FROM generate_series(1, 30000) i");
my $writer = PostgreSQL::Test::Utils::tempdir() . '/writer.sql';
append_to_file($writer, "\\set id random(1, 30000)\nUPDATE busy SET moved = moved + 1 WHERE id = :id;\n");
my $said = '';
my $writers = IPC::Run::start([ 'pgbench', '-n', '-c', 8, '-j', 2, '-T', 100, '-f', $writer, '-h', $node->host, '-p', $node->port, 'postgres' ], '>&', \$said);
wait_until('SELECT sum(moved) > 100 FROM busy');
is(psql_commands("CALL migrate.backfill('busy', 'assigned = assigned + 1, done = true', 'done IS NOT TRUE')") =~ /ERROR.*/ ? $& : '', '', 'a backfill with eight writers');
$writers->signal('INT');
$writers->finish;
is(sql('SELECT count(*), count(*) FILTER (WHERE assigned = 1), count(*) FILTER (WHERE done) FROM busy'), '30000|30000|30000', 'no row is missed, none assigned twice');
cmp_ok(sql('SELECT sum(moved) FROM busy'), '>', 500, 'while they wrote');
is(sql("SELECT pass > 0, rows FROM migrate.backfill WHERE relation = 'public.busy'"), 't|30000', 'each row was assigned once, by its own count');

# a trigger that inserts a new row for each one assigned
sql("CREATE TABLE endless (a int, b int); INSERT INTO endless SELECT i FROM generate_series(1, 100) i;"
	  . " CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO endless VALUES (1); RETURN NULL; END'; CREATE TRIGGER more AFTER UPDATE ON endless FOR EACH ROW EXECUTE FUNCTION more()");
like(psql_commands("CALL migrate.backfill('endless', 'b = 1', 'b IS NULL', max_passes => 2)"), qr/ERROR:  MG020: .*After 2 final passes \d+ rows were still left: writers go on.*HINT:  Set a default of the column/s, 'is noticed');
like(psql_commands("CALL migrate.backfill('endless', 'b = 1', 'b IS NULL', max_passes => 2)"), qr/ERROR:  MG020: /, 'each time');
sql('DROP TRIGGER more ON endless; ALTER TABLE endless ALTER b SET DEFAULT 1');
like(psql_commands("CALL migrate.backfill('endless', 'b = 1', 'b IS NULL', max_passes => 2)"), qr/NOTICE(?!.*ERROR)/s, 'passes of former calls do not count when it is resumed');
is(sql('SELECT count(*) FROM endless WHERE b IS NULL') . sql("SELECT count(*), min(state) FROM migrate.backfill WHERE relation = 'public.endless'"), '01|done', 'as the same, and ends');

# a deferred trigger that fails rolls back the batch and its progress
sql("CREATE TABLE strict (a int, b int); INSERT INTO strict SELECT i FROM generate_series(1, 20000) i; CREATE SEQUENCE failures;"
	  . " CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN IF nextval('failures') = 1 THEN RAISE 'once' USING ERRCODE = TG_ARGV[0]; END IF; RETURN NULL; END\$\$;"
	  . " CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON strict DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail('23514')");
like(psql_commands("CALL migrate.backfill('strict', 'b = 1', duty => 1)"), qr/ERROR:  23514: once/, 'a deferred trigger fails');
is(sql("SELECT state, error, block, done, total > 50, rows FROM migrate.backfill WHERE relation = 'public.strict'"), 'failed|once|0|0|t|0', 'no rows are counted, and the error is recorded');
sql("DROP TRIGGER fail ON strict; SELECT setval('failures', 1, false);"
	  . " CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON strict DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail('40001')");
like(psql_commands("CALL migrate.backfill('strict', 'b = 1', duty => 1)"), qr/NOTICE:  00000: backfill of public.strict: 20000 rows/, 'a batch that is run again is counted once');
is(sql("SELECT state, error IS NULL, done = total FROM migrate.backfill WHERE relation = 'public.strict'"), 'done|t|t', 'and the error is gone');

# rows that a trigger does not let change
sql("CREATE TABLE kept (a int, b int); INSERT INTO kept VALUES (1), (2);"
	  . " CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keep BEFORE UPDATE ON kept FOR EACH ROW EXECUTE FUNCTION keep()");
like(psql_commands("CALL migrate.backfill('kept', 'b = 1', max_passes => 2)"), qr/ERROR:  MG020: .*After 2 final passes 2 rows were still left: the last pass could not assign any of them.*HINT:  See whether a trigger/s, 'nothing can be assigned');

# errors have their position in the text of the user
like(psql_commands("CALL migrate.backfill('users', 'n = 1', 'id > 0 AND nosuch')"), qr/QUERY:  UPDATE ONLY public.users SET n = 1\nWHERE \(id > 0 AND nosuch\n\)\n/, 'the condition in its statement');
like(psql_commands("CALL migrate.backfill('users', 'n = 1', 'id > 0 AND nosuch')"), qr/LINE 2: WHERE \(id > 0 AND nosuch\n {26}\^/, 'and the place in it');

# rules
for my $rule ('DO INSTEAD NOTHING', 'DO ALSO SELECT 1', 'WHERE old.a = 1 DO INSTEAD NOTHING')
{
	sql("CREATE TABLE ruled (a int, b int); INSERT INTO ruled VALUES (1); CREATE RULE r AS ON UPDATE TO ruled $rule");
	like(psql_commands("CALL migrate.backfill('ruled', 'b = 1')"), qr/ERROR:  0A000: cannot backfill table "ruled", which has a rule on UPDATE\nHINT:  Drop the rule/, "a rule: $rule");
	sql('DROP TABLE ruled');
}

# partition keys
like(psql_commands("CALL migrate.backfill('p', 'a = a + 1', 'a = 9')"), qr/ERROR:  MG019: cannot backfill the partition key of "p"\nDETAIL:  The assignment may move rows to other partitions: a = a \+ 1\./, 'a partition key');
sql("CREATE TABLE low (a int, b int) PARTITION BY LIST (a); CREATE TABLE low1 PARTITION OF low FOR VALUES IN (1) PARTITION BY LIST ((b % 2)); CREATE TABLE low11 PARTITION OF low1 FOR VALUES IN (0); INSERT INTO low VALUES (1, 0)");
like(psql_commands("CALL migrate.backfill('low', 'b = 2')"), qr/ERROR:  MG019: cannot backfill the partition key of "low1"/, 'the partition key of a partition, an expression');

# rights on partitions
sql('GRANT SELECT, UPDATE ON p TO nobody');
like(psql_commands('SET SESSION AUTHORIZATION nobody', "CALL migrate.backfill('p', 'b = 0')"), qr/ERROR:  42501: permission denied for table p1\nHINT:  A backfill updates the partitions and children of public.p one by one: SELECT and UPDATE on them are needed too\./, 'rights on the partitions are needed');

# cancelled, and resumed at the block
sql("CREATE TABLE long (a int, b int, fill text DEFAULT repeat('x', 500)); INSERT INTO long SELECT i FROM generate_series(1, 40000) i");
my $call = start_psql("CALL migrate.backfill('long', 'b = 1', 'b IS NULL', duty => 0.01, batch_time => '10 ms')");
wait_until("SELECT block > 100 FROM migrate.backfill WHERE relation = 'public.long'");
wait_until("SELECT kind = 'backfill' AND phase = 'pass 0 of public.long' AND done > 0 AND total > done AND eta IS NOT NULL AND run IS NULL FROM migrate.progress");
like(psql_commands("CALL migrate.backfill('long', 'b = 1', 'b IS NULL')"), qr/ERROR:  55006: another backfill of table "public.long" is running/, 'a second backfill of the table is refused');
sql("SELECT pg_cancel_backend(pid) FROM migrate.backfill WHERE relation = 'public.long'");
like(finish_psql($call), qr/ERROR:  57014/, 'it can be cancelled');
my ($block, $rows) = split(/\|/, sql("SELECT block, rows FROM migrate.backfill WHERE relation = 'public.long' AND state = 'failed'"));
is(sql("SELECT count(*) FROM long WHERE b = 1"), $rows, 'progress is stored');
$call = start_psql("CALL migrate.backfill('long', 'b = 1', 'b IS NULL', duty => 0.01, batch_time => '10 ms')");
wait_until("SELECT state = 'running' AND begun_done = $block FROM migrate.backfill WHERE relation = 'public.long'");
sql("SELECT pg_terminate_backend(pid) FROM migrate.backfill WHERE relation = 'public.long'");
finish_psql($call);
wait_until('SELECT count(*) = 0 FROM migrate.progress');
like(psql_commands("CALL migrate.backfill('long', 'b = 1', 'b IS NULL', duty => 1)"), qr/long: 40000 rows/, 'it resumes at its block');
is(sql("SELECT count(*) FROM migrate.backfill WHERE relation = 'public.long'"), 1, 'as the same');

# locked rows are skipped, and assigned at last
sql('UPDATE users SET n = 0');
my $holder = start_psql('BEGIN; SELECT FROM users WHERE id = 5 FOR UPDATE; SELECT pg_sleep(1000)');
wait_until_asleep();
$call = start_psql("CALL migrate.backfill('users', 'n = 5', duty => 1)");
wait_until("SELECT waiting_for LIKE '%lock timeout%' OR waiting_for LIKE '%is blocked by process%' OR waiting_for LIKE 'process%' FROM migrate.progress");
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%FOR UPDATE%'");
finish_psql($holder);
unlike(finish_psql($call), qr/ERROR/, 'a row that somebody holds is left for later');
is(sql('SELECT count(*) FROM users WHERE n = 5'), 20000, 'and taken at last');

# a lock on the table at the start of the call, and when a final pass looks for rows
sub holding
{
	my ($sql, $seconds) = @_;
	my $holding = start_psql("BEGIN; $sql; SELECT pg_sleep($seconds); COMMIT");
	wait_until_asleep();
	return $holding;
}
$holder = holding('LOCK users', 1);
unlike(psql_commands("CALL migrate.backfill('users', 'n = 7', duty => 1)"), qr/ERROR/, 'a lock is waited for where it begins');
finish_psql($holder);
$holder = holding('LOCK users', 1000);
like(psql_commands('SET pg_migrate.lock_retries = 0', "CALL migrate.backfill('users', 'n = 8')"), qr/ERROR:  55P03: .*DETAIL:  RowExclusiveLock on public.users is blocked by process \d+ .*HINT:  Call again when the holder/s, 'the error names the blocking process');
terminate_sleepers();
finish_psql($holder);
sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN WHILE NOT pg_try_advisory_xact_lock(99) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN NEW; END'; CREATE TABLE late (a int, b int); INSERT INTO late VALUES (1);"
	  . ' CREATE TRIGGER slow BEFORE UPDATE ON late FOR EACH ROW EXECUTE FUNCTION slow()');
my $key = holding('SELECT pg_advisory_lock(99)', 1000);
$call = start_psql('SET pg_migrate.lock_retries = 1000', "CALL migrate.backfill('late', 'b = 1', 'b IS NULL', duty => 1)");
wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'CALL%late%' AND wait_event = 'PgSleep'");
$holder = start_psql('BEGIN; LOCK late; SELECT pg_sleep(1000)');
wait_until("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'late'::regclass AND NOT granted");
sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_advisory_lock(99); SELECT pg_sleep%' AND pid <> pg_backend_pid()");
finish_psql($key);
wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'BEGIN; LOCK late%'");
wait_until("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'late'::regclass AND NOT granted");
terminate_sleepers();
unlike(finish_psql($call), qr/ERROR/, 'a lock is waited for where rows are looked for');
finish_psql($holder);

# a replica that lags
$node->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'b', has_streaming => 1);
$standby->append_conf('postgresql.conf', "recovery_min_apply_delay = '3s'");
$standby->start;
wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'");
$writers = IPC::Run::start([ 'pgbench', '-n', '-c', 1, '-T', 10000, '-R', 50, '-f', $writer, '-h', $node->host, '-p', $node->port, 'postgres' ], '>&', \$said);
wait_until('SELECT max(replay_lag) > interval \'1.5 s\' FROM pg_stat_replication');
$call = start_psql("CALL migrate.backfill('users', 'n = 6')");
wait_until("SELECT waiting_for LIKE 'a replica that is % ms behind' FROM migrate.progress");
$standby->stop;
unlike(finish_psql($call), qr/ERROR/, 'is waited for');
$writers->signal('INT');
$writers->finish;

# a backfill in a migration, also with owner_role
sql("CREATE ROLE owner; CREATE SCHEMA app AUTHORIZATION owner; GRANT USAGE ON SCHEMA migrate TO owner; GRANT EXECUTE ON PROCEDURE migrate.backfill TO owner; ALTER DATABASE postgres SET pg_migrate.owner_role = owner; ALTER DATABASE postgres SET pg_migrate.search_path = app");
sql("SELECT migrate.register('m1', upgrade => \$u\$CREATE TABLE t AS SELECT i AS a, NULL::text AS b FROM generate_series(1, 100) i; CALL migrate.backfill('t', 'b = current_user::text', 'b IS NULL')\$u\$)");
unlike(psql_commands('SELECT migrate.upgrade()'), qr/ERROR|WARNING:  01000: (?!this call waits)/, 'a backfill in a migration');
is(sql('SELECT DISTINCT b, count(*) OVER () FROM app.t GROUP BY b') . sql('SELECT run IS NOT NULL, revision, segment FROM migrate.backfill ORDER BY id DESC LIMIT 1'), 'owner|1t|m1|2', 'runs as the role of the scripts');

$node->stop;
done_testing();
