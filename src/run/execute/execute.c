/*
 * execute.c
 *	  Executing one script inside a transaction, statement by statement.
 *
 * Each statement is executed with its own text, as if a client had sent it by
 * itself, because extensions that log or forward the text of a statement would
 * otherwise take the text of the complete script.  Positions in errors are then
 * moved to where they are in the script.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "errors.h"
#include "run/execute/atomic.h"
#include "run/execute/execute.h"
#include "run/execute/extension_guard.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "util/subtransaction.h"

/* A script being executed, for the error context */
typedef struct PgmExecution
{
	const PgmScript *script;
	const PgmStatement *statement;	/* with its own text */
} PgmExecution;

/* Receives the rows of a verify script's last statement, and counts */
typedef struct PgmVerdict
{
	DestReceiver pub;
	uint64		rows;
	uint64		refusals;		/* rows whose first column is null or false */

	/* "pub" must be first: the server passes a DestReceiver to the callbacks */
} PgmVerdict;

/* Conditions whose remedy lies in how the migration is written or run. */
static const struct
{
	int			sqlstate;
	const char *hint;
}			hints[] =

{
	{
		ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE,
		"Put the statement that uses the value into a later migration, and upgrade to the one that adds it in a call of its own."
	},
	{
		ERRCODE_INVALID_TRANSACTION_TERMINATION,
		"What a migration runs, such as a procedure or a hook of another extension, runs inside the migration's transaction and may not commit."
	},
	{
		ERRCODE_ACTIVE_SQL_TRANSACTION,
		"This statement cannot run inside a transaction, as migrations do. If no form of it can, run it by hand, outside of migrations."
	},
	{
		ERRCODE_OUT_OF_MEMORY,
		"Upgrade in smaller portions, for example SELECT migrate.upgrade('+500'); if the message speaks of shared memory, also raise max_locks_per_transaction."
	}
};

/*
 * Is the statement one that the server refuses for a table with pending trigger
 * events?  It raises 55006 then.  DROP EXTENSION of this extension raises that as well,
 * with a hint of its own that must not be replaced.
 */
static bool
refuses_pending_events(const Node *statement)
{
	return IsA(statement, AlterTableStmt) || IsA(statement, TruncateStmt) ||
		IsA(statement, IndexStmt) || IsA(statement, CreateTrigStmt) ||
		(IsA(statement, DropStmt) &&
		 !pgm_drops_extension((const DropStmt *) statement));
}

/* Error context: where in which migration, with the server's own caret. */
static void
execute_error_callback(void *arg)
{
	const PgmExecution *e = arg;
	const PgmScript *script = e->script;
	int			line = e->statement->line;
	int			pos = geterrposition();
	int			code = geterrcode();

	/*
	 * A position of the server counts characters in the statement's own text.
	 * Move it by the characters of the script before that text; the line is
	 * counted in bytes from the statement's first token.
	 */
	if (pos > 0)
	{
		const char *own = e->statement->text;
		int			begin = e->statement->text_start;
		int			end = begin + pg_mbcharcliplen(own, strlen(own), pos - 1);

		Assert(own != NULL);
		errposition(pg_mbstrlen_with_len(script->sql, begin) + pos);
		for (int i = e->statement->start; i < end; i++)
			line += script->sql[i] == '\n';
	}
	pgm_script_position(script);
	for (int i = 0; i < (int) lengthof(hints); i++)
	{
		if (code == hints[i].sqlstate)
			errhint("%s", hints[i].hint);
	}
	if (code == ERRCODE_OBJECT_IN_USE && refuses_pending_events(e->statement->raw->stmt))
		errhint("If the table has pending trigger events, write SET CONSTRAINTS ALL IMMEDIATE; before the statement, or say it before the call if the events are the caller's.");
	errcontext("migration \"%s\", %s script, statement %d, line %d",
			   script->revision, script->kind, e->statement->number, line);
}

/*
 * Save the caller's statement_timeout: the parameter, and the time at which the timer
 * that is now active fires.
 */
void
pgm_caller_timeout_save(PgmCallerTimeout *saved)
{
	saved->setting = StatementTimeout;
	saved->active = get_timeout_active(STATEMENT_TIMEOUT);
	if (saved->active)
		saved->finish = get_timeout_finish_time(STATEMENT_TIMEOUT);
}

