/*
 * lock_retry.c
 *	  Deciding whether a try that lost a lock is repeated and when, and reporting
 *	  that.
 */
#include "postgres.h"

#include <math.h>

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"

/* Backoff before a try, in ms: random below FIRST doubled each time */
#define BACKOFF_FIRST 200
#define BACKOFF_MAX 10000

/* Sleep before the next try, open to cancel requests. */
void
pgm_retry_sleep(long ms)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);

	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
														   until);

		CHECK_FOR_INTERRUPTS();
		if (left <= 0)
			break;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/* Complete the error of a plan that is not tried again: who has the lock, and why not. */
static void
explain_failure(ErrorData *edata, const char *blockers, const char *help,
				const char *why, const char *kept)
{
	MemoryContext old = MemoryContextSwitchTo(edata->assoc_context);

	if (blockers)
		edata->detail = edata->detail ?
			psprintf("%s\n%s", edata->detail, blockers) : pstrdup(blockers);
	edata->hint = psprintf("%s %s Try again when the holder has finished, %s, or wait longer with SET pg_migrate.lock_timeout.",
						   why, kept, help ? help : "end it with pg_terminate_backend()");
	MemoryContextSwitchTo(old);
}

/*
 * Decide whether a failed try is followed by another: returns how long to wait for it
 * in ms, or raises the error.
 *
 * "try" is the number of the failed try, from 0; "had_xid" tells that the transaction
 * had changed something before; "worked" is how long the try ran, in ms; "kept" is a
 * sentence on what of the run is still in effect.
 */
long
pgm_retry_decide(ErrorData *edata, int try, bool had_xid, long worked,
				 const char *kept)
{
	char	   *blockers;
	char	   *help = NULL;
	const char *why = NULL;
	long		limit;
	long		pause;

	if (edata->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE &&
		edata->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
		ReThrowError(edata);

	blockers = edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ?
		pgm_lockwatch_blockers(&help) : NULL;
	if (had_xid)
		why = "The plan was not tried again, because the transaction had changed something before; call it first in its transaction, or by itself.";
	else if (worked > pgm_retry_max_work)
		why = psprintf("The plan was not tried again, because it had run for %ld ms, longer than pg_migrate.retry_max_work.",
					   worked);
	else if (try >= pgm_lock_retries)
		why = try == 0 ? "The plan was tried once." :
			psprintf("The plan was tried %d times.", try + 1);
	if (why)
	{
		ereport(DEBUG1, (errmsg_internal("no retry: %s", why)));
		explain_failure(edata, blockers, help, why, kept);
		ReThrowError(edata);
	}

	/* random, so that those who met here do not meet again */
	limit = Min(BACKOFF_MAX, BACKOFF_FIRST * pow(2, Min(try, 16)));
	pause = pg_prng_double(&pg_global_prng_state) * limit;
	ereport(NOTICE,
			(errmsg("%s; rolled back, trying again in %ld ms (retry %d of %d)",
					edata->message, pause, try + 1, pgm_lock_retries),
			 blockers ? errdetail("%s", blockers) : 0));
	return pause;
}
