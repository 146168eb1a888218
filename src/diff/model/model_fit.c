/*
 * model_fit.c
 *	  Fit a statement of a model to the scratch it is executed in: a
 *	  subtransaction that is rolled back, in a database that others use.
 *
 * Statements about objects that are not compared are skipped, and so are those
 * that would reach outside of the subtransaction.  One that would lock an object
 * that others use is refused.  Options such as CONCURRENTLY, which cannot be used
 * in a transaction, are taken out of the others.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "commands/proclang.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "diff/model/model_internal.h"
#include "scratch/scratch.h"
#include "util/name_list.h"
#include "util/revision_names.h"

/*
 * Is it a setting that a model does not set?  The scratch bounds timeouts itself,
 * the text of the model has the encoding of the server already, and
 * pg_migrate.* tells how this very call works.  RESET ALL would undo what the
 * scratch has set, and SET TRANSACTION is about a transaction.
 */
static bool
is_ignored_setting(const VariableSetStmt *stmt)
{
	const char *name = stmt->name;
	int			len = name ? strlen(name) : 0;	/* RESET ALL has none */

	return stmt->kind == VAR_RESET_ALL || stmt->kind == VAR_SET_MULTI ||
		(len > 8 && strcmp(name + len - 8, "_timeout") == 0) ||
		strcmp(name, "client_encoding") == 0 ||
		strncmp(name, "pg_migrate.", 11) == 0;
}

/* An option of CREATE or ALTER EXTENSION, or NULL. */
static const char *
option_value(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, name) == 0)
			return pstrdup(defGetString(option));
	}
	return NULL;
}

/* The entry of an extension in m->extensions, made if it is not there. */
static PgmModelExtension *
get_extension(PgmModel *m, const char *name)
{
	PgmModelExtension *x;
	ListCell   *lc;

	foreach(lc, m->extensions)
	{
		x = lfirst(lc);
		if (strcmp(x->name, name) == 0)
			return x;
	}
	x = palloc0(sizeof(PgmModelExtension));
	x->name = pstrdup(name);
	m->extensions = lappend(m->extensions, x);
	return x;
}

/*
 * Record which schema and version a statement gives an extension that exists
 * already, for pgm_adjust_extensions_to_model().  Then move the extension to that
 * schema in the scratch, where the statements after this one expect its members.
 */
static void
record_extension(PgmModel *m, const Node *statement, const char *name, Oid oid)
{
	MemoryContext old = MemoryContextSwitchTo(m->context);
	PgmModelExtension *x = get_extension(m, name);

	if (IsA(statement, CreateExtensionStmt))
	{
		x->schema = option_value(((const CreateExtensionStmt *) statement)->options, "schema");
		x->version = option_value(((const CreateExtensionStmt *) statement)->options, "new_version");
	}
	else if (IsA(statement, AlterExtensionStmt))
		x->version = option_value(((const AlterExtensionStmt *) statement)->options, "new_version");
	else if (IsA(statement, AlterObjectSchemaStmt))
		x->schema = pstrdup(((const AlterObjectSchemaStmt *) statement)->newschema);
	MemoryContextSwitchTo(old);

	/* ALTER EXTENSION checks this right, and writing to the catalogs does not */
	if (x->schema && pgm_owns_extension(oid))
		pgm_scratch_move_extension(oid, x->schema);
}

/*
 * A statement about an extension.  Live extensions are not renamed away, so CREATE
 * EXTENSION of one would fail.  What it says is recorded instead.
 */
static PgmModelSkip
fit_extension(PgmModel *m, const Node *statement, const PgmModelObject *t)
{
	Oid			oid = get_extension_oid(t->name, true);

	if (!OidIsValid(oid) || !pgm_scratch_is_live(ExtensionRelationId, oid))
		return PGM_SKIP_NOT;
	if (IsA(statement, CommentStmt))
		return pgm_owns_extension(oid) ? PGM_SKIP_NOT : PGM_SKIP_SILENTLY;

	/* the model does not have an extension that it drops */
	if (!IsA(statement, DropStmt))
		record_extension(m, statement, t->name, oid);
	return PGM_SKIP_SILENTLY;
}

