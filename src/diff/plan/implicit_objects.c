/*
 * implicit_objects.c
 *	  What is made and dropped together with something else.
 *
 * The parts of a table are dropped with it, and its columns, keys, checks and
 * defaults made with it.  What a table inherits comes and goes with what it
 * inherits it from.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

static bool
is_kind(const PgmObject *o, PgmKindId kind)
{
	return o && pgm_kind_is(o, kind);
}

/* Is what is a part of the object dropped with it, without being asked for? */
static bool
drops_parts(const PgmObject *o)
{
	return !pgm_kind_is(o, PGM_KIND_SCHEMA) && !pgm_kind_is(o, PGM_KIND_SERVER) &&
		!pgm_kind_is(o, PGM_KIND_FOREIGN_DATA_WRAPPER);
}

/* Is what the table inherits from the same before and after? */
static bool
stays_linked(const PgmDiffPlan *p, const PgmObject *table)
{
	PgmDiffItem *link = pgm_plan_find_sub_property(p, table, PGM_PROP_INHERITS);

	return link && link->decision == PGM_DECISION_NONE;
}

/* What a column or constraint of a table is inherited from, or NULL. */
static PgmDiffItem *
inherited_from(const PgmDiffPlan *p, const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_relation_of(s, o);
	ListCell   *lc;

	if (table == NULL)
		return NULL;
	foreach(lc, pgm_value_list(table, PGM_PROP_INHERITS))
	{
		const char *parent = lfirst(lc);
		const PgmObject *from = NULL;

		if (is_kind(o, PGM_KIND_COLUMN))
			from = pgm_schema_find(s, PGM_KIND_COLUMN, psprintf("%s.%s", parent, pgm_last_name(o->identity)));
		else if (pgm_value(o, PGM_PROP_ATTACHED_TO) && is_kind(o, PGM_KIND_CONSTRAINT))
		{
			from = pgm_schema_find(s, PGM_KIND_CONSTRAINT, psprintf("%s on %s", pgm_value(o, PGM_PROP_ATTACHED_TO), parent));
			if (from == NULL)
				from = pgm_schema_find(s, PGM_KIND_INDEX, pgm_value(o, PGM_PROP_ATTACHED_TO));
		}
		else if (is_kind(o, PGM_KIND_CONSTRAINT))
			from = pgm_schema_find(s, PGM_KIND_CONSTRAINT, psprintf("%.*s on %s", pgm_name_length(o->identity), o->identity, parent));
		if (from)
			return pgm_plan_find_item(p, from);
	}
	return NULL;
}

/*
 * Is the column of a table that inherits from the one that loses it to stay, or
 * that of a table further on?
 */
static bool stays_in_children(const PgmDiffPlan *p, const PgmObject *column);

