/*
 * refusals.h
 *	  What the server will refuse, whatever the rows.
 */
#ifndef PGM_REFUSALS_H
#define PGM_REFUSALS_H

#include "lint/lint.h"

extern void pgm_refuse(PgmLint *l);

#endif							/* PGM_REFUSALS_H */
