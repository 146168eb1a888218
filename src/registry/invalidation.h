/*
 * invalidation.h
 *	  Noticing that the position of the database changed.
 */
#ifndef PGM_INVALIDATION_H
#define PGM_INVALIDATION_H

#include "fmgr.h"

/* incremented whenever a cached position may be stale */
extern uint64 pgm_position_epoch;

extern void pgm_invalidation_watch(void);
extern void pgm_invalidation_send(void);
extern void pgm_invalidation_check_trigger(FunctionCallInfo fcinfo);

#endif							/* PGM_INVALIDATION_H */
