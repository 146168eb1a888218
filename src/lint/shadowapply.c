/*
 * shadowapply.c
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
#include "lint/effects.h"
#include "lint/expressions.h"
#include "lint/shadow.h"
#include "run/script.h"

/* The schema that a new object of this name goes to. */
char *
pgm_creation_schema(const PgmShadow *s, const RangeVar *rel)
{
	List	   *path;

	if (rel->schemaname)
		return rel->schemaname;
	if (rel->relpersistence == RELPERSISTENCE_TEMP)
		return "pg_temp";
	path = pgm_shadow_path(s, false);
	return path ? linitial(path) : "public";
}

static PgmTable *
new_table(PgmShadow *s, const RangeVar *rel, char kind)
{
	PgmTable   *t = palloc0(sizeof(PgmTable));

	t->schema = pgm_creation_schema(s, rel);
	t->name = rel->relname;
	t->kind = kind;
	t->persistence = rel->relpersistence;
	t->children_known = true;
	t->made_in = s->transaction;
	t->made_by = s->statement;
	s->tables = lappend(s->tables, t);
	s->unnamed = true;			/* its partitions' indexes, copies of others */
	return t;
}

/* The name that the server gives to a constraint or an index without one. */
static char *
standard_name(const PgmTable *t, const char *column, const char *suffix)
{
	return makeObjectName(t->name, column, suffix);
}

static void
add_index(PgmShadow *s, PgmTable *t, char *name, List *columns,
		  const Constraint *c)
{
	PgmIndex   *index = palloc0(sizeof(PgmIndex));

	index->name = name;
	index->method = "btree";
	index->table = t;
	index->columns = columns;
	index->nkeys = list_length(columns);
	index->valid = true;
	if (c)
	{
		index->constraint = name;
		index->unique = c->contype != CONSTR_EXCLUSION;
		index->primary = c->contype == CONSTR_PRIMARY;
		index->exclusion = c->contype == CONSTR_EXCLUSION;
	}
	t->indexes = lappend(t->indexes, index);
}

/* The columns of a constraint: its own, or the one it is written at */
static List *
constraint_columns(const Constraint *c, const char *column)
{
	return column ? list_make1(unconstify(char *, column)) :
		pgm_strings(c->contype == CONSTR_FOREIGN ? c->fk_attrs : c->keys);
}

/* The columns of a primary key hold no nulls. */
static void
forbid_nulls(PgmTable *t, List *columns)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		PgmColumn  *c = lfirst(lc) ? pgm_shadow_column(t, lfirst(lc), NULL) : NULL;

		if (c)
			c->not_null = true;
	}
}

static void
add_check(PgmShadow *s, PgmTable *t, const Constraint *c, const char *column)
{
	PgmCheck   *check = palloc0(sizeof(PgmCheck));

	check->name = c->conname ? c->conname : standard_name(t, column, "check");
	check->expr = pgm_expression_check(t, c->raw_expr);
	check->valid = !c->skip_validation && pgm_constraint_enforced(c);
	check->made_in = s->transaction;
	t->checks = lappend(t->checks, check);
}

/* A NOT NULL of the table itself, which may be NOT VALID */
static void
add_not_null(PgmShadow *s, PgmTable *t, const Constraint *c, List *columns)
{
	AttrNumber	attnum;
	PgmColumn  *column = columns ? pgm_shadow_column(t, linitial(columns), &attnum) : NULL;
	char	   *name;

	if (!c->skip_validation)
		forbid_nulls(t, columns);
	else if (column && !column->not_null)
	{
		name = c->conname ? c->conname : standard_name(t, column->name, "not_null");
		pgm_shadow_not_null(t, column, attnum, name)->made_in = s->transaction;
	}
}

