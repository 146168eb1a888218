/*
 * rules.c
 *	  The table of rules, and applying those that a statement triggers.
 */
#include "postgres.h"

#include "compat.h"
#include "lint/rules/rules.h"
#include "lint/rules/safe_forms.h"

#define TRIGGERS(...) (const PgmTrigger[]) {__VA_ARGS__, PGM_LAST_TRIGGER}
#define ON(tag) {T_##tag, PGM_STATEMENT}
#define ON_ACTION(action) {T_AlterTableStmt, action}
#define ON_EACH {PGM_EACH_STATEMENT, PGM_STATEMENT}
#define ON_CLUSTER {PGM_CLUSTER_TAG, PGM_STATEMENT}

/*
 * Users see the position of a rule as its number, so new rules come last.  A
 * rule without a function is found outside of this folder, by lint.c or by
 * allow_comments.c.
 */
const PgmRule pgm_rules[] = {
	{
		.name = "index-not-concurrent",
		.title = "CREATE INDEX that blocks writes",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_index_not_concurrent,
		.triggers = TRIGGERS(ON(IndexStmt))
	},
	{
		.name = "drop-index-not-concurrent",
		.title = "DROP INDEX that blocks all access",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_drop_index_not_concurrent,
		.triggers = TRIGGERS(ON(DropStmt))
	},
	{
		.name = "reindex-not-concurrent",
		.title = "REINDEX that blocks writes",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_reindex_not_concurrent,
		.triggers = TRIGGERS(ON(ReindexStmt))
	},
	{
		.name = "concurrent-not-alone",
		.title = "CONCURRENTLY beside other statements",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_concurrent_not_alone,
		.triggers = TRIGGERS(ON(IndexStmt), ON(DropStmt), ON(ReindexStmt),
							 ON_ACTION(AT_DetachPartition))
	},
	{
		.name = "check-not-valid",
		.title = "CHECK that is checked while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_check_not_valid,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint))
	},
	{
		.name = "foreign-key-not-valid",
		.title = "foreign key that is checked while writes are blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_foreign_key_not_valid,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint))
	},
	{
		.name = "column-foreign-key",
		.title = "new column with a foreign key",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_column_foreign_key,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "create-table-foreign-key",
		.title = "new table with a foreign key to an existing one",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_create_table_foreign_key,
		.triggers = TRIGGERS(ON(CreateStmt), ON(CreateSchemaStmt))
	},
	{
		.name = "unique-not-using-index",
		.title = "UNIQUE whose index is built while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_unique_not_using_index,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn))
	},
	{
		.name = "primary-key-not-using-index",
		.title = "PRIMARY KEY whose index is built while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_primary_key_not_using_index,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn))
	},
	{
		.name = "primary-key-nullable",
		.title = "PRIMARY KEY on a column that may hold nulls",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_primary_key_nullable,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint))
	},
	{
		.name = "exclusion-constraint",
		.title = "EXCLUDE whose index is built while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_exclusion_constraint,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint))
	},
	{
		.name = "set-not-null",
		.title = "SET NOT NULL that reads the table while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_set_not_null,
		.triggers = TRIGGERS(ON_ACTION(AT_SetNotNull))
	},
	{
		.name = "column-not-null",
		.title = "new column NOT NULL without a default",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.judge = pgm_rule_column_not_null,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "volatile-default",
		.title = "new column with a volatile default",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_volatile_default,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "column-serial",
		.title = "new column that numbers the rows",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_column_serial,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "column-generated",
		.title = "new stored generated column",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_column_generated,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "column-check",
		.title = "new column with a CHECK or a constrained domain",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_column_check,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn))
	},
	{
		.name = "type-rewrite",
		.title = "change of type that rewrites the table",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_type_rewrite,
		.triggers = TRIGGERS(ON_ACTION(AT_AlterColumnType))
	},
	{
		.name = "type-check",
		.title = "change of type for which a CHECK is checked again",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_type_check,
		.triggers = TRIGGERS(ON_ACTION(AT_AlterColumnType))
	},
	{
		.name = "type-index",
		.title = "change of type for which an index is rebuilt",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_type_index,
		.triggers = TRIGGERS(ON_ACTION(AT_AlterColumnType))
	},
	{
		.name = "type-dependents",
		.title = "change of type of a column that others depend on",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.judge = pgm_rule_type_dependents,
		.triggers = TRIGGERS(ON_ACTION(AT_AlterColumnType))
	},
	{
		.name = "validate-same-transaction",
		.title = "NOT VALID and VALIDATE in one transaction",
		.severity = PGM_SEVERITY_ERROR,
		.adds_statement = true,
		.judge = pgm_rule_validate_same_transaction,
		.triggers = TRIGGERS(ON_ACTION(AT_ValidateConstraint))
	},
	{
		.name = "locks-held",
		.title = "work or further locks while a table is locked",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_locks_held,
		.triggers = TRIGGERS(ON_EACH)
	},
	{
		.name = "no-lock-timeout",
		.title = "strong lock without a lock_timeout",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_no_lock_timeout,
		.triggers = TRIGGERS(ON_EACH)
	},
	{
		.name = "rename",
		.title = "renaming what applications use",
		.severity = PGM_SEVERITY_WARNING,
		.any_size = true,
		.judge = pgm_rule_rename,
		.triggers = TRIGGERS(ON(RenameStmt), ON(AlterObjectSchemaStmt), ON(AlterEnumStmt))
	},
	{
		.name = "data-loss",
		.title = "data that is gone for good",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.judge = pgm_rule_data_loss,
		.triggers = TRIGGERS(ON(DropStmt), ON(TruncateStmt), ON(DropOwnedStmt),
							 ON_ACTION(AT_DropColumn), ON_ACTION(AT_AlterColumnType),
							 ON_ACTION(AT_DropNotNull), ON_ACTION(AT_DropConstraint))
	},
	{
		.name = "drop-column-index",
		.title = "column that takes indexes with it",
		.severity = PGM_SEVERITY_WARNING,
		.adds_statement = true,
		.judge = pgm_rule_drop_column_index,
		.triggers = TRIGGERS(ON_ACTION(AT_DropColumn))
	},
	{
		.name = "default-dropped",
		.title = "new NOT NULL column whose default is dropped at once",
		.severity = PGM_SEVERITY_WARNING,
		.any_size = true,
		.judge = pgm_rule_default_dropped,
		.triggers = TRIGGERS(ON_ACTION(AT_ColumnDefault))
	},
	{
		.name = "attach-partition",
		.title = "ATTACH PARTITION that reads a table while it is locked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_attach_partition,
		.triggers = TRIGGERS(ON_ACTION(AT_AttachPartition))
	},
	{
		.name = "detach-partition",
		.title = "DETACH PARTITION that blocks the whole table",
		.severity = PGM_SEVERITY_WARNING,
		.since = 14,
		.judge = pgm_rule_detach_partition,
		.triggers = TRIGGERS(ON_ACTION(AT_DetachPartition))
	},
	{
		.name = "create-partition",
		.title = "new partition of an existing table",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_create_partition,
		.triggers = TRIGGERS(ON(CreateStmt))
	},
	{
		.name = "table-rewrite",
		.title = "table that is copied while all access is blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_table_rewrite,
		.triggers = TRIGGERS(ON_ACTION(AT_SetLogged), ON_ACTION(AT_SetUnLogged),
							 ON_ACTION(AT_SetTableSpace), ON_ACTION(AT_SetAccessMethod), ON_CLUSTER,
							 ON(VacuumStmt), ON(RefreshMatViewStmt))
	},
	{
		.name = "trigger-lock",
		.title = "trigger, rule or policy: a strong lock, if a short one",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_trigger_lock,
		.triggers = TRIGGERS(ON(CreateTrigStmt), ON(RuleStmt), ON(CreatePolicyStmt),
							 ON(AlterPolicyStmt), ON(DropStmt), ON_ACTION(AT_EnableTrig),
							 ON_ACTION(AT_DisableTrig), ON_ACTION(AT_EnableTrigAll),
							 ON_ACTION(AT_DisableTrigAll), ON_ACTION(AT_EnableTrigUser),
							 ON_ACTION(AT_DisableTrigUser), ON_ACTION(AT_EnableRowSecurity),
							 ON_ACTION(AT_DisableRowSecurity))
	},
	{
		.name = "domain-constraint",
		.title = "domain constraint that is checked while writes are blocked",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_domain_constraint,
		.triggers = TRIGGERS(ON(AlterDomainStmt))
	},
	{
		.name = "enum-value",
		.title = "enum value that is added, or removed",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_enum_value,
		.triggers = TRIGGERS(ON(AlterEnumStmt), ON(DeleteStmt))
	},
	{
		.name = "unbounded-dml",
		.title = "UPDATE, DELETE or MERGE of a whole table",
		.severity = PGM_SEVERITY_ERROR,
		.judge = pgm_rule_unbounded_dml,
		.triggers = TRIGGERS(ON(UpdateStmt), ON(DeleteStmt), ON(MergeStmt), ON(InsertStmt),
							 ON(SelectStmt))
	},
	{
		.name = "index-advice",
		.title = "foreign key or index that will be slow",
		.severity = PGM_SEVERITY_WARNING,
		.adds_statement = true,
		.judge = pgm_rule_index_advice,
		.triggers = TRIGGERS(ON(IndexStmt), ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn),
							 ON(CreateStmt))
	},
	{
		.name = "type-advice",
		.title = "type that has a better alternative",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_type_advice,
		.triggers = TRIGGERS(ON(CreateStmt), ON_ACTION(AT_AddColumn))
	},
	{
		.name = "robustness",
		.title = "statement that may not do what it says",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_robustness,
		.triggers = TRIGGERS(ON_EACH)
	},
	{
		.name = "opaque",
		.title = "code whose effects are not known",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_opaque,
		.triggers = TRIGGERS(ON(DoStmt), ON(CallStmt), ON(SelectStmt))
	},
	{
		.name = "existing-rows",
		.title = "rows that the statement will fail for",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.adds_statement = true,
		.judge = pgm_rule_existing_rows,
		.triggers = TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_SetNotNull),
							 ON_ACTION(AT_ValidateConstraint), ON_ACTION(AT_AddColumn), ON(IndexStmt))
	},
	{
		.name = "rename-as-drop-add",
		.title = "rename written as drop and add",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.judge = pgm_rule_rename_as_drop_add,
		.triggers = TRIGGERS(ON_ACTION(AT_AddColumn), ON_ACTION(AT_DropColumn))
	},
	{
		.name = "downgrade-missing",
		.title = "migration without a way back",
		.severity = PGM_SEVERITY_WARNING,
		.judge_migration = pgm_rule_downgrade_missing
	},
	{
		.name = "unnamed",
		.title = "index or constraint without a name",
		.severity = PGM_SEVERITY_NOTICE,
		.judge = pgm_rule_unnamed,
		.triggers = TRIGGERS(ON(IndexStmt), ON_ACTION(AT_AddConstraint))
	},
	{
		.name = "timeout-pair",
		.title = "statement_timeout without lock_timeout",
		.severity = PGM_SEVERITY_WARNING,
		.judge = pgm_rule_timeout_pair,
		.triggers = TRIGGERS(ON(VariableSetStmt))
	},
	{
		.name = "downgrade-incomplete",
		.title = "downgrade that does not undo what the upgrade did",
		.severity = PGM_SEVERITY_WARNING,
		.judge_migration = pgm_rule_downgrade_incomplete
	},
	{
		.name = "unknown-rule",
		.title = "migrate:allow of a rule that does not exist",
		.severity = PGM_SEVERITY_ERROR
	},
	{
		.name = "unused-allow",
		.title = "migrate:allow of a rule that finds nothing",
		.severity = PGM_SEVERITY_WARNING
	},
	{
		.name = "cannot-judge",
		.title = "statement that would fail, or cannot be judged",
		.severity = PGM_SEVERITY_WARNING
	},
	{
		.name = "pending-events",
		.title = "table that is altered while its rows wait for a deferred constraint",
		.severity = PGM_SEVERITY_ERROR,
		.any_size = true,
		.judge = pgm_rule_pending_events,
		.triggers = TRIGGERS(ON(AlterTableStmt), ON(DropStmt), ON(TruncateStmt), ON(IndexStmt),
							 ON_CLUSTER)
	}
};

