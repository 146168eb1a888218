/*
 * server_errors.h
 *	  What the server will refuse, whatever the rows.
 */
#ifndef PGM_SERVER_ERRORS_H
#define PGM_SERVER_ERRORS_H

#include "lint/rules/finding.h"

/* server_errors.c */
extern void pgm_server_error_check(const PgmStatementView *v, PgmFindings *out);
extern bool pgm_statement_creates_unnamed(const Node *node);

/* missing_names.c */
extern void pgm_name_refuse_taken(const PgmStatementView *v, const RangeVar *rel);
extern void pgm_missing_relation_check(const PgmStatementView *v, const RangeVar *rel);
extern void pgm_missing_column_check(const PgmTable *t, const char *column);
extern void pgm_missing_constraint_check(const PgmTable *t, const char *name);
extern void pgm_missing_columns_check(const PgmTable *t, Node *expr,
									  bool (*is_made) (void *context, const char *column),
									  void *context);
extern void pgm_missing_type_check(const PgmStatementView *v, const TypeName *name);
extern void pgm_refuse_missing(const PgmStatementView *v);

#endif							/* PGM_SERVER_ERRORS_H */
