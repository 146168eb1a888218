/*
 * rules.h
 *	  The rules of lint: their table, and their functions by file.
 *
 * A rule that users know by the name "set-not-null" is judged by the function
 * pgm_rule_set_not_null().
 */
#ifndef PGM_RULES_H
#define PGM_RULES_H

#include "lint/rules/finding.h"

/* When a rule is asked: for a statement, or for an action of ALTER TABLE */
typedef struct PgmTrigger
{
	NodeTag		tag;
	int			action;			/* AlterTableType, or PGM_STATEMENT */
} PgmTrigger;

#define PGM_STATEMENT (-1)		/* the statement as a whole */
#define PGM_EACH_STATEMENT T_Invalid
#define PGM_NO_TRIGGER (-2)
#define PGM_LAST_TRIGGER {T_Invalid, PGM_NO_TRIGGER}

typedef struct PgmRule
{
	const char *name;
	const char *title;
	PgmSeverity severity;
	int			since;			/* major version of the server, or 0 */
	bool		any_size;		/* it weighs as much for a small table */
	bool		adds_statement; /* its safe form is run besides the statement,
								 * not instead of it */

	/* Judges what triggers it; NULL: found elsewhere, or judge_migration */
	void		(*judge) (const PgmStatementView *v, PgmFindings *out);

	/* Judges a migration as a whole, after its upgrade and verify scripts */
	void		(*judge_migration) (const PgmStatementView *v, PgmFindings *out);
	const PgmTrigger *triggers; /* up to PGM_LAST_TRIGGER; for judge */
} PgmRule;

extern const PgmRule pgm_rules[];
extern const int pgm_nrules;

/* rules.c */
extern const PgmRule *pgm_rule_find(const char *name);
extern int	pgm_rule_number(const PgmRule *rule);
extern void pgm_rules_apply(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rules_apply_migration(const PgmStatementView *v, PgmFindings *out);

/* rules_index.c */
extern void pgm_rule_index_not_concurrent(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_drop_index_not_concurrent(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_reindex_not_concurrent(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_index_advice(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_concurrent_not_alone(const PgmStatementView *v, PgmFindings *out);

/* rules_constraint.c */
extern void pgm_rule_check_not_valid(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_foreign_key_not_valid(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_column_foreign_key(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_create_table_foreign_key(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_unique_not_using_index(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_primary_key_not_using_index(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_primary_key_nullable(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_exclusion_constraint(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_validate_same_transaction(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_domain_constraint(const PgmStatementView *v, PgmFindings *out);

/* rules_foreign_key.c */
extern void pgm_advise_foreign_keys(const PgmStatementView *v, PgmFindings *out);

/* rules_column.c */
extern void pgm_rule_set_not_null(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_column_not_null(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_volatile_default(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_column_serial(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_column_generated(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_column_check(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_drop_column_index(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_default_dropped(const PgmStatementView *v, PgmFindings *out);

/* rules_type.c */
extern void pgm_rule_type_rewrite(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_type_check(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_type_index(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_type_dependents(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_enum_value(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_type_advice(const PgmStatementView *v, PgmFindings *out);

/* rules_table.c */
extern void pgm_rule_rename(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_data_loss(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_attach_partition(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_detach_partition(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_create_partition(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_table_rewrite(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_trigger_lock(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_rename_as_drop_add(const PgmStatementView *v, PgmFindings *out);

/* rules_script.c */
extern void pgm_rule_locks_held(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_no_lock_timeout(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_timeout_pair(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_robustness(const PgmStatementView *v, PgmFindings *out);
extern bool pgm_statement_is_opaque(const Node *node);
extern void pgm_rule_opaque(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_unnamed(const PgmStatementView *v, PgmFindings *out);

/* rules_bulk_change.c */
extern void pgm_rule_unbounded_dml(const PgmStatementView *v, PgmFindings *out);

/* rules_downgrade.c */
extern void pgm_rule_downgrade_missing(const PgmStatementView *v, PgmFindings *out);
extern void pgm_rule_downgrade_incomplete(const PgmStatementView *v, PgmFindings *out);

/* rules_deferred.c */
extern void pgm_rule_pending_events(const PgmStatementView *v, PgmFindings *out);

/* probe_rows.c */
extern void pgm_rule_existing_rows(const PgmStatementView *v, PgmFindings *out);

#endif							/* PGM_RULES_H */
