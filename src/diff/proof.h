/*
 * proof.h
 *	  Executing what was written, in a scratch.
 */
#ifndef PGM_PROOF_H
#define PGM_PROOF_H

#include "diff/autogenerate.h"

extern char *pgm_proof_execute(const PgmAutogenerate *a, const char *text);
extern PgmSchema *pgm_proof_look(const PgmAutogenerate *a);
extern void pgm_proof_quiet(void);
extern List *pgm_proof_rebuild(const PgmAutogenerate *a);

#endif							/* PGM_PROOF_H */
