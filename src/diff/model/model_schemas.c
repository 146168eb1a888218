/*
 * model_schemas.c
 *	  The schemas that a model makes something in.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "diff/model/model_internal.h"
#include "util/name_list.h"
#include "util/revision_names.h"

static List *
add_name(List *names, const char *name)
{
	return name == NULL || pgm_names_have(names, name) ? names : lappend(names, pstrdup(name));
}

/* The schemas that it creates */
static void
find_created(PgmModel *m)
{
	ListCell   *lc;

	foreach(lc, m->statements)
	{
		const Node *node = ((PgmStatement *) lfirst(lc))->raw->stmt;

		if (IsA(node, CreateSchemaStmt) && pgm_model_targets(node))
			m->creates = add_name(m->creates,
								  ((PgmModelObject *) linitial(pgm_model_targets(node)))->name);
	}
}

/* The first schema of a path that is there, or that the model creates; or NULL */
static const char *
creation_schema(const PgmModel *m, const char *path)
{
	List	   *names;
	ListCell   *lc;

	if (!SplitIdentifierString(pstrdup(path), ',', &names))
		return NULL;
	foreach(lc, names)
	{
		const char *name = lfirst(lc);

		if (strcmp(name, "$user") == 0)
			name = GetUserNameFromId(GetUserId(), false);
		if (pgm_names_have(m->creates, name) || OidIsValid(get_namespace_oid(name, true)))
			return name;
	}
	return NULL;
}

/* The path that a statement sets, or "path" */
static const char *
follow_path(const Node *node, const char *path)
{
	const VariableSetStmt *set = (const VariableSetStmt *) node;
	const char *config = pgm_model_set_config(node, "search_path");

	if (config)
		return config;
	if (!IsA(set, VariableSetStmt) || set->name == NULL || strcmp(set->name, "search_path") != 0)
		return path;
	if (set->kind == VAR_SET_VALUE)
		return ExtractSetVariableArgs(unconstify(VariableSetStmt *, set));
	return path;
}

static void
find_of(PgmModel *m, const Node *node, const char *path)
{
	ListCell   *lc;

	foreach(lc, pgm_model_targets(node))
	{
		const PgmModelObject *t = lfirst(lc);

		if (t->in_schema && t->creates &&
			!(t->relation && t->relation->relpersistence == RELPERSISTENCE_TEMP))
			m->schemas = add_name(m->schemas, t->schema ? t->schema :
								  creation_schema(m, path));
	}
}

/* Find out which schemas a model creates, makes something in, and mentions. */
void
pgm_model_find_schemas(PgmModel *m)
{
	const char *path = namespace_search_path;
	ListCell   *lc;

	find_created(m);
	foreach(lc, m->statements)
	{
		const Node *node = ((PgmStatement *) lfirst(lc))->raw->stmt;

		path = follow_path(node, path);
		find_of(m, node, path);
	}
}
