/*
 * lock_watch.c
 *	  Which lock was waited for when a lock timeout struck, and who has it.
 *
 * The error of a lock timeout does not name the lock.  While a plan runs, a timer of
 * ours checks every few ms whether this process waits for a lock, and copies the lock's
 * tag; the last copy before the timeout is the lock in question.  The timer runs in a
 * signal handler, so it only copies a few bytes of shared memory that stays mapped.
 * If the lock is granted meanwhile that does no harm, because then there is no timeout
 * to explain.
 *
 * The timer also ends a wait for our own client, if that waits for our answer.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "run/locks/blocker.h"
#include "run/locks/client_backend.h"
#include "run/locks/lock_watch.h"
#include "util/name_list.h"
#include "util/relation_name.h"
#include "util/revision_names.h"

/* Checks per lock timeout, and the shortest and longest pause between them, in ms */
#define CHECKS_PER_TIMEOUT 8
#define MIN_PAUSE 5
#define MAX_PAUSE 250

/*
 * We are deadlocked with the client if so many checks in a row say so: one check may
 * come while the client is between two system calls and about to go on.
 */
#define CLIENT_CHECKS 8

static TimeoutId watch_timeout;
static bool registered = false;
static int	current_pause = 0;	/* 0: not watching */

/* Written by the signal handler */
static volatile bool seen = false;
static LOCKTAG seen_tag;
static LOCKMODE seen_mode;
static int	client_checks = 0;
static volatile bool client_deadlock = false;

/*
 * The handler of the timer: note the lock that this process waits for.
 *
 * The timer may strike while a terminated process is on its way out, and has given
 * its PGPROC back: hence MyProc may be NULL.
 */
static void
handle_watch_timeout(void)
{
	PGPROC	   *proc = MyProc;
	LOCK	   *lock = proc == NULL ? NULL : proc->waitLock;

	/*
	 * Read without the lock of the partition, which a signal handler must not
	 * take: this process may hold it already.  If the lock is granted in
	 * between, the tag may be that of another lock, but then no timeout needs
	 * to be explained.
	 */
	if (lock != NULL)
	{
		seen_tag = lock->tag;
		seen_mode = proc->waitLockMode;
		seen = true;
	}
	client_checks = lock != NULL && pgm_client_blocks(&seen_tag) ?
		client_checks + 1 : 0;
	/* "==", so that the wait is cancelled once only */
	if (client_checks == CLIENT_CHECKS)
	{
		/*
		 * Do what StatementCancelHandler() does.  An error cannot be raised
		 * here; the caller that catches the cancellation explains it.
		 */
		client_deadlock = true;
		InterruptPending = true;
		QueryCancelPending = true;
		SetLatch(MyLatch);
	}
}

/* Begin to watch, and forget the lock that was seen before. */
void
pgm_lockwatch_start(void)
{
	if (!registered)
	{
		/* once a session: the server has few ids, and takes none back */
		watch_timeout = RegisterTimeout(USER_TIMEOUT, handle_watch_timeout);
		registered = true;
	}
	seen = false;
	client_checks = 0;
	client_deadlock = false;

	/*
	 * An error may have ended the last watch without pgm_lockwatch_stop().
	 * Then the server has disabled the timer.
	 */
	current_pause = 0;
	/* /proc cannot be searched by the handler, so the client is found now */
	pgm_client_watch();
	pgm_lockwatch_adjust();
}

/* Was a wait ended because it was for our client, which itself waits for our answer? */
bool
pgm_lockwatch_client_deadlock(void)
{
	return client_deadlock;
}

/* Note a lock that could not be taken, found by polling instead of waiting. */
void
pgm_lockwatch_note(const LOCKTAG *tag, LOCKMODE mode)
{
	seen_tag = *tag;
	seen_mode = mode;
	seen = true;
}

/*
 * Adapt the pause to the lock_timeout now in force, which a script may have changed.
 */
void
pgm_lockwatch_adjust(void)
{
	int			pause = LockTimeout <= 0 ? MAX_PAUSE :
		Max(MIN_PAUSE, Min(MAX_PAUSE, LockTimeout / CHECKS_PER_TIMEOUT));

	if (pause == current_pause)
		return;
	if (current_pause > 0)
		disable_timeout(watch_timeout, false);
	current_pause = pause;
	enable_timeout_every(watch_timeout,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 pause), pause);
}

/* Stop watching.  The lock that was seen can still be asked for. */
void
pgm_lockwatch_stop(void)
{
	if (current_pause > 0)
		disable_timeout(watch_timeout, false);
	current_pause = 0;
}

/* Append what was waited for: a relation by its name, anything else as the server does. */
static void
describe_lock(StringInfo out)
{
	Oid			relid = seen_tag.locktag_type == LOCKTAG_RELATION ?
		seen_tag.locktag_field2 : InvalidOid;
	char	   *name = OidIsValid(relid) ? pgm_relation_name(relid) : NULL;

	if (name == NULL)
		DescribeLockTag(out, &seen_tag);
	else
		appendStringInfoString(out, name);
}

/*
 * Who holds the lock that was last waited for, a line each, in the current
 * memory context; NULL when no wait was seen or nobody has it any more.  *help
 * is set to the commands that end them, or NULL.  Runs as the current user, so it
 * tells no more than that user may see.
 */
char *
pgm_lockwatch_blockers(char **help)
{
	VirtualTransactionId *holders;
	StringInfoData lock;
	StringInfoData who;
	List	   *helps = NIL;
	int			n;

	*help = NULL;
	if (!seen)
		return NULL;
	holders = GetLockConflicts(&seen_tag, seen_mode, &n);
	initStringInfo(&who);
	for (int i = 0; i < n; i++)
	{
		PgmBlocker *b = pgm_blocker_of(holders[i]);

		/* it may have ended since */
		if (b == NULL)
			continue;
		appendStringInfo(&who, "%s%s", who.len ? "\n" : "", b->what);
		if (!pgm_names_have(helps, b->help))
			helps = lappend(helps, b->help);
	}
	if (who.len == 0)
		return NULL;
	initStringInfo(&lock);
	describe_lock(&lock);
	*help = pgm_name_join(helps);
	return psprintf("%s on %s is blocked by %s",
					GetLockmodeName(seen_tag.locktag_lockmethodid, seen_mode),
					lock.data, who.data);
}

/*
 * Describe the process of this database whose transaction is open longest of those that
 * may see old rows, in the current memory context; NULL when there is none.  A build
 * that was ended by its timeout has most likely waited for it.  Runs as the current
 * user, so it tells no more than that user may see.
 */
char *
pgm_lockwatch_oldest(void)
{
	int			pid = 0;

	SPI_connect();
	if (SPI_execute("SELECT pid FROM pg_catalog.pg_stat_get_activity(NULL)"
					" WHERE pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND backend_xmin IS NOT NULL"
					"   AND datid OPERATOR(pg_catalog.=) (SELECT oid FROM pg_catalog.pg_database"
					"     WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())"
					" ORDER BY xact_start LIMIT 1", true, 1) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed");
	if (SPI_processed > 0)
		pid = atoi(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	return pid ? pgm_blocker_of_process(pid)->what : NULL;
}
