/*
 * alter_table_effects.c
 *	  The locks and the work of ALTER TABLE, action by action.
 *
 * The lock on the table is the server's own answer, AlterTableGetLockLevel().  The table
 * actions[] near the end of the file has a function for each action that locks other
 * tables, or reads or rewrites rows.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_tablespace.h"
#include "commands/defrem.h"
#include "commands/tablecmds.h"
#include "commands/tablespace.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "lint/effects/effects_internal.h"
#include "lint/expressions/expressions.h"
#include "lint/tables/parse_tree.h"

/* Something an action does to a table and those that inherit from it */
typedef void (*PgmCollectAction) (PgmForecast *f, PgmTable *t);

/* The action's work on one table of a tree */
typedef PgmWork (*PgmWorkOfAction) (PgmForecast *f, PgmTable *t,
									const char **why);

/* The lock on the tree of a table, and the work on each of it */
static void
add_work_on_tree(PgmForecast *f, PgmTable *t, PgmWorkOfAction work)
{
	ListCell   *lc;

	foreach(lc, pgm_effect_scope(f, t))
	{
		PgmTable   *one = lfirst(lc);
		const char *why = NULL;
		PgmWork		does = work(f, one, &why);

		pgm_effect_add(f, one, f->mode, does, why);
	}
}

/* The lock on the table alone, and no work */
static void
lock_named_table(PgmForecast *f, PgmTable *t)
{
	pgm_effect_add(f, t, f->mode, PGM_WORK_NONE, NULL);
}

/* The lock on the table and its inheritors, and no work */
static void
lock_tree(PgmForecast *f, PgmTable *t)
{
	pgm_effect_tree(f, t, f->mode, PGM_WORK_NONE, NULL);
}

/* Do a table and all that inherit from it certainly hold no row? */
static bool
tree_is_empty(PgmForecast *f, PgmTable *t)
{
	ListCell   *lc;

	foreach(lc, pgm_shadow_tree(f->shadow, t))
	{
		if (!pgm_table_is_empty(lfirst(lc)))
			return false;
	}
	return true;
}

/*
 * The table that a foreign key refers to; it is read when there are rows to be
 * checked.
 */
static void
add_referenced(PgmForecast *f, PgmTable *t, const Constraint *c, bool checked)
{
	PgmTable   *other = c ? pgm_effect_table(f, c->pktable) : NULL;

	checked = checked && !tree_is_empty(f, t);
	if (other)
		pgm_effect_tree(f, other, ShareRowExclusiveLock,
						checked ? PGM_WORK_SCAN : PGM_WORK_NONE,
						checked ? "the rows that refer to it are looked for" : NULL);
}

/* The work of ADD COLUMN on one table of the tree */
static PgmWork
work_of_add_column(PgmForecast *f, PgmTable *t, const char **why)
{
	const ColumnDef *def = (const ColumnDef *) f->action->def;

	/*
	 * IF NOT EXISTS, or an inheritor whose own column is merged with the new
	 * one
	 */
	if (pgm_table_column(t, def->colname, NULL))
	{
		*why = "the column is there already";
		return PGM_WORK_NONE;
	}
	return pgm_work_of_column(f, t, def, why);
}

/* ADD COLUMN; a REFERENCES in it locks the other table, too. */
static void
collect_add_column(PgmForecast *f, PgmTable *t)
{
	const ColumnDef *def = (const ColumnDef *) f->action->def;

	add_work_on_tree(f, t, work_of_add_column);
	/* Without a default every value is null, and a null refers to nothing. */
	if (!pgm_table_column(t, def->colname, NULL))
		add_referenced(f, t, pgm_column_def_constraint(def, CONSTR_FOREIGN),
					   pgm_column_def_has_value(def));
}

/* The work of SET NOT NULL on one table; partitioned tables have no rows of their own. */
static PgmWork
work_of_set_not_null(PgmForecast *f, PgmTable *t, const char **why)
{
	return t->kind == RELKIND_RELATION ?
		pgm_effect_work_of_not_null(t, f->action->name, why) : PGM_WORK_NONE;
}

