/*
 * rules.c
 *	  The table of rules, and asking those that a statement triggers.
 */
#include "postgres.h"

#include "compat.h"
#include "lint/rules/rules.h"
#include "recipes/safe_forms.h"

#define TRIGGERS(...) (const PgmTrigger[]) {__VA_ARGS__, PGM_LAST_TRIGGER}
#define ON(tag) {T_##tag, PGM_WHOLE}
#define ON_ACTION(action) {T_AlterTableStmt, action}
#define ON_EACH {PGM_EACH_STATEMENT, PGM_WHOLE}
#define ON_CLUSTER {PGM_CLUSTER_TAG, PGM_WHOLE}
#define NEVER {PGM_EACH_STATEMENT, -3}	/* found elsewhere */

#define DANGER PGM_SEVERITY_ERROR
#define CARE PGM_SEVERITY_WARNING
#define REMARK PGM_SEVERITY_NOTICE

const PgmRule pgm_rules[] = {
	{1, "index-not-concurrent", "CREATE INDEX that blocks writes", DANGER, 0,
	pgm_rule_create_index, NULL, TRIGGERS(ON(IndexStmt)), false},
	{2, "drop-index-not-concurrent", "DROP INDEX that blocks all access", CARE, 0,
	pgm_rule_drop_index, NULL, TRIGGERS(ON(DropStmt)), false},
	{3, "reindex-not-concurrent", "REINDEX that blocks writes", DANGER, 0,
	pgm_rule_reindex, NULL, TRIGGERS(ON(ReindexStmt)), false},
	{4, "concurrent-not-alone", "CONCURRENTLY beside other statements", REMARK, 0,
	pgm_rule_concurrent_alone, NULL, TRIGGERS(ON(IndexStmt), ON(DropStmt), ON(ReindexStmt), ON_ACTION(AT_DetachPartition)), false},
	{5, "check-not-valid", "CHECK that is checked while all access is blocked", DANGER, 0,
	pgm_rule_check, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint)), false},
	{6, "foreign-key-not-valid", "foreign key that is checked while writes are blocked", DANGER, 0,
	pgm_rule_foreign_key, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint)), false},
	{7, "column-foreign-key", "new column with a foreign key", CARE, 0,
	pgm_rule_column_foreign_key, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), false},
	{8, "create-table-foreign-key", "new table with a foreign key to an existing one", REMARK, 0,
	pgm_rule_table_foreign_key, NULL, TRIGGERS(ON(CreateStmt), ON(CreateSchemaStmt)), false},
	{9, "unique-not-using-index", "UNIQUE whose index is built while all access is blocked", DANGER, 0,
	pgm_rule_unique, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn)), false},
	{10, "primary-key-not-using-index", "PRIMARY KEY whose index is built while all access is blocked", DANGER, 0,
	pgm_rule_primary_key, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn)), false},
	{11, "primary-key-nullable", "PRIMARY KEY on a column that may hold nulls", DANGER, 0,
	pgm_rule_primary_key_nullable, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint)), false},
	{12, "exclusion-constraint", "EXCLUDE whose index is built while all access is blocked", DANGER, 0,
	pgm_rule_exclusion, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint)), false},
	{13, "set-not-null", "SET NOT NULL that reads the table while all access is blocked", DANGER, 0,
	pgm_rule_set_not_null, NULL, TRIGGERS(ON_ACTION(AT_SetNotNull)), false},
	{14, "column-not-null", "new column NOT NULL without a default", DANGER, 0,
	pgm_rule_required_column, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), true},
	{15, "volatile-default", "new column with a volatile default", DANGER, 0,
	pgm_rule_volatile_default, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), false},
	{16, "column-serial", "new column that numbers the rows", DANGER, 0,
	pgm_rule_serial, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), false},
	{17, "column-generated", "new stored generated column", DANGER, 0,
	pgm_rule_generated, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), false},
	{18, "column-check", "new column with a CHECK or a constrained domain", DANGER, 0,
	pgm_rule_column_check, NULL, TRIGGERS(ON_ACTION(AT_AddColumn)), false},
	{19, "type-rewrite", "change of type that rewrites the table", DANGER, 0,
	pgm_rule_type_rewrite, NULL, TRIGGERS(ON_ACTION(AT_AlterColumnType)), false},
	{20, "type-check", "change of type for which a CHECK is checked anew", DANGER, 0,
	pgm_rule_type_check, NULL, TRIGGERS(ON_ACTION(AT_AlterColumnType)), false},
	{21, "type-index", "change of type for which an index is built anew", DANGER, 0,
	pgm_rule_type_index, NULL, TRIGGERS(ON_ACTION(AT_AlterColumnType)), false},
	{22, "type-dependents", "change of type of a column that others depend on", DANGER, 0,
	pgm_rule_type_dependents, NULL, TRIGGERS(ON_ACTION(AT_AlterColumnType)), true},
	{23, "validate-same-transaction", "NOT VALID and VALIDATE in one transaction", DANGER, 0,
	pgm_rule_validate, NULL, TRIGGERS(ON_ACTION(AT_ValidateConstraint)), false},
	{24, "locks-held", "work or further locks while a table is locked", CARE, 0,
	pgm_rule_locks_held, NULL, TRIGGERS(ON_EACH), false},
	{25, "no-lock-timeout", "strong lock without a lock_timeout", CARE, 0,
	pgm_rule_no_lock_timeout, NULL, TRIGGERS(ON_EACH), false},
	{26, "rename", "renaming what applications use", CARE, 0,
	pgm_rule_rename, NULL, TRIGGERS(ON(RenameStmt), ON(AlterObjectSchemaStmt), ON(AlterEnumStmt)), true},
	{27, "data-loss", "data that is gone for good", DANGER, 0,
	pgm_rule_data_loss, NULL, TRIGGERS(ON(DropStmt), ON(TruncateStmt), ON(DropOwnedStmt), ON_ACTION(AT_DropColumn), ON_ACTION(AT_AlterColumnType), ON_ACTION(AT_DropNotNull), ON_ACTION(AT_DropConstraint)), true},
	{28, "drop-column-index", "column that takes indexes with it", CARE, 0,
	pgm_rule_drop_column_index, NULL, TRIGGERS(ON_ACTION(AT_DropColumn)), false},
	{29, "default-dropped", "new NOT NULL column whose default is dropped at once", CARE, 0,
	pgm_rule_default_dropped, NULL, TRIGGERS(ON_ACTION(AT_ColumnDefault)), true},
	{30, "attach-partition", "ATTACH PARTITION that reads a table while it is locked", DANGER, 0,
	pgm_rule_attach, NULL, TRIGGERS(ON_ACTION(AT_AttachPartition)), false},
	{31, "detach-partition", "DETACH PARTITION that blocks the whole table", CARE, 14,
	pgm_rule_detach, NULL, TRIGGERS(ON_ACTION(AT_DetachPartition)), false},
	{32, "create-partition", "new partition of an existing table", CARE, 0,
	pgm_rule_create_partition, NULL, TRIGGERS(ON(CreateStmt)), false},
	{33, "table-rewrite", "table that is copied while all access is blocked", DANGER, 0,
		pgm_rule_table_rewrite, NULL, TRIGGERS(ON_ACTION(AT_SetLogged), ON_ACTION(AT_SetUnLogged), ON_ACTION(AT_SetTableSpace), ON_ACTION(AT_SetAccessMethod),
											   ON_CLUSTER, ON(VacuumStmt), ON(RefreshMatViewStmt)), false},
	{34, "trigger-lock", "trigger, rule or policy: a strong lock, if a short one", REMARK, 0,
		pgm_rule_trigger, NULL, TRIGGERS(ON(CreateTrigStmt), ON(RuleStmt), ON(CreatePolicyStmt), ON(AlterPolicyStmt), ON(DropStmt),
										 ON_ACTION(AT_EnableTrig), ON_ACTION(AT_DisableTrig), ON_ACTION(AT_EnableTrigAll), ON_ACTION(AT_DisableTrigAll),
										 ON_ACTION(AT_EnableTrigUser), ON_ACTION(AT_DisableTrigUser), ON_ACTION(AT_EnableRowSecurity), ON_ACTION(AT_DisableRowSecurity)), false},
	{35, "domain-constraint", "domain constraint that is checked while writes are blocked", DANGER, 0,
	pgm_rule_domain_constraint, NULL, TRIGGERS(ON(AlterDomainStmt)), false},
	{36, "enum-value", "enum value that is added, or removed", CARE, 0,
	pgm_rule_enum, NULL, TRIGGERS(ON(AlterEnumStmt), ON(DeleteStmt)), false},
	{37, "unbounded-dml", "UPDATE, DELETE or MERGE of a whole table", DANGER, 0,
	pgm_rule_unbounded_dml, NULL, TRIGGERS(ON(UpdateStmt), ON(DeleteStmt), ON(MergeStmt), ON(InsertStmt), ON(SelectStmt)), false},
	{38, "index-advice", "foreign key or index that will be slow", CARE, 0,
	pgm_rule_index_advice, NULL, TRIGGERS(ON(IndexStmt)), false},
	{38, "index-advice", "foreign key or index that will be slow", CARE, 0,
	pgm_rule_foreign_key_advice, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_AddColumn), ON(CreateStmt)), false},
	{39, "type-advice", "type that there is a better one for", REMARK, 0,
	pgm_rule_type_advice, NULL, TRIGGERS(ON(CreateStmt), ON_ACTION(AT_AddColumn)), false},
	{40, "robustness", "statement that may not do what it says", CARE, 0,
	pgm_rule_robustness, NULL, TRIGGERS(ON_EACH), false},
	{41, "opaque", "code that cannot be looked into", REMARK, 0,
	pgm_rule_opaque, NULL, TRIGGERS(ON(DoStmt), ON(CallStmt), ON(SelectStmt)), false},
	{42, "existing-rows", "rows that the statement will fail for", DANGER, 0,
	pgm_rule_existing_rows, NULL, TRIGGERS(ON_ACTION(AT_AddConstraint), ON_ACTION(AT_SetNotNull), ON_ACTION(AT_ValidateConstraint), ON_ACTION(AT_AddColumn), ON(IndexStmt)), true},
	{43, "rename-as-drop-add", "rename written as drop and add", DANGER, 0,
	pgm_rule_rename_as_drop_add, NULL, TRIGGERS(ON_ACTION(AT_AddColumn), ON_ACTION(AT_DropColumn)), true},
	{44, "downgrade-missing", "migration without a way back", CARE, 0,
	NULL, pgm_rule_downgrade_missing, TRIGGERS(NEVER), false},
	{45, "unnamed", "index or constraint without a name", REMARK, 0,
	pgm_rule_unnamed, NULL, TRIGGERS(ON(IndexStmt), ON_ACTION(AT_AddConstraint)), false},
	{46, "timeout-pair", "statement_timeout without lock_timeout", CARE, 0,
	pgm_rule_timeout_pair, NULL, TRIGGERS(ON(VariableSetStmt)), false},
	{47, "downgrade-incomplete", "downgrade that does not undo what the upgrade did", CARE, 0,
	NULL, pgm_rule_downgrade_incomplete, TRIGGERS(NEVER), false},
	{48, "unknown-rule", "migrate:allow of a rule that there is not", DANGER, 0,
	NULL, NULL, TRIGGERS(NEVER), false},
	{49, "unused-allow", "migrate:allow of what is not found", CARE, 0,
	NULL, NULL, TRIGGERS(NEVER), false},
	{50, "cannot-judge", "statement that would fail, or cannot be looked into", CARE, 0,
	NULL, NULL, TRIGGERS(NEVER), false},
	{51, "pending-events", "table that is altered while its rows wait for a deferred constraint", DANGER, 0,
	pgm_rule_pending_events, NULL, TRIGGERS(ON(AlterTableStmt), ON(DropStmt), ON(TruncateStmt), ON(IndexStmt), ON_CLUSTER), true}
};

