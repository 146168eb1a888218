/*
 * break_cycles.c
 *	  Ways out where actions wait for each other.
 *
 * A table whose default calls a function that reads the table: what was to be
 * made with its table is made apart.  A view that is changed in place to use
 * what replaces something that it uses now: it is replaced too.  A view that
 * calls a function of its own rows: it has no query while the function is made
 * or dropped.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"

/* An action on the way, and what is next there */
static PgmAction *
next_undone(const PgmAction *action)
{
	ListCell   *lc;

	foreach(lc, action->successors)
	{
		if (!((PgmAction *) lfirst(lc))->emitted)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * The actions of a cycle.  Each undone action waits for one that is undone, so
 * walking backwards never ends; there are only edges forward, so those that
 * lead nowhere are taken away first.
 */
static List *
find_cycle(const List *actions)
{
	List	   *way = NIL;
	PgmAction  *at = NULL;
	bool		moved = true;
	ListCell   *lc;

	while (moved)
	{
		moved = false;
		foreach(lc, actions)
		{
			PgmAction  *a = lfirst(lc);

			if (!a->emitted && next_undone(a) == NULL)
				moved = a->emitted = true;
			else if (!a->emitted)
				at = a;
		}
	}
	while (at && !at->emitted && !list_member_ptr(way, at))
	{
		way = lappend(way, at);
		at = next_undone(at);
	}
	while (way != NIL && linitial(way) != at)
		way = list_delete_first(way);
	return way;
}

/* May the atom be taken down or set up apart from what it is a part of? */
static bool
can_be_apart(const PgmDiffItem *a)
{
	const PgmObject *o = pgm_item_object(a);

	if (a->separate || !(a->dropped_with_parent || a->created_with_parent))
		return false;
	if (a->sub_property)
		return a->sub_property->property == PGM_PROP_DEFAULT;
	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT) && pgm_value(o, PGM_PROP_ATTACHED_TO))
		return false;
	return !o->kind->is_right && (pgm_kind_is(o, PGM_KIND_CONSTRAINT) ||
								  pgm_kind_is(o, PGM_KIND_TRIGGER) ||
								  pgm_kind_is(o, PGM_KIND_POLICY) ||
								  pgm_kind_is(o, PGM_KIND_RULE) ||
								  pgm_kind_is(o, PGM_KIND_INDEX));
}

/* Does the atom go with an action of the cycle, and wait for another of it? */
static bool
ties(const PgmDiffItem *a, List *cycle)
{
	PgmAction  *down = pgm_item_action(a, PGM_PHASE_DROP);
	PgmAction  *up = pgm_item_action(a, PGM_PHASE_CREATE);
	ListCell   *lc;

	if (a->dropped_with_parent && list_member_ptr(cycle, down))
		foreach(lc, a->old.uses)
	{
		PgmAction  *other = pgm_item_action(lfirst(lc), PGM_PHASE_DROP);

		if (other != down && list_member_ptr(cycle, other))
			return true;
	}
	if (a->created_with_parent && list_member_ptr(cycle, up))
		foreach(lc, a->new.uses)
	{
		PgmAction  *other = pgm_item_action(lfirst(lc), PGM_PHASE_CREATE);

		if (other != up && list_member_ptr(cycle, other))
			return true;
	}
	return false;
}

static bool
take_apart(PgmDiffPlan *p, List *cycle)
{
	bool		found = false;

	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		if (can_be_apart(a) && ties(a, cycle))
			found = a->separate = true;
	}
	return found;
}

static bool
replace_one(PgmDiffPlan *p, List *cycle)
{
	ListCell   *lc;

	foreach(lc, cycle)
	{
		if (pgm_plan_replace_item(p, ((PgmAction *) lfirst(lc))->item))
			return true;
	}
	return false;
}

static bool
make_hollow(List *cycle)
{
	ListCell   *lc;

	foreach(lc, cycle)
	{
		PgmDiffItem *a = ((PgmAction *) lfirst(lc))->item;

		if (!a->sub_property && pgm_kind_is(pgm_item_object(a), PGM_KIND_VIEW) && !a->stub)
			return a->stub = true;
	}
	return false;
}

/* What waits for what, for the report of a bug */
static char *
describe(const List *cycle)
{
	static const char *const phases[] = {"drop", "alter", "create", "clean up", "empty", "fill"};
	StringInfoData out;
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, cycle)
	{
		const PgmAction *a = lfirst(lc);
		const PgmObject *o = pgm_item_object(a->item);

		appendStringInfo(&out, "%s%s %s %s%s%s", out.len > 0 ? ", then " : "",
						 phases[a->phase], pgm_kind_name(o->kind->id), o->identity,
						 a->item->sub_property ? ": " : "",
						 a->item->sub_property ? pgm_property_name(a->item->sub_property->property) : "");
	}
	return out.data;
}

/*
 * Change what was decided so that a cycle is broken.  That none can be is a
 * bug, with the cycle as its report.
 */
void
pgm_plan_break_cycle(PgmDiffPlan *p)
{
	List	   *cycle = find_cycle(p->actions);

	if (!take_apart(p, cycle) && !replace_one(p, cycle) && !make_hollow(cycle))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the changes cannot be brought into an order"),
				 errdetail("Each of these waits for the one before, and the first for the last: %s.",
						   describe(cycle))));
}
