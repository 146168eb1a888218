/*
 * default_privileges.c
 *	  Default privileges, which give to new objects what nobody asked for.
 *
 * Where they are in force before and after, what is made gets them, unless they
 * are of another role.  What the model has not is taken back.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"

/* What default privileges call the kinds, and what GRANT does */
static const struct
{
	PgmKindId	kind;
	const char *plural;
	const char *word;
}			words[] = {
	{PGM_KIND_TABLE, "tables", "table"},
	{PGM_KIND_VIEW, "tables", "table"},
	{PGM_KIND_MATERIALIZED_VIEW, "tables", "table"},
	{PGM_KIND_FOREIGN_TABLE, "tables", "table"},
	{PGM_KIND_SEQUENCE, "sequences", "sequence"},
	{PGM_KIND_FUNCTION, "functions", "function"},
	{PGM_KIND_PROCEDURE, "functions", "procedure"},
	{PGM_KIND_AGGREGATE, "functions", "function"},
	{PGM_KIND_TYPE, "types", "type"},
	{PGM_KIND_DOMAIN, "types", "domain"},
	{PGM_KIND_SCHEMA, "schemas", "schema"},
};

/*
 * "SELECT on tables in schema s made by owner to reader": the privilege and who
 * has it, if that is about objects of the kind that the current user makes in
 * the schema
 */
static bool
applies(const char *identity, const char *plural, const char *schema, bool revoked,
		const char **privilege, const char **grantee)
{
	const char *role = quote_identifier(GetUserNameFromId(GetUserId(), false));
	const char *on = strstr(identity, " on ");
	const char *word = revoked ? "from" : "to";
	const char *everywhere = psprintf("%s made by %s %s ", plural, role, word);
	const char *here = psprintf("%s in schema %s made by %s %s ", plural, schema, role, word);
	const char *rest;

	if (on == NULL)
		return false;
	rest = on + strlen(" on ");
	*privilege = pnstrdup(identity, on - identity);
	if (strncmp(rest, everywhere, strlen(everywhere)) == 0)
		*grantee = rest + strlen(everywhere);
	else if (strncmp(rest, here, strlen(here)) == 0)
		*grantee = rest + strlen(here);
	else
		return false;
	return true;
}

static void
write_one(PgmWrite *w, const PgmObject *o, const PgmObject *by_default, const char *plural,
		  const char *word)
{
	bool		revoked = pgm_kind_is(by_default, PGM_KIND_DEFAULT_REVOKE);
	const char *schema = pgm_relation_schema(o);
	const char *privilege;
	const char *grantee;
	const char *right;

	if (!applies(by_default->identity, plural, schema, revoked, &privilege, &grantee))
		return;
	right = psprintf("%s on %s %s %s %s", privilege, word, pgm_write_name(o), revoked ? "from" : "to", grantee);
	if (pgm_schema_find(w->new, revoked ? PGM_KIND_REVOKE : PGM_KIND_GRANT, right))
		return;
	pgm_write_statement(w, "%s %s ON %s %s %s %s", revoked ? "GRANT" : "REVOKE", privilege, word,
						pgm_write_name(o), revoked ? "TO" : "FROM", grantee);
}

/* Take back from a new object what default privileges gave it. */
void
pgm_write_revoke_defaults(PgmWrite *w, const PgmObject *o)
{
	static const PgmKindId kinds[] = {PGM_KIND_DEFAULT_GRANT, PGM_KIND_DEFAULT_REVOKE};
	int			kind = -1;

	for (int i = 0; i < (int) lengthof(words); i++)
		if (pgm_kind_is(o, words[i].kind))
			kind = i;
	for (int i = 0; kind >= 0 && i < (int) lengthof(kinds); i++)
		for (PgmObjectRange d = pgm_schema_range(w->old, kinds[i], ""); d.at < d.end; d.at++)
			if (pgm_schema_find(w->new, kinds[i], (*d.at)->identity))
				write_one(w, o, *d.at, words[kind].plural, words[kind].word);
}
