/*
 * match_objects.c
 *	  The atoms of a plan: the objects of both sides, matched by kind and
 *	  identity, their aspects, and what depends on what.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/hsearch.h"

#include "diff/plan/diff_plan.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/* The atoms of an object: its own, and that of its default */
typedef struct ObjectAtoms
{
	const PgmObject *object;	/* hash key; must be first */
	PgmDiffItem *item;
	PgmDiffItem *default_item;
} ObjectAtoms;

/* The object an atom is of, as it shall be, or else as it was. */
const PgmObject *
pgm_item_object(const PgmDiffItem *a)
{
	return a->new.object ? a->new.object : a->old.object;
}

static ObjectAtoms *
entry_of(const PgmDiffPlan *p, const PgmObject *o, HASHACTION action)
{
	bool		found;
	ObjectAtoms *entry = hash_search(p->by_object, &o, action, &found);

	if (entry && !found)
		entry->item = entry->default_item = NULL;
	return entry;
}

/* The atom of an object of either side, or NULL. */
PgmDiffItem *
pgm_plan_find_item(const PgmDiffPlan *p, const PgmObject *o)
{
	ObjectAtoms *entry = o ? entry_of(p, o, HASH_FIND) : NULL;

	return entry ? entry->item : NULL;
}

static PgmDiffItem *
add_atom(PgmDiffPlan *p, const PgmSubProperty *aspect, const PgmObject *old,
		 const PgmObject *new)
{
	PgmDiffItem *a = palloc0(sizeof(PgmDiffItem));

	a->sub_property = aspect;
	a->old.object = old;
	a->new.object = new;
	p->item[p->nitems++] = a;
	return a;
}

static bool
has_aspect(const PgmObject *o, const PgmSubProperty *aspect)
{
	return o && pgm_value(o, aspect->property) != NULL;
}

/* Add what of an object is an atom of its own. */
static void
add_aspects(PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	int			n;
	const PgmSubProperty *aspects = pgm_sub_properties(&n);
	const PgmObject *o = new ? new : old;

	for (int i = 0; i < n; i++)
	{
		const PgmSubProperty *aspect = &aspects[i];
		PgmDiffItem *a;

		if (!pgm_kind_is(o, aspect->kind) ||
			(!has_aspect(old, aspect) && !has_aspect(new, aspect)))
			continue;
		a = add_atom(p, aspect, has_aspect(old, aspect) ? old : NULL,
					 has_aspect(new, aspect) ? new : NULL);
		if (aspect->property != PGM_PROP_DEFAULT)
			continue;
		if (a->old.object)
			entry_of(p, old, HASH_FIND)->default_item = a;
		if (a->new.object)
			entry_of(p, new, HASH_FIND)->default_item = a;
	}
}

static void
add_object(PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	PgmDiffItem *a = add_atom(p, NULL, old, new);

	if (old)
		entry_of(p, old, HASH_ENTER)->item = a;
	if (new)
		entry_of(p, new, HASH_ENTER)->item = a;
	add_aspects(p, old, new);
}

static int
compare_objects(const PgmObject *a, const PgmObject *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	if (a->kind->id != b->kind->id)
		return a->kind->id < b->kind->id ? -1 : 1;
	return strcmp(a->identity, b->identity);
}

/*
 * Are they parts of the same, or of two things of one name and different
 * kinds, so that they have nothing in common?
 */
static bool
is_part_of_same(const PgmDiffPlan *p, const PgmObject *a, const PgmObject *b)
{
	const PgmObject *x = pgm_schema_parent(p->old, a);
	const PgmObject *y = pgm_schema_parent(p->new, b);

	return x == NULL || y == NULL || x->kind->id == y->kind->id;
}

