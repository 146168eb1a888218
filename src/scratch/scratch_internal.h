/*
 * scratch_internal.h
 *	  What the parts of a scratch know of each other.
 */
#ifndef PGM_SCRATCH_INTERNAL_H
#define PGM_SCRATCH_INTERNAL_H

#include "access/htup.h"
#include "datatype/timestamp.h"
#include "utils/hsearch.h"
#include "utils/resowner.h"

#include "scratch/scratch.h"

/* So many locks are held at once, and while a model is built on a standby */
#define PGM_SCRATCH_LOCKS 500
#define PGM_SCRATCH_LOCKS_OF_TABLE 20

/* The scratch that is open, or NULL */
typedef struct PgmScratchState
{
	const PgmScratch *scratch;
	MemoryContext context;		/* the state lives here */

	/* scratch_schemas.c */
	HTAB	   *live;			/* addresses of schemas, extensions and access
								 * methods that were there before */
	List	   *moved;			/* PgmMovedSchema */
	HTAB	   *members;		/* addresses of members of extensions that are
								 * found in the new schemas */

	/* scratch_global_objects.c */
	HTAB	   *aside;			/* addresses */

	/* scratch_event_triggers.c */
	List	   *events;			/* PgmHushedEvent */

	/* scratch_statements.c */
	Oid			first_oid;		/* of the statement that is running */
	ResourceOwner owner;		/* around it */
	List	   *sequences;		/* oids of those made here */
	int			since_sweep;	/* statements since locks were given back */
	TimestampTz next_look;		/* for those who wait for us */
} PgmScratchState;

extern PgmScratchState *pgm_scratch_open;

/* scratch.c */
extern HTAB *pgm_addresses_make(const char *name);
extern void pgm_addresses_add(HTAB *addresses, Oid classid, Oid objid);
extern bool pgm_addresses_have(HTAB *addresses, Oid classid, Oid objid);
extern void pgm_catalog_update(Oid catalog, HeapTuple tuple,
							   AttrNumber column, Datum value);

/* scratch_schemas.c */
extern void pgm_scratch_move_schemas(void);
extern void pgm_scratch_schema_made(const char *name);

/* scratch_global_objects.c */
extern void pgm_scratch_set_aside(void);
extern void pgm_scratch_remove_default_rights(Oid nsp);

/* scratch_statements.c */
extern void pgm_scratch_free_sequences(void);

/* scratch_waiters.c */
extern void pgm_scratch_look_around(void);

#endif							/* PGM_SCRATCH_INTERNAL_H */
