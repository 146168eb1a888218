/*
 * server_errors.h
 *	  What the server will refuse, whatever the rows.
 */
#ifndef PGM_SERVER_ERRORS_H
#define PGM_SERVER_ERRORS_H

#include "lint/lint.h"

/* server_errors.c */
extern void pgm_refuse(PgmLint *l);
extern bool pgm_makes_unnamed(const Node *node);
extern void pgm_refuse_taken(const PgmLint *l, const RangeVar *rel);

/* missing_names.c */
extern void pgm_need_relation(const PgmLint *l, const RangeVar *rel);
extern void pgm_need_column(const PgmTable *t, const char *column);
extern void pgm_need_constraint(const PgmTable *t, const char *name);
extern void pgm_need_columns_in(const PgmTable *t, Node *expr,
								bool (*is_made) (void *context, const char *column),
								void *context);
extern void pgm_need_type(const PgmLint *l, const TypeName *name);
extern void pgm_refuse_missing(const PgmLint *l);

#endif							/* PGM_SERVER_ERRORS_H */
