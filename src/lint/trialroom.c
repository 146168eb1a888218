/*
 * trialroom.c
 *	  Is there room in the lock table for a trial?
 */
#include "postgres.h"

#include "access/twophase.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"

#include "lint/trial.h"

/* The locks that the lock table has room for, as lock.c counts them */
static int64
capacity(void)
{
	return (int64) max_locks_per_xact * (MaxBackends + max_prepared_xacts);
}

/*
 * Refuse a trial that needs more than half of what is free: others need locks
 * too, and a trial holds all of its own to the end.
 */
void
pgm_trial_check_room(int64 locks)
{
	LockData   *all = GetLockStatusData();
	int64		free = capacity() - all->nelements;

	if (locks > free / 2)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("the trial would need about %lld locks at once",
						(long long) locks),
				 errdetail("The lock table of the server has room for %lld, of which %d are taken; a trial may have half of the rest.",
						   (long long) capacity(), all->nelements),
				 errhint("Try fewer migrations at a time, for example with the target '+10', or raise max_locks_per_transaction.")));
	pfree(all->locks);
	pfree(all);
}
