/*
 * relation_locks.h
 *	  The locks a statement is known to take, and getting them without
 *	  standing in anybody's way.
 */
#ifndef PGM_RELATION_LOCKS_H
#define PGM_RELATION_LOCKS_H

#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

#include "script/script.h"

typedef struct PgmLock
{
	Oid			relid;
	LOCKMODE	mode;
} PgmLock;

/* Statements of a script that run in one transaction */
typedef struct PgmLockPart
{
	const PgmScript *script;
	int			first;			/* index of the first one */
	int			count;
} PgmLockPart;

/* relation_locks.c */
extern List *pgm_locks_of(const Node *statement);
extern List *pgm_locks_of_lock(const LockStmt *stmt);

/* statement_locks.c */
extern List *pgm_locks_of_parts(List *parts);
extern List *pgm_locks_add_part(List *parts, const PgmScript *script,
								int first, int count);

/* lock_poll.c */
extern void pgm_locks_begin_try(int try, bool repeatable);
extern bool pgm_locks_first(void);
extern void pgm_locks_get_first(List *parts);
extern void pgm_locks_get(const Node *statement);

#endif							/* PGM_RELATION_LOCKS_H */
