/*
 * transaction_run.c
 *	  Running a plan in the caller's transaction.
 *
 * The plan is one subtransaction, so that after a lock timeout or a deadlock it
 * can be rolled back, its locks with it, and tried again.  The run lock is taken
 * outside of it and held to the end of the transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "run/execute/deferred.h"
#include "run/execute/execute.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "run/locks/run_lock.h"
#include "run/transaction_run.h"
#include "util/subtransaction.h"

/*
 * Execute one step and write it down.
 *
 * The triggers that it deferred are fired at its end, as a commit would do:
 * pending, they would make the ALTER TABLE of a later step fail.  "before" are the
 * relations with deferred events of the caller, which are left alone.
 */
static void
run_step(PgmRun *run, const PgmStep *step, PgmPosition *pos, int64 number,
		 const PgmCallerTimeout *timeout, const List *before)
{
	PgmLogEntry entry;

	pgm_step_begin(run, step, number, &entry);
	pgm_execute_script(step->script, timeout);
	if (step->verify)
		pgm_execute_verify(NULL, step->verify, timeout);
	/* the verify script was executed, and may defer anything */
	if (step->verify || pgm_deferred_may_wait(step->script))
		pgm_deferred_fire(step->script->revision, before);
	pgm_step_record(run, step, pos, &entry);
}

/* Get the locks that the scripts of all steps are known to need (lock_poll.c). */
static void
lock_all_steps(const PgmRun *run)
{
	List	   *parts = NIL;

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmScript *script = run->steps[i].script;

		parts = pgm_locks_add_part(parts, script, 0,
								   list_length(script->statements));
	}
	pgm_locks_get_first(parts);
}

/* Execute all steps as the scripts' role, in the current subtransaction. */
static void
run_steps(PgmRun *run, int64 number, const PgmCallerTimeout *timeout)
{
	PgmPosition *pos = pgm_graph_position_create(run->graph, run->position->row);
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(old, "pg_migrate step",
												  ALLOCSET_DEFAULT_SIZES);
	List	   *before = NIL;
	bool		reset = false;

	/*
	 * a transaction without an xid has changed nothing, so it deferred
	 * nothing
	 */
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		before = pgm_deferred_relations();
	pgm_identity_enter(&run->identity);
	/* after it: the lock_timeout of the scripts says how often it looks */
	pgm_lockwatch_start();
	MemoryContextSwitchTo(context);
	if (pgm_locks_first())
		lock_all_steps(run);
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		MemoryContextSwitchTo(context);
		run_step(run, &run->steps[i], pos, number, timeout, before);

		/*
		 * SET CONSTRAINTS ALL also holds for constraints that a later step
		 * makes, so once a step has used it they are reset after each step.
		 */
		reset = reset || pgm_deferred_sets(run->steps[i].script);
		if (reset)
			pgm_deferred_reset(before);
		MemoryContextReset(context);
		MemoryContextSwitchTo(old);
	}
	pgm_lockwatch_stop();
	pgm_identity_leave(&run->identity);
	MemoryContextDelete(context);
}

/* A try of a plan */
typedef struct PgmTry
{
	PgmRun	   *run;
	int64		number;
	PgmCallerTimeout timeout;
} PgmTry;

/* The function of the subtransaction: execute the plan, and keep it. */
static bool
try_part(void *arg)
{
	PgmTry	   *try = arg;

	pgm_run_active = true;
	run_steps(try->run, try->number, &try->timeout);
	pgm_run_active = false;
	return true;
}

/*
 * Try the plan once.  Returns NULL when it is done, or the error after everything
 * that it did was rolled back, its locks included.
 */
static ErrorData *
try_run(PgmRun *run, int64 number)
{
	PgmTry		try = {.run = run,.number = number};
	ErrorData  *edata;

	pgm_caller_timeout_save(&try.timeout);
	edata = pgm_subtransaction("pg_migrate", try_part, &try);
	if (edata)
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		/* an error past the timer of a statement leaves that one armed */
		pgm_caller_timeout_restore(&try.timeout);
	}
	return edata;
}

/*
 * Run a prepared and admitted plan in the caller's transaction.  The caller holds
 * the run lock.
 *
 * After a lock timeout or a deadlock the plan is tried again,
 * pg_migrate.lock_retries times, unless the transaction had changed something
 * before: then it may hold locks that no rollback of ours gives back, and which
 * the other one waits for.
 */
void
pgm_transaction_run(PgmRun *run)
{
	bool		had_xid = TransactionIdIsValid(GetTopTransactionIdIfAny());
	int64		number;

	Assert(!pgm_run_active);
	Assert(pgm_runlock_held(ShareRowExclusiveLock));
	if (run->plan->nsteps == 0)
		return;
	pgm_run_announce_role(run);
	/* outside of the subtransaction: all tries have one number */
	number = pgm_registry_next_run();
	ereport(DEBUG1,
			(errmsg_internal("run %lld: %d steps in the caller's transaction",
							 (long long) number, run->plan->nsteps)));
	for (int try = 0;; try++)
	{
		TimestampTz start = GetCurrentTimestamp();
		ErrorData  *edata;
		long		pause;

		ereport(DEBUG1,
				(errmsg_internal("run %lld: try %d", (long long) number, try + 1)));
		pgm_locks_begin_try(try, !had_xid && try < pgm_lock_retries);
		edata = try_run(run, number);
		if (edata == NULL)
			break;
		pause = pgm_retry_decide(edata, try, had_xid,
								 TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()),
								 "Nothing was changed.");
		FreeErrorData(edata);
		pgm_retry_sleep(pause);
	}
}
