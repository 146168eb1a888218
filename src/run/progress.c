/*
 * progress.c
 *	  How far the runs are: migrate.progress, and the lines that a caller who
 *	  waits for a worker is told now and then.
 */
#include "postgres.h"

#include "fmgr.h"
#include "pgstat.h"
#include "utils/timestamp.h"

#include "registry/journal.h"
#include "run/progress.h"
#include "run/run_settings.h"
#include "util/srf.h"
#include "util/subtransaction.h"

static TimestampTz next_report = 0;

/* Begin to wait: the first report is due after one interval. */
void
pgm_progress_begin(void)
{
	next_report = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											  pgm_progress_interval);
}

/* What is to be reported */
typedef struct PgmProgressLine
{
	int			pid;
	char	   *line;
} PgmProgressLine;

static bool
report_part(void *arg)
{
	PgmProgressLine *report = arg;

	report->line = pgm_journal_progress_line(report->pid);
	return false;
}

/*
 * Tell the client how far the run of a process is, if that is due.  In a
 * subtransaction that is rolled back, so that no lock is kept; with snapshots
 * of its own.
 */
void
pgm_progress_report(int pid)
{
	PgmProgressLine report = {.pid = pid};
	ErrorData  *edata;

	if (pgm_progress_interval <= 0 || GetCurrentTimestamp() < next_report)
		return;
	pgm_progress_begin();
	pgstat_clear_snapshot();	/* this transaction has looked before */
	edata = pgm_subtransaction("pg_migrate", report_part, &report);
	if (edata)
		ReThrowError(edata);
	if (report.line)
		ereport(NOTICE, (errmsg_internal("%s", report.line)));
}

PG_FUNCTION_INFO_V1(pg_migrate_progress);

/* progress_rows() returns the rows of migrate.progress */
Datum
pg_migrate_progress(PG_FUNCTION_ARGS)
{
	pgm_rows_begin(fcinfo);
	pgm_journal_progress((ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
