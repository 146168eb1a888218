# Shared by TAP tests: run SQL through psql and get its output and errors, keep
# sessions open, wait for events.
package Talk;
use strict;
use warnings;
use Exporter qw(import);
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(talk_to ask session leave await await_restart);

my $node;

# Set the server that the functions below use.
sub talk_to
{
	($node) = @_;
	return;
}

# Run a script in psql; returns its output, then its errors with their SQLSTATEs.
sub ask
{
	my ($sql, $database) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($database // 'postgres') ],
		'<', \$sql, '>', \$out, '2>', \$err);
	return "$out$err";
}

# Start a session, wait until its first statements are done, and keep it open
# until leave().
sub session
{
	my ($sql) = @_;
	my %s = (in => "$sql\n\\echo ready\n", out => '', err => '');

	$s{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$s{in}, '>', \$s{out}, '2>', \$s{err});
	$s{run}->pump until $s{out} =~ /ready/;
	return \%s;
}

# End a session.
sub leave
{
	my ($s) = @_;
	$s->{in} .= "\\q\n";
	$s->{run}->finish;
	return;
}

# Wait until a condition in SQL is true on the server; NULL is not.
sub await
{
	my ($condition) = @_;
	$node->poll_query_until('postgres', "SELECT coalesce(($condition), false)") or die "never: $condition";
	return;
}

# After one of its processes was killed, wait until a server is up again.  It
# may still let in connections before it notices; it has once the log, from
# this offset on, says so.
sub await_restart
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

1;
