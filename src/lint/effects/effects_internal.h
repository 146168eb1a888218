/*
 * effects_internal.h
 *	  Collecting the effects of one statement, for the files of this folder.
 */
#ifndef PGM_EFFECTS_INTERNAL_H
#define PGM_EFFECTS_INTERNAL_H

#include "catalog/objectaddress.h"

#include "lint/effects/effects.h"

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
	int			redone;			/* PgmRedone of the work that was just
								 * computed, for the effect that is added next */
} PgmForecast;

/* add_effects.c */
extern PgmTable *pgm_effect_table(PgmForecast *f, const RangeVar *rel);
extern void pgm_effect_add(PgmForecast *f, PgmTable *t, LOCKMODE mode,
						   PgmWork work, const char *why);
extern List *pgm_effect_scope(PgmForecast *f, PgmTable *t);
extern void pgm_effect_tree(PgmForecast *f, PgmTable *t, LOCKMODE mode,
							PgmWork work, const char *why);
extern void pgm_effect_named(PgmForecast *f, const RangeVar *rel, LOCKMODE mode,
							 PgmWork work, const char *why);
extern bool pgm_effect_is_inherited(const PgmForecast *f, const PgmTable *t);

/* index_effects.c */
extern void pgm_effects_of_create_index(PgmForecast *f);
extern void pgm_effects_of_reindex(PgmForecast *f);

/* query_effects.c */
extern void pgm_effects_of_query(PgmForecast *f);
extern void pgm_effects_of_stored_query(PgmForecast *f);
extern void pgm_effects_of_copy(PgmForecast *f);
extern void pgm_effects_of_call(PgmForecast *f);

/* alter_table_effects.c */
extern void pgm_effects_of_alter(PgmForecast *f);

/* column_effects.c */
extern PgmWork pgm_work_of_column(PgmForecast *f, PgmTable *t,
								  const ColumnDef *def, const char **why);
extern PgmWork pgm_effect_work_of_not_null(PgmTable *t, const char *column,
										   const char **why);
extern PgmWork pgm_effect_work_of_type(PgmForecast *f, PgmTable *t,
									   const AlterTableCmd *cmd, const char **why);

/* drop_dependents.c */
extern Oid	pgm_drop_object_table(const ObjectAddress *object);
extern List *pgm_drop_locked(PgmShadow *s, const DropStmt *stmt);

/* partition_indexes.c */
extern bool pgm_partition_has_equal(PgmShadow *s, PgmTable *above, const PgmTable *t,
									const PgmIndex *index, const PgmForeignKey *key);
extern const char *pgm_partition_takes_over(PgmForecast *f, const PgmTable *t,
											const Constraint *c);
extern void pgm_effects_on_partition(PgmForecast *f, PgmTable *parent, PgmTable *child);

/* attach_partition.c */
extern void pgm_effects_on_default_partition(PgmForecast *f, PgmTable *parent,
											 const PartitionBoundSpec *bound);

#endif							/* PGM_EFFECTS_INTERNAL_H */
