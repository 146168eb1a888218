/*
 * nontransactional_run.h
 *	  Running a statement that cannot be part of a transaction.
 */
#ifndef PGM_NONTRANSACTIONAL_RUN_H
#define PGM_NONTRANSACTIONAL_RUN_H

#include "run/engine/engine_journal.h"

extern void pgm_nontransactional_run(const PgmTask *task);
extern bool pgm_nontransactional_recover(const PgmTask *task,
										 PgmJournalSegment *row);

#endif							/* PGM_NONTRANSACTIONAL_RUN_H */