static bool
stays_below(const PgmDiffPlan *p, const PgmObject *heir, const char *name)
{
	const PgmObject *column = pgm_schema_find(p->old, PGM_KIND_COLUMN, psprintf("%s.%s", heir->identity, name));
	const PgmDiffItem *a = pgm_plan_find_item(p, column);

	return a && pgm_value(column, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(heir) &&
		stays_linked(p, heir) && (!pgm_item_is_dropped(a) || stays_in_children(p, column));
}

/*
 * Is the column dropped of a table alone, for one that inherits it keeps it as
 * its own?
 */
static bool
stays_in_children(const PgmDiffPlan *p, const PgmObject *column)
{
	const PgmObject *table = pgm_schema_parent(p->old, column);
	ListCell   *lc;

	if (!is_kind(table, PGM_KIND_TABLE) || pgm_value(table, PGM_PROP_PARTITION_KEY))
		return false;
	foreach(lc, pgm_schema_inheritors(p->old, table->identity))
	{
		if (stays_below(p, lfirst(lc), pgm_last_name(column->identity)))
			return true;
	}
	return false;
}

/* Does a foreign key refer to partitions of its own table? */
static bool
refers_to_partitions(const PgmDiffItem *key)
{
	const PgmDiffItem *table = key->old.parent;
	ListCell   *lc;

	foreach(lc, key->old.uses)
	{
		const PgmDiffItem *other = ((PgmDiffItem *) lfirst(lc))->old.parent;
		ListCell   *parent;

		if (other == NULL || other == table || !is_kind(other->old.object, PGM_KIND_TABLE))
			continue;
		foreach(parent, pgm_value_list(other->old.object, PGM_PROP_INHERITS))
		{
			if (strcmp(lfirst(parent), table->old.object->identity) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Does the foreign key of a partition go with that of the whole table, before
 * the partition does?
 */
static bool
goes_before_table(const PgmDiffPlan *p, const PgmDiffItem *key)
{
	const PgmDiffItem *above;

	if (key->sub_property || !pgm_constraint_is(key->old.object, "FOREIGN KEY"))
		return false;
	while ((above = inherited_from(p, p->old, key->old.object)) != NULL)
		key = above;
	return pgm_item_is_dropped(key) &&
		(!pgm_item_is_dropped(pgm_plan_find_item(p, pgm_schema_parent(p->old, key->old.object))) ||
		 refers_to_partitions(key));
}

/* The column that a sequence is the identity of, or NULL */
static PgmDiffItem *
identity_column(const PgmDiffPlan *p, const PgmSchema *s, const PgmObject *o)
{
	const char *of = is_kind(o, PGM_KIND_SEQUENCE) ? pgm_value(o, PGM_PROP_IDENTITY_OF) : NULL;

	return of ? pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_COLUMN, of)) : NULL;
}

/* The column that a sequence is dropped with, for it is owned by it, or NULL */
static PgmDiffItem *
owning_column(const PgmDiffPlan *p, const PgmObject *o)
{
	const char *of = is_kind(o, PGM_KIND_SEQUENCE) ? pgm_value(o, PGM_PROP_OWNED_BY) : NULL;

	return of ? pgm_plan_find_item(p, pgm_schema_find(p->old, PGM_KIND_COLUMN, of)) : NULL;
}

/* The column that the constraint says is NOT NULL, as from 18 on, or NULL */
static PgmDiffItem *
not_null_column(const PgmDiffPlan *p, const PgmSchema *s, const PgmObject *o)
{
	ListCell   *lc;

	if (!pgm_constraint_is(o, "NOT NULL "))
		return NULL;
	foreach(lc, pgm_schema_children(s, pgm_schema_parent(s, o), PGM_KIND_COLUMN))
	{
		if (pgm_column_not_null(s, lfirst(lc)) == o)
			return pgm_plan_find_item(p, lfirst(lc));
	}
	return NULL;
}

/* What a domain checks is dropped before it is kept aside, for it may use more. */
static bool
is_kept_from(const PgmDiffItem *a)
{
	return a->sub_property == NULL && a->old.parent && a->old.parent->renamed_away &&
		is_kind(a->old.object, PGM_KIND_DOMAIN_CONSTRAINT) &&
		strcmp(pgm_value(a->old.object, PGM_PROP_DEFINITION), "NOT NULL") != 0;
}

/* What goes with the whole when that is dropped. */
static void
look_down(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *o = a->old.object;
	PgmDiffItem *from;
	PgmDiffItem *column;

	if (!pgm_item_is_dropped(a))
		return;
	from = identity_column(p, p->old, o);
	if (from == NULL && !a->sub_property && pgm_item_is_dropped(owning_column(p, o)))
		from = owning_column(p, o);
	if (from)
		a->old.parent = from;
	else if (!a->sub_property && (column = not_null_column(p, p->old, o)) != NULL &&
			 pgm_item_is_dropped(column) && !pgm_item_is_dropped(a->old.parent))
	{
		a->old.parent = column;
		a->dropped_with_parent = true;
		return;
	}
	else if (!a->sub_property && pgm_value(o, PGM_PROP_ATTACHED_TO) && is_kind(o, PGM_KIND_INDEX) &&
			 stays_linked(p, pgm_relation_of(p->old, o)))
		from = pgm_plan_find_item(p, pgm_schema_find(p->old, PGM_KIND_INDEX, pgm_value(o, PGM_PROP_ATTACHED_TO)));
	else if (!a->sub_property && (pgm_value(o, PGM_PROP_ONLY_INHERITED) || pgm_value(o, PGM_PROP_ATTACHED_TO)) &&
			 (pgm_constraint_is(o, "FOREIGN KEY") || stays_linked(p, pgm_relation_of(p->old, o))))
		from = inherited_from(p, p->old, o);
	if (from && is_kind(o, PGM_KIND_COLUMN) && pgm_item_is_dropped(from) && stays_in_children(p, from->old.object))
		from = NULL;
	if (from && pgm_item_is_dropped(from) &&
		(!pgm_item_is_dropped(a->old.parent) || goes_before_table(p, a)))
		a->old.parent = from;
	if (is_kept_from(a))
		return;
	if (is_kind(o, PGM_KIND_SEQUENCE) && pgm_value(o, PGM_PROP_IDENTITY_OF))
		a->dropped_with_parent = true;
	else
		a->dropped_with_parent = !a->separate && pgm_item_is_dropped(a->old.parent) &&
			drops_parts(a->old.parent->old.object);
}

/* Does another table that this foreign key refers to go down too? */
static bool
refers_to_dropped(const PgmDiffItem *a)
{
	ListCell   *lc;

	foreach(lc, a->old.uses)
	{
		const PgmDiffItem *to = lfirst(lc);

		if (to->sub_property == NULL && is_kind(to->old.object, PGM_KIND_TABLE) &&
			to != a->old.parent && pgm_item_is_dropped(to))
			return true;
	}
	return false;
}

/* Is it said within CREATE TABLE? */
static bool
is_folded_constraint(const PgmObject *o)
{
	return is_kind(o, PGM_KIND_CONSTRAINT) && !pgm_constraint_is(o, "FOREIGN KEY") &&
		!pgm_constraint_ends(o, " NOT VALID") &&
		pgm_value(o, PGM_PROP_INDEX_COMMENT) == NULL;
}

/* CREATE VIEW says nothing of its columns. */
static bool
is_in_view(const PgmSchema *s, const PgmObject *column)
{
	const PgmObject *relation = pgm_schema_parent(s, column);

	return is_kind(relation, PGM_KIND_VIEW) || is_kind(relation, PGM_KIND_MATERIALIZED_VIEW);
}

/* What goes with the whole when that is made. */
static void
look_up(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *o = a->new.object;
	PgmDiffItem *whole = a->new.parent;
	PgmDiffItem *from = identity_column(p, p->new, o);

	if (!pgm_item_is_created(a))
		return;
	if (from)
	{
		a->new.parent = from;
		a->created_with_parent = true;
		return;
	}
	if (a->sub_property == NULL && (pgm_value(o, PGM_PROP_ONLY_INHERITED) || (pgm_value(o, PGM_PROP_ATTACHED_TO) && pgm_constraint_is(o, "FOREIGN KEY"))))
	{
		const PgmObject *table = pgm_relation_of(p->new, o);

		from = inherited_from(p, p->new, o);
		if (from && (stays_linked(p, table) || pgm_constraint_is(o, "FOREIGN KEY") ||
					 (pgm_item_is_created(pgm_plan_find_item(p, table)) &&
					  !pgm_value(table, PGM_PROP_PARTITION_BOUND))))
		{
			if (!pgm_item_is_created(pgm_plan_find_item(p, table)) || pgm_constraint_is(o, "FOREIGN KEY"))
				a->new.parent = from;
			a->created_with_parent = true;
			return;
		}
	}
	if (a->separate || !pgm_item_is_created(whole))
		return;
	if (a->sub_property)
		a->created_with_parent = (a->sub_property->property == PGM_PROP_DEFAULT &&
								  !is_in_view(p->new, o)) ||
			a->sub_property->property == PGM_PROP_OF_TYPE ||
			(a->sub_property->property == PGM_PROP_INHERITS &&
			 pgm_value(o, PGM_PROP_PARTITION_BOUND) == NULL);
	else
		a->created_with_parent = is_kind(o, PGM_KIND_COLUMN) || is_kind(o, PGM_KIND_ATTRIBUTE) ||
			(is_folded_constraint(o) && !pgm_index_is_partitions_own(p->new, o) &&
			 !pgm_index_attaches_to_incomplete(p->new, o));
}

/* Does it get attached to what some partition lacks, so that it has to be told? */
static bool
is_told(const PgmDiffItem *a)
{
	ListCell   *lc;

	foreach(lc, a->new.uses)
	{
		const PgmDiffItem *to = lfirst(lc);

		if (to->sub_property == NULL && to != a->new.parent && to->new.object &&
			pgm_index_is_incomplete(to->new.object))
			return true;
	}
	return false;
}

/* An index is attached when its table is. */
static void
look_at_attached(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *table;

	if (a->sub_property == NULL || a->sub_property->property != PGM_PROP_ATTACHED_TO)
		return;
	if (a->new.object && pgm_constraint_is(a->new.object, "FOREIGN KEY"))
		a->decision = PGM_DECISION_NONE;
	if (pgm_item_is_created(a))
	{
		table = pgm_relation_of(p->new, a->new.object);
		if (table && !stays_linked(p, table) && !is_told(a))
		{
			a->created_with_parent = true;
			a->new.parent = pgm_plan_find_sub_property(p, table, PGM_PROP_INHERITS);
		}
	}
	if (pgm_item_is_dropped(a))
		a->dropped_with_parent = true;
}

/* Find out what is made and dropped with something else. */
void
pgm_plan_find_implicit(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		look_down(p, a);
		look_up(p, a);
		look_at_attached(p, a);
		if (a->dropped_with_parent && pgm_constraint_is(a->old.object, "FOREIGN KEY") &&
			!pgm_value(a->old.object, PGM_PROP_ATTACHED_TO) &&
			(refers_to_dropped(a) || refers_to_partitions(a)))
			a->dropped_with_parent = false;
	}
}

/*
 * Tell the writers which objects and defaults are a clause of the CREATE of their
 * parent, and which columns are dropped of their table ONLY.
 */
void
pgm_plan_set_in_create(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		/* what is created with another one than its parent is not a clause */
		a->in_parents_create = a->created_with_parent && a->new.object &&
			(a->sub_property ||
			 a->new.parent == pgm_plan_find_item(p, pgm_schema_parent(p->new, a->new.object)));
		a->stays_in_children = a->sub_property == NULL && is_kind(a->old.object, PGM_KIND_COLUMN) &&
			pgm_item_is_dropped(a) && stays_in_children(p, a->old.object);
	}
}
