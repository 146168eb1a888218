/*
 * model_statements.c
 *	  Which statements of a model are run, which are passed over because they
 *	  do not make a schema, and which no model may hold.
 */
#include "postgres.h"

#include "commands/defrem.h"

#include "compat.h"
#include "diff/model/model_internal.h"

#define OF_CLUSTER "It is not for this database alone, or cannot be undone: leave it out, and run it by hand."
#define OF_SESSION "It is about a session, not about a schema: leave it out."
#define OF_OTHERS "It cannot be seen what it does before it is done: write what it would do."

/* All tags that are not here are refused. */
static const struct
{
	NodeTag		tag;
	PgmModelUse use;
	const char *hint;			/* of those refused */
}			uses[] = {
	{T_CreateStmt, PGM_MODEL_RUN, NULL},
	{T_CreateForeignTableStmt, PGM_MODEL_RUN, NULL},
	{T_CreateTableAsStmt, PGM_MODEL_RUN, NULL},
	{T_ViewStmt, PGM_MODEL_RUN, NULL},
	{T_RuleStmt, PGM_MODEL_RUN, NULL},
	{T_IndexStmt, PGM_MODEL_RUN, NULL},
	{T_CreateSeqStmt, PGM_MODEL_RUN, NULL},
	{T_AlterSeqStmt, PGM_MODEL_RUN, NULL},
	{T_CreateStatsStmt, PGM_MODEL_RUN, NULL},
	{T_AlterStatsStmt, PGM_MODEL_RUN, NULL},
	{T_CreateTrigStmt, PGM_MODEL_RUN, NULL},
	{T_CreatePolicyStmt, PGM_MODEL_RUN, NULL},
	{T_AlterPolicyStmt, PGM_MODEL_RUN, NULL},
	{T_AlterTableStmt, PGM_MODEL_RUN, NULL},
	{T_CreateSchemaStmt, PGM_MODEL_RUN, NULL},
	{T_CreateExtensionStmt, PGM_MODEL_RUN, NULL},
	{T_AlterExtensionStmt, PGM_MODEL_RUN, NULL},
	{T_AlterExtensionContentsStmt, PGM_MODEL_RUN, NULL},
	{T_CreateFunctionStmt, PGM_MODEL_RUN, NULL},
	{T_AlterFunctionStmt, PGM_MODEL_RUN, NULL},
	{T_DefineStmt, PGM_MODEL_RUN, NULL},
	{T_CompositeTypeStmt, PGM_MODEL_RUN, NULL},
	{T_CreateEnumStmt, PGM_MODEL_RUN, NULL},
	{T_CreateRangeStmt, PGM_MODEL_RUN, NULL},
	{T_CreateDomainStmt, PGM_MODEL_RUN, NULL},
	{T_AlterDomainStmt, PGM_MODEL_RUN, NULL},
	{T_AlterEnumStmt, PGM_MODEL_RUN, NULL},
	{T_AlterTypeStmt, PGM_MODEL_RUN, NULL},
	{T_CreateOpClassStmt, PGM_MODEL_RUN, NULL},
	{T_CreateOpFamilyStmt, PGM_MODEL_RUN, NULL},
	{T_AlterOpFamilyStmt, PGM_MODEL_RUN, NULL},
	{T_AlterOperatorStmt, PGM_MODEL_RUN, NULL},
	{T_CreateConversionStmt, PGM_MODEL_RUN, NULL},
	{T_CreateCastStmt, PGM_MODEL_RUN, NULL},
	{T_CreateTransformStmt, PGM_MODEL_RUN, NULL},
	{T_CreatePLangStmt, PGM_MODEL_RUN, NULL},
	{T_CreateAmStmt, PGM_MODEL_RUN, NULL},
	{T_AlterTSDictionaryStmt, PGM_MODEL_RUN, NULL},
	{T_AlterTSConfigurationStmt, PGM_MODEL_RUN, NULL},
	{T_AlterCollationStmt, PGM_MODEL_RUN, NULL},
	{T_CreateFdwStmt, PGM_MODEL_RUN, NULL},
	{T_AlterFdwStmt, PGM_MODEL_RUN, NULL},
	{T_CreateForeignServerStmt, PGM_MODEL_RUN, NULL},
	{T_AlterForeignServerStmt, PGM_MODEL_RUN, NULL},
	{T_CreateUserMappingStmt, PGM_MODEL_RUN, NULL},
	{T_AlterUserMappingStmt, PGM_MODEL_RUN, NULL},
	{T_DropUserMappingStmt, PGM_MODEL_RUN, NULL},
	{T_CreatePublicationStmt, PGM_MODEL_RUN, NULL},
	{T_AlterPublicationStmt, PGM_MODEL_RUN, NULL},
	{T_CreateSubscriptionStmt, PGM_MODEL_RUN, NULL},
	{T_AlterSubscriptionStmt, PGM_MODEL_RUN, NULL},
	{T_CreateEventTrigStmt, PGM_MODEL_RUN, NULL},
	{T_AlterEventTrigStmt, PGM_MODEL_RUN, NULL},
	{T_AlterDefaultPrivilegesStmt, PGM_MODEL_RUN, NULL},
	{T_GrantStmt, PGM_MODEL_RUN, NULL},
	{T_CommentStmt, PGM_MODEL_RUN, NULL},
	{T_SecLabelStmt, PGM_MODEL_RUN, NULL},
	{T_AlterOwnerStmt, PGM_MODEL_RUN, NULL},
	{T_AlterObjectSchemaStmt, PGM_MODEL_RUN, NULL},
	{T_AlterObjectDependsStmt, PGM_MODEL_RUN, NULL},
	{T_RenameStmt, PGM_MODEL_RUN, NULL},
	{T_DropStmt, PGM_MODEL_RUN, NULL},
	{T_RefreshMatViewStmt, PGM_MODEL_RUN, NULL},
	{T_DoStmt, PGM_MODEL_RUN, NULL},
	{T_CallStmt, PGM_MODEL_RUN, NULL},
	{T_VariableSetStmt, PGM_MODEL_RUN, NULL},

	{T_SelectStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_InsertStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_UpdateStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_DeleteStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_MergeStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_TruncateStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_CopyStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_TransactionStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_VacuumStmt, PGM_MODEL_PASS_OVER, NULL},
	{PGM_CLUSTER_TAG, PGM_MODEL_PASS_OVER, NULL},
	{T_ReindexStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_LockStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_CheckPointStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_ConstraintsSetStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_VariableShowStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_GrantRoleStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_AlterRoleSetStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_AlterDatabaseStmt, PGM_MODEL_PASS_OVER, NULL},
	{T_AlterDatabaseSetStmt, PGM_MODEL_PASS_OVER, NULL},

	{T_CreateRoleStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_AlterRoleStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_DropRoleStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_CreatedbStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_DropdbStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_CreateTableSpaceStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_DropTableSpaceStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_AlterSystemStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_DropSubscriptionStmt, PGM_MODEL_REFUSE, OF_CLUSTER},
	{T_ImportForeignSchemaStmt, PGM_MODEL_REFUSE, OF_OTHERS},
	{T_ExecuteStmt, PGM_MODEL_REFUSE, OF_OTHERS},
};

