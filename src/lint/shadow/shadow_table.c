/*
 * shadow_table.c
 *	  Tables that are made and altered, with their columns, constraints and
 *	  indexes, in the shadow of the schema.
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
#include "lint/effects/effects.h"
#include "lint/expressions/expressions.h"
#include "lint/shadow/shadow.h"
#include "recipes/safe_forms.h"
#include "schema/index_name.h"
#include "script/script.h"

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

/* A relation that the plan makes */
PgmTable *
pgm_shadow_new(PgmShadow *s, const RangeVar *rel, char kind)
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
	index->deferrable = "";
	if (c)
	{
		index->deferrable = c->initdeferred ? " DEFERRABLE INITIALLY DEFERRED" :
			c->deferrable ? " DEFERRABLE" : "";
		index->nulls_not_distinct = c->nulls_not_distinct;
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
	List	   *columns;

	check->expr = pgm_expression_check(t, c->raw_expr);
	columns = column ? NIL : pgm_check_columns(t, check->expr);
	check->name = c->conname ? c->conname :
		standard_name(t, columns ? linitial(columns) : column, "check");
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
		standard_name(t, pgm_safe_middle(columns), "fkey");
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
	const char *middle = columns ? pgm_safe_middle(columns) : NULL;

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
					  standard_name(t, middle, "key"), columns, c);
			break;
		case CONSTR_EXCLUSION:
			add_index(s, t, c->conname ? c->conname :
					  standard_name(t, middle, "excl"), columns, c);
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

/*
 * A constraint of a column, with the DEFERRABLE and INITIALLY DEFERRED behind
 * it: the grammar leaves these in nodes of their own.
 */
static Constraint *
with_attributes(const List *constraints, int i)
{
	Constraint *c = copyObject(list_nth(constraints, i));

	while (++i < list_length(constraints) && IsA(list_nth(constraints, i), Constraint))
	{
		ConstrType	type = ((const Constraint *) list_nth(constraints, i))->contype;

		if (type == CONSTR_ATTR_DEFERRABLE || type == CONSTR_ATTR_DEFERRED)
			c->deferrable = true;
		else if (type != CONSTR_ATTR_IMMEDIATE && type != CONSTR_ATTR_NOT_DEFERRABLE)
			break;
		if (type == CONSTR_ATTR_DEFERRED)
			c->initdeferred = true;
	}
	return c;
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
	{
		if (IsA(lfirst(lc), Constraint))
			add_constraint(s, t, with_attributes(def->constraints, foreach_current_index(lc)),
						   def->colname);
	}
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

/* A table that is made */
void
pgm_shadow_create(PgmShadow *s, const CreateStmt *stmt)
{
	PgmTable   *t;
	ListCell   *lc;

	if (stmt->if_not_exists && pgm_shadow_table(s, stmt->relation))
		return;
	t = pgm_shadow_new(s, stmt->relation, stmt->partspec ?
					   RELKIND_PARTITIONED_TABLE : RELKIND_RELATION);
	t->is_partition = stmt->partbound != NULL;
	t->is_default = stmt->partbound && stmt->partbound->is_default;
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
	{
		if (IsA(lfirst(lc), Constraint))
			add_constraint(s, t, lfirst(lc), NULL);
	}
	foreach(lc, stmt->constraints)
	{
		add_constraint(s, t, lfirst(lc), NULL);
	}
	foreach(lc, stmt->partbound ? stmt->inhRelations : NIL)
	{
		PgmTable   *parent = pgm_shadow_table(s, lfirst(lc));

		if (parent)
			pgm_shadow_join(s, parent, t);
	}
}

/* Does an index say more about a column than its name? */
static bool
has_special_columns(const IndexStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->indexParams)
	{
		const IndexElem *element = lfirst_node(IndexElem, lc);

		if (element->opclass || element->collation)
			return true;
	}
	return false;
}

/* An index that is made */
void
pgm_shadow_create_index(PgmShadow *s, const IndexStmt *stmt)
{
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);
	List	   *columns = NIL;
	PgmIndex   *index;
	ListCell   *lc;

	if (t == NULL)
		return;
	foreach(lc, stmt->indexParams)
	{
		columns = lappend(columns, lfirst_node(IndexElem, lc)->name);
	}
	add_index(s, t, stmt->idxname ? stmt->idxname :
			  standard_name(t, pgm_index_name_middle(stmt), "idx"),
			  columns, NULL);
	s->unnamed = s->unnamed || stmt->idxname == NULL ||
		t->kind == RELKIND_PARTITIONED_TABLE;
	index = llast(t->indexes);
	index->unique = stmt->unique;
	index->method = stmt->accessMethod;
	index->partial = stmt->whereClause != NULL;
	index->expressions = list_member_ptr(columns, NULL);
	index->nulls_not_distinct = stmt->nulls_not_distinct;
	index->exprs = index->expressions ? pgm_expressions_of_index(t, stmt) : NIL;
	index->special = has_special_columns(stmt);
	index->concurrently = stmt->concurrent;
	if (t->kind != RELKIND_PARTITIONED_TABLE)
		return;
	if (stmt->relation->inh)
		pgm_shadow_spread_index(s, t, index);
	else
		index->valid = pgm_shadow_children(s, t) == NIL;
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
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
			((PgmForeignKey *) lfirst(lc))->valid = true;
	}
}

