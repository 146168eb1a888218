/*
 * safe_forms.h
 *	  The safe forms that rules propose for statements that block others.
 */
#ifndef PGM_SAFE_FORMS_H
#define PGM_SAFE_FORMS_H

#include "lib/stringinfo.h"

#include "lint/rules/statement_view.h"
#include "recipes/recipes.h"

/* The migrations of a safe form; each needs the commit of the one before */
typedef enum PgmSafeStep
{
	PGM_SAFE_BEGIN,				/* changes that take effect at once */
	PGM_SAFE_FILL,				/* the rows get their values */
	PGM_SAFE_PROVE,				/* the rows are read, and indexes are built */
	PGM_SAFE_END				/* changes that need not read the rows any
								 * more */
} PgmSafeStep;

#define PGM_SAFE_STEPS (PGM_SAFE_END + 1)

/* Statements by migration, none of which blocks others for long */
typedef struct PgmSafe
{
	PgmShadow  *shadow;
	PgmTable   *table;
	bool		filled;			/* constraints come after FILL, not in BEGIN */
	StringInfoData steps[PGM_SAFE_STEPS];
} PgmSafe;

/* A UNIQUE or PRIMARY KEY */
typedef struct PgmKey
{
	const Constraint *constraint;
	List	   *columns;		/* char * */
	const char *attributes;		/* " DEFERRABLE" and the like, or "" */
} PgmKey;

/* safe_forms.c */
extern void pgm_safe_begin(PgmSafe *s, const PgmStatementView *v);
extern char *pgm_safe_text(const PgmSafe *s);
extern void pgm_safe_add(PgmSafe *s, PgmSafeStep step, const char *fmt,...) pg_attribute_printf(3, 4);
extern void pgm_safe_add_recipe(PgmSafe *s, const List *steps, PgmRecipePhase first,
								PgmRecipePhase last);
extern char *pgm_safe_alter_table(const PgmTable *t);
extern char *pgm_safe_name(PgmShadow *s, const PgmTable *t, const char *middle,
						   const char *suffix);
extern void pgm_safe_names_switch(PgmShadow *s, const void *proposer);
extern char *pgm_safe_columns(const List *columns);
extern void pgm_safe_not_null(PgmSafe *s, const char *column);
extern void pgm_safe_valid_later(PgmSafe *s, const char *name,
								 const char *definition);
extern void pgm_safe_key(PgmSafe *s, const PgmKey *key);
extern char *pgm_safe_index(PgmShadow *s, PgmTable *t, const char *name,
							const char *behind, bool unique);

/* safe_attach.c */
extern void pgm_safe_attach(const PgmStatementView *v, PgmSafe *safe, PgmTable *parent,
							const PartitionBoundSpec *bound, PgmTable *child,
							const char *attach);

/* safe_add_column.c */
extern char *pgm_safe_column(const PgmStatementView *v, const ColumnDef *def);
extern bool pgm_column_is_computed(const PgmStatementView *v, const ColumnDef *def);

#endif							/* PGM_SAFE_FORMS_H */
