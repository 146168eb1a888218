/*
 * lock_poll.c
 *	  Getting the locks of a statement so that nobody waits behind us.
 *
 * A strong lock that waits in the queue stops everybody who comes later, for
 * as long as the longest query before it takes.  So the locks that a statement is
 * known to need are first polled for: requested again and again without queueing,
 * all of them or none, for pg_migrate.lock_poll.  If that fails and the plan can be
 * tried again, the try fails with a lock timeout, which gives back all its other
 * locks.  Only the last try queues for them, with a short timeout that doubles up to
 * the lock_timeout in force.
 *
 * Sessions that take two tables in the other order than the plan could keep it
 * from the second one for ever: they have that and wait for the first.  So a
 * try that follows a failed one requests the known locks of its whole
 * transaction before the first statement, while it has none.
 */
#include "postgres.h"

#include <signal.h>

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "util/subtransaction.h"

/* Pause between two tries is random up to this, in ms */
#define POLL_PAUSE 20

/* Rounds of polling between two DEBUG1 messages: about a second */
#define REPORT_ROUNDS 100

/* First timeout in the queue, in ms */
#define FIRST_TIMEOUT 100

/* Until then a try fails instead of queueing; 0: it is the last one, and queues */
static TimestampTz patient_until = 0;

/* Does the try follow one that failed? */
static bool first_of_all = false;

/* The lock that was refused in the last try_all(), or NoLock */
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

/* Do two lists hold the same locks in the same order? */
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

/* What the locks are for: a statement, or else parts of scripts */
typedef struct PgmWanted
{
	const Node *statement;
	List	   *parts;
} PgmWanted;

/* The locks that are known to be needed, as the names are resolved now. */
static List *
wanted_locks(const PgmWanted *w)
{
	return w->statement ? pgm_locks_of(w->statement) :
		pgm_locks_of_parts(w->parts);
}

/*
 * Get all wanted locks without waiting, or none.
 *
 * Before we had the locks the tables could be renamed or replaced.  So the names are
 * resolved again under the locks, and if they mean other relations now the locks are
 * given back, and the caller tries again.
 */
static bool
try_all(const PgmWanted *w)
{
	List	   *locks = wanted_locks(w);
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
	if (locks == NIL || same_locks(locks, wanted_locks(w)))
		return true;
	give_back(locks, list_length(locks));
	return false;
}

/* Sleep for a random moment, so that two pollers do not keep step. */
static void
poll_pause(void)
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
 * us from wraparound.  The server does so for a process that has waited in the queue for
 * deadlock_timeout (ProcSleep); we have waited for as long outside of the queue.
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

/* Poll for the locks until pg_migrate.lock_poll is over; returns whether they are held. */
static bool
poll_locks(const PgmWanted *w)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = TimestampTzPlusMilliseconds(now, pgm_lock_poll);
	TimestampTz cancel_at = TimestampTzPlusMilliseconds(now, DeadlockTimeout);
	int			round = 0;

	do
	{
		if (try_all(w))
		{
			if (round > 0)
				ereport(DEBUG1,
						(errmsg_internal("lock poll: got the locks in round %d", round + 1)));
			return true;
		}
		/* the first round, and then about every second */
		if (round++ % REPORT_ROUNDS == 0 && refused_mode != NoLock)
		{
			char	   *table = get_rel_name(refused_tag.locktag_field2);

			ereport(DEBUG1,
					(errmsg_internal("lock poll: round %d, %s on \"%s\" is not free",
									 round, GetLockmodeName(DEFAULT_LOCKMETHOD, refused_mode),
									 table ? table : "a table that is gone")));
		}
		if (now >= cancel_at)
		{
			cancel_autovacuum();
			cancel_at = TimestampTzPlusMilliseconds(now, DeadlockTimeout);
		}
		poll_pause();
		now = GetCurrentTimestamp();
	} while (now < until);
	ereport(DEBUG1,
			(errmsg_internal("lock poll: gave up after %d rounds, %d ms", round,
							 pgm_lock_poll)));
	return false;
}

/* The function of a subtransaction: queue for all locks of a statement. */
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

/* Locks to queue for one after the other, all of them until a moment */
typedef struct PgmLockQueue
{
	List	   *locks;
	int			at;				/* the one that is waited for */
	TimestampTz until;
} PgmLockQueue;

