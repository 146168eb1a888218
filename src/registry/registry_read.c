/*
 * registry_read.c
 *	  Reading the migrate.* tables.
 *
 * Results are in the caller's memory context.  With read_only false a reader
 * sees what is committed now and what this transaction did, with true what
 * the calling query sees.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/registry.h"
#include "registry/registry_settings.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/spi.h"

static PgmQuery revisions_query = {
	.sql = "SELECT revision, message, down_revision, depends_on, branch_labels"
	"  FROM migrate.revision ORDER BY seq"
};
static PgmQuery neighbours_query = {
	.sql = "SELECT revision FROM migrate.revision"
	" WHERE revision = ANY ($1) AND branch_labels = '{}'",
	.argtypes = {TEXTARRAYOID}
};
static PgmQuery find_query = {
	.sql = "SELECT revision, down_revision, branch_labels, depends_on, message, created,"
	"       upgrade, downgrade, verify, options, checksum, registered_by,"
	"       CASE WHEN trusted = checksum THEN trusted_by END, applied, repairable"
	"  FROM migrate.revision WHERE revision = $1",
	.argtypes = {TEXTOID}
};
static PgmQuery summary_query = {
	.sql = "SELECT revision, checksum, message, created, applied, repairable, down_revision"
	"  FROM migrate.revision WHERE $1 IS NULL OR revision = ANY ($1) ORDER BY seq",
	.argtypes = {TEXTARRAYOID}
};
static PgmQuery pending_others_query = {
	.sql = "SELECT revision FROM migrate.revision"
	" WHERE NOT applied AND revision <> ALL ($1) ORDER BY seq",
	.argtypes = {TEXTARRAYOID}
};
static PgmQuery applied_at_query = {
	.sql = "SELECT revision, applied_at FROM migrate.revision WHERE applied"
};
static PgmQuery may_upgrade_query = {
	.sql = "SELECT FROM pg_proc WHERE proname = 'upgrade'"
	" AND pronamespace = 'migrate'::regnamespace"
	" AND has_function_privilege($1, oid, 'EXECUTE')",
	.argtypes = {OIDOID}
};
static PgmQuery idle_triggers_query = {
	.sql = "SELECT format('ALTER TABLE %s %s', tgrelid::regclass,"
	"   string_agg(format('ENABLE ALWAYS TRIGGER %I', tgname), ', ' ORDER BY tgname))"
	"  FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid"
	" WHERE pronamespace = 'migrate'::regnamespace AND tgenabled <> 'A' GROUP BY tgrelid ORDER BY 1"
};
static PgmQuery replication_query = {
	.sql = "SELECT format('publication %I sends its changes to subscribers, though DDL is not replicated; they discard them', pubname)"
	"  FROM pg_publication_tables WHERE schemaname = 'migrate' GROUP BY pubname"
	" UNION ALL"
	" SELECT format(CASE WHEN $1 THEN 'subscription %I writes its tables, and that counts: pg_migrate.accept_replicated_position is on'"
	"   ELSE 'subscription %I has its tables; what it writes there is discarded' END, s.subname)"
	"  FROM pg_subscription_rel r JOIN pg_subscription s ON s.oid = r.srsubid JOIN pg_class c ON c.oid = r.srrelid"
	" WHERE c.relnamespace = 'migrate'::regnamespace GROUP BY s.subname ORDER BY 1",
	.argtypes = {BOOLOID}
};
static PgmQuery last_role_query = {
	.sql = "SELECT ran_as FROM migrate.log WHERE direction IN ('upgrade', 'downgrade')"
	" ORDER BY id DESC LIMIT 1"
};

/* A text[] column of the last result as a list of names. */
static List *
column_names(uint64 row, int column)
{
	bool		isnull;
	Datum		value = pgm_spi_datum(row, column, &isnull);

	return isnull ? NIL : pgm_names_from_array(DatumGetArrayTypeP(value));
}

