/*
 * door.c
 *	  Whether the calling statement may wait for a background worker.
 *
 * A worker that builds an index concurrently waits for every transaction that
 * might still look at the table with an old snapshot, also for a caller that
 * waits for the worker: they would wait for each other for ever, unseen by the
 * deadlock detector.  The server excepts processes marked PROC_IN_SAFE_IC from
 * that.  The mark is sound only if the caller's snapshot is never used to look
 * at a table again: that holds for a statement that is SELECT function(...) of
 * constants, in a transaction of its own, whose result is made at once.  So
 * that is what is demanded, and anything else is told why it is refused.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "nodes/plannodes.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/portal.h"

#include "compat.h"
#include "run/door.h"
#include "run/run_settings.h"

static ExecutorRun_hook_type previous_run_hook = NULL;

/* nesting of ExecutorRun(), and the row limit of the outermost */
static int	run_depth = 0;
static uint64 run_limit = 0;

/* Only here a row limit and the nesting of queries can be seen. */
static void
run_hook(PGM_EXECUTOR_RUN_ARGS)
{
	if (run_depth++ == 0)
		run_limit = count;
	PG_TRY();
	{
		if (previous_run_hook)
			previous_run_hook(PGM_EXECUTOR_RUN_PASS);
		else
			standard_ExecutorRun(PGM_EXECUTOR_RUN_PASS);
	}
	PG_FINALLY();
	{
		run_depth--;
	}
	PG_END_TRY();
}

/* Install the hook; called when the library is loaded. */
void
pgm_door_init(void)
{
	previous_run_hook = ExecutorRun_hook;
	ExecutorRun_hook = run_hook;
}

/* A constant or a parameter, perhaps as another type of the same bits. */
static bool
is_plain(const Node *node)
{
	while (IsA(node, RelabelType))
		node = (const Node *) ((const RelabelType *) node)->arg;
	return IsA(node, Const) || IsA(node, Param);
}

/* Is it nothing but a call of the function with plain arguments? */
static bool
is_bare_call(const Node *node, Oid function)
{
	const FuncExpr *call = (const FuncExpr *) node;
	ListCell   *lc;

	if (!IsA(node, FuncExpr) || call->funcid != function)
		return false;
	foreach(lc, call->args)
	{
		if (!is_plain(lfirst(lc)))
			return false;
	}
	return true;
}

/* Is the plan SELECT function(...), without a table and anything else? */
static bool
is_bare_plan(const PlannedStmt *stmt, Oid function)
{
	const Plan *plan = stmt->planTree;
	const Plan *child = outerPlan(plan);

	if (stmt->commandType != CMD_SELECT || stmt->relationOids != NIL ||
		stmt->subplans != NIL || stmt->rowMarks != NIL || stmt->hasModifyingCTE)
		return false;
	if (!IsA(plan, ProjectSet) || !IsA(child, Result) ||
		outerPlan(child) != NULL || child->qual != NIL ||
		((const Result *) child)->resconstantqual != NULL)
		return false;
	return list_length(plan->targetlist) == 1 &&
		is_bare_call((const Node *) linitial_node(TargetEntry, plan->targetlist)->expr,
					 function);
}

/* Is the client's statement this call and nothing else? */
static bool
is_whole_query(Oid function)
{
	Portal		portal = ActivePortal;

	return portal != NULL && run_depth == 1 &&
		!SPI_inside_nonatomic_context() &&
		portal->strategy == PORTAL_ONE_SELECT &&
		(portal->cursorOptions & CURSOR_OPT_HOLD) == 0 &&
		debug_query_string != NULL &&
		strcmp(portal->sourceText, debug_query_string) == 0 &&
		list_length(portal->stmts) == 1 &&
		is_bare_plan(linitial_node(PlannedStmt, portal->stmts), function);
}

/* Why others could not see what the transaction did before, or NULL. */
const char *
pgm_door_in_block(void)
{
	if (MyXactFlags & XACT_FLAGS_PIPELINING)
		return "it stands behind another statement of a pipeline";
	if (IsTransactionBlock() || IsSubTransaction())
		return "it is called inside a transaction block";
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		return "its transaction has changed something before";
	return NULL;
}

/* Why the call may not wait for a worker, as half a sentence; or NULL. */
const char *
pgm_door_closed(FunctionCallInfo fcinfo)
{
	const char *block = pgm_door_in_block();

	pgm_settings_define();
	if (block)
		return block;
	if (!pgm_select_door)
		return "pg_migrate.select_door is off";
	if (IsolationUsesXactSnapshot())
		return "its transaction is not READ COMMITTED";
	if (run_depth == 1 && run_limit != 0)
		return "the number of rows to return is limited";
	if (!is_whole_query(fcinfo->flinfo->fn_oid))
		return "it is not the whole of the client's statement";
	return NULL;
}

/* Mark this process, or take the mark away. */
static void
mark(bool on)
{
	LWLockAcquire(ProcArrayLock, LW_EXCLUSIVE);
	if (on)
		MyProc->statusFlags |= PROC_IN_SAFE_IC;
	else
		MyProc->statusFlags &= ~PROC_IN_SAFE_IC;
	ProcGlobal->statusFlags[MyProc->pgxactoff] = MyProc->statusFlags;
	LWLockRelease(ProcArrayLock);
}

/*
 * Let go who has seen our snapshot before the mark, and waits for the end of
 * our transaction: for all it needs to know that is now.  Nothing else can
 * wait for that, because the transaction holds no other lock and has no xid.
 */
static void
release_waiters(void)
{
	VirtualTransactionId vxid;

	GET_VXID_FROM_PGPROC(vxid, *MyProc);
	VirtualXactLockTableCleanup();
	VirtualXactLockTableInsert(vxid);
}

/*
 * To be called now and then in between.  Who had seen our snapshot before the
 * mark may come to wait for it only now; then our lock on our own virtual
 * transaction has left its fast path.
 */
void
pgm_door_wait_keep(void)
{
	if ((MyProc->statusFlags & PROC_IN_SAFE_IC) && !MyProc->fpVXIDLock)
		release_waiters();
}

/*
 * From now on nobody waits for our snapshot.  To be called only when
 * pgm_door_closed() found nothing; an error ends it with the transaction.
 */
void
pgm_door_wait_begin(void)
{
	mark(true);
	release_waiters();
}

/* We are about to look at tables again, with new snapshots. */
void
pgm_door_wait_end(void)
{
	mark(false);
}
