/*
 * rename_statements.c
 *	  The statements of a rename.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/rename/rename_internal.h"
#include "diff/write/writers.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

/* An identity in which the last name is another one */
static const char *
with_last_name(const char *identity, const char *name)
{
	const char *last = pgm_last_name(identity);
	const char *at = identity + strlen(identity) - strlen(last);

	return psprintf("%.*s%s", (int) (at - identity), identity, name);
}

static void
write_schema(const PgmObject *old, PgmRename *r)
{
	r->up = psprintf("ALTER SCHEMA %s RENAME TO %s", r->old_identity, r->identity);
	r->down = psprintf("ALTER SCHEMA %s RENAME TO %s", r->identity, r->old_identity);
}

/* Whatever has a schema: under another name, or in another schema */
static void
write_in_schema(const PgmObject *old, PgmRename *r)
{
	const char *word = pgm_write_word(old);
	int			n = pgm_name_length(r->old_identity);
	int			m = pgm_name_length(r->identity);

	if (n == m && strncmp(r->old_identity, r->identity, n) == 0)
	{
		r->up = psprintf("ALTER %s %s RENAME TO %s", word, r->old_identity, pgm_last_name(r->identity));
		r->down = psprintf("ALTER %s %s RENAME TO %s", word, r->identity, pgm_last_name(r->old_identity));
	}
	else
	{
		r->up = psprintf("ALTER %s %s SET SCHEMA %.*s", word, r->old_identity, m, r->identity);
		r->down = psprintf("ALTER %s %s SET SCHEMA %.*s", word, r->identity, n, r->old_identity);
	}
}

static void
write_column(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
	const PgmObject *relation = pgm_schema_parent(s, old);
	const char *from = pgm_last_name(r->old_identity);
	const char *to = pgm_last_name(r->identity);

	r->up = psprintf("%s RENAME COLUMN %s TO %s", pgm_alter_relation(relation), from, to);
	r->down = psprintf("%s RENAME COLUMN %s TO %s", pgm_alter_relation(relation), to, from);
}

/* Tables that were made of the type, if any, change with it. */
static void
write_attribute(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
	const char *type = pgm_schema_parent(s, old)->identity;
	const char *from = pgm_last_name(r->old_identity);
	const char *to = pgm_last_name(r->identity);
	const char *cascade = pgm_type_with_tables(s, type);

	r->up = psprintf("ALTER TYPE %s RENAME ATTRIBUTE %s TO %s%s", type, from, to, cascade);
	r->down = psprintf("ALTER TYPE %s RENAME ATTRIBUTE %s TO %s%s", type, to, from, cascade);
}

/* "name on table", "name on domain d" */
static void
write_constraint(const PgmObject *old, PgmRename *r, const char *alter)
{
	r->up = psprintf("%s RENAME CONSTRAINT %.*s TO %.*s", alter,
					 pgm_name_length(r->old_identity), r->old_identity,
					 pgm_name_length(r->identity), r->identity);
	r->down = psprintf("%s RENAME CONSTRAINT %.*s TO %.*s", alter,
					   pgm_name_length(r->identity), r->identity,
					   pgm_name_length(r->old_identity), r->old_identity);
}

/* name(arguments) */
static void
write_routine(const PgmObject *old, PgmRename *r)
{
	const char *word = pgm_write_word(old);
	const char *from = r->old_identity + pgm_name_length(r->old_identity) + 1;
	const char *to = r->identity + pgm_name_length(r->identity) + 1;

	r->up = psprintf("ALTER %s %s RENAME TO %.*s", word, r->old_identity, pgm_name_length(to), to);
	r->down = psprintf("ALTER %s %s RENAME TO %.*s", word, r->identity, pgm_name_length(from), from);
}

