/*
 * expressions.h
 *	  What the server's parser and planner say about expressions of a
 *	  migration.
 */
#ifndef PGM_EXPRESSIONS_H
#define PGM_EXPRESSIONS_H

#include "lint/shadow.h"

/* Why a change of a column's type does, or does not, rewrite its table */
typedef struct PgmTypeChange
{
	bool		rewrite;
	bool		known;			/* false: the server could not say */
	const char *reason;
} PgmTypeChange;

extern bool pgm_expression_is_ours(Node *node);
extern Node *pgm_expression_check(const PgmTable *t, Node *raw);
extern bool pgm_expression_volatile(const PgmShadow *s, Node *raw,
									const PgmTypeRef *type, const char *column);
extern List *pgm_expressions_of_index(const PgmTable *t, const IndexStmt *stmt);
extern const char *pgm_expression_default_error(const PgmShadow *s, Node *raw,
												const PgmTypeRef *type,
												const char *column);
extern Node *pgm_expression_not_null(const PgmColumn *c, AttrNumber attnum);
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

/* harmless.c */
extern bool pgm_domain_constrained(Oid type);
extern bool pgm_domain_is_ours(Oid type);
extern bool pgm_literal_is_ours(Oid type);
extern bool pgm_relation_is_ours(Oid relid);
extern bool pgm_query_is_ours(Query *query);
extern bool pgm_raw_is_foreign(Node *node, void *context);
extern bool pgm_reading_is_ours(const PgmTable *t, Node *raw, Oid type);

/* sqlfunction.c */
extern bool pgm_sql_function_is_harmless(Oid function);

#endif							/* PGM_EXPRESSIONS_H */
