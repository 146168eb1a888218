/*
 * implicit_objects.c
 *	  Items that are created or dropped implicitly, by the statement of another item.
 *
 * The parts of a table are dropped with it, and its columns, constraints and defaults
 * are clauses of CREATE TABLE.  Inherited columns and constraints come and go with
 * those of the parent table.  A statement for such an item would fail or do harm, so
 * it gets no action, and what waits for it waits for the other item's action.
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

/* Does DROP of the object drop its parts?  Schemas and servers need CASCADE for that. */
static bool
drops_parts(const PgmObject *o)
{
	return !pgm_kind_is(o, PGM_KIND_SCHEMA) && !pgm_kind_is(o, PGM_KIND_SERVER) &&
		!pgm_kind_is(o, PGM_KIND_FOREIGN_DATA_WRAPPER);
}

/* Does the table keep its parents, so that it is attached to them all the time? */
static bool
stays_linked(const PgmDiffPlan *p, const PgmObject *table)
{
	PgmDiffItem *link = pgm_plan_find_sub_property(p, table, PGM_PROP_INHERITS);

	return link && link->decision == PGM_DECISION_NONE;
}

/* The item that a column or constraint of a table is inherited from, or NULL. */
static PgmDiffItem *
inherited_from(const PgmDiffPlan *p, const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_relation_of(s, o);
	ListCell   *lc;

	if (table == NULL)
		return NULL;
	foreach(lc, pgm_object_value_list(table, PGM_PROP_INHERITS))
	{
		const char *parent = lfirst(lc);
		const PgmObject *from = NULL;

		if (is_kind(o, PGM_KIND_COLUMN))
			from = pgm_schema_find(s, PGM_KIND_COLUMN, psprintf("%s.%s", parent, pgm_sql_last_name(o->identity)));
		else if (pgm_object_value(o, PGM_PROP_ATTACHED_TO) && is_kind(o, PGM_KIND_CONSTRAINT))
		{
			from = pgm_schema_find(s, PGM_KIND_CONSTRAINT, psprintf("%s on %s", pgm_object_value(o, PGM_PROP_ATTACHED_TO), parent));
			if (from == NULL)
				from = pgm_schema_find(s, PGM_KIND_INDEX, pgm_object_value(o, PGM_PROP_ATTACHED_TO));
		}
		else if (is_kind(o, PGM_KIND_CONSTRAINT))
			from = pgm_schema_find(s, PGM_KIND_CONSTRAINT, psprintf("%.*s on %s", pgm_sql_name_length(o->identity), o->identity, parent));
		if (from)
			return pgm_plan_find_item(p, from);
	}
	return NULL;
}

/*
 * Does a child table, or one of its children, keep the column that it inherits from a
 * table which drops it?  Not a partition: it always has the columns of its parent.
 */
static bool stays_in_children(const PgmDiffPlan *p, const PgmObject *column);

