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

#include "lint/rules/server_errors.h"
#include "lint/tables/parse_tree.h"

/* Is the name taken in the schema where the relation would be made? */
static bool
is_taken(const PgmLint *l, const RangeVar *rel)
{
	RangeVar   *there = makeRangeVar(pgm_shadow_creation_schema(l->shadow, rel), rel->relname, -1);

	return pgm_shadow_table(l->shadow, there) || pgm_shadow_index(l->shadow, there);
}

/* Raise the server's error where a new relation has a name that is taken. */
void
pgm_refuse_taken(const PgmLint *l, const RangeVar *rel)
{
	if (!l->again && !l->shadow->cascaded && is_taken(l, rel))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation \"%s\" already exists", rel->relname)));
}

/* Does another action of the statement add, or drop, the column? */
static bool
is_touched_beside(const PgmLint *l, AlterTableType action, const char *column)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) l->node)->cmds)
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
drops_constraint(const PgmLint *l)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) l->node)->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_DropConstraint)
			return true;
	}
	return false;
}

static void
need_column_beside(PgmLint *l, const char *column)
{
	if (!is_touched_beside(l, AT_AddColumn, column))
		pgm_need_column(l->table, column);
}

static void
need_column(PgmLint *l, const AlterTableCmd *cmd)
{
	if (cmd->name && !cmd->missing_ok)
		need_column_beside(l, cmd->name);
}

static void
change_type(PgmLint *l, const AlterTableCmd *cmd)
{
	need_column(l, cmd);
	pgm_need_type(l, ((const ColumnDef *) cmd->def)->typeName);
}

/*
 * A column that a view, or the like, shows can be dropped with CASCADE alone.
 * The rules have more to say about it all the same.
 */
static void
drop_column(PgmLint *l, const AlterTableCmd *cmd)
{
	AttrNumber	attnum;
	const PgmColumn *c = pgm_table_column(l->table, cmd->name, &attnum);
	const char *kind;
	char	   *obstacle;

	need_column(l, cmd);
	if (c == NULL || c->is_new || cmd->behavior == DROP_CASCADE ||
		!OidIsValid(l->table->relid))
		return;
	obstacle = pgm_obstacle_of_column(l->shadow, l->table, attnum, &kind);
	if (obstacle)
	{
		l->rule = pgm_rule_find("cannot-judge");
		pgm_advise(pgm_find(l, NULL, "it would fail: %s depends on column \"%s\"",
							obstacle, cmd->name),
				   "Drop the %s before, and create it again without the column.", kind);
	}
}

static void
need_no_primary_key(PgmLint *l)
{
	ListCell   *lc;

	foreach(lc, l->table->indexes)
	{
		if (((PgmIndex *) lfirst(lc))->primary && !drops_constraint(l) && !l->again)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					 errmsg("multiple primary keys for table \"%s\" are not allowed",
							l->table->name)));
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
need_referenced_key(PgmLint *l, const Constraint *c)
{
	const PgmTable *t = pgm_shadow_table(l->shadow, c->pktable);
	ListCell   *lc;

	if (t == NULL)
	{
		pgm_need_relation(l, c->pktable);
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
add_column(PgmLint *l, const AlterTableCmd *cmd)
{
	const ColumnDef *def = (const ColumnDef *) cmd->def;
	const Constraint *key = pgm_column_def_constraint(def, CONSTR_FOREIGN);

	if (pgm_table_column(l->table, def->colname, NULL))
	{
		if (!cmd->missing_ok && !l->again &&
			!is_touched_beside(l, AT_DropColumn, def->colname))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" already exists",
							def->colname, l->table->name)));
		return;
	}
	if (!pgm_column_def_is_serial(def))
		pgm_need_type(l, def->typeName);
	if (pgm_column_def_constraint(def, CONSTR_PRIMARY))
		need_no_primary_key(l);
	if (key)
		need_referenced_key(l, key);
}

static bool
is_added_beside(void *context, const char *column)
{
	return is_touched_beside(context, AT_AddColumn, column);
}

/* The columns, or the index, that a new constraint is about */
static void
need_own_columns(PgmLint *l, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys)
	{
		need_column_beside(l, strVal(lfirst(lc)));
	}
	if (c->contype == CONSTR_CHECK)
		pgm_need_columns_in(l->table, c->raw_expr, is_added_beside, l);
	if (c->indexname &&
		!pgm_shadow_index(l->shadow, makeRangeVar(l->table->schema, c->indexname, -1)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index \"%s\" does not exist", c->indexname)));
}

/* A constraint that is dropped, or validated */
static void
need_constraint(PgmLint *l, const AlterTableCmd *cmd)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) l->node)->cmds)
	{
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AddConstraint)
			return;				/* perhaps by this statement */
	}
	if (!cmd->missing_ok)
		pgm_need_constraint(l->table, cmd->name);
}

