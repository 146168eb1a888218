/*
 * scratch_statements.c
 *	  What is done before and after each statement that is executed in a scratch.
 *
 * Locks are released as soon as a statement is over: a model of a thousand tables
 * would need twenty thousand, more than the lock table has room for.  Nearly all
 * are on relations that nobody else can see, as they are not committed; those on
 * existing objects only keep others from changing them meanwhile.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"

#include "compat.h"
#include "scratch/scratch_internal.h"
#include "scratch/scratch_settings.h"

/* Release the locks on sequences after so many statements */
#define SWEEP_AFTER 100

/* Does this backend hold a lock on a relation? */
static bool
holds(Oid relid, LOCKMODE mode)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relid);
	return pgm_lock_held(&tag, mode);
}

/*
 * Record the sequences that the statement has created, for
 * pgm_scratch_release_sequences().  OIDs come from one counter, so those of the
 * statement lie between its values before and after.
 */
static void
note_sequences(PgmScratchState *s)
{
	MemoryContext old = MemoryContextSwitchTo(s->context);
	Oid			end = pgm_next_oid();

	for (Oid oid = s->first_oid; oid < end; oid++)
		if (holds(oid, AccessExclusiveLock) && get_rel_relkind(oid) == RELKIND_SEQUENCE)
			s->sequences = lappend_oid(s->sequences, oid);
	MemoryContextSwitchTo(old);
}

/*
 * Release the locks on sequences that were created here.  nextval() and setval()
 * make the top transaction own them, so neither the end of a statement nor that
 * of the subtransaction releases them.
 */
void
pgm_scratch_release_sequences(void)
{
	ResourceOwner owner = CurrentResourceOwner;
	ListCell   *lc;

	CurrentResourceOwner = TopTransactionResourceOwner;
	foreach(lc, pgm_scratch_open->sequences)
	{
		while (holds(lfirst_oid(lc), RowExclusiveLock))
			UnlockRelationOid(lfirst_oid(lc), RowExclusiveLock);
	}
	CurrentResourceOwner = owner;
}

/* Let a resource owner of its own hold the locks that the statement takes. */
static void
own_locks(PgmScratchState *s)
{
	s->owner = CurrentResourceOwner;
	CurrentResourceOwner = ResourceOwnerCreate(s->owner, "pg_migrate statement");
}

/* Release the locks that the statement took. */
static void
release_locks(PgmScratchState *s)
{
	ResourceOwner own = CurrentResourceOwner;

	Assert(s->owner != NULL && own != s->owner);

	note_sequences(s);
	LockReleaseCurrentOwner(NULL, 0);
	CurrentResourceOwner = s->owner;
	ResourceOwnerRelease(own, RESOURCE_RELEASE_BEFORE_LOCKS, true, false);
	ResourceOwnerRelease(own, RESOURCE_RELEASE_LOCKS, true, false);
	ResourceOwnerRelease(own, RESOURCE_RELEASE_AFTER_LOCKS, true, false);
	ResourceOwnerDelete(own);
	if (++s->since_sweep < SWEEP_AFTER)
		return;
	s->since_sweep = 0;
	pgm_scratch_release_sequences();
}

/* Does a statement create or change an event trigger? */
static bool
is_about_events(const Node *statement)
{
	return IsA(statement, CreateEventTrigStmt) || IsA(statement, AlterEventTrigStmt);
}

/*
 * To be called before a statement is executed, in a subtransaction of its own or
 * not.  Raises 55P03 if others have waited too long for this process.
 */
void
pgm_scratch_statement_begin(const Node *statement)
{
	CHECK_FOR_INTERRUPTS();
	pgm_scratch_check_waiters();

	/*
	 * Forget which enum values are uncommitted, so that they can be used at
	 * once. The server refuses that because the value might be rolled back
	 * and its use not; here both will be.
	 */
	AtEOXact_Enum();

	/* none fires for these statements, and ALTER has to see the true state */
	if (is_about_events(statement))
		pgm_scratch_events_restore();
	pgm_scratch_open->first_oid = pgm_next_oid();
	own_locks(pgm_scratch_open);
}

/*
 * To be called after a statement was executed, in the subtransaction in which it
 * was begun.  Releases its locks.
 */
void
pgm_scratch_statement_end(const Node *statement)
{
	PgmScratchState *s = pgm_scratch_open;

	CommandCounterIncrement();
	if (is_about_events(statement))
		pgm_scratch_events_disable();
	if (IsA(statement, CreateSchemaStmt) &&
		((const CreateSchemaStmt *) statement)->schemaname)
		pgm_scratch_schema_created(((const CreateSchemaStmt *) statement)->schemaname);
	if (IsA(statement, VariableSetStmt) || IsA(statement, SelectStmt))
		pgm_scratch_settings_repeat();
	release_locks(s);
}
