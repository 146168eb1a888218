/*
 * write_textsearch.c
 *	  Statements for text search: parsers, templates, dictionaries,
 *	  configurations.
 *
 * The mappings of a configuration are one property, a JSON object from token types to lists
 * of dictionaries, from which ADD, ALTER and DROP MAPPING are found.
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* A token type and its dictionaries, as a list in the syntax of statements */
typedef struct Mapping
{
	char	   *token;
	char	   *dictionaries;
} Mapping;

/* Write CREATE of an object made of functions; the options are named as the properties. */
static void
create_of_functions(PgmWrite *w, const PgmObject *o, const PgmPropertyId *properties,
					int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < n; i++)
		if (pgm_object_value(o, properties[i]))
			pgm_text_add(&list, "%s = %s", pgm_property_name(properties[i]),
						 pgm_text_callee(pgm_object_value(o, properties[i])));
	pgm_write_statement(w, "CREATE %s %s (%s)", pgm_write_word(o), o->identity, list.data);
}

/* Write CREATE TEXT SEARCH PARSER. */
static void
create_parser(PgmWrite *w, const PgmObject *o)
{
	static const PgmPropertyId properties[] = {
		PGM_PROP_START, PGM_PROP_GETTOKEN, PGM_PROP_END, PGM_PROP_HEADLINE, PGM_PROP_LEXTYPES
	};

	create_of_functions(w, o, properties, lengthof(properties));
}

/* Write CREATE TEXT SEARCH TEMPLATE. */
static void
create_template(PgmWrite *w, const PgmObject *o)
{
	static const PgmPropertyId properties[] = {PGM_PROP_INIT, PGM_PROP_LEXIZE};

	create_of_functions(w, o, properties, lengthof(properties));
}

/* Write CREATE TEXT SEARCH DICTIONARY; its options are stored as statements have them. */
static void
create_dictionary(PgmWrite *w, const PgmObject *o)
{
	const char *options = pgm_object_value(o, PGM_PROP_OPTIONS);

	pgm_write_statement(w, "CREATE TEXT SEARCH DICTIONARY %s (TEMPLATE = %s%s%s)", o->identity,
						pgm_object_value(o, PGM_PROP_TEMPLATE), options ? ", " : "", options ? options : "");
}

/* The options of a dictionary (DefElem) */
static List *
dictionary_options(const PgmObject *o)
{
	const char *options = pgm_object_value(o, PGM_PROP_OPTIONS);

	return options ? deserialize_deflist(CStringGetTextDatum(options)) : NIL;
}

/* Is there an option of the name in a list of DefElem? */
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

/*
 * Write ALTER TEXT SEARCH DICTIONARY.  An option without a value is removed.  All others are
 * written, also those that stay: the server appends each one that is set, so they get the
 * order of the new state.
 */
static bool
change_dictionary_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *after = dictionary_options(new);
	const char *options = pgm_object_value(new, PGM_PROP_OPTIONS);
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

/* Write CREATE TEXT SEARCH CONFIGURATION, which has no mappings yet. */
static void
create_configuration(PgmWrite *w, const PgmObject *o)
{
	pgm_write_statement(w, "CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)", o->identity,
						pgm_object_value(o, PGM_PROP_PARSER));
}

/* The elements of a JSON array of dictionaries, as a list in the syntax of statements. */
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
	const char *json = o ? pgm_object_value(o, PGM_PROP_MAPPINGS) : NULL;
	List	   *list = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	Mapping    *m = NULL;

	if (json == NULL)
		return NIL;
	it = JsonbIteratorInit(&DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
															   CStringGetDatum(json)))->root);
	/* "skip nested" is true: an array of dictionaries comes as one value */
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			m = palloc(sizeof(Mapping));
			m->token = pnstrdup(v.val.string.val, v.val.string.len);
		}
		else if (token == WJB_VALUE)
		{
			Assert(m != NULL && v.type == jbvBinary);
			m->dictionaries = dictionaries_of(v.val.binary.data);
			list = lappend(list, m);
		}
	}
	return list;
}

/* The mapping of a token type, or NULL. */
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

/*
 * The mappings whose token types are in the other list too ("in_both"), with other
 * dictionaries, or are not.
 */
static List *
differing_mappings(List *mappings, List *others, bool in_both)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, mappings)
	{
		const Mapping *m = lfirst(lc);
		const Mapping *other = find_mapping(others, m->token);

		if (in_both == (other != NULL) &&
			!(other && strcmp(other->dictionaries, m->dictionaries) == 0))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* Write ADD or ALTER MAPPING, one statement for all token types of the same dictionaries. */
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

/* Write DROP MAPPING, if the list is not empty. */
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

/* Write the changes of the mappings; "old" is NULL after CREATE. */
static bool
change_mappings(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = mappings_of(old);
	List	   *after = mappings_of(new);

	drop_mappings(w, new, differing_mappings(before, after, false));
	write_mappings(w, new, "ALTER", differing_mappings(after, before, true));
	write_mappings(w, new, "ADD", differing_mappings(after, before, false));
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
		.property = {{PGM_PROP_OPTIONS, false, change_dictionary_options}}
	},
	{
		.kind = PGM_KIND_TEXT_SEARCH_CONFIGURATION,
		.create = create_configuration,
		.property = {{PGM_PROP_MAPPINGS, true, change_mappings}}
	},
};

const PgmWriters pgm_writers_textsearch = {writers, lengthof(writers)};
