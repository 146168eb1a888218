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

static PgmRank
rank_of(const PgmAtom *a, PgmPhase phase)
{
	const PgmObject *o = pgm_atom_object(a);

	if (pgm_kind_is(o, PGM_KIND_CAST))	/* nobody is known to depend on one */
		return phase == PGM_TAKE_DOWN ? PGM_RANK_HOLDERS : PGM_RANK_FIRST;
	if (pgm_kind_is_one_of(o, watchers, lengthof(watchers)))
		return phase == PGM_TAKE_DOWN ? PGM_RANK_FIRST : PGM_RANK_LAST;
	if (phase == PGM_TAKE_DOWN)
		return !a->aspect && pgm_kind_is_one_of(o, holders, lengthof(holders)) ?
			PGM_RANK_HOLDERS : PGM_RANK_PARTS;
	if (phase == PGM_CLEAN_UP)
		return PGM_RANK_HOLDERS;
	return o->kind->is_right ? PGM_RANK_RIGHTS : PGM_RANK_MAKE;
}

static void
add_action(PgmDiffPlan *p, PgmAtom *a, PgmPhase phase, int number)
{
	PgmAction  *action = palloc0(sizeof(PgmAction));

	action->atom = a;
	action->phase = phase;
	action->rank = rank_of(a, phase);
	action->number = phase == PGM_TAKE_DOWN ? -number : number;
	a->action[phase] = action;
	p->actions = lappend(p->actions, action);
}

/* Make the actions that were decided on. */
void
pgm_plan_make_actions(PgmDiffPlan *p)
{
	p->actions = NIL;
	for (int i = 0; i < p->natoms; i++)
	{
		PgmAtom    *a = p->atom[i];

		memset(a->action, 0, sizeof(a->action));
		if (a->todo == PGM_CHANGE)
			add_action(p, a, PGM_ALTER, i);
		if ((a->todo == PGM_DROP || a->todo == PGM_REPLACE) && !a->with_whole_down)
			add_action(p, a, PGM_TAKE_DOWN, i);
		if ((a->todo == PGM_CREATE || a->todo == PGM_REPLACE) && !a->with_whole_up)
			add_action(p, a, PGM_SET_UP, i);
		if (a->exchanged)
			add_action(p, a, PGM_CLEAN_UP, i);
		if (a->hollow && a->action[PGM_TAKE_DOWN])
			add_action(p, a, PGM_HOLLOW, -i);
		if (a->hollow && a->action[PGM_SET_UP])
			add_action(p, a, PGM_FILL, i);
	}
}

/*
 * The action by which an atom comes to a phase, or NULL: it does not.  The
 * sequence of an identity comes and goes by a change of its column.
 */
PgmAction *
pgm_atom_action(const PgmAtom *a, PgmPhase phase)
{
	while (a && a->action[phase] == NULL)
	{
		const PgmAtom *part = a;

		if (phase == PGM_TAKE_DOWN && a->with_whole_down &&
			(a->todo == PGM_DROP || a->todo == PGM_REPLACE))
			a = a->old.whole;
		else if (phase == PGM_SET_UP && a->with_whole_up &&
				 (a->todo == PGM_CREATE || a->todo == PGM_REPLACE))
			a = a->new.whole;
		else
			return NULL;
		if (a && a->todo == PGM_CHANGE && pgm_kind_is(pgm_atom_object(part), PGM_KIND_SEQUENCE))
			return a->action[PGM_ALTER];
	}
	return a ? a->action[phase] : NULL;
}

/* What a column does not say of the sequence that it makes for its identity. */
static void
write_after_identity(PgmWrite *w, const PgmAtom *column)
{
	ListCell   *lc;

	foreach(lc, column->new.used_by)
	{
		const PgmAtom *a = lfirst(lc);

		if (a->aspect == NULL && pgm_kind_is(a->new.object, PGM_KIND_SEQUENCE) &&
			pgm_value(a->new.object, PGM_PROP_IDENTITY_OF) &&
			(a->todo == PGM_CREATE || a->todo == PGM_REPLACE))
			pgm_write_after_create(w, a->new.object);
	}
}

/* What CREATE of a relation does not say of the parts that it makes. */
static void
write_after_parts(PgmWrite *w, PgmDiffPlan *p, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, pgm_side_children(p->new, o, PGM_KIND_COLUMN))
	{
		if (!pgm_plan_is_folded(p, lfirst(lc), false))
			continue;
		pgm_write_after_create(w, lfirst(lc));
		write_after_identity(w, pgm_plan_atom(p, lfirst(lc)));
	}
	foreach(lc, pgm_side_children(p->new, o, PGM_KIND_CONSTRAINT))
	{
		if (pgm_plan_is_folded(p, lfirst(lc), false))
			pgm_write_after_create(w, lfirst(lc));
	}
}

static void
write_take_down(PgmWrite *w, const PgmAtom *a)
{
	const PgmObject *o = a->old.object;

	if (a->aspect)
		a->aspect->write(w, o, NULL);
	else if (a->exchanged)
		pgm_write_aside(w, o);
	else if (pgm_writer(o))
		pgm_write_drop(w, o);
}

static void
write_set_up(PgmWrite *w, PgmDiffPlan *p, const PgmAtom *a)
{
	if (a->aspect)
		a->aspect->write(w, NULL, a->new.object);
	else if (pgm_writer(a->new.object))
	{
		pgm_write_create(w, a->new.object);
		write_after_parts(w, p, a->new.object);
		pgm_write_no_defaults(w, a->new.object);
		write_after_identity(w, a);
	}
}

static void
write_change(PgmWrite *w, const PgmAtom *a)
{
	if (a->aspect)
		a->aspect->write(w, a->old.object, a->new.object);
	else if (a->retyped)
		pgm_write_retyped(w, a->old.object, a->new.object);
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
		((PgmSql *) lfirst(lc))->with_first = lfirst(lc) != linitial(statements) &&
			((PgmSql *) linitial(statements))->question;
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
			case PGM_TAKE_DOWN:
				write_take_down(&w, action->atom);
				break;
			case PGM_ALTER:
				write_change(&w, action->atom);
				break;
			case PGM_SET_UP:
				write_set_up(&w, p, action->atom);
				break;
			case PGM_CLEAN_UP:
				pgm_write_drop_aside(&w, action->atom->old.object);
				break;
			case PGM_HOLLOW:
				pgm_write_hollow(&w, action->atom->old.object);
				break;
			case PGM_FILL:
				pgm_write_filled(&w, action->atom->new.object);
				break;
		}
		if (action->phase == PGM_SET_UP)
			mark_followers(w.statements);
		action->statements = w.statements;
	}
}
