/*
 * revision_files.h
 *	  The arguments and the row that revision() and merge() have in common.
 */
#ifndef PGM_REVISION_FILES_H
#define PGM_REVISION_FILES_H

#include "fmgr.h"

#include "files/migration.h"

extern PgmMigration *pgm_revision_new(FunctionCallInfo fcinfo);
extern Datum pgm_revision_return(FunctionCallInfo fcinfo, const PgmMigration *m);

#endif							/* PGM_REVISION_FILES_H */
