/*
 * expressions.c
 *	  Questions about expressions, answered by the server's own parser and
 *	  planner: is a default volatile, does a constraint exclude nulls, does a
 *	  change of type rewrite the table.
 *
 * The parser reads an expression without its literals (literals.c), so that no
 * input function runs; it calls nothing else.  The planner may fold calls of
 * functions with constant arguments, and is given nothing but what builtin_functions.c
 * admits.  An expression may name what only the plan makes, so that the parser
 * cannot read it; it is read in a subtransaction, and what cannot be read is
 * unknown.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "compat.h"
#include "lint/expressions/expressions.h"
#include "lint/expressions/expressions_internal.h"
#include "lint/expressions/literals.h"
#include "schema/builtin_definitions.h"
#include "schema/builtin_functions.h"
#include "util/subtransaction.h"

/* The columns of a table as the server describes rows. */
static TupleDesc
describe(const PgmTable *t)
{
	TupleDesc	desc = CreateTemplateTupleDesc(list_length(t->columns));
	ListCell   *lc;

	foreach(lc, t->columns)
	{
		const PgmColumn *c = lfirst(lc);
		AttrNumber	attnum = foreach_current_index(lc) + 1;

		if (c->name == NULL || !OidIsValid(c->type.oid))
		{
			TupleDescInitEntry(desc, attnum, c->name ? c->name : "dropped",
							   UNKNOWNOID, -1, 0);
			TupleDescAttr(desc, attnum - 1)->attisdropped = c->name == NULL;
			continue;
		}
		TupleDescInitEntry(desc, attnum, c->name, c->type.oid, c->type.typmod,
						   0);
		TupleDescInitEntryCollation(desc, attnum, c->type.collation);
	}
	pgm_describe_end(desc);
	return desc;
}

/*
 * A parser that knows the columns of a table.  The table need not be in the
 * catalog: it is shown as the parser is shown a trigger's transition table.
 */
ParseState *
pgm_expression_parser(const PgmTable *t, PgmLiterals *literals)
{
	ParseState *pstate = make_parsestate(NULL);
	EphemeralNamedRelation enr;

	pgm_literals_setup(pstate, literals);
	if (t == NULL)
		return pstate;
	enr = palloc0(sizeof(EphemeralNamedRelationData));
	enr->md.name = t->name;
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = describe(t);
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	pstate->p_queryEnv = create_queryEnv();
	register_ENR(pstate->p_queryEnv, enr);
	addNSItemToQuery(pstate,
					 addRangeTableEntryForENR(pstate, makeRangeVar(NULL, t->name, -1),
											  true), true, true, true);
	return pstate;
}

/*
 * Plan an expression, unless that would run code of somebody else.  A coercion to
 * a domain is not planned, because for that the server loads, and plans, the
 * CHECKs that the domain has by then.
 */
Node *
pgm_expression_plan(Node *expr)
{
	if (IsA(expr, CoerceToDomain))
	{
		CoerceToDomain *coerce = (CoerceToDomain *) copyObject(expr);

		coerce->arg = (Expr *) pgm_expression_plan((Node *) coerce->arg);
		return (Node *) coerce;
	}
	return pgm_is_builtin(expr, PGM_USE_FOLD, NULL) ?
		(Node *) expression_planner((Expr *) expr) : expr;
}

/* Is a function volatile by what it is declared, or if inlined by what it does? */
static bool
is_volatile_function(Oid function, void *context)
{
	return func_volatile(function) == PROVOLATILE_VOLATILE &&
		!pgm_inline_function_is_harmless(function);
}

/*
 * As contain_volatile_functions(), but functions in SQL are judged by what is
 * inside of them, because the planner inlines them.
 */
static bool
is_volatile(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_volatile_function, NULL) ||
		IsA(node, NextValueExpr) || expression_tree_walker(node, is_volatile, context);
}

/*
 * Try to read an expression; false when it cannot be.  Only that is forgiven: a
 * cancellation, or want of memory, goes on.
 */
bool
pgm_expression_try(bool (*part) (void *), PgmReading *r)
{
	r->error = pgm_subtransaction("pg_migrate", part, r);
	if (r->error)
		pgm_subtransaction_rethrow_unrelated(r->error);
	return r->error == NULL;
}

/* Read a CHECK (in a subtransaction). */
static bool
read_check(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = pgm_expression_parser(r->table, &r->literals);
	Node	   *expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
									 EXPR_KIND_CHECK_CONSTRAINT);

	expr = coerce_to_boolean(pstate, expr, "CHECK");
	assign_expr_collations(pstate, expr);
	r->result = pgm_literals_put(expr, &r->literals);
	return false;
}

/* A CHECK over the columns of a table; NULL when it cannot be read. */
Node *
pgm_expression_check(const PgmTable *t, Node *raw)
{
	const char *why;

	return pgm_expression_check_or_why(t, raw, &why);
}

/*
 * A CHECK over the columns of a table.  When it cannot be read, NULL, and *why
 * is the server's reason.
 */
