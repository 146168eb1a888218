/*
 * nontransactional_run.c
 *	  Running the nontransactional statement of a segment: its intent is committed
 *	  before, its outcome after.
 *
 * A crash between the two leaves a journal row in state "running", with the intent,
 * from which nontransactional_recovery.c tells what became of the statement.
 */
#include "postgres.h"

#include "registry/journal.h"
#include "run/engine/nontransactional_execute.h"
#include "run/engine/nontransactional_recovery.h"
#include "run/engine/nontransactional_run.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"

/*
 * Commit the intent of a statement: what is there before it.  Returns the journal
 * row, which says "running".
 */
static PgmJournalSegment
write_intent(const PgmTask *task, Node *statement)
{
	PgmJournalSegment row = pgm_engine_task_row(task, "running");
	List	   *saved = pgm_nontransactional_enter(task, statement, PGM_FOR_LOOK);

	pgm_call_transaction_begin();
	pgm_outcome_prepare(statement);
	row.intent = pgm_outcome_intent(statement);
	pgm_nontransactional_leave(task, saved);
	pgm_journal_write(&row, NULL);
	pgm_call_transaction_commit(&task->engine->work);
	return row;
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
		ErrorData  *edata = pgm_nontransactional_clean_up(task, statement, intent,
														  PGM_FOR_CLEANUP);

		if (edata)
			return edata;
		/* what the cleanup completed, such as DETACH, must not run again */
		if (pgm_nontransactional_examine(task, statement, intent) == PGM_OUTCOME_DONE)
			return NULL;
	}
	return pgm_nontransactional_execute(task, statement, task->segment->script,
										task->segment->first, PGM_FOR_STATEMENT, committed);
}

/*
 * Remove what a statement that failed has left.  If that fails, too, the row stays
 * "running" so that the next run does it, and the error says so.
 */
static void
clean_up_failed(const PgmTask *task, const Node *statement, PgmJournalSegment *row,
				ErrorData *edata)
{
	ErrorData  *left = pgm_nontransactional_clean_up(task, statement, row->intent,
													 PGM_FOR_CLEANUP_AFTER_FAILURE);

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
		if (!pgm_nontransactional_is_repeatable(statement, edata) || try >= pgm_lock_retries)
		{
			clean_up_failed(task, statement, &row, edata);

			/*
			 * for example a DETACH that was cancelled, which the cleanup
			 * completed
			 */
			if (pgm_nontransactional_examine(task, statement, row.intent) == PGM_OUTCOME_DONE)
				break;
		}
		if (committed && !pgm_outcome_is_known(statement) && !pgm_nontransactional_is_idempotent(task->step))
		{
			/*
			 * a part of it is in effect, and may be done twice if it runs
			 * again
			 */
			row.state = "unknown";
			edata->hint = pgm_engine_task_outcome_hint(&row);
		}
		if (!pgm_nontransactional_is_repeatable(statement, edata))
			pgm_engine_task_fail(task, &row, edata);
		pgm_retry_sleep(pgm_engine_task_retry(task, &row, edata, try, 0));
		FreeErrorData(edata);
	}
	pgm_engine_task_commit_done(task, &row);
}
