/*
 * backfill.h
 *	  Assigning a column of all rows of a table in small transactions.
 */
#ifndef PGM_BACKFILL_H
#define PGM_BACKFILL_H

#include "storage/itemptr.h"

#include "registry/journal.h"
#include "run/backfill/backfill_statements.h"
#include "run/execute/call_transaction.h"

/* Blocks, or rows of a final pass, of the first slice, and at most */
#define PGM_BACKFILL_FIRST_SLICE 16
#define PGM_BACKFILL_MAX_SLICE 16384

/* Rows to be assigned: a range of blocks of a table, or a list of its rows */
typedef struct PgmSource
{
	Oid			part;
	int64		next;			/* first block, or index of "tids", to be done */
	int64		end;			/* the one after the last */
	ItemPointerData *tids;		/* NULL: blocks */
} PgmSource;

/* A call of migrate.backfill() */
typedef struct PgmBackfill
{
	PgmCallTransaction work;

	/* its arguments; those that say what to assign are in "row" */
	Oid			relid;
	int			batch_time;		/* ms */
	double		duty;			/* part of the time it works, in (0, 1] */
	int			max_passes;
	int			max_lag;		/* ms; 0: replicas are not looked at */

	/* what is found out about the table */
	PgmFill    *fill;
	List	   *parts;			/* oids of the tables that have rows */
	List	   *partitioned;	/* and of the partitioned tables above them */
	bool		elsewhere;		/* the rows of one are not in its own file */

	/* how far it is; "row" is what is written down of that */
	PgmJournalBackfill row;
	int			passes;			/* final ones that this call began */
	List	   *left;			/* PgmSource *: what the final pass found */
	int64		found;			/* rows of that */
	bool		found_all;		/* there are no more */

	/* what adapts itself to the load */
	int64		slice;			/* blocks or rows of the next slice */
	int64		slices;			/* that the next batch may have */
	TimestampTz next_lag_look;
} PgmBackfill;

/* backfill_batch_ranges.c */
extern void pgm_backfill_init_receiver(DestReceiver *pub,
									   bool (*receive) (TupleTableSlot *, DestReceiver *));
extern void pgm_backfill_execute(PlannedStmt *planned, ParamListInfo params,
								 DestReceiver *dest);
extern int64 pgm_backfill_slices(PgmBackfill *b, const PgmSource *source,
								 int64 *rows);

/* backfill_run_batch.c */
extern ErrorData *pgm_backfill_abort(PgmBackfill *b);
extern void pgm_backfill_write_down(PgmBackfill *b);
extern void pgm_backfill_take_step(PgmBackfill *b,
								   void (*step) (PgmBackfill *));
extern void pgm_backfill_source(PgmBackfill *b, PgmSource *source);

/* backfill_pass.c */
extern int64 pgm_backfill_count_blocks(Oid relid);
extern void pgm_backfill_blocks(PgmBackfill *b);
extern void pgm_backfill_passes(PgmBackfill *b);

/* backfill.c */
extern void pgm_backfill(PgmBackfill *b);

#endif							/* PGM_BACKFILL_H */
