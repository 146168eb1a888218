/*
 * arrange.c
 *	  The order of actions.
 *
 * Each action waits for others, as dependencies say: those before the change
 * for what is taken down, those after it for what is set up.  What waits for
 * nothing more is done next, by rank and number, from a heap: the time grows
 * with the number of actions and dependencies, and hardly faster.  Actions may
 * also have wishes, which never lead to a cycle: who waits for nothing but
 * these is taken when there is nobody else.
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"

#include "diff/plan.h"
#include "diff/relations.h"
#include "diff/texthash.h"
#include "diff/writesequence.h"

static void
first_then(PgmAction *first, PgmAction *then)
{
	if (first == NULL || then == NULL || first == then)
		return;
	first->then = lappend(first->then, then);
	then->waits_for++;
}

/* The action by which an atom is gone, also if it was put aside before, or NULL */
static PgmAction *
action_gone(const PgmAtom *a)
{
	if (a->aspect == NULL && pgm_kind_is(pgm_atom_object(a), "attribute") &&
		a->with_whole_down)
		a = a->old.whole;
	return a->exchanged ? a->action[PGM_CLEAN_UP] : pgm_atom_action(a, PGM_TAKE_DOWN);
}

/* The action that needs "y": of a hollow view but its schema only the query does */
static PgmAction *
action_with(const PgmAtom *x, const PgmAtom *y, PgmPhase phase, PgmPhase of_query)
{
	return x->hollow && !pgm_kind_is(pgm_atom_object(y), "schema") ?
		x->action[of_query] : pgm_atom_action(x, phase);
}

/* Is the CHECK "x" of use until NULL is forbidden in the column "y"? */
static bool
is_check_until(const PgmAtom *x, const PgmAtom *y)
{
	return x->todo == PGM_DROP && y->todo == PGM_CHANGE && !y->retyped &&
		x->aspect == NULL && y->aspect == NULL && pgm_kind_is(y->old.object, "column") &&
		pgm_is_not_null_check(x->old.object, y->old.object) &&
		pgm_value(y->new.object, "not_null") && !pgm_value(y->old.object, "not_null") &&
		pgm_value_same(y->old.object, y->new.object, "type");
}

/* Is the atom, as the object that it is on one side, a foreign key? */
static bool
is_foreign_key(const PgmAtom *a, const PgmObject *o)
{
	return a->aspect == NULL && o && pgm_kind_is(o, "constraint") &&
		strncmp(pgm_value(o, "definition"), "FOREIGN KEY", 11) == 0;
}

/* Is the foreign key that of the table, and goes with the one above it? */
static bool
goes_with_above(const PgmAtom *key, const PgmObject *table)
{
	return is_foreign_key(key, key->old.object) && key->with_whole_down &&
		pgm_value(key->old.object, "attached_to") &&
		key->old.object->parent.objectId == table->address.objectId;
}

/*
 * Order a link of a table to those above and a foreign key of either, where that
 * is otherwise than with other parts: when the table is dropped the link does not
 * matter, and what goes with a key above has to be linked then.
 */
static bool
order_link_and_key(const PgmAtom *x, const PgmAtom *y)
{
	bool		first;
	ListCell   *lc;

	if (x->aspect == NULL || strcmp(x->aspect->property, "inherits") != 0 ||
		!is_foreign_key(y, y->old.object))
		return false;
	if (x->with_whole_down)
		return true;
	first = goes_with_above(y, x->old.object);
	foreach(lc, y->old.used_by)
		first = first || goes_with_above(lfirst(lc), x->old.object);
	if (first)
		first_then(pgm_atom_action(y, PGM_TAKE_DOWN), pgm_atom_action(x, PGM_TAKE_DOWN));
	return first;
}

/*
 * Does the foreign key "x", or its link, go with its table, so that it does not
 * matter whether "y", that of the table above, takes it along before?
 */
