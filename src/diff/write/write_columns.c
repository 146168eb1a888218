/*
 * write_columns.c
 *	  Statements for columns of tables; those of views come with the view.
 *
 * On a table with rows, SET NOT NULL is prepared by a CHECK that is validated while
 * others write, and a volatile default is set for new rows first and then backfilled in
 * batches, instead of rewriting the table under an exclusive lock.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "lint/expressions/expressions.h"
#include "recipes/recipes.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

static bool
is_in_view(const PgmObject *relation)
{
	return pgm_kind_is(relation, PGM_KIND_VIEW) || pgm_kind_is(relation, PGM_KIND_MATERIALIZED_VIEW);
}

/* The relation of a column, in the new state or else in the old one */
static const PgmObject *
relation_of_column(const PgmWrite *w, const PgmObject *column)
{
	const PgmObject *relation = pgm_schema_parent(w->new, column);

	return relation ? relation : pgm_schema_parent(w->old, column);
}

static const char *
name_of(const PgmObject *column)
{
	return pgm_sql_last_name(column->identity);
}

/* "ALTER TABLE ONLY name", without the ONLY where no table inherits from it */
static const char *
alter_only(const PgmWrite *w, const PgmObject *relation)
{
	bool		has_children = pgm_is_partitioned(relation) ||
		pgm_schema_inheritors(w->new, relation->identity) || pgm_schema_inheritors(w->old, relation->identity);

	return psprintf("ALTER %s %s%s", pgm_write_word(relation),
					has_children ? "ONLY " : "", relation->identity);
}

/* The column of the parent that a column is inherited from, or NULL */
static const PgmObject *
inherited_from(const PgmSchema *s, const PgmObject *column)
{
	const PgmObject *table = pgm_schema_parent(s, column);
	ListCell   *lc;

	if (table && pgm_object_value(column, PGM_PROP_INHERITED))
		foreach(lc, pgm_object_value_list(table, PGM_PROP_INHERITS))
	{
		const PgmObject *from = pgm_schema_find(s, PGM_KIND_COLUMN, psprintf("%s.%s", (char *) lfirst(lc), name_of(column)));

		if (from)
			return from;
	}
	return NULL;
}

/* Does ALTER TABLE of the parent make the change, as it recurses to children? */
static bool
is_inherited_change(const PgmWrite *w, const PgmObject *old,
					const PgmObject *new, PgmPropertyId property)
{
	const PgmObject *parent_old = old ? inherited_from(w->old, old) : NULL;
	const PgmObject *parent_new = inherited_from(w->new, new);

	return parent_old && parent_new &&
		strcmp(parent_old->identity, parent_new->identity) == 0 &&
		!pgm_object_value_same(parent_old, parent_new, property) &&
		pgm_object_value_same(parent_new, new, property);
}

/* The sequence behind an identity column, as the options of IDENTITY */
static const char *
identity_options(const PgmWrite *w, const PgmObject *column)
{
	ListCell   *lc;

	foreach(lc, pgm_plan_find_item(w->plan, column)->new.used_by)
	{
		const PgmObject *o = ((PgmDiffItem *) lfirst(lc))->new.object;

		if (pgm_kind_is(o, PGM_KIND_SEQUENCE) && pgm_object_value(o, PGM_PROP_IDENTITY_OF))
			return psprintf(" (%s)", pgm_sequence_options(o));
	}
	return "";
}

static void
append_identity(StringInfo out, const PgmWrite *w, const PgmObject *column)
{
	appendStringInfo(out, "GENERATED %s AS IDENTITY%s",
					 strcmp(pgm_object_value(column, PGM_PROP_IDENTITY), "always") == 0 ? "ALWAYS" : "BY DEFAULT",
					 identity_options(w, column));
}

static void
append_generated(StringInfo out, const char *generated)
{
	const char *kind = strrchr(generated, ' ');

	appendStringInfo(out, " GENERATED ALWAYS AS (%.*s)%s", (int) (kind - generated),
					 generated, kind);
}