/* Match the objects of both sides, which are sorted. */
static void
match(PgmDiffPlan *p)
{
	const PgmSnapshot *old = p->old->snapshot;
	const PgmSnapshot *new = p->new->snapshot;
	int			i = 0;
	int			j = 0;

	while (i < old->n || j < new->n)
	{
		const PgmObject *a = i < old->n ? old->object[i] : NULL;
		const PgmObject *b = j < new->n ? new->object[j] : NULL;
		int			order = compare_objects(a, b);

		CHECK_FOR_INTERRUPTS();
		if (order == 0 && a != b && !is_part_of_same(p, a, b))
		{
			add_object(p, a, NULL);
			add_object(p, NULL, b);
		}
		else
			add_object(p, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

static PgmItemVersion *
half_of(PgmDiffItem *a, bool new)
{
	return new ? &a->new : &a->old;
}

static void
add_use(PgmDiffItem *from, PgmDiffItem *to, bool new)
{
	if (from == NULL || to == NULL || from == to)
		return;
	half_of(from, new)->uses = lappend(half_of(from, new)->uses, to);
	half_of(to, new)->used_by = lappend(half_of(to, new)->used_by, from);
}

/*
 * An index that some partition lacks comes after the partitions with theirs,
 * and gets those attached one by one.
 */
static bool
comes_before(const PgmDependency *d)
{
	return pgm_kind_is(d->to, d->from->kind->id) && pgm_index_is_incomplete(d->to) &&
		pgm_value(d->from, PGM_PROP_ATTACHED_TO);
}

/* Bring the dependencies of a side to the atoms. */
static void
add_uses(PgmDiffPlan *p, const PgmSchema *s, bool new)
{
	ListCell   *lc;

	foreach(lc, s->dependencies)
	{
		const PgmDependency *d = lfirst(lc);
		ObjectAtoms *from = entry_of(p, d->from, HASH_FIND);

		if (new && comes_before(d))
			continue;
		if (from)
			add_use(d->by_default && from->default_item ? from->default_item : from->item,
					pgm_plan_find_item(p, d->to), new);
	}
}

/* An index that some partition lacks is made when they are attached. */
static void
add_incomplete(PgmDiffPlan *p, PgmDiffItem *link, const PgmSchema *s)
{
	ListCell   *lc;
	ListCell   *part;

	foreach(lc, pgm_value_list(link->new.object, PGM_PROP_INHERITS))
	{
		const PgmObject *parent = pgm_schema_find(s, PGM_KIND_TABLE, lfirst(lc));

		if (parent == NULL)
			continue;
		foreach(part, pgm_schema_children(s, parent, PGM_KIND_ANY))
		{
			if (pgm_index_is_incomplete(lfirst(part)))
				add_use(pgm_plan_find_item(p, lfirst(part)), link, true);
		}
	}
}

/* What is the partition's own, and might be attached, is made after it is. */
static void
add_own(PgmDiffPlan *p, PgmDiffItem *link, const PgmSchema *s)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(s, link->new.object, PGM_KIND_ANY))
	{
		if (pgm_index_is_partitions_own(s, lfirst(lc)))
			add_use(pgm_plan_find_item(p, lfirst(lc)), link, true);
	}
}

/* An aspect depends on its object, and on what its value names. */
static void
add_uses_of_aspect(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	const PgmObject *o = half_of(a, new)->object;
	ListCell   *lc;

	if (o == NULL)
		return;
	add_use(a, pgm_plan_find_item(p, o), new);
	if (a->sub_property->uses == NULL)
		return;
	foreach(lc, a->sub_property->uses(s, o))
	{
		add_use(a, pgm_plan_find_item(p, lfirst(lc)), new);
	}
	if (new && a->sub_property->property == PGM_PROP_INHERITS)
	{
		add_incomplete(p, a, s);
		add_own(p, a, s);
	}
}

/* A column of a table that is made of a type depends on the attribute. */
static void
add_use_of_attribute(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	const PgmObject *o = half_of(a, new)->object;
	const PgmObject *table = o && pgm_kind_is(o, PGM_KIND_COLUMN) ? pgm_schema_parent(s, o) : NULL;
	const char *type = table && pgm_kind_is(table, PGM_KIND_TABLE) ? pgm_value(table, PGM_PROP_OF_TYPE) : NULL;

	if (type)
		add_use(a, pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_ATTRIBUTE,
														 psprintf("%s.%s", type, pgm_last_name(o->identity)))), new);
}

static void
find_whole(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	PgmItemVersion *h = half_of(a, new);

	if (h->object)
		h->parent = pgm_plan_find_item(p, a->sub_property ? h->object :
									   pgm_schema_parent(s, h->object));
}

static HTAB *
make_hash(void)
{
	HASHCTL		ctl = {
		.keysize = sizeof(PgmObject *),
		.entrysize = sizeof(ObjectAtoms),
		.hcxt = CurrentMemoryContext
	};

	return hash_create("atoms by object", 1024, &ctl,
					   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Fill in the atoms of a plan of which both sides are known. */
void
pgm_plan_match_objects(PgmDiffPlan *p)
{
	int			most = p->old->snapshot->n + p->new->snapshot->n;
	int			naspects;

	(void) pgm_sub_properties(&naspects);
	p->item = palloc_extended((Size) Max(most, 1) * (naspects + 1) * sizeof(PgmDiffItem *),
							  MCXT_ALLOC_HUGE);
	p->by_object = make_hash();
	match(p);
	add_uses(p, p->old, false);
	add_uses(p, p->new, true);
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		if (a->sub_property)
		{
			add_uses_of_aspect(p, a, p->old, false);
			add_uses_of_aspect(p, a, p->new, true);
		}
		else
		{
			add_use_of_attribute(p, a, p->old, false);
			add_use_of_attribute(p, a, p->new, true);
		}
		find_whole(p, a, p->old, false);
		find_whole(p, a, p->new, true);
	}
}
