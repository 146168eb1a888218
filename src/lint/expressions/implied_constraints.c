/*
 * implied_constraints.c
 *	  Do the valid constraints of a table already imply another one, so that
 *	  ALTER TABLE does not read the rows?
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"

#include "lint/expressions/expressions.h"
#include "schema/builtin_functions.h"

/*
 * A constraint in the form that predicate_implied_by() expects.  A clause is folded if it may
 * be, and it may be used in a proof then, for which the server evaluates operators
 * on the constants of clauses.
 */
static List *
clauses_of(Node *expr)
{
	List	   *clauses = NIL;
	ListCell   *lc;

	/*
	 * A copy, since the constraint belongs to the shadow.  "true": a CHECK,
	 * which NULL passes.
	 */
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
		/* weakly: a CHECK that is null does not refuse the row */
			  predicate_implied_by(list_make1(lfirst(lc)), usable, true)))
			return false;
	}
	return true;
}

/* The clauses of the valid constraints of a table. */
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
							pgm_column_not_null_test(c, foreach_current_index(lc) + 1));
	}
	foreach(lc, t->checks)
	{
		const PgmCheck *c = lfirst(lc);

		/* NOT VALID says nothing of the rows that are there. */
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
	const PgmColumn *c = pgm_table_column(t, column, &attnum);
	List	   *test;
	ListCell   *lc;

	*by = NULL;
	if (c == NULL || c->not_null)
		return true;
	Assert(attnum >= 1 && attnum <= list_length(t->columns));
	test = list_make1(pgm_column_not_null_test(c, attnum));
	/* First each alone, in order to name it; together they may imply more. */
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
