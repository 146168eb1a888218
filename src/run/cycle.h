/*
 * cycle.h
 *	  Noticing that who we wait for waits for us.
 */
#ifndef PGM_CYCLE_H
#define PGM_CYCLE_H

extern void pgm_cycle_check(int pid);

#endif							/* PGM_CYCLE_H */
