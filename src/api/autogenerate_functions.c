/*
 * autogenerate_functions.c
 *	  SQL functions that compare the schema with a model: diff(), check(model)
 *	  and revision().
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "api/revision_files.h"
#include "diff/autogenerate.h"
#include "diff/autogenerate_options.h"
#include "diff/changes.h"
#include "diff/generate_script.h"
#include "diff/proof.h"
#include "errors.h"
#include "util/settings.h"
#include "util/escape.h"
#include "util/revision_names.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_diff);
PG_FUNCTION_INFO_V1(pg_migrate_check_model);
PG_FUNCTION_INFO_V1(pg_migrate_revision);

/* The numbers of the arguments of a function; -1: it does not have this one */
typedef struct PgmModelArguments
{
	int			model;
	int			schemas;
	int			renames;
	int			allow_drop;
	int			options;
} PgmModelArguments;

/* An argument of type jsonb; NULL if it is null, or the function has no such argument. */
static Jsonb *
jsonb_argument(FunctionCallInfo fcinfo, int i)
{
	return i < 0 || PG_ARGISNULL(i) ? NULL : PG_GETARG_JSONB_P(i);
}

/* Begin a comparison with what the arguments ask for. */
static void
read_arguments(PgmAutogenerate *a, FunctionCallInfo fcinfo, const char *function,
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
static void
read_options(PgmAutogenerate *a, FunctionCallInfo fcinfo, PgmModelArguments n)
{
	pgm_autogenerate_options(&a->options, jsonb_argument(fcinfo, n.options));
	a->options.allow_drop = n.allow_drop >= 0 && !PG_ARGISNULL(n.allow_drop) &&
		PG_GETARG_BOOL(n.allow_drop);
}

/* Raise 22004 if the model is null. */
static void
require_model(const PgmAutogenerate *a)
{
	if (a->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the model of %s may not be null", a->function),
				 errhint("A model is the DDL that makes the schema one wants, for example what pg_dump --schema-only writes.")));
}

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
	pgm_rows_add(fcinfo, values, isnull);
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

	read_arguments(&a, fcinfo, "migrate.diff()", arguments);
	require_model(&a);
	read_options(&a, fcinfo, arguments);
	pgm_autogenerate(&a);
	pgm_rows_begin(fcinfo);
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
	read_arguments(&a, fcinfo, "migrate.check()", arguments);
	require_model(&a);
	read_options(&a, fcinfo, arguments);
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

/*
 * Fill in the scripts of a migration: from the present schema to the model, or
 * if "baseline", from an empty database to the present schema.
 */
static void
generate_scripts(FunctionCallInfo fcinfo, PgmMigration *m, bool baseline)
{
	PgmModelArguments arguments = {
		.model = 6,.schemas = 7,.renames = 8,.allow_drop = 9,.options = 12
	};
	bool		verify = PG_ARGISNULL(10) || PG_GETARG_BOOL(10);
	PgmAutogenerate a;

	read_arguments(&a, fcinfo, "migrate.revision()", arguments);
	if (baseline && a.model)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a baseline has no model"),
				 errdetail("It is the schema as it is."),
				 errhint("Leave out \"model\" or \"baseline\".")));
	read_options(&a, fcinfo, arguments);
	pgm_autogenerate(&a);
	if (verify)
		pgm_autogenerate_prove(&a);
	m->upgrade = pgm_generate_script(&a, true);
	m->downgrade = pgm_generate_script(&a, false);
	if (m->upgrade[0] == '\0')
		ereport(NOTICE,
				(errmsg("the schema is as the model has it: the migration is empty")));
}

/*
 * revision(message, head default 'head', splice, rev_id, branch_label,
 * depends_on, model, schemas, renames, allow_drop, verify, baseline, options)
 * returns a row (revision, file_name, content); changes nothing.
 *
 * Raises MG024 if there is a model and migrations are pending, and what
 * pgm_autogenerate() raises.
 */
Datum
pg_migrate_revision(PG_FUNCTION_ARGS)
{
	PgmMigration *m = pgm_revision_new(fcinfo);
	bool		baseline = !PG_ARGISNULL(11) && PG_GETARG_BOOL(11);

	if (!PG_ARGISNULL(6) || baseline)
	{
		if (!baseline)
			pgm_autogenerate_check_heads();
		generate_scripts(fcinfo, m, baseline);
	}
	return pgm_revision_return(fcinfo, m);
}
