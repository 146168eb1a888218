/*
 * rules_constraint.c
 *	  Rules about adding and validating constraints.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/expressions/expressions.h"
#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "lint/tables/parse_tree.h"
#include "schema/index_name.h"

/* Return the constraint that the action adds if it is of this type, else NULL. */
static const Constraint *
added_constraint(const PgmStatementView *v, ConstrType type)
{
	const Constraint *c = (const Constraint *) v->action->def;

	return v->action->subtype == AT_AddConstraint && c->contype == type ? c : NULL;
}

/* Return the name of a new constraint, or one as the server would choose it. */
static char *
name_of_constraint(const PgmStatementView *v, const Constraint *c, const char *suffix)
{
	List	   *columns = pgm_parse_tree_names(c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys);

	if (c->contype == CONSTR_CHECK)
		columns = pgm_table_check_column(v->table, pgm_expression_check(v->table, c->raw_expr));
	return c->conname ? c->conname :
		pgm_safe_name(v->shadow, v->table,
					  columns ? pgm_index_name_of_columns(columns) : NULL, suffix);
}

/* Return the source of a new constraint without CONSTRAINT and its name. */
static char *
constraint_definition(const PgmStatementView *v, const Constraint *c)
{
	return pgm_source_unnamed(pgm_source_element(v, c->location));
}

/*
 * Return true if the constraint harms nobody because the plan creates the table, and say so,
 * or if the table is not known.
 */
static bool
clear_new_table(const PgmStatementView *v, PgmFindings *out)
{
	if (v->table == NULL || pgm_finding_worst_effect(v))
		return v->table == NULL;
	(void) pgm_finding_add_safe(out, v->table, "the plan makes the table: nobody uses it yet");
	return true;
}

/* Propose NOT VALID, and VALIDATE in a later migration. */
static void
rewrite_not_valid(const PgmStatementView *v, PgmFinding *f, const Constraint *c,
				  const char *suffix)
{
	PgmSafe		safe;

	pgm_safe_begin(&safe, v);
	pgm_safe_valid_later(&safe, name_of_constraint(v, c, suffix), constraint_definition(v, c));
	pgm_finding_rewrite(f, "%s", pgm_safe_text(&safe));
}

/* ADD CHECK without NOT VALID reads the table under ACCESS EXCLUSIVE. */
void
pgm_rule_check_not_valid(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c = added_constraint(v, CONSTR_CHECK);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (c == NULL || clear_new_table(v, out))
		return;
	if (e->work == PGM_WORK_NONE)
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else
		rewrite_not_valid(v, pgm_finding_add_effect(out, e, "ADD CHECK blocks all access to %s until it has checked each row",
													pgm_table_name(e->table)), c, "check");
}

/* Propose foreign keys of the partitions first, which that of the table takes over. */
static void
rewrite_partitioned_key(const PgmStatementView *v, PgmFinding *f, const Constraint *c)
{
	StringInfoData out;
	const char *name = quote_identifier(name_of_constraint(v, c, "fkey"));
	PgmRecipePhase phase = PGM_RECIPE_ADD;
	List	   *parts = NIL;
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(v->shadow, v->table))
	{
		PgmTable   *t = lfirst(lc);

		if (t->kind != RELKIND_PARTITIONED_TABLE)
			parts = lappend(parts, pgm_safe_alter_table(t));
	}
	initStringInfo(&out);
	foreach(lc, pgm_recipe_partitioned_foreign_key(parts, pgm_safe_alter_table(v->table), name,
												   constraint_definition(v, c)))
	{
		const PgmRecipeStep *step = lfirst(lc);

		/* A PgmSafe would say of all VALIDATE that they are in one migration. */
		if (step->phase != phase)
			appendStringInfoString(&out, step->phase == PGM_RECIPE_READ ?
								   "-- in later migrations:\n" :
								   "-- then, which takes over those of the partitions:\n");
		phase = step->phase;
		appendStringInfo(&out, "%s;\n", step->sql);
	}
	pgm_finding_rewrite(f, "%s", out.data);
}

/* Return the name of the table that a foreign key refers to. */
static const char *
referenced_name(const PgmStatementView *v, const Constraint *c)
{
	const PgmTable *other = pgm_shadow_table(v->shadow, c->pktable);

	return other ? pgm_table_name(other) :
		quote_qualified_identifier(c->pktable->schemaname, c->pktable->relname);
}

