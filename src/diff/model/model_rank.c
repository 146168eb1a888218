/*
 * model_rank.c
 *	  In which order the statements of a model most likely succeed.
 */
#include "postgres.h"

#include "diff/model/model_internal.h"

/* What is not here comes last. */
static const struct
{
	NodeTag		tag;
	int			rank;
}			ranks[] = {
	{T_CreateSchemaStmt, 0},
	{T_CreateExtensionStmt, 1},
	{T_CreateEnumStmt, 2},
	{T_AlterEnumStmt, 3},
	{T_CompositeTypeStmt, 3},
	{T_CreateDomainStmt, 3},
	{T_CreateRangeStmt, 3},
	{T_CreateSeqStmt, 3},
	{T_CreatePLangStmt, 4},
	{T_CreateFunctionStmt, 4},
	{T_DefineStmt, 5},
	{T_CreateOpFamilyStmt, 5},
	{T_CreateOpClassStmt, 6},
	{T_AlterOpFamilyStmt, 6},
	{T_CreateCastStmt, 6},
	{T_CreateTransformStmt, 6},
	{T_CreateAmStmt, 6},
	{T_CreateConversionStmt, 6},
	{T_CreateFdwStmt, 6},
	{T_CreateForeignServerStmt, 7},
	{T_CreateStmt, 8},
	{T_CreateForeignTableStmt, 8},
	{T_AlterTableStmt, 9},
	{T_IndexStmt, 10},
	{T_AlterSeqStmt, 10},
	{T_ViewStmt, 11},
	{T_CreateTableAsStmt, 11}
};

#define RANK_OF_KEYS 10
#define RANK_LAST 12

/* Does it add a foreign key, which needs the key it refers to? */
static bool
adds_key(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AddConstraint &&
			((const Constraint *) cmd->def)->contype == CONSTR_FOREIGN)
			return true;
	}
	return false;
}

/*
 * Does it switch triggers or rules on or off?  They have to be there, also where
 * it names none, and what such statements say one after another has to be said
 * in that order.
 */
static bool
switches(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableType type = lfirst_node(AlterTableCmd, lc)->subtype;

		if (type >= AT_EnableTrig && type <= AT_DisableRule)
			return true;
	}
	return false;
}

/* Those of a lower rank are run before. */
int
pgm_model_rank(const Node *statement)
{
	if (IsA(statement, AlterTableStmt) && adds_key((const AlterTableStmt *) statement))
		return RANK_OF_KEYS;
	if (IsA(statement, AlterTableStmt) && switches((const AlterTableStmt *) statement))
		return RANK_LAST;
	for (int i = 0; i < (int) lengthof(ranks); i++)
		if (ranks[i].tag == nodeTag(statement))
			return ranks[i].rank;
	return RANK_LAST;
}

/*
 * May the statements from one on be run in another order?  Not where some undo
 * what others did, or mean all that comes behind them.
 */
bool
pgm_model_is_sortable(const PgmModel *m, int first)
{
	for (int i = first; i < list_length(m->statements); i++)
	{
		switch (nodeTag(((PgmStatement *) list_nth(m->statements, i))->raw->stmt))
		{
			case T_DropStmt:
			case T_RenameStmt:
			case T_AlterObjectSchemaStmt:
			case T_AlterDefaultPrivilegesStmt:
			case T_DoStmt:
			case T_CallStmt:
				return false;
			default:
				break;
		}
	}
	return true;
}
