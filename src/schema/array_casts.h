/*
 * array_casts.h
 *	  Casts of array constructors, which do not survive a dump and restore.
 */
#ifndef PGM_ARRAY_CASTS_H
#define PGM_ARRAY_CASTS_H

extern const char *pgm_arrays_exact(const char *sql);
extern bool pgm_arrays_same(const char *a, const char *b);

#endif							/* PGM_ARRAY_CASTS_H */