/* Append the clauses after name and type of a column. */
static void
append_constraints(StringInfo out, const PgmWrite *w, const PgmObject *column,
				   bool with_default, bool with_not_null)
{
	const char *generated = pgm_object_value(column, PGM_PROP_GENERATED);

	if (generated)
		append_generated(out, generated);
	if (pgm_object_value(column, PGM_PROP_IDENTITY))
	{
		appendStringInfoChar(out, ' ');
		append_identity(out, w, column);
	}
	if (with_default && pgm_object_value(column, PGM_PROP_DEFAULT))
		appendStringInfo(out, " DEFAULT %s", pgm_object_value(column, PGM_PROP_DEFAULT));
	if (with_not_null && pgm_object_value(column, PGM_PROP_NOT_NULL) &&
		!pgm_column_not_null(w->new, column))
		appendStringInfoString(out, " NOT NULL");
}

/* A column as a clause of CREATE TABLE or ADD COLUMN, with or without its default */
char *
pgm_column_definition(const PgmWrite *w, const PgmObject *column, bool with_default)
{
	const PgmObject *table = relation_of_column(w, column);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, name_of(column));
	if (pgm_object_value(table, PGM_PROP_OF_TYPE) && pgm_plan_in_create(w->plan, column))
		appendStringInfoString(&out, " WITH OPTIONS");
	else
	{
		appendStringInfo(&out, " %s", pgm_object_value(column, PGM_PROP_TYPE));
		if (pgm_object_value(column, PGM_PROP_FOREIGN_OPTIONS))
			appendStringInfo(&out, " OPTIONS %s", pgm_option_list(column, PGM_PROP_FOREIGN_OPTIONS, true));
		if (pgm_object_value(column, PGM_PROP_COLLATION))
			appendStringInfo(&out, " COLLATE %s", pgm_object_value(column, PGM_PROP_COLLATION));
	}
	append_constraints(&out, w, column, with_default, true);
	return out.data;
}

/* Fill rows in which the column is null; "value" is NULL if the user must supply it. */
static void
write_fill(PgmWrite *w, const PgmObject *relation, const PgmObject *column,
		   const char *value)
{
	const char *name = name_of(column);
	PgmDiffStatement *sql;

	if (value)
	{
		sql = pgm_write_statement(w, "CALL migrate.backfill(%s, %s, %s)",
								  quote_literal_cstr(relation->identity),
								  quote_literal_cstr(psprintf("%s = %s", name, value)),
								  quote_literal_cstr(psprintf("%s IS NULL", name)));
		sql->nontransactional = true;
		return;
	}
	sql = pgm_write_statement(w, "CALL migrate.backfill(%s, '%s = ...', '%s IS NULL')",
							  quote_literal_cstr(relation->identity), name, name);
	sql->question = psprintf("which value do rows get in which %s is null?", name);
}

/*
 * SET NOT NULL without a scan under ACCESS EXCLUSIVE: a CHECK is added NOT VALID, which is
 * quick; VALIDATE scans under a lock that lets others write, in a transaction of its own
 * so that the first lock is gone; then SET NOT NULL finds the valid CHECK and skips its
 * own scan.
 */
static void
write_not_null_steps(PgmWrite *w, const PgmObject *relation, const PgmObject *column)
{
	const char *alter = pgm_alter_relation(relation);
	const char *name = name_of(column);
	char	   *helper = pgm_helper_name(relation->identity,
										 psprintf("%s_not_null", pgm_sql_unquoted(name)));

	pgm_write_recipe(w, pgm_recipe_not_null(alter, helper, name, false));
}

static void
write_set_not_null(PgmWrite *w, const PgmObject *relation, const PgmObject *column,
				   bool in_steps)
{
	if (in_steps)
		write_not_null_steps(w, relation, column);
	else
		pgm_write_statement(w, "%s ALTER COLUMN %s SET NOT NULL", pgm_alter_relation(relation),
							name_of(column));
}

