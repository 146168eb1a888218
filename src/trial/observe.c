/*
 * observe.c
 *	  What a statement did to the relations that were there before: the locks
 *	  that this process has and did not have, new files, and the counters of the
 *	  statistics system.
 *
 * All relations of users are listed once, at the beginning, with their files and
 * counters, because after a statement nobody can tell what these were before.  After
 * each statement only the relations are examined that this process has locked:
 * nothing reads or rewrites a table without a lock, which is held until the end.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "trial/observe.h"

/* A relation as it was when it was last looked at */
typedef struct PgmTracked
{
	Oid			relid;			/* hash key; must be first */
	const char *name;
	char		kind;
	LOCKMASK	taken;			/* locks seen so far */
	uint32		file;			/* its relfilenode */
	PgmTableCounters counters;
} PgmTracked;

struct PgmWatch
{
	MemoryContext context;
	HTAB	   *relations;		/* PgmTracked */
	List	   *locked;			/* PgmTracked, those with a lock */
	WalUsage	wal;			/* when the statement began */
	BufferUsage buffers;
	instr_time	start;
};

/* Is a schema neither the server's nor ours, nor temporary in another session? */
bool
pgm_is_users_schema(Oid namespace)
{
	char	   *name;

	if (IsCatalogNamespace(namespace) || IsToastNamespace(namespace) ||
		isOtherTempNamespace(namespace))
		return false;
	name = get_namespace_name(namespace);
	return name && strcmp(name, "information_schema") != 0 &&
		strcmp(name, "migrate") != 0;
}

/* Remember the file and the counters of a relation. */
static void
track_relation(PgmWatch *w, Form_pg_class form)
{
	Oid			relid = form->oid;
	PgmTracked *t = hash_search(w->relations, &relid, HASH_ENTER, NULL);

	t->name = quote_qualified_identifier(get_namespace_name(form->relnamespace),
										 NameStr(form->relname));
	t->kind = form->relkind;
	t->taken = 0;
	t->file = form->relfilenode;
	t->counters = pgm_table_counters(relid);
}

/* Remember all relations of users. */
static void
track_all(PgmWatch *w)
{
	Relation	rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (pgm_is_users_schema(form->relnamespace))
			track_relation(w, form);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* The strongest lock of a mask */
static LOCKMODE
strongest(LOCKMASK mask)
{
	LOCKMODE	mode = NoLock;

	for (LOCKMODE m = AccessShareLock; m <= AccessExclusiveLock; m++)
		if (mask & LOCKBIT_ON(m))
			mode = m;
	return mode;
}

/*
 * A lock of ours; *fresh is its mode where that is stronger than what was held
 * before.
 */
static PgmTracked *
note_lock(PgmWatch *w, const LockInstanceData *lock, LOCKMODE *fresh)
{
	PgmTracked *t;
	Oid			relid = lock->locktag.locktag_field2;

	/* Only locks that this process holds, on relations of this database. */
	if (lock->pid != MyProcPid || lock->holdMask == 0 ||
		lock->locktag.locktag_type != LOCKTAG_RELATION ||
		lock->locktag.locktag_field1 != MyDatabaseId)
		return NULL;
	t = hash_search(w->relations, &relid, HASH_FIND, NULL);
	/* One that the trial has made blocks nobody: no other session can see it. */
	if (t == NULL)
		return NULL;
	if (t->taken == 0)
		w->locked = lappend(w->locked, t);
	Assert(list_member_ptr(w->locked, t));
	if (strongest(lock->holdMask) > strongest(t->taken))
		*fresh = strongest(lock->holdMask);
	t->taken |= lock->holdMask;
	return t;
}

/* What was observed of a relation so far, or NULL. */
static PgmSeenRelation *
find_seen(List *relations, Oid relid)
{
	ListCell   *lc;

	foreach(lc, relations)
	{
		PgmSeenRelation *r = lfirst(lc);

		if (r->relid == relid)
			return r;
	}
	return NULL;
}

/* The entry of a relation in what was seen of the statement */
static PgmSeenRelation *
seen_relation(PgmObservation *seen, const PgmTracked *t)
{
	PgmSeenRelation *r = find_seen(seen->relations, t->relid);

	if (r)
		return r;
	r = palloc0(sizeof(PgmSeenRelation));
	r->relid = t->relid;
	r->name = t->name;
	r->kind = t->kind;
	seen->relations = lappend(seen->relations, r);
	return r;
}

/*
 * The locks that are new; "seen" may be NULL.  A relation may be listed twice:
 * by the fast path and in the table.
 */
static void
take_locks(PgmWatch *w, PgmObservation *seen)
{
	LockData   *all = GetLockStatusData();

	for (int i = 0; i < all->nelements; i++)
	{
		LOCKMODE	fresh = NoLock;
		PgmTracked *t = note_lock(w, &all->locks[i], &fresh);

		if (t && fresh != NoLock && seen)
			seen_relation(seen, t)->mode = fresh;
	}

	/*
	 * As large as all locks of the server, in a context that lives until the
	 * end.
	 */
	pfree(all->locks);
	pfree(all);
}

/* What was counted between two readings of the counters. */
static PgmTableCounters
counters_difference(PgmTableCounters after, PgmTableCounters before)
{
	PgmTableCounters d;

	d.scans = after.scans - before.scans;
	d.read = after.read - before.read;
	d.inserted = after.inserted - before.inserted;
	d.updated = after.updated - before.updated;
	d.deleted = after.deleted - before.deleted;
	return d;
}

/* Is any counter not zero? */
static bool
counters_differ(const PgmTableCounters *c)
{
	return c->scans || c->read || c->inserted || c->updated || c->deleted;
}

/* Add to an observation what was counted for a relation since the last time. */
static void
take_counters(PgmTracked *t, PgmObservation *seen)
{
	PgmTableCounters now = pgm_table_counters(t->relid);
	PgmTableCounters did = counters_difference(now, t->counters);

	t->counters = now;
	if (!counters_differ(&did))
		return;
	seen_relation(seen, t)->did = did;
	seen->rows += did.inserted + did.updated + did.deleted;
}

/* Record a rewrite: the relation has another file than the last time. */
static void
take_file(PgmTracked *t, PgmObservation *seen)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(t->relid));
	uint32		file;

	/* the statement, or one before it, has dropped the relation */
	if (!HeapTupleIsValid(tuple))
		return;
	file = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
	ReleaseSysCache(tuple);
	if (file != t->file)
		seen_relation(seen, t)->rewritten = true;
	t->file = file;
}

