/*
 * write_renames.c
 *	  The statements of a rename, of both directions, and the names in them.
 *
 * Identities are taken from snapshots, where names are quoted and qualified, so
 * parts of them can be used in statements as they are.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/rename/rename_internal.h"
#include "diff/write/writers.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

/* An identity with its last name replaced by "name", which is quoted. */
static const char *
with_last_name(const char *identity, const char *name)
{
	const char *last = pgm_sql_last_name(identity);
	const char *at = identity + strlen(identity) - strlen(last);

	return psprintf("%.*s%s", (int) (at - identity), identity, name);
}

/* ALTER SCHEMA ... RENAME TO */
static void
write_schema(const PgmObject *old, PgmRename *r)
{
	r->up = psprintf("ALTER SCHEMA %s RENAME TO %s", r->old_identity, r->identity);
	r->down = psprintf("ALTER SCHEMA %s RENAME TO %s", r->identity, r->old_identity);
}

/*
 * RENAME TO or SET SCHEMA for an object that is in a schema.  No rename
 * changes both names.
 */
static void
write_in_schema(const PgmObject *old, PgmRename *r)
{
	const char *word = pgm_write_word(old);
	int			n = pgm_sql_name_length(r->old_identity);
	int			m = pgm_sql_name_length(r->identity);

	if (n == m && strncmp(r->old_identity, r->identity, n) == 0)
	{
		r->up = psprintf("ALTER %s %s RENAME TO %s", word, r->old_identity, pgm_sql_last_name(r->identity));
		r->down = psprintf("ALTER %s %s RENAME TO %s", word, r->identity, pgm_sql_last_name(r->old_identity));
	}
	else
	{
		r->up = psprintf("ALTER %s %s SET SCHEMA %.*s", word, r->old_identity, m, r->identity);
		r->down = psprintf("ALTER %s %s SET SCHEMA %.*s", word, r->identity, n, r->old_identity);
	}
}

/* RENAME COLUMN of a table, view or foreign table */
static void
write_column(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
	const PgmObject *relation = pgm_schema_parent(s, old);
	const char *from = pgm_sql_last_name(r->old_identity);
	const char *to = pgm_sql_last_name(r->identity);

	r->up = psprintf("%s RENAME COLUMN %s TO %s", pgm_alter_relation(relation), from, to);
	r->down = psprintf("%s RENAME COLUMN %s TO %s", pgm_alter_relation(relation), to, from);
}

/* RENAME ATTRIBUTE; with CASCADE if there are tables of the type. */
static void
write_attribute(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
	const char *type = pgm_schema_parent(s, old)->identity;
	const char *from = pgm_sql_last_name(r->old_identity);
	const char *to = pgm_sql_last_name(r->identity);
	const char *cascade = pgm_type_with_tables(s, type);

	r->up = psprintf("ALTER TYPE %s RENAME ATTRIBUTE %s TO %s%s", type, from, to, cascade);
	r->down = psprintf("ALTER TYPE %s RENAME ATTRIBUTE %s TO %s%s", type, to, from, cascade);
}

/*
 * RENAME CONSTRAINT, for identities such as "name on table" and "name on domain
 * d"; "alter" is the beginning of the statement.
 */
static void
write_constraint(const PgmObject *old, PgmRename *r, const char *alter)
{
	r->up = psprintf("%s RENAME CONSTRAINT %.*s TO %.*s", alter,
					 pgm_sql_name_length(r->old_identity), r->old_identity,
					 pgm_sql_name_length(r->identity), r->identity);
	r->down = psprintf("%s RENAME CONSTRAINT %.*s TO %.*s", alter,
					   pgm_sql_name_length(r->identity), r->identity,
					   pgm_sql_name_length(r->old_identity), r->old_identity);
}

/* RENAME TO for identities such as "schema.name(arguments)" */
static void
write_routine(const PgmObject *old, PgmRename *r)
{
	const char *word = pgm_write_word(old);
	const char *from = r->old_identity + pgm_sql_name_length(r->old_identity) + 1;
	const char *to = r->identity + pgm_sql_name_length(r->identity) + 1;

	r->up = psprintf("ALTER %s %s RENAME TO %.*s", word, r->old_identity, pgm_sql_name_length(to), to);
	r->down = psprintf("ALTER %s %s RENAME TO %.*s", word, r->identity, pgm_sql_name_length(from), from);
}

