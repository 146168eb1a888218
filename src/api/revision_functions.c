/*
 * revision_functions.c
 *	  SQL functions that return a new migration file: revision() and merge().
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/model_arguments.h"
#include "diff/autogenerate.h"
#include "diff/generate_script.h"
#include "diff/proof.h"
#include "files/migration.h"
#include "files/new_migration.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "run/locks/run_lock.h"
#include "util/revision_names.h"

PG_FUNCTION_INFO_V1(pg_migrate_revision);
PG_FUNCTION_INFO_V1(pg_migrate_merge);

/* The row (revision, file_name, content). */
static Datum
return_migration(FunctionCallInfo fcinfo, const PgmMigration *m)
{
	TupleDesc	desc;
	StringInfoData content;
	Datum		values[3];
	bool		isnull[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	initStringInfo(&content);
	pgm_migration_write(&content, m, false);
	values[0] = CStringGetTextDatum(m->revision);
	values[1] = CStringGetTextDatum(pgm_migration_file_name(m->revision,
															m->message));
	values[2] = CStringGetTextDatum(content.data);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 isnull));
}

/* The message argument.  A header is one line, so line ends become blanks. */
static char *
message_argument(FunctionCallInfo fcinfo)
{
	char	   *message = PG_ARGISNULL(0) ? pstrdup("") :
		text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (char *p = message; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	return message;
}

/*
 * A migration without content, from the first arguments of revision():
 * message, head, splice, rev_id, branch_label, depends_on.
 *
 * Raises what pgm_new_migration() raises.
 */
static PgmMigration *
new_migration(FunctionCallInfo fcinfo)
{
	return pgm_new_migration(pgm_registry_graph(true, NULL), PGM_FOR_REVISION,
							 pgm_argument_text(fcinfo, 3, NULL),
							 message_argument(fcinfo),
							 pgm_argument_names(fcinfo, 1),
							 pgm_argument_bool(fcinfo, 2),
							 pgm_argument_names(fcinfo, 4),
							 pgm_argument_names(fcinfo, 5));
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

	pgm_model_arguments_read(&a, fcinfo, "migrate.revision()", arguments);
	if (baseline && a.model)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a baseline has no model"),
				 errdetail("It is the schema as it is."),
				 errhint("Leave out \"model\" or \"baseline\".")));
	pgm_model_arguments_read_options(&a, fcinfo, arguments);
	pgm_autogenerate(&a);
	if (verify)
		pgm_proof_run(&a);
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
	PgmMigration *m = new_migration(fcinfo);
	bool		baseline = !PG_ARGISNULL(11) && PG_GETARG_BOOL(11);

	if (!PG_ARGISNULL(6) || baseline)
	{
		if (!baseline)
			pgm_autogenerate_check_heads();
		generate_scripts(fcinfo, m, baseline);
	}
	return return_migration(fcinfo, m);
}

/*
 * merge(message, revisions default 'heads', rev_id, branch_label) returns a
 * row (revision, file_name, content), and registers it.
 *
 * Raises what pgm_new_migration() raises.
 */
Datum
pg_migrate_merge(PG_FUNCTION_ARGS)
{
	PgmMigration *m;
	PgmTally	tally;

	pgm_runlock_acquire("migrate.merge()");
	m = pgm_new_migration(pgm_registry_graph(false, NULL), PGM_FOR_MERGE,
						  pgm_argument_text(fcinfo, 2, NULL),
						  message_argument(fcinfo),
						  pgm_argument_names(fcinfo, 1), false,
						  pgm_argument_names(fcinfo, 3), NIL);
	pgm_register_all(list_make1(m), false, false, &tally);
	ereport(NOTICE,
			(errmsg("registered merge %s of %s", m->revision,
					pgm_name_join(m->down_revision)),
			 errhint("Write the content to file %s and commit it with your migrations.",
					 pgm_migration_file_name(m->revision, m->message))));
	return return_migration(fcinfo, m);
}
