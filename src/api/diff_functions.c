/*
 * diff_functions.c
 *	  SQL functions that compare the schema with a model: diff() and check(model).
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/model_arguments.h"
#include "diff/autogenerate.h"
#include "diff/changes.h"
#include "errors.h"
#include "util/escape.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_diff);
PG_FUNCTION_INFO_V1(pg_migrate_check_model);

/* Return a change as a row of diff(). */
static void
return_change(FunctionCallInfo fcinfo, const PgmSchemaChange *change)
{
	Datum		values[8] = {0};
	bool		isnull[8] = {false};

	values[0] = CStringGetTextDatum(change->kind);
	values[1] = CStringGetTextDatum(change->identity);
	values[2] = CStringGetTextDatum(change->change);
	values[3] = CStringGetTextDatum(pgm_escape(change->detail));
	isnull[4] = change->hazard == NULL;
	if (change->hazard)
		values[4] = CStringGetTextDatum(pgm_escape(change->hazard));
	isnull[5] = change->rows == NULL || !change->rows->known;
	if (!isnull[5])
		values[5] = Int64GetDatum(change->rows->bytes);
	isnull[6] = change->up == NULL;
	if (change->up)
		values[6] = CStringGetTextDatum(change->up);
	isnull[7] = change->down == NULL;
	if (change->down)
		values[7] = CStringGetTextDatum(change->down);
	pgm_srf_add(fcinfo, values, isnull);
}

/*
 * diff(model text, schemas text[] default null, renames jsonb default null,
 * allow_drop boolean default false, options jsonb default '{}') returns rows:
 * kind, identity, change, detail, hazard, size in bytes, up_sql, down_sql.
 *
 * Raises what pgm_autogenerate() raises.
 */
Datum
pg_migrate_diff(PG_FUNCTION_ARGS)
{
	PgmModelArguments arguments = {
		.model = 0,.schemas = 1,.renames = 2,.allow_drop = 3,.options = 4
	};
	PgmAutogenerate a;
	ListCell   *lc;

	pgm_model_arguments_read(&a, fcinfo, "migrate.diff()", arguments);
	pgm_model_arguments_require_model(&a);
	pgm_model_arguments_read_options(&a, fcinfo, arguments);
	pgm_autogenerate(&a);
	pgm_srf_begin(fcinfo);
	foreach(lc, pgm_changes(&a))
	{
		return_change(fcinfo, lfirst(lc));
	}
	return (Datum) 0;
}

/*
 * check(model text, schemas text[] default null) returns true.  Raises MG023
 * with the changes in its DETAIL if the schema is not as the model has it,
 * MG024 if migrations are pending.
 */
Datum
pg_migrate_check_model(PG_FUNCTION_ARGS)
{
	PgmModelArguments arguments = {
		.model = 0,.schemas = 1,.renames = -1,.allow_drop = -1,.options = -1
	};
	PgmAutogenerate a;
	char	   *changes;

	pgm_autogenerate_check_heads();
	pgm_model_arguments_read(&a, fcinfo, "migrate.check()", arguments);
	pgm_model_arguments_require_model(&a);
	pgm_model_arguments_read_options(&a, fcinfo, arguments);
	pgm_autogenerate(&a);
	changes = pgm_changes_describe(&a);
	if (changes)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_NOT_AS_MODELLED),
				 errmsg("New upgrade operations detected: the schema is not as the model has it"),
				 errdetail("%s", changes),
				 errhint("SELECT * FROM migrate.diff(...) lists them with their statements, SELECT content FROM migrate.revision('...', model => ...) makes a migration of them.")));
	PG_RETURN_BOOL(true);
}
