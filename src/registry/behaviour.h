/*
 * behaviour.h
 *	  The headers of a migration file that change how it is run.
 */
#ifndef PGM_BEHAVIOUR_H
#define PGM_BEHAVIOUR_H

#include "utils/jsonb.h"

typedef struct PgmBehaviour
{
	const char *name;
	const char *values;			/* the values allowed, "a, b, c" */
	const char *standard;		/* the one that holds without the header */
} PgmBehaviour;

extern const PgmBehaviour pgm_behaviours[];
extern const int pgm_nbehaviours;

extern const PgmBehaviour *pgm_behaviour_find(const char *name);
extern char *pgm_behaviour_names(void);
extern bool pgm_behaviour_allows(const char *name, const char *value);
extern bool pgm_behaviour_is_default(const char *name, const char *value);
extern char *pgm_behaviour_value(Jsonb *options, const char *name);
extern Jsonb *pgm_behaviour_check(Jsonb *options);

#endif							/* PGM_BEHAVIOUR_H */
