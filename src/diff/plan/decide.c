/*
 * decide.c
 *	  What is done with each atom.
 *
 * First each by itself: made, dropped, changed in place if its kind can be,
 * else replaced.  Then what the server would refuse is led to its end: who
 * depends on what is taken down has to be taken down before it, and so has who
 * depends on a column whose type changes, with the exception of what the
 * server rebuilds by itself.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* Kinds of objects that hold rows: they are not replaced for others' sake */
static const PgmKindId keepers[] = {
PGM_KIND_TABLE, PGM_KIND_SEQUENCE, PGM_KIND_SCHEMA, PGM_KIND_EXTENSION, PGM_KIND_DATABASE};

/* What has to be out of the way of a column whose type changes */
static const PgmKindId in_the_way_of_type[] = {
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
	return !pgm_value_same(a->old.object, a->new.object, a->sub_property->property) ||
		(a->sub_property->and_property &&
		 !pgm_value_same(a->old.object, a->new.object, a->sub_property->and_property));
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

/* What is done with an atom for its own sake. */
static PgmDecision
decide_alone(PgmDiffPlan *p, const PgmDiffItem *a)
{
	if (a->old.object == NULL)
		return PGM_DECISION_CREATE;
	if (a->new.object == NULL)
		return PGM_DECISION_DROP;
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

/* The name of a type without what stands in parentheses */
static bool
same_base_type(const PgmObject *a, const PgmObject *b)
{
	const char *x = pgm_value(a, PGM_PROP_TYPE);
	const char *y = pgm_value(b, PGM_PROP_TYPE);
	Size		n = strcspn(x, "(");

	return n == strcspn(y, "(") && strncmp(x, y, n) == 0;
}

/* Does the type of the column change, other than in its length? */
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
		 !pgm_value_same(a->old.object, a->new.object, PGM_PROP_TYPE) ||
		 !pgm_value_same(a->old.object, a->new.object, PGM_PROP_COLLATION));
}

/* Has "x" to be taken down before the type of the column "y" changes? */
static bool
stands_in_the_way(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (is_sub_property(x, PGM_PROP_DEFAULT))
		return changes_base_type(y);
	if (x->sub_property)
		return false;
	if (is_column(x))
		return pgm_value(x->old.object, PGM_PROP_GENERATED) != NULL;
	if (pgm_item_is_foreign_key(x, x->old.object))
		return changes_base_type(y);
	/* what the server would build again as it is, and shall be another one */
	if (x->decision != PGM_DECISION_NONE && (pgm_kind_is(x->old.object, PGM_KIND_INDEX) ||
											 pgm_kind_is(x->old.object, PGM_KIND_CONSTRAINT)))
		return changes_base_type(y);
	return is_one_of(x, in_the_way_of_type, lengthof(in_the_way_of_type));
}

/* The table that an atom is or is a part of, or NULL */
static const PgmDiffItem *
table_of(const PgmDiffItem *a)
{
	if (a->sub_property == NULL && !pgm_kind_is(a->old.object, PGM_KIND_TABLE))
		a = a->old.parent;
	return a && a->sub_property == NULL && a->old.object && pgm_kind_is(a->old.object, PGM_KIND_TABLE) ? a : NULL;
}

/*
 * Does the foreign key "x" depend on what "y" is, or is a part of, only because
 * that is a partition of the table that it refers to?
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
				   linitial(pgm_value_list(table->old.object, PGM_PROP_INHERITS))) == 0)
			return true;
	}
	return false;
}

/*
 * Has "x", which depends on "y", to be taken down because "y" is?  What is
 * changed in place can let go of what is dropped, but not of what is made
 * anew under the same name.
 */
static bool
goes_with(const PgmDiffItem *x, const PgmDiffItem *y)
{
	if (x->old.parent == y)
		return y->decision == PGM_DECISION_REPLACE;
	if (y->decision == PGM_DECISION_DROP && refers_to_parent(x, y))
		return false;
	if (is_sub_property(x, PGM_PROP_INHERITS) && y->sub_property == NULL &&
		!pgm_kind_is(y->old.object, PGM_KIND_TABLE))
		return false;
	if (is_sub_property(x, PGM_PROP_OF_TYPE) && !pgm_item_is_type(y))
		return false;
	if (x->sub_property == NULL && is_one_of(x, keepers, lengthof(keepers)))
		return false;
	if (is_column(x) && pgm_value(x->old.object, PGM_PROP_GENERATED) == NULL)
		return false;
	return x->decision == PGM_DECISION_NONE || pgm_item_is_recreated(y);
}

static List *
replace(PgmDiffItem *a, List *queue)
{
	if (pgm_item_is_dropped(a) || a->old.object == NULL || a->new.object == NULL)
		return queue;
	a->decision = PGM_DECISION_REPLACE;
	return lappend(queue, a);
}

