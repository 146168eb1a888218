/*
 * rules_type.c
 *	  Rules about types: of columns that change them, and enums.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "lint/tables/parse_tree.h"

/*
 * How to change a type without blocking others.  A value may be rounded on its
 * way, so that the rows to be done are those without one.
 */
static void
rewrite_expand(const PgmStatementView *v, PgmFinding *f)
{
	const ColumnDef *def = (const ColumnDef *) v->action->def;
	const char *table = pgm_table_name(v->table);
	const char *column = quote_identifier(makeObjectName(v->action->name, NULL, "new"));
	char	   *text = pgm_source_element(v, def->location);
	const char *value = pgm_source_word(text, "using", NULL);

	if (v->table->kind == RELKIND_COMPOSITE_TYPE)
	{
		pgm_finding_advise(f, "ALTER TYPE ... ADD ATTRIBUTE ... CASCADE of the new type rewrites nothing: assign it in batches, and drop the old one when no program uses it.");
		return;
	}
	if (pgm_shadow_type(v->shadow, def->typeName).constrained)
	{
		pgm_finding_advise(f, "Add a column of the type beneath the domain, with the constraint of that as a CHECK, NOT VALID first; assign it in batches, and drop the old one when no program uses it.");
		return;
	}
	value = value ? value : quote_identifier(v->action->name);
	pgm_finding_rewrite(f, "ALTER TABLE %s ADD COLUMN %s %s;\n-- a trigger that assigns it from \"%s\"; in a later migration:\nCALL migrate.backfill(%s, %s, %s);\n-- when all programs use it, drop the old column",
						table, column, pgm_source_word(text, "type", "using"),
						v->action->name, quote_literal_cstr(table),
						quote_literal_cstr(psprintf("%s = %s", column, value)),
						quote_literal_cstr(psprintf("%s IS NULL AND (%s) IS NOT NULL", column, value)));
}

/* The effect on the table itself, or on what inherits from it */
static const PgmEffect *
own_effect(const PgmStatementView *v)
{
	const PgmEffect *worst = NULL;
	ListCell   *lc;
	List	   *tree = v->table ? pgm_shadow_tree(v->shadow, v->table) : NIL;

	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->action == v->action && pgm_finding_table_matters(e->table) &&
			list_member_ptr(tree, e->table) &&
			(worst == NULL || e->work > worst->work))
			worst = e;
	}
	return worst;
}

/* ALTER TYPE that changes the stored values rewrites table and indexes. */
void
pgm_rule_type_rewrite(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = own_effect(v);
	PgmFinding *f;

	if (e == NULL)
	{
		if (v->table)
			(void) pgm_finding_add_safe(out, v->table, "the plan makes the table: nobody uses it yet");
		return;
	}
	if (e->work == PGM_WORK_NONE)
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why : "the table has no rows of its own");
	if (e->work != PGM_WORK_REWRITE)
		return;
	f = pgm_finding_add_effect(out, e, "the new type of \"%s\" rewrites %s and all its indexes: all access is blocked meanwhile, and as much space needed again",
							   v->action->name, pgm_table_name(e->table));
	rewrite_expand(v, f);
}

/* The effect of a change of type that leaves the rows as they are but does this again; or NULL */
static const PgmEffect *
effect_redoing(const PgmStatementView *v, PgmRedone what)
{
	const PgmEffect *e = own_effect(v);

	Assert(e == NULL || e->redone == 0 || (e->work == PGM_WORK_SCAN && e->why));
	return e && (e->redone & what) ? e : NULL;
}

/* A change of type that rewrites no row, but evaluates a CHECK for each */
void
pgm_rule_type_check(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = effect_redoing(v, PGM_REDONE_CHECKS);

	if (e)
		pgm_finding_advise(pgm_finding_add_effect(out, e, "%s: all access to %s is blocked meanwhile",
												  e->why, pgm_table_name(e->table)),
						   "Drop the CHECK, change the type, add the CHECK again NOT VALID, and VALIDATE it in a later migration.");
}

/* A change of type that rewrites no row, but rebuilds an index */
void
pgm_rule_type_index(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = effect_redoing(v, PGM_REDONE_INDEXES);

	if (e)
		pgm_finding_advise(pgm_finding_add_effect(out, e, "%s: all access to %s is blocked meanwhile",
												  e->why, pgm_table_name(e->table)),
						   "DROP INDEX CONCURRENTLY, change the type, and CREATE INDEX CONCURRENTLY again.");
}

