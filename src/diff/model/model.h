/*
 * model.h
 *	  A model: the statements that make the schema one wants.
 */
#ifndef PGM_MODEL_H
#define PGM_MODEL_H

#include "nodes/parsenodes.h"
#include "scratch/scratch.h"
#include "script/script.h"
#include "tcop/cmdtag.h"

/* "-- renamed from: old_name", and to which object it belongs */
typedef struct PgmModelRename
{
	const char *kind;			/* "table", "column", "constraint", ... */
	const char *identity;		/* as snapshots write it; of an enum value
								 * schema.type.'value' */
	const char *old_name;		/* without quotes */
} PgmModelRename;

/* CREATE EXTENSION of one that is there already */
typedef struct PgmModelExtension
{
	const char *name;
	const char *schema;			/* as said, or NULL */
	const char *version;		/* as said, or NULL */
} PgmModelExtension;

/* Why a statement is not run */
typedef enum PgmPassed
{
	PGM_PASSED_NOT,				/* it is */
	PGM_PASSED_SILENTLY,
	PGM_PASSED_NO_SCHEMA,		/* it does not make a schema */
	PGM_PASSED_SCOPE,			/* it is of a schema that is not compared */
	PGM_PASSED_DATABASE,		/* it is of what has no schema */
	PGM_PASSED_MEMBER,			/* it is of a member of an extension */
	PGM_PASSED_N
} PgmPassed;

/* Statements of one kind that were passed over for one reason */
typedef struct PgmModelPassed
{
	PgmPassed	why;
	CommandTag	tag;
	int			n;
} PgmModelPassed;

typedef struct PgmModel
{
	MemoryContext context;		/* all of it is in here */
	const char *text;
	List	   *statements;		/* PgmStatement */
	bool		is_dump;		/* pg_dump has written it */
	List	   *creates;		/* names of schemas it creates */
	List	   *schemas;		/* names of schemas it creates something in */
	List	   *schemas_said;	/* names of schemas it mentions as such */
	int64		tables;			/* so many it creates */
	List	   *notes;			/* PgmModelNote */

	/* what pgm_model_build() found out */
	List	   *passed;			/* PgmModelPassed */
	List	   *renames;		/* PgmModelRename */
	List	   *extensions;		/* PgmModelExtension */
	List	   *access_methods; /* names of those that are there already */
} PgmModel;

/* model.c */
extern PgmModel *pgm_model_read(const char *text);

/* model_renames.c */
extern List *pgm_model_renamed_schemas(const PgmModel *m);

/* model_build.c */
extern void pgm_model_build(PgmModel *m);
extern void pgm_model_say_passed(const PgmModel *m);

#endif							/* PGM_MODEL_H */
