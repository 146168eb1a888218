/*
 * rules_script.c
 *	  Rules that need more than one statement, or are about any statement: locks
 *	  that are held while others are taken, lock_timeout, names, and code whose
 *	  effects are not known.
 *
 * A script is one transaction as long as nothing in it commits.  So a lock that
 * one statement takes lasts through all later ones, and the rules look back at
 * the effects of the statements that were judged before.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "lint/rules/rules.h"
#include "run/locks/lock_settings.h"
#include "util/lock_name.h"
#include "util/sql_text.h"

/* Does it take ACCESS EXCLUSIVE on a table that existed before the plan? */
static bool
locks_exclusively(const PgmEffect *e)
{
	return e->mode == AccessExclusiveLock && OidIsValid(e->table->relid) &&
		e->table->kind != RELKIND_COMPOSITE_TYPE;
}

/*
 * The first statement of this transaction that took ACCESS EXCLUSIVE on a table,
 * and the table; with "only", on that table.
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

			if (!locks_exclusively(e) || (only && e->table != only))
				continue;
			*table = e->table;
			return j;
		}
	}
	return NULL;
}

/*
 * An effect that takes ACCESS EXCLUSIVE on a table that was not locked before,
 * preferably "worst"; or NULL.
 */
static const PgmEffect *
locking_more(const PgmStatementView *v, const PgmEffect *worst)
{
	const PgmTable *table;
	ListCell   *lc;

	foreach(lc, lcons(unconstify(PgmEffect *, worst), list_copy(v->effects)))
	{
		const PgmEffect *e = lfirst(lc);

		if (e && locks_exclusively(e) && locked_before(v, e->table, &table) == NULL)
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
 * A statement that drops a foreign key, by itself or with its column or table,
 * locks the referenced table as well.
 */
static void
find_locked_together(const PgmStatementView *v, PgmFindings *out)
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
		pgm_finding_advise(pgm_finding_add_effect(out, e, "%s is locked together with %s, for the foreign key between them: sessions that lock them in the opposite order deadlock",
												  pgm_table_name(e->table), pgm_table_name(first->table)),
						   "ALTER TABLE ... DROP CONSTRAINT of the foreign key in a migration of its own, with a lock_timeout.");
	}
}

/* A search for the largest table that a query reads without a condition */
typedef struct PgmFullScan
{
	const PgmStatementView *v;
	const PgmTable *largest;
} PgmFullScan;

/* Walker: the largest of the tables that one level of a query takes its rows from. */
static bool
note_largest_source(Node *node, void *context)
{
	PgmFullScan *r = context;
	ListCell   *lc;

	/*
	 * Queries in FROM and in JOIN ... ON are levels of their own, with a
	 * WHERE of their own.
	 */
	if (node == NULL || IsA(node, RangeSubselect) || IsA(node, SubLink))
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
	return raw_expression_tree_walker(node, note_largest_source, context);
}

/* Walker: the queries without a condition or limit, at any level. */
static bool
find_full_scans(Node *node, void *context)
{
	const SelectStmt *select = (SelectStmt *) node;

	if (node == NULL)
		return false;
	if (IsA(node, SelectStmt) && select->whereClause == NULL && select->limitCount == NULL)
		(void) note_largest_source((Node *) select->fromClause, context);
	return raw_expression_tree_walker(node, find_full_scans, context);
}

/* The largest table that the statement reads from end to end, or NULL. */
static const PgmTable *
largest_full_scan(const PgmStatementView *v)
{
	PgmFullScan r = {.v = v};

	if (IsA(v->node, SelectStmt) || IsA(v->node, InsertStmt))
		(void) find_full_scans(unconstify(Node *, v->node), &r);
	else if (IsA(v->node, CreateTableAsStmt) &&
			 !((const CreateTableAsStmt *) v->node)->into->skipData)
		(void) find_full_scans(((const CreateTableAsStmt *) v->node)->query, &r);
	return r.largest && pgm_table_bytes(r.largest) > 0 ? r.largest : NULL;
}

/* Work, or a lock on another table, while one is locked in ACCESS EXCLUSIVE. */
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
		find_locked_together(v, out);
		return;
	}
	e = pgm_finding_worst_effect(v);
	if (e && OidIsValid(e->table->relid) && e->work != PGM_WORK_NONE)
		f = pgm_finding_add_effect(out, e, "%s is %s while statement %d keeps all access to %s blocked",
								   pgm_table_name(e->table), e->work == PGM_WORK_SCAN ? "read" : "rewritten",
								   j->statement->number, pgm_table_name(locked));
	else if ((more = locking_more(v, e)) != NULL)
		f = pgm_finding_add_effect(out, more, "%s is locked while %s is: both stay blocked until the second lock is granted, and sessions that lock them in the opposite order deadlock",
								   pgm_table_name(more->table), pgm_table_name(locked));
	else
	{
		const PgmTable *read = largest_full_scan(v);

		if (read)
			f = pgm_finding_add(out, read, "%s is read from end to end while statement %d keeps all access to %s blocked",
								pgm_table_name(read), j->statement->number, pgm_table_name(locked));
	}
	if (f)
		pgm_finding_advise(f, "Put this statement into a migration of its own.");
}

/* A strong lock that is waited for without a limit: every later request queues behind it. */
void
pgm_rule_no_lock_timeout(const PgmStatementView *v, PgmFindings *out)
{
	const PgmEffect *e = pgm_finding_worst_effect(v);

	if (e == NULL || e->mode < ShareLock || !OidIsValid(e->table->relid) ||
		(!v->settings.no_lock_timeout &&
		 (v->settings.lock_timeout || v->settings.session_lock_timeout || pgm_lock_timeout > 0)))
		return;
	pgm_finding_rewrite(pgm_finding_add_effect(out, e, "%s on %s is waited for without a limit, and all later requests queue behind it",
											   pgm_lock_name(e->mode), pgm_table_name(e->table)),
						v->settings.no_lock_timeout ? "SET lock_timeout = '2s';" :
						"SET pg_migrate.lock_timeout = '2s';");
}

