/*
 * worker.h
 *	  Runs by a background worker.
 */
#ifndef PGM_WORKER_H
#define PGM_WORKER_H

#include "graph/plan.h"

extern bool pgm_worker_run(PgmDirection direction, const char *target,
						   Oid login);
extern void pgm_worker_start(PgmDirection direction, const char *target,
							 Oid login, bool may_wait);

#endif							/* PGM_WORKER_H */