const int	pgm_nrules = lengthof(pgm_rules);

/* Return the rule of this name, or NULL if there is none. */
const PgmRule *
pgm_rule_find(const char *name)
{
	for (int i = 0; i < pgm_nrules; i++)
	{
		if (strcmp(pgm_rules[i].name, name) == 0)
			return &pgm_rules[i];
	}
	return NULL;
}

/* Return the number of a rule, which is its position in the table, from 1. */
int
pgm_rule_number(const PgmRule *rule)
{
	Assert(rule >= pgm_rules && rule < pgm_rules + pgm_nrules);
	return rule - pgm_rules + 1;
}

/* Has this version of PostgreSQL the feature that the rule is about? */
static bool
is_for_this_server(const PgmRule *rule)
{
	return rule->since <= PGM_SERVER_MAJOR;
}

/* Is the rule about this statement, or this action of ALTER TABLE? */
static bool
is_triggered(const PgmRule *rule, NodeTag tag, int action)
{
	for (const PgmTrigger *t = rule->triggers; t->action != PGM_NO_TRIGGER; t++)
	{
		if ((t->tag == tag || t->tag == PGM_EACH_STATEMENT) &&
			t->action == action)
			return true;
	}
	return false;
}

/*
 * Findings from index "before" on propose safe forms of one action.  If the statement has
 * other actions, say in these forms that the other actions remain to be executed.
 */
