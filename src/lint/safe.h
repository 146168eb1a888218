/*
 * safe.h
 *	  The safe forms of statements that block others: what rules propose.
 */
#ifndef PGM_SAFE_H
#define PGM_SAFE_H

#include "lib/stringinfo.h"
#include "lint/lint.h"

/* Statements in up to three migrations, none of which blocks others for long */
typedef struct PgmSafe
{
	PgmShadow  *shadow;
	PgmTable   *table;
	StringInfoData now;
	StringInfoData later;		/* when the locks of the first are gone */
	StringInfoData last;		/* when the work of the second is done */
} PgmSafe;

/* A UNIQUE or PRIMARY KEY */
typedef struct PgmKey
{
	const Constraint *constraint;
	List	   *columns;		/* char * */
	const char *attributes;		/* " DEFERRABLE" and the like, or "" */
} PgmKey;

/* safe.c */
extern void pgm_safe_begin(PgmSafe *s, PgmLint *l);
extern char *pgm_safe_text(const PgmSafe *s);
extern char *pgm_safe_name(PgmShadow *s, const PgmTable *t, const char *middle,
						   const char *suffix);
extern char *pgm_safe_columns(const List *columns);
extern void pgm_safe_not_null(PgmSafe *s, const char *column);
extern void pgm_safe_valid_later(PgmSafe *s, const char *name,
								 const char *definition);
extern void pgm_safe_key(PgmSafe *s, const PgmKey *key);
extern char *pgm_safe_index(PgmShadow *s, PgmTable *t, const char *name,
							const char *behind, bool unique);

/* safecolumn.c */
extern char *pgm_safe_column(PgmLint *l, const ColumnDef *def);
extern bool pgm_column_is_computed(PgmLint *l, const ColumnDef *def);

#endif							/* PGM_SAFE_H */
