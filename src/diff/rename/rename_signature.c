/*
 * rename_signature.c
 *	  All of an object but its name.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "diff/rename/rename_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* Append all properties that are set, but for some. */
static void
append_properties(StringInfo out, const PgmObject *o, const PgmPropertyId *but, int n)
{
	for (int i = 0; i < o->properties->n; i++)
	{
		bool		skip = o->value[i] == NULL;

		for (int j = 0; j < n; j++)
			skip = skip || o->properties->id[i] == but[j];
		if (!skip)
			appendStringInfo(out, "|%s=%s", pgm_property_name(o->properties->id[i]), o->value[i]);
	}
}

/* Everything else about these may change with the name. */
static const PgmPropertyId not_looked_at[] = {PGM_PROP_COMMENT, PGM_PROP_OWNER, PGM_PROP_DEFINITION, PGM_PROP_OPTIONS};

/* The columns of a table with their types, without those that are inherited */
static bool
append_columns(StringInfo out, const PgmSchema *s, const PgmObject *table)
{
	List	   *columns = pgm_schema_children(s, table, PGM_KIND_COLUMN);
	ListCell   *lc;

	foreach(lc, columns)
	{
		appendStringInfo(out, "|%s %s", pgm_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_value(lfirst(lc), PGM_PROP_TYPE));
	}
	return columns != NIL;
}

/* A table under another name, or in another schema under the same */
static const char *
of_table(const PgmSchema *s, const PgmObject *o, bool moved)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s|%s|%s", pgm_kind_name(o->kind->id), moved ? "moved" : "renamed",
					 moved ? pgm_last_name(o->identity) : pgm_relation_schema(o),
					 pgm_value(o, PGM_PROP_PARTITION_KEY) ? pgm_value(o, PGM_PROP_PARTITION_KEY) : "");
	if (pgm_is_partition(o))
		appendStringInfo(&out, "|%s", pgm_value(o, PGM_PROP_PARTITION_BOUND));
	return append_columns(&out, s, o) ? out.data : NULL;
}

/* The column with the names of those before and behind it */
static const char *
of_column(const PgmSchema *s, const PgmObject *o)
{
	static const PgmPropertyId but[] = {PGM_PROP_COMMENT, PGM_PROP_STATISTICS_TARGET, PGM_PROP_OPTIONS, PGM_PROP_STORAGE,
	PGM_PROP_COMPRESSION};
	const PgmObject *table = pgm_schema_parent(s, o);
	const char *before = "";
	const char *behind = "";
	StringInfoData out;
	ListCell   *lc;
	bool		found = false;

	if (table == NULL || !pgm_kind_is(table, PGM_KIND_TABLE) || pgm_value(o, PGM_PROP_ONLY_INHERITED))
		return NULL;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_COLUMN))
	{
		const PgmObject *other = lfirst(lc);

		if (found)
		{
			behind = pgm_last_name(other->identity);
			break;
		}
		found = other == o;
		if (!found)
			before = pgm_last_name(other->identity);
	}
	initStringInfo(&out);
	appendStringInfo(&out, "column|%s|%s|%s", table->identity, before, behind);
	append_properties(&out, o, but, lengthof(but));
	return out.data;
}

static const char *
of_part(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);

	if (table == NULL || pgm_value(o, PGM_PROP_INHERITED) || pgm_value(o, PGM_PROP_ATTACHED_TO))
		return NULL;
	return psprintf("constraint|%s|%s", table->identity, pgm_value(o, PGM_PROP_DEFINITION));
}

/* The definition without the name of the index */
static const char *
of_index(const PgmObject *o)
{
	const char *definition = pgm_value(o, PGM_PROP_DEFINITION);
	const char *name = strstr(definition, "INDEX ") + strlen("INDEX ");

	return psprintf("index|%.*s%s", (int) (name - definition), definition,
					name + pgm_name_length(name));
}

/* One that belongs to a column; an identity has one and no other */
static const char *
of_sequence(const PgmObject *o)
{
	StringInfoData out;

	if (pgm_value(o, PGM_PROP_IDENTITY_OF))
		return psprintf("sequence|%s", pgm_value(o, PGM_PROP_IDENTITY_OF));
	if (!pgm_value(o, PGM_PROP_OWNED_BY))
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "sequence");
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	return out.data;
}

static const char *
of_type(const PgmSchema *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;

	if (pgm_kind_is(o, PGM_KIND_TYPE) && strcmp(pgm_value(o, PGM_PROP_FORM), "enum") != 0 &&
		strcmp(pgm_value(o, PGM_PROP_FORM), "composite") != 0)
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s", pgm_kind_name(o->kind->id), pgm_relation_schema(o));
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_ATTRIBUTE))
	{
		appendStringInfo(&out, "|%s %s", pgm_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_value(lfirst(lc), PGM_PROP_TYPE));
	}
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_DOMAIN_CONSTRAINT))
	{
		appendStringInfo(&out, "|%s", pgm_value(lfirst(lc), PGM_PROP_DEFINITION));
	}
	return out.data;
}

/* A schema by what it holds, of which there has to be something */
static const char *
of_schema(const PgmSchema *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;
	int			n = 0;

	initStringInfo(&out);
	appendStringInfoString(&out, "schema");
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_ANY))
	{
		const PgmObject *part = lfirst(lc);

		if (part->kind->is_right || strncmp(part->identity, o->identity, strlen(o->identity)) != 0)
			continue;
		appendStringInfo(&out, "|%s%s", pgm_kind_name(part->kind->id), part->identity + strlen(o->identity));
		n += pgm_kind_is(part, PGM_KIND_TABLE);
	}
	return n > 0 ? out.data : NULL;
}

/*
 * A text that is the same for two objects of which all is the same but the
 * name, or if "moved" the schema; NULL for what is not looked for by that.
 */
const char *
pgm_rename_signature(const PgmSchema *s, const PgmObject *o, bool moved)
{
	if (pgm_kind_is(o, PGM_KIND_TABLE))
		return of_table(s, o, moved);
	if (moved)
		return NULL;
	if (pgm_kind_is(o, PGM_KIND_COLUMN))
		return of_column(s, o);
	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT))
		return of_part(s, o);
	if (pgm_kind_is(o, PGM_KIND_INDEX))
		return of_index(o);
	if (pgm_kind_is(o, PGM_KIND_SEQUENCE))
		return of_sequence(o);
	if (pgm_kind_is(o, PGM_KIND_TYPE) || pgm_kind_is(o, PGM_KIND_DOMAIN))
		return of_type(s, o);
	if (pgm_kind_is(o, PGM_KIND_SCHEMA))
		return of_schema(s, o);
	return NULL;
}
