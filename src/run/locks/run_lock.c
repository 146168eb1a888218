/*
 * run_lock.c
 *	  One run at a time: per database by a lock, per backend by a flag.
 *
 * The run lock is a heavyweight lock of the user lock method, with a tag that
 * no advisory lock function can make.  Whoever changes the registry or runs a
 * plan holds it in SHARE ROW EXCLUSIVE mode to the end of the transaction.
 *
 * Such a caller never queues for it.  The lock is tried; when another
 * transaction has it, we wait for that transaction's virtual id, which the
 * deadlock detector and pg_locks see, and try again.
 *
 * A run that commits between its segments holds it in EXCLUSIVE mode for the
 * session, and waits in line for it, without a snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "run/locks/blocker.h"
#include "run/locks/client_backend.h"
#include "run/locks/deadlock.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/run_lock.h"
#include "run/locks/safe_wait.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/* key of the lock: two arbitrary numbers, and a third that advisory locks
 * (1 and 2) do not use */
#define LOCK_KEY1 0x70676D69
#define LOCK_KEY2 0x67726174
#define LOCK_KEY3 3

/* Pause between two looks at it, in ms; where several processes wait, up to twice that */
#define WAIT_PAUSE 50

/*
 * A client is taken to wait for us after so many looks in a row that say so,
 * and given up on after so many in all
 */
#define CLIENT_LOOKS 8
#define MAX_LOOKS 20

bool		pgm_run_active = false;
bool		pgm_run_confined = false;

static object_access_hook_type previous_access_hook = NULL;

/*
 * Does a script run, or what it has left to be executed at its end, as deferred
 * triggers are?
 */
static bool
is_within_script(void)
{
	return pgm_run_active || pgm_run_confined;
}

/* Raise 55006: a script would drop or alter the extension that runs it. */
static void
refuse_under_script(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("cannot change extension \"pg_migrate\" while a migration runs"),
			 errdetail("A script of the running migration, or something it called, tried to."),
			 errhint("Do it in a session of its own, after the run.")));
}

/*
 * Refuse to drop or alter the extension under a running script.  The event
 * trigger of extension_guard.c does so before; this is for where it was disabled.
 */
static void
access_hook(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
			void *arg)
{
	if (previous_access_hook)
		previous_access_hook(access, class_id, object_id, sub_id, arg);

	if (is_within_script() && class_id == ExtensionRelationId &&
		(access == OAT_DROP || access == OAT_POST_ALTER) &&
		object_id == get_extension_oid("pg_migrate", true))
		refuse_under_script();
}

/*
 * A statement of a script has ended the subtransaction around it, so that no
 * code of ours that began something comes to its end.
 */
static void
subtransaction_lost(void)
{
	pgm_run_active = false;
	pgm_lockwatch_stop();
}

/* Install the hooks; called when the library is loaded. */
void
pgm_runlock_init(void)
{
	pgm_subtransaction_on_lost(subtransaction_lost);
	previous_access_hook = object_access_hook;
	object_access_hook = access_hook;
}

/* The process of a virtual transaction, or 0 when it is gone. */
static int
vxid_pid(VirtualTransactionId vxid)
{
	PGPROC	   *proc = pgm_vxid_proc(vxid);

	return proc ? proc->pid : 0;
}

/*
 * Raise 40P01 if our own client holds the lock in a conflicting mode and waits
 * for our answer, as a session does that calls its own database through dblink
 * after it has registered something, or from a script.
 */
static void
refuse_own_client(const LOCKTAG *tag, LOCKMODE mode)
{
	int			client = pgm_client_backend();
	int			waits = 0;

	for (int i = 0; client != 0 && i < MAX_LOOKS; i++)
	{
		int			n;
		VirtualTransactionId *holders = GetLockConflicts(tag, mode, &n);
		bool		holds = false;

		for (int h = 0; h < n; h++)
			holds = holds || vxid_pid(holders[h]) == client;
		pfree(holders);
		if (!holds)
			break;
		waits = pgm_client_waits(client) ? waits + 1 : 0;
		if (waits == CLIENT_LOOKS)
			pgm_client_raise();
		pgm_retry_sleep(WAIT_PAUSE);
	}
}

