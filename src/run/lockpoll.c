/*
 * lockpoll.c
 *	  Getting the locks of a statement so that nobody waits behind us.
 *
 * A strong lock that waits in the queue stops everybody who comes later, for
 * as long as the longest query before it takes.  So the locks a statement is
 * known to need are first asked for again and again without queueing, all of
 * them or none, for pg_migrate.lock_poll.  If that was in vain and the plan can
 * be tried again, it gives way, and asks again then.  Only in the last try they
 * are queued for, with a short timeout that doubles up to the lock_timeout in
 * force.
 */
#include "postgres.h"

#include <signal.h>

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "run/locks.h"
#include "run/lockwatch.h"
#include "run/settings.h"
#include "run/subtransaction.h"

/* Pause between two tries is random up to this, in ms */
#define POLL_PAUSE 20

/* First timeout in the queue, in ms */
#define FIRST_TIMEOUT 100

/* Until then a try gives way instead of queueing; 0: it is the last one */
static TimestampTz patient_until = 0;

/* The lock that was not to be had in the last try_all(), or NoLock */
static LOCKTAG refused_tag;
static LOCKMODE refused_mode = NoLock;

/* Give back the first n locks of the list. */
static void
give_back(List *locks, int n)
{
	for (int i = n - 1; i >= 0; i--)
	{
		PgmLock    *lock = list_nth(locks, i);

		UnlockRelationOid(lock->relid, lock->mode);
	}
}

static bool
same_locks(List *a, List *b)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		PgmLock    *x = lfirst(la);
		PgmLock    *y = lfirst(lb);

		if (x->relid != y->relid || x->mode != y->mode)
			return false;
	}
	return true;
}

/*
 * Get all locks of the statement without waiting, or none.  What the names
 * mean is looked up again once the locks are there.
 */
static bool
try_all(const Node *statement)
{
	List	   *locks = pgm_locks_of(statement);
	ListCell   *lc;

	refused_mode = NoLock;
	foreach(lc, locks)
	{
		PgmLock    *lock = lfirst(lc);

		if (!ConditionalLockRelationOid(lock->relid, lock->mode))
		{
			SET_LOCKTAG_RELATION(refused_tag, MyDatabaseId, lock->relid);
			refused_mode = lock->mode;
			give_back(locks, foreach_current_index(lc));
			return false;
		}
	}
	if (locks == NIL || same_locks(locks, pgm_locks_of(statement)))
		return true;
	give_back(locks, list_length(locks));
	return false;
}

/* Sleep a moment, open to cancel requests. */
static void
rest(void)
{
	CHECK_FOR_INTERRUPTS();
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 1 + (long) (pg_prng_double(&pg_global_prng_state) * POLL_PAUSE),
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Cancel the autovacuums that have the lock that was refused, unless they save
 * us from wraparound.  The server does so for whoever waited in the queue for
 * deadlock_timeout (ProcSleep); we have waited for as long outside of it.
 */
static void
cancel_autovacuum(void)
{
	VirtualTransactionId *holders;
	int			n;

	if (refused_mode == NoLock)
		return;
	holders = GetLockConflicts(&refused_tag, refused_mode, &n);
	for (int i = 0; i < n; i++)
	{
		PGPROC	   *proc = pgm_vxid_proc(holders[i]);
		uint8		flags = 0;
		int			pid = 0;

		if (proc == NULL)
			continue;
		LWLockAcquire(ProcArrayLock, LW_SHARED);
		if (proc->pid != 0)
		{
			flags = ProcGlobal->statusFlags[proc->pgxactoff];
			pid = proc->pid;
		}
		LWLockRelease(ProcArrayLock);
		if ((flags & PROC_IS_AUTOVACUUM) && !(flags & PROC_VACUUM_FOR_WRAPAROUND))
			(void) kill(pid, SIGINT);
	}
	pfree(holders);
}

/* Try until the time is over. */
static bool
poll(const Node *statement)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = TimestampTzPlusMilliseconds(now, pgm_lock_poll);
	TimestampTz cancel_at = TimestampTzPlusMilliseconds(now, DeadlockTimeout);

	do
	{
		if (try_all(statement))
			return true;
		if (now >= cancel_at)
		{
			cancel_autovacuum();
			cancel_at = TimestampTzPlusMilliseconds(now, DeadlockTimeout);
		}
		rest();
		now = GetCurrentTimestamp();
	} while (now < until);
	return false;
}

/* Queue for all locks of the statement. */
static bool
queue_part(void *arg)
{
	ListCell   *lc;

	foreach(lc, pgm_locks_of(arg))
	{
		PgmLock    *lock = lfirst(lc);

		LockRelationOid(lock->relid, lock->mode);
	}
	return true;
}

/*
 * Queue for the locks, each for "timeout" ms at most.  Returns false when
 * that was too short; a subtransaction of its own gives back those got.
 */
static bool
queue(const Node *statement, int timeout)
{
	int			saved = LockTimeout;
	ErrorData  *edata;

	LockTimeout = timeout;
	pgm_lockwatch_adjust();
	edata = pgm_subtransaction("pg_migrate_locks", queue_part,
							   unconstify(Node *, statement));
	LockTimeout = saved;
	if (edata == NULL)
		return true;
	if (edata->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(edata);
	FreeErrorData(edata);
	return false;
}

/*
 * A try of a plan begins, which may be followed by others.  "repeatable" says
 * that there can be another one.
 */
void
pgm_locks_begin_try(bool repeatable)
{
	patient_until = repeatable ?
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									pgm_retry_max_work) : 0;
}

/* Raise what a lock timeout would raise, for the lock that others have. */
static void
give_way(void)
{
	if (refused_mode != NoLock)
		pgm_lockwatch_note(&refused_tag, refused_mode);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("a lock was not to be had within pg_migrate.lock_poll")));
}

/*
 * Get the locks that a statement of a script is known to need, to be held by
 * the transaction.  Returns also when that took too long, or nothing is known:
 * then the statement itself waits for what it has not got.
 */
void
pgm_locks_get(const Node *statement)
{
	if (pgm_lock_poll <= 0 || poll(statement) || LockTimeout <= 0)
		return;
	if (GetCurrentTimestamp() < patient_until)
		give_way();
	for (int timeout = FIRST_TIMEOUT; timeout < LockTimeout; timeout *= 2)
	{
		if (queue(statement, timeout))
			return;
		rest();
	}
}
