/*
 * atomic.c
 *	  Keeping the code that a statement runs from ending the transaction that
 *	  the statement is a part of.
 *
 * The server refuses COMMIT there.  But a hook of another extension, or a
 * function in C, can call CommitTransactionCommand().  In a subtransaction, as
 * scripts run, that commits nothing.  Where the subtransaction is left as well,
 * a transaction callback refuses the commit before it takes effect, so that a
 * part of a migration is never committed.  A rollback cannot be refused; it is
 * found out afterwards.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"

#include "compat.h"
#include "errors.h"
#include "run/atomic.h"

/* How many guarded statements are in progress, one within the other */
static int	depth = 0;

static void
refuse_commit(XactEvent event, void *arg)
{
	if (depth == 0 ||
		(event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
			 errmsg("a statement of a migration tried to commit the migration's transaction"),
			 errdetail("Code that the statement runs, such as a hook of another extension, called for a commit. It was refused: nothing was committed.")));
}

/* The transaction in progress, as this process numbers its own; or 0. */
LocalTransactionId
pgm_local_transaction(void)
{
	VirtualTransactionId vxid;

	GET_VXID_FROM_PGPROC(vxid, *MyProc);
	return vxid.localTransactionId;
}

/* Remember the transaction and subtransaction in progress. */
void
pgm_atomic_note(PgmAtomic *a)
{
	a->transaction = pgm_local_transaction();
	a->subtransaction = GetCurrentSubTransactionId();
	a->nest_level = GetCurrentTransactionNestLevel();
}

/* Are they over, so that nothing can be rolled back to where they began? */
bool
pgm_atomic_lost(const PgmAtomic *a)
{
	return pgm_local_transaction() != a->transaction ||
		GetCurrentTransactionNestLevel() < a->nest_level;
}

/*
 * Call part(arg), in which the transaction cannot be committed.
 *
 * Raises 2D000 where that is tried, or where the subtransaction is left, and
 * PGM_ERRCODE_OUTCOME_UNKNOWN where the transaction is another one afterwards.
 */
void
pgm_atomic(void (*part) (void *), void *arg)
{
	static bool registered = false;
	PgmAtomic	before;
	int			outer = depth;

	if (!registered)
		RegisterXactCallback(refuse_commit, NULL);
	registered = true;
	pgm_atomic_note(&before);
	depth++;
	PG_TRY();
	{
		part(arg);
	}
	PG_FINALLY();
	{
		depth = outer;
	}
	PG_END_TRY();
	if (pgm_local_transaction() != before.transaction)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_OUTCOME_UNKNOWN),
				 errmsg("a statement of a migration rolled back the migration's transaction"),
				 errdetail("Code that the statement runs, such as a hook of another extension, undid what the migration had done before, and began another transaction."),
				 errhint("Find out what the statement does, and run it by hand, outside of migrations.")));
	if (GetCurrentSubTransactionId() != before.subtransaction)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("a statement of a migration left the migration's subtransaction"),
				 errdetail("Code that the statement runs, such as a hook of another extension, ended or began a subtransaction that is not its own.")));
}
