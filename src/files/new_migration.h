/*
 * new_migration.h
 *	  A new migration without content.
 */
#ifndef PGM_NEW_MIGRATION_H
#define PGM_NEW_MIGRATION_H

#include "files/migration.h"
#include "graph/plan.h"

extern PgmMigration *pgm_new_migration(const PgmGraph *g, PgmPurpose purpose, char *id,
									   char *message, List *heads, bool splice,
									   List *labels, List *depends_on);

#endif							/* PGM_NEW_MIGRATION_H */
