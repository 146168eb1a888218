/*
 * write_privileges.c
 *	  Statements for privileges and default privileges.
 *
 * A role that has a privilege with the grant option may have granted it to others.  Such a
 * dependent grant is created by that role (SET ROLE), since its grantor is part of it, and is
 * revoked together with the grant that it came from, by CASCADE.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* "privilege on object to grantee by grantor", or "from grantee" */
typedef struct Right
{
	char	   *privilege;		/* with the column */
	char	   *object;			/* with its kind; NULL: this database */
	char	   *prefix;			/* of the identity, before the grantee */
	char	   *grantee;
	char	   *grantor;		/* NULL: the owner */
} Right;

/* "privilege on objects in schema s made by role to grantee" */
typedef struct DefaultRight
{
	char	   *privilege;
	char	   *objects;
	char	   *schema;			/* NULL: any */
	char	   *role;
	char	   *grantee;
} DefaultRight;

static const char *const object_kinds[] = {
	"table ", "sequence ", "function ", "procedure ", "schema ", "domain ", "type ",
	"language ", "foreign data wrapper ", "foreign server "
};

/* An object with the word for its kind in the syntax of GRANT, or NULL for this database. */
static char *
grant_object(const char *object)
{
	for (int i = 0; i < (int) lengthof(object_kinds); i++)
	{
		Size		length = strlen(object_kinds[i]);

		if (strncmp(object, object_kinds[i], length) == 0)
			return psprintf("%s%s", asc_toupper(object_kinds[i], length),
							object + length);
	}
	return NULL;
}

/* The parts of the identity of a grant or revoke. */
static Right
right_of(const PgmObject *o)
{
	const char *identity = o->identity;
	const char *before = pgm_kind_is(o, PGM_KIND_GRANT) ? " to " : " from ";
	const char *on = pgm_text_find(identity, " on ");
	const char *grantee = pgm_text_find_last(identity, before);
	const char *by = pgm_text_find(grantee, " by ");
	Right		r;

	r.privilege = pnstrdup(identity, on - identity);
	on += strlen(" on ");
	r.object = grant_object(pnstrdup(on, grantee - on));
	r.prefix = pnstrdup(identity, grantee - identity);
	grantee += strlen(before);
	r.grantee = by ? pnstrdup(grantee, by - grantee) : pstrdup(grantee);
	r.grantor = by ? pstrdup(by + strlen(" by ")) : NULL;
	return r;
}

/* Is there a grant of the same privilege in the state that "test" is true for? */
static bool
has_grant(const PgmSchema *s, const Right *r,
		  bool (*test) (const PgmObject *o, const Right *its, const Right *r))
{
	PgmObjectRange grants = pgm_schema_range(s, PGM_KIND_GRANT, psprintf("%s to ", r->prefix));

	for (; grants.at < grants.end; grants.at++)
	{
		Right		its = right_of(*grants.at);

		if (test(*grants.at, &its, r))
			return true;
	}
	return false;
}

/* Was the grant made by the grantee of "r"? */
static bool
was_granted_on(const PgmObject *o, const Right *its, const Right *r)
{
	return its->grantor && strcmp(its->grantor, r->grantee) == 0;
}

/* Does the grant give the grantor of "r" its grant option? */
static bool
is_source(const PgmObject *o, const Right *its, const Right *r)
{
	return strcmp(its->grantee, r->grantor) == 0 && pgm_object_value(o, PGM_PROP_GRANT_OPTION);
}

/* Write a statement about a right, as the role that granted it. */
static void
write_right(PgmWrite *w, const Right *r, const char *verb, const char *before,
			const char *after)
{
	if (r->grantor)
		pgm_write_statement(w, "SET ROLE %s", r->grantor);
	if (r->object)
		pgm_write_statement(w, "%s %s ON %s %s %s%s", verb, r->privilege, r->object, before,
							r->grantee, after);
	else
		pgm_write_on_database(w, psprintf("%s %s ON DATABASE", verb, r->privilege),
							  psprintf("%s %s%s", before, r->grantee, after));
	if (r->grantor)
		pgm_write_statement(w, "RESET ROLE");
}

/* " CASCADE" if the grantee has granted the privilege to others, without which REVOKE fails. */
static const char *
cascade_clause(PgmWrite *w, const Right *r)
{
	return has_grant(w->old, r, was_granted_on) ? " CASCADE" : "";
}

/* Write GRANT. */
static void
create_grant(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "GRANT", "TO",
				pgm_object_value(o, PGM_PROP_GRANT_OPTION) ? " WITH GRANT OPTION" : "");
}

/* Write REVOKE, unless the CASCADE of the grant that this one came from does it. */
static void
drop_grant(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	if (r.grantor == NULL || has_grant(w->new, &r, is_source))
		write_right(w, &r, "REVOKE", "FROM", cascade_clause(w, &r));
}

/* Write GRANT WITH, or REVOKE of, the grant option. */
static bool
change_grant_option(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	Right		r = right_of(new);

	if (pgm_object_value(new, PGM_PROP_GRANT_OPTION))
		create_grant(w, new);
	else
		write_right(w, &r, "REVOKE GRANT OPTION FOR", "FROM", cascade_clause(w, &r));
	return true;
}

/* Write REVOKE of a privilege that objects of the kind have by default. */
static void
create_revoke(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "REVOKE", "FROM", "");
}

/* Write GRANT of a privilege that was revoked although it is the default. */
static void
drop_revoke(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "GRANT", "TO", "");
}

