/*
 * withhold.c
 *	  Withhold actions that would lose data, and those that would fail without them.
 *
 * They are written as comments, with the question that has to be answered.  A table that
 * is not dropped keeps the objects it depends on and its name; objects that would be
 * dropped only because they depend on it stay.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"

/* Would a statement of the action lose data, which the user has not allowed? */
static bool
loses_data(const PgmDiffPlan *p, const PgmAction *action)
{
	ListCell   *lc;

	if (p->options->allow_drop)
		return false;
	foreach(lc, action->statements)
	{
		if (((const PgmDiffStatement *) lfirst(lc))->loses)
			return true;
	}
	return false;
}

/* Withhold an action, if it is not yet, and add it to the queue. */
static List *
withhold(PgmAction *action, List *queue)
{
	if (action == NULL || action->withheld)
		return queue;
	action->withheld = true;
	return lappend(queue, action);
}

/*
 * Would "then" fail without its predecessor "action"?  ALTER may come after the drop of an
 * old object without needing it, but not before the creation of a new one, nor of a
 * replacement.
 */
static bool
needs(const PgmAction *then, const PgmAction *action)
{
	return then->phase != PGM_PHASE_ALTER || action->phase == PGM_PHASE_CREATE ||
		(action->phase == PGM_PHASE_DROP && action->item->decision == PGM_DECISION_REPLACE);
}

/* Withhold the successors of a withheld action that would fail without it. */
static List *
withhold_successors(const PgmAction *action, List *queue)
{
	ListCell   *lc;

	foreach(lc, action->successors)
	{
		if (needs(lfirst(lc), action))
			queue = withhold(lfirst(lc), queue);
	}
	return queue;
}

/* An object whose replacement is withheld must not be dropped. */
static List *
withhold_drop(const PgmAction *action, List *queue)
{
	return action->phase == PGM_PHASE_CREATE && action->item->decision == PGM_DECISION_REPLACE ?
		withhold(action->item->action[PGM_PHASE_DROP], queue) : queue;
}

/* Withhold replacements that were caused only by an action that is withheld. */
static List *
withhold_caused_replacements(const PgmAction *action, List *queue)
{
	ListCell   *lc;

	if (action->phase != PGM_PHASE_DROP || action->item->decision != PGM_DECISION_REPLACE)
		return queue;
	foreach(lc, action->item->old.used_by)
	{
		PgmDiffItem *a = lfirst(lc);

		if (a->decision != PGM_DECISION_REPLACE)
			continue;
		queue = withhold(a->action[PGM_PHASE_DROP], queue);
		queue = withhold(a->action[PGM_PHASE_CREATE], queue);
	}
	return queue;
}

/* Withhold the actions that would lose data, and all that follows from that. */
void
pgm_plan_withhold(PgmDiffPlan *p)
{
	List	   *queue = NIL;
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		if (loses_data(p, lfirst(lc)))
			queue = withhold(lfirst(lc), queue);
	}
	while (queue != NIL)
	{
		const PgmAction *action = llast(queue);

		queue = list_delete_last(queue);
		queue = withhold_successors(action, queue);
		queue = withhold_drop(action, queue);
		queue = withhold_caused_replacements(action, queue);
	}
}