static void
add_key(PgmShadow *s, PgmTable *t, const Constraint *c, List *columns)
{
	PgmForeignKey *key = palloc0(sizeof(PgmForeignKey));

	key->name = c->conname ? c->conname :
		standard_name(t, linitial(columns), "fkey");
	key->columns = columns;
	key->referenced = pgm_shadow_table(s, c->pktable);
	key->targets = c->pk_attrs ? pgm_strings(c->pk_attrs) :
		pgm_shadow_primary_key(key->referenced);
	key->manner = pgm_key_manner(c->fk_upd_action, c->fk_del_action,
								 c->fk_matchtype, c->deferrable, c->initdeferred);
	key->valid = !c->skip_validation && pgm_constraint_enforced(c);
	key->made_in = s->transaction;
	if (key->referenced)
		t->keys = lappend(t->keys, key);
}

/* Take an index that is there for a constraint. */
static void
adopt_index(PgmTable *t, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, t->indexes)
	{
		PgmIndex   *index = lfirst(lc);

		if (strcmp(index->name, c->indexname) != 0)
			continue;
		index->constraint = c->conname ? c->conname : index->name;
		index->name = index->constraint;
		index->primary = c->contype == CONSTR_PRIMARY;
		if (index->primary)
			forbid_nulls(t, index->columns);
	}
}

/* A constraint of a table, or of one of its columns */
static void
add_constraint(PgmShadow *s, PgmTable *t, const Constraint *c,
			   const char *column)
{
	List	   *columns = constraint_columns(c, column);
	const char *first = columns ? linitial(columns) : NULL;

	if (c->indexname)
	{
		adopt_index(t, c);
		return;
	}
	if (c->conname == NULL || c->contype == CONSTR_NOTNULL)
		t->unnamed = s->unnamed = true;
	switch (c->contype)
	{
		case CONSTR_NOTNULL:
			add_not_null(s, t, c, columns);
			break;
		case CONSTR_CHECK:
			add_check(s, t, c, column);
			break;
		case CONSTR_FOREIGN:
			if (columns)
				add_key(s, t, c, columns);
			break;
		case CONSTR_PRIMARY:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, NULL, "pkey"), columns, c);
			forbid_nulls(t, columns);
			break;
		case CONSTR_UNIQUE:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, first, "key"), columns, c);
			break;
		case CONSTR_EXCLUSION:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, first, "excl"), columns, c);
			break;
		default:
			break;
	}
}

/* The integer type of a serial column */
static TypeName *
column_type(const ColumnDef *def)
{
	const char *name = strVal(linitial(def->typeName->names));

	if (!pgm_column_is_serial(def))
		return def->typeName;
	return makeTypeNameFromOid(strchr(name, '8') || name[0] == 'b' ? INT8OID :
							   strchr(name, '2') || name[1] == 'm' ? INT2OID :
							   INT4OID, -1);
}

static void
add_column(PgmShadow *s, PgmTable *t, const ColumnDef *def)
{
	PgmColumn  *c = palloc0(sizeof(PgmColumn));
	bool		serial;
	ListCell   *lc;

	if (def->typeName == NULL)
		return;					/* of a typed table */
	serial = pgm_column_is_serial(def);
	c->name = def->colname;
	c->type = pgm_shadow_type(s, column_type(def));
	if (def->collClause)
		c->type.collation = get_collation_oid(def->collClause->collname, true);
	c->not_null = def->is_not_null || serial;
	c->has_default = serial ||
		pgm_column_constraint(def, CONSTR_DEFAULT) != NULL;
	if (pgm_column_constraint(def, CONSTR_IDENTITY))
	{
		c->not_null = true;
		c->identity = ATTRIBUTE_IDENTITY_ALWAYS;
	}
	if (pgm_column_constraint(def, CONSTR_GENERATED))
		c->generated = ATTRIBUTE_GENERATED_STORED;
	c->is_new = true;
	c->script = s->script;
	t->columns = lappend(t->columns, c);
	foreach(lc, def->constraints)
		if (IsA(lfirst(lc), Constraint))
		add_constraint(s, t, lfirst(lc), def->colname);
}

/* The columns of a parent, or of the table behind LIKE */
static void
copy_columns(PgmTable *t, const PgmTable *from)
{
	ListCell   *lc;

	t->columns_known = t->columns_known && from && from->columns_known;
	foreach(lc, from ? from->columns : NIL)
	{
		const PgmColumn *c = lfirst(lc);
		PgmColumn  *copy;

		if (c->name == NULL || pgm_shadow_column(t, c->name, NULL))
			continue;
		copy = palloc(sizeof(PgmColumn));
		*copy = *c;
		copy->is_new = true;
		t->columns = lappend(t->columns, copy);
	}
}

