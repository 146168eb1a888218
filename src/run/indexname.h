/*
 * indexname.h
 *	  The name that the server gives to an index that is created without one.
 */
#ifndef PGM_INDEXNAME_H
#define PGM_INDEXNAME_H

#include "nodes/parsenodes.h"

extern char *pgm_index_name_middle(const IndexStmt *stmt);
extern char *pgm_index_name(const IndexStmt *stmt, Oid relid);

#endif							/* PGM_INDEXNAME_H */
