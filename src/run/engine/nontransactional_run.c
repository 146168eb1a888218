/*
 * nontransactional_run.c
 *	  Running a statement that must stand alone: its intent is committed
 *	  before, its outcome after; and finding out what became of one that was
 *	  cut off in between.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "registry/journal.h"
#include "run/engine/nontransactional_outcome.h"
#include "run/engine/nontransactional_run.h"
#include "run/locks/client_backend.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/run_lock.h"
#include "script/script_settings.h"
#include "util/subtransaction.h"

/* A setting to be put back */
typedef struct PgmSaved
{
	char	   *name;
	char	   *value;
} PgmSaved;

/* What the settings and the role of a lone statement are taken on for */
typedef enum PgmLonePurpose
{
	PGM_LONE_RUN,				/* the statement itself */
	PGM_LONE_LOOK,				/* a look at the catalogs */
	PGM_LONE_CLEAR,				/* removing what an earlier run left */
	PGM_LONE_CLEAR_FAILED		/* removing what has just failed */
} PgmLonePurpose;

/* Set a parameter for the session. */
static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

/*
 * What the session has set a parameter to, or NULL where it has what it began
 * with: then a reload of the configuration shall go on to reach it.
 */
static char *
own_value(const char *name)
{
	const char *value = GetConfigOption(name, true, false);
	const char *begun = value ? GetConfigOptionResetString(name) : NULL;

	return value && (begun == NULL || strcmp(value, begun) != 0) ?
		pstrdup(value) : NULL;
}

/* The same, remembering what it was. */
static List *
set_for_session(List *saved, const char *name, const char *value)
{
	PgmSaved   *s = palloc(sizeof(PgmSaved));

	s->name = pstrdup(name);
	s->value = own_value(name);
	set_option(name, value);
	return lcons(s, saved);
}

