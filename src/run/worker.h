/*
 * worker.h
 *	  Runs by a background worker.
 */
#ifndef PGM_WORKER_H
#define PGM_WORKER_H

#include "graph/plan.h"

extern bool pgm_worker_run(PgmDirection direction, const char *target);
extern void pgm_worker_start(const char *function, PgmDirection direction,
							 const char *target);

#endif							/* PGM_WORKER_H */
