/*
 * session_leftovers.c
 *	  What confined scripts may not leave behind: anything that would run
 *	  their code as the caller afterwards.
 *
 * Deferred triggers fire, and cursors WITH HOLD are executed, when the caller
 * commits; and what is in pg_temp hides what the caller means by its name,
 * system views included.  So the triggers are fired while the scripts' role is
 * still on, such cursors are refused, and what was put into pg_temp is dropped.
 *
 * Objects in pg_temp also hide what the scripts mean by their names: a temporary
 * table of the caller has the caller's triggers, which would be executed as the
 * scripts' role.  So a caller who could not act as that role may have nothing there.
 *
 * Prepared statements, cursors and other state of the session that no rollback
 * restores are guarded while the scripts run: prepared_statements.c, cursors.c,
 * plpgsql_functions.c, session_guard.c.  The guard ends when the role is left, or
 * when the transaction or subtransaction in which it was entered is rolled back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#include "compat.h"
#include "errors.h"
#include "run/confine/cursors.h"
#include "run/confine/plpgsql_functions.h"
#include "run/confine/prepared_statements.h"
#include "run/confine/session_guard.h"
#include "run/confine/session_leftovers.h"
#include "run/execute/deferred.h"
#include "run/locks/run_lock.h"
#include "util/spi.h"

/* The (sub)transaction in which the guard was begun */
static SubTransactionId guarded = InvalidSubTransactionId;

/*
 * Objects of any kind in pg_temp, and what depends on them: triggers of a temporary
 * table, for example.  Internal dependencies are not followed, as parts of another
 * object are dropped with it.
 */
static PgmQuery temporary_query = {
	.sql = "WITH RECURSIVE t (classid, objid, own) AS ("
	" SELECT classid, objid, true FROM pg_depend"
	"  WHERE refclassid = 'pg_namespace'::regclass AND refobjid = pg_my_temp_schema()"
	" UNION"
	" SELECT d.classid, d.objid, false FROM t JOIN pg_depend d ON d.refclassid = t.classid AND d.refobjid = t.objid"
	"  WHERE d.deptype IN ('n', 'a'))"
	" SELECT classid, objid,"
	"   CASE WHEN bool_or(own) THEN pg_describe_object(classid, objid, 0) END"
	" FROM t GROUP BY classid, objid"
};

/*
 * Owners of objects in pg_temp, with one of the objects each.  There is no row for the
 * bootstrap superuser, who is pinned and has no dependencies in pg_shdepend, but who can
 * act as any role.
 */
static PgmQuery owners_query = {
	.sql = "SELECT s.refobjid, min(pg_describe_object(d.classid, d.objid, 0))"
	" FROM pg_depend d JOIN pg_shdepend s ON s.classid = d.classid AND s.objid = d.objid"
	"  AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'"
	" WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = pg_my_temp_schema()"
	"  AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
	" GROUP BY s.refobjid"
};

/* An object in pg_temp */
typedef struct PgmTemporary
{
	ObjectAddress address;
	char	   *description;	/* NULL if it was added to another one */
} PgmTemporary;

/*
 * Raise 55006 if deferred triggers of the caller are pending: they would fire when
 * those of the scripts do, and as the scripts' role.
 */
static void
check_no_pending_events(void)
{
	/* a transaction without an xid has changed nothing; that spares a query */
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) && pgm_deferred_pending())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot run migrations as another role while deferred constraints are pending"),
				 errdetail("This transaction has changed tables whose deferred constraints are not checked yet."),
				 errhint("Commit first, or say SET CONSTRAINTS ALL IMMEDIATE.")));
}

/*
 * Raise 42501 if a temporary object of the session belongs to a role that could not act
 * as the scripts' role.
 */
static void
check_temporary_owners(Oid role)
{
	char	   *object = NULL;
	Oid			owner = InvalidOid;
	MemoryContext caller = CurrentMemoryContext;
	PgmSpi		spi;
	uint64		n;

	/* no temporary schema was made in this session, so nothing can be in it */
	if (!OidIsValid(LookupExplicitNamespace("pg_temp", true)))
		return;
	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &owners_query, NULL, NULL);
	for (uint64 i = 0; i < n && object == NULL; i++)
	{
		bool		isnull;

		owner = DatumGetObjectId(pgm_spi_datum(i, 1, &isnull));
		if (!pgm_can_act_as(owner, role))
			object = MemoryContextStrdup(caller, pgm_spi_text(i, 2));
	}
	pgm_spi_end(&spi);
	if (object)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("cannot run migrations as role \"%s\" in a session with temporary objects of \"%s\"",
						GetUserNameFromId(role, false), GetUserNameFromId(owner, false)),
				 errdetail("A script could mean another object by the name of %s, and run what is attached to it.",
						   object),
				 errhint("DISCARD TEMP, or call in another session.")));
}

/*
 * Fire the deferred triggers of the scripts, as their role.
 *
 * Raises PGM_ERRCODE_INVALID_SCRIPT if some are pending even then, because a trigger has
 * deferred others: they would fire as the caller.
 */
static void
fire_deferred(void)
{
	pgm_deferred_fire_all(NULL);
	if (pgm_deferred_pending())
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_SCRIPT),
				 errmsg("the migrations leave deferred triggers behind"),
				 errdetail("A deferred trigger deferred others, which would fire as the caller."),
				 errhint("Take SET CONSTRAINTS out of the trigger functions.")));
}

