/*
 * call_transaction.c
 *	  Transactions of our own within a top-level CALL.
 *
 * A procedure that is called outside of a transaction block may commit.  Between two
 * transactions of ours no snapshot is held, so that no concurrent build has to wait
 * for us.  A transaction is always in progress, because the server ends the one that
 * it finds after the CALL.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "nodes/parsenodes.h"
#include "tcop/pquery.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "run/execute/call_transaction.h"

/*
 * Refuse, with 25001, to be called where nothing can be committed.  "instead"
 * is what else could be done, or NULL.
 */
void
pgm_call_transaction_check_context(FunctionCallInfo fcinfo, const char *function,
								   const char *instead)
{
	bool		atomic = fcinfo->context == NULL ||
		!IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic;

	if (atomic || SPI_inside_nonatomic_context() || IsSubTransaction())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block", function),
				 errdetail("It commits as it goes, so it has to be a statement of its own."),
				 errhint("Call it outside of BEGIN, of functions, procedures and DO blocks, in autocommit mode%s%s.",
						 instead ? "; or use " : "", instead ? instead : "")));
}

/* Begin: what is allocated from now on lives until pgm_call_transaction_end(). */
void
pgm_call_transaction_start(PgmCallTransaction *work)
{
	work->caller = CurrentMemoryContext;
	work->context = AllocSetContextCreate(PortalContext, "pg_migrate work",
										  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work->context);
	pgm_caller_timeout_save(&work->timeout);
}

/*
 * Commit the transaction in which the CALL began, and begin one of our own.  Cursors of
 * a loop around the CALL are held, as by COMMIT in a procedure.
 */
void
pgm_call_transaction_leave(PgmCallTransaction *work)
{
	HoldPinnedPortals();
	ForgetPortalSnapshots();
	pgm_call_transaction_commit(work);
}

/* Go back to where the CALL was. */
void
pgm_call_transaction_end(PgmCallTransaction *work)
{
	MemoryContextSwitchTo(work->caller);
	MemoryContextDelete(work->context);
}

/*
 * Push a snapshot, to do something in a transaction of ours.  There may be one already: a
 * query without a snapshot has made SPI give one to the portal.
 */
void
pgm_call_transaction_begin(void)
{
	PushActiveSnapshot(GetTransactionSnapshot());
}

/*
 * Commit it, and begin the next transaction.  What ran without a snapshot may
 * have made SPI give one to the portal, which would outlive the transaction.
 */
void
pgm_call_transaction_commit(const PgmCallTransaction *work)
{
	while (ActiveSnapshotSet())
		PopActiveSnapshot();
	ActivePortal->portalSnapshot = NULL;
	CommitTransactionCommand();
	StartTransactionCommand();
	/* CommitTransactionCommand() has left us in TopMemoryContext */
	MemoryContextSwitchTo(work->context);
	Assert(!ActiveSnapshotSet());
}

/*
 * Roll the transaction back after an error, and begin the next one; returns the error,
 * copied into the memory of the call.
 */
ErrorData *
pgm_call_transaction_abort(const PgmCallTransaction *work)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(work->context);
	/* copied first: the abort resets the memory that the error is in */
	edata = CopyErrorData();
	FlushErrorState();
	pgm_caller_timeout_restore(&work->timeout);
	ActivePortal->portalSnapshot = NULL;

	/*
	 * The error may come from any depth of subtransactions, or from none: a
	 * statement can end ours.
	 */
	AbortOutOfAnyTransaction();
	StartTransactionCommand();
	MemoryContextSwitchTo(work->context);
	return edata;
}
