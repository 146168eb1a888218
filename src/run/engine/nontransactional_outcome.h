/*
 * nontransactional_outcome.h
 *	  What became of a nontransactional statement that was cut off.
 */
#ifndef PGM_NONTRANSACTIONAL_OUTCOME_H
#define PGM_NONTRANSACTIONAL_OUTCOME_H

#include "nodes/nodes.h"

typedef enum PgmOutcome
{
	PGM_OUTCOME_DONE,
	PGM_OUTCOME_AGAIN,			/* not done; it may be run again */
	PGM_OUTCOME_UNKNOWN
} PgmOutcome;

extern void pgm_outcome_prepare(Node *statement);
extern void pgm_outcome_adopt(Node *statement, const char *intent);
extern bool pgm_outcome_is_known(const Node *statement);
extern char *pgm_outcome_intent(const Node *statement);
extern char *pgm_outcome_cleanup(const Node *statement, const char *intent);
extern PgmOutcome pgm_outcome_examine(const Node *statement, const char *intent);

#endif							/* PGM_NONTRANSACTIONAL_OUTCOME_H */
