/*
 * plan.h
 *	  Targets, as typed by a user, to revisions, and revisions to ordered steps.
 */
#ifndef PGM_PLAN_H
#define PGM_PLAN_H

#include "graph/graph.h"

typedef enum PgmDirection
{
	PGM_UPGRADE,
	PGM_DOWNGRADE
} PgmDirection;

/* Ordered steps, each one revision in the plan's direction */
typedef struct PgmPlan
{
	PgmDirection direction;
	int			nsteps;
	int		   *steps;
} PgmPlan;

/* What a name is resolved for: Alembic words its refusals accordingly */
typedef enum PgmPurpose
{
	PGM_FOR_RUN,
	PGM_FOR_STAMP,
	PGM_FOR_REVISION,
	PGM_FOR_MERGE
} PgmPurpose;

/* target.c */
typedef struct PgmTarget
{
	const char *text;			/* as typed */
	char	   *label;			/* before the "@", or NULL */
	char	   *symbol;			/* an id, prefix, label or word; or NULL */
	bool		relative;
	int			offset;			/* with its sign, when relative */
	bool		stop_at_end;	/* a walk past the end ends there */
} PgmTarget;

extern PgmTarget *pgm_target_parse(const char *text);
extern int	pgm_target_resolve_label(const PgmGraph *g, const char *label);
extern List *pgm_target_resolve_absolute(const PgmGraph *g, const PgmTarget *t,
										 PgmPurpose purpose);
extern int	pgm_target_resolve_one(const PgmGraph *g, const PgmTarget *t);
extern List *pgm_target_resolve_list(const PgmGraph *g, List *targets,
									 PgmPurpose purpose);
extern List *pgm_target_resolve_show(const PgmGraph *g, const PgmPosition *pos,
									 const char *text, PgmSet from,
									 bool stop_at_end);
extern PgmSet pgm_target_resolve_upgrade(const PgmGraph *g, const PgmPosition *pos,
										 const char *text, bool stop_at_end);
extern int	pgm_target_resolve_downgrade(const PgmGraph *g, const PgmPosition *pos,
										 const char *text, int *label);

/* topological_order.c */
extern int *pgm_graph_order(const PgmGraph *g, PgmSet todo, PgmSet heads,
							int *count);
extern int *pgm_graph_parents(const PgmGraph *g, int rev, int *count);

/* plan.c */
extern PgmDirection pgm_plan_direction(const char *name);
extern PgmPlan *pgm_plan_upgrade(const PgmGraph *g, const PgmPosition *pos,
								 const char *target);
extern PgmPlan *pgm_plan_downgrade(const PgmGraph *g, const PgmPosition *pos,
								   const char *target);
extern PgmSet pgm_plan_stamp(const PgmGraph *g, PgmSet rows, List *targets);
extern int *pgm_plan_history(const PgmGraph *g, const PgmPosition *pos,
							 const char *range, int *count);
extern bool pgm_plan_range_split(const char *text, char **start, char **end);
extern PgmPosition *pgm_plan_range_start(const PgmGraph *g, const PgmPosition *pos,
										 const char *start);

#endif							/* PGM_PLAN_H */
