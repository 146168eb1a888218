/*
 * deadlock.c
 *	  Noticing that the process we wait for waits for us.
 *
 * The deadlock detector sees only waits for locks.  It does not see a process that
 * polls, or waits for the messages of a worker; nor a client that is a backend itself
 * and waits for our answer on a socket.  So a process of ours that waits like that
 * follows the chain of blockers itself, about once a second.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "run/locks/client_backend.h"
#include "run/locks/deadlock.h"

/* Between two looks, in ms */
#define CYCLE_PAUSE 1000

/*
 * A cycle counts if it is seen that often, so long apart in ms: a wait for our
 * transaction may be over as soon as pgm_safe_wait_continue() is called.
 */
#define CYCLE_LOOKS 3
#define CYCLE_RECHECK 150

/* How far a chain of waiting processes is followed */
#define CYCLE_DEPTH 10

/*
 * Does the process wait, directly or through others, for this one?  Or, then
 * "client" is set, for our client, who waits for this one?
 */
static bool
waits_for_us(int pid, int depth, bool *client)
{
	ArrayType  *array = DatumGetArrayTypeP(DirectFunctionCall1(pg_blocking_pids,
															   Int32GetDatum(pid)));
	Datum	   *blockers;
	int			n;

	if (pgm_client_waits(pid))
	{
		*client = true;
		return true;
	}
	deconstruct_array(array, INT4OID, sizeof(int32), true, TYPALIGN_INT,
					  &blockers, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		int			blocker = DatumGetInt32(blockers[i]);

		if (blocker == MyProcPid)
			return true;
		if (blocker != 0 && depth < CYCLE_DEPTH &&
			waits_for_us(blocker, depth + 1, client))
			return true;
	}
	return false;
}

/*
 * To be called again and again while this process waits for another one.
 * Raises 40P01 when that waits for this one.
 */
void
pgm_deadlock_check(int pid)
{
	static TimestampTz next = 0;
	static int	seen = 0;
	TimestampTz now = GetCurrentTimestamp();
	bool		client = false;

	if (now < next)
		return;
	if (TimestampDifferenceExceeds(next, now, CYCLE_PAUSE))
		seen = 0;				/* that was another wait */
	seen = waits_for_us(pid, 0, &client) ? seen + 1 : 0;
	next = TimestampTzPlusMilliseconds(now, seen > 0 ? CYCLE_RECHECK : CYCLE_PAUSE);
	if (seen > 0)
		ereport(DEBUG1,
				(errmsg_internal("process %d seems to wait for this one (look %d of %d)",
								 pid, seen, CYCLE_LOOKS)));
	if (seen == CYCLE_LOOKS)
	{
		seen = 0;
		if (client)
			pgm_client_raise();
		ereport(ERROR,
				(errcode(ERRCODE_T_R_DEADLOCK_DETECTED),
				 errmsg("deadlock detected"),
				 errdetail("This call waits for process %d, which runs a migration and waits for a lock that this session holds.",
						   pid),
				 errhint("Release the session's advisory locks, or call from another session.")));
	}
}