const int	pgm_nrules = lengthof(pgm_rules);

/* The rule of a name; NULL when there is none. */
const PgmRule *
pgm_rule_find(const char *name)
{
	for (int i = 0; i < pgm_nrules; i++)
		if (strcmp(pgm_rules[i].name, name) == 0)
			return &pgm_rules[i];
	return NULL;
}

/* Does the server's version know what the rule is about? */
static bool
holds_here(const PgmRule *rule)
{
	return rule->since <= PGM_SERVER_MAJOR;
}

static bool
is_triggered(const PgmRule *rule, NodeTag tag, int action)
{
	for (const PgmTrigger *t = rule->triggers; t->action != -2; t++)
		if ((t->tag == tag || t->tag == PGM_EACH_STATEMENT) &&
			t->action == action)
			return true;
	return false;
}

/* Is what the rule proposes to stand in the place of the statement? */
static bool
replaces(const PgmFinding *f)
{
	static const char *const beside[] = {
		"existing-rows", "index-advice", "drop-column-index", "validate-same-transaction"
	};

	for (int i = 0; i < (int) lengthof(beside); i++)
		if (strcmp(f->rule->name, beside[i]) == 0)
			return false;
	return f->rewrite && strncmp(f->rewrite, "--", 2) != 0;
}

/* A safe form of one action says nothing about the others of the statement. */
static void
add_rest(PgmLint *l, int before)
{
	if (l->action == NULL || list_length(((const AlterTableStmt *) l->node)->cmds) == 1)
		return;
	for (int i = before; i < list_length(l->findings); i++)
	{
		PgmFinding *f = list_nth(l->findings, i);

		if (replaces(f))
			pgm_rewrite(f, "%s\n-- and the rest of the statement", f->rewrite);
	}
}

