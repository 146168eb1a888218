/*
 * server_errors.c
 *	  What the server will refuse, whatever the rows: what is named is not there,
 *	  or is there already, or something else needs it.
 *
 * The errors are those that the server would raise.  They are raised only where
 * the catalog and the plan leave no doubt; what is applied already, and linted
 * all the same, has left behind what it makes.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/server_errors.h"
#include "lint/tables/parse_tree.h"

/* Does another action of the statement add, or drop, the column? */
static bool
is_touched_beside(const PgmStatementView *v, AlterTableType action, const char *column)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) v->node)->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		const char *name = action == AT_AddColumn && cmd->subtype == action ?
			((ColumnDef *) cmd->def)->colname : cmd->name;

		if (cmd->subtype == action && name && strcmp(name, column) == 0)
			return true;
	}
	return false;
}

/* Does the statement drop a constraint of the table, whichever? */
static bool
drops_constraint(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) v->node)->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_DropConstraint)
			return true;
	}
	return false;
}

static void
need_column_beside(const PgmStatementView *v, const char *column)
{
	if (!is_touched_beside(v, AT_AddColumn, column))
		pgm_need_column(v->table, column);
}

static void
need_column(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	if (cmd->name && !cmd->missing_ok)
		need_column_beside(v, cmd->name);
}

static void
change_type(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	need_column(v, out, cmd);
	pgm_need_type(v, ((const ColumnDef *) cmd->def)->typeName);
}

/*
 * A column that a view, or the like, shows can be dropped with CASCADE alone.
 * The rules have more to say about it all the same.
 */
static void
drop_column(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	AttrNumber	attnum;
	const PgmColumn *c = pgm_table_column(v->table, cmd->name, &attnum);
	const char *kind;
	char	   *obstacle;

	need_column(v, out, cmd);
	if (c == NULL || c->is_new || cmd->behavior == DROP_CASCADE ||
		!OidIsValid(v->table->relid))
		return;
	obstacle = pgm_obstacle_of_column(v->shadow, v->table, attnum, &kind);
	if (obstacle)
		pgm_advise(pgm_find_failure(out, NULL, "%s depends on column \"%s\"",
									obstacle, cmd->name),
				   "Drop the %s before, and create it again without the column.", kind);
}

static void
need_no_primary_key(const PgmStatementView *v)
{
	ListCell   *lc;

	foreach(lc, v->table->indexes)
	{
		if (((PgmIndex *) lfirst(lc))->primary && !drops_constraint(v) && !v->again)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					 errmsg("multiple primary keys for table \"%s\" are not allowed",
							v->table->name)));
	}
}

/* Are these the columns of an index that a foreign key may refer to? */
static bool
is_key(const PgmIndex *index, const List *columns)
{
	ListCell   *lc;
	ListCell   *li;
	int			found = 0;

	if (!index->unique || index->exclusion || index->partial ||
		index->expressions || !index->valid ||
		index->nkeys != list_length(columns))
		return false;
	foreach(lc, columns)
	{
		foreach(li, index->columns)
		{
			if (foreach_current_index(li) < index->nkeys && lfirst(li) &&
				strcmp(lfirst(li), strVal(lfirst(lc))) == 0)
				found++;
		}
	}
	return found == index->nkeys;
}

static void
need_referenced_key(const PgmStatementView *v, const Constraint *c)
{
	const PgmTable *t = pgm_shadow_table(v->shadow, c->pktable);
	ListCell   *lc;

	if (t == NULL)
	{
		pgm_need_relation(v, c->pktable);
		return;
	}
	if (t->is_partition && (!OidIsValid(t->relid) || t->unnamed))
		return;					/* it has those of its parent */
	foreach(lc, t->indexes)
	{
		if (c->pk_attrs ? is_key(lfirst(lc), c->pk_attrs) : ((PgmIndex *) lfirst(lc))->primary)
			return;
	}
	if (c->pk_attrs)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FOREIGN_KEY),
				 errmsg("there is no unique constraint matching given keys for referenced table \"%s\"",
						t->name)));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("there is no primary key for referenced table \"%s\"", t->name)));
}

static void
add_column(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	const ColumnDef *def = (const ColumnDef *) cmd->def;
	const Constraint *key = pgm_column_def_constraint(def, CONSTR_FOREIGN);

	if (pgm_table_column(v->table, def->colname, NULL))
	{
		if (!cmd->missing_ok && !v->again &&
			!is_touched_beside(v, AT_DropColumn, def->colname))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" already exists",
							def->colname, v->table->name)));
		return;
	}
	if (!pgm_column_def_is_serial(def))
		pgm_need_type(v, def->typeName);
	if (pgm_column_def_constraint(def, CONSTR_PRIMARY))
		need_no_primary_key(v);
	if (key)
		need_referenced_key(v, key);
}

static bool
is_added_beside(void *context, const char *column)
{
	return is_touched_beside(context, AT_AddColumn, column);
}

