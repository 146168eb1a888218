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
#include "lint/tables/parse_tree.h"
#include "recipes/safe_forms.h"
#include "schema/index_name.h"

/* The constraint that the action adds, if it is of this kind; or NULL. */
static const Constraint *
added(const PgmLint *l, ConstrType type)
{
	const Constraint *c = (const Constraint *) l->action->def;

	return l->action->subtype == AT_AddConstraint && c->contype == type ? c : NULL;
}

/* Its name, or one as the server would give it */
static char *
name_of(const PgmLint *l, const Constraint *c, const char *suffix)
{
	List	   *columns = pgm_parse_tree_names(c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys);

	if (c->contype == CONSTR_CHECK)
		columns = pgm_table_check_column(l->table, pgm_expression_check(l->table, c->raw_expr));
	return c->conname ? c->conname :
		pgm_safe_name(l->shadow, l->table,
					  columns ? pgm_index_name_of_columns(columns) : NULL, suffix);
}

/* The definition without a name */
static char *
definition(const PgmLint *l, const Constraint *c)
{
	return pgm_source_unnamed(pgm_source_element(l, c->location));
}

/* Say that the plan makes the table; returns whether it does. */
static bool
clear_new(PgmLint *l)
{
	if (l->table == NULL || pgm_worst_effect(l))
		return l->table == NULL;
	(void) pgm_clear(l, l->table, "the plan makes the table: nobody uses it yet");
	return true;
}

/* NOT VALID first, to be validated in a transaction of its own */
static void
rewrite_not_valid(PgmLint *l, PgmFinding *f, const Constraint *c,
				  const char *suffix)
{
	PgmSafe		safe;

	pgm_safe_begin(&safe, l);
	pgm_safe_valid_later(&safe, name_of(l, c, suffix), definition(l, c));
	pgm_rewrite(f, "%s", pgm_safe_text(&safe));
}

/* ADD CHECK without NOT VALID reads the table under ACCESS EXCLUSIVE. */
void
pgm_rule_check(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_CHECK);
	const PgmEffect *e = pgm_worst_effect(l);

	if (c == NULL || clear_new(l))
		return;
	if (e->work == PGM_WORK_NONE)
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why : "the table has no rows of its own");
	else
		rewrite_not_valid(l, pgm_find_effect(l, e, "ADD CHECK blocks all access to %s until it has checked each row",
											 pgm_table_name(e->table)), c, "check");
}

/* How foreign keys of a partitioned table are added before 18 */
static void
rewrite_partitioned_key(PgmLint *l, PgmFinding *f, const Constraint *c)
{
	StringInfoData out;
	char	   *name = name_of(l, c, "fkey");
	char	   *text = definition(l, c);
	ListCell   *lc;

	initStringInfo(&out);
	foreach(lc, pgm_shadow_tree(l->shadow, l->table))
	{
		PgmTable   *t = lfirst(lc);

		if (t->kind != RELKIND_PARTITIONED_TABLE)
			appendStringInfo(&out, "ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID;\n",
							 pgm_table_name(t), quote_identifier(name), text);
	}
	appendStringInfoString(&out, "-- in later migrations:\n");
	foreach(lc, pgm_shadow_tree(l->shadow, l->table))
	{
		PgmTable   *t = lfirst(lc);

		if (t->kind != RELKIND_PARTITIONED_TABLE)
			appendStringInfo(&out, "ALTER TABLE %s VALIDATE CONSTRAINT %s;\n",
							 pgm_table_name(t), quote_identifier(name));
	}
	appendStringInfo(&out, "-- then, which takes over those of the partitions:\nALTER TABLE %s ADD CONSTRAINT %s %s;",
					 pgm_table_name(l->table), quote_identifier(name), text);
	pgm_rewrite(f, "%s", out.data);
}

/* The table that a foreign key refers to */
static const char *
referenced_name(PgmLint *l, const Constraint *c)
{
	const PgmTable *other = pgm_shadow_table(l->shadow, c->pktable);

	return other ? pgm_table_name(other) :
		quote_qualified_identifier(c->pktable->schemaname, c->pktable->relname);
}

