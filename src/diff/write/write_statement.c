/*
 * write_statement.c
 *	  Append a statement to an action, and name objects in it.
 *
 * Identities of objects are quoted and qualified by their schema, so that they are
 * names in most statements as they are.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "recipes/recipes.h"
#include "schema/array_casts.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* Append a statement and return it, so that the caller can set its flags. */
PgmDiffStatement *
pgm_write_statement(PgmWrite *w, const char *fmt,...)
{
	PgmDiffStatement *sql = palloc0(sizeof(PgmDiffStatement));
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&text, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	sql->text = pgm_arrays_exact(text.data);

	w->statements = lappend(w->statements, sql);
	return sql;
}

/* Append the statements of a recipe. */
void
pgm_write_recipe(PgmWrite *w, const List *steps)
{
	ListCell   *lc;

	foreach(lc, steps)
	{
		const PgmRecipeStep *step = lfirst(lc);
		PgmDiffStatement *sql = pgm_write_statement(w, "%s", step->sql);

		sql->begins_transaction = step->begins_transaction;
		sql->nontransactional = step->nontransactional;
	}
}

/* Escape percent signs for format(). */
static char *
for_format(const char *text)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *p = text; *p; p++)
	{
		appendStringInfoChar(&out, *p);
		if (*p == '%')
			appendStringInfoChar(&out, '%');
	}
	return out.data;
}

/*
 * Append a statement about the current database: "verb", the name, "rest", as in ALTER
 * DATABASE name RESET ALL.  A migration may run in databases of other names, so the name
 * is found when it runs.
 */
void
pgm_write_on_database(PgmWrite *w, const char *verb, const char *rest)
{
	char	   *statement = psprintf("%s %%I %s", for_format(verb), for_format(rest));
	char	   *body = psprintf("BEGIN EXECUTE format(%s, current_database()); END",
								quote_literal_cstr(statement));

	if (strstr(body, "$$") || body[strlen(body) - 1] == '$')
		pgm_write_statement(w, "DO %s", quote_literal_cstr(body));
	else
		pgm_write_statement(w, "DO $$ %s $$", body);
}

/* The definition of an object, without the semicolon after it. */
char *
pgm_write_definition(const PgmObject *o)
{
	char	   *definition = pstrdup(pgm_object_value(o, PGM_PROP_DEFINITION));
	Size		length = strlen(definition);

	while (length > 0 && strchr("; \n", definition[length - 1]))
		definition[--length] = '\0';
	return definition;
}

/* Write CREATE as the server deparses it. */
void
pgm_write_create_as_defined(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "%s", pgm_write_definition(o));
}

/* The own name of a rule, trigger or policy, whose identity is "name on relation". */
char *
pgm_write_own_name(const PgmObject *o)
{
	return pnstrdup(o->identity, pgm_sql_name_length(o->identity));
}

/* The name of the relation of a rule, trigger or policy. */
const char *
pgm_write_relation_of(const PgmObject *o)
{
	return o->identity + pgm_sql_name_length(o->identity) + strlen(" on ");
}

static const char *
name_on_relation(const PgmObject *o)
{
	return psprintf("%s ON %s", pgm_write_own_name(o), pgm_write_relation_of(o));
}

/* "for user server s" as statements have it. */
static const char *
name_of_mapping(const PgmObject *o)
{
	return psprintf("FOR %s SERVER %s",
					pgm_text_until(o->identity, " server ") + strlen("for "),
					pgm_text_after(o->identity, " server "));
}

/* The current database, which is the only one that is compared */
static const char *
name_of_database(const PgmObject *o)
{
	return quote_identifier(get_database_name(MyDatabaseId));
}

/* "for type language l" as statements have it. */
static const char *
name_of_transform(const PgmObject *o)
{
	return psprintf("FOR %s LANGUAGE %s",
					pgm_text_until(o->identity, " language ") + strlen("for "),
					pgm_text_after(o->identity, " language "));
}

static const char *
name_of_domain_constraint(const PgmObject *o)
{
	return psprintf("%s ON DOMAIN %s", pgm_text_until(o->identity, " on domain "),
					pgm_text_after(o->identity, " on domain "));
}

/* "name using method" as statements have it. */
static const char *
name_of_using(const PgmObject *o)
{
	return psprintf("%s USING %s", pgm_text_until(o->identity, " using "),
					pgm_text_after(o->identity, " using "));
}

/* The arguments say which are direct ones; none is an asterisk. */
static const char *
name_of_aggregate(const PgmObject *o)
{
	const char *arguments = pgm_object_value(o, PGM_PROP_ARGUMENTS);

	return psprintf("%s(%s)", pgm_text_callee(o->identity),
					arguments && arguments[0] ? arguments : "*");
}

