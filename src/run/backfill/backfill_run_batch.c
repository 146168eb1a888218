/*
 * backfill_run_batch.c
 *	  Running the batches of a backfill: a transaction each, what is done when one
 *	  fails, and the pauses between them.
 *
 * The progress is recorded in the transaction of the batch, so that a call after a
 * crash goes on at the next block.  A batch that loses a lock
 * is rolled back and tried again, smaller and after a pause, because the holder of
 * the lock is an application that must not wait for us.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "common/pg_prng.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "run/backfill/backfill.h"
#include "run/engine/engine_journal.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/run_lock.h"
#include "util/spi.h"

/* How long a batch waits for a lock at most, in ms */
#define BATCH_LOCK_TIMEOUT 100

/* Failures of a slice of one block before it is left to a final pass */
#define SLICE_TRIES 3

/* First and longest pause after a lock timeout, in ms */
#define LOCK_PAUSE_FIRST 100
#define LOCK_PAUSE_MAX 10000

/* Between two looks at the replicas, in ms */
#define LAG_PAUSE 1000

static PgmQuery lag_query = {
	.sql = "SELECT coalesce(max(extract(epoch FROM replay_lag) * 1000), 0)::int8"
	"  FROM pg_stat_replication"
};

/* The identity of the confined run that this backfill belongs to, or NULL. */
static const PgmIdentity *
confined_identity(void)
{
	const PgmTask *task = pgm_engine_task_current();

	return task && task->engine->run->identity.confined ?
		&task->engine->run->identity : NULL;
}

/*
 * Take on the role and settings of the scripts, for the rest of the transaction.
 * To be paired with leave_role(); an error ends them with the transaction.
 *
 * A backfill in a confined run commits between its batches, and the server
 * resets the security context with each commit, so each transaction enters the
 * role again.
 */
static void
enter_role(PgmIdentity *id)
{
	const PgmIdentity *confined = confined_identity();

	id->nest_level = 0;
	if (confined)
	{
		*id = *confined;
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

/* Be the caller again. */
static void
leave_role(PgmIdentity *id)
{
	pgm_lockwatch_stop();
	if (confined_identity())
		pgm_identity_leave(id);
	else
		AtEOXact_GUC(false, id->nest_level);
	/* the CALL is itself a statement of a script where an engine executes it */
	pgm_run_active = pgm_engine_task_current() != NULL;
}

/* After an error: roll its transaction back, begin another; returns the error. */
ErrorData *
pgm_backfill_abort(PgmBackfill *b)
{
	pgm_run_active = pgm_engine_task_current() != NULL;
	pgm_lockwatch_stop();
	return pgm_call_transaction_abort(&b->work);
}

/* Write down how far the backfill is, in a transaction of its own. */
void
pgm_backfill_write_down(PgmBackfill *b)
{
	pgm_call_transaction_begin();
	pgm_journal_backfill_write(&b->row);
	pgm_call_transaction_commit(&b->work);
}

/*
 * Commit a batch, together with how far it is.
 *
 * The position in memory moves only after the commit, because deferred triggers
 * can still fail it.
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

/* Run one batch.  Returns NULL, or the error after the batch was rolled back. */
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
		enter_role(&id);
		next = pgm_backfill_slices(b, source, &rows);
		leave_role(&id);
		commit_batch(b, source, next, rows);
	}
	PG_CATCH();
	{
		edata = pgm_backfill_abort(b);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(b->work.context);
	MemoryContextDelete(context);
	return edata;
}

/* Is it an error that a later try may not meet? */
static bool
is_lock_error(const ErrorData *edata)
{
	return edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		edata->sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE;
}

/*
 * Who holds the lock that was lost, or NULL if that cannot be told; *help is set
 * to how to end them, or NULL.
 */
static char *
find_blockers(PgmBackfill *b, const ErrorData *edata, char **help)
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

/* Raise the error of the last try, completed by who has the lock. */
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
 * Pause after a lock was lost, and write down who has it.  Raises the error if
 * that was the last try.
 */
static void
wait_for_lock(PgmBackfill *b, ErrorData *edata, int tries, bool last)
{
	long		limit = Min(LOCK_PAUSE_MAX, LOCK_PAUSE_FIRST * pow(2, Min(tries, 16)));
	char	   *help;
	char	   *who = find_blockers(b, edata, &help);
	long		pause;

	if (last)
		raise_lock_error(b, edata, who, help);
	if (b->row.id != 0)
	{
		b->row.waiting = who ? who : pstrdup(edata->message);
		pgm_backfill_write_down(b);
	}
	pause = (long) (pg_prng_double(&pg_global_prng_state) * limit);
	ereport(DEBUG1,
			(errmsg_internal("backfill: a lock was lost, next try in %ld ms", pause)));
	pgm_retry_sleep(pause);
}

/* Take a step in a transaction.  Returns NULL, or the error after the rollback. */
static ErrorData *
try_step(PgmBackfill *b, void (*step) (PgmBackfill *))
{
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmIdentity id;

		pgm_call_transaction_begin();
		enter_role(&id);
		step(b);
		leave_role(&id);
		pgm_call_transaction_commit(&b->work);
	}
	PG_CATCH();
	{
		edata = pgm_backfill_abort(b);
	}
	PG_END_TRY();
	return edata;
}

/*
 * Take a step that is no batch, in a transaction of its own.  When it loses a
 * lock it is tried again after a pause, as a batch is.
 */
void
pgm_backfill_take_step(PgmBackfill *b, void (*step) (PgmBackfill *))
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
 * A batch lost a lock: make the next one smaller, and pause.
 *
 * A block that is locked again and again is left to the final passes, so that one
 * long transaction does not stop the rest of the table.  In a final pass there is
 * nothing left to go on with, so a row that stays locked raises the error.
 */
static void
handle_lost_lock(PgmBackfill *b, PgmSource *source, ErrorData *edata, int tries)
{
	bool		smallest = b->slice == 1;

	if (smallest && tries >= SLICE_TRIES && source->tids == NULL)
	{
		ereport(DEBUG1,
				(errmsg_internal("backfill: block %lld of \"%s\" stays locked, it is left to the final passes",
								 (long long) source->next, b->row.part)));
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

/* The longest replay lag of a replica, in ms. */
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

/* Wait while a replica lags behind by more than max_lag. */
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
		pgm_backfill_write_down(b);
		pgm_retry_sleep(LAG_PAUSE);
	}
	b->next_lag_look = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												   LAG_PAUSE);
}

/* Assign all rows of a source, batch by batch. */
void
pgm_backfill_source(PgmBackfill *b, PgmSource *source)
{
	int			tries = 0;

	Assert(b->duty > 0 && b->duty <= 1);
	Assert(!ActiveSnapshotSet());
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
			/* after a lost lock the batches grow again step by step */
			b->slices = Min(b->slices * 2, PGM_BACKFILL_MAX_SLICE);
			if (source->next < source->end)
				pgm_retry_sleep((long) ((GetCurrentTimestamp() - start) / 1000.0 * (1 / b->duty - 1)));
			continue;
		}
		if (!is_lock_error(edata))
			ReThrowError(edata);
		handle_lost_lock(b, source, edata, tries++);
		FreeErrorData(edata);
	}
}
