/*
 * withhold.c
 *	  What is not done before a question is answered.
 *
 * A table that is not dropped keeps what it depends on; nothing is made of the
 * name that it keeps, and nothing that would need what is not made.  What was
 * to be taken down only because it depends on the table stays.
 */
#include "postgres.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"

/* Is there a drop that would lose what may not be lost? */
static bool
asks(const PgmDiffPlan *p, const PgmAction *action)
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

static List *
hold(PgmAction *action, List *queue)
{
	if (action == NULL || action->withheld)
		return queue;
	action->withheld = true;
	return lappend(queue, action);
}

/* Would an action fail while what it waits for is held? */
static bool
needs(const PgmAction *then, const PgmAction *action)
{
	return then->phase != PGM_PHASE_ALTER || action->phase == PGM_PHASE_CREATE ||
		(action->phase == PGM_PHASE_DROP && action->item->decision == PGM_DECISION_REPLACE);
}

/* What waits for an action that is held, and would fail without it */
static List *
hold_followers(const PgmAction *action, List *queue)
{
	ListCell   *lc;

	foreach(lc, action->successors)
	{
		if (needs(lfirst(lc), action))
			queue = hold(lfirst(lc), queue);
	}
	return queue;
}

/* What cannot be made anew now is not taken down for that. */
static List *
hold_take_down(const PgmAction *action, List *queue)
{
	return action->phase == PGM_PHASE_CREATE && action->item->decision == PGM_DECISION_REPLACE ?
		hold(action->item->action[PGM_PHASE_DROP], queue) : queue;
}

/* What is replaced because of what is not replaced now */
static List *
hold_replaced(const PgmAction *action, List *queue)
{
	ListCell   *lc;

	if (action->phase != PGM_PHASE_DROP || action->item->decision != PGM_DECISION_REPLACE)
		return queue;
	foreach(lc, action->item->old.used_by)
	{
		PgmDiffItem *a = lfirst(lc);

		if (a->decision != PGM_DECISION_REPLACE)
			continue;
		queue = hold(a->action[PGM_PHASE_DROP], queue);
		queue = hold(a->action[PGM_PHASE_CREATE], queue);
	}
	return queue;
}

/* Hold what loses data that may not be lost, and what follows from that. */
void
pgm_plan_withhold(PgmDiffPlan *p)
{
	List	   *queue = NIL;
	ListCell   *lc;

	foreach(lc, p->actions)
	{
		if (asks(p, lfirst(lc)))
			queue = hold(lfirst(lc), queue);
	}
	while (queue != NIL)
	{
		const PgmAction *action = llast(queue);

		queue = list_delete_last(queue);
		queue = hold_followers(action, queue);
		queue = hold_take_down(action, queue);
		queue = hold_replaced(action, queue);
	}
}
