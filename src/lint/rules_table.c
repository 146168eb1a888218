/*
 * rules_table.c
 *	  Rules about tables as a whole: renamed, dropped, copied, partitioned.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/rules.h"

/* A name that others use is gone at once, or not before all let go of it. */
void
pgm_rule_rename(PgmLint *l)
{
	const RenameStmt *stmt = (const RenameStmt *) l->node;
	PgmFinding *f;

	if (IsA(stmt, AlterEnumStmt))
	{
		const AlterEnumStmt *value = (const AlterEnumStmt *) stmt;

		if (value->oldVal)
			(void) pgm_find(l, NULL, "programs that send '%s' fail as soon as the value is renamed",
							value->oldVal);
		return;
	}
	if (IsA(stmt, AlterObjectSchemaStmt))
	{
		PgmTable   *t = pgm_shadow_table(l->shadow, ((const AlterObjectSchemaStmt *) l->node)->relation);

		if (t && pgm_table_matters(t))
			(void) pgm_find(l, t, "programs that use %s fail as soon as it is in another schema",
							pgm_shadow_name(t));
		return;
	}
	if (stmt->renameType == OBJECT_SCHEMA)
	{
		(void) pgm_find(l, NULL, "programs that use schema \"%s\" fail as soon as it is renamed",
						stmt->subname);
		return;
	}
	if (l->table == NULL || !pgm_table_matters(l->table))
		return;
	if (stmt->renameType == OBJECT_COLUMN)
	{
		f = pgm_find(l, l->table, "programs that use \"%s\" fail as soon as the column is renamed",
					 stmt->subname);
		pgm_advise(f, "Add a column of the new name, assign both until no program uses the old one, then drop that.");
	}
	else if (stmt->renameType == OBJECT_TABLE || stmt->renameType == OBJECT_VIEW ||
			 stmt->renameType == OBJECT_MATVIEW)
	{
		f = pgm_find(l, l->table, "programs that use %s fail as soon as it is renamed",
					 pgm_shadow_name(l->table));
		pgm_rewrite(f, "%s;\nCREATE VIEW %s AS SELECT * FROM %s;\n-- drop the view when no program uses it",
					pgm_source(l), pgm_shadow_name(l->table),
					quote_qualified_identifier(l->table->schema, stmt->newname));
	}
	else
		return;
	f->mode = AccessExclusiveLock;
}

/* Losing data is what a downgrade is for: then it is a remark. */
static PgmFinding *
find_loss(PgmLint *l, const PgmTable *t, const char *what)
{
	int64		rows = t ? pgm_table_rows(t) : -1;
	PgmFinding *f;

	if (t && OidIsValid(t->relid) && rows >= 0)
		f = pgm_find(l, t, "%s: about %lld rows", what, (long long) rows);
	else
		f = pgm_find(l, t, "%s", what);
	if (rows >= 0)
		pgm_evidence_number(f, "rows", rows);
	f->mode = AccessExclusiveLock;
	if (l->down)
		f->severity = PGM_SEVERITY_NOTICE;
	return f;
}

/* What DROP takes with it */
static void
judge_drop(PgmLint *l, const DropStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		PgmTable   *t;

		if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE)
			(void) find_loss(l, NULL, psprintf("all that is in schema \"%s\" is dropped",
											   strVal(lfirst(lc))));
		if (stmt->removeType != OBJECT_TABLE && stmt->removeType != OBJECT_SEQUENCE)
			continue;
		t = pgm_shadow_table(l->shadow, makeRangeVarFromNameList(lfirst(lc)));
		if (t && OidIsValid(t->relid))
			(void) find_loss(l, t, psprintf("%s is dropped with its data",
											pgm_shadow_name(t)));
	}
}

/* Can a value be converted without being cut or refused? */
static bool
narrows(const PgmTypeRef *from, const PgmTypeRef *to)
{
	Oid			function;

	if (!OidIsValid(from->oid) || !OidIsValid(to->oid))
		return false;
	if (from->oid == to->oid)
		return to->typmod >= 0 && (from->typmod < 0 || to->typmod < from->typmod);
	if (to->typmod >= 0)
		return true;
	return TypeCategory(to->oid) != TYPCATEGORY_STRING &&
		find_coercion_pathway(to->oid, from->oid, COERCION_IMPLICIT, &function) == COERCION_PATH_NONE;
}

