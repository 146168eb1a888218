/*
 * register.h
 *	  Registering migrations.
 */
#ifndef PGM_REGISTER_H
#define PGM_REGISTER_H

#include "nodes/pg_list.h"

/* What pgm_register_all() did */
typedef struct PgmTally
{
	int			total;
	List	   *added;			/* ids (char *) of the new ones */
	List	   *written;		/* of those with new content, too */
	int			replaced;
	int			unchanged;
	int			pruned;
} PgmTally;

/* A difference between migration files and the registry */
typedef struct PgmRegistryProblem
{
	char	   *revision;
	char	   *problem;
} PgmRegistryProblem;

extern void pgm_register_all(List *migrations, bool replace, bool prune,
							 PgmTally *tally);
extern void pgm_unregister(const char *revision);

/* validate.c */
extern List *pgm_validate_bundle(List *migrations);

#endif							/* PGM_REGISTER_H */
