/*
 * write_relations.h
 *	  What those who write statements about tables share.
 */
#ifndef PGM_WRITE_RELATIONS_H
#define PGM_WRITE_RELATIONS_H

#include "diff/write/writers.h"

/* write_relations.c */
extern bool pgm_extension_is_relocatable(const PgmObject *extension);
extern const char *pgm_alter_relation(const PgmObject *relation);
extern const char *pgm_rename_candidates(const PgmWrite *w, const PgmObject *o,
										 const PgmObject *in);
extern bool pgm_relation_may_have_rows(const PgmWrite *w, const PgmObject *relation);
extern char *pgm_helper_name(const char *identity, const char *suffix);
extern Oid	pgm_type_by_name(const char *name);
extern const char *pgm_type_storage(const char *name);
extern const char *pgm_type_collation(const char *name);

/* write_columns.c */
extern char *pgm_column_definition(const PgmWrite *w, const PgmObject *column,
								   bool with_default);
extern bool pgm_type_assigns_to(const char *old, const char *new);
extern void pgm_write_column_retype(PgmWrite *w, const PgmObject *old,
									const PgmObject *new);
extern void pgm_write_column_default(PgmWrite *w, const PgmObject *old,
									 const PgmObject *new);

/* default_privileges.c */
extern void pgm_write_revoke_defaults(PgmWrite *w, const PgmObject *o);

/* write_constraints.c */
extern const char *pgm_constraint_definition(const PgmObject *constraint);

/* write_tables.c */
extern void pgm_write_owned_by(PgmWrite *w, const PgmObject *old,
							   const PgmObject *new);
extern void pgm_write_replica_identity(PgmWrite *w, const PgmObject *old,
									   const PgmObject *new);
extern void pgm_write_of_type(PgmWrite *w, const PgmObject *old,
							  const PgmObject *new);
extern void pgm_write_clustered_on(PgmWrite *w, const PgmObject *old,
								   const PgmObject *new);

/* write_inheritance.c */
extern bool pgm_partition_bounds_may_overlap(const char *a, const char *b);
extern bool pgm_inheritance_can_change(const PgmSchema *old, const PgmSchema *new,
									   const PgmObject *before, const PgmObject *after);
extern void pgm_write_inheritance(PgmWrite *w, const PgmObject *old,
								  const PgmObject *new);

/* write_indexes.c */
extern void pgm_write_index_attach(PgmWrite *w, const PgmObject *old,
								   const PgmObject *new);

#endif							/* PGM_WRITE_RELATIONS_H */
