/*
 * row_estimate.c
 *	  How many rows does an UPDATE, DELETE or MERGE change?
 *
 * The statement is not planned.  For that the server would fold the expressions of
 * the tables' indexes and statistics, apply policies, expand views, and ask other
 * servers.  Only the condition is looked at, and only if nothing in it can be
 * somebody's code: the server's selectivity functions estimate it from the statistics
 * of the columns, with a description of the tables that has no more in it than these
 * functions need.
 */
#include "postgres.h"

#include <math.h>

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/analyze.h"
#include "parser/parse_node.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "lint/expressions/literals.h"
#include "lint/rules/row_estimate.h"
#include "lint/rules/scan_rows.h"
#include "schema/builtin_functions.h"
#include "util/subtransaction.h"

/* A change of rows being estimated */
typedef struct PgmEstimate
{
	PgmShadow  *shadow;
	SelectStmt *raw;			/* of the rows that are changed */
	Query	   *query;			/* "raw" analysed; NULL: unknown */
	Node	   *condition;
	double		rows;			/* -1: unknown */
} PgmEstimate;

/* Is the query a condition over tables, and nothing else? */
static bool
is_simple(const Query *query)
{
	ListCell   *lc;

	if (query->hasSubLinks || query->cteList || query->rtable == NIL ||
		list_length(query->rtable) != list_length(query->jointree->fromlist))
		return false;
	foreach(lc, query->rtable)
	{
		const RangeTblEntry *rte = lfirst(lc);

		if (rte->rtekind != RTE_RELATION || rte->tablesample ||
			(rte->relkind != RELKIND_RELATION && rte->relkind != RELKIND_PARTITIONED_TABLE &&
			 rte->relkind != RELKIND_MATVIEW))
			return false;
	}
	return true;
}

/* Names are seen with the eyes of who will run the statement. */
static bool
analyse(void *arg)
{
	PgmEstimate *e = arg;
	PgmLiterals literals = {NIL};
	ParseState *pstate = make_parsestate(NULL);
	Query	   *query;
	Node	   *condition;

	pgm_literals_setup(pstate, &literals);
	query = transformStmt(pstate, pgm_literals_take(&literals, (Node *) e->raw));
	if (!is_simple(query))
		return false;
	condition = pgm_literals_put(query->jointree->quals, &literals);
	if (!pgm_is_builtin(condition, PGM_USE_ESTIMATE, NULL))
		return false;
	e->query = query;
	e->condition = condition;
	return false;
}

/* The rows of a table and of those that inherit from it; -1: unknown */
static double
rows_of(const RangeTblEntry *rte)
{
	double		rows = 0;
	ListCell   *lc;

	foreach(lc, rte->inh ? find_all_inheritors(rte->relid, AccessShareLock, NULL) :
			list_make1_oid(rte->relid))
	{
		Relation	rel = try_relation_open(lfirst_oid(lc), AccessShareLock);
		BlockNumber pages;
		double		tuples = 0;
		double		visible;

		if (rel == NULL)
			continue;
		if (pgm_rows_elsewhere(lfirst_oid(lc)))
			tuples = -1;
		else if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
			estimate_rel_size(rel, NULL, &pages, &tuples, &visible);
		relation_close(rel, AccessShareLock);
		if (tuples < 0)
			return -1;
		rows += tuples;
	}
	return rows;
}

/* The indexes that say a column is unique; their other properties are not asked for. */
static List *
unique_indexes(PgmShadow *s, Oid relid, RelOptInfo *rel)
{
	PgmTable   *t = pgm_shadow_by_oid(s, relid);
	List	   *indexes = NIL;
	ListCell   *lc;

	foreach(lc, t ? t->indexes : NIL)
	{
		const PgmIndex *index = lfirst(lc);
		IndexOptInfo *info;
		AttrNumber	attnum;

		if (!index->unique || !index->valid || !OidIsValid(index->oid) || index->partial ||
			index->expressions || index->nkeys != 1 ||
			pgm_table_column(t, linitial(index->columns), &attnum) == NULL)
			continue;
		info = makeNode(IndexOptInfo);
		info->indexoid = index->oid;
		info->rel = rel;
		info->ncolumns = info->nkeycolumns = 1;
		info->indexkeys = palloc(sizeof(int));
		info->indexkeys[0] = attnum;
		info->unique = info->immediate = true;
		indexes = lappend(indexes, info);
	}
	return indexes;
}

