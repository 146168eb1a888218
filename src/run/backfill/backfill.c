/*
 * backfill.c
 *	  CALL migrate.backfill(): assigning a column of all rows of a table in
 *	  small transactions.
 *
 * The first pass goes through the table by ranges of blocks, the final passes
 * assign the rows that others have moved meanwhile (backfill_pass.c).  A batch is
 * one transaction (backfill_run_batch.c), made of slices of about 10 ms
 * (backfill_batch_ranges.c).  The statements are put together in backfill_statements.c.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "run/backfill/backfill.h"
#include "run/engine/engine_journal.h"
#include "schema/relation_size.h"
#include "util/relation_name.h"

/*
 * Keys of the lock of a table's backfill.  The third one is not used by advisory
 * locks (1 and 2) nor by the run lock (3).
 */
#define BACKFILL_KEY1 0x70676D69
#define BACKFILL_KEY3 4

/* The lock of the backfill of a table. */
static LOCKTAG
table_lock(Oid relid)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, BACKFILL_KEY1, relid, BACKFILL_KEY3);
	return tag;
}

/*
 * Lock the table against other backfills, not against anybody else.  The lock is
 * held for the session, because the backfill commits.
 *
 * Raises 55006 if another backfill has it.
 */
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

/*
 * Find the tables that have the rows: the table, its partitions and children.
 * Raises 42809 for what is not a table.
 */
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

/* Check all that can be wrong with the call, and find the tables. */
static void
check_call(PgmBackfill *b)
{
	ListCell   *lc;

	if (get_rel_name(b->relid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", b->relid)));
	b->row.relation = pgm_relation_name(b->relid);
	find_parts(b);
	b->fill = pgm_backfill_parse(b->relid, b->row.assignment, b->row.condition);
	foreach(lc, b->partitioned)
	{
		pgm_backfill_check_partitioned(b->fill, lfirst_oid(lc));
	}
	b->row.total = 0;
	b->elsewhere = false;
	foreach(lc, b->parts)
	{
		b->row.total += pgm_backfill_count_blocks(lfirst_oid(lc));
		b->elsewhere = b->elsewhere || pgm_relation_is_stored_elsewhere(lfirst_oid(lc));
	}
}

/*
 * Begin the row of the backfill, or take up that of an earlier call with the same
 * arguments, which says where to begin.
 */
static void
begin_row(PgmBackfill *b)
{
	const PgmTask *task = pgm_engine_task_current();

	pgm_call_transaction_begin();
	lock_table(b);
	pgm_journal_backfill_begin(&b->row, task ? task->engine->number : 0,
							   task ? task->step->stored->m.revision : NULL,
							   task ? task->segment->number : 0);
	pgm_journal_backfill_write(&b->row);
	pgm_call_transaction_commit(&b->work);
	if (b->row.pass > 0 || b->row.part)
		ereport(DEBUG1,
				(errmsg_internal("backfill of %s goes on in pass %d, table %s, block %lld",
								 b->row.relation, b->row.pass,
								 b->row.part ? b->row.part : "none",
								 (long long) b->row.block)));
}

/* Assign all rows, and tell how many there were. */
static void
fill_table(PgmBackfill *b)
{
	b->slices = PGM_BACKFILL_MAX_SLICE;
	b->slice = PGM_BACKFILL_FIRST_SLICE;
	if (b->row.pass == 0)
		pgm_backfill_blocks(b);
	else
		b->row.pass--;			/* the final pass that was cut off is begun
								 * again */
	pgm_backfill_passes(b);
	b->row.state = "done";
	b->row.waiting = NULL;
	pgm_backfill_write_down(b);
	if (b->elsewhere)
		ereport(NOTICE,
				(errmsg("backfill of %s: done, the rows assigned are not counted",
						b->row.relation)));
	else
		ereport(NOTICE,
				(errmsg("backfill of %s: %lld rows assigned", b->row.relation,
						(long long) b->row.rows)));
}

/* Roll back, write down that the backfill failed, unlock the table, and raise the error. */
static void
give_up(PgmBackfill *b)
{
	ErrorData  *edata = pgm_backfill_abort(b);

	if (edata->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE &&
		edata->hint == NULL && b->row.part &&
		strcmp(b->row.part, b->row.relation) != 0)
		edata->hint = psprintf("A backfill updates the partitions and children of %s one by one: SELECT and UPDATE on them are needed too.",
							   b->row.relation);

	PG_TRY();
	{
		if (b->row.id != 0)
		{
			b->row.state = "failed";
			b->row.error = edata->message;
			b->row.waiting = NULL;
			pgm_backfill_write_down(b);
		}
	}
	PG_FINALLY();
	{
		unlock_table(b->relid);
	}
	PG_END_TRY();
	ReThrowError(edata);
}

/*
 * Assign all rows of the table that satisfy the condition, in batches that
 * commit.  To be called in a transaction in which nothing happened since the last
 * commit.
 *
 * Raises 42809 for what is not a table, MG019 for an assignment or condition it
 * cannot work with, MG020 when writers go on producing rows, 55006 for a table
 * that another backfill is at, and what the UPDATE raises.
 */
void
pgm_backfill(PgmBackfill *b)
{
	PG_TRY();
	{
		pgm_backfill_take_step(b, check_call);
		if (b->elsewhere)
			ereport(WARNING,
					(errmsg("the rows of %s are not stored in its own file", b->row.relation),
					 errdetail("They are found by queries instead of block by block, so that the rows assigned and the progress are not known."),
					 errhint("A large table is better assigned by UPDATE statements for one range of its key after the other.")));
		begin_row(b);
		fill_table(b);
	}
	PG_CATCH();
	{
		give_up(b);
	}
	PG_END_TRY();
	unlock_table(b->relid);
}