static const char *
name_of_attribute(const PgmObject *o)
{
	return pgm_sql_last_name(o->identity);
}

/* For each kind its word in ALTER, COMMENT ON and DROP, and its name if not the identity */
static const struct
{
	const char *word;
	const char *(*name) (const PgmObject *o);
}			kinds[PGM_KIND_COUNT] = {
	[PGM_KIND_DATABASE] = {"DATABASE", name_of_database},
	[PGM_KIND_SCHEMA] = {"SCHEMA", NULL},
	[PGM_KIND_EXTENSION] = {"EXTENSION", NULL},
	[PGM_KIND_LANGUAGE] = {"LANGUAGE", NULL},
	[PGM_KIND_TRANSFORM] = {"TRANSFORM", name_of_transform},
	[PGM_KIND_ACCESS_METHOD] = {"ACCESS METHOD", NULL},
	[PGM_KIND_TYPE] = {"TYPE", NULL},
	[PGM_KIND_DOMAIN] = {"DOMAIN", NULL},
	[PGM_KIND_DOMAIN_CONSTRAINT] = {"CONSTRAINT", name_of_domain_constraint},
	[PGM_KIND_COLLATION] = {"COLLATION", NULL},
	[PGM_KIND_TABLE] = {"TABLE", NULL},
	[PGM_KIND_FOREIGN_TABLE] = {"FOREIGN TABLE", NULL},
	[PGM_KIND_SEQUENCE] = {"SEQUENCE", NULL},
	[PGM_KIND_VIEW] = {"VIEW", NULL},
	[PGM_KIND_MATERIALIZED_VIEW] = {"MATERIALIZED VIEW", NULL},
	[PGM_KIND_COLUMN] = {"COLUMN", NULL},
	[PGM_KIND_ATTRIBUTE] = {"COLUMN", name_of_attribute},
	[PGM_KIND_CONSTRAINT] = {"CONSTRAINT", NULL},
	[PGM_KIND_INDEX] = {"INDEX", NULL},
	[PGM_KIND_RULE] = {"RULE", name_on_relation},
	[PGM_KIND_TRIGGER] = {"TRIGGER", name_on_relation},
	[PGM_KIND_POLICY] = {"POLICY", name_on_relation},
	[PGM_KIND_STATISTICS] = {"STATISTICS", NULL},
	[PGM_KIND_FUNCTION] = {"FUNCTION", NULL},
	[PGM_KIND_PROCEDURE] = {"PROCEDURE", NULL},
	[PGM_KIND_AGGREGATE] = {"AGGREGATE", name_of_aggregate},
	[PGM_KIND_EVENT_TRIGGER] = {"EVENT TRIGGER", NULL},
	[PGM_KIND_OPERATOR] = {"OPERATOR", NULL},
	[PGM_KIND_OPERATOR_FAMILY] = {"OPERATOR FAMILY", name_of_using},
	[PGM_KIND_OPERATOR_CLASS] = {"OPERATOR CLASS", name_of_using},
	[PGM_KIND_CAST] = {"CAST", NULL},
	[PGM_KIND_CONVERSION] = {"CONVERSION", NULL},
	[PGM_KIND_TEXT_SEARCH_PARSER] = {"TEXT SEARCH PARSER", NULL},
	[PGM_KIND_TEXT_SEARCH_TEMPLATE] = {"TEXT SEARCH TEMPLATE", NULL},
	[PGM_KIND_TEXT_SEARCH_DICTIONARY] = {"TEXT SEARCH DICTIONARY", NULL},
	[PGM_KIND_TEXT_SEARCH_CONFIGURATION] = {"TEXT SEARCH CONFIGURATION", NULL},
	[PGM_KIND_FOREIGN_DATA_WRAPPER] = {"FOREIGN DATA WRAPPER", NULL},
	[PGM_KIND_SERVER] = {"SERVER", NULL},
	[PGM_KIND_USER_MAPPING] = {"USER MAPPING", name_of_mapping},
	[PGM_KIND_PUBLICATION] = {"PUBLICATION", NULL},
	[PGM_KIND_SUBSCRIPTION] = {"SUBSCRIPTION", NULL},
};

/* The word for the kind of an object in ALTER, COMMENT ON and DROP. */
const char *
pgm_write_word(const PgmObject *o)
{
	Assert(kinds[o->kind->id].word != NULL);
	return kinds[o->kind->id].word;
}

/* The name of an object in the statements of its kind. */
const char *
pgm_write_name(const PgmObject *o)
{
	return kinds[o->kind->id].name ? kinds[o->kind->id].name(o) : o->identity;
}
