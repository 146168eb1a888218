/*
 * write_sequences.h
 *	  What the column of an identity says of its sequence.
 */
#ifndef PGM_WRITE_SEQUENCES_H
#define PGM_WRITE_SEQUENCES_H

#include "schema/snapshot.h"

extern char *pgm_sequence_options(const PgmObject *sequence);

#endif							/* PGM_WRITE_SEQUENCES_H */
