/*
 * sub_properties.c
 *	  Properties that are set by themselves, since they depend on more than
 *	  their object does.
 */
#include "postgres.h"

#include "diff/plan/diff_plan.h"
#include "diff/write/write_relations.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"

static List *
add_found(List *list, const PgmSchema *s, PgmKindId kind, const char *identity)
{
	const PgmObject *o = identity ? pgm_schema_find(s, kind, identity) : NULL;

	return o ? lappend(list, unconstify(PgmObject *, o)) : list;
}

static const PgmObject *
find_relation(const PgmSchema *s, const char *identity)
{
	const PgmObject *o = pgm_schema_find(s, PGM_KIND_TABLE, identity);

	return o ? o : pgm_schema_find(s, PGM_KIND_FOREIGN_TABLE, identity);
}

/* The index of a table by its name alone, as an index or a constraint. */
static List *
index_of(const PgmSchema *s, const PgmObject *relation, const char *name)
{
	const char *schema = pgm_relation_schema(relation);
	List	   *list = add_found(NIL, s, PGM_KIND_INDEX, psprintf("%s.%s", schema, name));

	return add_found(list, s, PGM_KIND_CONSTRAINT,
					 psprintf("%s on %s", name, relation->identity));
}

/* The columns of the index may not be NULL, which 18 has constraints for. */
static List *
uses_replica_identity(const PgmSchema *s, const PgmObject *o)
{
	const char *value = pgm_value(o, PGM_PROP_REPLICA_IDENTITY);
	const char *using = "using index ";
	List	   *list;
	ListCell   *lc;

	if (strncmp(value, using, strlen(using)) != 0)
		return NIL;
	list = index_of(s, o, value + strlen(using));
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
	return index_of(s, o, pgm_value(o, PGM_PROP_CLUSTERED_ON));
}

static List *
uses_owned_by(const PgmSchema *s, const PgmObject *o)
{
	return add_found(NIL, s, PGM_KIND_COLUMN, pgm_value(o, PGM_PROP_OWNED_BY));
}

static List *
uses_parent_index(const PgmSchema *s, const PgmObject *o)
{
	return add_found(NIL, s, PGM_KIND_INDEX, pgm_value(o, PGM_PROP_ATTACHED_TO));
}

/* Where a constraint is attached to, by the name it has there, or an index */
static List *
uses_parent_constraint(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);
	List	   *list = uses_parent_index(s, o);
	ListCell   *lc;

	if (table)
		foreach(lc, pgm_value_list(table, PGM_PROP_INHERITS))
	{
		list = add_found(list, s, PGM_KIND_CONSTRAINT,
						 psprintf("%s on %s", pgm_value(o, PGM_PROP_ATTACHED_TO),
								  (char *) lfirst(lc)));
	}
	return list;
}

/* The index of a table that some partition lacks */
bool
pgm_index_is_incomplete(const PgmObject *o)
{
	return (pgm_kind_is(o, PGM_KIND_INDEX) && pgm_value(o, PGM_PROP_INVALID)) ||
		(pgm_kind_is(o, PGM_KIND_CONSTRAINT) && pgm_value(o, PGM_PROP_INDEX_INVALID));
}

