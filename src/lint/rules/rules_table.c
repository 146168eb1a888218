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
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"
#include "util/lock_name.h"

/* Does a later statement of the script make a view of the name? */
static bool
is_replaced(const PgmStatementView *v, const RangeVar *rel)
{
	ListCell   *lc;

	foreach(lc, v->script->statements)
	{
		const PgmStatement *s = lfirst(lc);
		const ViewStmt *stmt = (const ViewStmt *) s->raw->stmt;

		if (s->number > v->statement->number && IsA(stmt, ViewStmt) &&
			strcmp(stmt->view->relname, rel->relname) == 0 &&
			(stmt->view->schemaname == NULL || rel->schemaname == NULL ||
			 strcmp(stmt->view->schemaname, rel->schemaname) == 0))
			return true;
	}
	return false;
}

/* A rename breaks programs that use the old name, from one moment to the next. */
void
pgm_rule_rename(const PgmStatementView *v, PgmFindings *out)
{
	const RenameStmt *stmt = (const RenameStmt *) v->node;
	PgmFinding *f;

	if (IsA(stmt, AlterEnumStmt))
	{
		const AlterEnumStmt *value = (const AlterEnumStmt *) stmt;

		if (value->oldVal)
			(void) pgm_finding_add(out, NULL, "programs that send '%s' fail as soon as the value is renamed",
								   value->oldVal);
		return;
	}
	if (IsA(stmt, AlterObjectSchemaStmt))
	{
		PgmTable   *t = pgm_shadow_table(v->shadow, ((const AlterObjectSchemaStmt *) v->node)->relation);

		if (t && pgm_finding_table_matters(t))
			(void) pgm_finding_add(out, t, "programs that use %s fail as soon as it is in another schema",
								   pgm_table_name(t));
		return;
	}
	if (stmt->renameType == OBJECT_SCHEMA)
	{
		(void) pgm_finding_add(out, NULL, "programs that use schema \"%s\" fail as soon as it is renamed",
							   stmt->subname);
		return;
	}
	if (v->table == NULL || !pgm_finding_table_matters(v->table))
		return;
	if (stmt->renameType == OBJECT_COLUMN)
	{
		f = pgm_finding_add(out, v->table, "programs that use \"%s\" fail as soon as the column is renamed",
							stmt->subname);
		pgm_finding_advise(f, "Add a column of the new name, assign both until no program uses the old one, then drop that.");
	}
	else if (stmt->renameType == OBJECT_TABLE || stmt->renameType == OBJECT_VIEW ||
			 stmt->renameType == OBJECT_MATVIEW)
	{
		if (is_replaced(v, stmt->relation))
		{
			(void) pgm_finding_add_safe(out, v->table, "a view takes over the name of %s in the same migration",
										pgm_table_name(v->table));
			return;
		}
		f = pgm_finding_add(out, v->table, "programs that use %s fail as soon as it is renamed",
							pgm_table_name(v->table));
		pgm_finding_rewrite(f, "%s;\nCREATE VIEW %s AS SELECT * FROM %s;\n-- GRANT on the view what was granted on the table, and drop it when no program uses it",
							pgm_source(v), pgm_table_name(v->table),
							quote_qualified_identifier(v->table->schema, stmt->newname));
	}
	else
		return;
	f->mode = AccessExclusiveLock;
}

/* Find a loss of data; a notice in a downgrade, where it is what is asked for. */
static PgmFinding *
find_loss(const PgmStatementView *v, PgmFindings *out, const PgmTable *t, const char *what)
{
	int64		rows = t ? pgm_finding_table_rows(t) : -1;
	PgmFinding *f;

	if (t && OidIsValid(t->relid) && rows >= 0)
		f = pgm_finding_add(out, t, "%s: about %lld row%s", what, (long long) rows,
							rows == 1 ? "" : "s");
	else
		f = pgm_finding_add(out, t, "%s", what);
	if (rows >= 0)
		pgm_finding_evidence_number(f, "rows", rows);
	f->mode = AccessExclusiveLock;
	if (v->down)
		f->severity = PGM_SEVERITY_NOTICE;
	return f;
}

