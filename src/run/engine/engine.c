/*
 * engine.c
 *	  Running a plan segment by segment, committing in between.
 *
 * A plan with a statement that cannot be part of a transaction is cut into
 * segments, and a journal in the database says which of them are in effect.  A
 * transactional segment and its journal row commit together.  Before a
 * nontransactional statement its intent is committed, after it its outcome; when
 * a crash comes between the two, the catalogs tell what became of the statement
 * (nontransactional_outcome.c).  The version moves in the transaction that records
 * the last segment of a revision, so after a crash the next run goes on at the first
 * segment that is not in effect.
 *
 * It runs as the body of a top-level CALL, or in a background worker that
 * behaves like one.  The run lock is held for the session, and waited for
 * without a snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/half_done.h"
#include "registry/journal.h"
#include "run/engine/engine.h"
#include "run/engine/nontransactional_recovery.h"
#include "run/engine/nontransactional_run.h"
#include "run/engine/toplevel_call.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "run/locks/run_lock.h"
#include "run/prepare/confined_login.h"
#include "run/prepare/run_warnings.h"
#include "util/subtransaction.h"

/* Execute the statements of a transactional segment as the scripts' role. */
static void
execute_segment(const PgmTask *task)
{
	PgmEngine  *e = task->engine;
	const PgmSegment *s = task->segment;

	pgm_identity_enter(&e->run->identity);
	/* after it: the lock_timeout of the scripts says how often it looks */
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

/* The function of the subtransaction: execute the segment, and keep it. */
static bool
segment_part(void *arg)
{
	execute_segment(arg);
	return true;
}

/*
 * Try a transactional segment once.  Returns NULL when it is committed, or the error
 * after it was rolled back; *lost is then set to whether a statement had ended the
 * transaction, so that a part of the segment may be committed.
 *
 * The statements run in a subtransaction, as they do in the caller's transaction.
 * Without it a procedure or a hook of an extension that commits would succeed here,
 * and cut the segment in two.
 */
static ErrorData *
try_segment(const PgmTask *task, bool *lost)
{
	const PgmCallTransaction *work = &task->engine->work;
	LocalTransactionId begun = pgm_subtransaction_local_id();
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmJournalSegment row = pgm_engine_task_row(task, "done");

		pgm_call_transaction_begin();

		/*
		 * Hold the run lock for the transaction, too: DISCARD ALL or
		 * pg_advisory_unlock_all() in the script drops the hold of the
		 * session, and another run could begin before the commit.
		 */
		pgm_runlock_keep();
		edata = pgm_subtransaction("pg_migrate", segment_part,
								   unconstify(PgmTask *, task));
		if (edata)
			ReThrowError(edata);
		/* take the session's hold again, before the transaction's ends */
		pgm_runlock_keep();
		pgm_engine_task_done(task, &row);
		pgm_call_transaction_commit(work);
	}
	PG_CATCH();
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		/* before the abort, which begins another transaction itself */
		*lost = pgm_subtransaction_local_id() != begun;
		edata = pgm_call_transaction_abort(work);
	}
	PG_END_TRY();
	return edata;
}

/*
 * Run a transactional segment.  After a lock timeout or a deadlock it is tried again,
 * in another transaction.
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
		row = pgm_engine_task_row(task, lost ? "unknown" : "failed");
		row.started_at = start;
		if (lost)
		{
			edata->hint = pgm_engine_task_outcome_hint(&row);
			pgm_engine_task_fail(task, &row, edata);
		}
		pgm_retry_sleep(pgm_engine_task_retry(task, &row, edata, try, worked));
		FreeErrorData(edata);
	}
}

/* The row of segment "number" among the open ones of the revision, or NULL. */
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

/* Run one segment, unless it is in effect.  "row" is its journal row, or NULL. */
static void
run_segment(const PgmTask *task, PgmJournalSegment *row)
{
	ereport(DEBUG1,
			(errmsg_internal("segment %d of %d of migration \"%s\" (%s): %s",
							 task->segment->number, task->total,
							 task->step->stored->m.revision,
							 task->segment->what ? task->segment->what :
							 pgm_segment_kind(task->segment),
							 row == NULL ? "not begun" :
							 psprintf("journal says %s", row->state))));
	if (row && strcmp(row->state, "done") == 0)
	{
		/*
		 * The last segment is in effect, but the revision is not complete:
		 * the migration was loaded again with fewer segments.
		 */
		if (row->number == task->total)
			pgm_engine_task_commit_done(task, row);
	}
	else if (row && pgm_nontransactional_recover(task, row))
		return;
	else if (task->segment->kind == PGM_SEGMENT_NONTRANSACTIONAL)
		pgm_nontransactional_run(task);
	else
		run_transaction(task);
}

/*
 * Run the segments of one step that are not in effect.  "open" are the journal rows of
 * the step if an earlier run has left it half done.
 */
