/*
 * scope.c
 *	  The objects of a schema that are compared, and those outside of the scope.
 *
 * Objects outside of the scope are in a schema too, as they may depend on those
 * that are compared, but they are the same in both schemas of a comparison.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"

#include "schema/kinds/kinds.h"
#include "schema/take_snapshot.h"
#include "scratch/scratch.h"

/* The schema that an object is in, or NULL: in none. */
const PgmObject *
pgm_scope_schema(const PgmSchema *s, const PgmObject *o)
{
	while (o && !pgm_kind_is(o, PGM_KIND_SCHEMA))
		o = pgm_schema_parent(s, o);
	return o;
}

/* Is an object a part of a schema that is not in the snapshot? */
static bool
is_astray(const PgmSchema *s, const PgmObject *o)
{
	const PgmObject *parent;

	while (OidIsValid(o->parent.classId) && OidIsValid(o->parent.objectId))
	{
		parent = pgm_schema_parent(s, o);
		if (parent == NULL)		/* one of an extension is no schema of ours */
			return o->parent.classId == NamespaceRelationId;
		o = parent;
	}
	return false;
}

/* Is a schema, by its quoted name, compared? */
bool
pgm_scope_has(const PgmScope *scope, const char *quoted)
{
	ListCell   *lc;

	foreach(lc, scope->schemas)
	{
		if (strcmp(quote_identifier(lfirst(lc)), quoted) == 0)
			return true;
	}
	return false;
}

/* Is the object compared? */
static bool
is_inside(const PgmSchema *s, const PgmObject *o, const PgmScope *scope)
{
	const PgmObject *schema = pgm_scope_schema(s, o);

	if (OidIsValid(o->address.classId) && o->address.objectId < FirstNormalObjectId &&
		!pgm_kind_is(o, PGM_KIND_SCHEMA) && !pgm_kind_is(o, PGM_KIND_DATABASE))
		return false;			/* initdb made it */
	if (schema)
		return pgm_scope_has(scope, schema->identity);
	return scope->database && !is_astray(s, o);
}

/* Mark the objects that are not compared. */
void
pgm_scope_mark_outside(PgmSchema *s, const PgmScope *scope)
{
	for (int i = 0; i < s->snapshot->n; i++)
		s->snapshot->object[i]->outside = !is_inside(s, s->snapshot->object[i], scope);
}

/* Was an object, or one that it is a part of, renamed away? */
static bool
is_renamed_away(const PgmSchema *s, const PgmObject *o)
{
	while (o)
	{
		if (pgm_scratch_is_renamed_away(o))
			return true;
		o = pgm_schema_parent(s, o);
	}
	return false;
}

/* Are both objects of a dependency there? */
static bool
is_complete(const PgmDependency *d)
{
	return !d->from->removed && !d->to->removed;
}

/* Remove the objects that are marked as removed, and their dependencies. */
static void
remove_marked(PgmSchema *s)
{
	PgmSnapshot *snapshot = s->snapshot;
	List	   *kept = NIL;
	ListCell   *lc;
	int			n = 0;

	for (int i = 0; i < snapshot->n; i++)
		if (!snapshot->object[i]->removed)
			snapshot->object[n++] = snapshot->object[i];
		else
			(void) hash_search(snapshot->by_address, &snapshot->object[i]->address,
							   HASH_REMOVE, NULL);
	snapshot->n = n;
	foreach(lc, s->dependencies)
	{
		if (is_complete(lfirst(lc)))
			kept = lappend(kept, lfirst(lc));
	}
	s->dependencies = kept;
}

/* The object of "s" that is the same as one of another side, or NULL. */
static const PgmObject *
same_in(const PgmSchema *s, const PgmObject *o)
{
	return o->outside ? o : pgm_schema_find(s, o->kind->id, o->identity);
}

/* Add the objects that are outside of the scope, with what they depend on. */
static void
add_outside(PgmSchema *s, const PgmSchema *from)
{
	ListCell   *lc;

	for (int i = 0; i < from->snapshot->n; i++)
		if (from->snapshot->object[i]->outside)
			pgm_snapshot_add(s->snapshot, from->snapshot->object[i]);
	pgm_snapshot_sort(s->snapshot);
	foreach(lc, from->dependencies)
	{
		const PgmDependency *d = lfirst(lc);
		PgmDependency *copy;

		if (!d->from->outside || same_in(s, d->to) == NULL)
			continue;
		copy = palloc(sizeof(PgmDependency));
		*copy = *d;
		copy->to = same_in(s, d->to);
		s->dependencies = lappend(s->dependencies, copy);
	}
}

/* Restrict a side that was taken in the scratch that is open to what is compared. */
void
pgm_scope_restrict(PgmSchema *s, const PgmScope *scope)
{
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];

		o->removed = !is_inside(s, o, scope) || is_renamed_away(s, o);
	}
	remove_marked(s);
}

/*
 * Complete a side that was restricted: what is not compared is as on the live
 * side, which is marked already.  As nothing is known of the rows of what is
 * only planned, what is known is that of the live side.
 */
void
pgm_scope_add_outside(PgmSchema *s, const PgmSchema *live)
{
	add_outside(s, live);
	s->rows = live->rows;
	pgm_schema_index(s);
}

/* Take an object out of a side, with what is a part of it. */
void
pgm_scope_remove(PgmSchema *s, const PgmObject *object)
{
	for (int i = 0; i < s->snapshot->n; i++)
	{
		PgmObject  *o = s->snapshot->object[i];

		o->removed = o == object || pgm_schema_parent(s, o) == object;
	}
	remove_marked(s);
	pgm_schema_index(s);
}