/* The columns, or the index, that a new constraint is about */
static void
need_own_columns(const PgmStatementView *v, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys)
	{
		need_column_beside(v, strVal(lfirst(lc)));
	}
	if (c->contype == CONSTR_CHECK)
		pgm_need_columns_in(v->table, c->raw_expr, is_added_beside,
							unconstify(PgmStatementView *, v));
	if (c->indexname &&
		!pgm_shadow_index(v->shadow, makeRangeVar(v->table->schema, c->indexname, -1)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index \"%s\" does not exist", c->indexname)));
}

/* A constraint that is dropped, or validated */
static void
need_constraint(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) v->node)->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AddConstraint)
			return;				/* perhaps by this statement */
	}
	if (!cmd->missing_ok)
		pgm_need_constraint(v->table, cmd->name);
}

static void
add_constraint(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	const Constraint *c = (const Constraint *) cmd->def;

	if (c->conname && pgm_table_has_constraint(v->table, c->conname) &&
		!drops_constraint(v) && !v->again)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("constraint \"%s\" for relation \"%s\" already exists",
						c->conname, v->table->name)));
	need_own_columns(v, c);
	if (c->contype == CONSTR_PRIMARY)
		need_no_primary_key(v);
	else if (c->contype == CONSTR_FOREIGN && c->pktable &&
			 pgm_shadow_table(v->shadow, c->pktable) != v->table)
		need_referenced_key(v, c);
}

/* The columns of one table that another has not; NULL: there is none. */
static const char *
surplus_column(const PgmTable *of, const PgmTable *to)
{
	ListCell   *lc;

	foreach(lc, of->columns)
	{
		const PgmColumn *c = lfirst(lc);

		if (c->name && !pgm_table_column(to, c->name, NULL))
			return c->name;
	}
	return NULL;
}

static void
attach(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	const PartitionCmd *part = (const PartitionCmd *) cmd->def;
	const PgmTable *child = pgm_shadow_table(v->shadow, part->name);
	const char *column;

	if (v->table->kind != RELKIND_PARTITIONED_TABLE)
		return;					/* an index is attached, or it is refused */
	pgm_need_relation(v, part->name);
	if (child && child->is_partition && !v->again)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is already a partition", child->name)));
	if (child == NULL || !child->columns_known || !v->table->columns_known)
		return;
	column = surplus_column(child, v->table);
	if (column)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("table \"%s\" contains column \"%s\" not found in parent \"%s\"",
						child->name, column, v->table->name)));
	column = surplus_column(v->table, child);
	if (column)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("child table is missing column \"%s\"", column)));
}

static const struct
{
	AlterTableType action;
	void		(*refuse) (const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd);
}			actions[] =

{
	{AT_AddColumn, add_column},
	{AT_ColumnDefault, need_column},
	{AT_DropNotNull, need_column},
	{AT_SetNotNull, need_column},
	{AT_SetStatistics, need_column},
	{AT_SetStorage, need_column},
	{AT_AlterColumnType, change_type},
	{AT_AddIdentity, need_column},
	{AT_SetIdentity, need_column},
	{AT_DropIdentity, need_column},
	{AT_DropColumn, drop_column},
	{AT_AddConstraint, add_constraint},
	{AT_DropConstraint, need_constraint},
	{AT_ValidateConstraint, need_constraint},
	{AT_AttachPartition, attach}
};

static void
refuse_alter(const PgmStatementView *v, PgmFindings *out)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) v->node;
	ListCell   *lc;

	if (stmt->objtype == OBJECT_TABLE && !stmt->missing_ok)
		pgm_need_relation(v, stmt->relation);
	if (stmt->objtype != OBJECT_TABLE || v->table == NULL)
		return;
	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		for (int i = 0; i < (int) lengthof(actions); i++)
			if (actions[i].action == cmd->subtype)
				actions[i].refuse(v, out, cmd);
	}
}

static void
refuse_index(const PgmStatementView *v, PgmFindings *out)
{
	const IndexStmt *stmt = (const IndexStmt *) v->node;
	RangeVar   *name;
	PgmIndex   *index;
	ListCell   *lc;

	pgm_need_relation(v, stmt->relation);
	if (v->table == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, lc);

		if (element->name)
			pgm_need_column(v->table, element->name);
		pgm_need_columns_in(v->table, element->expr, NULL, NULL);
	}
	pgm_need_columns_in(v->table, stmt->whereClause, NULL, NULL);
	if (stmt->idxname == NULL || stmt->if_not_exists)
		return;
	name = makeRangeVar(v->table->schema, stmt->idxname, -1);
	index = pgm_shadow_index(v->shadow, name);
	if (index == NULL || index->valid)	/* an invalid one has a rule */
		pgm_refuse_taken(v, name);
}

