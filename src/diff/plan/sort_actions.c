/*
 * sort_actions.c
 *	  Topological sort of the actions, with pg_dump_sort.c as its model.
 *
 * Dependencies of the old state order drops, those of the new state order creates; an
 * ALTER is between.  Among candidates a heap picks by priority and then by sequence, so
 * that the result does not depend on the order of catalogs, and the time grows with the
 * number of actions and dependencies, hardly faster.  Soft dependencies can never lead
 * to a cycle, since they are broken when no other candidate is left.
 */
#include "postgres.h"

#include "lib/binaryheap.h"
#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/object_predicates.h"

/*
 * The action after which nothing of the old item is left, or NULL.  For a type that is
 * renamed away that is the DROP after the rename, for an attribute that of its type.
 */
static PgmAction *
action_gone(const PgmDiffItem *a)
{
	if (a->sub_property == NULL && pgm_kind_is(pgm_item_object(a), PGM_KIND_ATTRIBUTE) &&
		a->dropped_with_parent)
		a = a->old.parent;
	return a->renamed_away ? a->action[PGM_PHASE_DROP_OLD_TYPE] : pgm_item_action(a, PGM_PHASE_DROP);
}

/*
 * The action of "x" that needs "y".  A view with a stub query needs nothing but its
 * schema to be created or dropped; its own query needs the rest.
 */
static PgmAction *
action_with(const PgmDiffItem *x, const PgmDiffItem *y, PgmPhase phase, PgmPhase of_query)
{
	return x->stub && !pgm_kind_is(pgm_item_object(y), PGM_KIND_SCHEMA) ?
		x->action[of_query] : pgm_item_action(x, phase);
}

/*
 * Is "x" a dropped CHECK (y IS NOT NULL) that lets SET NOT NULL of the column "y" do
 * without a scan?  A new type would be checked by a rewrite anyway.
 */
static bool
is_check_until_not_null(const PgmDiffItem *x, const PgmDiffItem *y)
{
	return x->decision == PGM_DECISION_DROP && y->decision == PGM_DECISION_ALTER && !y->retyped &&
		x->sub_property == NULL && y->sub_property == NULL && pgm_kind_is(y->old.object, PGM_KIND_COLUMN) &&
		pgm_is_not_null_check(x->old.object, y->old.object) &&
		pgm_object_value(y->new.object, PGM_PROP_NOT_NULL) && !pgm_object_value(y->old.object, PGM_PROP_NOT_NULL) &&
		pgm_object_value_same(y->old.object, y->new.object, PGM_PROP_TYPE);
}

/* Is it the foreign key of this table, and dropped by that of the parent? */
static bool
is_dropped_by_parents_key(const PgmDiffItem *key, const PgmObject *table)
{
	return pgm_item_is_foreign_key(key, key->old.object) && key->dropped_with_parent &&
		pgm_object_value(key->old.object, PGM_PROP_ATTACHED_TO) &&
		key->old.object->parent.objectId == table->address.objectId;
}

/*
 * Order DETACH or NO INHERIT of a table, "x", against dropping a foreign key, "y", of the
 * table or its parent.  Returns false where the general order applies: the dependent one
 * first, that is DETACH before the key of the parent.
 */
static bool
order_detach_and_foreign_key(const PgmDiffItem *x, const PgmDiffItem *y)
{
	bool		key_first;
	ListCell   *lc;

	if (x->sub_property == NULL || x->sub_property->property != PGM_PROP_INHERITS ||
		!pgm_item_is_foreign_key(y, y->old.object))
		return false;

	/* the table is dropped: there is no DETACH, so any order is right */
	if (x->dropped_with_parent)
		return true;

	/*
	 * A key that the partition inherits is dropped by DROP CONSTRAINT on the
	 * parent, so the partition must still be attached then.  After DETACH it
	 * would be left behind as a key of the partition's own.
	 */
	key_first = is_dropped_by_parents_key(y, x->old.object);
	foreach(lc, y->old.used_by)
	{
		key_first = key_first || is_dropped_by_parents_key(lfirst(lc), x->old.object);
	}
	if (key_first)
		pgm_action_before(pgm_item_action(y, PGM_PHASE_DROP), pgm_item_action(x, PGM_PHASE_DROP));
	return key_first;
}

