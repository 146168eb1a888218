/*
 * agreement.c
 *	  Does what a trial saw agree with what was predicted?
 *
 * The question is always the same: is a relation that was there before read or
 * rewritten under a lock, SHARE or stronger, that keeps others from it?
 */
#include "postgres.h"

#include "catalog/pg_class.h"

#include "explain/explain.h"

/* The relation as the trial saw it, or NULL. */
static const PgmSeenRelation *
seen_relation(const PgmExplained *e, Oid relid)
{
	ListCell   *lc;

	foreach(lc, e->tried->seen.relations)
	{
		const PgmSeenRelation *r = lfirst(lc);

		if (r->relid == relid)
			return r;
	}
	return NULL;
}

/* What was done to the relation; a NULL one was not touched. */
static PgmWork
seen_work(const PgmSeenRelation *r)
{
	if (r == NULL)
		return PGM_WORK_NONE;
	return r->rewritten ? PGM_WORK_REWRITE : r->did.scans > 0 ? PGM_WORK_SCAN :
		PGM_WORK_NONE;
}

/* Did the trial execute the statement itself, not a transactional form of it? */
static bool
was_executed(const PgmExplained *e)
{
	return e->tried && e->tried->outcome == PGM_TRIED_EXECUTED;
}

/* Do rows, or the server, refuse what the finding is about? */
static bool
is_about_failure(const PgmFinding *f)
{
	return strcmp(f->rule->name, "existing-rows") == 0 ||
		strcmp(f->rule->name, "type-dependents") == 0 ||
		strcmp(f->rule->name, "cannot-judge") == 0;
}

/*
 * Does only the trial, which commits nothing, still hold the lock?  Then a
 * transaction before this one took it, as far as is predicted.
 */
static bool
would_be_released(const PgmExplained *e, const PgmSeenRelation *r)
{
	ListCell   *lc;

	if (e->judged == NULL || e->judged->transaction == 1 || r->mode >= ShareLock)
		return false;
	foreach(lc, e->held)
	{
		const PgmHeld *h = lfirst(lc);

		if (h->relid == r->relid && h->mode >= ShareLock)
			return false;
	}
	return true;
}

/*
 * "confirmed" or "not confirmed" by the trial; NULL where it cannot tell.
 */
const char *
pgm_explain_confirmed(const PgmExplained *e, const PgmFinding *f)
{
	const PgmSeenRelation *r;
	bool		confirmed;

	if (e->tried == NULL || e->tried->outcome == PGM_TRIED_NOT || f->unlooked)
		return NULL;
	if (is_about_failure(f))
		confirmed = (e->tried->outcome == PGM_TRIED_FAILED) == !f->cleared;
	else if (!was_executed(e) || f->table == NULL || !OidIsValid(f->table->relid))
		return NULL;
	else
	{
		r = seen_relation(e, f->table->relid);
		if (f->cleared)
		{
			confirmed = r == NULL || r->held < ShareLock || seen_work(r) == PGM_WORK_NONE;
			if (!confirmed && would_be_released(e, r))
				return NULL;
		}
		else if (f->mode == NoLock)
			return NULL;
		else
			confirmed = seen_work(r) >= f->work &&
				(f->work != PGM_WORK_NONE || r == NULL || r->held >= f->mode);
	}
	return confirmed ? "confirmed" : "not confirmed";
}

/* Is it a table of rows? */
static bool
has_rows(char kind)
{
	return kind == RELKIND_RELATION || kind == RELKIND_MATVIEW;
}

/* Add a line for each table with work that was predicted and not seen. */
static List *
add_missing(List *lines, const PgmExplained *e)
{
	ListCell   *lc;

	foreach(lc, e->judged->predictions)
	{
		const PgmPrediction *p = lfirst(lc);

		if (p->mode >= ShareLock && p->work != PGM_WORK_NONE &&
			seen_work(seen_relation(e, p->relid)) == PGM_WORK_NONE)
			lines = lappend(lines, psprintf("a %s of %s was predicted, and not seen",
											pgm_effect_work_name(p->work), p->name));
	}
	return lines;
}

/*
 * Add a line for each table with work that was seen and not predicted.  Work
 * under a lock that only an earlier statement took does not count.
 */
static List *
add_surprises(List *lines, const PgmExplained *e)
{
	ListCell   *lc;

	foreach(lc, e->tried->seen.relations)
	{
		const PgmSeenRelation *r = lfirst(lc);
		const PgmPrediction *p = pgm_prediction_of(e->judged->predictions, r->relid);
		LOCKMODE	mode = Max(r->mode, p ? p->mode : NoLock);

		if (!has_rows(r->kind) || mode < ShareLock ||
			seen_work(r) == PGM_WORK_NONE || (p && p->work != PGM_WORK_NONE))
			continue;
		lines = lappend(lines, psprintf("a %s of %s was seen, and not predicted",
										pgm_effect_work_name(seen_work(r)), r->name));
	}
	return lines;
}

/*
 * Where prediction and trial differ, a line (char *) each.  A statement that was
 * not executed as it stands says nothing.
 */
List *
pgm_explain_disagreements(const PgmExplained *e)
{
	if (e->judged == NULL || !was_executed(e))
		return NIL;
	return add_surprises(add_missing(NIL, e), e);
}
