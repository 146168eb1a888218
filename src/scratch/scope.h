/*
 * scope.h
 *	  The scope of a comparison: the schemas, and whether also the objects that
 *	  belong to no schema.
 */
#ifndef PGM_SCOPE_H
#define PGM_SCOPE_H

#include "schema/schema.h"

typedef struct PgmScope
{
	List	   *schemas;		/* names, not quoted */
	bool		database;		/* also objects without a schema, such as
								 * casts and publications */
} PgmScope;

extern const PgmObject *pgm_scope_schema(const PgmSchema *s, const PgmObject *o);
extern bool pgm_scope_has(const PgmScope *scope, const char *quoted);
extern void pgm_scope_mark_outside(PgmSchema *s, const PgmScope *scope);
extern void pgm_scope_restrict(PgmSchema *s, const PgmScope *scope);
extern void pgm_scope_add_outside(PgmSchema *s, const PgmSchema *live);
extern void pgm_scope_remove(PgmSchema *s, const PgmObject *object);

#endif							/* PGM_SCOPE_H */
