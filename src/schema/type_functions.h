/*
 * type_functions.h
 *	  Types and the functions that are created and dropped together with them.
 */
#ifndef PGM_TYPE_FUNCTIONS_H
#define PGM_TYPE_FUNCTIONS_H

#include "schema/schema.h"

extern bool pgm_type_needs_shell(const PgmObject *type);
extern bool pgm_function_goes_with(const PgmObject *function,
								   const PgmObject *type);
extern const PgmObject *pgm_type_of_function(const PgmSchema *s,
											 const PgmObject *function);
extern List *pgm_functions_of_type(const PgmSchema *s, const PgmObject *type);

#endif							/* PGM_TYPE_FUNCTIONS_H */