/* ALTER COLUMN SET NOT NULL */
static void
collect_set_not_null(PgmForecast *f, PgmTable *t)
{
	add_work_on_tree(f, t, work_of_set_not_null);
}

/* The work of ALTER COLUMN TYPE on one table of the tree */
static PgmWork
work_of_alter_type(PgmForecast *f, PgmTable *t, const char **why)
{
	return pgm_effect_work_of_type(f, t, f->action, why);
}

/*
 * The work for a foreign key when one of its columns changes its type: the server
 * drops it and adds it again, which checks it unless it is NOT VALID.  Where the table is
 * not rewritten, TryReuseForeignKey() spares the check.
 */
static PgmWork
work_of_foreign_key(bool rewritten, bool valid, const char **why)
{
	*why = NULL;
	if (!rewritten)
		return PGM_WORK_NONE;
	*why = valid ? "the foreign key is checked again" :
		"the foreign key is NOT VALID, and not checked";
	return valid ? PGM_WORK_SCAN : PGM_WORK_NONE;
}

/* Is there a valid foreign key from one table to another? */
static bool
has_valid_key(const PgmTable *from, const PgmTable *to)
{
	ListCell   *lc;

	foreach(lc, from->keys)
	{
		const PgmForeignKey *key = lfirst(lc);

		if (key->referenced == to && key->valid)
			return true;
	}
	return false;
}

/*
 * Lock the tables that foreign keys connect with the column that is altered:
 * ATPostAlterTypeCleanup() drops the keys, whose triggers are on both tables.
 */
static void
alter_key_tables(PgmForecast *f, PgmTable *t, bool rewritten)
{
	const char *why;
	PgmWork		work;
	ListCell   *lk;
	ListCell   *lc;

	foreach(lk, t->keys)
	{
		const PgmForeignKey *key = lfirst(lk);

		/* The referenced table is read only when there is a row to look for. */
		work = work_of_foreign_key(rewritten && !tree_is_empty(f, t), key->valid, &why);
		foreach(lc, key->columns)
		{
			if (strcmp(lfirst(lc), f->action->name) == 0)
				pgm_effect_tree(f, key->referenced, AccessExclusiveLock, work, why);
		}
	}
	foreach(lk, pgm_shadow_referencing(f->shadow, t, f->action->name))
	{
		work = work_of_foreign_key(rewritten, has_valid_key(lfirst(lk), t), &why);
		pgm_effect_tree(f, lfirst(lk), AccessExclusiveLock, work, why);
	}
}

/* ALTER COLUMN TYPE */
static void
collect_alter_type(PgmForecast *f, PgmTable *t)
{
	PgmWork		most = PGM_WORK_NONE;
	ListCell   *lc;

	add_work_on_tree(f, t, work_of_alter_type);
	/* f->effects also has those of the actions before this one. */
	foreach(lc, f->effects)
	{
		if (((PgmEffect *) lfirst(lc))->action == f->action)
			most = Max(most, ((PgmEffect *) lfirst(lc))->work);
	}
	alter_key_tables(f, t, most == PGM_WORK_REWRITE);
}

/* Why ADD CONSTRAINT reads the rows, or NULL if it does not. */
static const char *
constraint_work(const Constraint *c)
{
	switch (c->contype)
	{
		case CONSTR_CHECK:
			return "it is checked for each row";
		case CONSTR_FOREIGN:
			return "it is checked for each row";
		case CONSTR_UNIQUE:
		case CONSTR_PRIMARY:
			return "its index is built from every row";
		case CONSTR_EXCLUSION:
			return "its index is built from every row, and each is checked";
		default:
			return NULL;
	}
}

