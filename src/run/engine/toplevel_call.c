/*
 * toplevel_call.c
 *	  Whether the extensions of this server let a statement be executed at the
 *	  top level inside of a CALL.
 *
 * pgaudit 1.7.0, 16.0, 17.0 and older versions raise an error before the
 * second of two nested top-level statements.  Found out in the middle of a run
 * that would leave a migration half done, so it is tried before.
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "run/engine/toplevel_call.h"
#include "util/subtransaction.h"

/* Execute a statement that has no effect. */
static bool
show(void *arg)
{
	PlannedStmt *planned;
	VariableShowStmt *stmt;

	/* an extension may take note of the statement until its memory goes */
	MemoryContextSwitchTo(CurTransactionContext);
	stmt = makeNode(VariableShowStmt);
	stmt->name = "server_version_num";
	planned = makeNode(PlannedStmt);
	planned->commandType = CMD_UTILITY;
	planned->canSetTag = true;
	planned->utilityStmt = (Node *) stmt;
	PushActiveSnapshot(GetTransactionSnapshot());
	ProcessUtility(planned, "SHOW server_version_num", false,
				   PROCESS_UTILITY_TOPLEVEL, NULL, NULL, None_Receiver, NULL);
	PopActiveSnapshot();
	return false;
}

/*
 * To be called inside of a CALL: NULL if the hooks of extensions let a
 * statement be executed at the top level now, else the error they raise.
 */
ErrorData *
pgm_toplevel_refusal(void)
{
	return pgm_subtransaction("pg_migrate", show, NULL);
}
