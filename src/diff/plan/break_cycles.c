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

#include "diff/plan/diff_plan.h"
#include "schema/kinds/kinds.h"

/* An action on the way, and what is next there */
static PgmAction *
next_undone(const PgmAction *action)
{
	ListCell   *lc;

	foreach(lc, action->then)
	{
		if (!((PgmAction *) lfirst(lc))->done)
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

			if (!a->done && next_undone(a) == NULL)
				moved = a->done = true;
			else if (!a->done)
				at = a;
		}
	}
	while (at && !at->done && !list_member_ptr(way, at))
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
can_be_apart(const PgmAtom *a)
{
	const PgmObject *o = pgm_atom_object(a);

	if (a->apart || !(a->with_whole_down || a->with_whole_up))
		return false;
	if (a->aspect)
		return a->aspect->property == PGM_PROP_DEFAULT;
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
ties(const PgmAtom *a, List *cycle)
{
	PgmAction  *down = pgm_atom_action(a, PGM_TAKE_DOWN);
	PgmAction  *up = pgm_atom_action(a, PGM_SET_UP);
	ListCell   *lc;

	if (a->with_whole_down && list_member_ptr(cycle, down))
		foreach(lc, a->old.uses)
	{
		PgmAction  *other = pgm_atom_action(lfirst(lc), PGM_TAKE_DOWN);

		if (other != down && list_member_ptr(cycle, other))
			return true;
	}
	if (a->with_whole_up && list_member_ptr(cycle, up))
		foreach(lc, a->new.uses)
	{
		PgmAction  *other = pgm_atom_action(lfirst(lc), PGM_SET_UP);

		if (other != up && list_member_ptr(cycle, other))
			return true;
	}
	return false;
}

static bool
take_apart(PgmDiffPlan *p, List *cycle)
{
	bool		found = false;

	for (int i = 0; i < p->natoms; i++)
	{
		PgmAtom    *a = p->atom[i];

		if (can_be_apart(a) && ties(a, cycle))
			found = a->apart = true;
	}
	return found;
}

static bool
replace_one(PgmDiffPlan *p, List *cycle)
{
	ListCell   *lc;

	foreach(lc, cycle)
	{
		if (pgm_atom_replace(p, ((PgmAction *) lfirst(lc))->atom))
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
		PgmAtom    *a = ((PgmAction *) lfirst(lc))->atom;

		if (!a->aspect && pgm_kind_is(pgm_atom_object(a), PGM_KIND_VIEW) && !a->hollow)
			return a->hollow = true;
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
		const PgmObject *o = pgm_atom_object(a->atom);

		appendStringInfo(&out, "%s%s %s %s%s%s", out.len > 0 ? ", then " : "",
						 phases[a->phase], pgm_kind_name(o->kind->id), o->identity,
						 a->atom->aspect ? ": " : "",
						 a->atom->aspect ? pgm_property_name(a->atom->aspect->property) : "");
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
