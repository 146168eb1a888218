/*
 * tokens.c
 *	  A text as tokens of SQL, by the server's own scanner.
 *
 * What counts as a token, a string or a comment is decided by the scanner that the
 * server's parser uses, so that no rule of it (nested comments, dollar quotes,
 * standard_conforming_strings) is written a second time.  The scanner raises an
 * error for a text that is no SQL, and sends a NOTICE for a name that is too
 * long; sql_text.c has what serves where that is not wanted.
 */
#include "postgres.h"

#include "common/keywords.h"

#include "util/tokens.h"

/* Begin to scan a text, which the scanner copies. */
void
pgm_tokens_begin(PgmTokens *t, const char *text)
{
	t->at = 0;
	t->end = 0;
	t->depth = 0;
	t->scanner = scanner_init(text, &t->extra, &ScanKeywords, ScanKeywordTokens);
}

/*
 * The next token, as its number in the server's grammar; 0 at the end of the
 * text, where at and end remain those of the last token.
 *
 * Raises the scanner's errors, with a position in the text.
 */
int
pgm_tokens_next(PgmTokens *t)
{
	YYLTYPE		at;
	int			token = core_yylex(&t->value, &at, t->scanner);

	if (token == 0)
		return 0;
	t->at = at;

	/*
	 * The scanner tells only where a token begins.  But until it is called
	 * again, flex keeps a zero byte after the token in its buffer; the
	 * server's base_yylex() relies on this, too.
	 */
	t->end = t->at + strlen(t->extra.scanbuf + t->at);
	if (token == '(' || token == '[')
		t->depth++;
	else if (token == ')' || token == ']')
		t->depth--;
	return token;
}

/* End the scan; the positions of the last token remain. */
void
pgm_tokens_end(PgmTokens *t)
{
	scanner_finish(t->scanner);
}