/* Find the tables, schemas and sequences that DROP names. */
static void
judge_drop(const PgmStatementView *v, PgmFindings *out, const DropStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		PgmTable   *t;

		if (stmt->removeType == OBJECT_SCHEMA && stmt->behavior == DROP_CASCADE)
			(void) find_loss(v, out, NULL, psprintf("all that is in schema \"%s\" is dropped",
													strVal(lfirst(lc))));
		if (stmt->removeType != OBJECT_TABLE && stmt->removeType != OBJECT_SEQUENCE)
			continue;
		t = pgm_shadow_table(v->shadow, makeRangeVarFromNameList(lfirst(lc)));
		if (t == NULL || !OidIsValid(t->relid))
			continue;
		if (stmt->removeType == OBJECT_SEQUENCE)
			pgm_finding_add(out, t, "%s is dropped, and with it the last value that it gave",
							pgm_table_name(t))->severity = PGM_SEVERITY_NOTICE;
		else
			(void) find_loss(v, out, t, psprintf("%s is dropped with its data",
												 pgm_table_name(t)));
	}
}

/* Find the tables and columns that CASCADE drops in addition. */
static void
judge_cascade(const PgmStatementView *v, PgmFindings *out, const DropStmt *stmt)
{
	ListCell   *lc;

	if (stmt->behavior != DROP_CASCADE || stmt->removeType == OBJECT_SCHEMA)
		return;
	foreach(lc, pgm_drop_reached(v->shadow, stmt))
	{
		const PgmReached *r = lfirst(lc);

		(void) find_loss(v, out, r->table, r->column ?
						 psprintf("CASCADE drops column \"%s\" of %s with its data",
								  r->column, pgm_table_name(r->table)) :
						 psprintf("CASCADE drops %s with its data",
								  pgm_table_name(r->table)));
	}
}

/* Is the table named, or does it inherit from one that is? */
static bool
is_named(const PgmStatementView *v, const List *names, const PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		PgmTable   *named = pgm_shadow_table(v->shadow, lfirst(lc));

		if (named && list_member_ptr(pgm_shadow_tree(v->shadow, named), t))
			return true;
	}
	return false;
}

/* Find the tables that TRUNCATE names, and those that CASCADE reaches. */
static void
judge_truncate(const PgmStatementView *v, PgmFindings *out, const TruncateStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->relations)
	{
		PgmTable   *t = pgm_shadow_table(v->shadow, lfirst(lc));

		if (t && OidIsValid(t->relid))
			find_loss(v, out, t, psprintf("all rows of %s are gone",
										  pgm_table_name(t)))->work = PGM_WORK_REWRITE;
	}
	foreach(lc, v->effects)
	{
		const PgmTable *t = ((PgmEffect *) lfirst(lc))->table;

		if (OidIsValid(t->relid) && !is_named(v, stmt->relations, t))
			find_loss(v, out, t, psprintf("CASCADE goes to %s, which refers to what is truncated: all its rows are gone",
										  pgm_table_name(t)))->work = PGM_WORK_REWRITE;
	}
}

/* The digits that numeric(p,s) keeps before and after the decimal point */
static void
digits_of(int32 typmod, int *before, int *behind)
{
	int			scale = ((typmod - VARHDRSZ) & 0x7ff);

	*behind = (scale ^ 1024) - 1024;	/* it may be negative from 15 on */
	*before = (((typmod - VARHDRSZ) >> 16) & 0xffff) - *behind;
}

/* Does a length, or precision, hold all that another one of the type does? */
static bool
is_shorter(Oid type, int32 from, int32 to)
{
	int			before[2];
	int			behind[2];

	if (to < 0 || from == to)
		return false;
	if (from < 0)
		return true;
	if (type != NUMERICOID)
		return type == BITOID || to < from;
	digits_of(from, &before[0], &behind[0]);
	digits_of(to, &before[1], &behind[1]);
	return before[1] < before[0] || behind[1] < behind[0];
}

/* How many decimal digits has an integer of this type?  0: it is none. */
static int
integer_digits(Oid type)
{
	return type == INT2OID ? 5 : type == INT4OID ? 10 : type == INT8OID ? 19 : 0;
}

/* Can a value be converted without being cut or refused? */
static bool
narrows(const PgmTypeRef *from, const PgmTypeRef *to)
{
	Oid			function;
	Oid			old = getBaseType(from->oid);
	Oid			new = getBaseType(to->oid);
	bool		to_text = TypeCategory(new) == TYPCATEGORY_STRING;

	if (!OidIsValid(old) || !OidIsValid(new))
		return false;
	if (old == new)
		return is_shorter(OidIsValid(get_element_type(new)) ? get_element_type(new) : new,
						  from->typmod, to->typmod);
	if (to->typmod >= 0 && to_text && TypeCategory(old) == TYPCATEGORY_STRING)
		return from->typmod < 0 || to->typmod < from->typmod;
	if (to->typmod >= 0 && new == NUMERICOID && integer_digits(old) > 0)
	{
		int			before;
		int			behind;

		digits_of(to->typmod, &before, &behind);
		return before < integer_digits(old) || behind < 0;
	}
	if (to->typmod >= 0)
		return true;
	return !to_text &&
		find_coercion_pathway(new, old, COERCION_IMPLICIT, &function) == COERCION_PATH_NONE;
}