static bool
goes_anyway(const PgmAtom *x, const PgmAtom *y)
{
	const PgmAtom *key = x->aspect && x->with_whole_down ? x->old.whole : x;

	return key && key != y &&
		is_foreign_key(key, key->old.object) && is_foreign_key(y, y->old.object) &&
		key->with_whole_down && pgm_kind_is(key->old.whole->old.object, "table");
}

static bool
is_not_null(const PgmObject *o)
{
	return o && pgm_kind_is(o, "constraint") &&
		strncmp(pgm_value(o, "definition"), "NOT NULL ", 9) == 0;
}

/*
 * Does the column "y" become an identity, or cease to be one?  As long as it is,
 * it is NOT NULL, which from 18 on is a constraint of its own.
 */
static bool
changes_identity(const PgmAtom *y, const PgmObject *from, const PgmObject *to)
{
	return y->aspect == NULL && y->todo == PGM_CHANGE && pgm_kind_is(from, "column") &&
		pgm_value(from, "identity") && !pgm_value(to, "identity");
}

/* "x" depended on "y". */
static void
order_old(const PgmAtom *x, const PgmAtom *y)
{
	PgmAction  *down = action_with(x, y, PGM_TAKE_DOWN, PGM_HOLLOW);

	if (order_link_and_key(x, y) || goes_anyway(x, y))
		return;

	/* columns may still have what is dropped, but not what is renamed */
	if (!y->exchanged || !pgm_atom_is_type(x) || x->exchanged)
		first_then(down, pgm_atom_action(y, PGM_TAKE_DOWN));
	if (!x->hollow)
		first_then(action_gone(x), y->exchanged || y->todo == PGM_DROP ? action_gone(y) : NULL);
	if (is_check_until(x, y) ||
		(is_not_null(x->old.object) && changes_identity(y, y->old.object, y->new.object)))
		first_then(y->action[PGM_ALTER], down);
	else
		first_then(down, y->action[PGM_ALTER]);
	if (y->follows)
		first_then(down, y->follows->action[PGM_ALTER]);
	if (y->exchanged || y->todo == PGM_DROP)
		first_then(x->action[PGM_ALTER], action_gone(y));
}

/*
 * Is "x" a default for new rows that comes before those that are there get it,
 * and NULL is forbidden?
 */
static bool
is_default_before(const PgmAtom *x, const PgmAtom *y)
{
	return x->aspect && strcmp(x->aspect->property, "default") == 0 && x->new.object &&
		x->todo != PGM_REPLACE && y == x->new.whole && y->todo == PGM_CHANGE && !y->retyped &&
		pgm_value_same(y->old.object, y->new.object, "type") &&
		pgm_value_same(y->old.object, y->new.object, "identity") &&
		pgm_value_same(y->old.object, y->new.object, "generated");
}

/*
 * Is "x" the sequence of the identity "y", which gets a smaller type?  The
 * server gives the sequence the type of the column, and refuses bounds that are
 * beyond that.
 */
static bool
is_sequence_before(const PgmAtom *x, const PgmAtom *y)
{
	if (x->aspect || y->aspect || x->todo != PGM_CHANGE || y->todo != PGM_CHANGE ||
		!pgm_kind_is(x->new.object, "sequence") || pgm_value(x->new.object, "identity_of") == NULL)
		return false;
	return pgm_value(x->old.object, "identity_of") &&
		pgm_sequence_narrows(x->old.object, x->new.object);
}

/* "x" will depend on "y". */
static void
order_new(const PgmAtom *x, const PgmAtom *y)
{
	PgmAction  *up = action_with(x, y, PGM_SET_UP, PGM_FILL);
	PgmAction  *y_up = pgm_atom_action(y, PGM_SET_UP);

	/* a table that is made with what it inherits from waits for no own part */
	if (x->aspect && x->with_whole_up && y->new.whole == x->new.whole)
		return;
	/* a partition gets the foreign keys, whichever comes first */
	if (x->aspect && strcmp(x->aspect->property, "inherits") == 0 &&
		is_foreign_key(y, y->new.object))
		return;
	first_then(y_up, up);
	first_then(y_up, x->action[PGM_ALTER]);
	if (is_sequence_before(x, y))
	{
		first_then(x->action[PGM_ALTER], y->action[PGM_ALTER]);
		return;
	}
	if (is_default_before(x, y))
	{
		first_then(up, y->action[PGM_ALTER]);
		first_then(x->action[PGM_ALTER], y->action[PGM_ALTER]);
		return;
	}
	if (is_not_null(x->new.object) && changes_identity(y, y->new.object, y->old.object))
	{
		first_then(up, y->action[PGM_ALTER]);
		return;
	}
	first_then(y->action[PGM_ALTER], up);
	first_then(y->action[PGM_ALTER], x->action[PGM_ALTER]);
}

