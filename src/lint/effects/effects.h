/*
 * effects.h
 *	  What a statement would do to relations: the locks it takes, and whether
 *	  it reads or rewrites them.
 */
#ifndef PGM_EFFECTS_H
#define PGM_EFFECTS_H

#include "storage/lockdefs.h"

#include "lint/shadow/shadow.h"

typedef enum PgmWork
{
	PGM_WORK_NONE,
	PGM_WORK_SCAN,				/* every row is read */
	PGM_WORK_REWRITE			/* every row is written again */
} PgmWork;

/* What ALTER COLUMN TYPE does again although the rows stay as they are: bits */
typedef enum PgmRedone
{
	PGM_REDONE_CHECKS = 1,		/* CHECKs are evaluated for each row */
	PGM_REDONE_INDEXES = 2		/* indexes are rebuilt */
} PgmRedone;

typedef struct PgmEffect
{
	PgmTable   *table;
	LOCKMODE	mode;
	PgmWork		work;
	const char *why;			/* the work, or that there is none; or NULL */
	int			redone;			/* bits of PgmRedone; the work is a scan then */
	const AlterTableCmd *action;	/* of ALTER TABLE, or NULL */
} PgmEffect;

/* A table, or a column of one, that a DROP CASCADE reaches */
typedef struct PgmReached
{
	PgmTable   *table;
	const char *column;			/* NULL: all of the table */
} PgmReached;

/* What a table lacks that is to be a partition: an index or a foreign key */
typedef struct PgmMissingPart
{
	PgmTable   *table;			/* that has rows */
	const PgmIndex *index;		/* of the parent, or NULL */
	const PgmForeignKey *key;
} PgmMissingPart;

/* effects.c */
extern List *pgm_effects_of(PgmShadow *s, const Node *node);

/* add_effects.c */
extern const char *pgm_effect_work_name(PgmWork work);

/* alter_table_passes.c */
extern List *pgm_alter_drops_begin(PgmShadow *s, const AlterTableStmt *stmt,
								   const AlterTableCmd *action);
extern void pgm_alter_drops_end(List *saved);

/* drop_dependents.c */
extern List *pgm_drop_reached(PgmShadow *s, const DropStmt *stmt);

/* dependency_obstacles.c */
extern char *pgm_obstacle_of_column(PgmShadow *s, const PgmTable *t,
									AttrNumber attnum, const char **kind);
extern char *pgm_obstacle_of_drop(PgmShadow *s, const DropStmt *stmt);

/* partition_indexes.c */
extern List *pgm_partition_missing(PgmShadow *s, PgmTable *parent,
								   PgmTable *child);

/* attach_partition.c */
extern PgmWork pgm_work_of_attach(PgmShadow *s, PgmTable *parent,
								  PgmTable *child,
								  const PartitionBoundSpec *bound,
								  const char **why);
extern char *pgm_attach_bound_check(PgmTable *parent, const PartitionBoundSpec *bound);

#endif							/* PGM_EFFECTS_H */