/*
 * A prepared transaction that has the lock in a conflicting mode, or NULL.
 *
 * Such a one has ended its session, so a wait for it may last for ever: that is
 * said at once, as a WARNING.
 */
static PgmBlocker *
prepared_holder(const LOCKTAG *tag, LOCKMODE mode)
{
	int			n;
	VirtualTransactionId *holders = GetLockConflicts(tag, mode, &n);
	PgmBlocker *b = NULL;

	for (int i = 0; i < n && b == NULL; i++)
		if (TransactionIdIsValid(pgm_blocker_prepared(holders[i])))
			b = pgm_blocker_of(holders[i]);
	pfree(holders);
	if (b == NULL)
		return NULL;
	ereport(WARNING,
			(errmsg("waiting for a prepared transaction that ran a migration"),
			 errdetail("The lock of running migrations is held by %s.", b->what),
			 errhint("To go on, %s.", b->help)));
	InvalidateCatalogSnapshot();
	return b;
}

/*
 * Make the lock timeout's error speak of the run that was waited for: that of a
 * process, or of a prepared transaction.
 */
static void
rethrow_wait_timeout(MemoryContext context, int pid, const PgmBlocker *prepared)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(context);
	edata = CopyErrorData();
	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		FlushErrorState();
		if (prepared)
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("a prepared transaction that ran a migration is neither committed nor rolled back"),
					 errdetail("The lock of running migrations is held by %s; pg_migrate.run_wait_timeout is %d ms.",
							   prepared->what, pgm_run_wait_timeout),
					 errhint("To go on, %s.", prepared->help)));
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("another migration is running in this database"),
				 pid != 0 ?
				 errdetail("Process %d did not finish within pg_migrate.run_wait_timeout (%d ms).",
						   pid, pgm_run_wait_timeout) :
				 errdetail("It did not finish within pg_migrate.run_wait_timeout (%d ms).",
						   pgm_run_wait_timeout),
				 errhint("See what runs: SELECT * FROM pg_stat_activity WHERE datname = current_database().")));
	}
	PG_RE_THROW();
}

/*
 * Wait for one transaction, until the deadline if that is not 0.  Only
 * pg_migrate.run_wait_timeout bounds it, not lock_timeout.
 */
static void
wait_for_transaction(VirtualTransactionId vxid, TimestampTz deadline,
					 const PgmBlocker *prepared)
{
	MemoryContext context = CurrentMemoryContext;
	int			saved = LockTimeout;
	int			pid = vxid_pid(vxid);

	LockTimeout = deadline == 0 ? 0 :
		Max(1, TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline));
	PG_TRY();
	{
		VirtualXactLock(vxid, true);
		LockTimeout = saved;
	}
	PG_CATCH();
	{
		LockTimeout = saved;
		rethrow_wait_timeout(context, pid, prepared);
	}
	PG_END_TRY();
}

/*
 * Raise 25006 or 55006 unless the function may be called here: not on a
 * standby, in a read-only transaction, in a parallel worker, or by a script.
 */
void
pgm_runlock_check(const char *function)
{
	PreventCommandDuringRecovery(function);
	PreventCommandIfReadOnly(function);
	PreventCommandIfParallelMode(function);
	if (is_within_script())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot call %s while a migration runs", function),
				 errdetail("A script of the running migration, or something it called, tried to."),
				 errhint("Take the call out of the script; order migrations by down_revision and depends_on.")));
}

/* The tag of the run lock of this database. */
static LOCKTAG
run_lock(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_KEY1, LOCK_KEY2, LOCK_KEY3);
	return tag;
}

/* A process that has the lock in a mode that conflicts with this one, or 0. */
static int
conflicting_process(const LOCKTAG *tag, LOCKMODE mode)
{
	int			n;
	VirtualTransactionId *holders = GetLockConflicts(tag, mode, &n);
	int			pid = n > 0 ? vxid_pid(holders[0]) : 0;

	pfree(holders);
	return pid;
}

/*
 * Refuse to wait for a run that commits between its segments: it may itself
 * wait for the snapshot of the one who would wait.  Only such runs hold the
 * lock in a mode that conflicts with ROW SHARE.
 */
