/*
 * write_privileges.c
 *	  Statements for privileges, and those that are given by default.
 *
 * Who had a privilege with the option to grant it may have granted it on; such
 * a grant is made as that role, and goes with what it was made from.
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
	char	   *what;			/* all before the grantee */
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

/* An object with its kind, as statements have it; NULL: this database. */
static char *
object_of(const char *object)
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
	r.object = object_of(pnstrdup(on, grantee - on));
	r.what = pnstrdup(identity, grantee - identity);
	grantee += strlen(before);
	r.grantee = by ? pnstrdup(grantee, by - grantee) : pstrdup(grantee);
	r.grantor = by ? pstrdup(by + strlen(" by ")) : NULL;
	return r;
}

/* Is there a grant of the same on a side, of which "test" is true? */
static bool
has_grant(const PgmSchema *s, const Right *r,
		  bool (*test) (const PgmObject *o, const Right *its, const Right *r))
{
	PgmObjectRange grants = pgm_schema_range(s, PGM_KIND_GRANT, psprintf("%s to ", r->what));

	for (; grants.at < grants.end; grants.at++)
	{
		Right		its = right_of(*grants.at);

		if (test(*grants.at, &its, r))
			return true;
	}
	return false;
}

static bool
was_granted_on(const PgmObject *o, const Right *its, const Right *r)
{
	return its->grantor && strcmp(its->grantor, r->grantee) == 0;
}

static bool
is_source(const PgmObject *o, const Right *its, const Right *r)
{
	return strcmp(its->grantee, r->grantor) == 0 && pgm_value(o, PGM_PROP_GRANT_OPTION);
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

/* What was granted on goes as well. */
static const char *
cascade(PgmWrite *w, const Right *r)
{
	return has_grant(w->old, r, was_granted_on) ? " CASCADE" : "";
}

static void
create_grant(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "GRANT", "TO",
				pgm_value(o, PGM_PROP_GRANT_OPTION) ? " WITH GRANT OPTION" : "");
}

/* Without what it was made from, it is gone with that. */
static void
drop_grant(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	if (r.grantor == NULL || has_grant(w->new, &r, is_source))
		write_right(w, &r, "REVOKE", "FROM", cascade(w, &r));
}

static bool
change_grant_option(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	Right		r = right_of(new);

	if (pgm_value(new, PGM_PROP_GRANT_OPTION))
		create_grant(w, new);
	else
		write_right(w, &r, "REVOKE GRANT OPTION FOR", "FROM", cascade(w, &r));
	return true;
}

static void
create_revoke(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "REVOKE", "FROM", "");
}

static void
drop_revoke(PgmWrite *w, const PgmObject *o)
{
	Right		r = right_of(o);

	write_right(w, &r, "GRANT", "TO", "");
}

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

static void
write_default(PgmWrite *w, const PgmObject *o, const char *verb, const char *before,
			  const char *after)
{
	DefaultRight r = default_right_of(o);

	pgm_write_statement(w, "ALTER DEFAULT PRIVILEGES FOR ROLE %s%s%s %s %s ON %s %s %s%s", r.role,
						r.schema ? " IN SCHEMA " : "", r.schema ? r.schema : "", verb,
						r.privilege, r.objects, before, r.grantee, after);
}

static void
create_default_grant(PgmWrite *w, const PgmObject *o)
{
	write_default(w, o, "GRANT", "TO",
				  pgm_value(o, PGM_PROP_GRANT_OPTION) ? " WITH GRANT OPTION" : "");
}

static void
drop_default_grant(PgmWrite *w, const PgmObject *o)
{
	write_default(w, o, "REVOKE", "FROM", "");
}

static bool
change_default_option(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (pgm_value(new, PGM_PROP_GRANT_OPTION))
		create_default_grant(w, new);
	else
		write_default(w, new, "REVOKE GRANT OPTION FOR", "FROM", "");
	return true;
}

static void
create_default_revoke(PgmWrite *w, const PgmObject *o)
{
	write_default(w, o, "REVOKE", "FROM", "");
}

static void
drop_default_revoke(PgmWrite *w, const PgmObject *o)
{
	write_default(w, o, "GRANT", "TO", "");
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
