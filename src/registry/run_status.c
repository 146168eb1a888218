/*
 * run_status.c
 *	  Runs seen from outside: whether they are alive, and how far they are.
 *
 * A run that is said to be running is so only if its process has the run lock
 * in EXCLUSIVE mode; one restored from a dump, or cut off, has not.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "registry/journal.h"
#include "util/spi.h"

/* the process that has the run lock for a run by segments */
#define RUNNER \
	"(SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database" \
	"  WHERE l.locktype = 'advisory' AND l.objsubid = 3 AND l.granted" \
	"    AND l.mode = 'ExclusiveLock' AND d.datname = current_database())"
#define IS_ALIVE(r) \
	"CASE " r ".state WHEN 'running' THEN " r ".pid IN " RUNNER \
	" WHEN 'waiting' THEN EXISTS (SELECT FROM pg_stat_get_activity(" r ".pid) w" \
	"  WHERE w.backend_start <= " r ".started_at) ELSE false END"

/*
 * The processes that one waits for, and since when their transactions are open.
 * A prepared transaction is process 0 there; it is found by the lock that is
 * waited for.
 */
#define SAME_LOCK \
	"(h.locktype, h.database, h.relation, h.page, h.tuple, h.virtualxid, h.transactionid, h.classid, h.objid, h.objsubid)" \
	" IS NOT DISTINCT FROM (w.locktype, w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)"
#define WAITING_FOR(pid) \
	"(SELECT string_agg(who, '; ') FROM (" \
	"  SELECT format('%sprocess %s (%s%s%s)', nullif(a.backend_type, 'client backend') || ' ', a.pid," \
	"    coalesce(nullif(a.application_name, ''), a.backend_type)," \
	"    ', ' || a.state, ', transaction open for ' || date_trunc('second', clock_timestamp() - a.xact_start)) AS who" \
	"    FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids(" pid "))" \
	"  UNION" \
	"  SELECT format('prepared transaction %L (of %s, prepared %s ago)', g.gid, g.owner, date_trunc('second', clock_timestamp() - g.prepared))" \
	"    FROM pg_locks w JOIN pg_locks h ON h.pid IS NULL AND h.granted AND " SAME_LOCK \
	"    JOIN pg_locks x ON x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = h.virtualtransaction" \
	"    JOIN pg_prepared_xacts g ON g.transaction = x.transactionid" \
	"    WHERE w.pid = " pid " AND NOT w.granted AND 0 = ANY (pg_blocking_pids(" pid "))) AS blocker)"

static PgmQuery run_query = {
	.sql = "SELECT r.state, r.sqlstate, r.error, r.pid, " IS_ALIVE("r") ", r.login"
	"  FROM migrate.run r WHERE r.run = $1",
	.argtypes = {INT8OID}
};

/*
 * Any other process that has the run lock, and the login of its run by segments.
 * A run in one transaction has no row; a row of the same pid is of a run that
 * was killed before, and must not give its caller rights over this one.
 */
static PgmQuery holder_query = {
	.sql = "SELECT l.pid, (SELECT r.login FROM migrate.run r"
	"   WHERE l.mode = 'ExclusiveLock' AND r.pid = l.pid AND r.state = 'running' ORDER BY r.run DESC LIMIT 1)"
	"  FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
	" WHERE l.locktype = 'advisory' AND l.objsubid = 3 AND l.granted"
	" AND d.datname = current_database() AND l.pid <> pg_backend_pid()"
};

/*
 * What runs: the runs by segments with what they are at, and backfills that
 * were called by hand.
 */
