/*
 * invalidation.h
 *	  Noticing that the database moved.
 */
#ifndef PGM_INVALIDATION_H
#define PGM_INVALIDATION_H

#include "fmgr.h"

/* changes whenever what was read of the position may no longer hold */
extern uint64 pgm_position_epoch;

extern void pgm_position_watch(void);
extern void pgm_position_tell(void);
extern void pgm_position_check_trigger(FunctionCallInfo fcinfo);

#endif							/* PGM_INVALIDATION_H */
