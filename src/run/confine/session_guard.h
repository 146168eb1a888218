/*
 * session_guard.h
 *	  What confined scripts may not do to the session.
 */
#ifndef PGM_SESSION_GUARD_H
#define PGM_SESSION_GUARD_H

extern void pgm_guard_init(void);

#endif							/* PGM_SESSION_GUARD_H */
