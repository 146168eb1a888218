/*
 * cursors.h
 *	  Cursors of confined scripts, and of their callers.
 */
#ifndef PGM_CURSORS_H
#define PGM_CURSORS_H

extern void pgm_cursors_protect(void);
extern bool pgm_cursor_is_protected(const char *name);
extern void pgm_cursors_close(void);
extern void pgm_cursors_unprotect(bool transaction_aborted);

#endif							/* PGM_CURSORS_H */
