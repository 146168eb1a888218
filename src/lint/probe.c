/*
 * probe.c
 *	  Looking for rows that a statement would fail for: nulls, duplicates,
 *	  orphans, rows that a CHECK refuses.
 *
 * The queries run as the caller, read only, for pg_migrate.lint_probe_timeout
 * each; who may not read a table is told nothing about it.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "lint/expressions.h"
#include "lint/lintsettings.h"
#include "lint/rules.h"
#include "run/subtransaction.h"

/* Beyond this rows are not counted */
#define ENOUGH 1000

/* A question that is being asked */
typedef struct PgmProbe
{
	const char *sql;
	int64		rows;
} PgmProbe;

static TimeoutId probe_timeout = MAX_TIMEOUTS;

/* The time is over: as a cancellation of the query. */
static void
stop(void)
{
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

static bool
ask(void *arg)
{
	PgmProbe   *p = arg;
	bool		isnull;

	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(p->sql, true, 1) == SPI_OK_SELECT && SPI_processed == 1)
		p->rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0],
											  SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	PopActiveSnapshot();
	return false;
}

/*
 * The number of rows that a query returns, at most ENOUGH; -1 when it could not
 * be told in time, or the caller may not know.  Policies of row level security
 * are code of the table's owner: where there are any nothing is asked.
 */
static int64
count_rows(const char *query)
{
	PgmProbe	p = {.rows = -1};
	int			level = NewGUCNestLevel();
	ErrorData  *edata;
	bool		over;

	p.sql = psprintf("SELECT pg_catalog.count(*) FROM (%s LIMIT %d) AS failing",
					 query, ENOUGH);
	(void) set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	if (probe_timeout == MAX_TIMEOUTS)
		probe_timeout = RegisterTimeout(USER_TIMEOUT, stop);
	enable_timeout_after(probe_timeout, pgm_lint_probe_timeout);
	edata = pgm_subtransaction("pg_migrate", ask, &p);
	over = get_timeout_indicator(probe_timeout, true);
	disable_timeout(probe_timeout, false);
	if (over)
		QueryCancelPending = false;
	AtEOXact_GUC(false, level);
	if (edata && ERRCODE_TO_CATEGORY(edata->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION &&
		!over)
		ReThrowError(edata);
	return edata ? -1 : p.rows;
}

/* A column of the catalog, of a type of the server's own; or NULL. */
static const char *
usable(const PgmTable *t, const char *name)
{
	const PgmColumn *c = name ? pgm_shadow_column(t, name, NULL) : NULL;

	return c && !c->is_new && OidIsValid(c->type.oid) &&
		c->type.oid < FirstNormalObjectId ? quote_identifier(name) : NULL;
}

/* Names joined, each after "prefix"; NULL when one is not usable. */
static char *
join(const PgmTable *t, List *names, const char *prefix, const char *between,
	 const char *behind)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, names)
	{
		const char *name = usable(t, lfirst(lc));

		if (name == NULL)
			return NULL;
		appendStringInfo(&buf, "%s%s%s%s", buf.len ? between : "", prefix,
						 name, behind);
	}
	return buf.len ? buf.data : NULL;
}

/* That "one", or so many, "many" of a query are there, and what about them */
static void
report(PgmLint *l, int64 rows, const char *one, const char *many,
	   const char *what, const char *query)
{
	PgmFinding *f;

	if (rows <= 0)
		return;
	f = pgm_find(l, l->table, "%lld%s %s %s", (long long) rows,
				 rows >= ENOUGH ? " or more" : "", rows == 1 ? one : many, what);
	f->severity = PGM_SEVERITY_ERROR;
	pgm_evidence_number(f, "rows", rows);
	pgm_evidence(f, "query", query);
	pgm_rewrite(f, "%s;", query);
}

/* What keeps a query from those that inherit from a table, if any do */
static const char *
only(const PgmLint *l, PgmTable *t)
{
	return t->kind == RELKIND_RELATION &&
		pgm_shadow_children(l->shadow, t) != NIL ? "ONLY " : "";
}

/*
 * The table as the statement looks at it.  Keys and foreign keys, and what is
 * said of it ONLY, do not go to those that inherit from it.
 */
static char *
source(const PgmLint *l, bool inherited)
{
	if (IsA(l->node, AlterTableStmt))
		inherited = inherited && ((const AlterTableStmt *) l->node)->relation->inh;
	return psprintf("%s%s", inherited ? "" : only(l, l->table),
					pgm_shadow_name(l->table));
}

/* Rows with a null in one of the columns */
static void
probe_nulls(PgmLint *l, List *columns)
{
	char	   *where = join(l->table, columns, "", " OR ", " IS NULL");
	char	   *query;

	if (where == NULL)
		return;
	query = psprintf("SELECT * FROM %s WHERE %s", source(l, true), where);
	report(l, count_rows(query), "row has a null in", "rows have a null in",
		   join(l->table, columns, "", ", ", ""), query);
}

/* Rows that are the same in the columns; nulls are not, unless it is said */
static void
probe_duplicates(PgmLint *l, List *columns, bool nulls)
{
	char	   *names = join(l->table, columns, "", ", ", "");
	char	   *query;

	if (names == NULL)
		return;
	query = psprintf("SELECT %s FROM %s%s%s GROUP BY %s HAVING pg_catalog.count(*) > 1",
					 names, source(l, false), nulls ? "" : " WHERE ",
					 nulls ? "" : join(l->table, columns, "", " AND ", " IS NOT NULL"),
					 names);
	report(l, count_rows(query), "value is there more than once, of",
		   "values are there more than once, of", psprintf("(%s)", names), query);
}

