/*
 * probe_rows.c
 *	  The rule existing-rows: search for rows that would make a statement fail,
 *	  which are nulls, duplicates, orphans and rows that violate a CHECK.
 *
 * Each search runs with the rights of the caller, because its result tells what
 * is in the table, and for at most pg_migrate.lint_probe_timeout.  Columns are
 * identified by their numbers in the catalog.  The rows are those of now, so a
 * column that the plan adds or changes before the statement cannot be searched.
 * Only the server's own functions are evaluated (builtin_functions.c,
 * scan_rows.c).  If a search is not possible, the finding says why.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_oper.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"

#include "lint/expressions/expressions.h"
#include "lint/rules/lint_settings.h"
#include "lint/rules/rules.h"
#include "lint/rules/scan_rows.h"
#include "lint/tables/parse_tree.h"
#include "schema/builtin_functions.h"
#include "util/relation_name.h"

/* Violations are counted up to this number */
#define MAX_VIOLATIONS 1000

/* A search for rows that violate one constraint */
typedef struct PgmProbe
{
	const PgmStatementView *v;
	PgmFindings *out;
	PgmRowSet	rows;
	PgmRowSet	referred;		/* for a foreign key */
	Node	   *check;			/* is false for the violations; or NULL */
	bool		nulls;			/* NULLS NOT DISTINCT */
	const char *why;			/* a search is not possible, or NULL */
	int64		found;
} PgmProbe;

/* MAX_TIMEOUTS until it is registered */
static TimeoutId probe_timeout = MAX_TIMEOUTS;

/*
 * The time of the search is over: cancel it.  This runs in a signal handler, and
 * sets the flags of a query cancel, which the scan checks for each row.
 */
static void
cancel_probe(void)
{
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* Count the violations into p->found, or set p->why if the caller must not see the rows. */
static void
count_violations(PgmProbe *p)
{
	p->why = pgm_rows_hidden(&p->rows);
	if (p->why == NULL && OidIsValid(p->referred.relid))
		p->why = pgm_rows_hidden(&p->referred);
	if (p->why)
		return;
	if (p->check)
		p->found = pgm_rows_failing(&p->rows, p->check, MAX_VIOLATIONS);
	else if (OidIsValid(p->referred.relid))
		p->found = pgm_rows_orphaned(&p->rows, &p->referred, MAX_VIOLATIONS);
	else
		p->found = pgm_rows_repeated(&p->rows, p->nulls, MAX_VIOLATIONS);
}

/* Run count_violations() for pgm_viewpoint_call(), with a snapshot of its own. */
static bool
count_violations_callback(void *arg)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	count_violations(arg);
	PopActiveSnapshot();
	return false;
}

/*
 * Run a search unless p->why says already that it is not possible.  Sets p->why
 * if it is not possible, takes too long, or fails.  Rethrows what cancels or
 * ends the caller.
 */
static void
run_probe(PgmProbe *p)
{
	ErrorData  *edata;
	bool		over;

	if (p->why)
		return;

	/*
	 * Registered once a session; the server has few slots, and no way to free
	 * one.
	 */
	if (probe_timeout == MAX_TIMEOUTS)
		probe_timeout = RegisterTimeout(USER_TIMEOUT, cancel_probe);

	/*
	 * A timeout of our own, not statement_timeout: a SET of that would start
	 * to count only with the next statement of the client.
	 */
	enable_timeout_after(probe_timeout, pgm_lint_probe_timeout);

	/*
	 * In a subtransaction, so that an error, or our cancel, ends only the
	 * search.
	 */
	edata = pgm_viewpoint_call(p->v->caller, count_violations_callback, p);
	over = get_timeout_indicator(probe_timeout, true);
	disable_timeout(probe_timeout, false);

	/* Our own timeout must not cancel the statement that called lint. */
	if (over)
		QueryCancelPending = false;
	if (edata == NULL)
		return;

	/*
	 * A cancel that is not our own is the user's, or the end of the session.
	 * A lack of resources is not raised again: a search that exceeds
	 * temp_file_limit says nothing about the rest of lint.
	 */
	if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION && !over)
		ReThrowError(edata);
	p->why = over ? "it takes longer than pg_migrate.lint_probe_timeout" : edata->message;
}

