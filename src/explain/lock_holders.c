/*
 * lock_holders.c
 *	  The sessions that a plan would wait for if it ran now.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lock.h"

#include "explain/lock_holders.h"
#include "run/locks/lock_watch.h"

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

/* The sessions whose locks conflict with one of the plan's, or NULL */
static char *
blockers_of(Oid relid, LOCKMODE mode)
{
	LOCKTAG		tag;
	char	   *who;
	char	   *help;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relid);
	pgm_lockwatch_note(&tag, mode);
	who = pgm_lockwatch_blockers(&help);
	return who ? psprintf("%s; wait, or %s", who, help) : NULL;
}

/* Add the blockers of relations that lint could not lock, whose effects are unknown. */
static List *
add_blocked(List *lines, const PgmLint *l)
{
	int			before = list_length(lines);
	List	   *seen = NIL;
	ListCell   *lc;

	foreach(lc, l->blocked)
	{
		const PgmBlocked *b = lfirst(lc);
		char	   *blockers = list_member_oid(seen, b->relid) ? NULL :
			blockers_of(b->relid, b->mode);

		seen = lappend_oid(seen, b->relid);
		if (blockers)
			lines = lappend(lines, blockers);
	}
	if (l->blocked && list_length(lines) == before)
		lines = lappend(lines, pstrdup("Another session held a lock, so that not every statement could be judged"));
	return lines;
}

/*
 * Who has locks that the plan needs, or is an old transaction that it waits for:
 * lines (char *), as far as the current user may see them.
 */
List *
pgm_lock_holders(const PgmExplanation *x)
{
	List	   *lines = NIL;
	char	   *oldest;
	ListCell   *lc;

	foreach(lc, pgm_explain_locks(x))
	{
		const PgmHeld *h = lfirst(lc);
		char	   *blockers = blockers_of(h->relid, h->mode);

		if (blockers)
			lines = lappend(lines, blockers);
	}
	lines = add_blocked(lines, x->lint);
	oldest = any_concurrently(x) ? pgm_lockwatch_oldest() : NULL;
	if (oldest)
		lines = lappend(lines, psprintf("CONCURRENTLY waits for all transactions that are older than itself, of which the oldest is %s", oldest));
	return lines;
}
