/*
 * sqlfunction.c
 *	  Functions in SQL that the planner may look into: the server inlines them,
 *	  and judges what is inside and not what they are declared to be.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "executor/functions.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "lint/expressions.h"
#include "run/subtransaction.h"

/* A function being looked into */
typedef struct PgmLookInto
{
	HeapTuple	tuple;
	List	   *queries;		/* of its body */
} PgmLookInto;

static List *
read_source(HeapTuple tuple, const char *source)
{
	List	   *raw = pg_parse_query(source);

	if (list_length(raw) != 1 || pgm_raw_is_foreign(linitial_node(RawStmt, raw)->stmt, NULL))
		return NIL;
	return pg_analyze_and_rewrite_withcb(linitial_node(RawStmt, raw), source,
										 (ParserSetupHook) sql_fn_parser_setup,
										 prepare_sql_fn_parse_info(tuple, NULL, InvalidOid),
										 NULL);
}

static bool
read_body(void *arg)
{
	PgmLookInto *look = arg;
	bool		isnull;
	Datum		body = SysCacheGetAttr(PROCOID, look->tuple,
									   Anum_pg_proc_prosqlbody, &isnull);
	Node	   *node;

	if (isnull)
	{
		body = SysCacheGetAttr(PROCOID, look->tuple, Anum_pg_proc_prosrc, &isnull);
		look->queries = read_source(look->tuple, TextDatumGetCString(body));
		return false;
	}
	node = stringToNode(TextDatumGetCString(body));
	look->queries = IsA(node, List) ? linitial_node(List, (List *) node) : list_make1(node);
	return false;
}

static bool
is_not_servers(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

static bool
calls_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_not_servers, NULL) ||
		IsA(node, CoerceToDomain) ||
		expression_tree_walker(node, calls_others, context);
}

/* Is it the computation of one value, of nothing but its arguments? */
static bool
is_computation(const Query *query)
{
	return query->commandType == CMD_SELECT && query->rtable == NIL &&
		!query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs &&
		!query->hasSubLinks && query->cteList == NIL &&
		list_length(query->targetList) == 1 &&
		!calls_others((Node *) query->targetList, NULL) &&
		!contain_volatile_functions((Node *) query->targetList);
}

/*
 * Is the function one in SQL that does nothing but to compute a value with
 * functions of the server, none of them volatile?
 */
bool
pgm_sql_function_is_harmless(Oid function)
{
	PgmLookInto look = {.tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function))};
	Form_pg_proc form;
	bool		harmless = false;

	if (!HeapTupleIsValid(look.tuple))
		return false;
	form = (Form_pg_proc) GETSTRUCT(look.tuple);
	if (form->prolang == SQLlanguageId && form->prokind == PROKIND_FUNCTION &&
		!form->prosecdef && heap_attisnull(look.tuple, Anum_pg_proc_proconfig, NULL))
	{
		ErrorData  *edata = pgm_subtransaction("pg_migrate", read_body, &look);

		harmless = edata == NULL && list_length(look.queries) == 1 &&
			is_computation(linitial_node(Query, look.queries));
	}
	ReleaseSysCache(look.tuple);
	return harmless;
}
