/*
 * sort_actions.c
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

#include "diff/plan/plan_internal.h"
#include "schema/object_predicates.h"

/* The action by which an atom is gone, also if it was put aside before, or NULL */
static PgmAction *
action_gone(const PgmDiffItem *a)
{
	if (a->sub_property == NULL && pgm_kind_is(pgm_item_object(a), PGM_KIND_ATTRIBUTE) &&
		a->dropped_with_parent)
		a = a->old.parent;
	return a->renamed_away ? a->action[PGM_PHASE_DROP_OLD_TYPE] : pgm_item_action(a, PGM_PHASE_DROP);
}

/* The action that needs "y": of a hollow view but its schema only the query does */
static PgmAction *
action_with(const PgmDiffItem *x, const PgmDiffItem *y, PgmPhase phase, PgmPhase of_query)
{
	return x->stub && !pgm_kind_is(pgm_item_object(y), PGM_KIND_SCHEMA) ?
		x->action[of_query] : pgm_item_action(x, phase);
}

/* Is the CHECK "x" of use until NULL is forbidden in the column "y"? */
static bool
is_check_until(const PgmDiffItem *x, const PgmDiffItem *y)
{
	return x->decision == PGM_DECISION_DROP && y->decision == PGM_DECISION_ALTER && !y->retyped &&
		x->sub_property == NULL && y->sub_property == NULL && pgm_kind_is(y->old.object, PGM_KIND_COLUMN) &&
		pgm_is_not_null_check(x->old.object, y->old.object) &&
		pgm_value(y->new.object, PGM_PROP_NOT_NULL) && !pgm_value(y->old.object, PGM_PROP_NOT_NULL) &&
		pgm_value_same(y->old.object, y->new.object, PGM_PROP_TYPE);
}

/* Is the foreign key that of the table, and goes with the one above it? */
static bool
goes_with_above(const PgmDiffItem *key, const PgmObject *table)
{
	return pgm_item_is_foreign_key(key, key->old.object) && key->dropped_with_parent &&
		pgm_value(key->old.object, PGM_PROP_ATTACHED_TO) &&
		key->old.object->parent.objectId == table->address.objectId;
}

/*
 * Order a link of a table to those above and a foreign key of either, where that
 * is otherwise than with other parts: when the table is dropped the link does not
 * matter, and what goes with a key above has to be linked then.
 */
static bool
order_link_and_key(const PgmDiffItem *x, const PgmDiffItem *y)
{
	bool		first;
	ListCell   *lc;

	if (x->sub_property == NULL || x->sub_property->property != PGM_PROP_INHERITS ||
		!pgm_item_is_foreign_key(y, y->old.object))
		return false;
	if (x->dropped_with_parent)
		return true;
	first = goes_with_above(y, x->old.object);
	foreach(lc, y->old.used_by)
	{
		first = first || goes_with_above(lfirst(lc), x->old.object);
	}
	if (first)
		pgm_action_before(pgm_item_action(y, PGM_PHASE_DROP), pgm_item_action(x, PGM_PHASE_DROP));
	return first;
}

/*
 * Does the foreign key "x", or its link, go with its table, so that it does not
 * matter whether "y", that of the table above, takes it along before?
 */
static bool
goes_anyway(const PgmDiffItem *x, const PgmDiffItem *y)
{
	const PgmDiffItem *key = x->sub_property && x->dropped_with_parent ? x->old.parent : x;

	return key && key != y &&
		pgm_item_is_foreign_key(key, key->old.object) && pgm_item_is_foreign_key(y, y->old.object) &&
		key->dropped_with_parent && pgm_kind_is(key->old.parent->old.object, PGM_KIND_TABLE);
}

/*
 * Does the column "y" become an identity, or cease to be one?  As long as it is,
 * it is NOT NULL, which from 18 on is a constraint of its own.
 */
