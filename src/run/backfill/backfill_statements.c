/*
 * backfill_statements.c
 *	  The statements of a backfill, from the words of its caller.
 *
 * The assignment and the condition are parsed separately, so that neither can
 * contain more than it should; the statements are put together from their
 * parse trees and bound to the table by its oid.  The condition is evaluated twice:
 * for a row, to find out whether it must be assigned, and afterwards for the new row,
 * which must not satisfy it any more.  Otherwise the backfill would never end.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/partition.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "rewrite/prs2lock.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "errors.h"
#include "run/backfill/backfill_statements.h"
#include "util/relation_name.h"

/* Text that is being parsed or bound, for the error position */
typedef struct PgmFillText
{
	const char *text;
	const char *what;
} PgmFillText;

/* Error context: show the position in our text, which the client has not sent. */
static void
text_error_callback(void *arg)
{
	const PgmFillText *t = arg;
	int			pos = geterrposition();

	if (pos > 0)
	{
		errposition(0);
		pgm_escape_query(t->text, pos);
	}
	errcontext("%s of migrate.backfill()", t->what);
}

/* Around the analysis of a text; errors between the two have it as their context */
#define BEGIN_TEXT(t, ...) \
	do { \
		PgmFillText fill_text = {t, __VA_ARGS__}; \
		ErrorContextCallback fill_callback = { \
			.callback = text_error_callback, \
			.arg = &fill_text, \
			.previous = error_context_stack \
		}; \
		error_context_stack = &fill_callback
#define END_TEXT() \
		error_context_stack = fill_callback.previous; \
	} while (0)

/* Raise PGM_ERRCODE_INVALID_BACKFILL for an assignment or a condition that is not one. */
static void
refuse_words(const char *what, const char *text, const char *hint)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_BACKFILL),
			 errmsg("the %s of a backfill is not %s", what,
					strcmp(what, "condition") == 0 ? "a condition" :
					"what may stand behind SET"),
			 errdetail("It is: %s", text),
			 errhint("%s", hint)));
}

/*
 * The parse tree of the only statement of a text; NULL unless there is exactly one.
 * "what" names the text in errors.
 */
static Node *
parse_one(const char *text, RawParseMode mode, const char *what)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *volatile statements = NIL;

	BEGIN_TEXT(text, what);
	PG_TRY();
	{
		statements = raw_parser(text, mode);
	}
	PG_CATCH();
	{
		pgm_rethrow_escaped(caller);
	}
	PG_END_TRY();
	END_TEXT();
	return list_length(statements) == 1 ?
		linitial_node(RawStmt, statements)->stmt : NULL;
}

/*
 * Parse an assignment, that is what follows SET in an UPDATE: a list of ResTarget.
 * Raises MG019 if the text contains more than that.
 */
static List *
parse_assignment(const char *assignment)
{
	const char *text = psprintf("UPDATE t SET %s", assignment);
	UpdateStmt *stmt = (UpdateStmt *) parse_one(text, RAW_PARSE_DEFAULT,
												"assignment");

	if (stmt == NULL || !IsA(stmt, UpdateStmt) || stmt->fromClause != NIL ||
		stmt->whereClause != NULL || stmt->withClause != NULL ||
		pgm_update_returns(stmt))
		refuse_words("assignment", assignment,
					 "Write only what stands behind SET in an UPDATE, for example $$role = 'member'$$.");
	return stmt->targetList;
}

/*
 * Parse a condition.  PL/pgSQL's mode of the parser takes an expression, but also all
 * that may follow one in a SELECT; MG019 is raised if there is any of that.
 */
static Node *
parse_condition(const char *condition)
{
	SelectStmt *s = (SelectStmt *) parse_one(condition, RAW_PARSE_PLPGSQL_EXPR,
											 "condition");
	ResTarget  *target;

	if (s == NULL || !IsA(s, SelectStmt) || list_length(s->targetList) != 1 ||
		s->distinctClause != NIL || s->intoClause != NULL ||
		s->fromClause != NIL || s->whereClause != NULL ||
		s->groupClause != NIL || s->havingClause != NULL ||
		s->windowClause != NIL || s->valuesLists != NIL ||
		s->sortClause != NIL || s->limitOffset != NULL ||
		s->limitCount != NULL || s->lockingClause != NIL ||
		s->withClause != NULL || s->op != SETOP_NONE)
		refuse_words("condition", condition,
					 "Write only what stands behind WHERE in an UPDATE, for example $$role IS NULL$$.");
	target = linitial_node(ResTarget, s->targetList);
	if (target->name != NULL || target->indirection != NIL)
		refuse_words("condition", condition, "Write it without a name.");
	return target->val;
}

