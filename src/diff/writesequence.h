/*
 * writesequence.h
 *	  What the column of an identity says of its sequence.
 */
#ifndef PGM_WRITESEQUENCE_H
#define PGM_WRITESEQUENCE_H

#include "diff/snapshot.h"

extern char *pgm_sequence_options(const PgmObject *sequence);
extern bool pgm_sequence_narrows(const PgmObject *old, const PgmObject *new);

#endif							/* PGM_WRITESEQUENCE_H */
