/*
 * match_objects.c
 *	  The change items of a plan: the objects of both states, matched by kind and
 *	  identity, their sub-properties, and the dependencies between all of them.
 *
 * Renames do not concern us here: the old state has the new names already.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/hsearch.h"

#include "diff/plan/plan_internal.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"
#include "util/sql_text.h"

/* The items of an object: its own, and that of its default */
typedef struct ObjectItems
{
	const PgmObject *object;	/* hash key; must be first */
	PgmDiffItem *item;
	PgmDiffItem *default_item;
} ObjectItems;

/* The object that an item is about: its new version, or else the old one. */
const PgmObject *
pgm_item_object(const PgmDiffItem *a)
{
	Assert(a->new.object || a->old.object);
	return a->new.object ? a->new.object : a->old.object;
}

static ObjectItems *
entry_of(const PgmDiffPlan *p, const PgmObject *o, HASHACTION action)
{
	bool		found;
	ObjectItems *entry = hash_search(p->by_object, &o, action, &found);

	if (entry && !found)
		entry->item = entry->default_item = NULL;
	return entry;
}

/*
 * The item of an object of either state, or NULL if "o" is NULL or not part of the
 * plan.  The key is the address of the object, so that must be one of the snapshots'.
 */
PgmDiffItem *
pgm_plan_find_item(const PgmDiffPlan *p, const PgmObject *o)
{
	ObjectItems *entry = o ? entry_of(p, o, HASH_FIND) : NULL;

	return entry ? entry->item : NULL;
}

/* The item of a sub-property of an object, or NULL if neither version has a value. */
PgmDiffItem *
pgm_plan_find_sub_property(const PgmDiffPlan *p, const PgmObject *o, PgmPropertyId property)
{
	PgmDiffItem *a = pgm_plan_find_item(p, o);
	ListCell   *lc;

	if (a == NULL)
		return NULL;
	foreach(lc, list_concat_copy(a->old.used_by, a->new.used_by))
	{
		PgmDiffItem *user = lfirst(lc);

		if (user->sub_property && user->sub_property->property == property &&
			(user->old.parent == a || user->new.parent == a))
			return user;
	}
	return NULL;
}

/* Is the object written as a clause of the CREATE of its parent? */
bool
pgm_plan_in_create(const PgmDiffPlan *p, const PgmObject *o)
{
	const PgmDiffItem *a = pgm_plan_find_item(p, o);

	return a && a->in_parents_create;
}

/* Is the default of the column written as a clause of the column? */
bool
pgm_plan_default_in_create(const PgmDiffPlan *p, const PgmObject *column)
{
	const PgmDiffItem *a = pgm_plan_find_sub_property(p, column, PGM_PROP_DEFAULT);

	return a && a->in_parents_create;
}

/* Does the old version of the item go away, by itself or with something else? */
bool
pgm_item_is_dropped(const PgmDiffItem *a)
{
	return a && (a->decision == PGM_DECISION_DROP || a->decision == PGM_DECISION_REPLACE);
}

/* Does the new version of the item come, by itself or with something else? */
bool
pgm_item_is_created(const PgmDiffItem *a)
{
	return a && (a->decision == PGM_DECISION_CREATE || a->decision == PGM_DECISION_REPLACE);
}

/* Is this version of the item a foreign key? */
bool
pgm_item_is_foreign_key(const PgmDiffItem *a, const PgmObject *version)
{
	return a->sub_property == NULL && pgm_constraint_is(version, "FOREIGN KEY");
}

static PgmDiffItem *
add_item(PgmDiffPlan *p, const PgmSubProperty *sub_property, const PgmObject *old,
		 const PgmObject *new)
{
	PgmDiffItem *a = palloc0(sizeof(PgmDiffItem));

	a->sub_property = sub_property;
	a->old.object = old;
	a->new.object = new;
	p->item[p->nitems++] = a;
	return a;
}

static bool
has_sub_property(const PgmObject *o, const PgmSubProperty *sub_property)
{
	return o && pgm_object_value(o, sub_property->property) != NULL;
}

