/*
 * write_tables.c
 *	  Statements for tables and foreign tables.
 *
 * CREATE TABLE contains those columns and constraints that the plan decided to be clauses
 * of it (pgm_plan_in_create); the others are added later by actions of their own, for
 * example a foreign key in a cycle.  A partition is created as a plain table with all its
 * columns, and attached by an action of its own (write_inheritance.c), which needs a
 * weaker lock on the parent than CREATE TABLE PARTITION OF.
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

/* Does INHERITS of CREATE TABLE create the column?  A partition is created without it. */
static bool
comes_from_parent(const PgmObject *table, const PgmObject *column)
{
	return pgm_object_value(column, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(table);
}

/* Append a column or constraint between the parentheses of CREATE TABLE. */
static void
append_element(StringInfo out, const char *text)
{
	appendStringInfo(out, "%s\n    %s", out->len > 0 ? "," : "", text);
}

/* Append the columns that CREATE TABLE defines. */
static void
append_column_clauses(StringInfo out, PgmWrite *w, const PgmObject *table)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_COLUMN))
	{
		const PgmObject *column = lfirst(lc);
		const char *definition;

		if (!pgm_plan_in_create(w->plan, column) || comes_from_parent(table, column))
			continue;
		definition = pgm_column_definition(w, column, pgm_plan_default_in_create(w->plan, column));
		/* OF creates all columns of a typed table; only options are written */
		if (!pgm_object_value(table, PGM_PROP_OF_TYPE) || pgm_text_find(definition, " WITH OPTIONS "))
			append_element(out, definition);
	}
}

/* Append the constraints that CREATE TABLE defines; INHERITS adds those of parents. */
static void
append_constraint_clauses(StringInfo out, PgmWrite *w, const PgmObject *table)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_CONSTRAINT))
	{
		const PgmObject *constraint = lfirst(lc);

		if (!pgm_plan_in_create(w->plan, constraint) ||
			(pgm_object_value(constraint, PGM_PROP_ONLY_INHERITED) && !pgm_is_partition(table)))
			continue;
		append_element(out, pgm_constraint_definition(constraint));
	}
}

/* Append INHERITS, except of a partition. */
static void
append_parents(StringInfo out, const PgmObject *table)
{
	ListCell   *lc;

	if (pgm_is_partition(table) || pgm_object_value(table, PGM_PROP_INHERITS) == NULL)
		return;
	appendStringInfoString(out, " INHERITS (");
	foreach(lc, pgm_object_value_list(table, PGM_PROP_INHERITS))
	{
		appendStringInfo(out, "%s%s", foreach_current_index(lc) ? ", " : "", (char *) lfirst(lc));
	}
	appendStringInfoChar(out, ')');
}

/* Append the clauses after the parentheses of CREATE TABLE. */
static void
append_clauses(StringInfo out, const PgmObject *table)
{
	const char *key = pgm_object_value(table, PGM_PROP_PARTITION_KEY);
	const char *method = pgm_object_value(table, PGM_PROP_ACCESS_METHOD);
	const char *tablespace = pgm_object_value(table, PGM_PROP_TABLESPACE);

	append_parents(out, table);
	if (key)
		appendStringInfo(out, " PARTITION BY %s", key);
	if (method && strcmp(method, "heap") != 0)
		appendStringInfo(out, " USING %s", quote_identifier(method));
	if (pgm_object_value(table, PGM_PROP_OPTIONS))
		appendStringInfo(out, " WITH (%s)", pgm_option_list(table, PGM_PROP_OPTIONS, false));
	if (tablespace)
		appendStringInfo(out, " TABLESPACE %s", quote_identifier(tablespace));
}

/*
 * Write the default and NOT NULL of a column that INHERITS creates, where they differ from
 * those of the first parent.  Both would be inherited with it, so they can only be changed
 * after CREATE TABLE, and with ONLY: children are written by themselves.
 */
static void
write_inherited_column_changes(PgmWrite *w, const PgmObject *table, const PgmObject *column)
{
	const char *parent = linitial(pgm_object_value_list(table, PGM_PROP_INHERITS));
	const char *name = pgm_sql_last_name(column->identity);
	const PgmObject *from = pgm_schema_find(w->new, PGM_KIND_COLUMN,
											psprintf("%s.%s", parent, name));
	const char *value = pgm_object_value(column, PGM_PROP_DEFAULT);

	if (from == NULL)			/* inherited from another parent */
		return;
	if (pgm_plan_default_in_create(w->plan, column) || value == NULL)
	{
		if (value && !pgm_object_value_same(from, column, PGM_PROP_DEFAULT))
			pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s",
								table->identity, name, value);
		else if (value == NULL && pgm_object_value(from, PGM_PROP_DEFAULT))
			pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT",
								table->identity, name);
	}
	/* if NOT NULL is a constraint (from 18 on), that is an item of its own */
	if (pgm_object_value(column, PGM_PROP_NOT_NULL) && !pgm_object_value(from, PGM_PROP_NOT_NULL) &&
		!pgm_column_not_null(w->new, column))
		pgm_write_statement(w, "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL",
							table->identity, name);
}

