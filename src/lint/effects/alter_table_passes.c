/*
 * alter_table_passes.c
 *	  ALTER TABLE executes its DROP actions first, wherever they are written: so the
 *	  other actions of the statement are judged without what it drops.
 *
 * ATController() works in passes, of which AT_PASS_DROP is the first.  The order of
 * the later passes needs no care: a column that the statement adds is not known to
 * hold no null, and a constraint that it adds is not proven in time for another
 * action.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"

#include "lint/effects/effects_internal.h"

/* What a table had before something was removed for a while */
typedef struct PgmSavedTable
{
	PgmTable   *table;
	List	   *columns;
	List	   *checks;
	List	   *keys;
	List	   *indexes;
} PgmSavedTable;

/* Does the action belong to the first pass, as far as lint follows it? */
static bool
is_drop(const AlterTableCmd *cmd)
{
	return cmd->subtype == AT_DropConstraint || cmd->subtype == AT_DropColumn;
}

/*
 * Save the lists of a table, and give it copies of them to be changed.  A table that
 * is saved already is left alone: it must get back what it had at first.
 */
static List *
save_table(List *saved, PgmTable *t)
{
	PgmSavedTable *a;
	ListCell   *lc;

	foreach(lc, saved)
	{
		if (((PgmSavedTable *) lfirst(lc))->table == t)
			return saved;
	}
	a = palloc(sizeof(PgmSavedTable));
	*a = (PgmSavedTable)
	{
		t, t->columns, t->checks, t->keys, t->indexes
	};
	t->columns = list_copy(t->columns);
	t->checks = list_copy(t->checks);
	t->keys = list_copy(t->keys);
	t->indexes = list_copy(t->indexes);
	return lappend(saved, a);
}

/* Is a name in a list, which has NULL for expressions? */
static bool
has_name(const List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		if (lfirst(lc) && strcmp(lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* DROP CONSTRAINT ... CASCADE removes foreign keys that refer to the key. */
static List *
cascade(PgmShadow *s, List *saved, PgmTable *t, const List *columns)
{
	ListCell   *lt;
	ListCell   *lk;
	ListCell   *lc;

	foreach(lt, pgm_shadow_referencing(s, t, NULL))
	{
		PgmTable   *other = lfirst(lt);

		saved = save_table(saved, other);
		foreach(lk, other->keys)
		{
			const PgmForeignKey *key = lfirst(lk);
			bool		goes = key->referenced == t;

			foreach(lc, key->targets)
			{
				goes = goes && lfirst(lc) && has_name(columns, lfirst(lc));
			}
			if (goes)
				other->keys = foreach_delete_current(other->keys, lk);
		}
	}
	return saved;
}

/* Remove a constraint for a while, with its index. */
static List *
without_constraint(PgmShadow *s, List *saved, PgmTable *t, const AlterTableCmd *cmd)
{
	ListCell   *lc;

	foreach(lc, t->checks)
	{
		if (strcmp(((PgmCheck *) lfirst(lc))->name, cmd->name) == 0)
			t->checks = foreach_delete_current(t->checks, lc);
	}
	foreach(lc, t->keys)
	{
		if (strcmp(((PgmForeignKey *) lfirst(lc))->name, cmd->name) == 0)
			t->keys = foreach_delete_current(t->keys, lc);
	}
	foreach(lc, t->indexes)
	{
		const PgmIndex *index = lfirst(lc);

		if (index->constraint == NULL || strcmp(index->constraint, cmd->name) != 0)
			continue;
		t->indexes = foreach_delete_current(t->indexes, lc);
		if (cmd->behavior == DROP_CASCADE)
			saved = cascade(s, saved, t, index->columns);
	}
	return saved;
}

/* Does a CHECK contain a column? */
static bool
mentions(const PgmCheck *check, AttrNumber attnum)
{
	Bitmapset  *columns = NULL;

	pull_varattnos(check->expr, 1, &columns);
	return bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, columns);
}

/* Remove a column for a while, with what depends on it. */
static void
without_column(const PgmShadow *s, PgmTable *t, const char *name)
{
	AttrNumber	attnum;
	PgmColumn  *column = pgm_table_column(t, name, &attnum);
	PgmColumn  *gone;
	ListCell   *lc;

	if (column == NULL)
		return;
	/* The list was copied, but its columns are shared with the saved list. */
	gone = palloc(sizeof(PgmColumn));
	*gone = *column;
	gone->name = NULL;
	gone->old_name = column->name;
	gone->script = s->script;
	Assert(attnum >= 1 && attnum <= list_length(t->columns));
	lfirst(list_nth_cell(t->columns, attnum - 1)) = gone;
	foreach(lc, t->checks)
	{
		if (mentions(lfirst(lc), attnum))
			t->checks = foreach_delete_current(t->checks, lc);
	}
	foreach(lc, t->keys)
	{
		if (has_name(((PgmForeignKey *) lfirst(lc))->columns, name))
			t->keys = foreach_delete_current(t->keys, lc);
	}
	foreach(lc, t->indexes)
	{
		if (has_name(((PgmIndex *) lfirst(lc))->columns, name))
			t->indexes = foreach_delete_current(t->indexes, lc);
	}
}

/*
 * Take from the shadow, for a while, what the other actions of the statement
 * drop before this one is done.  The result is for pgm_alter_drops_end().
 */
List *
pgm_alter_drops_begin(PgmShadow *s, const AlterTableStmt *stmt, const AlterTableCmd *action)
{
	PgmTable   *t = is_drop(action) ? NULL : pgm_shadow_table(s, stmt->relation);
	List	   *saved = NIL;
	ListCell   *la;
	ListCell   *lt;

	foreach(la, t ? stmt->cmds : NIL)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, la);

		if (!is_drop(cmd))
			continue;
		foreach(lt, stmt->relation->inh ? pgm_shadow_tree(s, t) : list_make1(t))
		{
			saved = save_table(saved, lfirst(lt));
			if (cmd->subtype == AT_DropColumn)
				without_column(s, lfirst(lt), cmd->name);
			else
				saved = without_constraint(s, saved, lfirst(lt), cmd);
		}
	}
	return saved;
}

/* Give the tables back what pgm_alter_drops_begin() removed from them. */
void
pgm_alter_drops_end(List *saved)
{
	ListCell   *lc;

	foreach(lc, saved)
	{
		PgmSavedTable *a = lfirst(lc);

		a->table->columns = a->columns;
		a->table->checks = a->checks;
		a->table->keys = a->keys;
		a->table->indexes = a->indexes;
	}
}
