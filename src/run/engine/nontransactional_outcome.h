/*
 * nontransactional_outcome.h
 *	  Statements that must stand alone: what became of one that was cut off.
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

extern void pgm_lone_prepare(Node *statement);
extern void pgm_lone_adopt(Node *statement, const char *intent);
extern bool pgm_lone_is_known(const Node *statement);
extern char *pgm_lone_intent(const Node *statement);
extern char *pgm_lone_remains(const Node *statement, const char *intent);
extern PgmOutcome pgm_lone_examine(const Node *statement, const char *intent);
extern bool pgm_lone_waits_long(const Node *statement);

#endif							/* PGM_NONTRANSACTIONAL_OUTCOME_H */
