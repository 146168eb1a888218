/*
 * safe_wait.h
 *	  Waiting so that no concurrent index build waits for our snapshot.
 */
#ifndef PGM_SAFE_WAIT_H
#define PGM_SAFE_WAIT_H

extern void pgm_safe_wait_begin(void);
extern void pgm_safe_wait_continue(void);
extern void pgm_safe_wait_end(void);

#endif							/* PGM_SAFE_WAIT_H */
