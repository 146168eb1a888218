/*
 * compiled.h
 *	  Functions in PL/pgSQL that confined scripts have called.
 */
#ifndef PGM_COMPILED_H
#define PGM_COMPILED_H

extern void pgm_compiled_watch(void);
extern void pgm_compiled_forget(void);

#endif							/* PGM_COMPILED_H */
