/*
 * write_types.h
 *	  Types and the functions that come and go with them.
 */
#ifndef PGM_WRITE_TYPES_H
#define PGM_WRITE_TYPES_H

#include "diff/write/writers.h"

/* write_types.c */
extern const char *pgm_type_with_tables(const PgmSchema *s, const char *type);

/* write_type_replacement.c */
extern bool pgm_type_is_reordered(const PgmSchema *before, const PgmSchema *after,
								  const PgmObject *old, const PgmObject *new);
extern void pgm_write_rename_type_away(PgmWrite *w, const PgmObject *type);
extern void pgm_write_drop_old_type(PgmWrite *w, const PgmObject *type);
extern char *pgm_type_conversion(const PgmWrite *w, const char *value,
								 const char *old, const char *new);

#endif							/* PGM_WRITE_TYPES_H */
