/*
 * statement_source.c
 *	  The text of the statement being judged, and of its parts, cut out token by
 *	  token with the server's own scanner.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "lint/rules/statement_view.h"
#include "util/tokens.h"

/* The text up to the comma that ends an element of a list, or to its end */
static char *
first_element(char *text)
{
	int			end = 0;
	PgmTokens	t;
	int			token;

	pgm_tokens_begin(&t, text);
	while ((token = pgm_tokens_next(&t)) != 0 &&
		   t.depth >= 0 && !(t.depth == 0 && token == ','))
		end = t.end;
	pgm_tokens_end(&t);
	text[end] = '\0';
	return text;
}

/* A text without the comments and blanks at its end */
static char *
trimmed(char *text)
{
	PgmTokens	t;

	pgm_tokens_begin(&t, text);
	while (pgm_tokens_next(&t) != 0)
		;
	pgm_tokens_end(&t);
	text[t.end] = '\0';
	return text;
}

/* The text of the statement. */
char *
pgm_source(const PgmStatementView *v)
{
	return trimmed(pnstrdup(v->script->sql + v->statement->start,
							v->statement->end - v->statement->start));
}

/*
 * The text from a place in the statement to the comma that ends this element
 * of a list, or to the end of the list or statement.
 */
char *
pgm_source_element(const PgmStatementView *v, int location)
{
	int			start = Max(location, v->statement->start);

	return first_element(pnstrdup(v->script->sql + start,
								  v->statement->end - start));
}

/* The constraint at a place behind another of a column's definition */
static int
next_part(const ColumnDef *def, int location)
{
	int			next = def->collClause && def->collClause->location > location ?
		def->collClause->location : -1;
	ListCell   *lc;

	foreach(lc, def->constraints)
	{
		const Constraint *c = lfirst(lc);

		if (c->location > location && (next < 0 || c->location < next))
			next = c->location;
	}
	return next;
}

/*
 * The sql of a constraint in the definition of a column; with NULL what is
 * before all of them, its name and type.
 */
char *
pgm_source_of_column(const PgmStatementView *v, const ColumnDef *def,
					 const Constraint *c)
{
	int			location = c ? c->location : def->location;
	int			next = next_part(def, location);
	char	   *sql = pgm_source_element(v, location);

	if (next > 0 && next - location < (int) strlen(sql))
		sql[next - location] = '\0';

	return trimmed(sql);
}

/* The text of a constraint without the name that it may begin with. */
char *
pgm_source_unnamed(char *sql)
{
	PgmTokens	t;

	pgm_tokens_begin(&t, sql);
	(void) pgm_tokens_next(&t);
	if (pg_strncasecmp(sql, "constraint", strlen("constraint")) == 0 &&
		t.end == strlen("constraint"))
	{
		(void) pgm_tokens_next(&t);
		(void) pgm_tokens_next(&t);
		sql += t.at;
	}
	pgm_tokens_end(&t);
	return sql;
}

/*
 * The first parenthesis at or behind a place in the statement, with all that is
 * in it; NULL when there is none.
 */
char *
pgm_source_parenthesis(const PgmStatementView *v, int location)
{
	char	   *sql = pgm_source_element(v, location);
	char	   *result = NULL;
	int			start = -1;
	PgmTokens	t;
	int			token;

	pgm_tokens_begin(&t, sql);
	while (result == NULL && (token = pgm_tokens_next(&t)) != 0)
	{
		if (start < 0 && token == '(')
			start = t.at;
		else if (start >= 0 && t.depth == 0)
			result = pnstrdup(sql + start, t.at + 1 - start);
	}
	pgm_tokens_end(&t);
	return result;
}

/* Where a keyword of the statement stands in its text, outside of parentheses */
static int
find_word(const char *sql, const char *word)
{
	int			length = strlen(word);
	int			at = -1;
	PgmTokens	t;

	pgm_tokens_begin(&t, sql);
	while (at < 0 && pgm_tokens_next(&t) != 0)
		if (t.depth == 0 && pg_strncasecmp(sql + t.at, word, length) == 0 &&
			!isalnum((unsigned char) sql[t.at + length]) &&
			sql[t.at + length] != '_')
			at = t.at;
	pgm_tokens_end(&t);
	return at;
}

/*
 * The text between two keywords, outside of parentheses; up to its end where
 * the second is NULL or is not there, NULL where the first is not.
 */
char *
pgm_source_word(const char *sql, const char *from, const char *to)
{
	int			start = find_word(sql, from);
	int			end = to ? find_word(sql, to) : -1;

	if (start < 0)
		return NULL;
	start += strlen(from);
	start += strspn(sql + start, " \t\n\r");
	if (end < start)
		end = strlen(sql);
	return trimmed(pnstrdup(sql + start, end - start));
}

/* The text of the statement between two keywords, as in pgm_source_word(). */
char *
pgm_source_between(const PgmStatementView *v, const char *from, const char *to)
{
	return pgm_source_word(pgm_source(v), from, to);
}

/* The text of the statement with CONCURRENTLY behind a keyword of it. */
char *
pgm_source_concurrently(const PgmStatementView *v, const char *behind)
{
	char	   *sql = pgm_source(v);
	int			at = find_word(sql, behind) + strlen(behind);

	return psprintf("%.*s CONCURRENTLY%s", at, sql, sql + at);
}

/*
 * The text from a place in the statement through so many parentheses outside of
 * others; with none, through the first token.
 */
char *
pgm_source_through(const PgmStatementView *v, int location, int parentheses)
{
	char	   *text = pnstrdup(v->script->sql + location,
								v->statement->end - location);
	PgmTokens	t;
	int			token;

	pgm_tokens_begin(&t, text);
	while ((token = pgm_tokens_next(&t)) != 0)
		if (parentheses == 0 ||
			(token == ')' && t.depth == 0 && --parentheses == 0))
			break;
	pgm_tokens_end(&t);
	text[t.end] = '\0';
	return text;
}

/* The text of the statement behind the name of a relation. */
char *
pgm_source_behind(const PgmStatementView *v, const RangeVar *rel)
{
	char	   *sql = pgm_source(v);
	int			start = rel->location - v->statement->start;
	PgmTokens	t;
	int			token;

	if (rel->location < v->statement->start || start > (int) strlen(sql))
		return "";
	pgm_tokens_begin(&t, sql + start);
	(void) pgm_tokens_next(&t);
	while ((token = pgm_tokens_next(&t)) == '.')
		(void) pgm_tokens_next(&t);
	if (token == 0)
		t.at = strlen(sql + start);
	pgm_tokens_end(&t);
	return sql + start + t.at;
}

/*
 * Hand over each part of a text that is between its tokens, before the first and
 * behind the last: where it begins and where it ends.
 */
void
pgm_source_gaps(const char *text, void (*take) (void *context, int start, int end),
				void *context)
{
	int			start = 0;
	PgmTokens	t;

	pgm_tokens_begin(&t, text);
	while (pgm_tokens_next(&t) != 0)
	{
		if (t.at > start)
			take(context, start, t.at);
		start = t.end;
	}
	pgm_tokens_end(&t);
	take(context, start, strlen(text));
}
