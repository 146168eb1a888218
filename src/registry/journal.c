/*
 * journal.c
 *	  Reading and writing migrate.run and migrate.segment.
 *
 * A revision is half done while it has open rows of migrate.segment: those of
 * its segments that are in effect, or may be.  They are
 * closed in the transaction that moves the version over the revision.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "registry/invalidation.h"
#include "registry/journal.h"
#include "registry/registry.h"
#include "util/spi.h"

static PgmQuery open_query = {
	.sql = "SELECT run, revision, direction, number, total, kind, sql, state,"
	"       intent::text, started_at"
	"  FROM migrate.segment WHERE open ORDER BY revision, number"
};
static PgmQuery run_begin_query = {
	.sql = "INSERT INTO migrate.run (run, state, target, direction, started_at, pid,"
	" ran_as, login, application_name, client_addr)"
	" VALUES ($1, $2, $3, $4, clock_timestamp(), pg_backend_pid(), $5, $6,"
	" current_setting('application_name'), coalesce($7::inet, inet_client_addr()))"
	" ON CONFLICT (run) DO UPDATE SET state = excluded.state, ran_as = excluded.ran_as",
	.argtypes = {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}
};
static PgmQuery run_end_query = {
	.sql = "UPDATE migrate.run SET state = $2, finished_at = clock_timestamp(),"
	" sqlstate = coalesce($3, sqlstate), error = coalesce($4, error) WHERE run = $1",
	.argtypes = {INT8OID, TEXTOID, TEXTOID, TEXTOID}
};
static PgmQuery runs_dead_query = {
	.sql = "UPDATE migrate.run r SET state = 'failed', error = 'the run was cut off'"
	" WHERE run <> $1 AND (state = 'running' OR state = 'waiting' AND NOT EXISTS"
	" (SELECT FROM pg_stat_get_activity(r.pid) a WHERE a.backend_start <= r.started_at))",
	.argtypes = {INT8OID}
};
static PgmQuery write_query = {
	.sql = "INSERT INTO migrate.segment (run, revision, direction, number, total, kind,"
	" sql, state, open, intent, started_at, finished_at, sqlstate, error)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8 <> 'failed', $9::jsonb, $10,"
	" CASE WHEN $8 <> 'running' THEN clock_timestamp() END, $11, $12)"
	" ON CONFLICT (run, revision, number) DO UPDATE SET state = excluded.state,"
	" open = excluded.open, finished_at = excluded.finished_at,"
	" sqlstate = excluded.sqlstate, error = excluded.error",
	.argtypes = {INT8OID, TEXTOID, TEXTOID, INT4OID, INT4OID, TEXTOID, TEXTOID,
	TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID}
};
static PgmQuery forget_query = {
	.sql = "UPDATE migrate.segment SET open = false, state = 'failed'"
	" WHERE run = $1 AND revision = $2 AND number = $3",
	.argtypes = {INT8OID, TEXTOID, INT4OID}
};
static PgmQuery took_part_query = {
	.sql = "SELECT FROM migrate.segment WHERE run = $1 AND revision = $2"
	" AND started_at >= (SELECT min(started_at) FROM migrate.segment WHERE open AND revision = $2)"
	" LIMIT 1",
	.argtypes = {INT8OID, TEXTOID}
};
static PgmQuery close_query = {
	.sql = "UPDATE migrate.segment SET open = false WHERE revision = $1 AND open",
	.argtypes = {TEXTOID}
};

/* The open segments (PgmJournalSegment), by revision and number. */
List *
pgm_journal_open(bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, read_only);
	n = pgm_spi_run(&spi, &open_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(caller);
		PgmJournalSegment *s = palloc(sizeof(PgmJournalSegment));
		bool		isnull;

		s->run = DatumGetInt64(pgm_spi_datum(i, 1, &isnull));
		s->revision = pgm_spi_text(i, 2);
		s->direction = pgm_spi_text(i, 3);
		s->number = DatumGetInt32(pgm_spi_datum(i, 4, &isnull));
		s->total = DatumGetInt32(pgm_spi_datum(i, 5, &isnull));
		s->kind = pgm_spi_text(i, 6);
		s->sql = pgm_spi_text(i, 7);
		s->state = pgm_spi_text(i, 8);
		s->intent = pgm_spi_text(i, 9);
		s->started_at = DatumGetTimestampTz(pgm_spi_datum(i, 10, &isnull));
		result = lappend(result, s);
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/* Write down that a run begins, or that it waits or waited for its turn. */
void
pgm_journal_run_begin(int64 run, const char *state, const char *target,
					  const char *direction, Oid role)
{
	Datum		values[7];
	bool		isnull[7] = {false};
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = Int64GetDatum(run);
	values[1] = CStringGetTextDatum(state);
	values[2] = CStringGetTextDatum(target);
	values[3] = CStringGetTextDatum(direction);
	values[4] = CStringGetTextDatum(GetUserNameFromId(role, false));
	values[5] = CStringGetTextDatum(pgm_registry_caller_name());
	isnull[6] = pgm_client_address == NULL;
	if (pgm_client_address)
		values[6] = CStringGetTextDatum(pgm_client_address);
	pgm_spi_run(&spi, &run_begin_query, values, isnull);
	pgm_spi_end(&spi);
}

/* The SQLSTATE and message of an error, nulls for NULL. */
static void
error_values(const ErrorData *edata, Datum *values, bool *isnull)
{
	isnull[0] = isnull[1] = edata == NULL;
	if (edata == NULL)
		return;
	values[0] = CStringGetTextDatum(unpack_sql_state(edata->sqlerrcode));
	values[1] = CStringGetTextDatum(edata->message ? edata->message : "");
}

/* Write down that a run ended: done, failed or abandoned. */
void
pgm_journal_run_end(int64 run, const char *state, const ErrorData *edata)
{
	Datum		values[4];
	bool		isnull[4] = {false};
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = Int64GetDatum(run);
	values[1] = CStringGetTextDatum(state);
	error_values(edata, &values[2], &isnull[2]);
	pgm_spi_run(&spi, &run_end_query, values, isnull);
	pgm_spi_end(&spi);
}

/*
 * The caller has the run lock: whatever is called running, but for its own
 * run, was cut off; and so does a row of a caller that was waiting and has ended.
 */
void
pgm_journal_runs_dead(int64 own)
{
	Datum		value = Int64GetDatum(own);
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_spi_run(&spi, &runs_dead_query, &value, NULL);
	pgm_spi_end(&spi);
}

/*
 * Write down the state of a segment: a new row, or the row it has.  A failed
 * one is not in effect, and not open.
 */
void
pgm_journal_write(const PgmJournalSegment *s, const ErrorData *edata)
{
	Datum		values[12];
	bool		isnull[12] = {false};
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = Int64GetDatum(s->run);
	values[1] = CStringGetTextDatum(s->revision);
	values[2] = CStringGetTextDatum(s->direction);
	values[3] = Int32GetDatum(s->number);
	values[4] = Int32GetDatum(s->total);
	values[5] = CStringGetTextDatum(s->kind);
	values[6] = CStringGetTextDatum(s->sql);
	values[7] = CStringGetTextDatum(s->state);
	isnull[8] = s->intent == NULL;
	values[8] = s->intent ? CStringGetTextDatum(s->intent) : (Datum) 0;
	values[9] = TimestampTzGetDatum(s->started_at);
	error_values(edata, &values[10], &isnull[10]);
	pgm_invalidation_send();
	pgm_spi_run(&spi, &write_query, values, isnull);
	pgm_spi_end(&spi);
}

/* An open segment turned out not to be in effect. */
void
pgm_journal_forget(const PgmJournalSegment *s)
{
	Datum		values[3];
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = Int64GetDatum(s->run);
	values[1] = CStringGetTextDatum(s->revision);
	values[2] = Int32GetDatum(s->number);
	pgm_invalidation_send();
	pgm_spi_run(&spi, &forget_query, values, NULL);
	pgm_spi_end(&spi);
}

/* The revision is no longer half done. */
void
pgm_journal_close(const char *revision)
{
	Datum		value = CStringGetTextDatum(revision);
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	pgm_invalidation_send();
	pgm_spi_run(&spi, &close_query, &value, NULL);
	pgm_spi_end(&spi);
}

/* Did the run have to do with the revision since it is half done? */
bool
pgm_journal_took_part(int64 run, const char *revision)
{
	Datum		values[] = {Int64GetDatum(run), CStringGetTextDatum(revision)};
	bool		found;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	found = pgm_spi_run(&spi, &took_part_query, values, NULL) > 0;
	pgm_spi_end(&spi);
	return found;
}
