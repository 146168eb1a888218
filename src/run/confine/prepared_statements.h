/*
 * prepared_statements.h
 *	  Prepared statements of confined scripts, and of their callers.
 */
#ifndef PGM_PREPARED_STATEMENTS_H
#define PGM_PREPARED_STATEMENTS_H

extern bool pgm_prepared_of_caller(const char *name);
extern void pgm_prepared_note(const char *name);
extern void pgm_prepared_drop(void);

#endif							/* PGM_PREPARED_STATEMENTS_H */
