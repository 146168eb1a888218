/*
 * backfill.c
 *	  CALL migrate.backfill(): assigning a column of all rows of a table in
 *	  small transactions.
 *
 * The first pass goes through the table by ranges of blocks.  A batch is one
 * transaction: slices of about SLICE_TIME, until the batch time is over or
 * somebody waits for one of its rows.  How far it is, is written down in the
 * same transaction, so one that was cut off goes on at the next block.  A slice
 * that takes too long, because blocks that had nothing to do made it large, is
 * cut short and begun again: what it did already is not found any more.
 *
 * Rows that others update meanwhile move to other blocks.  So final passes
 * follow: each finds all rows that are left under one snapshot, and assigns
 * them by their ctids; the one that finds none is the proof that, at the time
 * of its snapshot, there was none.
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/itemptr.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "errors.h"
#include "registry/journal.h"
#include "run/backfill/backfill_statements.h"
#include "run/engine/engine.h"
#include "run/execute/call_transaction.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/run_lock.h"
#include "schema/relation_size.h"
#include "util/settings.h"
#include "util/spi.h"

/* A slice is to take this long, in ms: so long others wait for its rows */
#define SLICE_TIME 10

/* A slice that takes this long, in ms, is cut short, and the next is smaller */
#define SLICE_LIMIT (2 * SLICE_TIME)
#define CUT_FACTOR 16

/* Blocks, or rows of a final pass, of the first slice, and at most */
#define FIRST_SLICE 16
#define MAX_SLICE 16384

/* How long a batch waits for a lock at most, in ms */
#define BATCH_LOCK_TIMEOUT 100

/* Failures of a slice of one block before it is left to a final pass */
#define SLICE_TRIES 3

/* First and longest pause after a lock timeout, in ms */
#define LOCK_PAUSE_FIRST 100
#define LOCK_PAUSE_MAX 10000

/* Rows that a final pass finds at a time: 6 bytes each */
#define FIND_MAX 1000000

/* Between two looks at the replicas, in ms */
#define LAG_PAUSE 1000

/* third key of the lock of a table's backfill, beside that of the run lock */
#define BACKFILL_KEY1 0x70676D69
#define BACKFILL_KEY3 4

/* What is to be assigned: a range of blocks, or a list of rows */
typedef struct PgmSource
{
	Oid			part;
	int64		next;			/* block, or index of "tids" */
	int64		end;
	ItemPointerData *tids;		/* NULL: blocks */
} PgmSource;

typedef struct PgmBackfill
{
	PgmCallTransaction work;
	Oid			relid;
	PgmFill    *fill;
	int			batch_time;		/* ms */
	double		duty;			/* part of the time it works */
	int			max_passes;
	int			max_lag;		/* ms; 0: never mind */
	List	   *parts;			/* oids of the tables */
	bool		elsewhere;		/* the rows of one are not in its own file */
	List	   *partitioned;	/* and of the partitioned tables above them */
	int			passes;			/* final ones that this call began */
	List	   *left;			/* PgmSource *: what a final pass found */
	int64		found;			/* rows of that */
	bool		found_all;		/* there are no more */
	PgmJournalBackfill row;

	int64		slice;			/* blocks or rows of the next slice */
	int64		slices;			/* that a batch may have */
	TimestampTz next_lag_look;
} PgmBackfill;

/* A receiver of what the UPDATE returns */
typedef struct PgmAssigned
{
	DestReceiver pub;
	int64		rows;
	int64		still;			/* of which the condition still holds */
	TimestampTz until;			/* cut it short after that; 0: never */
	bool		cut;			/* it was */
} PgmAssigned;

/* A receiver of ctids */
typedef struct PgmFound
{
	DestReceiver pub;
	ItemPointerData *tids;
	int64		n;
} PgmFound;

static PgmQuery lag_query = {
	.sql = "SELECT coalesce(max(extract(epoch FROM replay_lag) * 1000), 0)::int8"
	"  FROM pg_stat_replication"
};

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

