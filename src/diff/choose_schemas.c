/*
 * choose_schemas.c
 *	  Choose the schemas that are compared, and those of them that the model
 *	  or a baseline creates.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "diff/choose_schemas.h"
#include "schema/kinds/kinds.h"
#include "util/name_list.h"
#include "util/revision_names.h"
#include "util/sql_text.h"

/* The schema that objects are created in by default, or NULL if there is none. */
static char *
current_schema_name(void)
{
	List	   *path = fetch_search_path(false);

	return path ? get_namespace_name(linitial_oid(path)) : NULL;
}

/* Add a name to a list, unless it is NULL or in the list. */
static List *
add_name(List *names, char *name)
{
	return name == NULL || pgm_names_have(names, name) ? names : lappend(names, name);
}

/* Raise 22023 for a schema of the server or of pg_migrate. */
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

/* The schemas that a model creates or creates something in */
static List *
schemas_of_model(const PgmAutogenerate *a)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, a->model->schemas)
	{
		names = add_name(names, lfirst(lc));
	}
	foreach(lc, a->model->creates)
	{
		names = add_name(names, lfirst(lc));
	}

	/*
	 * The old name of a renamed schema is not in the model, but its objects
	 * have to be compared with those of the new one.
	 */
	foreach(lc, pgm_rename_schemas(&a->search))
	{
		if (OidIsValid(get_namespace_oid(lfirst(lc), true)))
			names = add_name(names, lfirst(lc));
	}
	return names;
}

/*
 * Complete a->scope: the schemas are those that were named, or else those of the
 * model, or of the present schema if there is no model, and the current one.
 * They need not exist.  Raises 22023 for schemas that cannot be compared.
 */
void
pgm_choose_schemas(PgmAutogenerate *a)
{
	ListCell   *lc;

	a->scope.database = a->options.database;
	if (a->all_schemas)
	{
		Assert(a->scope.schemas == NIL);
		if (a->model)
			a->scope.schemas = schemas_of_model(a);
		else
			for (PgmObjectRange r = pgm_schema_range(a->live, PGM_KIND_SCHEMA, ""); r.at < r.end; r.at++)
				a->scope.schemas = add_name(a->scope.schemas, pgm_sql_unquoted((*r.at)->identity));
		a->scope.schemas = add_name(a->scope.schemas, current_schema_name());
	}
	foreach(lc, a->scope.schemas)
	{
		check_schema(lfirst(lc));
	}
}

/* Send a NOTICE with the schemas of users that are not compared. */
void
pgm_report_schemas_left_out(const PgmAutogenerate *a)
{
	StringInfoData names;

	initStringInfo(&names);
	for (PgmObjectRange r = pgm_schema_range(a->live, PGM_KIND_SCHEMA, ""); r.at < r.end; r.at++)
		if ((*r.at)->outside)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", (*r.at)->identity);
	if (names.len > 0)
		ereport(NOTICE,
				(errmsg("not compared: schema %s", names.data),
				 errhint("The model creates nothing there; name it in \"schemas\" to compare it.")));
}

/* All schemas but "public", which initdb creates in every database. */
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
 * The compared schemas that do not exist when the first statement of the model
 * is executed, because the model creates them, or does not have them.
 *
 * A schema that the model uses without creating it exists, and so does the
 * current one, where objects without a schema are created.  A dump creates all
 * schemas that it uses, but "public".
 */
List *
pgm_schemas_created_by_model(const PgmAutogenerate *a)
{
	const char *current = current_schema_name();
	List	   *list = NIL;
	ListCell   *lc;

	foreach(lc, without_public(a->scope.schemas))
	{
		char	   *name = lfirst(lc);
		bool		used = !a->model->is_dump &&
			(pgm_names_have(a->model->schemas, name) || (current && strcmp(current, name) == 0));

		if (pgm_names_have(a->model->creates, name) || !used)
			list = lappend(list, name);
	}
	return list;
}

/* The schemas that a baseline creates */
List *
pgm_schemas_created_by_baseline(const PgmAutogenerate *a)
{
	return without_public(a->scope.schemas);
}
