/*
 * srf.h
 *	  Returning rows.
 */
#ifndef PGM_SRF_H
#define PGM_SRF_H

#include "fmgr.h"
#include "nodes/pg_list.h"

extern void pgm_srf_begin(FunctionCallInfo fcinfo);
extern void pgm_srf_add(FunctionCallInfo fcinfo, Datum *values,
						const bool *isnull);
extern Datum pgm_srf_return_names(FunctionCallInfo fcinfo, List *names);
extern Datum pgm_srf_return_lines(FunctionCallInfo fcinfo, List *lines);

#endif							/* PGM_SRF_H */
