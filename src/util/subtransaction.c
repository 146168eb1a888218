/*
 * subtransaction.c
 *	  Calling a function in a subtransaction that may have to be rolled back.
 *
 * What the function executes can run code of users and of other extensions,
 * which may end the subtransaction, or the whole transaction, underneath it.
 * So it is noted before which ones were in progress, and compared afterwards.
 *
 * The caller who takes the error for an answer, such as "the statement fails", must
 * first let pgm_subtransaction_rethrow_unrelated() raise those that are none.
 */
#include "postgres.h"

#include "access/xact.h"
#include "storage/proc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "compat.h"
#include "util/subtransaction.h"

/* Memory of the statements executed in the innermost subtransaction of ours */
static MemoryContext statements = NULL;

/* Called when a subtransaction of ours was ended by what ran in it, or NULL */
static void (*lost_callback) (void) = NULL;

/*
 * Have a function called whenever the error of a subtransaction cannot be
 * caught, because something in it has ended it: no caller of
 * pgm_subtransaction() comes to the end of what it does then.
 */
void
pgm_subtransaction_on_lost(void (*callback) (void))
{
	lost_callback = callback;
}

/* The transaction in progress, as this process numbers its own; or 0. */
LocalTransactionId
pgm_subtransaction_local_id(void)
{
	VirtualTransactionId vxid;

	GET_VXID_FROM_PGPROC(vxid, *MyProc);
	return vxid.localTransactionId;
}

/*
 * Memory for statements that are executed in the subtransaction in progress.
 * It goes when the subtransaction is over, but not before: a statement may end
 * it underneath, and its memory is still needed then.
 */
MemoryContext
pgm_subtransaction_memory(void)
{
	Assert(statements != NULL);
	return statements;
}

/*
 * Does an error say nothing about the statement during which it was raised?  Such are
 * a cancel, statement_timeout and a shutdown (class 57), and a lack of memory, disk
 * space or locks (class 53).  To take one for the outcome of the statement would give
 * a wrong answer, and the user who cancelled would not get rid of us.
 */
bool
pgm_subtransaction_is_unrelated(int sqlerrcode)
{
	int			category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_OPERATOR_INTERVENTION ||
		category == ERRCODE_INSUFFICIENT_RESOURCES;
}

/* Raise an error again if it says nothing about the statement that was tried. */
void
pgm_subtransaction_rethrow_unrelated(ErrorData *edata)
{
	if (pgm_subtransaction_is_unrelated(edata->sqlerrcode))
		ReThrowError(edata);
}

/*
 * Call part(arg) in a subtransaction of this name, in the current memory
 * context.  The subtransaction is kept, with its locks, when part() returns
 * true, and rolled back when it returns false or raises an error.  Returns NULL,
 * or the error.
 *
 * Raises the error where something in part() has ended the subtransaction: then
 * only the end of the whole transaction undoes what it did.
 */
ErrorData *
pgm_subtransaction(const char *name, bool (*part) (void *), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext outer = statements;
	MemoryContext inner = AllocSetContextCreate(context, "pg_migrate statements",
												ALLOCSET_SMALL_SIZES);
	ErrorData  *volatile edata = NULL;
	LocalTransactionId transaction;
	int			nest_level;

	BeginInternalSubTransaction(name);
	transaction = pgm_subtransaction_local_id();
	nest_level = GetCurrentTransactionNestLevel();
	/* it has switched to the subtransaction's memory, which may go with it */
	MemoryContextSwitchTo(context);
	statements = inner;
	PG_TRY();
	{
		bool		keep = part(arg);

		MemoryContextSwitchTo(context);
		if (keep)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		statements = outer;
		if (pgm_subtransaction_local_id() != transaction ||
			GetCurrentTransactionNestLevel() < nest_level)
		{
			/* a rollback now would undo a (sub)transaction of somebody else */
			if (lost_callback)
				lost_callback();
			PG_RE_THROW();
		}
		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	statements = outer;
	MemoryContextDelete(inner);
	MemoryContextSwitchTo(context);
	/* the server sets the outer transaction's, not that of the portal */
	CurrentResourceOwner = owner;
	return edata;
}
