/*
 * nontransactional_run.c
 *	  Running a statement that cannot be part of a transaction: its intent is
 *	  committed before, its outcome after; and finding out what became of one
 *	  that was cut off in between.
 *
 * The statement is executed as if the client had sent it by itself: at the top level
 * of a transaction, with its settings made for the session, since its own commits
 * would end anything that a transaction brings.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
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
#include "script/script.h"
#include "script/script_settings.h"
#include "util/subtransaction.h"

/* A setting of the session, and the value to be restored; NULL: by RESET */
typedef struct PgmSaved
{
	char	   *name;
	char	   *value;
} PgmSaved;

/* What the settings and the role of a statement are taken on for */
typedef enum PgmSettingsPurpose
{
	FOR_STATEMENT,				/* executing it */
	FOR_LOOK,					/* looking at the catalogs */
	FOR_CLEANUP,				/* removing what an earlier run left */
	FOR_CLEANUP_AFTER_FAILURE	/* removing what has just failed */
} PgmSettingsPurpose;

/* Set a parameter for the session; NULL resets it. */
static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

/*
 * What the session has set a parameter to, or NULL if it has the value that the
 * session began with.  Then it is restored by RESET: SET to the same value would keep
 * a later reload of the configuration from reaching it.
 */
static char *
own_value(const char *name)
{
	const char *value = GetConfigOption(name, true, false);
	const char *begun = value ? GetConfigOptionResetString(name) : NULL;

	return value && (begun == NULL || strcmp(value, begun) != 0) ?
		pstrdup(value) : NULL;
}

/* Set a parameter for the session, and add what it was to the list. */
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

/* Do for the session what a SET or RESET of the script does. */
static List *
replay(List *saved, const VariableSetStmt *set)
{
	ListCell   *lc;

	if (set->kind != VAR_RESET_ALL)
		return set_for_session(saved, set->name,
							   set->kind == VAR_SET_VALUE ?
							   ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) :
							   NULL);
	/* RESET ALL: only what the script has set, the rest is the session's */
	foreach(lc, list_copy(saved))
	{
		saved = set_for_session(saved, ((PgmSaved *) lfirst(lc))->name, NULL);
	}
	return saved;
}

/*
 * Take on the settings and the role of a nontransactional statement.  They are set
 * for the session, because the statement's own commits would end anything less.
 * Returns a list for leave_settings(), the latest setting first.
 *
 * The script's own timeouts hold only for its statement.  A statement of ours that
 * cleans up after it would else be ended by the same timeout, at every call.  The
 * cleanup after a failure waits for a lock only as long as pg_migrate.lock_timeout,
 * since the error has to be reported; what it cannot remove the next run does.
 */
static List *
enter_settings(const PgmTask *task, const Node *statement, PgmSettingsPurpose purpose)
{
	PgmIdentity *id = &task->engine->run->identity;
	List	   *saved = NIL;
	List	   *ours = NIL;
	bool		role = false;
	ListCell   *lc;

	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	Assert((id->saved_context & SECURITY_LOCAL_USERID_CHANGE) == 0);

	/*
	 * A concurrent build waits for old transactions without blocking anybody.
	 * A lock timeout would end it half done, so it has a timeout of its own.
	 */
	if (pgm_statement_builds_concurrently(statement) && purpose != FOR_CLEANUP_AFTER_FAILURE)
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

		if (purpose != FOR_STATEMENT && set->name && is_timeout(set->name))
			continue;
		saved = replay(saved, set);
		role = role || (set->name &&
						(strcmp(set->name, "role") == 0 ||
						 strcmp(set->name, "session_authorization") == 0));
	}

	/*
	 * Not before the SETs, which the caller must be allowed to do; and not
	 * after a SET ROLE of the script, which says who executes the statement.
	 */
	if (!role)
		SetUserIdAndSecContext(id->role, 0);
	return list_concat(saved, ours);
}

