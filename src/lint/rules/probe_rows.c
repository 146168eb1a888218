/*
 * probe_rows.c
 *	  Looking for rows that a statement would fail for: nulls, duplicates,
 *	  orphans, rows that a CHECK refuses.
 *
 * They are looked for as the caller, for pg_migrate.lint_probe_timeout each time.
 * Columns are those that are there now, by their numbers; one that the plan will
 * have added or changed by then cannot be looked at.  Nothing is evaluated that is
 * not the server's own (builtin_functions.c, scan_rows.c).  Where rows are not looked at the finding
 * says why.
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

/* Beyond this rows are not counted */
#define ENOUGH 1000

/* A search for rows that violate one constraint */
typedef struct PgmProbe
{
	const PgmStatementView *v;
	PgmFindings *out;
	PgmRowSet	rows;
	PgmRowSet	referred;		/* for a foreign key */
	Node	   *check;			/* is false for the rows; or NULL */
	bool		nulls;			/* which are equal to each other */
	const char *why;			/* it cannot be answered, or NULL */
	int64		found;
} PgmProbe;

static TimeoutId probe_timeout = MAX_TIMEOUTS;

/*
 * The time is over: cancel what is running.  This runs in a signal handler, and
 * the flags are those of a query cancel, which the scan looks at for each row.
 */
static void
stop(void)
{
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static void
answer(PgmProbe *p)
{
	p->why = pgm_rows_hidden(&p->rows);
	if (p->why == NULL && OidIsValid(p->referred.relid))
		p->why = pgm_rows_hidden(&p->referred);
	if (p->why)
		return;
	if (p->check)
		p->found = pgm_rows_failing(&p->rows, p->check, ENOUGH);
	else if (OidIsValid(p->referred.relid))
		p->found = pgm_rows_orphaned(&p->rows, &p->referred, ENOUGH);
	else
		p->found = pgm_rows_repeated(&p->rows, p->nulls, ENOUGH);
}

static bool
ask(void *arg)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	answer(arg);
	PopActiveSnapshot();
	return false;
}

/* Look for the rows; "why" is set when that cannot be done, not in time, or fails. */
static void
look(PgmProbe *p)
{
	ErrorData  *edata;
	bool		over;

	if (p->why)
		return;
	if (probe_timeout == MAX_TIMEOUTS)
		probe_timeout = RegisterTimeout(USER_TIMEOUT, stop);
	enable_timeout_after(probe_timeout, pgm_lint_probe_timeout);
	edata = pgm_viewpoint_call(p->v->caller, ask, p);
	over = get_timeout_indicator(probe_timeout, true);
	disable_timeout(probe_timeout, false);

	/* Our own timeout must not cancel the statement that called lint. */
	if (over)
		QueryCancelPending = false;
	if (edata == NULL)
		return;
	if (ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION && !over)
		ReThrowError(edata);
	p->why = over ? "it takes longer than pg_migrate.lint_probe_timeout" : edata->message;
}

/* Does another action of the statement add, drop or retype the column? */
static bool
is_changed_beside(const PgmStatementView *v, const char *name)
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

/* Is the column in the catalog as it will be when the statement runs? */
static bool
is_present(const PgmTable *t, AttrNumber attnum, const PgmColumn *c)
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

/* Add a column of a table, by its number, to those that are looked at. */
static void
add_column(PgmProbe *p, PgmRowSet *rows, PgmTable *t, AttrNumber attnum)
{
	const PgmColumn *c = list_nth(t->columns, attnum - 1);

	rows->relid = t->relid;
	rows->attnums = lappend_int(rows->attnums, attnum);
	if (p->why == NULL && (c->is_new || !is_present(t, attnum, c) ||
						   (t == p->v->table && is_changed_beside(p->v, c->name))))
		p->why = psprintf("the plan adds or changes column %s", c->name);
}

/*
 * Add columns by their names.  Columns that are compared with each other need
 * operators and collations of the server, which run no code of a user.
 */
