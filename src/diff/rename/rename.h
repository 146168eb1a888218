/*
 * rename.h
 *	  Finding what is only renamed between the live schema and the model.
 */
#ifndef PGM_RENAME_H
#define PGM_RENAME_H

#include "diff/model/model.h"
#include "schema/schema.h"
#include "scratch/scope.h"

/* A rename, or a statement that a rename needs, with how to undo it */
typedef struct PgmRename
{
	const char *up;				/* statement */
	const char *down;
	const char *kind;
	const char *identity;		/* after the rename */
	const char *old_identity;	/* "": the object is new, as a schema that
								 * something is moved to */
	const char *moved_from;		/* the schema that it leaves, or NULL */
	const char *evidence;		/* why it is taken for a rename, or NULL: the
								 * user said so */
} PgmRename;

/* What is needed to find renames, and what was found */
typedef struct PgmRenameSearch
{
	Jsonb	   *given;			/* the argument "renames", or NULL */
	const PgmModel *model;
	const PgmScope *scope;
	PgmSchema  *live;
	const PgmSchema *after;		/* the model */
	const PgmSchema *before;	/* the live schema, with what was found so far
								 * renamed in it */
	List	   *hints;			/* PgmHint */
	List	   *renames;		/* PgmRename, in the order of execution */
} PgmRenameSearch;

/* rename_hints.c */
extern void pgm_rename_read_argument(PgmRenameSearch *search);
extern List *pgm_rename_schemas(const PgmRenameSearch *search);
extern void pgm_rename_check_hints(const PgmRenameSearch *search);

/* rename_detect.c */
extern void pgm_rename_find_first(PgmRenameSearch *search);
extern void pgm_rename_find_all(PgmRenameSearch *search);

#endif							/* PGM_RENAME_H */
