/*
 * can_alter.c
 *	  Whether parents of a table and attributes of a type can be altered in place,
 *	  which is a question about more objects than one.
 *
 * What can be altered of other objects is known to their writers, property by
 * property (PgmCanAlter).
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/*
 * Do the parents that the table keeps come first, in their order, and new ones after
 * them?  INHERIT appends, and the order of parents is that of the inherited columns.
 */
static bool
parents_are_appended(const PgmObject *before, const PgmObject *after)
{
	List	   *parents = pgm_object_value_list(after, PGM_PROP_INHERITS);
	int			n = 0;
	ListCell   *lc;

	foreach(lc, pgm_object_value_list(before, PGM_PROP_INHERITS))
	{
		if (!pgm_table_has_parent(after, lfirst(lc)))
			continue;
		/* each parent that stays is one of the list, so it cannot run out */
		Assert(n < list_length(parents));
		if (strcmp(list_nth(parents, n), lfirst(lc)) != 0)
			return false;
		n++;
	}
	return true;
}

/* Has the table the same parts of a kind in both states, inherited in both or neither? */
static bool
parts_stay(const PgmDiffPlan *p, const PgmObject *before, const PgmObject *after, PgmKindId kind)
{
	List	   *parts = pgm_schema_children(p->new, after, kind);
	ListCell   *lc;

	if (list_length(parts) != list_length(pgm_schema_children(p->old, before, kind)))
		return false;
	foreach(lc, parts)
	{
		const PgmObject *o = lfirst(lc);
		const PgmObject *was = pgm_schema_find(p->old, kind, o->identity);

		if (was == NULL || pgm_object_differs(was, o) ||
			!pgm_object_value_same(was, o, PGM_PROP_ONLY_INHERITED))
			return false;
	}
	return true;
}

/*
 * Can the table get its new parents before it leaves the old ones?  If it left them
 * first, what it only inherits would become its own (attislocal, conislocal), which no
 * statement takes back.
 */
bool
pgm_inheritance_can_alter(const PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	return !pgm_is_partition(old) && !pgm_is_partition(new) &&
		parents_are_appended(old, new) &&
		parts_stay(p, old, new, PGM_KIND_COLUMN) &&
		parts_stay(p, old, new, PGM_KIND_CONSTRAINT);
}

/*
 * Can all values of a composite type be converted by an expression in ALTER COLUMN
 * TYPE?  Not those within arrays, ranges or domains; and the columns of a typed table
 * are the attributes themselves.
 */
static bool
can_convert(const PgmSchema *s, const PgmObject *type)
{
	for (int i = 0; i < s->snapshot->n; i++)
	{
		const PgmObject *o = s->snapshot->object[i];
		const char *its = pgm_kind_is(o, PGM_KIND_TABLE) ? pgm_object_value(o, PGM_PROP_OF_TYPE) :
			pgm_kind_is(o, PGM_KIND_TYPE) ? pgm_object_value(o, PGM_PROP_SUBTYPE) : pgm_object_value(o, PGM_PROP_TYPE);

		if (its == NULL || strcmp(pgm_text_without_array(its), type->identity) != 0)
			continue;
		if (pgm_kind_is(o, PGM_KIND_ATTRIBUTE) && strcmp(its, type->identity) == 0)
		{
			/* nested in another row, which must be convertible itself */
			if (!can_convert(s, pgm_schema_parent(s, o)))
				return false;
		}
		else if (!pgm_kind_is(o, PGM_KIND_COLUMN) || strcmp(its, type->identity) != 0)
			return false;
	}
	return true;
}

static List *
attribute_names(const PgmSchema *s, const PgmObject *type)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, pgm_schema_children(s, type, PGM_KIND_ATTRIBUTE))
	{
		names = lappend(names, makeString(pstrdup(pgm_sql_last_name(((PgmObject *) lfirst(lc))->identity))));
	}
	return names;
}

/*
 * Must a composite type be replaced to get its attributes into the new order?  ADD
 * ATTRIBUTE appends, so it must unless the attributes that stay come first, in their
 * order.  Where values could not be converted the old order is left as it is.
 */
bool
pgm_composite_needs_reorder(const PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	List	   *before;
	List	   *after;

	if (!pgm_kind_is(old, PGM_KIND_TYPE) ||
		pgm_object_value_same(old, new, PGM_PROP_ATTRIBUTE_ORDER) ||
		pgm_object_composite_type(p->old, old->identity) == NULL ||
		pgm_object_composite_type(p->new, new->identity) == NULL)
		return false;
	before = attribute_names(p->old, old);
	after = attribute_names(p->new, new);
	return !equal(list_concat_unique(list_intersection(before, after), after), after) &&
		can_convert(p->old, old);
}
