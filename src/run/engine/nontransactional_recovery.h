/*
 * nontransactional_recovery.h
 *	  What is done about a nontransactional statement that was interrupted.
 */
#ifndef PGM_NONTRANSACTIONAL_RECOVERY_H
#define PGM_NONTRANSACTIONAL_RECOVERY_H

#include "run/engine/engine_journal.h"
#include "run/engine/nontransactional_execute.h"
#include "run/engine/nontransactional_outcome.h"

extern ErrorData *pgm_nontransactional_clean_up(const PgmTask *task, const Node *statement,
												const char *intent,
												PgmSettingsPurpose purpose);
extern PgmOutcome pgm_nontransactional_examine(const PgmTask *task, const Node *statement,
											   const char *intent);
extern bool pgm_nontransactional_is_repeatable(const Node *statement,
											   const ErrorData *edata);
extern bool pgm_nontransactional_is_idempotent(const PgmStep *step);
extern bool pgm_nontransactional_recover(const PgmTask *task,
										 PgmJournalSegment *row);

#endif							/* PGM_NONTRANSACTIONAL_RECOVERY_H */