static bool
changes_identity(const PgmDiffItem *y, const PgmObject *from, const PgmObject *to)
{
	return y->sub_property == NULL && y->decision == PGM_DECISION_ALTER && pgm_kind_is(from, PGM_KIND_COLUMN) &&
		pgm_value(from, PGM_PROP_IDENTITY) && !pgm_value(to, PGM_PROP_IDENTITY);
}

/* "x" depended on "y". */
static void
order_old(const PgmDiffItem *x, const PgmDiffItem *y)
{
	PgmAction  *down = action_with(x, y, PGM_PHASE_DROP, PGM_PHASE_STUB);

	if (order_link_and_key(x, y) || goes_anyway(x, y))
		return;

	/* columns may still have what is dropped, but not what is renamed */
	if (!y->renamed_away || !pgm_item_is_type(x) || x->renamed_away)
		pgm_action_before(down, pgm_item_action(y, PGM_PHASE_DROP));
	if (!x->stub)
		pgm_action_before(action_gone(x), y->renamed_away || y->decision == PGM_DECISION_DROP ? action_gone(y) : NULL);
	if (is_check_until(x, y) ||
		(pgm_constraint_is(x->old.object, "NOT NULL ") && changes_identity(y, y->old.object, y->new.object)))
		pgm_action_before(y->action[PGM_PHASE_ALTER], down);
	else
		pgm_action_before(down, y->action[PGM_PHASE_ALTER]);
	if (y->attribute)
		pgm_action_before(down, y->attribute->action[PGM_PHASE_ALTER]);
	if (y->renamed_away || y->decision == PGM_DECISION_DROP)
		pgm_action_before(x->action[PGM_PHASE_ALTER], action_gone(y));
}

/*
 * Is "x" a default for new rows that comes before those that are there get it,
 * and NULL is forbidden?
 */
static bool
is_default_before(const PgmDiffItem *x, const PgmDiffItem *y)
{
	return x->sub_property && x->sub_property->property == PGM_PROP_DEFAULT && x->new.object &&
		x->decision != PGM_DECISION_REPLACE && y == x->new.parent && y->decision == PGM_DECISION_ALTER && !y->retyped &&
		pgm_value_same(y->old.object, y->new.object, PGM_PROP_TYPE) &&
		pgm_value_same(y->old.object, y->new.object, PGM_PROP_IDENTITY) &&
		pgm_value_same(y->old.object, y->new.object, PGM_PROP_GENERATED);
}

/*
 * Is "x" the sequence of the identity "y", which gets a smaller type?  The
 * server gives the sequence the type of the column, and refuses bounds that are
 * beyond that.
 */
static bool
is_sequence_before(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (x->sub_property || y->sub_property || x->decision != PGM_DECISION_ALTER || y->decision != PGM_DECISION_ALTER ||
		!pgm_kind_is(x->new.object, PGM_KIND_SEQUENCE) || pgm_value(x->new.object, PGM_PROP_IDENTITY_OF) == NULL)
		return false;
	return pgm_value(x->old.object, PGM_PROP_IDENTITY_OF) &&
		pgm_sequence_narrows(x->old.object, x->new.object);
}

