/*
 * rename_signature.c
 *	  All of an object but its name.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "diff/rename/rename_internal.h"
#include "diff/write/write_relations.h"
#include "schema/kinds/kinds.h"

/* Append all properties that are set, but for some. */
static void
append_properties(StringInfo out, const PgmObject *o, const char *const *but, int n)
{
	for (int i = 0; i < o->properties->n; i++)
	{
		bool		skip = o->value[i] == NULL;

		for (int j = 0; j < n; j++)
			skip = skip || strcmp(o->properties->name[i], but[j]) == 0;
		if (!skip)
			appendStringInfo(out, "|%s=%s", o->properties->name[i], o->value[i]);
	}
}

/* Everything else about these may change with the name. */
static const char *const not_looked_at[] = {"comment", "owner", "definition", "options"};

/* The columns of a table with their types, without those that are inherited */
static bool
append_columns(StringInfo out, const PgmSide *s, const PgmObject *table)
{
	List	   *columns = pgm_side_children(s, table, "column");
	ListCell   *lc;

	foreach(lc, columns)
	{
		appendStringInfo(out, "|%s %s", pgm_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_value(lfirst(lc), "type"));
	}
	return columns != NIL;
}

/* A table under another name, or in another schema under the same */
static const char *
of_table(const PgmSide *s, const PgmObject *o, bool moved)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s|%s|%s", o->kind->name, moved ? "moved" : "renamed",
					 moved ? pgm_last_name(o->identity) : pgm_relation_schema(o),
					 pgm_value(o, "partition_key") ? pgm_value(o, "partition_key") : "");
	if (pgm_is_partition(o))
		appendStringInfo(&out, "|%s", pgm_value(o, "partition_bound"));
	return append_columns(&out, s, o) ? out.data : NULL;
}

/* The column with the names of those before and behind it */
static const char *
of_column(const PgmSide *s, const PgmObject *o)
{
	static const char *const but[] = {"comment", "statistics_target", "options", "storage",
	"compression"};
	const PgmObject *table = pgm_side_parent(s, o);
	const char *before = "";
	const char *behind = "";
	StringInfoData out;
	ListCell   *lc;
	bool		found = false;

	if (table == NULL || !pgm_kind_is(table, "table") || pgm_value(o, "only_inherited"))
		return NULL;
	foreach(lc, pgm_side_children(s, table, "column"))
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
of_part(const PgmSide *s, const PgmObject *o)
{
	const PgmObject *table = pgm_side_parent(s, o);

	if (table == NULL || pgm_value(o, "inherited") || pgm_value(o, "attached_to"))
		return NULL;
	return psprintf("constraint|%s|%s", table->identity, pgm_value(o, "definition"));
}

/* The definition without the name of the index */
static const char *
of_index(const PgmObject *o)
{
	const char *definition = pgm_value(o, "definition");
	const char *name = strstr(definition, "INDEX ") + strlen("INDEX ");

	return psprintf("index|%.*s%s", (int) (name - definition), definition,
					name + pgm_name_length(name));
}

/* One that belongs to a column; an identity has one and no other */
static const char *
of_sequence(const PgmObject *o)
{
	StringInfoData out;

	if (pgm_value(o, "identity_of"))
		return psprintf("sequence|%s", pgm_value(o, "identity_of"));
	if (!pgm_value(o, "owned_by"))
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "sequence");
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	return out.data;
}

static const char *
of_type(const PgmSide *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;

	if (pgm_kind_is(o, "type") && strcmp(pgm_value(o, "form"), "enum") != 0 &&
		strcmp(pgm_value(o, "form"), "composite") != 0)
		return NULL;
	initStringInfo(&out);
	appendStringInfo(&out, "%s|%s", o->kind->name, pgm_relation_schema(o));
	append_properties(&out, o, not_looked_at, lengthof(not_looked_at));
	foreach(lc, pgm_side_children(s, o, "attribute"))
	{
		appendStringInfo(&out, "|%s %s", pgm_last_name(((PgmObject *) lfirst(lc))->identity),
						 pgm_value(lfirst(lc), "type"));
	}
	foreach(lc, pgm_side_children(s, o, "domain constraint"))
	{
		appendStringInfo(&out, "|%s", pgm_value(lfirst(lc), "definition"));
	}
	return out.data;
}

/* A schema by what it holds, of which there has to be something */
static const char *
of_schema(const PgmSide *s, const PgmObject *o)
{
	StringInfoData out;
	ListCell   *lc;
	int			n = 0;

	initStringInfo(&out);
	appendStringInfoString(&out, "schema");
	foreach(lc, pgm_side_children(s, o, NULL))
	{
		const PgmObject *part = lfirst(lc);

		if (part->kind->is_right || strncmp(part->identity, o->identity, strlen(o->identity)) != 0)
			continue;
		appendStringInfo(&out, "|%s%s", part->kind->name, part->identity + strlen(o->identity));
		n += pgm_kind_is(part, "table");
	}
	return n > 0 ? out.data : NULL;
}

/*
 * A text that is the same for two objects of which all is the same but the
 * name, or if "moved" the schema; NULL for what is not looked for by that.
 */
const char *
pgm_rename_signature(const PgmSide *s, const PgmObject *o, bool moved)
{
	if (pgm_kind_is(o, "table"))
		return of_table(s, o, moved);
	if (moved)
		return NULL;
	if (pgm_kind_is(o, "column"))
		return of_column(s, o);
	if (pgm_kind_is(o, "constraint"))
		return of_part(s, o);
	if (pgm_kind_is(o, "index"))
		return of_index(o);
	if (pgm_kind_is(o, "sequence"))
		return of_sequence(o);
	if (pgm_kind_is(o, "type") || pgm_kind_is(o, "domain"))
		return of_type(s, o);
	if (pgm_kind_is(o, "schema"))
		return of_schema(s, o);
	return NULL;
}
