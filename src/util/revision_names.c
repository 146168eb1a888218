/*
 * revision_names.c
 *	  Revision ids and labels: what they may hold; and the SQL type id_list,
 *	  which is a text[] that may also be written as a comma list.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "errors.h"
#include "util/revision_names.h"

/* Longest id or label, in bytes */
#define NAME_MAX_BYTES 255

/* Not in an id or label: the target grammar's own characters, and what would
 * need quoting in a list, a file header or a shell. */
#define NAME_ILLEGAL "@-+:,'\"`{}"

static bool
is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Is a name a keyword of the target grammar, such as "head"? */
bool
pgm_name_is_word(const char *name)
{
	static const char *const words[] = {"head", "heads", "base", "current"};

	for (int i = 0; i < (int) lengthof(words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	return false;
}

/*
 * Raise PGM_ERRCODE_INVALID_NAME unless the text may be an id or label.
 * "what" is one of PGM_NAME_*.
 */
void
pgm_name_check(const char *name, const char *what)
{
	int			length;

	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("a %s may not be empty", what),
				 errhint("Use letters, digits and \"_\", such as 3f2a9c1b7d40.")));
	if (strlen(name) > NAME_MAX_BYTES)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("%s '%s...' is too long", what,
						pnstrdup(name, pg_mbcliplen(name, strlen(name), 40))),
				 errdetail("It has %zu bytes, the limit is %d.",
						   strlen(name), NAME_MAX_BYTES),
				 errhint("Put the description into the message.")));
	for (const char *c = name; *c; c += length)
	{
		int			hidden;

		length = pgm_char_length(c, &hidden);
		if (hidden)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_NAME),
					 errmsg("blanks and control characters are not allowed in %s '%s'",
							what, pgm_escape_line(name)),
					 errdetail("Not allowed are also characters that are not seen or change the direction of text."),
					 errhint("Use letters, digits and \"_\".")));
		if (strchr(NAME_ILLEGAL, *c))
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_NAME),
					 errmsg("Character(s) '%c' not allowed in %s '%s'",
							*c, what, name),
					 errdetail("Not allowed are %s blanks and control characters.",
							   "@ - + : , ' \" ` { }"),
					 errhint("Use letters, digits and \"_\".")));
	}
	if (pgm_name_is_word(name) || strcmp(name, "None") == 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("'%s' may not be a %s", name, what),
				 errdetail("The words head, heads, base, current and None have a meaning of their own."),
				 errhint("Choose another name.")));
}

/* Check each name of a list (char *), and that none is there twice. */
void
pgm_names_check(List *names, const char *what)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		pgm_name_check(lfirst(lc), what);
		for (int i = 0; i < foreach_current_index(lc); i++)
			if (strcmp(list_nth(names, i), lfirst(lc)) == 0)
				ereport(ERROR,
						(errcode(PGM_ERRCODE_INVALID_NAME),
						 errmsg("%s '%s' is named twice", what,
								(char *) lfirst(lc)),
						 errhint("Name it once.")));
	}
}

/*
 * Split a comma list into names (char *), blanks around them dropped; NIL for
 * blank text.  Raises PGM_ERRCODE_INVALID_NAME for an empty element, and for
 * text that begins like an array.
 */
List *
pgm_name_list(const char *text)
{
	List	   *result = NIL;
	const char *p = text;

	while (is_blank(*p))
		p++;
	if (*p == '{')
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_NAME),
				 errmsg("a list given as text is a comma list: '%s'", text),
				 errdetail("It begins with \"{\", as an array literal does."),
				 errhint("Write 'a, b', or ARRAY['a','b'].")));
	if (*p == '\0')
		return NIL;
	for (;;)
	{
		const char *end = strchr(p, ',');
		const char *last = end ? end : p + strlen(p);

		while (p < last && is_blank(*p))
			p++;
		while (last > p && is_blank(last[-1]))
			last--;
		if (p == last)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_NAME),
					 errmsg("empty element in list '%s'", text),
					 errhint("Write a comma only between two names.")));
		result = lappend(result, pnstrdup(p, last - p));
		if (end == NULL)
			return result;
		p = end + 1;
	}
}

/* The names (char *) as "a, b, c"; "" for none. */
char *
pgm_name_join(List *names)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
	{
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) ? ", " : "",
						 (char *) lfirst(lc));
	}
	return buf.data;
}

/* The elements of a text[] or varchar[] as names (char *); NIL for none. */
List *
pgm_names_from_array(ArrayType *array)
{
	List	   *result = NIL;
	Datum	   *elems;
	bool	   *nulls;
	int			n;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a list of names must have one dimension"),
				 errhint("Write ARRAY['a','b'].")));
	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
					  &elems, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a list of names may not hold a null"),
					 errhint("Leave it out.")));
		result = lappend(result, TextDatumGetCString(elems[i]));
	}
	return result;
}

/* The names (char *) as a text[]. */
ArrayType *
pgm_names_to_array(List *names)
{
	Datum	   *elems = palloc(Max(list_length(names), 1) * sizeof(Datum));
	ListCell   *lc;

	foreach(lc, names)
	{
		elems[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	}
	return construct_array(elems, list_length(names), TEXTOID, -1, false,
						   TYPALIGN_INT);
}

PG_FUNCTION_INFO_V1(pg_migrate_id_list_in);
PG_FUNCTION_INFO_V1(pg_migrate_id_list_out);
PG_FUNCTION_INFO_V1(pg_migrate_id_list_from_text);
PG_FUNCTION_INFO_V1(pg_migrate_id_list_from_array);

/* id_list's input: a comma list; raises as pgm_name_list() */
Datum
pg_migrate_id_list_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(pgm_names_to_array(pgm_name_list(PG_GETARG_CSTRING(0))));
}

/* id_list's output: a comma list */
Datum
pg_migrate_id_list_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pgm_name_join(pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(0))));
}

/* cast of text to id_list; raises as pgm_name_list() */
Datum
pg_migrate_id_list_from_text(PG_FUNCTION_ARGS)
{
	char	   *list = text_to_cstring(PG_GETARG_TEXT_PP(0));

	PG_RETURN_POINTER(pgm_names_to_array(pgm_name_list(list)));
}

/* cast of text[] to id_list: the same value, without nulls */
Datum
pg_migrate_id_list_from_array(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(pgm_names_to_array(pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(0))));
}