/* A statement about an access method.  As extensions, live ones stay. */
static PgmModelSkip
fit_access_method(PgmModel *m, const PgmModelObject *t)
{
	Oid			oid = get_am_oid(t->name, true);
	MemoryContext old;

	if (!OidIsValid(oid) || !pgm_scratch_is_live(AccessMethodRelationId, oid))
		return PGM_SKIP_NOT;
	if (t->creates)
	{
		old = MemoryContextSwitchTo(m->context);
		m->access_methods = lappend(m->access_methods, pstrdup(t->name));
		MemoryContextSwitchTo(old);
	}
	return PGM_SKIP_SILENTLY;
}

/* Raise 55000 because a statement would lock a relation that others use. */
static void
refuse_lock(Oid relid)
{
	char	   *schema = get_namespace_name(get_rel_namespace(relid));
	char	   *name = quote_qualified_identifier(schema, get_rel_name(relid));

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the model would lock %s, which is not compared", name),
			 errdetail("What is not in the schemas that are compared stands as it is while the model is built, and others use it."),
			 errhint("Add schema %s to \"schemas\" and what is in it to the model, or take the statement out of the model.",
					 quote_identifier(schema))));
}

/* The OID of a relation, without a lock on it; InvalidOid if there is none. */
static Oid
find_relation(const RangeVar *rel)
{
	return RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
}

/*
 * A statement about an object in a live schema, which is not compared.  It is
 * skipped if the model creates objects in that schema, so that the user has left
 * the schema out, and in schemas of the system.  Otherwise raises 55000 if it is
 * about an existing relation: such a statement, as CREATE TRIGGER on a table of
 * another schema, would lock it.
 */
static PgmModelSkip
fit_outside(const PgmModel *m, const PgmModelObject *t, Oid nsp)
{
	const char *schema = get_namespace_name(nsp);
	Oid			relid = t->relation && !t->creates ? find_relation(t->relation) : InvalidOid;

	if (OidIsValid(relid) && !pgm_names_have(m->schemas, schema) &&
		strncmp(schema, "pg_", 3) != 0 && strcmp(schema, "information_schema") != 0)
		refuse_lock(relid);
	return PGM_SKIP_SCOPE;
}

/*
 * The schema of a target, or InvalidOid.  An existing relation is looked up along
 * search_path; other existing objects without a schema are not, since that takes
 * a way of its own for each type.  For these the statement is executed.
 */
static Oid
target_schema(const PgmModelObject *t)
{
	Oid			relid = t->relation && !t->creates ? find_relation(t->relation) : InvalidOid;
	List	   *path;

	if (OidIsValid(relid))
		return get_rel_namespace(relid);
	if (t->schema)
		return get_namespace_oid(t->schema, true);
	path = t->creates ? fetch_search_path(false) : NIL;
	return path ? linitial_oid(path) : InvalidOid;
}

/* A statement about an object in a schema. */
static PgmModelSkip
fit_in_schema(const PgmModel *m, const PgmModelObject *t)
{
	Oid			nsp;
	Oid			relid;

	/* in no schema that is compared, but later statements may use it */
	if (t->relation && t->relation->relpersistence == RELPERSISTENCE_TEMP)
		return PGM_SKIP_NOT;
	nsp = target_schema(t);
	if (OidIsValid(nsp) && pgm_scratch_is_live(NamespaceRelationId, nsp))
		return fit_outside(m, t, nsp);

	/*
	 * a member of an extension, which was moved into the schema of the
	 * scratch
	 */
	relid = t->relation && !t->creates ? find_relation(t->relation) : InvalidOid;
	return OidIsValid(relid) && pgm_scratch_is_live_relation(relid) ?
		PGM_SKIP_MEMBER : PGM_SKIP_NOT;
}

/* A statement about a schema; its name is NULL in CREATE SCHEMA AUTHORIZATION. */
static PgmModelSkip
fit_schema(const PgmModelObject *t)
{
	Oid			nsp = t->name ? get_namespace_oid(t->name, true) : InvalidOid;

	return OidIsValid(nsp) && pgm_scratch_is_live(NamespaceRelationId, nsp) ?
		PGM_SKIP_SCOPE : PGM_SKIP_NOT;
}

