/*
 * write_views.c
 *	  Statements for views and materialized views.
 *
 * CREATE OR REPLACE VIEW keeps what depends on the view, but can only append columns; any
 * other change of columns replaces the view.  A materialized view is always replaced.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "util/sql_text.h"

/* The WITH clause, or "" */
static const char *
with_options(const PgmObject *o)
{
	return pgm_object_value(o, PGM_PROP_OPTIONS) ?
		psprintf(" WITH (%s)", pgm_option_list(o, PGM_PROP_OPTIONS, false)) : "";
}

/*
 * The VALUES list of a view that was created as "v (a, b) AS VALUES ...", or NULL.  The server
 * deparses its query as SELECT ... FROM (VALUES ...) "*VALUES*", and the view created from that
 * text would have another query tree.
 */
static const char *
renamed_values(const PgmObject *o)
{
	const char *query = pgm_write_definition(o);
	const char *start = "SELECT \"*VALUES*\".column1";
	const char *end = ") \"*VALUES*\"";
	const char *values = pgm_text_find(query, "\n   FROM (VALUES ");
	Size		length;

	if (strncmp(query, start, strlen(start)) != 0 || values == NULL)
		return NULL;
	values = strchr(values, '(') + 1;
	length = strlen(values);
	if (length < strlen(end) ||
		strcmp(values + length - strlen(end), end) != 0)
		return NULL;
	return pnstrdup(values, length - strlen(end));
}

/* The query for AS. */
static const char *
query_of(const PgmObject *o)
{
	const char *values = renamed_values(o);

	return values ? values : pgm_write_definition(o);
}

/* The column list " (a, b)" if the query is VALUES, which names no columns, or "" */
static const char *
column_list(const PgmWrite *w, const PgmObject *o)
{
	StringInfoData names;
	ListCell   *lc;

	if (renamed_values(o) == NULL)
		return "";
	initStringInfo(&names);
	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_COLUMN))
	{
		const PgmObject *column = lfirst(lc);

		appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : " (",
						 column->identity + strlen(o->identity) + 1);
	}
	appendStringInfoChar(&names, ')');
	return names.data;
}

/* Write a view after the words of "create". */
static void
write_view(PgmWrite *w, const char *create, const PgmObject *o)
{
	pgm_write_statement(w, "%s %s%s%s AS\n%s", create, o->identity, column_list(w, o),
						with_options(o), query_of(o));
}

/* Write the view with its columns and a query that depends on nothing but their types. */
static void
write_stub_query(PgmWrite *w, const char *create, const PgmSchema *s, const PgmObject *o)
{
	StringInfoData columns;
	ListCell   *lc;

	initStringInfo(&columns);
	foreach(lc, pgm_schema_children(s, o, PGM_KIND_COLUMN))
	{
		const PgmObject *column = lfirst(lc);
		const char *collation = pgm_object_value(column, PGM_PROP_COLLATION);

		appendStringInfo(&columns, "%s NULL::%s%s%s AS %s", columns.len > 0 ? "," : "",
						 pgm_object_value(column, PGM_PROP_TYPE), collation ? " COLLATE " : "",
						 collation ? collation : "", pgm_sql_last_name(column->identity));
	}
	pgm_write_statement(w, "%s %s AS\nSELECT%s", create, o->identity, columns.data);
}

/* Replace the query of an old view by a stub query. */
void
pgm_write_stub_view(PgmWrite *w, const PgmObject *view)
{
	write_stub_query(w, "CREATE OR REPLACE VIEW", w->old, view);
}

/* Write the own query of a view that has a stub query. */
void
pgm_write_view_query(PgmWrite *w, const PgmObject *view)
{
	write_view(w, "CREATE OR REPLACE VIEW", view);
}

/* Write CREATE VIEW, with a stub query if the plan breaks a cycle so. */
static void
create_view(PgmWrite *w, const PgmObject *o)
{
	if (pgm_plan_find_item(w->plan, o)->stub)
		write_stub_query(w, "CREATE VIEW", w->new, o);
	else
		write_view(w, "CREATE VIEW", o);
}

/* Write SET and RESET of the options that differ. */
static bool
write_view_options(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *word = pgm_write_word(new);
	const char *set = pgm_options_set(old, new, PGM_PROP_OPTIONS);
	const char *reset = pgm_options_reset(old, new, PGM_PROP_OPTIONS);

	if (set)
		pgm_write_statement(w, "ALTER %s %s SET (%s)", word, new->identity, set);
	if (reset)
		pgm_write_statement(w, "ALTER %s %s RESET (%s)", word, new->identity, reset);
	return true;
}