static void
add_columns(PgmProbe *p, PgmRowSet *rows, PgmTable *t, List *names, bool compared)
{
	ListCell   *lc;

	if (names == NIL)
		p->why = "the index is on expressions";
	if (compared && list_length(names) > INDEX_MAX_KEYS)
	{
		/* the server will refuse it, and scan_rows.c has no room for so many */
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
		add_column(p, rows, t, attnum);
		if (p->why || !compared)
			continue;
		if (!pgm_type_is_compared_builtin(c->type.oid))
			p->why = psprintf("column %s is of type %s, which is not compared by the server's own functions alone",
							  c->name, c->type.name);
		else if (c->type.collation >= FirstNormalObjectId)
			p->why = psprintf("column %s has a collation that is not built in", c->name);
	}
}

/* Present names of columns joined, each after "prefix". */
static char *
join(const PgmRowSet *rows, const char *prefix, const char *between, const char *behind)
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

/* Are there rows at all, or may there be? */
static bool
has_rows(const PgmStatementView *v)
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

/* Report that rows were not looked at, and why. */
static void
report_unlooked(const PgmStatementView *v, PgmFindings *out, const char *why)
{
	PgmFinding *f;

	if (!has_rows(v))
		return;
	f = pgm_find(out, v->table, "the rows of %s were not looked at: %s", pgm_table_name(v->table), why);
	f->severity = PGM_SEVERITY_NOTICE;
	f->unlooked = true;
	pgm_evidence(f, "not_looked_at", why);
}

/*
 * Report how many rows violate the constraint, with a singular and a plural
 * message, and the query that lists them; or why they were not looked at.
 */
static void
report(PgmProbe *p, const char *one, const char *many, const char *what, const char *query)
{
	const PgmStatementView *v = p->v;
	PgmFinding *f;

	if (p->why)
		report_unlooked(v, p->out, p->why);
	if (p->why || p->found == 0)
		return;
	f = pgm_find(p->out, v->table, "%lld%s %s %s", (long long) p->found,
				 p->found >= ENOUGH ? " or more" : "", p->found == 1 ? one : many, what);
	f->severity = PGM_SEVERITY_ERROR;
	pgm_evidence_number(f, "rows", p->found);
	pgm_evidence(f, "query", query);
	pgm_rewrite(f, "%s;", query);
}

/*
 * Does the statement look at the rows of those that inherit from the table?  Keys
 * and foreign keys, and what is said of it ONLY, do not; partitions are a part.
 */
static bool
is_inherited(const PgmStatementView *v, const PgmTable *t, bool inherited)
{
	if (t->kind == RELKIND_PARTITIONED_TABLE)
		return true;
	return inherited &&
		(!IsA(v->node, AlterTableStmt) || ((const AlterTableStmt *) v->node)->relation->inh);
}

/* The table in a query, under its present name */
static char *
source(const PgmStatementView *v, PgmTable *t, bool inherited)
{
	char	   *name = pgm_relation_name(t->relid);

	return !inherited && pgm_shadow_children(v->shadow, t) != NIL ? psprintf("ONLY %s", name) : name;
}

/* "column IS NOT NULL" for all of the columns, of whatever type these are */
static Node *
no_nulls(const PgmTable *t, const PgmRowSet *rows)
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

/* Rows with a null in one of the columns */
static void
probe_nulls(const PgmStatementView *v, PgmFindings *out, List *columns)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = is_inherited(v, v->table, true)};

	add_columns(&p, &p.rows, v->table, columns, false);
	if (p.why == NULL)
		p.check = no_nulls(v->table, &p.rows);
	look(&p);
	report(&p, "row has a null in", "rows have a null in",
		   p.why ? "" : join(&p.rows, "", ", ", ""), p.why ? "" :
		   psprintf("SELECT * FROM %s WHERE %s", source(v, v->table, p.rows.inherited),
					join(&p.rows, "", " OR ", " IS NULL")));
}

/* Rows with the same values in the columns; nulls differ unless "nulls" */
static void
probe_duplicates(const PgmStatementView *v, PgmFindings *out, List *columns, bool nulls, const char *why)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = is_inherited(v, v->table, false),.nulls = nulls,.why = why};
	char	   *names;

	add_columns(&p, &p.rows, v->table, columns, true);
	look(&p);
	if (p.why)
	{
		report_unlooked(v, out, p.why);
		return;
	}
	names = join(&p.rows, "", ", ", "");
	report(&p, "value is there more than once, of", "values are there more than once, of",
		   psprintf("(%s)", names),
		   psprintf("SELECT %s FROM %s%s%s GROUP BY %s HAVING pg_catalog.count(*) > 1",
					names, source(v, v->table, p.rows.inherited), nulls ? "" : " WHERE ",
					nulls ? "" : join(&p.rows, "", " AND ", " IS NOT NULL"), names));
}

