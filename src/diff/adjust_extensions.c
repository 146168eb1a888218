/*
 * adjust_extensions.c
 *	  Adjust the extensions and access methods of a schema that was read in a
 *	  scratch.
 *
 * Many objects refer to extensions and access methods by name, so these are not
 * renamed away: the scratch has those that exist in the database, whether the
 * model creates them or not.  Here they become what the model says of them.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "diff/adjust_extensions.h"
#include "schema/kinds/kinds.h"
#include "scratch/scratch.h"

/* Does an object that stays depend on an extension or access method? */
static bool
is_needed(const PgmSchema *s, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, s->dependencies)
	{
		const PgmDependency *d = lfirst(lc);

		if (d->to == o && pgm_schema_parent(s, d->from) != o)
			return true;
	}
	return false;
}

/* What the model says of an extension, or NULL if it does not create it */
static const PgmModelExtension *
find_in_model(const PgmModel *m, const PgmObject *extension)
{
	ListCell   *lc;

	foreach(lc, m->extensions)
	{
		const PgmModelExtension *x = lfirst(lc);

		if (strcmp(quote_identifier(x->name), extension->identity) == 0)
			return x;
	}
	return NULL;
}

/* Set a property of an object. */
static void
set_value(PgmObject *o, PgmPropertyId property, const char *value)
{
	Assert(o->properties->position[property] >= 0);
	o->value[o->properties->position[property]] = value;
}

/* Is the quoted name one of a list of names that are not quoted? */
static bool
has_quoted(const List *names, const char *quoted)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(quote_identifier(lfirst(lc)), quoted) == 0)
			return true;
	}
	return false;
}

/*
 * Give an existing extension the schema and version that the model says.
 * Returns false if the model does not have it.
 */
static bool
adjust_extension(PgmAutogenerate *a, PgmObject *o)
{
	const PgmModelExtension *x = find_in_model(a->model, o);

	if (x && x->schema)
		set_value(o, PGM_PROP_SCHEMA, pstrdup(quote_identifier(x->schema)));
	if (x && x->version)
		set_value(o, PGM_PROP_VERSION, quote_literal_cstr(x->version));

	/* the model may use it without creating it */
	return x != NULL || is_needed(a->after, o);
}

/*
 * Give an access method its handler again: if that is in a schema that was
 * renamed away, the scratch shows another name.  Returns false if the model does
 * not have the access method.
 */
static bool
adjust_access_method(PgmAutogenerate *a, PgmObject *o, const PgmObject *live)
{
	set_value(o, PGM_PROP_HANDLER, pgm_object_value(live, PGM_PROP_HANDLER));
	return has_quoted(a->model->access_methods, o->identity) || is_needed(a->after, o);
}

/*
 * Adjust the extensions and access methods of a->after that existed before the
 * scratch, and remove those that the model neither creates nor needs.
 */
void
pgm_adjust_extensions_to_model(PgmAutogenerate *a)
{
	PgmSnapshot *s = a->after->snapshot;
	List	   *gone = NIL;
	ListCell   *lc;

	for (int i = 0; i < s->n; i++)
	{
		PgmObject  *o = s->object[i];
		bool		is_extension = pgm_kind_is(o, PGM_KIND_EXTENSION);
		const PgmObject *live = NULL;

		if (!o->outside && (is_extension || pgm_kind_is(o, PGM_KIND_ACCESS_METHOD)))
			live = pgm_schema_find(a->live, o->kind->id, o->identity);
		if (live == NULL)
			continue;
		if (!(is_extension ? adjust_extension(a, o) : adjust_access_method(a, o, live)))
			gone = lappend(gone, o);
	}

	/* only now: removing one would move the others in the array */
	foreach(lc, gone)
	{
		pgm_scope_remove(a->after, lfirst(lc));
	}
}

/*
 * Remove the extensions and access methods that are compared: a baseline begins
 * with a new database, which has none.
 */
void
pgm_remove_extensions(PgmSchema *side)
{
	PgmSnapshot *s = side->snapshot;
	List	   *gone = NIL;
	ListCell   *lc;

	for (int i = 0; i < s->n; i++)
		if ((pgm_kind_is(s->object[i], PGM_KIND_EXTENSION) || pgm_kind_is(s->object[i], PGM_KIND_ACCESS_METHOD)) &&
			!s->object[i]->outside)
			gone = lappend(gone, s->object[i]);
	foreach(lc, gone)
	{
		pgm_scope_remove(side, lfirst(lc));
	}
}
