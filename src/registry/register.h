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

extern void pgm_register_all(List *migrations, bool replace, bool prune,
							 PgmTally *tally);

#endif							/* PGM_REGISTER_H */
