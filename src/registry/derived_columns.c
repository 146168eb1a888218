/*
 * derived_columns.c
 *	  The columns of migrate.revision that are derived from the whole graph,
 *	  stored so that a question about a revision is an index lookup.
 *
 * Children are counted.  The labels of a revision are its own and those of all
 * it descends from.  Broken by are the migrations with a "breaks" header that
 * names it or a descendant of it; of two that depend on each other only the
 * lower one is kept, which is applied whenever the upper one is.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "errors.h"
#include "registry/derived_columns.h"
#include "registry/invalidation.h"
#include "registry/journal.h"
#include "registry/registry.h"
#include "util/name_list.h"
#include "util/revision_names.h"
#include "util/spi.h"

static PgmQuery add_children_query = {
	.sql = "UPDATE migrate.revision r SET children = r.children + d.children,"
	" nextrev = r.nextrev + d.nextrev"
	"  FROM unnest($1, $2, $3) AS d (revision, children, nextrev)"
	" WHERE r.revision = d.revision",
	.argtypes = {TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID}
};
static PgmQuery set_children_query = {
	.sql = "UPDATE migrate.revision r SET children = d.children, nextrev = d.nextrev"
	"  FROM unnest($1, $2, $3) AS d (revision, children, nextrev)"
	" WHERE r.revision = d.revision"
	"   AND (r.children <> d.children OR r.nextrev <> d.nextrev)",
	.argtypes = {TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID}
};
static PgmQuery set_labels_query = {
	.sql = "UPDATE migrate.revision r SET labels = string_to_array(d.labels, ', ')"
	"  FROM unnest($1, $2) AS d (revision, labels)"
	" WHERE r.revision = d.revision AND r.labels <> string_to_array(d.labels, ', ')",
	.argtypes = {TEXTARRAYOID, TEXTARRAYOID}
};
static PgmQuery set_broken_query = {
	.sql = "UPDATE migrate.revision r SET broken_by = string_to_array(d.broken_by, ', ')"
	"  FROM unnest($1, $2) AS d (revision, broken_by)"
	" WHERE r.revision = d.revision AND r.broken_by <> string_to_array(d.broken_by, ', ')",
	.argtypes = {TEXTARRAYOID, TEXTARRAYOID}
};
static PgmQuery labels_query = {
	.sql = "SELECT revision, array_to_string(labels, ', ') FROM migrate.revision"
	" WHERE revision = ANY ($1) AND labels <> '{}'",
	.argtypes = {TEXTARRAYOID}
};
static PgmQuery breaks_query = {
	.sql = "SELECT revision, options ->> 'breaks' FROM migrate.revision"
	" WHERE options ? 'breaks'"
};
static PgmQuery derived_query = {
	.sql = "SELECT revision, applied, children, nextrev,"
	" array_to_string(labels, ', '), array_to_string(broken_by, ', ')"
	"  FROM migrate.revision"
};

/* A migration with a "breaks" header */
typedef struct PgmBreaker
{
	int			rev;
	PgmSet		names;			/* what the header names */
	PgmSet		below;			/* itself and all it depends on */
	int			nbelow;
} PgmBreaker;

/* The ids of all revisions of the graph. */
static List *
all_ids(const PgmGraph *g)
{
	List	   *result = NIL;

	for (int i = 0; i < g->n; i++)
		result = lappend(result, unconstify(char *, g->rev[i].id));
	return result;
}

/* Write one derived list of names for each revision of the graph. */
static void
write_lists(PgmQuery *query, const PgmGraph *g, List *const *lists)
{
	List	   *texts = NIL;
	Datum		values[2];
	PgmSpi		spi;

	for (int i = 0; i < g->n; i++)
		texts = lappend(texts, pgm_name_join(lists[i]));
	pgm_spi_begin(&spi, false);
	values[0] = PointerGetDatum(pgm_names_to_array(all_ids(g)));
	values[1] = PointerGetDatum(pgm_names_to_array(texts));
	pgm_spi_run(&spi, query, values, NULL);
	pgm_spi_end(&spi);
}

