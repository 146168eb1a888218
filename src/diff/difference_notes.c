/*
 * difference_notes.c
 *	  Differences that no statement of a plan is for, and how they are reported.
 */
#include "postgres.h"

#include "diff/difference_notes.h"
#include "schema/kinds/kinds.h"
#include "schema/object_predicates.h"

/*
 * Is it a difference that no statement removes, so that it is only noted?
 *
 * The order of columns and attributes cannot be changed.  The others can come
 * from the way to a schema alone: a column that a table had before it inherited
 * it is also its own; a materialized view was filled or not; an extension
 * belongs to the role that created it; and a collation has the version of the
 * operating system on which it was created.
 */
bool
pgm_difference_is_note(const PgmDifference *d)
{
	static const struct
	{
		PgmPropertyId property;
		PgmKindId	kind;
	}			notes[] = {
		{.property = PGM_PROP_COLUMN_ORDER,.kind = PGM_KIND_ANY},
		{.property = PGM_PROP_ATTRIBUTE_ORDER,.kind = PGM_KIND_ANY},
		{.property = PGM_PROP_ONLY_INHERITED,.kind = PGM_KIND_ANY},
		{.property = PGM_PROP_WITHOUT_DATA,.kind = PGM_KIND_ANY},
		{.property = PGM_PROP_OWNER,.kind = PGM_KIND_EXTENSION},
		{.property = PGM_PROP_VERSION,.kind = PGM_KIND_COLLATION},
	};

	if (d->what != PGM_CHANGED)
		return false;
	for (int i = 0; i < (int) lengthof(notes); i++)
		if (d->property == notes[i].property &&
			(notes[i].kind == PGM_KIND_ANY || pgm_kind_is(d->object, notes[i].kind)))
			return true;
	return false;
}

/*
 * Is it a difference that is not even noted?  Whether a materialized view has
 * rows is a matter of data, not of the schema.
 */
bool
pgm_difference_is_ignored(const PgmDifference *d)
{
	return d->what == PGM_CHANGED && d->property == PGM_PROP_WITHOUT_DATA;
}

/*
 * Does the difference of a column follow from what happens to its table?  An
 * inherited column is never a partition's own, and always the own column of a
 * table that no longer inherits.
 */
bool
pgm_difference_follows_parent(const PgmSchema *before, const PgmSchema *after,
							  const PgmDifference *d)
{
	const PgmObject *new = pgm_schema_parent(after, d->object);
	const PgmObject *old = new ? pgm_schema_find(before, new->kind->id, new->identity) : NULL;

	return d->what == PGM_CHANGED && d->property == PGM_PROP_ONLY_INHERITED && old &&
		(pgm_object_value(new, PGM_PROP_INHERITS) == NULL || (pgm_is_partition(new) && !pgm_is_partition(old)));
}
