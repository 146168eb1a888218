/*
 * scratch.c
 *	  A subtransaction in which schemas can be built under their real names,
 *	  although live schemas have these names.
 *
 * The subtransaction is always rolled back.  In it the schemas that are compared
 * are renamed, and empty ones take their names.  The new names are written to
 * the catalogs directly: ALTER SCHEMA ... RENAME would lock the schema, and
 * nobody could create anything in it meanwhile.  So other sessions see nothing
 * of it, and read, write, create and alter as before.  Only a session that
 * changes the same row of a catalog (the owner of a schema, a member of an
 * extension) has to wait; pg_migrate.scratch_hold says for how long.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"

#include "compat.h"
#include "run/locks/run_lock.h"
#include "scratch/scratch_internal.h"
#include "scratch/scratch_settings.h"
#include "trial/trial.h"
#include "util/subtransaction.h"
#include "util/uncommitted_enums.h"

/* Locks held at once by one statement, and per created table on a standby */
#define LOCKS_OF_STATEMENT 500
#define LOCKS_OF_TABLE 20

/* A call of pgm_scratch() */
typedef struct PgmScratchCall
{
	const PgmScratch *scratch;
	void		(*body) (void *arg);
	void	   *arg;
} PgmScratchCall;

/* Raise 42501 unless the current user owns the schemas that exist. */
static void
check_rights(const PgmScratch *scratch)
{
	ListCell   *lc;

	foreach(lc, scratch->scope->schemas)
	{
		Oid			nsp = get_namespace_oid(lfirst(lc), true);

		if (!OidIsValid(nsp) || pgm_owns_schema(nsp))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of schema %s", (char *) lfirst(lc)),
				 errdetail("%s builds the model in the place of the schema, in a subtransaction that is rolled back.",
						   scratch->function),
				 errhint("Call it as the owner of the schema or a superuser, leave the schema out of \"schemas\", or do it on a copy of the database that is yours.")));
	}
}

/* Is a standby connected? */
static bool
has_standby(void)
{
	for (int i = 0; i < max_wal_senders; i++)
		if (WalSndCtl->walsnds[i].pid != 0)
			return true;
	return false;
}

/*
 * Raise 53400 if the lock table has no room for the locks that are held at once.
 *
 * On this server they are released after each statement.  A standby holds the
 * AccessExclusiveLocks it replays until the transaction ends, in a lock table of
 * the same size at least, and replay stops with an error where that is full.
 */
static void
check_lock_room(const PgmScratch *scratch)
{
	bool		standby = has_standby();
	int64		locks = LOCKS_OF_STATEMENT + (standby ? scratch->tables * LOCKS_OF_TABLE : 0);
	int64		room;
	int64		taken;

	if (locks > pgm_lock_table_room(&room, &taken))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("%s needs about %lld locks at once", scratch->function,
						(long long) locks),
				 errdetail("The lock table of %s has room for %lld, of which %lld are taken; one transaction may have half of the rest.",
						   standby ? "a standby like this server" : "the server",
						   (long long) room, (long long) taken),
				 standby ?
				 errhint("Do it on a copy of the database on a server without standbys, or raise max_locks_per_transaction, first on the standbys.") :
				 errhint("Try again when others have finished, or raise max_locks_per_transaction.")));
}

/* The subtransaction of a scratch; returns false, to have it rolled back. */
static bool
run_in_scratch(void *arg)
{
	PgmScratchCall *c = arg;

	Assert(GetCurrentTransactionNestLevel() == pgm_scratch_open->nest_level);
	pgm_scratch_settings_begin();

	/*
	 * Schemas first: moving them records which extensions are live, and the
	 * others ask that.
	 */
	pgm_scratch_move_schemas();
	pgm_scratch_events_disable();
	if (c->scratch->scope->database)
		pgm_scratch_rename_away();

	/*
	 * ALTER DEFAULT PRIVILEGES without a schema would add its grants to all
	 * that a dump creates, which lists such commands last.  If the database
	 * is compared, the model says which there are.
	 */
	if (c->scratch->scope->database || c->scratch->as_dump)
		pgm_scratch_remove_default_privileges(InvalidOid);
	CommandCounterIncrement();

	/* as under a migration, no statement may drop or alter pg_migrate */
	pgm_run_active = true;
	c->body(c->arg);

	/* the rollback does not release these locks */
	pgm_scratch_release_sequences();
	return false;
}

/*
 * Call body(arg) in a subtransaction that is always rolled back, in which the
 * schemas of the scope are renamed away.  Each of them exists again, empty but
 * for members of extensions, unless body() creates it itself.  body() executes
 * statements between pgm_scratch_statement_begin() and _end().
 *
 * Raises what pgm_trial_check() raises, 42501 if a schema is not the caller's,
 * 53400 if the lock table is full, and 55P03 if another process has waited for
 * this one longer than pg_migrate.scratch_hold.
 */
void
pgm_scratch(const PgmScratch *scratch, void (*body) (void *arg), void *arg)
{
	PgmScratchCall call = {.scratch = scratch,.body = body,.arg = arg};
	PgmScratchState state;
	PgmUncommittedEnums enums;
	ErrorData  *error;

	pgm_trial_check(scratch->function);
	check_rights(scratch);
	check_lock_room(scratch);
	pgm_scratch_state_open(&state, scratch);

	/*
	 * Each statement in the scratch makes the server forget which enum values
	 * the transaction has added (see pgm_scratch_statement_begin()).  Those
	 * added before the scratch have to be known again afterwards, as they are
	 * still uncommitted.
	 */
	pgm_uncommitted_enums_save(&enums);
	PG_TRY();
	{
		error = pgm_subtransaction("pg_migrate_scratch", run_in_scratch, &call);
	}
	PG_CATCH();
	{
		/*
		 * A hook of another extension has ended the subtransaction beneath
		 * us. The state is on this stack, and would look open to all later
		 * scratches of the session.  Its memory context may have gone with
		 * the transaction, so it is left to its parent.
		 */
		pgm_scratch_state_forget();
		PG_RE_THROW();
	}
	PG_END_TRY();
	pgm_run_active = false;
	pgm_uncommitted_enums_restore(&enums);
	pgm_scratch_state_close();
	if (error)
		ReThrowError(error);
}
