/*
 * replace_types.c
 *	  Types that are made anew while columns have them.
 *
 * Such a type is renamed, made anew under its name, the columns get the new
 * one, and the old one is dropped.  What it is made of can go no sooner, so
 * that is exchanged with it.  Columns of a table that is made of a type and
 * remains so have what its attributes have.
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

/* Is it something that columns have: a type, a domain, a collation? */
bool
pgm_item_is_type(const PgmDiffItem *a)
{
	return is_kind(a, PGM_KIND_TYPE) || is_kind(a, PGM_KIND_DOMAIN) || is_kind(a, PGM_KIND_COLLATION);
}

/* Is something of the same name made in its place? */
bool
pgm_item_is_recreated(const PgmDiffItem *a)
{
	return a->decision == PGM_DECISION_REPLACE || (a->decision == PGM_DECISION_DROP && a->successor);
}

/* Find domains that become types of the same name, and the reverse. */
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

/* What a type is made of, by itself and by its attributes. */
static List *
made_of(const PgmDiffItem *type)
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
 * Columns that change have a type: it, and what it is made of, is kept for
 * them.  Returns whether something of it is made anew.
 */
static bool
keep_aside(PgmDiffItem *type)
{
	bool		anew = pgm_item_is_recreated(type);
	ListCell   *lc;

	if (type->renamed_away)
		return true;
	type->renamed_away = anew;
	foreach(lc, made_of(type))
	{
		if (pgm_item_is_type(lfirst(lc)) && lfirst(lc) != type)
			anew |= keep_aside(lfirst(lc));
	}
	return anew;
}

/*
 * The attribute that a column of a table comes and goes with, as the table is
 * made of a type before and after, or NULL.
 */
static PgmDiffItem *
attribute_of(const PgmDiffPlan *p, const PgmDiffItem *column)
{
	const PgmObject *o = pgm_item_object(column);
	const PgmSchema *s = column->new.object ? p->new : p->old;
	const PgmObject *table = pgm_schema_parent(s, o);
	const char *type = table && pgm_kind_is(table, PGM_KIND_TABLE) ? pgm_value(table, PGM_PROP_OF_TYPE) : NULL;
	const PgmDiffItem *link = type ? pgm_plan_find_sub_property(p, table, PGM_PROP_OF_TYPE) : NULL;

	if (link == NULL || link->decision != PGM_DECISION_NONE)
		return NULL;
	return pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_ATTRIBUTE,
												 psprintf("%s.%s", type, pgm_last_name(o->identity))));
}

/* Find what has to be exchanged, and which columns follow attributes. */
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
			if (pgm_item_is_type(lfirst(lc)) && keep_aside(lfirst(lc)))
				a->retyped = true;
		}
	}
}

static bool
ends_with_array(const PgmDiffItem *a, bool new)
{
	const PgmObject *o = new ? a->new.object : a->old.object;
	const char *type = pgm_value(o, PGM_PROP_TYPE);
	Size		length = type ? strlen(type) : 0;

	return length > 0 && type[length - 1] == ']';
}

/* Add the columns in which a type is "within" something, to a list. */
static List *
add_holders(List *list, const PgmDiffItem *type, bool new, bool within)
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
			list = add_holders(list, new ? a->new.parent : a->old.parent, new, true);
		else if (is_kind(a, PGM_KIND_DOMAIN))
			list = add_holders(list, a, new, within || array);
		else if (is_kind(a, PGM_KIND_TYPE))
			list = add_holders(list, a, new, true);
	}
	return list;
}

/*
 * The columns that have a composite type, or have a domain within something
 * else, an array or a row, on one of the sides.  While there are such, the
 * server refuses another type of an attribute, or a constraint of the domain.
 */
List *
pgm_plan_columns_containing(const PgmDiffItem *type, bool new)
{
	return add_holders(NIL, type, new, is_kind(type, PGM_KIND_TYPE));
}
