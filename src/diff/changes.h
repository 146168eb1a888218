/*
 * changes.h
 *	  The changes that diff() lists and check() reports.
 */
#ifndef PGM_CHANGES_H
#define PGM_CHANGES_H

#include "diff/autogenerate_context.h"

/* What happens to one object */
typedef struct PgmSchemaChange
{
	const char *kind;
	const char *identity;
	const char *change;			/* "created", "dropped", "renamed", ... */
	const char *detail;
	const char *hazard;			/* or NULL */
	const PgmRows *rows;		/* those of the relation, or NULL */
	const char *up;				/* statements, or NULL */
	const char *down;			/* statements, or NULL */
} PgmSchemaChange;

extern List *pgm_changes(const PgmAutogenerate *a);
extern char *pgm_changes_describe(const PgmAutogenerate *a);

#endif							/* PGM_CHANGES_H */
