/*
 * rules_column.c
 *	  Rules about columns that are added, dropped or made NOT NULL.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/expressions.h"
#include "lint/rules.h"

/* The column that the action adds */
static const ColumnDef *
new_column(const PgmLint *l)
{
	return (const ColumnDef *) l->action->def;
}

/* The type of a new column as it is written */
static char *
type_text(PgmLint *l, const ColumnDef *def)
{
	const char *name = strVal(llast(def->typeName->names));

	if (pgm_column_is_serial(def))
		return strchr(name, '8') || name[0] == 'b' ? "bigint" :
			strchr(name, '2') || name[1] == 'm' ? "smallint" : "integer";
	return unconstify(char *, pgm_shadow_type(l->shadow, def->typeName).name);
}

/* SET NOT NULL in three steps, or from 18 on in two */
static char *
three_steps(const PgmTable *t, const char *column)
{
	char	   *name = makeObjectName(t->name, column, "not_null");
	const char *table = pgm_shadow_name(t);

	if (PGM_NOT_NULL_NOT_VALID)
		return psprintf("ALTER TABLE %s ADD CONSTRAINT %s NOT NULL %s NOT VALID;\n-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
						table, quote_identifier(name), quote_identifier(column),
						table, quote_identifier(name));
	return psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;\n"
					"-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;\n"
					"-- in one after that, which reads nothing:\nALTER TABLE %s ALTER COLUMN %s SET NOT NULL;\nALTER TABLE %s DROP CONSTRAINT %s;",
					table, quote_identifier(name), quote_identifier(column),
					table, quote_identifier(name), table,
					quote_identifier(column), table, quote_identifier(name));
}

/* SET NOT NULL reads the table under ACCESS EXCLUSIVE, unless a CHECK helps. */
void
pgm_rule_set_not_null(PgmLint *l)
{
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;

	if (l->table == NULL)
		return;
	if (e == NULL)
		(void) pgm_clear(l, l->table, "the plan makes the table: nobody uses it yet");
	else if (e->work == PGM_WORK_NONE)
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else
	{
		f = pgm_find_effect(l, e, "SET NOT NULL blocks all access to %s until each row was looked at",
							pgm_shadow_name(e->table));
		pgm_rewrite(f, "%s", three_steps(l->table, l->action->name));
	}
}

/* A new column that is NOT NULL without a default fails if there is a row. */
void
pgm_rule_required_column(PgmLint *l)
{
	const ColumnDef *def = new_column(l);
	const PgmEffect *e = pgm_worst_effect(l);
	PgmTypeRef	type;

	if (!pgm_column_constraint(def, CONSTR_NOTNULL) ||
		pgm_column_constraint(def, CONSTR_DEFAULT) ||
		pgm_column_constraint(def, CONSTR_IDENTITY) ||
		pgm_column_constraint(def, CONSTR_GENERATED) ||
		pgm_column_is_serial(def) || e == NULL || l->table == NULL)
		return;
	type = pgm_shadow_type(l->shadow, def->typeName);
	if (pgm_shadow_empty(l->table) && l->table->kind == RELKIND_RELATION)
	{
		(void) pgm_find_effect(l, e, "column \"%s\" is NOT NULL without a default: it fails as soon as there is a row",
							   def->colname);
		return;
	}
	pgm_rewrite(pgm_find_effect(l, e, "column \"%s\" is NOT NULL without a default: it fails if %s holds a row, and programs that do not know it can insert none",
								def->colname, pgm_shadow_name(l->table)),
				"ALTER TABLE %s ADD COLUMN %s %s;\n-- assign it: CALL migrate.backfill(...), then\n%s",
				pgm_shadow_name(l->table), quote_identifier(def->colname),
				type.name, three_steps(l->table, def->colname));
}

