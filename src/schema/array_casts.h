/*
 * array_casts.h
 *	  Arrays whose cast the server writes so that it reads it otherwise.
 */
#ifndef PGM_ARRAY_CASTS_H
#define PGM_ARRAY_CASTS_H

extern const char *pgm_arrays_exact(const char *sql);
extern bool pgm_arrays_same(const char *a, const char *b);

#endif							/* PGM_ARRAY_CASTS_H */
