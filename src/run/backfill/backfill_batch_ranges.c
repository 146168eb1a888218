/*
 * backfill_batch_ranges.c
 *	  Cutting a table into batches: ranges of blocks, or of rows, are assigned one
 *	  after the other until the batch has taken long enough.
 *
 * A range is called a slice: one UPDATE of 16 blocks or so.  A session that wants to
 * change a row that a batch has changed waits until the batch commits.  So a slice
 * should take SLICE_TIME, and its size follows the time that the slice before it took.
 * A slice that takes too long, because it grew while it met blocks without such rows,
 * is cut short and begun again: the rows that it assigned no longer fulfil the
 * condition.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "errors.h"
#include "run/backfill/backfill.h"

/* A slice is to take this long, in ms: so long others wait for its rows */
#define SLICE_TIME 10

/* A slice that takes this long, in ms, is cut short, and the next is smaller */
#define SLICE_LIMIT (2 * SLICE_TIME)
#define CUT_FACTOR 16

/* A receiver of what the UPDATE returns */
typedef struct PgmAssigned
{
	DestReceiver pub;
	int64		rows;
	int64		still;			/* rows that still satisfy the condition */
	TimestampTz until;			/* cut the slice short after that; 0: never */
	bool		cut;			/* it was cut short */
} PgmAssigned;

/* Receive a row that was assigned; returns false to cut the slice short. */
static bool
receive_assigned(TupleTableSlot *slot, DestReceiver *self)
{
	PgmAssigned *a = (PgmAssigned *) self;
	bool		isnull;

	a->rows++;
	a->still += DatumGetBool(slot_getattr(slot, 1, &isnull)) && !isnull;
	a->cut = a->until != 0 && GetCurrentTimestamp() > a->until;
	return !a->cut;
}

/* Nothing is prepared before the first row. */
static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

/* Nothing is to be freed after the last row. */
static void
receiver_end(DestReceiver *self)
{
}

/* Fill in a receiver that hands each row to receive(). */
void
pgm_backfill_init_receiver(DestReceiver *pub, bool (*receive) (TupleTableSlot *, DestReceiver *))
{
	pub->receiveSlot = receive;
	pub->rStartup = receiver_startup;
	pub->rShutdown = receiver_end;
	pub->rDestroy = receiver_end;
	pub->mydest = DestNone;
}

/*
 * Execute a plan of ours under the active snapshot.  Returns early when the
 * receiver returns false.
 */
void
pgm_backfill_execute(PlannedStmt *planned, ParamListInfo params, DestReceiver *dest)
{
	QueryDesc  *desc = CreateQueryDesc(planned, "migrate.backfill()",
									   GetActiveSnapshot(), InvalidSnapshot,
									   dest, params, NULL, 0);

	ExecutorStart(desc, 0);
	pgm_executor_run(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
}

/* The ctids of rows "from" to "to" - 1 of the source, as an array. */
static Datum
tid_array(const PgmSource *source, int64 from, int64 to)
{
	Datum	   *values = palloc((to - from) * sizeof(Datum));

	Assert(from >= source->next && from < to && to <= source->end);

	for (int64 i = from; i < to; i++)
		values[i - from] = PointerGetDatum(&source->tids[i]);
	return PointerGetDatum(construct_array(values, to - from, TIDOID,
										   sizeof(ItemPointerData), false,
										   TYPALIGN_SHORT));
}

/* The ctid before all rows of a block. */
static Datum
block_start(int64 block)
{
	ItemPointer tid = palloc(sizeof(ItemPointerData));

	/* the block after the last possible one has no number, and no rows */
	ItemPointerSet(tid, Min(block, (int64) MaxBlockNumber), 0);
	return PointerGetDatum(tid);
}

/* The parameters that say which rows a slice is about. */
static ParamListInfo
slice_params(const PgmSource *source, int64 from, int64 to)
{
	ParamListInfo params = makeParamList(source->tids ? 1 : 2);

	for (int i = 0; i < params->numParams; i++)
	{
		ParamExternData *p = &params->params[i];

		p->isnull = false;
		p->pflags = 0;
		p->ptype = source->tids ? get_array_type(TIDOID) : TIDOID;
		p->value = source->tids ? tid_array(source, from, to) :
			block_start(i == 0 ? from : to);
	}
	return params;
}

/*
 * Assign the rows of one slice, and add their number to *rows.  Returns false
 * when the slice was cut short.
 *
 * Raises MG019 when the condition still holds for a row that was assigned.
 */
static bool
run_slice(PlannedStmt *planned, ParamListInfo params, TimestampTz until,
		  int64 *rows)
{
	PgmAssigned assigned = {.until = until};

	pgm_backfill_init_receiver(&assigned.pub, receive_assigned);
	/* a slice sees what the one before it did, in the same transaction */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgm_backfill_execute(planned, params, &assigned.pub);
	PopActiveSnapshot();
	if (assigned.still > 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_BACKFILL),
				 errmsg("the condition of the backfill still holds after the assignment"),
				 errdetail("It does for %lld of %lld rows; they would be assigned again and again.",
						   (long long) assigned.still, (long long) assigned.rows),
				 errhint("Give a condition that is false of a row once it is assigned.")));
	*rows += assigned.rows;
	return !assigned.cut;
}

