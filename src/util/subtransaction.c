/*
 * subtransaction.c
 *	  Doing something that may have to be undone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "registry/run_lock.h"
#include "run/atomic.h"
#include "run/locks/lock_watch.h"
#include "util/subtransaction.h"

/* For the statements executed in the innermost subtransaction of ours */
static MemoryContext statements = NULL;

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
 * Call part(arg) in a subtransaction of this name, in the current memory
 * context.  It is kept, with its locks, when that returns true; else it is
 * rolled back.  Returns NULL, or the error after it was rolled back.
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
	PgmAtomic	here;

	BeginInternalSubTransaction(name);
	pgm_atomic_note(&here);
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
		if (pgm_atomic_lost(&here))
		{
			/* no caller will come to the end of what it does */
			pgm_run_active = false;
			pgm_lockwatch_stop();
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
	CurrentResourceOwner = owner;
	return edata;
}
