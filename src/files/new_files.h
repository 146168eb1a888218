/*
 * new_files.h
 *	  New migration files.
 */
#ifndef PGM_NEW_FILES_H
#define PGM_NEW_FILES_H

#include "fmgr.h"

#include "files/migration.h"

extern PgmMigration *pgm_revision_new(FunctionCallInfo fcinfo);
extern Datum pgm_revision_return(FunctionCallInfo fcinfo, const PgmMigration *m);

#endif							/* PGM_NEW_FILES_H */
