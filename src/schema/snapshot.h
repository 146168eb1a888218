/*
 * snapshot.h
 *	  The schema as data that can be compared.
 *
 * A snapshot holds the objects of this database that a user can create, each
 * with its kind, its identity (its qualified and quoted name) and its properties
 * as text.  None of it depends on OIDs, search_path, session settings or the
 * order of creation, so equal schemas have equal snapshots.  A property with its
 * default value (no column default, not unlogged) is NULL.
 *
 * Addresses locate an object, and its parent, in the catalogs from which the
 * snapshot was taken.  They serve to order changes and are never compared.
 */
#ifndef PGM_SNAPSHOT_H
#define PGM_SNAPSHOT_H

#include "catalog/objectaddress.h"
#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"

#include "schema/kinds/kinds.h"

/* The type of a property, which decides how it is compared and displayed */
typedef enum PgmForm
{
	PGM_FORM_SQL,				/* names, expressions, whole definitions */
	PGM_FORM_WORDS,				/* free text, quoted where it is displayed */
	PGM_FORM_FLAG,				/* "true", or NULL */
	PGM_FORM_JSON,				/* a number, or a JSON list or object */
	PGM_FORM_ORDER				/* a JSON list of which only the order is
								 * compared: added and removed elements are
								 * differences of their own */
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
	const char **value;			/* by position in "id"; NULL: the default */
	ObjectAddress address;		/* classId 0: it has no catalog row of its own */
	ObjectAddress parent;		/* the object it belongs to; classId 0: none */
	bool		outside;		/* not compared: outside of the selected
								 * schemas */
	bool		removed;		/* about to be removed from the snapshot */
} PgmObject;

typedef struct PgmSnapshot
{
	MemoryContext context;		/* all of it is in here */
	PgmProperties *properties;	/* by number of the kind */
	PgmObject **object;			/* by kind and identity */
	int			n;
	int			size;			/* allocated length of "object" */
	HTAB	   *by_address;
} PgmSnapshot;

typedef enum PgmChange
{
	PGM_CREATED,
	PGM_DROPPED,
	PGM_CHANGED
} PgmChange;

/* A difference; one per object that was created or dropped, else one per property */
typedef struct PgmDifference
{
	PgmChange	what;
	PgmKindId	kind;
	const char *identity;
	PgmPropertyId property;		/* this and the next three: of PGM_CHANGED
								 * only */
	PgmForm		form;
	const char *before;
	const char *after;
	const PgmObject *object;	/* the new object, or the dropped one */
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
