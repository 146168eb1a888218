# 100,000 answers of is_current() while another session upgrades and downgrades: each
# must fit a state that the database had between the begin and the end of the call.
#
# On the primary the clock decides: a commit that ended before the call began must
# be visible, one that began after the call ended cannot be.  On a standby the WAL
# decides: a commit replayed before the call must be visible, one not yet received
# after it cannot be.
use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
# without it the snapshots of the questions would delay replay
$standby->append_conf('postgresql.conf', "hot_standby_feedback = on\n");
$standby->start;

# The states are r0 (base) to r3; the writer notes between which times and
# places in the WAL each was committed.
$primary->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_migrate;
SELECT migrate.register('r1', upgrade => 'SELECT 1', downgrade => 'SELECT 1', branch_labels => 'one'),
  migrate.register('r2', 'r1', 'SELECT 1', 'SELECT 1'), migrate.register('r3', 'r2', 'SELECT 1', 'SELECT 1');
CREATE UNLOGGED TABLE going ();
CREATE TABLE moves (n int, state int, time_before timestamptz, time_after timestamptz, wal_before pg_lsn, wal_after pg_lsn);
INSERT INTO moves VALUES (0, 0, '-infinity', '-infinity', '0/0', '0/0');
CREATE TABLE answers (node text, question text, time_before timestamptz, wal_before pg_lsn, answer bool, time_after timestamptz, wal_after pg_lsn, slept text);

CREATE PROCEDURE move_to_and_fro() LANGUAGE plpgsql AS $$
DECLARE
	n int := 0;
	state int := 0;
	aim int;
	time_before timestamptz;
	wal_before pg_lsn;
BEGIN
	WHILE EXISTS (SELECT FROM going) LOOP
		aim := (state + 1 + floor(random() * 3)::int) % 4;
		IF aim > state THEN
			PERFORM migrate.upgrade('r' || aim);
		ELSE
			PERFORM migrate.downgrade(CASE aim WHEN 0 THEN 'base' ELSE 'r' || aim END);
		END IF;
		IF random() < 0.2 THEN
			ROLLBACK;
			CONTINUE;
		END IF;
		time_before := clock_timestamp();
		wal_before := pg_current_wal_insert_lsn();
		COMMIT;
		n := n + 1;
		state := aim;
		INSERT INTO moves VALUES (n, state, time_before, clock_timestamp(), wal_before, pg_current_wal_insert_lsn());
		COMMIT;
	END LOOP;
END$$;

-- the answer that a state asks for
CREATE FUNCTION due(question text, state int) RETURNS bool LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE question
		WHEN $q$'r1'$q$ THEN state >= 1
		WHEN $q$'r2'$q$ THEN state >= 2
		WHEN $q$'r2', true$q$ THEN state = 2
		WHEN $q$'one@head'$q$ THEN state = 3
		WHEN 'NULL' THEN state = 3 END
$$;
SQL
$primary->safe_psql('postgres', 'INSERT INTO going DEFAULT VALUES');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

my $dir = PostgreSQL::Test::Utils::tempdir();

# Ask so often, as one statement, or as many, within one transaction, or prepared
sub start_asking
{
	my ($node, $question, $how, $times) = @_;
	my $name = $node->name;
	my $here = $name eq 'primary';
	my $ask = "SELECT '$name', \$q\$$question\$q\$, clock_timestamp(), " . ($here ? 'NULL' : 'pg_last_wal_replay_lsn()') . ', '
	  . "migrate.is_current($question), clock_timestamp(), " . ($here ? 'NULL' : 'pg_last_wal_receive_lsn()') . ', CASE WHEN random() < 0.1 THEN pg_sleep(0.0001) END';
	my $file = "$dir/" . $name . '_' . $how . '_' . $question =~ s/\W/_/gr;
	my $sql =
		$how eq 'one' ? "$ask FROM generate_series(1, $times);\n"
	  : $how eq 'many' ? "$ask;\n" x $times
	  : $how eq 'prepared' ? "PREPARE q AS $ask;\n" . "EXECUTE q;\n" x $times
	  : "BEGIN ISOLATION LEVEL REPEATABLE READ;\n" . "$ask;\n" x $times . "COMMIT;\n";
	append_to_file("$file.sql", $sql);
	my $run = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$file.sql", '-o', $file ], '2>', \my $err);
	return { run => $run, file => $file, name => "$name, $how, $question" };
}

