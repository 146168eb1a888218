/*
 * blocker.h
 *	  What holds a lock, and the command that makes it go.
 */
#ifndef PGM_BLOCKER_H
#define PGM_BLOCKER_H

#include "storage/lock.h"

/* Somebody who is in the way; the texts are in the caller's memory context */
typedef struct PgmBlocker
{
	char	   *what;			/* follows "blocked by": "process 42 (...)" */
	char	   *help;			/* follows "Try again later,": "end it ..." */
} PgmBlocker;

extern TransactionId pgm_blocker_prepared(VirtualTransactionId vxid);
extern PgmBlocker *pgm_blocker_of(VirtualTransactionId vxid);
extern PgmBlocker *pgm_blocker_of_process(int pid);

#endif							/* PGM_BLOCKER_H */
