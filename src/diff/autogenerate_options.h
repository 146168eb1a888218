/*
 * autogenerate_options.h
 *	  The argument "options" of diff() and revision().
 */
#ifndef PGM_AUTOGENERATE_OPTIONS_H
#define PGM_AUTOGENERATE_OPTIONS_H

#include "utils/jsonb.h"

#include "diff/write/writers.h"

extern void pgm_autogenerate_options(PgmDiffOptions *options, Jsonb *given);

#endif							/* PGM_AUTOGENERATE_OPTIONS_H */