/* Does the setting end a statement or a transaction after some time? */
static bool
is_timeout(const char *name)
{
	static const char *const names[] = {
		"statement_timeout", "lock_timeout", "transaction_timeout"
	};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (pg_strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Do what a SET or RESET of the script does, for the session. */
static List *
replay(List *saved, const VariableSetStmt *set)
{
	ListCell   *lc;

	if (set->kind != VAR_RESET_ALL)
		return set_for_session(saved, set->name,
							   set->kind == VAR_SET_VALUE ?
							   ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) :
							   NULL);
	/* what the script has set before; the rest was not its own */
	foreach(lc, list_copy(saved))
	{
		saved = set_for_session(saved, ((PgmSaved *) lfirst(lc))->name, NULL);
	}
	return saved;
}

/*
 * Settings and role of a lone statement: for the session, since its own
 * commits would end anything less.  Returns what to put back.
 *
 * The script's own timeouts are for its statement alone: what ended that one
 * would end a statement of ours that clears up after it, too, at every call.
 * Clearing up after a failure waits no longer than for a lock, since its error
 * is to be reported; the next run does it otherwise.
 */
static List *
enter_lone(const PgmTask *task, const Node *statement, PgmLonePurpose purpose)
{
	PgmIdentity *id = &task->engine->run->identity;
	List	   *saved = NIL;
	List	   *ours = NIL;
	bool		role = false;
	ListCell   *lc;

	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	if (pgm_lone_waits_long(statement) && purpose != PGM_LONE_CLEAR_FAILED)
	{
		ours = set_for_session(ours, "lock_timeout", "0");
		if (pgm_build_timeout > 0)
			ours = set_for_session(ours, "statement_timeout",
								   psprintf("%d", pgm_build_timeout));
	}
	else if (pgm_lock_timeout > 0)
		ours = set_for_session(ours, "lock_timeout",
							   psprintf("%d", pgm_lock_timeout));
	if (pgm_search_path[0] != '\0')
		ours = set_for_session(ours, "search_path", pgm_search_path);
	foreach(lc, pgm_script_settings(task->segment->script, task->segment->first))
	{
		const PgmStatement *s = lfirst(lc);
		const VariableSetStmt *set = (const VariableSetStmt *) s->raw->stmt;

		if (purpose != PGM_LONE_RUN && set->name && is_timeout(set->name))
			continue;
		saved = replay(saved, set);
		role = role || (set->name &&
						(strcmp(set->name, "role") == 0 ||
						 strcmp(set->name, "session_authorization") == 0));
	}
	if (!role)
		SetUserIdAndSecContext(id->role, 0);
	return list_concat(saved, ours);
}

/* Put them back, in a transaction. */
static void
leave_lone(const PgmTask *task, List *saved)
{
	const PgmIdentity *id = &task->engine->run->identity;
	ListCell   *lc;

	SetUserIdAndSecContext(id->saved_role, id->saved_context);
	foreach(lc, saved)
	{
		set_option(((PgmSaved *) lfirst(lc))->name,
				   ((PgmSaved *) lfirst(lc))->value);
	}
	SetUserIdAndSecContext(id->saved_role, id->saved_context);
}

/* The settings of a session */
typedef struct PgmSession
{
	char	   *state;
	char	   *authorization;
	char	   *role;
} PgmSession;

/* What DISCARD ALL takes from the session is not the script's to take. */
static PgmSession *
save_session(void)
{
	PgmSession *session = palloc(sizeof(PgmSession));
	Size		size = EstimateGUCStateSpace();

	session->state = palloc(size);
	SerializeGUCState(size, session->state);
	session->authorization = own_value("session_authorization");
	session->role = own_value("role");
	return session;
}

/* Give it back, in a transaction. */
static void
restore_session(PgmSession *session)
{
	RestoreGUCState(session->state);
	if (session->authorization)
		set_option("session_authorization", session->authorization);
	if (session->role)
		set_option("role", session->role);
}

/* Say what ended a wait: a deadlock with the client, or our build_timeout. */
static void
explain_cancel(ErrorData *edata, const Node *statement, TimestampTz start)
{
	if (edata->sqlerrcode == ERRCODE_QUERY_CANCELED &&
		pgm_lockwatch_client_deadlock())
	{
		pgm_client_explain(edata);
		return;
	}
	if (edata->sqlerrcode != ERRCODE_QUERY_CANCELED || pgm_build_timeout <= 0 ||
		!pgm_lone_waits_long(statement) ||
		!TimestampDifferenceExceeds(start, GetCurrentTimestamp(),
									pgm_build_timeout))
		return;
	edata->message = pstrdup("canceling the build due to pg_migrate.build_timeout");
	edata->hint = psprintf("It had not finished after %d ms. See who holds old transactions open in pg_stat_activity, or SET pg_migrate.build_timeout higher.",
						   pgm_build_timeout);
}

/*
 * Execute a lone statement of a script; NULL, or the error, and then, if
 * "committed" is given, whether something of it was committed before.  A
 * transaction is in progress afterwards in any case.
 */
static ErrorData *
execute_lone(const PgmTask *task, const Node *statement,
			 const PgmScript *script, int index, PgmLonePurpose purpose,
			 bool *committed)
{
	const PgmCallTransaction *work = &task->engine->work;
	ErrorData  *volatile edata = NULL;
	List	   *saved;
	PgmSession *volatile session = IsA(statement, DiscardStmt) ? save_session() : NULL;
	TimestampTz start;
	LocalTransactionId begun;
	MemoryContext context;

	saved = enter_lone(task, statement, purpose);
	pgm_call_transaction_commit(work);	/* the settings */
	start = GetCurrentTimestamp();
	begun = pgm_local_transaction();
	pgm_lockwatch_start();
	pgm_run_active = true;

	/*
	 * The statement may commit in between, so its memory has to outlive its
	 * transactions, but not the statement: pgaudit takes one for running, and
	 * refuses the next, as long as its memory is there.
	 */
	context = AllocSetContextCreate(work->context, "pg_migrate statement",
									ALLOCSET_DEFAULT_SIZES);
	PG_TRY();
	{
		MemoryContextSwitchTo(context);
		pgm_execute_lone(script, index, &work->timeout);
		pgm_call_transaction_commit(work);
	}
	PG_CATCH();
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		if (committed)
			*committed = pgm_local_transaction() != begun;
		edata = pgm_call_transaction_abort(work);
		explain_cancel(edata, statement, start);
	}
	PG_END_TRY();
	MemoryContextDelete(context);
	pgm_run_active = false;
	pgm_lockwatch_stop();
	leave_lone(task, saved);
	if (session)
		restore_session(session);
	if (!pgm_runlock_held(ExclusiveLock))
		pgm_runlock_keep();
	pgm_call_transaction_commit(work);
	return edata;
}

