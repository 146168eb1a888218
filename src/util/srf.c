/*
 * srf.c
 *	  Returning rows from SQL functions: all at once, in a tuplestore.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "util/srf.h"

/* Begin a result. */
void
pgm_srf_begin(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
}

/* Add a row; "isnull" may be NULL when nothing is null. */
void
pgm_srf_add(FunctionCallInfo fcinfo, Datum *values, const bool *isnull)
{
	static const bool none[16] = {false};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
						 unconstify(bool *, isnull ? isnull : none));
}

/* Return a list of char * as a set of text. */
Datum
pgm_srf_return_names(FunctionCallInfo fcinfo, List *names)
{
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	foreach(lc, names)
	{
		Datum		value = CStringGetTextDatum(lfirst(lc));

		pgm_srf_add(fcinfo, &value, NULL);
	}
	return (Datum) 0;
}

/* Return lines that people read (char *) as a set of text. */
Datum
pgm_srf_return_lines(FunctionCallInfo fcinfo, List *lines)
{
	List	   *shown = NIL;
	ListCell   *lc;

	foreach(lc, lines)
	{
		shown = lappend(shown, pgm_escape(lfirst(lc)));
	}
	return pgm_srf_return_names(fcinfo, shown);
}
