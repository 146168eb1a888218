/*
 * schema.c
 *	  Looking up objects of a schema, their parts and their properties.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "schema/array_casts.h"
#include "schema/kinds/kinds.h"
#include "schema/schema.h"
#include "util/text_hash.h"

typedef struct Children
{
	ObjectAddress parent;		/* hash key; must be first */
	List	   *objects;
} Children;

typedef struct Heirs
{
	const char *identity;		/* hash key; must be first */
	List	   *tables;
} Heirs;

/* Index the objects by the address of their parent. */
static void
fill_children(PgmSchema *s)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(Children),
		.hcxt = CurrentMemoryContext
	};

	s->children = hash_create("parts by object", 1024, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];
		Children   *entry;
		bool		found;

		if (!OidIsValid(o->parent.classId))
			continue;
		entry = hash_search(s->children, &o->parent, HASH_ENTER, &found);
		if (!found)
			entry->objects = NIL;
		entry->objects = lappend(entry->objects, o);
	}
}

/* Index the tables by the identities of the tables that they inherit from. */
static void
fill_inherited(PgmSchema *s)
{
	s->parents = pgm_texthash_make("parents", sizeof(Heirs));
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];
		ListCell   *lc;

		if (!pgm_kind_is(o, PGM_KIND_TABLE) && !pgm_kind_is(o, PGM_KIND_FOREIGN_TABLE))
			continue;
		foreach(lc, pgm_object_value_list(o, PGM_PROP_INHERITS))
		{
			bool		found;
			Heirs	   *entry = pgm_texthash_enter(s->parents, lfirst(lc), &found);

			entry->tables = lappend(found ? entry->tables : NIL, o);
		}
	}
}

/*
 * Build the indexes over parents and inheritance.  To be called again after
 * objects were added to the snapshot or removed from it.
 */
void
pgm_schema_index(PgmSchema *s)
{
	fill_children(s);
	fill_inherited(s);
}

/* Order columns by attnum, for list_sort(). */
static int
by_number(const ListCell *a, const ListCell *b)
{
	const PgmObject *x = lfirst(a);
	const PgmObject *y = lfirst(b);

	return (x->address.objectSubId > y->address.objectSubId) -
		(x->address.objectSubId < y->address.objectSubId);
}

/*
 * The objects of a kind, or of all with PGM_KIND_ANY, whose parent is "o": columns
 * and attributes by number, others by identity.
 */
List *
pgm_schema_children(const PgmSchema *s, const PgmObject *o, PgmKindId kind)
{
	ObjectAddress address = o->address;
	Children   *entry;
	List	   *list = NIL;
	ListCell   *lc;

	/* The parent of a column's grants is the column's table, too. */
	address.objectSubId = 0;
	entry = hash_search(s->children, &address, HASH_FIND, NULL);
	if (entry == NULL)
		return NIL;
	foreach(lc, entry->objects)
	{
		if (kind == PGM_KIND_ANY || pgm_kind_is(lfirst(lc), kind))
			list = lappend(list, lfirst(lc));
	}
	if (kind == PGM_KIND_COLUMN || kind == PGM_KIND_ATTRIBUTE)
		list_sort(list, by_number);
	return list;
}

/* The parent of an object, or NULL if it has none in the snapshot. */
const PgmObject *
pgm_schema_parent(const PgmSchema *s, const PgmObject *o)
{
	return OidIsValid(o->parent.classId) ?
		pgm_snapshot_find(s->snapshot, &o->parent) : NULL;
}

/*
 * Binary search: the position of the first object that sorts at or after a kind
 * and identity.  Relies on the order of pgm_snapshot_sort().
 */
static int
first_from(const PgmSnapshot *s, PgmKindId kind, const char *identity)
{
	int			low = 0;
	int			high = s->n;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const PgmObject *o = s->object[middle];
		int			order = o->kind->id != kind ? (int) o->kind->id - (int) kind :
			strcmp(o->identity, identity);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The object of a kind with an identity, or NULL.  Takes O(log n). */
const PgmObject *
pgm_schema_find(const PgmSchema *s, PgmKindId kind, const char *identity)
{
	int			i = first_from(s->snapshot, kind, identity);
	const PgmObject *o = i < s->snapshot->n ? s->snapshot->object[i] : NULL;

	return o && o->kind->id == kind && strcmp(o->identity, identity) == 0 ? o : NULL;
}

/*
 * The objects of a kind whose identities have a prefix, in order of identity;
 * all of the kind with "".  Looping over a range, instead of over all objects,
 * keeps plans of thousands of tables linear.
 */
PgmObjectRange
pgm_schema_range(const PgmSchema *s, PgmKindId kind, const char *beginning)
{
	PgmObject **object = s->snapshot->object;
	Size		length = strlen(beginning);
	PgmObjectRange r;

	r.at = r.end = object + first_from(s->snapshot, kind, beginning);
	while (r.end < object + s->snapshot->n && (*r.end)->kind->id == kind &&
		   strncmp((*r.end)->identity, beginning, length) == 0)
		r.end++;
	return r;
}

/* The tables that inherit from a table, or are its partitions (PgmObject). */
List *
pgm_schema_inheritors(const PgmSchema *s, const char *table)
{
	Heirs	   *entry = s->parents ?
		pgm_texthash_find(s->parents, table) : NULL;

	return entry ? entry->tables : NIL;
}

/*
 * The value of a property as text, or NULL if it has its default value or the
 * kind does not have the property.
 */
const char *
pgm_object_value(const PgmObject *o, PgmPropertyId property)
{
	int			i;

	Assert(property > PGM_PROP_NONE && property < PGM_PROP_COUNT);
	i = o->properties->position[property];
	return i < 0 ? NULL : o->value[i];
}

/* The elements of a property that is a JSON list of strings (char *). */
List *
pgm_object_value_list(const PgmObject *o, PgmPropertyId property)
{
	const char *json = pgm_object_value(o, property);
	List	   *result = NIL;
	Jsonb	   *list;

	if (json == NULL)
		return NIL;
	list = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
	for (uint32 i = 0; i < JB_ROOT_COUNT(list); i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(&list->root, i);

		result = lappend(result, pnstrdup(v->val.string.val, v->val.string.len));
	}
	return result;
}

/*
 * Do two objects have the same value of a property?  Array casts that differ
 * only in their spelling are the same; see array_casts.c.
 */
bool
pgm_object_value_same(const PgmObject *a, const PgmObject *b, PgmPropertyId property)
{
	const char *x = pgm_object_value(a, property);
	const char *y = pgm_object_value(b, property);

	if (x == NULL || y == NULL)
		return x == y;
	return pgm_arrays_same(x, y);
}

/* Is the object of a kind? */
bool
pgm_kind_is(const PgmObject *o, PgmKindId kind)
{
	return o->kind->id == kind;
}

/* Is the object of one of "n" kinds? */
bool
pgm_kind_is_one_of(const PgmObject *o, const PgmKindId *kinds, int n)
{
	for (int i = 0; i < n; i++)
		if (pgm_kind_is(o, kinds[i]))
			return true;
	return false;
}