/* The name of a relation for a parse tree, with ONLY: each partition is done by itself. */
static RangeVar *
relation_by_oid(Oid relid)
{
	RangeVar   *rel = makeRangeVar(get_namespace_name(get_rel_namespace(relid)),
								   get_rel_name(relid), -1);

	rel->inh = false;
	return rel;
}

/*
 * Analyze a statement whose first relation must be the table; the tree is not changed.
 *
 * Raises 40001 if its name means another table now: parse trees contain names, and
 * nothing keeps a table from being renamed between two batches.
 */
static Query *
bind_query(Node *stmt, const char *text, Oid relid)
{
	RawStmt    *raw = makeNode(RawStmt);
	RangeTblEntry *rte;
	Query	   *query;

	/*
	 * the analysis scribbles on the tree, which is used for other tables as
	 * well
	 */
	raw->stmt = copyObject(stmt);
	BEGIN_TEXT(text, "statement");
	query = parse_analyze_fixedparams(raw, text, NULL, 0, NULL);
	END_TEXT();
	rte = linitial_node(RangeTblEntry, query->rtable);
	if (rte->relid != relid)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("table \"%s\" was replaced by another one",
						get_rel_name(relid)),
				 errhint("Call migrate.backfill() again.")));
	return query;
}

/*
 * The condition that a column differs from the value that it is assigned; NULL if that
 * is not an expression of its own, or the column is assigned in part.
 *
 * The value is cast to the column's type and modifier, because the stored value is: a
 * numeric(6,2) would never be equal to a value with three decimals.
 */
static Node *
derive_one(const ResTarget *target, Oid relid)
{
	AttrNumber	attno = get_attnum(relid, target->name);
	ColumnRef  *column = makeNode(ColumnRef);
	TypeCast   *value = makeNode(TypeCast);
	Oid			type;
	int32		typmod;
	Oid			collation;

	if (target->indirection != NIL || IsA(target->val, MultiAssignRef) ||
		IsA(target->val, SetToDefault) || attno == InvalidAttrNumber)
		return NULL;
	column->fields = list_make1(makeString(target->name));
	column->location = -1;
	value->arg = target->val;
	get_atttypetypmodcoll(relid, attno, &type, &typmod, &collation);
	value->typeName = makeTypeNameFromOid(type, typmod);
	value->location = -1;
	return (Node *) makeA_Expr(AEXPR_DISTINCT, list_make1(makeString("=")),
							   (Node *) column, (Node *) value, -1);
}

/* The condition that any column differs from its value; NULL if it cannot be derived. */
static Node *
derive_condition(List *targets, Oid relid)
{
	List	   *conditions = NIL;
	ListCell   *lc;

	foreach(lc, targets)
	{
		Node	   *condition = derive_one(lfirst_node(ResTarget, lc), relid);

		if (condition == NULL)
			return NULL;
		conditions = lappend(conditions, condition);
	}
	return list_length(conditions) == 1 ? linitial(conditions) :
		(Node *) makeBoolExpr(OR_EXPR, conditions, -1);
}

/*
 * The WHERE clause of a statement, or "".  The line break ends a comment that the
 * condition may end with.
 */
static char *
where_text(const PgmFill *fill)
{
	return fill->condition ? psprintf("\nWHERE (%s\n)", fill->condition) : "";
}

/* The UPDATE of one table as text; positions in its parse tree refer to that. */
static char *
update_text(const PgmFill *fill, Oid relid)
{
	return psprintf("UPDATE ONLY %s SET %s%s", pgm_relation_name(relid),
					fill->assignment, where_text(fill));
}

/*
 * Parse the UPDATE from its text.
 *
 * The result must be equal to what was parsed from its parts, or MG019 is raised: pasted
 * together, an assignment and a condition that were valid separately might form another
 * statement.
 */
static UpdateStmt *
parse_update(const PgmFill *fill, const char *text, Oid relid)
{
	UpdateStmt *stmt = (UpdateStmt *) parse_one(text, RAW_PARSE_DEFAULT,
												"statement");

	if (stmt == NULL || !IsA(stmt, UpdateStmt) ||
		!equal(stmt->targetList, fill->targets) ||
		(fill->condition && !equal(stmt->whereClause, fill->where)))
		refuse_words("assignment", fill->assignment, "Write it more plainly.");
	stmt->relation = relation_by_oid(relid);
	if (fill->condition == NULL)
		stmt->whereClause = derive_condition(stmt->targetList, relid);
	return stmt;
}

/*
 * Does the function have another value in the next batch?  Each batch is a transaction
 * of its own, so this includes now() and its like, which are stable within one.
 */
