/*
 * index_name.h
 *	  The name that the server gives to an index that is created without one.
 */
#ifndef PGM_INDEX_NAME_H
#define PGM_INDEX_NAME_H

#include "nodes/parsenodes.h"

extern char *pgm_index_name_of_columns(const List *columns);
extern char *pgm_index_name_middle(const IndexStmt *stmt);
extern char *pgm_index_name(const IndexStmt *stmt, Oid relid);

#endif							/* PGM_INDEX_NAME_H */
