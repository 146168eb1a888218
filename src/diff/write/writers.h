/*
 * writers.h
 *	  Write a plan with the statements of its actions.
 */
#ifndef PGM_WRITERS_H
#define PGM_WRITERS_H

#include "diff/plan/diff_plan.h"

/* write_plan.c */
extern PgmDiffPlan *pgm_write_plan(const PgmSchema *old, const PgmSchema *new,
								   const PgmDiffOptions *options);

/* write_statement.c */
extern const char *pgm_write_word(const PgmObject *o);

/* write_relations.c */
extern const char *pgm_alter_relation(const PgmObject *relation);

/* write_database.c */
extern bool pgm_extension_is_relocatable(const PgmObject *extension);

/* write_types.c */
extern const char *pgm_type_with_tables(const PgmSchema *s, const char *type);

#endif							/* PGM_WRITERS_H */
