/*
 * rename_hints.c
 *	  Renames that the user asks for: by the argument "renames", for example
 *	  '{"users.name": "full_name"}', or by comments of the model, "-- renamed
 *	  from: name".
 *
 * A name in "renames" may begin with a kind ("constraint users_key on users").
 * Without a schema it is looked for in all schemas that are compared.  The label
 * of an enum is written as the last name after those of its type.
 *
 * Hints are applied in rounds (rename_detect.c): one whose name is not found may
 * name an object that another rename has to happen for first.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/varlena.h"

#include "diff/rename/rename_internal.h"
#include "schema/kinds/kinds.h"
#include "util/sql_text.h"

/*
 * Kinds that can be renamed.  A name without a kind is that of an object of the
 * first of these kinds that has such a name.
 */
static const PgmKindId kinds[] = {
	PGM_KIND_TABLE, PGM_KIND_COLUMN, PGM_KIND_TYPE, PGM_KIND_DOMAIN, PGM_KIND_INDEX,
	PGM_KIND_VIEW, PGM_KIND_MATERIALIZED_VIEW, PGM_KIND_SEQUENCE, PGM_KIND_FOREIGN_TABLE,
	PGM_KIND_SCHEMA, PGM_KIND_FUNCTION, PGM_KIND_PROCEDURE, PGM_KIND_DOMAIN_CONSTRAINT,
	PGM_KIND_CONSTRAINT, PGM_KIND_ATTRIBUTE
};

/* Add a hint that is not applied yet; "kind" is NULL if none is given. */
static void
add_hint(PgmRenameSearch *search, const char *written, const char *kind, const char *old_name,
		 const char *new_name)
{
	PgmHint    *h = palloc0(sizeof(PgmHint));

	h->written = written;
	h->kind = kind;
	h->old_name = old_name;
	h->new_name = new_name;
	search->hints = lappend(search->hints, h);
}

/* The last name of the new name: "public.new_name" means new_name. */
static char *
last_new_name(const char *written)
{
	List	   *names;

	if (strchr(written, '"') || strchr(written, '.'))
		if (SplitIdentifierString(pstrdup(written), '.', &names) && names != NIL)
			return llast(names);
	return pstrdup(written);
}

/* Add a hint of the argument "renames", whose old name may begin with a kind. */
static void
add_argument_hint(PgmRenameSearch *search, const char *old_name, const char *new_name)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const char *kind = pgm_kind_name(kinds[i]);
		int			n = strlen(kind);

		/*
		 * "index on t" is no index named "on t", but a constraint named
		 * "index"
		 */
		if (pg_strncasecmp(old_name, kind, n) == 0 && old_name[n] == ' ' &&
			strncmp(old_name + n + 1, "on ", 3) != 0)
		{
			add_hint(search, old_name, kind, old_name + n + 1, last_new_name(new_name));
			return;
		}
	}
	add_hint(search, old_name, NULL, old_name, last_new_name(new_name));
}

/* Add a null of "renames": the object is not renamed, whatever is evidence for it. */
static void
add_denied_hint(PgmRenameSearch *search, const char *name)
{
	add_argument_hint(search, name, "");
	((PgmHint *) llast(search->hints))->denied = true;
}

/* Read the argument "renames".  Raises 22023 unless it is an object of names. */
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
			add_denied_hint(search, name);
		else if ((token == WJB_VALUE && (name == NULL || v.type != jbvString)) ||
				 token == WJB_ELEM || token == WJB_BEGIN_ARRAY)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("\"renames\" is not an object of old and new names"),
					 errhint("Write for example '{\"users.name\": \"full_name\"}'.")));
		else if (token == WJB_VALUE)
			add_argument_hint(search, name, pnstrdup(v.val.string.val, v.val.string.len));
	}
}

/*
 * Read the rename comments of the model, which has to be built: only then the
 * identities of the objects they belong to are known.
 */
void
pgm_rename_read_comments(PgmRenameSearch *search)
{
	ListCell   *lc;

	foreach(lc, search->model->renames)
	{
		const PgmModelRename *m = lfirst(lc);
		PgmHint    *h = palloc0(sizeof(PgmHint));

		h->written = m->old_name;
		h->kind = m->kind;
		h->old_name = m->old_name;
		h->new_name = m->identity;
		search->hints = lappend(search->hints, h);
		h->of_model = true;
	}
}

/* The names of a path such as a."B", as they are stored; NIL if it is none. */
static List *
split_names(const char *path)
{
	List	   *names = NIL;

	if (!SplitIdentifierString(pstrdup(path), '.', &names))
		return NIL;
	return names;
}

