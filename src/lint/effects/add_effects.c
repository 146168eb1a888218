/*
 * add_effects.c
 *	  Adding an effect to the list that is being collected: on one table, on a
 *	  table and its inheritors, or on the table of a name.
 */
#include "postgres.h"

#include "catalog/pg_class.h"

#include "lint/effects/effects_internal.h"

/* The name of a kind of work, as explain and lint show it. */
const char *
pgm_effect_work_name(PgmWork work)
{
	static const char *const names[] = {"none", "scan", "rewrite"};

	return names[work];
}

/*
 * Add an effect.  A table that is NULL adds none: callers pass what a look-up found,
 * and a name that is not known is the business of another rule.
 */
void
pgm_effect_add(PgmForecast *f, PgmTable *t, LOCKMODE mode, PgmWork work,
			   const char *why)
{
	PgmEffect  *e;

	if (t == NULL)
		return;
	e = palloc(sizeof(PgmEffect));
	e->table = t;
	e->mode = mode;
	e->work = work;
	e->why = why;
	e->redone = f->redone;
	f->redone = 0;
	e->action = f->action;
	f->effects = lappend(f->effects, e);
}

/* The tables that an action applies to: with ONLY one, else all inheritors too. */
List *
pgm_effect_scope(PgmForecast *f, PgmTable *t)
{
	return f->only ? list_make1(t) : pgm_shadow_tree(f->shadow, t);
}

/* Add an effect on a table and its inheritors; the work only where rows are. */
void
pgm_effect_tree(PgmForecast *f, PgmTable *t, LOCKMODE mode, PgmWork work,
				const char *why)
{
	ListCell   *lc;

	if (t == NULL)
		return;
	foreach(lc, pgm_effect_scope(f, t))
	{
		PgmTable   *one = lfirst(lc);

		pgm_effect_add(f, one, mode, pgm_table_has_rows(one) ? work : PGM_WORK_NONE, why);
	}
}

/* Does the table get an ALTER TABLE by inheritance that is not partitioning? */
bool
pgm_effect_is_inherited(const PgmForecast *f, const PgmTable *t)
{
	return f->target && t != f->target &&
		f->target->kind != RELKIND_PARTITIONED_TABLE;
}

/* The table that a name of the statement refers to, or NULL. */
PgmTable *
pgm_effect_table(PgmForecast *f, const RangeVar *rel)
{
	return pgm_shadow_table(f->shadow, rel);
}

/* Add an effect on the table of a name, and unless it has ONLY on its inheritors. */
void
pgm_effect_named(PgmForecast *f, const RangeVar *rel, LOCKMODE mode, PgmWork work,
				 const char *why)
{
	PgmTable   *t = pgm_effect_table(f, rel);

	if (t && rel->inh)
		pgm_effect_tree(f, t, mode, work, why);
	else
		pgm_effect_add(f, t, mode, t && pgm_table_has_rows(t) ? work : PGM_WORK_NONE, why);
}
