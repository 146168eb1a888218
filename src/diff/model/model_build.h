/*
 * model_build.h
 *	  A model that is being built.
 */
#ifndef PGM_MODEL_BUILD_H
#define PGM_MODEL_BUILD_H

#include "diff/model/model_internal.h"

typedef struct PgmBuild
{
	PgmModel   *m;
	MemoryContext context;		/* of one statement */
	int			done;			/* statements run, in the first go */
	int			until;
} PgmBuild;

/* A statement being run */
typedef struct PgmRunning
{
	PgmBuild   *b;
	const PgmStatement *statement;
	RawStmt    *raw;
} PgmRunning;

/* model_build.c */
extern bool pgm_build_statement(void *arg);
extern bool pgm_build_resolvable(const ErrorData *error);

/* model_unordered.c */
extern void pgm_build_unordered(PgmBuild *b, int first);

/* model_rank.c */
extern bool pgm_model_sortable(const PgmModel *m, int first);
extern int	pgm_model_rank(const Node *statement);

#endif							/* PGM_MODEL_BUILD_H */