/* A boolean column of the last result. */
static bool
column_bool(uint64 row, int column)
{
	bool		isnull;
	Datum		value = pgm_spi_datum(row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/* The first column of all rows of a query (char *). */
static List *
query_texts(PgmQuery *query, Datum *values, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, read_only);
	n = pgm_spi_run(&spi, query, values, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		result = lappend(result, pgm_spi_text(i, 1));
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/*
 * The whole graph and, if "pos" is given, where the database stands in it.
 */
PgmGraph *
pgm_registry_graph(bool read_only, PgmPosition **pos)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	PgmGraph   *g;
	PgmSpi		spi;
	uint64		n;
	ListCell   *lc;

	pgm_spi_begin(&spi, read_only);
	n = pgm_spi_run(&spi, &revisions_query, NULL, NULL);
	old = MemoryContextSwitchTo(caller);
	g = pgm_graph_create(n);
	for (uint64 i = 0; i < n; i++)
		pgm_graph_add(g, pgm_spi_text(i, 1), pgm_spi_text(i, 2),
					  column_names(i, 3), column_names(i, 4),
					  column_names(i, 5));
	MemoryContextSwitchTo(old);
	pgm_spi_end(&spi);
	pgm_graph_link(g);

	if (pos != NULL)
	{
		PgmSet		rows = pgm_graph_set_create(g);

		foreach(lc, pgm_registry_current(read_only))
		{
			int			rev = pgm_graph_find(g, lfirst(lc));

			if (rev < 0)
				ereport(ERROR,
						(errcode(ERRCODE_DATA_CORRUPTED),
						 errmsg("migrate.version names revision \"%s\", which is not registered",
								(char *) lfirst(lc)),
						 errhint("See SELECT * FROM migrate.check_registry().")));
			rows[rev] = true;
		}
		*pos = pgm_graph_position_create(g, rows);
	}
	return g;
}

/*
 * An unlinked graph of just the registered revisions that the names may refer
 * to, all of them without parents: what a newly registered migration has to be
 * checked against, whatever the length of the history.
 */
PgmGraph *
pgm_registry_neighbours(List *names)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	PgmGraph   *g;
	PgmSpi		spi;
	Datum		arg = PointerGetDatum(pgm_names_to_array(names));
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &neighbours_query, &arg, NULL);
	old = MemoryContextSwitchTo(caller);
	g = pgm_graph_create(n);
	for (uint64 i = 0; i < n; i++)
		pgm_graph_add(g, pgm_spi_text(i, 1), NULL, NIL, NIL, NIL);
	MemoryContextSwitchTo(old);
	pgm_spi_end(&spi);
	pgm_registry_add_labelled(g);
	return g;
}

/* May a role call migrate.upgrade()? */
bool
pgm_registry_may_upgrade(Oid role)
{
	Datum		value = ObjectIdGetDatum(role);
	PgmSpi		spi;
	bool		result;

	pgm_spi_begin(&spi, true);
	result = pgm_spi_run(&spi, &may_upgrade_query, &value, NULL) > 0;
	pgm_spi_end(&spi);
	return result;
}

/* Copy row 0 of find_query to the current memory context. */
static PgmStored *
read_stored(void)
{
	PgmStored  *s = palloc0(sizeof(PgmStored));
	bool		isnull;

	s->m.revision = pgm_spi_text(0, 1);
	s->m.down_revision = column_names(0, 2);
	s->m.branch_labels = column_names(0, 3);
	s->m.depends_on = column_names(0, 4);
	s->m.message = pgm_spi_text(0, 5);
	s->m.created = pgm_spi_text(0, 6);
	s->m.upgrade = pgm_spi_text(0, 7);
	s->m.downgrade = pgm_spi_text(0, 8);
	s->m.verify = pgm_spi_text(0, 9);
	s->m.options = DatumGetJsonbPCopy(pgm_spi_datum(0, 10, &isnull));
	s->m.checksum = pgm_spi_text(0, 11);
	s->registered_by = pgm_spi_text(0, 12);
	s->trusted_by = pgm_spi_text(0, 13);
	s->applied = column_bool(0, 14);
	s->repairable = column_bool(0, 15);
	return s;
}