/* A default that is computed for each row rewrites the table. */
void
pgm_rule_volatile_default(PgmLint *l)
{
	const ColumnDef *def = new_column(l);
	const Constraint *given = pgm_column_constraint(def, CONSTR_DEFAULT);
	const PgmEffect *e = pgm_worst_effect(l);
	PgmTypeRef	any = {.oid = InvalidOid};
	char	   *expression;
	ListCell   *lc;

	if (given == NULL || e == NULL || pgm_column_is_serial(def))
		return;
	if (e->work == PGM_WORK_NONE)
	{
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why : "the table has no rows of its own");
		return;
	}
	if (e->work != PGM_WORK_REWRITE ||
		!pgm_expression_volatile(l->shadow, given->raw_expr, &any, def->colname))
		return;
	expression = pgm_source_element(l, given->location);
	foreach(lc, def->constraints)
	{
		const Constraint *other = lfirst(lc);
		int			behind = IsA(other, Constraint) ? other->location - given->location : 0;

		if (behind > 0 && behind < (int) strlen(expression))
			expression[behind] = '\0';
	}
	if (pg_strncasecmp(expression, "default", 7) == 0)
		expression += 7;
	expression += strspn(expression, " \t\r\n");
	for (int end = strlen(expression); end > 0 && strchr(" \t\r\n", expression[end - 1]); end--)
		expression[end - 1] = '\0';
	pgm_rewrite(pgm_find_effect(l, e, "the default of \"%s\" is volatile: all access to %s is blocked while it is rewritten",
								def->colname, pgm_shadow_name(e->table)),
				"ALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;\n-- in a later migration:\nCALL migrate.backfill(%s, %s, %s);",
				pgm_shadow_name(l->table), quote_identifier(def->colname),
				type_text(l, def), pgm_shadow_name(l->table),
				quote_identifier(def->colname), expression,
				quote_literal_cstr(pgm_shadow_name(l->table)),
				quote_literal_cstr(psprintf("%s = %s", quote_identifier(def->colname), expression)),
				quote_literal_cstr(psprintf("%s IS NULL", quote_identifier(def->colname))));
}

/* serial and identity number each row that is there. */
void
pgm_rule_serial(PgmLint *l)
{
	const ColumnDef *def = new_column(l);
	const PgmEffect *e = pgm_worst_effect(l);
	char	   *sequence;

	if (e == NULL || l->table == NULL || e->work != PGM_WORK_REWRITE ||
		!(pgm_column_is_serial(def) || pgm_column_constraint(def, CONSTR_IDENTITY)))
		return;
	sequence = quote_qualified_identifier(l->table->schema,
										  makeObjectName(l->table->name, def->colname, "seq"));
	pgm_rewrite(pgm_find_effect(l, e, "\"%s\" numbers each row: all access to %s is blocked while it is rewritten",
								def->colname, pgm_shadow_name(e->table)),
				"ALTER TABLE %s ADD COLUMN %s %s;\nCREATE SEQUENCE %s OWNED BY %s.%s;\nALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval('%s');\n-- in a later migration:\nCALL migrate.backfill('%s', '%s = nextval(''%s'')', '%s IS NULL');",
				pgm_shadow_name(l->table), quote_identifier(def->colname),
				type_text(l, def), sequence, pgm_shadow_name(l->table),
				quote_identifier(def->colname), pgm_shadow_name(l->table),
				quote_identifier(def->colname), sequence,
				pgm_shadow_name(l->table), quote_identifier(def->colname),
				sequence, quote_identifier(def->colname));
}

/* A stored generated column is computed for each row that is there. */
void
pgm_rule_generated(PgmLint *l)
{
	const ColumnDef *def = new_column(l);
	const Constraint *generated = pgm_column_constraint(def, CONSTR_GENERATED);
	const PgmEffect *e = pgm_worst_effect(l);

	if (generated == NULL || e == NULL)
		return;
	if (e->work == PGM_WORK_NONE)
	{
		(void) pgm_clear(l, l->table, "a virtual column is computed when it is read");
		return;
	}
	pgm_advise(pgm_find_effect(l, e, "\"%s\" is computed for each row: all access to %s is blocked while it is rewritten",
							   def->colname, pgm_shadow_name(e->table)),
			   "Add a plain column, a trigger that assigns it, and CALL migrate.backfill(...)%s.",
			   PGM_SERVER_MAJOR >= 18 ? "; or make it VIRTUAL" : "");
}