static bool
receive_found(TupleTableSlot *slot, DestReceiver *self)
{
	PgmFound   *f = (PgmFound *) self;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);

	f->tids[f->n++] = *(ItemPointer) DatumGetPointer(value);
	return f->n < FIND_MAX;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc desc)
{
}

static void
receiver_end(DestReceiver *self)
{
}

static void
init_receiver(DestReceiver *pub, bool (*receive) (TupleTableSlot *, DestReceiver *))
{
	pub->receiveSlot = receive;
	pub->rStartup = receiver_startup;
	pub->rShutdown = receiver_end;
	pub->rDestroy = receiver_end;
	pub->mydest = DestNone;
}

/* Execute a plan of ours under the active snapshot. */
static void
execute(PlannedStmt *planned, ParamListInfo params, DestReceiver *dest)
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

/* Scripts' role and settings, for the rest of the transaction. */
static void
enter(PgmIdentity *id)
{
	id->nest_level = 0;
	if (pgm_engine_identity && pgm_engine_identity->confined)
	{
		*id = *pgm_engine_identity;
		pgm_identity_enter(id);
	}
	else
		id->nest_level = NewGUCNestLevel();
	(void) set_config_option("lock_timeout",
							 psprintf("%d", pgm_lock_timeout > 0 ?
									  Min(pgm_lock_timeout, BATCH_LOCK_TIMEOUT) :
									  BATCH_LOCK_TIMEOUT),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	pgm_lockwatch_start();
	pgm_run_active = true;
}

static void
leave(PgmIdentity *id)
{
	pgm_lockwatch_stop();
	if (pgm_engine_identity && pgm_engine_identity->confined)
		pgm_identity_leave(id);
	else
		AtEOXact_GUC(false, id->nest_level);
	pgm_run_active = pgm_engine_task != NULL;
}

/* After an error: its transaction is undone; returns the error. */
static ErrorData *
abort_batch(PgmBackfill *b)
{
	pgm_run_active = pgm_engine_task != NULL;
	pgm_lockwatch_stop();
	return pgm_call_transaction_abort(&b->work);
}

/* Write down how far it is, in a transaction of its own. */
static void
write_down(PgmBackfill *b)
{
	pgm_call_transaction_begin();
	pgm_journal_backfill_write(&b->row);
	pgm_call_transaction_commit(&b->work);
}

/* The ctids of rows n1 to n2 of the source, as an array. */
static Datum
tid_array(const PgmSource *source, int64 from, int64 to)
{
	Datum	   *values = palloc((to - from) * sizeof(Datum));

	for (int64 i = from; i < to; i++)
		values[i - from] = PointerGetDatum(&source->tids[i]);
	return PointerGetDatum(construct_array(values, to - from, TIDOID,
										   sizeof(ItemPointerData), false,
										   TYPALIGN_SHORT));
}

static Datum
block_start(int64 block)
{
	ItemPointer tid = palloc(sizeof(ItemPointerData));

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

/* Assign the rows of one slice; returns false when it was cut short. */
static bool
run_slice(PlannedStmt *planned, ParamListInfo params, TimestampTz until,
		  int64 *rows)
{
	PgmAssigned assigned = {.until = until};

	init_receiver(&assigned.pub, receive_assigned);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	execute(planned, params, &assigned.pub);
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

/* Fit the size of the slices to the time that one took. */
static void
adapt(PgmBackfill *b, double ms)
{
	double		factor = ms <= 0 ? 2 : SLICE_TIME / ms;

	factor = Max(0.25, Min(factor, 2));
	b->slice = Max(1, Min((int64) ceil(b->slice * factor), MAX_SLICE));
}

/* Does anybody wait for a row that this transaction has changed? */
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

static double
elapsed(TimestampTz since)
{
	return (GetCurrentTimestamp() - since) / 1000.0;
}

/* Assign slices of the source, and say how far that went. */
static int64
run_slices(PgmBackfill *b, const PgmSource *source, int64 *rows)
{
	TimestampTz begun = GetCurrentTimestamp();
	PlannedStmt *planned = NULL;
	int64		next = source->next;

	for (int64 i = 0; i < b->slices && next < source->end; i++)
	{
		int64		to = Min(next + b->slice, source->end);
		ParamListInfo params = slice_params(source, next, to);
		TimestampTz start = GetCurrentTimestamp();

		CHECK_FOR_INTERRUPTS();
		if (planned == NULL)
		{
			PushActiveSnapshot(GetTransactionSnapshot());
			planned = pgm_fill_plan_update(b->fill, source->part,
										   source->tids ? PGM_FILL_TIDS : PGM_FILL_BLOCKS,
										   params);
			PopActiveSnapshot();
		}
		/* one that cannot be smaller is not begun again */
		if (run_slice(copyObject(planned), params, to - next == 1 ? 0 :
					  TimestampTzPlusMilliseconds(start, SLICE_LIMIT), rows))
		{
			next = to;
			if (next < source->end)
				adapt(b, elapsed(start));
		}
		else
			b->slice = Max(1, b->slice / CUT_FACTOR);
		if (elapsed(begun) >= b->batch_time || somebody_waits())
			break;
	}
	return next;
}

/*
 * Commit a batch, with how far it is.  Only then that is true: deferred
 * triggers may fail.
 */
static void
commit_batch(PgmBackfill *b, PgmSource *source, int64 next, int64 rows)
{
	PgmJournalBackfill row = b->row;

	if (source->tids == NULL)
	{
		row.block = next;
		row.done += next - source->next;
	}
	row.rows += rows;
	row.waiting = NULL;
	pgm_journal_backfill_write(&row);
	pgm_call_transaction_commit(&b->work);
	b->row = row;
	source->next = next;
}

/* One batch: NULL, or the error after it is undone. */
static ErrorData *
try_batch(PgmBackfill *b, PgmSource *source)
{
	MemoryContext context = AllocSetContextCreate(b->work.context,
												  "pg_migrate batch",
												  ALLOCSET_DEFAULT_SIZES);
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmIdentity id;
		int64		rows = 0;
		int64		next;

		MemoryContextSwitchTo(context);
		pgm_call_transaction_begin();
		enter(&id);
		next = run_slices(b, source, &rows);
		leave(&id);
		commit_batch(b, source, next, rows);
	}
	PG_CATCH();
	{
		edata = abort_batch(b);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(b->work.context);
	MemoryContextDelete(context);
	return edata;
}

static bool
is_lock_error(const ErrorData *edata)
{
	return edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		edata->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE;
}

/* Who was in the way of what failed last, if that can be told. */
static char *
blockers(PgmBackfill *b, const ErrorData *edata, char **help)
{
	char	   *text;

	*help = NULL;
	if (edata->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		return NULL;
	pgm_call_transaction_begin();
	text = pgm_lockwatch_blockers(help);

	pgm_call_transaction_commit(&b->work);
	return text;
}

static void
raise_lock_error(PgmBackfill *b, ErrorData *edata, char *who, const char *help)
{
	if (who)
		edata->detail = edata->detail ?
			psprintf("%s\n%s", edata->detail, who) : who;
	edata->hint = psprintf("%sCall again when the holder has finished%s%s%s.",
						   b->row.id == 0 ? "" : "What was assigned stays so. ",
						   help ? ", or " : "", help ? help : "",
						   b->row.id == 0 ? "" : ": it goes on where it was");
	ReThrowError(edata);
}

/*
 * Pause after a lock was lost, and say who has it; raise the error when that
 * was the last try.
 */
static void
wait_for_lock(PgmBackfill *b, ErrorData *edata, int tries, bool last)
{
	long		limit = Min(LOCK_PAUSE_MAX, LOCK_PAUSE_FIRST * pow(2, Min(tries, 16)));
	char	   *help;
	char	   *who = blockers(b, edata, &help);

	if (last)
		raise_lock_error(b, edata, who, help);
	if (b->row.id != 0)
	{
		b->row.waiting = who ? who : pstrdup(edata->message);
		write_down(b);
	}
	pgm_retry_sleep((long) (pg_prng_double(&pg_global_prng_state) * limit));
}

/* Take a step in a transaction: NULL, or the error after it is undone. */
static ErrorData *
try_step(PgmBackfill *b, void (*step) (PgmBackfill *))
{
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmIdentity id;

		pgm_call_transaction_begin();
		enter(&id);
		step(b);
		leave(&id);
		pgm_call_transaction_commit(&b->work);
	}
	PG_CATCH();
	{
		edata = abort_batch(b);
	}
	PG_END_TRY();
	return edata;
}

/* Take a step that comes before a batch; it gives way to locks as one does. */
static void
take_step(PgmBackfill *b, void (*step) (PgmBackfill *))
{
	ErrorData  *edata;

	for (int tries = 0; (edata = try_step(b, step)) != NULL; tries++)
	{
		if (!is_lock_error(edata))
			ReThrowError(edata);
		wait_for_lock(b, edata, tries, tries >= SLICE_TRIES + pgm_lock_retries);
		FreeErrorData(edata);
	}
}

/*
 * A batch lost a lock: the next one is smaller, after a pause.  A block that
 * is locked again and again is left to the final pass; in that, a row is an
 * error.
 */
static void
give_way(PgmBackfill *b, PgmSource *source, ErrorData *edata, int tries)
{
	bool		smallest = b->slice == 1;

	if (smallest && tries >= SLICE_TRIES && source->tids == NULL)
	{
		source->next++;
		b->row.block++;
		b->row.done++;
		return;
	}
	b->slices = 1;
	b->slice = Max(1, b->slice / 2);
	wait_for_lock(b, edata, tries,
				  smallest && tries >= SLICE_TRIES + pgm_lock_retries);
}

/* The longest delay of a replica, in ms. */
static int64
replication_lag(PgmBackfill *b)
{
	int64		lag = 0;
	bool		isnull;
	PgmSpi		spi;

	pgm_call_transaction_begin();
	pgm_spi_begin(&spi, false);
	pgm_spi_run(&spi, &lag_query, NULL, NULL);
	lag = DatumGetInt64(pgm_spi_datum(0, 1, &isnull));
	pgm_spi_end(&spi);
	pgm_call_transaction_commit(&b->work);
	return lag;
}

/* Wait as long as a replica lags behind. */
static void
wait_for_replicas(PgmBackfill *b)
{
	int64		lag;

	if (b->max_lag <= 0 || GetCurrentTimestamp() < b->next_lag_look)
		return;
	while ((lag = replication_lag(b)) > b->max_lag)
	{
		b->row.waiting = psprintf("a replica that is %lld ms behind",
								  (long long) lag);
		write_down(b);
		pgm_retry_sleep(LAG_PAUSE);
	}
	b->next_lag_look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												   LAG_PAUSE);
}

/* Assign all of a source, batch by batch. */
static void
run_source(PgmBackfill *b, PgmSource *source)
{
	int			tries = 0;

	while (source->next < source->end)
	{
		TimestampTz start;
		ErrorData  *edata;

		wait_for_replicas(b);
		start = GetCurrentTimestamp();
		edata = try_batch(b, source);
		if (edata == NULL)
		{
			tries = 0;
			b->slices = Min(b->slices * 2, MAX_SLICE);
			if (source->next < source->end)
				pgm_retry_sleep((long) (elapsed(start) * (1 / b->duty - 1)));
			continue;
		}
		if (!is_lock_error(edata))
			ReThrowError(edata);
		give_way(b, source, edata, tries++);
		FreeErrorData(edata);
	}
}

/* Blocks of a table, 0 for one that is gone. */
static int64
count_blocks(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	int64		blocks = 0;

	if (rel != NULL)
	{
		blocks = RelationGetNumberOfBlocks(rel);
		relation_close(rel, NoLock);
	}
	return blocks;
}

/* The first pass: all tables, by blocks, from where it was. */
static void
run_blocks(PgmBackfill *b)
{
	bool		resumed = b->row.part != NULL;
	ListCell   *lc;

	foreach(lc, b->parts)
	{
		PgmSource	source = {.part = lfirst_oid(lc)};
		char	   *name;

		pgm_call_transaction_begin();
		source.end = count_blocks(source.part);
		name = get_rel_name(source.part);
		name = name ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(source.part)),
												 name) : NULL;
		pgm_call_transaction_commit(&b->work);
		if (name == NULL || (resumed && strcmp(name, b->row.part) != 0))
			continue;
		source.next = resumed ? b->row.block : 0;
		resumed = false;
		b->row.part = name;
		b->row.block = source.next;
		b->slice = FIRST_SLICE;
		run_source(b, &source);
	}
}

