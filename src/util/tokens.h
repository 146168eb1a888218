/*
 * tokens.h
 *	  A text as tokens of SQL, by the server's own scanner.
 */
#ifndef PGM_TOKENS_H
#define PGM_TOKENS_H

#include "parser/scanner.h"

/* A scan in progress, and the token it has reached */
typedef struct PgmTokens
{
	core_yyscan_t scanner;
	core_yy_extra_type extra;
	core_YYSTYPE value;			/* of the token, as the grammar sees it */
	YYLTYPE		at;				/* byte offset where the token begins */
	int			end;			/* and where it ends */
	int			depth;			/* of parentheses and brackets after it */
} PgmTokens;

extern void pgm_tokens_begin(PgmTokens *t, const char *text);
extern int	pgm_tokens_next(PgmTokens *t);
extern void pgm_tokens_end(PgmTokens *t);

#endif							/* PGM_TOKENS_H */