/* Restore the settings and the role, in a transaction. */
static void
leave_settings(const PgmTask *task, List *saved)
{
	const PgmIdentity *id = &task->engine->run->identity;
	ListCell   *lc;

	/* the caller may restore what the scripts' role could not set */
	SetUserIdAndSecContext(id->saved_role, id->saved_context);
	foreach(lc, saved)
	{
		set_option(((PgmSaved *) lfirst(lc))->name,
				   ((PgmSaved *) lfirst(lc))->value);
	}
	/* restoring "role" or session_authorization has changed the user */
	SetUserIdAndSecContext(id->saved_role, id->saved_context);
}

/* All settings of a session, to be restored after DISCARD ALL */
typedef struct PgmSession
{
	char	   *state;
	char	   *authorization;
	char	   *role;
} PgmSession;

/* Save the settings of the caller's session, which a DISCARD ALL of the script resets. */
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

/* Restore the settings of the session, in a transaction. */
static void
restore_session(PgmSession *session)
{
	RestoreGUCState(session->state);
	if (session->authorization)
		set_option("session_authorization", session->authorization);
	if (session->role)
		set_option("role", session->role);
}

/*
 * Make the error of a cancelled statement say what has cancelled it, if that was a
 * deadlock with the client or pg_migrate.build_timeout.
 */
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
		!pgm_statement_builds_concurrently(statement) ||
		!TimestampDifferenceExceeds(start, GetCurrentTimestamp(),
									pgm_build_timeout))
		return;
	edata->message = pstrdup("canceling the build due to pg_migrate.build_timeout");
	edata->hint = psprintf("It had not finished after %d ms. See who holds old transactions open in pg_stat_activity, or SET pg_migrate.build_timeout higher.",
						   pgm_build_timeout);
}

/*
 * Execute a nontransactional statement of a script.  Returns NULL, or the error; then
 * *committed, unless the pointer is NULL, is set to whether the statement had
 * committed something before.  A transaction is in progress afterwards in any case.
 */
static ErrorData *
execute_statement(const PgmTask *task, const Node *statement,
				  const PgmScript *script, int index, PgmSettingsPurpose purpose,
				  bool *committed)
{
	const PgmCallTransaction *work = &task->engine->work;
	ErrorData  *volatile edata = NULL;
	List	   *saved;
	PgmSession *volatile session = IsA(statement, DiscardStmt) ? save_session() : NULL;
	TimestampTz start;
	LocalTransactionId begun;
	MemoryContext context;

	saved = enter_settings(task, statement, purpose);
	/* the settings must not be rolled back if the statement fails */
	pgm_call_transaction_commit(work);
	Assert(!ActiveSnapshotSet());
	start = GetCurrentTimestamp();

	/*
	 * another local transaction after an error tells that the statement has
	 * committed
	 */
	begun = pgm_subtransaction_local_id();
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
		pgm_execute_nontransactional(script, index, &work->timeout);
		pgm_call_transaction_commit(work);
	}
	PG_CATCH();
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		if (committed)
			*committed = pgm_subtransaction_local_id() != begun;
		edata = pgm_call_transaction_abort(work);
		explain_cancel(edata, statement, start);
	}
	PG_END_TRY();
	MemoryContextDelete(context);
	pgm_run_active = false;
	pgm_lockwatch_stop();
	leave_settings(task, saved);
	if (session)
		restore_session(session);
	/* DISCARD ALL, or a procedure, may have released all advisory locks */
	if (!pgm_runlock_held(ExclusiveLock))
		pgm_runlock_keep();
	pgm_call_transaction_commit(work);
	return edata;
}

/*
 * Remove, or complete, what an earlier try of a statement left: an invalid index, a
 * partition whose detaching is pending.  Returns NULL, or the error of a cleanup
 * statement that failed.
 */
static ErrorData *
clean_up(const PgmTask *task, const Node *statement, const char *intent,
		 PgmSettingsPurpose purpose)
{
	const PgmCallTransaction *work = &task->engine->work;
	char	   *before = NULL;

	for (;;)
	{
		char	   *sql;
		PgmScript  *script;
		ErrorData  *edata;
		List	   *saved = enter_settings(task, statement, FOR_LOOK);

		/*
		 * one object each time: the catalogs are examined again after each
		 * removal
		 */
		pgm_call_transaction_begin();
		sql = pgm_outcome_cleanup(statement, intent);
		leave_settings(task, saved);
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
		edata = execute_statement(task,
								  ((PgmStatement *) linitial(script->statements))->raw->stmt,
								  script, 0, purpose, NULL);
		if (edata)
			return edata;
	}
}

