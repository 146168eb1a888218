/*
 * lint.h
 *	  Judging migrations without running them.
 */
#ifndef PGM_LINT_H
#define PGM_LINT_H

#include "lint/rules/rules.h"

/* A relation that another session has locked, so that it was not judged */
typedef struct PgmBlocked
{
	Oid			relid;
	LOCKMODE	mode;			/* the statement needs */
} PgmBlocked;

/* A script without statements: there may be comments in it */
typedef struct PgmBlank
{
	const PgmStep *step;
	const PgmScript *script;
} PgmBlank;

/* What is linted, where it has got to, and what came of it */
typedef struct PgmLint
{
	const PgmRun *run;			/* NULL: scripts that are not registered */
	const List *names;			/* the migrations to judge, or NIL: all */
	PgmViewpoint caller;		/* to be restored, and whose rights count */
	PgmStatementView view;		/* the statement being judged */
	bool		follow;			/* apply it to the shadow, judge nothing: it
								 * is of a migration that is not among the
								 * names */
	bool		lone;			/* it is a transaction of its own */
	List	   *predictions;	/* PgmPrediction: its effects by relation */
	bool		opaque;			/* code of unknown effect ran before it: what
								 * it names may exist although the shadow does
								 * not know it */
	long		lock_wait;		/* how long lint waits for a lock, in ms */

	PgmFindings findings;
	List	   *allowed;		/* PgmFinding: those that comments allow */
	List	   *blocked;		/* PgmBlocked */
	List	   *statements;		/* PgmJudged: all statements up to now */
	List	   *blanks;			/* PgmBlank */
} PgmLint;

/* unreadable_relations.c */
extern void pgm_lint_blocked(PgmLint *l);

/* allow_comments.c */
extern void pgm_lint_allow(PgmLint *l);

/* lint.c */
extern PgmRun *pgm_lint_plan(const char *target);
extern const PgmLint *pgm_lint_judge(const PgmRun *run, const List *names,
									 bool probe);
extern List *pgm_lint_run(const PgmRun *run, const List *names, bool probe);
extern const PgmLint *pgm_lint_judge_scripts(List *scripts);
extern List *pgm_lint_one(const char *name, bool probe);
extern List *pgm_lint_script(PgmScript *script, bool probe);

/* lint_report.c */
extern List *pgm_lint_report(const PgmRun *run, const char *format, bool probe);

#endif							/* PGM_LINT_H */
