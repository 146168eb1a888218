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

#include "errors.h"
#include "run/execute/atomic.h"
#include "util/subtransaction.h"

/* How many guarded statements are in progress, one within the other */
static int	depth = 0;

/* XactCallback: refuse to commit or to prepare while a statement is guarded. */
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
	LocalTransactionId transaction = pgm_subtransaction_local_id();
	SubTransactionId subtransaction = GetCurrentSubTransactionId();
	int			outer = depth;

	if (!registered)
		RegisterXactCallback(refuse_commit, NULL);
	registered = true;
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
	if (pgm_subtransaction_local_id() != transaction)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_OUTCOME_UNKNOWN),
				 errmsg("a statement of a migration rolled back the migration's transaction"),
				 errdetail("Code that the statement runs, such as a hook of another extension, undid what the migration had done before, and began another transaction."),
				 errhint("Find out what the statement does, and run it by hand, outside of migrations.")));
	if (GetCurrentSubTransactionId() != subtransaction)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("a statement of a migration left the migration's subtransaction"),
				 errdetail("Code that the statement runs, such as a hook of another extension, ended or began a subtransaction that is not its own.")));
}
