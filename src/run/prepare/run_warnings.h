/*
 * run_warnings.h
 *	  What is warned of when a run begins.
 */
#ifndef PGM_RUN_WARNINGS_H
#define PGM_RUN_WARNINGS_H

#include "run/prepare/run.h"

extern void pgm_warn_nothing_registered(void);
extern void pgm_warn_waiting(const PgmRun *run, List **segments);
extern void pgm_warn_timeouts(const PgmRun *run, List **segments);

#endif							/* PGM_RUN_WARNINGS_H */
