/*
 * rename_hints.c
 *	  Renames that were said: '{"users.name": "full_name"}', or "-- renamed
 *	  from: name" in the model.
 *
 * A name may have a kind before it ("constraint users_key on users"), and a
 * schema; without one it is looked for in all that are compared.  The label of
 * an enum is the last name of its type's.
 */
#include "postgres.h"

#include "diff/rename/rename_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/varlena.h"

/* Kinds that can be renamed, those first that a name without a kind means */
static const PgmKindId kinds[] = {
	PGM_KIND_TABLE, PGM_KIND_COLUMN, PGM_KIND_TYPE, PGM_KIND_DOMAIN, PGM_KIND_INDEX,
	PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_SEQUENCE, PGM_KIND_FOREIGN_TABLE,
	PGM_KIND_SCHEMA, PGM_KIND_FUNCTION, PGM_KIND_PROCEDURE, PGM_KIND_DOMAIN_CONSTRAINT,
	PGM_KIND_CONSTRAINT, PGM_KIND_ATTRIBUTE
};

static void
add_hint(PgmRenameSearch *search, const char *said, const char *kind, const char *old_name,
		 const char *new_name)
{
	PgmHint    *h = palloc0(sizeof(PgmHint));

	h->said = said;
	h->kind = kind;
	h->old_name = old_name;
	h->new_name = new_name;
	search->hints = lappend(search->hints, h);
}

/* Without the schema, where one is said: '"public.new_name"' means new_name. */
static char *
new_name_of(const char *said)
{
	List	   *names;

	if (strchr(said, '"') || strchr(said, '.'))
		if (SplitIdentifierString(pstrdup(said), '.', &names) && names != NIL)
			return llast(names);
	return pstrdup(said);
}

static void
add_said(PgmRenameSearch *search, const char *old_name, const char *new_name)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const char *kind = pgm_kind_name(kinds[i]);
		int			n = strlen(kind);

		if (pg_strncasecmp(old_name, kind, n) == 0 && old_name[n] == ' ' &&
			strncmp(old_name + n + 1, "on ", 3) != 0)
		{
			add_hint(search, old_name, kind, old_name + n + 1, new_name_of(new_name));
			return;
		}
	}
	add_hint(search, old_name, NULL, old_name, new_name_of(new_name));
}

/* null: it is no rename, whatever it looks like */
static void
add_denied(PgmRenameSearch *search, const char *name)
{
	add_said(search, name, "");
	((PgmHint *) llast(search->hints))->denied = true;
}

/* Read those that are said in "renames".  Raises 22023 for what is none. */
void
pgm_rename_read_argument(PgmRenameSearch *search)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	char	   *name = NULL;

	if (search->given == NULL)
		return;
	it = JsonbIteratorInit(&search->given->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE && name && v.type == jbvNull)
			add_denied(search, name);
		else if ((token == WJB_VALUE && (name == NULL || v.type != jbvString)) ||
				 token == WJB_ELEM || token == WJB_BEGIN_ARRAY)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"renames\" is not an object of old and new names"),
					 errhint("Write for example '{\"users.name\": \"full_name\"}'.")));
		else if (token == WJB_VALUE)
			add_said(search, name, pnstrdup(v.val.string.val, v.val.string.len));
	}
}

/*
 * Read those that stand in comments of the model, which is built: they know
 * what they are about.
 */
void
pgm_rename_read_comments(PgmRenameSearch *search)
{
	ListCell   *lc;

	foreach(lc, search->model->renames)
	{
		const PgmModelRename *m = lfirst(lc);
		PgmHint    *h = palloc0(sizeof(PgmHint));

		h->said = m->old_name;
		h->kind = m->kind;
		h->old_name = m->old_name;
		h->new_name = m->identity;
		search->hints = lappend(search->hints, h);
		h->of_model = true;
	}
}

/* The names of a path, as they are stored, or NIL */
static List *
split(const char *path)
{
	List	   *names = NIL;

	if (!SplitIdentifierString(pstrdup(path), '.', &names))
		return NIL;
	return names;
}

/* The names of the schemas that are said to be renamed */
List *
pgm_rename_schemas(const PgmRenameSearch *search)
{
	List	   *names = pgm_model_renamed_schemas(search->model);
	ListCell   *lc;

	foreach(lc, search->hints)
	{
		const PgmHint *h = lfirst(lc);

		if (h->kind && strcmp(h->kind, "schema") == 0 && !h->denied)
			names = list_concat(names, split(h->old_name));
	}
	return names;
}

static const char *
join(List *names, int from, int to)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = from; i < to; i++)
		appendStringInfo(&out, "%s%s", i > from ? "." : "", quote_identifier(list_nth(names, i)));
	return out.data;
}