/* The columns of a type that is made anew get it by a change of their type. */
static List *
exchange_type(PgmDiffItem *column, PgmDiffItem *type, List *queue)
{
	if (!is_column(column) || !pgm_item_is_type(type) || !pgm_item_is_recreated(type) ||
		pgm_item_is_dropped(column) || column->old.object == NULL ||
		column->new.object == NULL || column->retyped)
		return queue;
	column->retyped = true;
	column->decision = PGM_DECISION_ALTER;
	return lappend(queue, column);
}

/* An attribute that cannot be changed takes its type with it. */
static List *
replace_whole(PgmDiffItem *a, List *queue)
{
	if (a->decision == PGM_DECISION_REPLACE && a->old.parent && !a->sub_property &&
		pgm_kind_is(a->old.object, PGM_KIND_ATTRIBUTE))
		return replace(a->old.parent, queue);
	return queue;
}

/* What is not compared would have to go too. */
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

/* Does the server check values for the constraint, if there was "old" before? */
static bool
is_checked(const PgmObject *old, const PgmObject *new)
{
	const char *definition = pgm_value(new, PGM_PROP_DEFINITION);

	return !pgm_constraint_not_valid(new) &&
		(old == NULL || strcmp(pgm_value(old, PGM_PROP_DEFINITION), definition) != 0);
}

/* Does an attribute get another type, in place? */
static bool
is_retyped(const PgmDiffItem *a, const PgmDiffItem *type)
{
	return a->sub_property == NULL && a->new.parent == type && a->decision == PGM_DECISION_ALTER &&
		pgm_kind_is(a->new.object, PGM_KIND_ATTRIBUTE) &&
		(!pgm_value_same(a->old.object, a->new.object, PGM_PROP_TYPE) ||
		 !pgm_value_same(a->old.object, a->new.object, PGM_PROP_COLLATION));
}

/* Does the type get what the server has to check values for? */
static bool
is_restricted(const PgmDiffItem *type)
{
	ListCell   *lc;

	if (type->sub_property || type->old.object == NULL || type->new.object == NULL ||
		!pgm_item_is_type(type))
		return false;
	if (pgm_kind_is(type->old.object, PGM_KIND_DOMAIN) &&
		pgm_value(type->new.object, PGM_PROP_NOT_NULL) && !pgm_value(type->old.object, PGM_PROP_NOT_NULL))
		return true;
	foreach(lc, type->new.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (is_retyped(a, type))
			return true;
		if (a->sub_property == NULL && a->new.parent == type &&
			pgm_kind_is(a->new.object, PGM_KIND_DOMAIN_CONSTRAINT) &&
			is_checked(a->old.object, a->new.object))
			return true;
	}
	return false;
}

/* A type that the server does not restrict, where columns stay, is made anew. */
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

/* Lead what was decided to its end; "queue" are the atoms to look at. */
static void
spread(List *queue)
{
	while (queue != NIL)
	{
		PgmDiffItem *y = llast(queue);
		ListCell   *lc;

		CHECK_FOR_INTERRUPTS();
		queue = list_delete_last(queue);
		queue = replace_whole(y, queue);
		foreach(lc, y->old.used_by)
		{
			PgmDiffItem *x = lfirst(lc);

			if (pgm_item_is_dropped(x))
				continue;
			if (y->decision == PGM_DECISION_DROP && x->decision == PGM_DECISION_NONE && x->old.object &&
				x->old.object->outside && x->old.parent != y)
				refuse_outside(x, y);
			if (pgm_item_is_dropped(y))
				queue = exchange_type(x, y, queue);
			if ((pgm_item_is_dropped(y) && goes_with(x, y)) ||
				(changes_type(y) && stands_in_the_way(x, y)))
				queue = replace(x, queue);
		}
	}
}

/*
 * Replace an atom instead of changing it, with what depends on it.  False if
 * that cannot be: it is not changed, or holds rows.
 */
bool
pgm_plan_replace_item(PgmDiffPlan *p, PgmDiffItem *a)
{
	if (a->decision != PGM_DECISION_ALTER || is_column(a) || pgm_item_is_type(a) ||
		(a->sub_property == NULL && is_one_of(a, keepers, lengthof(keepers))))
		return false;
	spread(replace(a, NIL));
	return true;
}

/*
 * A REVOKE from a table takes what was granted of its columns: that is granted
 * again.
 */
static void
grant_columns_again(PgmDiffPlan *p, const PgmDiffItem *revoked)
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

/* Decide what is done with each atom. */
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
	for (int i = 0; i < p->nitems; i++)
		queue = replace_restricted(p->item[i], queue);
	spread(queue);
	for (int i = 0; i < p->nitems; i++)
		if (p->item[i]->decision == PGM_DECISION_DROP && pgm_kind_is(p->item[i]->old.object, PGM_KIND_GRANT))
			grant_columns_again(p, p->item[i]);
}
