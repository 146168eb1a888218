/*
 * rules_script.c
 *	  Rules about a script as a whole: what it holds locked, how long it waits,
 *	  what it changes without saying so, and whether there is a way back.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "commands/defrem.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "lint/rules/lint_settings.h"
#include "lint/rules/row_estimate.h"
#include "lint/rules/rules.h"
#include "run/locks/lock_settings.h"
#include "schema/relation_size.h"
#include "util/lock_name.h"
#include "util/sql_text.h"

/* Does it take ACCESS EXCLUSIVE on a table that existed before the plan? */
static bool
locks_all(const PgmEffect *e)
{
	return e->mode == AccessExclusiveLock && OidIsValid(e->table->relid) &&
		e->table->kind != RELKIND_COMPOSITE_TYPE;
}

/*
 * The first statement of this transaction that locked a table for all others,
 * and that table; if "only" is not NULL, that one
 */
static const PgmJudged *
locked_before(const PgmStatementView *v, const PgmTable *only, const PgmTable **table)
{
	ListCell   *lj;
	ListCell   *le;

	foreach(lj, v->judged)
	{
		const PgmJudged *j = lfirst(lj);

		if (j->transaction != v->shadow->transaction)
			continue;
		foreach(le, j->effects)
		{
			const PgmEffect *e = lfirst(le);

			if (!locks_all(e) || (only && e->table != only))
				continue;
			*table = e->table;
			return j;
		}
	}
	return NULL;
}

/*
 * An effect that locks a table for all others which was not locked before, the
 * worst if that does; or NULL.
 */
static const PgmEffect *
locking_more(const PgmStatementView *v, const PgmEffect *worst)
{
	const PgmTable *table;
	ListCell   *lc;

	foreach(lc, lcons(unconstify(PgmEffect *, worst), list_copy(v->effects)))
	{
		const PgmEffect *e = lfirst(lc);

		if (e && locks_all(e) && locked_before(v, e->table, &table) == NULL)
			return e;
	}
	return NULL;
}

/* Is there a foreign key from one table to another? */
static bool
refers_to(const PgmTable *from, const PgmTable *to)
{
	ListCell   *lc;

	foreach(lc, from->keys)
	{
		if (((PgmForeignKey *) lfirst(lc))->referenced == to)
			return true;
	}
	return false;
}

/* Is it an effect of a DROP, of a table or of a constraint or column? */
static bool
is_dropping(const PgmEffect *e)
{
	return e->mode == AccessExclusiveLock &&
		(e->action == NULL || e->action->subtype == AT_DropConstraint ||
		 e->action->subtype == AT_DropColumn);
}

/*
 * A foreign key that goes, by itself or with its column or table, locks the
 * table that it refers to as well.
 */
static void
find_locked_beside(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *first = v->effects ? linitial(v->effects) : NULL;
	ListCell   *lc;

	if (first == NULL || !OidIsValid(first->table->relid) ||
		(IsA(v->node, DropStmt) ? ((const DropStmt *) v->node)->removeType != OBJECT_TABLE ||
		 list_length(((const DropStmt *) v->node)->objects) > 1 :
		 !IsA(v->node, AlterTableStmt)))
		return;
	foreach(lc, v->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->table == first->table || !OidIsValid(e->table->relid) || !is_dropping(e) ||
			!(refers_to(first->table, e->table) || refers_to(e->table, first->table)))
			continue;
		pgm_advise(pgm_find_effect(out, e, "%s is locked together with %s, for the foreign key between them: two who lock in another order deadlock",
								   pgm_table_name(e->table), pgm_table_name(first->table)),
				   "ALTER TABLE ... DROP CONSTRAINT of the foreign key in a migration of its own, with a lock_timeout.");
	}
}

/* A search of what a query reads from end to end */
typedef struct PgmWholeRead
{
	const PgmStatementView *v;
	const PgmTable *largest;
} PgmWholeRead;