my $writer = IPC::Run::start([ 'psql', '-XAtq', '-d', $primary->connstr('postgres'), '-c', 'SET client_min_messages = error', '-c', 'CALL move_to_and_fro()' ], '>&', \my $said);
$primary->poll_query_until('postgres', 'SELECT count(*) > 5 FROM moves') or die 'nothing moves';

my $asked = 0;
for my $round (
	[ [ $primary, "'r2'", 'one', 25000 ], [ $standby, "'r2'", 'one', 15000 ] ],
	[ [ $primary, 'NULL', 'many', 10000 ], [ $standby, 'NULL', 'many', 5000 ] ],
	[ [ $primary, "'r2', true", 'prepared', 10000 ], [ $standby, "'one\@head'", 'prepared', 5000 ] ],
	[ [ $primary, "'one\@head'", 'transaction', 10000 ], [ $standby, "'r2', true", 'transaction', 5000 ] ],
	[ [ $primary, "'r1'", 'one', 10000 ], [ $standby, "'r1'", 'many', 5000 ] ])
{
	my @asking = map { start_asking(@$_) } @$round;
	for my $a (@asking)
	{
		ok($a->{run}->finish, $a->{name});
		$primary->safe_psql('postgres', "COPY answers FROM stdin WITH (DELIMITER '|', NULL '');\n" . slurp_file($a->{file}) . "\\.\n");
	}
	$asked += $_->[3] for @$round;
}
$primary->safe_psql('postgres', 'TRUNCATE going');
$writer->finish;
is($said, '', 'the writer was not disturbed');

# Moves that had ended before the call, the last of which counts, and those
# that may have come in between.
$primary->safe_psql('postgres', <<'SQL');
CREATE INDEX ON moves (n); CREATE INDEX ON moves (time_before); CREATE INDEX ON moves (time_after); CREATE INDEX ON moves (wal_before, n); CREATE INDEX ON moves (wal_after, n);
ANALYZE;
CREATE TABLE judged AS
SELECT a.*, possible.*, a.answer = ANY (possible.dues) AS fits
FROM answers a, LATERAL (
	SELECT CASE node WHEN 'primary' THEN (SELECT n FROM moves WHERE time_after < a.time_before ORDER BY time_after DESC LIMIT 1)
		ELSE (SELECT n FROM moves WHERE wal_after <= a.wal_before ORDER BY wal_after DESC, n DESC LIMIT 1) END AS first,
	CASE node WHEN 'primary' THEN (SELECT n FROM moves WHERE time_before <= a.time_after ORDER BY time_before DESC LIMIT 1)
		ELSE (SELECT n FROM moves WHERE wal_before < a.wal_after ORDER BY wal_before DESC, n DESC LIMIT 1) END AS last
) bounds, LATERAL (
	SELECT first, last, array_agg(DISTINCT due(a.question, m.state)) AS dues FROM moves m WHERE m.n BETWEEN first AND last
) possible;
SQL
is($primary->safe_psql('postgres', 'SELECT count(*) FROM judged'), $asked, "$asked answers");
is($primary->safe_psql('postgres', 'SELECT * FROM judged WHERE fits IS NOT TRUE LIMIT 10'), '', 'are all right');
note($primary->safe_psql('postgres', 'SELECT node, question, count(*) AS answers, count(*) FILTER (WHERE first < last) AS beside_a_move, count(*) FILTER (WHERE cardinality(dues) > 1) AS open, count(DISTINCT last) AS states FROM judged GROUP BY 1, 2 ORDER BY 1, 2'));
cmp_ok($primary->safe_psql('postgres', 'SELECT count(*) FROM moves'), '>', 300, 'while it moved');
for my $node ('primary', 'standby')
{
	cmp_ok($primary->safe_psql('postgres', "SELECT min(states) FROM (SELECT count(DISTINCT first) AS states FROM judged WHERE node = '$node' GROUP BY question) s"), '>', 10, "under all questions, on the $node");
	cmp_ok($primary->safe_psql('postgres', "SELECT 100 * count(*) FILTER (WHERE cardinality(dues) = 1) / count(*) FROM judged WHERE node = '$node'"), '>', 50, "for most answers on the $node only one value was correct");
	is($primary->safe_psql('postgres', "SELECT count(*) FROM (SELECT question FROM judged WHERE node = '$node' GROUP BY 1 HAVING count(*) FILTER (WHERE answer) > 0 AND count(*) FILTER (WHERE NOT answer) > 0) q"), 5, "both answers to each question, on the $node");
}
done_testing();
