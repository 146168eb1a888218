/*
 * settings.c
 *	  Defining the configuration parameters pg_migrate.* when they are needed,
 *	  and lowering the server's timeouts for a while.
 *
 * Each room defines its own parameters, in a file <room>_settings.c.
 */
#include "postgres.h"

#include "storage/proc.h"
#include "utils/guc.h"

#include "util/settings.h"

static void (*define_all) (void) = NULL;

/* Remember the function that defines the parameters of all rooms. */
void
pgm_settings_init(void (*define) (void))
{
	define_all = define;
}

/*
 * Define all parameters, unless that was done before.  To be called before any
 * of them is read.
 *
 * This is not done when the library is loaded, because PostgreSQL 15 sorts the
 * table of all parameters again for each one that is added.  That takes longer
 * than to answer the questions that need no parameter, such as is_current().
 * Until then a SET makes a placeholder, whose value is checked and taken over
 * here.
 */
void
pgm_settings_define(void)
{
	static bool defined = false;

	if (defined)
		return;
	/* set before, so that an error on the way does not define one twice */
	defined = true;
	Assert(define_all != NULL);
	define_all();
	MarkGUCPrefixReserved("pg_migrate");
}

/* Lower a timeout to this many ms, unless it is lower; 0 means no limit. */
static void
bound(const char *name, int current, long ms, GucAction action)
{
	if (current > 0 && current <= ms)
		return;
	(void) set_config_option(name, psprintf("%ld", ms), PGC_USERSET,
							 PGC_S_SESSION, action, true, 0, false);
}

/*
 * Lower lock_timeout to this many ms, until the end of a level of
 * NewGUCNestLevel().
 */
void
pgm_settings_bound_lock_timeout(long ms)
{
	bound("lock_timeout", LockTimeout, ms, GUC_ACTION_SAVE);
}

/*
 * Lower lock_timeout and statement_timeout to these many ms, until the end of
 * the subtransaction; 0 leaves a timeout as it is.
 *
 * Unlike GUC_ACTION_SAVE, GUC_ACTION_LOCAL lets scripts that run in between SET
 * the parameters.
 */
void
pgm_settings_bound_timeouts(int lock_ms, int statement_ms)
{
	if (lock_ms > 0)
		bound("lock_timeout", LockTimeout, lock_ms, GUC_ACTION_LOCAL);
	if (statement_ms > 0)
		bound("statement_timeout", StatementTimeout, statement_ms,
			  GUC_ACTION_LOCAL);
}
