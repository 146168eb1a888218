/*
 * server_errors.c
 *	  Errors that the server will raise for a statement whatever rows there are:
 *	  a name does not exist, exists already, or something depends on it.
 *
 * The functions here raise the server's own error, with its SQLSTATE and message;
 * lint.c catches it and reports that the statement would fail.  An error is
 * raised only if catalog and plan leave no doubt, because a false one would make
 * lint useless on a correct script.  Hence the exceptions below: for names that
 * the server makes up (shadow->index_names_guessed), for tables whose columns are not known,
 * and for statements that are linted although they have been applied already
 * (view->again), so that what they create is there.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"

#include "lint/rules/rules.h"
#include "lint/rules/server_errors.h"
#include "lint/tables/parse_tree.h"

/*
 * Does the ALTER TABLE have an action of this kind, AT_AddColumn or
 * AT_DropColumn, on the column?
 */
static bool
statement_has_action_on(const PgmStatementView *v, AlterTableType action, const char *column)
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

/* Does the statement drop any constraint of the table? */
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

/* Raise an error unless the table has the column, or this statement adds it in another action. */
static void
need_column_or_added(const PgmStatementView *v, const char *column)
{
	if (!statement_has_action_on(v, AT_AddColumn, column))
		pgm_missing_column_check(v->table, column);
}

/* An action on one column, which has to exist. */
static void
check_column_exists(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	if (cmd->name && !cmd->missing_ok)
		need_column_or_added(v, cmd->name);
}

/* ALTER COLUMN TYPE: the column and the new type have to exist. */
static void
check_alter_type(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	check_column_exists(v, out, cmd);
	pgm_missing_type_check(v, ((const ColumnDef *) cmd->def)->typeName);
}

/*
 * DROP COLUMN without CASCADE fails if a view or other object uses the column.
 * That is a finding, not an error, so that the rules about data loss and locks
 * still see the statement.
 */
static void
check_drop_column(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	AttrNumber	attnum;
	const PgmColumn *c = pgm_table_column(v->table, cmd->name, &attnum);
	const char *kind;
	char	   *obstacle;

	check_column_exists(v, out, cmd);
	if (c == NULL || c->is_new || cmd->behavior == DROP_CASCADE ||
		!OidIsValid(v->table->relid))
		return;
	obstacle = pgm_obstacle_of_column(v->shadow, v->table, attnum, &kind);
	if (obstacle)
		pgm_finding_advise(pgm_finding_add_failure(out, NULL, "%s depends on column \"%s\"",
												   obstacle, cmd->name),
						   "Drop the %s before, and create it again without the column.", kind);
}

/* Raise an error if the table has a primary key already. */
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

/*
 * Is it a unique index on exactly these columns, in any order, that a foreign
 * key may refer to?
 */
static bool
is_referable_key(const PgmIndex *index, const List *columns)
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

/*
 * Raise an error unless the table that a foreign key refers to has a unique
 * index on those columns, or a primary key if it names none.
 */
static void
need_referenced_key(const PgmStatementView *v, const Constraint *c)
{
	const PgmTable *t = pgm_shadow_table(v->shadow, c->pktable);
	ListCell   *lc;

	if (t == NULL)
	{
		pgm_missing_relation_check(v, c->pktable);
		return;
	}
	if (t->is_partition && (!OidIsValid(t->relid) || t->constraint_names_guessed))
	{
		/*
		 * A partition gets the keys of its parent.  The shadow of one that
		 * the plan creates, or changes, need not list these with their names.
		 */
		return;
	}
	foreach(lc, t->indexes)
	{
		if (c->pk_attrs ? is_referable_key(lfirst(lc), c->pk_attrs) : ((PgmIndex *) lfirst(lc))->primary)
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

/*
 * ADD COLUMN: the name is new, the type exists, and the constraints in the
 * definition are possible.
 */
static void
check_add_column(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	const ColumnDef *def = (const ColumnDef *) cmd->def;
	const Constraint *key = pgm_column_def_constraint(def, CONSTR_FOREIGN);

	if (pgm_table_column(v->table, def->colname, NULL))
	{
		if (!cmd->missing_ok && !v->again &&
			!statement_has_action_on(v, AT_DropColumn, def->colname))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of relation \"%s\" already exists",
							def->colname, v->table->name)));
		return;
	}
	if (!pgm_column_def_is_serial(def))
		pgm_missing_type_check(v, def->typeName);
	if (pgm_column_def_constraint(def, CONSTR_PRIMARY))
		need_no_primary_key(v);
	if (key)
		need_referenced_key(v, key);
}

/* Callback of pgm_missing_columns_check(): does this ALTER TABLE add the column? */
static bool
is_added_by_statement(void *context, const char *column)
{
	return statement_has_action_on(context, AT_AddColumn, column);
}

