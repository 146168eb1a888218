/*
 * array_casts.c
 *	  Casts of array constructors, which do not survive a dump and restore.
 *
 * "x IN ('a', 'b')" with an x of type varchar casts the array, and is deparsed as
 * (ARRAY['a'::character varying, 'b'::character varying])::text[].  When that is
 * parsed, transformArrayExpr() pushes the cast down to the elements:
 * ARRAY[('a'::character varying)::text, ...].  So the deparsed text of an
 * expression changes with a dump and restore, although its meaning does not.
 * Comparisons treat both spellings as equal, and statements are written so that
 * the server stores the spelling that is wanted.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "schema/array_casts.h"
#include "util/sql_text.h"

#define START "(ARRAY["

/* A cast of an array constructor, in a text */
typedef struct Cast
{
	const char *elements;		/* after the opening bracket */
	int			length;
	const char *type;			/* of the elements after it */
	int			type_length;
	const char *end;			/* after the cast */
} Cast;

/* The length of what a text begins with: something quoted, a comment, or one character. */
static int
token_length(const char *text)
{
	int			n = pgm_sql_comment_length(text);

	if (n == 0 && (*text == '\'' || *text == '"'))
		n = pgm_sql_quoted_length(text, false);
	if (n == 0)
		n = pgm_sql_dollar_quoted_length(text);
	return Max(n, 1);
}

/* The first of the characters "ends" outside of brackets and quotes, or NULL. */
static const char *
find_end(const char *sql, const char *ends)
{
	int			depth = 0;

	while (*sql)
	{
		if (depth == 0 && strchr(ends, *sql))
			return sql;

		if (*sql == '(' || *sql == '[')
			depth++;
		else if (*sql == ')' || *sql == ']')
			depth--;
		sql += token_length(sql);
	}
	return NULL;
}

/* Read a cast that begins at "text"; false if there is none. */
static bool
read_cast(const char *sql, Cast *c)
{
	const char *end;

	if (strncmp(sql, START, strlen(START)) != 0)
		return false;
	c->elements = sql + strlen(START);

	end = find_end(c->elements, "]");
	if (end == NULL || strncmp(end, "])::", 4) != 0)
		return false;
	c->length = end - c->elements;
	c->type = end + 4;
	end = c->type;
	while (isalnum((unsigned char) *end) || *end == '_' || *end == ' ' || *end == '.' ||
		   IS_HIGHBIT_SET(*end) || *end == '"')
		end += token_length(end);
	if (end == c->type || strncmp(end, "[]", 2) != 0)
		return false;
	c->type_length = end - c->type;
	c->end = end + 2;
	return true;
}

/* The type that an element of an array is cast to, or NULL. */
static const char *
type_of(const char *element, int length)
{
	const char *found = NULL;
	int			depth = 0;

	for (const char *at = element; at < element + length; at += token_length(at))
	{
		if (*at == '(' || *at == '[')
			depth++;
		else if (*at == ')' || *at == ']')
			depth--;
		else if (depth == 0 && strncmp(at, "::", 2) == 0)
			found = at + 2;
	}
	return found ? pnstrdup(found, element + length - found) : NULL;
}

/* The elements of the array, as strings */
static List *
elements_of(const Cast *c)
{
	const char *at = c->elements;
	const char *end = c->elements + c->length;
	List	   *list = NIL;

	while (at < end)
	{
		const char *comma = find_end(at, ",]");

		list = lappend(list, pnstrdup(at, comma - at));
		at = comma + 1;
		at += *at == ' ';
	}
	return list;
}

/* The type that all elements are cast to, or NULL if they differ. */
static const char *
common_type(List *elements)
{
	const char *type = NULL;
	ListCell   *lc;

	foreach(lc, elements)
	{
		const char *element = lfirst(lc);
		const char *this = type_of(element, strlen(element));

		if (this == NULL || (type && strcmp(type, this) != 0))
			return NULL;
		type = this;
	}
	return type;
}

/* Append a cast of the array, or of each element. */
static void
append_cast(StringInfo out, const Cast *c, bool each)
{
	List	   *elements = elements_of(c);
	const char *type = common_type(elements);
	ListCell   *lc;

	if (type == NULL)
		appendBinaryStringInfo(out, c->elements - strlen(START), c->end - c->elements + strlen(START));
	else if (!each)
		appendStringInfo(out, "((ARRAY[%.*s])::%s[])::%.*s[]", c->length, c->elements, type,
						 c->type_length, c->type);
	else
	{
		appendStringInfoString(out, "ARRAY[");
		foreach(lc, elements)
		{
			appendStringInfo(out, "%s(%s)::%.*s", lc == list_head(elements) ? "" : ", ",
							 (char *) lfirst(lc), c->type_length, c->type);
		}
		appendStringInfoChar(out, ']');
	}
}

static const char *
rewrite(const char *sql, bool each)
{
	StringInfoData out;
	Cast		c;

	if (strstr(sql, START) == NULL)
		return sql;
	initStringInfo(&out);
	while (*sql)
	{
		int			n = token_length(sql);

		if (read_cast(sql, &c))
		{
			append_cast(&out, &c, each);
			sql = c.end;
			continue;
		}
		appendBinaryStringInfo(&out, sql, n);
		sql += n;
	}
	return out.data;
}

/*
 * SQL deparsed by the server, with array casts written so that parsing them gives
 * the expression that was deparsed.
 */
const char *
pgm_arrays_exact(const char *sql)
{
	return rewrite(sql, false);
}

/* Are two deparsed texts equal but for the spelling of array casts? */
bool
pgm_arrays_same(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return true;
	if (strstr(a, START) == NULL && strstr(b, START) == NULL)
		return false;
	return strcmp(rewrite(a, true), rewrite(b, true)) == 0;
}