/*
 * Remove, or bring to its end, what an earlier try of a lone statement left.
 * Returns the error of a removal that failed, or NULL.
 */
static ErrorData *
clear_remains(const PgmTask *task, const Node *statement, const char *intent,
			  PgmLonePurpose purpose)
{
	const PgmCallTransaction *work = &task->engine->work;
	char	   *before = NULL;

	for (;;)
	{
		char	   *sql;
		PgmScript  *script;
		ErrorData  *edata;
		List	   *saved = enter_lone(task, statement, PGM_LONE_LOOK);

		pgm_call_transaction_begin();
		sql = pgm_lone_remains(statement, intent);
		leave_lone(task, saved);
		pgm_call_transaction_commit(work);
		if (sql == NULL)
			return NULL;
		/* IF EXISTS may succeed without effect */
		if (before && strcmp(sql, before) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("what an interrupted statement left could not be removed"),
					 errdetail("It is still there after %s.", sql),
					 errhint("Remove it by hand, and call again.")));
		before = sql;
		ereport(NOTICE, (errmsg("clearing up: %s", sql)));
		script = pgm_script_parse(task->segment->script->revision, "clearing",
								  sql, 0);
		edata = execute_lone(task,
							 ((PgmStatement *) linitial(script->statements))->raw->stmt,
							 script, 0, purpose, NULL);
		if (edata)
			return edata;
	}
}

/* What became of a lone statement, looked at as it would run. */
static PgmOutcome
examine(const PgmTask *task, const Node *statement, const char *intent)
{
	PgmOutcome	outcome;
	List	   *saved = enter_lone(task, statement, PGM_LONE_LOOK);

	pgm_call_transaction_begin();
	outcome = pgm_lone_examine(statement, intent);
	leave_lone(task, saved);
	pgm_call_transaction_commit(&task->engine->work);
	return outcome;
}

/* Commit what is there before a lone statement. */
static PgmJournalSegment
write_intent(const PgmTask *task, Node *statement)
{
	PgmJournalSegment row = pgm_task_row(task, "running");
	List	   *saved = enter_lone(task, statement, PGM_LONE_LOOK);

	pgm_call_transaction_begin();
	pgm_lone_prepare(statement);
	row.intent = pgm_lone_intent(statement);
	leave_lone(task, saved);
	pgm_journal_write(&row, NULL);
	pgm_call_transaction_commit(&task->engine->work);
	return row;
}

/* Record the outcome of a lone statement that succeeded. */
static void
record_lone(const PgmTask *task, PgmJournalSegment *row)
{
	pgm_call_transaction_begin();
	pgm_task_done(task, row);
	pgm_call_transaction_commit(&task->engine->work);
}

/* One try; from the second on after what the one before has left. */
static ErrorData *
try_lone(const PgmTask *task, const Node *statement, const char *intent,
		 bool again, bool *committed)
{
	if (again)
	{
		ErrorData  *edata = clear_remains(task, statement, intent,
										  PGM_LONE_CLEAR);

		if (edata)
			return edata;
		if (examine(task, statement, intent) == PGM_OUTCOME_DONE)
			return NULL;
	}
	return execute_lone(task, statement, task->segment->script,
						task->segment->first, PGM_LONE_RUN, committed);
}

/* May a try that lost a lock be made again? */
static bool
is_repeatable(const Node *statement, const ErrorData *edata)
{
	/* the client would still wait for us */
	if (edata->message_id == pgm_client_deadlock)
		return false;
	return pgm_lone_is_known(statement) &&
		(edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		 edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED);
}

/* May the statement be run again whatever became of it? */
static bool
is_idempotent(const PgmStep *step)
{
	char	   *value = pgm_behaviour_value(step->stored->m.options,
											"idempotent");

	return value && strcmp(value, "yes") == 0;
}

/*
 * After a failure: remove what it left.  Where that fails too, the next run
 * does it, and the error says so.
 */