static void
judge_narrowing(PgmLint *l)
{
	const PgmColumn *c = pgm_shadow_column(l->table, l->action->name, NULL);
	PgmTypeRef	to = pgm_shadow_type(l->shadow, ((const ColumnDef *) l->action->def)->typeName);
	PgmFinding *f;

	if (c == NULL || !pgm_table_matters(l->table) || !narrows(&c->type, &to))
		return;
	f = pgm_find(l, l->table, "values of \"%s\" may be cut, or refused: %s does not hold all that %s does",
				 l->action->name, to.name, c->type.name);
	f->severity = Min(f->severity, PGM_SEVERITY_WARNING);
}

/* DROP, TRUNCATE, narrower types, and constraints that are let go */
void
pgm_rule_data_loss(PgmLint *l)
{
	ListCell   *lc;

	if (IsA(l->node, DropStmt))
		judge_drop(l, (const DropStmt *) l->node);
	else if (IsA(l->node, DropOwnedStmt))
		(void) find_loss(l, NULL, "all that the role owns is dropped");
	else if (IsA(l->node, TruncateStmt))
	{
		foreach(lc, ((const TruncateStmt *) l->node)->relations)
		{
			PgmTable   *t = pgm_shadow_table(l->shadow, lfirst(lc));

			if (t && OidIsValid(t->relid))
				find_loss(l, t, psprintf("all rows of %s are gone",
										 pgm_shadow_name(t)))->work = PGM_WORK_REWRITE;
		}
	}
	else if (l->table == NULL)
		return;
	else if (l->action->subtype == AT_AlterColumnType)
		judge_narrowing(l);
	else if (l->action->subtype == AT_DropNotNull)
	{
		if (pgm_table_matters(l->table) && !l->down)
			pgm_find(l, l->table, "programs that expect no null in \"%s\" may meet one",
					 l->action->name)->severity = PGM_SEVERITY_NOTICE;
	}
	else if (OidIsValid(l->table->relid) &&
			 pgm_shadow_column(l->table, l->action->name, NULL) &&
			 !pgm_shadow_column(l->table, l->action->name, NULL)->is_new)
		pgm_advise(find_loss(l, l->table, psprintf("column \"%s\" of %s is dropped with its data",
												   l->action->name, pgm_shadow_name(l->table))),
				   "Drop it when no program names it any more, in a migration of its own; say -- migrate:allow data-loss -- and why.");
}

/* A CHECK that says what the bounds say, first */
static void
rewrite_attach(PgmLint *l, PgmFinding *f, const PartitionCmd *cmd)
{
	PgmTable   *child = pgm_shadow_table(l->shadow, cmd->name);
	char	   *name = makeObjectName(child->name, "bound", "check");
	char	   *check = pgm_bound_check(l->table, cmd->bound);

	pgm_rewrite(f, "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID;\n-- in a later migration:\nALTER TABLE %s VALIDATE CONSTRAINT %s;\n-- then, which reads nothing:\n%s;\nALTER TABLE %s DROP CONSTRAINT %s;",
				pgm_shadow_name(child), quote_identifier(name),
				check ? check : "...what the bounds say, and IS NOT NULL...",
				pgm_shadow_name(child), quote_identifier(name), pgm_source(l),
				pgm_shadow_name(child), quote_identifier(name));
}

