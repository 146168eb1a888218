# Shared by TAP tests: run SQL and collect output and errors, run psql in the
# background, keep sessions open, wait for events.
package Session;
use strict;
use warnings;
use Exporter qw(import);
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(use_server sql psql psql_in start_psql finish_psql psql_commands sqlstate_in
  open_session close_session wait_until wait_until_asleep terminate_sleepers wait_for_restart reset_database);

my $node;

# Set the server that the functions below use.
sub use_server
{
	($node) = @_;
	return;
}

# Run SQL that must not fail, with errors as its only messages; returns the output.
sub sql
{
	my ($sql, $server, $database) = @_;
	return ($server // $node)->safe_psql($database // 'postgres', "SET client_min_messages = error; $sql");
}

# The command that starts psql: each message has its SQLSTATE.
sub command
{
	my (@options) = @_;
	return [ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), @options ];
}

# Output, then messages, without the lines that name a place in the source code.
sub without_locations
{
	my ($out, $err) = @_;
	return "$out$err" =~ s/^LOCATION:.*\n//mgr;
}

# Run a script, each statement in a transaction of its own, with more options of
# psql; returns the output, then the messages.
sub psql
{
	my ($script, @options) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run(command(@options), '<', \$script, '>', \$out, '2>', \$err);
	return without_locations($out, $err);
}

# Run a script in another database than postgres, as psql() does.
sub psql_in
{
	my ($database, $script) = @_;
	return psql($script, '-d', $node->connstr($database));
}

# Start psql in the background; each argument is a command, executed as by
# psql -c, and an array as the first argument has more options.  Output and
# messages gather in {out} and {err}; {run} is the process.
sub start_psql
{
	my (@commands) = @_;
	my $options = ref $commands[0] ? shift @commands : [];
	my %p = (out => '', err => '');

	$p{run} = IPC::Run::start(command(@$options, map { ('-c', $_) } @commands), '>', \$p{out}, '2>', \$p{err});
	return \%p;
}

# Wait for the end of what start_psql() started; returns output, then messages.
sub finish_psql
{
	my ($p) = @_;

	$p->{run}->finish;
	return without_locations($p->{out}, $p->{err});
}

# Run commands one after the other; returns output, then messages.
sub psql_commands
{
	return finish_psql(start_psql(@_));
}

# The SQLSTATE of the first error among messages, '' if there is none.
sub sqlstate_in
{
	my ($messages) = @_;
	return $messages =~ /(?:ERROR|FATAL|PANIC): +(\w{5}):/ ? $1 : '';
}

# Start a session, wait until its first statements are done, and keep it open
# until close_session().
sub open_session
{
	my ($sql) = @_;
	my %s = (in => "$sql\n\\echo ready\n", out => '', err => '');

	$s{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$s{in}, '>', \$s{out}, '2>', \$s{err});
	$s{run}->pump until $s{out} =~ /ready/;
	return \%s;
}

# End a session.
sub close_session
{
	my ($s) = @_;
	$s->{in} .= "\\q\n";
	$s->{run}->finish;
	return;
}

# Wait until an expression in SQL, or a query of one value, is true on the
# server; NULL is not.
sub wait_until
{
	my ($condition) = @_;
	$node->poll_query_until('postgres', "SELECT coalesce(($condition), false)") or die "never: $condition";
	return;
}

# Wait until exactly one session executes pg_sleep(), as sessions do here that
# keep their transaction open.
sub wait_until_asleep
{
	wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	return;
}

# End the sessions that execute pg_sleep(), and with them their transactions.
sub terminate_sleepers
{
	sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
	return;
}

# After one of its processes was killed, wait until a server is up again.  It
# may still let in connections before it notices; it has once the log, from
# this offset on, says so.
sub wait_for_restart
{
	my ($server, $offset) = @_;

	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if slurp_file($server->logfile, $offset) =~ /all server processes terminated; reinitializing/;
		usleep(100_000);
	}
	$server->poll_query_until('postgres', 'SELECT true') or die 'the server does not come back';
	return;
}

# Give up what is half done, forget what was applied and logged, and empty the
# schema public; the migrations stay registered.
sub reset_database
{
	sql('SELECT migrate.abandon(max(run)) FROM migrate.segment WHERE open HAVING count(*) > 0');
	sql("SELECT migrate.stamp('base'); DROP SCHEMA public CASCADE; CREATE SCHEMA public; TRUNCATE migrate.log, migrate.run, migrate.segment");
	return;
}

1;