/* As much of the planner's state as its selectivity functions look at */
static PlannerInfo *
describe(const PgmEstimate *e)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	int			size = list_length(e->query->rtable) + 1;
	ListCell   *lc;

	root->parse = e->query;
	root->glob = makeNode(PlannerGlobal);
	root->query_level = 1;
	root->planner_cxt = CurrentMemoryContext;
	root->simple_rel_array_size = size;
	root->simple_rel_array = palloc0(size * sizeof(RelOptInfo *));
	root->simple_rte_array = palloc0(size * sizeof(RangeTblEntry *));
	foreach(lc, e->query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);
		RelOptInfo *rel = makeNode(RelOptInfo);
		int			i = foreach_current_index(lc) + 1;

		if (check_enable_rls(rte->relid, InvalidOid, true) == RLS_ENABLED)
			return NULL;
		rel->reloptkind = RELOPT_BASEREL;
		rel->relid = i;
		rel->relids = bms_make_singleton(i);
		rel->rtekind = RTE_RELATION;
		rel->tuples = rel->rows = rows_of(rte);
		if (rel->tuples < 0)
			return NULL;
		rel->indexlist = unique_indexes(e->shadow, rte->relid, rel);
		root->simple_rel_array[i] = rel;
		root->simple_rte_array[i] = rte;
	}
	root->all_baserels = bms_add_range(NULL, 1, size - 1);
	return root;
}

/* A join of all tables with each other, for those that ask which it is */
static SpecialJoinInfo *
describe_join(const PlannerInfo *root)
{
	SpecialJoinInfo *join = makeNode(SpecialJoinInfo);

	join->min_lefthand = join->syn_lefthand = bms_make_singleton(1);
	join->min_righthand = join->syn_righthand = bms_difference(root->all_baserels, join->min_lefthand);
	join->jointype = JOIN_INNER;
	return join;
}

/*
 * Statistics of a table whose rows the caller may not see are not used: the
 * selectivity functions ask for the caller's rights.
 */
static bool
estimate(void *arg)
{
	PgmEstimate *e = arg;
	PlannerInfo *root;
	Node	   *condition;
	double		rows = 1;

	PushActiveSnapshot(GetTransactionSnapshot());
	root = describe(e);
	if (root)
	{
		condition = eval_const_expressions(NULL, e->condition);
		condition = (Node *) make_ands_implicit(canonicalize_qual((Expr *) condition, false));
		for (int i = 1; i < root->simple_rel_array_size; i++)
			rows *= root->simple_rel_array[i]->tuples;
		rows *= clauselist_selectivity(root, (List *) condition, 0, JOIN_INNER,
									   root->simple_rel_array_size > 2 ? describe_join(root) : NULL);
		e->rows = Max(1, rint(Min(rows, root->simple_rel_array[1]->tuples)));
	}
	PopActiveSnapshot();
	return false;
}

/*
 * About how many rows of a table fulfil a condition together with others that it is
 * joined with, at most all of them; -1 if unknown.  The trees are raw.
 */
double
pgm_estimate_rows(const PgmStatementView *v, const RangeVar *relation, const List *from, const Node *condition)
{
	SelectStmt *select = makeNode(SelectStmt);
	PgmEstimate e = {.shadow = v->shadow,.raw = select,.rows = -1};
	ErrorData  *error;

	select->fromClause = lcons(copyObject(unconstify(RangeVar *, relation)),
							   copyObject(unconstify(List *, from)));
	select->whereClause = copyObject(unconstify(Node *, condition));
	error = pgm_subtransaction("pg_migrate", analyse, &e);
	if (error == NULL && e.query)
		error = pgm_viewpoint_call(v->caller, estimate, &e);
	if (error == NULL)
		return e.query ? e.rows : -1;
	/* both lock tables, partitions included, a wait that can be cancelled */
	pgm_subtransaction_rethrow_unrelated(error);
	return -1;
}
