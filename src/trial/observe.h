/*
 * observe.h
 *	  What a statement did to the relations that were there before.
 */
#ifndef PGM_OBSERVE_H
#define PGM_OBSERVE_H

#include "executor/instrument.h"
#include "nodes/pg_list.h"
#include "portability/instr_time.h"
#include "storage/lockdefs.h"

#include "compat.h"

/* A relation that a statement locked, read or changed */
typedef struct PgmSeenRelation
{
	Oid			relid;
	const char *name;			/* before the trial */
	char		kind;			/* a relkind */
	LOCKMODE	mode;			/* the strongest newly taken, or NoLock */
	LOCKMODE	held;			/* the strongest held by then */
	bool		rewritten;		/* it has new files */
	PgmTableCounters did;		/* by this statement */
} PgmSeenRelation;

/* An object that a statement made, changed or dropped */
typedef struct PgmSeenObject
{
	const char *what;			/* "created", "altered" or "dropped" */
	const char *type;			/* as in "table column" */
	const char *identity;
} PgmSeenObject;

typedef struct PgmObservation
{
	List	   *relations;		/* PgmSeenRelation */
	List	   *objects;		/* PgmSeenObject */
	int64		rows;			/* changed */
	uint64		wal_bytes;
	BufferUsage buffers;
	double		ms;
} PgmObservation;

typedef struct PgmWatch PgmWatch;

/* observe.c */
extern bool pgm_is_users_schema(Oid namespace);
extern PgmWatch *pgm_observe_begin(MemoryContext context);
extern void pgm_observe_statement(PgmWatch *w);
extern void pgm_observe_take(PgmWatch *w, PgmObservation *seen);
extern void pgm_observe_after_rollback(PgmWatch *w);
extern void pgm_observe_end(void);

/* seen_objects.c */
extern void pgm_seen_objects_begin(MemoryContext context);
extern List *pgm_seen_objects_take(void);
extern void pgm_seen_objects_end(void);

#endif							/* PGM_OBSERVE_H */