/*
 * Is the foreign key "x", or its attachment, dropped with its table, so that it does
 * not matter whether "y", the key of the parent, takes it along before?
 */
static bool
is_dropped_anyway(const PgmDiffItem *x, const PgmDiffItem *y)
{
	const PgmDiffItem *key = x->sub_property && x->dropped_with_parent ? x->old.parent : x;

	return key && key != y &&
		pgm_item_is_foreign_key(key, key->old.object) && pgm_item_is_foreign_key(y, y->old.object) &&
		key->dropped_with_parent && pgm_kind_is(key->old.parent->old.object, PGM_KIND_TABLE);
}

/*
 * Is the column "y" an identity in the version "from" but not in "to"?  As long as it is,
 * it must be NOT NULL, which is a constraint of its own from 18 on.
 */
static bool
loses_identity(const PgmDiffItem *y, const PgmObject *from, const PgmObject *to)
{
	return y->sub_property == NULL && y->decision == PGM_DECISION_ALTER && pgm_kind_is(from, PGM_KIND_COLUMN) &&
		pgm_object_value(from, PGM_PROP_IDENTITY) && !pgm_object_value(to, PGM_PROP_IDENTITY);
}

/* In the old state "x" depends on "y": add the edges between their actions. */
static void
order_old(const PgmDiffItem *x, const PgmDiffItem *y)
{
	PgmAction  *drop = action_with(x, y, PGM_PHASE_DROP, PGM_PHASE_STUB);

	if (order_detach_and_foreign_key(x, y) || is_dropped_anyway(x, y))
		return;

	/*
	 * The dependent object is dropped first.  Not so a type that is made of
	 * "y" and dropped for good, where "y" is only renamed away: columns may
	 * have it until they get their new type, which is after the rename.
	 */
	if (!y->renamed_away || !pgm_item_is_type(x) || x->renamed_away)
		pgm_action_before(drop, pgm_item_action(y, PGM_PHASE_DROP));

	/* and it must be really gone, not only renamed away, before "y" is */
	if (!x->stub)
		pgm_action_before(action_gone(x), y->renamed_away || y->decision == PGM_DECISION_DROP ? action_gone(y) : NULL);

	/*
	 * ALTER of "y" comes after the drop, because objects in the way were
	 * replaced for that reason alone.  There are two exceptions: SET NOT NULL
	 * uses a valid CHECK instead of a scan, so that must still be there; and
	 * an identity column is NOT NULL, so its constraint can only be dropped
	 * when the identity is.
	 */
	if (is_check_until_not_null(x, y) ||
		(pgm_constraint_is(x->old.object, "NOT NULL ") && loses_identity(y, y->old.object, y->new.object)))
		pgm_action_before(y->action[PGM_PHASE_ALTER], drop);
	else
		pgm_action_before(drop, y->action[PGM_PHASE_ALTER]);

	/* the column of a typed table is altered by ALTER ATTRIBUTE ... CASCADE */
	if (y->attribute)
		pgm_action_before(drop, y->attribute->action[PGM_PHASE_ALTER]);

	/* ALTER of "x" lets go of an object that is dropped, or of its old type */
	if (y->renamed_away || y->decision == PGM_DECISION_DROP)
		pgm_action_before(x->action[PGM_PHASE_ALTER], action_gone(y));
}

/*
 * Is "x" the default of a column "y" that is altered otherwise than in its type, mostly to
 * NOT NULL?  New rows must get the default before the old ones are filled with it, or
 * NULLs would come in behind the backfill.
 */
