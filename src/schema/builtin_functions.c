/*
 * builtin_functions.c
 *	  Does an expression call only functions that are built in?
 *
 * A user who judges a migration has not agreed to run it, or to run code of the
 * owners of its tables.  So an expression is evaluated, or passed to a
 * function of the server that may evaluate it (constant folding, predicate
 * proofs, selectivity estimation), only after its analysed tree was walked here.
 * This is an allow-list: a kind of node that is not known is refused.
 *
 * It is not enough that each function is built in, for built-in functions call
 * others through the types of their arguments: comparison of arrays and rows
 * calls the elements' operators, array_in() and record_in() the CHECKs of
 * domains, to_json() a cast of the type's owner, to_tsvector() dictionaries,
 * table_to_xml() whatever a view contains.  Hence the list of types: scalars
 * whose functions call no others, enums, and arrays of these.  Rows, reg*
 * types, xml and pseudo-types are not on it, nor is anything that an extension
 * or a user made.  Most functions with a hidden way out are not immutable, and
 * so are refused as well.
 *
 * The oids in the tree are those that are evaluated: no name is looked up again
 * between the walk and the evaluation.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "schema/builtin_functions.h"

/* A walk over an expression */
typedef struct PgmWalk
{
	PgmUse		use;
	const char *why;			/* what was refused */
} PgmWalk;

/* Built-in scalar and range types whose functions call no function of a user */
static bool
is_listed(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case BYTEAOID:
		case CHAROID:
		case NAMEOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case MONEYOID:
		case OIDOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case BITOID:
		case VARBITOID:
		case UUIDOID:
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case MACADDR8OID:
		case JSONOID:
		case JSONBOID:
		case JSONPATHOID:
		case TSVECTOROID:
		case TSQUERYOID:
		case POINTOID:
		case LSEGOID:
		case LINEOID:
		case PATHOID:
		case BOXOID:
		case POLYGONOID:
		case CIRCLEOID:
		case PG_LSNOID:
		case INT4RANGEOID:
		case INT8RANGEOID:
		case NUMRANGEOID:
		case DATERANGEOID:
		case TSRANGEOID:
		case TSTZRANGEOID:
		case INT4MULTIRANGEOID:
		case INT8MULTIRANGEOID:
		case NUMMULTIRANGEOID:
		case DATEMULTIRANGEOID:
		case TSMULTIRANGEOID:
		case TSTZMULTIRANGEOID:
			return true;
		default:
			return false;
	}
}

/* Are the operators that sort, hash and compare values of a type built in? */
static bool
has_builtin_operators(Oid type)
{
	const TypeCacheEntry *entry =
		lookup_type_cache(type, TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR | TYPECACHE_GT_OPR |
						  TYPECACHE_CMP_PROC | TYPECACHE_HASH_PROC);

	return entry->eq_opr < FirstNormalObjectId && entry->lt_opr < FirstNormalObjectId &&
		entry->gt_opr < FirstNormalObjectId && entry->cmp_proc < FirstNormalObjectId &&
		entry->hash_proc < FirstNormalObjectId;
}

/*
 * May values of a type be read, written and passed to built-in functions without
 * calling a function of a user?  A domain counts as what it is over: its CHECKs
 * belong to the coercion to it, but for the elements of an array, whose input
 * function runs them.
 */
bool
pgm_type_is_builtin(Oid type)
{
	Oid			element;

	type = getBaseType(type);
	element = get_element_type(type);
	if (OidIsValid(element))
		type = element;
	return (is_listed(type) || get_typtype(type) == TYPTYPE_ENUM) &&
		has_builtin_operators(type);
}


/* Note why an expression is refused; true, which ends the walk. */
static bool
refuse(PgmWalk *w, const char *why)
{
	w->why = why;
	return true;
}

/* Is it a type of date and time? */
static bool
is_of_time(Oid type)
{
	return type == DATEOID || type == TIMEOID || type == TIMETZOID ||
		type == TIMESTAMPOID || type == TIMESTAMPTZOID || type == INTERVALOID;
}

/*
 * Is a function stable only because it depends on the time zone, or on when the
 * transaction began?
 */
