/*
 * predict_effects.h
 *	  The effects of a statement, told relation by relation.
 */
#ifndef PGM_PREDICT_EFFECTS_H
#define PGM_PREDICT_EFFECTS_H

#include "lint/effects/effects.h"

/* What a statement would do to a relation that is there before the plan */
typedef struct PgmPrediction
{
	Oid			relid;
	const char *name;			/* when the statement runs */
	LOCKMODE	mode;			/* the strongest */
	PgmWork		work;			/* the most */
	const char *why;			/* the work, or that there is none; or NULL */
	uint64		bytes;
} PgmPrediction;

extern List *pgm_predict(const List *effects);
extern const PgmPrediction *pgm_prediction_of(const List *predictions, Oid relid);

#endif							/* PGM_PREDICT_EFFECTS_H */
