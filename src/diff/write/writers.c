/*
 * writers.c
 *	  The writers of all kinds, and what they have in common.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "diff/write/write_internal.h"
#include "schema/kinds/kinds.h"

static const PgmWriters *const subjects[] = {
	&pgm_writers_database,
	&pgm_writers_types,
	&pgm_writers_domains,
	&pgm_writers_routines,
	&pgm_writers_operators,
	&pgm_writers_textsearch,
	&pgm_writers_foreign,
	&pgm_writers_replication,
	&pgm_writers_rights,
	&pgm_writers_tables,
	&pgm_writers_columns,
	&pgm_writers_constraints,
	&pgm_writers_indexes,
	&pgm_writers_sequences,
	&pgm_writers_views,
	&pgm_writers_triggers,
	&pgm_writers_policies,
	&pgm_writers_statistics,
};

/* The writer of an object's kind, or NULL: what cannot be written. */
const PgmWriter *
pgm_writer(const PgmObject *o)
{
	for (int i = 0; i < (int) lengthof(subjects); i++)
		for (int j = 0; j < subjects[i]->n; j++)
			if (subjects[i]->writer[j].kind == o->kind->id)
				return &subjects[i]->writer[j];
	return NULL;
}

/* Objects of whoever runs the migration need no OWNER TO. */
static bool
write_owner(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *owner = pgm_object_value(new, PGM_PROP_OWNER);

	if (old == NULL &&
		strcmp(owner, quote_identifier(GetUserNameFromId(GetUserId(), false))) == 0)
		return true;
	pgm_write_statement(w, "ALTER %s %s OWNER TO %s", pgm_write_word(new), pgm_write_name(new), owner);
	return true;
}

static bool
write_comment(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_object_value(new, PGM_PROP_COMMENT);

	pgm_write_statement(w, "COMMENT ON %s %s IS %s", pgm_write_word(new), pgm_write_name(new),
						comment ? quote_literal_cstr(comment) : "NULL");
	return true;
}

/* "provider: label", as the snapshot has them */
static void
write_label(PgmWrite *w, const PgmObject *o, const char *label, bool set)
{
	const char *colon = strstr(label, ": ");

	pgm_write_statement(w, "SECURITY LABEL FOR %s ON %s %s IS %s",
						quote_identifier(pnstrdup(label, colon - label)),
						pgm_write_word(o), pgm_write_name(o),
						set ? quote_literal_cstr(colon + 2) : "NULL");
}

static bool
write_security_label(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *before = old ? pgm_object_value(old, PGM_PROP_SECURITY_LABEL) : NULL;
	const char *after = pgm_object_value(new, PGM_PROP_SECURITY_LABEL);

	if (after)
		write_label(w, new, after, true);
	else
		write_label(w, new, before, false);
	return true;
}

static bool
write_depends_on_extension(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *before = old ? pgm_object_value(old, PGM_PROP_DEPENDS_ON_EXTENSION) : NULL;
	const char *after = pgm_object_value(new, PGM_PROP_DEPENDS_ON_EXTENSION);

	if (before)
		pgm_write_statement(w, "ALTER %s %s NO DEPENDS ON EXTENSION %s", pgm_write_word(new),
							pgm_write_name(new), before);
	if (after)
		pgm_write_statement(w, "ALTER %s %s DEPENDS ON EXTENSION %s", pgm_write_word(new),
							pgm_write_name(new), after);
	return true;
}

/* Properties that are written alike for all kinds */
static const PgmWriteProperty common[] = {
	{PGM_PROP_OWNER, true, write_owner},
	{PGM_PROP_COMMENT, true, write_comment},
	{PGM_PROP_SECURITY_LABEL, true, write_security_label},
	{PGM_PROP_DEPENDS_ON_EXTENSION, true, write_depends_on_extension},
};

