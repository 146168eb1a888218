/*
 * rules_column.c
 *	  Rules about columns that are added, dropped or made NOT NULL.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/expressions/expressions.h"
#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "lint/tables/parse_tree.h"
#include "util/name_list.h"

/* The column that the action adds */
static const ColumnDef *
new_column(const PgmStatementView *v)
{
	return (const ColumnDef *) v->action->def;
}

/* SET NOT NULL reads the table under ACCESS EXCLUSIVE, unless a CHECK helps. */
void
pgm_rule_set_not_null(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_finding_worst_effect(v);
	PgmSafe		safe;

	if (v->table == NULL)
		return;
	if (e == NULL)
		(void) pgm_finding_add_safe(out, v->table, "the plan makes the table: nobody uses it yet");
	else if (e->work == PGM_WORK_NONE)
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else
	{
		pgm_safe_begin(&safe, v);
		pgm_safe_not_null(&safe, v->action->name);
		pgm_finding_rewrite(pgm_finding_add_effect(out, e, "SET NOT NULL blocks all access to %s until each row was looked at",
												   pgm_table_name(e->table)),
							"%s", pgm_safe_text(&safe));
	}
}

/* A finding about a new column, with the safe form of ADD COLUMN */
static void
find_unsafe_column(const PgmStatementView *v, PgmFindings *out, const PgmEffect *e, const char *message)
{
	pgm_finding_rewrite(pgm_finding_add_effect(out, e, "%s", message), "%s",
						pgm_safe_column(v, new_column(v)));
}

/* A new column that is NOT NULL without a default fails if there is a row. */
void
pgm_rule_column_not_null(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = new_column(v);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if ((!pgm_column_def_constraint(def, CONSTR_NOTNULL) &&
		 !pgm_column_def_constraint(def, CONSTR_PRIMARY)) ||
		pgm_column_def_has_value(def) ||
		pgm_column_def_constraint(def, CONSTR_IDENTITY) ||
		pgm_column_def_constraint(def, CONSTR_GENERATED) ||
		pgm_column_def_is_serial(def) || e == NULL || v->table == NULL)
		return;
	if (pgm_table_is_empty(v->table) && v->table->kind == RELKIND_RELATION)
		(void) pgm_finding_add_effect(out, e, "column \"%s\" is NOT NULL without a default: it fails as soon as there is a row",
									  def->colname);
	else
		find_unsafe_column(v, out, e, psprintf("column \"%s\" is NOT NULL without a default: it fails if %s holds a row, and programs that do not know it can insert none",
											   def->colname, pgm_table_name(v->table)));
}

/* Would the server refuse the default?  That is found. */
static bool
default_fails(const PgmStatementView *v, PgmFindings *out, const ColumnDef *def)
{
	PgmTypeRef	type = pgm_shadow_type(v->shadow, def->typeName);
	const char *error = pgm_expression_default_error(v->shadow->functions, pgm_column_def_constraint(def, CONSTR_DEFAULT)->raw_expr,
													 &type, def->colname);

	if (error == NULL)
		return false;
	(void) pgm_finding_add_failure(out, v->table, "%s", error);
	return true;
}

/* A default that is computed for each row rewrites the table. */
void
pgm_rule_volatile_default(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = new_column(v);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (!pgm_column_def_constraint(def, CONSTR_DEFAULT) || e == NULL ||
		pgm_column_def_is_serial(def) || default_fails(v, out, def))
		return;
	if (e->work == PGM_WORK_NONE)
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else if (e->work == PGM_WORK_REWRITE && pgm_column_is_computed(v, def))
		find_unsafe_column(v, out, e, psprintf("the default of \"%s\" is volatile: all access to %s is blocked while it is rewritten",
											   def->colname, pgm_table_name(e->table)));
}

/* serial and identity number each row that is there. */
void
pgm_rule_column_serial(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = new_column(v);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (e && v->table && e->work == PGM_WORK_REWRITE &&
		(pgm_column_def_is_serial(def) || pgm_column_def_constraint(def, CONSTR_IDENTITY)))
		find_unsafe_column(v, out, e, psprintf("\"%s\" numbers each row: all access to %s is blocked while it is rewritten",
											   def->colname, pgm_table_name(e->table)));
}