#define PROGRESS \
	"WITH going AS (" \
	" SELECT r.run, r.pid, r.state FROM migrate.run r WHERE r.state IN ('running', 'waiting') AND " IS_ALIVE("r") \
	"), half AS (" \
	" SELECT s.revision, max(s.total) AS total, count(*) FILTER (WHERE s.state = 'done') AS done" \
	"   FROM migrate.segment s WHERE s.open GROUP BY s.revision" \
	"), part AS (" \
	" SELECT g.run, g.pid, g.state, coalesce(s.revision, h.revision) AS revision," \
	"   coalesce(s.number, h.done + 1) AS segment, s.kind, s.sql, s.started_at" \
	"   FROM going g LEFT JOIN half h ON g.state = 'running'" \
	"   LEFT JOIN migrate.segment s ON s.open AND s.state = 'running' AND g.state = 'running'" \
	"), work AS (" \
	" SELECT p.run, p.pid, p.revision, p.segment," \
	"   CASE WHEN b.id IS NOT NULL THEN 'backfill' WHEN c.pid IS NOT NULL THEN 'index build'" \
	"     WHEN p.state = 'waiting' THEN NULL ELSE coalesce(p.kind, 'transaction') END AS kind," \
	"   CASE WHEN b.id IS NOT NULL THEN format('pass %s of %s', b.pass, b.part)" \
	"     WHEN c.pid IS NOT NULL THEN c.phase WHEN p.state = 'waiting' THEN 'waiting for another run'" \
	"     ELSE regexp_replace(left(p.sql, 60), '\\s+', ' ', 'g') END AS phase," \
	"   CASE WHEN b.id IS NOT NULL THEN b.done WHEN c.blocks_total > 0 THEN c.blocks_done" \
	"     WHEN c.tuples_total > 0 THEN c.tuples_done WHEN c.lockers_total > 0 THEN c.lockers_done END AS done," \
	"   CASE WHEN b.id IS NOT NULL THEN b.total WHEN c.blocks_total > 0 THEN c.blocks_total" \
	"     WHEN c.tuples_total > 0 THEN c.tuples_total WHEN c.lockers_total > 0 THEN c.lockers_total END AS total," \
	"   coalesce(b.begun_at, p.started_at) AS started_at, b.begun_done AS begun," \
	"   coalesce(b.waiting, " WAITING_FOR("p.pid") ") AS waiting_for" \
	"   FROM part p LEFT JOIN migrate.backfill b ON b.state = 'running' AND b.run = p.run AND b.pid = p.pid" \
	"   LEFT JOIN pg_stat_progress_create_index c ON c.pid = p.pid" \
	" UNION ALL" \
	" SELECT NULL, b.pid, b.revision, b.segment, 'backfill', format('pass %s of %s', b.pass, b.part)," \
	"   b.done, b.total, b.begun_at, b.begun_done, coalesce(b.waiting, " WAITING_FOR("b.pid") ")" \
	"   FROM migrate.backfill b WHERE b.state = 'running' AND b.run IS NULL AND EXISTS" \
	"    (SELECT FROM pg_stat_get_activity(b.pid) a WHERE a.backend_start <= b.begun_at)" \
	"), speed AS (" \
	" SELECT *, (done - coalesce(begun, 0)) /" \
	"   greatest(extract(epoch FROM clock_timestamp() - started_at), 0.001)::float8 AS rate FROM work" \
	"), progress AS (" \
	" SELECT run, revision, segment::int4, kind, phase, done, total," \
	"   (100.0 * done / nullif(total, 0))::float8 AS percent, rate," \
	"   CASE WHEN rate > 0 THEN date_trunc('second', make_interval(secs => (total - done) / rate)) END AS eta," \
	"   waiting_for, pid FROM speed) "

static PgmQuery progress_query = {
	.sql = PROGRESS "SELECT run, revision, segment, kind, phase, done, total, percent, rate, eta, waiting_for, pid FROM progress"
	" ORDER BY run, pid"
};
static PgmQuery line_query = {
	.sql = PROGRESS "SELECT format('run %s%s%s%s%s%s', run, ', migration \"' || revision || '\"'," \
	" ', segment ' || segment || coalesce((SELECT ' of ' || max(s.total) FROM migrate.segment s" \
	"    WHERE s.open AND s.revision = progress.revision), '')," \
	" ', ' || kind, ': ' || phase, coalesce(', ' || round(percent::numeric) || '% of ' || total, '') ||" \
	" coalesce(', about ' || eta || ' to go', '') || coalesce(', waits for ' || waiting_for, ''))" \
	" FROM progress WHERE pid = $1",
	.argtypes = {INT4OID}
};

