/*
 * cursors.c
 *	  Cursors of confined scripts, and of their callers.
 *
 * A script may not fetch from a cursor of the caller, which would move it and
 * run its query as another role.  It may not close the cursor either, which no
 * rollback undoes, and open another one under its name.  PL/pgSQL does all that
 * without any utility statement that a hook would see.  So the caller's cursors are
 * marked active while scripts run: the server neither runs nor drops an active one.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "errors.h"
#include "run/confine/cursors.h"
#include "util/spi.h"

/* All cursors that can be named, those of the protocol included */
static PgmQuery cursors_query = {
	.sql = "SELECT name, is_holdable FROM pg_cursors"
};

/* A cursor of the caller that is marked active */
typedef struct PgmCallerCursor
{
	Portal		portal;
	PortalStatus status;		/* before it was marked */
} PgmCallerCursor;

/* The marked cursors, in TopMemoryContext; they cannot be dropped while marked */
static List *protected_cursors = NIL;

/*
 * Mark the open cursors as active.  Those that are active already, the portal of the
 * running call among them, need no mark, and keep it when the others lose it.
 */
void
pgm_cursors_protect(void)
{
	PgmSpi		spi;
	uint64		n;

	Assert(protected_cursors == NIL);
	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &cursors_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Portal		portal = GetPortalByName(pgm_spi_text(i, 1));
		MemoryContext old;
		PgmCallerCursor *c;

		if (!PortalIsValid(portal) || portal->status == PORTAL_ACTIVE)
			continue;
		/* the list is needed at the abort of the transaction */
		old = MemoryContextSwitchTo(TopMemoryContext);
		c = palloc(sizeof(PgmCallerCursor));
		c->portal = portal;
		c->status = portal->status;
		protected_cursors = lappend(protected_cursors, c);
		MemoryContextSwitchTo(old);

		/*
		 * not before it is in the list, from which alone it gets its status
		 * back
		 */
		portal->status = PORTAL_ACTIVE;
	}
	pgm_spi_end(&spi);
}

/* Is this the name of a cursor of the caller, which is marked active? */
bool
pgm_cursor_is_protected(const char *name)
{
	Portal		portal = GetPortalByName(name);
	ListCell   *lc;

	foreach(lc, protected_cursors)
	{
		if (((PgmCallerCursor *) lfirst(lc))->portal == portal)
			return true;
	}
	return false;
}

/*
 * Close the cursors that the scripts have opened: those that are not active.
 *
 * Raises PGM_ERRCODE_INVALID_SCRIPT for one WITH HOLD.  Closing it silently would be
 * wrong, because the script means it to outlive the transaction.
 */
void
pgm_cursors_close(void)
{
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &cursors_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *name = pgm_spi_text(i, 1);
		Portal		portal = GetPortalByName(name);

		if (!PortalIsValid(portal) || portal->status == PORTAL_ACTIVE)
			continue;
		if (portal->cursorOptions & CURSOR_OPT_HOLD)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_SCRIPT),
					 errmsg("the migrations leave cursor \"%s\" WITH HOLD open",
							name),
					 errdetail("It would be executed as the caller at commit."),
					 errhint("CLOSE the cursor in the script that declares it.")));
		PortalDrop(portal, false);
	}
	pgm_spi_end(&spi);
}

/*
 * Give the caller's cursors their status back; raises nothing.
 *
 * "transaction_aborted" says that the main transaction aborts.  AtAbort_Portals() has
 * been called before us, and has passed over these cursors because they were active.
 * So we mark those as failed that it would have: the ones of this transaction.
 */
void
pgm_cursors_unprotect(bool transaction_aborted)
{
	ListCell   *lc;

	foreach(lc, protected_cursors)
	{
		PgmCallerCursor *c = lfirst(lc);

		/* AtAbort_Portals() marks active ones as failed when the process ends */
		if (c->portal->status != PORTAL_ACTIVE)
			continue;
		c->portal->status = c->status;
		if (transaction_aborted && c->status == PORTAL_READY &&
			c->portal->createSubid != InvalidSubTransactionId &&
			!c->portal->autoHeld)
			MarkPortalFailed(c->portal);
	}
	list_free_deep(protected_cursors);
	protected_cursors = NIL;
}
