/*
 * rename_signature.c
 *	  The signature of an object: a text that two objects have in common if they
 *	  differ only in their names.
 *
 * What a signature contains decides what is evidence for a rename.  The object is
 * compared without properties that are often changed together with a name, and
 * with its surroundings: a column with its table and its neighbours.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "diff/rename/rename_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* Append all properties that are set, except n of them. */
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

/* Properties of sequences, types and domains that may change with the name */
static const PgmPropertyId not_looked_at[] = {PGM_PROP_COMMENT, PGM_PROP_OWNER, PGM_PROP_DEFINITION, PGM_PROP_OPTIONS};

/* Append the columns of a table with their types; returns whether it has any. */
static bool
append_columns(StringInfo out, const PgmSchema *s, const PgmObject *table)
{
	List	   *columns = pgm_schema_children(s, table, PGM_KIND_COLUMN);
	ListCell   *lc;

	foreach(lc, columns)
	{
		appendStringInfo(out, "|%s %s", pgm_sql_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_object_value(lfirst(lc), PGM_PROP_TYPE));
	}
	return columns != NIL;
}

/*
 * The signature of a table: its schema, or if "moved" its name; its columns, and how
 * it is partitioned.  NULL if it has no columns, since all such tables are alike.
 */
static const char *
table_signature(const PgmSchema *s, const PgmObject *o, bool moved)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s|%s|%s", pgm_kind_name(o->kind->id), moved ? "moved" : "renamed",
					 moved ? pgm_sql_last_name(o->identity) : pgm_relation_schema(o),
					 pgm_object_value(o, PGM_PROP_PARTITION_KEY) ? pgm_object_value(o, PGM_PROP_PARTITION_KEY) : "");
	if (pgm_is_partition(o))
		appendStringInfo(&out, "|%s", pgm_object_value(o, PGM_PROP_PARTITION_BOUND));
	return append_columns(&out, s, o) ? out.data : NULL;
}

/*
 * The signature of a column: its table, the names of the columns before and after
 * it, and its properties.  NULL if it is inherited: it is renamed with its parent.
 */
static const char *
column_signature(const PgmSchema *s, const PgmObject *o)
{
	static const PgmPropertyId but[] = {PGM_PROP_COMMENT, PGM_PROP_STATISTICS_TARGET, PGM_PROP_OPTIONS, PGM_PROP_STORAGE,
	PGM_PROP_COMPRESSION};
	const PgmObject *table = pgm_schema_parent(s, o);
	const char *before = "";
	const char *behind = "";
	StringInfoData out;
	ListCell   *lc;
	bool		found = false;

	if (table == NULL || !pgm_kind_is(table, PGM_KIND_TABLE) || pgm_object_value(o, PGM_PROP_ONLY_INHERITED))
		return NULL;
	foreach(lc, pgm_schema_children(s, table, PGM_KIND_COLUMN))
	{
		const PgmObject *other = lfirst(lc);

		if (found)
		{
			behind = pgm_sql_last_name(other->identity);
			break;
		}
		found = other == o;
		if (!found)
			before = pgm_sql_last_name(other->identity);
	}
	initStringInfo(&out);
	appendStringInfo(&out, "column|%s|%s|%s", table->identity, before, behind);
	append_properties(&out, o, but, lengthof(but));
	return out.data;
}

/*
 * The signature of a constraint: its table and definition.  NULL if it is inherited
 * or of a partition, as it is renamed with that of the parent.
 */
static const char *
constraint_signature(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *table = pgm_schema_parent(s, o);

	if (table == NULL || pgm_object_value(o, PGM_PROP_INHERITED) || pgm_object_value(o, PGM_PROP_ATTACHED_TO))
		return NULL;
	return psprintf("constraint|%s|%s", table->identity, pgm_object_value(o, PGM_PROP_DEFINITION));
}

/* The signature of an index: its definition without its name. */
static const char *
index_signature(const PgmObject *o)
{
	const char *definition = pgm_object_value(o, PGM_PROP_DEFINITION);
	const char *name = strstr(definition, "INDEX ") + strlen("INDEX ");

	return psprintf("index|%.*s%s", (int) (name - definition), definition,
					name + pgm_sql_name_length(name));
}

/*
 * The signature of a sequence that belongs to a column; NULL if it does not.  A
 * column has exactly one sequence of its identity, so that is its signature.
 */
static const char *
sequence_signature(const PgmObject *o)
{
	StringInfoData out;

	if (pgm_object_value(o, PGM_PROP_IDENTITY_OF))
		return psprintf("sequence|%s", pgm_object_value(o, PGM_PROP_IDENTITY_OF));
	if (!pgm_object_value(o, PGM_PROP_OWNED_BY))
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "sequence");
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	return out.data;
}

/* The signature of a domain, enum or composite type; NULL for other types. */
static const char *
type_signature(const PgmSchema *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;

	if (pgm_kind_is(o, PGM_KIND_TYPE) && strcmp(pgm_object_value(o, PGM_PROP_FORM), "enum") != 0 &&
		strcmp(pgm_object_value(o, PGM_PROP_FORM), "composite") != 0)
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s", pgm_kind_name(o->kind->id), pgm_relation_schema(o));
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_ATTRIBUTE))
	{
		appendStringInfo(&out, "|%s %s", pgm_sql_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_object_value(lfirst(lc), PGM_PROP_TYPE));
	}
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_DOMAIN_CONSTRAINT))
	{
		appendStringInfo(&out, "|%s", pgm_object_value(lfirst(lc), PGM_PROP_DEFINITION));
	}
	return out.data;
}

/* The signature of a schema: all objects in it; NULL if there is no table among them. */
static const char *
schema_signature(const PgmSchema *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;
	int			n = 0;

	initStringInfo(&out);
	appendStringInfoString(&out, "schema");
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_ANY))
	{
		const PgmObject *part = lfirst(lc);

		/* privileges, and what is named otherwise than schema.name */
		if (part->kind->is_right || strncmp(part->identity, o->identity, strlen(o->identity)) != 0)
			continue;
		appendStringInfo(&out, "|%s%s", pgm_kind_name(part->kind->id), part->identity + strlen(o->identity));
		n += pgm_kind_is(part, PGM_KIND_TABLE);
	}
	return n > 0 ? out.data : NULL;
}

/*
 * The signature of an object: equal for two objects that differ only in their name,
 * or if "moved" only in their schema.  NULL if no rename is detected for such an
 * object.
 */
const char *
pgm_rename_signature(const PgmSchema *s, const PgmObject *o, bool moved)
{
	if (pgm_kind_is(o, PGM_KIND_TABLE))
		return table_signature(s, o, moved);
	if (moved)
		return NULL;
	if (pgm_kind_is(o, PGM_KIND_COLUMN))
		return column_signature(s, o);
	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT))
		return constraint_signature(s, o);
	if (pgm_kind_is(o, PGM_KIND_INDEX))
		return index_signature(o);
	if (pgm_kind_is(o, PGM_KIND_SEQUENCE))
		return sequence_signature(o);
	if (pgm_kind_is(o, PGM_KIND_TYPE) || pgm_kind_is(o, PGM_KIND_DOMAIN))
		return type_signature(s, o);
	if (pgm_kind_is(o, PGM_KIND_SCHEMA))
		return schema_signature(s, o);
	return NULL;
}
