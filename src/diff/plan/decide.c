/*
 * decide.c
 *	  Decide for each item: create, drop, alter in place, replace, or nothing.
 *
 * First each item by itself.  Then the decisions are propagated along dependencies of
 * the old state: what depends on a dropped object must be dropped before it, and what
 * depends on a column whose type changes must too, unless the server rebuilds it by
 * itself.  The propagation only turns "nothing" and "alter" into "replace", so it ends.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* Kinds of objects that hold data: they are never replaced because of a dependency */
static const PgmKindId data_holders[] = {
PGM_KIND_TABLE, PGM_KIND_SEQUENCE, PGM_KIND_SCHEMA, PGM_KIND_EXTENSION, PGM_KIND_DATABASE};

/*
 * Dependent objects that make ALTER COLUMN TYPE fail (RememberAllDependentForRebuilding),
 * or that do not survive it: it recreates extended statistics without their target.
 */
static const PgmKindId blocks_type_change[] = {
	PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_RULE, PGM_KIND_POLICY, PGM_KIND_TRIGGER, PGM_KIND_FUNCTION,
	PGM_KIND_PROCEDURE, PGM_KIND_PUBLISHED_TABLE,
	PGM_KIND_STATISTICS			/* the server forgets its target */
};

static bool
is_one_of(const PgmDiffItem *a, const PgmKindId *kinds, int n)
{
	PgmKindId	kind = pgm_item_object(a)->kind->id;

	for (int i = 0; i < n; i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

static bool
is_column(const PgmDiffItem *a)
{
	return a->sub_property == NULL && pgm_kind_is(pgm_item_object(a), PGM_KIND_COLUMN);
}

static bool
is_sub_property(const PgmDiffItem *a, PgmPropertyId property)
{
	return a->sub_property && a->sub_property->property == property;
}

static bool
sub_property_differs(const PgmDiffItem *a)
{
	return !pgm_object_value_same(a->old.object, a->new.object, a->sub_property->property) ||
		(a->sub_property->and_property &&
		 !pgm_object_value_same(a->old.object, a->new.object, a->sub_property->and_property));
}

static PgmDecision
decide_sub_property(const PgmDiffPlan *p, const PgmDiffItem *a)
{
	if (!sub_property_differs(a))
		return PGM_DECISION_NONE;
	if (is_sub_property(a, PGM_PROP_INHERITS) &&
		pgm_inheritance_can_alter(p, a->old.object, a->new.object))
		return PGM_DECISION_ALTER;
	return is_sub_property(a, PGM_PROP_INHERITS) || is_sub_property(a, PGM_PROP_ATTACHED_TO) ||
		is_sub_property(a, PGM_PROP_OF_TYPE) ? PGM_DECISION_REPLACE : PGM_DECISION_ALTER;
}

/* The decision on an item by itself, without regard to dependencies. */
static PgmDecision
decide_alone(PgmDiffPlan *p, const PgmDiffItem *a)
{
	if (a->old.object == NULL)
		return PGM_DECISION_CREATE;
	if (a->new.object == NULL)
		return PGM_DECISION_DROP;
	/* an object outside of the compared schemas is in both states */
	if (a->old.object == a->new.object)
		return PGM_DECISION_NONE;
	if (a->sub_property)
		return decide_sub_property(p, a);
	if (a->old.parent != a->new.parent)
		return PGM_DECISION_REPLACE;
	if (pgm_composite_needs_reorder(p, a->old.object, a->new.object))
		return PGM_DECISION_REPLACE;
	if (!pgm_object_differs(a->old.object, a->new.object))
		return PGM_DECISION_NONE;
	return p->can_alter(p, a->old.object, a->new.object) ? PGM_DECISION_ALTER : PGM_DECISION_REPLACE;
}

/* Are the types of two columns the same but for a modifier, as in varchar(10)? */
static bool
same_base_type(const PgmObject *a, const PgmObject *b)
{
	const char *x = pgm_object_value(a, PGM_PROP_TYPE);
	const char *y = pgm_object_value(b, PGM_PROP_TYPE);
	Size		n = strcspn(x, "(");

	return n == strcspn(y, "(") && strncmp(x, y, n) == 0;
}

/* Does the type of the column change, and not only its modifier? */
static bool
changes_base_type(const PgmDiffItem *a)
{
	return a->retyped || !same_base_type(a->old.object, a->new.object);
}

static bool
changes_type(const PgmDiffItem *a)
{
	return is_column(a) && a->decision == PGM_DECISION_ALTER &&
		(a->retyped ||
		 !pgm_object_value_same(a->old.object, a->new.object, PGM_PROP_TYPE) ||
		 !pgm_object_value_same(a->old.object, a->new.object, PGM_PROP_COLLATION));
}

/*
 * Must "x" be dropped before the type of the column "y" changes?  Indexes and constraints
 * need not: the server rebuilds them.  If only the modifier changes, the operators stay,
 * and then defaults and foreign keys do as well.
 */
static bool
blocks_type_change_of(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (is_sub_property(x, PGM_PROP_DEFAULT))
		return changes_base_type(y);
	if (x->sub_property)
		return false;
	if (is_column(x))
		return pgm_object_value(x->old.object, PGM_PROP_GENERATED) != NULL;
	if (pgm_item_is_foreign_key(x, x->old.object))
		return changes_base_type(y);
	/* the server would rebuild the old one for the new type, which may fail */
	if (x->decision != PGM_DECISION_NONE && (pgm_kind_is(x->old.object, PGM_KIND_INDEX) ||
											 pgm_kind_is(x->old.object, PGM_KIND_CONSTRAINT)))
		return changes_base_type(y);
	return is_one_of(x, blocks_type_change, lengthof(blocks_type_change));
}

/* The table that an item is or is a part of in the old state, or NULL */
static const PgmDiffItem *
table_of(const PgmDiffItem *a)
{
	if (a->sub_property == NULL && !pgm_kind_is(a->old.object, PGM_KIND_TABLE))
		a = a->old.parent;
	return a && a->sub_property == NULL && a->old.object && pgm_kind_is(a->old.object, PGM_KIND_TABLE) ? a : NULL;
}

/*
 * Does the foreign key "x" depend on "y" only because that is, or is part of, a partition
 * of the table that it refers to?
 */
static bool
refers_to_parent(const PgmDiffItem *x, const PgmDiffItem *y)
{
	const PgmDiffItem *table = table_of(y);
	ListCell   *lc;

	if (!pgm_item_is_foreign_key(x, x->old.object) || table == NULL || !pgm_is_partition(table->old.object))
		return false;
	foreach(lc, x->old.uses)
	{
		const PgmDiffItem *other = table_of(lfirst(lc));

		if (other && other != x->old.parent &&
			strcmp(other->old.object->identity,
				   linitial(pgm_object_value_list(table->old.object, PGM_PROP_INHERITS))) == 0)
			return true;
	}
	return false;
}

/*
 * Must "x", which depends on "y", be dropped because "y" is?  An object that is altered
 * in place gives up its dependency on a dropped one that way, but it cannot be moved
 * from the old to the new version of an object with the same name.
 */
static bool
must_drop_with(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (x->old.parent == y)
		return y->decision == PGM_DECISION_REPLACE;

	/*
	 * DETACH or DROP of a partition keeps keys that refer to the partitioned
	 * table
	 */
	if (y->decision == PGM_DECISION_DROP && refers_to_parent(x, y))
		return false;

	/*
	 * INHERITS depends on columns of its parents, but they can be dropped
	 * under it
	 */
	if (is_sub_property(x, PGM_PROP_INHERITS) && y->sub_property == NULL &&
		!pgm_kind_is(y->old.object, PGM_KIND_TABLE))
		return false;
	if (is_sub_property(x, PGM_PROP_OF_TYPE) && !pgm_item_is_type(y))
		return false;
	if (x->sub_property == NULL && is_one_of(x, data_holders, lengthof(data_holders)))
		return false;
	/* columns are retyped instead; a generated one is computed again */
	if (is_column(x) && pgm_object_value(x->old.object, PGM_PROP_GENERATED) == NULL)
		return false;
	return x->decision == PGM_DECISION_NONE || pgm_item_is_recreated(y);
}

/* Turn the decision on an item that exists in both states into "replace". */
static List *
replace(PgmDiffItem *a, List *queue)
{
	if (pgm_item_is_dropped(a) || a->old.object == NULL || a->new.object == NULL)
		return queue;
	a->decision = PGM_DECISION_REPLACE;
	return lappend(queue, a);
}

/*
 * A column of a type that is recreated is not replaced, which would lose its values: it
 * is altered to the new type.  The type is renamed away meanwhile, see replace_types.c.
 */
static List *
retype_column(PgmDiffItem *column, PgmDiffItem *type, List *queue)
{
	if (!is_column(column) || !pgm_item_is_type(type) || !pgm_item_is_recreated(type) ||
		pgm_item_is_dropped(column) || column->old.object == NULL ||
		column->new.object == NULL || column->retyped)
		return queue;
	column->retyped = true;
	column->decision = PGM_DECISION_ALTER;
	return lappend(queue, column);
}

/* An attribute that cannot be altered in place makes its type be replaced. */
static List *
replace_type_of_attribute(PgmDiffItem *a, List *queue)
{
	if (a->decision == PGM_DECISION_REPLACE && a->old.parent && !a->sub_property &&
		pgm_kind_is(a->old.object, PGM_KIND_ATTRIBUTE))
		return replace(a->old.parent, queue);
	return queue;
}

/* Refuse to drop "y": an object that is outside of the compared schemas depends on it. */
static void
refuse_outside(const PgmDiffItem *x, const PgmDiffItem *y)
{
	const PgmObject *o = x->old.object;
	const PgmObject *dropped = y->old.object;

	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s %s, which is not compared, depends on what the model has not", pgm_kind_name(o->kind->id), o->identity),
			 errdetail("It depends on %s %s.", pgm_kind_name(dropped->kind->id), dropped->identity),
			 errhint("Name its schema in \"schemas\" too, so that the model says what becomes of it, or drop it before.")));
}

