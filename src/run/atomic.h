/*
 * atomic.h
 *	  Keeping a statement from ending the transaction it is a part of.
 */
#ifndef PGM_ATOMIC_H
#define PGM_ATOMIC_H

#include "c.h"

/* A transaction and subtransaction of this process */
typedef struct PgmAtomic
{
	LocalTransactionId transaction;
	SubTransactionId subtransaction;
	int			nest_level;
} PgmAtomic;

extern LocalTransactionId pgm_local_transaction(void);
extern void pgm_atomic_note(PgmAtomic *a);
extern bool pgm_atomic_lost(const PgmAtomic *a);
extern void pgm_atomic(void (*part) (void *), void *arg);

#endif							/* PGM_ATOMIC_H */
