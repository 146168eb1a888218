/*
 * diff_settings.c
 *	  The configuration parameters of comparing with a model.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "diff/diff_settings.h"

int			pgm_scratch_hold = 5000;

/* Define them; to be called once, with all other parameters. */
void
pgm_diff_settings_define(void)
{
	DefineCustomIntVariable("pg_migrate.scratch_hold",
							"How long others may wait for what is done to look at a model, before that gives up.",
							"0 sets no limit.",
							&pgm_scratch_hold,
							5000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
