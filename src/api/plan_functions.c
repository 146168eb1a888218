/*
 * plan_functions.c
 *	  What a run would do: plan(), upgrade_sql() and downgrade_sql().
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "registry/half_done.h"
#include "registry/journal.h"
#include "run/preview_script.h"
#include "script/segment.h"
#include "script/viewpoint.h"
#include "util/revision_names.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_plan);
PG_FUNCTION_INFO_V1(pg_migrate_upgrade_sql);
PG_FUNCTION_INFO_V1(pg_migrate_downgrade_sql);

/* The script of a plan in one direction; NULL for a null argument. */
static Datum
preview_sql(FunctionCallInfo fcinfo, PgmDirection direction)
{
	PgmRun	   *run;
	char	   *target;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	run = pgm_preview_prepare(direction, text_to_cstring(PG_GETARG_TEXT_PP(0)),
							  &target);
	pgm_run_check_reversible(run);
	PG_RETURN_TEXT_P(cstring_to_text(pgm_preview_script(run, target,
														PG_GETARG_BOOL(1))));
}

/* upgrade_sql(target default 'head', bookkeeping default true) returns text */
Datum
pg_migrate_upgrade_sql(PG_FUNCTION_ARGS)
{
	return preview_sql(fcinfo, PGM_UPGRADE);
}

/* downgrade_sql(target, bookkeeping default true) returns text */
Datum
pg_migrate_downgrade_sql(PG_FUNCTION_ARGS)
{
	return preview_sql(fcinfo, PGM_DOWNGRADE);
}

/* The segments of a step in words, as a text[]. */
static ArrayType *
segment_texts(List *segments)
{
	List	   *texts = NIL;
	ListCell   *lc;

	foreach(lc, segments)
	{
		const PgmSegment *s = lfirst(lc);

		texts = lappend(texts, s->what ? pstrdup(s->what) :
						psprintf("%s: %d statement%s", pgm_segment_kind(s),
								 s->count, s->count == 1 ? "" : "s"));
	}
	return pgm_names_to_array(texts);
}

/*
 * Why the plan runs by segments, or NULL if it can be one transaction.  A half done
 * revision is a reason, and is warned of.
 */
static char *
segments_reason(const PgmRun *run)
{
	List	   *open = pgm_journal_open(true);
	PgmObstacle obstacle;
	char	   *reason;

	if (open == NIL)
		return pgm_run_obstacle(run, &obstacle) ? pgm_obstacle_text(&obstacle) : NULL;
	reason = pgm_half_done_text(open);
	ereport(WARNING, (errmsg("%s", reason)));
	return reason;
}

/* Return the row of one step; "partitioned" is as in pgm_segments_cut(). */
static void
add_step(FunctionCallInfo fcinfo, const PgmRun *run, int i, const char *reason,
		 List **partitioned)
{
	const PgmStep *step = &run->steps[i];
	const PgmStatement *s;
	Datum		values[9];
	bool		isnull[9] = {false};
	PgmViewpoint caller;
	bool		nontransactional;

	pgm_viewpoint_take(&caller);
	nontransactional = pgm_obstacle_nontransactional(step, *partitioned, &s) != NULL;
	pgm_viewpoint_leave(&caller);
	values[0] = Int32GetDatum(i + 1);
	values[1] = CStringGetTextDatum(step->stored->m.revision);
	values[2] = CStringGetTextDatum(run->plan->direction == PGM_UPGRADE ?
									"upgrade" : "downgrade");
	values[3] = CStringGetTextDatum(pgm_escape_line(step->stored->m.message));
	values[4] = BoolGetDatum(!nontransactional && pgm_obstacle_segment_comment(step) == NULL);
	isnull[5] = isnull[6] = step->script == NULL;
	if (step->script)
	{
		values[5] = Int32GetDatum(list_length(step->script->statements));
		values[6] = PointerGetDatum(segment_texts(pgm_segments_cut(step->script, step->verify,
																   step->stored->m.options,
																   partitioned)));
	}
	values[7] = CStringGetTextDatum(reason ? "segments" : "transaction");
	isnull[8] = reason == NULL;
	values[8] = reason ? CStringGetTextDatum(pgm_escape(reason)) : (Datum) 0;
	pgm_srf_add(fcinfo, values, isnull);
}

/*
 * plan(target default 'head', direction default 'upgrade') returns rows
 * (step, revision, direction, message, transactional, statements, segments,
 * door, reason).
 */
Datum
pg_migrate_plan(PG_FUNCTION_ARGS)
{
	PgmRun	   *run;
	char	   *target;
	char	   *reason;
	List	   *partitioned = NIL;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.plan() may not be null"),
				 errhint("Write for example SELECT * FROM migrate.plan('head', 'upgrade').")));
	run = pgm_preview_prepare(pgm_plan_direction(text_to_cstring(PG_GETARG_TEXT_PP(1))),
							  text_to_cstring(PG_GETARG_TEXT_PP(0)), &target);
	reason = segments_reason(run);
	pgm_srf_begin(fcinfo);
	for (int i = 0; i < run->plan->nsteps; i++)
		add_step(fcinfo, run, i, reason, &partitioned);
	return (Datum) 0;
}
