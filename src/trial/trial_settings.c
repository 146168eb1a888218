/*
 * trial_settings.c
 *	  The configuration parameters pg_migrate.trials and pg_migrate.trial_*.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "trial/trial_settings.h"

bool		pgm_trials = true;
int			pgm_trial_lock_timeout = 500;
int			pgm_trial_statement_timeout = 30000;

/* Define them; called by pgm_settings_define(). */
void
pgm_trial_settings_define(void)
{
	DefineCustomBoolVariable("pg_migrate.trials",
							 "May explain and test execute migrations in transactions that are rolled back.",
							 NULL,
							 &pgm_trials,
							 true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.trial_lock_timeout",
							"How long a trial waits for a lock before it gives up.",
							"0 leaves it to the session's lock_timeout.",
							&pgm_trial_lock_timeout,
							500, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.trial_statement_timeout",
							"How long a statement of a trial may take.",
							"0 leaves it to the session's statement_timeout.",
							&pgm_trial_statement_timeout,
							30000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
