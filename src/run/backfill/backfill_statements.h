/*
 * backfill_statements.h
 *	  The statements of a backfill, from the arguments of its caller.
 */
#ifndef PGM_BACKFILL_STATEMENTS_H
#define PGM_BACKFILL_STATEMENTS_H

#include "nodes/params.h"
#include "nodes/plannodes.h"

/* What a backfill does to each row */
typedef struct PgmFill
{
	const char *assignment;
	const char *condition;		/* NULL: follows from the assignment */
	List	   *targets;		/* parsed assignment */
	Node	   *where;			/* parsed or derived condition */
} PgmFill;

/* How the rows of an UPDATE are given */
typedef enum PgmFillBy
{
	PGM_FILL_BLOCKS,			/* $1 <= ctid < $2 */
	PGM_FILL_TIDS				/* ctid = ANY ($1) */
} PgmFillBy;

extern PgmFill *pgm_backfill_parse(Oid relid, const char *assignment,
								   const char *condition);
extern void pgm_backfill_check_partitioned(const PgmFill *fill, Oid relid);
extern PlannedStmt *pgm_backfill_plan_update(const PgmFill *fill, Oid relid,
											 PgmFillBy by, ParamListInfo params);
extern PlannedStmt *pgm_backfill_plan_find(const PgmFill *fill, Oid relid);

#endif							/* PGM_BACKFILL_STATEMENTS_H */