static void
order_by_dependencies(const PgmAtom *a)
{
	ListCell   *lc;

	foreach(lc, a->old.uses)
		order_old(a, lfirst(lc));
	foreach(lc, a->new.uses)
		order_new(a, lfirst(lc));
	first_then(a->action[PGM_HOLLOW], a->action[PGM_TAKE_DOWN]);
	first_then(pgm_atom_action(a, PGM_TAKE_DOWN), pgm_atom_action(a, PGM_SET_UP));
	first_then(a->action[PGM_SET_UP], a->action[PGM_FILL]);
	first_then(a->action[PGM_SET_UP], a->action[PGM_CLEAN_UP]);
}

/* Who takes a name that another one has before */
typedef struct NameHolder
{
	const char *name;			/* with its space; hash key; must be first */
	PgmAction  *down;
	PgmAction  *up;
} NameHolder;

/* Kinds whose names are in one space with those of others */
static const struct
{
	const char *kind;
	const char *space;
	const char *and_space;
}			spaces[] = {
	{"table", "relation", "type"},
	{"foreign table", "relation", "type"},
	{"view", "relation", "type"},
	{"materialized view", "relation", "type"},
	{"sequence", "relation", NULL},
	{"index", "relation", NULL},
	{"type", "relation", "type"},
	{"domain", "type", NULL},
	{"function", "routine", NULL},
	{"procedure", "routine", NULL},
	{"aggregate", "routine", NULL},
};

static void
hold(HTAB *names, const char *space, const char *identity, PgmAction *down,
	 PgmAction *up)
{
	bool		found;
	NameHolder *holder = pgm_texthash_enter(names, psprintf("%s %s", space, identity), &found);

	if (!found)
		holder->down = holder->up = NULL;
	if (down)
		holder->down = down;
	if (up)
		holder->up = up;
}

/* The name that the index of a constraint has */
static const char *
index_name(const PgmDiffPlan *p, const PgmAtom *a)
{
	const PgmSide *s = a->new.object ? p->new : p->old;
	const PgmObject *o = pgm_atom_object(a);
	const PgmObject *table = pgm_side_parent(s, o);

	if (table == NULL || !pgm_kind_is(o, "constraint") ||
		(strncmp(pgm_value(o, "definition"), "PRIMARY", 7) != 0 &&
		 strncmp(pgm_value(o, "definition"), "UNIQUE", 6) != 0 &&
		 strncmp(pgm_value(o, "definition"), "EXCLUDE", 7) != 0))
		return NULL;
	return psprintf("%.*s.%.*s", pgm_name_length(table->identity), table->identity,
					pgm_name_length(o->identity), o->identity);
}

static void
hold_names(HTAB *names, const PgmDiffPlan *p, PgmAtom *a)
{
	PgmAction  *down = pgm_atom_action(a, PGM_TAKE_DOWN);
	PgmAction  *up = pgm_atom_action(a, PGM_SET_UP);
	const PgmObject *o = pgm_atom_object(a);
	const char *index;

	if (a->aspect || (down == NULL && up == NULL))
		return;
	index = index_name(p, a);
	if (index)
		hold(names, "relation", index, down, up);
	for (int i = 0; i < (int) lengthof(spaces); i++)
	{
		if (!pgm_kind_is(o, spaces[i].kind))
			continue;
		hold(names, spaces[i].space, o->identity, down, up);
		if (spaces[i].and_space)
			hold(names, spaces[i].and_space, o->identity, down, up);
	}
}

