/*
 * write_policies.c
 *	  Statements for row-level security policies.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"

#include "diff/write/write_internal.h"

/* The roles of a policy in the syntax of TO. */
static const char *
role_list(const PgmObject *policy)
{
	StringInfoData list;
	ListCell   *lc;
	const char *separator = "";

	if (pgm_object_value(policy, PGM_PROP_ROLES) == NULL)
		return "PUBLIC";
	initStringInfo(&list);
	foreach(lc, pgm_object_value_list(policy, PGM_PROP_ROLES))
	{
		appendStringInfo(&list, "%s%s", separator, quote_identifier(lfirst(lc)));
		separator = ", ";
	}
	return list.data;
}

/* Append an expression in parentheses after its word, if there is one. */
static void
append_expression(StringInfo out, const char *word, const char *expression)
{
	if (expression)
		appendStringInfo(out, " %s (%s)", word, expression);
}

/* Write CREATE POLICY. */
static void
create_policy(PgmWrite *w, const PgmObject *o)
{
	const char *command = pgm_object_value(o, PGM_PROP_COMMAND);
	StringInfoData text;

	initStringInfo(&text);
	if (pgm_object_value(o, PGM_PROP_RESTRICTIVE))
		appendStringInfoString(&text, " AS RESTRICTIVE");
	if (command)
		appendStringInfo(&text, " FOR %s", asc_toupper(command, strlen(command)));
	if (pgm_object_value(o, PGM_PROP_ROLES))
		appendStringInfo(&text, " TO %s", role_list(o));
	append_expression(&text, "USING", pgm_object_value(o, PGM_PROP_USING));
	append_expression(&text, "WITH CHECK", pgm_object_value(o, PGM_PROP_WITH_CHECK));
	pgm_write_statement(w, "CREATE POLICY %s%s", pgm_write_name(o), text.data);
}

/* Write ALTER POLICY, which cannot remove an expression: then the policy is replaced. */
static bool
change_policy(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	static const struct
	{
		PgmPropertyId property;
		const char *word;
	}			expressions[] = {
		{PGM_PROP_USING, "USING"},
		{PGM_PROP_WITH_CHECK, "WITH CHECK"},
	};
	StringInfoData text;

	initStringInfo(&text);
	if (!pgm_object_value_same(old, new, PGM_PROP_ROLES))
		appendStringInfo(&text, " TO %s", role_list(new));
	for (int i = 0; i < (int) lengthof(expressions); i++)
	{
		const char *expression = pgm_object_value(new, expressions[i].property);

		if (pgm_object_value(old, expressions[i].property) && expression == NULL)
			return false;
		if (!pgm_object_value_same(old, new, expressions[i].property))
			append_expression(&text, expressions[i].word, expression);
	}
	pgm_write_statement(w, "ALTER POLICY %s%s", pgm_write_name(new), text.data);
	return true;
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_POLICY,
		.create = create_policy,
		.property = {
			{PGM_PROP_ROLES, false, change_policy},
			{PGM_PROP_USING, false, change_policy},
			{PGM_PROP_WITH_CHECK, false, change_policy},
		}
	},
};

const PgmWriters pgm_writers_policies = {writers, lengthof(writers)};