/* The migration of exactly this id, or NULL. */
PgmStored *
pgm_registry_find(const char *revision, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	PgmStored  *result = NULL;
	PgmSpi		spi;
	Datum		arg = CStringGetTextDatum(revision);

	pgm_spi_begin(&spi, read_only);
	if (pgm_spi_run(&spi, &find_query, &arg, NULL) > 0)
	{
		old = MemoryContextSwitchTo(caller);
		result = read_stored();
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/*
 * The rows of those of the revisions (char *) that are registered, or
 * about all for NIL: a list of PgmSummary in order of registration.
 */
List *
pgm_registry_summaries(List *revisions)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	List	   *result = NIL;
	PgmSpi		spi;
	bool		isnull = revisions == NIL;
	Datum		arg = PointerGetDatum(pgm_names_to_array(revisions));
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &summary_query, &arg, &isnull);
	old = MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < n; i++)
	{
		PgmSummary *s = palloc(sizeof(PgmSummary));

		s->revision = pgm_spi_text(i, 1);
		s->checksum = pgm_spi_text(i, 2);
		s->message = pgm_spi_text(i, 3);
		s->created = pgm_spi_text(i, 4);
		s->applied = column_bool(i, 5);
		s->repairable = column_bool(i, 6);
		s->down_revision = column_names(i, 7);
		result = lappend(result, s);
	}
	MemoryContextSwitchTo(old);
	pgm_spi_end(&spi);
	return result;
}

/* The pending revisions (char *) other than these, in order of registration. */
List *
pgm_registry_pending_others(List *revisions)
{
	Datum		arg = PointerGetDatum(pgm_names_to_array(revisions));

	return query_texts(&pending_others_query, &arg, false);
}

/* When each revision of the graph was applied; 0 where it is not. */
TimestampTz *
pgm_registry_applied_at(const PgmGraph *g)
{
	TimestampTz *result = palloc0(Max(g->n, 1) * sizeof(TimestampTz));
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, true);
	n = pgm_spi_run(&spi, &applied_at_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		Datum		at = pgm_spi_datum(i, 2, &isnull);
		int			rev = pgm_graph_find(g, pgm_spi_text(i, 1));

		if (rev >= 0 && !isnull)
			result[rev] = DatumGetTimestampTz(at);
	}
	pgm_spi_end(&spi);
	return result;
}

/*
 * What would enable triggers of ours that somebody disabled, pg_restore
 * --disable-triggers for one (char *).
 */
List *
pgm_registry_idle_triggers(void)
{
	return query_texts(&idle_triggers_query, NULL, true);
}

/*
 * The publications and subscriptions that copy the tables of the schema, each
 * in a sentence (char *).
 */
List *
pgm_registry_replication(void)
{
	Datum		accept;

	pgm_settings_define();
	accept = BoolGetDatum(pgm_accept_replicated_position);
	return query_texts(&replication_query, &accept, true);
}

/* The role the last logged step ran as, or NULL. */
char *
pgm_registry_last_role(void)
{
	return pgm_spi_query_text(&last_role_query, NULL);
}

/* The registered migration with this whole id.  Raises MG001 when there is none. */
PgmStored *
pgm_registry_find_exactly(const char *revision)
{
	PgmStored  *s = pgm_registry_find(revision, false);

	if (s == NULL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_UNKNOWN_REVISION),
				 errmsg("Can't locate revision identified by '%s'", revision),
				 errdetail("Here the whole id is needed."),
				 errhint("List the revisions with SELECT * FROM migrate.history().")));
	return s;
}

/* list_sort() comparator: by id. */
static int
compare_summaries(const ListCell *a, const ListCell *b)
{
	return strcmp(((PgmSummary *) lfirst(a))->revision,
				  ((PgmSummary *) lfirst(b))->revision);
}

/* Sort summaries (PgmSummary) by id, for pgm_registry_find_summary(). */
void
pgm_registry_sort_summaries(List *summaries)
{
	list_sort(summaries, compare_summaries);
}

/* The summary of a revision, by binary search in a list sorted by id, or NULL. */
PgmSummary *
pgm_registry_find_summary(List *sorted, const char *revision)
{
	int			low = 0;
	int			high = list_length(sorted);

	while (low < high)
	{
		int			middle = (low + high) / 2;
		PgmSummary *s = list_nth(sorted, middle);
		int			cmp = strcmp(s->revision, revision);

		if (cmp == 0)
			return s;
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