static void
run_step(PgmEngine *e, const PgmStep *step, List *segments, List *open)
{
	PgmLogEntry entry;
	ListCell   *lc;

	pgm_half_done_check_unchanged(step->stored->m.revision, segments, open);
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

		pgm_engine_task_enter(&task);
		run_segment(&task, open_row(open, task.segment->number));
		pgm_engine_task_leave();
	}
}

/*
 * Raise PGM_ERRCODE_HALF_DONE unless the half done revision, if there is one, is the
 * first step of the plan, in the direction in which it was begun.
 */
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
 * Raise 55006: the plan was made again under the run lock, and now needs a session of
 * another role than this worker's.
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
 * Does a worker have to do the run?  It has to where the run is confined and a
 * statement commits inside, since only a session that is logged in as the scripts'
 * role confines such a statement: e->login is set to that role.  And it has to where
 * an extension refuses a nontransactional statement because of the CALL around it: in
 * a worker there is no CALL.
 */
static bool
find_worker_need(PgmEngine *e, List **segments)
{
	bool		nontransactional = false;
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
			nontransactional = nontransactional ||
				((PgmSegment *) lfirst(lc))->kind == PGM_SEGMENT_NONTRANSACTIONAL;
		}
	}
	if (!e->in_call || !nontransactional)
		return false;
	refusal = pgm_toplevel_refusal();
	if (refusal == NULL)
		return false;
	/* a cancel is the user's, not the extension's */
	pgm_subtransaction_rethrow_unrelated(refusal);
	ereport(NOTICE,
			(errmsg("a background worker runs the migration, because an extension refuses statements inside of a CALL"),
			 errdetail("%s", refusal->message)));
	return true;
}

/*
 * Plan, cut the scripts into segments, admit them, and write down that the run begins.
 * Returns the segments of each step, or NULL when the run is left to a worker.  *open
 * is set to the open segments of a half done revision.
 *
 * All this happens under the run lock, and so from the position where the run before
 * this one has left the database.
 */
static List **
begin_run(PgmEngine *e, List **open)
{
	PgmPosition *pos;
	PgmGraph   *g;
	PgmPlan    *plan;
	List	  **segments;

	pgm_call_transaction_begin();
	Assert(pgm_runlock_held(ExclusiveLock));
	/* we have the run lock, so every other run that is called running is dead */
	pgm_journal_runs_dead(e->number);
	g = pgm_registry_graph(false, &pos);
	*open = pgm_journal_open(false);
	if (e->direction == PGM_UPGRADE && g->n == 0)
		pgm_warn_nothing_registered();
	plan = e->direction == PGM_UPGRADE ? pgm_plan_upgrade(g, pos, e->target) :
		pgm_plan_downgrade(g, pos, e->target);
	e->run = pgm_run_prepare(g, pos, plan, false);
	e->pos = pgm_graph_position_create(g, pos->row);
	check_half_done(e, *open);
	pgm_run_admit(e->run);

	/*
	 * the trust in the scripts is decided by now: cutting looks their names
	 * up
	 */
	segments = pgm_run_cut(e->run);
	e->needs_worker = find_worker_need(e, segments);
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
		pgm_graph_set_count(g, pos->row) == 0)
		ereport(NOTICE, (errmsg("the database is at base")));
	pgm_run_announce_role(e->run);
	pgm_warn_timeouts(e->run, segments);
	pgm_call_transaction_commit(&e->work);
	return segments;
}

/* Do everything for which the run lock is needed. */
static void
run_all(PgmEngine *e)
{
	List	   *open;
	List	  **segments = begin_run(e, &open);

	if (segments == NULL)
		return;
	ereport(DEBUG1,
			(errmsg_internal("run %lld: %d steps, segment by segment",
							 (long long) e->number, e->run->plan->nsteps)));
	for (int i = 0; i < e->run->plan->nsteps; i++)
		run_step(e, &e->run->steps[i], segments[i], i == 0 ? open : NIL);
	if (e->number != 0)
	{
		pgm_call_transaction_begin();
		pgm_journal_run_end(e->number, "done", NULL);
		pgm_call_transaction_commit(&e->work);
	}
}

/*
 * Roll back what failed, write it down, release the run lock, and raise the error.
 */
static void
give_up(PgmEngine *e)
{
	ErrorData  *edata = pgm_call_transaction_abort(&e->work);

	pgm_engine_task_leave();
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
		/* a session's lock survives the abort: nothing else would release it */
		pgm_runlock_release();
	}
	PG_END_TRY();
	ReThrowError(edata);
}

/*
 * Write down that a run waits for its turn, so that it has a number by which it can
 * be waited for and cancelled.
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
 * Run to the target, after the runs that come before.  To be called in a transaction
 * in which nothing happened since the last commit; another one is in progress
 * afterwards.  If e->needs_worker is set then, nothing was done.
 */
void
pgm_engine_run(PgmEngine *e)
{
	PG_TRY();
	{
		/* a concurrent build of the run before would wait for our snapshot */
		Assert(!ActiveSnapshotSet());
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