/*
 * Arm the caller's statement_timeout again, with what is left of its time.
 *
 * A time that is over is not armed: its timer has fired, and has ended what ran or was
 * cleared by an error that came first.
 */
void
pgm_caller_timeout_restore(const PgmCallerTimeout *saved)
{
	if (saved->active && saved->finish > GetCurrentTimestamp())
		enable_timeout_at(STATEMENT_TIMEOUT, saved->finish);
	else
		disable_timeout(STATEMENT_TIMEOUT, false);
}

/*
 * Arm a statement_timeout that the script has set, for one statement.  Returns false if
 * the timer of the caller stays: the script has set nothing, or the caller's ends
 * earlier.
 *
 * The server arms the timer only for statements of the client, so a SET in a script
 * would have no effect by itself.
 */
static bool
arm_timeout(const PgmCallerTimeout *saved)
{
	TimestampTz finish;

	if (StatementTimeout <= 0 ||
		(saved->active && StatementTimeout == saved->setting))
		return false;
	finish = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										 StatementTimeout);
	if (saved->active && saved->finish < finish)
		return false;
	disable_timeout(STATEMENT_TIMEOUT, false);
	enable_timeout_at(STATEMENT_TIMEOUT, finish);
	return true;
}

/*
 * Execute one planned statement at a level; its rows go to "dest".
 *
 * The snapshot of a statement at the top level belongs to the portal, as in
 * PortalRunUtility().  A commit within a procedure releases the snapshots of portals,
 * and ForgetPortalSnapshots() raises an error when it finds an active snapshot that is
 * none of those.
 */
static void
execute_planned(PlannedStmt *planned, const char *text,
				ProcessUtilityContext level, DestReceiver *dest)
{
	Portal		portal = ActivePortal;
	Snapshot	outer = ActiveSnapshotSet() ? GetActiveSnapshot() : NULL;
	uint32		outer_count = outer ? outer->active_count : 0;

	Assert(level != PROCESS_UTILITY_TOPLEVEL || portal != NULL);
	/* a rule may have made several statements of one: each sees those before */
	CommandCounterIncrement();
	PushActiveSnapshotWithLevel(GetTransactionSnapshot(), level == PROCESS_UTILITY_TOPLEVEL ?
								portal->createLevel : GetCurrentTransactionNestLevel());
	if (level == PROCESS_UTILITY_TOPLEVEL)
		portal->portalSnapshot = GetActiveSnapshot();
	if (planned->utilityStmt == NULL)
	{
		QueryDesc  *desc = CreateQueryDesc(planned, text, GetActiveSnapshot(),
										   InvalidSnapshot, dest, NULL, NULL, 0);

		ExecutorStart(desc, 0);
		pgm_executor_run(desc);
		ExecutorFinish(desc);
		ExecutorEnd(desc);
		FreeQueryDesc(desc);
	}
	else
		ProcessUtility(planned, text, false, level, NULL, NULL, dest, NULL);

	/*
	 * A utility command may have replaced or popped our snapshot: a CALL that
	 * commits has a new one, VACUUM leaves none.  The snapshot below ours
	 * must stay.  Its address is not enough to know it: a snapshot that is
	 * pushed twice is one struct with a higher count.
	 */
	if (ActiveSnapshotSet() &&
		!(GetActiveSnapshot() == outer && outer->active_count == outer_count))
		PopActiveSnapshot();
	if (level == PROCESS_UTILITY_TOPLEVEL)
		portal->portalSnapshot = NULL;
}

/*
 * Analyze, plan and execute one parse tree, whose text is "text".  The analysis may
 * scribble on the tree.
 */
static void
execute_raw(RawStmt *raw, const char *text, ProcessUtilityContext level,
			DestReceiver *dest)
{
	List	   *planned;
	ListCell   *lc;

	/*
	 * the analysis must see the catalogs as the statement before has left
	 * them
	 */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	planned = pg_analyze_and_rewrite_fixedparams(raw, text, NULL, 0, NULL);
	planned = pg_plan_queries(planned, text, CURSOR_OPT_PARALLEL_OK, NULL);
	PopActiveSnapshot();
	foreach(lc, planned)
	{
		execute_planned(lfirst_node(PlannedStmt, lc), text, level, dest);
	}
	CommandCounterIncrement();
}

