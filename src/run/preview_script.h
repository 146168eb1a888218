/*
 * preview_script.h
 *	  A plan as a psql script for another server.
 */
#ifndef PGM_PREVIEW_SCRIPT_H
#define PGM_PREVIEW_SCRIPT_H

#include "run/prepare/run.h"

extern PgmRun *pgm_preview_prepare(PgmDirection direction, const char *text,
								   char **target);
extern char *pgm_preview_script(const PgmRun *run, const char *target,
								bool bookkeeping);

#endif							/* PGM_PREVIEW_SCRIPT_H */
