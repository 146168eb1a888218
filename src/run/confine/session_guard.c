/*
 * session_guard.c
 *	  What confined scripts may not do to the session.
 *
 * A session has state that no rollback restores, and that is not a matter of
 * rights: prepared statements, advisory locks, channels it listens to.  A
 * confined script must not change the caller's, nor act through what the caller
 * has opened.  Where the state cannot be restored afterwards, statements and
 * functions that change it are refused while such a script runs.
 *
 * docs/operations.md lists all kinds of state, and how each is treated.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "run/confine/cursors.h"
#include "run/confine/prepared_statements.h"
#include "run/confine/session_guard.h"
#include "run/locks/run_lock.h"

static ProcessUtility_hook_type previous_utility_hook = NULL;
static object_access_hook_type previous_access_hook = NULL;

/* The hint where a script has no other way */
#define HINT_OUTSIDE "Do it outside of the migration."

/* Refuse, with 42501, a statement that changes the state of the session. */
static void
refuse_statement(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("a confined script cannot execute %s", what),
			 errdetail("It changes the session, which belongs to the caller."),
			 errhint("%s", hint)));
}

/* Refuse to use a prepared statement of the caller. */
static void
check_prepared(const char *name)
{
	if (pgm_prepared_of_caller(name))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a confined script cannot use prepared statement \"%s\"", name),
				 errdetail("It was prepared by the session that runs the migrations."),
				 errhint("Take another name in the script: what it prepares itself it can execute and deallocate.")));
}

/* Refuse to use a cursor of the caller. */
static void
check_cursor(const char *name)
{
	if (pgm_cursor_is_shut(name))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a confined script cannot use cursor \"%s\"", name),
				 errdetail("It was opened by the session that runs the migrations."),
				 errhint("Take another name in the script: what it declares itself it can fetch from and close.")));
}

/* The statement that EXPLAIN or CREATE TABLE AS executes, or itself. */
static const Node *
executed_statement(const Node *node)
{
	for (;;)
	{
		if (IsA(node, ExplainStmt))
			node = ((const ExplainStmt *) node)->query;
		else if (IsA(node, CreateTableAsStmt))
			node = ((const CreateTableAsStmt *) node)->query;
		else if (IsA(node, Query) &&
				 ((const Query *) node)->commandType == CMD_UTILITY)
			node = ((const Query *) node)->utilityStmt;
		else
			return node;
	}
}

/* Refuse a DISCARD that takes something from the caller. */
static void
check_discard(const DiscardStmt *stmt)
{
	switch (stmt->target)
	{
		case DISCARD_PLANS:		/* they are made again when needed */
			break;
		case DISCARD_TEMP:
			refuse_statement("DISCARD TEMP", "DROP the temporary tables of the script by name.");
			break;
		case DISCARD_SEQUENCES:
			refuse_statement("DISCARD SEQUENCES", HINT_OUTSIDE);
			break;
		default:
			refuse_statement("DISCARD ALL", HINT_OUTSIDE);
	}
}

/*
 * Refuse a statement, or note what it prepares.  Returns whether there is
 * nothing more to be done.
 */
static bool
guard_statement(const Node *utility)
{
	const Node *node = executed_statement(utility);

	switch (nodeTag(node))
	{
		case T_PrepareStmt:
			check_prepared(((const PrepareStmt *) node)->name);
			pgm_prepared_note(((const PrepareStmt *) node)->name);
			break;
		case T_ExecuteStmt:
			check_prepared(((const ExecuteStmt *) node)->name);
			break;
		case T_DeallocateStmt:
			if (((const DeallocateStmt *) node)->name == NULL)
			{
				/* ALL of the script's */
				pgm_prepared_drop();
				return true;
			}
			check_prepared(((const DeallocateStmt *) node)->name);
			break;
		case T_FetchStmt:
			check_cursor(((const FetchStmt *) node)->portalname);
			break;
		case T_ClosePortalStmt:
			/* CLOSE ALL passes over the caller's */
			if (((const ClosePortalStmt *) node)->portalname)
				check_cursor(((const ClosePortalStmt *) node)->portalname);
			break;
		case T_DiscardStmt:
			check_discard((const DiscardStmt *) node);
			break;
		case T_ListenStmt:
			refuse_statement("LISTEN", "LISTEN in the session that waits for notifications.");
			break;
		case T_UnlistenStmt:
			refuse_statement("UNLISTEN", "UNLISTEN in the session that has said LISTEN.");
			break;
		case T_LoadStmt:
			refuse_statement("LOAD", "LOAD the library before the migration runs, or name it in session_preload_libraries.");
			break;
		default:
			break;
	}
	return false;
}

