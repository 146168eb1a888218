/*
 * scratch_internal.h
 *	  The state of the open scratch, and what its files call of each other.
 */
#ifndef PGM_SCRATCH_INTERNAL_H
#define PGM_SCRATCH_INTERNAL_H

#include "datatype/timestamp.h"
#include "utils/hsearch.h"
#include "utils/resowner.h"

#include "scratch/scratch.h"

typedef struct PgmScratchState
{
	const PgmScratch *scratch;
	MemoryContext context;		/* the state lives here */
	int			nest_level;		/* of the subtransaction of the scratch */

	/* scratch_schemas.c */
	HTAB	   *live;			/* addresses of the schemas, extensions and
								 * access methods that existed before */
	List	   *moved;			/* PgmMovedSchema */
	HTAB	   *members;		/* addresses of members of extensions that are
								 * found in the new schemas */

	/* scratch_global_objects.c */
	HTAB	   *renamed_away;	/* addresses, or NULL: none was */

	/* scratch_event_triggers.c */
	List	   *event_triggers; /* PgmDisabledEventTrigger */

	/* scratch_statements.c */
	Oid			first_oid;		/* first OID that the statement can assign */
	ResourceOwner owner;		/* the one around the statement */
	List	   *sequences;		/* OIDs of those created here */
	int			since_sweep;	/* statements since their locks were released */

	/* scratch_waiters.c */
	TimestampTz next_look;		/* for processes that wait for us */
} PgmScratchState;

/* The scratch that is open, or NULL */
extern PgmScratchState *pgm_scratch_open;

/* scratch_state.c */
extern void pgm_scratch_state_open(PgmScratchState *state, const PgmScratch *scratch);
extern void pgm_scratch_state_close(void);
extern void pgm_scratch_state_forget(void);
extern HTAB *pgm_scratch_addresses_make(const char *name);
extern void pgm_scratch_addresses_add(HTAB *addresses, Oid classid, Oid objid);
extern bool pgm_scratch_addresses_have(HTAB *addresses, Oid classid, Oid objid);

/* scratch_schemas.c */
extern void pgm_scratch_move_schemas(void);
extern void pgm_scratch_schema_created(const char *name);

/* scratch_global_objects.c */
extern void pgm_scratch_rename_away(void);
extern void pgm_scratch_remove_default_privileges(Oid nsp);

/* scratch_statements.c */
extern void pgm_scratch_release_sequences(void);

/* scratch_waiters.c */
extern void pgm_scratch_check_waiters(void);

#endif							/* PGM_SCRATCH_INTERNAL_H */
