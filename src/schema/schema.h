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

/* "from" cannot exist without "to" */
typedef struct PgmDependency
{
	const PgmObject *from;
	const PgmObject *to;
	bool		by_default;		/* only the default of the column "from" does */
} PgmDependency;

/* What is known of the rows of a relation */
typedef struct PgmRows
{
	bool		filled;			/* has rows, or may have */
	bool		known;			/* "bytes" is known */
	uint64		bytes;
	double		rows;			/* reltuples, or -1 if unknown */
} PgmRows;

/* A fact about an object that is not one of its properties */
typedef struct PgmSchemaText
{
	const char *identity;		/* hash key; must be first */
	const char *text;			/* NULL where membership is the fact */
} PgmSchemaText;

typedef struct PgmSchema
{
	PgmSnapshot *snapshot;
	List	   *dependencies;	/* PgmDependency */
	HTAB	   *children;		/* objects by the address of their parent */
	HTAB	   *rows;			/* PgmRows by identity of the relation */
	HTAB	   *volatiles;		/* PgmSchemaText: columns whose default is
								 * volatile */
	HTAB	   *bounds;			/* PgmSchemaText: partition constraints as SQL */
	HTAB	   *unreadables;	/* PgmSchemaText: materialized views whose
								 * owner may not read what they read */
	HTAB	   *parents;		/* tables by the identity of a parent */
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
extern const char *pgm_object_value(const PgmObject *o, PgmPropertyId property);
extern List *pgm_object_value_list(const PgmObject *o, PgmPropertyId property);
extern bool pgm_object_value_same(const PgmObject *a, const PgmObject *b,
								  PgmPropertyId property);
extern bool pgm_kind_is(const PgmObject *o, PgmKindId kind);
extern bool pgm_kind_is_one_of(const PgmObject *o, const PgmKindId *kinds,
							   int n);

#endif							/* PGM_SCHEMA_H */