/* Are the columns of a foreign key compared with the server's own operators? */
static bool
has_builtin_equality(const PgmRowSet *rows, const PgmRowSet *referred)
{
	List	   *name = list_make2(makeString("pg_catalog"), makeString("="));
	ListCell   *la;
	ListCell   *lb;

	forboth(la, rows->attnums, lb, referred->attnums)
	{
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

/* Rows whose foreign key refers to no row */
static void
probe_orphans(const PgmStatementView *v, PgmFindings *out, List *columns, PgmTable *other, List *keys)
{
	PgmProbe	p = {.v = v,.out = out,.rows.inherited = is_inherited(v, v->table, false)};
	StringInfoData on;
	ListCell   *la;
	ListCell   *lb;

	if (other == NULL || list_length(columns) != list_length(keys))
		return;
	add_columns(&p, &p.rows, v->table, columns, true);
	if (!OidIsValid(other->relid))
		p.why = psprintf("the plan makes %s", pgm_table_name(other));
	else
		add_columns(&p, &p.referred, other, keys, true);
	p.referred.inherited = is_inherited(v, other, false);
	if (p.why == NULL && !has_builtin_equality(&p.rows, &p.referred))
		p.why = "the columns are not compared by operators that are built in";
	look(&p);
	if (p.why)
	{
		report_unlooked(v, out, p.why);
		return;
	}
	initStringInfo(&on);
	forboth(la, p.rows.attnums, lb, p.referred.attnums)
	{
		appendStringInfo(&on, "%sk.%s = r.%s", on.len ? " AND " : "",
						 quote_identifier(get_attname(other->relid, lfirst_int(lb), false)),
						 quote_identifier(get_attname(v->table->relid, lfirst_int(la), false)));
	}
	report(&p, "row refers to no row of", "rows refer to no row of", pgm_table_name(other),
		   psprintf("SELECT * FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s k WHERE %s)",
					source(v, v->table, p.rows.inherited),
					join(&p.rows, "r.", " AND ", " IS NOT NULL"),
					source(v, other, p.referred.inherited), on.data));
}

/* Does the plan give one of the columns another name? */
static bool
is_renamed(const PgmTable *t, const PgmRowSet *rows)
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
 * Rows that a CHECK over the columns' numbers refuses, NULL: it could not be read,
 * and "why"; "text" is how it is written, or NULL.
 */
static void
probe_expression(const PgmStatementView *v, PgmFindings *out, Node *expr, const char *why, bool inherited, const char *text)
{
	PgmProbe	p = {.v = v,.out = out,.rows.relid = v->table->relid,.check = expr};
	Bitmapset  *attnums = NULL;
	const char *present = "";
	bool		as_written;
	int			member = -1;

	p.rows.inherited = is_inherited(v, v->table, inherited);
	if (expr == NULL)
		p.why = psprintf("the CHECK cannot be read: %s", why);
	else if (!pgm_is_builtin(expr, PGM_USE_EVALUATE, &why))
		p.why = psprintf("the CHECK contains %s", why);
	else
		pull_varattnos(expr, 1, &attnums);
	while ((member = bms_next_member(attnums, member)) >= 0)
		add_column(&p, &p.rows, v->table, member + FirstLowInvalidHeapAttributeNumber);
	look(&p);
	if (p.why == NULL)
		present = deparse_expression(expr, deparse_context_for(get_rel_name(v->table->relid), v->table->relid), false, false);

	/* The query has to run now, whatever the plan will have renamed. */
	as_written = text !=NULL && !is_renamed(v->table, &p.rows);

	report(&p, "row does not fulfil", "rows do not fulfil", text ? text : present, p.why ? "" :
		   psprintf("SELECT * FROM %s WHERE NOT %s", source(v, v->table, p.rows.inherited),
					as_written ? text : psprintf("(%s)", present)));
}

/* Rows that violate a new constraint */
static void
probe_constraint(const PgmStatementView *v, PgmFindings *out, const Constraint *c)
{
	PgmTable   *other;
	Node	   *expr;
	const char *why = NULL;

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

/* Rows that VALIDATE would find */
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

/* Rows that a unique index cannot hold */
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

/* Rows that the statement will fail for */
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
