/*
 * dependencies.h
 *	  One side of a comparison: a snapshot, what depends on what in it, and
 *	  what it is known of its rows.
 */
#ifndef PGM_DEPENDENCIES_H
#define PGM_DEPENDENCIES_H

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
typedef struct PgmSideText
{
	const char *identity;		/* hash key; must be first */
	const char *text;			/* or NULL: that it is in the hash says all */
} PgmSideText;

typedef struct PgmSide
{
	PgmSnapshot *snapshot;
	List	   *dependencies;	/* PgmDependency */
	HTAB	   *children;		/* by the address of what they are parts of */
	HTAB	   *rows;			/* PgmRows by identity of the relation */
	HTAB	   *volatiles;		/* PgmSideText: columns whose default is
								 * volatile */
	HTAB	   *bounds;			/* PgmSideText: CHECKs that say what
								 * partitions hold */
	HTAB	   *unreadables;	/* PgmSideText: materialized views whose owner
								 * may not read what they read */
	HTAB	   *parents;		/* identities of what others inherit from */
} PgmSide;

/* Objects of one kind: for (; r.at < r.end; r.at++) */
typedef struct PgmRange
{
	PgmObject **at;
	PgmObject **end;
} PgmRange;

/* dependencies.c */
extern PgmSide *pgm_side_take(void);
extern HTAB *pgm_side_make_texts(void);
extern void pgm_side_index(PgmSide *s);
extern List *pgm_side_children(const PgmSide *s, const PgmObject *o,
							   PgmKindId kind);
extern const PgmObject *pgm_side_parent(const PgmSide *s, const PgmObject *o);
extern const PgmObject *pgm_side_find(const PgmSide *s, PgmKindId kind,
									  const char *identity);
extern PgmRange pgm_side_range(const PgmSide *s, PgmKindId kind,
							   const char *beginning);
extern const PgmRows *pgm_side_rows(const PgmSide *s, const PgmObject *relation);
extern void pgm_side_copy_rows(PgmSide *s, const char *from, const char *to);
extern bool pgm_side_default_is_volatile(const PgmSide *s, const PgmObject *column);
extern bool pgm_side_is_unreadable(const PgmSide *s, const PgmObject *matview);
extern const char *pgm_side_bound(const PgmSide *s, const PgmObject *partition);
extern List *pgm_side_heirs(const PgmSide *s, const char *table);

/* dependencies.c: properties of objects */
extern const char *pgm_value(const PgmObject *o, PgmPropertyId property);
extern List *pgm_value_list(const PgmObject *o, PgmPropertyId property);
extern bool pgm_value_same(const PgmObject *a, const PgmObject *b,
						   PgmPropertyId property);
extern bool pgm_kind_is(const PgmObject *o, PgmKindId kind);
extern bool pgm_kind_is_one_of(const PgmObject *o, const PgmKindId *kinds,
							   int n);

#endif							/* PGM_DEPENDENCIES_H */
