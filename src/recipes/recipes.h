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

/* The phases of a recipe; each needs what the phase before it has committed */
typedef enum PgmRecipePhase
{
	PGM_RECIPE_ADD,				/* takes a strong lock, but reads no rows */
	PGM_RECIPE_READ,			/* reads the rows under a lock that lets
								 * others write */
	PGM_RECIPE_FINISH,			/* takes a strong lock, and relies on what was
								 * read */
	PGM_RECIPE_CLEAN			/* drops what only the phases before needed */
} PgmRecipePhase;

/* A statement of a recipe */
typedef struct PgmRecipeStep
{
	const char *sql;			/* without a semicolon */
	PgmRecipePhase phase;
	bool		begins_transaction; /* the locks of the step before must be
									 * gone */
	bool		nontransactional;	/* cannot run in a transaction block */
} PgmRecipeStep;

/*
 * A UNIQUE or PRIMARY KEY constraint that takes over an index.  Names are quoted, and
 * "alter" is the beginning of an ALTER TABLE statement with the name of the table.
 */
typedef struct PgmRecipeKey
{
	const char *alter;
	const char *table;
	const char *name;			/* of the constraint */
	const char *index;			/* its name until the constraint takes it over */
	bool		primary;
	const char *columns;		/* "(a, b) INCLUDE (c)" and options of the
								 * index */
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
extern List *pgm_recipe_not_null(const char *alter, const char *name, const char *column,
								 bool as_constraint);
extern List *pgm_recipe_key(const PgmRecipeKey *key);
extern List *pgm_recipe_temporary_check(const char *alter, const char *name,
										const char *condition);
extern List *pgm_recipe_attach(const List *checks, char *attach);
extern List *pgm_recipe_by_phase(const List *steps);
extern char *pgm_recipe_attach_index(const char *parent, const char *part);

#endif							/* PGM_RECIPES_H */