/* The larger of the tables that one level of a query takes its rows from */
static bool
note_sources(Node *node, void *context)
{
	PgmWholeRead *r = context;
	ListCell   *lc;

	if (node == NULL || IsA(node, RangeSubselect))
		return false;
	if (IsA(node, RangeVar))
	{
		PgmTable   *t = pgm_shadow_table(r->v->shadow, (RangeVar *) node);

		foreach(lc, t ? pgm_shadow_tree(r->v->shadow, t) : NIL)
		{
			const PgmTable *one = lfirst(lc);

			if (OidIsValid(one->relid) &&
				(r->largest == NULL || pgm_table_bytes(one) > pgm_table_bytes(r->largest)))
				r->largest = one;
		}
		return false;
	}
	return raw_expression_tree_walker(node, note_sources, context);
}

/* The queries without a condition or limit, at any level */
static bool
find_whole_reads(Node *node, void *context)
{
	const SelectStmt *select = (SelectStmt *) node;

	if (node == NULL)
		return false;
	if (IsA(node, SelectStmt) && select->whereClause == NULL && select->limitCount == NULL)
		(void) note_sources((Node *) select->fromClause, context);
	return raw_expression_tree_walker(node, find_whole_reads, context);
}

/* The largest table that the statement reads from end to end, or NULL */
static const PgmTable *
read_whole(const PgmStatementView *v)
{
	PgmWholeRead r = {.v = v};

	if (IsA(v->node, SelectStmt) || IsA(v->node, InsertStmt))
		(void) find_whole_reads(unconstify(Node *, v->node), &r);
	else if (IsA(v->node, CreateTableAsStmt) &&
			 !((const CreateTableAsStmt *) v->node)->into->skipData)
		(void) find_whole_reads(((const CreateTableAsStmt *) v->node)->query, &r);
	return r.largest && pgm_table_bytes(r.largest) > 0 ? r.largest : NULL;
}

/* Work, or a lock on another table, while one is locked for all others */
void
pgm_rule_locks_held(const PgmStatementView *v, PgmFindings *out)
{
	const PgmTable *locked = NULL;
	const PgmJudged *j = locked_before(v, NULL, &locked);
	const PgmEffect *e;
	const PgmEffect *more;
	PgmFinding *f = NULL;

	if (j == NULL)
	{
		find_locked_beside(v, out);
		return;
	}
	e = pgm_worst_effect(v);
	if (e && OidIsValid(e->table->relid) && e->work != PGM_WORK_NONE)
		f = pgm_find_effect(out, e, "%s is %s while statement %d keeps all access to %s blocked",
							pgm_table_name(e->table), e->work == PGM_WORK_SCAN ? "read" : "rewritten",
							j->statement->number, pgm_table_name(locked));
	else if ((more = locking_more(v, e)) != NULL)
		f = pgm_find_effect(out, more, "%s is locked while %s is: both are blocked until the later of the two is to be had, and two who lock in another order deadlock",
							pgm_table_name(more->table), pgm_table_name(locked));
	else
	{
		const PgmTable *read = read_whole(v);

		if (read)
			f = pgm_find(out, read, "%s is read from end to end while statement %d keeps all access to %s blocked",
						 pgm_table_name(read), j->statement->number, pgm_table_name(locked));
	}
	if (f)
		pgm_advise(f, "Put this statement into a migration of its own.");
}

/* While a strong lock is waited for, every later request queues behind it. */
void
pgm_rule_no_lock_timeout(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_worst_effect(v);

	if (e == NULL || e->mode < ShareLock || !OidIsValid(e->table->relid) ||
		(!v->settings.no_lock_timeout &&
		 (v->settings.lock_timeout || v->settings.session_lock_timeout || pgm_lock_timeout > 0)))
		return;
	pgm_rewrite(pgm_find_effect(out, e, "%s on %s is waited for without an end, and all that come after wait too",
								pgm_lock_name(e->mode), pgm_table_name(e->table)),
				v->settings.no_lock_timeout ? "SET lock_timeout = '2s';" :
				"SET pg_migrate.lock_timeout = '2s';");
}