/* Will the server check the stored values for the constraint, which was "old" before? */
static bool
checks_values(const PgmObject *old, const PgmObject *new)
{
	const char *definition = pgm_object_value(new, PGM_PROP_DEFINITION);

	return !pgm_constraint_not_valid(new) &&
		(old == NULL || strcmp(pgm_object_value(old, PGM_PROP_DEFINITION), definition) != 0);
}

/* Is it an attribute of the type, and is its type altered in place? */
static bool
is_retyped_attribute(const PgmDiffItem *a, const PgmDiffItem *type)
{
	return a->sub_property == NULL && a->new.parent == type && a->decision == PGM_DECISION_ALTER &&
		pgm_kind_is(a->new.object, PGM_KIND_ATTRIBUTE) &&
		(!pgm_object_value_same(a->old.object, a->new.object, PGM_PROP_TYPE) ||
		 !pgm_object_value_same(a->old.object, a->new.object, PGM_PROP_COLLATION));
}

/* Does the type or domain get a restriction that stored values must be checked for? */
static bool
is_restricted(const PgmDiffItem *type)
{
	ListCell   *lc;

	if (type->sub_property || type->old.object == NULL || type->new.object == NULL ||
		!pgm_item_is_type(type))
		return false;
	if (pgm_kind_is(type->old.object, PGM_KIND_DOMAIN) &&
		pgm_object_value(type->new.object, PGM_PROP_NOT_NULL) && !pgm_object_value(type->old.object, PGM_PROP_NOT_NULL))
		return true;
	foreach(lc, type->new.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (is_retyped_attribute(a, type))
			return true;
		if (a->sub_property == NULL && a->new.parent == type &&
			pgm_kind_is(a->new.object, PGM_KIND_DOMAIN_CONSTRAINT) &&
			checks_values(a->old.object, a->new.object))
			return true;
	}
	return false;
}

