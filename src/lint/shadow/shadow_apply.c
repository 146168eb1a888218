/*
 * shadow_apply.c
 *	  What a statement leaves behind, done to the shadow of the schema.
 *
 * Only what later statements can be judged by is followed: tables with their
 * columns, constraints and indexes, types, functions.  What code does that only
 * runs later, in DO or a function, is not known.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/shadow/shadow_internal.h"
#include "lint/tables/parse_tree.h"
#include "script/script.h"

/* ALTER TABLE renames an index, too. */
static bool
rename_index(PgmShadow *s, const RenameStmt *stmt)
{
	PgmIndex   *index = pgm_shadow_index(s, stmt->relation);

	if (index == NULL)
		return false;
	index->name = stmt->newname;
	if (index->constraint)
		index->constraint = stmt->newname;
	return true;
}

static void
rename_constraint(PgmTable *t, const char *from, char *to)
{
	ListCell   *lc;

	t->unnamed = true;			/* it may be of a kind that is not followed */
	foreach(lc, t->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, from) == 0)
			((PgmCheck *) lfirst(lc))->name = to;
	}
	foreach(lc, t->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, from) == 0)
			((PgmForeignKey *) lfirst(lc))->name = to;
	}
	foreach(lc, t->indexes)
	{
		PgmIndex   *index = lfirst(lc);

		if (index->constraint && strcmp(index->constraint, from) == 0)
			index->name = index->constraint = to;
	}
}

/* A column's new name, in the indexes too */
static void
rename_column(PgmShadow *s, PgmTable *t, const char *from, char *to)
{
	PgmColumn  *c = pgm_table_column(t, from, NULL);
	ListCell   *lt;
	ListCell   *li;
	ListCell   *lc;

	if (c)
		c->name = to;
	foreach(li, t->indexes)
	{
		foreach(lc, ((PgmIndex *) lfirst(li))->columns)
		{
			if (lfirst(lc) && strcmp(lfirst(lc), from) == 0)
				lfirst(lc) = to;
		}
	}
	foreach(li, t->keys)
	{
		foreach(lc, ((PgmForeignKey *) lfirst(li))->columns)
		{
			if (strcmp(lfirst(lc), from) == 0)
				lfirst(lc) = to;
		}
	}
	foreach(lt, s->tables)
	{
		foreach(li, ((PgmTable *) lfirst(lt))->keys)
		{
			if (((PgmForeignKey *) lfirst(li))->referenced == t)
				foreach(lc, ((PgmForeignKey *) lfirst(li))->targets)
			{
				if (lfirst(lc) && strcmp(lfirst(lc), from) == 0)
					lfirst(lc) = to;
			}
		}
	}
}

static PgmMade *
add_made(List **list, List *names)
{
	PgmMade    *made = palloc0(sizeof(PgmMade));

	DeconstructQualifiedName(names, &made->schema, &made->name);
	*list = lappend(*list, made);
	return made;
}

/* Is what is renamed the relation, and not a trigger, say, of it? */
static bool
is_relation(ObjectType type)
{
	return type == OBJECT_TABLE || type == OBJECT_INDEX || type == OBJECT_VIEW ||
		type == OBJECT_MATVIEW || type == OBJECT_SEQUENCE ||
		type == OBJECT_FOREIGN_TABLE;
}

/* A type is known by another name, too: the old one is not told apart. */
static void
rename_type(PgmShadow *s, List *names, char *to)
{
	PgmTypeRef	type = pgm_shadow_type(s, makeTypeNameFromNameList(names));
	PgmMade    *made;

	names = list_copy(names);
	llast(names) = makeString(to);
	made = add_made(&s->types, names);
	made->oid = type.oid;
	made->constrained = type.constrained;
}

/* A type in another schema */
static void
move_type(PgmShadow *s, const AlterObjectSchemaStmt *stmt)
{
	if (stmt->objectType == OBJECT_TYPE || stmt->objectType == OBJECT_DOMAIN)
		add_made(&s->types, list_make2(makeString(stmt->newschema),
									   llast((List *) stmt->object)))->oid =
			pgm_shadow_type(s, makeTypeNameFromNameList((List *) stmt->object)).oid;
}

static void
apply_rename(PgmShadow *s, const RenameStmt *stmt)
{
	PgmTable   *t = stmt->relation ? pgm_shadow_table(s, stmt->relation) : NULL;
	ListCell   *lc;

	if ((stmt->renameType == OBJECT_INDEX || stmt->renameType == OBJECT_TABLE) &&
		rename_index(s, stmt))
		return;
	if (stmt->renameType == OBJECT_SCHEMA)
	{
		s->schemas = lappend(s->schemas, stmt->newname);
		foreach(lc, s->tables)
		{
			t = lfirst(lc);
			if (strcmp(t->schema, stmt->subname) == 0)
				t->schema = stmt->newname;
		}
	}
	else if (stmt->renameType == OBJECT_TYPE || stmt->renameType == OBJECT_DOMAIN)
		rename_type(s, (List *) stmt->object, stmt->newname);
	else if (t == NULL)
		return;
	else if (stmt->renameType == OBJECT_COLUMN)
		foreach(lc, pgm_shadow_tree(s, t))
	{
		rename_column(s, lfirst(lc), stmt->subname, stmt->newname);
	}
	else if (stmt->renameType == OBJECT_TABCONSTRAINT)
		foreach(lc, pgm_shadow_tree(s, t))
	{
		rename_constraint(lfirst(lc), stmt->subname, stmt->newname);
	}
	else if (is_relation(stmt->renameType))
		t->name = stmt->newname;
}

