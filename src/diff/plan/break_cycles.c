/*
 * break_cycles.c
 *	  Change a decision so that a cycle of actions is broken, as the repair functions of
 *	  pg_dump_sort.c do.
 *
 * There are three ways, tried in this order because each costs more than the one before.
 * A table whose default calls a function that reads the table: the default is set
 * separately from CREATE TABLE.  A view that is altered in place to use the replacement
 * of an object that it uses now: it is replaced, too.  A view that calls a function of
 * its own row type: it has a stub query while the function is created or dropped.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"

/* A successor of an action that has not been emitted, or NULL */
static PgmAction *
next_in_cycle(const PgmAction *action)
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
 * Find the actions of a cycle.  Every action that was not emitted has a predecessor that
 * was not, so a walk backwards must run into a cycle.  But edges are stored forwards, and
 * forwards there are dead ends: actions behind a cycle.  These are removed first, until
 * none is left; then any walk forwards ends in a cycle, and what came before it is cut
 * off.
 */
static List *
find_cycle(const List *actions)
{
	List	   *path = NIL;
	PgmAction  *at = NULL;
	bool		moved = true;
	ListCell   *lc;

	while (moved)
	{
		moved = false;
		foreach(lc, actions)
		{
			PgmAction  *a = lfirst(lc);

			if (!a->emitted && next_in_cycle(a) == NULL)
				moved = a->emitted = true;
			else if (!a->emitted)
				at = a;
		}
	}
	while (at && !at->emitted && !list_member_ptr(path, at))
	{
		path = lappend(path, at);
		at = next_in_cycle(at);
	}
	while (path != NIL && linitial(path) != at)
		path = list_delete_first(path);
	Assert(path != NIL);
	return path;
}

/* Can the item be dropped or created by a statement of its own, and is it not yet? */
static bool
can_be_separate(const PgmDiffItem *a)
{
	const PgmObject *o = pgm_item_object(a);

	if (a->separate || !(a->dropped_with_parent || a->created_with_parent))
		return false;
	if (a->sub_property)
		return a->sub_property->property == PGM_PROP_DEFAULT;
	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT) && pgm_object_value(o, PGM_PROP_ATTACHED_TO))
		return false;
	return !o->kind->is_right && (pgm_kind_is(o, PGM_KIND_CONSTRAINT) ||
								  pgm_kind_is(o, PGM_KIND_TRIGGER) ||
								  pgm_kind_is(o, PGM_KIND_POLICY) ||
								  pgm_kind_is(o, PGM_KIND_RULE) ||
								  pgm_kind_is(o, PGM_KIND_INDEX));
}

/*
 * Is the item dropped or created by an action of the cycle, and does it depend on another
 * action of it, so that the first would not depend on the second without the item?
 */
static bool
closes_cycle(const PgmDiffItem *a, List *cycle)
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

/* Separate all items that close the cycle.  False if there is none. */
static bool
separate_items(PgmDiffPlan *p, List *cycle)
{
	bool		found = false;

	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		if (can_be_separate(a) && closes_cycle(a, cycle))
			found = a->separate = true;
	}
	return found;
}

/* Replace the first item of the cycle that can be replaced instead of altered. */
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

/* Give a stub query to a view of the cycle.  False if there is none left. */
static bool
stub_view(List *cycle)
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

/* Describe the cycle, for the report of a bug. */
static char *
describe(const List *cycle)
{
	static const char *const phases[PGM_N_PHASES] = {
		[PGM_PHASE_DROP] = "drop",
		[PGM_PHASE_ALTER] = "alter",
		[PGM_PHASE_CREATE] = "create",
		[PGM_PHASE_DROP_OLD_TYPE] = "clean up",
		[PGM_PHASE_STUB] = "empty",
		[PGM_PHASE_RESTORE_QUERY] = "fill",
		[PGM_PHASE_REFRESH] = "refresh"
	};
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
 * Break a cycle of the plan.  Raises XX000 with the cycle when that is not possible, which
 * is a bug.
 */
void
pgm_plan_break_cycle(PgmDiffPlan *p)
{
	List	   *cycle = find_cycle(p->actions);

	if (!separate_items(p, cycle) && !replace_one(p, cycle) && !stub_view(cycle))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("the changes cannot be brought into an order"),
				 errdetail("Each of these waits for the one before, and the first for the last: %s.",
						   describe(cycle))));
}
