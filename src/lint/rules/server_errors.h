/*
 * server_errors.h
 *	  What the server will refuse, whatever the rows.
 */
#ifndef PGM_SERVER_ERRORS_H
#define PGM_SERVER_ERRORS_H

#include "lint/rules/finding.h"

/* server_errors.c */
extern void pgm_refuse(const PgmStatementView *v, PgmFindings *out);
extern bool pgm_makes_unnamed(const Node *node);

/* missing_names.c */
extern void pgm_refuse_taken(const PgmStatementView *v, const RangeVar *rel);
extern void pgm_need_relation(const PgmStatementView *v, const RangeVar *rel);
extern void pgm_need_column(const PgmTable *t, const char *column);
extern void pgm_need_constraint(const PgmTable *t, const char *name);
extern void pgm_need_columns_in(const PgmTable *t, Node *expr,
								bool (*is_made) (void *context, const char *column),
								void *context);
extern void pgm_need_type(const PgmStatementView *v, const TypeName *name);
extern void pgm_refuse_missing(const PgmStatementView *v);

#endif							/* PGM_SERVER_ERRORS_H */
