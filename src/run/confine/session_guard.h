/*
 * session_guard.h
 *	  What confined scripts may not do to the session.
 */
#ifndef PGM_SESSION_GUARD_H
#define PGM_SESSION_GUARD_H

extern bool pgm_guard_active;

extern void pgm_guard_init(void);

#endif							/* PGM_SESSION_GUARD_H */
