/*
 * session_guard.c
 *	  What confined scripts may not do to the session.
 *
 * A session has state that no rollback restores and no privilege protects:
 * prepared statements, advisory locks, channels it listens to.  A confined script
 * must not change the caller's, nor act through what the caller has opened.  Where
 * the state cannot be restored afterwards, statements and functions that change it
 * are refused while such a script runs.
 *
 * Hooks are the place for that, and not a check of the script's parse trees: a
 * function or a DO block may execute the same statements.
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

/* Raise 42501 for a statement that changes the state of the session. */
static void
refuse_session_statement(const char *what, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("a confined script cannot execute %s", what),
			 errdetail("It changes the session, which belongs to the caller."),
			 errhint("%s", hint)));
}

/* Raise 42501 if the name is that of a prepared statement of the caller. */
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

/* Raise 42501 if the name is that of a cursor of the caller. */
static void
check_cursor(const char *name)
{
	if (pgm_cursor_is_protected(name))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a confined script cannot use cursor \"%s\"", name),
				 errdetail("It was opened by the session that runs the migrations."),
				 errhint("Take another name in the script: what it declares itself it can fetch from and close.")));
}

/*
 * The statement that EXPLAIN or CREATE TABLE AS executes, such as an EXECUTE of a
 * prepared statement; or the statement itself.
 */
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

/* Raise 42501 for a DISCARD that takes something from the caller. */
static void
check_discard(const DiscardStmt *stmt)
{
	switch (stmt->target)
	{
		case DISCARD_PLANS:		/* they are made again when needed */
			break;
		case DISCARD_TEMP:
			refuse_session_statement("DISCARD TEMP", "DROP the temporary tables of the script by name.");
			break;
		case DISCARD_SEQUENCES:
			refuse_session_statement("DISCARD SEQUENCES", HINT_OUTSIDE);
			break;
		default:
			refuse_session_statement("DISCARD ALL", HINT_OUTSIDE);
	}
}

/*
 * Check a statement of a confined script: raise 42501 for what it may not execute, and
 * note the name that it prepares.  Returns true if the statement was executed here.
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
				/*
				 * The server's DEALLOCATE ALL would drop the caller's as
				 * well, so drop those of the scripts in its place.
				 */
				pgm_prepared_drop();
				return true;
			}
			check_prepared(((const DeallocateStmt *) node)->name);
			break;
		case T_FetchStmt:
			check_cursor(((const FetchStmt *) node)->portalname);
			break;
		case T_ClosePortalStmt:
			/* CLOSE ALL passes over the caller's, which are marked active */
			if (((const ClosePortalStmt *) node)->portalname)
				check_cursor(((const ClosePortalStmt *) node)->portalname);
			break;
		case T_DiscardStmt:
			check_discard((const DiscardStmt *) node);
			break;
		case T_ListenStmt:
			refuse_session_statement("LISTEN", "LISTEN in the session that waits for notifications.");
			break;
		case T_UnlistenStmt:
			refuse_session_statement("UNLISTEN", "UNLISTEN in the session that has said LISTEN.");
			break;
		case T_LoadStmt:
			refuse_session_statement("LOAD", "LOAD the library before the migration runs, or name it in session_preload_libraries.");
			break;
		default:
			break;
	}
	return false;
}

/* ProcessUtility_hook: check the utility statements of confined scripts. */
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

/* Is it a function in C of one of the refused libraries? */
static bool
is_of_refused_library(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	bool		isnull = true;
	Datum		library = 0;
	bool		result = false;

	/* dropped since: the server's own lookup will tell */
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

		/* probin is "$libdir/dblink", or a path that may have the suffix */
		if (end > 0 && strcmp(name + end, DLSUFFIX) == 0)
			name[end] = '\0';
		for (int i = 0; i < (int) lengthof(refused_libraries); i++)
			result = result || strcmp(name, refused_libraries[i]) == 0;
	}
	ReleaseSysCache(tuple);
	return result;
}

/*
 * The hint for a function that confined scripts may not call, because it uses or changes
 * what the session holds; NULL if they may call it.
 */
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

			/*
			 * functions of extensions are not pinned; the test spares a
			 * lookup
			 */
			return function >= FirstUnpinnedObjectId &&
				is_of_refused_library(function) ? HINT_OUTSIDE : NULL;
	}
}

/*
 * object_access_hook: refuse functions to confined scripts.
 *
 * The server calls it for each function call of an expression that it prepares to
 * evaluate, and for functions that are called directly, such as triggers and casts: so
 * wherever it checks the EXECUTE privilege.
 */
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