/* The function of a subtransaction: queue for the locks of the list. */
static bool
queue_locks(void *arg)
{
	PgmLockQueue *q = arg;

	for (q->at = 0; q->at < list_length(q->locks); q->at++)
	{
		PgmLock    *lock = list_nth(q->locks, q->at);

		LockTimeout = Max(1, TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
															 q->until));
		LockRelationOid(lock->relid, lock->mode);
	}
	return true;
}

/* Queue for all locks, for "timeout" ms in all; they are got, or none is. */
static bool
queue_once(PgmLockQueue *q, int timeout)
{
	int			saved = LockTimeout;
	ErrorData  *edata;

	q->until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout);
	LockTimeout = timeout;
	pgm_lockwatch_adjust();
	edata = pgm_subtransaction("pg_migrate_locks", queue_locks, q);
	LockTimeout = saved;
	pgm_lockwatch_adjust();
	if (edata == NULL)
		return true;
	if (edata->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(edata);
	FreeErrorData(edata);
	return false;
}

/*
 * Queue for all locks until they are got together.  A lock that was not granted
 * in time is asked for first the next time: its holder may be waiting for one
 * that we had by then, so the holder's order is the one to follow.
 */
static bool
queue_for_all(List *locks)
{
	PgmLockQueue q = {.locks = locks};
	int			limit = LockTimeout > 0 ? LockTimeout : pgm_lock_timeout;
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													2 * (int64) limit);
	int			timeout = FIRST_TIMEOUT;

	while (GetCurrentTimestamp() < until)
	{
		/*
		 * While holding some of the locks, wait no longer for the others than
		 * half of deadlock_timeout: else a session that waits for us could
		 * run its deadlock check while we wait for it, and be the victim.
		 */
		int			turn = list_length(locks) > 1 ?
			Min(timeout, Max(1, DeadlockTimeout / 2)) : timeout;

		if (queue_once(&q, Min(turn, limit)))
			return true;
		if (q.at > 0)
		{
			PgmLock    *lock = list_nth(q.locks, q.at);

			q.locks = lcons(lock, list_delete_nth_cell(q.locks, q.at));
		}
		else
			timeout = Min(timeout * 2, limit);
		poll_pause();
	}
	return false;
}

/*
 * A try of a plan begins, the first one being 0.  "repeatable" says that it can
 * be followed by another.
 */
void
pgm_locks_begin_try(int try, bool repeatable)
{
	/* a clean first try is not delayed; see the comment at the top */
	first_of_all = try > 0;
	patient_until = repeatable ?
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									pgm_retry_max_work) : 0;
}

/*
 * Raise what a lock timeout would raise, for the lock that others have.  The rollback
 * gives back all locks of the try, for which others may wait.
 */
static void
raise_not_available(void)
{
	if (refused_mode != NoLock)
		pgm_lockwatch_note(&refused_tag, refused_mode);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("a lock was not to be had within pg_migrate.lock_poll")));
}

/* Does this try request the locks of its transaction before its first statement? */
bool
pgm_locks_first(void)
{
	return first_of_all;
}

/*
 * Get the locks that the scripts of a transaction (PgmLockPart) are known to
 * need, where pgm_locks_first() says so.  In the last try it returns even if they
 * could not be got together: then each statement asks for its own.
 *
 * Raises 55P03 when they could not be got and there can be another try.
 */
void
pgm_locks_get_first(List *parts)
{
	PgmWanted	w = {.parts = parts};

	if (pgm_lock_poll > 0)
	{
		if (poll_locks(&w))
			return;
		if (GetCurrentTimestamp() < patient_until)
			raise_not_available();
	}
	ereport(DEBUG1, (errmsg_internal("last try: queueing for all locks together")));
	(void) queue_for_all(pgm_locks_of_parts(parts));
}

/*
 * Get the locks that a statement of a script is known to need, to be held by
 * the transaction.  Returns also when that took too long, or nothing is known:
 * then the statement itself waits for what it has not got.
 */
void
pgm_locks_get(const Node *statement)
{
	PgmWanted	w = {.statement = statement};

	if (pgm_lock_poll <= 0 || poll_locks(&w) || LockTimeout <= 0)
		return;
	if (GetCurrentTimestamp() < patient_until)
		raise_not_available();
	ereport(DEBUG1, (errmsg_internal("last try: queueing for the locks of the statement")));
	for (int timeout = FIRST_TIMEOUT; timeout < LockTimeout; timeout *= 2)
	{
		if (queue(statement, timeout))
			return;
		poll_pause();
	}
}
