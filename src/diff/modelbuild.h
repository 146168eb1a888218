/*
 * modelbuild.h
 *	  A model that is being built.
 */
#ifndef PGM_MODELBUILD_H
#define PGM_MODELBUILD_H

#include "diff/modelparts.h"

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

/* modelbuild.c */
extern bool pgm_build_statement(void *arg);
extern bool pgm_build_resolvable(const ErrorData *error);

/* modelunordered.c */
extern void pgm_build_unordered(PgmBuild *b, int first);

/* modelrank.c */
extern bool pgm_model_sortable(const PgmModel *m, int first);
extern int	pgm_model_rank(const Node *statement);

#endif							/* PGM_MODELBUILD_H */
