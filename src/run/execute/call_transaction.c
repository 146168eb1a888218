/*
 * call_transaction.c
 *	  Transactions of our own within a top-level CALL.
 *
 * A procedure that is called outside of a transaction block may commit.  In
 * between no snapshot is held, so that nobody has to wait for us, and there is
 * always a transaction in progress.
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

/* What is allocated from now on lives until pgm_call_transaction_end(). */
void
pgm_call_transaction_start(PgmCallTransaction *work)
{
	work->caller = CurrentMemoryContext;
	work->context = AllocSetContextCreate(PortalContext, "pg_migrate work",
										  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(work->context);
	pgm_caller_timeout_save(&work->timeout);
}

/* Commit what the CALL did so far. */
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

/* Begin something in a transaction that was just begun. */
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
	MemoryContextSwitchTo(work->context);
}

/* Undo it after an error, and begin the next one; returns the error. */
ErrorData *
pgm_call_transaction_abort(const PgmCallTransaction *work)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(work->context);
	edata = CopyErrorData();
	FlushErrorState();
	pgm_caller_timeout_restore(&work->timeout);
	ActivePortal->portalSnapshot = NULL;
	/* in whatever subtransaction the error was raised, or in none at all */
	AbortOutOfAnyTransaction();
	StartTransactionCommand();
	MemoryContextSwitchTo(work->context);
	return edata;
}
