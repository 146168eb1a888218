/*
 * engine.c
 *	  Running a plan segment by segment, committing in between.
 *
 * A plan that holds a statement which must stand alone cannot be one
 * transaction.  So each segment is one, and a journal in the database says
 * which are in effect.  A transactional segment and its journal row commit
 * together.  Before a lone statement its intent is committed, after it its
 * outcome; when the two are cut apart the catalog tells what became of it.
 * The version moves in the transaction that records a revision's last
 * segment, so after a crash the next run carries on at the first segment that
 * is not in effect.
 *
 * It runs as the body of a top-level CALL, or in a background worker that
 * behaves like one.  The run lock is held for the session, and waited for
 * without a snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/journal.h"
#include "run/engine/engine.h"
#include "run/engine/nontransactional_run.h"
#include "run/engine/toplevel_call.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "run/locks/run_lock.h"
#include "run/prepare/confined_login.h"
#include "run/prepare/half_done.h"
#include "run/prepare/run_warnings.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/* Execute the statements of a transactional segment as the scripts' role. */
static void
execute_segment(const PgmTask *task)
{
	PgmEngine  *e = task->engine;
	const PgmSegment *s = task->segment;

	pgm_identity_enter(&e->run->identity);
	pgm_lockwatch_start();
	pgm_run_active = true;
	if (pgm_locks_first())
		pgm_locks_get_first(pgm_locks_add_part(NIL, s->script, s->first,
											   s->count));
	if (s->kind == PGM_SEGMENT_VERIFY)
		pgm_execute_verify(NULL, s->script, &e->work.timeout);
	else
		pgm_execute_part(s->script, s->first, s->count, &e->work.timeout);
	if (task->total == 1 && task->step->verify)
		pgm_execute_verify(NULL, task->step->verify, &e->work.timeout);
	pgm_lockwatch_stop();
	pgm_identity_leave(&e->run->identity);	/* runs deferred triggers */
	pgm_run_active = false;
}

static bool
segment_part(void *arg)
{
	execute_segment(arg);
	return true;
}

/*
 * One try of a transactional segment: NULL, or the error after it is undone;
 * and then whether a statement had ended the transaction.
 *
 * The statements run in a subtransaction, as they do in the caller's
 * transaction: there a command that would commit sees that it must not.
 */
static ErrorData *
try_segment(const PgmTask *task, bool *lost)
{
	const PgmCallTransaction *work = &task->engine->work;
	LocalTransactionId begun = pgm_local_transaction();
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmJournalSegment row = pgm_task_row(task, "done");

		pgm_call_transaction_begin();
		pgm_runlock_keep();
		edata = pgm_subtransaction("pg_migrate", segment_part,
								   unconstify(PgmTask *, task));
		if (edata)
			ReThrowError(edata);
		pgm_runlock_keep();
		pgm_task_done(task, &row);
		pgm_call_transaction_commit(work);
	}
	PG_CATCH();
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		*lost = pgm_local_transaction() != begun;
		edata = pgm_call_transaction_abort(work);
	}
	PG_END_TRY();
	return edata;
}

/*
 * A transactional segment.  After a lock timeout or a deadlock it is tried
 * again in a transaction of its own.
 */
static void
run_transaction(const PgmTask *task)
{
	for (int try = 0;; try++)
	{
		TimestampTz start = GetCurrentTimestamp();
		bool		lost = false;
		ErrorData  *edata;
		PgmJournalSegment row;
		long		worked;

		pgm_locks_begin_try(try, try < pgm_lock_retries);
		edata = try_segment(task, &lost);
		worked = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

		if (edata == NULL)
			return;
		row = pgm_task_row(task, lost ? "unknown" : "failed");
		row.started_at = start;
		if (lost)
		{
			edata->hint = pgm_task_outcome_hint(&row);
			pgm_task_fail(task, &row, edata);
		}
		pgm_retry_sleep(pgm_task_retry(task, &row, edata, try, worked));
		FreeErrorData(edata);
	}
}

