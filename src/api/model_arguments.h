/*
 * model_arguments.h
 *	  The arguments that diff(), check() and revision() have in common.
 */
#ifndef PGM_MODEL_ARGUMENTS_H
#define PGM_MODEL_ARGUMENTS_H

#include "fmgr.h"

#include "diff/autogenerate.h"

/* The numbers of the arguments of a function; -1: the function does not have it */
typedef struct PgmModelArguments
{
	int			model;
	int			schemas;
	int			renames;
	int			allow_drop;
	int			options;
} PgmModelArguments;

extern void pgm_model_arguments_read(PgmAutogenerate *a, FunctionCallInfo fcinfo,
									 const char *function, PgmModelArguments n);
extern void pgm_model_arguments_read_options(PgmAutogenerate *a, FunctionCallInfo fcinfo,
											 PgmModelArguments n);
extern void pgm_model_arguments_require_model(const PgmAutogenerate *a);

#endif							/* PGM_MODEL_ARGUMENTS_H */