/* The objects in pg_temp: a list of PgmTemporary, in the current memory context. */
static List *
list_temporary(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *result = NIL;
	PgmSpi		spi;
	uint64		n;

	if (!OidIsValid(LookupExplicitNamespace("pg_temp", true)))
		return NIL;
	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &temporary_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;
		char	   *description = pgm_spi_text(i, 3);
		MemoryContext old = MemoryContextSwitchTo(caller);
		PgmTemporary *t = palloc(sizeof(PgmTemporary));

		ObjectAddressSet(t->address,
						 DatumGetObjectId(pgm_spi_datum(i, 1, &isnull)),
						 DatumGetObjectId(pgm_spi_datum(i, 2, &isnull)));
		t->description = description ? pstrdup(description) : NULL;
		result = lappend(result, t);
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/* Is the object in a list of PgmTemporary? */
static bool
has_object(const List *temporary, const ObjectAddress *address)
{
	ListCell   *lc;

	foreach(lc, temporary)
	{
		const ObjectAddress *other = &((const PgmTemporary *) lfirst(lc))->address;

		if (other->objectId == address->objectId &&
			other->classId == address->classId)
			return true;
	}
	return false;
}

/*
 * Raise PGM_ERRCODE_INVALID_SCRIPT if an object that was in pg_temp before is not there
 * any more.  What was attached to another object may have been dropped with good reason,
 * such as by a rewrite, and has no description.
 */
static void
check_dropped(List *before, List *after)
{
	ListCell   *lc;

	foreach(lc, before)
	{
		const PgmTemporary *t = lfirst(lc);

		if (t->description && !has_object(after, &t->address))
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_SCRIPT),
					 errmsg("the migrations drop %s, which is temporary",
							t->description),
					 errdetail("It was made by the session that runs the migrations."),
					 errhint("Drop it in that session, or take another name in the script.")));
	}
}

/* Drop the objects that were put into pg_temp since, or attached to what was there. */
static void
drop_temporary(List *before)
{
	List	   *after = list_temporary();
	ObjectAddresses *objects = new_object_addresses();
	ListCell   *lc;

	check_dropped(before, after);
	foreach(lc, after)
	{
		const PgmTemporary *t = lfirst(lc);

		if (!has_object(before, &t->address))
			add_exact_object_address(&t->address, objects);
	}
	/* all at once, so that their order does not matter */
	performMultipleDeletions(objects, DROP_CASCADE,
							 PERFORM_DELETION_INTERNAL |
							 PERFORM_DELETION_QUIETLY);
	free_object_addresses(objects);
	CommandCounterIncrement();
}

/*
 * Make random() unpredictable again, which a script may have seeded.  The seed can
 * neither be read nor be restored, and there is more than one way to set it.
 */
static void
seed_random(void)
{
	int64		seed;

	if (pg_strong_random(&seed, sizeof(seed)))
		(void) DirectFunctionCall1(setseed,
								   Float8GetDatum((double) seed / (double) PG_INT64_MAX));
}

/*
 * Give the session back to the caller.  Raises nothing, because it is also called while
 * a transaction aborts: so it may not read catalogs.
 */
static void
end_guard(bool transaction_aborted)
{
	pgm_run_confined = false;
	guarded = InvalidSubTransactionId;
	pgm_prepared_drop();
	pgm_plpgsql_recompile();
	pgm_cursors_unprotect(transaction_aborted);
	seed_random();
}

/*
 * SubXactCallback: end the guard with the subtransaction in which it was begun.
 *
 * A subtransaction within that one may fail and be caught by the script, which goes on
 * and stays guarded.
 */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId id,
					  SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB && pgm_run_confined && id == guarded)
		end_guard(false);
}

/* XactCallback: end the guard with the transaction. */
static void
at_transaction_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT && pgm_run_confined)
		end_guard(true);
}

/* Install the hooks and callbacks; called when the library is loaded. */
void
pgm_leftovers_init(void)
{
	pgm_guard_init();
	RegisterSubXactCallback(at_subtransaction_end, NULL);
	RegisterXactCallback(at_transaction_end, NULL);
}

/*
 * Begin to guard the session; to be called before the role of confined scripts is
 * entered.  The temporary objects there are then are noted in *before.
 *
 * Raises 55006 when deferred triggers of the caller are pending, 42501 when there
 * are temporary objects of somebody who could not act as the role.
 */
void
pgm_leftovers_begin(PgmLeftovers *before, Oid role)
{
	Assert(!pgm_run_confined);
	Assert(OidIsValid(role));
	check_no_pending_events();
	check_temporary_owners(role);
	before->temporary = list_temporary();

	/*
	 * What follows changes the session.  From here on the callbacks above end
	 * the guard if an error is raised.
	 */
	guarded = GetCurrentSubTransactionId();
	pgm_run_confined = true;
	pgm_plpgsql_watch();
	pgm_cursors_protect();
}

/*
 * Remove what the scripts have left in the session, and end the guard; to be called
 * before their role is left.
 *
 * Raises the errors of deferred triggers, and PGM_ERRCODE_INVALID_SCRIPT for
 * triggers and cursors that would be executed at the commit, and for temporary objects
 * of the caller that were dropped.
 */
void
pgm_leftovers_end(const PgmLeftovers *before)
{
	Assert(pgm_run_confined);

	/*
	 * In this order: a trigger may open cursors and create temporary objects,
	 * and an open cursor keeps its temporary table from being dropped.  All
	 * of them are code of the scripts, so the guard ends last.
	 */
	fire_deferred();
	pgm_cursors_close();
	drop_temporary(before->temporary);
	end_guard(false);
}
