/*
 * backfill_call.c
 *	  The arguments of a CALL of migrate.backfill() in a script, as far as they are
 *	  string literals.
 */
#include "postgres.h"

#include "script/script.h"

/*
 * The string literal that a call has as argument number i, from 0, or as the argument of
 * this name; NULL if the argument is not there or not a string literal.
 */
static const char *
string_argument(const FuncCall *call, int i, const char *name)
{
	ListCell   *lc;

	foreach(lc, call->args)
	{
		Node	   *arg = lfirst(lc);
		bool		named = IsA(arg, NamedArgExpr);
		A_Const    *constant;

		if (named ? strcmp(((NamedArgExpr *) arg)->name, name) != 0 :
			foreach_current_index(lc) != i)
			continue;
		if (named)
			arg = (Node *) ((NamedArgExpr *) arg)->arg;
		if (!IsA(arg, A_Const))
			return NULL;
		constant = (A_Const *) arg;
		return !constant->isnull && IsA(&constant->val, String) ?
			strVal(&constant->val) : NULL;
	}
	return NULL;
}

/* The name of the table that a backfill is for; NULL if it is not a literal. */
const char *
pgm_backfill_relation(const CallStmt *stmt)
{
	return string_argument(stmt->funccall, 0, "relation");
}

/*
 * The UPDATE that assigns all rows of a backfill at once, as text; NULL if its
 * arguments are not literals.
 */
char *
pgm_backfill_as_update(const CallStmt *stmt)
{
	const char *relation = pgm_backfill_relation(stmt);
	const char *assignment = string_argument(stmt->funccall, 1, "assignment");
	const char *condition = string_argument(stmt->funccall, 2, "condition");

	if (relation == NULL || assignment == NULL)
		return NULL;
	return psprintf("UPDATE %s SET %s%s%s", relation, assignment,
					condition ? "\nWHERE " : "", condition ? condition : "");
}
