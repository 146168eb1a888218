/*
 * effects.h
 *	  What a statement would do to relations: the locks it takes, and whether
 *	  it reads or rewrites them.
 */
#ifndef PGM_EFFECTS_H
#define PGM_EFFECTS_H

#include "catalog/objectaddress.h"
#include "lint/shadow/shadow.h"
#include "storage/lockdefs.h"

typedef enum PgmWork
{
	PGM_WORK_NONE,
	PGM_WORK_SCAN,				/* every row is read */
	PGM_WORK_REWRITE			/* every row is written anew */
} PgmWork;

typedef struct PgmEffect
{
	PgmTable   *table;
	LOCKMODE	mode;
	PgmWork		work;
	const char *why;			/* the work, or that there is none; or NULL */
	const AlterTableCmd *action;	/* of ALTER TABLE, or NULL */
} PgmEffect;

/* The effects of a statement, while they are collected */
typedef struct PgmForecast
{
	PgmShadow  *shadow;
	const Node *node;
	List	   *effects;		/* PgmEffect */
	LOCKMODE	mode;			/* of ALTER TABLE on its table */
	PgmTable   *target;			/* that table */
	bool		only;			/* not on those that inherit from it */
	const AlterTableCmd *action;
} PgmForecast;

/* effects.c */
extern List *pgm_effects_of(PgmShadow *s, const Node *node);
extern void pgm_effect_add(PgmForecast *f, PgmTable *t, LOCKMODE mode,
						   PgmWork work, const char *why);
extern List *pgm_effect_scope(PgmForecast *f, PgmTable *t);
extern void pgm_effect_tree(PgmForecast *f, PgmTable *t, LOCKMODE mode,
							PgmWork work, const char *why);
extern bool pgm_effect_on_inheritor(const PgmForecast *f, const PgmTable *t);
extern const char *pgm_lock_name(LOCKMODE mode);
extern const char *pgm_work_name(PgmWork work);

extern void pgm_effect_named(PgmForecast *f, const RangeVar *rel, LOCKMODE mode,
							 PgmWork work, const char *why);

/* query_effects.c */
extern void pgm_effects_of_query(PgmForecast *f);
extern void pgm_effects_of_stored_query(PgmForecast *f);
extern void pgm_effects_of_copy(PgmForecast *f);
extern void pgm_effects_of_call(PgmForecast *f);

/* alter_table_effects.c */
extern void pgm_effects_of_alter(PgmForecast *f);

/* alter_table_passes.c */
extern List *pgm_put_aside(PgmShadow *s, const AlterTableStmt *stmt,
						   const AlterTableCmd *action);
extern void pgm_put_back(List *aside);

/* column_effects.c */
extern PgmWork pgm_work_of_column(PgmForecast *f, PgmTable *t,
								  const ColumnDef *def, const char **why);
extern PgmWork pgm_work_of_not_null(PgmTable *t, const char *column,
									const char **why);
extern PgmWork pgm_work_of_type(PgmForecast *f, PgmTable *t,
								const AlterTableCmd *cmd, const char **why);
extern bool pgm_column_is_serial(const ColumnDef *def);
extern bool pgm_column_has_value(const ColumnDef *def);
extern const Constraint *pgm_column_constraint(const ColumnDef *def,
											   ConstrType type);

/* A table, or a column of one, that a DROP CASCADE reaches */
typedef struct PgmReached
{
	PgmTable   *table;
	const char *column;			/* NULL: all of the table */
} PgmReached;

/* dependents.c */
extern Oid	pgm_table_of_object(const ObjectAddress *object);
extern List *pgm_reached_by_drop(PgmShadow *s, const DropStmt *stmt);
extern List *pgm_dependents_of_drop(PgmShadow *s, const DropStmt *stmt);
extern List *pgm_tables_typed(Oid type);
extern List *pgm_tables_of_type(PgmShadow *s, Oid type);
extern List *pgm_tables_of_domain(PgmShadow *s, const PgmTypeRef *type);
extern List *pgm_referencing(PgmShadow *s, PgmTable *t, const char *column);

/* dependency_obstacles.c */
extern char *pgm_obstacle_of_column(PgmShadow *s, const PgmTable *t,
									AttrNumber attnum, const char **kind);
extern char *pgm_obstacle_of_drop(PgmShadow *s, const DropStmt *stmt);

/* What a table lacks that is to be a partition: an index or a foreign key */
typedef struct PgmLacked
{
	PgmTable   *table;			/* that has rows */
	const PgmIndex *index;		/* of the parent, or NULL */
	const PgmForeignKey *key;
} PgmLacked;

/* partition_indexes.c */
extern List *pgm_lacked_by_partition(PgmShadow *s, PgmTable *parent,
									 PgmTable *child);
extern bool pgm_is_spared(PgmShadow *s, PgmTable *above, const PgmTable *t,
						  const PgmIndex *index, const PgmForeignKey *key);
extern bool pgm_key_is_part(const PgmTable *t, const PgmForeignKey *key);
extern List *pgm_index_expressions_for(const PgmIndex *index, const PgmTable *t);
extern PgmIndex *pgm_index_for_partition(const PgmIndex *wanted, PgmTable *child);
extern PgmForeignKey *pgm_key_for_partition(const PgmForeignKey *wanted, PgmTable *child);
extern void pgm_effects_on_partition(PgmForecast *f, PgmTable *parent, PgmTable *child);

/* attach_partition.c */
extern PgmWork pgm_work_of_attach(PgmForecast *f, PgmTable *parent,
								  PgmTable *child,
								  const PartitionBoundSpec *bound,
								  const char **why);
extern char *pgm_bound_check(PgmTable *parent, const PartitionBoundSpec *bound);
extern PgmTable *pgm_default_partition(PgmForecast *f, PgmTable *parent);
extern void pgm_effects_on_default(PgmForecast *f, PgmTable *parent,
								   const PartitionBoundSpec *bound);

#endif							/* PGM_EFFECTS_H */
