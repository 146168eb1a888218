/*
 * model_split.c
 *	  Taking the foreign keys out of CREATE TABLE, for tables that refer to
 *	  each other.
 */
#include "postgres.h"

#include "compat.h"
#include "diff/model/model_internal.h"

/* Take what DEFERRABLE and the like say behind the key into it. */
static void
take_attribute(Constraint *key, const Constraint *attribute)
{
	switch (attribute->contype)
	{
		case CONSTR_ATTR_DEFERRABLE:
			key->deferrable = true;
			break;
		case CONSTR_ATTR_DEFERRED:
			key->deferrable = true;
			key->initdeferred = true;
			break;
		default:
			pgm_constraint_take_attribute(key, attribute);
			break;
	}
}

static bool
is_attribute(const Constraint *c)
{
	return c->contype >= CONSTR_ATTR_DEFERRABLE;
}

/* The keys of a column, which loses them */
static List *
take_keys(ColumnDef *column)
{
	List	   *others = NIL;
	List	   *keys = NIL;
	Constraint *key = NULL;		/* the last constraint, if it is one */
	ListCell   *lc;

	foreach(lc, column->constraints)
	{
		Constraint *c = lfirst_node(Constraint, lc);

		if (key && is_attribute(c))
			take_attribute(key, c);
		else if (c->contype == CONSTR_FOREIGN)
		{
			key = c;
			key->fk_attrs = list_make1(makeString(pstrdup(column->colname)));
			keys = lappend(keys, key);
		}
		else
		{
			key = NULL;
			others = lappend(others, c);
		}
	}
	column->constraints = others;
	return keys;
}

static RawStmt *
make_alter(const RawStmt *raw, RangeVar *rel, Constraint *key)
{
	AlterTableStmt *alter = makeNode(AlterTableStmt);
	AlterTableCmd *cmd = makeNode(AlterTableCmd);
	RawStmt    *result = makeNode(RawStmt);

	cmd->subtype = AT_AddConstraint;
	cmd->def = (Node *) key;
	cmd->behavior = DROP_RESTRICT;
	alter->relation = copyObject(rel);
	alter->cmds = list_make1(cmd);
	alter->objtype = OBJECT_TABLE;
	result->stmt = (Node *) alter;
	result->stmt_location = raw->stmt_location;
	result->stmt_len = raw->stmt_len;
	return result;
}

/*
 * Take the foreign keys out of a statement.  Returns the statements that add
 * them (RawStmt); NIL where there are none, or it is no CREATE TABLE.
 */
List *
pgm_model_split(RawStmt *raw)
{
	CreateStmt *create = (CreateStmt *) raw->stmt;
	List	   *elements = NIL;
	List	   *keys = NIL;
	List	   *alters = NIL;
	ListCell   *lc;

	if (!IsA(create, CreateStmt))
		return NIL;
	foreach(lc, create->tableElts)
	{
		Constraint *c = lfirst(lc);

		if (IsA(c, Constraint) && c->contype == CONSTR_FOREIGN)
			keys = lappend(keys, c);
		else
			elements = lappend(elements, c);
		if (IsA(c, ColumnDef))
			keys = list_concat(keys, take_keys((ColumnDef *) c));
	}
	create->tableElts = elements;
	foreach(lc, keys)
	{
		alters = lappend(alters, make_alter(raw, create->relation, lfirst(lc)));
	}
	return alters;
}