/* Must a new column be filled in batches?  A volatile default would rewrite the table. */
static bool
is_filled_later(const PgmWrite *w, const PgmObject *relation, const PgmObject *column)
{
	return pgm_relation_may_have_rows(w, relation) && pgm_kind_is(relation, PGM_KIND_TABLE) &&
		pgm_plan_default_in_create(w->plan, column) &&
		pgm_schema_default_is_volatile(w->new, column);
}

/* Would ADD COLUMN ... NOT NULL fail, because the rows would have no value? */
static bool
lacks_values(const PgmWrite *w, const PgmObject *relation, const PgmObject *column)
{
	return pgm_relation_may_have_rows(w, relation) && pgm_kind_is(relation, PGM_KIND_TABLE) &&
		pgm_object_value(column, PGM_PROP_NOT_NULL) && !pgm_object_value(column, PGM_PROP_DEFAULT) &&
		!pgm_object_value(column, PGM_PROP_GENERATED) && !pgm_object_value(column, PGM_PROP_IDENTITY);
}

/* Does ALTER TYPE ... CASCADE of the table's type add and drop the column? */
static bool
follows_attribute(const PgmWrite *w, const PgmObject *column)
{
	return pgm_plan_find_item(w->plan, column)->attribute != NULL;
}

/*
 * Set default and NOT NULL of a column that exists already: first the default, so that
 * rows that come during the backfill have it; then the backfill; then NOT NULL.
 */
static void
create_rest(PgmWrite *w, const PgmObject *relation, const PgmObject *column,
			bool in_steps)
{
	const char *value = pgm_plan_default_in_create(w->plan, column) ?
		pgm_object_value(column, PGM_PROP_DEFAULT) : NULL;
	bool		not_null = pgm_object_value(column, PGM_PROP_NOT_NULL) &&
		!pgm_column_not_null(w->new, column);

	if (value)
		pgm_write_statement(w, "%s ALTER COLUMN %s SET DEFAULT %s", pgm_alter_relation(relation),
							name_of(column), value);
	if (in_steps && (value || pgm_object_value(column, PGM_PROP_NOT_NULL)))
		write_fill(w, relation, column, value);
	if (not_null)
		write_set_not_null(w, relation, column, in_steps && w->options->not_null_steps);
}

static void
create_in_steps(PgmWrite *w, const PgmObject *relation, const PgmObject *column)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "%s %s", name_of(column), pgm_object_value(column, PGM_PROP_TYPE));
	if (pgm_object_value(column, PGM_PROP_COLLATION))
		appendStringInfo(&out, " COLLATE %s", pgm_object_value(column, PGM_PROP_COLLATION));
	pgm_write_statement(w, "%s ADD COLUMN %s", pgm_alter_relation(relation), out.data);
	create_rest(w, relation, column, true);
}

static void
create(PgmWrite *w, const PgmObject *column)
{
	const PgmObject *relation = relation_of_column(w, column);
	PgmDiffStatement *sql;

	if (is_in_view(relation))
		return;
	if (follows_attribute(w, column))
	{
		create_rest(w, relation, column, pgm_relation_may_have_rows(w, relation));
		return;
	}
	if (is_filled_later(w, relation, column) || lacks_values(w, relation, column))
	{
		create_in_steps(w, relation, column);
		return;
	}
	sql = pgm_write_statement(w, "%s ADD COLUMN %s", pgm_alter_relation(relation),
							  pgm_column_definition(w, column, pgm_plan_default_in_create(w->plan, column)));
	if (pgm_relation_may_have_rows(w, relation) &&
		(pgm_object_value(column, PGM_PROP_IDENTITY) || pgm_object_value(column, PGM_PROP_GENERATED)))
		sql->hazard = "rewrites the table";
}

