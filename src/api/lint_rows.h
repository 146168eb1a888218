/*
 * lint_rows.h
 *	  Findings as people and machines read them.
 */
#ifndef PGM_LINT_ROWS_H
#define PGM_LINT_ROWS_H

#include "lint/lint.h"

extern void pgm_finding_place(const PgmFinding *f, int *line, int *col);
extern const char *pgm_finding_direction(const PgmFinding *f);
extern PgmRun *pgm_lint_plan(const char *target);
extern List *pgm_lint_report(const PgmRun *run, const char *format, bool probe);

#endif							/* PGM_LINT_ROWS_H */
