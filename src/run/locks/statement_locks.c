/*
 * statement_locks.c
 *	  Which locks the statements of scripts are known to take, before any of
 *	  them has run.
 *
 * A table that an earlier statement of the same transaction creates is not in
 * the catalog yet, so it contributes nothing.  Neither does what a function or
 * a DO block does.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "run/locks/relation_locks.h"

/* Add a lock; of one relation the strongest mode is kept. */
static List *
merge_lock(List *locks, const PgmLock *lock)
{
	PgmLock    *copy;
	ListCell   *lc;

	foreach(lc, locks)
	{
		PgmLock    *l = lfirst(lc);

		if (l->relid == lock->relid)
		{
			l->mode = Max(l->mode, lock->mode);
			return locks;
		}
	}
	copy = palloc(sizeof(PgmLock));
	*copy = *lock;
	return lappend(locks, copy);
}

/*
 * Let a SET of search_path, which decides what the names after it mean, take
 * effect within the caller's GUC nest level.  Returns false for a statement
 * after which names and rights are not known.
 */
static bool
follow(const PgmScript *script, const PgmStatement *s)
{
	const VariableSetStmt *set = (const VariableSetStmt *) s->raw->stmt;

	if (IsA(s->raw->stmt, SelectStmt))
		return strstr(pnstrdup(script->sql + s->start, s->end - s->start),
					  "set_config") == NULL;
	if (!IsA(s->raw->stmt, VariableSetStmt) || set->kind == VAR_SET_MULTI)
		return true;
	if (set->kind == VAR_RESET_ALL || strcmp(set->name, "role") == 0 ||
		strcmp(set->name, "session_authorization") == 0)
		return false;
	if (strcmp(set->name, "search_path") == 0)
		(void) set_config_option("search_path",
								 set->kind == VAR_SET_VALUE ?
								 ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) : NULL,
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return true;
}

/* Add the locks of some statements of one script. */
static List *
add_part(List *locks, const PgmLockPart *part)
{
	/* settings end with the script, as when it is executed */
	int			nest_level = NewGUCNestLevel();

	for (int i = 0; i < part->first + part->count; i++)
	{
		const PgmStatement *s = list_nth(part->script->statements, i);
		ListCell   *lc;

		if (!follow(part->script, s))
			break;
		if (i < part->first)
			continue;
		foreach(lc, IsA(s->raw->stmt, LockStmt) ?
				pgm_locks_of_lock((const LockStmt *) s->raw->stmt) :
				pgm_locks_of(s->raw->stmt))
		{
			locks = merge_lock(locks, lfirst(lc));
		}
	}
	AtEOXact_GUC(false, nest_level);
	return locks;
}

/*
 * The locks (PgmLock) that the parts of scripts (PgmLockPart) are known to
 * take, one for each relation, in the order in which they are first taken.
 */
List *
pgm_locks_of_parts(List *parts)
{
	List	   *locks = NIL;
	ListCell   *lc;

	foreach(lc, parts)
	{
		locks = add_part(locks, lfirst(lc));
	}
	return locks;
}

/* Add "count" statements of a script, from "first" on, to a list of parts. */
List *
pgm_locks_add_part(List *parts, const PgmScript *script, int first, int count)
{
	PgmLockPart *part = palloc(sizeof(PgmLockPart));

	part->script = script;
	part->first = first;
	part->count = count;
	return lappend(parts, part);
}
