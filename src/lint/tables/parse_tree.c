/*
 * parse_tree.c
 *	  Questions about raw parse trees that need neither the catalogs nor the
 *	  plan: what a column definition says, what CREATE SCHEMA contains.
 */
#include "postgres.h"

#include "utils/acl.h"

#include "lint/tables/parse_tree.h"

/* The constraint of a kind that a column is defined with, or NULL. */
const Constraint *
pgm_column_def_constraint(const ColumnDef *def, ConstrType type)
{
	ListCell   *lc;

	foreach(lc, def->constraints)
	{
		const Constraint *c = lfirst(lc);

		if (IsA(c, Constraint) && c->contype == type)
			return c;
	}
	return NULL;
}

/* Has a column definition a default other than the constant NULL? */
bool
pgm_column_def_has_value(const ColumnDef *def)
{
	const Constraint *c = pgm_column_def_constraint(def, CONSTR_DEFAULT);

	return c && !(IsA(c->raw_expr, A_Const) && ((A_Const *) c->raw_expr)->isnull);
}

/* Is the type of a column definition serial, bigserial or the like? */
bool
pgm_column_def_is_serial(const ColumnDef *def)
{
	static const char *const words[] = {
		"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"
	};
	const TypeName *type = def->typeName;

	if (type == NULL || list_length(type->names) != 1)
		return false;
	for (int i = 0; i < (int) lengthof(words); i++)
		if (strcmp(strVal(linitial(type->names)), words[i]) == 0)
			return true;
	return false;
}

/* The strings (char *) of a list of String nodes. */
List *
pgm_parse_tree_names(const List *names)
{
	List	   *result = NIL;
	ListCell   *lc;

	foreach(lc, names)
	{
		result = lappend(result, strVal(lfirst(lc)));
	}
	return result;
}

/*
 * What must be equal, besides the columns, for one foreign key to take the place of
 * another: the actions, the match type and when it is checked.
 */
const char *
pgm_foreign_key_manner(char update, char delete, char match, bool deferrable,
					   bool deferred)
{
	return psprintf("%c%c%c%d%d", update, delete, match, deferrable, deferred);
}

/* What an element of CREATE SCHEMA makes, or NULL */
static RangeVar *
made_in_schema(Node *element)
{
	switch (nodeTag(element))
	{
		case T_CreateStmt:
			return ((CreateStmt *) element)->relation;
		case T_ViewStmt:
			return ((ViewStmt *) element)->view;
		case T_CreateSeqStmt:
			return ((CreateSeqStmt *) element)->sequence;
		case T_IndexStmt:
			return ((IndexStmt *) element)->relation;
		default:
			return NULL;
	}
}

/* The name of the schema that is created; by default that of its owner. */
char *
pgm_create_schema_name(const CreateSchemaStmt *stmt)
{
	return stmt->schemaname ? stmt->schemaname : get_rolespec_name(stmt->authrole);
}

/* Copies of the elements of CREATE SCHEMA, their names qualified by that schema. */
List *
pgm_create_schema_elements(const CreateSchemaStmt *stmt)
{
	List	   *elements = NIL;
	ListCell   *lc;

	foreach(lc, stmt->schemaElts)
	{
		Node	   *element = copyObject(lfirst(lc));
		RangeVar   *made = made_in_schema(element);

		if (made && made->schemaname == NULL)
			made->schemaname = pgm_create_schema_name(stmt);
		elements = lappend(elements, element);
	}
	return elements;
}
