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

/* A name as messages show it */
static char *
shown(const RangeVar *rel)
{
	return rel->schemaname ? psprintf("%s.%s", rel->schemaname, rel->relname) :
		rel->relname;
}

/* Is it the name of a sequence that a serial column of the plan may have? */
static bool
may_be_serial(const PgmStatementView *v, const RangeVar *rel)
{
	int			length = strlen(rel->relname);

	return v->shadow->unnamed && length > 4 &&
		strcmp(rel->relname + length - 4, "_seq") == 0;
}

/* Raise the server's error where there is no relation of this name. */
void
pgm_need_relation(const PgmStatementView *v, const RangeVar *rel)
{
	if (rel && !pgm_shadow_exists(v->shadow, rel) &&
		!pgm_shadow_index(v->shadow, rel) && !may_be_serial(v, rel))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", shown(rel))));
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
pgm_refuse_taken(const PgmStatementView *v, const RangeVar *rel)
{
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
pgm_need_column(const PgmTable *t, const char *column)
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
pgm_need_constraint(const PgmTable *t, const char *name)
{
	if (OidIsValid(t->relid) && !t->unnamed && !pgm_table_has_constraint(t, name) &&
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
pgm_need_type(const PgmStatementView *v, const TypeName *name)
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

/* Columns that an expression over one table names, without saying of which */
typedef struct PgmNamed
{
	const PgmTable *table;
	bool		(*is_made) (void *context, const char *column);
	void	   *context;
} PgmNamed;

static bool
need_columns(Node *node, void *context)
{
	const PgmNamed *n = context;

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
			pgm_need_column(n->table, name);
		return false;
	}
	if (IsA(node, SubLink))
		return false;			/* has tables of its own; refused elsewhere */
	return raw_expression_tree_walker(node, need_columns, context);
}

/*
 * Raise the server's error where an expression over a table names a column that
 * is not there, nor made by the statement itself.
 */
void
pgm_need_columns_in(const PgmTable *t, Node *expr,
					bool (*is_made) (void *context, const char *column),
					void *context)
{
	PgmNamed	n = {t, is_made, context};

	if (t->columns_known)
		(void) need_columns(expr, &n);
}

/* A query, with the names that it gives to parts of itself */
typedef struct PgmNamedQuery
{
	const PgmStatementView *v;
	List	   *names;			/* of WITH, char * */
} PgmNamedQuery;

static bool
collect_names(Node *node, void *context)
{
	PgmNamedQuery *q = context;

	if (node == NULL)
		return false;
	if (IsA(node, CommonTableExpr))
		q->names = lappend(q->names, ((CommonTableExpr *) node)->ctename);
	return raw_expression_tree_walker(node, collect_names, context);
}

static bool
need_relations(Node *node, void *context)
{
	PgmNamedQuery *q = context;

	if (node == NULL || IsA(node, IntoClause) || IsA(node, LockingClause))
		return false;			/* what it makes, and names of its own */
	if (IsA(node, RangeVar))
	{
		const RangeVar *rel = (const RangeVar *) node;

		/* a name without a schema may be that of a WITH query */
		if (rel->schemaname || !pgm_names_have(q->names, rel->relname))
			pgm_need_relation(q->v, rel);
		return false;
	}
	return raw_expression_tree_walker(node, need_relations, context);
}

/* All relations that a query, or a change of rows, names */
static void
need_relations_of(const PgmStatementView *v, const Node *query)
{
	PgmNamedQuery q = {v, NIL};

	(void) collect_names(unconstify(Node *, query), &q);
	(void) need_relations(unconstify(Node *, query), &q);
}

static void
need_targets(const PgmStatementView *v, const RangeVar *rel, List *targets)
{
	const PgmTable *t = pgm_shadow_table(v->shadow, rel);
	ListCell   *lc;

	foreach(lc, targets)
	{
		if (((ResTarget *) lfirst(lc))->name)
			pgm_need_column(t, ((ResTarget *) lfirst(lc))->name);
	}
}

static void
of_query(const PgmStatementView *v)
{
	need_relations_of(v, v->node);
}

static void
of_insert(const PgmStatementView *v)
{
	need_relations_of(v, v->node);
	need_targets(v, ((const InsertStmt *) v->node)->relation,
				 ((const InsertStmt *) v->node)->cols);
}

static void
of_update(const PgmStatementView *v)
{
	const UpdateStmt *stmt = (const UpdateStmt *) v->node;
	ListCell   *lc;

	need_relations_of(v, v->node);
	foreach(lc, stmt->targetList)
	{
		if (lfirst(lc) == NULL || !IsA(lfirst(lc), ResTarget))
			return;
	}
	need_targets(v, stmt->relation, stmt->targetList);
}

static void
of_view(const PgmStatementView *v)
{
	const ViewStmt *stmt = (const ViewStmt *) v->node;

	need_relations_of(v, stmt->query);
	if (!stmt->replace)
		pgm_refuse_taken(v, stmt->view);
}

static void
of_table_as(const PgmStatementView *v)
{
	const CreateTableAsStmt *stmt = (const CreateTableAsStmt *) v->node;

	if (!IsA(stmt->query, ExecuteStmt))
		need_relations_of(v, stmt->query);
	if (!stmt->if_not_exists)
		pgm_refuse_taken(v, stmt->into->rel);
}

static void
of_truncate(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, ((const TruncateStmt *) v->node)->relations)
	{
		pgm_need_relation(v, lfirst(lc));
	}
}

static void
of_lock(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, ((const LockStmt *) v->node)->relations)
	{
		pgm_need_relation(v, lfirst(lc));
	}
}

static void
of_copy(const PgmStatementView *v)
{
	pgm_need_relation(v, ((const CopyStmt *) v->node)->relation);
}

static void
of_trigger(const PgmStatementView *v)
{
	pgm_need_relation(v, ((const CreateTrigStmt *) v->node)->relation);
}

static void
of_policy(const PgmStatementView *v)
{
	pgm_need_relation(v, ((const CreatePolicyStmt *) v->node)->table);
}

static void
of_rule(const PgmStatementView *v)
{
	pgm_need_relation(v, ((const RuleStmt *) v->node)->relation);
}

static void
of_reindex(const PgmStatementView *v)
{
	if (((const ReindexStmt *) v->node)->kind != REINDEX_OBJECT_INDEX || !v->shadow->unnamed)
		pgm_need_relation(v, ((const ReindexStmt *) v->node)->relation);
}

static void
of_refresh(const PgmStatementView *v)
{
	pgm_need_relation(v, ((const RefreshMatViewStmt *) v->node)->relation);
}

static void
of_schema(const PgmStatementView *v)
{
	const AlterObjectSchemaStmt *stmt = (const AlterObjectSchemaStmt *) v->node;

	if (!stmt->missing_ok && stmt->objectType != OBJECT_SEQUENCE)
		pgm_need_relation(v, stmt->relation);
}

/* A sequence of a serial column that the plan makes has a name made up. */
static void
of_rename(const PgmStatementView *v)
{
	const RenameStmt *stmt = (const RenameStmt *) v->node;
	const PgmTable *t;

	if (stmt->missing_ok || stmt->relation == NULL ||
		stmt->renameType == OBJECT_SEQUENCE ||
		(stmt->renameType == OBJECT_INDEX && v->shadow->unnamed))
		return;
	pgm_need_relation(v, stmt->relation);
	t = pgm_shadow_table(v->shadow, stmt->relation);
	if (t == NULL)
		return;
	if (stmt->renameType == OBJECT_TABCONSTRAINT)
		pgm_need_constraint(t, stmt->subname);
	else if (stmt->renameType == OBJECT_COLUMN)
	{
		pgm_need_column(t, stmt->subname);
		if (!v->again && pgm_table_column(t, stmt->newname, NULL))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" already exists",
							stmt->newname, t->name)));
	}
	else if (stmt->renameType == OBJECT_TABLE || stmt->renameType == OBJECT_VIEW ||
			 stmt->renameType == OBJECT_MATVIEW || stmt->renameType == OBJECT_INDEX)
		pgm_refuse_taken(v, makeRangeVar(t->schema, stmt->newname, -1));
}

