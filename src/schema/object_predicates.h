/*
 * object_predicates.h
 *	  Questions about objects of a schema that their properties answer.
 */
#ifndef PGM_OBJECT_PREDICATES_H
#define PGM_OBJECT_PREDICATES_H

#include "schema/schema.h"

extern const char *pgm_relation_schema(const PgmObject *relation);
extern const PgmObject *pgm_relation_of(const PgmSchema *s, const PgmObject *o);
extern bool pgm_is_partitioned(const PgmObject *relation);
extern bool pgm_is_partition(const PgmObject *relation);
extern bool pgm_table_has_parent(const PgmObject *table, const char *parent);
extern const PgmObject *pgm_object_composite_type(const PgmSchema *s, const char *name);
extern bool pgm_constraint_is(const PgmObject *o, const char *words);
extern bool pgm_object_constraint_ends(const PgmObject *o, const char *words);
extern bool pgm_constraint_not_valid(const PgmObject *o);
extern const PgmObject *pgm_column_not_null(const PgmSchema *s, const PgmObject *column);
extern bool pgm_is_not_null_check(const PgmObject *constraint, const PgmObject *column);
extern int64 pgm_sequence_type_minimum(const char *type);
extern bool pgm_sequence_narrows(const PgmObject *old, const PgmObject *new);

#endif							/* PGM_OBJECT_PREDICATES_H */
