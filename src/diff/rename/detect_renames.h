/*
 * detect_renames.h
 *	  What only changes its name.
 */
#ifndef PGM_DETECT_RENAMES_H
#define PGM_DETECT_RENAMES_H

#include "diff/autogenerate.h"

/* detect_renames.c */
extern void pgm_rename(PgmAutogenerate *a);

/* rename_hints.c */
extern void pgm_rename_read_hints(PgmAutogenerate *a);
extern List *pgm_rename_schemas(const PgmAutogenerate *a);

#endif							/* PGM_DETECT_RENAMES_H */
