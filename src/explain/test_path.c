/*
 * test_path.c
 *	  The migrations that test() runs up and down, and in which order.
 */
#include "postgres.h"

#include "explain/round_trip.h"

/* A migration with its scripts parsed */
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

/* Refuse (42501) migrations that the caller may not run. */
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
		pgm_graph_position_apply(g, pos, plan->steps[i], false);
	}
	return back;
}

/*
 * Fill in the path from its start, or the position where it has none, to a
 * target.  Returns the plan of the way up.  Raises MG001 to MG005 for start and
 * target, and 42501 for migrations that the caller may not run.
 */
PgmPlan *
pgm_test_path_plan(PgmTestPath *path, PgmGraph *g, PgmPosition *pos, const char *target)
{
	PgmPlan    *plan;

	pos = pgm_graph_position_create(g, pos->row);
	if (path->start)
		path->back = plan_back(g, pos, path->start);
	plan = pgm_plan_upgrade(g, pos, target);
	for (int i = 0; i < plan->nsteps; i++)
		path->way = lappend(path->way, test_step(g, plan->steps[i]));
	pgm_identity_init(&path->identity);
	admit(path, path->back);
	admit(path, path->way);
	return plan;
}

/* The scripts (PgmScript) on the way back, in the order in which they run. */
List *
pgm_test_path_back_scripts(const PgmTestPath *path)
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
