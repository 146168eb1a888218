/*
 * lock_holders.h
 *	  Whom a plan would wait for if it ran now.
 */
#ifndef PGM_LOCK_HOLDERS_H
#define PGM_LOCK_HOLDERS_H

#include "explain/explain.h"

extern List *pgm_lock_holders(const PgmExplanation *x);

#endif							/* PGM_LOCK_HOLDERS_H */
