/*
 * application_functions.c
 *	  For applications: is_current(), require(), wait_for() and
 *	  require_active().
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "api/arguments.h"
#include "check/check.h"
#include "run/prepare/run_warnings.h"

PG_FUNCTION_INFO_V1(pg_migrate_is_current);
PG_FUNCTION_INFO_V1(pg_migrate_require);
PG_FUNCTION_INFO_V1(pg_migrate_wait_for);
PG_FUNCTION_INFO_V1(pg_migrate_require_active);

/*
 * is_current(expected [, exact]) returns boolean: is what is expected applied;
 * with exact, is it just that.  Null stands for all heads; where none is
 * registered they are applied, but that is a WARNING.  Raises as
 * pgm_check_ask() does.
 */
Datum
pg_migrate_is_current(PG_FUNCTION_ARGS)
{
	bool		exact = PG_NARGS() > 1 && !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	text	   *expected = PG_ARGISNULL(0) ? NULL : PG_GETARG_TEXT_PP(0);
	bool		nothing;
	bool		current;

	current = expected == NULL ?
		pgm_check_current(NULL, PGM_NO_TEXT, exact, &nothing) :
		pgm_check_current(VARDATA_ANY(expected), VARSIZE_ANY_EXHDR(expected),
						  exact, &nothing);
	if (nothing)
		pgm_warn_nothing_registered();
	PG_RETURN_BOOL(current || nothing);
}

/*
 * require(expected default null, exact default false): raises MG021 unless the
 * database fits what is expected, and what pgm_check_ask() raises.
 */
Datum
pg_migrate_require(PG_FUNCTION_ARGS)
{
	pgm_check_require(pgm_argument_text(fcinfo, 0, NULL), pgm_argument_bool(fcinfo, 1));
	PG_RETURN_VOID();
}

/* When a wait that begins now has to end; DT_NOEND for no timeout. */
static TimestampTz
deadline_of(FunctionCallInfo fcinfo, int i)
{
	if (PG_ARGISNULL(i))
		return DT_NOEND;
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(GetCurrentTimestamp()),
												   PG_GETARG_DATUM(i)));
}

/*
 * wait_for(expected default null, timeout default null, exact default false):
 * a procedure that returns when the database fits what is expected.  Raises
 * what pgm_check_wait_for() raises, and 25001 inside a transaction block.
 */
Datum
pg_migrate_wait_for(PG_FUNCTION_ARGS)
{
	bool		exact = pgm_argument_bool(fcinfo, 2);
	TimestampTz deadline = deadline_of(fcinfo, 1);
	PgmCallTransaction work;
	char	   *expected;

	pgm_call_transaction_check_context(fcinfo, "migrate.wait_for()", "migrate.require()");
	pgm_call_transaction_start(&work);
	expected = pgm_argument_text(fcinfo, 0, NULL);
	pgm_call_transaction_leave(&work);
	pgm_check_wait_for(expected, exact, deadline, &work);
	pgm_call_transaction_end(&work);
	PG_RETURN_VOID();
}

/*
 * require_active() returns boolean: was pg_migrate.require checked when this
 * session began?
 */
Datum
pg_migrate_require_active(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(pgm_check_login_active());
}
