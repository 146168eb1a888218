/*
 * diff_plan.h
 *	  A plan: what is done with each object to get from one state of a schema to
 *	  another, and in which order.
 *
 * A change item pairs the two versions of an object, old and new, or of a
 * sub-property: a property that is altered by a statement of its own because it
 * depends on more than its object does (the default of a column, the parents of a
 * table).  The decision on an item leads to up to three main actions: drop, alter
 * and create.  The plan is made first; then diff/write adds the statements to its
 * actions, reading the plan as data.
 */
#ifndef PGM_DIFF_PLAN_H
#define PGM_DIFF_PLAN_H

#include "schema/schema.h"

/* What a user may switch off */
typedef struct PgmDiffOptions
{
	bool		concurrently;	/* indexes, DETACH */
	bool		not_valid;		/* constraints are validated later */
	bool		not_null_steps;
	bool		using_index;	/* keys by way of an index */
	bool		attach_check;	/* before ATTACH, so that it reads nothing */
	bool		database;		/* objects without a schema are compared too */
	bool		allow_drop;		/* of what holds data */
	bool		back;			/* a downgrade: the new state is the present
								 * one */
} PgmDiffOptions;

/* A statement of an action */
typedef struct PgmDiffStatement
{
	const char *text;			/* without a semicolon */
	const char *loses;			/* the data that is gone after it, or NULL */
	const char *candidates;		/* new objects that a dropped one may have
								 * been renamed to, as a question, or NULL */
	const char *hazard;			/* a warning, or NULL */
	const char *question;		/* must be answered before it can run, or NULL */
	bool		begins_transaction; /* a new segment starts with it */
	bool		ends_transaction;	/* its segment ends with it */
	bool		needs_first;	/* useless without the first of its action */
	bool		nontransactional;	/* cannot run in a transaction block */
} PgmDiffStatement;

typedef enum PgmDecision
{
	PGM_DECISION_NONE,
	PGM_DECISION_CREATE,
	PGM_DECISION_DROP,
	PGM_DECISION_ALTER,			/* in place */
	PGM_DECISION_REPLACE		/* dropped and created again */
} PgmDecision;

typedef enum PgmPhase
{
	PGM_PHASE_DROP,				/* of a type in use: it is renamed away */
	PGM_PHASE_ALTER,
	PGM_PHASE_CREATE,
	PGM_PHASE_DROP_OLD_TYPE,	/* drop the type that was renamed away */
	PGM_PHASE_STUB,				/* a view gets a query without dependencies */
	PGM_PHASE_RESTORE_QUERY,	/* and its own query back */
	PGM_PHASE_REFRESH			/* a materialized view is filled */
} PgmPhase;

#define PGM_N_PHASES (PGM_PHASE_REFRESH + 1)

/*
 * Sort priority of an action among the candidates whose predecessors have all been
 * emitted, like pg_dump's dbObjectTypePriority.  Dependencies come before it.
 */
typedef enum PgmPriority
{
	PGM_PRIORITY_FIRST,			/* drop what would fire on, or get in the way
								 * of, other actions */
	PGM_PRIORITY_DROP,			/* drop objects that hold no data */
	PGM_PRIORITY_CREATE,
	PGM_PRIORITY_GRANT,
	PGM_PRIORITY_DROP_DATA,		/* drop objects that hold data */
	PGM_PRIORITY_LAST
} PgmPriority;

typedef struct PgmDiffItem PgmDiffItem;
typedef struct PgmAction PgmAction;

/* A property that is a change item of its own */
typedef struct PgmSubProperty
{
	PgmKindId	kind;
	PgmPropertyId property;
	PgmPropertyId and_property; /* goes with it, or PGM_PROP_NONE */

	/* the objects (PgmObject) of the same state that the value refers to */
	List	   *(*uses) (const PgmSchema *s, const PgmObject *o);
} PgmSubProperty;

/* The old or the new version of an item */
typedef struct PgmItemVersion
{
	const PgmObject *object;	/* NULL: does not exist in this state */
	PgmDiffItem *parent;		/* the item it is a part of, or NULL */
	List	   *uses;			/* items it depends on */
	List	   *used_by;		/* items that depend on it */
} PgmItemVersion;

struct PgmDiffItem
{
	const PgmSubProperty *sub_property; /* NULL: the object itself */
	PgmDecision decision;
	PgmItemVersion old;
	PgmItemVersion new;
	bool		dropped_with_parent;	/* by the DROP of its parent */
	bool		created_with_parent;	/* by the CREATE of its parent */
	bool		separate;		/* neither of both, because that led to a
								 * cycle */
	bool		stub;			/* a view that gets a stub query before it is
								 * dropped or as it is created, because its
								 * query led to a cycle */
	bool		retyped;		/* a column whose type is replaced */
	bool		renamed_away;	/* a type or domain that such columns have: it
								 * is dropped after they have the new one */
	PgmDiffItem *successor;		/* of another kind that takes its name, or
								 * NULL */
	PgmDiffItem *attribute;		/* that a column of a typed table comes from,
								 * or NULL */
	PgmAction  *action[PGM_N_PHASES];

	/* For the writers; set when all has been decided */
	bool		in_parents_create;	/* a clause of its parent's CREATE */
	bool		stays_in_children;	/* a dropped column: those who inherit it
									 * keep it as their own */
	bool		with_data;		/* a materialized view: filled as it is
								 * created */
};

/* A group of statements that are emitted together */
struct PgmAction
{
	PgmDiffItem *item;
	PgmPhase	phase;
	List	   *statements;		/* PgmDiffStatement */
	PgmPriority priority;
	int			sequence;		/* breaks ties of the priority */
	List	   *successors;		/* actions that must come after this one */
	int			n_predecessors; /* that have not been emitted yet */
	List	   *soft_successors;	/* actions that had better come after it */
	int			n_soft_predecessors;	/* that have not been emitted yet */
	bool		emitted;
	bool		withheld;		/* until a question is answered */
};

typedef struct PgmDiffPlan PgmDiffPlan;

/* Can an object be altered in place, or must it be replaced? */
typedef bool (*PgmCanAlter) (const PgmDiffPlan *p, const PgmObject *old,
							 const PgmObject *new);

struct PgmDiffPlan
{
	const PgmSchema *old;
	const PgmSchema *new;
	const PgmDiffOptions *options;
	PgmCanAlter can_alter;
	PgmDiffItem **item;
	int			nitems;
	HTAB	   *by_object;
	List	   *actions;		/* all; in the order of execution once sorted */
};

/* diff_plan.c */
extern PgmDiffPlan *pgm_diff_plan(const PgmSchema *old, const PgmSchema *new,
								  const PgmDiffOptions *options, PgmCanAlter can_alter);

/* match_objects.c */
extern PgmDiffItem *pgm_plan_find_item(const PgmDiffPlan *p, const PgmObject *o);
extern const PgmObject *pgm_item_object(const PgmDiffItem *a);
extern bool pgm_plan_in_create(const PgmDiffPlan *p, const PgmObject *o);
extern bool pgm_plan_default_in_create(const PgmDiffPlan *p, const PgmObject *column);

/* sub_properties.c */
extern bool pgm_object_differs(const PgmObject *old, const PgmObject *new);
extern bool pgm_property_differs_at(const PgmObject *old, const PgmObject *new, int i);
extern bool pgm_property_is_separate(const PgmObject *o, PgmPropertyId property);

/* withhold.c */
extern void pgm_plan_withhold(PgmDiffPlan *p);

#endif							/* PGM_DIFF_PLAN_H */
