/*
 * rules_bulk_change.c
 *	  The rule unbounded-dml: an UPDATE, DELETE or MERGE that changes many rows of
 *	  a large table in one transaction, and the CALL of migrate.backfill() that
 *	  does the same in batches.
 *
 * How many rows a condition selects is estimated by the server's planner from
 * its statistics (row_estimate.c); nothing is counted.  Without an estimate the
 * change is taken for one of the whole table.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"

#include "compat.h"
#include "lint/rules/lint_settings.h"
#include "lint/rules/row_estimate.h"
#include "lint/rules/rules.h"
#include "schema/relation_size.h"

/* As many rows as one batch of migrate.backfill() changes */
#define FEW_ROWS 1000

/* An UPDATE, DELETE or MERGE, by its parts */
typedef struct PgmBulkChange
{
	const char *command;		/* as messages call it */
	RangeVar   *relation;
	List	   *from;			/* what it is joined with */
	Node	   *condition;		/* NULL: it changes all rows */
} PgmBulkChange;

/* Does a MERGE change existing rows? */
static bool
changes_rows(const MergeStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->mergeWhenClauses)
	{
		CmdType		command = lfirst_node(MergeWhenClause, lc)->commandType;

		if (command == CMD_UPDATE || command == CMD_DELETE)
			return true;
	}
	return false;
}

/* Take a statement apart; false if it changes no existing rows. */
static bool
read_bulk_change(const Node *node, PgmBulkChange *c)
{
	if (IsA(node, UpdateStmt))
	{
		const UpdateStmt *stmt = (const UpdateStmt *) node;

		*c = (PgmBulkChange)
		{
			"UPDATE", stmt->relation, stmt->fromClause, stmt->whereClause
		};
		return true;
	}
	if (IsA(node, DeleteStmt))
	{
		const DeleteStmt *stmt = (const DeleteStmt *) node;

		*c = (PgmBulkChange)
		{
			"DELETE", stmt->relation, stmt->usingClause, stmt->whereClause
		};
		return true;
	}
	if (IsA(node, MergeStmt) && changes_rows((const MergeStmt *) node))
	{
		const MergeStmt *stmt = (const MergeStmt *) node;

		*c = (PgmBulkChange)
		{
			"MERGE", stmt->relation, list_make1(stmt->sourceRelation), stmt->joinCondition
		};
		return true;
	}
	return false;
}

/* Is the column one that the statement assigns? */
static bool
is_assigned(const ColumnRef *ref, const List *targets)
{
	ListCell   *lc;

	foreach(lc, targets)
	{
		if (IsA(llast(ref->fields), String) &&
			strcmp(lfirst_node(ResTarget, lc)->name, strVal(llast(ref->fields))) == 0)
			return true;
	}
	return false;
}

/* Walker: may the value be another one when it is assigned again? */
static bool
may_differ(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) && is_assigned((ColumnRef *) node, context))
		return true;
	return IsA(node, FuncCall) || IsA(node, SubLink) || IsA(node, SetToDefault) ||
		IsA(node, MultiAssignRef) || IsA(node, SQLValueFunction) ||
		raw_expression_tree_walker(node, may_differ, context);
}

/*
 * A condition for the rows that assignments would change, or NULL if a value may
 * be another one each time: a backfill, which repeats until no row is left,
 * would never end.
 */
static char *
rows_that_differ(const PgmStatementView *v, List *targets)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, targets)
	{
		const ResTarget *target = lfirst_node(ResTarget, lc);
		const char *value = strchr(pgm_source_element(v, target->location), '=');

		if (value == NULL || target->indirection != NIL ||
			may_differ(target->val, targets))
			return NULL;
		value++;
		value += strspn(value, " \t\r\n");
		appendStringInfo(&buf, IsA(target->val, A_Const) ? "%s%s IS DISTINCT FROM %s" :
						 "%s%s IS DISTINCT FROM (%s)", buf.len ? " OR " : "",
						 quote_identifier(target->name), value);
	}
	return buf.data;
}

