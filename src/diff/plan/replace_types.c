/*
 * replace_types.c
 *	  Replacement of types while columns have them.
 *
 * The old type is renamed away, the new one created under its name, the columns are
 * altered to the new type, and then the old one is dropped.  Types that it is made of
 * cannot be dropped before it, so they are renamed away with it.  Columns of a typed
 * table are altered with the attributes of its type.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

static bool
is_kind(const PgmDiffItem *a, PgmKindId kind)
{
	return a->sub_property == NULL && pgm_kind_is(pgm_item_object(a), kind);
}

/* Is it a type, a domain or a collation, which columns can have? */
bool
pgm_item_is_type(const PgmDiffItem *a)
{
	return is_kind(a, PGM_KIND_TYPE) || is_kind(a, PGM_KIND_DOMAIN) || is_kind(a, PGM_KIND_COLLATION);
}

/* Is the object dropped and another one of the same name created? */
bool
pgm_item_is_recreated(const PgmDiffItem *a)
{
	return a->decision == PGM_DECISION_REPLACE || (a->decision == PGM_DECISION_DROP && a->successor);
}

/* Find domains that are replaced by types of the same name, and the reverse. */
void
pgm_plan_find_successors(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		if (a->new.object || !(is_kind(a, PGM_KIND_TYPE) || is_kind(a, PGM_KIND_DOMAIN)))
			continue;
		a->successor = pgm_plan_find_item(p, pgm_schema_find(p->new, is_kind(a, PGM_KIND_TYPE) ? PGM_KIND_DOMAIN : PGM_KIND_TYPE,
															 a->old.object->identity));
		if (a->successor && a->successor->old.object)
			a->successor = NULL;
	}
}

/* The items that a type is made of, by itself or by its attributes. */
static List *
components_of(const PgmDiffItem *type)
{
	List	   *list = list_copy(type->old.uses);
	ListCell   *lc;

	foreach(lc, type->old.used_by)
	{
		const PgmDiffItem *part = lfirst(lc);

		if (is_kind(part, PGM_KIND_ATTRIBUTE) && part->old.parent == type)
			list = list_concat(list, part->old.uses);
	}
	return list;
}

/*
 * A column that is altered has the type: rename it away if it is recreated, and so with
 * the types that it is made of.  Returns whether any of them is recreated.
 */
static bool
rename_away(PgmDiffItem *type)
{
	bool		recreated = pgm_item_is_recreated(type);
	ListCell   *lc;

	if (type->renamed_away)
		return true;
	/* set before the recursion, which must not come back here */
	type->renamed_away = recreated;
	foreach(lc, components_of(type))
	{
		if (pgm_item_is_type(lfirst(lc)) && lfirst(lc) != type)
			recreated |= rename_away(lfirst(lc));
	}
	return recreated;
}

/*
 * The attribute that a column of a typed table is created and dropped with, or NULL.  That
 * holds only if the table is of the same type in both states.
 */
static PgmDiffItem *
attribute_of(const PgmDiffPlan *p, const PgmDiffItem *column)
{
	const PgmObject *o = pgm_item_object(column);
	const PgmSchema *s = column->new.object ? p->new : p->old;
	const PgmObject *table = pgm_schema_parent(s, o);
	const char *type = table && pgm_kind_is(table, PGM_KIND_TABLE) ? pgm_object_value(table, PGM_PROP_OF_TYPE) : NULL;
	const PgmDiffItem *link = type ? pgm_plan_find_sub_property(p, table, PGM_PROP_OF_TYPE) : NULL;

	if (link == NULL || link->decision != PGM_DECISION_NONE)
		return NULL;
	return pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_ATTRIBUTE,
												 psprintf("%s.%s", type, pgm_sql_last_name(o->identity))));
}

/* Find the types that are renamed away and the columns that come from attributes. */
void
pgm_plan_replace_types(PgmDiffPlan *p)
{
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];
		ListCell   *lc;

		if (!is_kind(a, PGM_KIND_COLUMN))
			continue;
		a->attribute = attribute_of(p, a);
		if (a->decision != PGM_DECISION_ALTER)
			continue;
		foreach(lc, a->old.uses)
		{
			if (pgm_item_is_type(lfirst(lc)) && rename_away(lfirst(lc)))
				a->retyped = true;
		}
	}
}

static bool
ends_with_array(const PgmDiffItem *a, bool new)
{
	const PgmObject *o = new ? a->new.object : a->old.object;
	const char *type = pgm_object_value(o, PGM_PROP_TYPE);
	Size		length = type ? strlen(type) : 0;

	return length > 0 && type[length - 1] == ']';
}

/*
 * Add the columns that contain a type to a list.  "within": what follows is found inside of
 * an array or a row, so that a column counts.
 */
static List *
add_columns_containing(List *list, const PgmDiffItem *type, bool new, bool within)
{
	ListCell   *lc;

	foreach(lc, new ? type->new.used_by : type->old.used_by)
	{
		PgmDiffItem *a = lfirst(lc);
		bool		array = a->sub_property == NULL && ends_with_array(a, new);

		if ((new ? a->new.parent : a->old.parent) == type)
			continue;
		if (is_kind(a, PGM_KIND_COLUMN) && (within || array))
			list = list_append_unique_ptr(list, a);
		else if (is_kind(a, PGM_KIND_ATTRIBUTE))
			list = add_columns_containing(list, new ? a->new.parent : a->old.parent, new, true);
		else if (is_kind(a, PGM_KIND_DOMAIN))
			list = add_columns_containing(list, a, new, within || array);
		else if (is_kind(a, PGM_KIND_TYPE))
			list = add_columns_containing(list, a, new, true);
	}
	return list;
}

/*
 * The columns of one state that have a composite type, or that contain a domain in an
 * array or a row.  While there are such columns, the server refuses to alter the type of
 * an attribute, or to add a constraint to the domain.
 */
List *
pgm_plan_columns_containing(const PgmDiffItem *type, bool new)
{
	return add_columns_containing(NIL, type, new, is_kind(type, PGM_KIND_TYPE));
}
