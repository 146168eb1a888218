/*
 * difference_notes.h
 *	  Differences that no statement of a plan is for.
 */
#ifndef PGM_DIFFERENCE_NOTES_H
#define PGM_DIFFERENCE_NOTES_H

#include "schema/schema.h"

extern bool pgm_difference_is_note(const PgmDifference *d);
extern bool pgm_difference_is_ignored(const PgmDifference *d);
extern bool pgm_difference_follows_parent(const PgmSchema *before, const PgmSchema *after,
										  const PgmDifference *d);

#endif							/* PGM_DIFFERENCE_NOTES_H */
