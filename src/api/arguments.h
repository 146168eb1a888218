/*
 * arguments.h
 *	  Reading the arguments of SQL functions that may be null.
 */
#ifndef PGM_ARGUMENTS_H
#define PGM_ARGUMENTS_H

#include "fmgr.h"
#include "nodes/pg_list.h"

extern char *pgm_argument_text(FunctionCallInfo fcinfo, int i, char *standard);
extern bool pgm_argument_bool(FunctionCallInfo fcinfo, int i);
extern List *pgm_argument_names(FunctionCallInfo fcinfo, int i);

#endif							/* PGM_ARGUMENTS_H */