/* What the script sets lock_timeout to; NULL where it does not. */
static const char *
script_lock_timeout(const PgmScript *script)
{
	const char *value = NULL;
	ListCell   *lc;

	foreach(lc, script->statements)
	{
		VariableSetStmt *set = (VariableSetStmt *) ((PgmStatement *) lfirst(lc))->raw->stmt;

		if (IsA(set, VariableSetStmt) && set->name &&
			strcmp(set->name, "lock_timeout") == 0)
			value = set->kind == VAR_SET_VALUE ? ExtractSetVariableArgs(set) : NULL;
	}
	return value;
}

/* statement_timeout bounds the wait for a lock as well, but is too long for it. */
void
pgm_rule_timeout_pair(const PgmStatementView *v, PgmFindings *out)
{
	const VariableSetStmt *set = (const VariableSetStmt *) v->node;
	const char *lock_timeout = script_lock_timeout(v->script);
	PgmFinding *f;

	if (set->name == NULL || strcmp(set->name, "statement_timeout") != 0 ||
		set->kind != VAR_SET_VALUE ||
		(lock_timeout && strcmp(lock_timeout, "0") != 0))
		return;
	f = pgm_find(out, NULL, "statement_timeout without lock_timeout: a lock is waited for as long, and all that come after wait too");
	pgm_rewrite(f, "SET LOCAL lock_timeout = '2s';");
	if (pgm_lock_timeout > 0 && lock_timeout == NULL)
		f->severity = PGM_SEVERITY_NOTICE;
}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* As many rows as one batch of migrate.backfill() changes */
#define FEW_ROWS 1000

/* An UPDATE, DELETE or MERGE, by its parts */
typedef struct PgmBulkChange
{
	const char *command;
	RangeVar   *relation;
	List	   *from;			/* what it is joined with */
	Node	   *condition;		/* NULL: it changes all rows */
} PgmBulkChange;

/* Does a MERGE change rows that are there? */
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

/* Take a statement apart; false when it changes no rows that are there. */
static bool
read_change(const Node *node, PgmBulkChange *c)
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

/* May a value be another one when it is assigned again? */
static bool
may_change(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef) && is_assigned((ColumnRef *) node, context))
		return true;
	return IsA(node, FuncCall) || IsA(node, SubLink) || IsA(node, SetToDefault) ||
		IsA(node, MultiAssignRef) || IsA(node, SQLValueFunction) ||
		raw_expression_tree_walker(node, may_change, context);
}

/*
 * The rows that assignments would change, as a condition; NULL where a value is
 * another one each time, and no row would ever be done.
 */
static char *
rows_to_change(const PgmStatementView *v, List *targets)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, targets)
	{
		const ResTarget *target = lfirst_node(ResTarget, lc);
		const char *value = strchr(pgm_source_element(v, target->location), '=');

		if (value == NULL || target->indirection != NIL ||
			may_change(target->val, targets))
			return NULL;
		value++;
		value += strspn(value, " \t\r\n");
		appendStringInfo(&buf, IsA(target->val, A_Const) ? "%s%s IS DISTINCT FROM %s" :
						 "%s%s IS DISTINCT FROM (%s)", buf.len ? " OR " : "",
						 quote_identifier(target->name), value);
	}
	return buf.data;
}

/* The UPDATE as a CALL of migrate.backfill(), or NULL where it cannot be one */
static char *
as_backfill(const PgmStatementView *v, const PgmTable *t)
{
	const UpdateStmt *stmt = (const UpdateStmt *) v->node;
	char	   *condition;

	if (!IsA(stmt, UpdateStmt) || stmt->fromClause || stmt->withClause ||
		stmt->relation->alias || !stmt->relation->inh || pgm_update_returns(stmt))
		return NULL;
	condition = stmt->whereClause ? pgm_source_between(v, "where", NULL) :
		rows_to_change(v, stmt->targetList);
	if (condition == NULL)
		return NULL;
	return psprintf("CALL migrate.backfill(%s, %s, %s);",
					quote_literal_cstr(pgm_table_name(t)),
					quote_literal_cstr(pgm_source_between(v, "set", "where")),
					quote_literal_cstr(condition));
}