static void
apply_create_table(PgmShadow *s, const CreateStmt *stmt)
{
	PgmTable   *t;
	ListCell   *lc;

	if (stmt->if_not_exists && pgm_shadow_table(s, stmt->relation))
		return;
	t = new_table(s, stmt->relation, stmt->partspec ?
				  RELKIND_PARTITIONED_TABLE : RELKIND_RELATION);
	t->is_partition = stmt->partbound != NULL;
	t->columns_known = stmt->ofTypename == NULL;
	foreach(lc, stmt->inhRelations)
	{
		PgmTable   *parent = pgm_shadow_table(s, lfirst(lc));

		copy_columns(t, parent);
		if (parent == NULL)
			continue;
		(void) pgm_shadow_children(s, parent);
		parent->children = lappend(parent->children, t);
	}
	foreach(lc, stmt->tableElts)
	{
		if (IsA(lfirst(lc), ColumnDef))
			add_column(s, t, lfirst(lc));
		else if (IsA(lfirst(lc), TableLikeClause))
			copy_columns(t, pgm_shadow_table(s, ((TableLikeClause *) lfirst(lc))->relation));
	}
	foreach(lc, stmt->tableElts)
		if (IsA(lfirst(lc), Constraint))
		add_constraint(s, t, lfirst(lc), NULL);
	foreach(lc, stmt->constraints)
		add_constraint(s, t, lfirst(lc), NULL);
}

static void
apply_index(PgmShadow *s, const IndexStmt *stmt)
{
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);
	List	   *columns = NIL;
	PgmIndex   *index;
	ListCell   *lc;

	if (t == NULL)
		return;
	foreach(lc, stmt->indexParams)
		columns = lappend(columns, lfirst_node(IndexElem, lc)->name);
	add_index(s, t, stmt->idxname ? stmt->idxname :
			  standard_name(t, columns && linitial(columns) ? linitial(columns) : "expr",
							"idx"),
			  columns, NULL);
	s->unnamed = s->unnamed || stmt->idxname == NULL ||
		t->kind == RELKIND_PARTITIONED_TABLE;
	index = llast(t->indexes);
	index->unique = stmt->unique;
	index->method = stmt->accessMethod;
	index->partial = stmt->whereClause != NULL;
	index->expressions = list_member_ptr(columns, NULL);
	index->concurrently = stmt->concurrent;
}

/* A constraint that is validated */
static void
validate(PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		PgmCheck   *c = lfirst(lc);

		if (strcmp(c->name, name) != 0)
			continue;
		c->valid = true;
		if (c->not_null)
		{
			c->not_null->not_null = true;
			t->checks = foreach_delete_current(t->checks, lc);
		}
	}
	foreach(lc, t->keys)
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
		((PgmForeignKey *) lfirst(lc))->valid = true;
}

static void
drop_constraint(PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->checks)
		if (strcmp(((PgmCheck *) lfirst(lc))->name, name) == 0)
		t->checks = foreach_delete_current(t->checks, lc);
	foreach(lc, t->keys)
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
		t->keys = foreach_delete_current(t->keys, lc);
	foreach(lc, t->indexes)
	{
		const PgmIndex *index = lfirst(lc);

		if (index->constraint && strcmp(index->constraint, name) == 0)
			t->indexes = foreach_delete_current(t->indexes, lc);
	}
}

