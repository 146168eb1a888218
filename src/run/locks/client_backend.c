/*
 * client_backend.c
 *	  Whether the client of this session is another backend, which waits for our
 *	  answer.
 *
 * A session that calls us through dblink or postgres_fdw, in its own database,
 * keeps its snapshot until we answer; a concurrent build waits for the end of
 * that.  The deadlock detector does not see it, because one of the two waits
 * for a socket.
 */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/ip.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/wait_event.h"

/*
 * The headers of these libraries need not be installed; the layout of Port is
 * the same without them.
 */
#undef ENABLE_GSS
#undef USE_OPENSSL
#include "libpq/libpq-be.h"

#include "compat.h"
#include "run/locks/client_backend.h"

/* The class of a wait event, as in wait_event.h of all versions */
#define WAIT_CLASS(event) ((event) & 0xFF000000U)

/* message_id of the error, to tell it from other deadlocks */
const char *const pgm_client_deadlock = "deadlock with the client";

/*
 * The client, for use in a signal handler; NULL if it is not watched.  A PGPROC stays
 * mapped, but another process may take it over, hence the pid.
 */
static PGPROC *volatile watched = NULL;
static int	watched_pid = 0;

/* The file in which the kernel shows the state of the client's process */
static char client_stat[64] = "";

/* The process at the other end of a Unix-domain socket, or 0. */
static int
unix_peer(void)
{
#if defined(__linux__) && defined(SO_PEERCRED)
	struct ucred peer;
	socklen_t	len = sizeof(peer);

	if (getsockopt(MyProcPort->sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
		return peer.pid;
#elif defined(SOL_LOCAL) && defined(LOCAL_PEERPID)
	pid_t		peer;
	socklen_t	len = sizeof(peer);

	if (getsockopt(MyProcPort->sock, SOL_LOCAL, LOCAL_PEERPID, &peer, &len) == 0)
		return peer;
#endif
	return 0;
}

/* The port of a TCP address, or 0. */
static int
port_of(const SockAddr *address)
{
	char		service[NI_MAXSERV];

	if (pg_getnameinfo_all(&address->addr, address->salen, NULL, 0, service,
						   sizeof(service), NI_NUMERICSERV) != 0)
		return 0;
	return atoi(service);
}

/* Do both ends of the connection have the address of this machine? */
static bool
is_same_host(void)
{
	char		ours[NI_MAXHOST];
	char		theirs[NI_MAXHOST];

	return pg_getnameinfo_all(&MyProcPort->laddr.addr, MyProcPort->laddr.salen,
							  ours, sizeof(ours), NULL, 0, NI_NUMERICHOST) == 0 &&
		pg_getnameinfo_all(&MyProcPort->raddr.addr, MyProcPort->raddr.salen,
						   theirs, sizeof(theirs), NULL, 0, NI_NUMERICHOST) == 0 &&
		strcmp(ours, theirs) == 0;
}

/*
 * The inode number of the socket at the other end of a connection within this machine,
 * from the kernel's list; 0 if the list does not exist or does not have it.
 */
static unsigned long
peer_inode(const char *list)
{
	FILE	   *file = AllocateFile(list, "r");

	/* the row of the peer is wanted: its local address is our remote one */
	int			local = port_of(&MyProcPort->raddr);
	int			remote = port_of(&MyProcPort->laddr);
	unsigned long result = 0;
	char		line[512];

	if (file == NULL)
		return 0;
	while (result == 0 && fgets(line, sizeof(line), file))
	{
		char		from[64];
		char		to[64];
		unsigned int from_port;
		unsigned int to_port;
		unsigned long inode;

		if (sscanf(line, " %*d: %63[0-9A-Fa-f]:%x %63[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %lu",
				   from, &from_port, to, &to_port, &inode) == 5 &&
			(int) from_port == local && (int) to_port == remote &&
			strcmp(from, to) == 0)	/* both ends have one address */
			result = inode;
	}
	FreeFile(file);
	return result;
}

/*
 * Does the process have this socket open?  The kernel shows the files of processes of
 * the same user only, which the server's are.
 */
static bool
has_socket(int pid, unsigned long inode)
{
	char		path[MAXPGPATH];
	char		wanted[64];
	DIR		   *dir;
	struct dirent *entry;
	bool		found = false;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	snprintf(wanted, sizeof(wanted), "socket:[%lu]", inode);
	dir = AllocateDir(path);
	while (dir && !found && (entry = readdir(dir)) != NULL)
	{
		char		name[MAXPGPATH * 2];
		char		target[64];
		ssize_t		len;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		len = readlink(name, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (dir)
		FreeDir(dir);
	return found;
}

/* The backend at the other end of a TCP connection within this machine, or 0. */
static int
tcp_peer(void)
{
	unsigned long inode;

	if (!is_same_host())
		return 0;
	inode = peer_inode("/proc/net/tcp");
	if (inode == 0)
		inode = peer_inode("/proc/net/tcp6");

	/*
	 * There is no way from a socket to its process but to search all of them.
	 * Pids are read without a lock: what a wrong one leads to is refuted by
	 * its list of sockets.
	 */
	for (uint32 i = 0; inode != 0 && i < ProcGlobal->allProcCount; i++)
	{
		int			pid = ProcGlobal->allProcs[i].pid;

		if (pid != 0 && pid != MyProcPid && has_socket(pid, inode))
			return pid;
	}
	return 0;
}

/*
 * The pid of the backend of this server that is our client; 0 when there is none, or it
 * cannot be found.  It is searched once, as the client of a session is always the same.
 */
int
pgm_client_backend(void)
{
	static int	client = -1;

	if (client < 0)
	{
		client = 0;
		if (MyProcPort && MyProcPort->raddr.addr.ss_family == AF_UNIX)
			client = unix_peer();
		else if (MyProcPort)
			client = tcp_peer();
		/* a background worker has no port; psql has a pid, but is no backend */
		if (client != 0 && BackendPidGetProc(client) == NULL)
			client = 0;
		snprintf(client_stat, sizeof(client_stat), "/proc/%d/stat", client);
	}
	return client;
}

/*
 * Does our client run on a processor?  False where the kernel does not tell.
 *
 * May be called by a signal handler: open(), read() and close() are safe there, and
 * AllocateFile() is not.
 */
static bool
client_computes(void)
{
	char		line[512];
	int			file = open(client_stat, O_RDONLY, 0);
	ssize_t		len = 0;

	if (file < 0)
		return false;
	len = read(file, line, sizeof(line) - 1);
	close(file);
	line[Max(len, 0)] = '\0';
	/* the state follows the name, which is in parentheses */
	return strstr(line, ") R ") != NULL;
}

/*
 * May our client wait for an answer on a socket?
 *
 * libpq's waits show no wait event before 17, and one of the class of extensions from
 * then on.  Without an event the process may as well be computing, so the kernel is
 * asked.
 */
static bool
may_wait_for_answer(const PGPROC *proc)
{
	/* volatile: the other process changes it at any time */
	uint32		event = *(volatile const uint32 *) &proc->wait_event_info;

	if (event != 0)
		return WAIT_CLASS(event) == PG_WAIT_EXTENSION;
	return !client_computes();
}

/* Is the process our client, and does it seem to wait for our answer? */
bool
pgm_client_waits(int pid)
{
	PGPROC	   *proc;

	if (pid == 0 || pid != pgm_client_backend())
		return false;
	proc = BackendPidGetProc(pid);
	return proc != NULL && may_wait_for_answer(proc);
}

/* Find the client, so that pgm_client_blocks() may be called from a signal handler. */
void
pgm_client_watch(void)
{
	/* the handler, which may come in between, compares the pid last */
	watched_pid = pgm_client_backend();
	watched = watched_pid == 0 ? NULL : BackendPidGetProc(watched_pid);
}

/*
 * Is the lock that we wait for the virtual transaction of our client, and does the
 * client seem to wait for our answer?  Safe in a signal handler: it takes no lock and
 * allocates nothing.
 */
bool
pgm_client_blocks(const LOCKTAG *tag)
{
	PGPROC	   *proc = watched;
	VirtualTransactionId vxid;
	LOCKTAG		its;

	if (proc == NULL || proc->pid != watched_pid)
		return false;
	GET_VXID_FROM_PGPROC(vxid, *proc);
	SET_LOCKTAG_VIRTUALTRANSACTION(its, vxid);
	return memcmp(tag, &its, sizeof(LOCKTAG)) == 0 && may_wait_for_answer(proc);
}

#define DEADLOCK_DETAIL "The migration waits for the end of the transaction of process %d. That process is the client of this session, as with dblink or postgres_fdw, and waits for its answer."
#define DEADLOCK_HINT "Call from a client outside of this database; or with dblink_send_query() in autocommit mode, and dblink_get_result() once dblink_is_busy() is 0."

/* Raise 40P01: we wait for our client. */
void
pgm_client_raise(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
			 errmsg("deadlock detected"),
			 errdetail(DEADLOCK_DETAIL, pgm_client_backend()),
			 errhint(DEADLOCK_HINT)));
}

/* Make an error that has ended a wait say that we waited for our client. */
void
pgm_client_explain(ErrorData *edata)
{
	edata->sqlerrcode = ERRCODE_T_R_DEADLOCK_DETECTED;
	edata->message = pstrdup("deadlock detected");
	edata->message_id = pgm_client_deadlock;
	edata->detail = psprintf(DEADLOCK_DETAIL, pgm_client_backend());
	edata->hint = pstrdup(DEADLOCK_HINT);
}