static PgmQuery last_line_query = {
	.sql = "SELECT format('run %s to %s%s', r.run, r.target," \
	" (SELECT format(', migration \"%s\", %s of %s segments done', s.revision," \
	"    count(*) FILTER (WHERE s.state = 'done'), max(s.total))" \
	"    FROM migrate.segment s WHERE s.open GROUP BY s.revision))" \
	"  FROM migrate.run r WHERE r.state = 'running' ORDER BY r.run DESC LIMIT 1"
};

static PgmQuery up_query = {
	.sql = "SELECT direction FROM (SELECT * FROM migrate.run WHERE state = 'running'" \
	"  AND $1 IN (0, pid) ORDER BY run DESC LIMIT 1) r WHERE direction = 'upgrade'",
	.argtypes = {INT4OID}
};

/* The state of a run, or NULL if there is no run with that number. */
PgmJournalRun *
pgm_journal_run(int64 number)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum		value = Int64GetDatum(number);
	PgmJournalRun *run = NULL;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, &run_query, &value, NULL) > 0)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);
		bool		isnull;

		run = palloc0(sizeof(PgmJournalRun));
		run->number = number;
		run->state = pgm_spi_text(0, 1);
		run->sqlstate = pgm_spi_text(0, 2);
		run->error = pgm_spi_text(0, 3);
		run->pid = DatumGetInt32(pgm_spi_datum(0, 4, &isnull));
		run->alive = DatumGetBool(pgm_spi_datum(0, 5, &isnull));
		run->login = pgm_spi_text(0, 6);
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return run;
}

/*
 * Another process that has the run lock, or 0; *login is set to the session user
 * who called its run by segments, or NULL for one in a transaction.
 */
int
pgm_run_status_holder(char **login)
{
	MemoryContext caller = CurrentMemoryContext;
	int			pid = 0;
	bool		isnull;
	PgmSpi		spi;

	*login = NULL;
	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, &holder_query, NULL, NULL) > 0)
	{
		char	   *name = pgm_spi_text(0, 2);

		pid = DatumGetInt32(pgm_spi_datum(0, 1, &isnull));
		*login = name ? MemoryContextStrdup(caller, name) : NULL;
	}
	pgm_spi_end(&spi);
	return pid;
}

/*
 * How far the run of a process is, as one line; NULL when it has not begun.
 * Process 0: the last run that is said to be in progress, which is all that a
 * standby knows.
 */
char *
pgm_run_status_progress_line(int pid)
{
	Datum		value = Int32GetDatum(pid);

	return pid ? pgm_spi_query_text(&line_query, &value) : pgm_spi_query_text(&last_line_query, NULL);
}

/* Is that run an upgrade? */
bool
pgm_run_status_is_upgrade(int pid)
{
	Datum		value = Int32GetDatum(pid);

	return pgm_spi_query_text(&up_query, &value) != NULL;
}

/* Add a row; its texts quote scripts and names of applications, so escape them. */
static void
put_escaped(ReturnSetInfo *rsinfo, HeapTuple tuple, TupleDesc desc)
{
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *isnull = palloc(desc->natts * sizeof(bool));

	heap_deform_tuple(tuple, desc, values, isnull);
	for (int i = 0; i < desc->natts; i++)
		if (!isnull[i] && TupleDescAttr(desc, i)->atttypid == TEXTOID)
			values[i] = CStringGetTextDatum(pgm_escape_line(TextDatumGetCString(values[i])));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, isnull);
}

/* The rows of migrate.progress, into a result that was begun. */
void
pgm_run_status_progress(ReturnSetInfo *rsinfo)
{
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &progress_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
		put_escaped(rsinfo, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	pgm_spi_end(&spi);
}