/*
 * The old names of the schemas that hints rename.  They belong to the schemas that
 * are compared, although the model has them under the new names.
 */
List *
pgm_rename_schemas(const PgmRenameSearch *search)
{
	List	   *names = pgm_model_renamed_schemas(search->model);
	ListCell   *lc;

	foreach(lc, search->hints)
	{
		const PgmHint *h = lfirst(lc);

		if (h->kind && strcmp(h->kind, "schema") == 0 && !h->denied)
			names = list_concat(names, split_names(h->old_name));
	}
	return names;
}

/* Some names of a list as a path, quoted as in identities. */
static const char *
join_names(List *names, int from, int to)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = from; i < to; i++)
		appendStringInfo(&out, "%s%s", i > from ? "." : "", quote_identifier(list_nth(names, i)));
	return out.data;
}

/*
 * The object of an identity, or of one whose schema is left out: then the first in
 * the schemas that are compared; or NULL.
 */
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
			/* the schema is that of the table or domain, after "on" */
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

/* The constraint that is named as a part of its table (table.constraint), or NULL. */
static const PgmObject *
find_constraint(const PgmRenameSearch *search, const PgmHint *h, List *names)
{
	int			n = list_length(names);

	if (n < 2 || (h->kind && strcmp(h->kind, "constraint") != 0))
		return NULL;
	return find_in_schemas(search, "constraint", psprintf("%s on %s", join_names(names, n - 1, n), join_names(names, 0, n - 1)));
}

/* The object that a name means, or NULL */
static const PgmObject *
find_named(const PgmRenameSearch *search, const PgmHint *h)
{
	List	   *names = split_names(h->old_name);
	const char *quoted = names ? join_names(names, 0, list_length(names)) : h->old_name;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const PgmObject *o;

		if (h->kind && pgm_kind_by_name(h->kind) != kinds[i])
			continue;

		/*
		 * Identities are quoted where necessary, and the user may quote more
		 * or less.  The identity of a function is no path of names, so it is
		 * taken as it is written.
		 */
		o = find_in_schemas(search, pgm_kind_name(kinds[i]), quoted);
		if (o == NULL)
			o = find_in_schemas(search, pgm_kind_name(kinds[i]), h->old_name);
		if (o && !o->outside)
			return o;
	}
	return names ? find_constraint(search, h, names) : NULL;
}

/* Does an enum have the label? */
static bool
has_label(const PgmObject *type, const char *label)
{
	ListCell   *lc;

	foreach(lc, pgm_object_value_list(type, PGM_PROP_LABELS))
	{
		if (strcmp(lfirst(lc), label) == 0)
			return true;
	}
	return false;
}

/* The enum that is named before a dot of the path, if it has the label; or NULL. */
static const PgmObject *
find_enum_at(const PgmRenameSearch *search, const char *path, const char *dot, const char *label)
{
	List	   *names = split_names(pnstrdup(path, dot - path));
	const PgmObject *type = names ?
		find_in_schemas(search, "type", join_names(names, 0, list_length(names))) : NULL;

	return type && has_label(type, label) ? type : NULL;
}

/*
 * The enum of a hint that names a label (type.label), or NULL.  Sets *label.
 * Labels are not folded to lower case, and may contain dots without quotes, so
 * each dot is tried.
 */
static const PgmObject *
find_enum(const PgmRenameSearch *search, const PgmHint *h, const char **label)
{
	const char *path = h->old_name;

	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.'))
	{
		List	   *quoted = dot[1] == '"' ? split_names(dot + 1) : NIL;
		const PgmObject *type;

		/* once it has a temporary label, the old one is not found any more */
		*label = h->temporary ? h->temporary :
			list_length(quoted) == 1 ? linitial(quoted) : dot + 1;
		type = find_enum_at(search, path, dot, *label);
		if (type)
			return type;
	}
	return NULL;
}

/*
 * Give an object a temporary name, since its new name is taken, as when two names
 * are swapped.  A later round gives it the new name, if that is free then.  Until
 * then h->taken says why the hint is not done.
 */
static void
rename_temporarily(PgmRenameSearch *search, PgmHint *h, const PgmObject *o)
{
	const char *between = pgm_rename_temporary_identity(o, h->new_name);

	h->taken = true;

	/* it has the temporary name already, and goes on to wait */
	if (strcmp(between, o->identity) == 0)
		return;
	pgm_rename_add(search, o, between, NULL);
	h->old_name = between;
}