static bool
depends_on_time(Form_pg_proc form)
{
	for (int i = 0; i < form->pronargs; i++)
		if (is_of_time(form->proargtypes.values[i]))
			return true;
	return form->pronargs == 0 && is_of_time(form->prorettype);
}

/*
 * Refuse a function that is not built in, or is not as unchanging as the use requires.
 */
static bool
is_refused_function(Oid function, void *context)
{
	PgmWalk    *w = context;
	HeapTuple	tuple;
	Form_pg_proc form;
	bool		builtin;
	bool		unchanging;

	if (!OidIsValid(function))
		return refuse(w, "a function that does not exist");
	if (function >= FirstNormalObjectId)
		return refuse(w, psprintf("function %s, which is not built in", format_procedure(function)));
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return refuse(w, "a function that does not exist");
	form = (Form_pg_proc) GETSTRUCT(tuple);

	/* A body that is a string would be parsed, with names to be looked up. */
	builtin = (form->prolang == INTERNALlanguageId ||
			   (form->prolang == SQLlanguageId &&
				!heap_attisnull(tuple, Anum_pg_proc_prosqlbody, NULL))) &&
		!form->prosecdef && heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL) &&
		form->prokind == PROKIND_FUNCTION && !form->proretset;
	unchanging = form->provolatile == PROVOLATILE_IMMUTABLE ||
		w->use == PGM_USE_FOLD || w->use == PGM_USE_PROVE ||
		(w->use == PGM_USE_ESTIMATE && form->provolatile == PROVOLATILE_STABLE &&
		 form->prolang == INTERNALlanguageId && depends_on_time(form));
	ReleaseSysCache(tuple);
	if (!builtin)
		return refuse(w, psprintf("function %s, which is not built in", format_procedure(function)));
	if (!unchanging)
		return refuse(w, psprintf("function %s, which is not immutable", format_procedure(function)));
	return false;
}

/* Is an operator a member of a user's operator family for sorting or hashing? */
static bool
is_in_user_family(Oid operator, bool sorting)
{
	CatCList   *members = SearchSysCacheList1(AMOPOPID, ObjectIdGetDatum(operator));
	bool		taken = false;

	for (int i = 0; i < members->n_members; i++)
	{
		Form_pg_amop form = (Form_pg_amop) GETSTRUCT(&members->members[i]->tuple);

		if (form->amopfamily >= FirstNormalObjectId &&
			((sorting && form->amopmethod == BTREE_AM_OID) || form->amopmethod == HASH_AM_OID))
			taken = true;
	}
	ReleaseSysCacheList(members);
	return taken;
}

/*
 * Is an operator built in, and not a member of a user's operator family?  Through
 * such a family sorts and joins would call the family's functions.
 */
bool
pgm_operator_is_builtin(Oid operator)
{
	return operator < FirstNormalObjectId && !is_in_user_family(operator, true);
}