static void
mention_other_actions(const PgmStatementView *v, const PgmFindings *out, int before)
{
	if (v->action == NULL || list_length(((const AlterTableStmt *) v->node)->cmds) == 1)
		return;
	for (int i = before; i < list_length(out->list); i++)
	{
		PgmFinding *f = list_nth(out->list, i);

		/*
		 * A comment, or a statement to be added, does not replace the other
		 * actions.
		 */
		if (f->rewrite && strncmp(f->rewrite, "--", 2) != 0 && !f->rule->adds_statement)
			pgm_finding_rewrite(f, "%s\n-- and the rest of the statement", f->rewrite);
	}
}

/* Apply the rules that the statement of the view, or its action, triggers. */
static void
apply_triggered_rules(const PgmStatementView *v, PgmFindings *out)
{
	int			action = v->action ? (int) v->action->subtype : PGM_STATEMENT;

	out->view = v;
	for (int i = 0; i < pgm_nrules; i++)
	{
		const PgmRule *rule = &pgm_rules[i];
		int			before = list_length(out->list);

		if (!rule->judge || !is_for_this_server(rule) ||
			!is_triggered(rule, nodeTag(v->node), action))
			continue;

		/*
		 * Several rules may propose safe forms of one action, which choose
		 * the same names for new objects.  Those of the next action must not
		 * choose these names again.
		 */
		pgm_safe_names_switch(v->shadow, v->action ? (const void *) v->action : v->node);
		out->rule = rule;
		rule->judge(v, out);
		mention_other_actions(v, out, before);
	}
}

