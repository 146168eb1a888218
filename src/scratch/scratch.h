/*
 * scratch.h
 *	  A subtransaction in which schemas can be built under their real names,
 *	  although live schemas have these names.
 */
#ifndef PGM_SCRATCH_H
#define PGM_SCRATCH_H

#include "access/htup.h"
#include "nodes/parsenodes.h"

#include "scratch/scope.h"

/* How to open a scratch */
typedef struct PgmScratch
{
	const char *function;		/* the caller's name for messages */
	const PgmScope *scope;		/* what is renamed away */
	bool		as_dump;		/* "public" is as initdb leaves it */
	List	   *creates;		/* names of the schemas that body() creates;
								 * the others exist from the beginning */
	int64		tables;			/* estimate of the tables that are created */
} PgmScratch;

/* scratch.c */
extern void pgm_scratch(const PgmScratch *scratch, void (*body) (void *arg),
						void *arg);

/* scratch_state.c: what is known while a scratch is open */
extern const PgmScope *pgm_scratch_scope(void);
extern bool pgm_scratch_is_live(Oid classid, Oid objid);
extern bool pgm_scratch_is_live_relation(Oid relid);
extern bool pgm_scratch_is_renamed_away(const PgmObject *o);
extern void pgm_scratch_update_catalog(Oid catalog, HeapTuple tuple,
									   AttrNumber column, Datum value);

/* scratch_statements.c: around each statement that is executed in it */
extern void pgm_scratch_statement_begin(const Node *statement);
extern void pgm_scratch_statement_end(const Node *statement);

/* scratch_schemas.c */
extern bool pgm_scratch_create_schema(const CreateSchemaStmt *stmt);
extern void pgm_scratch_move_extension(Oid extension, const char *schema);

/* scratch_event_triggers.c */
extern void pgm_scratch_events_restore(void);
extern void pgm_scratch_events_disable(void);

/* scratch_replay.c */
extern char *pgm_scratch_replay(const PgmSchema *live, const char *text);
extern bool pgm_scratch_can_replay(const PgmSchema *live, const PgmObject *o);
extern PgmSchema *pgm_scratch_snapshot(const PgmSchema *live);

#endif							/* PGM_SCRATCH_H */
