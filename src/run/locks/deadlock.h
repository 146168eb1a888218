/*
 * deadlock.h
 *	  Noticing that who we wait for waits for us.
 */
#ifndef PGM_DEADLOCK_H
#define PGM_DEADLOCK_H

extern void pgm_deadlock_check(int pid);

#endif							/* PGM_DEADLOCK_H */