static void
utility_hook(PlannedStmt *planned, const char *text, bool read_only_tree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *environment, DestReceiver *dest,
			 QueryCompletion *completion)
{
	if (pgm_run_confined && guard_statement(planned->utilityStmt))
		return;
	if (previous_utility_hook)
		previous_utility_hook(planned, text, read_only_tree, context, params,
							  environment, dest, completion);
	else
		standard_ProcessUtility(planned, text, read_only_tree, context, params,
								environment, dest, completion);
}

/*
 * Libraries whose functions use what the session holds, or put something there.
 * The connections of dblink have names that are valid in the whole session, and
 * the rights of the role that logged in through them.  The functions of PL/pgSQL
 * compile a function without calling it: see plpgsql_functions.c.
 */
static const char *const refused_libraries[] = {
	"dblink", "plpgsql", "plpgsql_check"
};

/* Is it a function in C of such a library? */
static bool
is_of_refused_library(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool		isnull = true;
	Datum		library = 0;
	bool		result = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (((Form_pg_proc) GETSTRUCT(tuple))->prolang == ClanguageId)
		library = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_probin, &isnull);
	if (!isnull)
	{
		const char *path = TextDatumGetCString(library);
		const char *slash = last_dir_separator(path);
		char	   *name = pstrdup(slash ? slash + 1 : path);
		int			end = strlen(name) - strlen(DLSUFFIX);

		if (end > 0 && strcmp(name + end, DLSUFFIX) == 0)
			name[end] = '\0';
		for (int i = 0; i < (int) lengthof(refused_libraries); i++)
			result = result || strcmp(name, refused_libraries[i]) == 0;
	}
	ReleaseSysCache(tuple);
	return result;
}

/* If a function uses what the session holds: what to do instead; or NULL. */
static const char *
refused_hint(Oid function)
{
	switch (function)
	{
		case F_PG_ADVISORY_LOCK_INT8:
		case F_PG_ADVISORY_LOCK_INT4_INT4:
		case F_PG_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_INT8:
		case F_PG_TRY_ADVISORY_LOCK_INT4_INT4:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT8:
		case F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_INT8:
		case F_PG_ADVISORY_UNLOCK_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT8:
		case F_PG_ADVISORY_UNLOCK_SHARED_INT4_INT4:
		case F_PG_ADVISORY_UNLOCK_ALL:
			return "Use pg_advisory_xact_lock() and its like, whose locks end with the transaction.";

			/* a descriptor has the rights of the role that opened it */
		case F_LO_OPEN:
		case F_LO_CLOSE:
		case F_LOREAD:
		case F_LOWRITE:
		case F_LO_LSEEK:
		case F_LO_LSEEK64:
		case F_LO_TELL:
		case F_LO_TELL64:
		case F_LO_TRUNCATE:
		case F_LO_TRUNCATE64:
			return "Use lo_get(), lo_put() or lo_from_bytea(), which need no descriptor.";

		case F_PG_REPLICATION_ORIGIN_SESSION_SETUP:
		case F_PG_REPLICATION_ORIGIN_SESSION_RESET:
		case F_PG_REPLICATION_ORIGIN_XACT_SETUP:
		case F_PG_REPLICATION_ORIGIN_XACT_RESET:
		case F_PG_BACKUP_START:
		case F_PG_BACKUP_STOP:
			return HINT_OUTSIDE;

		default:
			/* not built in */
			return function >= FirstUnpinnedObjectId &&
				is_of_refused_library(function) ? HINT_OUTSIDE : NULL;
	}
}

/* The server asks whenever it prepares an expression that calls a function. */
static void
access_hook(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
			void *arg)
{
	const char *hint;

	if (previous_access_hook)
		previous_access_hook(access, class_id, object_id, sub_id, arg);
	if (!pgm_run_confined || access != OAT_FUNCTION_EXECUTE)
		return;
	hint = refused_hint(object_id);
	if (hint)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a confined script cannot call %s",
						format_procedure(object_id)),
				 errdetail("It uses what the session holds, which belongs to the caller."),
				 errhint("%s", hint)));
}

/* Install the hooks; called when the library is loaded. */
void
pgm_guard_init(void)
{
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = utility_hook;
	previous_access_hook = object_access_hook;
	object_access_hook = access_hook;
}