/* ATTACH PARTITION reads what it attaches, and the DEFAULT partition. */
void
pgm_rule_attach(PgmLint *l)
{
	const PartitionCmd *cmd = (const PartitionCmd *) l->action->def;
	PgmTable   *child = pgm_shadow_table(l->shadow, cmd->name);
	ListCell   *lc;

	if (child == NULL || l->table == NULL || cmd->bound == NULL)
		return;
	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);
		PgmFinding *f;

		if (e->action != l->action || e->table == l->table ||
			!pgm_table_matters(e->table))
			continue;
		if (e->work == PGM_WORK_NONE)
		{
			if (e->why)
				(void) pgm_clear(l, e->table, "%s", e->why);
			continue;
		}
		f = pgm_find_effect(l, e, "ATTACH PARTITION blocks all access to %s while it reads it",
							pgm_shadow_name(e->table));
		if (e->table == child)
			rewrite_attach(l, f, cmd);
		else
			pgm_advise(f, "A valid CHECK on the DEFAULT partition that excludes the new bounds spares this.");
	}
}

/* DETACH PARTITION locks all of the table. */
void
pgm_rule_detach(PgmLint *l)
{
	const PartitionCmd *cmd = (const PartitionCmd *) l->action->def;
	PgmFinding *f;
	ListCell   *lc;

	if (l->table == NULL || !pgm_table_matters(l->table))
		return;
	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->action == l->action && e->work == PGM_WORK_SCAN &&
			pgm_table_matters(e->table))
			(void) pgm_find_effect(l, e, "DETACH PARTITION blocks writes to %s while it is read: none of its rows may refer to the partition",
								   pgm_shadow_name(e->table));
	}
	if (cmd->concurrent)
	{
		(void) pgm_clear(l, l->table, "DETACH ... CONCURRENTLY lets others read and write on");
		return;
	}
	f = pgm_find(l, l->table, "DETACH PARTITION waits for all transactions that use %s, and blocks all that come after",
				 pgm_shadow_name(l->table));
	f->mode = AccessExclusiveLock;
	pgm_rewrite(f, "%s CONCURRENTLY", pgm_source(l));
}

/* A new partition locks the table that it becomes part of. */
void
pgm_rule_create_partition(PgmLint *l)
{
	const CreateStmt *stmt = (const CreateStmt *) l->node;
	ListCell   *lc;

	if (stmt->partbound == NULL)
		return;
	foreach(lc, l->effects)
	{
		const PgmEffect *e = lfirst(lc);
		PgmFinding *f;

		if (e->mode != AccessExclusiveLock || !pgm_table_matters(e->table))
			continue;
		f = pgm_find_effect(l, e, e->work == PGM_WORK_SCAN ?
							"the DEFAULT partition %s is read while all access to it is blocked" :
							"a partition that is created in place waits for all transactions that use %s, and blocks all that come after",
							pgm_shadow_name(e->table));
		pgm_rewrite(f, "CREATE TABLE %s (LIKE %s INCLUDING ALL);\nALTER TABLE %s ATTACH PARTITION %s %s%s;",
					quote_qualified_identifier(stmt->relation->schemaname, stmt->relation->relname),
					quote_qualified_identifier(((RangeVar *) linitial(stmt->inhRelations))->schemaname,
											   ((RangeVar *) linitial(stmt->inhRelations))->relname),
					quote_qualified_identifier(((RangeVar *) linitial(stmt->inhRelations))->schemaname,
											   ((RangeVar *) linitial(stmt->inhRelations))->relname),
					quote_qualified_identifier(stmt->relation->schemaname, stmt->relation->relname),
					stmt->partbound->is_default ? "" : "FOR VALUES ",
					pgm_source_element(l, stmt->partbound->location));
	}
}

/* CLUSTER, VACUUM FULL, REFRESH and the like copy the table. */
void
pgm_rule_table_rewrite(PgmLint *l)
{
	const PgmEffect *e = pgm_worst_effect(l);
	bool		refresh = IsA(l->node, RefreshMatViewStmt);
	PgmFinding *f;

	if (e == NULL)
		return;
	if (e->work == PGM_WORK_NONE || e->mode < ShareLock)
	{
		if (e->why)
			(void) pgm_clear(l, e->table, "%s", e->why);
		return;
	}
	f = pgm_find_effect(l, e, e->mode == AccessExclusiveLock ?
						"all access to %s is blocked while its storage is replaced" :
						"writes to %s are blocked while it is compared",
						pgm_shadow_name(e->table));
	if (refresh && e->mode == AccessExclusiveLock)
		pgm_rewrite(f, "REFRESH MATERIALIZED VIEW CONCURRENTLY %s; -- needs a unique index",
					pgm_shadow_name(e->table));
	else if (e->mode == AccessExclusiveLock)
		pgm_rewrite(f, PGM_SERVER_MAJOR >= 19 ?
					"REPACK (CONCURRENTLY) %s" :
					"-- Run it on %s when nobody needs the table, or use pg_repack.",
					pgm_shadow_name(e->table));
	else
		f->severity = PGM_SEVERITY_NOTICE;
}

