/*
 * type_functions.c
 *	  Types and the functions that are created and dropped together with them.
 *
 * A base type names its input and output functions, which name the type in turn.
 * PostgreSQL resolves that by a shell: CREATE TYPE t, the functions, CREATE TYPE
 * t (...).  The catalog records that each depends on the other; whoever orders
 * objects by their dependencies treats such functions as parts of the type.
 */
#include "postgres.h"

#include "schema/kinds/kinds.h"
#include "schema/type_functions.h"
#include "util/sql_text.h"

/* The functions that may have the type as argument or result */
static const PgmPropertyId function_properties[] = {
	PGM_PROP_CANONICAL, PGM_PROP_SUBTYPE_DIFF, PGM_PROP_INPUT, PGM_PROP_OUTPUT, PGM_PROP_RECEIVE, PGM_PROP_SEND
};

/* The function that a property of a type names, or NULL if it is not in the schema. */
static const PgmObject *
function_of(const PgmSchema *s, const PgmObject *type, PgmPropertyId property)
{
	const char *function = pgm_object_value(type, property);

	return function ? pgm_schema_find(s, PGM_KIND_FUNCTION, function) : NULL;
}

/* Does a function have the type among its arguments, or return it? */
static bool
speaks_of(const PgmObject *function, const PgmObject *type)
{
	const char *definition = pgm_object_value(function, PGM_PROP_DEFINITION);
	const char *body = pgm_text_find(definition, "\n LANGUAGE ");
	const char *name = strstr(definition, type->identity);

	return name && (body == NULL || name < body);
}

/*
 * Do functions of a type take or return it, so that CREATE TYPE has to make a
 * shell of it before they can be created?
 */
bool
pgm_type_needs_shell(const PgmObject *type)
{
	return strcmp(pgm_object_value(type, PGM_PROP_FORM), "base") == 0 ||
		(strcmp(pgm_object_value(type, PGM_PROP_FORM), "range") == 0 && pgm_object_value(type, PGM_PROP_CANONICAL));
}

/*
 * Is the function created and dropped together with the type, because each
 * needs the other?
 */
bool
pgm_function_goes_with(const PgmObject *function, const PgmObject *type)
{
	if (!pgm_type_needs_shell(type))
		return false;
	for (int i = 0; i < (int) lengthof(function_properties); i++)
	{
		const char *name = pgm_object_value(type, function_properties[i]);

		if (name && strcmp(name, function->identity) == 0)
			return speaks_of(function, type);
	}
	return false;
}

/* The functions that are created and dropped together with a type, each once. */
List *
pgm_functions_of_type(const PgmSchema *s, const PgmObject *type)
{
	List	   *list = NIL;

	for (int i = 0; i < (int) lengthof(function_properties) && pgm_type_needs_shell(type); i++)
	{
		const PgmObject *function = function_of(s, type, function_properties[i]);

		if (function && speaks_of(function, type))
			list = list_append_unique_ptr(list, unconstify(PgmObject *, function));
	}
	return list;
}

/* The type together with which a function is created and dropped, or NULL. */
const PgmObject *
pgm_type_of_function(const PgmSchema *s, const PgmObject *function)
{
	for (PgmObjectRange types = pgm_schema_range(s, PGM_KIND_TYPE, ""); types.at < types.end; types.at++)
		if (pgm_function_goes_with(function, *types.at))
			return *types.at;
	return NULL;
}
