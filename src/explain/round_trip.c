/*
 * round_trip.c
 *	  Up, down and up again: does each migration come back to where it was?
 *
 * Whether it does is seen by comparing snapshots of the whole schema, not by
 * what the scripts say.
 */
#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "lib/stringinfo.h"

#include "errors.h"
#include "explain/round_trip.h"
#include "schema/snapshot.h"
#include "trial/trial.h"

/* So many differences are told of a test */
#define MANY_DIFFERENCES 50

/* A round trip under way */
typedef struct PgmRoundtrip
{
	PgmTrial   *trial;
	PgmTestPath *path;
	List	   *rows;			/* PgmTestRow */
	int			told;			/* statements of the trial told of up to here */
} PgmRoundtrip;

/* Add a row to the result. */
static void
add_test_row(PgmRoundtrip *r, const char *test, const PgmTestStep *step,
			 PgmTestOutcome outcome, const char *detail)
{
	PgmTestRow *row = palloc(sizeof(PgmTestRow));

	row->test = test;
	row->revision = step ? step->stored->m.revision : NULL;
	row->outcome = outcome;
	row->detail = detail;
	r->rows = lappend(r->rows, row);
}

/* The statements since the last time that were not tried, or that failed */
static char *
tell_statements(PgmRoundtrip *r, PgmTried outcome)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = r->told; i < list_length(r->trial->statements); i++)
	{
		const PgmTrialStatement *s = list_nth(r->trial->statements, i);

		if (s->outcome != outcome)
			continue;
		appendStringInfo(&buf, "%s%s script", buf.len ? "\n" : "", s->script->kind);
		if (s->statement)
			appendStringInfo(&buf, ", statement %d, line %d", s->statement->number,
							 s->statement->line);
		appendStringInfo(&buf, ": %s", s->reason);
	}
	return buf.len ? buf.data : NULL;
}

/* The outcome of scripts that were just tried */
static void
add_tried(PgmRoundtrip *r, const char *test, const PgmTestStep *step, bool done)
{
	char	   *failed = tell_statements(r, PGM_TRIED_FAILED);
	char	   *untried = tell_statements(r, PGM_TRIED_NOT);

	if (!done)
		add_test_row(r, test, step, PGM_TEST_FAILED, failed);
	else
		add_test_row(r, test, step, untried ? PGM_TEST_NOT_TRIED : PGM_TEST_OK, untried);
	r->told = list_length(r->trial->statements);
}

/* Run the upgrade and verify scripts of a step.  False if one fails. */
static bool
go_up(PgmRoundtrip *r, const PgmTestStep *step)
{
	return pgm_trial_script(r->trial, step->up) &&
		(step->verify == NULL || pgm_trial_script(r->trial, step->verify));
}

/*
 * Is it in a schema that an extension has made?  Such schemas are not in a
 * snapshot.  What is in them is the extension's, though it need not be a member:
 * TimescaleDB numbers the chunks of a table, so that another time they have
 * other names.
 */
static bool
is_of_extension(const PgmDifference *d, const PgmSnapshot *before,
				const PgmSnapshot *now)
{
	const PgmSnapshot *s = d->what == PGM_DROPPED ? before : now;
	const PgmObject *o = d->object;

	while (o && OidIsValid(o->parent.classId) && OidIsValid(o->parent.objectId))
	{
		const PgmObject *parent = pgm_snapshot_find(s, &o->parent);

		if (parent == NULL)
			return o->parent.classId == NamespaceRelationId;
		o = parent;
	}
	return false;
}

/* Compare with how it was; the later snapshot is forgotten. */
static void
compare_snapshots(PgmRoundtrip *r, const char *test, const PgmTestStep *step,
				  const PgmSnapshot *before)
{
	PgmSnapshot *now = pgm_snapshot_take();
	List	   *differences = pgm_snapshot_compare(before, now);
	StringInfoData buf;
	ListCell   *lc;

	foreach(lc, differences)
	{
		if (is_of_extension(lfirst(lc), before, now))
			differences = foreach_delete_current(differences, lc);
	}
	initStringInfo(&buf);
	foreach(lc, differences)
	{
		if (foreach_current_index(lc) == MANY_DIFFERENCES)
		{
			appendStringInfo(&buf, "\nand %d more",
							 list_length(differences) - MANY_DIFFERENCES);
			break;
		}
		appendStringInfo(&buf, "%s%s", buf.len ? "\n" : "", pgm_difference_describe(lfirst(lc)));
	}
	add_test_row(r, test, step, differences == NIL ? PGM_TEST_OK : PGM_TEST_FAILED,
				 differences == NIL ? NULL : buf.data);
	pgm_snapshot_free(now);
}

/* A migration that was just applied, between two snapshots */
typedef struct PgmApplied
{
	PgmRoundtrip *r;
	const PgmTestStep *step;
	const PgmSnapshot *before;
	const PgmSnapshot *after;
} PgmApplied;

/*
 * Down and up again.  It is undone afterwards: what a downgrade leaves behind
 * is no fault of the migrations after it.
 */