static void
drop(PgmWrite *w, const PgmObject *column)
{
	const PgmObject *relation = pgm_schema_parent(w->old, column);
	PgmDiffStatement *sql;

	if (is_in_view(relation) || follows_attribute(w, column))
		return;
	sql = pgm_write_statement(w, "%s DROP COLUMN %s", pgm_plan_find_item(w->plan, column)->stays_in_children ?
							  alter_only(w, relation) : pgm_alter_relation(relation), name_of(column));
	if (!pgm_relation_may_have_rows(w, relation) || pgm_object_value(column, PGM_PROP_GENERATED))
		return;
	sql->loses = psprintf("the values of %s", column->identity);
	sql->candidates = pgm_rename_candidates(w, column, relation);
}

/* Is there an assignment cast from one type to the other, so that no USING is needed? */
bool
pgm_type_assigns_to(const char *old, const char *new)
{
	Oid			from = pgm_type_by_name(old);
	Oid			to = pgm_type_by_name(new);
	Oid			function;

	return OidIsValid(from) && OidIsValid(to) &&
		find_coercion_pathway(to, from, COERCION_ASSIGNMENT, &function) != COERCION_PATH_NONE;
}

/* The USING clause that converts values, or "".  *unknown: it may not work at all. */
static const char *
using_clause(const PgmObject *old, const PgmObject *new, bool *unknown)
{
	const char *name = name_of(new);
	const char *type = pgm_object_value(new, PGM_PROP_TYPE);
	Oid			from = pgm_type_by_name(pgm_object_value(old, PGM_PROP_TYPE));
	Oid			to = pgm_type_by_name(type);
	Oid			function;

	if (pgm_type_assigns_to(pgm_object_value(old, PGM_PROP_TYPE), type))
		return "";
	if (OidIsValid(from) && OidIsValid(to))
	{
		if (find_coercion_pathway(to, from, COERCION_EXPLICIT, &function) != COERCION_PATH_NONE)
			return psprintf(" USING %s::%s", name, type);
		*unknown = true;
	}
	return psprintf(" USING %s::text::%s", name, type);
}

/* A warning about what the new type does to a table with rows, or NULL */
static const char *
hazard_of_type(const PgmObject *old, const PgmObject *new)
{
	Oid			from;
	Oid			to;
	int32		from_typmod;
	int32		to_typmod;
	Oid			function;
	PgmTypeChange change = {.known = false};

	pgm_parse_type(pgm_object_value(old, PGM_PROP_TYPE), &from, &from_typmod);
	pgm_parse_type(pgm_object_value(new, PGM_PROP_TYPE), &to, &to_typmod);
	if (OidIsValid(from) && OidIsValid(to) && pgm_object_value_same(old, new, PGM_PROP_COLLATION))
		change = pgm_type_change(from, from_typmod, to, to_typmod);
	if (!change.known)
		return "may rewrite the table, or fail where a value does not fit";
	if (!change.rewrite)
		return NULL;
	return from != to && to_typmod < 0 &&
		find_coercion_pathway(to, from, COERCION_IMPLICIT, &function) != COERCION_PATH_NONE ?
		"rewrites the table" : "rewrites the table, or fails where a value does not fit";
}

static void
write_type(PgmWrite *w, const PgmObject *old, const PgmObject *new, const char *using)
{
	const PgmObject *relation = relation_of_column(w, new);
	const char *collation = pgm_object_value(new, PGM_PROP_COLLATION);
	PgmDiffStatement *sql;

	if (collation == NULL && pgm_object_value(old, PGM_PROP_COLLATION))
		collation = pgm_type_collation(pgm_object_value(new, PGM_PROP_TYPE));
	sql = pgm_write_statement(w, "%s ALTER COLUMN %s TYPE %s%s%s%s", pgm_alter_relation(relation),
							  name_of(new), pgm_object_value(new, PGM_PROP_TYPE), collation ? " COLLATE " : "",
							  collation ? collation : "", using);
	if (pgm_relation_may_have_rows(w, relation))
		sql->hazard = using[0] ? "fails where a value cannot be converted" :
			hazard_of_type(old, new);
}

static bool write_storage(PgmWrite *w, const PgmObject *old, const PgmObject *new);
static bool write_compression(PgmWrite *w, const PgmObject *old, const PgmObject *new);

