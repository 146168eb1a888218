/*
 * write_plan.c
 *	  Make a plan and write the statements of its actions.
 *
 * The plan is complete before the first statement is written, except for one thing:
 * which statements lose data is known from their text only, and what depends on those
 * is withheld afterwards.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"

/* Write what CREATE TABLE or ADD COLUMN does not say of an identity's sequence. */
static void
write_after_identity(PgmWrite *w, const PgmDiffItem *column)
{
	ListCell   *lc;

	foreach(lc, column->new.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (a->sub_property == NULL && pgm_kind_is(a->new.object, PGM_KIND_SEQUENCE) &&
			pgm_object_value(a->new.object, PGM_PROP_IDENTITY_OF) &&
			(a->decision == PGM_DECISION_CREATE || a->decision == PGM_DECISION_REPLACE))
			pgm_write_after_create(w, a->new.object);
	}
}

/* Write what CREATE of a relation does not say of the parts that are its clauses. */
static void
write_after_parts(PgmWrite *w, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_COLUMN))
	{
		if (!pgm_plan_in_create(w->plan, lfirst(lc)))
			continue;
		pgm_write_after_create(w, lfirst(lc));
		write_after_identity(w, pgm_plan_find_item(w->plan, lfirst(lc)));
	}
	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_CONSTRAINT))
	{
		if (pgm_plan_in_create(w->plan, lfirst(lc)))
			pgm_write_after_create(w, lfirst(lc));
	}
}

static void
write_drop(PgmWrite *w, const PgmDiffItem *a)
{
	if (a->sub_property)
		pgm_write_sub_property(w, a->sub_property, a->old.object, NULL);
	else if (a->renamed_away)
		pgm_write_rename_type_away(w, a->old.object);
	else if (pgm_writer(a->old.object))
		pgm_write_drop(w, a->old.object);
}

static void
write_alter(PgmWrite *w, const PgmDiffItem *a)
{
	if (a->sub_property)
		pgm_write_sub_property(w, a->sub_property, a->old.object, a->new.object);
	else if (a->retyped)
	{
		pgm_write_column_retype(w, a->old.object, a->new.object);
		(void) pgm_write_other_changes(w, a->old.object, a->new.object, PGM_PROP_TYPE);
	}
	else
	{
		(void) pgm_write_changes(w, a->old.object, a->new.object);
		write_after_identity(w, a);
	}
}

static void
write_create(PgmWrite *w, const PgmDiffItem *a)
{
	ListCell   *lc;

	if (a->sub_property)
		pgm_write_sub_property(w, a->sub_property, NULL, a->new.object);
	else if (pgm_writer(a->new.object))
	{
		pgm_write_create(w, a->new.object);
		write_after_parts(w, a->new.object);
		pgm_write_revoke_defaults(w, a->new.object);
		write_after_identity(w, a);
	}

	/*
	 * as long as CREATE waits for an answer, so does what is said of the
	 * object
	 */
	foreach(lc, w->statements)
	{
		((PgmDiffStatement *) lfirst(lc))->needs_first = lfirst(lc) != linitial(w->statements) &&
			((PgmDiffStatement *) linitial(w->statements))->question;
	}
}

/* Write the statements of an action. */
static List *
write_action(const PgmDiffPlan *p, const PgmAction *action)
{
	const PgmDiffItem *a = action->item;
	PgmWrite	w = {.plan = p,.old = p->old,.new = p->new,.options = p->options};

	switch (action->phase)
	{
		case PGM_PHASE_DROP:
			write_drop(&w, a);
			break;
		case PGM_PHASE_ALTER:
			write_alter(&w, a);
			break;
		case PGM_PHASE_CREATE:
			write_create(&w, a);
			break;
		case PGM_PHASE_DROP_OLD_TYPE:
			pgm_write_drop_old_type(&w, a->old.object);
			break;
		case PGM_PHASE_STUB:
			pgm_write_stub_view(&w, a->old.object);
			break;
		case PGM_PHASE_RESTORE_QUERY:
			pgm_write_view_query(&w, a->new.object);
			break;
		case PGM_PHASE_REFRESH:
			pgm_write_statement(&w, "REFRESH MATERIALIZED VIEW %s", a->new.object->identity);
			break;
	}
	return w.statements;
}

/*
 * Return the actions, in order and with their statements, that lead from "old" to
 * "new".  Raises XX000 when they cannot be sorted, which is a bug.
 */
PgmDiffPlan *
pgm_write_plan(const PgmSchema *old, const PgmSchema *new, const PgmDiffOptions *options)
{
	PgmDiffPlan *p = pgm_diff_plan(old, new, options, pgm_write_can_alter);
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		PgmAction  *action = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		action->statements = write_action(p, action);
	}
	pgm_plan_withhold(p);
	return p;
}
