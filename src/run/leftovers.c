/*
 * leftovers.c
 *	  What confined scripts may not leave behind: anything that would run
 *	  their code as the caller afterwards.
 *
 * Deferred triggers fire, and cursors WITH HOLD are executed, when the caller
 * commits; and what is in pg_temp hides what the caller means by its name,
 * system views included.  So the triggers are fired while the scripts' role is
 * still on, such cursors are refused, and what was put into pg_temp is dropped.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "utils/portal.h"

#include "errors.h"
#include "registry/spi.h"
#include "run/leftovers.h"

static PgmQuery deferrable_query = {
	.sql = "SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgdeferrable"
};
static PgmQuery held_query = {
	.sql = "SELECT name FROM pg_cursors WHERE is_holdable"
};

/* relations, and the types that are not part of one */
static PgmQuery temporary_query = {
	.sql = "SELECT oid, tableoid FROM pg_class"
	" WHERE relnamespace = pg_my_temp_schema() AND relkind <> 'c'"
	" UNION ALL SELECT t.oid, t.tableoid FROM pg_type t"
	" WHERE typnamespace = pg_my_temp_schema() AND typelem = 0"
	"   AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND relkind <> 'c')"
};

/* Are deferred triggers waiting to be fired? */
bool
pgm_events_pending(void)
{
	PgmSpi		spi;
	uint64		n;
	bool		pending = false;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &deferrable_query, NULL, NULL);
	for (uint64 i = 0; i < n && !pending; i++)
	{
		bool		isnull;

		pending = AfterTriggerPendingOnRel(DatumGetObjectId(pgm_spi_datum(i, 1,
																		  &isnull)));
	}
	pgm_spi_end(&spi);
	return pending;
}

/*
 * Refuse to begin over deferred triggers of the caller: they would fire when
 * those of the scripts do.
 */
static void
check_none_before(void)
{
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) && pgm_events_pending())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot run migrations as another role while deferred constraints are pending"),
				 errdetail("This transaction has changed tables whose deferred constraints are not checked yet."),
				 errhint("Commit first, or say SET CONSTRAINTS ALL IMMEDIATE.")));
}

/*
 * Fire the deferred triggers of the scripts.  One of them may have deferred
 * more, which would then fire as the caller.
 */
static void
fire_deferred(void)
{
	ConstraintsSetStmt *stmt = makeNode(ConstraintsSetStmt);

	AfterTriggerSetState(stmt);
	if (pgm_events_pending())
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_SCRIPT),
				 errmsg("the migrations leave deferred triggers behind"),
				 errdetail("A deferred trigger deferred others, which would fire as the caller."),
				 errhint("Take SET CONSTRAINTS out of the trigger functions.")));
}

/* Refuse a cursor that the server would execute at commit, as the caller. */
static void
check_cursors(void)
{
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &held_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *name = pgm_spi_text(i, 1);
		Portal		portal = GetPortalByName(name);

		if (PortalIsValid(portal) &&
			portal->createSubid == GetCurrentSubTransactionId())
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_SCRIPT),
					 errmsg("the migrations leave cursor \"%s\" WITH HOLD open",
							name),
					 errdetail("It would be executed as the caller at commit."),
					 errhint("CLOSE the cursor in the script that declares it.")));
	}
	pgm_spi_end(&spi);
}

/*
 * What is in pg_temp: a list of oids; with "objects" also added there, unless
 * it is in "except".
 */
static List *
list_temporary(List *except, ObjectAddresses *objects)
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
		Oid			oid = DatumGetObjectId(pgm_spi_datum(i, 1, &isnull));
		Oid			class = DatumGetObjectId(pgm_spi_datum(i, 2, &isnull));
		MemoryContext old = MemoryContextSwitchTo(caller);

		result = lappend_oid(result, oid);
		if (objects && !list_member_oid(except, oid))
		{
			ObjectAddress object;

			ObjectAddressSet(object, class, oid);
			add_exact_object_address(&object, objects);
		}
		MemoryContextSwitchTo(old);
	}
	pgm_spi_end(&spi);
	return result;
}

/* Drop what was put into pg_temp. */
static void
drop_temporary(List *before)
{
	ObjectAddresses *objects = new_object_addresses();

	list_temporary(before, objects);
	performMultipleDeletions(objects, DROP_CASCADE,
							 PERFORM_DELETION_INTERNAL |
							 PERFORM_DELETION_QUIETLY);
	free_object_addresses(objects);
	CommandCounterIncrement();
}

/*
 * To be called before the role of confined scripts is entered.
 *
 * Raises 55006 when deferred triggers of the caller are pending.
 */
void
pgm_leftovers_begin(PgmLeftovers *before)
{
	check_none_before();
	before->temporary = list_temporary(NIL, NULL);
}

/*
 * To be called before it is left.
 *
 * Raises whatever deferred triggers raise, and PGM_ERRCODE_INVALID_SCRIPT for
 * what they or cursors leave for the commit.
 */
void
pgm_leftovers_end(const PgmLeftovers *before)
{
	fire_deferred();
	check_cursors();
	drop_temporary(before->temporary);
}
