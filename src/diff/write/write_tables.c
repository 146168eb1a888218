/*
 * write_tables.c
 *	  Tables and foreign tables, with the columns and constraints that are made
 *	  together with them.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "compat.h"
#include "diff/write/write_internal.h"
#include "lint/lint.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "schema/table_facts.h"
#include "util/sql_text.h"

/* Does a column come from a parent that CREATE TABLE names? */
static bool
comes_from_parent(const PgmObject *table, const PgmObject *column)
{
	return pgm_value(column, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(table);
}

static void
append_element(StringInfo out, const char *text)
{
	appendStringInfo(out, "%s\n    %s", out->len > 0 ? "," : "", text);
}

static void
append_columns(StringInfo out, PgmWrite *w, const PgmObject *table)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_COLUMN))
	{
		const PgmObject *column = lfirst(lc);
		const char *definition;

		if (!pgm_plan_in_create(w->plan, column) || comes_from_parent(table, column))
			continue;
		definition = pgm_column_definition(w, column, pgm_plan_default_in_create(w->plan, column));
		if (!pgm_value(table, PGM_PROP_OF_TYPE) || pgm_text_find(definition, " WITH OPTIONS "))
			append_element(out, definition);
	}
}

static void
append_constraints(StringInfo out, PgmWrite *w, const PgmObject *table)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_CONSTRAINT))
	{
		const PgmObject *constraint = lfirst(lc);

		if (!pgm_plan_in_create(w->plan, constraint) ||
			(pgm_value(constraint, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(table)))
			continue;
		append_element(out, pgm_constraint_definition(constraint));
	}
}

static void
append_parents(StringInfo out, const PgmObject *table)
{
	ListCell   *lc;

	if (pgm_is_partition(table) || pgm_value(table, PGM_PROP_INHERITS) == NULL)
		return;
	appendStringInfoString(out, " INHERITS (");
	foreach(lc, pgm_value_list(table, PGM_PROP_INHERITS))
	{
		appendStringInfo(out, "%s%s", foreach_current_index(lc) ? ", " : "", (char *) lfirst(lc));
	}
	appendStringInfoChar(out, ')');
}

/* What stands behind the columns */
static void
append_clauses(StringInfo out, const PgmObject *table)
{
	const char *key = pgm_value(table, PGM_PROP_PARTITION_KEY);
	const char *method = pgm_value(table, PGM_PROP_ACCESS_METHOD);
	const char *tablespace = pgm_value(table, PGM_PROP_TABLESPACE);

	append_parents(out, table);
	if (key)
		appendStringInfo(out, " PARTITION BY %s", key);
	if (method && strcmp(method, "heap") != 0)
		appendStringInfo(out, " USING %s", quote_identifier(method));
	if (pgm_value(table, PGM_PROP_OPTIONS))
		appendStringInfo(out, " WITH (%s)", pgm_option_list(table, PGM_PROP_OPTIONS, false));
	if (tablespace)
		appendStringInfo(out, " TABLESPACE %s", quote_identifier(tablespace));
}

/* What a column inherited from a parent has that the parent's has not */
static void
write_differences(PgmWrite *w, const PgmObject *table, const PgmObject *column)
{
	const char *parent = linitial(pgm_value_list(table, PGM_PROP_INHERITS));
	const char *name = pgm_last_name(column->identity);
	const PgmObject *from = pgm_schema_find(w->new, PGM_KIND_COLUMN, psprintf("%s.%s", parent, name));
	const char *value = pgm_value(column, PGM_PROP_DEFAULT);

	if (from == NULL)
		return;
	if (pgm_plan_default_in_create(w->plan, column) || value == NULL)
	{
		if (value && !pgm_value_same(from, column, PGM_PROP_DEFAULT))
			pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s", table->identity, name, value);
		else if (value == NULL && pgm_value(from, PGM_PROP_DEFAULT))
			pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT", table->identity, name);
	}
	if (pgm_value(column, PGM_PROP_NOT_NULL) && !pgm_value(from, PGM_PROP_NOT_NULL) &&
		!pgm_column_not_null(w->new, column))
		pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL", table->identity, name);
}

