/*
 * waitingfor.c
 *	  Whom a plan would wait for if it ran now.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lock.h"

#include "lint/waitingfor.h"
#include "run/lockwatch.h"

/* Does any statement wait for older transactions, as CONCURRENTLY does? */
static bool
any_concurrently(const PgmExplanation *x)
{
	ListCell   *lc;

	foreach(lc, x->statements)
	{
		const PgmExplained *e = lfirst(lc);

		if (e->judged && e->judged->lone && !IsA(e->statement->raw->stmt, CallStmt) &&
			!IsA(e->statement->raw->stmt, VacuumStmt))
			return true;
	}
	return false;
}

/*
 * Who has locks that the plan needs, or is an old transaction that it waits for:
 * lines (char *), as far as the current user may see them.
 */
List *
pgm_waiting(const PgmExplanation *x)
{
	List	   *lines = NIL;
	char	   *oldest;
	ListCell   *lc;

	foreach(lc, pgm_explain_locks(x))
	{
		const PgmHeld *h = lfirst(lc);
		LOCKTAG		tag;
		char	   *blockers;

		SET_LOCKTAG_RELATION(tag, MyDatabaseId, h->relid);
		pgm_lockwatch_note(&tag, h->mode);
		blockers = pgm_lockwatch_blockers();
		if (blockers)
			lines = lappend(lines, blockers);
	}
	oldest = any_concurrently(x) ? pgm_lockwatch_oldest() : NULL;
	if (oldest)
		lines = lappend(lines, psprintf("CONCURRENTLY waits for all transactions that are older than itself, of which the oldest is %s", oldest));
	return lines;
}
