/*
 * missing_names.c
 *	  The server's errors about names in a statement: a relation, column,
 *	  constraint or type that does not exist, or a relation that exists already.
 */
#include "postgres.h"

#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "lint/rules/server_errors.h"
#include "util/name_list.h"

/* The name of a relation as the server's messages show it. */
static char *
displayed_name(const RangeVar *rel)
{
	return rel->schemaname ? psprintf("%s.%s", rel->schemaname, rel->relname) :
		rel->relname;
}

/*
 * May it be the sequence of a serial column that the plan creates? The server
 * makes up its name.
 */
static bool
may_be_serial(const PgmStatementView *v, const RangeVar *rel)
{
	int			length = strlen(rel->relname);

	return v->shadow->index_names_guessed && length > 4 &&
		strcmp(rel->relname + length - 4, "_seq") == 0;
}

/* Raise the server's error where there is no relation of this name. */
void
pgm_missing_relation_check(const PgmStatementView *v, const RangeVar *rel)
{
	if (rel && !pgm_shadow_exists(v->shadow, rel) &&
		!pgm_shadow_index(v->shadow, rel) && !may_be_serial(v, rel))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", displayed_name(rel))));
}

/* Is the name taken in the schema where the relation would be made? */
static bool
is_taken(const PgmStatementView *v, const RangeVar *rel)
{
	RangeVar   *there = makeRangeVar(pgm_shadow_creation_schema(v->shadow, rel), rel->relname, -1);

	return pgm_shadow_table(v->shadow, there) || pgm_shadow_index(v->shadow, there);
}

/* Raise the server's error where a new relation has a name that is taken. */
void
pgm_name_refuse_taken(const PgmStatementView *v, const RangeVar *rel)
{
	/* After DROP ... CASCADE, lint cannot tell which names are free again. */
	if (!v->again && !v->shadow->cascaded && is_taken(v, rel))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists", rel->relname)));
}

/*
 * Raise the server's error where a table has no column of this name.  A table
 * whose columns are not known may have it.
 */
void
pgm_missing_column_check(const PgmTable *t, const char *column)
{
	if (t && t->columns_known && !pgm_table_column(t, column, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						column, t->name)));
}

/*
 * Raise the server's error where a table has no constraint of this name, neither
 * in the shadow nor in the catalog.  Where the plan has added constraints
 * without names, any name may be one of these.
 */
void
pgm_missing_constraint_check(const PgmTable *t, const char *name)
{
	if (OidIsValid(t->relid) && !t->constraint_names_guessed && !pgm_table_has_constraint(t, name) &&
		!OidIsValid(get_relation_constraint_oid(t->relid, name, true)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("constraint \"%s\" of relation \"%s\" does not exist",
						name, t->name)));
}

/*
 * Raise the server's error where there is no type of this name.  A table gives
 * its name to a row type, and a range type creates a multirange type, too.
 */
void
pgm_missing_type_check(const PgmStatementView *v, const TypeName *name)
{
	if (name == NULL || name->names == NIL || name->pct_type ||
		strstr(strVal(llast(name->names)), "multirange") ||
		pgm_shadow_type(v->shadow, name).known ||
		pgm_shadow_exists(v->shadow, makeRangeVarFromNameList(name->names)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("type \"%s\" does not exist", TypeNameToString(name))));
}

/* A search for unqualified column names in an expression over one table */
typedef struct PgmColumnSearch
{
	const PgmTable *table;
	bool		(*is_made) (void *context, const char *column); /* by the statement; or
																 * NULL */
	void	   *context;		/* for is_made */
} PgmColumnSearch;

/*
 * Walker: raise an error for a column of the table that does not exist.  Names
 * that are qualified, system columns and the table's own name, a reference to
 * its row, are left out.
 */