/* What has a name is dropped before something else gets it. */
static void
order_by_names(PgmDiffPlan *p)
{
	HTAB	   *names = pgm_texthash_make("names", sizeof(NameHolder));
	HASH_SEQ_STATUS status;
	NameHolder *holder;

	for (int i = 0; i < p->natoms; i++)
		hold_names(names, p, p->atom[i]);
	hash_seq_init(&status, names);
	while ((holder = hash_seq_search(&status)) != NULL)
		first_then(holder->down, holder->up);
	hash_destroy(names);
}

/* The constraint by which the same column was NOT NULL before, or NULL */
static PgmAtom *
not_null_before(const PgmDiffPlan *p, const PgmAtom *a)
{
	const PgmObject *table = pgm_side_parent(p->new, a->new.object);
	const char *name = pgm_value(a->new.object, "definition") + strlen("NOT NULL ");
	const PgmObject *column = table ?
		pgm_side_find(p->old, "column", psprintf("%s.%s", table->identity, pnstrdup(name, pgm_name_length(name)))) : NULL;

	return column ? pgm_plan_atom(p, pgm_column_not_null(p->old, column)) : NULL;
}

/*
 * A primary key needs NOT NULL, which from 18 on is a constraint of its own,
 * though no catalog says so; and a column has one of them.
 */
static void
order_not_null(const PgmDiffPlan *p, const PgmAtom *a)
{
	PgmAtom    *before = is_not_null(a->new.object) ? not_null_before(p, a) : NULL;
	ListCell   *lc;

	if (before && before != a)
		first_then(pgm_atom_action(before, PGM_TAKE_DOWN), pgm_atom_action(a, PGM_SET_UP));

	if (is_not_null(a->old.object) && a->old.whole)
		foreach(lc, pgm_side_children(p->old, a->old.whole->old.object, "constraint"))
			if (strncmp(pgm_value(lfirst(lc), "definition"), "PRIMARY KEY", 11) == 0)
			first_then(pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_TAKE_DOWN),
					   pgm_atom_action(a, PGM_TAKE_DOWN));
	if (is_not_null(a->new.object) && a->new.whole)
		foreach(lc, pgm_side_children(p->new, a->new.whole->new.object, "constraint"))
			if (strncmp(pgm_value(lfirst(lc), "definition"), "PRIMARY KEY", 11) == 0)
			first_then(pgm_atom_action(a, PGM_SET_UP),
					   pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_SET_UP));
}

/* A REVOKE from a table takes what was granted of its columns, too. */
static void
order_grants(PgmDiffPlan *p, const PgmAtom *a)
{
	PgmAction  *down = a->action[PGM_TAKE_DOWN];
	const PgmObject *table = a->old.object ? pgm_side_parent(p->old, a->old.object) : NULL;
	const PgmAtom *whole = pgm_plan_atom(p, table);
	ListCell   *lc;

	if (down == NULL || whole == NULL || whole->new.object == NULL)
		return;
	foreach(lc, pgm_side_children(p->new, whole->new.object, "grant"))
		first_then(down, pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_SET_UP));
}

/* A table is logged after, and unlogged before, those it refers to. */
static void
order_logged(const PgmAtom *key)
{
	const PgmAtom *table = key->new.whole;
	ListCell   *lc;

	if (table == NULL || table->action[PGM_ALTER] == NULL ||
		pgm_value_same(table->old.object, table->new.object, "unlogged"))
		return;
	foreach(lc, key->new.uses)
	{
		const PgmAtom *other = ((PgmAtom *) lfirst(lc))->new.whole;

		if (other == NULL || other == table || other->aspect || !pgm_kind_is(pgm_atom_object(other), "table"))
			continue;
		if (pgm_value(table->new.object, "unlogged"))
			first_then(table->action[PGM_ALTER], other->action[PGM_ALTER]);
		else
			first_then(other->action[PGM_ALTER], table->action[PGM_ALTER]);
	}
}

