/*
 * lock_name.h
 *	  The names of the table lock modes, and which work they block.
 */
#ifndef PGM_LOCK_NAME_H
#define PGM_LOCK_NAME_H

#include "storage/lockdefs.h"

extern const char *pgm_lock_name(LOCKMODE mode);
extern const char *pgm_lock_blocks(LOCKMODE mode);

#endif							/* PGM_LOCK_NAME_H */