static bool
need_columns(Node *node, void *context)
{
	const PgmColumnSearch *n = context;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		List	   *fields = ((ColumnRef *) node)->fields;
		const char *name = list_length(fields) == 1 && IsA(linitial(fields), String) ?
			strVal(linitial(fields)) : NULL;

		if (name && strcmp(name, n->table->name) != 0 &&
			SystemAttributeByName(name) == NULL &&
			!(n->is_made && n->is_made(n->context, name)))
			pgm_missing_column_check(n->table, name);
		return false;
	}
	if (IsA(node, SubLink))
		return false;			/* its columns may be those of other tables */
	return raw_expression_tree_walker(node, need_columns, context);
}

/*
 * Raise the server's error where an expression over a table names a column that
 * is not there, nor made by the statement itself.
 */
void
pgm_missing_columns_check(const PgmTable *t, Node *expr,
						  bool (*is_made) (void *context, const char *column),
						  void *context)
{
	PgmColumnSearch n = {t, is_made, context};

	if (t->columns_known)
		(void) need_columns(expr, &n);
}

/* A query, with the names of its WITH queries, which are not relations */
typedef struct PgmNamedQuery
{
	const PgmStatementView *v;
	List	   *names;			/* char * */
} PgmNamedQuery;

/* Walker: collect the names of WITH queries at any level. */
static bool
collect_with_names(Node *node, void *context)
{
	PgmNamedQuery *q = context;

	if (node == NULL)
		return false;
	if (IsA(node, CommonTableExpr))
		q->names = lappend(q->names, ((CommonTableExpr *) node)->ctename);
	return raw_expression_tree_walker(node, collect_with_names, context);
}

/* Walker: raise an error for a relation that does not exist. */
static bool
need_relations(Node *node, void *context)
{
	PgmNamedQuery *q = context;

	if (node == NULL || IsA(node, IntoClause) || IsA(node, LockingClause))
		return false;			/* INTO creates its relation; FOR UPDATE OF
								 * names aliases */
	if (IsA(node, RangeVar))
	{
		const RangeVar *rel = (const RangeVar *) node;

		/*
		 * An unqualified name may be that of a WITH query.  Scopes are not
		 * told apart: a name that is hidden elsewhere only costs an error,
		 * and the server still raises it.
		 */
		if (rel->schemaname || !pgm_names_have(q->names, rel->relname))
			pgm_missing_relation_check(q->v, rel);
		return false;
	}
	return raw_expression_tree_walker(node, need_relations, context);
}

/*
 * Raise an error if a relation that a query, INSERT, UPDATE, DELETE or MERGE
 * names does not exist.
 */
static void
need_relations_in(const PgmStatementView *v, const Node *query)
{
	PgmNamedQuery q = {v, NIL};

	(void) collect_with_names(unconstify(Node *, query), &q);
	(void) need_relations(unconstify(Node *, query), &q);
}

/* Raise an error if a column that INSERT or UPDATE assigns does not exist. */
static void
need_targets(const PgmStatementView *v, const RangeVar *rel, List *targets)
{
	const PgmTable *t = pgm_shadow_table(v->shadow, rel);
	ListCell   *lc;

	foreach(lc, targets)
	{
		if (((ResTarget *) lfirst(lc))->name)
			pgm_missing_column_check(t, ((ResTarget *) lfirst(lc))->name);
	}
}

/* SELECT, DELETE and MERGE: the relations exist. */
static void
check_query_names(const PgmStatementView *v)
{
	need_relations_in(v, v->node);
}

/* INSERT: the relations and the columns exist. */
static void
check_insert_names(const PgmStatementView *v)
{
	need_relations_in(v, v->node);
	need_targets(v, ((const InsertStmt *) v->node)->relation,
				 ((const InsertStmt *) v->node)->cols);
}

/* UPDATE: the relations and the columns exist. */
static void
check_update_names(const PgmStatementView *v)
{
	const UpdateStmt *stmt = (const UpdateStmt *) v->node;
	ListCell   *lc;

	need_relations_in(v, v->node);
	foreach(lc, stmt->targetList)
	{
		if (lfirst(lc) == NULL || !IsA(lfirst(lc), ResTarget))
			return;
	}
	need_targets(v, stmt->relation, stmt->targetList);
}