/* The UPDATE as a CALL of migrate.backfill(), or NULL if it cannot be one. */
static char *
as_backfill(const PgmStatementView *v, const PgmTable *t)
{
	const UpdateStmt *stmt = (const UpdateStmt *) v->node;
	char	   *condition;

	if (!IsA(stmt, UpdateStmt) || stmt->fromClause || stmt->withClause ||
		stmt->relation->alias || !stmt->relation->inh || pgm_update_returns(stmt))
		return NULL;
	condition = stmt->whereClause ? pgm_source_between(v, "where", NULL) :
		rows_that_differ(v, stmt->targetList);
	if (condition == NULL)
		return NULL;
	return psprintf("CALL migrate.backfill(%s, %s, %s);",
					quote_literal_cstr(pgm_table_name(t)),
					quote_literal_cstr(pgm_source_between(v, "set", "where")),
					quote_literal_cstr(condition));
}

/* Find a change of many rows of a large table in one transaction. */
static void
judge_bulk_change(const PgmStatementView *v, PgmFindings *out, const PgmBulkChange *c)
{
	PgmTable   *t = pgm_shadow_table(v->shadow, c->relation);
	uint64		small = (uint64) pgm_lint_small_table * 1024;
	uint64		bytes = 0;
	bool		elsewhere = false;
	double		rows;
	double		all = 0;
	char	   *backfill;
	PgmFinding *f;
	ListCell   *lc;

	if (t == NULL || !pgm_finding_table_matters(t))
		return;
	foreach(lc, pgm_shadow_tree(v->shadow, t))
	{
		bytes += pgm_table_bytes(lfirst(lc));
		elsewhere = elsewhere || pgm_relation_is_stored_elsewhere(((const PgmTable *) lfirst(lc))->relid);
		all += Max(0, pgm_finding_table_rows(lfirst(lc)));
	}

	/*
	 * The planner estimates from the table's own file and statistics.  It is
	 * not asked where rows are stored elsewhere, nor for small tables, where
	 * the answer would not matter.
	 */
	rows = bytes >= small && c->condition && !elsewhere ?
		pgm_estimate_rows(v, c->relation, c->from, c->condition) : -1;
	if (rows >= 0 && rows <= FEW_ROWS)
	{
		(void) pgm_finding_add_safe(out, t, "about %.0f of about %.0f rows are changed, no more than a batch would",
									rows, all);
		return;
	}
	if (rows >= 0 && all > 0 && bytes * Min(1.0, rows / all) < small)
	{
		(void) pgm_finding_add_safe(out, t, "about %.0f of about %.0f rows are changed, as many as a small table holds",
									rows, all);
		return;
	}
	f = pgm_finding_add(out, t, "%s of %s rows of %s in one transaction: they stay locked until its end, and what it replaces is left behind at once",
						c->command,
						rows >= 0 ? psprintf("about %.0f", rows) :
						c->condition ? "an unknown number of" : "all",
						pgm_table_name(t));
	f->mode = RowExclusiveLock;
	f->bytes = bytes;
	backfill = as_backfill(v, t);
	if (backfill)
		pgm_finding_rewrite(f, "%s", backfill);
	else
		pgm_finding_advise(f, "Do it in portions, each in a transaction of its own.");
}

/* A search of the changes of rows in a statement */
typedef struct PgmChangeSearch
{
	const PgmStatementView *view;
	PgmFindings *out;
} PgmChangeSearch;

/* Walker: a statement may be a change, and have others in its WITH. */
static bool
judge_bulk_changes(Node *node, void *context)
{
	PgmChangeSearch *s = context;
	PgmBulkChange c;

	if (node == NULL)
		return false;
	if (read_bulk_change(node, &c))
		judge_bulk_change(s->view, s->out, &c);
	return raw_expression_tree_walker(node, judge_bulk_changes, context);
}

/* UPDATE, DELETE or MERGE of many rows in one transaction, at any level of the statement */
void
pgm_rule_unbounded_dml(const PgmStatementView *v, PgmFindings *out)
{
	PgmChangeSearch s = {v, out};

	(void) judge_bulk_changes(unconstify(Node *, v->node), &s);
}
