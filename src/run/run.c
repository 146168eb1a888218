/*
 * run.c
 *	  Running a plan in the caller's transaction: upgrade, downgrade, stamp;
 *	  and handing it to a worker where it cannot be one transaction.
 *
 * The whole plan is one subtransaction, so that after a lock timeout or a
 * deadlock it can be rolled back, its locks with it, and tried again.  The
 * run lock is taken outside of it and kept to the end of the transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/journal.h"
#include "run/door.h"
#include "run/execute/deferred.h"
#include "run/execute/execute.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "run/locks/run_lock.h"
#include "run/prepare/confined_login.h"
#include "run/prepare/half_done.h"
#include "run/prepare/run_warnings.h"
#include "run/worker.h"
#include "script/segment.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/srf.h"
#include "util/subtransaction.h"

/* Begin a log row for something that runs as a role. */
void
pgm_entry_begin(PgmLogEntry *entry, int64 run, const char *direction, Oid role)
{
	memset(entry, 0, sizeof(PgmLogEntry));
	entry->run = run;
	entry->direction = direction;
	entry->started_at = GetCurrentTimestamp();
	entry->lsn = GetXLogInsertRecPtr();
	entry->ran_as = role;
	entry->search_path = namespace_search_path;
}

/* Begin the log row of a step, and announce it. */
void
pgm_step_begin(const PgmRun *run, const PgmStep *step, int64 number,
			   PgmLogEntry *entry)
{
	bool		up = run->plan->direction == PGM_UPGRADE;

	pgm_entry_begin(entry, number, up ? "upgrade" : "downgrade",
					run->identity.role);
	entry->revision = step->stored->m.revision;
	entry->checksum = step->stored->m.checksum;
	ereport(NOTICE,
			(errmsg("Running %s", pgm_escape_line(pgm_step_title(run, step)))));
}

/* Write down a step that was executed, and move the position over it. */
void
pgm_step_record(const PgmRun *run, const PgmStep *step, PgmPosition *pos,
				const PgmLogEntry *entry)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	int			n;
	int		   *revs = pgm_graph_touched(run->graph, step->rev, &n);
	bool	   *before = palloc(n * sizeof(bool));

	for (int k = 0; k < n; k++)
		before[k] = pos->row[revs[k]];
	pgm_position_apply(run->graph, pos, step->rev, up);
	pgm_registry_step(run->graph, revs, n, before, pos->row, up, entry);
}

/*
 * Execute one step and write it down.  What it deferred is done at its end, as
 * if it was committed; "before" are the relations with deferred events of the
 * caller.
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
	if (step->verify || pgm_deferred_may_wait(step->script))
		pgm_deferred_fire(step->script->revision, before);
	pgm_step_record(run, step, pos, &entry);
}

/* Get the locks that the scripts of all steps are known to need. */
static void
lock_first(const PgmRun *run)
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

/* Execute all steps, as the scripts' role. */
static void
run_steps(PgmRun *run, int64 number, const PgmCallerTimeout *timeout)
{
	PgmPosition *pos = pgm_position_create(run->graph, run->position->row);
	MemoryContext old = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(old, "pg_migrate step",
												  ALLOCSET_DEFAULT_SIZES);
	List	   *before = NIL;
	bool		reset = false;

	if (TransactionIdIsValid(GetTopTransactionIdIfAny()))
		before = pgm_deferred_relations();
	pgm_identity_enter(&run->identity);
	pgm_lockwatch_start();
	MemoryContextSwitchTo(context);
	if (pgm_locks_first())
		lock_first(run);
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		MemoryContextSwitchTo(context);
		run_step(run, &run->steps[i], pos, number, timeout, before);

		/*
		 * SET CONSTRAINTS ALL also holds for constraints that a later step
		 * makes.
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
 * Try the plan once.  Returns NULL when it is done, or the error after
 * everything it did, its locks included, was undone.
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
		pgm_caller_timeout_restore(&try.timeout);
	}
	return edata;
}

/* Warn of a role that differs from the last run's. */
void
pgm_run_announce_role(const PgmRun *run)
{
	char	   *role = GetUserNameFromId(run->identity.role, false);
	char	   *last;

	if (run->plan->nsteps == 0)
		return;
	last = pgm_registry_last_role();
	if (last && strcmp(last, role) != 0)
		ereport(WARNING,
				(errmsg("this run is as role \"%s\", the last one was as role \"%s\"",
						role, last),
				 errdetail("What the migrations create will belong to \"%s\".",
						   role),
				 errhint("To run always as the same role, let a superuser set pg_migrate.owner_role for the database.")));
}

/*
 * Run a prepared and admitted plan.  The caller holds the run lock.
 *
 * A lock timeout or deadlock is tried again, pg_migrate.lock_retries times,
 * unless the transaction had changed something before.
 */
void
pgm_run(PgmRun *run)
{
	bool		had_xid = TransactionIdIsValid(GetTopTransactionIdIfAny());
	int64		number;

	if (run->plan->nsteps == 0)
		return;
	pgm_run_announce_role(run);
	number = pgm_registry_next_run();
	for (int try = 0;; try++)
	{
		TimestampTz start = GetCurrentTimestamp();
		ErrorData  *edata;
		long		pause;

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

/*
 * In a transaction that keeps one snapshot, another run may have moved the
 * database since.
 */
static void
check_snapshot(const char *function)
{
	char	   *ours;
	char	   *latest;

	if (!IsolationUsesXactSnapshot())
		return;
	ours = pgm_name_join(pgm_registry_current(false));
	latest = pgm_name_join(pgm_registry_current_latest());
	if (strcmp(ours, latest) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("cannot call %s: another run has moved the database since this transaction began",
						function),
				 errdetail("This transaction sees the database at %s, it is at %s.",
						   ours[0] ? ours : "base", latest[0] ? latest : "base"),
				 errhint("Roll back and try again, best in a READ COMMITTED transaction.")));
}

/* Is the target one of which an index lookup tells that it is applied? */
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

/* A text argument that may not be null. */
static char *
target_argument(FunctionCallInfo fcinfo, const char *function)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the target of %s may not be null", function),
				 errhint("Name a revision, or say 'head' or 'base'.")));
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