/* ADD FOREIGN KEY without NOT VALID blocks writes to both tables. */
void
pgm_rule_foreign_key_not_valid(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c = added_constraint(v, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_finding_worst_effect(v);
	bool		partitioned;
	PgmFinding *f;

	if (c == NULL || clear_new_table(v, out))
		return;
	partitioned = v->table->kind == RELKIND_PARTITIONED_TABLE;
	if (partitioned && c->skip_validation && !PGM_PARTITIONED_KEY_NOT_VALID)
	{
		f = pgm_finding_add(out, v->table, "a foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18");
		rewrite_partitioned_key(v, f, c);
		return;
	}
	if (e->work == PGM_WORK_NONE || !pgm_finding_table_matters(v->table))
	{
		(void) pgm_finding_add_safe(out, v->table, "%s", e->why ? e->why :
									"no row has to be checked");
		return;
	}
	f = pgm_finding_add_effect(out, e, "ADD FOREIGN KEY blocks writes to %s and to %s until it has checked each row",
							   pgm_table_name(v->table),
							   referenced_name(v, c));
	if (partitioned && !PGM_PARTITIONED_KEY_NOT_VALID)
		rewrite_partitioned_key(v, f, c);
	else
		rewrite_not_valid(v, f, c, "fkey");
}

/* ADD COLUMN ... REFERENCES is checked only when there is a default. */
void
pgm_rule_column_foreign_key(const PgmStatementView *v, PgmFindings *out)
{
	const ColumnDef *def = (const ColumnDef *) v->action->def;
	const Constraint *c = pgm_column_def_constraint(def, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_finding_worst_effect(v);
	PgmFinding *f;

	if (c == NULL || clear_new_table(v, out) || !pgm_finding_table_matters(v->table))
		return;
	if (pgm_column_def_constraint(def, CONSTR_DEFAULT) == NULL)
	{
		(void) pgm_finding_add_safe(out, v->table, "the new column is null in each row, so that no row is checked; it takes SHARE ROW EXCLUSIVE on %s for a moment",
									referenced_name(v, c));
		return;
	}
	if (pgm_column_def_has_value(def))
		f = pgm_finding_add_effect(out, e, "the default of the new column is checked against %s for each row",
								   referenced_name(v, c));
	else
		f = pgm_finding_add_effect(out, e, "DEFAULT NULL says nothing, and yet makes the server look at each row for the foreign key");
	pgm_finding_rewrite(f, "%s", pgm_safe_column(v, def));
}

/* The foreign keys of a new table lock the existing tables that they refer to. */
void
pgm_rule_create_table_foreign_key(const PgmStatementView *v, PgmFindings *out)
{
	ListCell   *lc;
	List	   *seen = NIL;

	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->mode != ShareRowExclusiveLock || !OidIsValid(e->table->relid))
			continue;
		(void) pgm_finding_add_effect(out, e, "the foreign key of the new table takes SHARE ROW EXCLUSIVE on %s: no row is read, but writes to it wait until the migration is committed",
									  pgm_table_name(e->table));
		seen = list_append_unique_ptr(seen, e->table);
	}
	if (list_length(seen) > 1)
		pgm_finding_advise(pgm_finding_add(out, NULL, "foreign keys to %d tables are locked for together, which may deadlock with transactions that use them in another order",
										   list_length(seen)),
						   "Create the table without them, and add each foreign key in a migration of its own.");
}

