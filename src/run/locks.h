/*
 * locks.h
 *	  The locks a statement is known to take, and getting them without
 *	  standing in anybody's way.
 */
#ifndef PGM_LOCKS_H
#define PGM_LOCKS_H

#include "nodes/nodes.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

typedef struct PgmLock
{
	Oid			relid;
	LOCKMODE	mode;
} PgmLock;

extern List *pgm_locks_of(const Node *statement);
extern void pgm_locks_begin_try(bool repeatable);
extern void pgm_locks_get(const Node *statement);

#endif							/* PGM_LOCKS_H */
