/*
 * test_functions.c
 *	  test(): do migrations go up, down and up again?
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "explain/explain.h"
#include "explain/round_trip.h"
#include "registry/registry.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/srf.h"

/* Return one row; revision and detail may be NULL. */
static void
return_row(FunctionCallInfo fcinfo, const char *test, const char *revision,
		   PgmTestOutcome outcome, const char *detail)
{
	static const char *const outcomes[] = {"ok", "failed", "not tried"};
	Datum		values[4] = {0};
	bool		isnull[4] = {false};

	values[0] = CStringGetTextDatum(test);
	isnull[1] = revision == NULL;
	if (revision)
		values[1] = CStringGetTextDatum(revision);
	values[2] = CStringGetTextDatum(outcomes[outcome]);
	isnull[3] = detail == NULL;
	if (detail)
		values[3] = CStringGetTextDatum(pgm_escape(detail));
	pgm_srf_add(fcinfo, values, isnull);
}

/* Return whether the registry has one head: with several there is no newest schema. */
static void
return_heads(FunctionCallInfo fcinfo)
{
	bool		applied;
	List	   *heads = pgm_registry_heads(false, true, &applied);
	bool		single = list_length(heads) <= 1;

	return_row(fcinfo, "single head", NULL, single ? PGM_TEST_OK : PGM_TEST_FAILED,
			   single ? NULL : psprintf("the heads are %s: SELECT * FROM migrate.merge('merge heads')",
										pgm_name_join(heads)));
}

/* Return which migrations on the way up have a downgrade. */
static void
return_downgrades(FunctionCallInfo fcinfo, const PgmTestPath *path)
{
	ListCell   *lc;

	foreach(lc, path->way)
	{
		const PgmTestStep *t = lfirst(lc);

		return_row(fcinfo, "has a downgrade", t->stored->m.revision,
				   t->down ? PGM_TEST_OK : PGM_TEST_FAILED,
				   t->down ? NULL : "add a -- migrate:down section to its file");
	}
}

PG_FUNCTION_INFO_V1(pg_migrate_test);

/*
 * test(target text default 'heads', start text default null, allow_data boolean
 * default false) returns rows: test, revision, outcome, detail.
 *
 * Raises MG001 to MG005 for target and start, MG017 where a migration is half
 * done, and what pgm_roundtrip() raises.
 */
Datum
pg_migrate_test(PG_FUNCTION_ARGS)
{
	PgmTestPath path = {0};
	PgmPosition *pos;
	PgmGraph   *g;
	PgmPlan    *plan;
	ListCell   *lc;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("target and allow_data of migrate.test() may not be null")));
	pgm_settings_define();
	path.start = PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1));
	path.allow_data = PG_GETARG_BOOL(2);
	g = pgm_registry_graph(false, &pos);
	plan = pgm_test_path_plan(&path, g, pos, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	pgm_srf_begin(fcinfo);
	return_heads(fcinfo);
	return_downgrades(fcinfo, &path);
	if (path.way == NIL && path.back == NIL)
		return (Datum) 0;
	pgm_explain_announce(pgm_explain(pgm_run_prepare(g, pos, plan, false)),
						 pgm_test_path_back_scripts(&path), "migrate.test()");
	foreach(lc, pgm_roundtrip(&path))
	{
		const PgmTestRow *row = lfirst(lc);

		return_row(fcinfo, row->test, row->revision, row->outcome, row->detail);
	}
	return (Datum) 0;
}