/* ALTER COLUMN TYPE resets STORAGE and COMPRESSION: set them again if they stay. */
static void
write_storage_again(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (pgm_object_value(new, PGM_PROP_STORAGE) && pgm_object_value_same(old, new, PGM_PROP_STORAGE))
		(void) write_storage(w, old, new);
	if (pgm_object_value(new, PGM_PROP_COMPRESSION) && pgm_object_value_same(old, new, PGM_PROP_COMPRESSION))
		(void) write_compression(w, old, new);
}

/* Does the column have the property in the old version only? */
static bool
loses(const PgmObject *old, const PgmObject *new, PgmPropertyId property)
{
	return pgm_object_value(old, property) && pgm_object_value(new, property) == NULL;
}

/* Advance the sequence of a new identity beyond the values that exist. */
static void
write_identity_start(PgmWrite *w, const PgmObject *relation, const PgmObject *column)
{
	if (pgm_relation_may_have_rows(w, relation))
		pgm_write_statement(w, "SELECT setval(pg_get_serial_sequence(%s, %s), max(%s)) FROM %s",
							quote_literal_cstr(relation->identity),
							quote_literal_cstr(pgm_sql_unquoted(name_of(column))),
							name_of(column), relation->identity);
}

/* Write ADD, SET or DROP of an identity. */
static bool
change_identity(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_column(w, new);
	const char *alter = pgm_alter_relation(relation);
	const char *before = pgm_object_value(old, PGM_PROP_IDENTITY);
	const char *after = pgm_object_value(new, PGM_PROP_IDENTITY);
	StringInfoData out;

	/* from 17 on partitions have the identity of their parent */
	if (pgm_object_value(old, PGM_PROP_INHERITED) && is_inherited_change(w, old, new, PGM_PROP_IDENTITY))
		return true;
	if (after == NULL)
		pgm_write_statement(w, "%s ALTER COLUMN %s DROP IDENTITY", alter, name_of(new));
	else if (before)
		pgm_write_statement(w, "%s ALTER COLUMN %s SET GENERATED %s", alter, name_of(new),
							strcmp(after, "always") == 0 ? "ALWAYS" : "BY DEFAULT");
	else
	{
		initStringInfo(&out);
		append_identity(&out, w, new);
		pgm_write_statement(w, "%s ALTER COLUMN %s ADD %s", alter, name_of(new), out.data);
		write_identity_start(w, relation, new);
	}
	return true;
}

static bool
is_inherited_or_same(const PgmWrite *w, const PgmObject *old, const PgmObject *new,
					 PgmPropertyId property)
{
	return pgm_object_value_same(old, new, property) || is_inherited_change(w, old, new, property);
}

static bool
change_type(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_column(w, new);
	bool		unknown = false;

	if (is_in_view(relation))
		return false;
	if (loses(old, new, PGM_PROP_IDENTITY))
		(void) change_identity(w, old, new);
	if (pgm_object_value(old, PGM_PROP_INHERITED) && pgm_object_value(new, PGM_PROP_INHERITED) &&
		is_inherited_or_same(w, old, new, PGM_PROP_TYPE) &&
		is_inherited_or_same(w, old, new, PGM_PROP_COLLATION))
		return true;
	if (follows_attribute(w, new))
		return true;
	write_type(w, old, new, pgm_kind_is(relation, PGM_KIND_FOREIGN_TABLE) ? "" :
			   using_clause(old, new, &unknown));
	if (unknown && pgm_relation_may_have_rows(w, relation))
		((PgmDiffStatement *) llast(w->statements))->question =
			psprintf("how do values of %s become %s? Nothing converts %s.", new->identity,
					 pgm_object_value(new, PGM_PROP_TYPE), pgm_object_value(old, PGM_PROP_TYPE));
	write_storage_again(w, old, new);
	return true;
}

