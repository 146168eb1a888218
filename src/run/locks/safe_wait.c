/*
 * safe_wait.c
 *	  Waiting so that no concurrent index build waits for our snapshot.
 *
 * A process that builds an index concurrently waits for every transaction that
 * might still look at the table with an old snapshot.  If that transaction
 * waits for the builder, they wait for each other for ever: the deadlock
 * detector does not see it, because one of them waits on a latch and not for a
 * lock.  The builder passes over processes with the flag PROC_IN_SAFE_IC, which
 * the server sets for its own concurrent builds.  So a caller that waits for a
 * worker, or for another run, sets the flag for that time.
 *
 * This is sound only if the snapshot is never used again to look at a table: an
 * index that was built meanwhile may lack entries for rows that only the old
 * snapshot sees.  door.c tells for which callers that holds.
 *
 * No version that we support (15 to 19) lets the flag move the horizon of VACUUM:
 * 14.0 to 14.3 did, and could corrupt indexes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"

#include "compat.h"
#include "run/locks/safe_wait.h"

/*
 * Set or clear PROC_IN_SAFE_IC of this process.
 *
 * The server's set_indexsafe_procflags() does so only before there is a snapshot.  We
 * have one, and that is the point: it is not to be waited for.
 */
static void
set_flag(bool on)
{
	/* GetCurrentVirtualXIDs() reads the copy in ProcGlobal under this lock */
	LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	if (on)
		MyProc->statusFlags |= PROC_IN_SAFE_IC;
	else
		MyProc->statusFlags &= ~PROC_IN_SAFE_IC;
	ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
	LWLockRelease(ProcArrayLock);
}

/*
 * Wake the processes that wait for the end of our virtual transaction.
 *
 * A builder that listed our transaction before the flag was set waits for the
 * lock on its virtual id, and would go on to do so.  Releasing that lock and
 * taking it again lets it go.  All that it needs to know is that our snapshot
 * is not used any more, which is true from now on.  Nobody can wait for the
 * virtual id for another reason, because the transaction has no xid and holds
 * no other lock.
 */
static void
release_waiters(void)
{
	VirtualTransactionId vxid;

	Assert(!TransactionIdIsValid(GetTopTransactionIdIfAny()));
	Assert(MyProc->statusFlags & PROC_IN_SAFE_IC);
	GET_VXID_FROM_PGPROC(vxid, *MyProc);
	Assert(VirtualTransactionIdIsValid(vxid));
	VirtualXactLockTableCleanup();
	VirtualXactLockTableInsert(vxid);
}

/*
 * From now on no concurrent build waits for our snapshot.
 *
 * To be called only where pgm_door_closed() returned NULL, or where no snapshot
 * is held.  After an error the server clears the flag with the transaction.
 */
void
pgm_safe_wait_begin(void)
{

	/*
	 * In this order: a builder that lists us between the two statements must
	 * already see the flag, or it would wait for the virtual id that was
	 * taken again.
	 */
	set_flag(true);
	release_waiters();
}

/*
 * To be called every few hundred ms while waiting.
 *
 * A builder that listed our transaction before the flag was set may come to
 * wait for it only now, after it has waited for others.  It then moves our lock
 * on our own virtual id from the fast path to the lock table, which is how we
 * see it without looking at the lock table.
 */
void
pgm_safe_wait_continue(void)
{
	if ((MyProc->statusFlags & PROC_IN_SAFE_IC) && !MyProc->fpVXIDLock)
		release_waiters();
}

/* The wait is over: tables are read again from now on, with new snapshots. */
void
pgm_safe_wait_end(void)
{
	set_flag(false);
}
