/*
 * shadow_alter.c
 *	  ALTER TABLE, done to the shadow action by action.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "optimizer/optimizer.h"

#include "lint/shadow/shadow_internal.h"
#include "lint/tables/parse_tree.h"
#include "util/name_list.h"

/* VALIDATE CONSTRAINT.  A valid NOT NULL becomes a property of its column. */
static void
apply_validate(PgmTable *t, const char *name)
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
			Assert(list_member_ptr(t->columns, c->not_null));
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

/* DROP CONSTRAINT, with the index that implements it */
static void
apply_drop_constraint(PgmTable *t, const char *name)
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

/*
 * DROP COLUMN, with the constraints and indexes that contain it.  The entry stays in
 * the list without a name, so that the numbers of other columns stay as they are.
 */
static void
apply_drop_column(PgmShadow *s, PgmTable *t, const char *name)
{
	AttrNumber	attnum;
	PgmColumn  *c = pgm_table_column(t, name, &attnum);
	ListCell   *li;

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
		if (pgm_names_have(((PgmForeignKey *) lfirst(li))->columns, name))
			t->keys = foreach_delete_current(t->keys, li);
	}
	foreach(li, t->indexes)
	{
		if (pgm_names_have(((PgmIndex *) lfirst(li))->columns, name))
			t->indexes = foreach_delete_current(t->indexes, li);
	}
	Assert(list_nth(t->columns, attnum - 1) == c);
	c->old_name = c->name;
	c->name = NULL;
	c->script = s->script;
}

/* ATTACH ("to") or DETACH PARTITION */
static void
apply_attach(PgmShadow *s, PgmTable *t, const PartitionCmd *cmd, bool to)
{
	PgmTable   *child = pgm_shadow_table(s, cmd->name);

	/* The children must be loaded before the list is changed. */
	(void) pgm_shadow_children(s, t);
	if (child == NULL)
		return;
	child->is_partition = to;
	child->is_default = to && cmd->bound && cmd->bound->is_default;
	child->constraint_names_guessed = s->index_names_guessed = true;	/* copies of the
																		 * parent's */
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
	PgmColumn  *c = cmd->name ? pgm_table_column(t, cmd->name, NULL) : NULL;

	switch (cmd->subtype)
	{
		case AT_AddColumn:
			if (!pgm_table_column(t, ((ColumnDef *) cmd->def)->colname, NULL))
				pgm_shadow_add_column(s, t, (ColumnDef *) cmd->def);
			break;
		case AT_DropColumn:
			apply_drop_column(s, t, cmd->name);
			break;
		case AT_AlterColumnType:
			if (c)
				c->type = pgm_shadow_type(s, ((ColumnDef *) cmd->def)->typeName);
			break;
		case AT_ColumnDefault:

			/*
			 * c is NULL where there is no such column, which is the business
			 * of a rule
			 */
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
			pgm_shadow_add_constraint(s, t, (Constraint *) cmd->def, NULL);
			break;
		case AT_ValidateConstraint:
			apply_validate(t, cmd->name);
			break;
		case AT_DropConstraint:
			apply_drop_constraint(t, cmd->name);
			break;
		case AT_AttachPartition:
			apply_attach(s, t, (PartitionCmd *) cmd->def, true);
			break;
		case AT_DetachPartition:
		case AT_DetachPartitionFinalize:
			apply_attach(s, t, (PartitionCmd *) cmd->def, false);
			break;
		case AT_AddInherit:
		case AT_DropInherit:
			{
				PgmTable   *parent = pgm_shadow_table(s, (RangeVar *) cmd->def);

				if (parent == NULL)
					break;
				/* The children must be loaded before the list is changed. */
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
			/* The others change nothing that the shadow knows. */
			break;
	}
}

/* Does the action apply to the named table only, not to its inheritors? */
static bool
is_never_inherited(const AlterTableCmd *cmd)
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

/* PRIMARY KEY makes its columns NOT NULL, in the partitions too. */
static void
forbid_nulls_in_tree(PgmShadow *s, PgmTable *t, const Constraint *c)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(s, t))
	{
		pgm_shadow_forbid_nulls(lfirst(lc), pgm_parse_tree_names(c->keys));
	}
}

/*
 * Add a key to a partitioned table.  It is not added to each partition as other
 * constraints are: a partition that has an equal key keeps that.
 */
static void
add_partitioned_key(PgmShadow *s, PgmTable *t, const Constraint *c)
{
	int			indexes = list_length(t->indexes);
	int			keys = list_length(t->keys);

	Assert(t->kind == RELKIND_PARTITIONED_TABLE);
	pgm_shadow_add_constraint(s, t, c, NULL);
	if (list_length(t->indexes) > indexes)
		pgm_shadow_spread_index(s, t, llast(t->indexes));
	if (list_length(t->keys) > keys)
		pgm_shadow_spread_key(s, t, llast(t->keys));
	if (c->contype == CONSTR_PRIMARY)
		forbid_nulls_in_tree(s, t, c);
}

/* Does the action add a key or foreign key to a partitioned table? */
static bool
is_partitioned_key(const PgmTable *t, const AlterTableCmd *cmd)
{
	const Constraint *c = (const Constraint *) cmd->def;

	return t->kind == RELKIND_PARTITIONED_TABLE && cmd->subtype == AT_AddConstraint &&
		(c->contype == CONSTR_PRIMARY || c->contype == CONSTR_UNIQUE ||
		 c->contype == CONSTR_EXCLUSION || c->contype == CONSTR_FOREIGN);
}

/* ALTER INDEX ... ATTACH PARTITION */
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

/*
 * Apply an action to the named table only.  A key that is added ONLY to a partitioned
 * table has an invalid index until those of the partitions are attached.
 */
static void
apply_to_named_table(PgmShadow *s, PgmTable *t, const AlterTableCmd *cmd)
{
	int			indexes = list_length(t->indexes);

	apply_action(s, t, cmd);
	if (list_length(t->indexes) > indexes && t->kind == RELKIND_PARTITIONED_TABLE)
		((PgmIndex *) llast(t->indexes))->valid = pgm_shadow_children(s, t) == NIL;
}

/* ALTER TABLE, or ALTER INDEX and the like, which have the same node. */
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

		if (is_never_inherited(cmd) || !stmt->relation->inh)
			apply_to_named_table(s, t, cmd);
		else if (is_partitioned_key(t, cmd))
			add_partitioned_key(s, t, (Constraint *) cmd->def);
		else
			foreach(lt, pgm_shadow_tree(s, t))
		{
			PgmTable   *child = lfirst(lt);

			apply_action(s, child, cmd);

			/*
			 * An inheritor keeps a column that is declared locally or comes
			 * from another parent.  pg_attribute says so, but not for what
			 * the plan has changed.
			 */
			if (cmd->subtype == AT_DropColumn && child != t && !child->is_partition)
				child->columns_known = false;
		}
	}
}
