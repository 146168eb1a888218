/*
 * actions.c
 *	  The actions of each atom, and their statements.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/diff_plan.h"
#include "diff/write/write_internal.h"
#include "diff/write/write_relations.h"
#include "diff/write/write_types.h"
#include "schema/kinds/kinds.h"

/* Kinds that concern what is done after them, not before */
static const PgmKindId watchers[] = {
	PGM_KIND_EVENT_TRIGGER, PGM_KIND_DEFAULT_GRANT, PGM_KIND_DEFAULT_REVOKE, PGM_KIND_PUBLICATION,
PGM_KIND_PUBLISHED_TABLE, PGM_KIND_PUBLISHED_SCHEMA, PGM_KIND_SUBSCRIPTION};

/* Kinds that hold rows, or what does */
static const PgmKindId holders[] = {
	PGM_KIND_TABLE, PGM_KIND_FOREIGN_TABLE, PGM_KIND_COLUMN, PGM_KIND_SEQUENCE, PGM_KIND_TYPE, PGM_KIND_DOMAIN, PGM_KIND_SCHEMA,
PGM_KIND_EXTENSION, PGM_KIND_ACCESS_METHOD};

static PgmPriority
rank_of(const PgmDiffItem *a, PgmPhase phase)
{
	const PgmObject *o = pgm_item_object(a);

	if (pgm_kind_is(o, PGM_KIND_CAST))	/* nobody is known to depend on one */
		return phase == PGM_PHASE_DROP ? PGM_PRIORITY_DROP_DATA : PGM_PRIORITY_FIRST;
	if (pgm_kind_is_one_of(o, watchers, lengthof(watchers)))
		return phase == PGM_PHASE_DROP ? PGM_PRIORITY_FIRST : PGM_PRIORITY_LAST;
	if (phase == PGM_PHASE_DROP)
		return !a->sub_property && pgm_kind_is_one_of(o, holders, lengthof(holders)) ?
			PGM_PRIORITY_DROP_DATA : PGM_PRIORITY_DROP;
	if (phase == PGM_PHASE_DROP_OLD_TYPE)
		return PGM_PRIORITY_DROP_DATA;
	return o->kind->is_right ? PGM_PRIORITY_GRANT : PGM_PRIORITY_CREATE;
}

static void
add_action(PgmDiffPlan *p, PgmDiffItem *a, PgmPhase phase, int number)
{
	PgmAction  *action = palloc0(sizeof(PgmAction));

	action->item = a;
	action->phase = phase;
	action->priority = rank_of(a, phase);
	action->sequence = phase == PGM_PHASE_DROP ? -number : number;
	a->action[phase] = action;
	p->actions = lappend(p->actions, action);
}

/* Make the actions that were decided on. */
void
pgm_plan_make_actions(PgmDiffPlan *p)
{
	p->actions = NIL;
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		memset(a->action, 0, sizeof(a->action));
		if (a->decision == PGM_DECISION_ALTER)
			add_action(p, a, PGM_PHASE_ALTER, i);
		if ((a->decision == PGM_DECISION_DROP || a->decision == PGM_DECISION_REPLACE) && !a->dropped_with_parent)
			add_action(p, a, PGM_PHASE_DROP, i);
		if ((a->decision == PGM_DECISION_CREATE || a->decision == PGM_DECISION_REPLACE) && !a->created_with_parent)
			add_action(p, a, PGM_PHASE_CREATE, i);
		if (a->renamed_away)
			add_action(p, a, PGM_PHASE_DROP_OLD_TYPE, i);
		if (a->stub && a->action[PGM_PHASE_DROP])
			add_action(p, a, PGM_PHASE_STUB, -i);
		if (a->stub && a->action[PGM_PHASE_CREATE])
			add_action(p, a, PGM_PHASE_RESTORE_QUERY, i);
	}
}

/*
 * The action by which an atom comes to a phase, or NULL: it does not.  The
 * sequence of an identity comes and goes by a change of its column.
 */
PgmAction *
pgm_item_action(const PgmDiffItem *a, PgmPhase phase)
{
	while (a && a->action[phase] == NULL)
	{
		const PgmDiffItem *part = a;

		if (phase == PGM_PHASE_DROP && a->dropped_with_parent &&
			(a->decision == PGM_DECISION_DROP || a->decision == PGM_DECISION_REPLACE))
			a = a->old.parent;
		else if (phase == PGM_PHASE_CREATE && a->created_with_parent &&
				 (a->decision == PGM_DECISION_CREATE || a->decision == PGM_DECISION_REPLACE))
			a = a->new.parent;
		else
			return NULL;
		if (a && a->decision == PGM_DECISION_ALTER && pgm_kind_is(pgm_item_object(part), PGM_KIND_SEQUENCE))
			return a->action[PGM_PHASE_ALTER];
	}
	return a ? a->action[phase] : NULL;
}