static void
drop_index(PgmShadow *s, const RangeVar *rel)
{
	PgmIndex   *index = pgm_shadow_index(s, rel);

	if (index)
		index->table->indexes = list_delete_ptr(index->table->indexes, index);
}

static void
drop_table(PgmShadow *s, PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(s, t))
	{
		((PgmTable *) lfirst(lc))->dropped = true;
		((PgmTable *) lfirst(lc))->script = s->script;
	}
	foreach(lc, s->tables)
	{
		((PgmTable *) lfirst(lc))->children =
			list_delete_ptr(((PgmTable *) lfirst(lc))->children, t);
	}
}

static void
drop_schema(PgmShadow *s, const char *name)
{
	ListCell   *lc;

	foreach(lc, s->tables)
	{
		PgmTable   *t = lfirst(lc);

		if (strcmp(t->schema, name) == 0)
			t->dropped = true;
	}
}

/* Another object of the catalog goes. */
static void
add_gone(PgmShadow *s, const DropStmt *stmt, Node *object)
{
	Relation	rel = NULL;
	ObjectAddress *gone = palloc(sizeof(ObjectAddress));

	*gone = get_object_address(stmt->removeType, object, &rel, AccessShareLock,
							   true);
	if (rel)
		relation_close(rel, NoLock);
	if (OidIsValid(gone->objectId))
		s->gone = lappend(s->gone, gone);
}

static void
apply_drop(PgmShadow *s, const DropStmt *stmt)
{
	ListCell   *lc;

	s->cascaded = s->cascaded || stmt->behavior == DROP_CASCADE;
	foreach(lc, stmt->objects)
	{
		PgmTable   *t;

		switch (stmt->removeType)
		{
			case OBJECT_INDEX:
				drop_index(s, makeRangeVarFromNameList(lfirst(lc)));
				break;
			case OBJECT_SCHEMA:
				drop_schema(s, strVal(lfirst(lc)));
				break;
			case OBJECT_TABLE:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
			case OBJECT_SEQUENCE:
			case OBJECT_FOREIGN_TABLE:
				t = pgm_shadow_table(s, makeRangeVarFromNameList(lfirst(lc)));
				if (t)
					drop_table(s, t);
				break;
			default:
				add_gone(s, stmt, lfirst(lc));
				break;
		}
	}
}

/* The volatility that CREATE or ALTER FUNCTION declares */
static char
declared_volatility(const List *options, char otherwise)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		const DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "volatility") == 0)
			return strVal(def->arg)[0];
	}
	return otherwise;
}

/* Another volatility for a function, whichever of that name it is */
static void
apply_function(PgmShadow *s, const AlterFunctionStmt *stmt)
{
	char		volatility = declared_volatility(stmt->actions, '\0');

	if (volatility != '\0')
		add_made(&s->functions, stmt->func->objname)->volatility = volatility;
}

static void
apply_domain(PgmShadow *s, const AlterDomainStmt *stmt)
{
	PgmTypeRef	type = pgm_shadow_type(s, makeTypeNameFromNameList(stmt->typeName));
	const Constraint *c = (const Constraint *) stmt->def;
	const char *name;
	PgmMade    *made;

	if (stmt->subtype != 'C' && stmt->subtype != 'O')
		return;
	name = stmt->subtype == 'O' ? NULL : c->conname ? c->conname :
		pgm_shadow_domain_constraint_name(s, stmt->typeName);
	made = add_made(&s->types, stmt->typeName);
	made->oid = type.oid;
	made->constrained = true;
	made->constraint = name;
}

static void
fill(PgmShadow *s, const RangeVar *rel)
{
	PgmTable   *t = pgm_shadow_table(s, rel);

	if (t && (t->emptied || !OidIsValid(t->relid)))
		t->filled = true;
}

static void
apply_truncate(PgmShadow *s, const TruncateStmt *stmt)
{
	ListCell   *lr;
	ListCell   *lt;

	foreach(lr, stmt->relations)
	{
		PgmTable   *t = pgm_shadow_table(s, lfirst(lr));

		foreach(lt, t ? pgm_shadow_tree(s, t) : NIL)
		{
			((PgmTable *) lfirst(lt))->emptied = true;
			((PgmTable *) lfirst(lt))->filled = false;
		}
	}
}

static void apply(PgmShadow *s, const Node *node);

static void
apply_schema(PgmShadow *s, const CreateSchemaStmt *stmt)
{
	ListCell   *lc;

	s->within = pgm_create_schema_name(stmt);
	s->schemas = lappend(s->schemas, s->within);
	foreach(lc, pgm_create_schema_elements(stmt))
	{
		apply(s, lfirst(lc));
	}
	s->within = NULL;
}