/* A statement that must not end its transaction: the argument of execute_part() */
typedef struct PgmAtomicStatement
{
	RawStmt    *raw;
	const char *text;
	DestReceiver *dest;
} PgmAtomicStatement;

/* The function of pgm_atomic(): execute the statement. */
static void
execute_part(void *arg)
{
	PgmAtomicStatement *a = arg;

	/*
	 * not at the top level: the server refuses there what cannot be rolled
	 * back
	 */
	execute_raw(a->raw, a->text, PROCESS_UTILITY_QUERY, a->dest);
}

/* Execute a statement as a part of the transaction in progress. */
static void
execute_atomic(RawStmt *raw, const char *text, DestReceiver *dest)
{
	PgmAtomicStatement a;

	a.raw = raw;
	a.text = text;

	a.dest = dest;
	pgm_atomic(execute_part, &a);
}

/*
 * Execute a statement whose own text is "text", without timeouts, locks in
 * advance and error context.  Its parse tree must not be used again.
 */
void
pgm_execute_raw(RawStmt *raw, const char *text)
{
	execute_atomic(raw, text, None_Receiver);
}

/*
 * Execute one statement of a script, with its timeouts and error context.  If it
 * has its own text already, its parse tree must not be used again.
 */
static void
execute_guarded(const PgmScript *script, const PgmStatement *s,
				const PgmCallerTimeout *saved, ProcessUtilityContext level,
				DestReceiver *dest)
{
	PgmExecution execution = {
		.script = script,
		.statement = s->text ? s : pgm_statement_reparse(script->sql, script->conforming, s)
	};
	ErrorContextCallback callback;
	bool		armed;

	Assert(level == PROCESS_UTILITY_QUERY || level == PROCESS_UTILITY_TOPLEVEL);
	callback.callback = execute_error_callback;
	callback.arg = &execution;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	CHECK_FOR_INTERRUPTS();
	/* the statement before may have been a SET of one of the two timeouts */
	pgm_lockwatch_adjust();
	armed = arm_timeout(saved);
	if (level == PROCESS_UTILITY_QUERY)
	{

		/*
		 * Locks in advance belong to the transaction.  A statement at the top
		 * level may commit, so it waits for its locks itself.
		 */
		pgm_locks_get(s->raw->stmt);
		execute_atomic(execution.statement->raw, execution.statement->text, dest);
	}
	else
		execute_raw(execution.statement->raw, execution.statement->text, level,
					dest);
	if (armed)
		pgm_caller_timeout_restore(saved);
	error_context_stack = callback.previous;
}

/*
 * Execute a statement of a script inside the transaction; its rows go to
 * "dest".
 */
void
pgm_execute_statement(const PgmScript *script, const PgmStatement *s,
					  const PgmCallerTimeout *saved, DestReceiver *dest)
{
	execute_guarded(script, s, saved, PROCESS_UTILITY_QUERY, dest);
}

/*
 * Is the statement a SET or RESET that holds beyond its transaction?  Not SET
 * TRANSACTION and its like.
 */
static bool
is_lasting_set(const PgmStatement *s)
{
	const VariableSetStmt *set = (const VariableSetStmt *) s->raw->stmt;

	return IsA(set, VariableSetStmt) && !set->is_local &&
		set->kind != VAR_SET_MULTI;
}

/*
 * Execute "count" statements of a script from "first" on, by the runner if there is
 * one; the rows of the last go to "last".
 *
 * SETs before "first" are executed again: segments before this one have been executed
 * in other transactions, and perhaps in another session, but the author of the script
 * wrote them for all that follows.
 */
