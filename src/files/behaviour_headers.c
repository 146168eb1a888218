/*
 * behaviour_headers.c
 *	  The headers of a migration file that change how it is run, or what it
 *	  means for applications: one row of a table each, stored in
 *	  revision.options and part of the checksum.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "util/name_list.h"
#include "util/revision_names.h"

const PgmBehaviour pgm_behaviours[] = {
	{"transaction", "auto, none, single", "auto"},
	{"idempotent", "no, yes", "no"},
	{"breaks", NULL, ""}
};
const int	pgm_nbehaviours = lengthof(pgm_behaviours);

/* The behaviour header of this name, or NULL. */
const PgmBehaviour *
pgm_behaviour_find(const char *name)
{
	for (int i = 0; i < pgm_nbehaviours; i++)
		if (strcmp(name, pgm_behaviours[i].name) == 0)
			return &pgm_behaviours[i];
	return NULL;
}

/* All names, for a message. */
char *
pgm_behaviour_names(void)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < pgm_nbehaviours; i++)
		appendStringInfo(&buf, "%s%s", i ? ", " : "", pgm_behaviours[i].name);
	return buf.data;
}

/*
 * The value of a behaviour header as it is stored, or NULL when it may not have
 * this one.  Raises PGM_ERRCODE_INVALID_NAME for a list of revisions that is
 * none.
 */
char *
pgm_behaviour_accept(const PgmBehaviour *b, const char *value)
{
	List	   *names;

	if (b->values == NULL)
	{
		names = pgm_name_list(value);
		pgm_names_check(names, PGM_NAME_REVISION);
		return pgm_name_join(names);
	}
	return pgm_names_have(pgm_name_list(b->values), value) ? pstrdup(value) : NULL;
}

/* Append a header to the members of a JSON object, unless it says nothing. */
void
pgm_behaviour_append(StringInfo json, const PgmBehaviour *b, const char *value)
{
	if (strcmp(value, b->standard) == 0)
		return;
	appendStringInfo(json, "%s\"%s\": ", json->len ? ", " : "", b->name);
	escape_json(json, value);
}

/* The value a migration gives to a behaviour header, or NULL. */
char *
pgm_behaviour_value(Jsonb *options, const char *name)
{
	JsonbValue *v = getKeyJsonValueFromContainer(&options->root, name,
												 strlen(name), NULL);

	if (v == NULL || v->type != jbvString)
		return NULL;
	return pnstrdup(v->val.string.val, v->val.string.len);
}

/*
 * Check options given to register(): an object of known headers with values
 * allowed.  Returns it without those that hold anyway.
 *
 * Raises PGM_ERRCODE_INVALID_NAME for anything else.
 */
Jsonb *
pgm_behaviour_check(Jsonb *options)
{
	StringInfoData json;
	JsonbIterator *it = JsonbIteratorInit(&options->root);
	JsonbIteratorToken token;
	JsonbValue	v;
	const PgmBehaviour *b = NULL;

	initStringInfo(&json);
	if (!JB_ROOT_IS_OBJECT(options))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("options must be a JSON object"),
				 errhint("Write for example options => '{\"transaction\": \"single\"}'.")));
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			char	   *key = pnstrdup(v.val.string.val, v.val.string.len);

			b = pgm_behaviour_find(key);
			if (b == NULL)
				ereport(ERROR,
						(errcode(PGM_ERRCODE_INVALID_NAME),
						 errmsg("unknown option \"%s\"", key),
						 errhint("Known options are %s.", pgm_behaviour_names())));
		}
		else if (token == WJB_VALUE)
		{
			char	   *value = v.type == jbvString ?
				pgm_behaviour_accept(b, pnstrdup(v.val.string.val,
												 v.val.string.len)) : NULL;

			if (value == NULL)
				ereport(ERROR,
						(errcode(PGM_ERRCODE_INVALID_NAME),
						 errmsg("unknown value of option \"%s\"", b->name),
						 b->values ? errhint("Known values are %s.", b->values) :
						 errhint("Write a comma list of revisions, for example '{\"%s\": \"a1, b2\"}'.", b->name)));
			pgm_behaviour_append(&json, b, value);
		}
	}
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(psprintf("{%s}", json.data))));
}
