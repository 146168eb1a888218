/*
 * confinement.h
 *	  Where the statements of a confined run may be executed.
 */
#ifndef PGM_CONFINEMENT_H
#define PGM_CONFINEMENT_H

#include "script/segment.h"

extern Oid	pgm_confinement_login(const PgmRun *run, List **segments);

#endif							/* PGM_CONFINEMENT_H */
