/*
 * generate_script.h
 *	  The statements of a plan as the text of a script.
 */
#ifndef PGM_GENERATE_SCRIPT_H
#define PGM_GENERATE_SCRIPT_H

#include "diff/autogenerate_context.h"

extern char *pgm_generate_statements(const List *statements, bool allow_drop);
extern char *pgm_generate_plan(const PgmDiffPlan *p, bool allow_drop);
extern char *pgm_generate_script(const PgmAutogenerate *a, bool up);

#endif							/* PGM_GENERATE_SCRIPT_H */
