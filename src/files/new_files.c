/*
 * new_files.c
 *	  Migration files out of the registry: export(), merge(), and what
 *	  revision() makes of its first arguments.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "files/new_files.h"
#include "graph/plan.h"
#include "registry/register.h"
#include "registry/registry.h"
#include "run/locks/run_lock.h"
#include "util/revision_names.h"

/* Bytes of randomness in a new revision id: 12 hexadecimal digits */
#define ID_BYTES 6

static int
compare_ints(const void *a, const void *b)
{
	int			ia = *(const int *) a;
	int			ib = *(const int *) b;

	return (ia > ib) - (ia < ib);
}

PG_FUNCTION_INFO_V1(pg_migrate_export);
PG_FUNCTION_INFO_V1(pg_migrate_merge);

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

/* A fresh id, as Alembic's: 12 hexadecimal digits. */
static char *
fresh_id(void)
{
	uint8		bytes[ID_BYTES];
	char	   *id = palloc(ID_BYTES * 2 + 1);

	if (!pg_strong_random(bytes, ID_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random revision id")));
	id[hex_encode((char *) bytes, ID_BYTES, id)] = '\0';
	return id;
}

/*
 * The parents of a new revision, as ids; heads unless "splice".  "purpose" says
 * whether revision() or merge() asks, which have different parameters.
 */
static List *
find_parents(const PgmGraph *g, List *heads, bool splice, PgmPurpose purpose)
{
	List	   *revs = NIL;
	List	   *ids = NIL;
	ListCell   *lc;

	foreach(lc, heads)
	{
		PgmTarget  *t = pgm_target_parse(lfirst(lc));
		List	   *more = t->relative ? pgm_resolve_list(g, list_make1(lfirst(lc)), purpose) :
			pgm_resolve_absolute(g, t, purpose);

		if (list_intersection_int(revs, more) != NIL)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("Duplicate head revisions specified"),
					 errdetail("'%s' is named, or stands for one named, before.",
							   (char *) lfirst(lc)),
					 errhint("Name each revision once.")));
		revs = list_concat(revs, more);
	}
	foreach(lc, revs)
	{
		const PgmRevision *r = &g->rev[lfirst_int(lc)];

		if (!splice && r->nnext > 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("Revision %s is not a head revision; please specify --splice to create a new branch from this revision",
							r->id),
					 errdetail("Revision %s stands on it.",
							   g->rev[r->next[0]].id),
					 purpose == PGM_FOR_MERGE ?
					 errhint("Merge heads; or write the file with SELECT * FROM migrate.revision('...', head => '%s', splice => true).",
							 pgm_name_join(heads)) :
					 errhint("Pass splice => true to begin a branch there.")));
		ids = lappend(ids, unconstify(char *, r->id));
	}
	return ids;
}

/* Dependencies of a new revision: ids completed, labels kept. */
static List *
find_dependencies(const PgmGraph *g, List *names)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		char	   *name = lfirst(lc);
		PgmTarget  *t = pgm_target_parse(name);
		int			rev = t->relative ?
			linitial_int(pgm_resolve_list(g, list_make1(name), PGM_FOR_REVISION)) :
			pgm_resolve_one(g, t);
		bool		is_label = false;

		if (rev == PGM_BASE)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_TARGET),
					 errmsg("a revision cannot depend on '%s'", name),
					 errhint("Name a revision or a label.")));
		for (int k = 0; k < g->rev[rev].nlabels; k++)
			is_label = is_label || strcmp(g->rev[rev].labels[k], name) == 0;
		result = lappend(result, is_label ? name :
						 unconstify(char *, g->rev[rev].id));
	}
	return result;
}

/*
 * Refuse an id or a label that is taken: loading such a file would put it in
 * the place of another migration.
 */