/* What an identity begins with when its schema is left out */
static const PgmObject *
find_in_schemas(const PgmRenameSearch *search, const char *kind, const char *name)
{
	const PgmObject *o = pgm_schema_find(search->before, pgm_kind_by_name(kind), name);
	ListCell   *lc;

	if (o)
		return o;
	foreach(lc, search->scope->schemas)
	{
		const char *schema = quote_identifier(lfirst(lc));

		if (strcmp(kind, "constraint") == 0 || strcmp(kind, "domain constraint") == 0)
		{
			const char *on = pgm_text_find(name, strcmp(kind, "constraint") == 0 ? " on " : " on domain ");
			const char *of = on ? on + (strcmp(kind, "constraint") == 0 ? 4 : 11) : NULL;

			o = on ? pgm_schema_find(search->before, pgm_kind_by_name(kind),
									 psprintf("%.*s%s.%s", (int) (of - name), name, schema, of)) : NULL;
		}
		else
			o = pgm_schema_find(search->before, pgm_kind_by_name(kind), psprintf("%s.%s", schema, name));
		if (o)
			return o;
	}
	return NULL;
}

/* A constraint as a part of its table: table.constraint */
static const PgmObject *
find_constraint(const PgmRenameSearch *search, const PgmHint *h, List *names)
{
	int			n = list_length(names);

	if (n < 2 || (h->kind && strcmp(h->kind, "constraint") != 0))
		return NULL;
	return find_in_schemas(search, "constraint", psprintf("%s on %s", join(names, n - 1, n), join(names, 0, n - 1)));
}

/* The object that a name means, or NULL */
static const PgmObject *
find_named(const PgmRenameSearch *search, const PgmHint *h)
{
	List	   *names = split(h->old_name);
	const char *quoted = names ? join(names, 0, list_length(names)) : h->old_name;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const PgmObject *o;

		if (h->kind && pgm_kind_by_name(h->kind) != kinds[i])
			continue;
		o = find_in_schemas(search, pgm_kind_name(kinds[i]), quoted);
		if (o == NULL)
			o = find_in_schemas(search, pgm_kind_name(kinds[i]), h->old_name);
		if (o && !o->outside)
			return o;
	}
	return names ? find_constraint(search, h, names) : NULL;
}

static bool
has_label(const PgmObject *type, const char *label)
{
	ListCell   *lc;

	foreach(lc, pgm_value_list(type, PGM_PROP_LABELS))
	{
		if (strcmp(lfirst(lc), label) == 0)
			return true;
	}
	return false;
}

/* The enum that has the label that stands behind a dot of the path, or NULL */
static const PgmObject *
find_enum_at(const PgmRenameSearch *search, const char *path, const char *dot, const char *label)
{
	List	   *names = split(pnstrdup(path, dot - path));
	const PgmObject *type = names ?
		find_in_schemas(search, "type", join(names, 0, list_length(names))) : NULL;

	return type && has_label(type, label) ? type : NULL;
}

/*
 * Is the name the label of an enum, with its type before it?  Labels keep the
 * letters they are written with, and need no quotes.
 */
static const PgmObject *
find_enum(const PgmRenameSearch *search, const PgmHint *h, const char **label)
{
	const char *path = h->old_name;

	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'))
	{
		List	   *quoted = dot[1] == '"' ? split(dot + 1) : NIL;
		const PgmObject *type;

		*label = h->temporary ? h->temporary :
			list_length(quoted) == 1 ? linitial(quoted) : dot + 1;
		type = find_enum_at(search, path, dot, *label);
		if (type)
			return type;
	}
	return NULL;
}

/*
 * The name is taken, as when two are swapped: a name for a while.  Who has that
 * already waits on.
 */
static void
give_way(PgmRenameSearch *search, PgmHint *h, const PgmObject *o)
{
	const char *between = pgm_rename_temporary_identity(o, h->new_name);

	h->taken = true;
	if (strcmp(between, o->identity) == 0)
		return;
	pgm_rename_add(search, o, between, NULL);
	h->old_name = between;
}

/* The same for the label of an enum */
static void
apply_value(PgmRenameSearch *search, PgmHint *h, const PgmObject *type, const char *from,
			const char *to)
{
	const char *between = psprintf("%s_renamed", to);

	h->label = true;
	h->done = !has_label(type, to);
	h->taken = !h->done;
	if (h->done)
		pgm_rename_add_label(search, type, from, to);
	else if (strcmp(from, between) != 0)
	{
		pgm_rename_add_label(search, type, from, between);
		h->temporary = between;
	}
}

/* One that was said in "renames" */
static void
apply_said(PgmRenameSearch *search, PgmHint *h)
{
	const PgmObject *o = find_named(search, h);
	const char *label;

	if (o)
	{
		const char *identity = pgm_rename_identity(o, h->new_name);

		h->kind = pgm_kind_name(o->kind->id);
		if (strcmp(identity, o->identity) == 0)
			h->done = true;
		else if (pgm_rename_is_taken(search->before, o, identity))
			give_way(search, h, o);
		else
		{
			h->done = true;
			pgm_rename_add(search, o, identity, NULL);
		}
	}
	else if (h->kind == NULL && (o = find_enum(search, h, &label)) != NULL)
		apply_value(search, h, o, label, h->new_name);
}