/* Apply the rules to one action of ALTER TABLE, in the state of the table that it meets. */
static void
apply_rules_to_action(const PgmStatementView *v, PgmFindings *out, const AlterTableStmt *stmt)
{
	List	   *saved = pgm_alter_drops_begin(v->shadow, stmt, v->action);

	/* The shadow outlives the subtransaction that an error ends. */
	PG_TRY();
	{
		apply_triggered_rules(v, out);
	}
	PG_FINALLY();
	{
		pgm_alter_drops_end(saved);
	}
	PG_END_TRY();
}

/* Apply the rules that a statement, and each of its actions, triggers. */
void
pgm_rules_apply(const PgmStatementView *v, PgmFindings *out)
{
	ListCell   *lc;

	Assert(v->action == NULL);
	apply_triggered_rules(v, out);
	if (IsA(v->node, AlterTableStmt))
	{
		const AlterTableStmt *stmt = (const AlterTableStmt *) v->node;

		foreach(lc, stmt->cmds)
		{
			PgmStatementView of_action = *v;

			of_action.action = lfirst_node(AlterTableCmd, lc);
			apply_rules_to_action(&of_action, out, stmt);
		}
	}
	out->view = v;
}

/* Apply the rules about whole migrations; the view has no statement. */
void
pgm_rules_apply_migration(const PgmStatementView *v, PgmFindings *out)
{
	Assert(v->statement == NULL && v->step != NULL);
	out->view = v;
	for (int i = 0; i < pgm_nrules; i++)
	{
		if (pgm_rules[i].judge_migration == NULL || !is_for_this_server(&pgm_rules[i]))
			continue;
		out->rule = &pgm_rules[i];
		out->rule->judge_migration(v, out);
	}
}
