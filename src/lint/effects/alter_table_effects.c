/*
 * alter_table_effects.c
 *	  The locks and the work of ALTER TABLE, action by action.
 *
 * The lock on the table is the server's own answer, AlterTableGetLockLevel().
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
on_tree(PgmForecast *f, PgmTable *t, PgmWorkOfAction work)
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
nothing(PgmForecast *f, PgmTable *t)
{
	pgm_effect_add(f, t, f->mode, PGM_WORK_NONE, NULL);
}

/* The lock on the table and its inheritors, and no work */
static void
nothing_on_tree(PgmForecast *f, PgmTable *t)
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

static PgmWork
work_of_add_column(PgmForecast *f, PgmTable *t, const char **why)
{
	const ColumnDef *def = (const ColumnDef *) f->action->def;

	if (pgm_table_column(t, def->colname, NULL))
	{
		*why = "the column is there already";
		return PGM_WORK_NONE;
	}
	return pgm_work_of_column(f, t, def, why);
}

static void
add_column(PgmForecast *f, PgmTable *t)
{
	const ColumnDef *def = (const ColumnDef *) f->action->def;

	on_tree(f, t, work_of_add_column);
	if (!pgm_table_column(t, def->colname, NULL))
		add_referenced(f, t, pgm_column_def_constraint(def, CONSTR_FOREIGN),
					   pgm_column_def_has_value(def));
}

static PgmWork
work_of_set_not_null(PgmForecast *f, PgmTable *t, const char **why)
{
	return t->kind == RELKIND_RELATION ?
		pgm_work_of_not_null(t, f->action->name, why) : PGM_WORK_NONE;
}

static void
set_not_null(PgmForecast *f, PgmTable *t)
{
	on_tree(f, t, work_of_set_not_null);
}

static PgmWork
work_of_alter_type(PgmForecast *f, PgmTable *t, const char **why)
{
	return pgm_work_of_type(f, t, f->action, why);
}

/*
 * The work for a foreign key when one of its columns changes its type: the server
 * drops it and adds it again, which checks it unless it is NOT VALID.
 */
static PgmWork
work_of_key(bool rewritten, bool valid, const char **why)
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

/* Lock the tables that foreign keys connect with the column that is altered. */
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

		work = work_of_key(rewritten && !tree_is_empty(f, t), key->valid, &why);
		foreach(lc, key->columns)
		{
			if (strcmp(lfirst(lc), f->action->name) == 0)
				pgm_effect_tree(f, key->referenced, AccessExclusiveLock, work, why);
		}
	}
	foreach(lk, pgm_shadow_referencing(f->shadow, t, f->action->name))
	{
		work = work_of_key(rewritten, has_valid_key(lfirst(lk), t), &why);
		pgm_effect_tree(f, lfirst(lk), AccessExclusiveLock, work, why);
	}
}

/* ALTER COLUMN TYPE */
static void
alter_type(PgmForecast *f, PgmTable *t)
{
	PgmWork		most = PGM_WORK_NONE;
	ListCell   *lc;

	on_tree(f, t, work_of_alter_type);
	foreach(lc, f->effects)
	{
		if (((PgmEffect *) lfirst(lc))->action == f->action)
			most = Max(most, ((PgmEffect *) lfirst(lc))->work);
	}
	alter_key_tables(f, t, most == PGM_WORK_REWRITE);
}

/* What ADD CONSTRAINT reads the rows for, or NULL if it does not. */
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

/* PRIMARY KEY makes the columns of those NOT NULL that inherit from the table. */
static PgmWork
work_of_inherited_key(PgmTable *t, const Constraint *c, const char **why)
{
	PgmWork		work = PGM_WORK_NONE;
	ListCell   *lc;

	foreach(lc, c->keys)
	{
		work = Max(work, pgm_work_of_not_null(t, strVal(lfirst(lc)), why));
	}
	return work;
}

/* A foreign key as the action would add it */
static PgmForeignKey
described_key(PgmForecast *f, const Constraint *c)
{
	PgmForeignKey key = {.columns = pgm_parse_tree_names(c->fk_attrs),.referenced = pgm_effect_table(f, c->pktable)};

	key.targets = c->pk_attrs ? pgm_parse_tree_names(c->pk_attrs) :
		pgm_table_primary_key(key.referenced);
	key.manner = pgm_foreign_key_manner(c->fk_upd_action, c->fk_del_action, c->fk_matchtype,
										c->deferrable, c->initdeferred);
	return key;
}

/* The index of a key as the action would add it */
static PgmIndex
described_index(PgmTable *t, const Constraint *c)
{
	PgmIndex	index = {.table = t,.method = "btree",.unique = true,.valid = true,.constraint = ""};

	index.columns = pgm_parse_tree_names(list_concat_copy(c->keys, c->including));
	index.nkeys = list_length(c->keys);
	index.primary = c->contype == CONSTR_PRIMARY;
	index.nulls_not_distinct = c->nulls_not_distinct;
	return index;
}