/* Return the columns (char *) of a new primary key that may hold nulls. */
static List *
nullable_keys(const PgmStatementView *v, const Constraint *c)
{
	List	   *columns = pgm_parse_tree_names(c->keys);
	List	   *result = NIL;
	ListCell   *lc;

	if (c->indexname)
	{
		PgmIndex   *index = pgm_shadow_index(v->shadow,
											 makeRangeVar(v->table->schema, c->indexname, -1));

		columns = index ? index->columns : NIL;
	}
	foreach(lc, columns)
	{
		const char *by;

		if (lfirst(lc) && !pgm_expression_null_excluded(v->table, lfirst(lc), &by))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* Return the safe form of a key: its columns become NOT NULL, then it takes over an index. */
static char *
safe_key(const PgmStatementView *v, const Constraint *c)
{
	PgmKey		key = {
		.constraint = c,
		.columns = pgm_parse_tree_names(c->keys),
		.attributes = c->initdeferred ? " DEFERRABLE INITIALLY DEFERRED" :
		c->deferrable ? " DEFERRABLE" : ""
	};
	PgmSafe		safe;
	ListCell   *lc;

	pgm_safe_begin(&safe, v);
	foreach(lc, c->contype == CONSTR_PRIMARY ? nullable_keys(v, c) : NIL)
	{
		pgm_safe_not_null(&safe, lfirst(lc));
	}
	if (c->indexname)
		pgm_safe_add(&safe, PGM_SAFE_END, "%s;\n", pgm_source(v));
	else
		pgm_safe_key(&safe, &key);
	return pgm_safe_text(&safe);
}

/* USING INDEX is safe, or fails if the index does not exist or belongs to another table. */
static void
judge_using_index(const PgmStatementView *v, PgmFindings *out, const Constraint *c,
				  const PgmEffect *e, const char *what)
{
	const PgmIndex *index = pgm_shadow_index(v->shadow,
											 makeRangeVar(v->table->schema, c->indexname, -1));

	if (index && index->table == v->table)
	{
		(void) pgm_finding_add_safe(out, v->table, "%s: %s USING INDEX reads nothing", e->why, what);
		return;
	}
	if (index)
		(void) pgm_finding_add_failure(out, v->table, "\"%s\" is not an index for table \"%s\"",
									   c->indexname, v->table->name);
	else
		(void) pgm_finding_add_failure(out, v->table, "index \"%s\" does not exist", c->indexname);
}

/* Judge a UNIQUE or PRIMARY KEY of the table, or of a new column. */
static void
judge_unique(const PgmStatementView *v, PgmFindings *out, ConstrType type, const char *what)
{
	const Constraint *c = added_constraint(v, type);
	const ColumnDef *def = NULL;
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (v->action->subtype == AT_AddColumn)
	{
		def = (const ColumnDef *) v->action->def;
		c = pgm_column_def_constraint(def, type);
	}
	if (c == NULL || clear_new_table(v, out))
		return;
	if (c->indexname)
	{
		if (e->work == PGM_WORK_NONE)
			judge_using_index(v, out, c, e, what);
		return;
	}
	if (e->work != PGM_WORK_NONE)
		pgm_finding_rewrite(pgm_finding_add_effect(out, e, "%s blocks all access to %s while its index is built",
												   what, pgm_table_name(v->table)),
							"%s", def ? pgm_safe_column(v, def) : safe_key(v, c));
}

/* UNIQUE whose index is built while all access is blocked. */
void
pgm_rule_unique_not_using_index(const PgmStatementView *v, PgmFindings *out)
{
	judge_unique(v, out, CONSTR_UNIQUE, "UNIQUE");
}

/* PRIMARY KEY whose index is built while all access is blocked. */
void
pgm_rule_primary_key_not_using_index(const PgmStatementView *v, PgmFindings *out)
{
	judge_unique(v, out, CONSTR_PRIMARY, "PRIMARY KEY");
}

/* PRIMARY KEY makes its columns NOT NULL, for which it reads the table. */
void
pgm_rule_primary_key_nullable(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c = added_constraint(v, CONSTR_PRIMARY);
	const PgmEffect *e = pgm_finding_worst_effect(v);
	ListCell   *lc;

	if (c == NULL || v->table == NULL || e == NULL ||
		v->table->kind != RELKIND_RELATION)
		return;
	foreach(lc, nullable_keys(v, c))
	{
		pgm_finding_rewrite(pgm_finding_add_effect(out, e, "column \"%s\" becomes NOT NULL: all access to %s is blocked until each row was looked at",
												   (char *) lfirst(lc), pgm_table_name(v->table)),
							"%s", safe_key(v, c));
	}
}

/* EXCLUDE has no safe form: its index cannot be built CONCURRENTLY. */
void
pgm_rule_exclusion_constraint(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c = added_constraint(v, CONSTR_EXCLUSION);
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (c == NULL || clear_new_table(v, out) || e->work == PGM_WORK_NONE)
		return;
	pgm_finding_advise(pgm_finding_add_effect(out, e, "EXCLUDE blocks all access to %s while its index is built and each row is checked",
											  pgm_table_name(v->table)),
					   "There is no other way for a table that is in use: fill a new table that has the constraint, and swap the two.");
}

/*
 * VALIDATE in the transaction that added the constraint reads the table under
 * the lock of ADD.
 */
void
pgm_rule_validate_same_transaction(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_finding_worst_effect(v);
	int			made_in = 0;
	PgmFinding *f;
	ListCell   *lc;

	if (v->table == NULL || e == NULL || e->work == PGM_WORK_NONE)
		return;
	foreach(lc, v->table->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, v->action->name) == 0)
			made_in = ((PgmCheck *) lfirst(lc))->made_in;
	}
	foreach(lc, v->table->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, v->action->name) == 0)
			made_in = ((PgmForeignKey *) lfirst(lc))->made_in;
	}
	if (made_in > 0 && made_in != v->shadow->transaction && v->one_transaction && !v->down)
	{
		f = pgm_finding_add_effect(out, e, "SELECT migrate.upgrade() would add the constraint and VALIDATE it in one transaction, reading %s while it is locked",
								   pgm_table_name(v->table));
		f->severity = Min(f->severity, PGM_SEVERITY_WARNING);
		pgm_finding_rewrite(f, "CALL migrate.deploy(); -- which commits each migration");
		return;
	}
	if (made_in != v->shadow->transaction && e->mode >= ShareLock)
	{
		pgm_finding_advise(pgm_finding_add_effect(out, e, "VALIDATE reads %s while another action of the statement blocks all access to it",
												  pgm_table_name(e->table)),
						   "Put ALTER TABLE %s VALIDATE CONSTRAINT %s into a migration of its own.",
						   pgm_table_name(v->table), quote_identifier(v->action->name));
		return;
	}
	if (made_in != v->shadow->transaction)
	{
		(void) pgm_finding_add_safe(out, v->table, "VALIDATE lets others read and write while it checks each row");
		return;
	}
	pgm_finding_advise(pgm_finding_add_effect(out, e, "VALIDATE reads %s in the transaction that added the constraint, whose lock is held until the end",
											  pgm_table_name(v->table)),
					   "Write -- migrate:segment above ALTER TABLE %s VALIDATE CONSTRAINT %s, or put that into a later migration.",
					   pgm_table_name(v->table), quote_identifier(v->action->name));
}