static int
compare_names(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * The labels each revision has, sorted: its own and inherited ones.  "given"
 * are those it has already, or NULL.
 */
static List **
labels_of(const PgmGraph *g, List *const *given)
{
	List	  **result = palloc0(Max(g->n, 1) * sizeof(List *));

	for (int i = 0; i < g->n; i++)
	{
		List	   *own = given ? list_copy(given[i]) : NIL;
		PgmSet		from;
		PgmSet		to;

		for (int k = 0; k < g->rev[i].nlabels; k++)
			own = lappend(own, unconstify(char *, g->rev[i].labels[k]));
		if (own == NIL)
			continue;
		from = pgm_graph_set_create(g);
		from[i] = true;
		to = pgm_graph_descendants(g, from, PGM_PARENTS);
		for (int j = 0; j < g->n; j++)
		{
			ListCell   *lc;

			if (!to[j])
				continue;
			foreach(lc, own)
			{
				if (!pgm_names_have(result[j], lfirst(lc)))
					result[j] = lappend(result[j], lfirst(lc));
			}
		}
		pfree(from);
		pfree(to);
	}
	for (int i = 0; i < g->n; i++)
		list_sort(result[i], compare_names);
	return result;
}

/* The stored labels of the revisions of the graph that are registered. */
static List **
registered_labels(const PgmGraph *g)
{
	MemoryContext caller = CurrentMemoryContext;
	List	  **result = palloc0(Max(g->n, 1) * sizeof(List *));
	Datum		ids = PointerGetDatum(pgm_names_to_array(all_ids(g)));
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &labels_query, &ids, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		result[pgm_graph_find(g, pgm_spi_text(i, 1))] =
			pgm_name_list(pgm_spi_text(i, 2));
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/*
 * Take a "breaks" header.  Raises PGM_ERRCODE_INVALID_GRAPH when it names what
 * is not registered, or what depends on the migration itself.
 */
static PgmBreaker *
read_breaker(const PgmGraph *g, const char *revision, const char *breaks)
{
	PgmBreaker *b = palloc(sizeof(PgmBreaker));
	PgmSet		self = pgm_graph_set_create(g);
	PgmSet		above;
	ListCell   *lc;

	b->rev = pgm_graph_find(g, revision);
	self[b->rev] = true;
	b->below = pgm_graph_ancestors(g, self, PGM_ALL);
	b->nbelow = pgm_graph_set_count(g, b->below);
	b->names = pgm_graph_set_create(g);
	above = pgm_graph_descendants(g, self, PGM_ALL);
	foreach(lc, pgm_name_list(breaks))
	{
		const char *name = lfirst(lc);
		int			rev = pgm_graph_find(g, name);

		if (rev < 0 || strcmp(g->rev[rev].id, name) != 0)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("migration \"%s\" breaks \"%s\", which is not registered",
							revision, name),
					 errhint("Name the last revision whose applications it breaks by its whole id.")));
		if (above[rev])
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_GRAPH),
					 errmsg("migration \"%s\" cannot break \"%s\"", revision, name),
					 errdetail("Applications that expect \"%s\" expect \"%s\" with it.",
							   name, revision),
					 errhint("Name the last revision whose applications it breaks, one before it.")));
		b->names[rev] = true;
	}
	return b;
}

/* A migration whose "breaks" header names this one, or NULL. */
char *
pgm_registry_breaker(const char *revision)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *result = NULL;
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &breaks_query, NULL, NULL);
	for (uint64 i = 0; i < n && result == NULL; i++)
		if (strcmp(pgm_spi_text(i, 1), revision) != 0 &&
			pgm_names_have(pgm_name_list(pgm_spi_text(i, 2)), revision))
			result = MemoryContextStrdup(caller, pgm_spi_text(i, 1));
	pgm_spi_end(&spi);
	return result;
}

static int
compare_breakers(const ListCell *a, const ListCell *b)
{
	const PgmBreaker *one = lfirst(a);
	const PgmBreaker *other = lfirst(b);

	return one->nbelow != other->nbelow ? one->nbelow - other->nbelow :
		one->rev - other->rev;
}

/* All migrations with a "breaks" header, lower ones first. */
static List *
read_breakers(const PgmGraph *g, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, read_only);
	n = pgm_spi_run(&spi, &breaks_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);

		result = lappend(result, read_breaker(g, pgm_spi_text(i, 1),
											  pgm_spi_text(i, 2)));
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	list_sort(result, compare_breakers);
	return result;
}

/* The migrations that break each revision, as the head of this file says. */
static List **
broken_by(const PgmGraph *g, bool read_only)
{
	List	  **result = palloc0(Max(g->n, 1) * sizeof(List *));
	ListCell   *lc;

	foreach(lc, read_breakers(g, read_only))
	{
		PgmBreaker *b = lfirst(lc);
		PgmSet		broken = pgm_graph_ancestors(g, b->names, PGM_PARENTS);

		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < g->n; i++)
		{
			bool		covered = !broken[i];
			ListCell   *lower;

			foreach(lower, result[i])
			{
				covered = covered ||
					b->below[pgm_graph_find(g, lfirst(lower))];
			}
			if (!covered)
				result[i] = lappend(result[i],
									unconstify(char *, g->rev[b->rev].id));
		}
		pfree(broken);
	}
	return result;
}

/*
 * Write the counts of children: with "all" they become those of the graph, else
 * the graph's are added to them.
 */