/* Fill in the statements of a rename of "old"; the identities are set. */
static void
write_statements(const PgmSchema *s, const PgmObject *old, PgmRename *r)
{
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

/*
 * Is the rename of an object known?  It is found twice if the user says it in
 * "renames" and in the model.
 */
static bool
is_known(const PgmRenameSearch *search, const char *kind, const char *old_identity)
{
	ListCell   *lc;

	foreach(lc, search->renames)
	{
		const PgmRename *r = lfirst(lc);

		if (strcmp(r->kind, kind) == 0 && strcmp(r->old_identity, old_identity) == 0)
			return true;
	}
	return false;
}

/*
 * Add the rename of an object of search->before to those that were found, unless
 * it is known.  "evidence" is NULL if the user asked for it.
 */
void
pgm_rename_add(PgmRenameSearch *search, const PgmObject *old, const char *identity,
			   const char *evidence)
{
	PgmRename  *r;

	if (is_known(search, pgm_kind_name(old->kind->id), old->identity))
		return;
	r = palloc0(sizeof(PgmRename));
	r->kind = pgm_kind_name(old->kind->id);
	r->old_identity = old->identity;
	r->identity = identity;
	r->evidence = evidence;
	write_statements(search->before, old, r);
	search->renames = lappend(search->renames, r);
}

/* Add the rename of a label of an enum, unless it is known. */
void
pgm_rename_add_label(PgmRenameSearch *search, const PgmObject *type, const char *from,
					 const char *to)
{
	const char *old_identity = psprintf("%s of %s", quote_literal_cstr(from), type->identity);
	PgmRename  *r;

	if (is_known(search, "enum value", old_identity))
		return;
	r = palloc0(sizeof(PgmRename));
	r->kind = "enum value";
	r->old_identity = old_identity;
	r->identity = psprintf("%s of %s", quote_literal_cstr(to), type->identity);
	r->up = psprintf("ALTER TYPE %s RENAME VALUE %s TO %s", type->identity,
					 quote_literal_cstr(from), quote_literal_cstr(to));
	r->down = psprintf("ALTER TYPE %s RENAME VALUE %s TO %s", type->identity,
					   quote_literal_cstr(to), quote_literal_cstr(from));
	search->renames = lappend(search->renames, r);
}

/* The identity of an object if its last name were "name", which is not quoted. */
const char *
pgm_rename_identity(const PgmObject *o, const char *name)
{
	const char *quoted = quote_identifier(name);
	const char *on = o->identity + pgm_sql_name_length(o->identity);

	if (pgm_kind_is(o, PGM_KIND_CONSTRAINT) || pgm_kind_is(o, PGM_KIND_DOMAIN_CONSTRAINT))
		return psprintf("%s%s", quoted, on);
	if (pgm_kind_is(o, PGM_KIND_FUNCTION) || pgm_kind_is(o, PGM_KIND_PROCEDURE))
	{
		const char *arguments = on + 1 + pgm_sql_name_length(on + 1);

		return psprintf("%.*s.%s%s", (int) (on - o->identity), o->identity, quoted, arguments);
	}
	return with_last_name(o->identity, quoted);
}

/* The identity under which an object waits until "name" is free. */
const char *
pgm_rename_temporary_identity(const PgmObject *o, const char *name)
{
	return pgm_rename_identity(o, psprintf("%s_renamed", name));
}

/*
 * The name in pg_class that an identity takes.  That of a constraint is the name
 * of its index, which is in the schema of the table.
 */
static const char *
relation_name(const PgmSchema *s, const PgmObject *o, const char *identity)
{
	const PgmObject *table = pgm_kind_is(o, PGM_KIND_CONSTRAINT) ? pgm_schema_parent(s, o) : NULL;

	if (table == NULL)
		return identity;
	return psprintf("%s.%.*s", pgm_relation_schema(table), pgm_sql_name_length(identity), identity);
}

/*
 * Is the name that an object is to get taken by another object of its schema?
 *
 * Relations, indexes, types and constraints with an index share their names: a
 * relation has a row type, and the index of a constraint is a relation.
 */
bool
pgm_rename_is_taken(const PgmSchema *s, const PgmObject *o, const char *identity)
{
	static const PgmKindId kinds[] = {
		PGM_KIND_TABLE, PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_SEQUENCE,
		PGM_KIND_FOREIGN_TABLE, PGM_KIND_INDEX, PGM_KIND_TYPE, PGM_KIND_DOMAIN
	};
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
								   psprintf("%s on %.*s.", pgm_sql_last_name(name),
											pgm_sql_name_length(name), name));
	return constraints.at < constraints.end;
}

/*
 * Record the size of a renamed table, and of the tables of a renamed schema,
 * under the new name.
 */
void
pgm_rename_copy_sizes(PgmRenameSearch *search, const PgmRename *r)
{
	if (strcmp(r->kind, "table") == 0 || strcmp(r->kind, "materialized view") == 0)
		pgm_schema_copy_rows(search->live, r->old_identity, r->identity);
	else if (strcmp(r->kind, "schema") == 0)
		for (int i = 0; i < search->live->snapshot->n; i++)
		{
			const PgmObject *o = search->live->snapshot->object[i];
			int			n = strlen(r->old_identity);

			if (pgm_kind_is(o, PGM_KIND_TABLE) && strncmp(o->identity, r->old_identity, n) == 0 &&
				o->identity[n] == '.')
				pgm_schema_copy_rows(search->live, o->identity, psprintf("%s%s", r->identity, o->identity + n));
		}
}