static void
create(PgmWrite *w, const PgmObject *table)
{
	const char *of_type = pgm_value(table, PGM_PROP_OF_TYPE);
	const char *server = pgm_kind_is(table, PGM_KIND_FOREIGN_TABLE) ? pgm_value(table, PGM_PROP_SERVER) : NULL;
	StringInfoData elements;
	StringInfoData clauses;
	ListCell   *lc;

	initStringInfo(&elements);
	initStringInfo(&clauses);
	append_columns(&elements, w, table);
	append_constraints(&elements, w, table);
	append_clauses(&clauses, table);
	if (server)
		appendStringInfo(&clauses, " SERVER %s", server);
	if (server && pgm_value(table, PGM_PROP_FOREIGN_OPTIONS))
		appendStringInfo(&clauses, " OPTIONS %s", pgm_option_list(table, PGM_PROP_FOREIGN_OPTIONS, true));
	if (elements.len > 0)
		appendStringInfoChar(&elements, '\n');
	pgm_write_statement(w, "CREATE %s%s %s%s%s%s%s%s%s",
						pgm_value(table, PGM_PROP_UNLOGGED) ? "UNLOGGED " : "", pgm_write_word(table),
						table->identity, of_type ? " OF " : "", of_type ? of_type : "",
						of_type && elements.len == 0 ? "" : " (", elements.data,
						of_type && elements.len == 0 ? "" : ")", clauses.data);
	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_COLUMN))
	{
		if (comes_from_parent(table, lfirst(lc)))
			write_differences(w, table, lfirst(lc));
	}
}

/* Does a foreign key that stays refer to the table, which stays too? */
static bool
is_referred_to(const PgmWrite *w, const PgmObject *table)
{
	ListCell   *column;
	ListCell   *lc;

	foreach(column, pgm_schema_children(w->old, table, PGM_KIND_COLUMN))
	{
		foreach(lc, pgm_plan_find_item(w->plan, lfirst(column))->old.used_by)
		{
			const PgmDiffItem *a = lfirst(lc);

			if (a->sub_property == NULL && pgm_constraint_is(a->new.object, "FOREIGN KEY") &&
				pgm_schema_parent(w->old, a->old.object) != table)
				return true;
		}
	}
	return false;
}

/* The table that a partition is to be detached from before it can go, or NULL */
static const PgmObject *
referred_parent(const PgmWrite *w, const PgmObject *table)
{
	const PgmObject *parent = NULL;

	for (const PgmObject *o = table; pgm_is_partition(o);)
	{
		o = pgm_schema_find(w->old, PGM_KIND_TABLE, linitial(pgm_value_list(o, PGM_PROP_INHERITS)));
		if (o == NULL)
			return NULL;
		if (parent == NULL)
			parent = o;
		if (pgm_plan_find_item(w->plan, o)->decision != PGM_DECISION_DROP &&
			pgm_plan_find_item(w->plan, o)->decision != PGM_DECISION_REPLACE && is_referred_to(w, o))
			return parent;
	}
	return NULL;
}

/* What goes with a table: its rows, and the bytes they take, as far as is known */
static char *
its_rows(const PgmWrite *w, const PgmObject *table)
{
	const PgmRows *rows = pgm_schema_rows(w->old, table);
	const char *number = rows && rows->rows >= 0 ?
		psprintf("about %.0f row%s", rows->rows, rows->rows == 1 ? "" : "s") : "the rows";

	return rows && rows->bytes > 0 ?
		psprintf("%s of %s (%s)", number, table->identity, pgm_size_name(rows->bytes)) :
		psprintf("%s of %s", number, table->identity);
}

static void
drop(PgmWrite *w, const PgmObject *table)
{
	const PgmObject *parent = referred_parent(w, table);
	PgmDiffStatement *sql;

	if (parent)
		pgm_write_statement(w, "ALTER TABLE %s DETACH PARTITION %s", parent->identity, table->identity);
	sql = pgm_write_statement(w, "DROP %s %s", pgm_write_word(table), table->identity);

	if (!pgm_relation_may_have_rows(w, table) || !pgm_kind_is(table, PGM_KIND_TABLE))
		return;
	sql->candidates = pgm_rename_candidates(w, table, pgm_schema_parent(w->old, table));
	sql->loses = its_rows(w, table);
}

static bool
change_unlogged(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	PgmDiffStatement *sql = pgm_write_statement(w, "%s SET %s", pgm_alter_relation(new),
												pgm_value(new, PGM_PROP_UNLOGGED) ? "UNLOGGED" : "LOGGED");

	if (pgm_relation_may_have_rows(w, new))
		sql->hazard = "rewrites the table";
	return true;
}

