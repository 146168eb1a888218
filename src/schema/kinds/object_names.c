/*
 * object_names.c
 *	  Constants of kinds and properties to their names, and back.
 */
#include "postgres.h"

#include "schema/kinds/object_names.h"

#define NAME(constant, name) name,

static const char *const kind_names[] = {PGM_ALL_KINDS(NAME)};
static const char *const property_names[] = {"", PGM_ALL_PROPERTIES(NAME)};

/* The name of a kind of objects, such as "foreign table". */
const char *
pgm_kind_name(PgmKindId kind)
{
	Assert(kind >= 0 && kind < PGM_KIND_COUNT);
	return kind_names[kind];
}

/* The name of a property, such as "not_null". */
const char *
pgm_property_name(PgmPropertyId property)
{
	Assert(property > PGM_PROP_NONE && property < PGM_PROP_COUNT);
	return property_names[property];
}

/* The kind with a name, or PGM_KIND_ANY if there is none. */
PgmKindId
pgm_kind_by_name(const char *name)
{
	for (int i = 0; i < PGM_KIND_COUNT; i++)
		if (strcmp(kind_names[i], name) == 0)
			return i;
	return PGM_KIND_ANY;
}

/* The property with a name, or PGM_PROP_NONE if there is none. */
PgmPropertyId
pgm_property_by_name(const char *name)
{
	for (int i = PGM_PROP_NONE + 1; i < PGM_PROP_COUNT; i++)
		if (strcmp(property_names[i], name) == 0)
			return i;
	return PGM_PROP_NONE;
}
