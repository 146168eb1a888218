/*
 * lock_table_room.c
 *	  Is there room in the lock table for a trial?
 *
 * A trial of many migrations holds all their locks at once, more than an upgrade ever
 * does.  If they filled the shared lock table, other sessions would fail.
 */
#include "postgres.h"

#include "access/twophase.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/proc.h"

#include "trial/trial.h"

/* The number of locks that the lock table has room for, as lock.c counts them. */
static int64
capacity(void)
{
	return (int64) max_locks_per_xact * (MaxBackends + max_prepared_xacts);
}

/*
 * Look how full it is.  Returns how many locks one transaction may have: half
 * of what is free, for others need some too, and it holds its own to the end.
 */
int64
pgm_lock_table_room(int64 *room, int64 *taken)
{
	LockData   *all = GetLockStatusData();

	*room = capacity();
	*taken = all->nelements;
	pfree(all->locks);
	pfree(all);
	return (*room - *taken) / 2;
}

/* Raise 53400 if a trial needs more locks than it may have. */
void
pgm_trial_check_room(int64 locks)
{
	int64		room;
	int64		taken;

	if (locks > pgm_lock_table_room(&room, &taken))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("the trial would need about %lld locks at once",
						(long long) locks),
				 errdetail("The lock table of the server has room for %lld, of which %lld are taken; a trial may have half of the rest.",
						   (long long) room, (long long) taken),
				 errhint("Try fewer migrations at a time, for example with the target '+10', or raise max_locks_per_transaction.")));
}