/* Find rows of a table; returns how many. */
static int64
find_rows(PgmBackfill *b, Oid part)
{
	PgmSource  *source = palloc0(sizeof(PgmSource));
	PgmFound	found = {.n = 0};

	/* known before the search, which may fail */
	b->left = lappend(b->left, source);
	init_receiver(&found.pub, receive_found);
	found.tids = MemoryContextAllocHuge(CurrentMemoryContext,
										FIND_MAX * sizeof(ItemPointerData));
	source->part = part;
	source->tids = found.tids;
	execute(pgm_fill_plan_find(b->fill, part), NULL, &found.pub);
	source->end = found.n;
	if (found.n < FIND_MAX)
		source->tids = repalloc_huge(found.tids,
									 Max(found.n, 1) * sizeof(ItemPointerData));
	return found.n;
}

static void
forget_left(PgmBackfill *b)
{
	ListCell   *lc;

	foreach(lc, b->left)
	{
		pfree(((PgmSource *) lfirst(lc))->tids);
	}
	list_free_deep(b->left);
	b->left = NIL;
}

/*
 * Find rows that are left, in all tables under one snapshot, the one that is
 * active.
 */
static void
find_left(PgmBackfill *b)
{
	ListCell   *lc;

	forget_left(b);
	b->found = 0;
	b->found_all = true;
	foreach(lc, b->parts)
	{
		int64		n;

		if (get_rel_name(lfirst_oid(lc)) == NULL)
			continue;
		n = find_rows(b, lfirst_oid(lc));
		b->found += n;
		if (n == FIND_MAX)
		{
			b->found_all = false;
			break;
		}
	}
}

