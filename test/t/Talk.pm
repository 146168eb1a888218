# What tests say to a server by psql, and what it answers, errors and all.
package Talk;
use strict;
use warnings;
use Exporter qw(import);
use IPC::Run ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);

our @EXPORT = qw(talk_to ask session leave await_restart);

my $node;

# The server to talk to
sub talk_to
{
	($node) = @_;
	return;
}

# What psql says to a script, its errors with SQLSTATE
sub ask
{
	my ($sql, $database) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $node->connstr($database // 'postgres') ],
		'<', \$sql, '>', \$out, '2>', \$err);
	return "$out$err";
}

# A session that has said something, and stays until leave()
sub session
{
	my ($sql) = @_;
	my %s = (in => "$sql\n\\echo ready\n", out => '', err => '');

	$s{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$s{in}, '>', \$s{out}, '2>', \$s{err});
	$s{run}->pump until $s{out} =~ /ready/;
	return \%s;
}

sub leave
{
	my ($s) = @_;
	$s->{in} .= "\\q\n";
	$s->{run}->finish;
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