static bool
stays_below(const PgmDiffPlan *p, const PgmObject *heir, const char *name)
{
	const PgmObject *column = pgm_schema_find(p->old, PGM_KIND_COLUMN, psprintf("%s.%s", heir->identity, name));
	const PgmDiffItem *a = pgm_plan_find_item(p, column);

	return a && pgm_object_value(column, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(heir) &&
		stays_linked(p, heir) && (!pgm_item_is_dropped(a) || stays_in_children(p, column));
}

/*
 * Must the column be dropped with ONLY, because a child that inherits it keeps it as its
 * own (attislocal)?  Without ONLY the child would lose it with all its values.
 */
static bool
stays_in_children(const PgmDiffPlan *p, const PgmObject *column)
{
	const PgmObject *table = pgm_schema_parent(p->old, column);
	ListCell   *lc;

	if (!is_kind(table, PGM_KIND_TABLE) || pgm_object_value(table, PGM_PROP_PARTITION_KEY))
		return false;
	foreach(lc, pgm_schema_inheritors(p->old, table->identity))
	{
		if (stays_below(p, lfirst(lc), pgm_sql_last_name(column->identity)))
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
		foreach(parent, pgm_object_value_list(other->old.object, PGM_PROP_INHERITS))
		{
			if (strcmp(lfirst(parent), table->old.object->identity) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Is the foreign key of a partition dropped by that of the partitioned table, before
 * the partition is?  So if the partitioned table stays, or if the key refers to
 * partitions of its own table: those cannot be dropped while it is there.
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
	const char *of = is_kind(o, PGM_KIND_SEQUENCE) ? pgm_object_value(o, PGM_PROP_IDENTITY_OF) : NULL;

	return of ? pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_COLUMN, of)) : NULL;
}

/* The column that owns a sequence, which is dropped with it, or NULL */
static PgmDiffItem *
owning_column(const PgmDiffPlan *p, const PgmObject *o)
{
	const char *of = is_kind(o, PGM_KIND_SEQUENCE) ? pgm_object_value(o, PGM_PROP_OWNED_BY) : NULL;

	return of ? pgm_plan_find_item(p, pgm_schema_find(p->old, PGM_KIND_COLUMN, of)) : NULL;
}

/* The column of a NOT NULL constraint, which is an object from 18 on, or NULL */
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

/*
 * Must a constraint of a domain be dropped before the domain is renamed away?  The old
 * domain lives on until the columns have the new one, and its check may call functions
 * that are dropped or replaced meanwhile.
 */
static bool
must_drop_before_rename(const PgmDiffItem *a)
{
	return a->sub_property == NULL && a->old.parent && a->old.parent->renamed_away &&
		is_kind(a->old.object, PGM_KIND_DOMAIN_CONSTRAINT) &&
		strcmp(pgm_object_value(a->old.object, PGM_PROP_DEFINITION), "NOT NULL") != 0;
}

/*
 * Mark an item that DROP of another one removes implicitly, and make that one its old
 * parent: PGM_PHASE_DROP of the item is then the other's.
 *
 * The order of the tests is that of precedence, from the server's most specific rule
 * to the general one that parts are dropped with what they are parts of.
 */
static void
find_implicit_drop(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *o = a->old.object;
	PgmDiffItem *from;
	PgmDiffItem *column;

	if (!pgm_item_is_dropped(a))
		return;

	/*
	 * An identity's sequence is an internal dependency of the column, so it
	 * can only go with that, also where the column stays and ceases to be an
	 * identity.  One that is OWNED BY a column goes only if the column does.
	 */
	from = identity_column(p, p->old, o);
	if (from == NULL && !a->sub_property && pgm_item_is_dropped(owning_column(p, o)))
		from = owning_column(p, o);
	if (from)
		a->old.parent = from;
	else if (!a->sub_property && (column = not_null_column(p, p->old, o)) != NULL &&
			 pgm_item_is_dropped(column) && !pgm_item_is_dropped(a->old.parent))
	{
		/*
		 * from 18 on: DROP COLUMN drops its NOT NULL constraint, the table
		 * stays
		 */
		a->old.parent = column;
		a->dropped_with_parent = true;
		return;
	}

	/*
	 * A partition's index that is attached cannot be dropped by itself
	 * ("cannot drop index because index requires it"); it goes with the
	 * parent's.  That holds while the partition stays attached: after DETACH
	 * it would have to be dropped.
	 */
	else if (!a->sub_property && pgm_object_value(o, PGM_PROP_ATTACHED_TO) && is_kind(o, PGM_KIND_INDEX) &&
			 stays_linked(p, pgm_relation_of(p->old, o)))
		from = pgm_plan_find_item(p, pgm_schema_find(p->old, PGM_KIND_INDEX,
													 pgm_object_value(o, PGM_PROP_ATTACHED_TO)));

	/*
	 * Inherited columns and constraints go with those of the parent table, on
	 * the same condition.  A foreign key of a partition does so even if the
	 * partition is detached in this plan, because sort_actions.c drops the
	 * key before.
	 */
	else if (!a->sub_property &&
			 (pgm_object_value(o, PGM_PROP_ONLY_INHERITED) || pgm_object_value(o, PGM_PROP_ATTACHED_TO)) &&
			 (pgm_constraint_is(o, "FOREIGN KEY") || stays_linked(p, pgm_relation_of(p->old, o))))
		from = inherited_from(p, p->old, o);

	/*
	 * DROP COLUMN is written with ONLY then, so that it does not reach the
	 * children
	 */
	if (from && is_kind(o, PGM_KIND_COLUMN) && pgm_item_is_dropped(from) &&
		stays_in_children(p, from->old.object))
		from = NULL;

	/* if the own table is dropped, that is enough, but for some foreign keys */
	if (from && pgm_item_is_dropped(from) &&
		(!pgm_item_is_dropped(a->old.parent) || goes_before_table(p, a)))
		a->old.parent = from;
	if (must_drop_before_rename(a))
		return;
	if (is_kind(o, PGM_KIND_SEQUENCE) && pgm_object_value(o, PGM_PROP_IDENTITY_OF))
		a->dropped_with_parent = true;
	else
		a->dropped_with_parent = !a->separate && pgm_item_is_dropped(a->old.parent) &&
			drops_parts(a->old.parent->old.object);
	Assert(!a->dropped_with_parent || a->old.parent != NULL);
}

/* Is another table that this foreign key refers to dropped as well? */
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

/*
 * Can the constraint be a clause of CREATE TABLE?  Foreign keys come later, since their
 * tables may refer to each other.  CREATE TABLE ignores NOT VALID.  The comment of an
 * index needs a statement after the constraint is there.
 */
static bool
is_create_clause(const PgmObject *o)
{
	return is_kind(o, PGM_KIND_CONSTRAINT) && !pgm_constraint_is(o, "FOREIGN KEY") &&
		!pgm_object_constraint_ends(o, " NOT VALID") &&
		pgm_object_value(o, PGM_PROP_INDEX_COMMENT) == NULL;
}

/* Is it a column of a view?  CREATE VIEW cannot set properties of columns. */
static bool
is_in_view(const PgmSchema *s, const PgmObject *column)
{
	const PgmObject *relation = pgm_schema_parent(s, column);

	return is_kind(relation, PGM_KIND_VIEW) || is_kind(relation, PGM_KIND_MATERIALIZED_VIEW);
}

/*
 * Mark an item that CREATE of another one creates, as a clause or implicitly, and make
 * that one its new parent: PGM_PHASE_CREATE of the item is then the other's.
 */
static void
find_implicit_create(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *o = a->new.object;
	PgmDiffItem *parent = a->new.parent;
	PgmDiffItem *from;

	if (!pgm_item_is_created(a))
		return;

	/*
	 * ADD GENERATED AS IDENTITY creates the sequence, also on a column that
	 * stays
	 */
	from = identity_column(p, p->new, o);
	if (from)
	{
		a->new.parent = from;
		a->created_with_parent = true;
		return;
	}

	/*
	 * Adding a column or constraint to a parent table adds it to the
	 * children, and CREATE TABLE ... INHERITS copies all of them.  A
	 * partition is created on its own and attached afterwards, which needs
	 * its columns and checks to be there; only foreign keys are cloned by
	 * ATTACH PARTITION.
	 */
	if (a->sub_property == NULL && (pgm_object_value(o, PGM_PROP_ONLY_INHERITED) ||
									(pgm_object_value(o, PGM_PROP_ATTACHED_TO) && pgm_constraint_is(o, "FOREIGN KEY"))))
	{
		const PgmObject *table = pgm_relation_of(p->new, o);
		bool		table_is_created = pgm_item_is_created(pgm_plan_find_item(p, table));

		from = inherited_from(p, p->new, o);
		if (from && (stays_linked(p, table) || pgm_constraint_is(o, "FOREIGN KEY") ||
					 (table_is_created && !pgm_object_value(table, PGM_PROP_PARTITION_BOUND))))
		{
			/* otherwise its own CREATE TABLE makes it, by INHERITS */
			if (!table_is_created || pgm_constraint_is(o, "FOREIGN KEY"))
				a->new.parent = from;
			a->created_with_parent = true;
			return;
		}
	}
	if (a->separate || !pgm_item_is_created(parent))
		return;

	/*
	 * The clauses of CREATE TABLE.  CREATE VIEW has none for defaults of its
	 * columns; a partition is attached by a statement of its own, so that it
	 * can be filled and checked before; own and incomplete indexes come after
	 * ATTACH PARTITION, see sub_properties.c.
	 */
	if (a->sub_property)
		a->created_with_parent = (a->sub_property->property == PGM_PROP_DEFAULT &&
								  !is_in_view(p->new, o)) ||
			a->sub_property->property == PGM_PROP_OF_TYPE ||
			(a->sub_property->property == PGM_PROP_INHERITS &&
			 pgm_object_value(o, PGM_PROP_PARTITION_BOUND) == NULL);
	else
		a->created_with_parent = is_kind(o, PGM_KIND_COLUMN) || is_kind(o, PGM_KIND_ATTRIBUTE) ||
			(is_create_clause(o) && !pgm_index_is_partitions_own(p->new, o) &&
			 !pgm_index_attaches_to_incomplete(p->new, o));
}

/* Is it attached to an incomplete index, which needs ATTACH PARTITION of its own? */
static bool
needs_attach_statement(const PgmDiffItem *a)
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

/*
 * Decide how the index or constraint of a partition is attached to the parent's:
 * implicitly by ATTACH PARTITION of its table, or by ALTER INDEX ... ATTACH PARTITION.
 * It is never detached but with its table or by DROP, and foreign keys are cloned.
 */
static void
find_implicit_attach(PgmDiffPlan *p, PgmDiffItem *a)
{
	const PgmObject *table;

	if (a->sub_property == NULL || a->sub_property->property != PGM_PROP_ATTACHED_TO)
		return;
	if (a->new.object && pgm_constraint_is(a->new.object, "FOREIGN KEY"))
		a->decision = PGM_DECISION_NONE;
	if (pgm_item_is_created(a))
	{
		table = pgm_relation_of(p->new, a->new.object);
		if (table && !stays_linked(p, table) && !needs_attach_statement(a))
		{
			a->created_with_parent = true;
			a->new.parent = pgm_plan_find_sub_property(p, table, PGM_PROP_INHERITS);
		}
	}
	/* even if its old parent stays: no statement detaches an index */
	if (pgm_item_is_dropped(a))
		a->dropped_with_parent = true;
}

/* Mark the items that are created and dropped by the statements of others. */
void
pgm_plan_find_implicit(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		find_implicit_drop(p, a);
		find_implicit_create(p, a);
		find_implicit_attach(p, a);

		/*
		 * Two tables that refer to each other can only be dropped when one of
		 * the keys is gone, so a key to a table that is dropped too gets a
		 * statement.
		 */
		if (a->dropped_with_parent && pgm_constraint_is(a->old.object, "FOREIGN KEY") &&
			!pgm_object_value(a->old.object, PGM_PROP_ATTACHED_TO) &&
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