/* The index of a table is of use when those of its partitions are attached. */
static void
order_after_attached(const PgmAtom *index, PgmAction *then)
{
	ListCell   *lc;

	foreach(lc, index->new.used_by)
	{
		const PgmAtom *a = lfirst(lc);

		if (a->aspect == NULL || strcmp(a->aspect->property, "attached_to") != 0)
			continue;
		first_then(pgm_atom_action(a, PGM_SET_UP), then);
		if (a->new.whole != index)
			order_after_attached(a->new.whole, then);
	}
}

/*
 * A foreign key takes whichever key of the other table fits: one that goes is
 * gone before, so that it is not taken.
 */
static void
order_foreign_key(const PgmDiffPlan *p, const PgmAtom *foreign)
{
	PgmAction  *up = pgm_atom_action(foreign, PGM_SET_UP);
	ListCell   *lc;
	ListCell   *old;

	if (up == NULL || !is_foreign_key(foreign, foreign->new.object))
		return;
	foreach(lc, foreign->new.uses)
	{
		const PgmAtom *key = lfirst(lc);
		const PgmAtom *table = key->new.whole;

		if (key->aspect || pgm_kind_is(key->new.object, "column") || table == NULL ||
			table->aspect)
			continue;
		order_after_attached(key, up);
		foreach(old, table->old.object ? pgm_side_children(p->old, table->old.object, NULL) : NIL)
		{
			const PgmAtom *other = pgm_plan_atom(p, lfirst(old));

			if (pgm_kind_is(lfirst(old), "constraint") || pgm_kind_is(lfirst(old), "index"))
				first_then(pgm_atom_action(other, PGM_TAKE_DOWN), up);
		}
	}
}

/*
 * What the server refuses for the sake of columns comes after they are gone,
 * and before there are others.
 */
static void
order_holders(const PgmAtom *a)
{
	const PgmAtom *type = pgm_kind_is(a->new.object, "domain") ? a : a->new.whole;
	PgmAction  *up = a->action[a->todo == PGM_CHANGE ? PGM_ALTER : PGM_SET_UP];
	ListCell   *lc;

	if (up == NULL || type == NULL)
		return;
	if (type->todo != PGM_REPLACE)
		foreach(lc, pgm_plan_holders(type, false))
			first_then(pgm_atom_action(lfirst(lc), PGM_TAKE_DOWN), up);
	foreach(lc, pgm_plan_holders(type, true))
	{
		const PgmAtom *column = lfirst(lc);

		first_then(up, pgm_atom_action(column, PGM_SET_UP));
		first_then(up, column->action[PGM_ALTER]);
	}
}

/* A table is made of a type while its columns are those of the type. */
static void
order_typed(const PgmDiffPlan *p, const PgmAtom *table)
{
	const PgmAtom *link = pgm_plan_aspect(p, table->new.object, "of_type");
	const PgmObject *type;
	ListCell   *lc;

	if (link == NULL || link->todo == PGM_KEEP)
		return;
	foreach(lc, pgm_side_children(p->new, table->new.object, "column"))
		first_then(link->action[PGM_TAKE_DOWN],
				   pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_SET_UP));
	foreach(lc, pgm_side_children(p->old, table->old.object, "column"))
		first_then(pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_TAKE_DOWN),
				   link->action[PGM_SET_UP]);
	type = link->old.object ? pgm_side_find(p->new, "type", pgm_value(link->old.object, "of_type")) : NULL;
	if (type)
		foreach(lc, pgm_side_children(p->new, type, "attribute"))
			first_then(link->action[PGM_TAKE_DOWN],
					   pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_SET_UP));
}

/* Names of the one list that are not in the other */
static List *
names_without(List *names, List *others)
{
	List	   *left = NIL;
	ListCell   *lc;
	ListCell   *other;

	foreach(lc, names)
	{
		bool		found = false;

		foreach(other, others)
			found = found || strcmp(lfirst(lc), lfirst(other)) == 0;
		if (!found)
			left = lappend(left, lfirst(lc));
	}
	return left;
}

