/*
 * backfill_pass.c
 *	  The passes of a backfill over its tables: the first one by blocks, the
 *	  final ones by the rows that are left.
 *
 * A row that is updated by others during the first pass may move to a block that
 * was done before.  A final pass therefore finds all rows that are left, in all
 * tables under one snapshot, and assigns them by their ctids.  The final pass that
 * finds none proves that there was none at the time of its snapshot.
 */
#include "postgres.h"

#include "access/relation.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "errors.h"
#include "run/backfill/backfill.h"
#include "util/relation_name.h"

/* Rows that a final pass finds at a time: 6 bytes each */
#define FIND_MAX 1000000

/* A receiver of ctids */
typedef struct PgmFound
{
	DestReceiver pub;
	ItemPointerData *tids;
	int64		n;
} PgmFound;

/* Receive the ctid of a row that is left; returns false when there is no more room. */
static bool
receive_found(TupleTableSlot *slot, DestReceiver *self)
{
	PgmFound   *f = (PgmFound *) self;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);

	Assert(f->n < FIND_MAX);
	f->tids[f->n++] = *(ItemPointer) DatumGetPointer(value);
	return f->n < FIND_MAX;
}

/* The number of blocks of a table, 0 for one that is gone. */
int64
pgm_backfill_count_blocks(Oid relid)
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

/*
 * The first pass: assign the rows of all tables by blocks, from where an earlier
 * call stopped, if one did.
 */
void
pgm_backfill_blocks(PgmBackfill *b)
{
	bool		resumed = b->row.part != NULL;
	ListCell   *lc;

	foreach(lc, b->parts)
	{
		PgmSource	source = {.part = lfirst_oid(lc)};
		char	   *name;

		pgm_call_transaction_begin();
		source.end = pgm_backfill_count_blocks(source.part);
		name = pgm_relation_name(source.part);
		pgm_call_transaction_commit(&b->work);
		if (name == NULL || (resumed && strcmp(name, b->row.part) != 0))
			continue;
		source.next = resumed ? b->row.block : 0;
		resumed = false;
		b->row.part = name;
		b->row.block = source.next;
		b->slice = PGM_BACKFILL_FIRST_SLICE;
		pgm_backfill_source(b, &source);
	}
}

/* Find rows of a table that are left, FIND_MAX at most; returns how many. */
static int64
find_rows(PgmBackfill *b, Oid part)
{
	PgmSource  *source = palloc0(sizeof(PgmSource));
	PgmFound	found = {.n = 0};

	/*
	 * in the list before the search, which may fail: forget_left() frees it
	 * then
	 */
	b->left = lappend(b->left, source);
	pgm_backfill_init_receiver(&found.pub, receive_found);
	found.tids = MemoryContextAllocHuge(CurrentMemoryContext,
										FIND_MAX * sizeof(ItemPointerData));
	source->part = part;
	source->tids = found.tids;
	pgm_backfill_execute(pgm_backfill_plan_find(b->fill, part), NULL, &found.pub);
	source->end = found.n;
	if (found.n < FIND_MAX)
		source->tids = repalloc_huge(found.tids,
									 Max(found.n, 1) * sizeof(ItemPointerData));
	return found.n;
}

/* Free what the pass before has found. */
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
 * Find the rows that are left, in all tables, under the active snapshot.  Stops
 * behind a table that has more than fit into memory.
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
 * Run one final pass; returns how many rows it found.  The pass after the last
 * that may assign rows only looks for them.
 */
static int64
run_pass(PgmBackfill *b)
{
	int64		sum = 0;

	do
	{
		ListCell   *lc;

		pgm_backfill_take_step(b, find_left);
		sum += b->found;
		if (b->passes > b->max_passes)
			return sum;
		foreach(lc, b->left)
		{
			b->slice = PGM_BACKFILL_FIRST_SLICE * 10;
			pgm_backfill_source(b, lfirst(lc));
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
 * Run final passes until one finds nothing.  Those of earlier calls do not count
 * for max_passes, because what kept them from an end may be gone.
 *
 * Raises PGM_ERRCODE_BACKFILL_UNFINISHED after max_passes.
 */
void
pgm_backfill_passes(PgmBackfill *b)
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
		pgm_backfill_write_down(b);
		found = run_pass(b);
		ereport(DEBUG1,
				(errmsg_internal("backfill: final pass %d found %lld rows",
								 b->passes, (long long) found)));
		if (found == 0)
			return;
		if (b->passes > b->max_passes)
			raise_unfinished(b, found, rows);
	}
}
