/*
 * proof.c
 *	  Prove in a scratch that a migration does what it says.
 *
 * The present schema is built in the scratch without rows, by a plan that begins
 * with nothing.  The upgrade is executed there, as it is in the file, and the
 * result compared with the model; then the downgrade, and the result compared
 * with the present schema.  Differences that are left become warnings in the
 * scripts.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "diff/choose_schemas.h"
#include "diff/difference_notes.h"
#include "diff/generate_script.h"
#include "diff/proof.h"
#include "diff/write/writers.h"
#include "schema/kinds/kinds.h"
#include "scratch/scratch.h"
#include "scratch/scratch_settings.h"
#include "util/sql_text.h"

/*
 * The differences between what is in the scratch and what is expected there, as
 * lines.
 */
static List *
find_differences(const PgmSchema *live, const PgmSchema *expected)
{
	List	   *lines = NIL;
	ListCell   *lc;

	foreach(lc, pgm_snapshot_compare(expected->snapshot, pgm_scratch_snapshot(live)->snapshot))
	{
		const PgmDifference *d = lfirst(lc);

		if (!pgm_difference_is_note(d) && !d->object->outside &&
			pgm_scratch_can_replay(live, d->object))
			lines = lappend(lines, pgm_difference_describe(d));
	}
	return lines;
}

/*
 * Build the present schema in the open scratch.  Returns NIL, or why that
 * failed, or the differences that are left.
 */
List *
pgm_proof_rebuild_live(const PgmAutogenerate *a)
{
	PgmDiffPlan *p = pgm_write_plan(pgm_scratch_snapshot(a->live), a->live, &a->options);
	char	   *why = pgm_scratch_replay(a->live, pgm_generate_plan(p, true));

	return why ? list_make1(why) : find_differences(a->live, a->live);
}

/*
 * Execute the script of one direction in the scratch.  Returns NULL, or why it
 * failed.
 *
 * The server does not record what a function body written as a string uses, so
 * the plan cannot order functions by that.  If the script succeeds only without
 * the check of bodies, it has to switch the check off itself.
 */
static char *
execute_direction(PgmAutogenerate *a, bool up)
{
	bool	   *unchecked = up ? &a->unchecked_up : &a->unchecked_down;
	char	   *why;
	char	   *why_unchecked;

	/* a scratch has it off; where the script will be executed, it is on */
	(void) set_config_option("check_function_bodies", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	*unchecked = false;
	why = pgm_scratch_replay(a->live, pgm_generate_script(a, up));
	if (why == NULL)
		return NULL;

	/* pgm_generate_script() looks at the flag */
	*unchecked = true;
	why_unchecked = pgm_scratch_replay(a->live, pgm_generate_script(a, up));
	if (why_unchecked && strcmp(why, why_unchecked) == 0)
		*unchecked = false;
	return why_unchecked;
}

/* Execute the script of one direction; returns what is not as expected, as lines. */
static List *
prove_direction(PgmAutogenerate *a, bool up, const PgmSchema *expected)
{
	char	   *why = execute_direction(a, up);

	return why ? list_make1(why) : find_differences(a->live, expected);
}

/* In a scratch: prove both directions. */
static void
prove(void *arg)
{
	PgmAutogenerate *a = arg;
	List	   *not_rebuilt;

	pgm_scratch_silence();
	not_rebuilt = a->model ? pgm_proof_rebuild_live(a) : NIL;
	if (not_rebuilt != NIL)
	{
		a->left_up = lcons("(not tried, for the present schema cannot be built again)", not_rebuilt);
		a->left_down = list_copy(a->left_up);
		return;
	}

	/* the second one begins with what the first one leads to */
	a->left_up = prove_direction(a, true, a->after);
	a->left_down = prove_direction(a, false, a->model ? a->live : a->before);
}

/*
 * Extend the scope by the objects outside of it that a plan changes, as when a
 * foreign key of another schema is dropped with what it refers to.  They have to
 * be in the scratch too, so that the statements do not reach the live ones.
 */
static void
widen_scope(PgmAutogenerate *a, const PgmDiffPlan *p)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		const PgmObject *o = pgm_item_object(((PgmAction *) lfirst(lc))->item);
		const PgmObject *schema = o->outside ? pgm_scope_schema(a->live, o) : NULL;

		if (schema && !pgm_scope_has(&a->scope, schema->identity))
			a->scope.schemas = lappend(a->scope.schemas, pgm_sql_unquoted(schema->identity));
		else if (o->outside && schema == NULL)
			a->scope.database = true;
	}
}

/*
 * Execute both directions in a scratch, and set a->left_up and a->left_down to
 * what is not as it should be after them.  Raises what pgm_scratch() raises.
 */
void
pgm_proof_run(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope,
		.as_dump = a->model == NULL,
		.creates = a->model ? NIL : pgm_schemas_created_by_baseline(a)
	};

	widen_scope(a, a->up);
	widen_scope(a, a->down);
	pgm_scope_mark_outside(a->live, &a->scope);
	pgm_scratch(&scratch, prove, a);
}
