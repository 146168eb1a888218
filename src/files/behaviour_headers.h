/*
 * behaviour_headers.h
 *	  The headers of a migration file that change how it is run, or what it
 *	  means for applications.
 */
#ifndef PGM_BEHAVIOUR_HEADERS_H
#define PGM_BEHAVIOUR_HEADERS_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef struct PgmBehaviour
{
	const char *name;
	const char *values;			/* the values allowed, "a, b, c"; NULL: a list
								 * of revisions */
	const char *standard;		/* the one that holds without the header */
} PgmBehaviour;

extern const PgmBehaviour pgm_behaviours[];
extern const int pgm_nbehaviours;

extern const PgmBehaviour *pgm_behaviour_find(const char *name);
extern char *pgm_behaviour_names(void);
extern char *pgm_behaviour_accept(const PgmBehaviour *b, const char *value);
extern void pgm_behaviour_append(StringInfo json, const PgmBehaviour *b,
								 const char *value);
extern char *pgm_behaviour_value(Jsonb *options, const char *name);
extern Jsonb *pgm_behaviour_check(Jsonb *options);

#endif							/* PGM_BEHAVIOUR_HEADERS_H */
