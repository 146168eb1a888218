/*
 * cursors.c
 *	  Cursors of confined scripts, and of their callers.
 *
 * A script may not fetch from a cursor of the caller, which would move it and
 * run its query as another role, nor close it, which no rollback undoes, and
 * open another one under its name.  PL/pgSQL does all that without any utility
 * statement.  So the caller's cursors are marked active while scripts run: the
 * server neither runs nor drops a cursor that is being run already.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/memutils.h"
#include "utils/portal.h"

#include "errors.h"
#include "run/confine/cursors.h"
#include "util/spi.h"

/* all that can be named: those of the protocol, too */
static PgmQuery cursors_query = {
	.sql = "SELECT name, is_holdable FROM pg_cursors"
};

/* A cursor of the caller */
typedef struct PgmShut
{
	Portal		portal;
	PortalStatus status;		/* before it was marked */
} PgmShut;

static List *shut = NIL;

/*
 * Mark the cursors that there are.  Those that are active already, the call
 * itself among them, need no mark.
 */
void
pgm_cursors_shut(void)
{
	PgmSpi		spi;
	uint64		n;

	Assert(shut == NIL);
	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &cursors_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		Portal		portal = GetPortalByName(pgm_spi_text(i, 1));
		MemoryContext old;
		PgmShut    *s;

		if (!PortalIsValid(portal) || portal->status == PORTAL_ACTIVE)
			continue;
		old = MemoryContextSwitchTo(TopMemoryContext);
		s = palloc(sizeof(PgmShut));
		s->portal = portal;
		s->status = portal->status;
		shut = lappend(shut, s);
		MemoryContextSwitchTo(old);
		portal->status = PORTAL_ACTIVE;
	}
	pgm_spi_end(&spi);
}

/* Is this the name of a cursor of the caller? */
bool
pgm_cursor_is_shut(const char *name)
{
	Portal		portal = GetPortalByName(name);
	ListCell   *lc;

	foreach(lc, shut)
	{
		if (((PgmShut *) lfirst(lc))->portal == portal)
			return true;
	}
	return false;
}

/*
 * Close the cursors that the scripts have opened.  One WITH HOLD is refused:
 * the script means it to outlive the transaction.
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
 * Take the marks away; raises nothing.  At the abort of a whole transaction
 * the server has passed over the cursors of that transaction, which is to drop
 * them, because they were active.
 */
void
pgm_cursors_reopen(bool transaction_aborted)
{
	ListCell   *lc;

	foreach(lc, shut)
	{
		PgmShut    *s = lfirst(lc);

		if (s->portal->status != PORTAL_ACTIVE)
			continue;			/* the session is about to end */
		s->portal->status = s->status;
		if (transaction_aborted && s->status == PORTAL_READY &&
			s->portal->createSubid != InvalidSubTransactionId &&
			!s->portal->autoHeld)
			MarkPortalFailed(s->portal);
	}
	list_free_deep(shut);
	shut = NIL;
}