/* Find out what became of a statement, with the role and settings it runs with. */
static PgmOutcome
examine(const PgmTask *task, const Node *statement, const char *intent)
{
	PgmOutcome	outcome;
	List	   *saved = enter_settings(task, statement, FOR_LOOK);

	pgm_call_transaction_begin();
	outcome = pgm_outcome_examine(statement, intent);
	ereport(DEBUG1,
			(errmsg_internal("outcome of segment %d of migration \"%s\": %s",
							 task->segment->number, task->step->stored->m.revision,
							 outcome == PGM_OUTCOME_DONE ? "done" :
							 outcome == PGM_OUTCOME_AGAIN ? "not done" : "unknown")));
	leave_settings(task, saved);
	pgm_call_transaction_commit(&task->engine->work);
	return outcome;
}

/*
 * Commit the intent of a statement: what is there before it.  Returns the journal
 * row, which says "running".
 */
static PgmJournalSegment
write_intent(const PgmTask *task, Node *statement)
{
	PgmJournalSegment row = pgm_engine_task_row(task, "running");
	List	   *saved = enter_settings(task, statement, FOR_LOOK);

	pgm_call_transaction_begin();
	pgm_outcome_prepare(statement);
	row.intent = pgm_outcome_intent(statement);
	leave_settings(task, saved);
	pgm_journal_write(&row, NULL);
	pgm_call_transaction_commit(&task->engine->work);
	return row;
}

/* Write down that a statement is in effect, and commit that. */
static void
record_done(const PgmTask *task, PgmJournalSegment *row)
{
	pgm_call_transaction_begin();
	pgm_engine_task_done(task, row);
	pgm_call_transaction_commit(&task->engine->work);
}

/*
 * Try the statement once.  "again": after a try that failed, whose leftovers are
 * removed first.  Returns NULL when it is in effect, or the error.
 */
static ErrorData *
try_statement(const PgmTask *task, const Node *statement, const char *intent,
			  bool again, bool *committed)
{
	if (again)
	{
		ErrorData  *edata = clean_up(task, statement, intent,
									 FOR_CLEANUP);

		if (edata)
			return edata;
		/* what the cleanup completed, such as DETACH, must not run again */
		if (examine(task, statement, intent) == PGM_OUTCOME_DONE)
			return NULL;
	}
	return execute_statement(task, statement, task->segment->script,
							 task->segment->first, FOR_STATEMENT, committed);
}

/* May the statement be tried again after this error? */
static bool
is_repeatable(const Node *statement, const ErrorData *edata)
{
	/* that is a deadlock, too, but the client would still wait for us */
	if (edata->message_id == pgm_client_deadlock)
		return false;
	return pgm_outcome_is_known(statement) &&
		(edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		 edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED);
}

/* Says a header of the file that its statements may be run again, whatever became of them? */
static bool
is_idempotent(const PgmStep *step)
{
	char	   *value = pgm_behaviour_value(step->stored->m.options,
											"idempotent");

	return value && strcmp(value, "yes") == 0;
}

/*
 * Remove what a statement that failed has left.  If that fails, too, the row stays
 * "running" so that the next run does it, and the error says so.
 */
static void
clean_up_failed(const PgmTask *task, const Node *statement, PgmJournalSegment *row,
				ErrorData *edata)
{
	ErrorData  *left = clean_up(task, statement, row->intent,
								FOR_CLEANUP_AFTER_FAILURE);

	row->state = left ? "running" : "failed";
	if (left)
		edata->detail = psprintf("%s%sWhat it left could not be removed: %s. The next run removes it.",
								 edata->detail ? edata->detail : "",
								 edata->detail ? "\n" : "", left->message);
}

/*
 * Run the nontransactional statement of a segment: commit its intent, execute it,
 * commit its outcome.
 *
 * Raises what the statement raises, after its leftovers were removed and the failure
 * was written down.
 */