/* What a column does not say of the sequence that it makes for its identity. */
static void
write_after_identity(PgmWrite *w, const PgmDiffItem *column)
{
	ListCell   *lc;

	foreach(lc, column->new.used_by)
	{
		const PgmDiffItem *a = lfirst(lc);

		if (a->sub_property == NULL && pgm_kind_is(a->new.object, PGM_KIND_SEQUENCE) &&
			pgm_value(a->new.object, PGM_PROP_IDENTITY_OF) &&
			(a->decision == PGM_DECISION_CREATE || a->decision == PGM_DECISION_REPLACE))
			pgm_write_after_create(w, a->new.object);
	}
}

/* What CREATE of a relation does not say of the parts that it makes. */
static void
write_after_parts(PgmWrite *w, PgmDiffPlan *p, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(p->new, o, PGM_KIND_COLUMN))
	{
		if (!pgm_plan_is_folded(p, lfirst(lc), false))
			continue;
		pgm_write_after_create(w, lfirst(lc));
		write_after_identity(w, pgm_plan_find_item(p, lfirst(lc)));
	}
	foreach(lc, pgm_schema_children(p->new, o, PGM_KIND_CONSTRAINT))
	{
		if (pgm_plan_is_folded(p, lfirst(lc), false))
			pgm_write_after_create(w, lfirst(lc));
	}
}

static void
write_take_down(PgmWrite *w, const PgmDiffItem *a)
{
	const PgmObject *o = a->old.object;

	if (a->sub_property)
		a->sub_property->write(w, o, NULL);
	else if (a->renamed_away)
		pgm_write_rename_type_away(w, o);
	else if (pgm_writer(o))
		pgm_write_drop(w, o);
}

static void
write_set_up(PgmWrite *w, PgmDiffPlan *p, const PgmDiffItem *a)
{
	if (a->sub_property)
		a->sub_property->write(w, NULL, a->new.object);
	else if (pgm_writer(a->new.object))
	{
		pgm_write_create(w, a->new.object);
		write_after_parts(w, p, a->new.object);
		pgm_write_revoke_defaults(w, a->new.object);
		write_after_identity(w, a);
	}
}

static void
write_change(PgmWrite *w, const PgmDiffItem *a)
{
	if (a->sub_property)
		a->sub_property->write(w, a->old.object, a->new.object);
	else if (a->retyped)
		pgm_write_column_retype(w, a->old.object, a->new.object);
	else
	{
		(void) pgm_write_changes(w, a->old.object, a->new.object);
		write_after_identity(w, a);
	}
}

/* What is asked for is made before anything is said of it. */
static void
mark_followers(List *statements)
{
	ListCell   *lc;

	foreach(lc, statements)
	{
		((PgmDiffStatement *) lfirst(lc))->needs_first = lfirst(lc) != linitial(statements) &&
			((PgmDiffStatement *) linitial(statements))->question;
	}
}

/* Write the statements of all actions. */
void
pgm_plan_write(PgmDiffPlan *p)
{
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		PgmAction  *action = lfirst(lc);
		PgmWrite	w = {
			.plan = p,
			.old = p->old,
			.new = p->new,
			.options = p->options
		};

		CHECK_FOR_INTERRUPTS();
		switch (action->phase)
		{
			case PGM_PHASE_DROP:
				write_take_down(&w, action->item);
				break;
			case PGM_PHASE_ALTER:
				write_change(&w, action->item);
				break;
			case PGM_PHASE_CREATE:
				write_set_up(&w, p, action->item);
				break;
			case PGM_PHASE_DROP_OLD_TYPE:
				pgm_write_drop_old_type(&w, action->item->old.object);
				break;
			case PGM_PHASE_STUB:
				pgm_write_stub_view(&w, action->item->old.object);
				break;
			case PGM_PHASE_RESTORE_QUERY:
				pgm_write_view_query(&w, action->item->new.object);
				break;
		}
		if (action->phase == PGM_PHASE_CREATE)
			mark_followers(w.statements);
		action->statements = w.statements;
	}
}