/* Write CREATE TABLE or CREATE FOREIGN TABLE. */
static void
create_table(PgmWrite *w, const PgmObject *table)
{
	const char *of_type = pgm_object_value(table, PGM_PROP_OF_TYPE);
	const char *server = pgm_kind_is(table, PGM_KIND_FOREIGN_TABLE) ?
		pgm_object_value(table, PGM_PROP_SERVER) : NULL;
	StringInfoData elements;
	StringInfoData clauses;
	ListCell   *lc;

	initStringInfo(&elements);
	initStringInfo(&clauses);
	append_column_clauses(&elements, w, table);
	append_constraint_clauses(&elements, w, table);
	append_clauses(&clauses, table);
	if (server)
		appendStringInfo(&clauses, " SERVER %s", server);
	if (server && pgm_object_value(table, PGM_PROP_FOREIGN_OPTIONS))
		appendStringInfo(&clauses, " OPTIONS %s",
						 pgm_option_list(table, PGM_PROP_FOREIGN_OPTIONS, true));
	if (elements.len > 0)
		appendStringInfoChar(&elements, '\n');
	pgm_write_statement(w, "CREATE %s%s %s%s%s%s%s%s%s",
						pgm_object_value(table, PGM_PROP_UNLOGGED) ? "UNLOGGED " : "", pgm_write_word(table),
						table->identity, of_type ? " OF " : "", of_type ? of_type : "",
						of_type && elements.len == 0 ? "" : " (", elements.data,
						of_type && elements.len == 0 ? "" : ")", clauses.data);
	foreach(lc, pgm_schema_children(w->new, table, PGM_KIND_COLUMN))
	{
		if (comes_from_parent(table, lfirst(lc)))
			write_inherited_column_changes(w, table, lfirst(lc));
	}
}

/*
 * Does a foreign key of another table refer to the table, and exist in the new state too?
 * It is found among the items that use the referenced columns.
 */
static bool
keeps_foreign_key_to(const PgmWrite *w, const PgmObject *table)
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

/*
 * The table that a partition must be detached from before it is dropped, or NULL.  DROP of
 * a partition fails if a foreign key refers to one of its ancestors, since it is referenced
 * itself; DETACH checks that no row is (RI_PartitionRemove_Check), and removes that.
 */
static const PgmObject *
parent_to_detach_from(const PgmWrite *w, const PgmObject *table)
{
	const PgmObject *parent = NULL;

	for (const PgmObject *o = table; pgm_is_partition(o);)
	{
		o = pgm_schema_find(w->old, PGM_KIND_TABLE,
							linitial(pgm_object_value_list(o, PGM_PROP_INHERITS)));
		if (o == NULL)
			return NULL;
		if (parent == NULL)		/* the direct one, whichever is referenced */
			parent = o;
		if (pgm_plan_find_item(w->plan, o)->decision != PGM_DECISION_DROP &&
			pgm_plan_find_item(w->plan, o)->decision != PGM_DECISION_REPLACE && keeps_foreign_key_to(w, o))
			return parent;
	}
	return NULL;
}

/* "about 5 rows of t (8192 bytes)": the data that DROP TABLE loses, as far as is known */
static char *
describe_rows(const PgmWrite *w, const PgmObject *table)
{
	const PgmRows *rows = pgm_schema_rows(w->old, table);
	const char *number = rows && rows->rows >= 0 ?
		psprintf("about %.0f row%s", rows->rows, rows->rows == 1 ? "" : "s") : "the rows";

	return rows && rows->bytes > 0 ?
		psprintf("%s of %s (%s)", number, table->identity, pgm_size_name(rows->bytes)) :
		psprintf("%s of %s", number, table->identity);
}

/* Write DROP TABLE, which loses the rows of a table that may have some. */
static void
drop_table(PgmWrite *w, const PgmObject *table)
{
	const PgmObject *parent = parent_to_detach_from(w, table);
	PgmDiffStatement *sql;

	if (parent)
		pgm_write_statement(w, "ALTER TABLE %s DETACH PARTITION %s", parent->identity,
							table->identity);
	sql = pgm_write_statement(w, "DROP %s %s", pgm_write_word(table), table->identity);
	/* the rows of a foreign table are elsewhere, and stay there */
	if (!pgm_relation_may_have_rows(w, table) || !pgm_kind_is(table, PGM_KIND_TABLE))
		return;
	sql->candidates = pgm_rename_candidates(w, table, pgm_schema_parent(w->old, table));
	sql->loses = describe_rows(w, table);
}

