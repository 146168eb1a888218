/*
 * door.c
 *	  Whether the calling statement may wait for a background worker.
 *
 * While it waits, the caller is marked so that no concurrent index build waits
 * for its snapshot (safe_wait.c).  That is sound only if the snapshot is never
 * used to look at a table again, which holds for a statement that is SELECT
 * function(...) of constants, in a transaction of its own, whose result is
 * made at once.  Any other statement is refused, with the reason.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "nodes/plannodes.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/portal.h"

#include "compat.h"
#include "run/door.h"
#include "run/run_settings.h"
#include "util/settings.h"

static ExecutorRun_hook_type previous_run_hook = NULL;

/* Nesting depth of ExecutorRun(), and the row limit of the outermost call */
static int	run_depth = 0;
static uint64 run_limit = 0;

/*
 * Note the row limit and the nesting of queries, which nothing else in the server tells.
 *
 * With a row limit, as of a FETCH or of Execute in the protocol, the portal would go on
 * later with its old snapshot.
 */
static void
run_hook(PGM_EXECUTOR_RUN_ARGS)
{
	if (run_depth++ == 0)
		run_limit = count;

	/*
	 * after an error the depth must be right for the next query of the
	 * session
	 */
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

/* Is it a constant or a parameter, perhaps relabelled as another type? */
static bool
is_plain(const Node *node)
{
	while (IsA(node, RelabelType))
		node = (const Node *) ((const RelabelType *) node)->arg;
	return IsA(node, Const) || IsA(node, Param);
}

/* Is it a call of the function, with nothing but constants and parameters as arguments? */
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

/*
 * Is the plan SELECT function(...) and nothing else?
 *
 * Anything else in the plan, such as a table, a subplan or a filter, could be evaluated
 * with the old snapshot after the function has returned.
 */
static bool
is_bare_plan(const PlannedStmt *stmt, Oid function)
{
	const Plan *plan = stmt->planTree;
	const Plan *child = outerPlan(plan);

	/*
	 * relationOids covers tables that only a subplan or a removed subquery
	 * reads
	 */
	if (stmt->commandType != CMD_SELECT || stmt->relationOids != NIL ||
		stmt->subplans != NIL || stmt->rowMarks != NIL || stmt->hasModifyingCTE)
		return false;

	/*
	 * a function that returns a set is called by ProjectSet over an empty
	 * Result
	 */
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

	/*
	 * The portal's text is compared with the client's, because EXECUTE and
	 * FETCH run a portal with a text of its own inside of their statement.  A
	 * query inside a function is nested in another ExecutorRun(), or the
	 * active portal is that of the function's caller.  A holdable cursor is
	 * refused because it would be read again afterwards.
	 */
	return portal != NULL && run_depth == 1 &&
		!SPI_inside_nonatomic_context() &&
		portal->strategy == PORTAL_ONE_SELECT &&
		(portal->cursorOptions & CURSOR_OPT_HOLD) == 0 &&
		debug_query_string != NULL &&
		strcmp(portal->sourceText, debug_query_string) == 0 &&
		list_length(portal->stmts) == 1 &&
		is_bare_plan(linitial_node(PlannedStmt, portal->stmts), function);
}

/*
 * Why the call is not in a transaction of its own, as part of a sentence; NULL if it is.
 *
 * The worker could neither see what the caller's transaction has changed, nor be rolled
 * back with it.
 */
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

/*
 * Why the call may not wait for a worker, as part of a sentence; NULL if it may.
 *
 * The caller's snapshot must not be used again after the wait: see safe_wait.c.
 */
const char *
pgm_door_closed(FunctionCallInfo fcinfo)
{
	const char *block = pgm_door_in_block();

	pgm_settings_define();
	if (block)
		return block;
	if (!pgm_select_door)
		return "pg_migrate.select_door is off";

	/*
	 * With REPEATABLE READ the transaction's snapshot stays in use until its
	 * end; READ COMMITTED takes a new one for each statement.
	 */
	if (IsolationUsesXactSnapshot())
		return "its transaction is not READ COMMITTED";
	if (run_depth == 1 && run_limit != 0)
		return "the number of rows to return is limited";
	if (!is_whole_query(fcinfo->flinfo->fn_oid))
		return "it is not the whole of the client's statement";
	return NULL;
}