static void
execute_statements(PgmRunner *runner, const PgmScript *script, int first, int count,
				   const PgmCallerTimeout *saved, DestReceiver *last)
{
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context;
	int			nest_level = NewGUCNestLevel();

	Assert(first >= 0 && count >= 0);
	Assert(first + count <= list_length(script->statements));

	/*
	 * Some extensions, such as pgaudit, track a running statement by a
	 * callback of the memory context that it is executed in.  If the
	 * statement fails, that context must be deleted with the subtransaction.
	 */
	context = AllocSetContextCreate(pgm_subtransaction_memory(),
									"pg_migrate statement",
									ALLOCSET_DEFAULT_SIZES);

	for (int i = 0; i < first + count; i++)
	{
		const PgmStatement *s = list_nth(script->statements, i);
		DestReceiver *dest = i == first + count - 1 ? last : None_Receiver;

		if (i < first && !is_lasting_set(s))
			continue;
		MemoryContextSwitchTo(context);
		if (runner)
			runner->statement(runner, script, s, saved, dest);
		else
			pgm_execute_statement(script, s, saved, dest);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	Assert(CurrentMemoryContext == old);
	/* what the script has SET ends with it; an error leaves that to the abort */
	AtEOXact_GUC(false, nest_level);
	MemoryContextDelete(context);
}

/*
 * Execute a nontransactional statement, at the top level of a transaction that was just
 * begun.  It may have committed and begun other ones when it returns.
 */
void
pgm_execute_nontransactional(const PgmScript *script, int statement,
							 const PgmCallerTimeout *saved)
{
	execute_guarded(script, list_nth(script->statements, statement), saved,
					PROCESS_UTILITY_TOPLEVEL, None_Receiver);
}

/*
 * The SETs and RESETs before a statement of a script that still hold for it: a list of
 * PgmStatement, in the order of the script.
 */
List *
pgm_script_settings(const PgmScript *script, int statement)
{
	List	   *result = NIL;

	Assert(statement >= 0 && statement <= list_length(script->statements));
	for (int i = 0; i < statement; i++)
	{
		if (is_lasting_set(list_nth(script->statements, i)))
			result = lappend(result, list_nth(script->statements, i));
	}
	return result;
}

/*
 * Execute a script in the current transaction as the current user.  Everything that
 * it SETs, the role included, ends with it.  Errors say where they occurred.
 */
void
pgm_execute_script(const PgmScript *script, const PgmCallerTimeout *saved)
{
	pgm_execute_script_by(NULL, script, saved);
}

/* Execute a script as pgm_execute_script() does, its statements by a runner. */
void
pgm_execute_script_by(PgmRunner *runner, const PgmScript *script,
					  const PgmCallerTimeout *saved)
{
	execute_statements(runner, script, 0, list_length(script->statements), saved,
					   None_Receiver);
}

/* Execute "count" statements of a script from "first" on, after the SETs before them. */
void
pgm_execute_part(const PgmScript *script, int first, int count,
				 const PgmCallerTimeout *saved)
{
	execute_statements(NULL, script, first, count, saved, None_Receiver);
}

/*
 * Receive a row of the verify script's last statement, and count it as a refusal if its
 * first column is null or false.  A value of another type than boolean counts as true.
 */
static bool
verdict_receive(TupleTableSlot *slot, DestReceiver *self)
{
	PgmVerdict *v = (PgmVerdict *) self;
	TupleDesc	desc = slot->tts_tupleDescriptor;

	v->rows++;
	if (desc->natts > 0)
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, 1, &isnull);

		if (isnull || (TupleDescAttr(desc, 0)->atttypid == BOOLOID &&
					   !DatumGetBool(value)))
			v->refusals++;
	}
	return true;
}

/* Required by DestReceiver; there is nothing to prepare before the first row. */
static void
verdict_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

/* Required by DestReceiver; there is nothing to free after the last row. */
static void
verdict_done(DestReceiver *self)
{
}

/*
 * Execute a verify script, by a runner if there is one.  Its last statement must
 * return a row, and the first column of each row must not be null or false.
 *
 * Raises PGM_ERRCODE_VERIFY_FAILED otherwise.
 */
void
pgm_execute_verify(PgmRunner *runner, const PgmScript *script,
				   const PgmCallerTimeout *saved)
{
	PgmVerdict	verdict = {
		.pub = {
			.receiveSlot = verdict_receive,
			.rStartup = verdict_startup,
			.rShutdown = verdict_done,
			.rDestroy = verdict_done,
			.mydest = DestNone
		}
	};

	execute_statements(runner, script, 0, list_length(script->statements), saved,
					   &verdict.pub);
	if (verdict.rows == 0 || verdict.refusals > 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_VERIFY_FAILED),
				 errmsg("verify script of migration \"%s\" did not say true",
						script->revision),
				 verdict.rows == 0 ?
				 errdetail("Its last statement returned no row.") :
				 errdetail("In %llu of %llu rows its first column was false or null.",
						   (unsigned long long) verdict.refusals,
						   (unsigned long long) verdict.rows),
				 errhint("Run the verify script by hand to see what it found.")));
}
