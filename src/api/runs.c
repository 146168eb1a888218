/*
 * runs.c
 *	  Waiting for a run, and ending one: wait() and cancel().
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "registry/journal.h"
#include "run/execute/call_transaction.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "util/settings.h"

/* Between two looks, in ms */
#define LOOK_PAUSE 100

static PgmJournalRun *
find_run(int64 number)
{
	PgmJournalRun *run = pgm_journal_run(number);

	if (run == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no run %lld", (long long) number),
				 errdetail("migrate.run has the runs that commit between their segments."),
				 errhint("See SELECT run, target, state FROM migrate.run ORDER BY run DESC.")));
	return run;
}

static bool
is_over(const PgmJournalRun *run)
{
	return strcmp(run->state, "running") != 0 &&
		strcmp(run->state, "waiting") != 0;
}

/* Raise what a run failed with, if it did. */
static void
raise_failure(const PgmJournalRun *run)
{
	if (is_over(run) && strcmp(run->state, "done") == 0)
		return;
	ereport(ERROR,
			(errcode(run->sqlstate ?
					 MAKE_SQLSTATE(run->sqlstate[0], run->sqlstate[1], run->sqlstate[2],
								   run->sqlstate[3], run->sqlstate[4]) :
					 ERRCODE_OPERATOR_INTERVENTION),
			 errmsg("run %lld %s: %s", (long long) run->number,
					strcmp(run->state, "abandoned") == 0 ? "was abandoned" : "failed",
					run->error ? run->error : "it was cut off"),
			 errhint("See SELECT * FROM migrate.run WHERE run = %lld; the next upgrade goes on where it was.",
					 (long long) run->number)));
}

PG_FUNCTION_INFO_V1(pg_migrate_wait);
PG_FUNCTION_INFO_V1(pg_migrate_cancel);
PG_FUNCTION_INFO_V1(pg_migrate_cancel_current);

/*
 * wait(run): a procedure that returns when the run is over, holding no
 * snapshot.  Raises what the run failed with, with its SQLSTATE; 25001 inside
 * a transaction block; 55P03 after pg_migrate.run_wait_timeout.
 */
Datum
pg_migrate_wait(PG_FUNCTION_ARGS)
{
	int64		number;
	PgmCallTransaction work;
	TimestampTz begun = GetCurrentTimestamp();
	MemoryContext look;
	PgmJournalRun *run;
	int			gone = 0;

	pgm_call_transaction_check_context(fcinfo, "migrate.wait()", NULL);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the run that migrate.wait() shall wait for may not be null"),
				 errhint("See SELECT run, target, state FROM migrate.run ORDER BY run DESC.")));
	number = PG_GETARG_INT64(0);
	pgm_settings_define();
	pgm_call_transaction_start(&work);
	look = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate look",
								 ALLOCSET_SMALL_SIZES);
	pgm_call_transaction_leave(&work);
	for (;;)
	{
		MemoryContextReset(look);
		pgm_call_transaction_begin();
		MemoryContextSwitchTo(look);
		run = find_run(number);
		pgm_call_transaction_commit(&work);
		/* a process that has ended may have written so after we looked */
		if (is_over(run) || (!run->alive && gone++ > 0))
			break;
		if (pgm_run_wait_timeout > 0 &&
			TimestampDifferenceExceeds(begun, GetCurrentTimestamp(),
									   pgm_run_wait_timeout))
			ereport(ERROR,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("run %lld is not over", (long long) number),
					 errdetail("It did not finish within pg_migrate.run_wait_timeout (%d ms).",
							   pgm_run_wait_timeout),
					 errhint("See SELECT * FROM migrate.progress.")));
		InvalidateCatalogSnapshot();
		pgm_retry_sleep(LOOK_PAUSE);
	}
	raise_failure(run);
	pgm_call_transaction_end(&work);
	PG_RETURN_VOID();
}

/*
 * Cancel the statement of a process that runs what a session user called for;
 * NULL: its own.  The rule is that of pg_cancel_backend(), for the user who
 * called: the worker that does the run may be logged in as another one.
 */
static Datum
cancel_run(int pid, const char *login)
{
	Oid			caller = login ? get_role_oid(login, true) : InvalidOid;

	if (OidIsValid(caller) && has_privs_of_role(GetUserId(), caller) &&
		(superuser() || !superuser_arg(caller)))
		PG_RETURN_BOOL(BackendPidGetProc(pid) != NULL && kill(pid, SIGINT) == 0);
	return DirectFunctionCall1(pg_cancel_backend, Int32GetDatum(pid));
}

/*
 * cancel(run) returns whether the run was told to end.  It stops as after a
 * cancel request of its client: what is in effect stays, remains are cleared
 * up.  Raises 42501 for somebody else's run, as pg_cancel_backend() does.
 */
Datum
pg_migrate_cancel(PG_FUNCTION_ARGS)
{
	PgmJournalRun *run = find_run(PG_GETARG_INT64(0));

	if (is_over(run) || !run->alive)
	{
		ereport(WARNING,
				(errmsg("run %lld is over", (long long) run->number)));
		PG_RETURN_BOOL(false);
	}
	return cancel_run(run->pid, run->login);
}

/*
 * cancel() cancels the statement of the process that has the run lock, in
 * whichever way it runs its plan; false with a WARNING if there is none.
 * Raises 42501 for somebody else's, as pg_cancel_backend() does.
 */
Datum
pg_migrate_cancel_current(PG_FUNCTION_ARGS)
{
	char	   *login;
	int			pid = pgm_journal_holder(&login);

	if (pid == 0)
	{
		ereport(WARNING,
				(errmsg("no migration runs in this database")));
		PG_RETURN_BOOL(false);
	}
	return cancel_run(pid, login);
}
