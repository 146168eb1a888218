/*
 * model.h
 *	  A model: the statements that create the schema one wants.
 */
#ifndef PGM_MODEL_H
#define PGM_MODEL_H

#include "nodes/pg_list.h"
#include "tcop/cmdtag.h"

#include "scratch/scope.h"

/* "-- renamed from: old_name", and to which object it belongs */
typedef struct PgmModelRename
{
	const char *kind;			/* "table", "column", "constraint", ... */
	const char *identity;		/* as in snapshots; of an enum value
								 * schema.type.'value' */
	const char *old_name;		/* not quoted */
} PgmModelRename;

/* CREATE EXTENSION of one that exists already */
typedef struct PgmModelExtension
{
	const char *name;
	const char *schema;			/* that the model says, or NULL */
	const char *version;		/* that the model says, or NULL */
} PgmModelExtension;

/* Why a statement is not executed */
typedef enum PgmModelSkip
{
	PGM_SKIP_NOT,				/* it is executed */
	PGM_SKIP_SILENTLY,
	PGM_SKIP_NO_SCHEMA,			/* it does not define anything */
	PGM_SKIP_SCOPE,				/* its schema is not compared */
	PGM_SKIP_DATABASE,			/* its object has no schema, and such objects
								 * are not compared */
	PGM_SKIP_MEMBER,			/* its object belongs to an extension */
	PGM_SKIP_N
} PgmModelSkip;

/* Statements of one kind that were skipped for one reason */
typedef struct PgmModelSkipped
{
	PgmModelSkip why;
	CommandTag	tag;
	int			n;
} PgmModelSkipped;

typedef struct PgmModel
{
	MemoryContext context;		/* all of it is in here */
	const char *sql;
	List	   *statements;		/* PgmStatement */
	bool		is_dump;		/* pg_dump has written it */
	List	   *creates;		/* names of schemas it creates */
	List	   *schemas;		/* names of schemas it creates something in */
	int64		tables;			/* how many it creates */
	List	   *notes;			/* PgmModelNote */

	/* set by pgm_model_build() */
	List	   *skipped;		/* PgmModelSkipped */
	List	   *renames;		/* PgmModelRename */
	List	   *extensions;		/* PgmModelExtension */
	List	   *access_methods; /* names of those that exist already */
} PgmModel;

/* model_read.c */
extern PgmModel *pgm_model_read(const char *text);

/* model_renames.c */
extern List *pgm_model_renamed_schemas(const PgmModel *m);

/* model_build.c */
extern void pgm_model_build(PgmModel *m);
extern void pgm_model_report_skipped(const PgmModel *m);

/* model_cache.c */
extern const char *pgm_model_cache_key(const PgmModel *m, const PgmScope *scope,
									   const PgmSchema *live);
extern PgmSchema *pgm_model_cache_read(PgmModel *m, const char *key);
extern void pgm_model_cache_write(const PgmModel *m, const char *key, const PgmSchema *built);

#endif							/* PGM_MODEL_H */
