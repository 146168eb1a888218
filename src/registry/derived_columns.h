/*
 * derived_columns.h
 *	  The columns of migrate.revision that are derived from the whole graph.
 */
#ifndef PGM_DERIVED_COLUMNS_H
#define PGM_DERIVED_COLUMNS_H

#include "graph/graph.h"

/* The derived values of a revision; lists as "a, b" */
typedef struct PgmDerived
{
	bool		applied;
	int			children;
	int			nextrev;
	char	   *labels;
	char	   *broken_by;
} PgmDerived;

extern void pgm_registry_keep_new(const PgmGraph *g);
extern void pgm_registry_keep_all(const PgmGraph *g);
extern char *pgm_registry_breaker(const char *revision);
extern PgmDerived *pgm_registry_derived(const PgmGraph *g);
extern PgmDerived *pgm_registry_due(const PgmGraph *g, const PgmPosition *pos);

#endif							/* PGM_DERIVED_COLUMNS_H */
