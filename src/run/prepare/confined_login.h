/*
 * confined_login.h
 *	  Where the statements of a confined run may be executed.
 */
#ifndef PGM_CONFINED_LOGIN_H
#define PGM_CONFINED_LOGIN_H

#include "run/prepare/run.h"
#include "script/segment.h"

extern Oid	pgm_confined_login(const PgmRun *run, List **segments);

#endif							/* PGM_CONFINED_LOGIN_H */
