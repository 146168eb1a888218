/*
 * rules_partition.c
 *	  Rules about attaching, detaching and creating partitions.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"

/* Propose the statement after steps that spare it from reading rows. */
static void
rewrite_attach(const PgmStatementView *v, PgmFinding *f, const PartitionCmd *cmd)
{
	PgmSafe		safe;

	pgm_safe_begin(&safe, v);
	pgm_safe_attach(v, &safe, v->table, cmd->bound,
					pgm_shadow_table(v->shadow, cmd->name), pgm_source(v));
	pgm_finding_rewrite(f, "%s", pgm_safe_text(&safe));
}

/* Does the table have a CHECK of this name? */
static bool
has_check(const PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, name) == 0)
			return true;
	}
	return false;
}

/* Find columns and constraints for which the server refuses ATTACH PARTITION, whatever the rows. */
static void
find_mismatch(const PgmStatementView *v, PgmFindings *out, const PgmTable *child)
{
	ListCell   *lc;

	foreach(lc, child->columns_known ? v->table->columns : NIL)
	{
		const PgmColumn *c = lfirst(lc);
		const PgmColumn *own = c->name ? pgm_table_column(child, c->name, NULL) : NULL;

		if (own && c->not_null && !own->not_null)
			(void) pgm_finding_add_failure(out, child, "column \"%s\" in child table must be marked NOT NULL", c->name);
	}
	foreach(lc, v->table->checks)
	{
		if (!has_check(child, ((PgmCheck *) lfirst(lc))->name))
			(void) pgm_finding_add_failure(out, child, "child table is missing constraint \"%s\"",
										   ((PgmCheck *) lfirst(lc))->name);
	}
}

/* ATTACH PARTITION reads the partition and the DEFAULT partition while they are locked. */
void
pgm_rule_attach_partition(const PgmStatementView *v, PgmFindings *out)
{
	const PartitionCmd *cmd = (const PartitionCmd *) v->action->def;
	PgmTable   *child = pgm_shadow_table(v->shadow, cmd->name);
	ListCell   *lc;

	if (child == NULL || v->table == NULL || cmd->bound == NULL)
		return;
	if (!v->again)
		find_mismatch(v, out, child);
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);
		PgmFinding *f;

		if (e->action != v->action || e->table == v->table ||
			!pgm_finding_table_matters(e->table))
			continue;
		if (e->work == PGM_WORK_NONE)
		{
			if (e->why)
				(void) pgm_finding_add_safe(out, e->table, "%s", e->why);
			continue;
		}
		f = pgm_finding_add_effect(out, e, e->mode == AccessExclusiveLock ?
								   "ATTACH PARTITION blocks all access to %s while it reads it: %s" :
								   "ATTACH PARTITION blocks writes to %s while it reads it: %s",
								   pgm_table_name(e->table), e->why);
		rewrite_attach(v, f, cmd);
	}
}

/* DETACH PARTITION locks the whole partitioned table in ACCESS EXCLUSIVE. */
void
pgm_rule_detach_partition(const PgmStatementView *v, PgmFindings *out)
{
	const PartitionCmd *cmd = (const PartitionCmd *) v->action->def;
	PgmFinding *f;
	ListCell   *lc;

	if (v->table == NULL || !pgm_finding_table_matters(v->table))
		return;
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->action == v->action && e->work == PGM_WORK_SCAN &&
			pgm_finding_table_matters(e->table))
			(void) pgm_finding_add_effect(out, e, "DETACH PARTITION blocks writes to %s while it is read: none of its rows may refer to the partition",
										  pgm_table_name(e->table));
	}
	if (pgm_shadow_default_partition(v->shadow, v->table))
	{
		f = pgm_finding_add(out, v->table, cmd->concurrent ?
							"%s has a DEFAULT partition: nothing can be detached from it CONCURRENTLY" :
							"DETACH PARTITION waits for all transactions that use %s, and blocks all that come after; with a DEFAULT partition there is no other way",
							pgm_table_name(v->table));
		f->mode = AccessExclusiveLock;
		pgm_finding_advise(f, "DETACH PARTITION without CONCURRENTLY, with a lock_timeout.");
		return;
	}
	if (cmd->concurrent)
	{
		(void) pgm_finding_add_safe(out, v->table, "DETACH ... CONCURRENTLY lets others read and write on");
		return;
	}
	f = pgm_finding_add(out, v->table, "DETACH PARTITION waits for all transactions that use %s, and blocks all that come after",
						pgm_table_name(v->table));
	f->mode = AccessExclusiveLock;
	pgm_finding_rewrite(f, "%s CONCURRENTLY", pgm_source(v));
}