static bool
change_access_method(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *method = pgm_value(new, PGM_PROP_ACCESS_METHOD);

	if (method == NULL)
		return false;
	pgm_write_statement(w, "%s SET ACCESS METHOD %s", pgm_alter_relation(new), quote_identifier(method));
	return true;
}

static bool
change_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_value(new, PGM_PROP_TABLESPACE);
	PgmDiffStatement *sql = pgm_write_statement(w, "%s SET TABLESPACE %s", pgm_alter_relation(new),
												tablespace ? quote_identifier(tablespace) : "pg_default");

	if (pgm_relation_may_have_rows(w, new))
		sql->hazard = "copies the table";
	return true;
}

static bool
change_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *set = pgm_options_set(old, new, PGM_PROP_OPTIONS);
	char	   *reset = pgm_options_reset(old, new, PGM_PROP_OPTIONS);

	if (set)
		pgm_write_statement(w, "%s SET (%s)", pgm_alter_relation(new), set);
	if (reset)
		pgm_write_statement(w, "%s RESET (%s)", pgm_alter_relation(new), reset);
	return true;
}

static bool
write_row_security(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s %s ROW LEVEL SECURITY", pgm_alter_relation(new),
						pgm_value(new, PGM_PROP_ROW_SECURITY) ? "ENABLE" : "DISABLE");
	return true;
}

static bool
write_force_row_security(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s %s ROW LEVEL SECURITY", pgm_alter_relation(new),
						pgm_value(new, PGM_PROP_FORCE_ROW_SECURITY) ? "FORCE" : "NO FORCE");
	return true;
}

static bool
change_foreign_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s OPTIONS (%s)", pgm_alter_relation(new),
						pgm_option_changes(old, new, PGM_PROP_FOREIGN_OPTIONS));
	return true;
}

/* Write the replica identity of a table. */
static void
write_replica_identity(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s REPLICA IDENTITY %s", pgm_alter_relation(new ? new : old),
						new ? pgm_value(new, PGM_PROP_REPLICA_IDENTITY) : "DEFAULT");
}

/* The type that a table is made of */
static void
write_of_type(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (new)
		pgm_write_statement(w, "%s OF %s", pgm_alter_relation(new), pgm_value(new, PGM_PROP_OF_TYPE));
	else
		pgm_write_statement(w, "%s NOT OF", pgm_alter_relation(old));
}

/* Write the index that a table or materialized view is clustered on. */
void
pgm_write_clustered_on(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (new)
		pgm_write_statement(w, "%s CLUSTER ON %s", pgm_alter_relation(new), pgm_value(new, PGM_PROP_CLUSTERED_ON));
	else
		pgm_write_statement(w, "%s SET WITHOUT CLUSTER", pgm_alter_relation(old));
}

#define TABLE_PROPERTIES \
	{PGM_PROP_UNLOGGED, false, change_unlogged}, \
	{PGM_PROP_ACCESS_METHOD, false, change_access_method}, \
	{PGM_PROP_TABLESPACE, false, change_tablespace}, \
	{PGM_PROP_OPTIONS, false, change_options}, \
	{PGM_PROP_ROW_SECURITY, true, write_row_security}, \
	{PGM_PROP_FORCE_ROW_SECURITY, true, write_force_row_security}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_TABLE,
		.create = create,
		.drop = drop,
		.property = {TABLE_PROPERTIES},
		.sub_property = {
			{PGM_PROP_REPLICA_IDENTITY, write_replica_identity},
			{PGM_PROP_CLUSTERED_ON, pgm_write_clustered_on},
			{PGM_PROP_INHERITS, pgm_write_parents},
			{PGM_PROP_OF_TYPE, write_of_type},
		}
	},
	{
		.kind = PGM_KIND_FOREIGN_TABLE,
		.create = create,
		.drop = drop,
		.property = {
			TABLE_PROPERTIES,
			{PGM_PROP_FOREIGN_OPTIONS, false, change_foreign_options},
		},
		.sub_property = {{PGM_PROP_INHERITS, pgm_write_parents}}
	},
};

const PgmWriters pgm_writers_tables = {writers, lengthof(writers)};
