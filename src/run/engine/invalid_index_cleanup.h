/*
 * invalid_index_cleanup.h
 *	  What an interrupted CREATE INDEX, DROP INDEX or REINDEX CONCURRENTLY left.
 */
#ifndef PGM_INVALID_INDEX_CLEANUP_H
#define PGM_INVALID_INDEX_CLEANUP_H

#include "nodes/nodes.h"

/* What became of a nontransactional statement */
typedef enum PgmOutcome
{
	PGM_OUTCOME_DONE,
	PGM_OUTCOME_AGAIN,			/* not done; it may be run again */
	PGM_OUTCOME_UNKNOWN
} PgmOutcome;

/* CREATE INDEX CONCURRENTLY */
extern void pgm_index_build_prepare(Node *statement);
extern char *pgm_index_build_intent(const Node *statement);
extern void pgm_index_build_adopt(Node *statement, const char *intent);
extern char *pgm_index_build_cleanup(const Node *statement, const char *intent);
extern PgmOutcome pgm_index_build_examine(const Node *statement, const char *intent);

/* DROP INDEX CONCURRENTLY */
extern char *pgm_index_drop_intent(const Node *statement);
extern char *pgm_index_drop_cleanup(const Node *statement, const char *intent);
extern PgmOutcome pgm_index_drop_examine(const Node *statement, const char *intent);

/* REINDEX CONCURRENTLY */
extern char *pgm_reindex_intent(const Node *statement);
extern char *pgm_reindex_cleanup(const Node *statement, const char *intent);

#endif							/* PGM_INVALID_INDEX_CLEANUP_H */
