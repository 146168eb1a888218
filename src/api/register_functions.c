/*
 * register_functions.c
 *	  SQL functions that change, check and return what is registered: register(),
 *	  load(), export(), validate(), unregister(), repair() and trust().
 *
 * The functions that write take the run lock before they read anything, so
 * that no run acts on what is being changed.  Lint comes last, because it looks
 * at what is pending, which includes what was just registered; an error of lint
 * undoes the registration with the statement.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "errors.h"
#include "files/behaviour_headers.h"
#include "files/migration.h"
#include "graph/plan.h"
#include "lint/lint_unasked.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "registry/trust.h"
#include "run/locks/run_lock.h"
#include "util/revision_names.h"
#include "util/srf.h"

/* load() names at most this many pending migrations */
#define MAX_NAMED 10

/* The default of trust(): the present content, whatever it is */
#define ANY_CHECKSUM "any"

PG_FUNCTION_INFO_V1(pg_migrate_register);
PG_FUNCTION_INFO_V1(pg_migrate_load);
PG_FUNCTION_INFO_V1(pg_migrate_export);
PG_FUNCTION_INFO_V1(pg_migrate_validate);
PG_FUNCTION_INFO_V1(pg_migrate_unregister);
PG_FUNCTION_INFO_V1(pg_migrate_repair);
PG_FUNCTION_INFO_V1(pg_migrate_trust);

/*
 * A script argument, or NULL.  It is trimmed as a section of a file is, so that
 * both ways to register the same script give the same checksum.
 */
static char *
script_argument(FunctionCallInfo fcinfo, int i)
{
	char	   *script = pgm_argument_text(fcinfo, i, NULL);

	return script ? pgm_script_trim(script) : NULL;
}

/* The migration that the arguments of register() describe. */
static PgmMigration *
migration_argument(FunctionCallInfo fcinfo)
{
	PgmMigration *m = palloc0(sizeof(PgmMigration));

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("migrate.register() needs a revision and an upgrade script"),
				 errhint("Write SELECT migrate.register('<id>', '<parent>', upgrade => '...', downgrade => '...').")));
	m->revision = pgm_argument_text(fcinfo, 0, NULL);
	m->down_revision = pgm_argument_names(fcinfo, 1);
	m->upgrade = script_argument(fcinfo, 2);
	m->downgrade = script_argument(fcinfo, 3);
	m->message = pgm_argument_text(fcinfo, 4, "");
	m->branch_labels = pgm_argument_names(fcinfo, 5);
	m->depends_on = pgm_argument_names(fcinfo, 6);
	m->verify = script_argument(fcinfo, 7);
	m->options = pgm_behaviour_check(PG_ARGISNULL(8) ?
									 DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"))) :
									 PG_GETARG_JSONB_P(8));
	return m;
}

/*
 * register(revision, down_revision, upgrade, downgrade, message,
 * branch_labels, depends_on, verify, options, replace) returns the revision.
 * The same content again is no change.
 */
Datum
pg_migrate_register(PG_FUNCTION_ARGS)
{
	PgmMigration *m = migration_argument(fcinfo);
	PgmTally	tally;

	pgm_runlock_acquire("migrate.register()");
	pgm_register_all(list_make1(m), pgm_argument_bool(fcinfo, 9), false, &tally);
	pgm_lint_on_register(tally.written);
	PG_RETURN_TEXT_P(cstring_to_text(m->revision));
}

/*
 * The migrations of a bundle argument.  An empty bundle is what a mistyped path
 * gives, so it is an error, as a null is.
 */
static List *
bundle_argument(FunctionCallInfo fcinfo, const char *function)
{
	char	   *bundle;
	List	   *migrations;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the bundle of %s may not be null", function),
				 errhint("Pass the text of the migration files.")));
	bundle = text_to_cstring(PG_GETARG_TEXT_PP(0));
	migrations = pgm_bundle_parse(bundle);
	if (migrations == NIL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_BUNDLE),
				 errmsg("the bundle of %s holds no migration", function),
				 bundle[0] == '\0' ? errdetail("It is empty.") :
				 errdetail("It has no \"-- revision:\" header, only comments and white space."),
				 errhint("Is the path right? psql reads files relative to its own directory: \\set bundle `awk 1 migrations/*.sql`")));
	return migrations;
}

/* The first of many names as text, "..." for the others. */
static char *
join_some(List *names)
{
	bool		many = list_length(names) > MAX_NAMED;

	if (many)
		names = lappend(list_truncate(list_copy(names), MAX_NAMED), "...");
	return pgm_name_join(names);
}

/* The NOTICE of load(): what it did, and what is pending that the files lack. */
static void
report_tally(const PgmTally *t, List *migrations)
{
	List	   *lacking = pgm_registry_pending_others(pgm_migration_ids(migrations));
	char	   *names = lacking == NIL ? NULL : join_some(lacking);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d migration%s: %d new, %d replaced, %d unchanged",
					 t->total, t->total == 1 ? "" : "s",
					 list_length(t->added), t->replaced, t->unchanged);
	if (t->pruned > 0)
		appendStringInfo(&buf, ", %d pruned", t->pruned);
	ereport(NOTICE,
			(errmsg("%s", buf.data),
			 lacking ? errdetail_plural("%d registered migration is pending, but not in the bundle: %s.",
										"%d registered migrations are pending, but not in the bundle: %s.",
										list_length(lacking), list_length(lacking), names) : 0,
			 lacking ? errhint("An upgrade runs what is pending. To forget a migration, type SELECT migrate.unregister(%s); to forget all that the files lack, load with prune => true.",
							   quote_literal_cstr(llast(lacking))) : 0));
}

