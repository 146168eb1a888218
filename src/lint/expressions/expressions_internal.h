/*
 * expressions_internal.h
 *	  Reading one expression with the server's parser and planner, for the
 *	  files of this folder.
 */
#ifndef PGM_EXPRESSIONS_INTERNAL_H
#define PGM_EXPRESSIONS_INTERNAL_H

#include "utils/elog.h"

#include "lint/expressions/literals.h"
#include "lint/tables/tables.h"

/* An expression that is being read */
typedef struct PgmReading
{
	const PgmTable *table;		/* its columns may be named; or NULL */
	Node	   *raw;
	PgmLiterals literals;		/* of that */
	const PgmColumn *column;	/* whose type is changed */
	AttrNumber	attnum;
	const PgmTypeRef *type;		/* of the result */
	const char *name;
	Node	   *result;
	bool		flag;
	ErrorData  *error;			/* why it cannot be read, or NULL */
} PgmReading;

extern ParseState *pgm_expression_parser(const PgmTable *t, PgmLiterals *literals);
extern Node *pgm_expression_plan(Node *expr);
extern bool pgm_expression_try(bool (*part) (void *), PgmReading *r);
extern bool pgm_inline_function_is_harmless(Oid function);

#endif							/* PGM_EXPRESSIONS_INTERNAL_H */
