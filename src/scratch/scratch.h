/*
 * scratch.h
 *	  A place to build schemas in, under their real names, beside those that
 *	  are there.
 */
#ifndef PGM_SCRATCH_H
#define PGM_SCRATCH_H

#include "nodes/parsenodes.h"
#include "schema/snapshot.h"

/* What is compared */
typedef struct PgmScope
{
	List	   *schemas;		/* their names */
	bool		database;		/* also what has no schema */
} PgmScope;

typedef struct PgmScratch
{
	const char *function;		/* the caller's name for messages */
	const PgmScope *scope;
	bool		as_dump;		/* "public" is as initdb leaves it */
	List	   *creates;		/* names of the schemas that are created in
								 * it; the others are there from the beginning */
	int64		tables;			/* so many are created in it, about */
} PgmScratch;

/* scratch.c */
extern void pgm_scratch(const PgmScratch *scratch, void (*body) (void *arg),
						void *arg);

/* scratch_statements.c: around each statement that is run in it */
extern void pgm_scratch_statement_begin(const Node *statement);
extern void pgm_scratch_statement_end(const Node *statement);
extern void pgm_scratch_settings(void);

/* scratch_global_objects.c */
extern bool pgm_scratch_is_aside(const PgmObject *o);

/* scratch_schemas.c */
extern const PgmScope *pgm_scratch_scope(void);
extern bool pgm_scratch_is_live(Oid classid, Oid objid);
extern bool pgm_scratch_is_live_relation(Oid relid);
extern bool pgm_scratch_create_schema(const CreateSchemaStmt *stmt);
extern void pgm_scratch_move_extension(Oid extension, const char *schema);

/* scratch_event_triggers.c */
extern void pgm_scratch_events_restore(void);
extern void pgm_scratch_events_hush(void);

#endif							/* PGM_SCRATCH_H */
