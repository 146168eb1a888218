/*
 * write_type_replacement.c
 *	  Statements by which columns get a type that is made anew.
 *
 * Values come from the old type to the new one by way of their text, but for
 * rows whose fields have other places: those are put together field by field.
 */
#include "postgres.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/type_functions.h"
#include "util/sql_text.h"

static const char *
aside_name(const char *identity)
{
	return pgm_helper_name(identity, "_old");
}

/* Do values of the types have their fields in the same places? */
static bool
same_places(const PgmWrite *w, const char *old, const char *new)
{
	const PgmObject *before = pgm_composite_type(w->old, pgm_text_without_array(old));
	const PgmObject *after = pgm_composite_type(w->new, pgm_text_without_array(new));
	List	   *fields;
	List	   *others;
	ListCell   *a;
	ListCell   *b;

	if (before == NULL || after == NULL)
		return true;
	fields = pgm_schema_children(w->old, before, PGM_KIND_ATTRIBUTE);
	others = pgm_schema_children(w->new, after, PGM_KIND_ATTRIBUTE);
	forboth(a, fields, b, others)
	{
		if (strcmp(pgm_last_name(((PgmObject *) lfirst(a))->identity),
				   pgm_last_name(((PgmObject *) lfirst(b))->identity)) != 0 ||
			!same_places(w, pgm_value(lfirst(a), PGM_PROP_TYPE), pgm_value(lfirst(b), PGM_PROP_TYPE)))
			return false;
	}
	return list_length(fields) == list_length(others);
}

static char *
row_conversion(const PgmWrite *w, const char *value, const PgmObject *old,
			   const PgmObject *new)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, pgm_schema_children(w->new, new, PGM_KIND_ATTRIBUTE))
	{
		const PgmObject *to = lfirst(lc);
		const char *name = pgm_last_name(to->identity);
		const PgmObject *from = pgm_schema_find(w->old, PGM_KIND_ATTRIBUTE,
												psprintf("%s.%s", old->identity, name));

		pgm_text_add(&list, "%s", from == NULL ? "NULL" :
					 pgm_type_conversion(w, psprintf("(%s).%s", value, name),
										 pgm_value(from, PGM_PROP_TYPE), pgm_value(to, PGM_PROP_TYPE)));
	}
	return psprintf("CASE WHEN %s IS DISTINCT FROM NULL THEN ROW(%s)::%s END",
					value, list.data, new->identity);
}

/* An expression for what a value of the old type is in the new one. */
char *
pgm_type_conversion(const PgmWrite *w, const char *value, const char *old,
					const char *new)
{
	const PgmObject *before = pgm_composite_type(w->old, old);
	const PgmObject *after = pgm_composite_type(w->new, new);

	return before && after && !same_places(w, old, new) ?
		row_conversion(w, value, before, after) :
		psprintf("%s::text::%s", value, new);
}

/* A function that comes with a type is out of the way of that of the new one. */
static PgmDiffStatement *
rename_function(PgmWrite *w, const char *name, const char *arguments)
{
	return pgm_write_statement(w, "ALTER FUNCTION %s(%s) RENAME TO %s", name, arguments, aside_name(name));
}

/* A range has a multirange, and both have functions of their names. */
static void
write_range_aside(PgmWrite *w, const PgmObject *type)
{
	const char *name = type->identity;
	const char *multirange = pgm_value(type, PGM_PROP_MULTIRANGE_TYPE);
	const char *subtype = pgm_value(type, PGM_PROP_SUBTYPE);

	rename_function(w, name, psprintf("%s, %s", subtype, subtype))->hazard =
		"only a superuser can do this, for the functions of a range are not its owner's";
	(void) rename_function(w, name, psprintf("%s, %s, text", subtype, subtype));
	(void) rename_function(w, multirange, "");
	(void) rename_function(w, multirange, name);
	(void) rename_function(w, multirange, psprintf("VARIADIC %s[]", name));
	pgm_write_statement(w, "ALTER TYPE %s RENAME TO %s", multirange, aside_name(multirange));
}

/* Say of a statement what columns have of the type and the new one has not. */
static void
say_lost(const PgmWrite *w, const PgmObject *type, PgmDiffStatement *sql)
{
	StringInfoData names;
	int			n = 0;
	ListCell   *lc;

	if (pgm_composite_type(w->new, type->identity) == NULL)
		return;
	initStringInfo(&names);
	foreach(lc, pgm_schema_children(w->old, type, PGM_KIND_ATTRIBUTE))
	{
		const PgmObject *o = lfirst(lc);

		if (pgm_schema_find(w->new, PGM_KIND_ATTRIBUTE, o->identity))
			continue;
		appendStringInfo(&names, "%s%s", n++ > 0 ? ", " : "", o->identity);
		sql->candidates = pgm_rename_candidates(w, o, type);
	}
	if (n > 0)
		sql->loses = psprintf("the values of attribute%s %s", n > 1 ? "s" : "", names.data);
}

/* Put a type aside that columns have, until they have the new one. */
void
pgm_write_rename_type_away(PgmWrite *w, const PgmObject *type)
{
	PgmDiffStatement *sql;
	ListCell   *lc;

	if (pgm_kind_is(type, PGM_KIND_DOMAIN) && pgm_value(type, PGM_PROP_DEFAULT))
		pgm_write_statement(w, "ALTER DOMAIN %s DROP DEFAULT", type->identity);
	foreach(lc, pgm_kind_is(type, PGM_KIND_TYPE) ? pgm_functions_of_type(w->old, type) : NIL)
	{
		const char *function = ((PgmObject *) lfirst(lc))->identity;

		pgm_write_statement(w, "ALTER FUNCTION %s RENAME TO %s", function, aside_name(function));
	}
	if (pgm_kind_is(type, PGM_KIND_TYPE) && pgm_value(type, PGM_PROP_MULTIRANGE_TYPE))
		write_range_aside(w, type);
	sql = pgm_write_statement(w, "ALTER %s %s RENAME TO %s", pgm_write_word(type), type->identity,
							  aside_name(type->identity));
	say_lost(w, type, sql);
}

/* Drop a type that was put aside. */
void
pgm_write_drop_old_type(PgmWrite *w, const PgmObject *type)
{
	pgm_write_statement(w, "DROP %s %s.%s%s", pgm_write_word(type), pgm_relation_schema(type),
						aside_name(type->identity),
						pgm_kind_is(type, PGM_KIND_TYPE) && pgm_functions_of_type(w->old, type) != NIL ? " CASCADE" : "");
}