static void
refuse_beside_segments(const LOCKTAG *tag, const char *function)
{
	int			pid = conflicting_process(tag, RowShareLock);

	if (pid != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot call %s while a migration runs segment by segment",
						function),
				 errdetail("Process %d runs it in this database.", pid),
				 errhint("Try again when it has finished, or CALL migrate.deploy(), which waits for it. See what it does: SELECT * FROM migrate.progress.")));
}

/* Refuse a command that drops or alters the extension during such a run. */
static void
refuse_change(const LOCKTAG *tag, const char *command)
{
	int			pid = conflicting_process(tag, RowShareLock);

	if (pid != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot execute %s on extension \"pg_migrate\" while a migration runs segment by segment",
						command),
				 errdetail("Process %d runs it in this database.", pid),
				 errhint("Try again when it has finished: SELECT * FROM migrate.progress. To end it: SELECT migrate.cancel();")));
}

/*
 * Take the run lock for the session, waiting in line for it.  No snapshot may
 * be held, so that nobody has to wait for us meanwhile.  Raises 55P03 after
 * pg_migrate.run_wait_timeout.
 */
void
pgm_runlock_hold(void)
{
	LOCKTAG		tag = run_lock();
	MemoryContext context = CurrentMemoryContext;
	int			saved = LockTimeout;
	const PgmBlocker *prepared;

	Assert(!ActiveSnapshotSet());
	refuse_own_client(&tag, ExclusiveLock);
	prepared = prepared_holder(&tag, ExclusiveLock);
	/* the catalog snapshot counts as one for a concurrent build, too */
	InvalidateCatalogSnapshot();
	if (conflicting_process(&tag, ExclusiveLock) != 0)
		ereport(DEBUG1,
				(errmsg_internal("waiting in line for the run lock, which process %d has",
								 conflicting_process(&tag, ExclusiveLock))));
	LockTimeout = pgm_run_wait_timeout;
	PG_TRY();
	{
		(void) LockAcquire(&tag, ExclusiveLock, true, false);
		LockTimeout = saved;
	}
	PG_CATCH();
	{
		LockTimeout = saved;
		rethrow_wait_timeout(context, 0, prepared);
	}
	PG_END_TRY();
}

/*
 * Hold the run lock also for the current transaction, and again for the
 * session: a script may have released all advisory locks of the session.
 *
 * Raises 55006 if another run has got it meanwhile.
 */
void
pgm_runlock_keep(void)
{
	LOCKTAG		tag = run_lock();

	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL ||
		LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the run lock was lost"),
				 errdetail("A statement of a migration released all advisory locks of the session, and another run began."),
				 errhint("Take DISCARD ALL or pg_advisory_unlock_all() out of the migration, and call migrate.deploy() again.")));
}

/* Does this process hold the run lock in exactly this mode? */
bool
pgm_runlock_held(LOCKMODE mode)
{
	LOCKTAG		tag = run_lock();

	return pgm_lock_held(&tag, mode);
}

/* Release the session's hold, however often it was taken. */
void
pgm_runlock_release(void)
{
	LOCKTAG		tag = run_lock();

	while (pgm_lock_held(&tag, ExclusiveLock))
		LockRelease(&tag, ExclusiveLock, true);
}

/* Take the run lock for the transaction if nobody has it. */
bool
pgm_runlock_try(void)
{
	LOCKTAG		tag = run_lock();

	return LockAcquire(&tag, ShareRowExclusiveLock, false, true) !=
		LOCKACQUIRE_NOT_AVAIL;
}

/* When a wait that begins now has to end; 0: never. */
static TimestampTz
wait_deadline(void)
{
	pgm_settings_define();
	return pgm_run_wait_timeout <= 0 ? 0 :
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									pgm_run_wait_timeout);
}

/*
 * Take the run lock for the rest of the transaction, waiting for a run in one
 * transaction; "refuse" raises an error if a run by segments has it.
 */