/* Raise an error unless the columns of a new constraint, and the index of USING INDEX, exist. */
static void
need_own_columns(const PgmStatementView *v, const Constraint *c)
{
	ListCell   *lc;

	Assert(c->contype != CONSTR_CHECK || c->keys == NIL);
	foreach(lc, c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys)
	{
		need_column_or_added(v, strVal(lfirst(lc)));
	}
	if (c->contype == CONSTR_CHECK)
		pgm_missing_columns_check(v->table, c->raw_expr, is_added_by_statement,
								  unconstify(PgmStatementView *, v));
	if (c->indexname &&
		!pgm_shadow_index(v->shadow, makeRangeVar(v->table->schema, c->indexname, -1)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("index \"%s\" does not exist", c->indexname)));
}

/* DROP CONSTRAINT and VALIDATE CONSTRAINT: the constraint has to exist. */
static void
check_constraint_exists(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	ListCell   *lc;

	foreach(lc, ((const AlterTableStmt *) v->node)->cmds)
	{
		/*
		 * The statement may add it.  Its actions run in the order of the
		 * passes, not as written, and a constraint may have been given its
		 * name by the server: no attempt is made to predict either.
		 */
		if (lfirst_node(AlterTableCmd, lc)->subtype == AT_AddConstraint)
			return;
	}
	if (!cmd->missing_ok)
		pgm_missing_constraint_check(v->table, cmd->name);
}

/* ADD CONSTRAINT: the name is new, and columns, referenced key and primary key are possible. */
static void
check_add_constraint(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
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

	/*
	 * A foreign key to the table itself may refer to a key that another
	 * action of the statement adds: the server adds indexes before foreign
	 * keys.
	 */
	else if (c->contype == CONSTR_FOREIGN && c->pktable &&
			 pgm_shadow_table(v->shadow, c->pktable) != v->table)
		need_referenced_key(v, c);
}

/* The first column of one table that another lacks, or NULL. */
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

/*
 * ATTACH PARTITION: the table has the columns of its parent and no others, and
 * is no partition yet.
 */
static void
check_attach(const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd)
{
	const PartitionCmd *part = (const PartitionCmd *) cmd->def;
	const PgmTable *child = pgm_shadow_table(v->shadow, part->name);
	const char *column;

	if (v->table->kind != RELKIND_PARTITIONED_TABLE)
		return;					/* ALTER INDEX ... ATTACH, or not partitioned */
	pgm_missing_relation_check(v, part->name);
	if (child && child->is_partition && !v->again)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is already a partition", child->name)));

	/*
	 * What the plan creates from a query, say, has columns that are not
	 * known.
	 */
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
	void		(*check) (const PgmStatementView *v, PgmFindings *out, const AlterTableCmd *cmd);
}			actions[] =

{
	{AT_AddColumn, check_add_column},
	{AT_ColumnDefault, check_column_exists},
	{AT_DropNotNull, check_column_exists},
	{AT_SetNotNull, check_column_exists},
	{AT_SetStatistics, check_column_exists},
	{AT_SetStorage, check_column_exists},
	{AT_AlterColumnType, check_alter_type},
	{AT_AddIdentity, check_column_exists},
	{AT_SetIdentity, check_column_exists},
	{AT_DropIdentity, check_column_exists},
	{AT_DropColumn, check_drop_column},
	{AT_AddConstraint, check_add_constraint},
	{AT_DropConstraint, check_constraint_exists},
	{AT_ValidateConstraint, check_constraint_exists},
	{AT_AttachPartition, check_attach}
};

/* ALTER TABLE: check each action.  Other relations, which share the node type, are left out. */
static void
check_alter_table(const PgmStatementView *v, PgmFindings *out)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) v->node;
	ListCell   *lc;

	if (stmt->objtype == OBJECT_TABLE && !stmt->missing_ok)
		pgm_missing_relation_check(v, stmt->relation);
	if (stmt->objtype != OBJECT_TABLE || v->table == NULL)
		return;
	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		for (int i = 0; i < (int) lengthof(actions); i++)
			if (actions[i].action == cmd->subtype)
				actions[i].check(v, out, cmd);
	}
}

/* CREATE INDEX: table and columns exist, and the name is new. */
static void
check_create_index(const PgmStatementView *v, PgmFindings *out)
{
	const IndexStmt *stmt = (const IndexStmt *) v->node;
	RangeVar   *name;
	PgmIndex   *index;
	ListCell   *lc;

	pgm_missing_relation_check(v, stmt->relation);
	if (v->table == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, lc);

		if (element->name)
			pgm_missing_column_check(v->table, element->name);
		pgm_missing_columns_check(v->table, element->expr, NULL, NULL);
	}
	pgm_missing_columns_check(v->table, stmt->whereClause, NULL, NULL);
	if (stmt->idxname == NULL || stmt->if_not_exists)
		return;
	name = makeRangeVar(v->table->schema, stmt->idxname, -1);
	index = pgm_shadow_index(v->shadow, name);

	/* An invalid index of this name is the leftover that a rule reports. */
	if (index == NULL || index->valid)
		pgm_name_refuse_taken(v, name);
}