/* Rows that refer to nothing */
static void
probe_orphans(PgmLint *l, List *columns, PgmTable *other, List *keys)
{
	char	   *names = join(l->table, columns, "r.", ", ", "");
	StringInfoData on;
	char	   *query;
	ListCell   *la;
	ListCell   *lb;

	if (names == NULL || other == NULL || !OidIsValid(other->relid) ||
		!pgm_relation_is_ours(other->relid) ||
		list_length(columns) != list_length(keys))
		return;
	initStringInfo(&on);
	forboth(la, columns, lb, keys)
	{
		if (usable(other, lfirst(lb)) == NULL)
			return;
		appendStringInfo(&on, "%sk.%s = r.%s", on.len ? " AND " : "",
						 quote_identifier(lfirst(lb)), quote_identifier(lfirst(la)));
	}
	query = psprintf("SELECT * FROM %s r WHERE %s AND NOT EXISTS (SELECT FROM %s%s k WHERE %s)",
					 source(l, false),
					 join(l->table, columns, "r.", " AND ", " IS NOT NULL"),
					 only(l, other), pgm_shadow_name(other), on.data);
	report(l, count_rows(query), "row refers to no row of",
		   "rows refer to no row of", pgm_shadow_name(other), query);
}

/* Rows that a CHECK of the server's own functions refuses */
static void
probe_check(PgmLint *l, const Constraint *c)
{
	Node	   *expr = pgm_expression_check(l->table, c->raw_expr);
	char	   *text = pgm_source_parenthesis(l, c->location);
	char	   *query;

	if (expr == NULL || text == NULL || !pgm_expression_is_ours(expr))
		return;
	query = psprintf("SELECT * FROM %s WHERE NOT %s", source(l, !c->is_no_inherit),
					 text);
	report(l, count_rows(query), "row does not fulfil", "rows do not fulfil",
		   text, query);
}

static void
probe_constraint(PgmLint *l, const Constraint *c)
{
	PgmTable   *other;

	if (c->skip_validation || c->indexname)
		return;
	switch (c->contype)
	{
		case CONSTR_PRIMARY:
			probe_nulls(l, pgm_strings(c->keys));
			probe_duplicates(l, pgm_strings(c->keys), false);
			break;
		case CONSTR_UNIQUE:
			probe_duplicates(l, pgm_strings(c->keys), c->nulls_not_distinct);
			break;
		case CONSTR_FOREIGN:
			other = pgm_shadow_table(l->shadow, c->pktable);
			probe_orphans(l, pgm_strings(c->fk_attrs), other, c->pk_attrs ?
						  pgm_strings(c->pk_attrs) : pgm_shadow_primary_key(other));
			break;
		case CONSTR_CHECK:
			probe_check(l, c);
			break;
		default:
			break;
	}
}

/* Are all columns that an expression names in the catalog? */
static bool
is_of_catalog(const PgmTable *t, Node *expr)
{
	Bitmapset  *attnums = NULL;
	ListCell   *lc;

	pull_varattnos(expr, 1, &attnums);
	foreach(lc, t->columns)
		if (((PgmColumn *) lfirst(lc))->is_new &&
			bms_is_member(foreach_current_index(lc) + 1 - FirstLowInvalidHeapAttributeNumber,
						  attnums))
		return false;
	return true;
}

/* Rows that a CHECK which is NOT VALID refuses */
static void
probe_unvalidated(PgmLint *l, const PgmCheck *c)
{
	char	   *text;
	char	   *query;

	if (c->expr == NULL || !pgm_expression_is_ours(c->expr) ||
		!is_of_catalog(l->table, c->expr))
		return;
	text = deparse_expression(c->expr, deparse_context_for(l->table->name, l->table->relid),
							  false, false);

	query = psprintf("SELECT * FROM %s WHERE NOT (%s)", source(l, true), text);
	report(l, count_rows(query), "row does not fulfil", "rows do not fulfil",
		   text, query);
}

/* What VALIDATE will look at */
static void
probe_validate(PgmLint *l)
{
	ListCell   *lc;

	foreach(lc, l->table->checks)
	{
		const PgmCheck *check = lfirst(lc);

		if (strcmp(check->name, l->action->name) == 0 && !check->valid)
			probe_unvalidated(l, check);
	}

	foreach(lc, l->table->keys)
	{
		const PgmForeignKey *key = lfirst(lc);

		if (strcmp(key->name, l->action->name) == 0 && !key->valid)
			probe_orphans(l, key->columns, key->referenced,
						  key->targets);
	}
}

static void
probe_index(PgmLint *l, const IndexStmt *stmt)
{
	List	   *columns = NIL;
	ListCell   *lc;

	if (!stmt->unique || stmt->whereClause)
		return;
	foreach(lc, stmt->indexParams)
		columns = lappend(columns, lfirst_node(IndexElem, lc)->name);
	probe_duplicates(l, columns, stmt->nulls_not_distinct);
}

/* Rows that the statement will fail for */
void
pgm_rule_existing_rows(PgmLint *l)
{
	if (!l->probe || pgm_lint_probe_timeout == 0 || l->down ||
		l->table == NULL || !OidIsValid(l->table->relid) ||
		l->table->emptied || l->table->kind == RELKIND_FOREIGN_TABLE ||
		!pgm_relation_is_ours(l->table->relid))
		return;
	if (IsA(l->node, IndexStmt))
		probe_index(l, (const IndexStmt *) l->node);
	else if (l->action->subtype == AT_AddConstraint)
		probe_constraint(l, (const Constraint *) l->action->def);
	else if (l->action->subtype == AT_SetNotNull)
		probe_nulls(l, list_make1(l->action->name));
	else if (l->action->subtype == AT_ValidateConstraint)
		probe_validate(l);
}