/*
 * The server refuses to add a restriction to a type that columns have in an array or a
 * row (find_composite_type_dependencies).  If such columns stay, the type is replaced
 * and the columns are altered to the new one.
 */
static List *
replace_restricted(PgmDiffItem *type, List *queue)
{
	ListCell   *lc;

	if (!is_restricted(type))
		return queue;
	foreach(lc, pgm_plan_columns_containing(type, false))
	{
		if (!pgm_item_is_dropped(lfirst(lc)))
			queue = replace(type, queue);
	}
	return queue;
}

/* Propagate decisions to dependent items; "queue" are the items that changed. */
static void
propagate(List *queue)
{
	while (queue != NIL)
	{
		PgmDiffItem *y = llast(queue);
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		queue = list_delete_last(queue);
		queue = replace_type_of_attribute(y, queue);
		foreach(lc, y->old.used_by)
		{
			PgmDiffItem *x = lfirst(lc);

			if (pgm_item_is_dropped(x))
				continue;
			/* what is a part of "y" goes with it, wherever it is */
			if (y->decision == PGM_DECISION_DROP && x->decision == PGM_DECISION_NONE && x->old.object &&
				x->old.object->outside && x->old.parent != y)
				refuse_outside(x, y);
			if (pgm_item_is_dropped(y))
				queue = retype_column(x, y, queue);
			if ((pgm_item_is_dropped(y) && must_drop_with(x, y)) ||
				(changes_type(y) && blocks_type_change_of(x, y)))
				queue = replace(x, queue);
		}
	}
}