/* A table that is made from a query's rows; its columns are not known. */
static void
apply_into(PgmShadow *s, const IntoClause *into, char kind)
{
	PgmTable   *t = pgm_shadow_new(s, into->rel, kind);

	t->filled = !into->skipData;
}

/* What a statement leaves behind */
static void
apply(PgmShadow *s, const Node *node)
{
	PgmTable   *t;

	switch (nodeTag(node))
	{
		case T_CreateStmt:
			pgm_shadow_create(s, (const CreateStmt *) node);
			break;
		case T_CreateForeignTableStmt:
			pgm_shadow_create(s, &((const CreateForeignTableStmt *) node)->base);
			t = pgm_shadow_table(s, ((const CreateForeignTableStmt *) node)->base.relation);
			if (t && !OidIsValid(t->relid))
				t->kind = RELKIND_FOREIGN_TABLE;
			break;
		case T_CreateTableAsStmt:
			apply_into(s, ((const CreateTableAsStmt *) node)->into,
					   ((const CreateTableAsStmt *) node)->objtype == OBJECT_MATVIEW ?
					   RELKIND_MATVIEW : RELKIND_RELATION);
			break;
		case T_SelectStmt:
			if (((const SelectStmt *) node)->intoClause)
				apply_into(s, ((const SelectStmt *) node)->intoClause,
						   RELKIND_RELATION);
			break;
		case T_ViewStmt:
			t = pgm_shadow_table(s, ((const ViewStmt *) node)->view);
			if (t)
			{
				t->replaced = true;
				t->columns_known = false;
			}
			else
				(void) pgm_shadow_new(s, ((const ViewStmt *) node)->view,
									  RELKIND_VIEW);
			break;
		case T_CreateSeqStmt:
			(void) pgm_shadow_new(s, ((const CreateSeqStmt *) node)->sequence,
								  RELKIND_SEQUENCE);
			break;
		case T_CreateSchemaStmt:
			apply_schema(s, (const CreateSchemaStmt *) node);
			break;
		case T_IndexStmt:
			pgm_shadow_create_index(s, (const IndexStmt *) node);
			break;
		case T_AlterTableStmt:
			pgm_shadow_alter(s, (const AlterTableStmt *) node);
			break;
		case T_RenameStmt:
			apply_rename(s, (const RenameStmt *) node);
			break;
		case T_AlterObjectSchemaStmt:
			t = pgm_shadow_table(s, ((const AlterObjectSchemaStmt *) node)->relation);
			move_type(s, (const AlterObjectSchemaStmt *) node);
			if (t)
				t->schema = ((const AlterObjectSchemaStmt *) node)->newschema;
			break;
		case T_DropStmt:
			apply_drop(s, (const DropStmt *) node);
			break;
		case T_TruncateStmt:
			apply_truncate(s, (const TruncateStmt *) node);
			break;
		case T_RefreshMatViewStmt:
			t = pgm_shadow_table(s, ((const RefreshMatViewStmt *) node)->relation);
			if (t)
				t->unpopulated = ((const RefreshMatViewStmt *) node)->skipData;
			break;
		case T_InsertStmt:
			fill(s, ((const InsertStmt *) node)->relation);
			break;
		case T_CopyStmt:
			fill(s, ((const CopyStmt *) node)->relation);
			break;
		case T_CreateDomainStmt:
			add_made(&s->types, ((const CreateDomainStmt *) node)->domainname)->constrained =
				((const CreateDomainStmt *) node)->constraints != NIL;
			break;
		case T_AlterDomainStmt:
			apply_domain(s, (const AlterDomainStmt *) node);
			break;
		case T_CreateEnumStmt:
			(void) add_made(&s->types, ((const CreateEnumStmt *) node)->typeName);
			break;
		case T_DefineStmt:
			if (((const DefineStmt *) node)->kind == OBJECT_TYPE)
				(void) add_made(&s->types, ((const DefineStmt *) node)->defnames);
			break;
		case T_CreateRangeStmt:
			(void) add_made(&s->types, ((const CreateRangeStmt *) node)->typeName);
			break;
		case T_CompositeTypeStmt:
			{
				const RangeVar *rel = ((const CompositeTypeStmt *) node)->typevar;

				(void) add_made(&s->types, rel->schemaname ?
								list_make2(makeString(rel->schemaname), makeString(rel->relname)) :
								list_make1(makeString(rel->relname)));
				break;
			}
		case T_CreateFunctionStmt:
			add_made(&s->functions, ((const CreateFunctionStmt *) node)->funcname)->volatility =
				declared_volatility(((const CreateFunctionStmt *) node)->options,
									PROVOLATILE_VOLATILE);
			break;
		case T_AlterFunctionStmt:
			apply_function(s, (const AlterFunctionStmt *) node);
			break;
		default:
			break;
	}
}

/*
 * Do to the shadow what a statement would do to the schema.  To be called when
 * the statement has been judged.
 */
void
pgm_shadow_apply(PgmShadow *s, const PgmStatement *statement)
{
	s->statement = statement;
	apply(s, statement->raw->stmt);
}
