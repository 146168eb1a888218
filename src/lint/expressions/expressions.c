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
#include "lint/expressions/literals.h"
#include "schema/builtin_definitions.h"
#include "schema/builtin_functions.h"
#include "util/subtransaction.h"

/* An expression that is being read */
typedef struct PgmReading
{
	const PgmTable *table;		/* its columns may be named; or NULL */
	Node	   *raw;
	PgmLiterals literals;		/* of that */
	const PgmColumn *column;	/* whose type is changed */
	AttrNumber	attnum;
	const PgmTypeRef *type;		/* of the result */
	const char *name;
	Node	   *result;
	bool		flag;
	ErrorData  *error;			/* why it cannot be read, or NULL */
} PgmReading;

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
static ParseState *
parser_for(const PgmTable *t, PgmLiterals *literals)
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
static Node *
plan(Node *expr)
{
	if (IsA(expr, CoerceToDomain))
	{
		CoerceToDomain *coerce = (CoerceToDomain *) copyObject(expr);

		coerce->arg = (Expr *) plan((Node *) coerce->arg);
		return (Node *) coerce;
	}
	return pgm_is_builtin(expr, PGM_USE_FOLD, NULL) ?
		(Node *) expression_planner((Expr *) expr) : expr;
}

static bool
is_volatile_function(Oid function, void *context)
{
	return func_volatile(function) == PROVOLATILE_VOLATILE &&
		!pgm_sql_function_is_harmless(function);
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
static bool
try_read(bool (*part) (void *), PgmReading *r)
{
	ErrorData  *edata;
	int			class;

	edata = pgm_subtransaction("pg_migrate", part, r);
	r->error = edata;
	class = edata ? ERRCODE_TO_CATEGORY(edata->sqlerrcode) : 0;
	if (edata && (class == ERRCODE_OPERATOR_INTERVENTION ||
				  class == ERRCODE_INSUFFICIENT_RESOURCES))
		ReThrowError(edata);
	return edata == NULL;
}

static bool
read_check(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = parser_for(r->table, &r->literals);
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

	if (try_read(read_check, &r))
		return r.result;
	*why = r.error->message;
	return NULL;
}

static bool
read_index_expression(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = parser_for(r->table, &r->literals);
	Node	   *expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
									 EXPR_KIND_INDEX_EXPRESSION);

	assign_expr_collations(pstate, expr);
	r->result = pgm_literals_put(expr, &r->literals);
	return false;
}

/* The expressions of an index of a table; NIL: it has none, or one cannot be read. */
List *
pgm_expressions_of_index(const PgmTable *t, const IndexStmt *stmt)
{
	List	   *exprs = NIL;
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		PgmReading	r = {.table = t,.raw = lfirst_node(IndexElem, lc)->expr};

		if (r.raw == NULL)
			continue;
		if (!try_read(read_index_expression, &r))
			return NIL;
		exprs = lappend(exprs, r.result);
	}
	return exprs;
}

static bool
read_default(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = parser_for(NULL, &r->literals);
	Node	   *expr;

	if (OidIsValid(r->type->oid))
		expr = cookDefault(pstate, pgm_literals_take(&r->literals, r->raw), r->type->oid,
						   r->type->typmod, r->name, 0);
	else
		expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
							 EXPR_KIND_COLUMN_DEFAULT);
	r->flag = is_volatile(plan(pgm_literals_put(expr, &r->literals)), NULL);
	return false;
}

/* As transformPartitionBoundValue(), which evaluates whatever it is given */
static bool
read_bound(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = parser_for(NULL, &r->literals);
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

	return try_read(read_bound, &r) && r.result && IsA(r.result, Const) ?
		(Const *) r.result : NULL;
}

/* Does an expression call a function that the plan made volatile? */
static bool
calls_made_volatile(Node *node, void *context)
{
	const PgmShadow *s = context;

	if (node == NULL)
		return false;
	if (IsA(node, FuncCall))
	{
		const PgmMade *made = pgm_shadow_function(s, ((FuncCall *) node)->funcname);

		if (made && made->volatility == PROVOLATILE_VOLATILE)
			return true;
	}
	return raw_expression_tree_walker(node, calls_made_volatile, context);
}

static bool
calls_made(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncCall) &&
		pgm_shadow_function(context, ((FuncCall *) node)->funcname))
		return true;
	return raw_expression_tree_walker(node, calls_made, context);
}

/*
 * Is a default volatile, so that each row has to be computed?  One that cannot
 * be read is, unless it is only because of a function that the plan makes and
 * that is not.
 */
bool
pgm_expression_volatile(const PgmShadow *s, Node *raw, const PgmTypeRef *type,
						const char *column)
{
	PgmReading	r = {.raw = raw,.type = type,.name = column};

	if (calls_made_volatile(raw, unconstify(PgmShadow *, s)))
		return true;
	if (!try_read(read_default, &r))
		return !calls_made(raw, unconstify(PgmShadow *, s));
	return r.flag;
}