/* The open row of a segment, or NULL. */
static PgmJournalSegment *
open_row(List *open, int number)
{
	ListCell   *lc;

	foreach(lc, open)
	{
		if (((PgmJournalSegment *) lfirst(lc))->number == number)
			return lfirst(lc);
	}
	return NULL;
}

/* The script was cut short after its last segment had come into effect. */
static void
finish_step(const PgmTask *task, PgmJournalSegment *row)
{
	pgm_call_transaction_begin();
	pgm_task_done(task, row);
	pgm_call_transaction_commit(&task->engine->work);
}

/* Run one segment, unless it is in effect; "row" is what is known of it. */
static void
run_segment(const PgmTask *task, PgmJournalSegment *row)
{
	if (row && strcmp(row->state, "done") == 0)
	{
		if (row->number == task->total)
			finish_step(task, row);
	}
	else if (row && pgm_nontransactional_recover(task, row))
		return;
	else if (task->segment->kind == PGM_SEGMENT_LONE)
		pgm_nontransactional_run(task);
	else
		run_transaction(task);
}

/* Run what is not in effect of one step; "open" are its segments that are. */
static void
run_step(PgmEngine *e, const PgmStep *step, List *segments, List *open)
{
	PgmLogEntry entry;
	ListCell   *lc;

	pgm_check_unchanged(step->stored->m.revision, segments, open);
	if (open != NIL)
		ereport(WARNING, (errmsg("%s; it goes on there", pgm_half_done_text(open))));
	pgm_step_begin(e->run, step, e->number, &entry);
	foreach(lc, segments)
	{
		PgmTask		task = {
			.engine = e,
			.step = step,
			.segment = lfirst(lc),
			.total = list_length(segments),
			.entry = &entry
		};

		pgm_task_enter(&task);
		run_segment(&task, open_row(open, task.segment->number));
		pgm_task_leave();
	}
}

/* A half done revision has to be the first of the plan. */
static void
check_half_done(const PgmEngine *e, List *open)
{
	const PgmRun *run = e->run;
	const PgmJournalSegment *row;

	if (open == NIL)
		return;
	row = linitial(open);
	if (run->plan->nsteps > 0 && strcmp(pgm_engine_direction(e), row->direction) == 0 &&
		strcmp(run->steps[0].stored->m.revision, row->revision) == 0)
		return;
	pgm_refuse_half_done(psprintf("%s to '%s'", pgm_engine_direction(e), e->target), open);
}

/*
 * The plan was made again under the run lock, and has become one that needs
 * another session than this worker's.
 */
static void
refuse_other_login(const PgmEngine *e)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_IN_USE),
			 errmsg("the run to '%s' now needs a session that is logged in as role \"%s\"",
					e->target, GetUserNameFromId(e->login, false)),
			 errdetail("The registered migrations or pg_migrate.owner_role were changed while it waited for its turn."),
			 errhint("Call it again.")));
}

/*
 * Is the run to be done by a worker?  By one that is logged in as the scripts'
 * role, for which e->login is set, where the run is confined and a statement
 * commits inside; or where extensions refuse a statement that must stand alone
 * because of the CALL around it: in a worker there is none.
 */
