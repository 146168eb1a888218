/*
 * autogenerate.h
 *	  From the schema one wants to the statements that get there, and back.
 */
#ifndef PGM_AUTOGENERATE_H
#define PGM_AUTOGENERATE_H

#include "diff/model/model.h"
#include "diff/plan/diff_plan.h"
#include "scratch/scratch.h"

/* What is asked, and what was found */
typedef struct PgmAutogenerate
{
	const char *function;		/* the caller's name for messages */
	PgmModel   *model;			/* NULL: the schema as it is, from nothing */
	bool		all;			/* schemas were not named */
	PgmScope	scope;
	Jsonb	   *renames;		/* hints, or NULL */
	PgmDiffOptions options;

	PgmSchema  *live;			/* the schema as it is */
	PgmSchema  *before;			/* the same under new names; where the upgrade
								 * begins */
	PgmSchema  *after;
	List	   *hinted;			/* PgmHint */
	List	   *renamed;		/* PgmRename, in the order they are done */
	PgmDiffPlan *up;
	PgmDiffPlan *down;

	/* what the proof found */
	List	   *left_up;		/* differences after the upgrade, as lines */
	List	   *left_down;		/* after the downgrade */
	bool		unchecked_up;	/* a function's body names what is not there
								 * yet */
	bool		unchecked_down;
} PgmAutogenerate;

/* A rename by hint or evidence */
typedef struct PgmRename
{
	const char *up;				/* statement */
	const char *down;
	const char *kind;
	const char *identity;		/* as it is after the rename */
	const char *old_identity;	/* "": it was not there */
	const char *moved_from;		/* the schema that it leaves, or NULL */
	const char *evidence;		/* what it is taken for one by, or NULL: it
								 * was said */
} PgmRename;

/* scope.c */
extern const PgmObject *pgm_scope_schema(const PgmSchema *s, const PgmObject *o);
extern bool pgm_scope_has(const PgmScope *scope, const char *quoted);
extern void pgm_scope_mark(PgmSchema *s, const PgmScope *scope);
extern void pgm_scope_restrict(PgmSchema *s, const PgmScope *scope);
extern void pgm_scope_borrow(PgmSchema *s, const PgmSchema *live);
extern bool pgm_difference_is_note(const PgmDifference *d);
extern bool pgm_difference_is_untold(const PgmDifference *d);
extern bool pgm_difference_is_of_parents(const PgmSchema *before, const PgmSchema *after,
										 const PgmDifference *d);
extern void pgm_scope_remove(PgmSchema *s, const PgmObject *object);

/* autogenerate.c */
extern void pgm_autogenerate_options(PgmDiffOptions *options, Jsonb *given);
extern void pgm_autogenerate(PgmAutogenerate *a);
extern void pgm_autogenerate_check_heads(void);
extern List *pgm_baseline_creates(const PgmAutogenerate *a);

/* model_cache.c */
extern const char *pgm_model_key(const PgmAutogenerate *a);
extern bool pgm_model_recall(PgmAutogenerate *a, const char *key);
extern void pgm_model_keep(const PgmAutogenerate *a, const char *key);

/* generate_script.c */
extern char *pgm_generate_statements(const List *statements, bool allow_drop);
extern char *pgm_generate_script(const PgmAutogenerate *a, bool up);
extern char *pgm_generate_plan(const PgmDiffPlan *p, bool allow_drop);

/* proof.c */
extern void pgm_autogenerate_prove(PgmAutogenerate *a);

#endif							/* PGM_AUTOGENERATE_H */