static bool
is_default_before_backfill(const PgmDiffItem *x, const PgmDiffItem *y)
{
	return x->sub_property && x->sub_property->property == PGM_PROP_DEFAULT && x->new.object &&
		x->decision != PGM_DECISION_REPLACE && y == x->new.parent && y->decision == PGM_DECISION_ALTER && !y->retyped &&
		pgm_object_value_same(y->old.object, y->new.object, PGM_PROP_TYPE) &&
		pgm_object_value_same(y->old.object, y->new.object, PGM_PROP_IDENTITY) &&
		pgm_object_value_same(y->old.object, y->new.object, PGM_PROP_GENERATED);
}

/*
 * Is "x" the sequence of an identity column "y" that gets a smaller type?  ALTER COLUMN
 * TYPE gives the sequence the type of the column, and fails if its bounds are beyond
 * that, so the sequence gets its new bounds first.
 */
static bool
is_sequence_before_type(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (x->sub_property || y->sub_property || x->decision != PGM_DECISION_ALTER || y->decision != PGM_DECISION_ALTER ||
		!pgm_kind_is(x->new.object, PGM_KIND_SEQUENCE) || pgm_object_value(x->new.object, PGM_PROP_IDENTITY_OF) == NULL)
		return false;
	return pgm_object_value(x->old.object, PGM_PROP_IDENTITY_OF) &&
		pgm_sequence_narrows(x->old.object, x->new.object);
}

/* In the new state "x" depends on "y": add the edges between their actions. */
static void
order_new(const PgmDiffItem *x, const PgmDiffItem *y)
{
	PgmAction  *create = action_with(x, y, PGM_PHASE_CREATE, PGM_PHASE_RESTORE_QUERY);
	PgmAction  *y_create = pgm_item_action(y, PGM_PHASE_CREATE);

	/*
	 * INHERITS is a clause of CREATE TABLE, which would otherwise have to
	 * wait for the columns and constraints of its own table.
	 */
	if (x->sub_property && x->created_with_parent && y->new.parent == x->new.parent)
		return;

	/*
	 * Attaching a partition and adding a foreign key to the table commute:
	 * the one that comes second clones the key.  Waiting would be a cycle
	 * where a partitioned table refers to itself.
	 */
	if (x->sub_property && x->sub_property->property == PGM_PROP_INHERITS &&
		pgm_item_is_foreign_key(y, y->new.object))
		return;

	/* what "y" is must be there before "x" is created, or altered to use it */
	pgm_action_before(y_create, create);
	pgm_action_before(y_create, x->action[PGM_PHASE_ALTER]);

	/* three orders in which the dependent one is altered first */
	if (is_sequence_before_type(x, y))
	{
		pgm_action_before(x->action[PGM_PHASE_ALTER], y->action[PGM_PHASE_ALTER]);
		return;
	}
	if (is_default_before_backfill(x, y))
	{
		pgm_action_before(create, y->action[PGM_PHASE_ALTER]);
		pgm_action_before(x->action[PGM_PHASE_ALTER], y->action[PGM_PHASE_ALTER]);
		return;
	}
	/* ADD GENERATED AS IDENTITY needs a column that is NOT NULL already */
	if (pgm_constraint_is(x->new.object, "NOT NULL ") && loses_identity(y, y->new.object, y->old.object))
	{
		pgm_action_before(create, y->action[PGM_PHASE_ALTER]);
		return;
	}
	pgm_action_before(y->action[PGM_PHASE_ALTER], create);
	pgm_action_before(y->action[PGM_PHASE_ALTER], x->action[PGM_PHASE_ALTER]);
}

/* Add the edges that the item's dependencies and its own phases ask for. */
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

/* Comparator of the heaps: the first to be emitted is the greatest. */
static int
compare_actions(Datum a, Datum b, void *arg)
{
	const PgmAction *x = (PgmAction *) DatumGetPointer(a);
	const PgmAction *y = (PgmAction *) DatumGetPointer(b);

	if (x->priority != y->priority)
		return x->priority < y->priority ? 1 : -1;
	return (x->sequence < y->sequence) - (x->sequence > y->sequence);
}