/* A CHECK written at a new column, or a domain that has one */
void
pgm_rule_column_check(PgmLint *l)
{
	const ColumnDef *def = new_column(l);
	const Constraint *check = pgm_column_constraint(def, CONSTR_CHECK);
	const PgmEffect *e = pgm_worst_effect(l);
	PgmTypeRef	type;
	char	   *name;

	if (e == NULL || l->table == NULL || e->work == PGM_WORK_NONE ||
		pgm_column_is_serial(def))
		return;
	type = pgm_shadow_type(l->shadow, def->typeName);
	if (check)
	{
		name = check->conname ? check->conname :
			makeObjectName(l->table->name, def->colname, "check");
		pgm_rewrite(pgm_find_effect(l, e, "the CHECK of the new column \"%s\" is checked for each row: all access to %s is blocked meanwhile",
									def->colname, pgm_shadow_name(e->table)),
					"ALTER TABLE %s ADD COLUMN %s %s;\nALTER TABLE %s ADD CONSTRAINT %s CHECK %s NOT VALID;\n-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;",
					pgm_shadow_name(l->table), quote_identifier(def->colname),
					type.name, pgm_shadow_name(l->table), quote_identifier(name),
					pgm_source_parenthesis(l, check->location),
					pgm_shadow_name(l->table), quote_identifier(name));
	}
	else if (type.constrained && e->work == PGM_WORK_REWRITE)
		pgm_advise(pgm_find_effect(l, e, "\"%s\" is of a domain with constraints: all access to %s is blocked while it is rewritten",
								   def->colname, pgm_shadow_name(e->table)),
				   "Add the column with the type beneath the domain, and the constraint as a CHECK of the table, NOT VALID first.");
}

/* Indexes go with their columns; those of other columns too go unnoticed. */
void
pgm_rule_drop_column_index(PgmLint *l)
{
	ListCell   *li;
	ListCell   *lc;

	if (l->table == NULL || !pgm_table_matters(l->table))
		return;
	foreach(li, l->table->indexes)
	{
		const PgmIndex *index = lfirst(li);
		bool		within = false;

		foreach(lc, index->columns)
			within = within || (lfirst(lc) && strcmp(lfirst(lc), l->action->name) == 0);
		if (!within)
			continue;
		if (list_length(index->columns) > 1)
			pgm_advise(pgm_find(l, l->table, "index \"%s\" is dropped with the column, and was one of other columns too",
								index->name),
					   "Build an index of the other columns CONCURRENTLY before, if queries need it.");
		else if (index->constraint == NULL)
			pgm_rewrite(pgm_find(l, l->table, "index \"%s\" is dropped with the column, under ACCESS EXCLUSIVE",
								 index->name),
						"DROP INDEX CONCURRENTLY %s;",
						quote_qualified_identifier(l->table->schema, index->name));
	}
}

/* The action before, in the same transaction, that added the column */
static bool
added_required(const PgmLint *l, const char *column)
{
	const PgmColumn *c = pgm_shadow_column(l->table, column, NULL);

	return c && c->is_new && c->not_null && c->has_default;
}

/* Programs that do not know the column cannot insert any more. */
void
pgm_rule_default_dropped(PgmLint *l)
{
	if (l->table == NULL || l->action->def != NULL ||
		!pgm_table_matters(l->table) || !added_required(l, l->action->name))
		return;
	pgm_advise(pgm_find(l, l->table, "column \"%s\" is new and NOT NULL: without its default, programs that do not know it cannot insert",
						l->action->name),
			   "Drop the default in a migration that is run when all programs assign the column.");
}
