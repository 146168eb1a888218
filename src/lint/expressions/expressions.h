/*
 * expressions.h
 *	  What the server's parser and planner say about expressions of a
 *	  migration.
 */
#ifndef PGM_EXPRESSIONS_H
#define PGM_EXPRESSIONS_H

#include "lint/tables/tables.h"

/* Why a change of a column's type does, or does not, rewrite its table */
typedef struct PgmTypeChange
{
	bool		rewrite;
	bool		known;			/* false: the server could not say */
	const char *reason;
} PgmTypeChange;

extern Node *pgm_expression_check(const PgmTable *t, Node *raw);
extern Node *pgm_expression_check_or_why(const PgmTable *t, Node *raw, const char **why);
extern bool pgm_expression_volatile(const List *functions, Node *raw,
									const PgmTypeRef *type, const char *column);
extern List *pgm_expression_of_index(const PgmTable *t, const IndexStmt *stmt);
extern const char *pgm_expression_default_error(const List *functions, Node *raw,
												const PgmTypeRef *type,
												const char *column);
extern Const *pgm_expression_bound(Node *raw, const PgmTypeRef *type);
extern bool pgm_expression_null_excluded(const PgmTable *t, const char *column,
										 const char **by);
extern bool pgm_expression_proven(const PgmTable *t, List *constraint);
extern PgmTypeChange pgm_expression_type_change(const PgmTable *t,
												const PgmColumn *column,
												AttrNumber attnum,
												const PgmTypeRef *to,
												Node *using);
extern PgmTypeChange pgm_type_change(Oid from, int32 from_typmod,
									 Oid to, int32 to_typmod);
extern bool pgm_expression_index_kept(const PgmIndex *index,
									  const PgmColumn *column,
									  const PgmTypeRef *to);

#endif							/* PGM_EXPRESSIONS_H */
