/*
 * describe_difference.c
 *	  A difference between two schemas as a line of text.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "schema/kinds/kinds.h"
#include "schema/snapshot.h"

/* The name of a property with spaces: "not null". */
static char *
words(PgmPropertyId property)
{
	char	   *copy = pstrdup(pgm_property_name(property));

	for (char *c = copy; *c; c++)
		if (*c == '_')
			*c = ' ';
	return copy;
}

/* A value as it is displayed: free text is quoted. */
static char *
displayed(PgmForm form, const char *value)
{
	return form == PGM_FORM_WORDS ? quote_literal_cstr(value) : pstrdup(value);
}

/* "grant: SELECT on table t to bob", "table t" */
static void
append_name(StringInfo out, const PgmDifference *d)
{
	appendStringInfo(out, "%s%s %s", pgm_kind_name(d->kind),
					 d->object->kind->is_right ? ":" : "", d->identity);
}

/* Append the properties that are set, except the definition. */
static void
append_properties_set(StringInfo out, const PgmDifference *d, const char *separator)
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
			appendStringInfo(out, " %s", displayed(form, value));
		separator = ", ";
	}
}

/*
 * Describe an object that was created or dropped: its definition, and after "--"
 * the properties that the definition does not include.
 */
static void
append_object(StringInfo out, const PgmDifference *d)
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
	append_properties_set(out, d, definition ? " -- " : ": ");
}

/* Describe a property that has changed. */
static void
append_change(StringInfo out, const PgmDifference *d)
{
	const char *name = words(d->property);

	if (d->form == PGM_FORM_FLAG)
		appendStringInfo(out, ": %s was %s, is now %s", name,
						 d->before ? "true" : "false",
						 d->after ? "true" : "false");
	else if (d->before == NULL)
		appendStringInfo(out, ": %s is new: %s", name,
						 displayed(d->form, d->after));
	else if (d->after == NULL)
		appendStringInfo(out, ": %s is gone: %s", name,
						 displayed(d->form, d->before));
	else
		appendStringInfo(out, ": %s was %s, is now %s", name,
						 displayed(d->form, d->before),
						 displayed(d->form, d->after));
}

/*
 * A difference as text for people, palloc'd.  It has several lines if the
 * definition of an object does.
 */
char *
pgm_difference_describe(const PgmDifference *d)
{
	StringInfoData out;

	initStringInfo(&out);
	append_name(&out, d);
	if (d->what == PGM_CHANGED)
		append_change(&out, d);
	else
		append_object(&out, d);
	return out.data;
}