/* Is it attached to the index of a table that some partition lacks? */
bool
pgm_index_attaches_to_incomplete(const PgmSchema *s, const PgmObject *o)
{
	ListCell   *lc;

	if (pgm_value(o, PGM_PROP_ATTACHED_TO) == NULL)
		return false;
	foreach(lc, pgm_kind_is(o, PGM_KIND_INDEX) ? uses_parent_index(s, o) : uses_parent_constraint(s, o))
	{
		if (pgm_index_is_incomplete(lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Is it the partition's own index, or key, beside others that are attached?  An
 * equal one would be taken for theirs if it was there when the partition is
 * attached.
 */
bool
pgm_index_is_partitions_own(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);
	ListCell   *lc;

	if (!(pgm_kind_is(o, PGM_KIND_INDEX) || pgm_kind_is(o, PGM_KIND_CONSTRAINT)) ||
		pgm_value(o, PGM_PROP_ATTACHED_TO) || table == NULL || !pgm_is_partition(table))
		return false;
	if (pgm_constraint_is(o, "CHECK") || pgm_constraint_is(o, "NOT NULL"))
		return false;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_ANY))
	{
		const PgmObject *other = lfirst(lc);

		if ((pgm_kind_is(other, PGM_KIND_INDEX) || pgm_kind_is(other, PGM_KIND_CONSTRAINT)) &&
			pgm_value(other, PGM_PROP_ATTACHED_TO))
			return true;
	}
	return false;
}

/* Parts of a table, without what a link would complete */
static List *
whole_parts(const PgmSchema *s, const PgmObject *table, PgmKindId kind)
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

/* Tables are linked when all is there that the server compares. */
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
			if (!pgm_index_is_partitions_own(s, lfirst(lc)) && !pgm_index_attaches_to_incomplete(s, lfirst(lc)))
				list = lappend(list, lfirst(lc));
		}
	}
	foreach(lc, pgm_value_list(o, PGM_PROP_INHERITS))
	{
		const PgmObject *parent = find_relation(s, lfirst(lc));

		if (parent == NULL)
			continue;
		list = lappend(list, unconstify(PgmObject *, parent));
		for (int i = 0; i < (int) lengthof(kinds); i++)
			list = list_concat(list, whole_parts(s, parent, kinds[i]));
	}
	return list;
}

/* A table is made of a type when it has the columns of that. */
static List *
uses_type(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *type = pgm_schema_find(s, PGM_KIND_TYPE, pgm_value(o, PGM_PROP_OF_TYPE));
	List	   *list = pgm_schema_children(s, o, PGM_KIND_COLUMN);

	if (type == NULL)
		return list;
	list = lappend(list, unconstify(PgmObject *, type));
	return list_concat(list, pgm_schema_children(s, type, PGM_KIND_ATTRIBUTE));
}

static const PgmSubProperty aspects[] = {
	{PGM_KIND_COLUMN, PGM_PROP_DEFAULT, PGM_PROP_NONE, NULL, pgm_write_column_default},
	{PGM_KIND_SEQUENCE, PGM_PROP_OWNED_BY, PGM_PROP_NONE, uses_owned_by, pgm_write_owned_by},
	{PGM_KIND_TABLE, PGM_PROP_REPLICA_IDENTITY, PGM_PROP_NONE, uses_replica_identity, pgm_write_replica_identity},
	{PGM_KIND_TABLE, PGM_PROP_CLUSTERED_ON, PGM_PROP_NONE, uses_clustered_on, pgm_write_clustered_on},
	{PGM_KIND_MATERIALIZED_VIEW, PGM_PROP_CLUSTERED_ON, PGM_PROP_NONE, uses_clustered_on, pgm_write_clustered_on},
	{PGM_KIND_TABLE, PGM_PROP_INHERITS, PGM_PROP_PARTITION_BOUND, uses_parents, pgm_write_inheritance},
	{PGM_KIND_TABLE, PGM_PROP_OF_TYPE, PGM_PROP_NONE, uses_type, pgm_write_of_type},
	{PGM_KIND_FOREIGN_TABLE, PGM_PROP_INHERITS, PGM_PROP_PARTITION_BOUND, uses_parents, pgm_write_inheritance},
	{PGM_KIND_INDEX, PGM_PROP_ATTACHED_TO, PGM_PROP_NONE, uses_parent_index, pgm_write_index_attach},
	{PGM_KIND_CONSTRAINT, PGM_PROP_ATTACHED_TO, PGM_PROP_NONE, uses_parent_constraint, pgm_write_index_attach},
};

/* The aspects that there are. */
const PgmSubProperty *
pgm_sub_properties(int *n)
{
	*n = lengthof(aspects);
	return aspects;
}