/* Add an item for each sub-property that a version of the object has. */
static void
add_sub_properties(PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	int			n;
	const PgmSubProperty *all = pgm_sub_properties(&n);
	const PgmObject *o = new ? new : old;

	for (int i = 0; i < n; i++)
	{
		const PgmSubProperty *sub_property = &all[i];
		PgmDiffItem *a;

		if (!pgm_kind_is(o, sub_property->kind) ||
			(!has_sub_property(old, sub_property) && !has_sub_property(new, sub_property)))
			continue;
		a = add_item(p, sub_property, has_sub_property(old, sub_property) ? old : NULL,
					 has_sub_property(new, sub_property) ? new : NULL);
		if (sub_property->property != PGM_PROP_DEFAULT)
			continue;
		/* pg_depend tells the dependencies of a default, so they are its own */
		if (a->old.object)
			entry_of(p, old, HASH_FIND)->default_item = a;
		if (a->new.object)
			entry_of(p, new, HASH_FIND)->default_item = a;
	}
}

static void
add_object(PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	PgmDiffItem *a = add_item(p, NULL, old, new);

	if (old)
		entry_of(p, old, HASH_ENTER)->item = a;
	if (new)
		entry_of(p, new, HASH_ENTER)->item = a;
	add_sub_properties(p, old, new);
}

/* Order of objects in a snapshot; the end of one (NULL) sorts last. */
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
 * Are the parents of the two objects of one kind?  A column of a table has nothing in
 * common with the same column of a view that takes the table's name.
 */
static bool
have_parents_of_one_kind(const PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	const PgmObject *x = pgm_schema_parent(p->old, old);
	const PgmObject *y = pgm_schema_parent(p->new, new);

	return x == NULL || y == NULL || x->kind->id == y->kind->id;
}

/* Match the objects of both states by a merge join: snapshots are sorted. */
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
		/* both states may hold the very same object; that never differs */
		if (order == 0 && a != b && !have_parents_of_one_kind(p, a, b))
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
version_of(PgmDiffItem *a, bool new)
{
	return new ? &a->new : &a->old;
}

/* In one of the states "from" depends on "to". */
static void
add_dependency(PgmDiffItem *from, PgmDiffItem *to, bool new)
{
	if (from == NULL || to == NULL || from == to)
		return;
	version_of(from, new)->uses = lappend(version_of(from, new)->uses, to);
	version_of(to, new)->used_by = lappend(version_of(to, new)->used_by, from);
}

/*
 * Does a partition's index depend on its parent's index, which is incomplete?  That
 * one is created last, ON ONLY the table, and the partitions' are attached to it one
 * by one: the catalog's dependency is the wrong way round for CREATE.
 */
static bool
is_created_before_parent_index(const PgmDependency *d)
{
	return pgm_kind_is(d->to, d->from->kind->id) && pgm_index_is_incomplete(d->to) &&
		pgm_object_value(d->from, PGM_PROP_ATTACHED_TO);
}

/* Add the dependencies of a snapshot to its items. */
static void
add_dependencies(PgmDiffPlan *p, const PgmSchema *s, bool new)
{
	ListCell   *lc;

	foreach(lc, s->dependencies)
	{
		const PgmDependency *d = lfirst(lc);
		ObjectItems *from = entry_of(p, d->from, HASH_FIND);

		if (new && is_created_before_parent_index(d))
			continue;
		if (from)
			add_dependency(d->by_default && from->default_item ? from->default_item : from->item,
						   pgm_plan_find_item(p, d->to), new);
	}
}

/*
 * An incomplete index of a parent is created after its partitions are attached.  If it
 * were there before, ATTACH PARTITION would create it on each of them.
 */
static void
add_incomplete_indexes(PgmDiffPlan *p, PgmDiffItem *inheritance, const PgmSchema *s)
{
	ListCell   *lc;
	ListCell   *part;

	foreach(lc, pgm_object_value_list(inheritance->new.object, PGM_PROP_INHERITS))
	{
		const PgmObject *parent = pgm_schema_find(s, PGM_KIND_TABLE, lfirst(lc));

		if (parent == NULL)
			continue;
		foreach(part, pgm_schema_children(s, parent, PGM_KIND_ANY))
		{
			if (pgm_index_is_incomplete(lfirst(part)))
				add_dependency(pgm_plan_find_item(p, lfirst(part)), inheritance, true);
		}
	}
}