/* ADD FOREIGN KEY without NOT VALID blocks writes to both tables. */
void
pgm_rule_foreign_key(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_worst_effect(l);
	bool		partitioned;
	PgmFinding *f;

	if (c == NULL || clear_new(l))
		return;
	partitioned = l->table->kind == RELKIND_PARTITIONED_TABLE;
	if (partitioned && c->skip_validation && !PGM_PARTITIONED_KEY_NOT_VALID)
	{
		f = pgm_find(l, l->table, "a foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18");
		rewrite_partitioned_key(l, f, c);
		return;
	}
	if (e->work == PGM_WORK_NONE || !pgm_table_matters(l->table))
	{
		(void) pgm_clear(l, l->table, "%s", e->why ? e->why :
						 "no row has to be checked");
		return;
	}
	f = pgm_find_effect(l, e, "ADD FOREIGN KEY blocks writes to %s and to %s until it has checked each row",
						pgm_table_name(l->table),
						referenced_name(l, c));
	if (partitioned && !PGM_PARTITIONED_KEY_NOT_VALID)
		rewrite_partitioned_key(l, f, c);
	else
		rewrite_not_valid(l, f, c, "fkey");
}

/* ADD COLUMN ... REFERENCES is checked only when there is a default. */
void
pgm_rule_column_foreign_key(PgmLint *l)
{
	const ColumnDef *def = (const ColumnDef *) l->action->def;
	const Constraint *c = pgm_column_def_constraint(def, CONSTR_FOREIGN);
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;

	if (c == NULL || clear_new(l) || !pgm_table_matters(l->table))
		return;
	if (pgm_column_def_constraint(def, CONSTR_DEFAULT) == NULL)
	{
		(void) pgm_clear(l, l->table, "the new column is null in each row, so that no row is checked; it takes SHARE ROW EXCLUSIVE on %s for a moment",
						 referenced_name(l, c));
		return;
	}
	if (pgm_column_def_has_value(def))
		f = pgm_find_effect(l, e, "the default of the new column is checked against %s for each row",
							referenced_name(l, c));
	else
		f = pgm_find_effect(l, e, "DEFAULT NULL says nothing, and yet makes the server look at each row for the foreign key");
	pgm_rewrite(f, "%s", pgm_safe_column(l, def));
}

/* The existing tables that the foreign keys of a new table refer to */
void
pgm_rule_table_foreign_key(PgmLint *l)
{
	ListCell   *lc;
	List	   *seen = NIL;

	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->mode != ShareRowExclusiveLock || !OidIsValid(e->table->relid))
			continue;
		(void) pgm_find_effect(l, e, "the foreign key of the new table takes SHARE ROW EXCLUSIVE on %s: no row is read, but writes to it wait until the migration is committed",
							   pgm_table_name(e->table));
		seen = list_append_unique_ptr(seen, e->table);
	}
	if (list_length(seen) > 1)
		pgm_advise(pgm_find(l, NULL, "foreign keys to %d tables are locked for together, which may deadlock with transactions that use them in another order",
							list_length(seen)),
				   "Create the table without them, and add each foreign key in a migration of its own.");
}

