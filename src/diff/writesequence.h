/*
 * writesequence.h
 *	  What the column of an identity says of its sequence.
 */
#ifndef PGM_WRITESEQUENCE_H
#define PGM_WRITESEQUENCE_H

#include "diff/snapshot.h"

extern char *pgm_sequence_options(const PgmObject *sequence);

#endif							/* PGM_WRITESEQUENCE_H */
