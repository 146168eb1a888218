/*
 * plpgsql_functions.h
 *	  Functions in PL/pgSQL that confined scripts have called.
 */
#ifndef PGM_PLPGSQL_FUNCTIONS_H
#define PGM_PLPGSQL_FUNCTIONS_H

extern void pgm_plpgsql_watch(void);
extern void pgm_plpgsql_recompile(void);

#endif							/* PGM_PLPGSQL_FUNCTIONS_H */
