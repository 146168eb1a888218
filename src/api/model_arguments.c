/*
 * model_arguments.c
 *	  Reading the arguments of diff(), check() and revision(), which have a model
 *	  and what to do with it in common, at different places of their lists.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "api/model_arguments.h"
#include "diff/autogenerate_options.h"
#include "util/revision_names.h"
#include "util/settings.h"

/* An argument of type jsonb; NULL if it is null, or the function has no such argument. */
static Jsonb *
jsonb_argument(FunctionCallInfo fcinfo, int i)
{
	return i < 0 || PG_ARGISNULL(i) ? NULL : PG_GETARG_JSONB_P(i);
}

/*
 * Read the arguments of a comparison, except for the options, into an empty "a".
 * Raises what pgm_model_read() raises for a model that cannot be parsed.
 */
void
pgm_model_arguments_read(PgmAutogenerate *a, FunctionCallInfo fcinfo, const char *function,
						 PgmModelArguments n)
{
	memset(a, 0, sizeof(PgmAutogenerate));
	pgm_settings_define();
	a->function = function;
	if (!PG_ARGISNULL(n.model))
		a->model = pgm_model_read(text_to_cstring(PG_GETARG_TEXT_PP(n.model)));
	a->all_schemas = PG_ARGISNULL(n.schemas);
	if (!a->all_schemas)
		a->scope.schemas = pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(n.schemas));
	a->search.given = jsonb_argument(fcinfo, n.renames);
}

/*
 * Read the options.  To be called once it is known that there is a model exactly
 * if there has to be one, which is the mistake to report first.  Raises 22023
 * for unknown ones.
 */
void
pgm_model_arguments_read_options(PgmAutogenerate *a, FunctionCallInfo fcinfo,
								 PgmModelArguments n)
{
	pgm_autogenerate_options(&a->options, jsonb_argument(fcinfo, n.options));
	a->options.allow_drop = n.allow_drop >= 0 && !PG_ARGISNULL(n.allow_drop) &&
		PG_GETARG_BOOL(n.allow_drop);
}

/* Raise 22004 if the model is null. */
void
pgm_model_arguments_require_model(const PgmAutogenerate *a)
{
	if (a->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the model of %s may not be null", a->function),
				 errhint("A model is the DDL that makes the schema one wants, for example what pg_dump --schema-only writes.")));
}