/*
 * One final pass; returns how many rows it found.  The one after the last that
 * may assign only looks.
 */
static int64
run_pass(PgmBackfill *b)
{
	int64		sum = 0;

	do
	{
		ListCell   *lc;

		take_step(b, find_left);
		sum += b->found;
		if (b->passes > b->max_passes)
			return sum;
		foreach(lc, b->left)
		{
			b->slice = FIRST_SLICE * 10;
			run_source(b, lfirst(lc));
		}
	} while (!b->found_all);
	return sum;
}

/* Raise that rows were found after the last pass, which assigned "rows". */
static void
raise_unfinished(const PgmBackfill *b, int64 found, int64 rows)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_BACKFILL_UNFINISHED),
			 errmsg("the backfill of \"%s\" does not come to an end",
					b->row.relation),
			 errdetail("After %d final passes %s%lld rows were still left: %s.",
					   b->max_passes, b->found_all ? "" : "more than ",
					   (long long) found, rows > 0 ?
					   "writers go on producing them" :
					   "the last pass could not assign any of them"),
			 errhint("%s", rows > 0 ?
					 "Set a default of the column, or deploy the code that writes it, first. Then call again: it goes on where it was." :
					 "See whether a trigger of the table returns NULL, or a row security policy for UPDATE leaves rows out.")));
}

