/*
 * invalid_index_guard.h
 *	  No invalid index is taken for a good one while a migration runs.
 */
#ifndef PGM_INVALID_INDEX_GUARD_H
#define PGM_INVALID_INDEX_GUARD_H

#include "nodes/parsenodes.h"

extern void pgm_invalid_index_init(void);
extern void pgm_index_refuse_invalid(const IndexStmt *stmt);

#endif							/* PGM_INVALID_INDEX_GUARD_H */