static bool
is_clock(Oid function, void *context)
{
	return function == F_NOW || function == F_TRANSACTION_TIMESTAMP ||
		function == F_STATEMENT_TIMESTAMP ||
		func_volatile(function) == PROVOLATILE_VOLATILE;
}

/* Does the expression contain a function or a value that is another one in each batch? */
static bool
has_clock(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SQLValueFunction) || IsA(node, NextValueExpr) ||
		check_functions_in_node(node, is_clock, context))
		return true;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, has_clock, context, 0);
	return expression_tree_walker(node, has_clock, context);
}

/* Raise MG019: the condition cannot be derived from the assignment. */
static void
need_condition(const PgmFill *fill, const char *why)
{
	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_BACKFILL),
			 errmsg("this backfill needs a condition"),
			 errdetail("The assignment %s: %s.", why, fill->assignment),
			 errhint("Say as third argument which rows are still to be assigned, for example $$role IS NULL$$; it must be false of a row that was.")));
}

/*
 * The condition that the columns differ from the values they are assigned.  Raises MG019
 * if rows could satisfy that again after the assignment.
 */
static Node *
checked_condition(const PgmFill *fill, Oid relid)
{
	char	   *text = update_text(fill, relid);
	UpdateStmt *stmt = parse_update(fill, text, relid);
	Query	   *query = bind_query((Node *) stmt, text, relid);
	Bitmapset  *assigned = NULL;
	Bitmapset  *read = NULL;
	Node	   *condition = derive_condition(fill->targets, relid);
	ListCell   *lc;

	foreach(lc, query->targetList)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, lc);

		if (entry->resjunk || IsA(entry->expr, Param))
			need_condition(fill, "takes several columns from one query");
		if (has_clock((Node *) entry->expr, NULL))
			need_condition(fill, "has another value each time");
		assigned = bms_add_member(assigned,
								  entry->resno - FirstLowInvalidHeapAttributeNumber);
		pull_varattnos((Node *) entry->expr, query->resultRelation, &read);
	}

	/*
	 * With a = a + 1 a row would always differ.  Attribute 0 is the complete
	 * row, which includes what is assigned.
	 */
	if (bms_overlap(assigned, read) ||
		bms_is_member(-FirstLowInvalidHeapAttributeNumber, read))
		need_condition(fill, "reads a column that it changes");
	if (condition == NULL)
		need_condition(fill, "is not simply a column and its value");
	return condition;
}

/*
 * Parse and check the words of a backfill, in a transaction.  The result is in
 * the current memory context.
 *
 * Raises MG019 when they are more than an assignment and a condition, or when
 * a condition is needed; and what the parser and the analysis raise.
 */
PgmFill *
pgm_backfill_parse(Oid relid, const char *assignment, const char *condition)
{
	PgmFill    *fill = palloc0(sizeof(PgmFill));

	fill->assignment = assignment;
	fill->condition = condition;
	fill->targets = parse_assignment(assignment);
	if (condition)
		fill->where = parse_condition(condition);
	else
		fill->where = checked_condition(fill, relid);
	/* raise errors of the analysis now, and not in the first batch */
	(void) pgm_backfill_plan_update(fill, relid, PGM_FILL_TIDS, NULL);
	return fill;
}

/* Parameter $number of a statement. */
static Param *
make_param(int number, Oid type)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = number;
	param->paramtype = type;
	param->paramtypmod = -1;
	param->location = -1;
	return param;
}

/* "ctid op $param" */
static Node *
compare_ctid(Oid op, Index varno, int param)
{
	OpExpr	   *expr = (OpExpr *)
		make_opclause(op, BOOLOID, false,
					  (Expr *) makeVar(varno, SelfItemPointerAttributeNumber, TIDOID,
									   -1, InvalidOid, 0),
					  (Expr *) make_param(param, TIDOID), InvalidOid, InvalidOid);

	set_opfuncid(expr);
	return (Node *) expr;
}

/* "ctid = ANY ($1)" */
static Node *
ctid_in(Index varno)
{
	ScalarArrayOpExpr *expr = makeNode(ScalarArrayOpExpr);

	expr->opno = TIDEqualOperator;
	expr->opfuncid = get_opcode(TIDEqualOperator);
	expr->useOr = true;
	expr->args = list_make2(makeVar(varno, SelfItemPointerAttributeNumber, TIDOID,
									-1, InvalidOid, 0),
							make_param(1, get_array_type(TIDOID)));
	expr->location = -1;
	return (Node *) expr;
}

/* "condition IS TRUE", for RETURNING, where it is evaluated for the new row */
static TargetEntry *
still_true(Node *condition)
{
	BooleanTest *test = makeNode(BooleanTest);

	test->arg = (Expr *) copyObject(condition);
	test->booltesttype = IS_TRUE;
	test->location = -1;
	return makeTargetEntry((Expr *) test, 1, pstrdup("still"), false);
}

