/*
 * intended_index.h
 *	  Whether an index that exists is the one that a CREATE INDEX would build.
 */
#ifndef PGM_INTENDED_INDEX_H
#define PGM_INTENDED_INDEX_H

#include "nodes/parsenodes.h"

extern void pgm_intended_index_check(const IndexStmt *stmt, Oid relid,
									 const char *existing);

#endif							/* PGM_INTENDED_INDEX_H */