/*
 * A partition's own indexes are created after it is attached.  ATTACH PARTITION takes
 * any equal index that is not attached yet as its part of the parent's index.
 */
static void
add_own_indexes(PgmDiffPlan *p, PgmDiffItem *inheritance, const PgmSchema *s)
{
	ListCell   *lc;

	foreach(lc, pgm_schema_children(s, inheritance->new.object, PGM_KIND_ANY))
	{
		if (pgm_index_is_partitions_own(s, lfirst(lc)))
			add_dependency(pgm_plan_find_item(p, lfirst(lc)), inheritance, true);
	}
}

/* A sub-property depends on its object, and on the objects that its value names. */
static void
add_dependencies_of_sub_property(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	const PgmObject *o = version_of(a, new)->object;
	ListCell   *lc;

	if (o == NULL)
		return;
	add_dependency(a, pgm_plan_find_item(p, o), new);
	if (a->sub_property->uses == NULL)
		return;
	foreach(lc, a->sub_property->uses(s, o))
	{
		add_dependency(a, pgm_plan_find_item(p, lfirst(lc)), new);
	}
	if (new && a->sub_property->property == PGM_PROP_INHERITS)
	{
		add_incomplete_indexes(p, a, s);
		add_own_indexes(p, a, s);
	}
}

/*
 * A column of a typed table depends on the attribute of the type.  pg_depend has only
 * the table's dependency on the type.
 */
static void
add_dependency_on_attribute(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	const PgmObject *o = version_of(a, new)->object;
	const PgmObject *table = o && pgm_kind_is(o, PGM_KIND_COLUMN) ? pgm_schema_parent(s, o) : NULL;
	const char *type = table && pgm_kind_is(table, PGM_KIND_TABLE) ?
		pgm_object_value(table, PGM_PROP_OF_TYPE) : NULL;

	if (type)
		add_dependency(a, pgm_plan_find_item(p, pgm_schema_find(s, PGM_KIND_ATTRIBUTE,
																psprintf("%s.%s", type, pgm_sql_last_name(o->identity)))), new);
}

/* The parent of a sub-property is its object. */
static void
find_parent(PgmDiffPlan *p, PgmDiffItem *a, const PgmSchema *s, bool new)
{
	PgmItemVersion *v = version_of(a, new);

	if (v->object)
		v->parent = pgm_plan_find_item(p, a->sub_property ? v->object :
									   pgm_schema_parent(s, v->object));
}

/* Fill in the items of a plan from its two states. */
void
pgm_plan_match_objects(PgmDiffPlan *p)
{
	int			most = p->old->snapshot->n + p->new->snapshot->n;
	int			n_sub_properties;
	HASHCTL		ctl = {
		.keysize = sizeof(PgmObject *),
		.entrysize = sizeof(ObjectItems),
		.hcxt = CurrentMemoryContext
	};

	(void) pgm_sub_properties(&n_sub_properties);
	p->item = palloc_extended((Size) Max(most, 1) * (n_sub_properties + 1) * sizeof(PgmDiffItem *),
							  MCXT_ALLOC_HUGE);
	p->by_object = hash_create("change items by object", 1024, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	match(p);
	Assert(p->nitems <= Max(most, 1) * (n_sub_properties + 1));
	add_dependencies(p, p->old, false);
	add_dependencies(p, p->new, true);
	for (int i = 0; i < p->nitems; i++)
	{
		PgmDiffItem *a = p->item[i];

		if (a->sub_property)
		{
			add_dependencies_of_sub_property(p, a, p->old, false);
			add_dependencies_of_sub_property(p, a, p->new, true);
		}
		else
		{
			add_dependency_on_attribute(p, a, p->old, false);
			add_dependency_on_attribute(p, a, p->new, true);
		}
		find_parent(p, a, p->old, false);
		find_parent(p, a, p->new, true);
	}
}
