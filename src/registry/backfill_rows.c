/*
 * backfill_rows.c
 *	  Reading and writing migrate.backfill: how far each backfill is, so that
 *	  one that was cut off is resumed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "registry/journal.h"
#include "util/spi.h"

/* the one that was not finished, of the same words */
static PgmQuery find_query = {
	.sql = "UPDATE migrate.backfill SET state = 'running', pid = pg_backend_pid(), run = $4,"
	" segment = $6, begun_at = clock_timestamp(), begun_done = done, error = NULL, waiting = NULL"
	" WHERE id = (SELECT id FROM migrate.backfill WHERE relation = $1 AND assignment = $2"
	"   AND condition IS NOT DISTINCT FROM $3 AND revision IS NOT DISTINCT FROM $5"
	"   AND state <> 'done' ORDER BY id DESC LIMIT 1)"
	" RETURNING id, part, block, done, pass, rows",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID, INT4OID}
};
static PgmQuery insert_query = {
	.sql = "INSERT INTO migrate.backfill (id, relation, assignment, condition, run, revision, segment, pid)"
	" VALUES (" PGM_SQL_NEXT("migrate.backfill_seq", "SELECT max(id) FROM migrate.backfill") ","
	" $1, $2, $3, $4, $5, $6, pg_backend_pid())"
	" RETURNING id, part, block, done, pass, rows",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID, INT4OID}
};
static PgmQuery write_query = {
	.sql = "UPDATE migrate.backfill SET part = $2, block = $3, done = $4, total = $5,"
	" pass = $6, rows = $7, waiting = $8, state = $9, error = $10, updated_at = clock_timestamp()"
	" WHERE id = $1",
	.argtypes = {INT8OID, TEXTOID, INT8OID, INT8OID, INT8OID, INT4OID, INT8OID,
	TEXTOID, TEXTOID, TEXTOID}
};

static int64
number(int column)
{
	bool		isnull;

	return DatumGetInt64(pgm_spi_datum(0, column, &isnull));
}

/*
 * Begin a backfill, or resume the one that was cut off: fills in what is
 * known of it.  "run" is 0 and "revision" NULL for one called by hand.
 */
void
pgm_journal_backfill_begin(PgmJournalBackfill *b, int64 run,
						   const char *revision, int segment)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	Datum		values[6];
	bool		isnull[6] = {false, false, b->condition == NULL, run == 0,
	revision == NULL, run == 0};
	PgmSpi		spi;
	bool		none;

	pgm_spi_begin(&spi, false);
	values[0] = CStringGetTextDatum(b->relation);
	values[1] = CStringGetTextDatum(b->assignment);
	values[2] = b->condition ? CStringGetTextDatum(b->condition) : (Datum) 0;
	values[3] = Int64GetDatum(run);
	values[4] = revision ? CStringGetTextDatum(revision) : (Datum) 0;
	values[5] = Int32GetDatum(segment);
	if (pgm_spi_run(&spi, &find_query, values, isnull) == 0)
		pgm_spi_run(&spi, &insert_query, values, isnull);
	old = MemoryContextSwitchTo(caller);
	b->id = number(1);
	b->part = pgm_spi_text(0, 2);
	b->block = number(3);
	b->done = number(4);
	b->pass = DatumGetInt32(pgm_spi_datum(0, 5, &none));
	b->rows = number(6);
	b->state = "running";
	MemoryContextSwitchTo(old);
	pgm_spi_end(&spi);
}

/* Write down how far it is. */
void
pgm_journal_backfill_write(const PgmJournalBackfill *b)
{
	Datum		values[10];
	bool		isnull[10] = {false};
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	values[0] = Int64GetDatum(b->id);
	isnull[1] = b->part == NULL;
	values[1] = b->part ? CStringGetTextDatum(b->part) : (Datum) 0;
	values[2] = Int64GetDatum(b->block);
	values[3] = Int64GetDatum(b->done);
	values[4] = Int64GetDatum(b->total);
	values[5] = Int32GetDatum(b->pass);
	values[6] = Int64GetDatum(b->rows);
	isnull[7] = b->waiting == NULL;
	values[7] = b->waiting ? CStringGetTextDatum(b->waiting) : (Datum) 0;
	values[8] = CStringGetTextDatum(b->state);
	isnull[9] = b->error == NULL;
	values[9] = b->error ? CStringGetTextDatum(b->error) : (Datum) 0;
	pgm_spi_run(&spi, &write_query, values, isnull);
	pgm_spi_end(&spi);
}