/* Adapt the size of the slices to the time that one took. */
static void
adapt_slice(PgmBackfill *b, double ms)
{
	double		factor = ms <= 0 ? 2 : SLICE_TIME / ms;

	/* one slow or fast slice, for example after a cache miss, says little */
	factor = Max(0.25, Min(factor, 2));
	b->slice = Max(1, Min((int64) ceil(b->slice * factor), PGM_BACKFILL_MAX_SLICE));
}

/*
 * Does a session wait for a row that this transaction has changed?  It waits for the
 * lock on our transaction id then.
 */
static bool
somebody_waits(void)
{
	TransactionId xid = GetTopTransactionIdIfAny();
	LOCKTAG		tag;

	if (!TransactionIdIsValid(xid))
		return false;
	SET_LOCKTAG_TRANSACTION(tag, xid);
	return LockHasWaiters(&tag, ExclusiveLock, false);
}

/* The time since a moment, in ms. */
static double
elapsed(TimestampTz since)
{
	return (GetCurrentTimestamp() - since) / 1000.0;
}

/*
 * Assign slices of the source in the current transaction, until the batch has
 * taken long enough or somebody waits for it.  Returns the first block or row
 * that is not done, and adds the number of rows assigned to *rows.
 */
int64
pgm_backfill_slices(PgmBackfill *b, const PgmSource *source, int64 *rows)
{
	TimestampTz begun = GetCurrentTimestamp();
	PlannedStmt *planned = NULL;
	int64		next = source->next;

	Assert(b->slice >= 1 && b->slices >= 1);
	for (int64 i = 0; i < b->slices && next < source->end; i++)
	{
		int64		to = Min(next + b->slice, source->end);
		ParamListInfo params = slice_params(source, next, to);
		TimestampTz start = GetCurrentTimestamp();

		CHECK_FOR_INTERRUPTS();
		if (planned == NULL)
		{
			PushActiveSnapshot(GetTransactionSnapshot());
			planned = pgm_backfill_plan_update(b->fill, source->part,
											   source->tids ? PGM_FILL_TIDS : PGM_FILL_BLOCKS,
											   params);
			PopActiveSnapshot();
		}

		/*
		 * A slice of one block or row has no limit: cut short, it would begin
		 * again with the same block for ever.  The plan is copied because the
		 * executor may scribble on it.
		 */
		if (run_slice(copyObject(planned), params, to - next == 1 ? 0 :
					  TimestampTzPlusMilliseconds(start, SLICE_LIMIT), rows))
		{
			next = to;

			/*
			 * the last slice of a source is a remainder, its time says
			 * nothing
			 */
			if (next < source->end)
				adapt_slice(b, elapsed(start));
		}
		else
			b->slice = Max(1, b->slice / CUT_FACTOR);
		if (elapsed(begun) >= b->batch_time || somebody_waits())
			break;
	}
	return next;
}