/* The columns and constraints of the tables that another one inherits from */
static List *
parts_of_parents(const PgmSide *s, List *parents)
{
	static const char *const kinds[] = {"column", "constraint"};
	List	   *parts = NIL;
	ListCell   *lc;

	foreach(lc, parents)
	{
		const PgmObject *parent = pgm_side_find(s, "table", lfirst(lc));

		for (int i = 0; parent && i < (int) lengthof(kinds); i++)
			parts = list_concat(parts, pgm_side_children(s, parent, kinds[i]));
	}
	return parts;
}

/*
 * A table inherits from another when that has no more what this one has not
 * either, and leaves one before that changes for itself.
 */
static void
order_link(const PgmDiffPlan *p, const PgmAtom *link)
{
	List	   *before = link->old.object ? pgm_value_list(link->old.object, "inherits") : NIL;
	List	   *after = pgm_value_list(link->new.object, "inherits");
	PgmAction  *alter = link->action[PGM_ALTER];
	PgmAction  *up = alter ? alter : pgm_atom_action(link, PGM_SET_UP);
	ListCell   *lc;

	if (up == NULL)
		return;
	foreach(lc, parts_of_parents(p->old, after))
		first_then(pgm_atom_action(pgm_plan_atom(p, lfirst(lc)), PGM_TAKE_DOWN), up);
	if (alter == NULL)
		return;
	foreach(lc, parts_of_parents(p->new, names_without(before, after)))
	{
		const PgmAtom *part = pgm_plan_atom(p, lfirst(lc));

		first_then(alter, pgm_atom_action(part, PGM_SET_UP));
		first_then(alter, part->action[PGM_ALTER]);
	}
}

/* Partitions that are dropped */
static List *
dropped_partitions(const PgmDiffPlan *p)
{
	List	   *list = NIL;

	for (int i = 0; i < p->natoms; i++)
	{
		const PgmAtom *a = p->atom[i];

		if (a->aspect == NULL && a->old.object && a->action[PGM_TAKE_DOWN] &&
			(pgm_kind_is(a->old.object, "table") || pgm_kind_is(a->old.object, "foreign table")) &&
			pgm_is_partition(a->old.object))
			list = lappend(list, unconstify(PgmAtom *, a));
	}
	return list;
}

/* A partition is attached when those are gone that have its place. */
static void
order_partition(const PgmAtom *link, const List *dropped)
{
	const PgmObject *o = link->new.object;
	ListCell   *lc;

	if (link->action[PGM_SET_UP] == NULL || !pgm_is_partition(o))
		return;
	foreach(lc, dropped)
	{
		const PgmAtom *a = lfirst(lc);

		if (pgm_value_same(a->old.object, o, "inherits") &&
			pgm_bounds_may_overlap(pgm_value(a->old.object, "partition_bound"),
								   pgm_value(o, "partition_bound")))
			first_then(a->action[PGM_TAKE_DOWN], link->action[PGM_SET_UP]);
	}
}

/* Columns that are added to a table come in their order. */
static void
order_columns(PgmDiffPlan *p, const PgmObject *table)
{
	PgmAction  *last = NULL;
	ListCell   *lc;

	foreach(lc, pgm_side_children(p->new, table, "column"))
	{
		PgmAtom    *column = pgm_plan_atom(p, lfirst(lc));
		PgmAction  *up = column->action[PGM_SET_UP];

		if (up == NULL)
			continue;
		first_then(last, up);
		last = up;
	}
}

static int
compare_actions(Datum a, Datum b, void *arg)
{
	const PgmAction *x = (PgmAction *) DatumGetPointer(a);
	const PgmAction *y = (PgmAction *) DatumGetPointer(b);

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return (x->number < y->number) - (x->number > y->number);
}

/* Actions that wait for nothing any more */
typedef struct Ready
{
	binaryheap *willing;
	binaryheap *reluctant;		/* would rather wait for others */
} Ready;

static void
add_ready(Ready *r, PgmAction *action)
{
	binaryheap_add(action->would_wait_for > 0 ? r->reluctant : r->willing,
				   PointerGetDatum(action));
}