/* PRIMARY KEY USING INDEX makes the columns of the index NOT NULL. */
static PgmWork
work_of_using_index(const PgmTable *t, const Constraint *c, const char **why)
{
	ListCell   *li;
	ListCell   *lc;

	Assert(c->indexname != NULL);
	*why = "the index is there already";
	if (c->contype != CONSTR_PRIMARY)
		return PGM_WORK_NONE;
	foreach(li, t->indexes)
	{
		const PgmIndex *index = lfirst(li);

		if (strcmp(index->name, c->indexname) != 0)
			continue;
		foreach(lc, index->columns)
		{
			const char *by;

			/* the server refuses an index on an expression (NULL) */
			if (lfirst(lc) == NULL ||
				pgm_expression_null_excluded(t, lfirst(lc), &by))
				continue;
			*why = psprintf("its column \"%s\" becomes NOT NULL, for which every row is looked at",
							(char *) lfirst(lc));
			return PGM_WORK_SCAN;
		}
	}
	return PGM_WORK_NONE;
}

/* PRIMARY KEY makes the columns of those NOT NULL that collect_inherit from the table. */
static PgmWork
work_of_inherited_key(PgmTable *t, const Constraint *c, const char **why)
{
	PgmWork		work = PGM_WORK_NONE;
	ListCell   *lc;

	foreach(lc, c->keys)
	{
		work = Max(work, pgm_effect_work_of_not_null(t, strVal(lfirst(lc)), why));
	}
	return work;
}

/*
 * The work of ADD CONSTRAINT on one table of the tree.  The cases are in the order of
 * what decides: what is inherited, then what is not checked, then what is there already.
 */
static PgmWork
work_of_add_constraint(PgmForecast *f, PgmTable *t, const char **why)
{
	const Constraint *c = (const Constraint *) f->action->def;
	const char *column = pgm_constraint_not_null_column(c);

	if (t->kind != RELKIND_RELATION)
		return PGM_WORK_NONE;
	/* The key itself is not inherited, but its NOT NULL is. */
	if (c->contype == CONSTR_PRIMARY && pgm_effect_is_inherited(f, t))
		return work_of_inherited_key(t, c, why);
	if (c->skip_validation)
	{
		*why = "NOT VALID: the rows that are there are not looked at";
		return PGM_WORK_NONE;
	}
	if (!pgm_constraint_enforced(c))
	{
		*why = "it is not enforced";
		return PGM_WORK_NONE;
	}
	if (c->indexname)
		return work_of_using_index(t, c, why);
	*why = pgm_partition_takes_over(f, t, c);
	if (*why)
		return PGM_WORK_NONE;
	if (column)
		return pgm_effect_work_of_not_null(t, column, why);
	*why = constraint_work(c);
	return *why ? PGM_WORK_SCAN : PGM_WORK_NONE;
}

/* Is a constraint added to the named table only?  Keys are not inherited. */
static bool
is_not_inherited(const PgmTable *t, const Constraint *c)
{
	return c->is_no_inherit ||
		(t->kind != RELKIND_PARTITIONED_TABLE &&
		 (c->contype == CONSTR_UNIQUE || c->contype == CONSTR_EXCLUSION ||
		  c->contype == CONSTR_FOREIGN));
}

/* Does the action read rows of any table, by the effects collected so far? */
static bool
reads_rows(const PgmForecast *f)
{
	ListCell   *lc;

	foreach(lc, f->effects)
	{
		const PgmEffect *e = lfirst(lc);

		if (e->action == f->action && e->work != PGM_WORK_NONE)
			return true;
	}
	return false;
}

/* ADD CONSTRAINT; a foreign key locks the table that it refers to, too. */
static void
collect_add_constraint(PgmForecast *f, PgmTable *t)
{
	const Constraint *c = (const Constraint *) f->action->def;

	if (is_not_inherited(t, c))
	{
		const char *why = NULL;
		PgmWork		work = work_of_add_constraint(f, t, &why);

		pgm_effect_add(f, t, f->mode, work, why);
	}
	else
		add_work_on_tree(f, t, work_of_add_constraint);
	/* After the effects above, which say whether any row is checked. */
	if (c->contype == CONSTR_FOREIGN)
		add_referenced(f, t, c, reads_rows(f));
}