static void
acquire(void (*refuse) (const LOCKTAG *tag, const char *what), const char *what)
{
	LOCKTAG		tag = run_lock();
	TimestampTz deadline = 0;

	while (!pgm_runlock_try())
	{
		VirtualTransactionId *holders;
		int			n;
		const PgmBlocker *prepared;

		CHECK_FOR_INTERRUPTS();
		if (deadline == 0)
		{
			deadline = wait_deadline();
			ereport(DEBUG1,
					(errmsg_internal("waiting for the run lock, which process %d has",
									 conflicting_process(&tag, ShareRowExclusiveLock))));
		}
		refuse_own_client(&tag, ShareRowExclusiveLock);
		prepared = prepared_holder(&tag, ShareRowExclusiveLock);
		holders = GetLockConflicts(&tag, ShareRowExclusiveLock, &n);
		/* after that: so no run by segments is among them */
		refuse(&tag, what);
		/* a run that is between two of its transactions is not listed */
		if (n == 0)
			pgm_retry_sleep(WAIT_PAUSE);
		for (int i = 0; i < n; i++)
			wait_for_transaction(holders[i], deadline, prepared);
		pfree(holders);
	}
}

/*
 * Take the run lock for the rest of the transaction, waiting for its holder.
 * "function" is the caller's name for messages.
 *
 * Raises 25006 on a standby or in a read-only transaction, 55006 when called
 * from a script that is being run or while a run commits between its segments,
 * 55P03 after pg_migrate.run_wait_timeout, 40P01 when our own client has it.
 */
void
pgm_runlock_acquire(const char *function)
{
	pgm_runlock_check(function);
	acquire(refuse_beside_segments, function);
}

/*
 * Take the run lock, as pgm_runlock_acquire(), for a command that drops or
 * alters the extension: no run can begin before its transaction has ended.
 */
void
pgm_runlock_guard(const char *command)
{
	if (is_within_script())
		refuse_under_script();
	acquire(refuse_change, command);
}

/*
 * Poll until no run by segments is in progress; nobody waits for our snapshot
 * meanwhile.
 */
static void
poll_segments(const LOCKTAG *tag, TimestampTz deadline)
{
	int			pid;

	ereport(DEBUG1,
			(errmsg_internal("polling for the end of a run by segments")));
	pgm_safe_wait_begin();
	while ((pid = conflicting_process(tag, RowShareLock)) != 0)
	{
		if (deadline != 0 && GetCurrentTimestamp() >= deadline)
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("another migration is running in this database"),
					 errdetail("Process %d did not finish within pg_migrate.run_wait_timeout (%d ms).",
							   pid, pgm_run_wait_timeout),
					 errhint("See what runs: SELECT * FROM migrate.progress.")));
		pgm_safe_wait_continue();
		pgm_deadlock_check(pid);
		pgm_retry_sleep(WAIT_PAUSE +
						(long) (pg_prng_double(&pg_global_prng_state) * WAIT_PAUSE));
	}
	pgm_safe_wait_end();
}

/*
 * Wait for the process that has the run lock now; to be called only where
 * pgm_door_closed() returned NULL.  *deadline must be 0 the first time, and is passed
 * on from one call to the next.
 *
 * Raises 55P03 after pg_migrate.run_wait_timeout, 40P01 when a run by segments
 * waits for us, or our own client has it.
 */
void
pgm_runlock_wait(TimestampTz *deadline)
{
	LOCKTAG		tag = run_lock();
	int			n;
	const PgmBlocker *prepared;
	VirtualTransactionId *holders;

	CHECK_FOR_INTERRUPTS();
	if (*deadline == 0)
		*deadline = wait_deadline();
	refuse_own_client(&tag, ShareRowExclusiveLock);
	prepared = prepared_holder(&tag, ShareRowExclusiveLock);
	holders = GetLockConflicts(&tag, ShareRowExclusiveLock, &n);
	/* looked at after that, so no run by segments is among the holders */
	if (conflicting_process(&tag, RowShareLock) != 0)
		poll_segments(&tag, *deadline);
	else
		for (int i = 0; i < n; i++)
			wait_for_transaction(holders[i], *deadline, prepared);
	pfree(holders);
}

/* A process that has the run lock, or 0. */
int
pgm_runlock_holder(void)
{
	LOCKTAG		tag = run_lock();

	return conflicting_process(&tag, ShareRowExclusiveLock);
}