Node *
pgm_expression_check_or_why(const PgmTable *t, Node *raw, const char **why)
{
	PgmReading	r = {.table = t,.raw = raw};

	if (pgm_expression_try(read_check, &r))
		return r.result;
	*why = r.error->message;
	return NULL;
}

/* Read an expression of an index (in a subtransaction). */
static bool
read_index_expression(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = pgm_expression_parser(r->table, &r->literals);
	Node	   *expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
									 EXPR_KIND_INDEX_EXPRESSION);

	assign_expr_collations(pstate, expr);
	r->result = pgm_literals_put(expr, &r->literals);
	return false;
}

/* The expressions of an index of a table; NIL: it has none, or one cannot be read. */
List *
pgm_expression_of_index(const PgmTable *t, const IndexStmt *stmt)
{
	List	   *exprs = NIL;
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		PgmReading	r = {.table = t,.raw = lfirst_node(IndexElem, lc)->expr};

		if (r.raw == NULL)
			continue;
		if (!pgm_expression_try(read_index_expression, &r))
			return NIL;
		exprs = lappend(exprs, r.result);
	}
	return exprs;
}

/*
 * Read a default (in a subtransaction), and see whether it is volatile.  One of a type
 * that the plan makes is read without the coercion to that.
 */
static bool
read_default(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = pgm_expression_parser(NULL, &r->literals);
	Node	   *expr;

	if (OidIsValid(r->type->oid))
		expr = cookDefault(pstate, pgm_literals_take(&r->literals, r->raw), r->type->oid,
						   r->type->typmod, r->name, 0);
	else
		expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
							 EXPR_KIND_COLUMN_DEFAULT);
	r->flag = is_volatile(pgm_expression_plan(pgm_literals_put(expr, &r->literals)), NULL);
	return false;
}

/* As transformPartitionBoundValue(), which evaluates whatever it is given */
static bool
read_bound(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = pgm_expression_parser(NULL, &r->literals);
	Node	   *expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
									 EXPR_KIND_PARTITION_BOUND);

	expr = coerce_to_target_type(pstate, expr, exprType(expr), r->type->oid, r->type->typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (expr == NULL)
		return false;
	assign_expr_collations(pstate, expr);
	expr = pgm_literals_put(expr, &r->literals);
	if (pgm_is_builtin(expr, PGM_USE_ESTIMATE, NULL))
		r->result = (Node *) evaluate_expr((Expr *) expression_planner((Expr *) expr),
										   r->type->oid, r->type->typmod, r->type->collation);
	return false;
}

/*
 * The value of a bound of a partition whose key is of this type; NULL when it
 * cannot be computed without running somebody's code, or at all.
 */
Const *
pgm_expression_bound(Node *raw, const PgmTypeRef *type)
{
	PgmReading	r = {.raw = raw,.type = type};

	return pgm_expression_try(read_bound, &r) && r.result && IsA(r.result, Const) ?
		(Const *) r.result : NULL;
}

/* Does an expression call a function that the plan made volatile? */
static bool
calls_made_volatile(Node *node, void *context)
{
	const List *functions = context;

	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
	{
		const PgmMade *made = pgm_tables_find_made(functions, ((FuncCall *) node)->funcname);

		if (made && made->volatility == PROVOLATILE_VOLATILE)
			return true;
	}
	return raw_expression_tree_walker(node, calls_made_volatile, context);
}

/* Does an expression call a function that the plan makes or changes? */
static bool
calls_made(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) &&
		pgm_tables_find_made(context, ((FuncCall *) node)->funcname))
		return true;
	return raw_expression_tree_walker(node, calls_made, context);
}

/*
 * Is a default volatile, so that each row has to be computed?  One that cannot
 * be read is, unless it is only because of a function that the plan makes and
 * that is not.
 */
bool
pgm_expression_volatile(const List *functions, Node *raw, const PgmTypeRef *type,
						const char *column)
{
	PgmReading	r = {.raw = raw,.type = type,.name = column};

	if (calls_made_volatile(raw, unconstify(List *, functions)))
		return true;
	if (!pgm_expression_try(read_default, &r))
		return !calls_made(raw, unconstify(List *, functions));
	return r.flag;
}

/* Is an error about the expression itself, and not about a name that is missing? */
static bool
is_of_expression(const ErrorData *error)
{
	return ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_DATA_EXCEPTION ||
		error->sqlerrcode == ERRCODE_DATATYPE_MISMATCH ||
		error->sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/*
 * Why the server would refuse a default; NULL: it would not, or cannot be asked.
 * The values of an enum may be added by the plan.
 */
const char *
pgm_expression_default_error(const List *functions, Node *raw, const PgmTypeRef *type,
							 const char *column)
{
	PgmReading	r = {.raw = raw,.type = type,.name = column};

	if (!OidIsValid(type->oid) || calls_made(raw, unconstify(List *, functions)) ||
		get_typtype(getBaseType(type->oid)) == TYPTYPE_ENUM ||
		pgm_expression_try(read_default, &r) || r.error == NULL || !is_of_expression(r.error))
		return NULL;
	return r.error->message;
}
