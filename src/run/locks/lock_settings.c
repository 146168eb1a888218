/*
 * lock_settings.c
 *	  The configuration parameters that say how long a run waits.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "run/locks/lock_settings.h"

int			pgm_build_timeout = 0;
int			pgm_lock_timeout = 2000;
int			pgm_lock_poll = 2000;
int			pgm_lock_retries = 5;
int			pgm_retry_max_work = 10000;
int			pgm_run_wait_timeout = 0;

/* Define them; called by pgm_settings_define(). */
void
pgm_lock_settings_define(void)
{
	DefineCustomIntVariable("pg_migrate.build_timeout",
							"How long the concurrent build of an index may take.",
							"0 sets no limit.",
							&pgm_build_timeout,
							0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_timeout",
							"How long a migration waits for a lock before it gives way and tries again.",
							"0 leaves it to the session's lock_timeout.",
							&pgm_lock_timeout,
							2000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_poll",
							"How long a migration asks for locks without queueing for them.",
							"0 queues at once.",
							&pgm_lock_poll,
							2000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_retries",
							"How often a plan is tried again after a lock timeout or a deadlock.",
							NULL,
							&pgm_lock_retries,
							5, 0, 1000,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.retry_max_work",
							"A plan that ran longer than this is not tried again.",
							NULL,
							&pgm_retry_max_work,
							10000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.run_wait_timeout",
							"How long to wait for another run in the same database.",
							"0 waits without limit.",
							&pgm_run_wait_timeout,
							0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
