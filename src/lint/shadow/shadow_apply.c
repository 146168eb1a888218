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

/* Rename an index.  Returns false if the name is not one of an index. */
static bool
rename_index(PgmShadow *s, const RenameStmt *stmt)
{
	PgmIndex   *index = pgm_shadow_index(s, stmt->relation);

	if (index == NULL)
		return false;
	index->name = stmt->newname;
	/* Index and constraint share their name, and the server renames both. */
	if (index->constraint)
		index->constraint = stmt->newname;
	return true;
}

/* Rename a constraint of one table, and the index that implements it. */
static void
rename_constraint(PgmTable *t, const char *from, char *to)
{
	ListCell   *lc;

	t->constraint_names_guessed = true; /* it may be of a kind that is not
										 * followed */
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

/*
 * Rename a column of one table, also in its indexes and foreign keys, and in the
 * foreign keys of other tables that refer to it.  CHECKs need no change: they
 * refer to columns by number.
 */
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

/*
 * Add a type or function to those that the plan makes or changes.  A later entry
 * of a name supersedes earlier ones, see pgm_tables_find_made().
 */
static PgmMade *
add_made(List **list, List *names)
{
	PgmMade    *made = palloc0(sizeof(PgmMade));

	DeconstructQualifiedName(names, &made->schema, &made->name);
	*list = lappend(*list, made);
	return made;
}

/* Does RENAME of this type rename the relation itself, not a part of it? */
static bool
is_relation(ObjectType type)
{
	return type == OBJECT_TABLE || type == OBJECT_INDEX || type == OBJECT_VIEW ||
		type == OBJECT_MATVIEW || type == OBJECT_SEQUENCE ||
		type == OBJECT_FOREIGN_TABLE;
}

/* Make a type known by another name.  The old name stays known, too. */
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

/* Make a type known in another schema. */
static void
move_type(PgmShadow *s, const AlterObjectSchemaStmt *stmt)
{
	if (stmt->objectType == OBJECT_TYPE || stmt->objectType == OBJECT_DOMAIN)
		add_made(&s->types, list_make2(makeString(stmt->newschema),
									   llast((List *) stmt->object)))->oid =
			pgm_shadow_type(s, makeTypeNameFromNameList((List *) stmt->object)).oid;
}

/* ALTER ... RENAME of a relation, column, constraint, type or schema */
static void
apply_rename(PgmShadow *s, const Node *node)
{
	const RenameStmt *stmt = (const RenameStmt *) node;
	PgmTable   *t = stmt->relation ? pgm_shadow_table(s, stmt->relation) : NULL;
	ListCell   *lc;

	/* ALTER TABLE ... RENAME TO accepts the name of an index, too. */
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

/* Remove an index from its table. */
static void
drop_index(PgmShadow *s, const RangeVar *rel)
{
	PgmIndex   *index = pgm_shadow_index(s, rel);

	if (index)
		index->table->indexes = list_delete_ptr(index->table->indexes, index);
}

/*
 * Mark a table and its inheritors as dropped.  They stay in the list, so that the
 * catalog is not asked for them again, and rules can say what dropped them.
 */
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

/* Mark the tables of a schema as dropped, as far as they are known. */
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

/*
 * Remember that an object of the catalog that is not a relation is dropped, so that
 * it is no obstacle any more to dropping what it depends on.
 */
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

/* DROP */
static void
apply_drop(PgmShadow *s, const Node *node)
{
	const DropStmt *stmt = (const DropStmt *) node;
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

/* The volatility that CREATE or ALTER FUNCTION declares, else "otherwise" */
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

/* ALTER FUNCTION: the volatility; overloaded functions are not told apart. */
static void
apply_alter_function(PgmShadow *s, const Node *node)
{
	const AlterFunctionStmt *stmt = (const AlterFunctionStmt *) node;
	char		volatility = declared_volatility(stmt->actions, '\0');

	if (volatility != '\0')
		add_made(&s->functions, stmt->func->objname)->volatility = volatility;
}

/* ALTER DOMAIN, as far as it adds a constraint; a dropped one is not followed. */
static void
apply_alter_domain(PgmShadow *s, const Node *node)
{
	const AlterDomainStmt *stmt = (const AlterDomainStmt *) node;
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

/*
 * A table is given rows.  That matters only for one that was empty by what the plan
 * did: rows of the catalog's tables are not counted here.
 */
static void
fill(PgmShadow *s, const RangeVar *rel)
{
	PgmTable   *t = pgm_shadow_table(s, rel);

	if (t && (t->emptied || !OidIsValid(t->relid)))
		t->filled = true;
}

/* TRUNCATE of tables and their inheritors */
static void
apply_truncate(PgmShadow *s, const Node *node)
{
	const TruncateStmt *stmt = (const TruncateStmt *) node;
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

/* A table that is made from a query's rows; its columns are not known. */
static void
new_table_of_query(PgmShadow *s, const IntoClause *into, char kind)
{
	pgm_shadow_new(s, into->rel, kind)->filled = !into->skipData;
}

/* CREATE TABLE */
static void
apply_create_table(PgmShadow *s, const Node *node)
{
	pgm_shadow_create(s, (const CreateStmt *) node);
}

/* CREATE FOREIGN TABLE, whose node begins with that of CREATE TABLE */
static void
apply_create_foreign_table(PgmShadow *s, const Node *node)
{
	const CreateStmt *base = &((const CreateForeignTableStmt *) node)->base;
	PgmTable   *t;

	pgm_shadow_create(s, base);
	/* With IF NOT EXISTS it may be a table of the catalog, of another kind. */
	t = pgm_shadow_table(s, base->relation);
	if (t && !OidIsValid(t->relid))
		t->kind = RELKIND_FOREIGN_TABLE;
}

/* CREATE TABLE AS and CREATE MATERIALIZED VIEW */
static void
apply_create_table_as(PgmShadow *s, const Node *node)
{
	const CreateTableAsStmt *stmt = (const CreateTableAsStmt *) node;

	new_table_of_query(s, stmt->into, stmt->objtype == OBJECT_MATVIEW ?
					   RELKIND_MATVIEW : RELKIND_RELATION);
}

/* SELECT INTO */
static void
apply_select_into(PgmShadow *s, const Node *node)
{
	const IntoClause *into = ((const SelectStmt *) node)->intoClause;

	if (into)
		new_table_of_query(s, into, RELKIND_RELATION);
}

/* CREATE OR REPLACE VIEW may add columns, so that they are not known any more. */
static void
apply_view(PgmShadow *s, const Node *node)
{
	const RangeVar *view = ((const ViewStmt *) node)->view;
	PgmTable   *t = pgm_shadow_table(s, view);

	if (t == NULL)
	{
		(void) pgm_shadow_new(s, view, RELKIND_VIEW);
		return;
	}
	t->replaced = true;
	t->columns_known = false;
}

/* CREATE SEQUENCE */
static void
apply_create_sequence(PgmShadow *s, const Node *node)
{
	(void) pgm_shadow_new(s, ((const CreateSeqStmt *) node)->sequence, RELKIND_SEQUENCE);
}

/* CREATE INDEX */
static void
apply_create_index(PgmShadow *s, const Node *node)
{
	pgm_shadow_create_index(s, (const IndexStmt *) node);
}

/* ALTER TABLE and the statements with its node */
static void
apply_alter_table(PgmShadow *s, const Node *node)
{
	pgm_shadow_alter(s, (const AlterTableStmt *) node);
}

/* ALTER ... SET SCHEMA of a relation or a type */
static void
apply_set_schema(PgmShadow *s, const Node *node)
{
	const AlterObjectSchemaStmt *stmt = (const AlterObjectSchemaStmt *) node;
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);

	move_type(s, stmt);
	if (t)
		t->schema = stmt->newschema;
}

/* REFRESH MATERIALIZED VIEW */
static void
apply_refresh(PgmShadow *s, const Node *node)
{
	const RefreshMatViewStmt *stmt = (const RefreshMatViewStmt *) node;
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);

	if (t)
		t->unpopulated = stmt->skipData;
}

/* INSERT */
static void
apply_insert(PgmShadow *s, const Node *node)
{
	fill(s, ((const InsertStmt *) node)->relation);
}

/* COPY */
static void
apply_copy(PgmShadow *s, const Node *node)
{
	fill(s, ((const CopyStmt *) node)->relation);
}

/* CREATE DOMAIN */
static void
apply_create_domain(PgmShadow *s, const Node *node)
{
	const CreateDomainStmt *stmt = (const CreateDomainStmt *) node;

	add_made(&s->types, stmt->domainname)->constrained = stmt->constraints != NIL;
}

/* CREATE TYPE ... AS ENUM */
static void
apply_create_enum(PgmShadow *s, const Node *node)
{
	(void) add_made(&s->types, ((const CreateEnumStmt *) node)->typeName);
}

/* CREATE TYPE of a base type; the same node creates operators, for example. */
static void
apply_define(PgmShadow *s, const Node *node)
{
	const DefineStmt *stmt = (const DefineStmt *) node;

	if (stmt->kind == OBJECT_TYPE)
		(void) add_made(&s->types, stmt->defnames);
}

/* CREATE TYPE ... AS RANGE */
static void
apply_create_range(PgmShadow *s, const Node *node)
{
	(void) add_made(&s->types, ((const CreateRangeStmt *) node)->typeName);
}

/* CREATE TYPE ... AS (...) */
static void
apply_create_composite(PgmShadow *s, const Node *node)
{
	const RangeVar *rel = ((const CompositeTypeStmt *) node)->typevar;
	List	   *name = list_make1(makeString(rel->relname));

	if (rel->schemaname)
		name = lcons(makeString(rel->schemaname), name);
	(void) add_made(&s->types, name);
}

/* CREATE FUNCTION */
static void
apply_create_function(PgmShadow *s, const Node *node)
{
	const CreateFunctionStmt *stmt = (const CreateFunctionStmt *) node;

	add_made(&s->functions, stmt->funcname)->volatility =
		declared_volatility(stmt->options, PROVOLATILE_VOLATILE);
}

static void apply_create_schema(PgmShadow *s, const Node *node);

/* What each kind of statement leaves behind; other kinds leave nothing. */
static const struct
{
	NodeTag		tag;
	void		(*apply) (PgmShadow *s, const Node *node);
}			kinds[] =

{
	{.tag = T_CreateStmt,.apply = apply_create_table},
	{.tag = T_CreateForeignTableStmt,.apply = apply_create_foreign_table},
	{.tag = T_CreateTableAsStmt,.apply = apply_create_table_as},
	{.tag = T_SelectStmt,.apply = apply_select_into},
	{.tag = T_ViewStmt,.apply = apply_view},
	{.tag = T_CreateSeqStmt,.apply = apply_create_sequence},
	{.tag = T_CreateSchemaStmt,.apply = apply_create_schema},
	{.tag = T_IndexStmt,.apply = apply_create_index},
	{.tag = T_AlterTableStmt,.apply = apply_alter_table},
	{.tag = T_RenameStmt,.apply = apply_rename},
	{.tag = T_AlterObjectSchemaStmt,.apply = apply_set_schema},
	{.tag = T_DropStmt,.apply = apply_drop},
	{.tag = T_TruncateStmt,.apply = apply_truncate},
	{.tag = T_RefreshMatViewStmt,.apply = apply_refresh},
	{.tag = T_InsertStmt,.apply = apply_insert},
	{.tag = T_CopyStmt,.apply = apply_copy},
	{.tag = T_CreateDomainStmt,.apply = apply_create_domain},
	{.tag = T_AlterDomainStmt,.apply = apply_alter_domain},
	{.tag = T_CreateEnumStmt,.apply = apply_create_enum},
	{.tag = T_DefineStmt,.apply = apply_define},
	{.tag = T_CreateRangeStmt,.apply = apply_create_range},
	{.tag = T_CompositeTypeStmt,.apply = apply_create_composite},
	{.tag = T_CreateFunctionStmt,.apply = apply_create_function},
	{.tag = T_AlterFunctionStmt,.apply = apply_alter_function}
};

/* Apply one statement, or one element of CREATE SCHEMA. */
static void
apply_node(PgmShadow *s, const Node *node)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (nodeTag(node) == kinds[i].tag)
			kinds[i].apply(s, node);
}

/* The elements of CREATE SCHEMA are statements of their own. */
static void
apply_create_schema(PgmShadow *s, const Node *node)
{
	const CreateSchemaStmt *stmt = (const CreateSchemaStmt *) node;
	ListCell   *lc;

	/* Names in the elements are looked up in the new schema first. */
	s->within = pgm_create_schema_name(stmt);
	s->schemas = lappend(s->schemas, s->within);
	foreach(lc, pgm_create_schema_elements(stmt))
	{
		apply_node(s, lfirst(lc));
	}
	s->within = NULL;
}

/*
 * Do to the shadow what a statement would do to the schema.  To be called when
 * the statement has been judged, since rules and effects need the state before it.
 */
void
pgm_shadow_apply(PgmShadow *s, const PgmStatement *statement)
{
	/* Tables that the statement makes remember it, for rules that look back. */
	s->statement = statement;
	apply_node(s, statement->raw->stmt);
}
