/*
 * engine_journal.c
 *	  What is written down of a segment: that it began, is in effect, or failed.
 *
 * The journal is what a crash leaves behind, so what is in it must be true at
 * every moment.  A row is therefore written in the transaction whose outcome it
 * tells: that of the segment itself where the segment is a transaction, and
 * transactions of their own before and after a nontransactional statement.
 */
#include "postgres.h"

#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "run/engine/engine_journal.h"
#include "run/locks/lock_retry.h"
#include "run/locks/run_lock.h"

/* The segment that this backend executes, or NULL */
static const PgmTask *current_task = NULL;

/* The word for the engine's direction in the journal. */
const char *
pgm_engine_direction(const PgmEngine *e)
{
	return e->direction == PGM_UPGRADE ? "upgrade" : "downgrade";
}

/*
 * This segment is executed from now on.  It is global because a CALL of
 * migrate.backfill() in the script reaches us through the server's executor,
 * which passes no argument of ours on; pgm_engine_task_current() tells the backfill
 * which run it belongs to.
 */
void
pgm_engine_task_enter(const PgmTask *task)
{
	Assert(current_task == NULL);
	Assert(task->segment->number >= 1 && task->segment->number <= task->total);
	current_task = task;
}

/* No segment is executed any more; harmless after an error in between. */
void
pgm_engine_task_leave(void)
{
	current_task = NULL;
}

/* The segment that this backend executes, or NULL. */
const PgmTask *
pgm_engine_task_current(void)
{
	return current_task;
}

/* A journal row for a segment that begins now. */
PgmJournalSegment
pgm_engine_task_row(const PgmTask *task, const char *state)
{
	PgmJournalSegment row = {
		.run = task->engine->number,
		.revision = task->step->stored->m.revision,
		.direction = pgm_engine_direction(task->engine),
		.number = task->segment->number,
		.total = task->total,
		.kind = pgm_segment_kind(task->segment),
		.sql = pgm_segment_text(task->segment),
		.state = state,
		.started_at = GetCurrentTimestamp()
	};

	return row;
}

/*
 * Write down, in the current transaction, that a segment is in effect.  From
 * the first one of a downgrade on its revision no longer counts as applied;
 * after the last one the version moves and the revision is closed.
 */
void
pgm_engine_task_done(const PgmTask *task, PgmJournalSegment *row)
{
	PgmEngine  *e = task->engine;

	Assert(ActiveSnapshotSet());
	Assert(pgm_runlock_held(ExclusiveLock));
	Assert(row->number == task->segment->number);
	row->state = "done";
	/* a resumed row has the count of the script as it was cut then */
	row->total = task->total;

	/*
	 * A revision of one transaction needs no row: the version moves in the
	 * same transaction, so that after a crash either both are there or none.
	 */
	if (task->total > 1 || task->segment->kind == PGM_SEGMENT_NONTRANSACTIONAL)
		pgm_journal_write(row, NULL);
	if (row->number < row->total)
	{
		/*
		 * is_current() must not say yes while a part of the revision is gone.
		 * Upwards the revision was not applied before, and is not yet.
		 */
		if (row->number == 1 && e->direction == PGM_DOWNGRADE)
			pgm_registry_set_applied(row->revision, false);
		return;
	}
	pgm_step_record(e->run, task->step, e->pos, task->entry);
	pgm_journal_close(row->revision);
	ereport(DEBUG1,
			(errmsg_internal("migration \"%s\" is complete, the version moves",
							 row->revision)));
}

/* Record that a segment is in effect, in a transaction of its own. */
void
pgm_engine_task_commit_done(const PgmTask *task, PgmJournalSegment *row)
{
	pgm_call_transaction_begin();
	pgm_engine_task_done(task, row);
	pgm_call_transaction_commit(&task->engine->work);
}

/* Write down that a segment failed, in a transaction of its own, and raise its error. */
void
pgm_engine_task_fail(const PgmTask *task, PgmJournalSegment *row, ErrorData *edata)
{
	Assert(strcmp(row->state, "done") != 0);
	ereport(DEBUG1,
			(errmsg_internal("segment %d of %d of migration \"%s\" is written down as %s",
							 row->number, row->total, row->revision, row->state)));
	pgm_call_transaction_begin();
	pgm_journal_write(row, edata);
	task->entry->error = edata;
	pgm_registry_log(task->entry);
	pgm_call_transaction_commit(&task->engine->work);
	ReThrowError(edata);
}

/*
 * Decide whether a try that failed is followed by another: returns how long to
 * wait for it in ms.  Else the failure is written down and raised.
 *
 * "worked" is how long the try ran, in ms; 0 where that is no reason to give up.
 */
long
pgm_engine_task_retry(const PgmTask *task, PgmJournalSegment *row, ErrorData *edata,
					  int try, long worked)
{
	const PgmCallTransaction *work = &task->engine->work;
	volatile long pause = 0;
	ErrorData  *volatile final = NULL;

	/* it looks up who holds the lock, for which it needs a transaction */
	pgm_call_transaction_begin();
	PG_TRY();
	{
		pause = pgm_retry_decide(edata, try, false, worked,
								 "What was in effect before it stays so.");
	}
	PG_CATCH();
	{
		/* the journal cannot be written in a transaction that failed */
		final = pgm_call_transaction_abort(work);
	}
	PG_END_TRY();
	if (final)
		pgm_engine_task_fail(task, row, final);
	pgm_call_transaction_commit(work);
	return pause;
}

/* A hint to find out what became of a segment, and to tell us. */
char *
pgm_engine_task_outcome_hint(const PgmJournalSegment *row)
{
	return psprintf("It may have committed a part of its work. Find out whether it took effect, and say SELECT migrate.resume(%lld, 'done') or migrate.resume(%lld, 'again').",
					(long long) row->run, (long long) row->run);
}