/* The columns (char *) of a new primary key that may hold nulls */
static List *
nullable_keys(PgmLint *l, const Constraint *c)
{
	List	   *columns = pgm_parse_tree_names(c->keys);
	List	   *result = NIL;
	ListCell   *lc;

	if (c->indexname)
	{
		PgmIndex   *index = pgm_shadow_index(l->shadow,
											 makeRangeVar(l->table->schema, c->indexname, -1));

		columns = index ? index->columns : NIL;
	}
	foreach(lc, columns)
	{
		const char *by;

		if (lfirst(lc) && !pgm_expression_null_excluded(l->table, lfirst(lc), &by))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* A key of the table in steps: first its columns NOT NULL, then its index */
static char *
safe_key(PgmLint *l, const Constraint *c)
{
	PgmKey		key = {c, pgm_parse_tree_names(c->keys), c->initdeferred ? " DEFERRABLE INITIALLY DEFERRED" : c->deferrable ? " DEFERRABLE" : ""};
	PgmSafe		safe;
	ListCell   *lc;

	pgm_safe_begin(&safe, l);
	if (c->contype == CONSTR_PRIMARY)
		foreach(lc, nullable_keys(l, c))
	{
		pgm_safe_not_null(&safe, lfirst(lc));
	}
	if (c->indexname)
		pgm_safe_add(&safe, PGM_SAFE_END, "%s;\n", pgm_source(l));
	else
		pgm_safe_key(&safe, &key);
	return pgm_safe_text(&safe);
}

/* An index that is there already, and of the table */
static void
clear_using_index(PgmLint *l, const Constraint *c, const PgmEffect *e, const char *what)
{
	const PgmRule *rule = l->rule;
	const PgmIndex *index = pgm_shadow_index(l->shadow,
											 makeRangeVar(l->table->schema, c->indexname, -1));

	if (index && index->table == l->table)
	{
		(void) pgm_clear(l, l->table, "%s: %s USING INDEX reads nothing", e->why, what);
		return;
	}
	l->rule = pgm_rule_find("cannot-judge");
	(void) pgm_find(l, l->table, index ? "it would fail: \"%s\" is not an index for table \"%s\"" :
					"it would fail: index \"%s\" does not exist", c->indexname, l->table->name);
	l->rule = rule;
}

/* A UNIQUE or PRIMARY KEY, of the table or of a new column */
static void
judge_unique(PgmLint *l, ConstrType type, const char *what)
{
	const Constraint *c = added(l, type);
	const ColumnDef *def = NULL;
	const PgmEffect *e = pgm_worst_effect(l);

	if (l->action->subtype == AT_AddColumn)
	{
		def = (const ColumnDef *) l->action->def;
		c = pgm_column_def_constraint(def, type);
	}
	if (c == NULL || clear_new(l))
		return;
	if (c->indexname)
	{
		if (e->work == PGM_WORK_NONE)
			clear_using_index(l, c, e, what);
		return;
	}
	if (e->work != PGM_WORK_NONE)
		pgm_rewrite(pgm_find_effect(l, e, "%s blocks all access to %s while its index is built",
									what, pgm_table_name(l->table)),
					"%s", def ? pgm_safe_column(l, def) : safe_key(l, c));
}

void
pgm_rule_unique(PgmLint *l)
{
	judge_unique(l, CONSTR_UNIQUE, "UNIQUE");
}

void
pgm_rule_primary_key(PgmLint *l)
{
	judge_unique(l, CONSTR_PRIMARY, "PRIMARY KEY");
}

/* PRIMARY KEY makes its columns NOT NULL, and reads the table for it. */
void
pgm_rule_primary_key_nullable(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_PRIMARY);
	const PgmEffect *e = pgm_worst_effect(l);
	ListCell   *lc;

	if (c == NULL || l->table == NULL || e == NULL ||
		l->table->kind != RELKIND_RELATION)
		return;
	foreach(lc, nullable_keys(l, c))
	{
		pgm_rewrite(pgm_find_effect(l, e, "column \"%s\" becomes NOT NULL: all access to %s is blocked until each row was looked at",
									(char *) lfirst(lc), pgm_table_name(l->table)),
					"%s", safe_key(l, c));
	}
}

/* EXCLUDE has no form that does not block. */
void
pgm_rule_exclusion(PgmLint *l)
{
	const Constraint *c = added(l, CONSTR_EXCLUSION);
	const PgmEffect *e = pgm_worst_effect(l);

	if (c == NULL || clear_new(l) || e->work == PGM_WORK_NONE)
		return;
	pgm_advise(pgm_find_effect(l, e, "EXCLUDE blocks all access to %s while its index is built and each row is checked",
							   pgm_table_name(l->table)),
			   "There is no other way for a table that is in use: fill a new table that has the constraint, and swap the two.");
}

/*
 * VALIDATE in the transaction that added the constraint reads the table under
 * the lock of ADD.
 */
void
pgm_rule_validate(PgmLint *l)
{
	const PgmEffect *e = pgm_worst_effect(l);
	int			made_in = 0;
	PgmFinding *f;
	ListCell   *lc;

	if (l->table == NULL || e == NULL || e->work == PGM_WORK_NONE)
		return;
	foreach(lc, l->table->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, l->action->name) == 0)
			made_in = ((PgmCheck *) lfirst(lc))->made_in;
	}
	foreach(lc, l->table->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, l->action->name) == 0)
			made_in = ((PgmForeignKey *) lfirst(lc))->made_in;
	}
	if (made_in > 0 && made_in != l->shadow->transaction && l->one_transaction && !l->down)
	{
		f = pgm_find_effect(l, e, "SELECT migrate.upgrade() would add the constraint and VALIDATE it in one transaction, reading %s while it is locked",
							pgm_table_name(l->table));
		f->severity = Min(f->severity, PGM_SEVERITY_WARNING);
		pgm_rewrite(f, "CALL migrate.deploy(); -- which commits each migration");
		return;
	}
	if (made_in != l->shadow->transaction && e->mode >= ShareLock)
	{
		pgm_advise(pgm_find_effect(l, e, "VALIDATE reads %s while another action of the statement blocks all access to it",
								   pgm_table_name(e->table)),
				   "Put ALTER TABLE %s VALIDATE CONSTRAINT %s into a migration of its own.",
				   pgm_table_name(l->table), quote_identifier(l->action->name));
		return;
	}
	if (made_in != l->shadow->transaction)
	{
		(void) pgm_clear(l, l->table, "VALIDATE lets others read and write while it checks each row");
		return;
	}
	pgm_advise(pgm_find_effect(l, e, "VALIDATE reads %s in the transaction that added the constraint, whose lock is held until the end",
							   pgm_table_name(l->table)),
			   "Write -- migrate:segment above ALTER TABLE %s VALIDATE CONSTRAINT %s, or put that into a later migration.",
			   pgm_table_name(l->table), quote_identifier(l->action->name));
}

