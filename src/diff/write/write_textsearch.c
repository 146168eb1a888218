/*
 * write_textsearch.c
 *	  Statements for text search: parsers, templates, dictionaries,
 *	  configurations.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* A kind of token and its dictionaries */
typedef struct Mapping
{
	char	   *token;
	char	   *dictionaries;
} Mapping;

/* Write a statement that names functions: properties are called as its words. */
static void
create_of_functions(PgmWrite *w, const PgmObject *o, const PgmPropertyId *properties,
					int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
		if (pgm_value(o, properties[i]))
			pgm_text_add(&list, "%s = %s", pgm_property_name(properties[i]),
						 pgm_text_callee(pgm_value(o, properties[i])));
	pgm_write_statement(w, "CREATE %s %s (%s)", pgm_write_word(o), o->identity, list.data);
}

static void
create_parser(PgmWrite *w, const PgmObject *o)
{
	static const PgmPropertyId properties[] = {
		PGM_PROP_START, PGM_PROP_GETTOKEN, PGM_PROP_END, PGM_PROP_HEADLINE, PGM_PROP_LEXTYPES
	};

	create_of_functions(w, o, properties, lengthof(properties));
}

static void
create_template(PgmWrite *w, const PgmObject *o)
{
	static const PgmPropertyId properties[] = {PGM_PROP_INIT, PGM_PROP_LEXIZE};

	create_of_functions(w, o, properties, lengthof(properties));
}

static void
create_dictionary(PgmWrite *w, const PgmObject *o)
{
	const char *options = pgm_value(o, PGM_PROP_OPTIONS);

	pgm_write_statement(w, "CREATE TEXT SEARCH DICTIONARY %s (TEMPLATE = %s%s%s)", o->identity,
						pgm_value(o, PGM_PROP_TEMPLATE), options ? ", " : "", options ? options : "");
}

/* The options of a dictionary (DefElem) */
static List *
dictionary_options(const PgmObject *o)
{
	const char *options = pgm_value(o, PGM_PROP_OPTIONS);

	return options ? deserialize_deflist(CStringGetTextDatum(options)) : NIL;
}

static bool
has_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		if (strcmp(((DefElem *) lfirst(lc))->defname, name) == 0)
			return true;
	}
	return false;
}

/* All options are told, which also puts them in order; gone ones as a name. */
static bool
change_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *after = dictionary_options(new);
	const char *options = pgm_value(new, PGM_PROP_OPTIONS);
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, dictionary_options(old))
	{
		const char *name = ((DefElem *) lfirst(lc))->defname;

		if (!has_option(after, name))
			pgm_text_add(&list, "%s", quote_identifier(name));
	}
	if (options)
		pgm_text_add(&list, "%s", options);
	pgm_write_statement(w, "ALTER TEXT SEARCH DICTIONARY %s (%s)", new->identity, list.data);
	return true;
}

static void
create_configuration(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)", o->identity,
						pgm_value(o, PGM_PROP_PARSER));
}

/* The elements of a JSON list of dictionaries, as statements have them. */
static char *
dictionaries_of(JsonbContainer *list)
{
	StringInfoData names;

	initStringInfo(&names);
	for (uint32 i = 0; i < JsonContainerSize(list); i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(list, i);

		pgm_text_add(&names, "%.*s", v->val.string.len, v->val.string.val);
	}
	return names.data;
}

/* The mappings (Mapping) of a configuration, which may be NULL. */
static List *
mappings_of(const PgmObject *o)
{
	const char *json = o ? pgm_value(o, PGM_PROP_MAPPINGS) : NULL;
	List	   *list = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	Mapping    *m = NULL;

	if (json == NULL)
		return NIL;
	it = JsonbIteratorInit(&DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															   CStringGetDatum(json)))->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			m = palloc(sizeof(Mapping));
			m->token = pnstrdup(v.val.string.val, v.val.string.len);
		}
		else if (token == WJB_VALUE)
		{
			m->dictionaries = dictionaries_of(v.val.binary.data);
			list = lappend(list, m);
		}
	}
	return list;
}

static const Mapping *
find_mapping(List *mappings, const char *token)
{
	ListCell   *lc;

	foreach(lc, mappings)
	{
		if (strcmp(((Mapping *) lfirst(lc))->token, token) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* The mappings of the list that are not in the other in one or the other way. */
static List *
mappings_that(List *mappings, List *others, bool known)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, mappings)
	{
		const Mapping *m = lfirst(lc);
		const Mapping *other = find_mapping(others, m->token);

		if (known == (other != NULL) &&
			!(other && strcmp(other->dictionaries, m->dictionaries) == 0))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* Tokens that have the same dictionaries are told together. */
static void
write_mappings(PgmWrite *w, const PgmObject *o, const char *verb, List *mappings)
{
	while (mappings != NIL)
	{
		const char *dictionaries = ((Mapping *) linitial(mappings))->dictionaries;
		StringInfoData tokens;
		List	   *others = NIL;
		ListCell   *lc;

		initStringInfo(&tokens);
		foreach(lc, mappings)
		{
			const Mapping *m = lfirst(lc);

			if (strcmp(m->dictionaries, dictionaries) == 0)
				pgm_text_add(&tokens, "%s", quote_identifier(m->token));
			else
				others = lappend(others, lfirst(lc));
		}
		pgm_write_statement(w, "ALTER TEXT SEARCH CONFIGURATION %s %s MAPPING FOR %s WITH %s",
							o->identity, verb, tokens.data, dictionaries);
		mappings = others;
	}
}

static void
drop_mappings(PgmWrite *w, const PgmObject *o, List *mappings)
{
	StringInfoData tokens;
	ListCell   *lc;

	initStringInfo(&tokens);
	foreach(lc, mappings)
	{
		pgm_text_add(&tokens, "%s", quote_identifier(((Mapping *) lfirst(lc))->token));
	}
	if (tokens.len > 0)
		pgm_write_statement(w, "ALTER TEXT SEARCH CONFIGURATION %s DROP MAPPING FOR %s",
							o->identity, tokens.data);
}

static bool
change_mappings(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = mappings_of(old);
	List	   *after = mappings_of(new);

	drop_mappings(w, new, mappings_that(before, after, false));
	write_mappings(w, new, "ALTER", mappings_that(after, before, true));
	write_mappings(w, new, "ADD", mappings_that(after, before, false));
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_TEXT_SEARCH_PARSER,
		.create = create_parser
	},
	{
		.kind = PGM_KIND_TEXT_SEARCH_TEMPLATE,
		.create = create_template
	},
	{
		.kind = PGM_KIND_TEXT_SEARCH_DICTIONARY,
		.create = create_dictionary,
		.property = {{PGM_PROP_OPTIONS, false, change_options}}
	},
	{
		.kind = PGM_KIND_TEXT_SEARCH_CONFIGURATION,
		.create = create_configuration,
		.property = {{PGM_PROP_MAPPINGS, true, change_mappings}}
	},
};

const PgmWriters pgm_writers_textsearch = {writers, lengthof(writers)};
