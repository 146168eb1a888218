/*
 * diff_plan.c
 *	  From one side to the other.
 */
#include "postgres.h"

#include "diff/plan/diff_plan.h"
#include "schema/kinds/kinds.h"
#include "schema/table_facts.h"

/* Forget what was found out about what goes with what. */
static void
begin_again(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
		p->item[i]->dropped_with_parent = p->item[i]->created_with_parent = false;
}

/* Has the materialized view no rows as it is, so that it needs none? */
static bool
is_empty_now(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	const PgmObject *now = p->options->back ? a->new.object : a->old.object;

	return now && pgm_value(now, PGM_PROP_WITHOUT_DATA);
}

/*
 * Is a materialized view to be filled as it is made?  A REFRESH reads with the
 * rights of its owner: where those do not suffice, only who makes it can.
 */
bool
pgm_plan_fills_at_once(const PgmDiffPlan *p, const PgmObject *matview)
{
	return pgm_schema_is_unreadable(p->new, matview) &&
		!is_empty_now(p, pgm_plan_find_item(p, matview));
}

/* Fill the materialized views that were made, when all else is done. */
static void
refresh(PgmDiffPlan *p)
{
	List	   *last = NIL;
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		PgmAction  *made = lfirst(lc);
		const PgmDiffItem *a = made->item;
		PgmAction  *action;
		PgmWrite	w = {.plan = p,.old = p->old,.new = p->new,.options = p->options};

		if (made->phase != PGM_PHASE_CREATE || a->sub_property ||
			!pgm_kind_is(a->new.object, PGM_KIND_MATERIALIZED_VIEW) ||
			is_empty_now(p, a) || pgm_plan_fills_at_once(p, a->new.object))
			continue;
		pgm_write_statement(&w, "REFRESH MATERIALIZED VIEW %s", a->new.object->identity);
		action = palloc0(sizeof(PgmAction));
		action->item = made->item;
		action->phase = PGM_PHASE_ALTER;
		action->statements = w.statements;
		last = lappend(last, action);
	}
	p->actions = list_concat(p->actions, last);
}

/*
 * The actions that lead from "old" to "new", in order, with their statements.
 * Raises XX000 when they cannot be brought into an order, which is a bug.
 */
PgmDiffPlan *
pgm_diff_plan(const PgmSchema *old, const PgmSchema *new,
			  const PgmDiffOptions *options)
{
	PgmDiffPlan *p = palloc0(sizeof(PgmDiffPlan));

	p->old = old;
	p->new = new;
	p->options = options;
	pgm_plan_match_objects(p);
	pgm_plan_find_successors(p);
	pgm_plan_decide(p);
	for (;;)
	{
		begin_again(p);
		pgm_plan_replace_types(p);
		pgm_plan_find_implicit(p);
		pgm_plan_make_actions(p);
		if (pgm_plan_sort_actions(p))
			break;
		pgm_plan_break_cycle(p);
	}
	pgm_plan_write(p);
	pgm_plan_withhold(p);
	refresh(p);
	return p;
}