/* May values of a type also be sorted, hashed and compared? */
bool
pgm_type_is_compared_builtin(Oid type)
{
	const TypeCacheEntry *entry;

	if (!pgm_type_is_builtin(type))
		return false;
	entry = lookup_type_cache(getBaseType(type), TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
	return OidIsValid(entry->eq_opr) && OidIsValid(entry->lt_opr) &&
		pgm_operator_is_builtin(entry->eq_opr) && pgm_operator_is_builtin(entry->lt_opr);
}

/* "hashed": the operator is applied to an array, for which its hash function is used */
static bool
is_refused_operator(Oid operator, bool hashed, PgmWalk *w)
{
	bool		sorting = w->use == PGM_USE_PROVE || w->use == PGM_USE_ESTIMATE;

	if (operator >= FirstNormalObjectId)
		return refuse(w, psprintf("operator %s, which is not built in", format_operator(operator)));
	if ((hashed || sorting) && is_in_user_family(operator, sorting))
		return refuse(w, psprintf("operator %s, which an operator class that is not built in has taken up",
								  format_operator(operator)));
	return is_refused_function(get_opcode(operator), w);
}

/* A cast by the output function of one type and the input function of another */
static bool
is_refused_conversion(const CoerceViaIO *coerce, PgmWalk *w)
{
	Oid			function;
	Oid			parameter;
	bool		varlena;

	getTypeOutputInfo(exprType((Node *) coerce->arg), &function, &varlena);
	if (is_refused_function(function, w))
		return true;
	getTypeInputInfo(coerce->resulttype, &function, &parameter);
	return is_refused_function(function, w);
}

/* Refuse a type that is not one of the server's simple types. */
static bool
is_refused_type(Oid type, PgmWalk *w)
{
	return !pgm_type_is_builtin(type) &&
		refuse(w, psprintf("type %s, which is not one of the server's simple types", format_type_be(type)));
}

/* Refuse a collation that is not built in. */
static bool
is_refused_collation(Oid collation, PgmWalk *w)
{
	return collation >= FirstNormalObjectId &&
		refuse(w, psprintf("collation \"%s\", which is not built in", get_collation_name(collation)));
}

/*
 * Refuse a node because of its kind or its function; its type, its collations and its
 * arguments are examined by the caller.
 */
static bool
is_refused_node(Node *node, PgmWalk *w)
{
	switch (nodeTag(node))
	{
		case T_Const:
		case T_BoolExpr:
		case T_RelabelType:
		case T_CaseExpr:
		case T_CaseTestExpr:
		case T_ArrayExpr:
		case T_ArrayCoerceExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_NullTest:
		case T_BooleanTest:
			return false;
		case T_Var:
			return (((Var *) node)->varlevelsup != 0 || ((Var *) node)->varattno <= 0) &&
				refuse(w, "a system column or a whole row");
		case T_SubscriptingRef:
			return ((SubscriptingRef *) node)->refassgnexpr &&
				refuse(w, "an assignment");
		case T_FuncExpr:
			return is_refused_function(((FuncExpr *) node)->funcid, w);
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return is_refused_operator(((OpExpr *) node)->opno, false, w);
		case T_ScalarArrayOpExpr:
			return is_refused_operator(((ScalarArrayOpExpr *) node)->opno, true, w);
		case T_CoerceViaIO:
			return is_refused_conversion((CoerceViaIO *) node, w);
		case T_SQLValueFunction:
			if (w->use == PGM_USE_FOLD || w->use == PGM_USE_PROVE ||
				(w->use == PGM_USE_ESTIMATE && is_of_time(((SQLValueFunction *) node)->type)))
				return false;
			return refuse(w, "the current time or user");
		case T_NextValueExpr:
			return w->use != PGM_USE_FOLD && refuse(w, "a sequence");
		case T_Param:
			return w->use != PGM_USE_FOLD && w->use != PGM_USE_PROVE &&
				refuse(w, "a value that is not known");
		case T_CoerceToDomain:
		case T_CoerceToDomainValue:
			return refuse(w, psprintf("domain %s, whose constraints may call anything",
									  format_type_be(exprType(node))));
		case T_RowExpr:
		case T_RowCompareExpr:
		case T_FieldSelect:
		case T_FieldStore:
		case T_ConvertRowtypeExpr:
			return refuse(w, "a row, which is compared and printed by the functions of its columns");
		default:
			return refuse(w, "what is neither an operator nor a simple function");
	}
}

/* The walker of an expression: true at the first node that is refused. */
static bool
is_refused(Node *node, void *context)
{
	PgmWalk    *w = context;

	if (node == NULL)
		return false;
	if (IsA(node, List) || IsA(node, CaseWhen))
		return expression_tree_walker(node, is_refused, context);

	/* IS NULL of a field of a composite value reads the row that holds it. */
	if (IsA(node, NullTest) && !((NullTest *) node)->argisrow &&
		IsA(((NullTest *) node)->arg, Var))
		return is_refused_node((Node *) ((NullTest *) node)->arg, w);
	return is_refused_node(node, w) || is_refused_type(exprType(node), w) ||
		is_refused_collation(exprCollation(node), w) ||
		is_refused_collation(exprInputCollation(node), w) ||
		expression_tree_walker(node, is_refused, context);
}

/*
 * May an expression, or a list of them, be put to this use without running code
 * that is not built in?  If not, *why (unless NULL) names what is refused.
 */
bool
pgm_is_builtin(Node *expr, PgmUse use, const char **why)
{
	PgmWalk		w = {.use = use};
	bool		builtin = !is_refused(expr, &w);

	if (why)
		*why = w.why;
	return builtin;
}
