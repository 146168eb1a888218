/*
 * shadow_internal.h
 *	  What the files of the shadow offer each other.
 */
#ifndef PGM_SHADOW_INTERNAL_H
#define PGM_SHADOW_INTERNAL_H

#include "lint/shadow/shadow.h"

/* shadow.c */
extern List *pgm_shadow_path(const PgmShadow *s, bool implicit);

/* shadow_type.c */
extern PgmTypeRef pgm_type_of_catalog(Oid oid, int32 typmod, Oid collation);

/* relations_of_type.c */
extern List *pgm_relations_of_type(List *relids, Oid type, bool of_type);
extern List *pgm_relations_typed(Oid type);

/* shadow_partition.c */
extern void pgm_shadow_spread_index(PgmShadow *s, PgmTable *t, const PgmIndex *index);
extern void pgm_shadow_spread_key(PgmShadow *s, PgmTable *t, const PgmForeignKey *key);
extern void pgm_shadow_index_attached(PgmShadow *s, PgmIndex *index);
extern void pgm_shadow_join(PgmShadow *s, PgmTable *t, PgmTable *child);
extern void pgm_shadow_leave(PgmTable *child);

/* shadow_create.c */
extern PgmTable *pgm_shadow_new(PgmShadow *s, const RangeVar *rel, char kind);
extern void pgm_shadow_create(PgmShadow *s, const CreateStmt *stmt);
extern void pgm_shadow_create_index(PgmShadow *s, const IndexStmt *stmt);
extern void pgm_shadow_add_column(PgmShadow *s, PgmTable *t, const ColumnDef *def);
extern void pgm_shadow_add_constraint(PgmShadow *s, PgmTable *t, const Constraint *c,
									  const char *column);
extern void pgm_shadow_forbid_nulls(PgmTable *t, List *columns);

/* shadow_alter.c */
extern void pgm_shadow_alter(PgmShadow *s, const AlterTableStmt *stmt);

#endif							/* PGM_SHADOW_INTERNAL_H */
