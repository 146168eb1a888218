/*
 * progress.c
 *	  The lines that a caller who waits for a worker is told now and then.
 */
#include "postgres.h"

#include "pgstat.h"
#include "utils/timestamp.h"

#include "registry/journal.h"
#include "run/progress.h"
#include "run/run_settings.h"
#include "util/subtransaction.h"

/* When the next line is due */
static TimestampTz next_report = 0;

/* Begin to wait: the first report is due after one interval. */
void
pgm_progress_begin(void)
{
	next_report = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											  pgm_progress_interval);
}

/* The process whose run is reported, and the line about it */
typedef struct PgmProgressLine
{
	int			pid;
	char	   *line;
} PgmProgressLine;

/* The function of a subtransaction that is rolled back: make the line. */
static bool
report_part(void *arg)
{
	PgmProgressLine *report = arg;

	report->line = pgm_run_status_progress_line(report->pid);
	return false;
}

/*
 * Tell the client how far the run of a process is, if a line is due.
 *
 * The journal is read in a subtransaction that is rolled back: a lock of ours on it
 * could be what the worker waits for.
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