/* How a property of a kind is written, or NULL: not by itself. */
static const PgmWriteProperty *
find_property(const PgmWriter *writer, PgmPropertyId property)
{
	for (int i = 0; writer->property[i].property; i++)
		if (writer->property[i].property == property)
			return &writer->property[i];
	for (int i = 0; i < (int) lengthof(common); i++)
		if (common[i].property == property)
			return &common[i];
	return NULL;
}

/*
 * Write the properties that CREATE does not set.  For an object that is created with its
 * parent, that is the CREATE of the parent.
 */
void
pgm_write_after_create(PgmWrite *w, const PgmObject *o)
{
	const PgmWriter *writer = pgm_writer(o);
	List	   *done = NIL;

	for (int i = 0; i < o->properties->n; i++)
	{
		const PgmWriteProperty *p;

		if (o->value[i] == NULL)
			continue;
		p = find_property(writer, o->properties->id[i]);
		if (p == NULL || !p->after_create ||
			pgm_property_is_separate(o, o->properties->id[i]) ||
			list_member_ptr(done, (void *) p->write))
			continue;
		done = lappend(done, (void *) p->write);
		p->write(w, NULL, o);
	}
}

/* Write CREATE of an object, with what it does not set. */
void
pgm_write_create(PgmWrite *w, const PgmObject *o)
{
	ListCell   *lc;

	pgm_writer(o)->create(w, o);
	/* attributes are clauses of CREATE TYPE, always */
	foreach(lc, pgm_schema_children(w->new, o, PGM_KIND_ATTRIBUTE))
	{
		pgm_write_after_create(w, lfirst(lc));
	}
	pgm_write_after_create(w, o);
}

/* Write DROP of an object. */
void
pgm_write_drop(PgmWrite *w, const PgmObject *o)
{
	const PgmWriter *writer = pgm_writer(o);

	if (writer->drop)
		writer->drop(w, o);
	else
		pgm_write_statement(w, "DROP %s %s", pgm_write_word(o), pgm_write_name(o));
}

/*
 * Write the statements that turn "old" into "new", except for one property.  False when
 * that cannot be done in place; the statements written until then are of no use.
 */
bool
pgm_write_other_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new,
						PgmPropertyId except)
{
	const PgmWriter *writer = pgm_writer(new);
	List	   *done = NIL;

	for (int i = 0; i < new->properties->n; i++)
	{
		PgmPropertyId property = new->properties->id[i];
		const PgmWriteProperty *p;

		if (!pgm_property_differs_at(old, new, i) || property == except)
			continue;
		p = find_property(writer, property);
		if (p == NULL)
			return false;
		if (list_member_ptr(done, (void *) p->write))
			continue;
		done = lappend(done, (void *) p->write);
		if (!p->write(w, old, new))
			return false;
	}
	return true;
}

/* Write the statements that turn "old" into "new"; false when that cannot be done in place. */
bool
pgm_write_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return pgm_write_other_changes(w, old, new, PGM_PROP_NONE);
}

/* Write a sub-property; "old" or "new" is NULL where it has no value. */
void
pgm_write_sub_property(PgmWrite *w, const PgmSubProperty *sub_property, const PgmObject *old,
					   const PgmObject *new)
{
	const PgmWriter *writer = pgm_writer(new ? new : old);

	for (int i = 0; writer->sub_property[i].property; i++)
		if (writer->sub_property[i].property == sub_property->property)
		{
			writer->sub_property[i].write(w, old, new);
			return;
		}
	elog(ERROR, "no writer for property \"%s\"", pgm_property_name(sub_property->property));
}

/*
 * Can the object be altered in place?  That is for the functions to say which write the
 * statements, so let them write and throw that away: it cannot disagree with what is
 * written later.
 */
bool
pgm_write_can_alter(const PgmDiffPlan *p, const PgmObject *old, const PgmObject *new)
{
	PgmWrite	w = {.plan = p,.old = p->old,.new = p->new,.options = p->options};

	return pgm_writer(new) != NULL && pgm_write_changes(&w, old, new);
}
