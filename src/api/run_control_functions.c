/*
 * run_control_functions.c
 *	  The runs themselves: wait(), cancel(), resume(), abandon(), and the rows of
 *	  migrate.progress.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "registry/journal.h"
#include "run/run_control.h"
#include "util/settings.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_wait);
PG_FUNCTION_INFO_V1(pg_migrate_cancel);
PG_FUNCTION_INFO_V1(pg_migrate_cancel_current);
PG_FUNCTION_INFO_V1(pg_migrate_resume);
PG_FUNCTION_INFO_V1(pg_migrate_abandon);
PG_FUNCTION_INFO_V1(pg_migrate_progress);

/*
 * wait(run): a procedure that returns when the run is over, holding no
 * snapshot.  Raises the error that the run failed with, with its SQLSTATE; 25001
 * inside a transaction block; 55P03 after pg_migrate.run_wait_timeout.
 */
Datum
pg_migrate_wait(PG_FUNCTION_ARGS)
{
	PgmCallTransaction work;

	pgm_call_transaction_check_context(fcinfo, "migrate.wait()", NULL);
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the run that migrate.wait() waits for may not be null"),
				 errhint("See SELECT run, target, state FROM migrate.run ORDER BY run DESC.")));
	pgm_settings_define();
	pgm_call_transaction_start(&work);
	pgm_call_transaction_leave(&work);
	pgm_run_wait(PG_GETARG_INT64(0), &work);
	pgm_call_transaction_end(&work);
	PG_RETURN_VOID();
}

/*
 * cancel(run) returns whether the run was told to end.  It stops as after a
 * cancel request of its client: what is in effect stays, remains are cleared
 * up.  Raises 42501 for somebody else's run, as pg_cancel_backend() does.
 */
Datum
pg_migrate_cancel(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(pgm_run_cancel(PG_GETARG_INT64(0)));
}

/*
 * cancel() cancels the statement of the process that has the run lock; false
 * with a WARNING if there is none.
 */
Datum
pg_migrate_cancel_current(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(pgm_run_cancel_current());
}

/*
 * resume(run, outcome) returns the half done revision, after it was said of its
 * statement whose outcome is unknown that it is 'done', or is to run 'again'.
 */
Datum
pg_migrate_resume(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pgm_run_resume(PG_GETARG_INT64(0),
													text_to_cstring(PG_GETARG_TEXT_PP(1)))));
}

/*
 * abandon(run) returns the revision that the run left half done, which no longer
 * is, and counts as not upgraded, or not downgraded.
 */
Datum
pg_migrate_abandon(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pgm_run_abandon(PG_GETARG_INT64(0))));
}

/* progress_rows() returns the rows of migrate.progress */
Datum
pg_migrate_progress(PG_FUNCTION_ARGS)
{
	pgm_srf_begin(fcinfo);
	pgm_run_status_progress((ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
