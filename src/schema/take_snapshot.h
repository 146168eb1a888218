/*
 * take_snapshot.h
 *	  What the files that build snapshots share.
 */
#ifndef PGM_TAKE_SNAPSHOT_H
#define PGM_TAKE_SNAPSHOT_H

#include "schema/snapshot.h"
#include "util/spi.h"

/* Number of the properties that every kind has; they are its last */
#define PGM_COMMON_PROPERTIES 3

typedef struct PgmCommonProperty
{
	PgmPropertyId id;
	PgmForm		form;
	PgmQuery	query;			/* class, oid, number, text */
} PgmCommonProperty;

extern PgmCommonProperty pgm_common_properties[PGM_COMMON_PROPERTIES];

/* snapshot.c */
extern PgmSnapshot *pgm_snapshot_make(void);
extern void pgm_snapshot_add(PgmSnapshot *s, PgmObject *o);
extern void pgm_snapshot_sort(PgmSnapshot *s);

/* object_rows.c */
extern void pgm_snapshot_add_rows(PgmSnapshot *s, PgmKindId kind);

/* common_properties.c */
extern void pgm_snapshot_add_common(PgmSnapshot *s, PgmSpi *spi);

#endif							/* PGM_TAKE_SNAPSHOT_H */