/* Does an action of the statement add, drop or retype the column? */
static bool
statement_changes_column(const PgmStatementView *v, const char *name)
{
	ListCell   *lc;

	foreach(lc, IsA(v->node, AlterTableStmt) ? ((const AlterTableStmt *) v->node)->cmds : NIL)
	{
		const AlterTableCmd *cmd = lfirst(lc);
		const char *changed = cmd->subtype == AT_AddColumn ?
			((const ColumnDef *) cmd->def)->colname : cmd->name;

		if ((cmd->subtype == AT_AddColumn || cmd->subtype == AT_DropColumn ||
			 cmd->subtype == AT_AlterColumnType) && strcmp(changed, name) == 0)
			return true;
	}
	return false;
}

/* Does the catalog have the column with the type it will have when the statement runs? */
static bool
is_unchanged_in_catalog(const PgmTable *t, AttrNumber attnum, const PgmColumn *c)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(t->relid), Int16GetDatum(attnum));
	Form_pg_attribute att;
	bool		present;

	if (!HeapTupleIsValid(tuple))
		return false;
	att = (Form_pg_attribute) GETSTRUCT(tuple);
	present = !att->attisdropped && att->atttypid == c->type.oid &&
		att->atttypmod == c->type.typmod && att->attcollation == c->type.collation;
	ReleaseSysCache(tuple);
	return present;
}

/* Add a column of a table, by its number, to those that are searched. */
static void
probe_column(PgmProbe *p, PgmRowSet *rows, PgmTable *t, AttrNumber attnum)
{
	const PgmColumn *c = list_nth(t->columns, attnum - 1);

	Assert(attnum > 0 && attnum <= list_length(t->columns));
	rows->relid = t->relid;
	rows->attnums = lappend_int(rows->attnums, attnum);
	if (p->why == NULL && (c->is_new || !is_unchanged_in_catalog(t, attnum, c) ||
						   (t == p->v->table && statement_changes_column(p->v, c->name))))
		p->why = psprintf("the plan adds or changes column %s", c->name);
}

/*
 * Add columns by their names.  Columns whose values are compared with each other
 * must have a type and collation of the server's own, so that no code of a user
 * runs.
 */
static void
probe_columns(PgmProbe *p, PgmRowSet *rows, PgmTable *t, List *names, bool compared)
{
	ListCell   *lc;

	if (names == NIL)
		p->why = "the index is on expressions";
	if (compared && list_length(names) > INDEX_MAX_KEYS)
	{
		/*
		 * The server will refuse it, and scan_rows.c has arrays of this
		 * length.
		 */
		p->why = psprintf("no index or foreign key has more than %d columns", INDEX_MAX_KEYS);
		return;
	}
	foreach(lc, names)
	{
		AttrNumber	attnum;
		const PgmColumn *c = lfirst(lc) ? pgm_table_column(t, lfirst(lc), &attnum) : NULL;

		if (c == NULL)
		{
			p->why = lfirst(lc) ? psprintf("there is no column %s", (char *) lfirst(lc)) :
				"the index is on expressions";
			return;
		}
		probe_column(p, rows, t, attnum);
		if (p->why || !compared)
			continue;
		if (!pgm_type_is_compared_builtin(c->type.oid))
			p->why = psprintf("column %s is of type %s, which is not compared by the server's own functions alone",
							  c->name, c->type.name);
		else if (c->type.collation >= FirstNormalObjectId)
			p->why = psprintf("column %s has a collation that is not built in", c->name);
	}
}

/* The present names of the columns joined, each with a prefix and a suffix. */
static char *
join_columns(const PgmRowSet *rows, const char *prefix, const char *between, const char *behind)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, rows->attnums)
	{
		appendStringInfo(&buf, "%s%s%s%s", buf.len ? between : "", prefix,
						 quote_identifier(get_attname(rows->relid, lfirst_int(lc), false)), behind);
	}
	return buf.data;
}

/* May the table, or one that inherits from it, have rows? */
static bool
may_have_rows(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(v->shadow, v->table))
	{
		if (((PgmTable *) lfirst(lc))->kind == RELKIND_FOREIGN_TABLE ||
			!pgm_table_is_empty(lfirst(lc)))
			return true;
	}
	return false;
}

