/*
 * run_warnings.c
 *	  Warnings at the beginning of a run: that no migration is registered; and for
 *	  a run by segments, that the caller will hold back VACUUM for long, and that a
 *	  timeout could end a long build.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "run/prepare/run_warnings.h"
#include "schema/relation_size.h"
#include "script/script.h"
#include "script/segment.h"
#include "script/viewpoint.h"
#include "util/spi.h"

/* An index build of a table larger than this takes long */
#define LARGE_TABLE (UINT64CONST(1) << 30)

/* Timeouts that the client has not set itself, in this session or when it connected */
static PgmQuery timeouts_query = {
	.sql = "SELECT string_agg(format('%s is %s by %s', name, current_setting(name), source), ', ' ORDER BY name)"
	"  FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout')"
	"   AND setting <> '0' AND source IN ('configuration file', 'global', 'database', 'user', 'database user')"
};

/*
 * Warn that there are no migrations at all: then the database is at all heads,
 * which may be so only because nothing was loaded by mistake.
 */
void
pgm_warn_nothing_registered(void)
{
	ereport(WARNING,
			(errmsg("no migration is registered in this database"),
			 errhint("Load the migration files with SELECT migrate.load(...).")));
}

/* The statement of a nontransactional segment, or NULL for another kind. */
static const Node *
nontransactional_statement(const PgmSegment *segment)
{
	const PgmStatement *s;

	if (segment->kind != PGM_SEGMENT_NONTRANSACTIONAL)
		return NULL;
	s = list_nth(segment->script->statements, segment->first);
	return s->raw->stmt;
}

/* Does an index build of the relation take long?  One that does not exist is not large. */
static bool
is_large(const RangeVar *rel)
{
	PgmViewpoint caller;
	Oid			relid;

	pgm_viewpoint_take(&caller);
	relid = RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
	pgm_viewpoint_leave(&caller);
	return OidIsValid(relid) && pgm_relation_tree_bytes(relid) > LARGE_TABLE;
}

/*
 * The name of what takes long in the segment, as part of a message, or NULL.  With
 * "only_large" an index build counts only if its table is large.
 */
static const char *
long_operation(const PgmSegment *segment, bool only_large)
{
	const Node *node = nontransactional_statement(segment);
	const RangeVar *rel;

	if (node == NULL)
		return NULL;
	if (pgm_call_is_backfill(node))
		return "a backfill";
	if (!pgm_statement_builds_concurrently(node))
		return NULL;
	/* NULL for REINDEX SCHEMA and its like */
	rel = IsA(node, IndexStmt) ? ((const IndexStmt *) node)->relation :
		((const ReindexStmt *) node)->relation;
	return !only_large || (rel && is_large(rel)) ? "an index build" : NULL;
}

/* The first operation of a run that takes long, or NULL; segments of each step. */
static const char *
first_long_operation(const PgmRun *run, List **segments, bool only_large)
{
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		ListCell   *lc;

		foreach(lc, segments[i])
		{
			const char *what = long_operation(lfirst(lc), only_large);

			if (what)
				return what;
		}
	}
	return NULL;
}

/*
 * Warn that the call holds back VACUUM for long: the statement that waits for a worker
 * keeps its snapshot until the end.
 */
void
pgm_warn_waiting(const PgmRun *run, List **segments)
{
	const char *what = first_long_operation(run, segments, true);

	if (what)
		ereport(WARNING,
				(errmsg("this call waits for %s, and holds back VACUUM meanwhile",
						what),
				 errhint("CALL migrate.deploy() does not.")));
}

/*
 * Warn of a timeout that the client has not set itself, and that would end the call and
 * with it a long operation.
 */
void
pgm_warn_timeouts(const PgmRun *run, List **segments)
{
	const char *what = first_long_operation(run, segments, false);
	MemoryContext caller = CurrentMemoryContext;
	char	   *timeouts = NULL;
	PgmSpi		spi;

	if (what == NULL)
		return;
	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, &timeouts_query, NULL, NULL) > 0)
	{
		char	   *text = pgm_spi_text(0, 1);

		timeouts = text ? MemoryContextStrdup(caller, text) : NULL;
	}
	pgm_spi_end(&spi);
	if (timeouts)
		ereport(WARNING,
				(errmsg("the run has %s, which a timeout could end", what),
				 errdetail("For this call %s.", timeouts),
				 errhint("SET it to 0 before the call.")));
}