/* Triggers, rules and policies: short, but they have to wait for all others */
void
pgm_rule_trigger(PgmLint *l)
{
	const PgmEffect *e = pgm_worst_effect(l);
	const DropStmt *stmt = (const DropStmt *) l->node;

	if (e == NULL || (IsA(stmt, DropStmt) && stmt->removeType != OBJECT_TRIGGER &&
					  stmt->removeType != OBJECT_POLICY && stmt->removeType != OBJECT_RULE))
		return;
	(void) pgm_find_effect(l, e, "%s on %s for a moment: it waits for all transactions that use the table, and those that come after wait for it",
						   pgm_lock_name(e->mode), pgm_shadow_name(e->table));
}

/* A column of the same type that was dropped by this migration or the last */
static const PgmColumn *
dropped_alike(const PgmLint *l, const PgmTypeRef *type)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) l->node;
	ListCell   *lc;

	foreach(lc, l->table->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name == NULL && c->old_name && c->script >= l->shadow->script - 1 &&
			c->type.oid == type->oid && c->type.typmod == type->typmod)
			return c;
	}
	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst(lc);
		const PgmColumn *c = cmd->subtype == AT_DropColumn ?
			pgm_shadow_column(l->table, cmd->name, NULL) : NULL;

		if (c && c->type.oid == type->oid && c->type.typmod == type->typmod)
			return c;
	}
	return NULL;
}

/* Was the new column assigned from the old one in between? */
static bool
is_copied(const PgmLint *l, const char *from, const char *to)
{
	ListCell   *lc;

	foreach(lc, l->statements)
	{
		const PgmJudged *j = lfirst(lc);
		const Node *node = j->statement->raw->stmt;
		char	   *text;

		if (!IsA(node, UpdateStmt) && !IsA(node, CallStmt) && !IsA(node, DoStmt))
			continue;
		text = pnstrdup(j->script->text +j->statement->start,
						j->statement->end - j->statement->start);

		if (strcasestr(text, from) && strcasestr(text, to))
			return true;
	}
	return false;
}

static void
find_rename(PgmLint *l, const char *from, const char *to)
{
	PgmFinding *f = pgm_find(l, l->table, "column \"%s\" is dropped and \"%s\" added, of the same type: if that is a rename, the data is lost",
							 from, to);

	pgm_rewrite(f, "ALTER TABLE %s RENAME COLUMN %s TO %s;",
				pgm_shadow_name(l->table), quote_identifier(from),
				quote_identifier(to));
}

/* A rename is never a drop and an add. */
void
pgm_rule_rename_as_drop_add(PgmLint *l)
{
	const PgmColumn *other;
	ListCell   *lc;

	if (l->table == NULL || !pgm_table_matters(l->table) || l->down)
		return;
	if (l->action->subtype == AT_AddColumn)
	{
		const ColumnDef *def = (const ColumnDef *) l->action->def;
		PgmTypeRef	type = pgm_shadow_type(l->shadow, def->typeName);

		other = dropped_alike(l, &type);
		if (other)
			find_rename(l, other->name ? other->name : other->old_name, def->colname);
		return;
	}
	other = pgm_shadow_column(l->table, l->action->name, NULL);
	if (other == NULL || other->is_new)
		return;
	foreach(lc, l->table->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && c->is_new && c->script >= l->shadow->script - 1 &&
			c->type.oid == other->type.oid && c->type.typmod == other->type.typmod &&
			!is_copied(l, l->action->name, c->name))
			find_rename(l, l->action->name, c->name);
	}
}