/* Does a valid CHECK that stays until then show that the column holds no NULL? */
static bool
is_checked_not_null(const PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	ListCell   *lc;

	if (!pgm_object_value_same(old, new, PGM_PROP_TYPE))
		return false;
	foreach(lc, pgm_schema_children(w->old, pgm_schema_parent(w->old, old), PGM_KIND_CONSTRAINT))
	{
		if (pgm_is_not_null_check(lfirst(lc), old) &&
			pgm_plan_find_item(w->plan, lfirst(lc))->decision != PGM_DECISION_REPLACE)
			return true;
	}
	return false;
}

/*
 * Write SET NOT NULL, after nulls are filled.  From 18 on the constraint is an object that
 * is written by itself; a NOT VALID one does not need the rows to be filled.
 */
static void
write_not_null(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_column(w, new);
	const PgmObject *constraint = pgm_column_not_null(w->new, new);
	bool		in_steps = pgm_relation_may_have_rows(w, relation) && w->options->not_null_steps &&
		pgm_kind_is(relation, PGM_KIND_TABLE) && !pgm_object_value(new, PGM_PROP_IDENTITY) &&
		!is_checked_not_null(w, old, new);

	if (in_steps && !(constraint && pgm_object_constraint_ends(constraint, " NOT VALID")))
		write_fill(w, relation, new, pgm_object_value(new, PGM_PROP_DEFAULT));
	if (constraint == NULL)
		write_set_not_null(w, relation, new, in_steps);
}

static bool
change_not_null(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (is_inherited_change(w, old, new, PGM_PROP_NOT_NULL))
		return true;
	if (pgm_object_value(new, PGM_PROP_NOT_NULL))
		write_not_null(w, old, new);
	else if (pgm_column_not_null(w->old, old) == NULL)
		pgm_write_statement(w, "%s ALTER COLUMN %s DROP NOT NULL",
							pgm_alter_relation(relation_of_column(w, new)), name_of(new));
	return true;
}

/* DROP EXPRESSION keeps the stored values.  SET EXPRESSION exists from 17 on. */
static bool
change_generated(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *alter = pgm_alter_relation(relation_of_column(w, new));
	const char *before = pgm_object_value(old, PGM_PROP_GENERATED);
	const char *after = pgm_object_value(new, PGM_PROP_GENERATED);
	const char *kind;

	if (before == NULL || strcmp(strrchr(before, ' '), " STORED") != 0)
		return false;
	if (pgm_object_value(old, PGM_PROP_INHERITED) && is_inherited_change(w, old, new, PGM_PROP_GENERATED))
		return true;
	if (after == NULL)
	{
		pgm_write_statement(w, "%s ALTER COLUMN %s DROP EXPRESSION", alter, name_of(new));
		return true;
	}
	kind = strrchr(after, ' ');
	if (PGM_SERVER_MAJOR < 17 || strcmp(kind, " STORED") != 0)
		return false;
	pgm_write_statement(w, "%s ALTER COLUMN %s SET EXPRESSION AS (%.*s)", alter, name_of(new),
						(int) (kind - after), after)->hazard = "rewrites the table";
	return true;
}

/* Does change_type() drop the identity, since only integers can be identities? */
static bool
is_gone_with_type(const PgmObject *old, const PgmObject *new)
{
	return loses(old, new, PGM_PROP_IDENTITY) &&
		(!pgm_object_value_same(old, new, PGM_PROP_TYPE) || !pgm_object_value_same(old, new, PGM_PROP_COLLATION));
}

/* DROP NOT NULL fails for an identity column, so the identity is dropped before. */
static bool
change_nullable(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return (!loses(old, new, PGM_PROP_IDENTITY) || is_gone_with_type(old, new) ||
			change_identity(w, old, new)) &&
		change_not_null(w, old, new);
}

static bool
change_identity_alone(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return loses(old, new, PGM_PROP_NOT_NULL) || is_gone_with_type(old, new) ||
		change_identity(w, old, new);
}

