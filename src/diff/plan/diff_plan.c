/*
 * diff_plan.c
 *	  Make a plan: match objects, decide, find what happens implicitly, make
 *	  actions, sort them.
 *
 * The sort can fail because actions wait for each other.  Then one decision is
 * changed so that the cycle is broken, and all that follows from decisions is found
 * again.  That ends: break_cycles.c only makes items separate, replaced or stubs,
 * and never takes that back.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/table_facts.h"

/* Forget what the previous round found to be dropped or created implicitly. */
static void
reset_implicit(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		p->item[i]->dropped_with_parent = false;
		p->item[i]->created_with_parent = false;
	}
}

/* Is the materialized view unpopulated at present, so that it stays so? */
static bool
is_unpopulated_now(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmObject *now = p->options->back ? a->new.object : a->old.object;

	return now && pgm_object_value(now, PGM_PROP_WITHOUT_DATA);
}

/*
 * Decide how a materialized view that is created gets its data: by REFRESH when all
 * else is done, so that everything its query calls is there, except that CREATE fills
 * it where its owner may not read the tables.  REFRESH runs with the owner's
 * privileges and would fail then; CREATE runs with those of the current user.
 */
static void
plan_data(PgmDiffPlan *p, PgmAction *create, List **refreshes)
{
	PgmDiffItem *a = create->item;
	PgmAction  *refresh;

	if (create->phase != PGM_PHASE_CREATE || a->sub_property ||
		!pgm_kind_is(a->new.object, PGM_KIND_MATERIALIZED_VIEW) || is_unpopulated_now(p, a))
		return;
	if (pgm_schema_is_unreadable(p->new, a->new.object))
	{
		a->with_data = true;
		return;
	}
	refresh = palloc0(sizeof(PgmAction));
	refresh->item = a;
	refresh->phase = PGM_PHASE_REFRESH;
	/* the plan is sorted already; the edge is for withhold.c */
	pgm_action_before(create, refresh);
	*refreshes = lappend(*refreshes, refresh);
}

/*
 * Return the plan that leads from "old" to "new": sorted actions, without their
 * statements.  "can_alter" tells which objects can be altered in place.  Raises XX000
 * when the actions cannot be sorted, which is a bug.
 */
PgmDiffPlan *
pgm_diff_plan(const PgmSchema *old, const PgmSchema *new, const PgmDiffOptions *options,
			  PgmCanAlter can_alter)
{
	PgmDiffPlan *p = palloc0(sizeof(PgmDiffPlan));
	List	   *refreshes = NIL;
	ListCell   *lc;

	p->old = old;
	p->new = new;
	p->options = options;
	p->can_alter = can_alter;
	pgm_plan_match_objects(p);
	pgm_plan_find_successors(p);
	pgm_plan_decide(p);
	for (;;)
	{
		reset_implicit(p);
		/* which types are renamed away decides what their drop takes along */
		pgm_plan_replace_types(p);
		pgm_plan_find_implicit(p);
		pgm_plan_make_actions(p);
		if (pgm_plan_sort_actions(p))
			break;
		pgm_plan_break_cycle(p);
	}
	/* the writers only read the plan: what they need to know is final now */
	pgm_plan_set_in_create(p);
	foreach(lc, p->actions)
	{
		plan_data(p, lfirst(lc), &refreshes);
	}
	p->actions = list_concat(p->actions, refreshes);
	return p;
}
