/*
 * sub_properties.c
 *	  Properties that are change items of their own, since they depend on more than
 *	  their object does.
 *
 * A table does not depend on its replica identity's index, nor an index on the index
 * it is attached to: both exist before the property is set.  If such properties were
 * part of their object, the dependencies would be circular.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"

static List *
add_found(List *list, const PgmSchema *s, PgmKindId kind, const char *identity)
{
	const PgmObject *o = identity ? pgm_schema_find(s, kind, identity) : NULL;

	return o ? lappend(list, unconstify(PgmObject *, o)) : list;
}

/* Find an index of a table by its name alone, as an index or as a constraint. */
static List *
index_by_name(const PgmSchema *s, const PgmObject *relation, const char *name)
{
	const char *schema = pgm_relation_schema(relation);
	List	   *list = add_found(NIL, s, PGM_KIND_INDEX, psprintf("%s.%s", schema, name));

	return add_found(list, s, PGM_KIND_CONSTRAINT,
					 psprintf("%s on %s", name, relation->identity));
}

/*
 * REPLICA IDENTITY USING INDEX needs the index, and NOT NULL of its columns.  From
 * version 18 on NOT NULL is a constraint, of which we do not ask which column it is
 * for: the table's all come first.
 */
static List *
uses_replica_identity(const PgmSchema *s, const PgmObject *o)
{
	const char *value = pgm_object_value(o, PGM_PROP_REPLICA_IDENTITY);
	const char *using = "using index ";
	List	   *list;
	ListCell   *lc;

	if (strncmp(value, using, strlen(using)) != 0)
		return NIL;
	list = index_by_name(s, o, value + strlen(using));
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_CONSTRAINT))
	{
		if (pgm_constraint_is(lfirst(lc), "NOT NULL "))
			list = lappend(list, lfirst(lc));
	}
	return list;
}

static List *
uses_clustered_on(const PgmSchema *s, const PgmObject *o)
{
	return index_by_name(s, o, pgm_object_value(o, PGM_PROP_CLUSTERED_ON));
}

static List *
uses_owned_by(const PgmSchema *s, const PgmObject *o)
{
	return add_found(NIL, s, PGM_KIND_COLUMN, pgm_object_value(o, PGM_PROP_OWNED_BY));
}

/* The index that a partition's index is attached to */
static List *
uses_parent_index(const PgmSchema *s, const PgmObject *o)
{
	return add_found(NIL, s, PGM_KIND_INDEX, pgm_object_value(o, PGM_PROP_ATTACHED_TO));
}

/*
 * The constraint, or the mere index, that a partition's constraint is attached to.  A
 * constraint is known by its name on the parent table, an index by its own name.
 */
static List *
uses_parent_constraint(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);
	List	   *list = uses_parent_index(s, o);
	ListCell   *lc;

	foreach(lc, table ? pgm_object_value_list(table, PGM_PROP_INHERITS) : NIL)
	{
		list = add_found(list, s, PGM_KIND_CONSTRAINT,
						 psprintf("%s on %s", pgm_object_value(o, PGM_PROP_ATTACHED_TO),
								  (char *) lfirst(lc)));
	}
	return list;
}

/*
 * Is it an index of a partitioned table, or a constraint with one, that some partition
 * lacks?  CREATE INDEX ON ONLY makes such an index; it is invalid until each partition
 * has its part attached.
 */
bool
pgm_index_is_incomplete(const PgmObject *o)
{
	return (pgm_kind_is(o, PGM_KIND_INDEX) && pgm_object_value(o, PGM_PROP_INVALID)) ||
		(pgm_kind_is(o, PGM_KIND_CONSTRAINT) && pgm_object_value(o, PGM_PROP_INDEX_INVALID));
}

/* Is it attached to an incomplete index or constraint of a parent? */
bool
pgm_index_attaches_to_incomplete(const PgmSchema *s, const PgmObject *o)
{
	ListCell   *lc;

	if (pgm_object_value(o, PGM_PROP_ATTACHED_TO) == NULL)
		return false;
	foreach(lc, pgm_kind_is(o, PGM_KIND_INDEX) ? uses_parent_index(s, o) : uses_parent_constraint(s, o))
	{
		if (pgm_index_is_incomplete(lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Is it an index or key that a partition has of its own, while others of its indexes
 * are attached?  If it equals one of those and exists when the partition is attached,
 * ATTACH PARTITION may take it for the parent's instead.
 */
bool
pgm_index_is_partitions_own(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);
	ListCell   *lc;

	if (!(pgm_kind_is(o, PGM_KIND_INDEX) || pgm_kind_is(o, PGM_KIND_CONSTRAINT)) ||
		pgm_object_value(o, PGM_PROP_ATTACHED_TO) || table == NULL || !pgm_is_partition(table))
		return false;
	/* constraints without an index are inherited by name, not by being equal */
	if (pgm_constraint_is(o, "CHECK") || pgm_constraint_is(o, "NOT NULL"))
		return false;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_ANY))
	{
		const PgmObject *other = lfirst(lc);

		if ((pgm_kind_is(other, PGM_KIND_INDEX) || pgm_kind_is(other, PGM_KIND_CONSTRAINT)) &&
			pgm_object_value(other, PGM_PROP_ATTACHED_TO))
			return true;
	}
	return false;
}

/* The parts of a parent of one kind, without incomplete indexes, which come later */
static List *
complete_parts(const PgmSchema *s, const PgmObject *table, PgmKindId kind)
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, pgm_schema_children(s, table, kind))
	{
		if (!pgm_index_is_incomplete(lfirst(lc)))
			list = lappend(list, lfirst(lc));
	}
	return list;
}

