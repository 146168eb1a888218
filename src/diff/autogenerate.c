/*
 * autogenerate.c
 *	  From the schema one wants to the statements that get there, and back.
 *
 * The live schema is read first.  Then the model is built in a scratch and read
 * there; the rest is done with what was read, in memory.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "diff/autogenerate.h"
#include "diff/rename/detect_renames.h"
#include "diff/write/writers.h"
#include "errors.h"
#include "registry/registry.h"
#include "schema/kinds/kinds.h"
#include "schema/read_schema.h"
#include "schema/take_snapshot.h"
#include "util/revision_names.h"
#include "util/sql_text.h"

/* What can be switched off */
static const struct
{
	const char *name;
	size_t		offset;
}			switches[] = {
	{"concurrently", offsetof(PgmDiffOptions, concurrently)},
	{"not_valid", offsetof(PgmDiffOptions, not_valid)},
	{"not_null_steps", offsetof(PgmDiffOptions, not_null_steps)},
	{"using_index", offsetof(PgmDiffOptions, using_index)},
	{"attach_check", offsetof(PgmDiffOptions, attach_check)},
	{"database", offsetof(PgmDiffOptions, database)},
};

static bool *
find_switch(PgmDiffOptions *options, const char *name)
{
	for (int i = 0; i < (int) lengthof(switches); i++)
		if (strcmp(switches[i].name, name) == 0)
			return (bool *) ((char *) options + switches[i].offset);
	return NULL;
}

static void
refuse_option(const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is not an option, or its value is not true or false", name),
			 errhint("The options are concurrently, not_valid, not_null_steps, using_index, attach_check and database, for example '{\"concurrently\": false}'.")));
}

/*
 * All safe forms, but for those that are switched off, as an object of names
 * and false.  Raises 22023 for what is none.
 */
void
pgm_autogenerate_options(PgmDiffOptions *options, Jsonb *given)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	char	   *name = NULL;

	for (int i = 0; i < (int) lengthof(switches); i++)
		*find_switch(options, switches[i].name) = true;
	if (given == NULL)
		return;
	if (!JB_ROOT_IS_OBJECT(given))
		refuse_option(JsonbToCString(NULL, &given->root, 0));
	it = JsonbIteratorInit(&given->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			name = pnstrdup(v.val.string.val, v.val.string.len);
		else if (token == WJB_VALUE)
		{
			bool	   *to = find_switch(options, name);

			if (to == NULL || v.type != jbvBool)
				refuse_option(name);
			*to = v.val.boolean;
		}
	}
}

/* The schema that objects are created in when nothing is said. */
static char *
current_schema_name(void)
{
	List	   *path = fetch_search_path(false);
	char	   *name = path ? get_namespace_name(linitial_oid(path)) : NULL;

	return name;
}

static bool
has_name(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

static List *
add_name(List *names, char *name)
{
	return name == NULL || has_name(names, name) ? names : lappend(names, name);
}

/* Refuse what cannot be managed; schemas that do not exist may be created. */
static void
check_schema(const char *name)
{
	if (strcmp(name, "migrate") != 0 && strncmp(name, "pg_", 3) != 0 &&
		strcmp(name, "information_schema") != 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("schema \"%s\" cannot be compared with a model", name),
			 errdetail("It belongs to the server or to pg_migrate itself."),
			 errhint("Leave out of the model what is created in it, and the schema out of \"schemas\".")));
}

/* Tell of the schemas of users that are left out. */
static void
tell_left_out(const PgmAutogenerate *a)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < a->live->snapshot->n; i++)
	{
		const PgmObject *o = a->live->snapshot->object[i];

		if (pgm_kind_is(o, PGM_KIND_SCHEMA) && o->outside)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", o->identity);
	}
	if (names.len > 0)
		ereport(NOTICE,
				(errmsg("not compared: schema %s", names.data),
				 errhint("The model creates nothing there; name it in \"schemas\" to compare it.")));
}

