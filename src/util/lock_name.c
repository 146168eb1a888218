/*
 * lock_name.c
 *	  The names of the table lock modes, and which work they block.
 */
#include "postgres.h"

#include "util/lock_name.h"

/* Return the name of a lock mode, spelled as in LOCK TABLE. */
const char *
pgm_lock_name(LOCKMODE mode)
{
	static const char *const names[] = {
		NULL, "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE",
		"SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",
		"ACCESS EXCLUSIVE"
	};

	Assert(mode > NoLock && mode < (int) lengthof(names));
	return names[mode];
}

/*
 * Return which everyday work on a table waits for a lock of this mode.  Locks
 * that conflict only with schema changes block "nobody".
 */
const char *
pgm_lock_blocks(LOCKMODE mode)
{
	static const char *const blocks[] = {
		"nobody",
		"nobody",				/* ACCESS SHARE: only ACCESS EXCLUSIVE */
		"nobody",				/* ROW SHARE */
		"index builds",			/* ROW EXCLUSIVE */
		"VACUUM and other schema changes",	/* SHARE UPDATE EXCLUSIVE */
		"writes",				/* SHARE */
		"writes",				/* SHARE ROW EXCLUSIVE */
		"writes and SELECT FOR UPDATE", /* EXCLUSIVE */
		"reads and writes"		/* ACCESS EXCLUSIVE */
	};

	Assert(mode >= NoLock && mode < (int) lengthof(blocks));
	return blocks[mode];
}
