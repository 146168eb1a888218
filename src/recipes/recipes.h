/*
 * recipes.h
 *	  Statements that change a table with rows in steps that block others only briefly.
 *
 * lint proposes these steps in place of a statement that blocks others, and diff
 * generates them, so that advice and generated migrations cannot differ.
 */
#ifndef PGM_RECIPES_H
#define PGM_RECIPES_H

#include "nodes/pg_list.h"

/*
 * The phases of a recipe, in the order in which they are executed.  ADD takes a strong lock
 * but reads no rows.  READ reads the rows while others write.  FINISH takes a strong lock
 * again, and reads no rows thanks to what READ has proved or built.  CLEAN drops what only
 * the phases before needed.
 */
typedef enum PgmRecipePhase
{
	PGM_RECIPE_ADD,
	PGM_RECIPE_READ,
	PGM_RECIPE_FINISH,
	PGM_RECIPE_CLEAN
} PgmRecipePhase;

/* A statement of a recipe */
typedef struct PgmRecipeStep
{
	const char *sql;			/* without a semicolon */
	PgmRecipePhase phase;
	bool		begins_transaction; /* after a commit of the step before */
	bool		nontransactional;	/* cannot run in a transaction block */
} PgmRecipeStep;

/* CREATE INDEX.  "on" is what follows ON: the table, perhaps with ONLY, and the definition */
typedef struct PgmRecipeIndex
{
	const char *name;
	const char *on;
	bool		unique;
	bool		concurrently;
} PgmRecipeIndex;

/* A UNIQUE or PRIMARY KEY constraint that takes over an index */
typedef struct PgmRecipeKey
{
	const char *alter;			/* "ALTER TABLE name" */
	const char *table;
	const char *name;			/* of the constraint */
	const char *index;			/* its name until the constraint takes it over */
	bool		primary;
	const char *columns;		/* "(a, b)", INCLUDE and options of the index */
	const char *attributes;		/* " DEFERRABLE" and the like, or "" */
	const char *replaced;		/* the constraint that it replaces, or NULL */
	bool		concurrently;
} PgmRecipeKey;

/* Is a name taken by another object? */
typedef bool (*PgmRecipeNameTaken) (const char *name, void *arg);

extern char *pgm_recipe_name(const char *table, const char *middle, const char *suffix,
							 PgmRecipeNameTaken taken, void *arg);
extern List *pgm_recipe_validate_later(const char *alter, const char *name,
									   const char *definition);
extern List *pgm_recipe_partitioned_foreign_key(const List *alter_parts, const char *alter,
												const char *name, const char *definition);
extern List *pgm_recipe_not_null(const char *alter, const char *name, const char *column,
								 bool as_constraint);
extern List *pgm_recipe_key(const PgmRecipeKey *key);
extern List *pgm_recipe_temporary_check(const char *alter, const char *name,
										const char *condition);
extern List *pgm_recipe_attach(const List *checks, const char *attach);
extern List *pgm_recipe_index(const PgmRecipeIndex *index);
extern List *pgm_recipe_attach_index(const char *parent, const char *part);

#endif							/* PGM_RECIPES_H */
