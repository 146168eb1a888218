/*
 * autogenerate_context.h
 *	  What one call of diff(), check() or revision() asks for, what is read for
 *	  it, and what is found: what the files of this folder work on.
 */
#ifndef PGM_AUTOGENERATE_CONTEXT_H
#define PGM_AUTOGENERATE_CONTEXT_H

#include "diff/model/model.h"
#include "diff/plan/diff_plan.h"
#include "diff/rename/rename.h"
#include "scratch/scope.h"

typedef struct PgmAutogenerate
{
	/* set by the caller of pgm_autogenerate() */
	const char *function;		/* the caller's name for messages */
	PgmModel   *model;			/* NULL: a baseline, which creates the present
								 * schema in an empty database */
	bool		all_schemas;	/* the argument "schemas" is not given */
	PgmScope	scope;
	PgmDiffOptions options;

	/* set by pgm_autogenerate() */
	PgmSchema  *live;			/* the present schema */
	const PgmSchema *before;	/* where the plan of the upgrade begins: after
								 * the renames */
	PgmSchema  *after;			/* where it ends */
	PgmRenameSearch search;		/* of renames; "given" is set by the caller */
	PgmDiffPlan *up;
	PgmDiffPlan *down;

	/* set by pgm_proof_run() */
	List	   *left_up;		/* differences after the upgrade, as lines */
	List	   *left_down;		/* differences after the downgrade */
	bool		unchecked_up;	/* the upgrade needs check_function_bodies off */
	bool		unchecked_down;
} PgmAutogenerate;

#endif							/* PGM_AUTOGENERATE_CONTEXT_H */
