/*
 * run_settings.c
 *	  The configuration parameters of the ways in which a run is called.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "run/run_settings.h"

int			pgm_progress_interval = 5000;
bool		pgm_select_door = true;

/* Define them; called by pgm_settings_define(). */
void
pgm_run_settings_define(void)
{
	DefineCustomIntVariable("pg_migrate.progress_interval",
							"How often a call that waits for a background worker says how far it is.",
							"0 says nothing.",
							&pgm_progress_interval,
							5000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_migrate.select_door",
							 "May SELECT migrate.upgrade() run by a background worker what cannot be one transaction?",
							 NULL,
							 &pgm_select_door,
							 true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
}