/* A column goes, with the constraints and the indexes it is in. */
static void
drop_column(PgmShadow *s, PgmTable *t, const char *name)
{
	AttrNumber	attnum;
	PgmColumn  *c = pgm_shadow_column(t, name, &attnum);
	ListCell   *li;
	ListCell   *lc;

	if (c == NULL)
		return;
	foreach(li, t->checks)
	{
		Bitmapset  *columns = NULL;

		pull_varattnos(((PgmCheck *) lfirst(li))->expr, 1, &columns);
		if (bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, columns))
			t->checks = foreach_delete_current(t->checks, li);
	}
	foreach(li, t->keys)
	{
		bool		within = false;

		foreach(lc, ((PgmForeignKey *) lfirst(li))->columns)
			within = within || strcmp(lfirst(lc), name) == 0;
		if (within)
			t->keys = foreach_delete_current(t->keys, li);
	}
	foreach(li, t->indexes)
	{
		bool		within = false;

		foreach(lc, ((PgmIndex *) lfirst(li))->columns)
			within = within || (lfirst(lc) && strcmp(lfirst(lc), name) == 0);
		if (within)
			t->indexes = foreach_delete_current(t->indexes, li);
	}
	c->old_name = c->name;
	c->name = NULL;
	c->script = s->script;
}

static void
attach(PgmShadow *s, PgmTable *t, const RangeVar *rel, bool to)
{
	PgmTable   *child = pgm_shadow_table(s, rel);

	(void) pgm_shadow_children(s, t);
	if (child == NULL)
		return;
	child->is_partition = to;
	child->unnamed = s->unnamed = true; /* copies of the parent's */
	t->children = to ? list_append_unique_ptr(t->children, child) :
		list_delete_ptr(t->children, child);
}

/* One action of ALTER TABLE on one table of the tree */
static void
apply_action(PgmShadow *s, PgmTable *t, const AlterTableCmd *cmd)
{
	PgmColumn  *c = cmd->name ? pgm_shadow_column(t, cmd->name, NULL) : NULL;

	switch (cmd->subtype)
	{
		case AT_AddColumn:
			if (!pgm_shadow_column(t, ((ColumnDef *) cmd->def)->colname, NULL))
				add_column(s, t, (ColumnDef *) cmd->def);
			break;
		case AT_DropColumn:
			drop_column(s, t, cmd->name);
			break;
		case AT_AlterColumnType:
			if (c)
				c->type = pgm_shadow_type(s, ((ColumnDef *) cmd->def)->typeName);
			break;
		case AT_ColumnDefault:
			if (c)
			{
				c->has_default = cmd->def != NULL;
				c->new_default = true;
			}
			break;
		case AT_SetNotNull:
		case AT_DropNotNull:
			if (c)
				c->not_null = cmd->subtype == AT_SetNotNull;
			break;
		case AT_AddConstraint:
			add_constraint(s, t, (Constraint *) cmd->def, NULL);
			break;
		case AT_ValidateConstraint:
			validate(t, cmd->name);
			break;
		case AT_DropConstraint:
			drop_constraint(t, cmd->name);
			break;
		case AT_AttachPartition:
			attach(s, t, ((PartitionCmd *) cmd->def)->name, true);
			break;
		case AT_DetachPartition:
		case AT_DetachPartitionFinalize:
			attach(s, t, ((PartitionCmd *) cmd->def)->name, false);
			break;
		case AT_AddInherit:
		case AT_DropInherit:
			{
				PgmTable   *parent = pgm_shadow_table(s, (RangeVar *) cmd->def);

				if (parent == NULL)
					break;
				(void) pgm_shadow_children(s, parent);
				parent->children = cmd->subtype == AT_AddInherit ?
					list_append_unique_ptr(parent->children, t) :
					list_delete_ptr(parent->children, t);
				break;
			}
		case AT_SetLogged:
			t->persistence = RELPERSISTENCE_PERMANENT;
			break;
		case AT_SetUnLogged:
			t->persistence = RELPERSISTENCE_UNLOGGED;
			break;
		default:
			break;
	}
}

/* Does the action concern the table that is named, and no other? */
static bool
is_own(const AlterTableCmd *cmd)
{
	switch (cmd->subtype)
	{
		case AT_AttachPartition:
		case AT_DetachPartition:
		case AT_DetachPartitionFinalize:
		case AT_AddInherit:
		case AT_DropInherit:
		case AT_SetLogged:
		case AT_SetUnLogged:
			return true;
		default:
			return false;
	}
}