/*
 * Has a partition an equal of the key that is added to the partitioned table?  Then
 * that is taken over, as tryAttachPartitionForeignKey() and DefineIndex() do.
 */
static const char *
taken_over(PgmForecast *f, const PgmTable *t, const Constraint *c)
{
	PgmForeignKey key;
	PgmIndex	index;

	if (t == f->target || f->target->kind != RELKIND_PARTITIONED_TABLE)
		return NULL;
	if (c->contype == CONSTR_FOREIGN)
	{
		key = described_key(f, c);
		return pgm_partition_has_equal(f->shadow, f->target, t, NULL, &key) ?
			"the foreign key of the partition is taken over" : NULL;
	}
	if (c->contype != CONSTR_PRIMARY && c->contype != CONSTR_UNIQUE)
		return NULL;
	index = described_index(f->target, c);
	return pgm_partition_has_equal(f->shadow, f->target, t, &index, NULL) ?
		"the key of the partition is taken over" : NULL;
}

static PgmWork
work_of_add_constraint(PgmForecast *f, PgmTable *t, const char **why)
{
	const Constraint *c = (const Constraint *) f->action->def;
	const char *column = pgm_constraint_not_null_column(c);

	if (t->kind != RELKIND_RELATION)
		return PGM_WORK_NONE;
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
	*why = taken_over(f, t, c);
	if (*why)
		return PGM_WORK_NONE;
	if (column)
		return pgm_work_of_not_null(t, column, why);
	*why = constraint_work(c);
	return *why ? PGM_WORK_SCAN : PGM_WORK_NONE;
}

/* Is a constraint added to the named table only?  Keys are not inherited. */
static bool
is_for_one(const PgmTable *t, const Constraint *c)
{
	return c->is_no_inherit ||
		(t->kind != RELKIND_PARTITIONED_TABLE &&
		 (c->contype == CONSTR_UNIQUE || c->contype == CONSTR_EXCLUSION ||
		  c->contype == CONSTR_FOREIGN));
}

/* Does the action read rows of any table, by the effects collected so far? */
static bool
is_checked(const PgmForecast *f)
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

static void
add_constraint(PgmForecast *f, PgmTable *t)
{
	const Constraint *c = (const Constraint *) f->action->def;

	if (is_for_one(t, c))
	{
		const char *why = NULL;
		PgmWork		work = work_of_add_constraint(f, t, &why);

		pgm_effect_add(f, t, f->mode, work, why);
	}
	else
		on_tree(f, t, work_of_add_constraint);
	if (c->contype == CONSTR_FOREIGN)
		add_referenced(f, t, c, is_checked(f));
}

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

static void
validate(PgmForecast *f, PgmTable *t)
{
	const PgmForeignKey *key = find_key(t, f->action->name);

	on_tree(f, t, work_of_validate);
	if (key && !key->valid)
		pgm_effect_add(f, key->referenced, RowShareLock, PGM_WORK_NONE, NULL);
}

/* DROP CONSTRAINT; that of a foreign key removes triggers of the other table. */
static void
drop_constraint(PgmForecast *f, PgmTable *t)
{
	const PgmForeignKey *key = find_key(t, f->action->name);
	ListCell   *lc;

	nothing_on_tree(f, t);
	if (key)
		pgm_effect_add(f, key->referenced, AccessExclusiveLock, PGM_WORK_NONE,
					   NULL);
	if (f->action->behavior == DROP_CASCADE)
		foreach(lc, pgm_shadow_referencing(f->shadow, t, NULL))
	{
		pgm_effect_add(f, lfirst(lc), AccessExclusiveLock, PGM_WORK_NONE,
					   NULL);
	}
}

/* DROP COLUMN; with its foreign keys go their triggers on the other tables. */
static void
drop_column(PgmForecast *f, PgmTable *t)
{
	ListCell   *lk;
	ListCell   *lc;

	nothing_on_tree(f, t);
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
	if (f->action->behavior == DROP_CASCADE)
		foreach(lk, pgm_shadow_referencing(f->shadow, t, f->action->name))
	{
		pgm_effect_add(f, lfirst(lk), AccessExclusiveLock, PGM_WORK_NONE,
					   NULL);
	}
}

/* Add an action that copies the table unless it changes nothing. */
static void
copies(PgmForecast *f, PgmTable *t, bool changes)
{
	pgm_effect_add(f, t, f->mode, changes ? PGM_WORK_REWRITE : PGM_WORK_NONE,
				   changes ? "the table is copied" : "it is so already");
}

static void
set_logged(PgmForecast *f, PgmTable *t)
{
	copies(f, t, t->persistence != RELPERSISTENCE_PERMANENT);
}

static void
set_unlogged(PgmForecast *f, PgmTable *t)
{
	copies(f, t, t->persistence != RELPERSISTENCE_UNLOGGED);
}

static void
set_tablespace(PgmForecast *f, PgmTable *t)
{
	Oid			to = get_tablespace_oid(f->action->name, true);
	Oid			is = OidIsValid(t->tablespace) ? t->tablespace :
		MyDatabaseTableSpace;

	copies(f, t, t->kind != RELKIND_PARTITIONED_TABLE && to != is);
}

