/*
 * write_types.h
 *	  Types and the functions that come and go with them.
 */
#ifndef PGM_WRITE_TYPES_H
#define PGM_WRITE_TYPES_H

#include "diff/write/writers.h"

/* write_types.c */
extern bool pgm_function_goes_with(const PgmObject *function,
								   const PgmObject *type);
extern const PgmObject *pgm_type_of_function(const PgmSide *s,
											 const PgmObject *function);
extern List *pgm_functions_of_type(const PgmSide *s, const PgmObject *type);
extern const char *pgm_type_with_tables(const PgmSide *s, const char *type);

/* write_type_replacement.c */
extern bool pgm_type_is_reordered(const PgmSide *before, const PgmSide *after,
								  const PgmObject *old, const PgmObject *new);
extern void pgm_write_rename_type_away(PgmWrite *w, const PgmObject *type);
extern void pgm_write_drop_old_type(PgmWrite *w, const PgmObject *type);
extern char *pgm_type_conversion(const PgmWrite *w, const char *value,
								 const char *old, const char *new);

#endif							/* PGM_WRITE_TYPES_H */