static void
check_free(const PgmGraph *g, const PgmMigration *m)
{
	int			taken = pgm_graph_find(g, m->revision);
	ListCell   *lc;

	if (taken >= 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_DUPLICATE_NAME),
				 errmsg("revision identifier \"%s\" is taken", m->revision),
				 strcmp(g->rev[taken].id, m->revision) == 0 ?
				 errdetail("A migration of this id is registered%s%s%s.",
						   g->rev[taken].message[0] ? ": \"" : "",
						   g->rev[taken].message,
						   g->rev[taken].message[0] ? "\"" : "") :
				 errdetail("It is a branch label of revision %s.",
						   g->rev[taken].id),
				 errhint("Pass another rev_id, or none for a random one.")));
	foreach(lc, m->branch_labels)
	{
		const char *label = lfirst(lc);
		int			rev = pgm_graph_find(g, label);

		if (rev >= 0 || strcmp(label, m->revision) == 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_DUPLICATE_NAME),
					 errmsg("Branch name '%s' in revision %s already used by revision %s",
							label, m->revision,
							rev >= 0 ? g->rev[rev].id : m->revision),
					 errdetail("A label names one branch, and may not be the id of a revision."),
					 errhint("Pass another branch_label.")));
	}
}

/* A new migration without content. */
static PgmMigration *
new_migration(char *id, char *message)
{
	PgmMigration *m = palloc0(sizeof(PgmMigration));

	m->revision = id ? id : fresh_id();
	pgm_name_check(m->revision, PGM_NAME_REVISION);
	m->message = message;
	m->created = pstrdup(timestamptz_to_str(GetCurrentTransactionStartTimestamp()));
	m->upgrade = "";
	m->downgrade = "";
	m->options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
													CStringGetDatum("{}")));
	return m;
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

/* The message argument, one line. */
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

static List *
list_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NIL :
		pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(i));
}

static char *
id_argument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/*
 * A migration without content, from the first arguments of revision():
 * message, head, splice, rev_id, branch_label, depends_on.
 *
 * Raises MG008 for an id or label that is taken.
 */
PgmMigration *
pgm_revision_new(FunctionCallInfo fcinfo)
{
	PgmGraph   *g = pgm_registry_graph(true, NULL);
	PgmMigration *m = new_migration(id_argument(fcinfo, 3),
									message_argument(fcinfo));

	m->down_revision = find_parents(g, list_argument(fcinfo, 1),
									!PG_ARGISNULL(2) && PG_GETARG_BOOL(2),
									PGM_FOR_REVISION);
	m->branch_labels = list_argument(fcinfo, 4);
	pgm_names_check(m->branch_labels, PGM_NAME_LABEL);
	check_free(g, m);
	m->depends_on = find_dependencies(g, list_argument(fcinfo, 5));
	return m;
}

/*
 * merge(message, revisions default 'heads', rev_id, branch_label) returns a
 * row (revision, file_name, content), and registers it.
 *
 * Raises MG008 for an id or label that is taken.
 */
Datum
pg_migrate_merge(PG_FUNCTION_ARGS)
{
	PgmGraph   *g;
	PgmMigration *m;
	PgmTally	tally;

	pgm_runlock_acquire("migrate.merge()");
	g = pgm_registry_graph(false, NULL);
	m = new_migration(id_argument(fcinfo, 2), message_argument(fcinfo));
	m->down_revision = find_parents(g, list_argument(fcinfo, 1), false,
									PGM_FOR_MERGE);
	if (list_length(m->down_revision) < 2)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("nothing to merge"),
				 errdetail("There is %s head among the revisions given.",
						   m->down_revision ? "one" : "no"),
				 errhint("See the heads with SELECT migrate.heads().")));
	m->branch_labels = list_argument(fcinfo, 3);
	pgm_names_check(m->branch_labels, PGM_NAME_LABEL);
	check_free(g, m);
	pgm_register_all(list_make1(m), false, false, &tally);
	ereport(NOTICE,
			(errmsg("registered merge %s of %s", m->revision,
					pgm_name_join(m->down_revision)),
			 errhint("Write the content to file %s and commit it with your migrations.",
					 pgm_migration_file_name(m->revision, m->message))));
	return pgm_revision_return(fcinfo, m);
}
