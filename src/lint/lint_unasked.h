/*
 * lint_unasked.h
 *	  Linting unasked: when migrations are registered, and before they run.
 */
#ifndef PGM_LINT_UNASKED_H
#define PGM_LINT_UNASKED_H

#include "run/prepare/run.h"

extern void pgm_lint_on_register(List *names);
extern void pgm_lint_unasked_init(void);

#endif							/* PGM_LINT_UNASKED_H */
