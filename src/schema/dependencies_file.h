/*
 * dependencies_file.h
 *	  A side in a file, for when the side itself is gone.
 */
#ifndef PGM_DEPENDENCIES_FILE_H
#define PGM_DEPENDENCIES_FILE_H

#include "schema/dependencies.h"
#include "util/cache_file.h"

/* dependencies_file.c */
extern void pgm_side_put(PgmBytesOut *out, const PgmSide *s);
extern PgmSide *pgm_side_get(PgmBytesIn *in);

#endif							/* PGM_DEPENDENCIES_FILE_H */
