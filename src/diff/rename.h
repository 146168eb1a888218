/*
 * rename.h
 *	  What only changes its name.
 */
#ifndef PGM_RENAME_H
#define PGM_RENAME_H

#include "diff/autogenerate.h"

/* rename.c */
extern void pgm_rename(PgmAutogenerate *a);

#endif							/* PGM_RENAME_H */
