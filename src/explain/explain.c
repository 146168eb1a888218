/*
 * explain.c
 *	  What a plan would do, statement by statement: the predictions and findings
 *	  of lint, and the locks that are held by then.
 */
#include "postgres.h"

#include "access/relation.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "explain/explain.h"
#include "trial/transactional_form.h"
#include "util/lock_name.h"

/* So many relations are named before a trial */
#define MANY_RELATIONS 20

/* Locks that a statement needs beside those on relations that are there */
#define LOCKS_PER_STATEMENT 4

/* The locks that the statements of a transaction have taken so far */
typedef struct PgmHolding
{
	int			transaction;
	List	   *held;			/* PgmHeld */
} PgmHolding;

/* The lock that is held on a relation, or NULL */
static PgmHeld *
find_held(const List *held, Oid relid)
{
	ListCell   *lc;

	foreach(lc, held)
	{
		PgmHeld    *h = lfirst(lc);

		if (h->relid == relid)
			return h;
	}
	return NULL;
}

/* A deep copy: the next statement must not change what this one reports. */
static List *
copy_held(const List *held)
{
	List	   *copy = NIL;
	ListCell   *lc;

	foreach(lc, held)
	{
		PgmHeld    *h = palloc(sizeof(PgmHeld));

		*h = *(const PgmHeld *) lfirst(lc);
		copy = lappend(copy, h);
	}
	return copy;
}

/*
 * Add the locks of a statement to those that are held.  Locks up to ROW SHARE are
 * left out: they block nothing but ACCESS EXCLUSIVE and EXCLUSIVE.  A trial takes
 * the locks of the transactional forms that it executes.
 */
static void
hold(PgmHolding *h, const PgmJudged *j, bool trial)
{
	ListCell   *lc;

	foreach(lc, j->predictions)
	{
		const PgmPrediction *p = lfirst(lc);
		PgmHeld    *held = find_held(h->held, p->relid);
		LOCKMODE	mode = trial ?
			pgm_transactional_form_mode(j->statement->raw->stmt, p->mode) : p->mode;

		if (mode <= RowShareLock)
			continue;
		if (held == NULL)
		{
			held = palloc0(sizeof(PgmHeld));
			held->relid = p->relid;
			held->name = p->name;
			h->held = lappend(h->held, held);
		}
		held->bytes = Max(held->bytes, p->bytes);
		held->mode = Max(held->mode, mode);
	}
}

/* The findings about a statement */
static List *
findings_of(const PgmLint *lint, const PgmStatement *statement)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, lint->findings.list)
	{
		PgmFinding *f = lfirst(lc);

		if (f->statement == statement)
			found = lappend(found, f);
	}
	return found;
}

/* The findings about a migration that are about none of its statements. */
List *
pgm_explain_general(const PgmExplanation *x, const PgmStep *step)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, x->lint->findings.list)
	{
		PgmFinding *f = lfirst(lc);

		if (f->step == step && f->statement == NULL)
			found = lappend(found, f);
	}
	return found;
}

/* Add a statement to the explanation. */
static PgmExplained *
add_statement(PgmExplanation *x, const PgmStep *step, const PgmScript *script,
			  const PgmStatement *statement, const PgmJudged *judged)
{
	PgmExplained *e = palloc0(sizeof(PgmExplained));

	e->step = step;
	e->script = script;
	e->statement = statement;
	e->judged = judged;
	x->statements = lappend(x->statements, e);
	return e;
}

/* Add a statement that lint judged, with the locks held when it begins. */
static void
add_judged(PgmExplanation *x, PgmHolding *h, const PgmJudged *j)
{
	PgmExplained *e = add_statement(x, j->step, j->script, j->statement, j);

	if (j->transaction != h->transaction && !x->lint->view.one_transaction)
		h->held = NIL;
	h->transaction = j->transaction;
	e->held = copy_held(h->held);
	e->findings = findings_of(x->lint, j->statement);
	hold(h, j, false);
}

/* Lint judges in the order of the steps, the upgrade before the verify script. */
static int
add_step(PgmExplanation *x, PgmHolding *h, const PgmStep *step, int next)
{
	while (next < list_length(x->lint->statements))
	{
		const PgmJudged *j = list_nth(x->lint->statements, next);

		if (j->step != step || j->down)
			break;
		add_judged(x, h, j);
		next++;
	}
	return next;
}

