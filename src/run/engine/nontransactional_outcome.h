/*
 * nontransactional_outcome.h
 *	  What became of a nontransactional statement that was interrupted.
 */
#ifndef PGM_NONTRANSACTIONAL_OUTCOME_H
#define PGM_NONTRANSACTIONAL_OUTCOME_H

#include "run/engine/invalid_index_cleanup.h"

extern void pgm_outcome_prepare(Node *statement);
extern void pgm_outcome_adopt(Node *statement, const char *intent);
extern bool pgm_outcome_is_known(const Node *statement);
extern char *pgm_outcome_intent(const Node *statement);
extern char *pgm_outcome_cleanup(const Node *statement, const char *intent);
extern PgmOutcome pgm_outcome_examine(const Node *statement, const char *intent);

#endif							/* PGM_NONTRANSACTIONAL_OUTCOME_H */