/* Fill in the statements of a rename of "old", of which the names are known. */
void
pgm_rename_statements(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
	if (r->up)
		return;
	if (pgm_kind_is(old, PGM_KIND_SCHEMA))
		write_schema(old, r);
	else if (pgm_kind_is(old, PGM_KIND_COLUMN))
		write_column(s, old, r);
	else if (pgm_kind_is(old, PGM_KIND_ATTRIBUTE))
		write_attribute(s, old, r);
	else if (pgm_kind_is(old, PGM_KIND_CONSTRAINT))
		write_constraint(old, r, pgm_alter_relation(pgm_schema_parent(s, old)));
	else if (pgm_kind_is(old, PGM_KIND_DOMAIN_CONSTRAINT))
		write_constraint(old, r, psprintf("ALTER DOMAIN %s", pgm_schema_parent(s, old)->identity));
	else if (pgm_kind_is(old, PGM_KIND_FUNCTION) || pgm_kind_is(old, PGM_KIND_PROCEDURE))
		write_routine(old, r);
	else
		write_in_schema(old, r);
}

/* What the identity of an object is under another name, not quoted */
const char *
pgm_rename_identity(const PgmObject *o, const char *name)
{
	const char *quoted = quote_identifier(name);
	const char *on = o->identity + pgm_name_length(o->identity);

	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT) || pgm_kind_is(o, PGM_KIND_DOMAIN_CONSTRAINT))
		return psprintf("%s%s", quoted, on);
	if (pgm_kind_is(o, PGM_KIND_FUNCTION) || pgm_kind_is(o, PGM_KIND_PROCEDURE))
	{
		const char *arguments = on + 1 + pgm_name_length(on + 1);

		return psprintf("%.*s.%s%s", (int) (on - o->identity), o->identity, quoted, arguments);
	}
	return with_last_name(o->identity, quoted);
}

/* What an object is called for a while, when the name is not free yet */
const char *
pgm_rename_between(const PgmObject *o, const char *name)
{
	return pgm_rename_identity(o, psprintf("%s_renamed", name));
}

/* The relation that has the identity's name: of an index of a constraint too */
static const char *
relation_name(const PgmSchema *s, const PgmObject *o, const char *identity)
{
	const PgmObject *table = pgm_kind_is(o, PGM_KIND_CONSTRAINT) ? pgm_schema_parent(s, o) : NULL;

	if (table == NULL)
		return identity;
	return psprintf("%s.%.*s", pgm_relation_schema(table), pgm_name_length(identity), identity);
}

/* Has something in the schema the name that an object of it shall have? */
bool
pgm_rename_is_taken(const PgmSchema *s, const PgmObject *o, const char *identity)
{
	static const PgmKindId kinds[] = {PGM_KIND_TABLE, PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_SEQUENCE,
	PGM_KIND_FOREIGN_TABLE, PGM_KIND_INDEX, PGM_KIND_TYPE, PGM_KIND_DOMAIN};
	const char *name = relation_name(s, o, identity);
	PgmObjectRange constraints;

	if (pgm_schema_find(s, o->kind->id, identity))
		return true;
	if (pgm_kind_is(o, PGM_KIND_COLUMN) || pgm_kind_is(o, PGM_KIND_ATTRIBUTE) || pgm_kind_is(o, PGM_KIND_SCHEMA))
		return false;
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (pgm_schema_find(s, kinds[i], name))
			return true;
	constraints = pgm_schema_range(s, PGM_KIND_CONSTRAINT,
								   psprintf("%s on %.*s.", pgm_last_name(name),
											pgm_name_length(name), name));
	return constraints.at < constraints.end;
}

/* The label that a literal says */
const char *
pgm_rename_label(const char *literal)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *c = literal + 1; *c && !(c[0] == '\'' && c[1] != '\''); c++)
	{
		appendStringInfoChar(&out, *c);
		c += c[0] == '\'';
	}
	return out.data;
}

/* What is known of the rows of a table is known of it under its new name. */
void
pgm_rename_rows(PgmAutogenerate *a, const PgmRename *r)
{
	if (strcmp(r->kind, "table") == 0 || strcmp(r->kind, "materialized view") == 0)
		pgm_schema_copy_rows(a->live, r->old_identity, r->identity);
	else if (strcmp(r->kind, "schema") == 0)
		for (int i = 0; i < a->live->snapshot->n; i++)
		{
			const PgmObject *o = a->live->snapshot->object[i];
			int			n = strlen(r->old_identity);

			if (pgm_kind_is(o, PGM_KIND_TABLE) && strncmp(o->identity, r->old_identity, n) == 0 &&
				o->identity[n] == '.')
				pgm_schema_copy_rows(a->live, o->identity, psprintf("%s%s", r->identity, o->identity + n));
		}
}
