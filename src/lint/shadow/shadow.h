/*
 * shadow.h
 *	  The schema as the statements before will have left it: the catalog, and
 *	  over it what a plan that is only read would do.
 *
 * Tables are copied from the catalog when they are first asked for, under a
 * lock that is given back at once.  What a statement of the plan changes is
 * changed in the copy.
 */
#ifndef PGM_SHADOW_H
#define PGM_SHADOW_H

#include "lint/tables/tables.h"

/* A name that a safe form makes up */
typedef struct PgmProposed
{
	const void *proposer;		/* the statement or action that it is for */
	const char *schema;
	const char *name;
} PgmProposed;

typedef struct PgmShadow
{
	List	   *tables;			/* PgmTable */
	List	   *types;			/* PgmMade */
	List	   *functions;		/* PgmMade */
	List	   *schemas;		/* char *, that the plan makes */
	char	   *within;			/* the CREATE SCHEMA that is applied, or NULL */
	bool		index_names_guessed;	/* the server names an index of the
										 * plan */
	bool		cascaded;		/* a DROP of the plan took more than it named */
	List	   *gone;			/* ObjectAddress, of the catalog, that the
								 * plan drops: neither relations nor of a
								 * schema */
	List	   *proposed;		/* PgmProposed, by other statements or actions */
	List	   *proposing;		/* PgmProposed, in the present safe form */
	const void *proposer;		/* the statement or action it is for */
	int			transaction;	/* number of the one being looked at, from 1 */
	int			script;			/* number of the present script, from 1 */
	const struct PgmStatement *statement;	/* that is applied */
} PgmShadow;

/* shadow.c */
extern PgmShadow *pgm_shadow_begin(void);
extern PgmTable *pgm_shadow_table(PgmShadow *s, const RangeVar *rel);
extern bool pgm_shadow_exists(PgmShadow *s, const RangeVar *rel);
extern PgmTable *pgm_shadow_by_oid(PgmShadow *s, Oid relid);
extern PgmIndex *pgm_shadow_index(PgmShadow *s, const RangeVar *rel);
extern List *pgm_shadow_children(PgmShadow *s, PgmTable *t);
extern List *pgm_shadow_tree(PgmShadow *s, PgmTable *t);

/* shadow_type.c */
extern char *pgm_shadow_domain_constraint_name(const PgmShadow *s, List *domain);
extern PgmTypeRef pgm_shadow_type(const PgmShadow *s, const TypeName *name);

/* shadow_partition.c */
extern PgmTable *pgm_shadow_default_partition(PgmShadow *s, PgmTable *parent);

/* shadow_dependents.c */
extern List *pgm_shadow_tables_of_domain(PgmShadow *s, const PgmTypeRef *type);
extern List *pgm_shadow_referencing(PgmShadow *s, PgmTable *t, const char *column);

/* shadow_create.c */
extern char *pgm_shadow_creation_schema(const PgmShadow *s, const RangeVar *rel);

/* shadow_apply.c */
extern void pgm_shadow_apply(PgmShadow *s, const struct PgmStatement *statement);

#endif							/* PGM_SHADOW_H */
