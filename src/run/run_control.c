/*
 * run_control.c
 *	  What is done about a run from outside: waiting for it, cancelling it, and
 *	  deciding about a revision that it left half done.
 */
#include "postgres.h"

#include <signal.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/journal.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/run_lock.h"
#include "run/prepare/run.h"
#include "run/run_control.h"

/* Between two looks at a run, in ms */
#define LOOK_PAUSE 100

/* The row of a run.  Raises 22023 if there is none. */
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

/* Has the run ended, as far as its row tells?  A process that was killed writes nothing. */
static bool
is_over(const PgmJournalRun *run)
{
	return strcmp(run->state, "running") != 0 &&
		strcmp(run->state, "waiting") != 0;
}

/* Raise the error that a run failed with, if it did, with its SQLSTATE. */
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

/*
 * Wait until a run is over, without a snapshot in between, so that the run does not
 * wait for us.
 *
 * Raises the error that the run failed with, with its SQLSTATE, and 55P03 after
 * pg_migrate.run_wait_timeout.
 */
void
pgm_run_wait(int64 number, const PgmCallTransaction *work)
{
	TimestampTz begun = GetCurrentTimestamp();
	MemoryContext look = AllocSetContextCreate(work->context, "pg_migrate look",
											   ALLOCSET_SMALL_SIZES);
	PgmJournalRun *run;
	int			gone = 0;

	for (;;)
	{
		MemoryContextReset(look);
		pgm_call_transaction_begin();
		MemoryContextSwitchTo(look);
		run = find_run(number);
		pgm_call_transaction_commit(work);

		/*
		 * A process writes the outcome and ends.  It may do both after we
		 * read the row and before we looked for the process, so where the
		 * process is gone the row is read once more.
		 */
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
		/* it counts as a snapshot, too */
		InvalidateCatalogSnapshot();
		pgm_retry_sleep(LOOK_PAUSE);
	}
	raise_failure(run);
}

/*
 * Cancel the statement of a process that runs what a session user called for;
 * NULL: its own.  The rule is that of pg_cancel_backend(), for the user who
 * called: the worker that does the run may be logged in as another one.
 */
static bool
cancel_process(int pid, const char *login)
{
	Oid			caller = login ? get_role_oid(login, true) : InvalidOid;

	if (OidIsValid(caller) && has_privs_of_role(GetUserId(), caller) &&
		(superuser() || !superuser_arg(caller)))
		return BackendPidGetProc(pid) != NULL && kill(pid, SIGINT) == 0;
	return DatumGetBool(DirectFunctionCall1(pg_cancel_backend, Int32GetDatum(pid)));
}

/*
 * Cancel a run by segments; returns whether its process was told to end.  It stops
 * as after a cancel request of its client.  A run that is over is warned of.
 *
 * Raises 42501 for somebody else's run, as pg_cancel_backend() does.
 */
bool
pgm_run_cancel(int64 number)
{
	PgmJournalRun *run = find_run(number);

	if (!is_over(run) && run->alive)
		return cancel_process(run->pid, run->login);
	ereport(WARNING, (errmsg("run %lld is over", (long long) run->number)));
	return false;
}

/*
 * Cancel the statement of the process that has the run lock, in whichever way it
 * runs its plan; false, with a WARNING, if there is none.
 *
 * Raises 42501 for somebody else's, as pg_cancel_backend() does.
 */
bool
pgm_run_cancel_current(void)
{
	char	   *login;
	int			pid = pgm_run_status_holder(&login);

	if (pid != 0)
		return cancel_process(pid, login);
	ereport(WARNING, (errmsg("no migration runs in this database")));
	return false;
}

/*
 * The open segments of the revision that a run left half done.  Raises
 * PGM_ERRCODE_HALF_DONE if that run left none.
 */
static List *
open_segments(int64 run)
{
	List	   *open = pgm_journal_open(false);
	const PgmJournalSegment *last = open == NIL ? NULL : llast(open);

	if (last == NULL || !pgm_journal_took_part(run, last->revision))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("run %lld left no migration half done", (long long) run),
				 last == NULL ? errdetail("No migration is.") :
				 errdetail("Migration \"%s\" is, by run %lld.", last->revision,
						   (long long) last->run),
				 errhint("See SELECT * FROM migrate.status.")));
	return open;
}

/*
 * Say of the statement that a run was cut off in that it is "done", or that it is to
 * run "again".  Returns the half done revision, which the next run completes.
 *
 * Raises PGM_ERRCODE_HALF_DONE if there is no such statement.
 */
const char *
pgm_run_resume(int64 run, const char *outcome)
{
	PgmJournalSegment *row;

	pgm_runlock_acquire("migrate.resume()");
	row = llast(open_segments(run));
	if (strcmp(row->state, "unknown") != 0 &&
		strcmp(row->state, "running") != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("no statement of migration \"%s\" is of unknown outcome",
						row->revision),
				 errhint("Go on with CALL migrate.deploy().")));
	if (strcmp(outcome, "again") == 0)
		pgm_journal_forget(row);
	else if (strcmp(outcome, "done") == 0)
	{
		row->state = "done";
		pgm_journal_write(row, NULL);
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown outcome '%s'", outcome),
				 errhint("Say 'done' or 'again'.")));
	ereport(DEBUG1,
			(errmsg_internal("segment %d of migration \"%s\" counts as %s", row->number,
							 row->revision, outcome)));
	return row->revision;
}

/*
 * Give up the revision that a run left half done: it counts as not upgraded, or not
 * downgraded, and what is in effect stays so.  Returns the revision.
 */
const char *
pgm_run_abandon(int64 run)
{
	const char *revision;
	PgmJournalSegment *row;
	StringInfoData effects;
	PgmLogEntry entry;
	List	   *open;
	ListCell   *lc;

	pgm_runlock_acquire("migrate.abandon()");
	open = open_segments(run);
	pgm_journal_run_end(run, "abandoned", NULL);
	initStringInfo(&effects);
	foreach(lc, open)
	{
		row = lfirst(lc);
		appendStringInfo(&effects, "%sSegment %d of %d (%s): %s",
						 effects.len ? "\n" : "", row->number, row->total,
						 row->state, row->sql);
		pgm_journal_run_end(row->run, "abandoned", NULL);
	}
	row = linitial(open);
	revision = row->revision;
	pgm_journal_close(revision);
	if (strcmp(row->direction, "downgrade") == 0)
		pgm_registry_set_applied(revision, true);
	pgm_step_record_begin(&entry, pgm_registry_next_run(), "abandon", GetUserId());
	entry.revision = revision;
	pgm_registry_log(&entry);
	ereport(NOTICE,
			(errmsg("migration \"%s\" is given up; what it did is still there",
					revision),
			 errdetail("%s", effects.data)));
	return revision;
}
