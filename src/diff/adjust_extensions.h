/*
 * adjust_extensions.h
 *	  Adjust the extensions and access methods of a schema read in a scratch.
 */
#ifndef PGM_ADJUST_EXTENSIONS_H
#define PGM_ADJUST_EXTENSIONS_H

#include "diff/autogenerate_context.h"

extern void pgm_adjust_extensions_to_model(PgmAutogenerate *a);
extern void pgm_remove_extensions(PgmSchema *side);

#endif							/* PGM_ADJUST_EXTENSIONS_H */