/*
 * Candidates: actions whose predecessors have all been emitted.  One whose soft
 * predecessors have not is in the second heap; when the last of those is emitted it is
 * added to the first heap, too, and removed from the second only when it comes to its
 * top there, as binaryheap cannot remove from the middle.
 */
typedef struct Candidates
{
	binaryheap *ready;
	binaryheap *reluctant;		/* with soft predecessors */
} Candidates;

static void
add_candidate(Candidates *c, PgmAction *action)
{
	Assert(action->n_predecessors == 0 && !action->emitted);
	binaryheap_add(action->n_soft_predecessors > 0 ? c->reluctant : c->ready,
				   PointerGetDatum(action));
}

static PgmAction *
first_of(binaryheap *heap)
{
	return binaryheap_empty(heap) ? NULL : (PgmAction *) DatumGetPointer(binaryheap_first(heap));
}

/*
 * Remove and return the next action to emit, or NULL.  A soft dependency is broken,
 * rather than let nothing happen, as soon as only actions of the last priority are
 * left: those (event triggers, publications) are to see nothing of the migration.
 */
static PgmAction *
next_candidate(Candidates *c)
{
	PgmAction  *ready = first_of(c->ready);
	PgmAction  *reluctant;

	while ((reluctant = first_of(c->reluctant)) != NULL && reluctant->n_soft_predecessors == 0)
		(void) binaryheap_remove_first(c->reluctant);
	if (reluctant && (ready == NULL || ready->priority == PGM_PRIORITY_LAST))
		return (PgmAction *) DatumGetPointer(binaryheap_remove_first(c->reluctant));
	if (ready)
		(void) binaryheap_remove_first(c->ready);
	return ready;
}

/* The action is emitted: its successors may become candidates. */
static void
release_successors(Candidates *c, const PgmAction *action)
{
	ListCell   *lc;

	foreach(lc, action->successors)
	{
		PgmAction  *successor = lfirst(lc);

		Assert(successor->n_predecessors > 0);
		if (--successor->n_predecessors == 0)
			add_candidate(c, successor);
	}
	foreach(lc, action->soft_successors)
	{
		PgmAction  *successor = lfirst(lc);

		Assert(successor->n_soft_predecessors > 0);
		/* it may have been emitted in spite of this one */
		if (--successor->n_soft_predecessors == 0 && successor->n_predecessors == 0 &&
			!successor->emitted)
			add_candidate(c, successor);
	}
}

/* Topological sort (Kahn's algorithm).  The result is shorter if there is a cycle. */
static List *
topological_sort(List *actions)
{
	int			n = Max(list_length(actions), 1);
	Candidates	candidates = {
		.ready = binaryheap_allocate(n, compare_actions, NULL),
		.reluctant = binaryheap_allocate(n, compare_actions, NULL)
	};
	PgmAction  *action;
	List	   *sorted = NIL;
	ListCell   *lc;

	foreach(lc, actions)
	{
		if (((PgmAction *) lfirst(lc))->n_predecessors == 0)
			add_candidate(&candidates, lfirst(lc));
	}
	while ((action = next_candidate(&candidates)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		Assert(!action->emitted);
		action->emitted = true;
		sorted = lappend(sorted, action);
		release_successors(&candidates, action);
	}
	binaryheap_free(candidates.ready);
	binaryheap_free(candidates.reluctant);
	return sorted;
}

/*
 * Sort the actions of the plan.  False when there is a cycle: then all actions that were
 * not emitted are in one or behind one, see break_cycles.c.
 */
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
	sorted = topological_sort(p->actions);
	Assert(list_length(sorted) <= list_length(p->actions));
	if (list_length(sorted) < list_length(p->actions))
		return false;
	p->actions = sorted;
	return true;
}