/*
 * ATTACH PARTITION and INHERIT need all that the server compares: the columns and
 * constraints of both tables, and the indexes, so that it attaches those of the
 * partition instead of creating new ones.
 */
static List *
uses_parents(const PgmSchema *s, const PgmObject *o)
{
	static const PgmKindId kinds[] = {PGM_KIND_COLUMN, PGM_KIND_CONSTRAINT, PGM_KIND_INDEX};
	List	   *list = NIL;
	ListCell   *lc;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		foreach(lc, pgm_schema_children(s, o, kinds[i]))
		{
			if (!pgm_index_is_partitions_own(s, lfirst(lc)) &&
				!pgm_index_attaches_to_incomplete(s, lfirst(lc)))
				list = lappend(list, lfirst(lc));
		}
	}
	foreach(lc, pgm_object_value_list(o, PGM_PROP_INHERITS))
	{
		const PgmObject *parent = pgm_schema_find(s, PGM_KIND_TABLE, lfirst(lc));

		if (parent == NULL)
			parent = pgm_schema_find(s, PGM_KIND_FOREIGN_TABLE, lfirst(lc));
		if (parent == NULL)
			continue;
		list = lappend(list, unconstify(PgmObject *, parent));
		for (int i = 0; i < (int) lengthof(kinds); i++)
			list = list_concat(list, complete_parts(s, parent, kinds[i]));
	}
	return list;
}

/* ALTER TABLE OF compares the columns of the table with the attributes of the type. */
static List *
uses_type(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *type = pgm_schema_find(s, PGM_KIND_TYPE, pgm_object_value(o, PGM_PROP_OF_TYPE));
	List	   *list = pgm_schema_children(s, o, PGM_KIND_COLUMN);

	if (type == NULL)
		return list;
	list = lappend(list, unconstify(PgmObject *, type));
	return list_concat(list, pgm_schema_children(s, type, PGM_KIND_ATTRIBUTE));
}

/* The dependencies of a default are in pg_depend, so it needs no function. */
static const PgmSubProperty sub_properties[] = {
	{.kind = PGM_KIND_COLUMN,.property = PGM_PROP_DEFAULT},
	{.kind = PGM_KIND_SEQUENCE,.property = PGM_PROP_OWNED_BY,.uses = uses_owned_by},
	{.kind = PGM_KIND_TABLE,.property = PGM_PROP_REPLICA_IDENTITY,.uses = uses_replica_identity},
	{.kind = PGM_KIND_TABLE,.property = PGM_PROP_CLUSTERED_ON,.uses = uses_clustered_on},
	{.kind = PGM_KIND_MATERIALIZED_VIEW,.property = PGM_PROP_CLUSTERED_ON,.uses = uses_clustered_on},
	{.kind = PGM_KIND_TABLE,.property = PGM_PROP_INHERITS,
	.and_property = PGM_PROP_PARTITION_BOUND,.uses = uses_parents},
	{.kind = PGM_KIND_TABLE,.property = PGM_PROP_OF_TYPE,.uses = uses_type},
	{.kind = PGM_KIND_FOREIGN_TABLE,.property = PGM_PROP_INHERITS,
	.and_property = PGM_PROP_PARTITION_BOUND,.uses = uses_parents},
	{.kind = PGM_KIND_INDEX,.property = PGM_PROP_ATTACHED_TO,.uses = uses_parent_index},
	{.kind = PGM_KIND_CONSTRAINT,.property = PGM_PROP_ATTACHED_TO,.uses = uses_parent_constraint},
};

/* All sub-properties; *n is their number. */
const PgmSubProperty *
pgm_sub_properties(int *n)
{
	*n = lengthof(sub_properties);
	return sub_properties;
}

/*
 * Derived properties, which no statement sets.  The order of columns cannot be
 * altered; what is inherited follows from the parents; whether a materialized view has
 * been populated is not a matter of the schema.
 */
static const PgmPropertyId derived[] = {
	PGM_PROP_COLUMN_ORDER, PGM_PROP_INHERITED, PGM_PROP_ONLY_INHERITED, PGM_PROP_WITHOUT_DATA
};

/* Is it a sub-property, or a derived one, so that it is not altered with its object? */
bool
pgm_property_is_separate(const PgmObject *o, PgmPropertyId property)
{
	for (int i = 0; i < (int) lengthof(derived); i++)
		if (derived[i] == property)
			return true;
	for (int i = 0; i < (int) lengthof(sub_properties); i++)
		if (pgm_kind_is(o, sub_properties[i].kind) &&
			(sub_properties[i].property == property || sub_properties[i].and_property == property))
			return true;
	return false;
}

/* Do two versions differ in their i-th property, as far as it is not separate? */
bool
pgm_property_differs_at(const PgmObject *old, const PgmObject *new, int i)
{
	Assert(i >= 0 && i < new->properties->n);
	Assert(old->kind->id == new->kind->id);
	return pgm_property_differs(new->properties->form[i], old->value[i], new->value[i]) &&
		!pgm_property_is_separate(new, new->properties->id[i]);
}

/* Do two versions of an object differ, apart from separate properties? */
bool
pgm_object_differs(const PgmObject *old, const PgmObject *new)
{
	for (int i = 0; i < new->properties->n; i++)
		if (pgm_property_differs_at(old, new, i))
			return true;
	return false;
}
