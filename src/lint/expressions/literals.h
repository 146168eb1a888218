/*
 * literals.h
 *	  Analysing an expression without reading its literals.
 */
#ifndef PGM_LITERALS_H
#define PGM_LITERALS_H

#include "parser/parse_node.h"

/* The literals of what is being analysed */
typedef struct PgmLiterals
{
	List	   *strings;		/* of char * */
} PgmLiterals;

extern Node *pgm_literals_take(PgmLiterals *l, Node *raw);
extern void pgm_literals_setup(ParseState *pstate, void *literals);
extern Node *pgm_literals_put(Node *expr, void *literals);

#endif							/* PGM_LITERALS_H */
