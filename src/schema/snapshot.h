/*
 * snapshot.h
 *	  What the schema is, as data that can be compared.
 *
 * A snapshot holds the objects of this database that a user can make, each
 * with its kind, its identity (its name as one would type it) and its
 * properties as text.  Nothing of it depends on OIDs, on search_path, on
 * settings of the session or on the order in which things were made.  A
 * property that has its natural value (no default, not unlogged) is NULL.
 *
 * The addresses say where an object is in the catalogs the snapshot was taken
 * from, and of what they are parts, for who has to order changes; they take no
 * part in comparisons.
 */
#ifndef PGM_SNAPSHOT_H
#define PGM_SNAPSHOT_H

#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"
#include "schema/object_names.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

typedef struct PgmKind PgmKind;

/* How a property is written */
typedef enum PgmForm
{
	PGM_FORM_SQL,				/* names, expressions, whole definitions */
	PGM_FORM_WORDS,				/* free text, quoted where it is said */
	PGM_FORM_FLAG,				/* "true", or NULL */
	PGM_FORM_JSON,				/* a number, or a JSON list or object */
	PGM_FORM_ORDER				/* a JSON list; new and missing elements are
								 * told elsewhere */
} PgmForm;

/* The properties that the objects of a kind have */
typedef struct PgmProperties
{
	int			n;
	PgmPropertyId *id;			/* in the order of the columns of the query */
	PgmForm    *form;
	int16		position[PGM_PROP_COUNT];	/* in "id"; -1: the kind has it
											 * not */
} PgmProperties;

typedef struct PgmObject
{
	const PgmKind *kind;
	const PgmProperties *properties;	/* of the kind */
	const char *identity;
	const char **value;			/* one a property; NULL: as it is by nature */
	ObjectAddress address;		/* classId 0: not in a catalog by itself */
	ObjectAddress parent;		/* what it is a part of, if anything */
	bool		outside;		/* is not compared; for who compares a part */
	bool		removed;		/* is about to be taken out of the snapshot */
} PgmObject;

typedef struct PgmSnapshot
{
	MemoryContext context;		/* all of it is in here */
	PgmProperties *properties;	/* by number of the kind */
	PgmObject **object;			/* by kind and identity */
	int			n;
	int			size;			/* there is room for */
	HTAB	   *by_address;
} PgmSnapshot;

typedef enum PgmChange
{
	PGM_CREATED,
	PGM_DROPPED,
	PGM_CHANGED
} PgmChange;

/* A difference; of an object that was created or dropped there is one */
typedef struct PgmDifference
{
	PgmChange	what;
	PgmKindId	kind;
	const char *identity;
	PgmPropertyId property;		/* these four of PGM_CHANGED */
	PgmForm		form;
	const char *before;
	const char *after;
	const PgmObject *object;	/* as it is, where dropped as it was */
	const PgmProperties *properties;	/* of "object" */
} PgmDifference;

#define PGM_DIGEST_LENGTH 64	/* in hexadecimal */

/* take_snapshot.c */
extern PgmSnapshot *pgm_snapshot_take(void);

/* snapshot.c */
extern void pgm_snapshot_free(PgmSnapshot *s);
extern PgmObject *pgm_snapshot_find(const PgmSnapshot *s,
									const ObjectAddress *address);

/* compare_snapshots.c */
extern List *pgm_snapshot_compare(const PgmSnapshot *before,
								  const PgmSnapshot *after);
extern bool pgm_property_differs(PgmForm form, const char *before,
								 const char *after);

/* describe_difference.c */
extern char *pgm_difference_describe(const PgmDifference *d);

/* fingerprint.c */
extern char *pgm_snapshot_fingerprint(const PgmSnapshot *s);

/* snapshot_json.c */
extern Jsonb *pgm_object_to_json(const PgmSnapshot *s,
								 const PgmObject *o);
extern PgmSnapshot *pgm_snapshot_from_json(Jsonb *rows, const PgmSnapshot *like);

#endif							/* PGM_SNAPSHOT_H */