static void
drop_constraint(PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, name) == 0)
			t->checks = foreach_delete_current(t->checks, lc);
	}
	foreach(lc, t->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
			t->keys = foreach_delete_current(t->keys, lc);
	}
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
		{
			within = within || strcmp(lfirst(lc), name) == 0;
		}
		if (within)
			t->keys = foreach_delete_current(t->keys, li);
	}
	foreach(li, t->indexes)
	{
		bool		within = false;

		foreach(lc, ((PgmIndex *) lfirst(li))->columns)
		{
			within = within || (lfirst(lc) && strcmp(lfirst(lc), name) == 0);
		}
		if (within)
			t->indexes = foreach_delete_current(t->indexes, li);
	}
	c->old_name = c->name;
	c->name = NULL;
	c->script = s->script;
}

static void
attach(PgmShadow *s, PgmTable *t, const PartitionCmd *cmd, bool to)
{
	PgmTable   *child = pgm_shadow_table(s, cmd->name);

	(void) pgm_shadow_children(s, t);
	if (child == NULL)
		return;
	child->is_partition = to;
	child->is_default = to && cmd->bound && cmd->bound->is_default;
	child->unnamed = s->unnamed = true; /* copies of the parent's */
	if (to)
		pgm_shadow_join(s, t, child);
	else
		pgm_shadow_leave(child);
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
			attach(s, t, (PartitionCmd *) cmd->def, true);
			break;
		case AT_DetachPartition:
		case AT_DetachPartitionFinalize:
			attach(s, t, (PartitionCmd *) cmd->def, false);
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

/* The columns of a primary key hold no nulls, nor do they in the partitions. */
static void
forbid_nulls_in_tree(PgmShadow *s, PgmTable *t, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(s, t))
	{
		forbid_nulls(lfirst(lc), pgm_strings(c->keys));
	}
}

/* A key of a partitioned table, and with it those of its partitions */
static void
add_partitioned_key(PgmShadow *s, PgmTable *t, const Constraint *c)
{
	int			indexes = list_length(t->indexes);
	int			keys = list_length(t->keys);

	add_constraint(s, t, c, NULL);
	if (list_length(t->indexes) > indexes)
		pgm_shadow_spread_index(s, t, llast(t->indexes));
	if (list_length(t->keys) > keys)
		pgm_shadow_spread_key(s, t, llast(t->keys));
	if (c->contype == CONSTR_PRIMARY)
		forbid_nulls_in_tree(s, t, c);
}

/* Is it the key of a partitioned table, which its partitions may have already? */
static bool
is_partitioned_key(const PgmTable *t, const AlterTableCmd *cmd)
{
	const Constraint *c = (const Constraint *) cmd->def;

	return t->kind == RELKIND_PARTITIONED_TABLE && cmd->subtype == AT_AddConstraint &&
		(c->contype == CONSTR_PRIMARY || c->contype == CONSTR_UNIQUE ||
		 c->contype == CONSTR_EXCLUSION || c->contype == CONSTR_FOREIGN);
}

/* The index of a partition becomes part of one of the table above. */
static void
attach_index(PgmShadow *s, const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		PgmIndex   *index = cmd->subtype == AT_AttachPartition ?
			pgm_shadow_index(s, ((PartitionCmd *) cmd->def)->name) : NULL;

		if (index == NULL)
			continue;
		index->attached = true;
		pgm_shadow_index_attached(s, pgm_shadow_index(s, stmt->relation));
	}
}

/* One action on the table that is named: a key has no index of partitions yet. */
static void
apply_alone(PgmShadow *s, PgmTable *t, const AlterTableCmd *cmd)
{
	int			indexes = list_length(t->indexes);

	apply_action(s, t, cmd);
	if (list_length(t->indexes) > indexes && t->kind == RELKIND_PARTITIONED_TABLE)
		((PgmIndex *) llast(t->indexes))->valid = pgm_shadow_children(s, t) == NIL;
}

/* A table that is altered, or an index */
void
pgm_shadow_alter(PgmShadow *s, const AlterTableStmt *stmt)
{
	PgmTable   *t = pgm_shadow_table(s, stmt->relation);
	ListCell   *la;
	ListCell   *lt;

	if (stmt->objtype == OBJECT_INDEX)
		attach_index(s, stmt);
	if (t == NULL || stmt->objtype == OBJECT_INDEX)
		return;
	foreach(la, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, la);

		if (is_own(cmd) || !stmt->relation->inh)
			apply_alone(s, t, cmd);
		else if (is_partitioned_key(t, cmd))
			add_partitioned_key(s, t, (Constraint *) cmd->def);
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
