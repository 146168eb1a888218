/*
 * sql_text.c
 *	  Taking apart what stands in snapshots: names, literals, identities.
 *
 * An identity or a definition, as the server writes it, may hold names and
 * literals of any characters, but those stand in quotes; a word is looked for
 * outside of them.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "util/sql_text.h"

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

/* What stands before a word's last place; all of it where there is none. */
char *
pgm_text_until(const char *text, const char *word)
{
	const char *end = pgm_text_find_last(text, word);

	return end ? pnstrdup(text, end - text) : pstrdup(text);
}

/* What stands after a word's last place; all of it where there is none. */
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
 * What a literal of quote_literal() stands for; something else of what is none.
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
pgm_name_length(const char *text)
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
pgm_last_name(const char *identity)
{
	for (;;)
	{
		int			n = pgm_name_length(identity);

		if (identity[n] != '.')
			return pnstrdup(identity, n);
		identity += n + 1;
	}
}

/* A name as it is stored of one that may be quoted */
char *
pgm_unquoted(const char *name)
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