/* Is there such a cast already?  Not if one of its types is new. */
static bool
has_cast(const CreateCastStmt *stmt)
{
	Oid			source = LookupTypeNameOid(NULL, stmt->sourcetype, true);
	Oid			target = LookupTypeNameOid(NULL, stmt->targettype, true);

	return OidIsValid(get_cast_oid(source, target, true));
}

/* Does the transform exist already? */
static bool
has_transform(const CreateTransformStmt *stmt)
{
	Oid			type = LookupTypeNameOid(NULL, stmt->type_name, true);
	Oid			language = get_language_oid(stmt->lang, true);

	return OidIsValid(get_transform_oid(type, language, true));
}

/*
 * A statement about an object without a schema.  It is executed if such objects
 * are compared.  If they are not, CREATE is executed nevertheless for an object
 * that does not exist, and that statements about compared objects may need.
 */
static PgmModelSkip
fit_global(const Node *statement, const PgmModelObject *t)
{
	bool		missing = false;

	if (pgm_scratch_scope()->database)
		return PGM_SKIP_NOT;
	if (IsA(statement, CreateCastStmt))
		missing = !has_cast((const CreateCastStmt *) statement);
	else if (IsA(statement, CreateTransformStmt))
		missing = !has_transform((const CreateTransformStmt *) statement);
	else if (t->creates && t->type == OBJECT_FDW)
		missing = !OidIsValid(get_foreign_data_wrapper_oid(t->name, true));
	else if (t->creates && t->type == OBJECT_FOREIGN_SERVER)
		missing = !OidIsValid(get_foreign_server_oid(t->name, true));
	else if (t->creates && t->type == OBJECT_LANGUAGE)
		missing = !OidIsValid(get_language_oid(t->name, true));
	return missing ? PGM_SKIP_NOT : PGM_SKIP_DATABASE;
}

/* Decide about a statement by one of its targets. */
static PgmModelSkip
fit_target(PgmModel *m, const Node *statement, const PgmModelObject *t)
{
	if (t->in_schema)
		return fit_in_schema(m, t);
	switch (t->type)
	{
		case OBJECT_DATABASE:
		case OBJECT_ROLE:
		case OBJECT_TABLESPACE:
		case OBJECT_LARGEOBJECT:
		case OBJECT_PARAMETER_ACL:
			return PGM_SKIP_NO_SCHEMA;
		case OBJECT_EXTENSION:
			return fit_extension(m, statement, t);
		case OBJECT_ACCESS_METHOD:
			return fit_access_method(m, t);
		case OBJECT_SCHEMA:
			return fit_schema(t);
		case OBJECT_LANGUAGE:

			/*
			 * one that is found is of initdb or an extension: CREATE would
			 * fail
			 */
			if (t->creates && OidIsValid(get_language_oid(t->name, true)))
				return PGM_SKIP_SILENTLY;
			return fit_global(statement, t);
		default:
			return fit_global(statement, t);
	}
}

/* ALTER DEFAULT PRIVILEGES, in some schemas or without a schema. */
static PgmModelSkip
fit_default_privileges(const AlterDefaultPrivilegesStmt *stmt)
{
	ListCell   *lc;
	ListCell   *of_schemas;

	foreach(lc, stmt->options)
	{
		const DefElem *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, "schemas") != 0)
			continue;
		foreach(of_schemas, (List *) option->arg)
		{
			Oid			nsp = get_namespace_oid(strVal(lfirst(of_schemas)), true);

			if (OidIsValid(nsp) && pgm_scratch_is_live(NamespaceRelationId, nsp))
				return PGM_SKIP_SCOPE;
		}
		return PGM_SKIP_NOT;
	}
	return pgm_scratch_scope()->database ? PGM_SKIP_NOT : PGM_SKIP_DATABASE;
}

/* Replace an option of a list; value NULL removes it. */
static void
set_option(List **options, const char *name, const char *value)
{
	List	   *others = NIL;
	ListCell   *lc;

	foreach(lc, *options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, name) != 0)
			others = lappend(others, lfirst(lc));
	}
	if (value)
		others = lappend(others, makeDefElem(pstrdup(name), (Node *) makeString(pstrdup(value)), -1));
	*options = others;
}

/*
 * Change CREATE or ALTER SUBSCRIPTION so that it does not connect to the
 * publisher, or skip it.
 */