/*
 * Raise an error unless the types of new columns, and the keys that new foreign
 * keys refer to, exist.
 */
static void
check_table_elements(const PgmStatementView *v, const RangeVar *self, List *elements)
{
	ListCell   *le;
	ListCell   *lc;

	foreach(le, elements)
	{
		Node	   *element = lfirst(le);

		if (IsA(element, ColumnDef) && !pgm_column_def_is_serial((ColumnDef *) element))
			pgm_missing_type_check(v, ((ColumnDef *) element)->typeName);
	}
	foreach(le, elements)
	{
		Node	   *element = lfirst(le);
		List	   *constraints = IsA(element, ColumnDef) ?
			((ColumnDef *) element)->constraints : list_make1(element);

		foreach(lc, constraints)
		{
			const Constraint *c = lfirst(lc);

			/* A table that refers to itself is not in the shadow yet. */
			if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN &&
				strcmp(c->pktable->relname, self->relname) != 0)
				need_referenced_key(v, c);
		}
	}
}

/* CREATE TABLE: the name is new; parents, types and referenced keys exist. */
static void
check_create_table(const PgmStatementView *v, PgmFindings *out)
{
	const CreateStmt *stmt = (const CreateStmt *) v->node;
	ListCell   *lc;

	if (!stmt->if_not_exists)
		pgm_name_refuse_taken(v, stmt->relation);
	foreach(lc, stmt->inhRelations)
	{
		pgm_missing_relation_check(v, lfirst(lc));
	}
	check_table_elements(v, stmt->relation, stmt->tableElts);
	check_table_elements(v, stmt->relation, stmt->constraints);
}

/*
 * DROP INDEX fails for the index of a constraint; with CONCURRENTLY also for
 * several, or CASCADE.
 */
static void
check_drop_index(const PgmStatementView *v, const DropStmt *stmt, const RangeVar *name)
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

/* The relkinds that a DROP of this object type accepts; "" if it drops no relation. */
static const char *
kinds_of_drop(ObjectType type)
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

/* DROP of one relation: it exists and is of the kind that the command drops. */
static void
check_drop_relation(const PgmStatementView *v, const DropStmt *stmt, const RangeVar *name)
{
	const char *kinds = kinds_of_drop(stmt->removeType);
	const PgmTable *t;

	/*
	 * An index to which the server has given a name need not be in the
	 * shadow.
	 */
	if (!stmt->missing_ok && !(stmt->removeType == OBJECT_INDEX && v->shadow->index_names_guessed))
		pgm_missing_relation_check(v, name);
	if (stmt->removeType == OBJECT_INDEX)
	{
		check_drop_index(v, stmt, name);
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

/*
 * DROP: what it names exists, and without CASCADE nothing depends on it.  A
 * dependency is a finding, not an error, so that the rules about data loss and
 * locks still see the statement.
 */
static void
check_drop(const PgmStatementView *v, PgmFindings *out)
{
	const DropStmt *stmt = (const DropStmt *) v->node;
	char	   *obstacle = NULL;
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		if (kinds_of_drop(stmt->removeType)[0])
			check_drop_relation(v, stmt, makeRangeVarFromNameList(lfirst(lc)));
		else if (!stmt->missing_ok && (stmt->removeType == OBJECT_TYPE ||
									   stmt->removeType == OBJECT_DOMAIN))
			pgm_missing_type_check(v, lfirst_node(TypeName, lc));
	}
	if (stmt->behavior != DROP_CASCADE)
		obstacle = pgm_obstacle_of_drop(v->shadow, stmt);
	if (obstacle == NULL)
		return;
	pgm_finding_advise(pgm_finding_add_failure(out, NULL, "%s", obstacle),
					   "Drop what depends on it before, or say CASCADE.");
}

static const struct
{
	NodeTag		tag;
	void		(*check) (const PgmStatementView *v, PgmFindings *out);
}			statements[] =

{
	{T_AlterTableStmt, check_alter_table},
	{T_IndexStmt, check_create_index},
	{T_CreateStmt, check_create_table},
	{T_DropStmt, check_drop}
};

/*
 * Does the statement create objects that it does not name? After it, lint cannot
 * know what exists.
 */
bool
pgm_statement_creates_unnamed(const Node *node)
{
	return IsA(node, CreateExtensionStmt) || IsA(node, AlterExtensionStmt) ||
		IsA(node, ImportForeignSchemaStmt) || IsA(node, ExecuteStmt);
}

/*
 * Raise the error that the server would raise for the statement, if any.  If
 * rules have more to say about it, add a finding instead.  Called before the
 * statement is applied to the shadow.
 */
void
pgm_server_error_check(const PgmStatementView *v, PgmFindings *out)
{
	pgm_refuse_missing(v);
	for (int i = 0; i < (int) lengthof(statements); i++)
	{
		if (statements[i].tag == nodeTag(v->node))
			statements[i].check(v, out);
	}
}
