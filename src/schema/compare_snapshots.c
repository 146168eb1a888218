/*
 * compare_snapshots.c
 *	  Comparing two snapshots.
 *
 * Both are sorted, so that one merge finds the objects that are in only one of
 * them; objects in both are compared property by property, as text.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "schema/array_casts.h"
#include "schema/kinds/kinds.h"
#include "schema/snapshot.h"

/* The elements of a JSON list of strings, as a List of String. */
static List *
elements_of(const char *json)
{
	Jsonb	   *list = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
														  CStringGetDatum(json)));
	List	   *result = NIL;

	for (uint32 i = 0; i < JB_ROOT_COUNT(list); i++)
	{
		JsonbValue *v = getIthJsonbValueFromContainer(&list->root, i);

		result = lappend(result, makeString(pnstrdup(v->val.string.val,
													 v->val.string.len)));
	}
	return result;
}

/*
 * Is the order of the elements that are in both lists different?  Elements in
 * only one list are added or dropped columns, which are differences of their own.
 */
static bool
order_differs(const char *before, const char *after)
{
	List	   *a;
	List	   *b;

	if (before == NULL || after == NULL || strcmp(before, after) == 0)
		return false;
	a = elements_of(before);
	b = elements_of(after);
	return !equal(list_intersection(a, b), list_intersection(b, a));
}

/* Do two values of a property differ?  NULL is the default value. */
bool
pgm_property_differs(PgmForm form, const char *before, const char *after)
{
	if (form == PGM_FORM_ORDER)
		return order_differs(before, after);
	if (before == NULL || after == NULL)
		return before != after;
	return !pgm_arrays_same(before, after);
}

/* Order by kind and identity, as snapshots are sorted; NULL is last. */
static int
compare_objects(const PgmObject *a, const PgmObject *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	if (a->kind->id != b->kind->id)
		return a->kind->id < b->kind->id ? -1 : 1;
	return strcmp(a->identity, b->identity);
}

/* A difference about an object of the snapshot "s". */
static PgmDifference *
make_difference(PgmChange what, const PgmObject *o, const PgmSnapshot *s)
{
	PgmDifference *d = palloc0(sizeof(PgmDifference));

	d->what = what;
	d->kind = o->kind->id;
	d->identity = o->identity;
	d->object = o;
	d->properties = &s->properties[o->kind->id];
	return d;
}

/* Add a difference for each property that has changed. */
static List *
add_changes(List *list, const PgmObject *old, const PgmObject *new,
			const PgmSnapshot *after)
{
	const PgmProperties *p = &after->properties[new->kind->id];

	for (int i = 0; i < p->n; i++)
	{
		PgmDifference *d;

		if (!pgm_property_differs(p->form[i], old->value[i], new->value[i]))
			continue;
		d = make_difference(PGM_CHANGED, new, after);
		d->property = p->id[i];
		d->form = p->form[i];
		d->before = old->value[i];
		d->after = new->value[i];
		list = lappend(list, d);
	}
	return list;
}

/* The object at a position, or NULL behind the end. */
static PgmObject *
nth(const PgmSnapshot *s, int i)
{
	return i < s->n ? s->object[i] : NULL;
}

/*
 * The differences (PgmDifference) in order of kind, identity and property.  They
 * point into both snapshots, which must not be freed before them.
 */
List *
pgm_snapshot_compare(const PgmSnapshot *before, const PgmSnapshot *after)
{
	List	   *list = NIL;
	int			i = 0;
	int			j = 0;

	while (i < before->n || j < after->n)
	{
		PgmObject  *old = nth(before, i);
		PgmObject  *new = nth(after, j);
		int			order = compare_objects(old, new);

		CHECK_FOR_INTERRUPTS();
		if (order < 0)
			list = lappend(list, make_difference(PGM_DROPPED, old, before));
		else if (order > 0)
			list = lappend(list, make_difference(PGM_CREATED, new, after));
		else
			list = add_changes(list, old, new, after);
		i += order <= 0;
		j += order >= 0;
	}
	return list;
}