/* Raise 0A000 if the table has rules on UPDATE: the rewriter would change our statement. */
static void
refuse_rules(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);

	for (int i = 0; rel->rd_rules && i < rel->rd_rules->numLocks; i++)
	{
		if (rel->rd_rules->rules[i]->event == CMD_UPDATE)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot backfill table \"%s\", which has a rule on UPDATE",
							RelationGetRelationName(rel)),
					 errhint("Drop the rule for the time of the backfill.")));
	}

	/*
	 * the lock is kept, so that no rule is created before the statement has
	 * run
	 */
	relation_close(rel, NoLock);
}

/* Plan a query whose text is "text". */
static PlannedStmt *
plan_query(Query *query, const char *text, ParamListInfo params)
{
	List	   *queries = pg_rewrite_query(query);

	/* there are no rules that would add or remove one */
	Assert(list_length(queries) == 1);
	return linitial_node(PlannedStmt, pg_plan_queries(queries, text, 0, params));
}

/*
 * Plan a query that finds its rows by ctid.
 *
 * The planner must not choose a sequential scan, even of a small table or with bad
 * statistics: it would read the table once for each batch.
 */
static PlannedStmt *
plan_by_ctid(Query *query, const char *text, ParamListInfo params)
{
	static const char *const others[] = {
		"enable_seqscan", "enable_indexscan", "enable_indexonlyscan",
		"enable_bitmapscan"
	};
	int			nest_level = NewGUCNestLevel();
	PlannedStmt *result;

	(void) set_config_option("enable_tidscan", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* but the settings would hold for tables of subqueries as well */
	for (int i = 0; !query->hasSubLinks && i < (int) lengthof(others); i++)
		(void) set_config_option(others[i], "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	result = plan_query(query, text, params);
	AtEOXact_GUC(false, nest_level);
	return result;
}

/*
 * Raise MG019 if the assignment may move rows of a partitioned table to other
 * partitions: a batch updates one partition by itself, and that UPDATE would fail.
 */
void
pgm_backfill_check_partitioned(const PgmFill *fill, Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	Bitmapset  *assigned = NULL;
	bool		in_expression;
	ListCell   *lc;

	foreach(lc, fill->targets)
	{
		assigned = bms_add_member(assigned,
								  get_attnum(relid, lfirst_node(ResTarget, lc)->name) -
								  FirstLowInvalidHeapAttributeNumber);
	}
	if (has_partition_attrs(rel, assigned, &in_expression))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_BACKFILL),
				 errmsg("cannot backfill the partition key of \"%s\"",
						RelationGetRelationName(rel)),
				 errdetail("The assignment may move rows to other partitions: %s.",
						   fill->assignment),
				 errhint("Use UPDATE for that, on a range of rows at a time.")));
	relation_close(rel, NoLock);
}

/*
 * Plan the UPDATE of rows of one table that satisfy the condition, by their blocks or
 * ctids.  It returns a row for each row assigned: whether that still satisfies it.
 */
PlannedStmt *
pgm_backfill_plan_update(const PgmFill *fill, Oid relid, PgmFillBy by,
						 ParamListInfo params)
{
	char	   *text = update_text(fill, relid);
	Query	   *query = bind_query((Node *) parse_update(fill, text, relid), text, relid);
	Index		varno = query->resultRelation;
	Node	   *condition = query->jointree->quals;
	Node	   *place = by == PGM_FILL_TIDS ? ctid_in(varno) :
		make_and_qual(compare_ctid(TIDGreaterEqOperator, varno, 1),
					  compare_ctid(TIDLessOperator, varno, 2));

	refuse_rules(relid);
	/* the analyzed condition is used twice, so both mean the same */
	Assert(condition != NULL);
	query->returningList = list_make1(still_true(condition));
	query->jointree->quals = make_and_qual(place, condition);
	return plan_by_ctid(query, text, params);
}

/* Plan the SELECT of the ctids of the rows that satisfy the condition. */
PlannedStmt *
pgm_backfill_plan_find(const PgmFill *fill, Oid relid)
{
	char	   *text = psprintf("SELECT ctid FROM ONLY %s%s", pgm_relation_name(relid),
								where_text(fill));
	SelectStmt *stmt = (SelectStmt *) parse_one(text, RAW_PARSE_DEFAULT,
												"statement");

	/* a derived condition has no text */
	if (fill->condition == NULL)
		stmt->whereClause = fill->where;
	return plan_query(bind_query((Node *) stmt, text, relid), text, NULL);
}
