/*
 * inline_functions.c
 *	  Functions in SQL that the planner would inline, so that what is inside counts
 *	  and not what they are declared to be.
 *
 * The body is analysed here, without its literals, and never handed to the planner:
 * that would analyse it once more, and by then somebody may have replaced it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/functions.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "lint/expressions/expressions_internal.h"
#include "lint/expressions/literals.h"
#include "util/subtransaction.h"

/* A function being looked into */
typedef struct PgmLookInto
{
	HeapTuple	tuple;
	List	   *queries;		/* of its body */
} PgmLookInto;

/* The server's hook for the parameters of a function; always the same one */
static ParseParamRefHook function_parameter = NULL;

/* A literal of the body, or a parameter of the function */
static Node *
as_parameter(ParseState *pstate, ParamRef *param)
{
	return param->number < 0 ?
		(Node *) makeConst(UNKNOWNOID, -1, InvalidOid, -2, (Datum) 0, true, false) :
		function_parameter(pstate, param);
}

/*
 * Analyse the body of a function that is a string, without its literals; NIL unless
 * it is one SELECT.
 */
static List *
read_source(HeapTuple tuple, const char *source)
{
	List	   *raw = pg_parse_query(source);
	PgmLiterals literals = {NIL};
	ParseState *pstate;

	if (list_length(raw) != 1 || !IsA(linitial_node(RawStmt, raw)->stmt, SelectStmt))
		return NIL;
	pstate = make_parsestate(NULL);
	sql_fn_parser_setup(pstate, prepare_sql_fn_parse_info(tuple, NULL, InvalidOid));
	function_parameter = pstate->p_paramref_hook;
	pstate->p_paramref_hook = as_parameter;
	return list_make1(transformStmt(pstate,
									pgm_literals_take(&literals, linitial_node(RawStmt, raw)->stmt)));
}

/* Read the body of a function (in a subtransaction). */
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

/* Was a function made by a user or an extension? */
static bool
is_not_servers(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/* Does an expression run anything that is not the server's own? */
static bool
calls_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_not_servers, NULL) ||
		IsA(node, CoerceToDomain) ||
		expression_tree_walker(node, calls_others, context);
}

/*
 * Is it the computation of one value of a type, of nothing but arguments?  As
 * inline_function() decides.
 */
static bool
is_computation(const Query *query, Form_pg_proc function)
{
	Node	   *expr;

	if (query->commandType != CMD_SELECT || query->rtable || query->hasAggs ||
		query->hasWindowFuncs || query->hasTargetSRFs || query->hasSubLinks ||
		query->cteList || query->jointree->quals || query->groupClause ||
		query->groupingSets || query->havingQual || query->windowClause ||
		query->distinctClause || query->sortClause || query->limitOffset ||
		query->limitCount || query->setOperations || list_length(query->targetList) != 1)
		return false;
	expr = (Node *) linitial_node(TargetEntry, query->targetList)->expr;

	/* A cast to the declared type may be somebody's function. */
	return (exprType(expr) == function->prorettype ||
			(exprType(expr) < FirstNormalObjectId && function->prorettype < FirstNormalObjectId)) &&
		!calls_others(expr, NULL) && !contain_volatile_functions(expr) &&
		!(function->proisstrict && contain_nonstrict_functions(expr));
}

/*
 * Is the function one in SQL that does nothing but to compute a value with
 * functions of the server, none of them volatile?  It is not executed.
 */
bool
pgm_inline_function_is_harmless(Oid function)
{
	PgmLookInto look = {.tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function))};
	Form_pg_proc form;
	bool		harmless = false;

	if (!HeapTupleIsValid(look.tuple))
		return false;
	form = (Form_pg_proc) GETSTRUCT(look.tuple);
	if (form->prolang == SQLlanguageId && form->prokind == PROKIND_FUNCTION &&
		!form->prosecdef && !form->proretset &&
		heap_attisnull(look.tuple, Anum_pg_proc_proconfig, NULL))
	{
		ErrorData  *edata = pgm_subtransaction("pg_migrate", read_body, &look);

		/* reading the body locks its tables, a wait that can be cancelled */
		if (edata)
			pgm_subtransaction_rethrow_unrelated(edata);
		harmless = edata == NULL && list_length(look.queries) == 1 &&
			is_computation(linitial_node(Query, look.queries), form);
	}
	ReleaseSysCache(look.tuple);
	return harmless;
}
