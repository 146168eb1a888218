/*
 * engine.h
 *	  Running a plan segment by segment.
 */
#ifndef PGM_ENGINE_H
#define PGM_ENGINE_H

#include "run/engine/engine_journal.h"

extern void pgm_engine_queue(PgmEngine *e);
extern void pgm_engine_run(PgmEngine *e);

#endif							/* PGM_ENGINE_H */