/*
 * Final passes until one finds nothing.  Those of former calls do not count
 * for max_passes: what kept them from an end may be gone.
 */
static void
run_passes(PgmBackfill *b)
{
	int64		before = b->row.rows;

	for (;;)
	{
		int64		rows = b->row.rows - before;
		int64		found;

		before = b->row.rows;
		b->passes++;
		b->row.pass++;
		b->row.waiting = NULL;
		write_down(b);
		found = run_pass(b);
		if (found == 0)
			return;
		if (b->passes > b->max_passes)
			raise_unfinished(b, found, rows);
	}
}

static LOCKTAG
table_lock(Oid relid)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, BACKFILL_KEY1, relid, BACKFILL_KEY3);
	return tag;
}

/* One backfill of a table at a time. */
static void
lock_table(const PgmBackfill *b)
{
	LOCKTAG		tag = table_lock(b->relid);

	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("another backfill of table \"%s\" is running",
						b->row.relation),
				 errhint("See SELECT * FROM migrate.progress.")));
}

/* Release the lock, which a DISCARD in between may have taken away. */
static void
unlock_table(Oid relid)
{
	LOCKTAG		tag = table_lock(relid);

	if (pgm_lock_held(&tag, ExclusiveLock))
		LockRelease(&tag, ExclusiveLock, true);
}

