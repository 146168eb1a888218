/*
 * sub_properties.c
 *	  Properties that are set by themselves, since they depend on more than
 *	  their object does.
 */
#include "postgres.h"

#include "diff/plan/diff_plan.h"
#include "diff/write/write_relations.h"
#include "schema/kinds/kinds.h"

static List *
add_found(List *list, const PgmSide *s, const char *kind, const char *identity)
{
	const PgmObject *o = identity ? pgm_side_find(s, kind, identity) : NULL;

	return o ? lappend(list, unconstify(PgmObject *, o)) : list;
}

static const PgmObject *
find_relation(const PgmSide *s, const char *identity)
{
	const PgmObject *o = pgm_side_find(s, "table", identity);

	return o ? o : pgm_side_find(s, "foreign table", identity);
}

/* The index of a table by its name alone, as an index or a constraint. */
static List *
index_of(const PgmSide *s, const PgmObject *relation, const char *name)
{
	const char *schema = pgm_relation_schema(relation);
	List	   *list = add_found(NIL, s, "index", psprintf("%s.%s", schema, name));

	return add_found(list, s, "constraint",
					 psprintf("%s on %s", name, relation->identity));
}

/* The columns of the index may not be NULL, which 18 has constraints for. */
static List *
uses_replica_identity(const PgmSide *s, const PgmObject *o)
{
	const char *value = pgm_value(o, "replica_identity");
	const char *using = "using index ";
	List	   *list;
	ListCell   *lc;

	if (strncmp(value, using, strlen(using)) != 0)
		return NIL;
	list = index_of(s, o, value + strlen(using));
	foreach(lc, pgm_side_children(s, o, "constraint"))
	{
		if (pgm_constraint_is(lfirst(lc), "NOT NULL "))
			list = lappend(list, lfirst(lc));
	}
	return list;
}

static List *
uses_clustered_on(const PgmSide *s, const PgmObject *o)
{
	return index_of(s, o, pgm_value(o, "clustered_on"));
}

static List *
uses_owned_by(const PgmSide *s, const PgmObject *o)
{
	return add_found(NIL, s, "column", pgm_value(o, "owned_by"));
}

static List *
uses_parent_index(const PgmSide *s, const PgmObject *o)
{
	return add_found(NIL, s, "index", pgm_value(o, "attached_to"));
}

/* Where a constraint is attached to, by the name it has there, or an index */
static List *
uses_parent_constraint(const PgmSide *s, const PgmObject *o)
{
	const PgmObject *table = pgm_side_parent(s, o);
	List	   *list = uses_parent_index(s, o);
	ListCell   *lc;

	if (table)
		foreach(lc, pgm_value_list(table, "inherits"))
	{
		list = add_found(list, s, "constraint",
						 psprintf("%s on %s", pgm_value(o, "attached_to"),
								  (char *) lfirst(lc)));
	}
	return list;
}

/* The index of a table that some partition lacks */
bool
pgm_is_incomplete(const PgmObject *o)
{
	return (pgm_kind_is(o, "index") && pgm_value(o, "invalid")) ||
		(pgm_kind_is(o, "constraint") && pgm_value(o, "index_invalid"));
}

/* Is it attached to the index of a table that some partition lacks? */
bool
pgm_is_part_of_incomplete(const PgmSide *s, const PgmObject *o)
{
	ListCell   *lc;

	if (pgm_value(o, "attached_to") == NULL)
		return false;
	foreach(lc, pgm_kind_is(o, "index") ? uses_parent_index(s, o) : uses_parent_constraint(s, o))
	{
		if (pgm_is_incomplete(lfirst(lc)))
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
pgm_is_own_index(const PgmSide *s, const PgmObject *o)
{
	const PgmObject *table = pgm_side_parent(s, o);
	ListCell   *lc;

	if (!(pgm_kind_is(o, "index") || pgm_kind_is(o, "constraint")) ||
		pgm_value(o, "attached_to") || table == NULL || !pgm_is_partition(table))
		return false;
	if (pgm_constraint_is(o, "CHECK") || pgm_constraint_is(o, "NOT NULL"))
		return false;
	foreach(lc, pgm_side_children(s, table, NULL))
	{
		const PgmObject *other = lfirst(lc);

		if ((pgm_kind_is(other, "index") || pgm_kind_is(other, "constraint")) &&
			pgm_value(other, "attached_to"))
			return true;
	}
	return false;
}

/* Parts of a table, without what a link would complete */
static List *
whole_parts(const PgmSide *s, const PgmObject *table, const char *kind)
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, pgm_side_children(s, table, kind))
	{
		if (!pgm_is_incomplete(lfirst(lc)))
			list = lappend(list, lfirst(lc));
	}
	return list;
}

/* Tables are linked when all is there that the server compares. */
static List *
uses_parents(const PgmSide *s, const PgmObject *o)
{

	static const char *const kinds[] = {"column", "constraint", "index"};
	List	   *list = NIL;
	ListCell   *lc;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		foreach(lc, pgm_side_children(s, o, kinds[i]))
		{
			if (!pgm_is_own_index(s, lfirst(lc)) && !pgm_is_part_of_incomplete(s, lfirst(lc)))
				list = lappend(list, lfirst(lc));
		}
	}
	foreach(lc, pgm_value_list(o, "inherits"))
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
uses_type(const PgmSide *s, const PgmObject *o)
{
	const PgmObject *type = pgm_side_find(s, "type", pgm_value(o, "of_type"));
	List	   *list = pgm_side_children(s, o, "column");

	if (type == NULL)
		return list;
	list = lappend(list, unconstify(PgmObject *, type));
	return list_concat(list, pgm_side_children(s, type, "attribute"));
}

static const PgmAspect aspects[] = {
	{"column", "default", NULL, NULL, pgm_write_default},
	{"sequence", "owned_by", NULL, uses_owned_by, pgm_write_owned_by},
	{"table", "replica_identity", NULL, uses_replica_identity, pgm_write_replica_identity},
	{"table", "clustered_on", NULL, uses_clustered_on, pgm_write_clustered_on},
	{"materialized view", "clustered_on", NULL, uses_clustered_on, pgm_write_clustered_on},
	{"table", "inherits", "partition_bound", uses_parents, pgm_write_link},
	{"table", "of_type", NULL, uses_type, pgm_write_of_type},
	{"foreign table", "inherits", "partition_bound", uses_parents, pgm_write_link},
	{"index", "attached_to", NULL, uses_parent_index, pgm_write_attached},
	{"constraint", "attached_to", NULL, uses_parent_constraint, pgm_write_attached},
};

/* The aspects that there are. */
const PgmAspect *
pgm_aspects(int *n)
{
	*n = lengthof(aspects);
	return aspects;
}