/* Report that the rows were not searched, and why; nothing if there are none. */
static void
report_not_searched(const PgmStatementView *v, PgmFindings *out, const char *why)
{
	PgmFinding *f;

	if (!may_have_rows(v))
		return;
	f = pgm_finding_add(out, v->table, "the rows of %s were not looked at: %s", pgm_table_name(v->table), why);
	f->severity = PGM_SEVERITY_NOTICE;
	f->unlooked = true;
	pgm_finding_evidence(f, "not_looked_at", why);
}

/*
 * Report how many rows violate the constraint, with a singular and a plural
 * message, and the query that lists them; or why they were not searched.
 */
static void
report_violations(PgmProbe *p, const char *one, const char *many, const char *what, const char *query)
{
	const PgmStatementView *v = p->v;
	PgmFinding *f;

	if (p->why)
		report_not_searched(v, p->out, p->why);
	if (p->why || p->found == 0)
		return;
	f = pgm_finding_add(p->out, v->table, "%lld%s %s %s", (long long) p->found,
						p->found >= MAX_VIOLATIONS ? " or more" : "", p->found == 1 ? one : many, what);
	f->severity = PGM_SEVERITY_ERROR;
	pgm_finding_evidence_number(f, "rows", p->found);
	pgm_finding_evidence(f, "query", query);
	pgm_finding_rewrite(f, "%s;", query);
}

/*
 * Does the statement check the rows of inheriting tables? "inherited" is false
 * for keys and foreign keys, which are not inherited; ONLY excludes inheritors,
 * but never partitions.
 */
static bool
searches_inheritors(const PgmStatementView *v, const PgmTable *t, bool inherited)
{
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		return true;
	return inherited &&
		(!IsA(v->node, AlterTableStmt) || ((const AlterTableStmt *) v->node)->relation->inh);
}

/* The table in the query that is shown, under its present name. */
static char *
table_in_query(const PgmStatementView *v, PgmTable *t, bool inherited)
{
	char	   *name = pgm_relation_name(t->relid);

	return !inherited && pgm_shadow_children(v->shadow, t) != NIL ? psprintf("ONLY %s", name) : name;
}

/* "column IS NOT NULL" for all of the columns, as an expression. */
static Node *
not_null_condition(const PgmTable *t, const PgmRowSet *rows)
{
	List	   *tests = NIL;
	ListCell   *lc;

	foreach(lc, rows->attnums)
	{
		tests = lappend(tests, pgm_column_not_null_test(list_nth(t->columns, lfirst_int(lc) - 1),
														lfirst_int(lc)));
	}
	return (Node *) make_ands_explicit(tests);
}

/* Search for rows with a null in one of the columns. */
static void
probe_nulls(const PgmStatementView *v, PgmFindings *out, List *columns)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = searches_inheritors(v, v->table, true)};

	probe_columns(&p, &p.rows, v->table, columns, false);
	if (p.why == NULL)
		p.check = not_null_condition(v->table, &p.rows);
	run_probe(&p);
	report_violations(&p, "row has a null in", "rows have a null in",
					  p.why ? "" : join_columns(&p.rows, "", ", ", ""), p.why ? "" :
					  psprintf("SELECT * FROM %s WHERE %s", table_in_query(v, v->table, p.rows.inherited),
							   join_columns(&p.rows, "", " OR ", " IS NULL")));
}

/*
 * Search for rows with equal values in the columns; nulls differ unless "nulls".
 * "why" is a reason not to search, or NULL.
 */
static void
probe_duplicates(const PgmStatementView *v, PgmFindings *out, List *columns, bool nulls, const char *why)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = searches_inheritors(v, v->table, false),.nulls = nulls,.why = why};
	char	   *names;

	probe_columns(&p, &p.rows, v->table, columns, true);
	run_probe(&p);
	if (p.why)
	{
		report_not_searched(v, out, p.why);
		return;
	}
	names = join_columns(&p.rows, "", ", ", "");
	report_violations(&p, "value is there more than once, of", "values are there more than once, of",
					  psprintf("(%s)", names),
					  psprintf("SELECT %s FROM %s%s%s GROUP BY %s HAVING pg_catalog.count(*) > 1",
							   names, table_in_query(v, v->table, p.rows.inherited), nulls ? "" : " WHERE ",
							   nulls ? "" : join_columns(&p.rows, "", " AND ", " IS NOT NULL"), names));
}