/* Is it about the expression itself, and not about what it names? */
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
pgm_expression_default_error(const PgmShadow *s, Node *raw, const PgmTypeRef *type,
							 const char *column)
{
	PgmReading	r = {.raw = raw,.type = type,.name = column};

	if (!OidIsValid(type->oid) || calls_made(raw, unconstify(PgmShadow *, s)) ||
		get_typtype(getBaseType(type->oid)) == TYPTYPE_ENUM ||
		try_read(read_default, &r) || r.error == NULL || !is_of_expression(r.error))
		return NULL;
	return r.error->message;
}

/* "column IS NOT NULL", over the number of the column. */
Node *
pgm_expression_not_null(const PgmColumn *c, AttrNumber attnum)
{
	NullTest   *test = makeNode(NullTest);

	test->arg = (Expr *) makeVar(1, attnum, c->type.oid, c->type.typmod,
								 c->type.collation, 0);
	test->nulltesttype = IS_NOT_NULL;
	test->argisrow = false;
	test->location = -1;
	return (Node *) test;
}

/*
 * A constraint as predicate_implied_by() wants it.  A clause is folded if it may
 * be, and it may be used in a proof then, for which the server evaluates operators
 * on the constants of clauses.
 */
static List *
clauses_of(Node *expr)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	expr = (Node *) canonicalize_qual((Expr *) copyObject(expr), true);
	foreach(lc, make_ands_implicit((Expr *) expr))
	{
		Node	   *clause = lfirst(lc);

		if (pgm_is_builtin(clause, PGM_USE_FOLD, NULL))
			clause = eval_const_expressions(NULL, clause);
		clauses = list_concat(clauses, make_ands_implicit((Expr *) clause));
	}
	return clauses;
}

/*
 * Do clauses imply others?  Those that may not be evaluated imply nothing but what
 * is equal to them.
 */
static bool
implies(List *known, List *wanted)
{
	List	   *usable = NIL;
	ListCell   *lc;

	foreach(lc, known)
	{
		if (pgm_is_builtin(lfirst(lc), PGM_USE_PROVE, NULL))
			usable = lappend(usable, lfirst(lc));
	}
	foreach(lc, wanted)
	{
		if (!list_member(known, lfirst(lc)) &&
			!(pgm_is_builtin(lfirst(lc), PGM_USE_PROVE, NULL) &&
			  predicate_implied_by(list_make1(lfirst(lc)), usable, true)))
			return false;
	}
	return true;
}

/* What the valid constraints of a table say. */
static List *
known_of(const PgmTable *t)
{
	List	   *known = NIL;
	ListCell   *lc;

	foreach(lc, t->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && c->not_null)
			known = lappend(known,
							pgm_expression_not_null(c, foreach_current_index(lc) + 1));
	}
	foreach(lc, t->checks)
	{
		const PgmCheck *c = lfirst(lc);

		if (c->valid && c->expr)
			known = list_concat(known, clauses_of(c->expr));
	}
	return known;
}

/*
 * Do the valid constraints of a table imply this one, as a list of clauses
 * over its columns?  Decided as ALTER TABLE decides it.
 */
bool
pgm_expression_proven(const PgmTable *t, List *constraint)
{
	List	   *wanted = NIL;
	ListCell   *lc;

	foreach(lc, constraint)
	{
		wanted = list_concat(wanted, make_ands_implicit(lfirst(lc)));
	}
	return implies(known_of(t), wanted);
}

/*
 * Is a column without nulls by what is known, so that SET NOT NULL need not
 * look?  *by is set to the name of the CHECK that says so, or NULL.
 */
bool
pgm_expression_null_excluded(const PgmTable *t, const char *column,
							 const char **by)
{
	AttrNumber	attnum;
	const PgmColumn *c = pgm_shadow_column(t, column, &attnum);
	List	   *test;
	ListCell   *lc;

	*by = NULL;
	if (c == NULL || c->not_null)
		return true;
	test = list_make1(pgm_expression_not_null(c, attnum));
	foreach(lc, t->checks)
	{
		const PgmCheck *check = lfirst(lc);

		if (!check->valid || check->expr == NULL ||
			!implies(clauses_of(check->expr), test))
			continue;
		*by = check->name;
		return true;
	}
	return pgm_expression_proven(t, test);
}

/*
 * Does the planned conversion of a column give each value the same bytes?  As
 * ATColumnChangeRequiresRewrite(); *reason says why.
 */