static void
judge_narrowing(const PgmStatementView *v, PgmFindings *out)
{
	const PgmColumn *c = pgm_table_column(v->table, v->action->name, NULL);
	PgmTypeRef	to = pgm_shadow_type(v->shadow, ((const ColumnDef *) v->action->def)->typeName);
	PgmFinding *f;

	if (c == NULL || !pgm_finding_table_matters(v->table) ||
		!OidIsValid(to.oid) || !OidIsValid(c->type.oid) || !narrows(&c->type, &to))
		return;
	f = pgm_finding_add(out, v->table, "values of \"%s\" may be cut, or refused: %s does not hold all that %s does",
						v->action->name, to.name, c->type.name);
	f->severity = Min(f->severity, PGM_SEVERITY_WARNING);
}

/* DROP NOT NULL and DROP CONSTRAINT let in rows that programs may not expect. */
static void
judge_permission(const PgmStatementView *v, PgmFindings *out)
{
	PgmFinding *f;

	if (!pgm_finding_table_matters(v->table) || v->down)
		return;
	if (v->action->subtype == AT_DropNotNull)
		f = pgm_finding_add(out, v->table, "programs that expect no null in \"%s\" may meet one",
							v->action->name);
	else
		f = pgm_finding_add(out, v->table, "programs that rely on \"%s\" may meet rows that break it",
							v->action->name);
	f->severity = PGM_SEVERITY_NOTICE;
}

/* DROP, TRUNCATE, narrower types, and constraints that are let go */
void
pgm_rule_data_loss(const PgmStatementView *v, PgmFindings *out)
{
	if (IsA(v->node, DropStmt))
	{
		judge_drop(v, out, (const DropStmt *) v->node);
		judge_cascade(v, out, (const DropStmt *) v->node);
	}
	else if (IsA(v->node, DropOwnedStmt))
		(void) find_loss(v, out, NULL, "all that the role owns is dropped");
	else if (IsA(v->node, TruncateStmt))
		judge_truncate(v, out, (const TruncateStmt *) v->node);
	else if (v->table == NULL)
		return;
	else if (v->action->subtype == AT_AlterColumnType)
		judge_narrowing(v, out);
	else if (v->action->subtype == AT_DropNotNull ||
			 v->action->subtype == AT_DropConstraint)
		judge_permission(v, out);
	else if (OidIsValid(v->table->relid) &&
			 pgm_table_column(v->table, v->action->name, NULL) &&
			 !pgm_table_column(v->table, v->action->name, NULL)->is_new)
		pgm_finding_advise(find_loss(v, out, v->table, psprintf("column \"%s\" of %s is dropped with its data",
																v->action->name, pgm_table_name(v->table))),
						   "Drop it when no program names it any more, in a migration of its own; say -- migrate:allow data-loss -- and why.");
}

/* VACUUM FULL or CLUSTER without a table? */
static bool
is_of_all_tables(const Node *node)
{
	ListCell   *lc;

	if (nodeTag(node) == PGM_CLUSTER_TAG)
		return pgm_cluster_relation(node) == NULL;
	if (!IsA(node, VacuumStmt) || ((const VacuumStmt *) node)->rels)
		return false;
	foreach(lc, ((const VacuumStmt *) node)->options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "full") == 0)
			return defGetBoolean(lfirst_node(DefElem, lc));
	}
	return false;
}