static bool
leave_to_worker(PgmEngine *e, List **segments)
{
	bool		lone = false;
	ErrorData  *refusal;

	e->login = pgm_confined_login(e->run, segments);
	if (OidIsValid(e->login))
	{
		if (!e->in_call)
			refuse_other_login(e);
		return true;
	}
	for (int i = 0; i < e->run->plan->nsteps; i++)
	{
		ListCell   *lc;

		foreach(lc, segments[i])
		{
			lone = lone || ((PgmSegment *) lfirst(lc))->kind == PGM_SEGMENT_LONE;
		}
	}
	if (!e->in_call || !lone)
		return false;
	refusal = pgm_toplevel_refusal();
	if (refusal == NULL)
		return false;
	if (refusal->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(refusal);
	ereport(NOTICE,
			(errmsg("a background worker runs the migration, because an extension refuses statements inside of a CALL"),
			 errdetail("%s", refusal->message)));
	return true;
}

/*
 * Plan, cut, admit, and write down that the run begins.  Returns the segments
 * of each step, or NULL when the run is left to a worker.
 */
static List **
begin_run(PgmEngine *e, List **open)
{
	PgmPosition *pos;
	PgmGraph   *g;
	PgmPlan    *plan;
	List	  **segments;

	pgm_call_transaction_begin();
	pgm_journal_runs_dead(e->number);
	g = pgm_registry_graph(false, &pos);
	*open = pgm_journal_open(false);
	if (e->direction == PGM_UPGRADE && g->n == 0)
		pgm_warn_nothing_registered();
	plan = e->direction == PGM_UPGRADE ? pgm_plan_upgrade(g, pos, e->target) :
		pgm_plan_downgrade(g, pos, e->target);
	e->run = pgm_run_prepare(g, pos, plan, false);
	e->pos = pgm_position_create(g, pos->row);
	check_half_done(e, *open);
	pgm_run_admit(e->run);
	segments = pgm_run_cut(e->run);
	e->needs_worker = leave_to_worker(e, segments);
	if (e->needs_worker)
	{
		pgm_call_transaction_commit(&e->work);
		return NULL;
	}
	pgm_run_lint(e->run);
	if (plan->nsteps > 0 || e->number != 0)
	{
		if (e->number == 0)
			e->number = pgm_registry_next_run();
		pgm_journal_run_begin(e->number, "running", e->target,
							  pgm_engine_direction(e), e->run->identity.role);
	}
	if (plan->nsteps == 0 && e->direction == PGM_DOWNGRADE &&
		pgm_set_count(g, pos->row) == 0)
		ereport(NOTICE, (errmsg("the database is at base")));
	pgm_run_announce_role(e->run);
	pgm_warn_timeouts(e->run, segments);
	pgm_call_transaction_commit(&e->work);
	return segments;
}

/* Everything after the run lock is held. */
static void
run_all(PgmEngine *e)
{
	List	   *open;
	List	  **segments = begin_run(e, &open);

	if (segments == NULL)
		return;
	for (int i = 0; i < e->run->plan->nsteps; i++)
		run_step(e, &e->run->steps[i], segments[i], i == 0 ? open : NIL);
	if (e->number != 0)
	{
		pgm_call_transaction_begin();
		pgm_journal_run_end(e->number, "done", NULL);
		pgm_call_transaction_commit(&e->work);
	}
}

/* Undo what failed, write it down, and raise the error. */
static void
give_up(PgmEngine *e)
{
	ErrorData  *edata = pgm_call_transaction_abort(&e->work);

	pgm_task_leave();
	PG_TRY();
	{
		if (e->number != 0)
		{
			pgm_call_transaction_begin();
			pgm_journal_run_end(e->number, "failed", edata);
			pgm_call_transaction_commit(&e->work);
		}
	}
	PG_FINALLY();
	{
		pgm_runlock_release();
	}
	PG_END_TRY();
	ReThrowError(edata);
}

/*
 * Write down, before it waits for its turn, that a run is to be; so that it
 * has a number.
 */
void
pgm_engine_queue(PgmEngine *e)
{
	pgm_call_transaction_begin();
	e->number = pgm_registry_next_run();
	pgm_journal_run_begin(e->number, "waiting", e->target, pgm_engine_direction(e),
						  GetUserId());
	pgm_call_transaction_commit(&e->work);
}

/*
 * Run to the target, waiting for whoever runs before.  To be called in a
 * transaction in which nothing happened since the last commit; there is
 * another one afterwards.
 */
void
pgm_engine_run(PgmEngine *e)
{
	PG_TRY();
	{
		pgm_runlock_hold();
		run_all(e);
	}
	PG_CATCH();
	{
		give_up(e);
	}
	PG_END_TRY();
	pgm_runlock_release();
}
