/*
 * waitingfor.h
 *	  Whom a plan would wait for if it ran now.
 */
#ifndef PGM_WAITINGFOR_H
#define PGM_WAITINGFOR_H

#include "lint/explain.h"

extern List *pgm_waiting(const PgmExplanation *x);

#endif							/* PGM_WAITINGFOR_H */