static void
of_enum(const PgmStatementView *v)
{
	const AlterEnumStmt *stmt = (const AlterEnumStmt *) v->node;
	TypeName   *name = makeTypeNameFromNameList(stmt->typeName);
	Oid			oid;

	pgm_need_type(v, name);
	oid = pgm_shadow_type(v->shadow, name).oid;
	if (OidIsValid(oid) && stmt->oldVal == NULL && !stmt->skipIfNewValExists &&
		!v->again &&
		SearchSysCacheExists2(ENUMTYPOIDNAME, ObjectIdGetDatum(oid),
							  CStringGetDatum(stmt->newVal)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("enum label \"%s\" already exists", stmt->newVal)));
}

static void
of_domain(const PgmStatementView *v)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) v->node;

	pgm_need_type(v, makeTypeNameFromNameList(stmt->typeName));
}

static void
of_comment(const PgmStatementView *v)
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
			pgm_need_relation(v, makeRangeVarFromNameList(name));
			break;
		case OBJECT_COLUMN:
			rel = makeRangeVarFromNameList(list_copy_head(name, list_length(name) - 1));
			pgm_need_relation(v, rel);
			pgm_need_column(pgm_shadow_table(v->shadow, rel), strVal(llast(name)));
			break;
		default:
			break;
	}
}

static const struct
{
	NodeTag		tag;
	void		(*need) (const PgmStatementView *v);
}			statements[] =

{
	{T_SelectStmt, of_query},
	{T_DeleteStmt, of_query},
	{T_MergeStmt, of_query},
	{T_InsertStmt, of_insert},
	{T_UpdateStmt, of_update},
	{T_ViewStmt, of_view},
	{T_CreateTableAsStmt, of_table_as},
	{T_CopyStmt, of_copy},
	{T_TruncateStmt, of_truncate},
	{T_LockStmt, of_lock},
	{T_CreateTrigStmt, of_trigger},
	{T_CreatePolicyStmt, of_policy},
	{T_RuleStmt, of_rule},
	{T_ReindexStmt, of_reindex},
	{T_RefreshMatViewStmt, of_refresh},
	{T_AlterObjectSchemaStmt, of_schema},
	{T_RenameStmt, of_rename},
	{T_AlterEnumStmt, of_enum},
	{T_AlterDomainStmt, of_domain},
	{T_CommentStmt, of_comment}
};

/* Raise the server's error for what the statement names and is not there. */
void
pgm_refuse_missing(const PgmStatementView *v)
{
	for (int i = 0; i < (int) lengthof(statements); i++)
		if (statements[i].tag == nodeTag(v->node))
			statements[i].need(v);
}
