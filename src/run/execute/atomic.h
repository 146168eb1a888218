/*
 * atomic.h
 *	  Keeping a statement from ending the transaction it is a part of.
 */
#ifndef PGM_ATOMIC_H
#define PGM_ATOMIC_H

extern void pgm_atomic(void (*part) (void *), void *arg);

#endif							/* PGM_ATOMIC_H */