/* Write SET LOGGED or UNLOGGED. */
static bool
change_unlogged(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *persistence = pgm_object_value(new, PGM_PROP_UNLOGGED) ? "UNLOGGED" : "LOGGED";
	PgmDiffStatement *sql = pgm_write_statement(w, "%s SET %s", pgm_alter_relation(new),
												persistence);

	if (pgm_relation_may_have_rows(w, new))
		sql->hazard = "rewrites the table";
	return true;
}

/* Write SET ACCESS METHOD; a partitioned table can lose its method only by replacement. */
static bool
change_access_method(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *method = pgm_object_value(new, PGM_PROP_ACCESS_METHOD);

	if (method == NULL)
		return false;
	pgm_write_statement(w, "%s SET ACCESS METHOD %s", pgm_alter_relation(new),
						quote_identifier(method));
	return true;
}

/* Write SET TABLESPACE; no tablespace is the default one of the database. */
static bool
change_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_object_value(new, PGM_PROP_TABLESPACE);
	const char *name = tablespace ? quote_identifier(tablespace) : "pg_default";
	PgmDiffStatement *sql = pgm_write_statement(w, "%s SET TABLESPACE %s",
												pgm_alter_relation(new), name);

	if (pgm_relation_may_have_rows(w, new))
		sql->hazard = "copies the table";
	return true;
}

/* Write SET and RESET of storage parameters. */
static bool
change_storage_parameters(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	char	   *set = pgm_options_set(old, new, PGM_PROP_OPTIONS);
	char	   *reset = pgm_options_reset(old, new, PGM_PROP_OPTIONS);

	if (set)
		pgm_write_statement(w, "%s SET (%s)", pgm_alter_relation(new), set);
	if (reset)
		pgm_write_statement(w, "%s RESET (%s)", pgm_alter_relation(new), reset);
	return true;
}

/* Write ENABLE or DISABLE ROW LEVEL SECURITY. */
static bool
write_row_security(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s %s ROW LEVEL SECURITY", pgm_alter_relation(new),
						pgm_object_value(new, PGM_PROP_ROW_SECURITY) ? "ENABLE" : "DISABLE");
	return true;
}

/* Write FORCE or NO FORCE ROW LEVEL SECURITY. */
static bool
write_force_row_security(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "%s %s ROW LEVEL SECURITY", pgm_alter_relation(new),
						pgm_object_value(new, PGM_PROP_FORCE_ROW_SECURITY) ? "FORCE" : "NO FORCE");
	return true;
}

/* Write the changed OPTIONS of a foreign table. */
static bool
change_foreign_table_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
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
						new ? pgm_object_value(new, PGM_PROP_REPLICA_IDENTITY) : "DEFAULT");
}

/* Write OF or NOT OF: make a table a typed one, or no longer one. */
static void
write_of_type(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (new)
		pgm_write_statement(w, "%s OF %s", pgm_alter_relation(new),
							pgm_object_value(new, PGM_PROP_OF_TYPE));
	else
		pgm_write_statement(w, "%s NOT OF", pgm_alter_relation(old));
}

/* Write the index that a table or materialized view is clustered on. */
void
pgm_write_clustered_on(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (new)
		pgm_write_statement(w, "%s CLUSTER ON %s", pgm_alter_relation(new),
							pgm_object_value(new, PGM_PROP_CLUSTERED_ON));
	else
		pgm_write_statement(w, "%s SET WITHOUT CLUSTER", pgm_alter_relation(old));
}

#define TABLE_PROPERTIES \
	{PGM_PROP_UNLOGGED, false, change_unlogged}, \
	{PGM_PROP_ACCESS_METHOD, false, change_access_method}, \
	{PGM_PROP_TABLESPACE, false, change_tablespace}, \
	{PGM_PROP_OPTIONS, false, change_storage_parameters}, \
	{PGM_PROP_ROW_SECURITY, true, write_row_security}, \
	{PGM_PROP_FORCE_ROW_SECURITY, true, write_force_row_security}

static const PgmWriter writers[] = {
	{
		.kind = PGM_KIND_TABLE,
		.create = create_table,
		.drop = drop_table,
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
		.create = create_table,
		.drop = drop_table,
		.property = {
			TABLE_PROPERTIES,
			{PGM_PROP_FOREIGN_OPTIONS, false, change_foreign_table_options},
		},
		.sub_property = {{PGM_PROP_INHERITS, pgm_write_parents}}
	},
};

const PgmWriters pgm_writers_tables = {writers, lengthof(writers)};