/* The parts of the identity of a default grant or revoke. */
static DefaultRight
default_right_of(const PgmObject *o)
{
	const char *identity = o->identity;
	const char *before = pgm_kind_is(o, PGM_KIND_DEFAULT_GRANT) ? " to " : " from ";
	const char *on = pgm_text_find(identity, " on ");
	const char *in = pgm_text_find(identity, " in schema ");
	const char *made = pgm_text_find(identity, " made by ");
	const char *grantee = pgm_text_find_last(identity, before);
	const char *by = pgm_text_find(grantee, " by ");
	DefaultRight r;

	r.privilege = pnstrdup(identity, on - identity);
	on += strlen(" on ");
	r.objects = asc_toupper(on, (in ? in : made) - on);
	r.schema = NULL;
	if (in)
	{
		in += strlen(" in schema ");
		r.schema = pnstrdup(in, made - in);
	}
	made += strlen(" made by ");
	r.role = pnstrdup(made, grantee - made);
	grantee += strlen(before);
	r.grantee = by ? pnstrdup(grantee, by - grantee) : pstrdup(grantee);
	return r;
}

/* Write ALTER DEFAULT PRIVILEGES with this verb. */
static void
write_default_privilege(PgmWrite *w, const PgmObject *o, const char *verb, const char *before,
						const char *after)
{
	DefaultRight r = default_right_of(o);

	pgm_write_statement(w, "ALTER DEFAULT PRIVILEGES FOR ROLE %s%s%s %s %s ON %s %s %s%s", r.role,
						r.schema ? " IN SCHEMA " : "", r.schema ? r.schema : "", verb,
						r.privilege, r.objects, before, r.grantee, after);
}

/* Write GRANT of a default privilege. */
static void
create_default_grant(PgmWrite *w, const PgmObject *o)
{
	write_default_privilege(w, o, "GRANT", "TO",
							pgm_object_value(o, PGM_PROP_GRANT_OPTION) ? " WITH GRANT OPTION" : "");
}

/* Write REVOKE of a default privilege. */
static void
drop_default_grant(PgmWrite *w, const PgmObject *o)
{
	write_default_privilege(w, o, "REVOKE", "FROM", "");
}

/* Write the change of the grant option of a default privilege. */
static bool
change_default_option(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (pgm_object_value(new, PGM_PROP_GRANT_OPTION))
		create_default_grant(w, new);
	else
		write_default_privilege(w, new, "REVOKE GRANT OPTION FOR", "FROM", "");
	return true;
}

/* Write REVOKE of a built-in default privilege. */
static void
create_default_revoke(PgmWrite *w, const PgmObject *o)
{
	write_default_privilege(w, o, "REVOKE", "FROM", "");
}

/* Write GRANT of a built-in default privilege that was revoked. */
static void
drop_default_revoke(PgmWrite *w, const PgmObject *o)
{
	write_default_privilege(w, o, "GRANT", "TO", "");
}

/* The words for kinds of objects in ALTER DEFAULT PRIVILEGES and in GRANT */
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
 * Does a default privilege, such as "SELECT on tables in schema s made by owner to reader",
 * apply to objects that the current user creates in the schema?  Returns the privilege
 * and the grantee.
 */
static bool
default_applies(const char *identity, const char *plural, const char *schema, bool revoked,
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

/* Write the opposite of one default privilege for a new object, if it applies. */
static void
revoke_default(PgmWrite *w, const PgmObject *o, const PgmObject *by_default, const char *plural,
			   const char *word)
{
	bool		revoked = pgm_kind_is(by_default, PGM_KIND_DEFAULT_REVOKE);
	const char *schema = pgm_relation_schema(o);
	const char *privilege;
	const char *grantee;
	const char *right;

	if (!default_applies(by_default->identity, plural, schema, revoked, &privilege, &grantee))
		return;
	right = psprintf("%s on %s %s %s %s", privilege, word, pgm_write_name(o), revoked ? "from" : "to", grantee);
	if (pgm_schema_find(w->new, revoked ? PGM_KIND_REVOKE : PGM_KIND_GRANT, right))
		return;
	pgm_write_statement(w, "%s %s ON %s %s %s %s", revoked ? "GRANT" : "REVOKE", privilege, word,
						pgm_write_name(o), revoked ? "TO" : "FROM", grantee);
}

/*
 * Revoke what ALTER DEFAULT PRIVILEGES granted implicitly on an object we create, and grant
 * what it revoked, where the new state does not have that.  Only default privileges that
 * are in force before and after the migration are known to apply.
 */
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
				revoke_default(w, o, *d.at, words[kind].plural, words[kind].word);
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_GRANT,
		.create = create_grant,
		.drop = drop_grant,
		.property = {{PGM_PROP_GRANT_OPTION, false, change_grant_option}}
	},
	{
		.kind = PGM_KIND_REVOKE,
		.create = create_revoke,
		.drop = drop_revoke
	},
	{
		.kind = PGM_KIND_DEFAULT_GRANT,
		.create = create_default_grant,
		.drop = drop_default_grant,
		.property = {{PGM_PROP_GRANT_OPTION, false, change_default_option}}
	},
	{
		.kind = PGM_KIND_DEFAULT_REVOKE,
		.create = create_default_revoke,
		.drop = drop_default_revoke
	},
};

const PgmWriters pgm_writers_rights = {writers, lengthof(writers)};
