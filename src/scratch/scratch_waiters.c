/*
 * scratch_waiters.c
 *	  Give up if another process waits too long for what a scratch holds.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "run/locks/blocker.h"
#include "scratch/scratch_internal.h"
#include "scratch/scratch_settings.h"

/* Pause between two looks, in ms */
#define LOOK_PAUSE 100

/* Does a process wait for this one? */
static bool
waits_for_us(int pid)
{
	Datum		blockers = DirectFunctionCall1(pg_blocking_pids, Int32GetDatum(pid));
	ArrayType  *array = DatumGetArrayTypeP(blockers);
	int32	   *blocker = (int32 *) ARR_DATA_PTR(array);
	int			n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	bool		found = false;

	for (int i = 0; i < n; i++)
		found = found || blocker[i] == MyProcPid;
	pfree(array);
	return found;
}

/* How long a process has been waiting for a lock, in ms, or 0 if it is not. */
static long
waited(PGPROC *proc)
{
	uint64		since;

	if (proc->pid == 0 || proc->pid == MyProcPid || proc->waitLock == NULL)
		return 0;
	since = pg_atomic_read_u64(&proc->waitStart);
	return since == 0 ? 0 :
		TimestampDifferenceMilliseconds((TimestampTz) since, GetCurrentTimestamp());
}

/* Raise 55P03: the scratch is given up for a process that waits. */
static void
give_up_for(PGPROC *proc, int pid)
{
	LOCK	   *lock = proc->waitLock;
	StringInfoData what;

	initStringInfo(&what);
	if (lock)
	{
		LOCKTAG		tag = lock->tag;

		DescribeLockTag(&what, &tag);
	}
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("%s gives way to others, who have waited for it longer than pg_migrate.scratch_hold",
					pgm_scratch_open->scratch->function),
			 errdetail("Waiting%s%s: %s", what.len ? " for " : "", what.data,
					   pgm_blocker_of_process(pid)->what),
			 errhint("Do it at a quieter time or on a copy of the database, or raise pg_migrate.scratch_hold.")));
}

/*
 * Raise 55P03 if a process has waited longer than pg_migrate.scratch_hold for
 * what this one holds.
 *
 * The processes are read without a lock, which is enough to find candidates;
 * pg_blocking_pids(), which locks the lock table, is called only for those.
 */
void
pgm_scratch_check_waiters(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now < pgm_scratch_open->next_look || pgm_scratch_hold <= 0)
		return;
	pgm_scratch_open->next_look = TimestampTzPlusMilliseconds(now, LOOK_PAUSE);
	for (uint32 i = 0; i < ProcGlobal->allProcCount; i++)
	{
		PGPROC	   *proc = &ProcGlobal->allProcs[i];
		int			pid = proc->pid;

		if (waited(proc) > pgm_scratch_hold && waits_for_us(pid))
			give_up_for(proc, pid);
	}
}
