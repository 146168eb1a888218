/*
 * revision_files.c
 *	  Migration files out of the registry: export(), merge(), and what
 *	  revision() makes of its first arguments.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "api/arguments.h"
#include "api/revision_files.h"
#include "files/new_migration.h"
#include "graph/plan.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "run/locks/run_lock.h"
#include "util/revision_names.h"

PG_FUNCTION_INFO_V1(pg_migrate_export);
PG_FUNCTION_INFO_V1(pg_migrate_merge);

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
		pgm_migration_format(&out, &s->m, true);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* The row (revision, file_name, content). */
Datum
pgm_revision_return(FunctionCallInfo fcinfo, const PgmMigration *m)
{
	TupleDesc	desc;
	StringInfoData content;
	Datum		values[3];
	bool		isnull[3] = {false, false, false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	initStringInfo(&content);
	pgm_migration_format(&content, m, false);
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
PgmMigration *
pgm_revision_new(FunctionCallInfo fcinfo)
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
	return pgm_revision_return(fcinfo, m);
}
