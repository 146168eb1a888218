/*
 * write_type_replacement.c
 *	  Statements that replace a type which columns have.
 *
 * The old type is renamed away, the new one is created, the columns are altered to it
 * with a USING expression, and the old type is dropped (diff/plan/replace_types.c).
 * Values are converted by way of their text, except composite values whose fields have
 * other positions: the text of a row has no names, so these are built field by field.
 */
#include "postgres.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/type_functions.h"
#include "util/sql_text.h"

/* The name of a type or function while it is renamed away. */
static const char *
renamed_away_name(const char *identity)
{
	return pgm_helper_name(identity, "old");
}

/*
 * Do values of the two types have their fields at the same positions, on all levels?  True
 * for types that are not composite: their text has no fields.
 */
static bool
have_fields_in_same_order(const PgmWrite *w, const char *old, const char *new)
{
	const PgmObject *before = pgm_object_composite_type(w->old, pgm_text_without_array(old));
	const PgmObject *after = pgm_object_composite_type(w->new, pgm_text_without_array(new));
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
		if (strcmp(pgm_sql_last_name(((PgmObject *) lfirst(a))->identity),
				   pgm_sql_last_name(((PgmObject *) lfirst(b))->identity)) != 0 ||
			!have_fields_in_same_order(w, pgm_object_value(lfirst(a), PGM_PROP_TYPE),
									   pgm_object_value(lfirst(b), PGM_PROP_TYPE)))
			return false;
	}
	return list_length(fields) == list_length(others);
}

/*
 * An expression that builds a row of the new composite type from the value of the old one,
 * field by field.  New fields are NULL.
 */
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
		const char *name = pgm_sql_last_name(to->identity);
		const PgmObject *from = pgm_schema_find(w->old, PGM_KIND_ATTRIBUTE,
												psprintf("%s.%s", old->identity, name));

		pgm_text_add(&list, "%s", from == NULL ? "NULL" :
					 pgm_type_conversion(w, psprintf("(%s).%s", value, name),
										 pgm_object_value(from, PGM_PROP_TYPE),
										 pgm_object_value(to, PGM_PROP_TYPE)));
	}

	/*
	 * A NULL must stay NULL rather than become a row of NULLs.  IS NOT NULL
	 * would not tell them apart: it is false for any row with a NULL field.
	 */
	return psprintf("CASE WHEN %s IS DISTINCT FROM NULL THEN ROW(%s)::%s END",
					value, list.data, new->identity);
}

/* An expression that converts "value", an expression of the old type, to the new type. */
char *
pgm_type_conversion(const PgmWrite *w, const char *value, const char *old,
					const char *new)
{
	const PgmObject *before = pgm_object_composite_type(w->old, old);
	const PgmObject *after = pgm_object_composite_type(w->new, new);

	return before && after && !have_fields_in_same_order(w, old, new) ?
		row_conversion(w, value, before, after) :
		psprintf("%s::text::%s", value, new);
}

/*
 * Rename a function away that the server created with a type, since it creates one of the
 * same name for the new type.
 */
static PgmDiffStatement *
rename_function(PgmWrite *w, const char *name, const char *arguments)
{
	return pgm_write_statement(w, "ALTER FUNCTION %s(%s) RENAME TO %s", name, arguments,
							   renamed_away_name(name));
}

/*
 * Rename the multirange of a range away, and the constructor functions of both, which
 * CREATE TYPE AS RANGE creates (makeRangeConstructors and makeMultirangeConstructors) and
 * RENAME of the type does not rename.
 */
static void
write_range_renamed_away(PgmWrite *w, const PgmObject *type)
{
	const char *name = type->identity;
	const char *multirange = pgm_object_value(type, PGM_PROP_MULTIRANGE_TYPE);
	const char *subtype = pgm_object_value(type, PGM_PROP_SUBTYPE);

	rename_function(w, name, psprintf("%s, %s", subtype, subtype))->hazard =
		"only a superuser can do this, for the functions of a range are not its owner's";
	(void) rename_function(w, name, psprintf("%s, %s, text", subtype, subtype));
	(void) rename_function(w, multirange, "");
	(void) rename_function(w, multirange, name);
	(void) rename_function(w, multirange, psprintf("VARIADIC %s[]", name));
	pgm_write_statement(w, "ALTER TYPE %s RENAME TO %s", multirange, renamed_away_name(multirange));
}

/* Set on a statement which attributes the new type lacks, whose values are lost. */
static void
set_lost_attributes(const PgmWrite *w, const PgmObject *type, PgmDiffStatement *sql)
{
	StringInfoData names;
	int			n = 0;
	ListCell   *lc;

	if (pgm_object_composite_type(w->new, type->identity) == NULL)
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

/* Rename a type away that columns have, so that the new one can take its name. */
void
pgm_write_rename_type_away(PgmWrite *w, const PgmObject *type)
{
	PgmDiffStatement *sql;
	ListCell   *lc;

	/*
	 * The old domain lives on until its columns have the new one, but its
	 * default, like its constraints (implicit_objects.c), may use objects
	 * that are dropped before.
	 */
	if (pgm_kind_is(type, PGM_KIND_DOMAIN) && pgm_object_value(type, PGM_PROP_DEFAULT))
		pgm_write_statement(w, "ALTER DOMAIN %s DROP DEFAULT", type->identity);
	foreach(lc, pgm_kind_is(type, PGM_KIND_TYPE) ? pgm_functions_of_type(w->old, type) : NIL)
	{
		const char *function = ((PgmObject *) lfirst(lc))->identity;

		pgm_write_statement(w, "ALTER FUNCTION %s RENAME TO %s", function,
							renamed_away_name(function));
	}
	if (pgm_kind_is(type, PGM_KIND_TYPE) && pgm_object_value(type, PGM_PROP_MULTIRANGE_TYPE))
		write_range_renamed_away(w, type);
	sql = pgm_write_statement(w, "ALTER %s %s RENAME TO %s", pgm_write_word(type), type->identity,
							  renamed_away_name(type->identity));
	set_lost_attributes(w, type, sql);
}

/* Drop a type that was renamed away; its own functions go with it by CASCADE. */
void
pgm_write_drop_old_type(PgmWrite *w, const PgmObject *type)
{
	pgm_write_statement(w, "DROP %s %s.%s%s", pgm_write_word(type), pgm_relation_schema(type),
						renamed_away_name(type->identity),
						pgm_kind_is(type, PGM_KIND_TYPE) &&
						pgm_functions_of_type(w->old, type) != NIL ? " CASCADE" : "");
}