/* Ask the rules that one statement, or one action of it, triggers. */
static void
ask(PgmLint *l, int action)
{
	int			found;

	for (int i = 0; i < pgm_nrules; i++)
	{
		l->rule = &pgm_rules[i];
		if (!l->rule->judge || !holds_here(l->rule) ||
			!is_triggered(l->rule, nodeTag(l->node), action))
			continue;
		pgm_safe_names_end(l->shadow, l->action ? (const void *) l->action : l->node);
		found = list_length(l->findings);
		l->rule->judge(l);
		add_rest(l, found);
	}
}

/* Ask the rules about an action, as it meets the table. */
static void
ask_action(PgmLint *l, const AlterTableStmt *stmt)
{
	List	   *aside = pgm_alter_drops_begin(l->shadow, stmt, l->action);

	PG_TRY();
	{
		ask(l, l->action->subtype);
	}
	PG_FINALLY();
	{
		pgm_alter_drops_end(aside);
	}
	PG_END_TRY();
}

/* Ask the rules that the statement triggers. */
void
pgm_rules_apply(PgmLint *l)
{
	ListCell   *lc;

	ask(l, PGM_WHOLE);
	if (!IsA(l->node, AlterTableStmt))
		return;
	foreach(lc, ((const AlterTableStmt *) l->node)->cmds)
	{
		l->action = lfirst_node(AlterTableCmd, lc);
		ask_action(l, (const AlterTableStmt *) l->node);
	}
	l->action = NULL;
}

/* Ask the rules about a migration as a whole, when its upgrade was judged. */
void
pgm_rules_apply_migration(PgmLint *l)
{
	l->statement = NULL;
	l->script = l->step->script;
	for (int i = 0; i < pgm_nrules; i++)
	{
		l->rule = &pgm_rules[i];
		if (l->rule->judge_migration && holds_here(l->rule))
			l->rule->judge_migration(l);
	}
}