static PgmModelSkip
fit_subscription(Node *statement)
{
	if (IsA(statement, CreateSubscriptionStmt))
	{
		List	  **options = &((CreateSubscriptionStmt *) statement)->options;

		/*
		 * The server refuses connect = false together with any of these set
		 * to true.  model_execute.c enables the subscription afterwards.
		 */
		set_option(options, "enabled", NULL);
		set_option(options, "create_slot", NULL);
		set_option(options, "copy_data", NULL);
		set_option(options, "connect", "false");
		return PGM_SKIP_NOT;
	}
	switch (((AlterSubscriptionStmt *) statement)->kind)
	{
		case ALTER_SUBSCRIPTION_REFRESH:
			return PGM_SKIP_NO_SCHEMA;
		case ALTER_SUBSCRIPTION_SET_PUBLICATION:
		case ALTER_SUBSCRIPTION_ADD_PUBLICATION:
		case ALTER_SUBSCRIPTION_DROP_PUBLICATION:
			set_option(&((AlterSubscriptionStmt *) statement)->options, "refresh", "false");
			return PGM_SKIP_NOT;
		default:
			return PGM_SKIP_NOT;
	}
}

/* Take CONCURRENTLY out of DETACH PARTITION. */
static void
make_detach_plain(AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_DetachPartition)
			((PartitionCmd *) cmd->def)->concurrent = false;
	}
}

/*
 * Take out CONCURRENTLY, which cannot be used in a transaction, and the query of
 * CREATE TABLE AS, which would compute rows.  A materialized view stays WITH DATA
 * if the model says so: whether it is populated is part of the schema.
 */
static void
make_plain(Node *statement)
{
	if (IsA(statement, IndexStmt))
		((IndexStmt *) statement)->concurrent = false;
	else if (IsA(statement, DropStmt))
		((DropStmt *) statement)->concurrent = false;
	else if (IsA(statement, RefreshMatViewStmt))
		((RefreshMatViewStmt *) statement)->concurrent = false;
	else if (IsA(statement, CreateTableAsStmt) &&
			 ((CreateTableAsStmt *) statement)->objtype == OBJECT_TABLE)
		((CreateTableAsStmt *) statement)->into->skipData = true;
	else if (IsA(statement, AlterTableStmt))
		make_detach_plain((AlterTableStmt *) statement);
}

/* Raise 55000 if a statement locks another live relation than its targets. */
static void
check_locks(const Node *statement)
{
	ListCell   *lc;

	foreach(lc, pgm_model_locked(statement))
	{
		const RangeVar *rel = lfirst(lc);	/* or a subquery, or a function */
		Oid			relid = IsA(rel, RangeVar) ? find_relation(rel) : InvalidOid;

		if (OidIsValid(relid) && pgm_scratch_is_live_relation(relid))
			refuse_lock(relid);
	}
}

/*
 * Change a statement, which is a copy, so that it can be executed in the scratch,
 * and return PGM_SKIP_NOT; or return why it is skipped.  Names are looked up along
 * the search_path in force, which has to be the one that the statement is executed
 * with.  Raises 55000 if it would lock a relation that others use.
 */
PgmModelSkip
pgm_model_fit(PgmModel *m, Node *statement)
{
	const char *hint;
	ListCell   *lc;

	if (pgm_model_use(statement, &hint) == PGM_MODEL_PASS_OVER)
		return IsA(statement, TransactionStmt) ? PGM_SKIP_SILENTLY : PGM_SKIP_NO_SCHEMA;
	if (IsA(statement, VariableSetStmt) && is_ignored_setting((VariableSetStmt *) statement))
		return PGM_SKIP_SILENTLY;
	if (IsA(statement, AlterDefaultPrivilegesStmt))
		return fit_default_privileges((AlterDefaultPrivilegesStmt *) statement);

	/* first decide: a statement that is skipped may lock anything */
	foreach(lc, pgm_model_targets(statement))
	{
		PgmModelSkip skip = fit_target(m, statement, lfirst(lc));

		if (skip != PGM_SKIP_NOT)
			return skip;
	}
	check_locks(statement);
	make_plain(statement);
	if (IsA(statement, CreateSubscriptionStmt) || IsA(statement, AlterSubscriptionStmt))
		return fit_subscription(statement);
	return PGM_SKIP_NOT;
}
