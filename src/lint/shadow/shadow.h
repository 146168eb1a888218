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

#include "access/attnum.h"
#include "nodes/parsenodes.h"
#include "nodes/pg_list.h"

/* A type as far as it is known: one that the plan makes has no oid */
typedef struct PgmTypeRef
{
	const char *name;
	Oid			oid;			/* or InvalidOid */
	int32		typmod;
	Oid			collation;
	bool		constrained;	/* a domain with constraints */
	bool		known;			/* there is one, or the plan makes it */
} PgmTypeRef;

typedef struct PgmColumn
{
	char	   *name;			/* NULL: dropped */
	PgmTypeRef	type;
	bool		not_null;
	bool		has_default;
	bool		new_default;	/* set by the plan */
	char		generated;
	char		identity;
	bool		is_new;			/* added by the plan */
	char	   *old_name;		/* when dropped by the plan */
	int			script;			/* number of the script that added or dropped
								 * it; 0: none */
} PgmColumn;

/* A CHECK, or from 18 on a NOT NULL that is not valid yet */
typedef struct PgmCheck
{
	char	   *name;
	Node	   *expr;			/* over the columns' numbers; NULL: unknown */
	bool		valid;
	PgmColumn  *not_null;		/* the column it forbids nulls of, or NULL */
	int			made_in;		/* number of a transaction; 0: not by the plan */
} PgmCheck;

struct PgmTable;

typedef struct PgmForeignKey
{
	Oid			oid;			/* InvalidOid: made by the plan */
	Oid			parent;			/* that it comes from, of the same table or
								 * the one above */
	bool		inherited;		/* part of a foreign key of the table above */
	char	   *name;
	List	   *columns;		/* of char * */
	struct PgmTable *referenced;
	List	   *targets;		/* columns of that, of char * */
	const char *manner;			/* its actions, and when it is checked */
	bool		valid;
	int			made_in;
} PgmForeignKey;

typedef struct PgmIndex
{
	Oid			oid;			/* InvalidOid: made by the plan */
	char	   *name;
	char	   *method;
	struct PgmTable *table;
	List	   *columns;		/* of char *; NULL for an expression */
	int			nkeys;			/* of them; the rest is INCLUDEd */
	char	   *constraint;		/* that owns it, or NULL */
	bool		unique;
	bool		primary;
	bool		exclusion;
	bool		partial;
	bool		expressions;
	List	   *exprs;			/* those of NULL columns, over the columns'
								 * numbers; NIL: not known */
	bool		special;		/* made by the plan, with what is not followed */
	Bitmapset  *mentioned;		/* columns of both, as pull_varattnos() */
	bool		nulls_not_distinct;
	const char *deferrable;		/* " DEFERRABLE" and the like, or "" */
	bool		valid;
	bool		attached;		/* to an index of a partitioned table */
	bool		concurrently;	/* built so by the plan */
} PgmIndex;

typedef struct PgmTable
{
	Oid			relid;			/* InvalidOid: made by the plan */
	char	   *schema;
	char	   *name;
	char		kind;			/* a relkind */
	char		persistence;
	Oid			tablespace;
	Oid			method;
	bool		dropped;
	int			script;			/* number of the script that dropped it */
	bool		emptied;		/* by a TRUNCATE of the plan */
	bool		filled;			/* made or emptied by the plan, then given
								 * rows */
	bool		unpopulated;	/* a materialized view that nobody can read */
	bool		is_partition;
	bool		is_default;		/* the DEFAULT one, by the plan */
	bool		replaced;		/* a view that the plan defined anew */
	bool		columns_known;
	bool		unnamed;		/* has constraints whose names are guessed */
	List	   *columns;		/* PgmColumn, at their numbers */
	List	   *checks;			/* PgmCheck */
	List	   *keys;			/* PgmForeignKey */
	List	   *indexes;		/* PgmIndex */
	List	   *children;		/* PgmTable, direct ones; see below */
	bool		children_known;
	const struct PgmStatement *made_by; /* in the plan, or NULL */
	int			made_in;		/* number of its transaction */
} PgmTable;