/* Does a foreign key compare its columns with operators of the server's own? */
static bool
has_builtin_equality(const PgmRowSet *rows, const PgmRowSet *referred)
{
	List	   *name = list_make2(makeString("pg_catalog"), makeString("="));
	ListCell   *la;
	ListCell   *lb;

	Assert(list_length(rows->attnums) == list_length(referred->attnums));
	forboth(la, rows->attnums, lb, referred->attnums)
	{
		/*
		 * The primary key's type is on the left, as in
		 * ATAddForeignKeyConstraint().
		 */
		Operator	operator = oper(NULL, name,
									getBaseType(get_atttype(referred->relid, lfirst_int(lb))),
									getBaseType(get_atttype(rows->relid, lfirst_int(la))), true, -1);
		bool		builtin = operator && pgm_operator_is_builtin(oprid(operator));

		if (operator)
			ReleaseSysCache(operator);
		if (!builtin)
			return false;
	}
	return true;
}

/* Search for rows whose foreign key refers to no row. */
static void
probe_orphans(const PgmStatementView *v, PgmFindings *out, List *columns, PgmTable *other, List *keys)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = searches_inheritors(v, v->table, false)};
	StringInfoData on;
	ListCell   *la;
	ListCell   *lb;

	if (other == NULL || list_length(columns) != list_length(keys))
		return;
	probe_columns(&p, &p.rows, v->table, columns, true);
	if (!OidIsValid(other->relid))
		p.why = psprintf("the plan makes %s", pgm_table_name(other));
	else
		probe_columns(&p, &p.referred, other, keys, true);
	p.referred.inherited = searches_inheritors(v, other, false);
	if (p.why == NULL && !has_builtin_equality(&p.rows, &p.referred))
		p.why = "the columns are not compared by operators that are built in";
	run_probe(&p);
	if (p.why)
	{
		report_not_searched(v, out, p.why);
		return;
	}
	Assert(list_length(p.rows.attnums) == list_length(p.referred.attnums));
	initStringInfo(&on);
	forboth(la, p.rows.attnums, lb, p.referred.attnums)
	{
		appendStringInfo(&on, "%sk.%s = r.%s", on.len ? " AND " : "",
						 quote_identifier(get_attname(other->relid, lfirst_int(lb), false)),
						 quote_identifier(get_attname(v->table->relid, lfirst_int(la), false)));
	}
	report_violations(&p, "row refers to no row of", "rows refer to no row of", pgm_table_name(other),
					  psprintf("SELECT * FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s k WHERE %s)",
							   table_in_query(v, v->table, p.rows.inherited),
							   join_columns(&p.rows, "r.", " AND ", " IS NOT NULL"),
							   table_in_query(v, other, p.referred.inherited), on.data));
}

/* Does the plan rename one of the columns? */
static bool
is_column_renamed(const PgmTable *t, const PgmRowSet *rows)
{
	ListCell   *lc;

	foreach(lc, rows->attnums)
	{
		if (strcmp(get_attname(rows->relid, lfirst_int(lc), false),
				   ((const PgmColumn *) list_nth(t->columns, lfirst_int(lc) - 1))->name) != 0)
			return true;
	}
	return false;
}

/*
 * Search for rows that a CHECK over the columns' numbers refuses.  expr is NULL
 * if it could not be read, and "why" says why; "text" is how it is written, or
 * NULL.
 */
static void
probe_expression(const PgmStatementView *v, PgmFindings *out, Node *expr, const char *why, bool inherited, const char *sql)
{
	PgmProbe	p = {.v = v,.out = out,.rows.relid = v->table->relid,.check = expr};
	Bitmapset  *attnums = NULL;
	const char *present = "";
	bool		as_written;
	int			member = -1;

	p.rows.inherited = searches_inheritors(v, v->table, inherited);
	if (expr == NULL)
		p.why = psprintf("the CHECK cannot be read: %s", why);
	else if (!pgm_is_builtin(expr, PGM_USE_EVALUATE, &why))
		p.why = psprintf("the CHECK contains %s", why);
	else
		pull_varattnos(expr, 1, &attnums);
	while ((member = bms_next_member(attnums, member)) >= 0)
		probe_column(&p, &p.rows, v->table, member + FirstLowInvalidHeapAttributeNumber);
	run_probe(&p);
	if (p.why == NULL)
		present = deparse_expression(expr, deparse_context_for(get_rel_name(v->table->relid), v->table->relid), false, false);

	/* The query is to be run now, before the plan has renamed anything. */
	as_written = sql != NULL && !is_column_renamed(v->table, &p.rows);

	report_violations(&p, "row does not fulfil", "rows do not fulfil", sql ? sql : present, p.why ? "" :
					  psprintf("SELECT * FROM %s WHERE NOT %s", table_in_query(v, v->table, p.rows.inherited),
							   as_written ? sql : psprintf("(%s)", present)));
}

