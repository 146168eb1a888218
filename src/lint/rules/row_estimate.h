/*
 * row_estimate.h
 *	  How many rows a statement changes.
 */
#ifndef PGM_ROW_ESTIMATE_H
#define PGM_ROW_ESTIMATE_H

#include "lint/rules/statement_view.h"

extern double pgm_estimate_rows(const PgmStatementView *v, const RangeVar *relation,
								const List *from, const Node *condition);

#endif							/* PGM_ROW_ESTIMATE_H */
