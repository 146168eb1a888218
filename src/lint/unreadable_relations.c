/*
 * unreadable_relations.c
 *	  The relations named by a statement that could not be judged because another
 *	  session holds a lock, so that the report can say which session that is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"

#include "lint/lint.h"

/* A relation, if it is there; no lock is taken. */
static void
add(PgmLint *l, const RangeVar *rel, LOCKMODE mode)
{
	Oid			relid = RangeVarGetRelid(rel, NoLock, true);
	PgmBlocked *b;

	if (!OidIsValid(relid))
		return;
	b = palloc(sizeof(PgmBlocked));
	b->relid = relid;
	b->mode = mode;
	l->blocked = lappend(l->blocked, b);
}

/* The relations that a query names */
static bool
add_named(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
		add(context, (RangeVar *) node, AccessShareLock);
	return raw_expression_tree_walker(node, add_named, context);
}

/* The relations that a DROP names. */
static void
add_dropped(PgmLint *l, const DropStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		if (IsA(lfirst(lc), List) && stmt->removeType != OBJECT_SCHEMA)
			add(l, makeRangeVarFromNameList(lfirst(lc)), AccessExclusiveLock);
	}
}

/* Remember what the statement names, and the lock that it needs of that. */
void
pgm_lint_blocked(PgmLint *l)
{
	const Node *node = l->view.node;
	ListCell   *lc;

	switch (nodeTag(node))
	{
		case T_AlterTableStmt:
			add(l, ((const AlterTableStmt *) node)->relation,
				AlterTableGetLockLevel(((const AlterTableStmt *) node)->cmds));
			break;
		case T_IndexStmt:
			add(l, ((const IndexStmt *) node)->relation,
				((const IndexStmt *) node)->concurrent ? ShareUpdateExclusiveLock : ShareLock);
			break;
		case T_RenameStmt:
			if (((const RenameStmt *) node)->relation)
				add(l, ((const RenameStmt *) node)->relation, AccessExclusiveLock);
			break;
		case T_TruncateStmt:
			foreach(lc, ((const TruncateStmt *) node)->relations)
			{
				add(l, lfirst(lc), AccessExclusiveLock);
			}
			break;
		case T_DropStmt:
			add_dropped(l, (const DropStmt *) node);
			break;
		case T_SelectStmt:
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
			(void) add_named(unconstify(Node *, node), l);
			break;
		default:
			break;
	}
}
