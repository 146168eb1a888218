/*
 * nontransactional_recovery.c
 *	  What is done about a nontransactional statement that was interrupted, by a crash
 *	  or an error: remove its leftovers, find out its outcome, and go on or stop there.
 *
 * nontransactional_outcome.c knows the kinds of statements, their leftovers and how to
 * tell their outcomes.  Here are the transactions in which that is done, with the role
 * and the settings of the script, and the journal.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "registry/journal.h"
#include "run/engine/nontransactional_execute.h"
#include "run/engine/nontransactional_recovery.h"
#include "run/locks/client_backend.h"
#include "run/locks/lock_retry.h"
#include "script/script.h"

/*
 * Remove, or complete, what an earlier try of a statement left: an invalid index, a
 * partition whose detaching is pending.  Returns NULL, or the error of a cleanup
 * statement that failed.
 */
ErrorData *
pgm_nontransactional_clean_up(const PgmTask *task, const Node *statement, const char *intent,
							  PgmSettingsPurpose purpose)
{
	const PgmCallTransaction *work = &task->engine->work;
	char	   *before = NULL;

	for (;;)
	{
		char	   *sql;
		PgmScript  *script;
		ErrorData  *edata;
		List	   *saved = pgm_nontransactional_enter(task, statement, PGM_FOR_LOOK);

		/*
		 * one object each time: the catalogs are read again after each
		 * removal
		 */
		pgm_call_transaction_begin();
		sql = pgm_outcome_cleanup(statement, intent);
		pgm_nontransactional_leave(task, saved);
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
		edata = pgm_nontransactional_execute(task,
											 ((PgmStatement *) linitial(script->statements))->raw->stmt,
											 script, 0, purpose, NULL);
		if (edata)
			return edata;
	}
}

/* Find out what became of a statement, with the role and settings it runs with. */
PgmOutcome
pgm_nontransactional_examine(const PgmTask *task, const Node *statement, const char *intent)
{
	PgmOutcome	outcome;
	List	   *saved = pgm_nontransactional_enter(task, statement, PGM_FOR_LOOK);

	pgm_call_transaction_begin();
	outcome = pgm_outcome_examine(statement, intent);
	ereport(DEBUG1,
			(errmsg_internal("outcome of segment %d of migration \"%s\": %s",
							 task->segment->number, task->step->stored->m.revision,
							 outcome == PGM_OUTCOME_DONE ? "done" :
							 outcome == PGM_OUTCOME_AGAIN ? "not done" : "unknown")));
	pgm_nontransactional_leave(task, saved);
	pgm_call_transaction_commit(&task->engine->work);
	return outcome;
}

/* May the statement be tried again after this error? */
bool
pgm_nontransactional_is_repeatable(const Node *statement, const ErrorData *edata)
{
	/* that is a deadlock, too, but the client would still wait for us */
	if (edata->message_id == pgm_client_deadlock)
		return false;
	return pgm_outcome_is_known(statement) &&
		(edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		 edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED);
}

/* Says a header of the file that its statements may be run again, whatever became of them? */
bool
pgm_nontransactional_is_idempotent(const PgmStep *step)
{
	char	   *value = pgm_behaviour_value(step->stored->m.options,
											"idempotent");

	return value && strcmp(value, "yes") == 0;
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
			 errmsg("migration \"%s\" was interrupted in a statement whose outcome is unknown",
					row->revision),
			 errdetail("Segment %d of %d, %s: %s", row->number, row->total,
					   task->segment->what ? task->segment->what :
					   pgm_segment_kind(task->segment), row->sql),
			 errhint("%s", pgm_engine_task_outcome_hint(row))));
}

/*
 * Find out what became of a statement that was interrupted, after its leftovers were
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
		edata = pgm_nontransactional_clean_up(task, statement, row->intent, PGM_FOR_CLEANUP);
		if (edata == NULL)
			break;
		if (!pgm_nontransactional_is_repeatable(statement, edata))
			ReThrowError(edata);
		pgm_retry_sleep(pgm_engine_task_retry(task, row, edata, try, 0));
	}
	return pgm_nontransactional_examine(task, statement, row->intent);
}

/*
 * Find out what became of a segment that was interrupted.  Returns whether it is in
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
			(errmsg_internal("segment %d of migration \"%s\" was interrupted: %s", row->number,
							 row->revision,
							 outcome == PGM_OUTCOME_DONE ? "it is in effect" :
							 outcome == PGM_OUTCOME_AGAIN ? "it runs again" :
							 pgm_nontransactional_is_idempotent(task->step) ? "unknown, but idempotent: it runs again" :
							 "its outcome is unknown")));
	if (outcome == PGM_OUTCOME_UNKNOWN && pgm_nontransactional_is_idempotent(task->step))
		outcome = PGM_OUTCOME_AGAIN;
	if (outcome == PGM_OUTCOME_UNKNOWN)
		stop_unknown(task, row);
	if (outcome == PGM_OUTCOME_DONE)
	{
		pgm_engine_task_commit_done(task, row);
		return true;
	}
	pgm_call_transaction_begin();
	pgm_journal_forget(row);
	pgm_call_transaction_commit(&task->engine->work);
	return false;
}