/*
 * Propose NOT VALID for a constraint of a domain.  Before PostgreSQL 19 VALIDATE blocks
 * writes to all tables that use the domain, so it cannot simply be a later migration.
 */
static void
rewrite_domain(const PgmStatementView *v, PgmFinding *f, const AlterDomainStmt *stmt)
{
	const Constraint *c = (const Constraint *) stmt->def;
	const char *name = c->conname ? c->conname :
		pgm_shadow_domain_constraint_name(v->shadow, stmt->typeName);
	List	   *steps = pgm_recipe_validate_later(psprintf("ALTER DOMAIN %s",
														   NameListToQuotedString(stmt->typeName)),
												  quote_identifier(name),
												  constraint_definition(v, c));
	const PgmRecipeStep *add = linitial(steps);
	const PgmRecipeStep *validate = lsecond(steps);

	pgm_finding_rewrite(f, PGM_DOMAIN_VALIDATE_LOCK < ShareLock ?
						"%s;\n-- in a later migration:\n%s;" :
						"%s;\n-- it holds for new values at once; %s blocks writes, so that it is for when nobody writes",
						add->sql, validate->sql);
}

/* A constraint of a domain is checked in every column of the domain. */
void
pgm_rule_domain_constraint(const PgmStatementView *v, PgmFindings *out)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) v->node;
	const PgmEffect *e = pgm_finding_worst_effect(v);
	PgmFinding *f;
	uint64		bytes;
	int			tables;

	if (e == NULL || e->mode < ShareLock)
	{
		if (stmt->subtype == 'C' && ((const Constraint *) stmt->def)->skip_validation)
			(void) pgm_finding_add_safe(out, NULL, "NOT VALID: the values that are there are not looked at");
		return;
	}
	pgm_finding_sum_effects(v, &bytes, &tables);
	f = pgm_finding_add_effect(out, e, "writes to %s%s are blocked until every value of the domain was checked",
							   pgm_table_name(e->table), tables > 1 ?
							   psprintf(" and %d more", tables - 1) : "");
	f->bytes = bytes;
	pgm_finding_evidence_number(f, "tables", tables);
	if (stmt->subtype == 'C')
		rewrite_domain(v, f, stmt);
	else if (stmt->subtype == 'O')
		pgm_finding_advise(f, "ALTER DOMAIN ... ADD CONSTRAINT ... CHECK (VALUE IS NOT NULL) NOT VALID holds for new values at once.");
	else
		pgm_finding_advise(f, "Run it when nobody writes: before PostgreSQL 19 there is no other way.");
}