static bool
write_storage(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *storage = pgm_object_value(new, PGM_PROP_STORAGE);

	pgm_write_statement(w, "%s ALTER COLUMN %s SET STORAGE %s", alter_only(w, relation_of_column(w, new)),
						name_of(new), storage ? storage : pgm_type_storage(pgm_object_value(new, PGM_PROP_TYPE)));
	return true;
}

static bool
write_compression(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *compression = pgm_object_value(new, PGM_PROP_COMPRESSION);

	pgm_write_statement(w, "%s ALTER COLUMN %s SET COMPRESSION %s", alter_only(w, relation_of_column(w, new)),
						name_of(new), compression ? compression : "default");
	return true;
}

static bool
write_statistics(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *target = pgm_object_value(new, PGM_PROP_STATISTICS_TARGET);

	pgm_write_statement(w, "%s ALTER COLUMN %s SET STATISTICS %s", alter_only(w, relation_of_column(w, new)),
						name_of(new), target ? target : "-1");
	return true;
}

static bool
write_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *alter = alter_only(w, relation_of_column(w, new));
	char	   *set = pgm_options_set(old, new, PGM_PROP_OPTIONS);
	char	   *reset = old ? pgm_options_reset(old, new, PGM_PROP_OPTIONS) : NULL;

	if (set)
		pgm_write_statement(w, "%s ALTER COLUMN %s SET (%s)", alter, name_of(new), set);
	if (reset)
		pgm_write_statement(w, "%s ALTER COLUMN %s RESET (%s)", alter, name_of(new), reset);
	return true;
}

static bool
change_foreign_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s ALTER COLUMN %s OPTIONS (%s)", pgm_alter_relation(relation_of_column(w, new)),
						name_of(new), pgm_option_changes(old, new, PGM_PROP_FOREIGN_OPTIONS));
	return true;
}

/*
 * Write SET/DROP DEFAULT for one column.  Unlike a type change, a default is an item of
 * each child table, hence ONLY.
 */
static void
write_default(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *column = new ? new : old;
	const char *alter = alter_only(w, relation_of_column(w, column));

	if (new)
		pgm_write_statement(w, "%s ALTER COLUMN %s SET DEFAULT %s", alter, name_of(new),
							pgm_object_value(new, PGM_PROP_DEFAULT));
	else
		pgm_write_statement(w, "%s ALTER COLUMN %s DROP DEFAULT", alter, name_of(old));
}

/*
 * Alter a column to the new type of the same name, after its old type was renamed away.
 * An inherited column gets it with that of the parent.
 */
void
pgm_write_column_retype(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *relation = relation_of_column(w, new);
	char	   *value = pgm_type_conversion(w, name_of(new), pgm_object_value(old, PGM_PROP_TYPE),
											pgm_object_value(new, PGM_PROP_TYPE));

	if (!is_in_view(relation) && !pgm_object_value(new, PGM_PROP_ONLY_INHERITED))
		write_type(w, old, new, pgm_kind_is(relation, PGM_KIND_FOREIGN_TABLE) ? "" :
				   psprintf(" USING %s", value));
	write_storage_again(w, old, new);
}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_COLUMN,
		.create = create,
		.drop = drop,
		.property = {
			{PGM_PROP_TYPE, false, change_type},
			{PGM_PROP_COLLATION, false, change_type},
			{PGM_PROP_NOT_NULL, false, change_nullable},
			{PGM_PROP_GENERATED, false, change_generated},
			{PGM_PROP_IDENTITY, false, change_identity_alone},
			{PGM_PROP_STORAGE, true, write_storage},
			{PGM_PROP_COMPRESSION, true, write_compression},
			{PGM_PROP_STATISTICS_TARGET, true, write_statistics},
			{PGM_PROP_OPTIONS, true, write_options},
			{PGM_PROP_FOREIGN_OPTIONS, false, change_foreign_options},
		},
		.sub_property = {{PGM_PROP_DEFAULT, write_default}}
	},
};

const PgmWriters pgm_writers_columns = {writers, lengthof(writers)};