/* CREATE VIEW: the relations exist, and without OR REPLACE the name is new. */
static void
check_view_names(const PgmStatementView *v)
{
	const ViewStmt *stmt = (const ViewStmt *) v->node;

	need_relations_in(v, stmt->query);
	if (!stmt->replace)
		pgm_name_refuse_taken(v, stmt->view);
}

/*
 * CREATE TABLE AS, SELECT INTO and CREATE MATERIALIZED VIEW: the relations
 * exist, the name is new.
 */
static void
check_table_as_names(const PgmStatementView *v)
{
	const CreateTableAsStmt *stmt = (const CreateTableAsStmt *) v->node;

	/* EXECUTE names a prepared statement, not relations. */
	if (!IsA(stmt->query, ExecuteStmt))
		need_relations_in(v, stmt->query);
	if (!stmt->if_not_exists)
		pgm_name_refuse_taken(v, stmt->into->rel);
}

/* TRUNCATE: the tables exist. */
static void
check_truncate_names(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, ((const TruncateStmt *) v->node)->relations)
	{
		pgm_missing_relation_check(v, lfirst(lc));
	}
}

/* LOCK: the tables exist. */
static void
check_lock_names(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, ((const LockStmt *) v->node)->relations)
	{
		pgm_missing_relation_check(v, lfirst(lc));
	}
}

/* COPY of a table: it exists.  COPY of a query has no relation. */
static void
check_copy_names(const PgmStatementView *v)
{
	pgm_missing_relation_check(v, ((const CopyStmt *) v->node)->relation);
}

/* CREATE TRIGGER: its table exists. */
static void
check_trigger_names(const PgmStatementView *v)
{
	pgm_missing_relation_check(v, ((const CreateTrigStmt *) v->node)->relation);
}

/* CREATE POLICY: its table exists. */
static void
check_policy_names(const PgmStatementView *v)
{
	pgm_missing_relation_check(v, ((const CreatePolicyStmt *) v->node)->table);
}

/* CREATE RULE: its relation exists. */
static void
check_rule_names(const PgmStatementView *v)
{
	pgm_missing_relation_check(v, ((const RuleStmt *) v->node)->relation);
}

/*
 * REINDEX: the relation exists; an index to which the server gave a name may be
 * unknown to lint.
 */
static void
check_reindex_names(const PgmStatementView *v)
{
	if (((const ReindexStmt *) v->node)->kind != REINDEX_OBJECT_INDEX ||
		!v->shadow->index_names_guessed)
		pgm_missing_relation_check(v, ((const ReindexStmt *) v->node)->relation);
}

/* REFRESH MATERIALIZED VIEW: it exists. */
static void
check_refresh_names(const PgmStatementView *v)
{
	pgm_missing_relation_check(v, ((const RefreshMatViewStmt *) v->node)->relation);
}

/* ALTER ...  SET SCHEMA of a relation: it exists. */
static void
check_set_schema_names(const PgmStatementView *v)
{
	const AlterObjectSchemaStmt *stmt = (const AlterObjectSchemaStmt *) v->node;

	if (!stmt->missing_ok && stmt->objectType != OBJECT_SEQUENCE)
		pgm_missing_relation_check(v, stmt->relation);
}