/* "x" will depend on "y". */
static void
order_new(const PgmDiffItem *x, const PgmDiffItem *y)
{
	PgmAction  *up = action_with(x, y, PGM_PHASE_CREATE, PGM_PHASE_RESTORE_QUERY);
	PgmAction  *y_up = pgm_item_action(y, PGM_PHASE_CREATE);

	/* a table that is made with what it inherits from waits for no own part */
	if (x->sub_property && x->created_with_parent && y->new.parent == x->new.parent)
		return;
	/* a partition gets the foreign keys, whichever comes first */
	if (x->sub_property && x->sub_property->property == PGM_PROP_INHERITS &&
		pgm_item_is_foreign_key(y, y->new.object))
		return;
	pgm_action_before(y_up, up);
	pgm_action_before(y_up, x->action[PGM_PHASE_ALTER]);
	if (is_sequence_before(x, y))
	{
		pgm_action_before(x->action[PGM_PHASE_ALTER], y->action[PGM_PHASE_ALTER]);
		return;
	}
	if (is_default_before(x, y))
	{
		pgm_action_before(up, y->action[PGM_PHASE_ALTER]);
		pgm_action_before(x->action[PGM_PHASE_ALTER], y->action[PGM_PHASE_ALTER]);
		return;
	}
	if (pgm_constraint_is(x->new.object, "NOT NULL ") && changes_identity(y, y->new.object, y->old.object))
	{
		pgm_action_before(up, y->action[PGM_PHASE_ALTER]);
		return;
	}
	pgm_action_before(y->action[PGM_PHASE_ALTER], up);
	pgm_action_before(y->action[PGM_PHASE_ALTER], x->action[PGM_PHASE_ALTER]);
}

static void
order_by_dependencies(const PgmDiffItem *a)
{
	ListCell   *lc;

	foreach(lc, a->old.uses)
	{
		order_old(a, lfirst(lc));
	}
	foreach(lc, a->new.uses)
	{
		order_new(a, lfirst(lc));
	}
	pgm_action_before(a->action[PGM_PHASE_STUB], a->action[PGM_PHASE_DROP]);
	pgm_action_before(pgm_item_action(a, PGM_PHASE_DROP), pgm_item_action(a, PGM_PHASE_CREATE));
	pgm_action_before(a->action[PGM_PHASE_CREATE], a->action[PGM_PHASE_RESTORE_QUERY]);
	pgm_action_before(a->action[PGM_PHASE_CREATE], a->action[PGM_PHASE_DROP_OLD_TYPE]);
}

static int
compare_actions(Datum a, Datum b, void *arg)
{
	const PgmAction *x = (PgmAction *) DatumGetPointer(a);
	const PgmAction *y = (PgmAction *) DatumGetPointer(b);

	if (x->priority != y->priority)
		return x->priority < y->priority ? 1 : -1;
	return (x->sequence < y->sequence) - (x->sequence > y->sequence);
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
	binaryheap_add(action->n_soft_predecessors > 0 ? r->reluctant : r->willing,
				   PointerGetDatum(action));
}

/* Throw away what has become willing since. */
static void
tidy(Ready *r)
{
	while (!binaryheap_empty(r->reluctant) &&
		   ((PgmAction *) DatumGetPointer(binaryheap_first(r->reluctant)))->n_soft_predecessors == 0)
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
	if (reluctant && (willing == NULL || willing->priority == PGM_PRIORITY_LAST))
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

	foreach(lc, action->successors)
	{
		if (--((PgmAction *) lfirst(lc))->n_predecessors == 0)
			add_ready(r, lfirst(lc));
	}
	foreach(lc, action->soft_successors)
	{
		PgmAction  *then = lfirst(lc);

		if (--then->n_soft_predecessors == 0 && then->n_predecessors == 0 && !then->emitted)
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
		if (((PgmAction *) lfirst(lc))->n_predecessors == 0)
			add_ready(&ready, lfirst(lc));
	}
	while ((action = next_ready(&ready)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		action->emitted = true;
		sorted = lappend(sorted, action);
		release(&ready, action);
	}
	binaryheap_free(ready.willing);
	binaryheap_free(ready.reluctant);
	return sorted;
}

/* Bring the actions into order.  False when there is a cycle. */
bool
pgm_plan_sort_actions(PgmDiffPlan *p)
{
	List	   *sorted;

	for (int i = 0; i < p->nitems; i++)
	{
		CHECK_FOR_INTERRUPTS();
		order_by_dependencies(p->item[i]);
	}
	pgm_plan_add_extra_dependencies(p);
	pgm_plan_add_soft_dependencies(p);
	sorted = sort(p->actions);
	if (list_length(sorted) < list_length(p->actions))
		return false;
	p->actions = sorted;
	return true;
}
