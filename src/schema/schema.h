/*
 * schema.h
 *	  A schema: its objects, what depends on what among them, and what is
 *	  known of the rows of its tables.
 *
 * A comparison has two of them: the schema as it is and as the model wants it.
 */
#ifndef PGM_SCHEMA_H
#define PGM_SCHEMA_H

#include "schema/snapshot.h"

/* "from" cannot be without "to" */
typedef struct PgmDependency
{
	const PgmObject *from;
	const PgmObject *to;
	bool		by_default;		/* it is the default of the column "from" */
} PgmDependency;

/* What is known of the rows of a relation */
typedef struct PgmRows
{
	bool		filled;			/* it has a page, or may have */
	bool		known;			/* how many bytes they take */
	uint64		bytes;
	double		rows;			/* as the server estimates, -1: not known */
} PgmRows;

/* What is known of an object beyond its properties */
typedef struct PgmSchemaText
{
	const char *identity;		/* hash key; must be first */
	const char *text;			/* or NULL: that it is in the hash says all */
} PgmSchemaText;

typedef struct PgmSchema
{
	PgmSnapshot *snapshot;
	List	   *dependencies;	/* PgmDependency */
	HTAB	   *children;		/* by the address of what they are parts of */
	HTAB	   *rows;			/* PgmRows by identity of the relation */
	HTAB	   *volatiles;		/* PgmSchemaText: columns whose default is
								 * volatile */
	HTAB	   *bounds;			/* PgmSchemaText: CHECKs that say what
								 * partitions hold */
	HTAB	   *unreadables;	/* PgmSchemaText: materialized views whose
								 * owner may not read what they read */
	HTAB	   *parents;		/* identities of what others inherit from */
} PgmSchema;

/* Objects of one kind: for (; r.at < r.end; r.at++) */
typedef struct PgmObjectRange
{
	PgmObject **at;
	PgmObject **end;
} PgmObjectRange;

extern void pgm_schema_index(PgmSchema *s);
extern List *pgm_schema_children(const PgmSchema *s, const PgmObject *o,
								 PgmKindId kind);
extern const PgmObject *pgm_schema_parent(const PgmSchema *s,
										  const PgmObject *o);
extern const PgmObject *pgm_schema_find(const PgmSchema *s, PgmKindId kind,
										const char *identity);
extern PgmObjectRange pgm_schema_range(const PgmSchema *s, PgmKindId kind,
									   const char *beginning);
extern List *pgm_schema_inheritors(const PgmSchema *s, const char *table);

/* Properties of objects */
extern const char *pgm_value(const PgmObject *o, PgmPropertyId property);
extern List *pgm_value_list(const PgmObject *o, PgmPropertyId property);
extern bool pgm_value_same(const PgmObject *a, const PgmObject *b,
						   PgmPropertyId property);
extern bool pgm_kind_is(const PgmObject *o, PgmKindId kind);
extern bool pgm_kind_is_one_of(const PgmObject *o, const PgmKindId *kinds,
							   int n);

#endif							/* PGM_SCHEMA_H */
