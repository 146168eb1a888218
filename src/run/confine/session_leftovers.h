/*
 * session_leftovers.h
 *	  What confined scripts may not leave behind.
 */
#ifndef PGM_SESSION_LEFTOVERS_H
#define PGM_SESSION_LEFTOVERS_H

#include "nodes/pg_list.h"

typedef struct PgmLeftovers
{
	List	   *temporary;		/* what was in pg_temp before */
} PgmLeftovers;

extern void pgm_leftovers_init(void);
extern void pgm_leftovers_begin(PgmLeftovers *before, Oid role);
extern void pgm_leftovers_end(const PgmLeftovers *before);

#endif							/* PGM_SESSION_LEFTOVERS_H */