/*
 * Replace an item instead of altering it, with what depends on it, to break a cycle.
 * False if that is not possible: it is not altered, or holds data.
 */
bool
pgm_plan_replace_item(PgmDiffPlan *p, PgmDiffItem *a)
{
	if (a->decision != PGM_DECISION_ALTER || is_column(a) || pgm_item_is_type(a) ||
		(a->sub_property == NULL && is_one_of(a, data_holders, lengthof(data_holders))))
		return false;
	propagate(replace(a, NIL));
	return true;
}

/*
 * REVOKE on a table revokes the privileges on its columns, too (ExecGrant_Relation).
 * Grants on columns to the same role that stay must be granted again.
 */
static void
regrant_columns(PgmDiffPlan *p, const PgmDiffItem *revoked)
{
	const char *on = pgm_text_find(revoked->old.object->identity, " on table ");
	const PgmObject *table = pgm_schema_parent(p->old, revoked->old.object);
	int			n = on ? on - revoked->old.object->identity : 0;
	ListCell   *lc;

	if (on == NULL || table == NULL)
		return;
	foreach(lc, pgm_schema_children(p->old, table, PGM_KIND_GRANT))
	{
		const PgmObject *o = lfirst(lc);
		PgmDiffItem *a = pgm_plan_find_item(p, o);

		if (a->decision == PGM_DECISION_NONE && strncmp(o->identity, revoked->old.object->identity, n) == 0 &&
			o->identity[n] == ' ' && o->identity[n + 1] == '(' &&
			strcmp(pgm_text_find(o->identity, " on table "), on) == 0)
			a->decision = PGM_DECISION_REPLACE;
	}
}

/* Decide what is done with each item. */
void
pgm_plan_decide(PgmDiffPlan *p)
{
	List	   *queue = NIL;

	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		CHECK_FOR_INTERRUPTS();
		a->decision = decide_alone(p, a);
		if (pgm_item_is_dropped(a) || changes_type(a))
			queue = lappend(queue, a);
	}
	/* after all single decisions: it asks which columns are dropped anyway */
	for (int i = 0; i < p->nitems; i++)
		queue = replace_restricted(p->item[i], queue);
	propagate(queue);
	for (int i = 0; i < p->nitems; i++)
		if (p->item[i]->decision == PGM_DECISION_DROP && pgm_kind_is(p->item[i]->old.object, PGM_KIND_GRANT))
			regrant_columns(p, p->item[i]);
}
