/*
 * behaviour.c
 *	  The headers of a migration file that change how it is run: one row of a
 *	  table each, stored in revision.options and part of the checksum.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "errors.h"
#include "registry/behaviour.h"
#include "registry/names.h"

const PgmBehaviour pgm_behaviours[] = {
	{"transaction", "auto, none, single", "auto"},
	{"idempotent", "no, yes", "no"}
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

/* May the known behaviour header have this value? */
bool
pgm_behaviour_allows(const char *name, const char *value)
{
	ListCell   *lc;

	foreach(lc, pgm_name_list(pgm_behaviour_find(name)->values))
		if (strcmp(lfirst(lc), value) == 0)
		return true;
	return false;
}

/* Is the value the one that holds without the header? */
bool
pgm_behaviour_is_default(const char *name, const char *value)
{
	return strcmp(pgm_behaviour_find(name)->standard, value) == 0;
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
	char	   *key = NULL;

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
			key = pnstrdup(v.val.string.val, v.val.string.len);
			if (pgm_behaviour_find(key) == NULL)
				ereport(ERROR,
						(errcode(PGM_ERRCODE_INVALID_NAME),
						 errmsg("unknown option \"%s\"", key),
						 errhint("Known options are %s.", pgm_behaviour_names())));
		}
		else if (token == WJB_VALUE)
		{
			char	   *value = v.type == jbvString ?
				pnstrdup(v.val.string.val, v.val.string.len) : NULL;

			if (value == NULL || !pgm_behaviour_allows(key, value))
				ereport(ERROR,
						(errcode(PGM_ERRCODE_INVALID_NAME),
						 errmsg("unknown value of option \"%s\"", key),
						 errhint("Known values are %s.",
								 pgm_behaviour_find(key)->values)));
			if (!pgm_behaviour_is_default(key, value))
				appendStringInfo(&json, "%s\"%s\": \"%s\"",
								 json.len ? ", " : "", key, value);
		}
	}
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(psprintf("{%s}", json.data))));
}
