/*
 * type_change.c
 *	  Does ALTER COLUMN TYPE rewrite the table, and which indexes does it keep?
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_index.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "lint/expressions/expressions.h"
#include "lint/expressions/expressions_internal.h"
#include "schema/builtin_definitions.h"

/*
 * Does the planned conversion of a column change stored values, so that the table is
 * rewritten?  As ATColumnChangeRequiresRewrite(); *reason says why.
 */
static bool
requires_rewrite(Node *expr, AttrNumber attnum, const char **reason)
{
	*reason = "the stored values stay as they are";
	/* Remove the outer conversions that leave the stored bytes as they are. */
	for (;;)
	{
		if (IsA(expr, Var) && ((Var *) expr)->varattno == attnum)
			return false;
		if (IsA(expr, RelabelType))
			expr = (Node *) ((RelabelType *) expr)->arg;
		else if (IsA(expr, CoerceToDomain) &&
				 !pgm_builtin_domain_constrained(((CoerceToDomain *) expr)->resulttype))
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

/* Read the conversion of a column, as ATPrepAlterColumnType() does. */
static bool
read_type_change(void *arg)
{
	PgmReading *r = arg;
	ParseState *pstate = pgm_expression_parser(r->table, &r->literals);
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
	r->result = pgm_expression_plan(pgm_literals_put(expr, &r->literals));
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
		!pgm_expression_try(read_type_change, &r) || r.result == NULL)
		return change;
	change.known = true;
	change.rewrite = requires_rewrite(r.result, attnum, &change.reason);
	return change;
}

/*
 * Does a change from one type to another rewrite a table, for a column that only the
 * type is known about?  "known" is false unless both types are the server's own, and
 * where there is no such cast.
 */
PgmTypeChange
pgm_type_change(Oid from, int32 from_typmod, Oid to, int32 to_typmod)
{
	PgmTypeChange change = {.rewrite = true};
	Node	   *expr = (Node *) makeVar(1, 1, from, from_typmod, get_typcollation(from), 0);

	/* A cast from or to a type of a user may run the user's code. */
	if (from >= FirstNormalObjectId || to >= FirstNormalObjectId)
		return change;
	expr = coerce_to_target_type(NULL, expr, from, to, to_typmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
	if (expr == NULL)
		return change;
	change.known = true;
	change.rewrite = requires_rewrite(pgm_expression_plan(expr), 1, &change.reason);
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
	Assert(column >= 0 && column < ((oidvector *) DatumGetPointer(classes))->dim1);
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
 * is rebuilt with the index it is attached to.
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

		/*
		 * INCLUDEd columns have no operator class, expressions (NULL) no
		 * name.
		 */
		if (i >= index->nkeys || lfirst(lc) == NULL ||
			strcmp(lfirst(lc), column->name) != 0)
			continue;
		class = class_of(index->oid, i, &collation);
		after = class_after(class, get_am_oid(index->method, false),
							column->type.oid, to->oid);
		if (class != after || !OidIsValid(class))
			return false;

		/*
		 * An index that follows the collation of the column would get the new
		 * one.
		 */
		if (collation == column->type.collation && collation != to->collation)
			return false;

		/*
		 * Such a class, as array_ops, compares another type's values
		 * differently.
		 */
		if (IsPolymorphicType(get_opclass_input_type(class)) &&
			column->type.oid != to->oid)
			return false;
	}
	return true;
}