static void
set_access_method(PgmForecast *f, PgmTable *t)
{
	const char *name = f->action->name ? f->action->name :
		default_table_access_method;

	copies(f, t, t->kind != RELKIND_PARTITIONED_TABLE &&
		   get_table_am_oid(name, true) != t->method);
}

static void
inherit(PgmForecast *f, PgmTable *t)
{
	nothing(f, t);
	pgm_effect_add(f, pgm_effect_table(f, (const RangeVar *) f->action->def),
				   ShareUpdateExclusiveLock, PGM_WORK_NONE, NULL);
}

static void
no_inherit(PgmForecast *f, PgmTable *t)
{
	nothing(f, t);
	pgm_effect_add(f, pgm_effect_table(f, (const RangeVar *) f->action->def),
				   AccessShareLock, PGM_WORK_NONE, NULL);
}

/* ATTACH PARTITION */
static void
attach(PgmForecast *f, PgmTable *t)
{
	const PartitionCmd *cmd = (const PartitionCmd *) f->action->def;
	PgmTable   *child = pgm_effect_table(f, cmd->name);
	ListCell   *lc;

	nothing(f, t);
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

/* DETACH PARTITION */
static void
detach(PgmForecast *f, PgmTable *t)
{
	const PartitionCmd *cmd = (const PartitionCmd *) f->action->def;
	PgmTable   *child = pgm_effect_table(f, cmd->name);
	ListCell   *lc;

	nothing(f, t);
	pgm_effect_add(f, child, AccessExclusiveLock, PGM_WORK_NONE, NULL);
	foreach(lc, child ? pgm_shadow_referencing(f->shadow, child, NULL) : NIL)
	{
		pgm_effect_add(f, lfirst(lc), ShareLock,
					   ((PgmTable *) lfirst(lc))->kind == RELKIND_RELATION ?
					   PGM_WORK_SCAN : PGM_WORK_NONE,
					   "no row may refer to what is detached");
	}
	if (!cmd->concurrent)
		pgm_effect_add(f, pgm_shadow_default_partition(f->shadow, t), AccessExclusiveLock,
					   PGM_WORK_NONE, NULL);
}

/* Actions that do more than to lock the one table */
static const struct
{
	AlterTableType action;
	PgmCollectAction collect;
}			actions[] =

{
	{AT_AddColumn, add_column},
	{AT_ColumnDefault, nothing_on_tree},
	{AT_DropNotNull, nothing_on_tree},
	{AT_SetNotNull, set_not_null},
	{AT_DropExpression, nothing_on_tree},
	{AT_SetStatistics, nothing_on_tree},
	{AT_SetStorage, nothing_on_tree},
	{AT_DropColumn, drop_column},
	{AT_AddConstraint, add_constraint},
	{AT_AlterConstraint, nothing_on_tree},
	{AT_ValidateConstraint, validate},
	{AT_DropConstraint, drop_constraint},
	{AT_AlterColumnType, alter_type},
	{AT_SetLogged, set_logged},
	{AT_SetUnLogged, set_unlogged},
	{AT_SetTableSpace, set_tablespace},
	{AT_SetAccessMethod, set_access_method},
	{AT_AddInherit, inherit},
	{AT_DropInherit, no_inherit},
	{AT_AttachPartition, attach},
	{AT_DetachPartition, detach},
	{AT_DetachPartitionFinalize, detach},
	{AT_EnableTrig, nothing_on_tree},
	{AT_DisableTrig, nothing_on_tree},
	{AT_EnableTrigAll, nothing_on_tree},
	{AT_DisableTrigAll, nothing_on_tree},
	{AT_EnableTrigUser, nothing_on_tree},
	{AT_DisableTrigUser, nothing_on_tree}
};

/* The effects of one action; behind ONLY the table has no inheritors. */
static void
of_action(PgmForecast *f, PgmTable *t)
{
	for (int i = 0; i < (int) lengthof(actions); i++)
	{
		if (actions[i].action != f->action->subtype)
			continue;
		actions[i].collect(f, t);
		return;
	}
	nothing(f, t);
}

/*
 * Collect the effects of one action while what the statement drops is gone.  The
 * shadow outlives an error, which lint reports for the statement alone: so what was
 * removed must be put back in any case.
 */
static void
of_action_after_drops(PgmForecast *f, PgmTable *t)
{
	List	   *saved = pgm_alter_drops_begin(f->shadow, (const AlterTableStmt *) f->node, f->action);

	PG_TRY();
	{
		of_action(f, t);
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
	f->mode = AlterTableGetLockLevel(stmt->cmds);
	f->target = t;
	/* a type is not inherited from, and yet CASCADE goes to the tables OF it */
	f->only = !stmt->relation->inh && stmt->objtype != OBJECT_TYPE;
	foreach(lc, stmt->cmds)
	{
		f->action = lfirst_node(AlterTableCmd, lc);
		of_action_after_drops(f, t);
	}
	f->action = NULL;
	f->target = NULL;
}
