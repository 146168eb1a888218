/*
 * stamp.h
 *	  Moving the database to revisions without running anything.
 */
#ifndef PGM_STAMP_H
#define PGM_STAMP_H

#include "nodes/pg_list.h"

extern void pgm_stamp(List *targets, bool purge);

#endif							/* PGM_STAMP_H */
