/*
 * is_current.c
 *	  is_current(): the question that may be asked on every connection, from
 *	  memory as long as the database has not moved.
 *
 * An answer holds as long as pgm_position_epoch does.  Pending invalidations
 * are processed before it is used, so whatever was committed and acknowledged
 * before the call is seen; on a standby, whatever was replayed.
 *
 * Everybody with the right to call the function is answered; the tables'
 * rights are not asked for.
 */
#include "postgres.h"

#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "check/check.h"
#include "compat.h"
#include "registry/invalidation.h"

/* Expectations remembered; applications have one or two */
#define NSLOTS 8

/* Longer ones are not, in bytes */
#define MAX_REMEMBERED 1024

typedef struct PgmSlot
{
	char	   *expected;
	int			len;			/* PGM_NO_TEXT: all heads are expected */
	bool		exact;
	bool		current;		/* the answer */
	uint64		epoch;			/* that it holds for; 0: none yet */
} PgmSlot;

static PgmSlot slots[NSLOTS];
static int	next_slot = 0;

/* The answer from the tables */
static PgmFit
ask_tables(const char *expected, bool exact)
{
	Snapshot	snapshot = RegisterSnapshot(pgm_check_snapshot());
	PgmAnswer	a = pgm_check_ask(expected, exact, snapshot);

	UnregisterSnapshot(snapshot);
	return a.fit;
}

/* The slot of an expectation, or NULL. */
static PgmSlot *
find_slot(const char *expected, int len, bool exact)
{
	for (int i = 0; i < NSLOTS; i++)
	{
		PgmSlot    *slot = &slots[i];

		if (slot->epoch != 0 && slot->len == len && slot->exact == exact &&
			(len <= 0 || memcmp(slot->expected, expected, len) == 0))
			return slot;
	}
	return NULL;
}

/* Remember an answer that was asked for at an epoch; the oldest makes room. */
static void
remember(PgmSlot *slot, const char *expected, int len, bool exact,
		 bool current, uint64 epoch)
{
	char	   *copy = len < 0 ? NULL :
		MemoryContextAlloc(TopMemoryContext, len + 1);

	if (slot == NULL)
	{
		slot = &slots[next_slot];
		next_slot = (next_slot + 1) % NSLOTS;
	}
	if (copy)
		memcpy(copy, expected, len);
	if (slot->expected)
		pfree(slot->expected);
	slot->expected = copy;
	slot->len = len;
	slot->exact = exact;
	slot->current = current;
	slot->epoch = epoch;
}

/*
 * Does the database fit what is expected?  "expected" has len bytes; len < 0:
 * all heads are expected.  Sets *nothing, if given, to whether it does not
 * because no migration is registered; that answer is not kept, so that the
 * caller can warn each time and yet the usual answer costs nothing more.
 * Raises as pgm_check_ask() does.
 */
bool
pgm_check_current(const char *expected, int len, bool exact, bool *nothing)
{
	PgmSlot    *slot;
	uint64		epoch;
	PgmFit		fit;

	if (nothing)
		*nothing = false;
	AcceptInvalidationMessages();
	len = Max(len, PGM_NO_TEXT);
	slot = find_slot(expected, len, exact);
	if (slot && slot->epoch == pgm_position_epoch)
		return slot->current;

	/*
	 * Read the epoch before the tables: an invalidation that arrives
	 * meanwhile then makes the remembered answer stale at once.
	 */
	pgm_invalidation_watch();
	epoch = pgm_position_epoch;
	fit = ask_tables(len < 0 ? NULL : pnstrdup(expected, len), exact);
	if (nothing)
		*nothing = fit == PGM_NOTHING;
	if (len <= MAX_REMEMBERED && fit != PGM_NOTHING)
		remember(slot, expected, len, exact, fit == PGM_FITS, epoch);
	return fit == PGM_FITS;
}
