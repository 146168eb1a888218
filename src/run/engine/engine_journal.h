/*
 * engine_journal.h
 *	  A run by segments, its segment in progress, and what is written down of
 *	  them.
 */
#ifndef PGM_ENGINE_JOURNAL_H
#define PGM_ENGINE_JOURNAL_H

#include "registry/journal.h"
#include "run/execute/call_transaction.h"
#include "run/prepare/run.h"
#include "script/segment.h"

/* A run by segments in progress */
typedef struct PgmEngine
{
	PgmCallTransaction work;
	const char *target;
	PgmDirection direction;
	int64		number;			/* 0: not written down yet */
	bool		in_call;		/* in a CALL, not in a worker */
	bool		needs_worker;	/* nothing was done, a worker has to do it */
	Oid			login;			/* role that worker has to be logged in as;
								 * InvalidOid: as the caller */
	PgmRun	   *run;
	PgmPosition *pos;			/* moves as revisions are completed */
} PgmEngine;

/* A segment of it that is to be run */
typedef struct PgmTask
{
	PgmEngine  *engine;
	const PgmStep *step;
	const PgmSegment *segment;
	int			total;			/* segments of the step */
	PgmLogEntry *entry;			/* of the step */
} PgmTask;

extern const char *pgm_engine_direction(const PgmEngine *e);
extern void pgm_engine_task_enter(const PgmTask *task);
extern void pgm_engine_task_leave(void);
extern const PgmTask *pgm_engine_task_current(void);
extern PgmJournalSegment pgm_engine_task_row(const PgmTask *task, const char *state);
extern void pgm_engine_task_done(const PgmTask *task, PgmJournalSegment *row);
extern void pgm_engine_task_commit_done(const PgmTask *task, PgmJournalSegment *row);
extern void pgm_engine_task_fail(const PgmTask *task, PgmJournalSegment *row,
								 ErrorData *edata) __attribute__((noreturn));
extern long pgm_engine_task_retry(const PgmTask *task, PgmJournalSegment *row,
								  ErrorData *edata, int try, long worked);
extern char *pgm_engine_task_outcome_hint(const PgmJournalSegment *row);

#endif							/* PGM_ENGINE_JOURNAL_H */
