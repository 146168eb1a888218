/*
 * partition_bounds.c
 *	  Whether the bounds of two partitions may overlap.
 *
 * The bounds are compared as the server deparses them.  That suffices to find many pairs
 * that surely do not overlap; a pair that is not found only gets an order that it does
 * not need.  The type of the key is not known: '10' is above '9' unless it is text.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "util/sql_text.h"

/* The elements of a list whose opening parenthesis is just before the text */
static List *
elements(const char *bound)
{
	List	   *list = NIL;

	for (;;)
	{
		const char *end = pgm_sql_find_any(bound, ",)");

		if (end == NULL)
			end = bound + strlen(bound);

		list = lappend(list, pnstrdup(bound, end - bound));
		if (*end != ',')
			return list;
		bound = end + strlen(", ");
	}
}

/* The list after a keyword of the bound, or NIL if it has none such */
static List *
list_behind(const char *bound, const char *word)
{
	const char *at = pgm_text_find(bound, word);

	return at ? elements(at + strlen(word)) : NIL;
}

static bool
have_common(const List *a, const List *b)
{
	ListCell   *x;
	ListCell   *y;

	foreach(x, a)
	{
		foreach(y, b)
		{
			if (strcmp(lfirst(x), lfirst(y)) == 0)
				return true;
		}
	}
	return false;
}

/* Get the value of a number without quotes; false if it is none. */
static bool
is_number(const char *bound, double *value)
{
	char	   *end;

	*value = strtod(bound, &end);
	return end > bound && *end == '\0';
}

/*
 * Is it a quoted value of digits, as numbers, dates and times are?  Two of one length
 * compare as texts in the same way as in any type, whatever the collation.
 */
static bool
is_digits(const char *bound)
{
	return bound[0] == '\'' && isdigit((unsigned char) bound[1]) &&
		bound[1 + strspn(bound + 1, "0123456789-:. +")] == '\'';
}

/* Is one value surely below another? */
static bool
is_below(const char *a, const char *b)
{
	double		x;
	double		y;

	if (strcmp(a, b) == 0 || strcmp(a, "MAXVALUE") == 0 || strcmp(b, "MINVALUE") == 0)
		return false;
	if (strcmp(a, "MINVALUE") == 0 || strcmp(b, "MAXVALUE") == 0)
		return true;
	if (is_number(a, &x) && is_number(b, &y))
		return x < y;
	return is_digits(a) && is_digits(b) && strlen(a) == strlen(b) && strcmp(a, b) < 0;
}

static bool
lists_equal(const List *a, const List *b)
{
	ListCell   *x;
	ListCell   *y;

	if (list_length(a) != list_length(b))
		return false;
	forboth(x, a, y, b)
	{
		if (strcmp(lfirst(x), lfirst(y)) != 0)
			return false;
	}
	return true;
}

/* Does one range surely end before another begins? */
static bool
ends_before(const List *end, const List *begin)
{
	return lists_equal(end, begin) || is_below(linitial(end), linitial(begin));
}

/* May the bounds of two partitions of one table overlap? */
bool
pgm_partition_bounds_may_overlap(const char *a, const char *b)
{
	List	   *in = list_behind(a, " IN (");
	List	   *from = list_behind(a, " FROM (");
	List	   *other_in = list_behind(b, " IN (");
	List	   *other_from = list_behind(b, " FROM (");

	if (in && other_in)
		return have_common(in, other_in);
	if (from && other_from)
		return !ends_before(list_behind(a, ") TO ("), other_from) &&
			!ends_before(list_behind(b, ") TO ("), from);
	return true;
}
