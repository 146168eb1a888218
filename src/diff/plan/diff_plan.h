/*
 * diff_plan.h
 *	  From one side to the other: what is done with each object, and in which
 *	  order.
 *
 * An atom is an object of either side or both, or an aspect of one: a property
 * that is set by itself, since it depends on more than its object does (the
 * default of a column, what a table inherits from).  What is done with an atom
 * is up to three actions: it is taken down, changed, set up.
 */
#ifndef PGM_DIFF_PLAN_H
#define PGM_DIFF_PLAN_H

#include "diff/write/writers.h"
#include "schema/schema.h"

typedef enum PgmDecision
{
	PGM_DECISION_NONE,
	PGM_DECISION_CREATE,
	PGM_DECISION_DROP,
	PGM_DECISION_ALTER,			/* in place */
	PGM_DECISION_REPLACE		/* taken down and set up again */
} PgmDecision;

typedef enum PgmPhase
{
	PGM_PHASE_DROP,
	PGM_PHASE_ALTER,
	PGM_PHASE_CREATE,
	PGM_PHASE_DROP_OLD_TYPE,	/* what was kept aside for others is dropped */
	PGM_PHASE_STUB,				/* a view gets a query that needs nothing */
	PGM_PHASE_RESTORE_QUERY		/* and its own */
} PgmPhase;

#define PGM_N_PHASES (PGM_PHASE_RESTORE_QUERY + 1)

/* Where an action would like to be; what depends on what decides */
typedef enum PgmPriority
{
	PGM_PRIORITY_FIRST,			/* what would watch or interfere goes first */
	PGM_PRIORITY_DROP,			/* what holds no rows is dropped */
	PGM_PRIORITY_CREATE,
	PGM_PRIORITY_GRANT,
	PGM_PRIORITY_DROP_DATA,		/* what holds rows is dropped */
	PGM_PRIORITY_LAST
} PgmPriority;

typedef struct PgmDiffItem PgmDiffItem;
typedef struct PgmAction PgmAction;

/* A property that is an atom of its own */
typedef struct PgmSubProperty
{
	PgmKindId	kind;
	PgmPropertyId property;
	PgmPropertyId and_property; /* goes with it, or PGM_PROP_NONE */

	/* what the value refers to (PgmObject), of the object's own side */
	List	   *(*uses) (const PgmSchema *s, const PgmObject *o);

	/* from "old" to "new"; NULL is where it is not set */
	void		(*write) (PgmWrite *w, const PgmObject *old,
						  const PgmObject *new);
} PgmSubProperty;

/* What there is of an atom on one side */
typedef struct PgmItemVersion
{
	const PgmObject *object;	/* NULL: it is not there */
	PgmDiffItem *parent;		/* what it is a part of, or NULL */
	List	   *uses;			/* atoms it depends on */
	List	   *used_by;		/* atoms that depend on it */
} PgmItemVersion;

struct PgmDiffItem
{
	const PgmSubProperty *sub_property; /* NULL: the object itself */
	PgmDecision decision;
	PgmItemVersion old;
	PgmItemVersion new;
	bool		dropped_with_parent;	/* taken down with what it is a part
										 * of */
	bool		created_with_parent;	/* set up with it */
	bool		separate;		/* neither of both, for that led to a cycle */
	bool		stub;			/* a view that has no query of its own before
								 * it is taken down, and when it is set up,
								 * for that led to a cycle */
	bool		retyped;		/* a column whose type is exchanged */
	bool		renamed_away;	/* a type that such columns have */
	PgmDiffItem *successor;		/* of another kind, takes its name; or NULL */
	PgmDiffItem *attribute;		/* the attribute that a column comes from, or
								 * NULL */
	PgmAction  *action[PGM_N_PHASES];
};

/* Statements that belong together, at their place */
struct PgmAction
{
	PgmDiffItem *item;
	PgmPhase	phase;
	List	   *statements;		/* PgmDiffStatement */
	PgmPriority priority;		/* among those that may be next */
	int			sequence;
	List	   *successors;		/* actions that have to wait for this one */
	int			n_predecessors; /* how many are to be done before */
	List	   *soft_successors;	/* those that would rather wait for this
									 * one */
	int			n_soft_predecessors;	/* how many of those are not done */
	bool		emitted;
	bool		withheld;		/* waits for an answer, or for one that does */
};

typedef struct PgmDiffPlan
{
	const PgmSchema *old;
	const PgmSchema *new;
	const PgmDiffOptions *options;
	PgmDiffItem **item;
	int			nitems;
	HTAB	   *by_object;
	List	   *actions;		/* all; when arranged, in order */
} PgmDiffPlan;

/* match_objects.c */
extern void pgm_plan_match_objects(PgmDiffPlan *p);
extern PgmDiffItem *pgm_plan_find_item(const PgmDiffPlan *p, const PgmObject *o);
extern const PgmObject *pgm_item_object(const PgmDiffItem *a);

/* sub_properties.c */
extern const PgmSubProperty *pgm_sub_properties(int *n);
extern bool pgm_index_is_incomplete(const PgmObject *o);
extern bool pgm_index_attaches_to_incomplete(const PgmSchema *s, const PgmObject *o);
extern bool pgm_index_is_partitions_own(const PgmSchema *s, const PgmObject *o);

/* decide.c */
extern void pgm_plan_decide(PgmDiffPlan *p);
extern bool pgm_plan_replace_item(PgmDiffPlan *p, PgmDiffItem *a);
extern PgmDiffItem *pgm_plan_find_sub_property(const PgmDiffPlan *p, const PgmObject *o,
											   PgmPropertyId property);

/* replace_types.c */
extern bool pgm_item_is_type(const PgmDiffItem *a);
extern bool pgm_item_is_recreated(const PgmDiffItem *a);
extern void pgm_plan_find_successors(PgmDiffPlan *p);
extern void pgm_plan_replace_types(PgmDiffPlan *p);
extern List *pgm_plan_columns_containing(const PgmDiffItem *type, bool new);

/* implicit_objects.c */
extern void pgm_plan_find_implicit(PgmDiffPlan *p);
extern bool pgm_column_stays_in_children(const PgmDiffPlan *p, const PgmObject *column);
extern bool pgm_plan_is_folded(const PgmDiffPlan *p, const PgmObject *o,
							   bool its_default);

/* actions.c */
extern void pgm_plan_make_actions(PgmDiffPlan *p);
extern void pgm_plan_write(PgmDiffPlan *p);
extern PgmAction *pgm_item_action(const PgmDiffItem *a, PgmPhase phase);

/* body_references.c */
extern void pgm_plan_add_soft_dependencies(PgmDiffPlan *p);

/* sort_actions.c */
extern void pgm_action_before(PgmAction *first, PgmAction *then);
extern bool pgm_plan_sort_actions(PgmDiffPlan *p);

/* extra_dependencies.c */
extern void pgm_plan_add_extra_dependencies(PgmDiffPlan *p);

/* break_cycles.c */
extern void pgm_plan_break_cycle(PgmDiffPlan *p);

/* withhold.c */
extern void pgm_plan_withhold(PgmDiffPlan *p);

/* diff_plan.c */
extern bool pgm_plan_fills_at_once(const PgmDiffPlan *p,
								   const PgmObject *matview);
extern PgmDiffPlan *pgm_diff_plan(const PgmSchema *old, const PgmSchema *new,
								  const PgmDiffOptions *options);

#endif							/* PGM_DIFF_PLAN_H */
