/*
 * nontransactional_run.h
 *	  Running the nontransactional statement of a segment.
 */
#ifndef PGM_NONTRANSACTIONAL_RUN_H
#define PGM_NONTRANSACTIONAL_RUN_H

#include "run/engine/engine_journal.h"

extern void pgm_nontransactional_run(const PgmTask *task);

#endif							/* PGM_NONTRANSACTIONAL_RUN_H */