/* The value to which the script sets lock_timeout, or NULL if it does not. */
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

/*
 * statement_timeout without lock_timeout: it bounds the wait for a lock too, but
 * is too long for it.
 */
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
	f = pgm_finding_add(out, NULL, "statement_timeout without lock_timeout: a lock is waited for as long, and all later requests queue behind it");
	pgm_finding_rewrite(f, "SET LOCAL lock_timeout = '2s';");
	if (pgm_lock_timeout > 0 && lock_timeout == NULL)
		f->severity = PGM_SEVERITY_NOTICE;
}

/* Find columns that an UPDATE or INSERT assigns twice. */
static void
find_duplicate_columns(const PgmStatementView *v, PgmFindings *out, List *targets)
{
	ListCell   *la;
	ListCell   *lb;

	foreach(la, targets)
	{
		for_each_cell(lb, targets, lnext(targets, la))
		{
			const ResTarget *a = lfirst_node(ResTarget, la);
			const ResTarget *b = lfirst_node(ResTarget, lb);

			if (a->name && b->name && a->indirection == NIL &&
				b->indirection == NIL && strcmp(a->name, b->name) == 0)
				(void) pgm_finding_add(out, NULL, "column \"%s\" is assigned twice: the server refuses that", a->name);
		}
	}
}

/* Characters of a name, besides those of more than one byte; $ may not be its first */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* The length of the comment or string that "p" begins with; 0 if it begins with neither. */
static int
literal_or_comment_length(const char *p)
{
	int			comment = pgm_sql_comment_length(p);

	if (comment > 0)
		return comment;
	if (p[0] == '\'')
		return pgm_sql_quoted_length(p, !pgm_script_strings_conform());
	if ((p[0] == 'e' || p[0] == 'E') && p[1] == '\'')
		return 1 + pgm_sql_quoted_length(p + 1, true);
	return pgm_sql_dollar_quoted_length(p);
}

/*
 * The length of the name that "p" begins with, or 0; *bytes is its length
 * without quotes, as the server counts it.
 */
static int
name_length(const char *p, int *bytes)
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
		n += p[n] == '"';		/* a doubled quote is one byte of the name */
	return n + (p[n] == '"');
}

/*
 * Find names that the server truncates.  This does not use the server's scanner,
 * which would truncate them with a NOTICE of its own.
 */
static void
find_long_names(const PgmStatementView *v, PgmFindings *out)
{
	const char *p = pgm_source(v);

	while (*p)
	{
		int			skip = literal_or_comment_length(p);
		int			bytes = 0;
		int			length = skip > 0 ? 0 : name_length(p, &bytes);

		/* U&"...": escapes hide how long the name is, so it is skipped. */
		if ((p[0] == 'u' || p[0] == 'U') && p[1] == '&' && p[2] == '"')
			skip = 2 + name_length(p + 2, &bytes);
		else if (bytes >= NAMEDATALEN)
			(void) pgm_finding_add(out, NULL, "a name of %d bytes is cut to %d: %s...", bytes, NAMEDATALEN - 1,
								   pnstrdup(p, pg_mbcliplen(p, length, 40)));
		p += skip > 0 ? skip : Max(length, 1);
	}
}

/* Statements that may not do what they say. */
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
			(void) pgm_finding_add(out, t, "%s is there already: IF NOT EXISTS leaves it as it is, whatever its columns",
								   pgm_table_name(t));
	}
	find_long_names(v, out);
}

/* Walker: does an expression call a function that is not the server's own? */
static bool
calls_user_function(Node *node, void *context)
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
	return raw_expression_tree_walker(node, calls_user_function, context);
}

/* Does the statement run code whose effects lint cannot know? */
bool
pgm_statement_is_opaque(const Node *node)
{
	return IsA(node, DoStmt) ||
		(IsA(node, CallStmt) && !pgm_call_is_backfill(node)) ||
		(IsA(node, SelectStmt) && calls_user_function(unconstify(Node *, node), NULL));
}

/* Code whose effects are known only when it runs. */
void
pgm_rule_opaque(const PgmStatementView *v, PgmFindings *out)
{
	PgmFinding *f;

	if (IsA(v->node, CallStmt) && pgm_call_is_backfill(v->node))
		(void) pgm_finding_add_safe(out, NULL, "CALL migrate.backfill() commits batch by batch");
	else if (pgm_statement_is_opaque(v->node))
	{
		f = pgm_finding_add(out, NULL, "what this code does is not known before it runs");
		if (v->step)
			pgm_finding_rewrite(f, "SELECT * FROM migrate.explain('%s', execute => true); -- shows what it does",
								v->script->revision);
	}
}

/*
 * An index or constraint without a name.  The server makes one up that depends
 * on the names in use, so it differs between databases.
 */
void
pgm_rule_unnamed(const PgmStatementView *v, PgmFindings *out)
{
	const Constraint *c;

	if (IsA(v->node, IndexStmt))
	{
		if (((const IndexStmt *) v->node)->idxname == NULL)
			(void) pgm_finding_add(out, v->table, "the index has no name: the server makes one up, which a later migration has to guess");
		return;
	}
	c = (const Constraint *) v->action->def;
	if (c->conname == NULL && c->indexname == NULL && v->table)
		(void) pgm_finding_add(out, v->table, "the constraint has no name: the server makes one up, which a later migration has to guess");
}
