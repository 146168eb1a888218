/*
 * autogenerate.h
 *	  Generate the statements that turn the present schema into a model, and
 *	  back.
 */
#ifndef PGM_AUTOGENERATE_H
#define PGM_AUTOGENERATE_H

#include "diff/autogenerate_context.h"

extern void pgm_autogenerate(PgmAutogenerate *a);
extern void pgm_autogenerate_check_heads(void);

#endif							/* PGM_AUTOGENERATE_H */
