/*
 * backfill_functions.c
 *	  The procedure backfill(): its arguments and the transactions around it.
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "run/backfill/backfill.h"
#include "util/settings.h"

PG_FUNCTION_INFO_V1(pg_migrate_backfill);

/* Argument i, an interval, in ms; "name" is for the error when it is out of range. */
static int
milliseconds(FunctionCallInfo fcinfo, int i, const char *name)
{
	Interval   *interval = PG_GETARG_INTERVAL_P(i);
	double		ms = interval->time / 1000.0 +
		(interval->day + interval->month * 30.0) * 86400000.0;

	if (ms < 0 || ms > INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is out of range", name),
				 errhint("Give an interval such as '500 ms'.")));
	return (int) ms;
}

/* Read the arguments that limit batches, passes, load and replication lag. */
static void
read_limits(PgmBackfill *b, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i) && i != 2)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the arguments of migrate.backfill() may not be null, except for the condition"),
					 errhint("Write for example CALL migrate.backfill('users', $$role = 'member'$$, $$role IS NULL$$).")));
	b->batch_time = milliseconds(fcinfo, 3, "batch_time");
	b->duty = PG_GETARG_FLOAT8(4);
	b->max_passes = PG_GETARG_INT32(5);
	b->max_lag = milliseconds(fcinfo, 6, "max_lag");
	if (!(b->duty > 0 && b->duty <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("duty must be more than 0 and at most 1"),
				 errdetail("It is the part of the time in which the backfill works; the rest it pauses.")));
	if (b->max_passes < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_passes must be at least 1")));
}

/*
 * backfill(relation regclass, assignment text, condition text default null,
 * batch_time interval, duty float8, max_passes int, max_lag interval): a
 * procedure that assigns values to the rows of a table that fulfil the condition,
 * in batches that commit, with the rights of the caller.
 *
 * Raises 25001 in a transaction block, and what pgm_backfill() raises.
 */
Datum
pg_migrate_backfill(PG_FUNCTION_ARGS)
{
	PgmBackfill b = {.relid = InvalidOid};

	pgm_call_transaction_check_context(fcinfo, "migrate.backfill()", NULL);
	PreventCommandDuringRecovery("migrate.backfill()");
	PreventCommandIfReadOnly("migrate.backfill()");
	pgm_settings_define();
	read_limits(&b, fcinfo);
	/* the arguments outlive the transaction in which the CALL began */
	pgm_call_transaction_start(&b.work);
	b.relid = PG_GETARG_OID(0);
	b.row.assignment = text_to_cstring(PG_GETARG_TEXT_PP(1));
	b.row.condition = PG_ARGISNULL(2) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(2));
	pgm_call_transaction_leave(&b.work);
	pgm_backfill(&b);
	pgm_call_transaction_end(&b.work);
	PG_RETURN_VOID();
}