/* NOT VALID first; to validate it blocks writes, too, before 19. */
static void
rewrite_domain(PgmLint *l, PgmFinding *f, const AlterDomainStmt *stmt)
{
	const Constraint *c = (const Constraint *) stmt->def;
	const char *domain = NameListToQuotedString(stmt->typeName);
	const char *name = quote_identifier(c->conname ? c->conname : pgm_shadow_domain_constraint_name(l->shadow, stmt->typeName));

	pgm_rewrite(f, PGM_DOMAIN_VALIDATE_LOCK < ShareLock ?
				"ALTER DOMAIN %s ADD CONSTRAINT %s %s NOT VALID;\n-- in a later migration:\nALTER DOMAIN %s VALIDATE CONSTRAINT %s;" :
				"ALTER DOMAIN %s ADD CONSTRAINT %s %s NOT VALID;\n-- it holds for new values at once; ALTER DOMAIN %s VALIDATE CONSTRAINT %s blocks writes, so that it is for when nobody writes",
				domain, name, definition(l, c), domain, name);
}

/* A domain's constraint is checked for every column of the domain. */
void
pgm_rule_domain_constraint(PgmLint *l)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) l->node;
	const PgmEffect *e = pgm_worst_effect(l);
	PgmFinding *f;
	uint64		bytes;
	int			tables;

	if (e == NULL || e->mode < ShareLock)
	{
		if (stmt->subtype == 'C' && ((const Constraint *) stmt->def)->skip_validation)
			(void) pgm_clear(l, NULL, "NOT VALID: the values that are there are not looked at");
		return;
	}
	pgm_sum_effects(l, &bytes, &tables);
	f = pgm_find_effect(l, e, "writes to %s%s are blocked until every value of the domain was checked",
						pgm_table_name(e->table), tables > 1 ?
						psprintf(" and %d more", tables - 1) : "");
	f->bytes = bytes;
	pgm_evidence_number(f, "tables", tables);
	if (stmt->subtype == 'C')
		rewrite_domain(l, f, stmt);
	else if (stmt->subtype == 'O')
		pgm_advise(f, "ALTER DOMAIN ... ADD CONSTRAINT ... CHECK (VALUE IS NOT NULL) NOT VALID holds for new values at once.");
	else
		pgm_advise(f, "Run it when nobody writes: before PostgreSQL 19 there is no other way.");
}