static void
count_children(const PgmGraph *g, bool all)
{
	Datum		values[3];
	Datum	   *children = palloc(Max(g->n, 1) * sizeof(Datum));
	Datum	   *nextrev = palloc(Max(g->n, 1) * sizeof(Datum));
	List	   *names = NIL;
	int			n = 0;
	PgmSpi		spi;

	for (int i = 0; i < g->n; i++)
	{
		const PgmRevision *r = &g->rev[i];

		if (!all && r->nstanding == 0)
			continue;
		names = lappend(names, unconstify(char *, r->id));
		children[n] = Int32GetDatum(r->nstanding);
		nextrev[n++] = Int32GetDatum(r->nnext);
	}
	if (n == 0)
		return;
	pgm_spi_begin(&spi, false);
	values[0] = PointerGetDatum(pgm_names_to_array(names));
	values[1] = PointerGetDatum(construct_array(children, n, INT4OID, 4, true,
												TYPALIGN_INT));
	values[2] = PointerGetDatum(construct_array(nextrev, n, INT4OID, 4, true,
												TYPALIGN_INT));
	pgm_spi_run(&spi, all ? &set_children_query : &add_children_query,
				values, NULL);
	pgm_spi_end(&spi);
}

/*
 * After migrations were added: "g" has them, and the registered ones they may
 * depend on, as pgm_registry_neighbours() gives them.  What is new is a leaf, so
 * nothing follows for others but a count.
 */
void
pgm_registry_keep_new(const PgmGraph *g)
{
	count_children(g, false);
	write_lists(&set_labels_query, g, labels_of(g, registered_labels(g)));
}

/*
 * After anything else: "g" is the whole graph.  Raises
 * PGM_ERRCODE_INVALID_GRAPH for a "breaks" header that makes no sense.
 */
void
pgm_registry_keep_all(const PgmGraph *g)
{
	count_children(g, true);
	write_lists(&set_labels_query, g, labels_of(g, NULL));
	write_lists(&set_broken_query, g, broken_by(g, false));
}

/*
 * The revisions that are applied at a position.  What is half done is not, in
 * whichever direction.
 */
static bool *
applied_at(const PgmGraph *g, const PgmPosition *pos, bool read_only)
{
	bool	   *result = pgm_graph_set_create(g);
	ListCell   *lc;

	for (int i = 0; i < g->n; i++)
		result[i] = pos->applied[i];
	foreach(lc, pgm_journal_open(read_only))
	{
		int			rev = pgm_graph_find(g, ((PgmJournalSegment *) lfirst(lc))->revision);

		if (rev >= 0)
			result[rev] = false;
	}
	return result;
}

/* The derived values of each revision of the graph, as stored. */
PgmDerived *
pgm_registry_derived(const PgmGraph *g)
{
	MemoryContext caller = CurrentMemoryContext;
	PgmDerived *result = palloc0(Max(g->n, 1) * sizeof(PgmDerived));
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, true);
	n = pgm_spi_run(&spi, &derived_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		int			rev = pgm_graph_find(g, pgm_spi_text(i, 1));
		MemoryContext old = MemoryContextSwitchTo(caller);
		bool		isnull;

		if (rev >= 0)
		{
			result[rev].applied = DatumGetBool(pgm_spi_datum(i, 2, &isnull));
			result[rev].children = DatumGetInt32(pgm_spi_datum(i, 3, &isnull));
			result[rev].nextrev = DatumGetInt32(pgm_spi_datum(i, 4, &isnull));
			result[rev].labels = pgm_spi_text(i, 5);
			result[rev].broken_by = pgm_spi_text(i, 6);
		}
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/* The derived values as the graph and the position imply them. */
PgmDerived *
pgm_registry_due(const PgmGraph *g, const PgmPosition *pos)
{
	PgmDerived *result = palloc0(Max(g->n, 1) * sizeof(PgmDerived));
	List	  **labels = labels_of(g, NULL);
	List	  **breakers = broken_by(g, true);
	bool	   *applied = applied_at(g, pos, true);

	for (int i = 0; i < g->n; i++)
	{
		result[i].applied = applied[i];
		result[i].children = g->rev[i].nstanding;
		result[i].nextrev = g->rev[i].nnext;
		result[i].labels = pgm_name_join(labels[i]);
		result[i].broken_by = pgm_name_join(breakers[i]);
	}
	return result;
}

PG_FUNCTION_INFO_V1(pg_migrate_position_written);

/*
 * position_written(): trigger for each statement that writes migrate.version:
 * what is applied follows.  Our own code, which is known by its security
 * context, writes that itself.  A row may name what is not registered yet, in
 * a restore.
 */
Datum
pg_migrate_position_written(PG_FUNCTION_ARGS)
{
	PgmGraph   *g;
	PgmDerived *stored;
	PgmSet		rows;
	bool	   *applied;
	ListCell   *lc;

	pgm_invalidation_check_trigger(fcinfo);
	if (InNoForceRLSOperation())
		return PointerGetDatum(NULL);
	g = pgm_registry_graph(false, NULL);
	rows = pgm_graph_set_create(g);
	foreach(lc, pgm_registry_current(false))
	{
		int			rev = pgm_graph_find(g, lfirst(lc));

		if (rev >= 0)
			rows[rev] = true;
	}
	stored = pgm_registry_derived(g);
	applied = pgm_graph_set_create(g);
	for (int i = 0; i < g->n; i++)
		applied[i] = stored[i].applied;
	pgm_registry_settle_applied(g, applied,
								applied_at(g, pgm_graph_position_create(g, rows), false));
	return PointerGetDatum(NULL);
}
