/*
 * sidefile.h
 *	  A side in a file, for when the side itself is gone.
 */
#ifndef PGM_SIDEFILE_H
#define PGM_SIDEFILE_H

#include "diff/bytes.h"
#include "diff/side.h"

/* sidefile.c */
extern void pgm_side_put(PgmBytesOut *out, const PgmSide *s);
extern PgmSide *pgm_side_get(PgmBytesIn *in);

#endif							/* PGM_SIDEFILE_H */
