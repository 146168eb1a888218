/*
 * derived_columns.h
 *	  The kept columns of migrate.revision.
 */
#ifndef PGM_DERIVED_COLUMNS_H
#define PGM_DERIVED_COLUMNS_H

#include "graph/graph.h"

/* What is kept of a revision; lists as "a, b" */
typedef struct PgmKept
{
	bool		applied;
	int			children;
	int			nextrev;
	char	   *labels;
	char	   *broken_by;
} PgmKept;

extern void pgm_registry_keep_new(const PgmGraph *g);
extern void pgm_registry_keep_all(const PgmGraph *g);
extern char *pgm_registry_breaker(const char *revision);
extern PgmKept *pgm_registry_kept(const PgmGraph *g);
extern PgmKept *pgm_registry_due(const PgmGraph *g, const PgmPosition *pos);

#endif							/* PGM_DERIVED_COLUMNS_H */