/* Find a change of many rows of a large table in one transaction. */
static void
judge_change(const PgmStatementView *v, PgmFindings *out, const PgmBulkChange *c)
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

	if (t == NULL || !pgm_table_matters(t))
		return;
	foreach(lc, pgm_shadow_tree(v->shadow, t))
	{
		bytes += pgm_table_bytes(lfirst(lc));
		elsewhere = elsewhere || pgm_stored_elsewhere(((const PgmTable *) lfirst(lc))->relid);
		all += Max(0, pgm_table_rows(lfirst(lc)));
	}
	/* the planner knows only of the rows in the table's own file */
	rows = bytes >= small && c->condition && !elsewhere ?
		pgm_estimate_rows(v, c->relation, c->from, c->condition) : -1;
	if (rows >= 0 && rows <= FEW_ROWS)
	{
		(void) pgm_clear(out, t, "about %.0f of about %.0f rows are changed, no more than a batch would",
						 rows, all);
		return;
	}
	if (rows >= 0 && all > 0 && bytes * Min(1.0, rows / all) < small)
	{
		(void) pgm_clear(out, t, "about %.0f of about %.0f rows are changed, as many as a small table holds",
						 rows, all);
		return;
	}
	f = pgm_find(out, t, "%s of %s rows of %s in one transaction: they stay locked until its end, and what it replaces is left behind at once",
				 c->command,
				 rows >= 0 ? psprintf("about %.0f", rows) :
				 c->condition ? "an unknown number of" : "all",
				 pgm_table_name(t));
	f->mode = RowExclusiveLock;
	f->bytes = bytes;
	backfill = as_backfill(v, t);
	if (backfill)
		pgm_rewrite(f, "%s", backfill);
	else
		pgm_advise(f, "Do it in portions, each in a transaction of its own.");
}

/* A search of the changes of rows in a statement */
typedef struct PgmChangeSearch
{
	const PgmStatementView *view;
	PgmFindings *out;
} PgmChangeSearch;

/* Judge the changes in a statement: it may be one, and has others in its WITH. */
static bool
judge_changes(Node *node, void *context)
{
	PgmChangeSearch *s = context;
	PgmBulkChange c;

	if (node == NULL)
		return false;
	if (read_change(node, &c))
		judge_change(s->view, s->out, &c);
	return raw_expression_tree_walker(node, judge_changes, context);
}

void
pgm_rule_unbounded_dml(const PgmStatementView *v, PgmFindings *out)
{
	PgmChangeSearch s = {v, out};

	(void) judge_changes(unconstify(Node *, v->node), &s);
}

/* Find columns that an UPDATE or INSERT assigns twice. */
static void
find_duplicate_columns(const PgmStatementView *v, PgmFindings *out, List *targets)
{
	ListCell   *la;
	ListCell   *lb;

	foreach(la, targets)
	{
		foreach(lb, targets)
		{
			const ResTarget *a = lfirst_node(ResTarget, la);
			const ResTarget *b = lfirst_node(ResTarget, lb);

			if (a < b && a->name && b->name && a->indirection == NIL &&
				b->indirection == NIL && strcmp(a->name, b->name) == 0)
				(void) pgm_find(out, NULL, "column \"%s\" is assigned twice: the server refuses that", a->name);
		}
	}
}

/* The length of the comment or string that "p" begins with; 0: of neither */
static int
length_of_text(const char *p)
{
	int			comment = pgm_sql_comment_length(p);

	if (comment > 0)
		return comment;
	if (p[0] == '\'')
		return pgm_sql_quoted_length(p, !pgm_strings_conform());
	if ((p[0] == 'e' || p[0] == 'E') && p[1] == '\'')
		return 1 + pgm_sql_quoted_length(p + 1, true);
	return pgm_sql_dollar_quoted_length(p);
}

/*
 * The length of the name that "p" begins with; 0: of none.  *bytes is how long
 * it is for the server, without quotes.
 */
static int
length_of_name(const char *p, int *bytes)
{
	int			n = 0;

	*bytes = 0;
	if (*p != '"')
	{
		if (isdigit((unsigned char) *p))
			return 0;
		while (IS_HIGHBIT_SET(p[n]) || (p[n] && strchr(NAME_CHARACTERS "$", p[n])))
			n++;
		*bytes = n;
		return n;
	}
	for (n = 1; p[n] && (p[n] != '"' || p[n + 1] == '"'); n++, (*bytes)++)
		n += p[n] == '"';		/* doubled, it is one */
	return n + (p[n] == '"');
}