/* Search for rows that violate a new constraint. */
static void
probe_constraint(const PgmStatementView *v, PgmFindings *out, const Constraint *c)
{
	PgmTable   *other;
	Node	   *expr;
	const char *why = NULL;

	/* NOT VALID reads no row; the index of USING INDEX has no duplicates. */
	if (c->skip_validation || c->indexname)
		return;
	switch (c->contype)
	{
		case CONSTR_PRIMARY:
			probe_nulls(v, out, pgm_parse_tree_names(c->keys));
			probe_duplicates(v, out, pgm_parse_tree_names(c->keys), false, NULL);
			break;
		case CONSTR_UNIQUE:
			probe_duplicates(v, out, pgm_parse_tree_names(c->keys), c->nulls_not_distinct, NULL);
			break;
		case CONSTR_FOREIGN:
			other = pgm_shadow_table(v->shadow, c->pktable);
			probe_orphans(v, out, pgm_parse_tree_names(c->fk_attrs), other, c->pk_attrs ?
						  pgm_parse_tree_names(c->pk_attrs) : pgm_table_primary_key(other));
			break;
		case CONSTR_CHECK:
			expr = pgm_expression_check_or_why(v->table, c->raw_expr, &why);
			probe_expression(v, out, expr, why, !c->is_no_inherit,
							 pgm_source_parenthesis(v, c->location));
			break;
		default:
			break;
	}
}

/* Search for rows that VALIDATE CONSTRAINT would find. */
static void
probe_validate(const PgmStatementView *v, PgmFindings *out)
{
	ListCell   *lc;

	foreach(lc, v->table->checks)
	{
		const PgmCheck *check = lfirst(lc);

		if (strcmp(check->name, v->action->name) == 0 && !check->valid)
			probe_expression(v, out, check->expr, "it names what the plan makes", true, NULL);
	}

	foreach(lc, v->table->keys)
	{
		const PgmForeignKey *key = lfirst(lc);

		if (strcmp(key->name, v->action->name) == 0 && !key->valid)
			probe_orphans(v, out, key->columns, key->referenced,
						  key->targets);
	}
}

/* Search for rows that a unique index would refuse. */
static void
probe_index(const PgmStatementView *v, PgmFindings *out, const IndexStmt *stmt)
{
	List	   *columns = NIL;
	const char *why = stmt->whereClause ? "the index is partial" : NULL;
	ListCell   *lc;

	/* ON ONLY a partitioned table builds nothing. */
	if (!stmt->unique ||
		(v->table->kind == RELKIND_PARTITIONED_TABLE && !stmt->relation->inh))
		return;
	foreach(lc, stmt->indexParams)
	{
		const IndexElem *elem = lfirst(lc);

		columns = lappend(columns, elem->name);
		if (why == NULL && (elem->opclass || elem->collation))
			why = "the index compares them with an operator class or a collation of its own";
	}
	probe_duplicates(v, out, columns, stmt->nulls_not_distinct, why);
}

/*
 * Rows that the statement will fail for.  Downgrades are not searched, because
 * their rows do not exist yet.
 */
void
pgm_rule_existing_rows(const PgmStatementView *v, PgmFindings *out)
{
	if (!v->probe || pgm_lint_probe_timeout == 0 || v->down ||
		v->table == NULL || !OidIsValid(v->table->relid) ||
		v->table->emptied || v->table->kind == RELKIND_FOREIGN_TABLE)
		return;
	if (IsA(v->node, IndexStmt))
		probe_index(v, out, (const IndexStmt *) v->node);
	else if (v->action->subtype == AT_AddConstraint)
		probe_constraint(v, out, (const Constraint *) v->action->def);
	else if (v->action->subtype == AT_SetNotNull)
		probe_nulls(v, out, list_make1(v->action->name));
	else if (v->action->subtype == AT_ValidateConstraint)
		probe_validate(v, out);
}
