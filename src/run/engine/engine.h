/*
 * engine.h
 *	  A run that commits between its segments.
 */
#ifndef PGM_ENGINE_H
#define PGM_ENGINE_H

#include "registry/journal.h"
#include "run/execute/call_transaction.h"
#include "run/prepare/run.h"
#include "script/segment.h"

/* A run in progress */
typedef struct PgmEngine
{
	PgmCallTransaction work;
	const char *target;
	PgmDirection direction;
	int64		number;			/* 0: not written down yet */
	bool		in_call;		/* in a CALL, not in a worker */
	bool		left;			/* in_call: left to a worker, nothing was done */
	Oid			login;			/* whom that is to be logged in as;
								 * InvalidOid: as the caller */
	PgmRun	   *run;
	PgmPosition *pos;
} PgmEngine;

/* A segment of it that is to be run */
typedef struct PgmTask
{
	PgmEngine  *engine;
	const PgmStep *step;
	const PgmSegment *segment;
	int			total;			/* segments of the step */
	PgmLogEntry *entry;
} PgmTask;

/* engine.c */
extern void pgm_engine_queue(PgmEngine *e);
extern void pgm_engine_run(PgmEngine *e);
extern PgmJournalSegment pgm_task_row(const PgmTask *task, const char *state);
extern void pgm_task_done(const PgmTask *task, PgmJournalSegment *row);
extern void pgm_task_fail(const PgmTask *task, PgmJournalSegment *row,
						  ErrorData *edata);
extern long pgm_task_retry(const PgmTask *task, PgmJournalSegment *row,
						   ErrorData *edata, int try, long worked);

/* nontransactional_run.c */
extern void pgm_lone_run(const PgmTask *task);
extern char *pgm_ask_for_outcome(const PgmJournalSegment *row);
extern bool pgm_lone_recover(const PgmTask *task, PgmJournalSegment *row);

/* the identity of the run of this backend's scripts, or NULL */
extern PgmIdentity *pgm_engine_identity;

/* and the segment it is in */
extern const PgmTask *pgm_engine_task;

#endif							/* PGM_ENGINE_H */
