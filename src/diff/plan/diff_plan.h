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
#include "schema/dependencies.h"

typedef enum PgmTodo
{
	PGM_KEEP,
	PGM_CREATE,
	PGM_DROP,
	PGM_CHANGE,					/* in place */
	PGM_REPLACE					/* taken down and set up again */
} PgmTodo;

typedef enum PgmPhase
{
	PGM_TAKE_DOWN,
	PGM_ALTER,
	PGM_SET_UP,
	PGM_CLEAN_UP,				/* what was kept aside for others is dropped */
	PGM_HOLLOW,					/* a view gets a query that needs nothing */
	PGM_FILL					/* and its own */
} PgmPhase;

#define PGM_PHASES (PGM_FILL + 1)

/* Where an action would like to be; what depends on what decides */
typedef enum PgmRank
{
	PGM_RANK_FIRST,				/* what would watch or interfere goes first */
	PGM_RANK_PARTS,				/* what holds no rows is dropped */
	PGM_RANK_MAKE,
	PGM_RANK_RIGHTS,
	PGM_RANK_HOLDERS,			/* what holds rows is dropped */
	PGM_RANK_LAST
} PgmRank;

typedef struct PgmAtom PgmAtom;
typedef struct PgmAction PgmAction;

/* A property that is an atom of its own */
typedef struct PgmAspect
{
	PgmKindId	kind;
	PgmPropertyId property;
	PgmPropertyId and_property; /* goes with it, or PGM_PROP_NONE */

	/* what the value refers to (PgmObject), of the object's own side */
	List	   *(*uses) (const PgmSide *s, const PgmObject *o);

	/* from "old" to "new"; NULL is where it is not set */
	void		(*write) (PgmWrite *w, const PgmObject *old,
						  const PgmObject *new);
} PgmAspect;

/* What there is of an atom on one side */
typedef struct PgmHalf
{
	const PgmObject *object;	/* NULL: it is not there */
	PgmAtom    *whole;			/* what it is a part of, or NULL */
	List	   *uses;			/* atoms it depends on */
	List	   *used_by;		/* atoms that depend on it */
} PgmHalf;

struct PgmAtom
{
	const PgmAspect *aspect;	/* NULL: the object itself */
	PgmTodo		todo;
	PgmHalf		old;
	PgmHalf		new;
	bool		with_whole_down;	/* taken down with what it is a part of */
	bool		with_whole_up;	/* set up with it */
	bool		apart;			/* neither of both, for that led to a cycle */
	bool		hollow;			/* a view that has no query of its own before
								 * it is taken down, and when it is set up,
								 * for that led to a cycle */
	bool		retyped;		/* a column whose type is exchanged */
	bool		exchanged;		/* a type that such columns have */
	PgmAtom    *twin;			/* of another kind, takes its name; or NULL */
	PgmAtom    *follows;		/* the attribute that a column comes from, or
								 * NULL */
	PgmAction  *action[PGM_PHASES];
};

/* Statements that belong together, at their place */
struct PgmAction
{
	PgmAtom    *atom;
	PgmPhase	phase;
	List	   *statements;		/* PgmSql */
	PgmRank		rank;			/* among those that may be next */
	int			number;
	List	   *then;			/* actions that have to wait for this one */
	int			waits_for;		/* how many are to be done before */
	List	   *rather_then;	/* those that would rather wait for this one */
	int			would_wait_for; /* how many of those are not done */
	bool		done;
	bool		held;			/* waits for an answer, or for one that does */
};

typedef struct PgmDiffPlan
{
	const PgmSide *old;
	const PgmSide *new;
	const PgmWriteOptions *options;
	PgmAtom   **atom;
	int			natoms;
	HTAB	   *by_object;
	List	   *actions;		/* all; when arranged, in order */
} PgmDiffPlan;

/* match_objects.c */
extern void pgm_plan_atoms(PgmDiffPlan *p);
extern PgmAtom *pgm_plan_atom(const PgmDiffPlan *p, const PgmObject *o);
extern const PgmObject *pgm_atom_object(const PgmAtom *a);

/* sub_properties.c */
extern const PgmAspect *pgm_aspects(int *n);
extern bool pgm_is_incomplete(const PgmObject *o);
extern bool pgm_is_part_of_incomplete(const PgmSide *s, const PgmObject *o);
extern bool pgm_is_own_index(const PgmSide *s, const PgmObject *o);

/* decide.c */
extern void pgm_plan_decide(PgmDiffPlan *p);
extern bool pgm_atom_replace(PgmDiffPlan *p, PgmAtom *a);
extern PgmAtom *pgm_plan_aspect(const PgmDiffPlan *p, const PgmObject *o,
								PgmPropertyId property);

/* replace_types.c */
extern bool pgm_atom_is_type(const PgmAtom *a);
extern bool pgm_atom_is_made_anew(const PgmAtom *a);
extern void pgm_plan_twins(PgmDiffPlan *p);
extern void pgm_plan_exchange(PgmDiffPlan *p);
extern List *pgm_plan_holders(const PgmAtom *type, bool new);

/* implicit_objects.c */
extern void pgm_plan_wholes(PgmDiffPlan *p);
extern bool pgm_column_is_left(const PgmDiffPlan *p, const PgmObject *column);
extern bool pgm_plan_is_folded(const PgmDiffPlan *p, const PgmObject *o,
							   bool its_default);

/* actions.c */
extern void pgm_plan_make_actions(PgmDiffPlan *p);
extern void pgm_plan_write(PgmDiffPlan *p);
extern PgmAction *pgm_atom_action(const PgmAtom *a, PgmPhase phase);

/* body_references.c */
extern void pgm_plan_wish(PgmDiffPlan *p);

/* sort_actions.c */
extern void pgm_first_then(PgmAction *first, PgmAction *then);
extern bool pgm_plan_arrange(PgmDiffPlan *p);

/* extra_dependencies.c */
extern void pgm_plan_order(PgmDiffPlan *p);

/* break_cycles.c */
extern void pgm_plan_break_cycle(PgmDiffPlan *p);

/* withhold.c */
extern void pgm_plan_hold(PgmDiffPlan *p);

/* diff_plan.c */
extern bool pgm_plan_fills_at_once(const PgmDiffPlan *p,
								   const PgmObject *matview);
extern PgmDiffPlan *pgm_diff_plan(const PgmSide *old, const PgmSide *new,
								  const PgmWriteOptions *options);

#endif							/* PGM_DIFF_PLAN_H */