/* Return the source of the bounds of a partition. */
static char *
bounds_text(const PgmStatementView *v, const PartitionBoundSpec *bound)
{
	return pgm_source_through(v, bound->location, bound->is_default ? 0 :
							  bound->strategy == PARTITION_STRATEGY_RANGE ? 2 : 1);
}

/* Return the source after the bounds: PARTITION BY, WITH and the like. */
static const char *
behind_bounds(const PgmStatementView *v, const PartitionBoundSpec *bound)
{
	const char *source = pgm_source(v);
	int			behind = bound->location - v->statement->start + strlen(bounds_text(v, bound));

	return behind <= (int) strlen(source) ? source + behind : "";
}

/* Add the column options of CREATE TABLE ... PARTITION OF, which LIKE cannot express. */
static void
add_column_options(const PgmStatementView *v, PgmSafe *safe, const char *name, const ColumnDef *def)
{
	ListCell   *lc;

	foreach(lc, def->constraints)
	{
		const Constraint *c = lfirst(lc);
		char	   *text = pgm_source_unnamed(pgm_source_of_column(v, def, c));

		if (c->contype == CONSTR_DEFAULT || c->contype == CONSTR_NOTNULL)
			pgm_safe_add(safe, PGM_SAFE_BEGIN, "ALTER TABLE %s ALTER COLUMN %s SET %s;\n",
						 name, quote_identifier(def->colname), text);
		else
			pgm_safe_add(safe, PGM_SAFE_BEGIN, "-- and of column %s: %s\n",
						 quote_identifier(def->colname), text);
	}
}

/* Add CREATE TABLE with the same columns and constraints, but not as a partition. */
static void
add_standalone_table(const PgmStatementView *v, PgmSafe *safe, const CreateStmt *stmt,
					 const char *name, const char *of)
{
	ListCell   *lc;

	pgm_safe_add(safe, PGM_SAFE_BEGIN, "CREATE %sTABLE %s (LIKE %s INCLUDING ALL",
				 stmt->relation->relpersistence == RELPERSISTENCE_UNLOGGED ? "UNLOGGED " : "",
				 name, of);
	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), Constraint))
			pgm_safe_add(safe, PGM_SAFE_BEGIN, ", %s",
						 pgm_source_element(v, lfirst_node(Constraint, lc)->location));
	}
	pgm_safe_add(safe, PGM_SAFE_BEGIN, ")%s;\n", behind_bounds(v, stmt->partbound));
	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), ColumnDef))
			add_column_options(v, safe, name, lfirst(lc));
	}
}

/* Propose to create a table first, and to attach it then. */
static void
rewrite_create_partition(const PgmStatementView *v, PgmFinding *f, const CreateStmt *stmt)
{
	const RangeVar *parent = linitial(stmt->inhRelations);
	char	   *name = quote_qualified_identifier(stmt->relation->schemaname, stmt->relation->relname);
	char	   *of = quote_qualified_identifier(parent->schemaname, parent->relname);
	PgmSafe		safe;

	pgm_safe_begin(&safe, v);
	add_standalone_table(v, &safe, stmt, name, of);
	pgm_safe_attach(v, &safe, pgm_shadow_table(v->shadow, parent), stmt->partbound, NULL,
					psprintf("ALTER TABLE %s ATTACH PARTITION %s %s%s", of, name,
							 stmt->partbound->is_default ? "" : "FOR VALUES ",
							 bounds_text(v, stmt->partbound)));

	/* If nothing is validated before, one migration is enough. */
	if (safe.steps[PGM_SAFE_PROVE].len == 0)
	{
		pgm_safe_add(&safe, PGM_SAFE_BEGIN, "%s", safe.steps[PGM_SAFE_END].data);
		resetStringInfo(&safe.steps[PGM_SAFE_END]);
	}
	pgm_finding_rewrite(f, "%s", pgm_safe_text(&safe));
}

/* CREATE TABLE ... PARTITION OF locks the partitioned table and reads the DEFAULT partition. */
void
pgm_rule_create_partition(const PgmStatementView *v, PgmFindings *out)
{
	const CreateStmt *stmt = (const CreateStmt *) v->node;
	ListCell   *lc;

	if (stmt->partbound == NULL)
		return;
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);
		PgmFinding *f;

		if (e->mode != AccessExclusiveLock || !pgm_finding_table_matters(e->table))
			continue;
		f = pgm_finding_add_effect(out, e, e->work == PGM_WORK_SCAN ?
								   "the DEFAULT partition %s is read while all access to it is blocked" :
								   "a partition that is created in place waits for all transactions that use %s, and blocks all that come after",
								   pgm_table_name(e->table));
		rewrite_create_partition(v, f, stmt);
	}
}