static void
apply_alter(PgmShadow *s, const AlterTableStmt *stmt)
{
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);
	ListCell   *la;
	ListCell   *lt;

	if (t == NULL)
		return;
	foreach(la, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, la);

		if (is_own(cmd) || !stmt->relation->inh)
			apply_action(s, t, cmd);
		else
			foreach(lt, pgm_shadow_tree(s, t))
		{
			PgmTable   *child = lfirst(lt);

			apply_action(s, child, cmd);
			/* it may have the column from elsewhere, too */
			if (cmd->subtype == AT_DropColumn && child != t && !child->is_partition)
				child->columns_known = false;
		}
	}
}

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
		if (strcmp(((PgmCheck *) lfirst(lc))->name, from) == 0)
		((PgmCheck *) lfirst(lc))->name = to;
	foreach(lc, t->keys)
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, from) == 0)
		((PgmForeignKey *) lfirst(lc))->name = to;
	foreach(lc, t->indexes)
	{
		PgmIndex   *index = lfirst(lc);

		if (index->constraint && strcmp(index->constraint, from) == 0)
			index->name = index->constraint = to;
	}
}

/* A column's new name, in the indexes too */
static void
rename_column(PgmTable *t, const char *from, char *to)
{
	PgmColumn  *c = pgm_shadow_column(t, from, NULL);
	ListCell   *li;
	ListCell   *lc;

	if (c)
		c->name = to;
	foreach(li, t->indexes)
		foreach(lc, ((PgmIndex *) lfirst(li))->columns)
		if (lfirst(lc) && strcmp(lfirst(lc), from) == 0)
		lfirst(lc) = to;
	foreach(li, t->keys)
		foreach(lc, ((PgmForeignKey *) lfirst(li))->columns)
		if (strcmp(lfirst(lc), from) == 0)
		lfirst(lc) = to;
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
			rename_column(lfirst(lc), stmt->subname, stmt->newname);
	else if (stmt->renameType == OBJECT_TABCONSTRAINT)
		foreach(lc, pgm_shadow_tree(s, t))
			rename_constraint(lfirst(lc), stmt->subname, stmt->newname);
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
		((PgmTable *) lfirst(lc))->children =
		list_delete_ptr(((PgmTable *) lfirst(lc))->children, t);
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

/* The volatility that CREATE FUNCTION declares */
static char
declared_volatility(const CreateFunctionStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		const DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, "volatility") == 0)
			return strVal(def->arg)[0];
	}
	return PROVOLATILE_VOLATILE;
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
		pgm_shadow_domain_name(s, stmt->typeName);
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

/* The elements of CREATE SCHEMA are in it, without saying so. */
static void
apply_schema(PgmShadow *s, const CreateSchemaStmt *stmt)
{
	ListCell   *lc;

	s->within = stmt->schemaname ? stmt->schemaname :
		get_rolespec_name(stmt->authrole);
	s->schemas = lappend(s->schemas, s->within);
	foreach(lc, stmt->schemaElts)
	{
		Node	   *element = copyObject(lfirst(lc));
		RangeVar   *made = made_in_schema(element);

		if (made && made->schemaname == NULL)
			made->schemaname = s->within;
		apply(s, element);
	}
	s->within = NULL;
}

/* A table that is made from a query's rows; its columns are not known. */
static void
apply_into(PgmShadow *s, const IntoClause *into, char kind)
{
	PgmTable   *t = new_table(s, into->rel, kind);

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
			apply_create_table(s, (const CreateStmt *) node);
			break;
		case T_CreateForeignTableStmt:
			apply_create_table(s, &((const CreateForeignTableStmt *) node)->base);
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
				(void) new_table(s, ((const ViewStmt *) node)->view,
								 RELKIND_VIEW);
			break;
		case T_CreateSeqStmt:
			(void) new_table(s, ((const CreateSeqStmt *) node)->sequence,
							 RELKIND_SEQUENCE);
			break;
		case T_CreateSchemaStmt:
			apply_schema(s, (const CreateSchemaStmt *) node);
			break;
		case T_IndexStmt:
			apply_index(s, (const IndexStmt *) node);
			break;
		case T_AlterTableStmt:
			apply_alter(s, (const AlterTableStmt *) node);
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
				declared_volatility((const CreateFunctionStmt *) node);
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