/*
 * A name longer than the server keeps.  The server's scanner would find it as
 * well, and cut it with a NOTICE once more.
 */
static void
find_long_names(const PgmStatementView *v, PgmFindings *out)
{
	const char *p = pgm_source(v);

	while (*p)
	{
		int			skip = length_of_text(p);
		int			bytes = 0;
		int			length = skip > 0 ? 0 : length_of_name(p, &bytes);

		/* of escapes it is not seen how long the name is */
		if ((p[0] == 'u' || p[0] == 'U') && p[1] == '&' && p[2] == '"')
			skip = 2 + length_of_name(p + 2, &bytes);
		else if (bytes >= NAMEDATALEN)
			(void) pgm_find(out, NULL, "a name of %d bytes is cut to %d: %s...", bytes, NAMEDATALEN - 1,
							pnstrdup(p, pg_mbcliplen(p, length, 40)));
		p += skip > 0 ? skip : Max(length, 1);
	}
}

/* Statements that may not do what they say */
void
pgm_rule_robustness(const PgmStatementView *v, PgmFindings *out)
{
	const Node *node = v->node;

	if (IsA(node, UpdateStmt))
		find_duplicate_columns(v, out, ((const UpdateStmt *) node)->targetList);
	else if (IsA(node, InsertStmt))
		find_duplicate_columns(v, out, ((const InsertStmt *) node)->cols);
	else if (IsA(node, CreateStmt) && ((const CreateStmt *) node)->if_not_exists)
	{
		PgmTable   *t = pgm_shadow_table(v->shadow, ((const CreateStmt *) node)->relation);

		if (t)
			(void) pgm_find(out, t, "%s is there already: IF NOT EXISTS leaves it as it is, whatever its columns",
							pgm_table_name(t));
	}
	find_long_names(v, out);
}

/* Does an expression call a function that is not the server's own? */
static bool
calls_foreign(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
	{
		List	   *name = ((FuncCall *) node)->funcname;
		FuncCandidateList candidates = pgm_candidates(name);
		bool		own = candidates != NULL;

		for (; candidates; candidates = candidates->next)
			own = own && candidates->oid < FirstNormalObjectId;
		if (!own)
			return true;
	}
	return raw_expression_tree_walker(node, calls_foreign, context);
}

/* Does the statement run code whose effects lint cannot know? */
bool
pgm_statement_is_opaque(const Node *node)
{
	return IsA(node, DoStmt) ||
		(IsA(node, CallStmt) && !pgm_call_is_backfill(node)) ||
		(IsA(node, SelectStmt) && calls_foreign(unconstify(Node *, node), NULL));
}

/* Code whose effects are known only when it runs */
void
pgm_rule_opaque(const PgmStatementView *v, PgmFindings *out)
{
	PgmFinding *f;

	if (IsA(v->node, CallStmt) && pgm_call_is_backfill(v->node))
		(void) pgm_clear(out, NULL, "CALL migrate.backfill() commits batch by batch");
	else if (pgm_statement_is_opaque(v->node))
	{
		f = pgm_find(out, NULL, "what this code does is not known before it runs");
		if (v->step)
			pgm_rewrite(f, "SELECT * FROM migrate.explain('%s', execute => true); -- shows what it does",
						v->script->revision);
	}
}

/*
 * Names that the server makes up depend on the names already in use, so they
 * differ between databases.
 */
void
pgm_rule_unnamed(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c;

	if (IsA(v->node, IndexStmt))
	{
		if (((const IndexStmt *) v->node)->idxname == NULL)
			(void) pgm_find(out, v->table, "the index has no name: the server makes one up, which a later migration has to guess");
		return;
	}
	c = (const Constraint *) v->action->def;
	if (c->conname == NULL && c->indexname == NULL && v->table)
		(void) pgm_find(out, v->table, "the constraint has no name: the server makes one up, which a later migration has to guess");
}
