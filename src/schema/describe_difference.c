/*
 * describe_difference.c
 *	  A difference in words.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "schema/kinds/kinds.h"
#include "schema/snapshot.h"

/* The name of a property as words. */
static char *
words(PgmPropertyId property)
{
	char	   *copy = pstrdup(pgm_property_name(property));

	for (char *c = copy; *c; c++)
		if (*c == '_')
			*c = ' ';
	return copy;
}

static char *
written(PgmForm form, const char *value)
{
	return form == PGM_FORM_WORDS ? quote_literal_cstr(value) : pstrdup(value);
}

/* "grant: SELECT on table t to bob", "table t" */
static void
say_name(StringInfo out, const PgmDifference *d)
{
	appendStringInfo(out, "%s%s %s", pgm_kind_name(d->kind),
					 d->object->kind->is_right ? ":" : "", d->identity);
}

/* The properties that are set, without a definition. */
static void
say_properties(StringInfo out, const PgmDifference *d, const char *separator)
{
	for (int i = 0; i < d->properties->n; i++)
	{
		const char *value = d->object->value[i];
		PgmForm		form = d->properties->form[i];

		if (value == NULL || form == PGM_FORM_ORDER ||
			d->properties->id[i] == PGM_PROP_DEFINITION)
			continue;
		appendStringInfo(out, "%s%s", separator, words(d->properties->id[i]));
		if (form != PGM_FORM_FLAG)
			appendStringInfo(out, " %s", written(form, value));
		separator = ", ";
	}
}

/* What there was or is now: its definition, and after "--" what that lacks. */
static void
say_lone_object(StringInfo out, const PgmDifference *d)
{
	int			property = d->properties->position[PGM_PROP_DEFINITION];
	const char *definition = property < 0 ? NULL : d->object->value[property];

	if (d->what == PGM_CREATED)
		appendStringInfoString(out, " is new");
	else
		appendStringInfoString(out, d->object->kind->is_right ? " is gone" :
							   " is missing");
	if (definition)
		appendStringInfo(out, ": %s", definition);
	say_properties(out, d, definition ? " -- " : ": ");
}

static void
say_change(StringInfo out, const PgmDifference *d)
{
	const char *name = words(d->property);

	if (d->form == PGM_FORM_FLAG)
		appendStringInfo(out, ": %s was %s, is now %s", name,
						 d->before ? "true" : "false",
						 d->after ? "true" : "false");
	else if (d->before == NULL)
		appendStringInfo(out, ": %s is new: %s", name,
						 written(d->form, d->after));
	else if (d->after == NULL)
		appendStringInfo(out, ": %s is gone: %s", name,
						 written(d->form, d->before));
	else
		appendStringInfo(out, ": %s was %s, is now %s", name,
						 written(d->form, d->before),
						 written(d->form, d->after));
}

/*
 * A difference as a line for people; several lines where a definition has
 * several.
 */
char *
pgm_difference_describe(const PgmDifference *d)
{
	StringInfoData out;

	initStringInfo(&out);
	say_name(&out, d);
	if (d->what == PGM_CHANGED)
		say_change(&out, d);
	else
		say_lone_object(&out, d);
	return out.data;
}