/* The prediction about an upgrade.  Runs nothing. */
PgmExplanation *
pgm_explain(PgmRun *run)
{
	PgmExplanation *x = palloc0(sizeof(PgmExplanation));
	PgmHolding	h = {0, NIL};
	int			next = 0;

	x->run = run;
	x->lint = pgm_lint_judge(run, NIL, true);
	for (int i = 0; i < run->plan->nsteps; i++)
		next = add_step(x, &h, &run->steps[i], next);
	return x;
}

/*
 * The relations that the plan, or a trial of it, and scripts before it lock,
 * each with its strongest lock
 */
static List *
all_locks(const PgmExplanation *x, List *before, bool trial)
{
	PgmHolding	all = {0, NIL};
	ListCell   *lc;

	foreach(lc, x->statements)
	{
		const PgmExplained *e = lfirst(lc);

		if (e->judged)
			hold(&all, e->judged, trial);
	}
	if (before != NIL)
		foreach(lc, pgm_lint_judge_scripts(before)->statements)
	{
		hold(&all, lfirst(lc), trial);
	}
	return all.held;
}

/* The relations that the plan locks (PgmHeld). */
List *
pgm_explain_locks(const PgmExplanation *x)
{
	return all_locks(x, NIL, false);
}

/* Announce which relations the trial locks, and which of its effects stay. */
static void
announce_locks(const List *locks)
{
	StringInfoData buf;
	int			n = 0;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, locks)
	{
		const PgmHeld *h = lfirst(lc);

		if (++n <= MANY_RELATIONS)
			appendStringInfo(&buf, "%s%s on %s (%s)", buf.len ? ", " : "",
							 pgm_lock_name(h->mode), h->name,
							 pgm_size_name(h->bytes));
	}
	if (n > MANY_RELATIONS)
		appendStringInfo(&buf, " and %d more", n - MANY_RELATIONS);
	ereport(NOTICE,
			(n == 0 ? errmsg("the trial locks no relation that is there") :
			 errmsg("the trial locks %s", buf.data),
			 errdetail("It is rolled back. Not undone are values taken from sequences, counters of the statistics system, WAL, dead rows in the catalog, session-level advisory locks, and what is done outside of the database.")));
}

/* A relation's own lock, its indexes', and two of its TOAST table */
static int64
locks_for(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	int64		n = 1;

	if (rel == NULL)
		return n;
	if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind) ||
		rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		n += list_length(RelationGetIndexList(rel));
	if (OidIsValid(rel->rd_rel->reltoastrelid))
		n += 2;
	relation_close(rel, AccessShareLock);
	return n;
}

/* About how many entries of the lock table a trial needs */
static int64
locks_needed(const PgmExplanation *x, const List *locks)
{
	int64		n = (int64) list_length(x->statements) * LOCKS_PER_STATEMENT;
	ListCell   *lc;

	foreach(lc, locks)
	{
		n += locks_for(((const PgmHeld *) lfirst(lc))->relid);
	}
	return n;
}

/* The trial itself: it ends with the first script that fails. */
static void
try_plan(PgmTrial *trial, void *arg)
{
	PgmExplanation *x = arg;

	for (int i = 0; i < x->run->plan->nsteps; i++)
	{
		const PgmStep *step = &x->run->steps[i];

		if ((step->script && !pgm_trial_script(trial, step->script)) ||
			(step->verify && !pgm_trial_script(trial, step->verify)))
			break;
	}
	x->tried = trial->statements;
}

/* Assign what the trial saw to the statements; both are in the order of the plan. */
static void
join_tried(PgmExplanation *x)
{
	ListCell   *lc;
	int			next = 0;

	foreach(lc, x->statements)
	{
		PgmExplained *e = lfirst(lc);
		const PgmTrialStatement *s;

		if (next >= list_length(x->tried))
			break;
		s = list_nth(x->tried, next);
		if (s->statement != e->statement)
			continue;
		e->tried = s;
		next++;
	}
}

/*
 * Say what a trial of the plan, after other scripts, will lock.  Refuses one
 * that there is no room for (53400), or that pgm_trial() would.
 */
void
pgm_explain_announce(const PgmExplanation *x, List *before,
					 const char *function)
{
	List	   *locks = all_locks(x, before, true);

	pgm_trial_check(function);
	pgm_trial_check_room(locks_needed(x, locks));
	announce_locks(locks);
}

/*
 * Execute the plan in a trial, and put what was seen beside the predictions.
 * Raises what pgm_trial() and pgm_run_admit() raise.
 */
void
pgm_explain_try(PgmExplanation *x, const char *function)
{
	pgm_run_admit(x->run);
	pgm_explain_announce(x, NIL, function);
	pgm_trial(function, &x->run->identity, try_plan, x);
	x->was_tried = true;
	join_tried(x);
}
