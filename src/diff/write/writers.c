/*
 * writers.c
 *	  The writers of all kinds, and what they have in common.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "diff/plan/diff_plan.h"
#include "diff/write/writers.h"
#include "schema/array_casts.h"
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
	&pgm_writers_parts,
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

/* What statements call an object. */
const char *
pgm_write_name(const PgmObject *o)
{
	const PgmWriter *writer = pgm_writer(o);

	return writer && writer->name ? writer->name(o) : o->identity;
}

/* Write a statement; what is returned may be amended. */
PgmDiffStatement *
pgm_write_statement(PgmWrite *w, const char *fmt,...)
{
	PgmDiffStatement *sql = palloc0(sizeof(PgmDiffStatement));
	StringInfoData text;

	initStringInfo(&text);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, fmt);
		needed = appendStringInfoVA(&text, fmt, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	sql->text = pgm_arrays_exact(text.data);

	w->statements = lappend(w->statements, sql);
	return sql;
}

/* Objects of whoever runs the migration need no OWNER TO. */
static bool
write_owner(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *owner = pgm_value(new, PGM_PROP_OWNER);

	if (old == NULL &&
		strcmp(owner, quote_identifier(GetUserNameFromId(GetUserId(), false))) == 0)
		return true;
	pgm_write_statement(w, "ALTER %s %s OWNER TO %s", pgm_writer(new)->word, pgm_write_name(new), owner);
	return true;
}

static bool
write_comment(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *comment = pgm_value(new, PGM_PROP_COMMENT);

	pgm_write_statement(w, "COMMENT ON %s %s IS %s", pgm_writer(new)->word, pgm_write_name(new),
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
						pgm_writer(o)->word, pgm_write_name(o),
						set ? quote_literal_cstr(colon + 2) : "NULL");
}

static bool
write_security_label(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *before = old ? pgm_value(old, PGM_PROP_SECURITY_LABEL) : NULL;
	const char *after = pgm_value(new, PGM_PROP_SECURITY_LABEL);

	if (after)
		write_label(w, new, after, true);
	else
		write_label(w, new, before, false);
	return true;
}

static bool
write_depends_on_extension(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	const char *before = old ? pgm_value(old, PGM_PROP_DEPENDS_ON_EXTENSION) : NULL;
	const char *after = pgm_value(new, PGM_PROP_DEPENDS_ON_EXTENSION);

	if (before)
		pgm_write_statement(w, "ALTER %s %s NO DEPENDS ON EXTENSION %s", pgm_writer(new)->word,
							pgm_write_name(new), before);
	if (after)
		pgm_write_statement(w, "ALTER %s %s DEPENDS ON EXTENSION %s", pgm_writer(new)->word,
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
 * What follows from something else.  The order of columns cannot be changed;
 * what is inherited follows from the tables it is inherited from; that a
 * materialized view has no rows is no property of the schema.
 */
static const PgmPropertyId followers[] = {
	PGM_PROP_COLUMN_ORDER, PGM_PROP_INHERITED, PGM_PROP_ONLY_INHERITED, PGM_PROP_WITHOUT_DATA
};

/* Is a property written by itself, or not at all? */
bool
pgm_property_is_separate(const PgmObject *o, PgmPropertyId property)
{
	int			n;
	const PgmSubProperty *aspects = pgm_sub_properties(&n);

	for (int i = 0; i < (int) lengthof(followers); i++)
		if (followers[i] == property)
			return true;
	for (int i = 0; i < n; i++)
		if (pgm_kind_is(o, aspects[i].kind) &&
			(aspects[i].property == property || aspects[i].and_property == property))
			return true;
	return false;
}

static bool
differs_at(const PgmObject *old, const PgmObject *new, int i)
{
	return pgm_property_differs(new->properties->form[i], old->value[i],
								new->value[i]) &&
		!pgm_property_is_separate(new, new->properties->id[i]);
}

/* Do objects of one identity differ, apart from what is written by itself? */
bool
pgm_object_differs(const PgmObject *old, const PgmObject *new)
{
	for (int i = 0; i < new->properties->n; i++)
		if (differs_at(old, new, i))
			return true;
	return false;
}

/* What CREATE, or what makes an object with its whole, does not say. */
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

void
pgm_write_create(PgmWrite *w, const PgmObject *o)
{
	pgm_writer(o)->create(w, o);
	pgm_write_after_create(w, o);
}

void
pgm_write_drop(PgmWrite *w, const PgmObject *o)
{
	const PgmWriter *writer = pgm_writer(o);

	if (writer->drop)
		writer->drop(w, o);
	else
		pgm_write_statement(w, "DROP %s %s", writer->word, pgm_write_name(o));
}

/* The same without a property, which is written by somebody else. */
bool
pgm_write_other_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new,
						PgmPropertyId but)
{
	const PgmWriter *writer = pgm_writer(new);
	List	   *done = NIL;

	for (int i = 0; i < new->properties->n; i++)
	{
		PgmPropertyId property = new->properties->id[i];
		const PgmWriteProperty *p;

		if (!differs_at(old, new, i) || property == but)
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

/*
 * Write what turns "old" into "new".  False when that cannot be done in place;
 * what was written until then is of no use.
 */
bool
pgm_write_changes(PgmWrite *w, const PgmObject *old, const PgmObject *new)
{
	return pgm_write_other_changes(w, old, new, PGM_PROP_NONE);
}