/* Which schemas are compared: those named, or those of the model */
static void
find_scope(PgmAutogenerate *a)
{
	ListCell   *lc;

	a->scope.database = a->options.database;
	if (a->all)
	{
		if (a->model)
		{
			foreach(lc, a->model->schemas)
			{
				a->scope.schemas = add_name(a->scope.schemas, lfirst(lc));
			}
			foreach(lc, a->model->creates)
			{
				a->scope.schemas = add_name(a->scope.schemas, lfirst(lc));
			}
			foreach(lc, pgm_rename_schemas(a))
			{
				if (OidIsValid(get_namespace_oid(lfirst(lc), true)))
					a->scope.schemas = add_name(a->scope.schemas, lfirst(lc));
			}
		}
		else
			for (int i = 0; i < a->live->snapshot->n; i++)
				if (pgm_kind_is(a->live->snapshot->object[i], PGM_KIND_SCHEMA))
					a->scope.schemas = add_name(a->scope.schemas,
												pgm_unquoted(a->live->snapshot->object[i]->identity));
		a->scope.schemas = add_name(a->scope.schemas, current_schema_name());
	}
	foreach(lc, a->scope.schemas)
	{
		check_schema(lfirst(lc));
	}
}

/* Does something that stays need the extension? */
static bool
is_needed(const PgmSchema *s, const PgmObject *extension)
{
	ListCell   *lc;

	foreach(lc, s->dependencies)
	{
		const PgmDependency *d = lfirst(lc);

		if (d->to == extension && pgm_schema_parent(s, d->from) != extension)
			return true;
	}
	return false;
}

static const PgmModelExtension *
find_said(const PgmModel *m, const PgmObject *extension)
{
	ListCell   *lc;

	foreach(lc, m->extensions)
	{
		if (strcmp(quote_identifier(((PgmModelExtension *) lfirst(lc))->name), extension->identity) == 0)
			return lfirst(lc);
	}
	return NULL;
}

static void
set_value(PgmObject *o, PgmPropertyId property, const char *value)
{
	Assert(o->properties->position[property] >= 0);
	o->value[o->properties->position[property]] = value;
}

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

/* As the model has an extension that was there before; false: not at all */
static bool
settle_extension(PgmAutogenerate *a, PgmObject *o)
{
	const PgmModelExtension *said = find_said(a->model, o);

	if (said && said->schema)
		set_value(o, PGM_PROP_SCHEMA, pstrdup(quote_identifier(said->schema)));
	if (said && said->version)
		set_value(o, PGM_PROP_VERSION, quote_literal_cstr(said->version));
	return said != NULL || is_needed(a->after, o);
}

/* The same of an access method, whose handler may be in a schema set aside */
static bool
settle_access_method(PgmAutogenerate *a, PgmObject *o, const PgmObject *live)
{
	set_value(o, PGM_PROP_HANDLER, pgm_value(live, PGM_PROP_HANDLER));
	return has_quoted(a->model->access_methods, o->identity) || is_needed(a->after, o);
}

/*
 * Extensions and access methods cannot be set aside.  One that the model does not create is taken
 * for one that shall not be, unless something of the model needs it.
 */
static void
settle_extensions(PgmAutogenerate *a)
{
	PgmSnapshot *s = a->after->snapshot;
	List	   *gone = NIL;
	ListCell   *lc;

	for (int i = 0; i < s->n; i++)
	{
		PgmObject  *o = s->object[i];
		bool		extension = pgm_kind_is(o, PGM_KIND_EXTENSION);
		const PgmObject *live = !o->outside && (extension || pgm_kind_is(o, PGM_KIND_ACCESS_METHOD)) ?
			pgm_schema_find(a->live, o->kind->id, o->identity) : NULL;

		if (live && !(extension ? settle_extension(a, o) : settle_access_method(a, o, live)))
			gone = lappend(gone, o);
	}
	foreach(lc, gone)
	{
		pgm_scope_remove(a->after, lfirst(lc));
	}
}

/* In the scratch: build the model, and read it. */
static void
build_model(void *arg)
{
	PgmAutogenerate *a = arg;

	pgm_model_build(a->model);
	a->after = pgm_schema_read();
	pgm_scope_restrict(a->after, &a->scope);
}

/* All schemas but that which initdb has made */
static List *
without_public(const List *names)
{
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		if (strcmp(lfirst(lc), "public") != 0)
			list = lappend(list, lfirst(lc));
	}
	return list;
}

