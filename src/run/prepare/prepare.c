/*
 * prepare.c
 *	  From a plan to a run: fetch the scripts, cut them into segments, and
 *	  refuse before anything ran what could not run to its end.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"

#include "errors.h"
#include "run/prepare/run.h"
#include "script/segment.h"
#include "util/revision_names.h"

void		(*pgm_run_lint_hook) (const PgmRun *run) = NULL;

/* Fetch the scripts of one step, and parse them. */
static void
prepare_step(PgmRun *run, PgmStep *step, int rev, bool read_only)
{
	bool		up = run->plan->direction == PGM_UPGRADE;
	PgmStored  *s = pgm_registry_find(run->graph->rev[rev].id, read_only);
	const char *sql;

	if (s == NULL)
		elog(ERROR, "revision \"%s\" disappeared", run->graph->rev[rev].id);
	step->rev = rev;
	step->stored = s;
	sql = up ? s->m.upgrade : s->m.downgrade;

	if (sql != NULL)
		step->script = pgm_script_parse(s->m.revision,
										up ? "upgrade" : "downgrade", sql, 0);
	if (up && s->m.verify != NULL)
		step->verify = pgm_script_parse(s->m.revision, "verify",
										s->m.verify, 0);
}

/*
 * Fetch and parse the scripts of a plan.  Nothing is refused yet.  The result is
 * in the current memory context.
 */
PgmRun *
pgm_run_prepare(PgmGraph *graph, PgmPosition *position, PgmPlan *plan,
				bool read_only)
{
	PgmRun	   *run = palloc0(sizeof(PgmRun));

	run->graph = graph;
	run->position = position;
	run->plan = plan;
	run->steps = palloc0(Max(plan->nsteps, 1) * sizeof(PgmStep));
	for (int i = 0; i < plan->nsteps; i++)
	{
		CHECK_FOR_INTERRUPTS();
		prepare_step(run, &run->steps[i], plan->steps[i], read_only);
	}
	return run;
}

/* Cut the scripts of a run into segments: a list for each step, NIL without script. */
List	  **
pgm_run_cut(const PgmRun *run)
{
	List	  **segments = palloc(Max(run->plan->nsteps, 1) * sizeof(List *));
	List	   *partitioned = NIL;

	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const PgmStep *step = &run->steps[i];

		CHECK_FOR_INTERRUPTS();
		segments[i] = step->script == NULL ? NIL :
			pgm_segments_cut(step->script, step->verify, step->stored->m.options,
							 &partitioned);
	}
	return segments;
}

/* Refuse a downgrade through a migration that has no downgrade script. */
void
pgm_run_check_reversible(const PgmRun *run)
{
	for (int i = 0; i < run->plan->nsteps; i++)
	{
		const char *id = run->steps[i].stored->m.revision;

		if (run->steps[i].script == NULL)
			ereport(ERROR,
					(errcode(PGM_ERRCODE_IRREVERSIBLE),
					 errmsg("migration \"%s\" has no downgrade script", id),
					 errdetail("The way down leads through it; nothing was undone."),
					 errhint("Stop above it with SELECT migrate.downgrade('%s'), or say SELECT migrate.repair('%s') and load its file with a -- migrate:down section.",
							 id, id)));
	}
}

/*
 * Admit a run, before anything runs.
 *
 * Raises MG012 for a downgrade through a migration without a script, 42501 for a
 * script whose author may not run as the role.
 */
void
pgm_run_admit(PgmRun *run)
{
	pgm_run_check_reversible(run);
	pgm_identity_init(&run->identity);
	for (int i = 0; i < run->plan->nsteps; i++)
		pgm_identity_admit(&run->identity, run->steps[i].stored);
}

/*
 * Have a run linted that is about to begin, as pg_migrate.lint_on_upgrade says.
 * The room above this one has set the hook.
 */
void
pgm_run_lint(const PgmRun *run)
{
	if (pgm_run_lint_hook)
		pgm_run_lint_hook(run);
}

/*
 * Refuse to plan from an outdated position.
 *
 * A REPEATABLE READ transaction keeps its first snapshot, and so the position that
 * it sees.  Another run may have moved the database between that snapshot and the
 * moment when we got the run lock; a plan made from the old position would run
 * migrations a second time.  "function" is the caller's name for messages.
 *
 * Raises 40001.
 */
void
pgm_run_check_snapshot(const char *function)
{
	char	   *ours;
	char	   *latest;

	if (!IsolationUsesXactSnapshot())
		return;
	ours = pgm_name_join(pgm_registry_current(false));
	latest = pgm_name_join(pgm_registry_current_latest());
	if (strcmp(ours, latest) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("cannot call %s: another run has moved the database since this transaction began",
						function),
				 errdetail("This transaction sees the database at %s, it is at %s.",
						   ours[0] ? ours : "base", latest[0] ? latest : "base"),
				 errhint("Roll back and try again, best in a READ COMMITTED transaction.")));
}
