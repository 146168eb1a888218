/*
 * rules.h
 *	  The functions of the rules, by the file they are in.
 */
#ifndef PGM_RULES_H
#define PGM_RULES_H

#include "lint/lint.h"

/* rules_index.c */
extern void pgm_rule_create_index(PgmLint *l);
extern void pgm_rule_drop_index(PgmLint *l);
extern void pgm_rule_reindex(PgmLint *l);
extern void pgm_rule_index_advice(PgmLint *l);
extern void pgm_rule_concurrent_alone(PgmLint *l);

/* rules_constraint.c */
extern void pgm_rule_check(PgmLint *l);
extern void pgm_rule_foreign_key(PgmLint *l);
extern void pgm_rule_column_foreign_key(PgmLint *l);
extern void pgm_rule_table_foreign_key(PgmLint *l);
extern void pgm_rule_unique(PgmLint *l);
extern void pgm_rule_primary_key(PgmLint *l);
extern void pgm_rule_primary_key_nullable(PgmLint *l);
extern void pgm_rule_exclusion(PgmLint *l);
extern void pgm_rule_validate(PgmLint *l);
extern void pgm_rule_domain_constraint(PgmLint *l);

/* rules_foreign_key.c */
extern void pgm_rule_foreign_key_advice(PgmLint *l);

/* rules_column.c */
extern void pgm_rule_set_not_null(PgmLint *l);
extern void pgm_rule_required_column(PgmLint *l);
extern void pgm_rule_volatile_default(PgmLint *l);
extern void pgm_rule_serial(PgmLint *l);
extern void pgm_rule_generated(PgmLint *l);
extern void pgm_rule_column_check(PgmLint *l);
extern void pgm_rule_drop_column_index(PgmLint *l);
extern void pgm_rule_default_dropped(PgmLint *l);

/* rules_type.c */
extern void pgm_rule_type_rewrite(PgmLint *l);
extern void pgm_rule_type_check(PgmLint *l);
extern void pgm_rule_type_index(PgmLint *l);
extern void pgm_rule_type_dependents(PgmLint *l);
extern void pgm_rule_enum(PgmLint *l);
extern void pgm_rule_type_advice(PgmLint *l);

/* rules_table.c */
extern void pgm_rule_rename(PgmLint *l);
extern void pgm_rule_data_loss(PgmLint *l);
extern void pgm_rule_attach(PgmLint *l);
extern void pgm_rule_detach(PgmLint *l);
extern void pgm_rule_create_partition(PgmLint *l);
extern void pgm_rule_table_rewrite(PgmLint *l);
extern void pgm_rule_trigger(PgmLint *l);
extern void pgm_rule_rename_as_drop_add(PgmLint *l);

/* rules_script.c */
extern void pgm_rule_locks_held(PgmLint *l);
extern void pgm_rule_no_lock_timeout(PgmLint *l);
extern void pgm_rule_timeout_pair(PgmLint *l);
extern void pgm_rule_unbounded_dml(PgmLint *l);
extern void pgm_rule_robustness(PgmLint *l);
extern void pgm_rule_opaque(PgmLint *l);
extern void pgm_rule_unnamed(PgmLint *l);
extern void pgm_rule_downgrade_missing(PgmLint *l);
extern void pgm_rule_downgrade_incomplete(PgmLint *l);

/* rules_deferred.c */
extern void pgm_rule_pending_events(PgmLint *l);

/* probe_rows.c */
extern void pgm_rule_existing_rows(PgmLint *l);

#endif							/* PGM_RULES_H */