/* A call of upgrade() or downgrade() */
typedef struct PgmCall
{
	const char *function;		/* its name for messages */
	PgmDirection direction;
	char	   *target;
	const char *closed;			/* why no worker can be waited for, or NULL */
	TimestampTz deadline;		/* of waiting for other runs; 0: none yet */

	/* what came of planning it */
	bool		locked;			/* nobody else runs */
	bool		there;			/* there is nothing to do */
	PgmRun	   *run;			/* can be run in the transaction, or NULL */
	Oid			login;			/* of the worker to run it; InvalidOid: the
								 * caller's */
} PgmCall;

/* Is the database at the target, and nothing half done, by index lookups? */
static bool
is_there(const PgmCall *call)
{
	return call->direction == PGM_UPGRADE && is_at(call->target) &&
		!pgm_registry_any_half_done();
}

/* Plan, and admit the plan; *open is set to the segments of what is half done. */
static PgmRun *
admit_call(const PgmCall *call, List **open)
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
 * Plan, and admit the plan.  Returns NULL when it has to be run segment by
 * segment, for which a worker is needed, whose login is set; raises MG013, or
 * MG017 for what is half done, where none can be waited for.
 */
static PgmRun *
plan_call(PgmCall *call)
{
	List	   *open;
	PgmRun	   *run = admit_call(call, &open);
	PgmObstacle obstacle;
	List	  **segments;

	if (call->direction == PGM_DOWNGRADE && run->plan->nsteps == 0 &&
		open == NIL && pgm_set_count(run->graph, run->position->row) == 0)
		ereport(NOTICE, (errmsg("the database is at base")));
	if (open == NIL && !pgm_run_obstacle(run, &obstacle))
	{
		pgm_run_lint(run);
		return run;
	}
	/* of what is half done that was refused before */
	if (call->closed)
		pgm_run_refuse(&obstacle, call->closed);
	segments = pgm_run_cut(run);
	call->login = pgm_confined_login(run, segments);
	if (open == NIL)
		pgm_warn_waiting(run, segments);
	return NULL;
}

/* Plan and run in the caller's transaction. */
static void
run_here(PgmCall *call)
{
	pgm_runlock_acquire(call->function);
	check_snapshot(call->function);
	if (!is_there(call))
		pgm_run(plan_call(call));
}

/* Plan under the run lock; kept unless a worker has to run the plan. */
static bool
plan_part(void *arg)
{
	PgmCall    *call = arg;

	call->locked = pgm_runlock_try();
	if (!call->locked)
		return false;
	call->there = is_there(call);
	if (!call->there)
		call->run = plan_call(call);
	return call->there || call->run;
}

/*
 * Where a worker can be waited for: plan in a subtransaction, so that nothing
 * is kept of it, locks included, when a worker has to run the plan.  Returns
 * false to be called again.
 */
static bool
run_at_door(PgmCall *call)
{
	ErrorData  *edata = pgm_subtransaction("pg_migrate", plan_part, call);

	if (edata)
		ReThrowError(edata);
	if (!call->locked)
	{
		pgm_runlock_wait(&call->deadline);
		return false;
	}
	if (call->run)
		pgm_run(call->run);
	return call->there || call->run ||
		pgm_worker_run(call->direction, call->target, call->login);
}

/* Find out who is to be logged in; nothing is kept of the plan. */
static bool
login_part(void *arg)
{
	PgmCall    *call = arg;
	List	   *open;
	PgmRun	   *run = admit_call(call, &open);

	call->login = pgm_confined_login(run, pgm_run_cut(run));
	return false;
}

