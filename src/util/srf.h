/*
 * srf.h
 *	  Returning rows.
 */
#ifndef PGM_SRF_H
#define PGM_SRF_H

#include "fmgr.h"
#include "nodes/pg_list.h"

extern void pgm_rows_begin(FunctionCallInfo fcinfo);
extern void pgm_rows_add(FunctionCallInfo fcinfo, Datum *values,
						 const bool *isnull);
extern Datum pgm_return_names(FunctionCallInfo fcinfo, List *names);
extern Datum pgm_return_lines(FunctionCallInfo fcinfo, List *lines);

#endif							/* PGM_SRF_H */
