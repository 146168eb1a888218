/*
 * builtin_functions.h
 *	  What may be evaluated while a migration is judged: only what is built in.
 */
#ifndef PGM_BUILTIN_FUNCTIONS_H
#define PGM_BUILTIN_FUNCTIONS_H

#include "nodes/pg_list.h"

/* What the caller does with an expression, which decides what it may contain */
typedef enum PgmUse
{
	PGM_USE_EVALUATE,			/* computed: immutable functions only */
	PGM_USE_FOLD,				/* calls of immutable functions with constant
								 * arguments are; others are left alone */
	PGM_USE_PROVE,				/* folded, and operators are looked for in
								 * operator families, and evaluated */
	PGM_USE_ESTIMATE			/* like PROVE, and what depends on the time is
								 * computed */
} PgmUse;

extern bool pgm_type_is_builtin(Oid type);
extern bool pgm_type_is_compared_builtin(Oid type);
extern bool pgm_operator_is_builtin(Oid operator);
extern bool pgm_is_builtin(Node *expr, PgmUse use, const char **why);

#endif							/* PGM_BUILTIN_FUNCTIONS_H */
