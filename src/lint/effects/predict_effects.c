/*
 * predict_effects.c
 *	  The effects of a statement, told relation by relation.
 *
 * An effect points to a table that later statements of the plan rename, empty
 * or drop.  A prediction says what it was when the statement was judged.
 */
#include "postgres.h"

#include "lint/effects/predict_effects.h"

/* The prediction about a relation, or NULL. */
const PgmPrediction *
pgm_prediction_of(const List *predictions, Oid relid)
{
	ListCell   *lc;

	foreach(lc, predictions)
	{
		const PgmPrediction *p = lfirst(lc);

		if (p->relid == relid)
			return p;
	}
	return NULL;
}

static PgmPrediction *
new_prediction(const PgmTable *t)
{
	PgmPrediction *p = palloc0(sizeof(PgmPrediction));

	p->relid = t->relid;
	p->name = pgm_table_name(t);
	p->bytes = pgm_table_bytes(t);
	return p;
}

/* The reason that is told is the one for the most work. */
static void
add_effect(PgmPrediction *p, const PgmEffect *e)
{
	p->mode = Max(p->mode, e->mode);
	if (e->work > p->work || p->why == NULL)
		p->why = e->why;
	p->work = Max(p->work, e->work);
}

/*
 * The predictions (PgmPrediction) that effects come to, in the order in which
 * the relations are first named.  Those that the plan makes are left out:
 * nobody waits for them.
 */
List *
pgm_predict(const List *effects)
{
	List	   *predictions = NIL;
	ListCell   *lc;

	foreach(lc, effects)
	{
		const PgmEffect *e = lfirst(lc);
		PgmPrediction *p;

		if (!OidIsValid(e->table->relid))
			continue;
		p = unconstify(PgmPrediction *,
					   pgm_prediction_of(predictions, e->table->relid));
		if (p == NULL)
		{
			p = new_prediction(e->table);
			predictions = lappend(predictions, p);
		}
		add_effect(p, e);
	}
	return predictions;
}