static void
add_constraint(PgmLint *l, const AlterTableCmd *cmd)
{
	const Constraint *c = (const Constraint *) cmd->def;

	if (c->conname && pgm_table_has_constraint(l->table, c->conname) &&
		!drops_constraint(l) && !l->again)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("constraint \"%s\" for relation \"%s\" already exists",
						c->conname, l->table->name)));
	need_own_columns(l, c);
	if (c->contype == CONSTR_PRIMARY)
		need_no_primary_key(l);
	else if (c->contype == CONSTR_FOREIGN && c->pktable &&
			 pgm_shadow_table(l->shadow, c->pktable) != l->table)
		need_referenced_key(l, c);
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
attach(PgmLint *l, const AlterTableCmd *cmd)
{
	const PartitionCmd *part = (const PartitionCmd *) cmd->def;
	const PgmTable *child = pgm_shadow_table(l->shadow, part->name);
	const char *column;

	if (l->table->kind != RELKIND_PARTITIONED_TABLE)
		return;					/* an index is attached, or it is refused */
	pgm_need_relation(l, part->name);
	if (child && child->is_partition && !l->again)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is already a partition", child->name)));
	if (child == NULL || !child->columns_known || !l->table->columns_known)
		return;
	column = surplus_column(child, l->table);
	if (column)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("table \"%s\" contains column \"%s\" not found in parent \"%s\"",
						child->name, column, l->table->name)));
	column = surplus_column(l->table, child);
	if (column)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("child table is missing column \"%s\"", column)));
}

static const struct
{
	AlterTableType action;
	void		(*refuse) (PgmLint *l, const AlterTableCmd *cmd);
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
refuse_alter(PgmLint *l)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) l->node;
	ListCell   *lc;

	if (stmt->objtype == OBJECT_TABLE && !stmt->missing_ok)
		pgm_need_relation(l, stmt->relation);
	if (stmt->objtype != OBJECT_TABLE || l->table == NULL)
		return;
	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		for (int i = 0; i < (int) lengthof(actions); i++)
			if (actions[i].action == cmd->subtype)
				actions[i].refuse(l, cmd);
	}
}

static void
refuse_index(PgmLint *l)
{
	const IndexStmt *stmt = (const IndexStmt *) l->node;
	RangeVar   *name;
	PgmIndex   *index;
	ListCell   *lc;

	pgm_need_relation(l, stmt->relation);
	if (l->table == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, lc);

		if (element->name)
			pgm_need_column(l->table, element->name);
		pgm_need_columns_in(l->table, element->expr, NULL, NULL);
	}
	pgm_need_columns_in(l->table, stmt->whereClause, NULL, NULL);
	if (stmt->idxname == NULL || stmt->if_not_exists)
		return;
	name = makeRangeVar(l->table->schema, stmt->idxname, -1);
	index = pgm_shadow_index(l->shadow, name);
	if (index == NULL || index->valid)	/* an invalid one has a rule */
		pgm_refuse_taken(l, name);
}

/* The tables that foreign keys of a new table refer to */
static void
refuse_keys(PgmLint *l, const RangeVar *self, List *elements)
{
	ListCell   *le;
	ListCell   *lc;

	foreach(le, elements)
	{
		Node	   *element = lfirst(le);

		if (IsA(element, ColumnDef) && !pgm_column_def_is_serial((ColumnDef *) element))
			pgm_need_type(l, ((ColumnDef *) element)->typeName);
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
				need_referenced_key(l, c);
		}
	}
}

static void
refuse_create(PgmLint *l)
{
	const CreateStmt *stmt = (const CreateStmt *) l->node;
	ListCell   *lc;

	if (!stmt->if_not_exists)
		pgm_refuse_taken(l, stmt->relation);
	foreach(lc, stmt->inhRelations)
	{
		pgm_need_relation(l, lfirst(lc));
	}
	refuse_keys(l, stmt->relation, stmt->tableElts);
	refuse_keys(l, stmt->relation, stmt->constraints);
}

/* An index is dropped: not with its constraint, nor beside others concurrently. */
static void
refuse_drop_index(PgmLint *l, const DropStmt *stmt, const RangeVar *name)
{
	const PgmIndex *index = pgm_shadow_index(l->shadow, name);

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
refuse_drop_relation(PgmLint *l, const DropStmt *stmt, const RangeVar *name)
{
	const char *kinds = kinds_of(stmt->removeType);
	const PgmTable *t;

	if (!stmt->missing_ok && !(stmt->removeType == OBJECT_INDEX && l->shadow->unnamed))
		pgm_need_relation(l, name);
	if (stmt->removeType == OBJECT_INDEX)
	{
		refuse_drop_index(l, stmt, name);
		return;
	}
	t = pgm_shadow_table(l->shadow, name);
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
refuse_drop(PgmLint *l)
{
	const DropStmt *stmt = (const DropStmt *) l->node;
	char	   *obstacle = NULL;
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		if (kinds_of(stmt->removeType)[0])
			refuse_drop_relation(l, stmt, makeRangeVarFromNameList(lfirst(lc)));
		else if (!stmt->missing_ok && (stmt->removeType == OBJECT_TYPE ||
									   stmt->removeType == OBJECT_DOMAIN))
			pgm_need_type(l, lfirst_node(TypeName, lc));
	}
	if (stmt->behavior != DROP_CASCADE)
		obstacle = pgm_obstacle_of_drop(l->shadow, stmt);
	if (obstacle == NULL)
		return;
	l->rule = pgm_rule_find("cannot-judge");
	pgm_advise(pgm_find(l, NULL, "it would fail: %s", obstacle),
			   "Drop what depends on it before, or say CASCADE.");
}

static const struct
{
	NodeTag		tag;
	void		(*refuse) (PgmLint *l);
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

/* Raise the error that the server would raise for the statement, if any. */
void
pgm_refuse(PgmLint *l)
{
	l->opaque = l->opaque || pgm_makes_unnamed(l->node);
	if (l->opaque)
		return;
	pgm_refuse_missing(l);
	for (int i = 0; i < (int) lengthof(statements); i++)
		if (statements[i].tag == nodeTag(l->node))
			statements[i].refuse(l);
}