/* Find the tables to be filled: those of the tree that have rows. */
static void
find_parts(PgmBackfill *b)
{
	List	   *tree = find_all_inheritors(b->relid, AccessShareLock, NULL);
	ListCell   *lc;

	b->parts = NIL;
	b->partitioned = NIL;
	foreach(lc, tree)
	{
		Oid			part = lfirst_oid(lc);
		char		kind = get_rel_relkind(part);

		if (kind == RELKIND_RELATION)
			b->parts = lappend_oid(b->parts, part);
		else if (kind == RELKIND_PARTITIONED_TABLE)
			b->partitioned = lappend_oid(b->partitioned, part);
		else
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("cannot backfill \"%s\"", get_rel_name(part)),
					 errdetail("It is not a table."),
					 errhint("Name a table, or a partitioned table whose partitions are tables of this database.")));
	}
}

/* Everything that can be wrong with the call. */
static void
check_call(PgmBackfill *b)
{
	ListCell   *lc;

	if (get_rel_name(b->relid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", b->relid)));
	b->row.relation = quote_qualified_identifier(get_namespace_name(get_rel_namespace(b->relid)),
												 get_rel_name(b->relid));
	find_parts(b);
	b->fill = pgm_fill_parse(b->relid, b->row.assignment, b->row.condition);
	foreach(lc, b->partitioned)
	{
		pgm_fill_check_partitioned(b->fill, lfirst_oid(lc));
	}
	b->row.total = 0;
	b->elsewhere = false;
	foreach(lc, b->parts)
	{
		b->row.total += count_blocks(lfirst_oid(lc));
		b->elsewhere = b->elsewhere || pgm_stored_elsewhere(lfirst_oid(lc));
	}
}

/* Where to begin. */
static void
begin(PgmBackfill *b)
{
	const PgmTask *task = pgm_engine_task;

	pgm_call_transaction_begin();
	lock_table(b);
	pgm_journal_backfill_begin(&b->row, task ? task->engine->number : 0,
							   task ? task->step->stored->m.revision : NULL,
							   task ? task->segment->number : 0);
	pgm_journal_backfill_write(&b->row);
	pgm_call_transaction_commit(&b->work);
}

static void
fill_table(PgmBackfill *b)
{
	b->slices = MAX_SLICE;
	b->slice = FIRST_SLICE;
	if (b->row.pass == 0)
		run_blocks(b);
	else
		b->row.pass--;			/* it was not finished */
	run_passes(b);
	b->row.state = "done";
	b->row.waiting = NULL;
	write_down(b);
	if (b->elsewhere)
		ereport(NOTICE,
				(errmsg("backfill of %s: done, the rows assigned are not counted",
						b->row.relation)));
	else
		ereport(NOTICE,
				(errmsg("backfill of %s: %lld rows assigned", b->row.relation,
						(long long) b->row.rows)));
}

/* Write down that it failed, and raise the error. */
static void
give_up(PgmBackfill *b)
{
	ErrorData  *edata = abort_batch(b);

	if (edata->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE &&
		edata->hint == NULL && b->row.part && strcmp(b->row.part, b->row.relation) != 0)
		edata->hint = psprintf("A backfill updates the partitions and children of %s one by one: SELECT and UPDATE on them are needed too.",
							   b->row.relation);

	PG_TRY();
	{
		if (b->row.id != 0)
		{
			b->row.state = "failed";
			b->row.error = edata->message;
			b->row.waiting = NULL;
			write_down(b);
		}
	}
	PG_FINALLY();
	{
		unlock_table(b->relid);
	}
	PG_END_TRY();
	ReThrowError(edata);
}

/* An interval argument in ms. */
static int
milliseconds(FunctionCallInfo fcinfo, int i, const char *name)
{
	Interval   *interval = PG_GETARG_INTERVAL_P(i);
	double		ms = interval->time / 1000.0 +
		(interval->day + interval->month * 30.0) * 86400000.0;

	if (ms < 0 || ms > INT_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is out of range", name),
				 errhint("Give an interval such as '500 ms'.")));
	return (int) ms;
}

/* The arguments that say how, not what. */
static void
read_manner(PgmBackfill *b, FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i) && i != 2)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the arguments of migrate.backfill() may not be null, except for the condition"),
					 errhint("Write for example CALL migrate.backfill('users', $$role = 'member'$$, $$role IS NULL$$).")));
	b->batch_time = milliseconds(fcinfo, 3, "batch_time");
	b->duty = PG_GETARG_FLOAT8(4);
	b->max_passes = PG_GETARG_INT32(5);
	b->max_lag = milliseconds(fcinfo, 6, "max_lag");
	if (!(b->duty > 0 && b->duty <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("duty must be more than 0 and at most 1"),
				 errdetail("It is the part of the time in which the backfill works; the rest it pauses.")));
	if (b->max_passes < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_passes must be at least 1")));
}