static void
clear_failed(const PgmTask *task, const Node *statement, PgmJournalSegment *row,
			 ErrorData *edata)
{
	ErrorData  *left = clear_remains(task, statement, row->intent,
									 PGM_LONE_CLEAR_FAILED);

	row->state = left ? "running" : "failed";
	if (left)
		edata->detail = psprintf("%s%sWhat it left could not be removed: %s. The next run removes it.",
								 edata->detail ? edata->detail : "",
								 edata->detail ? "\n" : "", left->message);
}

/* A lone statement: intent, statement, outcome. */
void
pgm_nontransactional_run(const PgmTask *task)
{
	const Node *statement = pgm_segment_statement(task->segment)->raw->stmt;
	PgmJournalSegment row = write_intent(task, unconstify(Node *, statement));

	if (task->total > 1)
		ereport(NOTICE,
				(errmsg("segment %d of %d: %s", task->segment->number,
						task->total, task->segment->what)));
	for (int try = 0;; try++)
	{
		bool		committed = false;
		ErrorData  *edata = try_lone(task, statement, row.intent, try > 0,
									 &committed);

		if (edata == NULL)
			break;
		if (!is_repeatable(statement, edata) || try >= pgm_lock_retries)
		{
			clear_failed(task, statement, &row, edata);
			if (examine(task, statement, row.intent) == PGM_OUTCOME_DONE)
				break;
		}
		if (committed && !pgm_lone_is_known(statement) && !is_idempotent(task->step))
		{
			row.state = "unknown";
			edata->hint = pgm_task_outcome_hint(&row);
		}
		if (!is_repeatable(statement, edata))
			pgm_task_fail(task, &row, edata);
		pgm_retry_sleep(pgm_task_retry(task, &row, edata, try, 0));
		FreeErrorData(edata);
	}
	record_lone(task, &row);
}

/* Write down that the outcome is unknown, and stop. */
static void
stop_unknown(const PgmTask *task, PgmJournalSegment *row)
{
	row->state = "unknown";
	pgm_call_transaction_begin();
	pgm_journal_write(row, NULL);
	pgm_call_transaction_commit(&task->engine->work);
	ereport(ERROR,
			(errcode(PGM_ERRCODE_OUTCOME_UNKNOWN),
			 errmsg("migration \"%s\" was cut off in a statement whose outcome is unknown",
					row->revision),
			 errdetail("Segment %d of %d, %s: %s", row->number, row->total,
					   task->segment->what ? task->segment->what :
					   pgm_segment_kind(task->segment), row->sql),
			 errhint("%s", pgm_task_outcome_hint(row))));
}

/* Find out what became of a lone statement, after clearing what it left. */
static PgmOutcome
recovered_outcome(const PgmTask *task, PgmJournalSegment *row)
{
	const Node *statement = pgm_segment_statement(task->segment)->raw->stmt;
	ErrorData  *edata = NULL;

	pgm_lone_adopt(unconstify(Node *, statement), row->intent);
	for (int try = 0;; try++)
	{
		edata = clear_remains(task, statement, row->intent, PGM_LONE_CLEAR);
		if (edata == NULL)
			break;
		if (!is_repeatable(statement, edata))
			ReThrowError(edata);
		pgm_retry_sleep(pgm_task_retry(task, row, edata, try, 0));
	}
	return examine(task, statement, row->intent);
}

/*
 * A segment that was cut off: find out what became of it.  Returns whether it
 * is in effect.
 *
 * Raises PGM_ERRCODE_OUTCOME_UNKNOWN when that cannot be told: of a statement
 * that is not known well enough, and of a transactional segment whose
 * transaction one of its statements ended.
 */
bool
pgm_nontransactional_recover(const PgmTask *task, PgmJournalSegment *row)
{
	PgmOutcome	outcome = task->segment->kind == PGM_SEGMENT_LONE ?
		recovered_outcome(task, row) : PGM_OUTCOME_UNKNOWN;

	if (outcome == PGM_OUTCOME_UNKNOWN && is_idempotent(task->step))
		outcome = PGM_OUTCOME_AGAIN;
	if (outcome == PGM_OUTCOME_UNKNOWN)
		stop_unknown(task, row);
	if (outcome == PGM_OUTCOME_DONE)
	{
		record_lone(task, row);
		return true;
	}
	pgm_call_transaction_begin();
	pgm_journal_forget(row);
	pgm_call_transaction_commit(&task->engine->work);
	return false;
}