/* The tables that foreign keys of a new table refer to */
static void
refuse_keys(const PgmStatementView *v, const RangeVar *self, List *elements)
{
	ListCell   *le;
	ListCell   *lc;

	foreach(le, elements)
	{
		Node	   *element = lfirst(le);

		if (IsA(element, ColumnDef) && !pgm_column_def_is_serial((ColumnDef *) element))
			pgm_need_type(v, ((ColumnDef *) element)->typeName);
	}
	foreach(le, elements)
	{
		Node	   *element = lfirst(le);
		List	   *constraints = IsA(element, ColumnDef) ?
			((ColumnDef *) element)->constraints : list_make1(element);

		foreach(lc, constraints)
		{
			const Constraint *c = lfirst(lc);

			if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN &&
				strcmp(c->pktable->relname, self->relname) != 0)
				need_referenced_key(v, c);
		}
	}
}

static void
refuse_create(const PgmStatementView *v, PgmFindings *out)
{
	const CreateStmt *stmt = (const CreateStmt *) v->node;
	ListCell   *lc;

	if (!stmt->if_not_exists)
		pgm_refuse_taken(v, stmt->relation);
	foreach(lc, stmt->inhRelations)
	{
		pgm_need_relation(v, lfirst(lc));
	}
	refuse_keys(v, stmt->relation, stmt->tableElts);
	refuse_keys(v, stmt->relation, stmt->constraints);
}

/* An index is dropped: not with its constraint, nor beside others concurrently. */
static void
refuse_drop_index(const PgmStatementView *v, const DropStmt *stmt, const RangeVar *name)
{
	const PgmIndex *index = pgm_shadow_index(v->shadow, name);

	if (index && index->constraint)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop index %s because constraint %s on table %s requires it",
						index->name, index->constraint, index->table->name)));
	if (stmt->concurrent && list_length(stmt->objects) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("DROP INDEX CONCURRENTLY does not support dropping multiple objects")));
	if (stmt->concurrent && stmt->behavior == DROP_CASCADE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("DROP INDEX CONCURRENTLY does not support CASCADE")));
}

/* The kinds of relations that a DROP takes for its own; "" for other objects */
static const char *
kinds_of(ObjectType type)
{
	switch (type)
	{
		case OBJECT_TABLE:
			return "rp";
		case OBJECT_INDEX:
			return "iI";
		case OBJECT_VIEW:
			return "v";
		case OBJECT_MATVIEW:
			return "m";
		case OBJECT_FOREIGN_TABLE:
			return "f";
		default:
			return "";
	}
}

/* A relation that is dropped is there, and of the kind that DROP says. */
static void
refuse_drop_relation(const PgmStatementView *v, const DropStmt *stmt, const RangeVar *name)
{
	const char *kinds = kinds_of(stmt->removeType);
	const PgmTable *t;

	if (!stmt->missing_ok && !(stmt->removeType == OBJECT_INDEX && v->shadow->unnamed))
		pgm_need_relation(v, name);
	if (stmt->removeType == OBJECT_INDEX)
	{
		refuse_drop_index(v, stmt, name);
		return;
	}
	t = pgm_shadow_table(v->shadow, name);
	if (t && strchr(kinds, t->kind) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a %s", t->name,
						stmt->removeType == OBJECT_TABLE ? "table" :
						stmt->removeType == OBJECT_VIEW ? "view" :
						stmt->removeType == OBJECT_MATVIEW ? "materialized view" :
						"foreign table")));
}

static void
refuse_drop(const PgmStatementView *v, PgmFindings *out)
{
	const DropStmt *stmt = (const DropStmt *) v->node;
	char	   *obstacle = NULL;
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		if (kinds_of(stmt->removeType)[0])
			refuse_drop_relation(v, stmt, makeRangeVarFromNameList(lfirst(lc)));
		else if (!stmt->missing_ok && (stmt->removeType == OBJECT_TYPE ||
									   stmt->removeType == OBJECT_DOMAIN))
			pgm_need_type(v, lfirst_node(TypeName, lc));
	}
	if (stmt->behavior != DROP_CASCADE)
		obstacle = pgm_obstacle_of_drop(v->shadow, stmt);
	if (obstacle == NULL)
		return;
	pgm_advise(pgm_find_failure(out, NULL, "%s", obstacle),
			   "Drop what depends on it before, or say CASCADE.");
}

static const struct
{
	NodeTag		tag;
	void		(*refuse) (const PgmStatementView *v, PgmFindings *out);
}			statements[] =

{
	{T_AlterTableStmt, refuse_alter},
	{T_IndexStmt, refuse_index},
	{T_CreateStmt, refuse_create},
	{T_DropStmt, refuse_drop}
};

/* Does the statement make what nobody names? */
bool
pgm_makes_unnamed(const Node *node)
{
	return IsA(node, CreateExtensionStmt) || IsA(node, AlterExtensionStmt) ||
		IsA(node, ImportForeignSchemaStmt) || IsA(node, ExecuteStmt);
}

/*
 * Raise the error that the server would raise for the statement, if any; where
 * rules may have more to say about it, find it instead.
 */
void
pgm_refuse(const PgmStatementView *v, PgmFindings *out)
{
	pgm_refuse_missing(v);
	for (int i = 0; i < (int) lengthof(statements); i++)
	{
		if (statements[i].tag == nodeTag(v->node))
			statements[i].refuse(v, out);
	}
}
