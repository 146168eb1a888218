/*
 * journal.h
 *	  The journal of runs that commit between their segments.
 */
#ifndef PGM_JOURNAL_H
#define PGM_JOURNAL_H

#include "datatype/timestamp.h"
#include "nodes/execnodes.h"
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

/* A run as another session sees it */
typedef struct PgmJournalRun
{
	int64		number;
	const char *state;
	const char *sqlstate;		/* NULL: it did not fail */
	const char *error;
	int			pid;
	bool		alive;			/* that process runs it, or waits to */
	const char *login;			/* session user who called */
} PgmJournalRun;

/* A row of migrate.backfill */
typedef struct PgmJournalBackfill
{
	int64		id;
	const char *relation;
	const char *assignment;
	const char *condition;		/* NULL: the one that follows */
	const char *part;			/* table that is being filled */
	int64		block;			/* first one of it that is not done */
	int64		done;			/* blocks */
	int64		total;
	int			pass;
	int64		rows;
	const char *waiting;		/* for what, or NULL */
	const char *state;
	const char *error;			/* NULL: it did not fail */
} PgmJournalBackfill;

/* journal.c */
extern List *pgm_journal_open(bool read_only);
extern void pgm_journal_run_begin(int64 run, const char *state,
								  const char *target, const char *direction,
								  Oid role);
extern void pgm_journal_run_end(int64 run, const char *state,
								const ErrorData *edata);
extern void pgm_journal_runs_dead(int64 own);
extern void pgm_journal_write(const PgmJournalSegment *s,
							  const ErrorData *edata);
extern void pgm_journal_forget(const PgmJournalSegment *s);
extern bool pgm_journal_took_part(int64 run, const char *revision);
extern void pgm_journal_close(const char *revision);

/* run_status.c */
extern PgmJournalRun *pgm_journal_run(int64 number);
extern int	pgm_run_status_holder(char **login);
extern char *pgm_run_status_progress_line(int pid);
extern bool pgm_run_status_is_upgrade(int pid);
extern void pgm_run_status_progress(ReturnSetInfo *rsinfo);

/* backfill_rows.c */
extern void pgm_journal_backfill_begin(PgmJournalBackfill *b, int64 run,
									   const char *revision, int segment);
extern void pgm_journal_backfill_write(const PgmJournalBackfill *b);

#endif							/* PGM_JOURNAL_H */