/*
 * Are the columns of the old view the first ones of the new, with the same names, types and
 * collations?  CREATE OR REPLACE VIEW demands that (checkViewTupleDesc).
 */
static bool
keeps_columns(const PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	List	   *before = pgm_schema_children(w->old, old, PGM_KIND_COLUMN);
	List	   *after = pgm_schema_children(w->new, new, PGM_KIND_COLUMN);
	ListCell   *x;
	ListCell   *y;

	if (list_length(before) > list_length(after))
		return false;
	forboth(x, before, y, after)
	{
		const PgmObject *a = lfirst(x);
		const PgmObject *b = lfirst(y);

		if (strcmp(a->identity, b->identity) != 0 ||
			!pgm_object_value_same(a, b, PGM_PROP_TYPE) ||
			!pgm_object_value_same(a, b, PGM_PROP_COLLATION))
			return false;
	}
	return true;
}

/*
 * Write CREATE OR REPLACE VIEW if the query differs: it also sets the options, and resets those
 * that it does not name.
 */
static bool
change_view(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	if (pgm_object_value_same(old, new, PGM_PROP_DEFINITION))
		return write_view_options(w, old, new);
	if (!keeps_columns(w, old, new))
		return false;
	write_view(w, "CREATE OR REPLACE VIEW", new);
	return true;
}

/* The USING clause, or "" if the access method is the default one */
static const char *
using_method(const PgmObject *o)
{
	const char *method = pgm_object_value(o, PGM_PROP_ACCESS_METHOD);

	return method && strcmp(method, default_table_access_method) != 0 ?
		psprintf(" USING %s", quote_identifier(method)) : "";
}

/*
 * Write CREATE MATERIALIZED VIEW, empty unless the plan decided that it is filled by CREATE
 * (plan_data in diff_plan.c).
 */
static void
create_matview(PgmWrite *w, const PgmObject *o)
{
	const char *tablespace = pgm_object_value(o, PGM_PROP_TABLESPACE);
	bool		at_once = pgm_plan_find_item(w->plan, o)->with_data;
	PgmDiffStatement *sql;

	sql = pgm_write_statement(w, "CREATE MATERIALIZED VIEW %s%s%s%s%s%s AS\n%s%s",
							  o->identity, column_list(w, o), using_method(o),
							  with_options(o), tablespace ? " TABLESPACE " : "",
							  tablespace ? quote_identifier(tablespace) : "", query_of(o),
							  at_once ? "" : "\n  WITH NO DATA");
	if (at_once)
		sql->hazard = psprintf("%s, who is to own it, may not read what it reads: it is filled as it is made, and cannot be refreshed",
							   pgm_object_value(o, PGM_PROP_OWNER));
}

/* Write SET ACCESS METHOD of a materialized view. */
static bool
write_method(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	pgm_write_statement(w, "ALTER MATERIALIZED VIEW %s SET ACCESS METHOD %s",
						new->identity,
						quote_identifier(pgm_object_value(new, PGM_PROP_ACCESS_METHOD)))->hazard =
		"the materialized view is rewritten, and cannot be read meanwhile";
	return true;
}

/* Write SET TABLESPACE of a materialized view. */
static bool
write_tablespace(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *tablespace = pgm_object_value(new, PGM_PROP_TABLESPACE);

	if (tablespace == NULL)
		tablespace = get_tablespace_name(MyDatabaseTableSpace);
	pgm_write_statement(w, "ALTER MATERIALIZED VIEW %s SET TABLESPACE %s", new->identity,
						quote_identifier(tablespace))->hazard =
		"the materialized view is copied, and cannot be read meanwhile";
	return true;
}

static const PgmWriter views[] = {
	{
		.kind = PGM_KIND_VIEW,
		.create = create_view,
		.property = {
			{PGM_PROP_OPTIONS, false, change_view},
			{PGM_PROP_DEFINITION, false, change_view},
		}
	},
	{
		.kind = PGM_KIND_MATERIALIZED_VIEW,
		.create = create_matview,
		.property = {
			{PGM_PROP_ACCESS_METHOD, false, write_method},
			{PGM_PROP_TABLESPACE, false, write_tablespace},
			{PGM_PROP_OPTIONS, false, write_view_options},
		},
		.sub_property = {{PGM_PROP_CLUSTERED_ON, pgm_write_clustered_on}}
	},
};

const PgmWriters pgm_writers_views = {views, lengthof(views)};