/* Throw away what has become willing since. */
static void
tidy(Ready *r)
{
	while (!binaryheap_empty(r->reluctant) &&
		   ((PgmAction *) DatumGetPointer(binaryheap_first(r->reluctant)))->would_wait_for == 0)
		(void) binaryheap_remove_first(r->reluctant);
}

static PgmAction *
first_of(binaryheap *heap)
{
	return binaryheap_empty(heap) ? NULL : (PgmAction *) DatumGetPointer(binaryheap_first(heap));
}

/*
 * The next action, or NULL.  Who is reluctant has to go when only those are
 * left that come after all others.
 */
static PgmAction *
next_ready(Ready *r)
{
	PgmAction  *willing = first_of(r->willing);
	PgmAction  *reluctant;

	tidy(r);
	reluctant = first_of(r->reluctant);
	if (reluctant && (willing == NULL || willing->rank == PGM_RANK_LAST))
		return (PgmAction *) DatumGetPointer(binaryheap_remove_first(r->reluctant));
	if (willing)
		(void) binaryheap_remove_first(r->willing);
	return willing;
}

/* An action is done: who waited for it waits no more. */
static void
release(Ready *r, const PgmAction *action)
{
	ListCell   *lc;

	foreach(lc, action->then)
	{
		if (--((PgmAction *) lfirst(lc))->waits_for == 0)
			add_ready(r, lfirst(lc));
	}
	foreach(lc, action->rather_then)
	{
		PgmAction  *then = lfirst(lc);

		if (--then->would_wait_for == 0 && then->waits_for == 0 && !then->done)
			add_ready(r, then);
	}
}

/* Bring the actions into order, as far as that goes. */
static List *
sort(List *actions)
{
	int			n = Max(list_length(actions), 1);
	Ready		ready = {
		.willing = binaryheap_allocate(n, compare_actions, NULL),
		.reluctant = binaryheap_allocate(n, compare_actions, NULL)
	};
	PgmAction  *action;
	List	   *sorted = NIL;
	ListCell   *lc;

	foreach(lc, actions)
	{
		if (((PgmAction *) lfirst(lc))->waits_for == 0)
			add_ready(&ready, lfirst(lc));
	}
	while ((action = next_ready(&ready)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		action->done = true;
		sorted = lappend(sorted, action);
		release(&ready, action);
	}
	binaryheap_free(ready.willing);
	binaryheap_free(ready.reluctant);
	return sorted;
}

/* Bring the actions into order.  False when there is a cycle. */
bool
pgm_plan_arrange(PgmDiffPlan *p)
{
	List	   *dropped = dropped_partitions(p);
	List	   *sorted;

	for (int i = 0; i < p->natoms; i++)
	{
		PgmAtom    *a = p->atom[i];

		CHECK_FOR_INTERRUPTS();
		order_by_dependencies(a);
		if (a->aspect && a->new.object && strcmp(a->aspect->property, "inherits") == 0)
		{
			order_link(p, a);
			order_partition(a, dropped);
		}
		if (a->aspect)
			continue;
		if (pgm_kind_is(pgm_atom_object(a), "grant"))
			order_grants(p, a);
		if (pgm_kind_is(pgm_atom_object(a), "constraint"))
			order_not_null(p, a);
		if (a->new.object == NULL)
			continue;
		if (pgm_kind_is(a->new.object, "constraint"))
		{
			order_logged(a);
			order_foreign_key(p, a);
		}
		if (a->old.object && pgm_kind_is(a->new.object, "table"))
		{
			order_columns(p, a->new.object);
			order_typed(p, a);
		}
		if (pgm_kind_is(a->new.object, "domain") ||
			pgm_kind_is(a->new.object, "domain constraint") ||
			(pgm_kind_is(a->new.object, "attribute") && a->todo == PGM_CHANGE))
			order_holders(a);
	}
	order_by_names(p);
	pgm_plan_wish(p);
	sorted = sort(p->actions);
	if (list_length(sorted) < list_length(p->actions))
		return false;
	p->actions = sorted;
	return true;
}
