/*
 * run.h
 *	  A plan with its scripts, admitted and ready to run.
 */
#ifndef PGM_RUN_H
#define PGM_RUN_H

#include "graph/plan.h"
#include "registry/registry.h"
#include "run/confine/identity.h"
#include "script/script.h"

typedef struct PgmStep
{
	int			rev;
	PgmStored  *stored;
	PgmScript  *script;			/* NULL for an irreversible downgrade */
	PgmScript  *verify;			/* NULL if there is none, or downgrading */
} PgmStep;

typedef struct PgmRun
{
	PgmGraph   *graph;
	PgmPosition *position;		/* where it begins */
	PgmPlan    *plan;
	PgmStep    *steps;
	PgmIdentity identity;
} PgmRun;

/* An enum value that a statement of the plan adds */
typedef struct PgmAddedValue
{
	const char *value;
	const PgmStep *step;
	const PgmStatement *statement;
} PgmAddedValue;

/* Why a plan cannot be one transaction */
typedef struct PgmObstacle
{
	const PgmStep *step;
	const PgmScript *script;
	const PgmStatement *statement;	/* NULL: a header of the file says so */
	const char *what;			/* it must stand alone, or NULL */
	const PgmAddedValue *added; /* it may use this value, or NULL */
	bool		segment;		/* a comment before it begins a segment */
} PgmObstacle;

/* prepare.c */

/* prepare.c */

/* Called before a run begins; it may refuse the run.  Set by lint, if at all. */
extern void (*pgm_run_lint_hook) (const PgmRun *run);

extern PgmRun *pgm_run_prepare(PgmGraph *graph, PgmPosition *position,
							   PgmPlan *plan, bool read_only);
extern List **pgm_run_cut(const PgmRun *run);
extern void pgm_run_check_reversible(const PgmRun *run);
extern void pgm_run_admit(PgmRun *run);
extern void pgm_run_lint(const PgmRun *run);
extern void pgm_run_check_snapshot(const char *function);

/* obstacle.c */
extern char *pgm_obstacle_nontransactional(const PgmStep *step, List *partitioned,
										   const PgmStatement **statement);
extern const PgmStatement *pgm_obstacle_segment_comment(const PgmStep *step);
extern bool pgm_run_obstacle(const PgmRun *run, PgmObstacle *o);
extern char *pgm_obstacle_text(const PgmObstacle *o);
extern void pgm_run_refuse(const PgmObstacle *o, const char *closed);

/* step_record.c */
extern char *pgm_step_title(const PgmRun *run, const PgmStep *step);
extern void pgm_step_record_begin(PgmLogEntry *entry, int64 run,
								  const char *direction, Oid role);
extern void pgm_step_begin(const PgmRun *run, const PgmStep *step,
						   int64 number, PgmLogEntry *entry);
extern void pgm_step_record(const PgmRun *run, const PgmStep *step,
							PgmPosition *pos, const PgmLogEntry *entry);
extern void pgm_run_announce_role(const PgmRun *run);

#endif							/* PGM_RUN_H */
