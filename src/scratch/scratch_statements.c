/*
 * scratch_statements.c
 *	  Around each statement that is run in a scratch.
 *
 * Locks are given back as soon as a statement is through: a model of a thousand
 * tables would need twenty thousand, more than the server has room for, and
 * nearly all for relations that nobody else can see, as they are not committed.
 * Those on what is there already only kept others from changing it meanwhile.
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

/* After so many statements those on sequences are given back */
#define SWEEP_AFTER 100

static bool
holds(Oid relid, LOCKMODE mode)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relid);
	return pgm_lock_held(&tag, mode);
}

/* Remember the sequences that the statement has made. */
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
 * Locks on sequences that were made here.  The server lets the whole
 * transaction own them, so that the end of a subtransaction does not free them.
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

/* From here on locks are the statement's own. */
static void
own_locks(PgmScratchState *s)
{
	s->owner = CurrentResourceOwner;
	CurrentResourceOwner = ResourceOwnerCreate(s->owner, "pg_migrate statement");
}

/* Give back the locks that the statement took. */
static void
give_back(PgmScratchState *s)
{
	ResourceOwner own = CurrentResourceOwner;

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

static bool
is_about_events(const Node *statement)
{
	return IsA(statement, CreateEventTrigStmt) || IsA(statement, AlterEventTrigStmt);
}

/*
 * To be called before a statement is run, be it in a subtransaction of its own
 * or not; memory contexts may be others.  The values that were added to an enum may be used at once: the
 * server refuses that because the value might be undone and its use not, and
 * here both will be.
 */
void
pgm_scratch_statement_begin(const Node *statement)
{
	CHECK_FOR_INTERRUPTS();
	pgm_scratch_check_waiters();
	AtEOXact_Enum();
	/* for these themselves none is fired */
	if (is_about_events(statement))
		pgm_scratch_events_restore();
	pgm_scratch_open->first_oid = pgm_next_oid();
	own_locks(pgm_scratch_open);
}

/*
 * To be called after it was run, in the subtransaction that it was begun in.
 * Gives back the locks of that subtransaction.
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
	give_back(s);
}
