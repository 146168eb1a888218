/*
 * writeparts.h
 *	  What writers share of objects that are defined by a whole statement.
 */
#ifndef PGM_WRITEPARTS_H
#define PGM_WRITEPARTS_H

#include "diff/snapshot.h"

extern char *pgm_definition(const PgmObject *o);

#endif							/* PGM_WRITEPARTS_H */
