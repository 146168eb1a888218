/*
 * sidecopy.c
 *	  A copy of a side, to be kept when the side itself is gone.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "diff/kinds.h"
#include "diff/side.h"
#include "diff/take.h"

/* An object and its copy */
typedef struct PgmCopied
{
	const PgmObject *of;		/* hash key; must be first */
	PgmObject  *copy;
} PgmCopied;

static HTAB *
make_copied(long n)
{
	HASHCTL		ctl = {
		.keysize = sizeof(PgmObject *),
		.entrysize = sizeof(PgmCopied),
		.hcxt = CurrentMemoryContext
	};

	return hash_create("copied objects", n, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static void
copy_properties(PgmProperties *to, const PgmProperties *from)
{
	*to = *from;
	to->name = palloc(from->n * sizeof(char *));
	to->form = palloc(from->n * sizeof(PgmForm));
	for (int i = 0; i < from->n; i++)
	{
		to->name[i] = pstrdup(from->name[i]);
		to->form[i] = from->form[i];
	}
}

/* Put a text where there is room for it; returns where it is now. */
static const char *
put(char **room, const char *text)
{
	char	   *at = *room;

	*room = stpcpy(at, text) + 1;
	return at;
}

/* All of it is in one piece. */
static PgmObject *
copy_object(const PgmObject *o, const PgmProperties *p)
{
	Size		size = sizeof(PgmObject) + p->n * sizeof(char *) + strlen(o->identity) + 1;
	PgmObject  *copy;
	char	   *room;

	for (int i = 0; i < p->n; i++)
		size += o->value[i] ? strlen(o->value[i]) + 1 : 0;
	copy = palloc(size);
	*copy = *o;
	copy->properties = p;
	copy->value = (const char **) (copy + 1);
	room = (char *) (copy->value + p->n);
	copy->identity = put(&room, o->identity);
	for (int i = 0; i < p->n; i++)
		copy->value[i] = o->value[i] ? put(&room, o->value[i]) : NULL;
	return copy;
}

static PgmSnapshot *
copy_snapshot(const PgmSnapshot *s, HTAB *copied)
{
	PgmSnapshot *copy = pgm_snapshot_make();
	MemoryContext old = MemoryContextSwitchTo(copy->context);

	for (int i = 0; i < pgm_kinds_count(); i++)
		copy_properties(&copy->properties[i], &s->properties[i]);
	for (int i = 0; i < s->n; i++)
	{
		const PgmObject *o = s->object[i];
		PgmCopied  *entry = hash_search(copied, &o, HASH_ENTER, NULL);

		CHECK_FOR_INTERRUPTS();
		entry->copy = copy_object(o, &copy->properties[o->kind_number]);
		pgm_snapshot_add(copy, entry->copy);
	}
	MemoryContextSwitchTo(old);
	return copy;
}

static const PgmObject *
copy_of(HTAB *copied, const PgmObject *o)
{
	return ((PgmCopied *) hash_search(copied, &o, HASH_FIND, NULL))->copy;
}

/*
 * A copy of a side in the current memory context, which shares nothing with it.
 * What pgm_scope_borrow() adds to a side is to be added to the copy.
 */
PgmSide *
pgm_side_copy(const PgmSide *s)
{
	PgmSide    *copy = palloc0(sizeof(PgmSide));
	HTAB	   *copied = make_copied(s->snapshot->n);
	ListCell   *lc;

	copy->snapshot = copy_snapshot(s->snapshot, copied);
	foreach(lc, s->dependencies)
	{
		PgmDependency *d = palloc(sizeof(PgmDependency));

		*d = *(PgmDependency *) lfirst(lc);
		d->from = copy_of(copied, d->from);
		d->to = copy_of(copied, d->to);
		copy->dependencies = lappend(copy->dependencies, d);
	}
	copy->volatiles = pgm_side_copy_texts(s->volatiles);
	copy->bounds = pgm_side_copy_texts(s->bounds);
	hash_destroy(copied);
	return copy;
}
