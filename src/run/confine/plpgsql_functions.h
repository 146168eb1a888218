/*
 * plpgsql_functions.h
 *	  Functions in PL/pgSQL that confined scripts have called.
 */
#ifndef PGM_PLPGSQL_FUNCTIONS_H
#define PGM_PLPGSQL_FUNCTIONS_H

extern void pgm_compiled_watch(void);
extern void pgm_compiled_forget(void);

#endif							/* PGM_PLPGSQL_FUNCTIONS_H */
