/*
 * journal.h
 *	  The journal of runs that commit between their segments.
 */
#ifndef PGM_JOURNAL_H
#define PGM_JOURNAL_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* A row of migrate.segment */
typedef struct PgmJournalSegment
{
	int64		run;
	const char *revision;
	const char *direction;
	int			number;
	int			total;
	const char *kind;
	const char *sql;
	const char *state;
	const char *intent;			/* JSON, or NULL */
	TimestampTz started_at;
} PgmJournalSegment;

extern List *pgm_journal_open(bool read_only);
extern void pgm_journal_run_begin(int64 run, const char *target,
								  const char *direction, Oid role);
extern void pgm_journal_run_end(int64 run, const char *state,
								const ErrorData *edata);
extern void pgm_journal_runs_dead(void);
extern void pgm_journal_write(const PgmJournalSegment *s,
							  const ErrorData *edata);
extern void pgm_journal_forget(const PgmJournalSegment *s);
extern bool pgm_journal_took_part(int64 run, const char *revision);
extern void pgm_journal_close(const char *revision);

#endif							/* PGM_JOURNAL_H */
