/*
 * actions.c
 *	  The actions that follow from the decision on each item.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"

/*
 * Kinds that act on what happens while they exist, so that they are dropped first and
 * created last: an event trigger must not fire on, and a publication not publish, the
 * migration itself; default privileges must not apply to what it creates.
 */
static const PgmKindId watchers[] = {
	PGM_KIND_EVENT_TRIGGER, PGM_KIND_DEFAULT_GRANT, PGM_KIND_DEFAULT_REVOKE, PGM_KIND_PUBLICATION,
PGM_KIND_PUBLISHED_TABLE, PGM_KIND_PUBLISHED_SCHEMA, PGM_KIND_SUBSCRIPTION};

/* Kinds that hold data, or other objects that do: dropped as late as possible */
static const PgmKindId data_holders[] = {
	PGM_KIND_TABLE, PGM_KIND_FOREIGN_TABLE, PGM_KIND_COLUMN, PGM_KIND_SEQUENCE, PGM_KIND_TYPE, PGM_KIND_DOMAIN, PGM_KIND_SCHEMA,
PGM_KIND_EXTENSION, PGM_KIND_ACCESS_METHOD};

/* The sort priority of an action. */
static PgmPriority
priority_of(const PgmDiffItem *a, PgmPhase phase)
{
	const PgmObject *o = pgm_item_object(a);

	if (pgm_kind_is(o, PGM_KIND_CAST))	/* expressions that need one do not
										 * depend on it */
		return phase == PGM_PHASE_DROP ? PGM_PRIORITY_DROP_DATA : PGM_PRIORITY_FIRST;
	if (pgm_kind_is_one_of(o, watchers, lengthof(watchers)))
		return phase == PGM_PHASE_DROP ? PGM_PRIORITY_FIRST : PGM_PRIORITY_LAST;
	if (phase == PGM_PHASE_DROP)
		return !a->sub_property && pgm_kind_is_one_of(o, data_holders, lengthof(data_holders)) ?
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
	action->priority = priority_of(a, phase);
	/* drops in the reverse order of creates, as dependencies mostly are */
	action->sequence = phase == PGM_PHASE_DROP ? -number : number;
	a->action[phase] = action;
	p->actions = lappend(p->actions, action);
}

/* Make the actions of all items; those of an earlier round are forgotten. */
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
 * The action that drops or creates an item, its own or the one of the item with which it
 * is dropped or created; or NULL if it is neither.  The sequence of an identity can also
 * come and go by ALTER of its column.
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

/* Add an edge: "then" must come after "first", if both exist.  Duplicates do no harm. */
void
pgm_action_before(PgmAction *first, PgmAction *then)
{
	if (first == NULL || then == NULL || first == then)
		return;
	first->successors = lappend(first->successors, then);
	then->n_predecessors++;
}
