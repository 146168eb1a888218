/*
 * actions.c
 *	  The actions of each atom, and their statements.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/plan/plan_internal.h"
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

/* "then" has to wait for "first", if there are both. */
void
pgm_action_before(PgmAction *first, PgmAction *then)
{
	if (first == NULL || then == NULL || first == then)
		return;
	first->successors = lappend(first->successors, then);
	then->n_predecessors++;
}