/* The foreign key of a table by its name, or NULL. */
static PgmForeignKey *
find_key(const PgmTable *t, const char *name)
{
	ListCell   *lc;

	foreach(lc, t->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/*
 * The work of VALIDATE CONSTRAINT on one table.  A constraint that is not known is taken
 * for one to be checked.
 */
static PgmWork
work_of_validate(PgmForecast *f, PgmTable *t, const char **why)
{
	const PgmForeignKey *key = find_key(t, f->action->name);
	ListCell   *lc;

	if (t->kind != RELKIND_RELATION)
		return PGM_WORK_NONE;
	*why = "it is valid already";
	if (key)
	{
		if (!key->valid)
			*why = "it is checked for each row";
		return key->valid ? PGM_WORK_NONE : PGM_WORK_SCAN;
	}
	foreach(lc, t->checks)
	{
		const PgmCheck *c = lfirst(lc);

		if (strcmp(c->name, f->action->name) == 0 && c->valid)
			return PGM_WORK_NONE;
	}
	*why = "it is checked for each row";
	return PGM_WORK_SCAN;
}

/* VALIDATE CONSTRAINT; a foreign key gets ROW SHARE on the table that it refers to. */
static void
collect_validate(PgmForecast *f, PgmTable *t)
{
	const PgmForeignKey *key = find_key(t, f->action->name);

	add_work_on_tree(f, t, work_of_validate);
	if (key && !key->valid)
		pgm_effect_add(f, key->referenced, RowShareLock, PGM_WORK_NONE, NULL);
}

/*
 * DROP CONSTRAINT.  RemoveTriggerById() takes ACCESS EXCLUSIVE on the other table of a
 * foreign key, whose triggers are dropped with it.
 */
static void
collect_drop_constraint(PgmForecast *f, PgmTable *t)
{
	const PgmForeignKey *key = find_key(t, f->action->name);
	ListCell   *lc;

	lock_tree(f, t);
	if (key)
		pgm_effect_add(f, key->referenced, AccessExclusiveLock, PGM_WORK_NONE,
					   NULL);
	/* CASCADE drops the foreign keys that refer to a key. */
	foreach(lc, f->action->behavior == DROP_CASCADE ?
			pgm_shadow_referencing(f->shadow, t, NULL) : NIL)
	{
		pgm_effect_add(f, lfirst(lc), AccessExclusiveLock, PGM_WORK_NONE, NULL);
	}
}

/* DROP COLUMN; with its foreign keys go their triggers on the other tables. */
static void
collect_drop_column(PgmForecast *f, PgmTable *t)
{
	ListCell   *lk;
	ListCell   *lc;

	lock_tree(f, t);
	foreach(lk, t->keys)
	{
		const PgmForeignKey *key = lfirst(lk);

		foreach(lc, key->columns)
		{
			if (strcmp(lfirst(lc), f->action->name) == 0)
				pgm_effect_add(f, key->referenced, AccessExclusiveLock,
							   PGM_WORK_NONE, NULL);
		}
	}
	foreach(lk, f->action->behavior == DROP_CASCADE ?
			pgm_shadow_referencing(f->shadow, t, f->action->name) : NIL)
	{
		pgm_effect_add(f, lfirst(lk), AccessExclusiveLock, PGM_WORK_NONE, NULL);
	}
}

/* Add an action that add_copy the table unless it changes lock_named_table. */
static void
add_copy(PgmForecast *f, PgmTable *t, bool changes)
{
	pgm_effect_add(f, t, f->mode, changes ? PGM_WORK_REWRITE : PGM_WORK_NONE,
				   changes ? "the table is copied" : "it is so already");
}

/* SET LOGGED */
static void
collect_set_logged(PgmForecast *f, PgmTable *t)
{
	add_copy(f, t, t->persistence != RELPERSISTENCE_PERMANENT);
}

/* SET UNLOGGED */
static void
collect_set_unlogged(PgmForecast *f, PgmTable *t)
{
	add_copy(f, t, t->persistence != RELPERSISTENCE_UNLOGGED);
}

/* SET TABLESPACE; partitioned tables have no files. */
static void
collect_set_tablespace(PgmForecast *f, PgmTable *t)
{
	Oid			to = get_tablespace_oid(f->action->name, true);

	/* pg_class has 0 for the default tablespace of the database */
	Oid			is = OidIsValid(t->tablespace) ? t->tablespace :
		MyDatabaseTableSpace;

	add_copy(f, t, t->kind != RELKIND_PARTITIONED_TABLE && to != is);
}

/* SET ACCESS METHOD; without a name, that is DEFAULT, which exists from 17 on */
static void
collect_set_access_method(PgmForecast *f, PgmTable *t)
{
	const char *name = f->action->name ? f->action->name :
		default_table_access_method;

	add_copy(f, t, t->kind != RELKIND_PARTITIONED_TABLE &&
			 get_table_am_oid(name, true) != t->method);
}

/* INHERIT; the lock on the parent is that of ATExecAddInherit(). */
static void
collect_inherit(PgmForecast *f, PgmTable *t)
{
	lock_named_table(f, t);
	pgm_effect_add(f, pgm_effect_table(f, (const RangeVar *) f->action->def),
				   ShareUpdateExclusiveLock, PGM_WORK_NONE, NULL);
}

/* NO INHERIT; the lock on the parent is that of ATExecDropInherit(). */
static void
collect_no_inherit(PgmForecast *f, PgmTable *t)
{
	lock_named_table(f, t);
	pgm_effect_add(f, pgm_effect_table(f, (const RangeVar *) f->action->def),
				   AccessShareLock, PGM_WORK_NONE, NULL);
}

/* ATTACH PARTITION.  Every table below the new partition is locked, and checked apart. */
static void
collect_attach(PgmForecast *f, PgmTable *t)
{
	const PartitionCmd *cmd = (const PartitionCmd *) f->action->def;
	PgmTable   *child = pgm_effect_table(f, cmd->name);
	ListCell   *lc;

	lock_named_table(f, t);
	/* ALTER INDEX ... ATTACH PARTITION is this action, too, and has no bound. */
	if (child == NULL || cmd->bound == NULL)
		return;
	foreach(lc, pgm_shadow_tree(f->shadow, child))
	{
		PgmTable   *one = lfirst(lc);
		const char *why = NULL;
		PgmWork		work = one->kind == RELKIND_RELATION ?
			pgm_work_of_attach(f->shadow, t, one, cmd->bound, &why) : PGM_WORK_NONE;

		pgm_effect_add(f, one, AccessExclusiveLock, work, why);
	}
	pgm_effects_on_partition(f, t, child);
	pgm_effects_on_default_partition(f, t, cmd->bound);
}

/*
 * DETACH PARTITION.  With CONCURRENTLY the partition gets its strongest lock in the second
 * transaction.
 */
static void
collect_detach(PgmForecast *f, PgmTable *t)
{
	const PartitionCmd *cmd = (const PartitionCmd *) f->action->def;
	PgmTable   *child = pgm_effect_table(f, cmd->name);
	ListCell   *lc;

	lock_named_table(f, t);
	pgm_effect_add(f, child, AccessExclusiveLock, PGM_WORK_NONE, NULL);
	foreach(lc, child ? pgm_shadow_referencing(f->shadow, child, NULL) : NIL)
	{
		pgm_effect_add(f, lfirst(lc), ShareLock,
					   ((PgmTable *) lfirst(lc))->kind == RELKIND_RELATION ?
					   PGM_WORK_SCAN : PGM_WORK_NONE,
					   "no row may refer to what is detached");
	}
	/* The server refuses CONCURRENTLY where there is a DEFAULT partition. */
	if (!cmd->concurrent)
		pgm_effect_add(f, pgm_shadow_default_partition(f->shadow, t), AccessExclusiveLock,
					   PGM_WORK_NONE, NULL);
}

/* Actions that do more than lock the named table */
static const struct
{
	AlterTableType action;
	PgmCollectAction collect;
}			actions[] =

{
	{.action = AT_AddColumn,.collect = collect_add_column},
	{.action = AT_ColumnDefault,.collect = lock_tree},
	{.action = AT_DropNotNull,.collect = lock_tree},
	{.action = AT_SetNotNull,.collect = collect_set_not_null},
	{.action = AT_DropExpression,.collect = lock_tree},
	{.action = AT_SetStatistics,.collect = lock_tree},
	{.action = AT_SetStorage,.collect = lock_tree},
	{.action = AT_DropColumn,.collect = collect_drop_column},
	{.action = AT_AddConstraint,.collect = collect_add_constraint},
	{.action = AT_AlterConstraint,.collect = lock_tree},
	{.action = AT_ValidateConstraint,.collect = collect_validate},
	{.action = AT_DropConstraint,.collect = collect_drop_constraint},
	{.action = AT_AlterColumnType,.collect = collect_alter_type},
	{.action = AT_SetLogged,.collect = collect_set_logged},
	{.action = AT_SetUnLogged,.collect = collect_set_unlogged},
	{.action = AT_SetTableSpace,.collect = collect_set_tablespace},
	{.action = AT_SetAccessMethod,.collect = collect_set_access_method},
	{.action = AT_AddInherit,.collect = collect_inherit},
	{.action = AT_DropInherit,.collect = collect_no_inherit},
	{.action = AT_AttachPartition,.collect = collect_attach},
	{.action = AT_DetachPartition,.collect = collect_detach},
	{.action = AT_DetachPartitionFinalize,.collect = collect_detach},
	{.action = AT_EnableTrig,.collect = lock_tree},
	{.action = AT_DisableTrig,.collect = lock_tree},
	{.action = AT_EnableTrigAll,.collect = lock_tree},
	{.action = AT_DisableTrigAll,.collect = lock_tree},
	{.action = AT_EnableTrigUser,.collect = lock_tree},
	{.action = AT_DisableTrigUser,.collect = lock_tree}
};

/* The effects of one action; behind ONLY the table has no inheritors. */
static void
collect_action(PgmForecast *f, PgmTable *t)
{
	Assert(f->action != NULL && f->target == t);
	for (int i = 0; i < (int) lengthof(actions); i++)
	{
		if (actions[i].action != f->action->subtype)
			continue;
		actions[i].collect(f, t);
		return;
	}
	lock_named_table(f, t);
}

/*
 * Collect the effects of one action while what the statement drops is gone.  The
 * shadow outlives an error, which lint reports for the statement alone: so what was
 * removed must be put back in any case.
 */
static void
collect_action_after_drops(PgmForecast *f, PgmTable *t)
{
	List	   *saved = pgm_alter_drops_begin(f->shadow, (const AlterTableStmt *) f->node, f->action);

	PG_TRY();
	{
		collect_action(f, t);
	}
	PG_FINALLY();
	{
		pgm_alter_drops_end(saved);
	}
	PG_END_TRY();
}

/* Collect the effects of an ALTER TABLE, or ALTER INDEX, VIEW and the like. */
void
pgm_effects_of_alter(PgmForecast *f)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) f->node;
	PgmTable   *t = pgm_effect_table(f, stmt->relation);
	ListCell   *lc;

	if (t == NULL)
		return;
	/* One lock for the whole statement: that of its strongest action. */
	Assert(f->target == NULL && f->action == NULL);
	f->mode = AlterTableGetLockLevel(stmt->cmds);
	f->target = t;
	/* a type is not inherited from, and yet CASCADE goes to the tables OF it */
	f->only = !stmt->relation->inh && stmt->objtype != OBJECT_TYPE;
	foreach(lc, stmt->cmds)
	{
		f->action = lfirst_node(AlterTableCmd, lc);
		collect_action_after_drops(f, t);
	}
	f->action = NULL;
	f->target = NULL;
}