/* The server refuses to change the type of a column that a view shows. */
void
pgm_rule_type_dependents(const PgmStatementView *v, PgmFindings *out)
{
	AttrNumber	attnum;
	const PgmColumn *c = v->table ?
		pgm_table_column(v->table, v->action->name, &attnum) : NULL;
	const char *kind;
	char	   *object;
	ListCell   *lc;

	if (c == NULL || !OidIsValid(v->table->relid))
		return;
	object = c->is_new ? NULL : pgm_obstacle_of_column(v->shadow, v->table, attnum, &kind);
	if (object)
		pgm_finding_advise(pgm_finding_add(out, v->table, "the type of \"%s\" cannot be changed: %s depends on it",
										   v->action->name, object),
						   "Drop the %s before, and create it again in the same migration; or add a new column.",
						   kind);
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->action == v->action && e->table != v->table &&
			OidIsValid(e->table->relid) && e->mode == AccessExclusiveLock &&
			!list_member_ptr(pgm_shadow_tree(v->shadow, v->table), e->table))
			(void) pgm_finding_add_effect(out, e, "%s is locked too, for a foreign key between it and \"%s\"%s",
										  pgm_table_name(e->table), v->action->name,
										  e->work ? ", and read" : "");
	}
}

/* DELETE FROM pg_enum is how values are removed by hand. */
static void
judge_catalog_delete(const PgmStatementView *v, PgmFindings *out)
{
	const DeleteStmt *stmt = (const DeleteStmt *) v->node;

	if (strcmp(stmt->relation->relname, "pg_enum") == 0)
		pgm_finding_advise(pgm_finding_add(out, NULL, "an enum value must not be removed from the catalog: indexes and rows may still hold it"),
						   "CREATE TYPE ... with the values that stay, ALTER TABLE ... ALTER COLUMN ... TYPE ... USING column::text::new_type, DROP TYPE the old one.");
}

/* Enum values: not usable before they are committed, and never removed */
void
pgm_rule_enum_value(const PgmStatementView *v, PgmFindings *out)
{
	const AlterEnumStmt *stmt = (const AlterEnumStmt *) v->node;

	if (IsA(v->node, DeleteStmt))
	{
		judge_catalog_delete(v, out);
		return;
	}
	if (stmt->oldVal)
		return;
	if (stmt->newValNeighbor == NULL)
	{
		PgmFinding *f = pgm_finding_add(out, NULL, "value '%s' is added after all others: say BEFORE or AFTER if the order matters",
										stmt->newVal);

		f->severity = PGM_SEVERITY_NOTICE;
	}
	(void) pgm_finding_add_safe(out, NULL, "'%s' can be used only when it is committed: what mentions it is cut off, and run in a transaction after this one",
								stmt->newVal);
}

/* Types that have a better alternative, by their name in pg_catalog */
static const struct
{
	const char *type;
	const char *better;
	const char *why;
}			advice[] =

{
	{.type = "json",.better = "jsonb",
	.why = "json has no equality, so that SELECT DISTINCT and GROUP BY fail"},
	{.type = "bpchar",.better = "text",
	.why = "char(n) pads with blanks, and is no faster"},
	{.type = "varchar",.better = "text with a CHECK",
	.why = "varchar(n) can be made longer without work, but not shorter; a CHECK can be made both"},
	{.type = "timestamp",.better = "timestamptz",
	.why = "timestamp has no time zone, so that a value does not say which moment it is"},
	{.type = "money",.better = "numeric",
	.why = "money depends on lc_monetary"},
	{.type = "timetz",.better = "timestamptz",
	.why = "a time of day has no zone without a date"}
};

/* Judge the type of one new column; what is not a ColumnDef, such as a constraint, has none. */
static void
advise_type(const PgmStatementView *v, PgmFindings *out, const PgmTable *t, const ColumnDef *def)
{
	const char *name;

	if (!IsA(def, ColumnDef) || def->typeName == NULL || def->typeName->names == NIL)
		return;
	name = strVal(llast(def->typeName->names));
	for (int i = 0; i < (int) lengthof(advice); i++)
		if (strcmp(name, advice[i].type) == 0 &&
			!(strcmp(name, "varchar") == 0 && def->typeName->typmods == NIL))
			(void) pgm_finding_add(out, t, "column \"%s\": use %s instead: %s", def->colname,
								   advice[i].better, advice[i].why);
	if (pgm_column_def_is_serial(def))
		(void) pgm_finding_add(out, t, "column \"%s\": use GENERATED BY DEFAULT AS IDENTITY instead: its sequence has no rights of its own",
							   def->colname);
	if (pgm_column_def_constraint(def, CONSTR_PRIMARY) &&
		(strcmp(name, "int4") == 0 || strcmp(name, "int2") == 0 ||
		 strcmp(name, "serial") == 0 || strcmp(name, "serial4") == 0))
		(void) pgm_finding_add(out, t, "column \"%s\": use bigint instead: there are 2,147,483,647 integers",
							   def->colname);
}

/* Types of new columns that have a better alternative */
void
pgm_rule_type_advice(const PgmStatementView *v, PgmFindings *out)
{
	ListCell   *lc;

	if (v->action)
	{
		advise_type(v, out, v->table, (const ColumnDef *) v->action->def);
		return;
	}
	foreach(lc, ((const CreateStmt *) v->node)->tableElts)
	{
		advise_type(v, out, NULL, lfirst(lc));
	}
}