/* Apply a hint about a label of an enum: rename it, or give it a temporary label. */
static void
apply_label_hint(PgmRenameSearch *search, PgmHint *h, const PgmObject *type, const char *from,
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

/* Apply a hint of the argument "renames", if its object is found. */
static void
apply_argument_hint(PgmRenameSearch *search, PgmHint *h)
{
	const PgmObject *o = find_named(search, h);
	const char *label;

	if (o)
	{
		const char *identity = pgm_rename_identity(o, h->new_name);

		h->kind = pgm_kind_name(o->kind->id);
		/* the new name is the old one: nothing to do */
		if (strcmp(identity, o->identity) == 0)
			h->done = true;
		else if (pgm_rename_is_taken(search->before, o, identity))
			rename_temporarily(search, h, o);
		else
		{
			h->done = true;
			pgm_rename_add(search, o, identity, NULL);
		}
	}
	else if (h->kind == NULL && (o = find_enum(search, h, &label)) != NULL)
		apply_label_hint(search, h, o, label, h->new_name);
}

/*
 * Apply a comment at the label of an enum, whose identity is schema.type.'label':
 * the literal begins after the first .' of it.
 */
static void
apply_label_comment(PgmRenameSearch *search, PgmHint *h)
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

/* Apply a comment of the model, which belongs to the object with the new name. */
static void
apply_comment(PgmRenameSearch *search, PgmHint *h)
{
	const PgmObject *o;

	if (strcmp(h->kind, "enum value") == 0)
	{
		apply_label_comment(search, h);
		return;
	}

	/* comments stay in a model after the migration that renames was applied */
	if (pgm_schema_find(search->before, pgm_kind_by_name(h->kind), h->new_name))
	{
		h->done = true;
		return;
	}

	/* what the comment names is the last name; the rest is as in the model */
	o = pgm_schema_find(search->after, pgm_kind_by_name(h->kind), h->new_name);
	if (o == NULL)
		return;
	o = pgm_schema_find(search->before, pgm_kind_by_name(h->kind), pgm_rename_identity(o, h->old_name));
	if (o == NULL)
		return;
	h->done = true;
	pgm_rename_add(search, o, h->new_name, NULL);
}

/* How deep an object of a rename is nested in others. */
static int
nesting_depth(const PgmRename *r)
{
	if (strcmp(r->kind, "schema") == 0)
		return 0;
	if (strcmp(r->kind, "column") == 0 || strcmp(r->kind, "enum value") == 0 ||
		strcmp(r->kind, "attribute") == 0 || strcmp(r->kind, "constraint") == 0 ||
		strcmp(r->kind, "domain constraint") == 0)
		return 2;
	return 1;
}

/*
 * Sort the renames from number "first" on: parts before the object they are in.
 * Their statements have the old names of both, so if a table were renamed first,
 * the rename of its column would not find it.
 */
static void
sort_inner_first(PgmRenameSearch *search, int first)
{
	List	   *sorted = list_truncate(list_copy(search->renames), first);

	for (int d = 2; d >= 0; d--)
		for (int i = first; i < list_length(search->renames); i++)
		{
			if (nesting_depth(list_nth(search->renames, i)) == d)
				sorted = lappend(sorted, list_nth(search->renames, i));
		}
	Assert(list_length(sorted) == list_length(search->renames));
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
			apply_argument_hint(search, h);
	}
	sort_inner_first(search, first);
}

/* Does a null in "renames" say that an object is not renamed? */
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

/* Does the model have an object of the new name and kind, or an enum of that label? */
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

/* Raise 22023 because the old name of a hint is that of no object. */
static void
refuse_unknown(const PgmHint *h)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("nothing is named \"%s\" that could be renamed", h->written),
			 errdetail("It was looked for in the schemas that are compared."),
			 errhint("Name what there is now, for example \"public.users.name\", \"constraint users_key on public.users\", \"function public.f(integer)\" or \"public.mood.sad\", and the new name without what is before it.")));
}

/*
 * Raise 22023 for a hint of "renames" that could not be applied.  Comments of the
 * model are not checked: they stay there when the rename was done long ago.
 */
void
pgm_rename_check_hints(const PgmRenameSearch *search)
{
	ListCell   *lc;

	/* first unknown names: they may be why another name is not free */
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
					 errmsg("\"%s\" cannot become \"%s\", for there is one of that name", h->written, h->new_name),
					 errhint("Say in \"renames\" what that is to be named, or drop it in a migration before this one.")));
		if (!is_in_model(search, h))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the model has no %s named \"%s\"", h->label ? "enum value" : h->kind, h->new_name),
					 errdetail("\"renames\" says that it is \"%s\" under another name.", h->written),
					 errhint("Give the name that it has in the model.")));
	}
}
