/*
 * proof.h
 *	  Prove in a scratch that a migration does what it says.
 */
#ifndef PGM_PROOF_H
#define PGM_PROOF_H

#include "diff/autogenerate_context.h"

extern List *pgm_proof_rebuild_live(const PgmAutogenerate *a);
extern void pgm_proof_run(PgmAutogenerate *a);

#endif							/* PGM_PROOF_H */
