/*
 * sql_text.c
 *	  Pieces of SQL text: comments, strings, names, literals, identities.
 *
 * Two kinds of text are read here.  What people wrote is read by the functions
 * pgm_sql_*_length(), which know the server's rules for comments and strings but
 * never raise an error: they serve where the server's scanner (tokens.c) cannot,
 * because the text is no SQL yet (it has commands of psql), or because the
 * scanner would repeat its notices.  What the server wrote, identities and
 * definitions, is read by pgm_text_*() and pgm_name_*(): names and literals may
 * contain any character, but then they are in quotes, so a word is searched for
 * outside of quotes.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/builtins.h"

#include "util/sql_text.h"

/*
 * The length of the comment at the start of a text, or 0 if there is none.  A
 * line comment ends before the line end.  Block comments nest; one that is not
 * closed ends with the text.
 */
int
pgm_sql_comment_length(const char *text)
{
	int			depth = 0;
	int			n = 0;

	if (text[0] == '-' && text[1] == '-')
		return strcspn(text, "\n");
	if (text[0] != '/' || text[1] != '*')
		return 0;
	do
	{
		int			change = text[n] == '/' && text[n + 1] == '*' ? 1 :
			text[n] == '*' && text[n + 1] == '/' ? -1 : 0;

		depth += change;
		n += change ? 2 : 1;
	} while (depth > 0 && text[n] != '\0');
	return n;
}

/* The offset of the first token at or after "p", or of the end of the text. */
int
pgm_sql_skip_gap(const char *sql, int p)
{
	while (sql[p] != '\0')
	{
		int			comment = pgm_sql_comment_length(sql + p);

		if (comment == 0 && !isspace((unsigned char) sql[p]))
			break;
		p += Max(comment, 1);
	}
	return p;
}

/*
 * The length of the string or quoted name whose opening quote is at the start
 * of a text; up to the end of the text if it is not closed.  "escapes" tells
 * whether a backslash takes the meaning from the character after it.
 *
 * A doubled quote counts as the end of one and the start of another, which is
 * the same to those who skip it.
 */
int
pgm_sql_quoted_length(const char *text, bool escapes)
{
	int			n = 1;

	Assert(text[0] == '\'' || text[0] == '"');
	while (text[n] != '\0' && text[n] != text[0])
		n += escapes && text[n] == '\\' && text[n + 1] != '\0' ? 2 : 1;
	return text[n] != '\0' ? n + 1 : n;
}

/*
 * The length of the dollar-quoted string at the start of a text, or 0 if there
 * is none; up to the end of the text if it is not closed.
 */
int
pgm_sql_dollar_quoted_length(const char *sql)
{
	int			n = 1;
	char	   *tag;
	const char *end;

	/* $1 is a parameter */
	if (sql[0] != '$' || isdigit((unsigned char) sql[1]))
		return 0;
	while (isalnum((unsigned char) sql[n]) || sql[n] == '_' || IS_HIGHBIT_SET(sql[n]))
		n++;
	if (sql[n] != '$')
		return 0;
	n++;
	tag = pnstrdup(sql, n);
	end = strstr(sql + n, tag);
	pfree(tag);
	return end ? end + n - sql : (int) strlen(sql);
}

/*
 * The first of several characters in a text outside of quotes, or NULL; the
 * server doubles quotes within names and literals.
 */
const char *
pgm_sql_find_any(const char *sql, const char *characters)
{
	while (*sql != '\0')
	{
		if (strchr(characters, *sql))
			return sql;
		sql += *sql == '\'' || *sql == '"' ? pgm_sql_quoted_length(sql, false) : 1;
	}
	return NULL;
}

/*
 * Where a word stands in a text outside of quotes: first, or NULL.  The server
 * doubles quotes within names and literals, and never writes \'.
 */
const char *
pgm_text_find(const char *text, const char *word)
{
	Size		length = strlen(word);
	char		quote = '\0';	/* within such ones */

	for (const char *p = text; *p; p++)
	{
		if (quote == '\0' && strncmp(p, word, length) == 0)
			return p;
		if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (*p == quote)
			quote = '\0';
	}
	return NULL;
}

/* Where it stands last, or NULL. */
const char *
pgm_text_find_last(const char *text, const char *word)
{
	const char *last = NULL;

	for (const char *p = pgm_text_find(text, word); p;
		 p = pgm_text_find(p + strlen(word), word))
		last = p;
	return last;
}

/* The text before the last occurrence of a word, or all of it. */
char *
pgm_text_until(const char *text, const char *word)
{
	const char *end = pgm_text_find_last(text, word);

	return end ? pnstrdup(text, end - text) : pstrdup(text);
}

/* The text after the last occurrence of a word, or all of it. */
const char *
pgm_text_after(const char *text, const char *word)
{
	const char *start = pgm_text_find_last(text, word);

	return start ? start + strlen(word) : text;
}

/* The name of a function or operator, without the types of its arguments. */
char *
pgm_text_callee(const char *routine)
{
	const char *end = pgm_text_find(routine, "(");

	return end ? pnstrdup(routine, end - routine) : pstrdup(routine);
}

/*
 * The value of a literal that quote_literal() wrote.
 */
char *
pgm_text_of_literal(const char *literal)
{
	bool		escaped = literal[0] == 'E';
	StringInfoData text;

	initStringInfo(&text);
	for (const char *p = literal + 1 + escaped; *p && p[1]; p++)
	{
		if (*p == '\'' || (escaped && *p == '\\'))
			p++;
		appendStringInfoChar(&text, *p);
	}
	return text.data;
}

/* The length of a quoted or unquoted name at the beginning of a text. */
int
pgm_sql_name_length(const char *text)
{
	int			n = 0;

	if (text[0] != '"')
		return strcspn(text, ". (),");
	for (n = 1; text[n]; n++)
		if (text[n] == '"' && text[++n] != '"')
			break;
	return n;
}

/* The last of the names that dots join, quoted as it is. */
const char *
pgm_sql_last_name(const char *identity)
{
	for (;;)
	{
		int			n = pgm_sql_name_length(identity);

		if (identity[n] != '.')
			return pnstrdup(identity, n);
		identity += n + 1;
	}
}

/* A name as it is stored of one that may be quoted */
char *
pgm_sql_unquoted(const char *name)
{
	StringInfoData out;

	if (name[0] != '"')
		return pstrdup(name);
	initStringInfo(&out);
	for (const char *c = name + 1; *c && !(c[0] == '"' && c[1] != '"'); c++)
	{
		appendStringInfoChar(&out, *c);
		c += c[0] == '"';
	}
	return out.data;
}

/* The element type of an array type, or the type itself if it is none. */
char *
pgm_text_without_array(const char *type)
{
	int			length = strlen(type);

	while (length > 1 && type[length - 1] == ']')
		length -= 2;
	return pnstrdup(type, length);
}

/* Names (char *) as a list of identifiers. */
char *
pgm_text_names(List *names)
{
	StringInfoData list;
	ListCell   *lc;

	initStringInfo(&list);
	foreach(lc, names)
	{
		pgm_text_add(&list, "%s", quote_identifier(lfirst(lc)));
	}
	return list.data;
}

/* Add an element to a list, after a comma where it is not the first. */
void
pgm_text_add(StringInfo list, const char *fmt,...)
{
	if (list->len > 0)
		appendStringInfoString(list, ", ");
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(list, fmt, args);
		va_end(args);
		if (needed == 0)
			return;
		enlargeStringInfo(list, needed);
	}
}