/* A type or function that the plan makes or changes */
typedef struct PgmMade
{
	char	   *schema;			/* or NULL */
	char	   *name;
	bool		constrained;	/* a domain */
	char		volatility;		/* a function */
	Oid			oid;			/* it is there already */
	const char *constraint;		/* that the domain is given, or NULL */
} PgmMade;

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
	bool		unnamed;		/* indexes of the plan have names of the
								 * server */
	bool		cascaded;		/* a DROP of the plan took more than it named */
	List	   *gone;			/* ObjectAddress, of the catalog, that the
								 * plan drops: neither relations nor of a
								 * schema */
	List	   *proposed;		/* PgmProposed, by other statements or actions */
	List	   *proposing;		/* PgmProposed, in the present safe form */
	const void *proposer;		/* the statement or action it is for */
	int			transaction;	/* number of the one being looked at, from 1 */
	int			script;			/* the same for scripts */
	const struct PgmStatement *statement;	/* that is applied */
} PgmShadow;

/* shadow.c */
extern List *pgm_shadow_path(const PgmShadow *s, bool implicit);
extern const char *pgm_key_manner(char update, char delete, char match,
								  bool deferrable, bool deferred);
extern PgmShadow *pgm_shadow_begin(void);
extern PgmTable *pgm_shadow_table(PgmShadow *s, const RangeVar *rel);
extern bool pgm_shadow_exists(PgmShadow *s, const RangeVar *rel);
extern PgmTable *pgm_shadow_by_oid(PgmShadow *s, Oid relid);
extern PgmIndex *pgm_shadow_index(PgmShadow *s, const RangeVar *rel);
extern List *pgm_shadow_children(PgmShadow *s, PgmTable *t);
extern List *pgm_shadow_tree(PgmShadow *s, PgmTable *t);
extern PgmCheck *pgm_shadow_not_null(PgmTable *t, PgmColumn *c,
									 AttrNumber attnum, char *name);
extern PgmColumn *pgm_shadow_column(const PgmTable *t, const char *name,
									AttrNumber *attnum);
extern bool pgm_shadow_constraint(const PgmTable *t, const char *name);
extern List *pgm_shadow_primary_key(const PgmTable *t);
extern List *pgm_check_columns(const PgmTable *t, Node *expr);
extern List *pgm_strings(const List *names);
extern bool pgm_shadow_empty(PgmTable *t);
extern uint64 pgm_shadow_bytes(const PgmTable *t);
extern char *pgm_shadow_name(const PgmTable *t);

/* shadow_type.c */
extern PgmTypeRef pgm_catalog_type(Oid oid, int32 typmod, Oid collation);
extern char *pgm_shadow_domain_name(const PgmShadow *s, List *domain);
extern PgmTypeRef pgm_shadow_type(const PgmShadow *s, const TypeName *name);
extern const PgmMade *pgm_shadow_function(const PgmShadow *s, List *name);

/* shadow_partition.c */
extern void pgm_shadow_spread_index(PgmShadow *s, PgmTable *t, const PgmIndex *index);
extern void pgm_shadow_spread_key(PgmShadow *s, PgmTable *t, const PgmForeignKey *key);
extern void pgm_shadow_index_attached(PgmShadow *s, PgmIndex *index);
extern void pgm_shadow_join(PgmShadow *s, PgmTable *t, PgmTable *child);
extern void pgm_shadow_leave(PgmTable *child);

/* shadow_table.c */
extern char *pgm_creation_schema(const PgmShadow *s, const RangeVar *rel);
extern PgmTable *pgm_shadow_new(PgmShadow *s, const RangeVar *rel, char kind);
extern void pgm_shadow_create(PgmShadow *s, const CreateStmt *stmt);
extern void pgm_shadow_create_index(PgmShadow *s, const IndexStmt *stmt);
extern void pgm_shadow_alter(PgmShadow *s, const AlterTableStmt *stmt);

/* shadow_apply.c */
extern char *pgm_schema_name(const CreateSchemaStmt *stmt);
extern List *pgm_schema_elements(const CreateSchemaStmt *stmt);
extern void pgm_shadow_apply(PgmShadow *s, const struct PgmStatement *statement);

#endif							/* PGM_SHADOW_H */
