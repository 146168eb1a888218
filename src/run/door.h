/*
 * door.h
 *	  Whether the calling statement may wait for a background worker.
 */
#ifndef PGM_DOOR_H
#define PGM_DOOR_H

#include "fmgr.h"

extern void pgm_door_init(void);
extern const char *pgm_door_in_block(void);
extern const char *pgm_door_closed(FunctionCallInfo fcinfo);

#endif							/* PGM_DOOR_H */