static void
down_and_up(PgmTrial *trial, void *arg)
{
	PgmApplied *a = arg;
	bool		done = pgm_trial_script(trial, a->step->down);

	add_tried(a->r, "down", a->step, done);
	if (!done)
		return;
	compare_snapshots(a->r, "same after down", a->step, a->before);
	done = go_up(a->r, a->step);
	add_tried(a->r, "up again", a->step, done);
	if (done)
		compare_snapshots(a->r, "same after up again", a->step, a->after);
}

/*
 * One migration, from what "before" shows.  Returns what it looks like when it
 * is applied, or NULL when it could not be.
 */
static PgmSnapshot *
test_step(PgmRoundtrip *r, const PgmTestStep *step, const PgmSnapshot *before)
{
	PgmApplied	a = {.r = r,.step = step,.before = before};
	PgmSnapshot *after;
	bool		done = go_up(r, step);

	add_tried(r, "up", step, done);
	if (!done)
		return NULL;
	a.after = after = pgm_snapshot_take();
	if (step->down)
		pgm_trial_nested(r->trial, down_and_up, &a);
	else
		add_test_row(r, "down", step, PGM_TEST_FAILED, "the migration has no downgrade");
	return after;
}

/* Add a row for each step behind the one that failed. */
static void
add_not_reached(PgmRoundtrip *r, int failed)
{
	const PgmTestStep *step = list_nth(r->path->way, failed);
	ListCell   *lc;

	for_each_from(lc, r->path->way, failed + 1)
	{
		add_test_row(r, "up", lfirst(lc), PGM_TEST_NOT_TRIED,
					 psprintf("migration \"%s\" before it failed",
							  step->stored->m.revision));
	}
}

/*
 * All the steps one by one.  Returns what it looks like at the end, or NULL
 * when it did not come there.
 */
static PgmSnapshot *
test_steps(PgmRoundtrip *r, const PgmSnapshot *start)
{
	PgmSnapshot *last = NULL;
	ListCell   *lc;

	foreach(lc, r->path->way)
	{
		PgmSnapshot *after = test_step(r, lfirst(lc), last ? last : start);

		if (last)
			pgm_snapshot_free(last);
		last = after;
		if (after == NULL)
		{
			add_not_reached(r, foreach_current_index(lc));
			break;
		}
	}
	return last;
}

/* Each of the steps down, the last first.  Returns whether all were. */
static bool
go_down(PgmRoundtrip *r, List *steps, const char *test)
{
	for (int i = list_length(steps) - 1; i >= 0; i--)
	{
		PgmTestStep *step = list_nth(steps, i);

		if (step->down == NULL)
		{
			add_test_row(r, test, step, PGM_TEST_FAILED, "the migration has no downgrade");
			return false;
		}
		if (!pgm_trial_script(r->trial, step->down))
		{
			add_tried(r, test, step, false);
			return false;
		}
	}
	add_tried(r, test, NULL, true);
	return true;
}

/* All the way down leaves no trace, and up it is the same again. */
static void
test_way(PgmRoundtrip *r, const PgmSnapshot *start, const PgmSnapshot *end)
{
	ListCell   *lc;

	if (!go_down(r, r->path->way, "down to start"))
		return;
	compare_snapshots(r, "same at start", NULL, start);
	foreach(lc, r->path->way)
	{
		if (go_up(r, lfirst(lc)))
			continue;
		add_tried(r, "up to target", lfirst(lc), false);
		return;
	}
	add_tried(r, "up to target", NULL, true);
	compare_snapshots(r, "same at target", NULL, end);
}

/* Steps down destroy what is in the tables, if only for the trial's time. */
static void
check_empty(const PgmTestPath *path)
{
	char	   *filled = path->allow_data ? NULL : pgm_filled_table();

	if (filled)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot test down to \"%s\": tables hold rows", path->start),
				 errdetail("%s. The test would undo migrations that are applied; it is rolled back, but it locks and rewrites what they made meanwhile.",
						   filled),
				 errhint("Best test on a copy without data; here, say allow_data => true.")));
}

/* The body of the trial: down to the start, up step by step, down and up again. */
static void
test_in_trial(PgmTrial *trial, void *arg)
{
	PgmRoundtrip *r = arg;
	PgmSnapshot *start;
	PgmSnapshot *end;

	r->trial = trial;
	if (r->path->back != NIL)
	{
		check_empty(r->path);
		if (!go_down(r, r->path->back, "down to start"))
			return;
	}
	start = pgm_snapshot_take();
	end = test_steps(r, start);
	if (end)
		test_way(r, start, end);
}

/*
 * Test the way in a trial: rows (PgmTestRow).  Raises what pgm_trial() raises,
 * and 55000 where it leads below the current position over tables that hold
 * rows.
 */
List *
pgm_roundtrip(PgmTestPath *path)
{
	PgmRoundtrip r = {.path = path};

	pgm_trial("migrate.test()", &path->identity, test_in_trial, &r);
	return r.rows;
}
