/*
 * test_rows.c
 *	  test().
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "explain/explain.h"
#include "explain/round_trip.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/srf.h"

static PgmTestStep *
test_step(const PgmGraph *g, int rev)
{
	PgmTestStep *t = palloc0(sizeof(PgmTestStep));
	PgmStored  *s = pgm_registry_find(g->rev[rev].id, false);

	if (s == NULL)
		elog(ERROR, "revision \"%s\" disappeared", g->rev[rev].id);
	t->stored = s;
	t->up = pgm_script_parse(s->m.revision, "upgrade", s->m.upgrade, 0);
	if (s->m.verify)
		t->verify = pgm_script_parse(s->m.revision, "verify", s->m.verify, 0);
	if (s->m.downgrade)
		t->down = pgm_script_parse(s->m.revision, "downgrade", s->m.downgrade, 0);
	return t;
}

static void
admit(PgmTestPath *path, const List *steps)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		pgm_identity_admit(&path->identity, ((PgmTestStep *) lfirst(lc))->stored);
	}
}

/* The way back to the start; moves the position there. */
static List *
plan_back(const PgmGraph *g, PgmPosition *pos, const char *start)
{
	PgmPlan    *plan = pgm_plan_downgrade(g, pos, start);
	List	   *back = NIL;

	for (int i = 0; i < plan->nsteps; i++)
	{
		back = lcons(test_step(g, plan->steps[i]), back);
		pgm_position_apply(g, pos, plan->steps[i], false);
	}
	return back;
}

static PgmPlan *
plan_way(PgmTestPath *path, PgmGraph *g, PgmPosition *pos, const char *target)
{
	PgmPlan    *plan;

	pos = pgm_position_create(g, pos->row);
	if (path->start)
		path->back = plan_back(g, pos, path->start);
	plan = pgm_plan_upgrade(g, pos, target);
	for (int i = 0; i < plan->nsteps; i++)
		path->way = lappend(path->way, test_step(g, plan->steps[i]));
	return plan;
}

/* The scripts on the way back, in the order in which they run */
static List *
back_scripts(const PgmTestPath *path)
{
	List	   *scripts = NIL;
	ListCell   *lc;

	foreach(lc, path->back)
	{
		PgmTestStep *t = lfirst(lc);

		if (t->down)
			scripts = lcons(t->down, scripts);
	}
	return scripts;
}

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
	pgm_rows_add(fcinfo, values, isnull);
}

/* Several heads are several answers to what the newest schema is. */
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
 * Raises MG001 to MG005 for target and start, MG017 over what is half done, and
 * what pgm_roundtrip() raises.
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
	plan = plan_way(&path, g, pos, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	pgm_identity_init(&path.identity);
	admit(&path, path.back);
	admit(&path, path.way);
	pgm_rows_begin(fcinfo);
	return_heads(fcinfo);
	return_downgrades(fcinfo, &path);
	if (path.way == NIL && path.back == NIL)
		return (Datum) 0;
	pgm_explain_announce(pgm_explain(pgm_run_prepare(g, pos, plan, false)),
						 back_scripts(&path), "migrate.test()");
	foreach(lc, pgm_roundtrip(&path))
	{
		const PgmTestRow *row = lfirst(lc);

		return_row(fcinfo, row->test, row->revision, row->outcome, row->detail);
	}
	return (Datum) 0;
}
