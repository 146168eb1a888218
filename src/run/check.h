/*
 * check.h
 *	  What is checked of the scripts of a migration when it is registered.
 */
#ifndef PGM_CHECK_H
#define PGM_CHECK_H

#include "registry/migration.h"

extern void pgm_migration_check(const PgmMigration *m);

#endif							/* PGM_CHECK_H */