PG_FUNCTION_INFO_V1(pg_migrate_backfill);

/*
 * backfill(relation regclass, assignment text, condition text default null,
 * batch_time interval, duty float8, max_passes int, max_lag interval): a
 * procedure that assigns all rows of a table of which the condition holds, in
 * batches that commit; with what the caller may do.
 *
 * Raises 25001 in a transaction block, 42809 for what is not a table, MG019
 * for an assignment or condition it cannot work with, MG020 when writers go on
 * producing rows, 55006 for a table that another backfill is at, and what the
 * UPDATE raises.
 */
Datum
pg_migrate_backfill(PG_FUNCTION_ARGS)
{
	PgmBackfill b = {.relid = InvalidOid};

	pgm_call_transaction_check_context(fcinfo, "migrate.backfill()", NULL);
	PreventCommandDuringRecovery("migrate.backfill()");
	PreventCommandIfReadOnly("migrate.backfill()");
	pgm_settings_define();
	read_manner(&b, fcinfo);
	pgm_call_transaction_start(&b.work);
	b.relid = PG_GETARG_OID(0);
	b.row.assignment = text_to_cstring(PG_GETARG_TEXT_PP(1));
	b.row.condition = PG_ARGISNULL(2) ? NULL :
		text_to_cstring(PG_GETARG_TEXT_PP(2));
	pgm_call_transaction_leave(&b.work);
	PG_TRY();
	{
		take_step(&b, check_call);
		if (b.elsewhere)
			ereport(WARNING,
					(errmsg("the rows of %s are not stored in its own file", b.row.relation),
					 errdetail("They are found by queries instead of block by block, so that the rows assigned and the progress are not known."),
					 errhint("A large table is better assigned by UPDATE statements for one range of its key after the other.")));
		begin(&b);
		fill_table(&b);
	}
	PG_CATCH();
	{
		give_up(&b);
	}
	PG_END_TRY();
	unlock_table(b.relid);
	pgm_call_transaction_end(&b.work);
	PG_RETURN_VOID();
}
