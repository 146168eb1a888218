/*
 * rename.h
 *	  What only changes its name.
 */
#ifndef PGM_RENAME_H
#define PGM_RENAME_H

#include "diff/autogenerate.h"

/* rename.c */
extern void pgm_rename(PgmAutogenerate *a);

/* renamehint.c */
extern void pgm_rename_read_hints(PgmAutogenerate *a);
extern List *pgm_rename_schemas(const PgmAutogenerate *a);

#endif							/* PGM_RENAME_H */
