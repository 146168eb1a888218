/*
 * tables.h
 *	  What lint knows of a table: plain data, which the shadow fills from the
 *	  catalogs and changes as the statements of a plan would.
 */
#ifndef PGM_TABLES_H
#define PGM_TABLES_H

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
	bool		replaced;		/* a view that the plan redefined */
	bool		columns_known;
	bool		constraint_names_guessed;	/* of some constraints, which the
											 * server names */
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

extern PgmColumn *pgm_table_column(const PgmTable *t, const char *name,
								   AttrNumber *attnum);
extern bool pgm_table_has_constraint(const PgmTable *t, const char *name);
extern List *pgm_table_primary_key(const PgmTable *t);
extern List *pgm_table_check_column(const PgmTable *t, Node *expr);
extern bool pgm_table_has_rows(const PgmTable *t);
extern bool pgm_table_is_empty(const PgmTable *t);
extern uint64 pgm_table_bytes(const PgmTable *t);
extern char *pgm_table_name(const PgmTable *t);
extern Node *pgm_column_not_null_test(const PgmColumn *c, AttrNumber attnum);
extern PgmCheck *pgm_table_add_not_null(PgmTable *t, PgmColumn *c,
										AttrNumber attnum, char *name);
extern const PgmMade *pgm_tables_find_made(const List *made, const List *name);

#endif							/* PGM_TABLES_H */