static bool
requires_rewrite(Node *expr, AttrNumber attnum, const char **reason)
{
	*reason = "the stored values stay as they are";
	for (;;)
	{
		if (IsA(expr, Var) && ((Var *) expr)->varattno == attnum)
			return false;
		if (IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		else if (IsA(expr, CoerceToDomain) &&
				 !pgm_domain_constrained(((CoerceToDomain *) expr)->resulttype))
			expr = (Node *) ((CoerceToDomain *) expr)->arg;
		else if (IsA(expr, FuncExpr) &&
				 (((FuncExpr *) expr)->funcid == F_TIMESTAMPTZ_TIMESTAMP ||
				  ((FuncExpr *) expr)->funcid == F_TIMESTAMP_TIMESTAMPTZ) &&
				 !TimestampTimestampTzRequiresRewrite())
		{
			*reason = "TimeZone is UTC";
			expr = linitial(((FuncExpr *) expr)->args);
		}
		else
			break;
	}
	*reason = IsA(expr, CoerceToDomain) ? "a domain with constraints is checked for each row" :
		"each value is converted";
	return true;
}

static bool
read_type_change(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = parser_for(r->table, &r->literals);
	Node	   *expr;

	if (r->raw)
		expr = transformExpr(pstate, pgm_literals_take(&r->literals, r->raw),
							 EXPR_KIND_ALTER_COL_TRANSFORM);
	else
		expr = (Node *) makeVar(1, r->attnum, r->column->type.oid,
								r->column->type.typmod,
								r->column->type.collation, 0);
	expr = coerce_to_target_type(pstate, expr, exprType(expr), r->type->oid,
								 r->type->typmod, COERCION_ASSIGNMENT,
								 COERCE_IMPLICIT_CAST, -1);
	if (expr == NULL)
		return false;
	assign_expr_collations(pstate, expr);
	r->result = plan(pgm_literals_put(expr, &r->literals));
	return false;
}

/* Does the change of a column's type rewrite its table? */
PgmTypeChange
pgm_expression_type_change(const PgmTable *t, const PgmColumn *column,
						   AttrNumber attnum, const PgmTypeRef *to, Node *using)
{
	PgmTypeChange change = {.rewrite = true,.reason = "each value is converted"};
	PgmReading	r = {.table = t,.raw = using,.column = column,
	.attnum = attnum,.type = to};

	if (!OidIsValid(to->oid) || !OidIsValid(column->type.oid) ||
		!try_read(read_type_change, &r) || r.result == NULL)
		return change;
	change.known = true;
	change.rewrite = requires_rewrite(r.result, attnum, &change.reason);
	return change;
}

/*
 * The same for a column that is only known by its type, of types of the server
 * alone; "known" is false for others, and where there is no such cast.
 */
PgmTypeChange
pgm_type_change(Oid from, int32 from_typmod, Oid to, int32 to_typmod)
{
	PgmTypeChange change = {.rewrite = true};
	Node	   *expr = (Node *) makeVar(1, 1, from, from_typmod, get_typcollation(from), 0);

	if (from >= FirstNormalObjectId || to >= FirstNormalObjectId)
		return change;
	expr = coerce_to_target_type(NULL, expr, from, to, to_typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (expr == NULL)
		return change;
	change.known = true;
	change.rewrite = requires_rewrite(plan(expr), 1, &change.reason);
	return change;
}

/* The operator class of an index column, or InvalidOid. */
static Oid
class_of(Oid index, int column, Oid *collation)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	Datum		classes;
	Datum		collations;
	bool		isnull;
	Oid			result;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	classes = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass,
							  &isnull);
	collations = SysCacheGetAttr(INDEXRELID, tuple,
								 Anum_pg_index_indcollation, &isnull);
	result = ((oidvector *) DatumGetPointer(classes))->values[column];
	*collation = ((oidvector *) DatumGetPointer(collations))->values[column];
	ReleaseSysCache(tuple);
	return result;
}

/* The default class where the old one was the default, else the old one. */
static Oid
class_after(Oid class, Oid method, Oid from, Oid to)
{
	return GetDefaultOpClass(from, method) == class ?
		GetDefaultOpClass(to, method) : class;
}

/*
 * Can an index be kept when a column of it changes its type without a rewrite?
 * As CheckIndexCompatible() says of indexes in the catalog.  That of a partition
 * is built anew with the index it is attached to.
 */
bool
pgm_expression_index_kept(const PgmIndex *index, const PgmColumn *column,
						  const PgmTypeRef *to)
{
	ListCell   *lc;

	if (!OidIsValid(index->oid) || index->expressions || index->partial ||
		!index->valid || index->attached)
		return false;
	foreach(lc, index->columns)
	{
		int			i = foreach_current_index(lc);
		Oid			collation = InvalidOid;
		Oid			class;
		Oid			after;

		if (i >= index->nkeys || lfirst(lc) == NULL ||
			strcmp(lfirst(lc), column->name) != 0)
			continue;
		class = class_of(index->oid, i, &collation);
		after = class_after(class, get_am_oid(index->method, false),
							column->type.oid, to->oid);
		if (class != after || !OidIsValid(class))
			return false;
		if (collation == column->type.collation && collation != to->collation)
			return false;
		if (IsPolymorphicType(get_opclass_input_type(class)) &&
			column->type.oid != to->oid)
			return false;
	}
	return true;
}