/* Record the strongest lock that is held on each relation observed. */
static void
take_held(PgmWatch *w, PgmObservation *seen)
{
	ListCell   *lc;

	foreach(lc, seen->relations)
	{
		PgmSeenRelation *r = lfirst(lc);
		PgmTracked *t = hash_search(w->relations, &r->relid, HASH_FIND, NULL);

		Assert(t != NULL);		/* observed relations are tracked */
		r->held = strongest(t->taken);
	}
}

/*
 * Begin to watch this process.  What is found out lives in the context.
 */
PgmWatch *
pgm_observe_begin(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	PgmWatch   *w = palloc0(sizeof(PgmWatch));
	HASHCTL		ctl = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(PgmTracked),
		.hcxt = context
	};

	w->context = context;
	w->relations = hash_create("relations of a trial", 256, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	track_all(w);
	take_locks(w, NULL);
	pgm_seen_objects_begin(context);
	MemoryContextSwitchTo(old);
	return w;
}

/* A statement begins. */
void
pgm_observe_statement(PgmWatch *w)
{
	/* What happened between statements belongs to none. */
	(void) pgm_seen_objects_take();
	w->wal = pgWalUsage;
	w->buffers = pgBufferUsage;
	INSTR_TIME_SET_CURRENT(w->start);
}

/* Record what the statement did, now that it has ended. */
void
pgm_observe_take(PgmWatch *w, PgmObservation *seen)
{
	MemoryContext old;
	instr_time	end;
	WalUsage	wal = {0};
	ListCell   *lc;

	/*
	 * First the clock, WAL and buffers, so that they do not include the work
	 * below.
	 */
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, w->start);
	seen->ms = INSTR_TIME_GET_MILLISEC(end);
	WalUsageAccumDiff(&wal, &pgWalUsage, &w->wal);
	seen->wal_bytes = wal.wal_bytes;
	memset(&seen->buffers, 0, sizeof(BufferUsage));
	BufferUsageAccumDiff(&seen->buffers, &pgBufferUsage, &w->buffers);

	/*
	 * Before the system caches are asked: the statement's new files must be
	 * visible.
	 */
	CommandCounterIncrement();
	old = MemoryContextSwitchTo(w->context);
	take_locks(w, seen);
	foreach(lc, w->locked)
	{
		take_counters(lfirst(lc), seen);
		take_file(lfirst(lc), seen);
	}
	seen->objects = pgm_seen_objects_take();

	/*
	 * Last, since a relation may be observed only by its counters or its
	 * file.
	 */
	take_held(w, seen);
	MemoryContextSwitchTo(old);
}

/*
 * A rollback has undone what statements did since, and released their locks.  Files
 * and counters are read again, or else the next statement would be charged with it.
 */
void
pgm_observe_after_rollback(PgmWatch *w)
{
	MemoryContext old = MemoryContextSwitchTo(w->context);
	PgmObservation forgotten = {0};
	ListCell   *lc;

	foreach(lc, w->locked)
	{
		PgmTracked *t = lfirst(lc);

		take_counters(t, &forgotten);
		take_file(t, &forgotten);
		t->taken = 0;
	}

	/*
	 * Locks from before the subtransaction are still held, and not new to a
	 * statement.
	 */
	w->locked = NIL;
	take_locks(w, NULL);
	(void) pgm_seen_objects_take();
	MemoryContextSwitchTo(old);
}

/* Stop watching.  The memory goes with the context of pgm_observe_begin(). */
void
pgm_observe_end(void)
{
	pgm_seen_objects_end();
}