/*
 * The schemas that are not there when the model begins.  "public" is, whether
 * the model creates it or not; one that it uses without creating it is; and so
 * is, as nothing is said of others, the current one.
 */
static List *
created_schemas(const PgmAutogenerate *a)
{
	const char *current = current_schema_name();
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, without_public(a->scope.schemas))
	{
		char	   *name = lfirst(lc);
		bool		used = !a->model->is_dump &&
			(has_name(a->model->schemas, name) || (current && strcmp(current, name) == 0));

		if (has_name(a->model->creates, name) || !used)
			list = lappend(list, name);
	}
	return list;
}

/* The schema as the model has it: built, unless it was by the last call */
static void
read_model(PgmAutogenerate *a)
{
	const char *key = pgm_model_key(a);
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope,
		.as_dump = a->model->is_dump,
		.creates = created_schemas(a),
		.tables = a->model->tables
	};

	if (!pgm_model_recall(a, key))
	{
		pgm_scratch(&scratch, build_model, a);
		pgm_model_keep(a, key);
	}
	pgm_model_say_passed(a->model);
	pgm_scope_borrow(a->after, a->live);
	if (a->scope.database)
		settle_extensions(a);
}

/*
 * Extensions and the database cannot be set aside: a new database has none of
 * the ones, and the other is as it is.
 */
static void
settle_database(PgmAutogenerate *a)
{
	PgmSnapshot *s = a->before->snapshot;
	List	   *gone = NIL;
	ListCell   *lc;

	for (int i = 0; i < s->n; i++)
		if ((pgm_kind_is(s->object[i], PGM_KIND_EXTENSION) || pgm_kind_is(s->object[i], PGM_KIND_ACCESS_METHOD)) &&
			!s->object[i]->outside)
			gone = lappend(gone, s->object[i]);
	foreach(lc, gone)
	{
		pgm_scope_remove(a->before, lfirst(lc));
	}
}

/* In the scratch: read what is there before anything is made. */
static void
read_nothing(void *arg)
{
	PgmAutogenerate *a = arg;

	pgm_scratch_events_restore();
	a->before = pgm_schema_read();
	pgm_scope_restrict(a->before, &a->scope);
	pgm_scope_borrow(a->before, a->live);
}

/* The schemas that a baseline creates: all but that which initdb has made */
List *
pgm_baseline_creates(const PgmAutogenerate *a)
{
	return without_public(a->scope.schemas);
}

/* From nothing: a database as it is when it is new */
static void
begin_with_nothing(PgmAutogenerate *a)
{
	PgmScratch	scratch = {
		.function = a->function,
		.scope = &a->scope,
		.as_dump = true,
		.creates = pgm_baseline_creates(a)
	};

	a->after = a->live;
	pgm_scratch(&scratch, read_nothing, a);
	settle_database(a);
}

/*
 * Find the statements of both directions.  Raises what pgm_scratch() and
 * pgm_model_build() raise, and 22023 for schemas that cannot be compared.
 */
void
pgm_autogenerate(PgmAutogenerate *a)
{
	PgmDiffOptions down = a->options;

	pgm_rename_read_hints(a);
	a->live = pgm_schema_read();
	find_scope(a);
	pgm_scope_mark(a->live, &a->scope);
	if (a->model)
	{
		if (a->all)
			tell_left_out(a);
		read_model(a);
		a->before = a->live;
		pgm_rename(a);
	}
	else
		begin_with_nothing(a);
	down.allow_drop = down.back = true;
	a->up = pgm_write_plan(a->before, a->after, memcpy(palloc(sizeof(down)), &a->options, sizeof(down)));
	a->down = pgm_write_plan(a->after, a->before, memcpy(palloc(sizeof(down)), &down, sizeof(down)));
}

/*
 * Raise MG024 unless the database is at all heads, in the words of Alembic: a
 * difference would contain what pending migrations do.
 */
void
pgm_autogenerate_check_heads(void)
{
	bool		applied;
	List	   *heads = pgm_registry_heads(false, true, &applied);

	if (applied)
		return;
	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_UP_TO_DATE),
			 errmsg("Target database is not up to date"),
			 errdetail("Of the heads %s some are not applied.", pgm_name_join(heads)),
			 errhint("Bring it there first, with SELECT migrate.upgrade('heads').")));
}