/* ALTER ...  RENAME: what is renamed exists, and the new name is not taken. */
static void
check_rename_names(const PgmStatementView *v)
{
	const RenameStmt *stmt = (const RenameStmt *) v->node;
	const PgmTable *t;

	/*
	 * A sequence or index to which the server gave a name may be unknown to
	 * lint.
	 */
	if (stmt->missing_ok || stmt->relation == NULL ||
		stmt->renameType == OBJECT_SEQUENCE ||
		(stmt->renameType == OBJECT_INDEX && v->shadow->index_names_guessed))
		return;
	pgm_missing_relation_check(v, stmt->relation);
	t = pgm_shadow_table(v->shadow, stmt->relation);
	if (t == NULL)
		return;
	if (stmt->renameType == OBJECT_TABCONSTRAINT)
		pgm_missing_constraint_check(t, stmt->subname);
	else if (stmt->renameType == OBJECT_COLUMN)
	{
		pgm_missing_column_check(t, stmt->subname);
		if (!v->again && pgm_table_column(t, stmt->newname, NULL))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" already exists",
							stmt->newname, t->name)));
	}
	else if (stmt->renameType == OBJECT_TABLE || stmt->renameType == OBJECT_VIEW ||
			 stmt->renameType == OBJECT_MATVIEW || stmt->renameType == OBJECT_INDEX)
		pgm_name_refuse_taken(v, makeRangeVar(t->schema, stmt->newname, -1));
}

/* ALTER TYPE of an enum: the type exists, and a value that is added is new. */
static void
check_enum_names(const PgmStatementView *v)
{
	const AlterEnumStmt *stmt = (const AlterEnumStmt *) v->node;
	TypeName   *name = makeTypeNameFromNameList(stmt->typeName);
	Oid			oid;

	pgm_missing_type_check(v, name);
	oid = pgm_shadow_type(v->shadow, name).oid;
	if (OidIsValid(oid) && stmt->oldVal == NULL && !stmt->skipIfNewValExists &&
		!v->again &&
		SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(oid),
							  CStringGetDatum(stmt->newVal)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("enum label \"%s\" already exists", stmt->newVal)));
}

/* ALTER DOMAIN: the domain exists. */
static void
check_domain_names(const PgmStatementView *v)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) v->node;

	pgm_missing_type_check(v, makeTypeNameFromNameList(stmt->typeName));
}

/* COMMENT ON a relation or column: it exists.  Other objects are not looked up. */
static void
check_comment_names(const PgmStatementView *v)
{
	const CommentStmt *stmt = (const CommentStmt *) v->node;
	List	   *name = (List *) stmt->object;
	RangeVar   *rel;

	switch (stmt->objtype)
	{
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_FOREIGN_TABLE:
			pgm_missing_relation_check(v, makeRangeVarFromNameList(name));
			break;
		case OBJECT_COLUMN:
			rel = makeRangeVarFromNameList(list_copy_head(name, list_length(name) - 1));
			pgm_missing_relation_check(v, rel);
			pgm_missing_column_check(pgm_shadow_table(v->shadow, rel), strVal(llast(name)));
			break;
		default:
			break;
	}
}

static const struct
{
	NodeTag		tag;
	void		(*check) (const PgmStatementView *v);
}			statements[] =

{
	{T_SelectStmt, check_query_names},
	{T_DeleteStmt, check_query_names},
	{T_MergeStmt, check_query_names},
	{T_InsertStmt, check_insert_names},
	{T_UpdateStmt, check_update_names},
	{T_ViewStmt, check_view_names},
	{T_CreateTableAsStmt, check_table_as_names},
	{T_CopyStmt, check_copy_names},
	{T_TruncateStmt, check_truncate_names},
	{T_LockStmt, check_lock_names},
	{T_CreateTrigStmt, check_trigger_names},
	{T_CreatePolicyStmt, check_policy_names},
	{T_RuleStmt, check_rule_names},
	{T_ReindexStmt, check_reindex_names},
	{T_RefreshMatViewStmt, check_refresh_names},
	{T_AlterObjectSchemaStmt, check_set_schema_names},
	{T_RenameStmt, check_rename_names},
	{T_AlterEnumStmt, check_enum_names},
	{T_AlterDomainStmt, check_domain_names},
	{T_CommentStmt, check_comment_names}
};

/* Raise the server's error if a name in the statement does not exist, or a new name is taken. */
void
pgm_refuse_missing(const PgmStatementView *v)
{
	for (int i = 0; i < (int) lengthof(statements); i++)
		if (statements[i].tag == nodeTag(v->node))
			statements[i].check(v);
}