/*
 * load(bundle, replace default true, prune default false) returns the newly
 * registered revisions in order of registration.
 *
 * Raises MG010 for a bundle without migrations, 22004 for a null, and what
 * pgm_bundle_parse() and pgm_register_all() raise.
 */
Datum
pg_migrate_load(PG_FUNCTION_ARGS)
{
	List	   *migrations = bundle_argument(fcinfo, "migrate.load()");
	PgmTally	tally;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments replace and prune of migrate.load() may not be null"),
				 errhint("Leave them out, or pass true or false.")));
	pgm_runlock_acquire("migrate.load()");
	pgm_register_all(migrations, PG_GETARG_BOOL(1), PG_GETARG_BOOL(2),
					 &tally);
	pgm_lint_on_register(tally.written);
	report_tally(&tally, migrations);
	return pgm_srf_return_names(fcinfo, tally.added);
}

/* qsort() comparator of ints */
static int
compare_ints(const void *a, const void *b)
{
	int			ia = *(const int *) a;
	int			ib = *(const int *) b;

	return (ia > ib) - (ia < ib);
}

/*
 * export(range default null) returns a bundle, in order of registration, so
 * that loading it elsewhere gives the same order of steps.
 */
Datum
pg_migrate_export(PG_FUNCTION_ARGS)
{
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	StringInfoData out;
	int		   *revs;
	int			n;

	revs = pgm_plan_history(g, pos, PG_ARGISNULL(0) ? NULL :
							text_to_cstring(PG_GETARG_TEXT_PP(0)), &n);
	qsort(revs, n, sizeof(int), compare_ints);
	initStringInfo(&out);
	for (int i = 0; i < n; i++)
	{
		PgmStored  *s = pgm_registry_find(g->rev[revs[i]].id, true);

		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(&out, '\n');
		pgm_migration_write(&out, &s->m, true);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/*
 * validate(bundle) returns a row (revision, problem) for each migration that is
 * not applied with exactly this content, and for each registered one that the
 * bundle lacks.
 */
Datum
pg_migrate_validate(PG_FUNCTION_ARGS)
{
	List	   *migrations = bundle_argument(fcinfo, "migrate.validate()");
	ListCell   *lc;

	pgm_srf_begin(fcinfo);
	foreach(lc, pgm_validate_bundle(migrations))
	{
		const PgmRegistryProblem *p = lfirst(lc);
		Datum		values[2];

		values[0] = CStringGetTextDatum(p->revision);
		values[1] = CStringGetTextDatum(pgm_escape(p->problem));
		pgm_srf_add(fcinfo, values, NULL);
	}
	return (Datum) 0;
}

/*
 * unregister(revision) returns the revision, which must be unapplied and a leaf;
 * raises what pgm_unregister() raises.
 */
Datum
pg_migrate_unregister(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));

	pgm_runlock_acquire("migrate.unregister()");
	pgm_unregister(revision);
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}

/*
 * repair(revision) returns the revision: changed content of this applied
 * migration is accepted the next time it is registered.  If what is stored no
 * longer fits its checksum, the checksum is corrected instead.
 */
Datum
pg_migrate_repair(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));

	pgm_runlock_acquire("migrate.repair()");
	if (pgm_trust_repair(revision))
		ereport(NOTICE,
				(errmsg("migration \"%s\" may be registered with changed content once",
						revision),
				 errhint("Load its file now.")));
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}

/*
 * trust(revision, checksum default 'any') returns the revision: the current user
 * vouches for the content with this checksum, so that it may run with the
 * user's rights.  Without a checksum that is the present content, which need not
 * be what the user has read; a NOTICE tells its checksum.
 *
 * Raises 22004 for a null, and what pgm_trust_content() raises.
 */
Datum
pg_migrate_trust(PG_FUNCTION_ARGS)
{
	char	   *revision;
	const char *checksum;
	const char *trusted;
	bool		any;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.trust() may not be null"),
				 errhint("Write SELECT migrate.trust('<id>', 'sha256:...'), with the checksum that migrate.export() shows.")));
	revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	checksum = text_to_cstring(PG_GETARG_TEXT_PP(1));
	any = strcmp(checksum, ANY_CHECKSUM) == 0;
	pgm_runlock_acquire("migrate.trust()");
	trusted = pgm_trust_content(revision, any ? NULL : checksum);
	if (any)
		ereport(NOTICE,
				(errmsg("trusted is the content of migration \"%s\" with checksum %s",
						revision, trusted),
				 errhint("To trust only what you have read, pass its checksum: SELECT migrate.trust(%s, %s).",
						 quote_literal_cstr(revision), quote_literal_cstr(trusted))));
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}