void
pgm_nontransactional_run(const PgmTask *task)
{
	const Node *statement = pgm_segment_statement(task->segment)->raw->stmt;
	PgmJournalSegment row;

	Assert(task->segment->kind == PGM_SEGMENT_NONTRANSACTIONAL);
	/* committed first: after a crash nobody could tell what was there before */
	row = write_intent(task, unconstify(Node *, statement));
	if (task->total > 1)
		ereport(NOTICE,
				(errmsg("segment %d of %d: %s", task->segment->number,
						task->total, task->segment->what)));
	for (int try = 0;; try++)
	{
		bool		committed = false;
		ErrorData  *edata = try_statement(task, statement, row.intent, try > 0,
										  &committed);

		if (edata == NULL)
			break;
		if (!is_repeatable(statement, edata) || try >= pgm_lock_retries)
		{
			clean_up_failed(task, statement, &row, edata);

			/*
			 * for example a DETACH that was cancelled, and which the cleanup
			 * completed
			 */
			if (examine(task, statement, row.intent) == PGM_OUTCOME_DONE)
				break;
		}
		if (committed && !pgm_outcome_is_known(statement) && !is_idempotent(task->step))
		{
			/*
			 * a part of it is in effect, and running it again may do that
			 * twice
			 */
			row.state = "unknown";
			edata->hint = pgm_engine_task_outcome_hint(&row);
		}
		if (!is_repeatable(statement, edata))
			pgm_engine_task_fail(task, &row, edata);
		pgm_retry_sleep(pgm_engine_task_retry(task, &row, edata, try, 0));
		FreeErrorData(edata);
	}
	record_done(task, &row);
}

/*
 * Write down that the outcome is unknown, and raise PGM_ERRCODE_OUTCOME_UNKNOWN: only
 * a person can tell whether the statement may be run again.
 */
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
			 errhint("%s", pgm_engine_task_outcome_hint(row))));
}

/*
 * Find out what became of a statement that was cut off, after its leftovers were
 * removed.  The statement is first completed with the names that its intent has.
 */
static PgmOutcome
recovered_outcome(const PgmTask *task, PgmJournalSegment *row)
{
	const Node *statement = pgm_segment_statement(task->segment)->raw->stmt;
	ErrorData  *edata = NULL;

	pgm_outcome_adopt(unconstify(Node *, statement), row->intent);
	for (int try = 0;; try++)
	{
		edata = clean_up(task, statement, row->intent, FOR_CLEANUP);
		if (edata == NULL)
			break;
		if (!is_repeatable(statement, edata))
			ReThrowError(edata);
		pgm_retry_sleep(pgm_engine_task_retry(task, row, edata, try, 0));
	}
	return examine(task, statement, row->intent);
}

/*
 * Find out what became of a segment that was cut off.  Returns whether it is in
 * effect; else its row is removed, and it is to be run from the beginning.
 *
 * Raises PGM_ERRCODE_OUTCOME_UNKNOWN when that cannot be told: for a kind of statement
 * that nontransactional_outcome.c does not have, and for a transactional segment whose
 * transaction was ended by one of its statements.
 */
bool
pgm_nontransactional_recover(const PgmTask *task, PgmJournalSegment *row)
{
	PgmOutcome	outcome = task->segment->kind == PGM_SEGMENT_NONTRANSACTIONAL ?
		recovered_outcome(task, row) : PGM_OUTCOME_UNKNOWN;

	ereport(DEBUG1,
			(errmsg_internal("segment %d of migration \"%s\" was cut off: %s", row->number,
							 row->revision,
							 outcome == PGM_OUTCOME_DONE ? "it is in effect" :
							 outcome == PGM_OUTCOME_AGAIN ? "it runs again" :
							 is_idempotent(task->step) ? "unknown, but idempotent: it runs again" :
							 "its outcome is unknown")));
	if (outcome == PGM_OUTCOME_UNKNOWN && is_idempotent(task->step))
		outcome = PGM_OUTCOME_AGAIN;
	if (outcome == PGM_OUTCOME_UNKNOWN)
		stop_unknown(task, row);
	if (outcome == PGM_OUTCOME_DONE)
	{
		record_done(task, row);
		return true;
	}
	pgm_call_transaction_begin();
	pgm_journal_forget(row);
	pgm_call_transaction_commit(&task->engine->work);
	return false;
}
