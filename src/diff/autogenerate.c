/*
 * autogenerate.c
 *	  Generate the statements that turn the present schema into a model, and
 *	  back.
 *
 * The present schema is read first.  Then the model is built in a scratch, where
 * its statements are executed and rolled back, and read there.  The renames
 * between both are found next, and each direction is planned.  Both schemas are
 * data then, so nothing is locked but catalogs.
 */
#include "postgres.h"

#include "diff/adjust_extensions.h"
#include "diff/autogenerate.h"
#include "diff/choose_schemas.h"
#include "diff/model/model.h"
#include "diff/proof.h"
#include "diff/write/writers.h"
#include "errors.h"
#include "registry/registry.h"
#include "schema/read_schema.h"
#include "scratch/scratch.h"
#include "scratch/scratch_settings.h"
#include "util/revision_names.h"

/* In a scratch: build the model, and read it. */
static void
build_model(void *arg)
{
	PgmAutogenerate *a = arg;

	pgm_model_build(a->model);
	a->after = pgm_schema_read();
	pgm_scope_restrict(a->after, &a->scope);
}

/*
 * Set a->after to the schema that the model describes: from the cache, or by
 * building it.
 */
static void
read_model(PgmAutogenerate *a)
{
	const char *key = pgm_model_cache_key(a->model, &a->scope, a->live);

	a->after = pgm_model_cache_read(a->model, key);
	if (a->after == NULL)
	{
		PgmScratch	scratch = {
			.function = a->function,
			.scope = &a->scope,
			.as_dump = a->model->is_dump,
			.creates = pgm_schemas_created_by_model(a),
			.tables = a->model->tables
		};

		pgm_scratch(&scratch, build_model, a);
		pgm_model_cache_write(a->model, key, a->after);
	}
	pgm_model_report_skipped(a->model);

	/* not before the cache is written: the next call has another live schema */
	pgm_scope_add_outside(a->after, a->live);
	if (a->scope.database)
		pgm_adjust_extensions_to_model(a);
}

/* In a scratch: build the present schema, and find all renames in it. */
static void
rename_in_copy(void *arg)
{
	PgmAutogenerate *a = arg;
	List	   *not_rebuilt;

	pgm_scratch_silence();
	not_rebuilt = pgm_proof_rebuild_live(a);
	if (not_rebuilt != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("what is renamed cannot be found out, because the present schema cannot be built again"),
				 errdetail("%s", (char *) linitial(not_rebuilt)),
				 errhint("Write the statements that rename by hand, as a migration before this one.")));
	pgm_rename_find_all(&a->search);
}

/*
 * Find what is renamed, and set a->before to the present schema after that.
 * Raises 22023 for hints that name nothing, or cannot be followed.
 */
static void
find_renames(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope
	};

	a->search.live = a->live;
	a->search.after = a->after;
	pgm_rename_find_first(&a->search);

	/* building the present schema again takes long, and most have no renames */
	if (a->search.renames != NIL)
		pgm_scratch(&scratch, rename_in_copy, a);
	pgm_rename_check_hints(&a->search);
	a->before = a->search.before;
}

/* In a scratch: read what a new database has. */
static void
read_empty(void *arg)
{
	PgmAutogenerate *a = arg;
	PgmSchema  *empty = pgm_scratch_snapshot(a->live);

	pgm_remove_extensions(empty);
	a->before = empty;
}

/* Compare with nothing: a baseline creates the present schema. */
static void
begin_with_nothing(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope,
		.as_dump = true,
		.creates = pgm_schemas_created_by_baseline(a)
	};

	a->after = a->live;
	pgm_scratch(&scratch, read_empty, a);
}

/* Plan the way from one schema to another with a copy of the options. */
static PgmDiffPlan *
plan(const PgmSchema *from, const PgmSchema *to, PgmDiffOptions options)
{
	return pgm_write_plan(from, to, memcpy(palloc(sizeof(options)), &options, sizeof(options)));
}

/*
 * Find the renames and the plans of both directions.
 *
 * Raises 22023 for schemas that cannot be compared and for renames that cannot
 * be done, and what pgm_scratch() and pgm_model_build() raise.
 */
void
pgm_autogenerate(PgmAutogenerate *a)
{
	PgmDiffOptions down = a->options;

	a->search.model = a->model;
	a->search.scope = &a->scope;
	pgm_rename_read_argument(&a->search);
	a->live = pgm_schema_read();
	pgm_choose_schemas(a);
	pgm_scope_mark_outside(a->live, &a->scope);
	if (a->model)
	{
		if (a->all_schemas)
			pgm_report_schemas_left_out(a);
		read_model(a);
		find_renames(a);
	}
	else
		begin_with_nothing(a);

	/*
	 * A downgrade drops what its upgrade has created, so nobody is asked
	 * whether that may be lost.
	 */
	down.allow_drop = down.back = true;
	a->up = plan(a->before, a->after, a->options);
	a->down = plan(a->after, a->before, down);
}

/*
 * Raise MG024 unless the database is at all heads, with Alembic's message: a
 * difference would contain what pending migrations do.
 */
void
pgm_autogenerate_check_heads(void)
{
	bool		applied;
	List	   *heads = pgm_registry_heads(false, true, &applied);

	if (applied)
		return;
	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_UP_TO_DATE),
			 errmsg("Target database is not up to date"),
			 errdetail("Of the heads %s some are not applied.", pgm_name_join(heads)),
			 errhint("Bring it there first, with SELECT migrate.upgrade('heads').")));
}
