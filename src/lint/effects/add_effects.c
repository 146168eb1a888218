/*
 * add_effects.c
 *	  Adding an effect to the list that is being collected: on one table, on a
 *	  table and its inheritors, or on the table of a name.
 */
#include "postgres.h"

#include "catalog/pg_class.h"

#include "lint/effects/effects_internal.h"

const char *
pgm_work_name(PgmWork work)
{
	static const char *const names[] = {"none", "scan", "rewrite"};

	return names[work];
}

/* Add an effect; NULL for a relation that is not known adds none. */
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
	e->action = f->action;
	f->effects = lappend(f->effects, e);
}

/* The table alone behind ONLY, else with all that inherit from it. */
List *
pgm_effect_scope(PgmForecast *f, PgmTable *t)
{
	return f->only ? list_make1(t) : pgm_shadow_tree(f->shadow, t);
}

/* The same for a table and all that inherit from it; the work where rows are. */
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

/* Does an ALTER TABLE come to the table by inheritance, and not to a partition? */
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

/* With its inheritors, unless the name is behind ONLY */
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