/* CLUSTER, VACUUM FULL, REFRESH and the like copy the table. */
void
pgm_rule_table_rewrite(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_finding_worst_effect(v);
	bool		refresh = IsA(v->node, RefreshMatViewStmt);
	PgmFinding *f;

	if (e == NULL && is_of_all_tables(v->node))
		pgm_finding_advise(pgm_finding_add(out, NULL, "one table after the other is copied, while all access to it is blocked"),
						   "Name the tables that need it.");
	if (e == NULL || e->table->kind == RELKIND_SEQUENCE)
		return;
	if (e->work == PGM_WORK_NONE || e->mode < ShareLock)
	{
		if (e->why)
			(void) pgm_finding_add_safe(out, e->table, "%s", e->why);
		return;
	}
	if (refresh && e->table->unpopulated)
	{
		(void) pgm_finding_add_safe(out, e->table, "it is not populated: nobody can read it yet");
		return;
	}
	f = pgm_finding_add_effect(out, e, e->mode == AccessExclusiveLock ?
							   "all access to %s is blocked while its storage is replaced" :
							   "writes to %s are blocked while it is compared",
							   pgm_table_name(e->table));
	if (refresh && e->mode == AccessExclusiveLock)
		pgm_finding_rewrite(f, "REFRESH MATERIALIZED VIEW CONCURRENTLY %s; -- needs a unique index",
							pgm_table_name(e->table));
	else if (e->mode == AccessExclusiveLock)
		pgm_finding_rewrite(f, PGM_SERVER_MAJOR >= 19 ?
							"REPACK (CONCURRENTLY) %s" :
							"-- Run it on %s when nobody needs the table, or use pg_repack.",
							pgm_table_name(e->table));
	else
		f->severity = PGM_SEVERITY_NOTICE;
}

/* Triggers, rules and policies: short, but they have to wait for all others */
void
pgm_rule_trigger_lock(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_finding_worst_effect(v);
	const DropStmt *stmt = (const DropStmt *) v->node;

	if (e == NULL || (IsA(stmt, DropStmt) && stmt->removeType != OBJECT_TRIGGER &&
					  stmt->removeType != OBJECT_POLICY && stmt->removeType != OBJECT_RULE))
		return;
	(void) pgm_finding_add_effect(out, e, "%s on %s for a moment: it waits for all transactions that use the table, and those that come after wait for it",
								  pgm_lock_name(e->mode), pgm_table_name(e->table));
}

/* A column of the same type that was dropped by this migration or the last */
static const PgmColumn *
dropped_alike(const PgmStatementView *v, const PgmTypeRef *type)
{
	ListCell   *lc;

	foreach(lc, v->table->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name == NULL && c->old_name && c->script >= v->shadow->script - 1 &&
			c->type.oid == type->oid && c->type.typmod == type->typmod)
			return c;
	}
	return NULL;
}

/* Was the new column assigned from the old one in between? */
static bool
is_copied(const PgmStatementView *v, const char *from, const char *to)
{
	ListCell   *lc;

	foreach(lc, v->judged)
	{
		const PgmJudged *j = lfirst(lc);
		const Node *node = j->statement->raw->stmt;
		char	   *text;

		if (!IsA(node, UpdateStmt) && !IsA(node, CallStmt) && !IsA(node, DoStmt))
			continue;
		text = pnstrdup(j->script->sql + j->statement->start,
						j->statement->end - j->statement->start);

		if (strcasestr(text, from) && strcasestr(text, to))
			return true;
	}
	return false;
}

/* Find a drop and an add that may be meant as a rename. */
static void
find_rename(const PgmStatementView *v, PgmFindings *out, const char *from, const char *to)
{
	PgmFinding *f = pgm_finding_add(out, v->table, "column \"%s\" is dropped and \"%s\" added, of the same type: if that is a rename, the data is lost",
									from, to);

	pgm_finding_rewrite(f, "ALTER TABLE %s RENAME COLUMN %s TO %s;",
						pgm_table_name(v->table), quote_identifier(from),
						quote_identifier(to));
}

/* A rename is never a drop and an add. */
void
pgm_rule_rename_as_drop_add(const PgmStatementView *v, PgmFindings *out)
{
	const PgmColumn *other;
	ListCell   *lc;

	if (v->table == NULL || !pgm_finding_table_matters(v->table) || v->down)
		return;
	if (v->action->subtype == AT_AddColumn)
	{
		const ColumnDef *def = (const ColumnDef *) v->action->def;
		PgmTypeRef	type = pgm_shadow_type(v->shadow, def->typeName);

		other = dropped_alike(v, &type);
		if (other)
			find_rename(v, out, other->old_name, def->colname);
		return;
	}
	other = pgm_table_column(v->table, v->action->name, NULL);
	if (other == NULL || other->is_new)
		return;
	foreach(lc, v->table->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && c->is_new && c->script >= v->shadow->script - 1 &&
			c->type.oid == other->type.oid && c->type.typmod == other->type.typmod &&
			!is_copied(v, v->action->name, c->name))
			find_rename(v, out, v->action->name, c->name);
	}
}