/* wait => false */
static void
run_in_background(PgmCall *call)
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
	edata = pgm_subtransaction("pg_migrate", login_part, call);
	if (edata)
		ReThrowError(edata);
	pgm_worker_start(call->direction, call->target, call->login, may_wait);
}

/* upgrade() and downgrade() */
static Datum
run_call(FunctionCallInfo fcinfo, PgmCall *call)
{
	bool		wait = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	List	   *current;

	pgm_runlock_check(call->function);
	pgm_citus_refuse_worker(psprintf("call %s", call->function));
	pgm_settings_define();
	call->target = target_argument(fcinfo, call->function);
	call->closed = pgm_door_closed(fcinfo);
	if (!wait)
		run_in_background(call);
	else if (call->closed)
		run_here(call);
	else
		while (!run_at_door(call))
			CHECK_FOR_INTERRUPTS();
	current = pgm_registry_current(false);
	if (call->direction == PGM_UPGRADE && current == NIL &&
		pgm_registry_heads(false, true, NULL) == NIL)
		pgm_warn_nothing_registered();
	return pgm_return_names(fcinfo, current);
}

PG_FUNCTION_INFO_V1(pg_migrate_upgrade);
PG_FUNCTION_INFO_V1(pg_migrate_downgrade);
PG_FUNCTION_INFO_V1(pg_migrate_stamp);

/*
 * upgrade(target text default 'head', wait boolean default true) returns
 * setof text: the heads the database is at afterwards.
 *
 * What cannot be one transaction is run by a background worker, where the
 * call is the whole of the client's statement.  With wait => false anything
 * is, and the call returns at once.
 *
 * Raises MG001 to MG004 and MG016 for the target, MG013 for what can neither
 * run in a transaction nor by a worker, MG014 for a failed verify script,
 * 42501 for an author who may not run as the role, 53000 when no worker is to
 * be had, 40P01 when the worker waits for the caller, 55000 on a worker of
 * Citus, and whatever the scripts raise.
 */
Datum
pg_migrate_upgrade(PG_FUNCTION_ARGS)
{
	PgmCall		call = {
		.function = "migrate.upgrade()",
		.direction = PGM_UPGRADE
	};

	return run_call(fcinfo, &call);
}

/*
 * downgrade(target text, wait boolean default true) returns setof text, as
 * upgrade(); also raises MG005 for a target not below the current heads, MG012
 * for a migration without a downgrade script.
 */
Datum
pg_migrate_downgrade(PG_FUNCTION_ARGS)
{
	PgmCall		call = {
		.function = "migrate.downgrade()",
		.direction = PGM_DOWNGRADE
	};

	return run_call(fcinfo, &call);
}

/* Write down a stamp: a row for each revision it names. */
static void
log_stamp(const PgmGraph *g, PgmSet rows)
{
	PgmLogEntry entry;
	int64		number = pgm_registry_next_run();

	pgm_entry_begin(&entry, number, "stamp", GetUserId());
	if (pgm_set_count(g, rows) == 0)
		pgm_registry_log(&entry);
	for (int i = 0; i < g->n; i++)
	{
		if (!rows[i])
			continue;
		entry.revision = g->rev[i].id;
		pgm_registry_log(&entry);
	}
}

/*
 * stamp(revisions id_list, purge boolean default false) returns setof text:
 * moves the database to the revisions without running anything; with purge
 * whatever it was at before is forgotten.
 */
Datum
pg_migrate_stamp(PG_FUNCTION_ARGS)
{
	List	   *targets;
	PgmPosition *pos;
	PgmPosition *to;
	PgmGraph   *g;
	PgmSet		rows;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.stamp() may not be null"),
				 errhint("Name the revisions, or say 'base'.")));
	targets = pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(0));
	if (targets == NIL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("no revision to stamp"),
				 errhint("Name the revisions, or say 'base'.")));
	pgm_citus_refuse_worker("call migrate.stamp()");
	pgm_runlock_acquire("migrate.stamp()");
	check_snapshot("migrate.stamp()");
	pgm_check_half_done("call migrate.stamp()");

	g = pgm_registry_graph(false, &pos);
	if (g->n == 0 && strcmp(pgm_name_join(targets), "base") != 0)
		pgm_warn_nothing_registered();
	rows = pgm_plan_stamp(g, PG_GETARG_BOOL(1) ? pgm_set_create(g) : pos->row,
						  targets);
	to = pgm_position_create(g, rows);
	if (memcmp(to->row, pos->row, g->n * sizeof(bool)) != 0)
	{
		pgm_registry_move(g, pos, to);
		log_stamp(g, to->row);
	}
	return pgm_return_names(fcinfo, pgm_registry_current(false));
}