/* Those that end a transaction other than well */
static PgmModelUse
use_of_transaction(const TransactionStmt *stmt)
{
	return stmt->kind == TRANS_STMT_BEGIN || stmt->kind == TRANS_STMT_START ||
		stmt->kind == TRANS_STMT_COMMIT ? PGM_MODEL_PASS_OVER : PGM_MODEL_REFUSE;
}

/*
 * The value that SELECT set_config('name', 'value', ...) sets, or NULL if that
 * is not what the statement does.  "name" NULL: of any setting.
 */
const char *
pgm_model_set_config(const Node *statement, const char *name)
{
	const SelectStmt *select = (const SelectStmt *) statement;
	const FuncCall *call;
	A_Const    *arg;

	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1 ||
		select->fromClause != NIL)
		return NULL;
	call = (const FuncCall *) linitial_node(ResTarget, select->targetList)->val;
	if (!IsA(call, FuncCall) || list_length(call->args) != 3 ||
		strcmp(strVal(llast(call->funcname)), "set_config") != 0)
		return NULL;
	arg = linitial(call->args);
	if (name && (!IsA(arg, A_Const) || arg->isnull || !IsA(&arg->val, String) ||
				 strcmp(strVal(&arg->val), name) != 0))
		return NULL;
	arg = lsecond(call->args);
	return IsA(arg, A_Const) && !arg->isnull && IsA(&arg->val, String) ?
		strVal(&arg->val) : NULL;
}

/* What to do with a statement; *hint says what to do where it is refused. */
PgmModelUse
pgm_model_use(const Node *statement, const char **hint)
{
	*hint = OF_SESSION;
	if (IsA(statement, TransactionStmt))
		return use_of_transaction((const TransactionStmt *) statement);
	if (pgm_model_set_config(statement, NULL))
		return PGM_MODEL_RUN;
	for (int i = 0; i < (int) lengthof(uses); i++)
	{
		if (uses[i].tag != nodeTag(statement))
			continue;
		if (uses[i].hint)
			*hint = uses[i].hint;
		return uses[i].use;
	}
	return PGM_MODEL_REFUSE;
}
