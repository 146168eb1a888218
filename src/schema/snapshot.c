/*
 * snapshot.c
 *	  A snapshot as a collection of objects: adding, sorting, finding.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "schema/kinds/kinds.h"
#include "schema/take_snapshot.h"

typedef struct ByAddress
{
	ObjectAddress address;		/* hash key; must be first */
	PgmObject  *object;
} ByAddress;

/* An empty hash of objects by address. */
static HTAB *
make_hash(MemoryContext context)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(ByAddress),
		.hcxt = context
	};

	return hash_create("objects of the schema", 1024, &ctl,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* An empty snapshot in a memory context of its own, below the current one. */
PgmSnapshot *
pgm_snapshot_make(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schema snapshot",
												  ALLOCSET_DEFAULT_SIZES);
	PgmSnapshot *s = MemoryContextAllocZero(context, sizeof(PgmSnapshot));

	s->context = context;
	s->size = 1024;
	s->object = MemoryContextAlloc(context, s->size * sizeof(PgmObject *));
	s->properties = MemoryContextAllocZero(context, PGM_KIND_COUNT *
										   sizeof(PgmProperties));
	for (int i = 0; i < PGM_KIND_COUNT; i++)
		for (int j = 0; j < PGM_PROP_COUNT; j++)
			s->properties[i].position[j] = -1;
	s->by_address = make_hash(context);
	return s;
}

/* Add an object, which must be in the snapshot's memory context. */
void
pgm_snapshot_add(PgmSnapshot *s, PgmObject *o)
{
	ByAddress  *entry;

	if (s->n == s->size)
	{
		s->size *= 2;
		s->object = repalloc_huge(s->object, s->size * sizeof(PgmObject *));
	}
	s->object[s->n++] = o;
	if (!OidIsValid(o->address.classId))
		return;
	entry = hash_search(s->by_address, &o->address, HASH_ENTER, NULL);
	entry->object = o;
}

/* Order by kind, then by identity in byte order, for qsort(). */
static int
by_kind_and_identity(const void *a, const void *b)
{
	const PgmObject *x = *(PgmObject *const *) a;
	const PgmObject *y = *(PgmObject *const *) b;

	if (x->kind->id != y->kind->id)
		return x->kind->id < y->kind->id ? -1 : 1;
	return strcmp(x->identity, y->identity);
}

/* Sort the objects; comparisons and searches rely on the order. */
void
pgm_snapshot_sort(PgmSnapshot *s)
{
	qsort(s->object, s->n, sizeof(PgmObject *), by_kind_and_identity);
}

/* Free a snapshot.  Differences that point into it become invalid. */
void
pgm_snapshot_free(PgmSnapshot *s)
{
	MemoryContextDelete(s->context);
}

/* The object with an address, or NULL. */
PgmObject *
pgm_snapshot_find(const PgmSnapshot *s, const ObjectAddress *address)
{
	ByAddress  *entry = hash_search(s->by_address, address, HASH_FIND, NULL);

	return entry ? entry->object : NULL;
}