/* A stored generated column is computed for each row that is there. */
void
pgm_rule_column_generated(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = new_column(v);
	const Constraint *generated = pgm_column_def_constraint(def, CONSTR_GENERATED);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (generated == NULL || e == NULL)
		return;
	if (e->work == PGM_WORK_NONE)
	{
		(void) pgm_finding_add_safe(out, v->table, "a virtual column is computed when it is read");
		return;
	}
	pgm_finding_advise(pgm_finding_add_effect(out, e, "\"%s\" is computed for each row: all access to %s is blocked while it is rewritten",
											  def->colname, pgm_table_name(e->table)),
					   "Add a plain column, a trigger that assigns it, and CALL migrate.backfill(...)%s.",
					   PGM_SERVER_MAJOR >= 18 ? "; or make it VIRTUAL" : "");
}

/* A CHECK written at a new column, or a domain that has one */
void
pgm_rule_column_check(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = new_column(v);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (e == NULL || v->table == NULL || e->work == PGM_WORK_NONE ||
		pgm_column_def_is_serial(def))
		return;
	if (pgm_column_def_constraint(def, CONSTR_CHECK))
		find_unsafe_column(v, out, e, psprintf("the CHECK of the new column \"%s\" is checked for each row: all access to %s is blocked meanwhile",
											   def->colname, pgm_table_name(e->table)));
	else if (pgm_shadow_type(v->shadow, def->typeName).constrained &&
			 e->work == PGM_WORK_REWRITE)
		pgm_finding_advise(pgm_finding_add_effect(out, e, "\"%s\" is of a domain with constraints: all access to %s is blocked while it is rewritten",
												  def->colname, pgm_table_name(e->table)),
						   "Add the column with the type beneath the domain, and the constraint as a CHECK of the table, NOT VALID first.");
}

/* Indexes go with their columns; those of other columns too go unnoticed. */
void
pgm_rule_drop_column_index(const PgmStatementView *v, PgmFindings *out)
{
	ListCell   *li;

	if (v->table == NULL || !pgm_finding_table_matters(v->table))
		return;
	foreach(li, v->table->indexes)
	{
		const PgmIndex *index = lfirst(li);

		if (!pgm_names_have(index->columns, v->action->name))
			continue;
		if (list_length(index->columns) > 1)
			pgm_finding_advise(pgm_finding_add(out, v->table, "index \"%s\" is dropped with the column, and was one of other columns too",
											   index->name),
							   "Build an index of the other columns CONCURRENTLY before, if queries need it.");
		else if (index->constraint == NULL && (index->attached || v->table->kind == RELKIND_PARTITIONED_TABLE))
			(void) pgm_finding_add(out, v->table, "index \"%s\" is dropped with the column, under ACCESS EXCLUSIVE",
								   index->name);
		else if (index->constraint == NULL)
			pgm_finding_rewrite(pgm_finding_add(out, v->table, "index \"%s\" is dropped with the column, under ACCESS EXCLUSIVE",
												index->name),
								"DROP INDEX CONCURRENTLY %s;",
								quote_qualified_identifier(v->table->schema, index->name));
	}
}

/* The action before, in the same transaction, that added the column */
static bool
added_required(const PgmStatementView *v, const char *column)
{
	const PgmColumn *c = pgm_table_column(v->table, column, NULL);

	return c && c->is_new && c->not_null && c->has_default;
}

/* Programs that do not know the column cannot insert any more. */
void
pgm_rule_default_dropped(const PgmStatementView *v, PgmFindings *out)
{
	if (v->table == NULL || v->action->def != NULL ||
		!pgm_finding_table_matters(v->table) || !added_required(v, v->action->name))
		return;
	pgm_finding_advise(pgm_finding_add(out, v->table, "column \"%s\" is new and NOT NULL: without its default, programs that do not know it cannot insert",
									   v->action->name),
					   "Drop the default in a migration that is run when all programs assign the column.");
}
