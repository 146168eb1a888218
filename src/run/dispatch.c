/*
 * dispatch.c
 *	  How a call of upgrade() or downgrade() is run: in the caller's transaction,
 *	  or segment by segment by a background worker.
 *
 * A plan that can be one transaction runs in the caller's.  For any other one a
 * worker is needed, since a function cannot commit, and whether this call may wait
 * for a worker is told by door.c.  The decision is made under the run lock, because
 * the run that had it before may have moved the database.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "registry/half_done.h"
#include "registry/journal.h"
#include "run/dispatch.h"
#include "run/door.h"
#include "run/locks/run_lock.h"
#include "run/prepare/confined_login.h"
#include "run/prepare/run_warnings.h"
#include "run/transaction_run.h"
#include "run/worker.h"
#include "util/subtransaction.h"

/*
 * Is the target applied, as far as index lookups tell?  False for a target that
 * needs the graph to be understood.
 */
static bool
is_at(const char *target)
{
	bool		all = strcmp(target, "heads") == 0;
	bool		applied;

	if (all || strcmp(target, "head") == 0)
	{
		List	   *heads = pgm_registry_heads(false, all, &applied);

		return applied && (all || list_length(heads) <= 1);
	}
	return pgm_registry_applied(target);
}

/*
 * Is there nothing to do, as far as index lookups tell?  Most calls of a deployment
 * find the database where they want it, and need not read the graph.
 */
static bool
is_there(const PgmRequest *call)
{
	return call->direction == PGM_UPGRADE && is_at(call->target) &&
		!pgm_registry_any_half_done();
}

/*
 * Plan, and admit the plan.  *open is set to the open segments of the revision that
 * is half done, or to NIL.
 */
static PgmRun *
plan_and_admit(const PgmRequest *call, List **open)
{
	PgmPosition *pos;
	PgmGraph   *g;
	PgmPlan    *plan;
	PgmRun	   *run;

	*open = pgm_journal_open(false);
	if (*open != NIL && call->closed)
		pgm_refuse_half_done(psprintf("call %s here", call->function), *open);
	g = pgm_registry_graph(false, &pos);
	plan = call->direction == PGM_UPGRADE ?
		pgm_plan_upgrade(g, pos, call->target) :
		pgm_plan_downgrade(g, pos, call->target);
	run = pgm_run_prepare(g, pos, plan, false);
	pgm_run_admit(run);
	return run;
}

/*
 * Plan, admit the plan, and decide how it is run.  Returns the run if it can be
 * one transaction.  Returns NULL if a worker has to run it segment by segment, and
 * sets the role that the worker is to be logged in as.
 *
 * Raises MG013, or MG017 for a half done revision, if this call may not wait for a
 * worker.
 */
static PgmRun *
plan_call(PgmRequest *call)
{
	List	   *open;
	PgmRun	   *run = plan_and_admit(call, &open);
	PgmObstacle obstacle;
	List	  **segments;

	if (call->direction == PGM_DOWNGRADE && run->plan->nsteps == 0 &&
		open == NIL && pgm_graph_set_count(run->graph, run->position->row) == 0)
		ereport(NOTICE, (errmsg("the database is at base")));
	if (open == NIL && !pgm_run_obstacle(run, &obstacle))
	{
		pgm_run_lint(run);
		ereport(DEBUG1,
				(errmsg_internal("the plan runs in the caller's transaction")));
		return run;
	}
	/* with a half done revision plan_and_admit() has raised MG017 by now */
	Assert(open == NIL || !call->closed);
	if (call->closed)
		pgm_run_refuse(&obstacle, call->closed);
	segments = pgm_run_cut(run);
	call->login = pgm_confined_login(run, segments);
	if (open == NIL)
		pgm_warn_waiting(run, segments);
	else
		ereport(DEBUG1, (errmsg_internal("%s", pgm_half_done_text(open))));
	ereport(DEBUG1,
			(errmsg_internal("a background worker runs the plan segment by segment")));
	return NULL;
}

/*
 * Plan and run in the caller's transaction, because this call may not wait for a
 * worker.  A plan that cannot be one transaction is refused.
 */
static void
run_here(PgmRequest *call)
{
	pgm_runlock_acquire(call->function);
	pgm_run_check_snapshot(call->function);
	if (!is_there(call))
		pgm_transaction_run(plan_call(call));
}

/*
 * The function of a subtransaction: plan under the run lock, if that is free.  The
 * subtransaction, and so the lock, is kept unless a worker has to run the plan.
 */
static bool
plan_under_lock(void *arg)
{
	PgmRequest *call = arg;

	call->locked = pgm_runlock_try();
	if (!call->locked)
		return false;
	call->there = is_there(call);
	if (!call->there)
		call->run = plan_call(call);
	return call->there || call->run;
}

/*
 * Plan and run where this call may wait for a worker.  Returns false to be called
 * again, from the beginning.
 *
 * The plan is made in a subtransaction, which is rolled back when a worker has to
 * run it: the worker needs the run lock, and its ALTER of a table that we had read
 * would wait for our lock on that.  It plans again.
 */
static bool
run_at_door(PgmRequest *call)
{
	ErrorData  *edata = pgm_subtransaction("pg_migrate", plan_under_lock, call);

	if (edata)
		ReThrowError(edata);
	if (!call->locked)
	{
		/* nobody may wait for us meanwhile, so no lock is queued for here */
		ereport(DEBUG1,
				(errmsg_internal("another run has the run lock, waiting for it")));
		pgm_runlock_wait(&call->deadline);
		return false;
	}
	if (call->run)
		pgm_transaction_run(call->run);
	return call->there || call->run ||
		pgm_worker_run(call->direction, call->target, call->login);
}

/*
 * The function of a subtransaction that is rolled back: find out as which role the
 * worker has to be logged in, and refuse what the worker would refuse.
 */
static bool
find_login(void *arg)
{
	PgmRequest *call = arg;
	List	   *open;
	PgmRun	   *run = plan_and_admit(call, &open);

	call->login = pgm_confined_login(run, pgm_run_cut(run));
	return false;
}

/*
 * Have a worker run to the target, and return as soon as it has a number.
 *
 * Raises 25001 in a transaction block, which the run would not see.
 */
void
pgm_dispatch_background(PgmRequest *call)
{
	const char *block = pgm_door_in_block();
	bool		may_wait = call->closed == NULL;
	ErrorData  *edata;

	if (block)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s with wait => false cannot run inside a transaction block",
						call->function),
				 errdetail("The run would not see what the transaction did: %s.",
						   block),
				 errhint("Call it by itself, in autocommit mode.")));
	call->closed = NULL;		/* the run does not concern this transaction */
	edata = pgm_subtransaction("pg_migrate", find_login, call);
	if (edata)
		ReThrowError(edata);
	pgm_worker_start(call->direction, call->target, call->login, may_wait);
}

/*
 * Run to the target, and return when the database is there.
 *
 * Raises what upgrade() and downgrade() raise: see there.
 */
void
pgm_dispatch(PgmRequest *call)
{
	if (call->closed)
	{
		ereport(DEBUG1,
				(errmsg_internal("no background worker may run the plan: %s",
								 call->closed)));
		run_here(call);
		return;
	}
	ereport(DEBUG1,
			(errmsg_internal("a background worker may run the plan, if it cannot be one transaction")));
	while (!run_at_door(call))
		CHECK_FOR_INTERRUPTS();
}
