/*
 * plan_internal.h
 *	  Functions that the files of diff/plan share, in the order in which
 *	  pgm_diff_plan() comes to them.
 */
#ifndef PGM_PLAN_INTERNAL_H
#define PGM_PLAN_INTERNAL_H

#include "diff/plan/diff_plan.h"

/* sub_properties.c */
extern const PgmSubProperty *pgm_sub_properties(int *n);
extern bool pgm_index_is_incomplete(const PgmObject *o);
extern bool pgm_index_attaches_to_incomplete(const PgmSchema *s, const PgmObject *o);
extern bool pgm_index_is_partitions_own(const PgmSchema *s, const PgmObject *o);

/* match_objects.c */
extern void pgm_plan_match_objects(PgmDiffPlan *p);
extern PgmDiffItem *pgm_plan_find_sub_property(const PgmDiffPlan *p, const PgmObject *o,
											   PgmPropertyId property);
extern bool pgm_item_is_dropped(const PgmDiffItem *a);
extern bool pgm_item_is_created(const PgmDiffItem *a);
extern bool pgm_item_is_foreign_key(const PgmDiffItem *a, const PgmObject *version);

/* replace_types.c */
extern void pgm_plan_find_successors(PgmDiffPlan *p);
extern bool pgm_item_is_type(const PgmDiffItem *a);
extern bool pgm_item_is_recreated(const PgmDiffItem *a);
extern void pgm_plan_replace_types(PgmDiffPlan *p);
extern List *pgm_plan_columns_containing(const PgmDiffItem *type, bool new);

/* can_alter.c */
extern bool pgm_inheritance_can_alter(const PgmDiffPlan *p, const PgmObject *old,
									  const PgmObject *new);
extern bool pgm_composite_needs_reorder(const PgmDiffPlan *p, const PgmObject *old,
										const PgmObject *new);

/* decide.c */
extern void pgm_plan_decide(PgmDiffPlan *p);
extern bool pgm_plan_replace_item(PgmDiffPlan *p, PgmDiffItem *a);

/* implicit_objects.c */
extern void pgm_plan_find_implicit(PgmDiffPlan *p);
extern void pgm_plan_set_in_create(PgmDiffPlan *p);

/* actions.c */
extern void pgm_plan_make_actions(PgmDiffPlan *p);
extern PgmAction *pgm_item_action(const PgmDiffItem *a, PgmPhase phase);
extern void pgm_action_before(PgmAction *first, PgmAction *then);

/* extra_dependencies.c */
extern void pgm_plan_add_extra_dependencies(PgmDiffPlan *p);

/* partition_bounds.c */
extern bool pgm_partition_bounds_may_overlap(const char *a, const char *b);

/* body_references.c */
extern void pgm_plan_add_soft_dependencies(PgmDiffPlan *p);

/* sort_actions.c */
extern bool pgm_plan_sort_actions(PgmDiffPlan *p);

/* break_cycles.c */
extern void pgm_plan_break_cycle(PgmDiffPlan *p);

#endif							/* PGM_PLAN_INTERNAL_H */
