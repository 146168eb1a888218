/*
 * nontransactional_execute.h
 *	  Executing one statement that cannot be part of a transaction.
 */
#ifndef PGM_NONTRANSACTIONAL_EXECUTE_H
#define PGM_NONTRANSACTIONAL_EXECUTE_H

#include "run/engine/engine_journal.h"

/* What the settings and the role of a statement are taken on for */
typedef enum PgmSettingsPurpose
{
	PGM_FOR_STATEMENT,			/* executing it */
	PGM_FOR_LOOK,				/* looking at the catalogs */
	PGM_FOR_CLEANUP,			/* removing what an earlier run left */
	PGM_FOR_CLEANUP_AFTER_FAILURE	/* removing what has just failed */
} PgmSettingsPurpose;

extern List *pgm_nontransactional_enter(const PgmTask *task, const Node *statement,
										PgmSettingsPurpose purpose);
extern void pgm_nontransactional_leave(const PgmTask *task, List *saved);
extern ErrorData *pgm_nontransactional_execute(const PgmTask *task, const Node *statement,
											   const PgmScript *script, int index,
											   PgmSettingsPurpose purpose, bool *committed);

#endif							/* PGM_NONTRANSACTIONAL_EXECUTE_H */