/* A comment at the label of an enum */
static void
apply_value_comment(PgmRenameSearch *search, PgmHint *h)
{
	const char *last = strrchr(h->new_name, '\'') ? strstr(h->new_name, ".'") : NULL;
	const char *type = last ? pnstrdup(h->new_name, last - h->new_name) : NULL;
	const PgmObject *o = type ? pgm_schema_find(search->before, PGM_KIND_TYPE, type) : NULL;
	const char *label;

	if (o == NULL)
		return;
	label = pgm_text_of_literal(last + 1);
	h->done = true;
	if (has_label(o, h->old_name) && !has_label(o, label))
		pgm_rename_add_label(search, o, h->old_name, label);
}

/* One that stands in the model at what has the new name */
static void
apply_comment(PgmRenameSearch *search, PgmHint *h)
{
	const PgmObject *o;

	if (strcmp(h->kind, "enum value") == 0)
	{
		apply_value_comment(search, h);
		return;
	}
	if (pgm_schema_find(search->before, pgm_kind_by_name(h->kind), h->new_name))
	{
		h->done = true;			/* it is renamed already */
		return;
	}
	o = pgm_schema_find(search->after, pgm_kind_by_name(h->kind), h->new_name);
	if (o == NULL)
		return;
	o = pgm_schema_find(search->before, pgm_kind_by_name(h->kind), pgm_rename_identity(o, h->old_name));
	if (o == NULL)
		return;
	h->done = true;
	pgm_rename_add(search, o, h->new_name, NULL);
}

/* How deep something is in others */
static int
depth(const PgmRename *r)
{
	if (strcmp(r->kind, "schema") == 0)
		return 0;
	if (strcmp(r->kind, "column") == 0 || strcmp(r->kind, "enum value") == 0 ||
		strcmp(r->kind, "attribute") == 0 || strcmp(r->kind, "constraint") == 0 ||
		strcmp(r->kind, "domain constraint") == 0)
		return 2;
	return 1;
}

/* Names are said as they are now: so a column is renamed before its table. */
static void
inner_first(PgmRenameSearch *search, int first)
{
	List	   *sorted = list_truncate(list_copy(search->renames), first);

	for (int d = 2; d >= 0; d--)
		for (int i = first; i < list_length(search->renames); i++)
			if (depth(list_nth(search->renames, i)) == d)
				sorted = lappend(sorted, list_nth(search->renames, i));
	search->renames = sorted;
}

/* Apply the hints that are not applied yet, as far as their names are found. */
void
pgm_rename_apply_hints(PgmRenameSearch *search)
{
	ListCell   *lc;

	int			first = list_length(search->renames);

	foreach(lc, search->hints)
	{
		PgmHint    *h = lfirst(lc);

		if (h->done || h->denied)
			continue;
		if (h->of_model)
			apply_comment(search, h);
		else
			apply_said(search, h);
	}
	inner_first(search, first);
}

/* Was it said that an object is not renamed? */
bool
pgm_rename_is_denied(PgmRenameSearch *search, const PgmObject *o)
{
	ListCell   *lc;

	foreach(lc, search->hints)
	{
		PgmHint    *h = lfirst(lc);

		if (!h->denied || find_named(search, h) != o)
			continue;
		h->done = true;
		return true;
	}
	return false;
}

/* Has the model something of the kind and name, if the type of an enum its label? */
static bool
is_in_model(const PgmRenameSearch *search, const PgmHint *h)
{
	for (int i = 0; i < search->after->snapshot->n; i++)
	{
		const PgmObject *o = search->after->snapshot->object[i];

		if (h->label ? pgm_kind_is(o, PGM_KIND_TYPE) && has_label(o, h->new_name) :
			o->kind->id == pgm_kind_by_name(h->kind) &&
			strcmp(pgm_rename_identity(o, h->new_name), o->identity) == 0)
			return true;
	}
	return false;
}

static void
refuse_unknown(const PgmHint *h)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("nothing is named \"%s\" that could be renamed", h->said),
			 errdetail("It was looked for in the schemas that are compared."),
			 errhint("Name what there is now, for example \"public.users.name\", \"constraint users_key on public.users\", \"function public.f(integer)\" or \"public.mood.sad\", and the new name without what is before it.")));
}

/*
 * Raise 22023 for a hint that names nothing, neither here nor in the model.  A
 * comment of the model stays there when it was renamed long ago.
 */
void
pgm_rename_check_hints(const PgmRenameSearch *search)
{
	ListCell   *lc;

	foreach(lc, search->hints)
	{
		const PgmHint *h = lfirst(lc);

		if (!h->of_model && !h->denied && !h->done && !h->taken)
			refuse_unknown(h);
	}
	foreach(lc, search->hints)
	{
		const PgmHint *h = lfirst(lc);

		if (h->of_model || h->denied)
			continue;
		if (!h->done)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"%s\" cannot become \"%s\", for there is one of that name", h->said, h->new_name),
					 errhint("Say in \"renames\" what that is to be named, or drop it in a migration before this one.")));
		if (!is_in_model(search, h))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the model has no %s named \"%s\"", h->label ? "enum value" : h->kind, h->new_name),
					 errdetail("\"renames\" says that it is \"%s\" under another name.", h->said),
					 errhint("Give the name that it has in the model.")));
	}
}
