/*
 * script_check.h
 *	  What is checked of the scripts of a migration when it is registered.
 */
#ifndef PGM_SCRIPT_CHECK_H
#define PGM_SCRIPT_CHECK_H

#include "files/migration.h"

extern void pgm_migration_check(const PgmMigration *m);

#endif							/* PGM_SCRIPT_CHECK_H */
