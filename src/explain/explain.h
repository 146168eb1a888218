/*
 * explain.h
 *	  What a plan would do, statement by statement; beside it what a trial saw.
 */
#ifndef PGM_EXPLAIN_H
#define PGM_EXPLAIN_H

#include "lint/lint.h"
#include "trial/trial.h"

/* A lock that is held when a statement begins */
typedef struct PgmHeld
{
	Oid			relid;
	const char *name;
	LOCKMODE	mode;
	uint64		bytes;
} PgmHeld;

typedef struct PgmExplained
{
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;
	const PgmJudged *judged;	/* NULL in a verify script */
	List	   *held;			/* PgmHeld */
	List	   *findings;		/* PgmFinding, violations and cleared */
	const PgmTrialStatement *tried; /* NULL: there was no trial, or it did not
									 * get there */
} PgmExplained;

typedef struct PgmExplanation
{
	PgmRun	   *run;
	const PgmLint *lint;
	List	   *statements;		/* PgmExplained, in the order of the plan */
	bool		was_tried;
	List	   *tried;			/* PgmTrialStatement */
} PgmExplanation;

/* explain.c */
extern PgmExplanation *pgm_explain(PgmRun *run);
extern void pgm_explain_announce(const PgmExplanation *x, List *before,
								 const char *function);
extern void pgm_explain_try(PgmExplanation *x, const char *function);
extern List *pgm_explain_locks(const PgmExplanation *x);
extern List *pgm_explain_general(const PgmExplanation *x, const PgmStep *step);

/* agreement.c */
extern const char *pgm_explain_confirmed(const PgmExplained *e,
										 const PgmFinding *f);
extern List *pgm_explain_disagreements(const PgmExplained *e);

/* explain_text.c */
extern List *pgm_explain_text(const PgmExplanation *x, const PgmStep *only);

/* review.c */
extern List *pgm_explain_review(const char *target);

#endif							/* PGM_EXPLAIN_H */
