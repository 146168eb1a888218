/*
 * autogenerate_options.c
 *	  The argument "options" of diff() and revision(): a JSON object that
 *	  switches off forms of statements.
 */
#include "postgres.h"

#include "diff/autogenerate_options.h"

/* The options; all are on by default */
static const struct
{
	const char *name;
	size_t		offset;
}			switches[] = {
	{.name = "concurrently",.offset = offsetof(PgmDiffOptions, concurrently)},
	{.name = "not_valid",.offset = offsetof(PgmDiffOptions, not_valid)},
	{.name = "not_null_steps",.offset = offsetof(PgmDiffOptions, not_null_steps)},
	{.name = "using_index",.offset = offsetof(PgmDiffOptions, using_index)},
	{.name = "attach_check",.offset = offsetof(PgmDiffOptions, attach_check)},
	{.name = "database",.offset = offsetof(PgmDiffOptions, database)},
};

/* Where the value of an option is stored, or NULL if there is no such option. */
static bool *
find_switch(PgmDiffOptions *options, const char *name)
{
	for (int i = 0; i < (int) lengthof(switches); i++)
		if (strcmp(switches[i].name, name) == 0)
			return (bool *) ((char *) options + switches[i].offset);
	return NULL;
}

/* Raise 22023 for an unknown option, or one whose value is not a boolean. */
static void
refuse_option(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not an option, or its value is not true or false", name),
			 errhint("The options are concurrently, not_valid, not_null_steps, using_index, attach_check and database, for example '{\"concurrently\": false}'.")));
}

/*
 * Set the options to the values given in a JSON object (NULL: none), and all
 * others to true.  Raises 22023 if "given" is not an object of options.
 */
void
pgm_autogenerate_options(PgmDiffOptions *options, Jsonb *given)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	char	   *name = NULL;

	for (int i = 0; i < (int) lengthof(switches); i++)
		*find_switch(options, switches[i].name) = true;
	if (given == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(given))
		refuse_option(JsonbToCString(NULL, &given->root, 0));
	it = JsonbIteratorInit(&given->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
		{
			bool	   *to = find_switch(options, name);

			if (to == NULL || v.type != jbvBool)
				refuse_option(name);
			*to = v.val.boolean;
		}
	}
}
