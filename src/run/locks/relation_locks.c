/*
 * relation_locks.c
 *	  Which locks a statement takes on relations that exist before it, as far as
 *	  its parse tree and the catalog tell.
 *
 * The list may be incomplete: for other locks the statement itself waits in the
 * queue.  Only locks that the current user could take by this statement are listed,
 * or a role without privileges on a table could block it.  Names are looked up
 * without locks; if they mean something else by the time the statement is executed,
 * only the benefit is lost.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "run/locks/relation_locks.h"

/* Append a lock on a relation. */
static List *
add_lock(List *locks, Oid relid, LOCKMODE mode)
{
	PgmLock    *lock = palloc(sizeof(PgmLock));

	lock->relid = relid;
	lock->mode = mode;
	return lappend(locks, lock);
}

/*
 * The relation of a name, or InvalidOid.  Temporary relations count as missing, as no
 * other session has locks on them.
 */
static Oid
find_relation(const RangeVar *rel)
{
	Oid			relid;

	if (rel == NULL)
		return InvalidOid;
	relid = RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
	if (!OidIsValid(relid) || get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		return InvalidOid;
	return relid;
}

/* The relation of a name if the current user owns it, or InvalidOid. */
static Oid
find_owned(const RangeVar *rel)
{
	Oid			relid = find_relation(rel);

	return OidIsValid(relid) && pgm_owns_relation(relid) ? relid : InvalidOid;
}

/* Append locks on a relation and, with "children", on its partitions and children. */
static List *
add_tree(List *locks, Oid relid, LOCKMODE mode, bool children)
{
	ListCell   *lc;

	if (!children || !has_subclass(relid))
		return add_lock(locks, relid, mode);
	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
	{
		locks = add_lock(locks, lfirst_oid(lc), mode);
	}
	return locks;
}

/*
 * Append locks on the relation of a name, if the current user owns it; with "children",
 * and without ONLY in the statement, also on its partitions and children.
 */
static List *
add_owned(List *locks, const RangeVar *rel, LOCKMODE mode, bool children)
{
	Oid			relid = find_owned(rel);

	return OidIsValid(relid) ?
		add_tree(locks, relid, mode, children && rel->inh) : locks;
}

/*
 * Append locks on the tables that foreign keys of a table refer to, all or the one of
 * this name: dropping a foreign key drops its triggers on the referenced table.
 */
static List *
add_referenced(List *locks, Oid relid, const char *constraint)
{
	Relation	rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, ConstraintRelidTypidNameIndexId, true,
							  NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint con = (Form_pg_constraint) GETSTRUCT(tuple);

		if (con->contype == CONSTRAINT_FOREIGN &&
			(constraint == NULL ||
			 strcmp(NameStr(con->conname), constraint) == 0))
			locks = add_lock(locks, con->confrelid, AccessExclusiveLock);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return locks;
}

/*
 * Append the lock on the table that a new foreign key refers to, on which it creates
 * triggers.  The privilege it needs there is REFERENCES.
 */
static List *
add_foreign_key(List *locks, const Node *node)
{
	const Constraint *con = (const Constraint *) node;
	Oid			relid;

	if (!IsA(con, Constraint) || con->contype != CONSTR_FOREIGN)
		return locks;
	relid = find_relation(con->pktable);
	if (!OidIsValid(relid) ||
		pg_class_aclcheck(relid, GetUserId(), ACL_REFERENCES) != ACLCHECK_OK)
		return locks;
	return add_lock(locks, relid, ShareRowExclusiveLock);
}

/* Append the locks that the foreign keys of a new column, or a new constraint, need. */
static List *
add_element(List *locks, const Node *node)
{
	ListCell   *lc;

	if (!IsA(node, ColumnDef))
		return add_foreign_key(locks, node);
	foreach(lc, ((const ColumnDef *) node)->constraints)
	{
		locks = add_foreign_key(locks, lfirst(lc));
	}
	return locks;
}

/* Append the locks of one action of ALTER TABLE on other relations than the table. */
static List *
add_action(List *locks, const AlterTableCmd *cmd, Oid relid)
{
	switch (cmd->subtype)
	{
		case AT_AddColumn:
		case AT_AddConstraint:
			return add_element(locks, cmd->def);
		case AT_DropConstraint:
			return add_referenced(locks, relid, cmd->name);
		case AT_AttachPartition:
		case AT_DetachPartition:
			return add_owned(locks, ((const PartitionCmd *) cmd->def)->name,
							 AccessExclusiveLock, true);
		default:
			return locks;
	}
}

/* The locks of ALTER TABLE, at the level that the server computes from its actions. */
static List *
locks_of_alter(const AlterTableStmt *stmt)
{
	Oid			relid = find_owned(stmt->relation);
	List	   *locks;
	ListCell   *lc;

	if (!OidIsValid(relid))
		return NIL;
	locks = add_tree(NIL, relid, AlterTableGetLockLevel(stmt->cmds),
					 stmt->relation->inh);
	foreach(lc, stmt->cmds)
	{
		locks = add_action(locks, lfirst_node(AlterTableCmd, lc), relid);
	}
	return locks;
}

/*
 * Append the locks for dropping a relation.  RangeVarCallbackForDropRelation() locks the
 * table of an index before the index, to avoid deadlocks; so do we.
 */
static List *
add_dropped(List *locks, List *name)
{
	Oid			relid = find_owned(makeRangeVarFromNameList(name));
	char		kind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';

	if (kind == '\0')
		return locks;
	if (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX)
		locks = add_lock(locks, IndexGetRelation(relid, true),
						 AccessExclusiveLock);
	else
		locks = add_referenced(locks, relid, NULL);
	return add_tree(locks, relid, AccessExclusiveLock, true);
}

/*
 * The locks of DROP, of relations and of what belongs to a table.  The name of a trigger,
 * policy or rule follows that of its table.
 */
static List *
locks_of_drop(const DropStmt *stmt)
{
	List	   *locks = NIL;
	ListCell   *lc;

	/* it waits for its locks in several transactions, and blocks nobody */
	if (stmt->concurrent)
		return NIL;
	foreach(lc, stmt->objects)
	{
		List	   *name;

		switch (stmt->removeType)
		{
			case OBJECT_TABLE:
			case OBJECT_INDEX:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
			case OBJECT_SEQUENCE:
			case OBJECT_FOREIGN_TABLE:
				locks = add_dropped(locks, lfirst(lc));
				break;
			case OBJECT_TRIGGER:
			case OBJECT_POLICY:
			case OBJECT_RULE:
				name = list_copy(lfirst(lc));
				name = list_truncate(name, list_length(name) - 1);
				locks = add_owned(locks, makeRangeVarFromNameList(name),
								  AccessExclusiveLock, true);
				break;
			default:
				break;
		}
	}
	return locks;
}

/* The locks of CREATE TABLE on referenced tables and on parents. */
static List *
locks_of_create(const CreateStmt *stmt)
{
	List	   *locks = NIL;
	ListCell   *lc;

	foreach(lc, stmt->tableElts)
	{
		locks = add_element(locks, lfirst(lc));
	}
	foreach(lc, stmt->constraints)
	{
		locks = add_foreign_key(locks, lfirst(lc));
	}
	foreach(lc, stmt->inhRelations)
	{
		locks = add_owned(locks, lfirst(lc), ShareUpdateExclusiveLock, false);
	}
	return locks;
}

/* The locks of ALTER ... RENAME of a relation or a part of one. */
static List *
locks_of_rename(const RenameStmt *stmt)
{
	bool		index = stmt->renameType == OBJECT_INDEX;

	/* a column is renamed in children as well, a relation by itself */
	return add_owned(NIL, stmt->relation, index ? ShareUpdateExclusiveLock :
					 AccessExclusiveLock,
					 stmt->renameType == OBJECT_COLUMN);
}

/* The locks of TRUNCATE on the tables that it names; CASCADE may add others. */
static List *
locks_of_truncate(const TruncateStmt *stmt)
{
	List	   *locks = NIL;
	ListCell   *lc;

	foreach(lc, stmt->relations)
	{
		locks = add_owned(locks, lfirst(lc), AccessExclusiveLock, true);
	}
	return locks;
}

/*
 * The locks of LOCK TABLE.  pgm_locks_of() does not have them, so that the statement
 * waits as its author wrote it; NOWAIT must fail at once.
 */
List *
pgm_locks_of_lock(const LockStmt *stmt)
{
	List	   *locks = NIL;
	ListCell   *lc;

	if (stmt->nowait)
		return NIL;
	foreach(lc, stmt->relations)
	{
		locks = add_owned(locks, lfirst(lc), stmt->mode, true);
	}
	return locks;
}

/*
 * The locks (PgmLock) of a statement, in the order in which it takes them as far as that
 * is known: another order could deadlock with sessions that execute the same statement.
 */
List *
pgm_locks_of(const Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_AlterTableStmt:
			return locks_of_alter((const AlterTableStmt *) statement);
		case T_DropStmt:
			return locks_of_drop((const DropStmt *) statement);
		case T_CreateStmt:
			return locks_of_create((const CreateStmt *) statement);
		case T_RenameStmt:
			return locks_of_rename((const RenameStmt *) statement);
		case T_TruncateStmt:
			return locks_of_truncate((const TruncateStmt *) statement);
		case T_IndexStmt:
			return ((const IndexStmt *) statement)->concurrent ? NIL :
				add_owned(NIL, ((const IndexStmt *) statement)->relation,
						  ShareLock, true);
		case T_CreateTrigStmt:
			return add_owned(NIL, ((const CreateTrigStmt *) statement)->relation,
							 ShareRowExclusiveLock, true);
		case T_CreatePolicyStmt:
			return add_owned(NIL, ((const CreatePolicyStmt *) statement)->table,
							 AccessExclusiveLock, false);
		case T_AlterPolicyStmt:
			return add_owned(NIL, ((const AlterPolicyStmt *) statement)->table,
							 AccessExclusiveLock, false);
		case T_RuleStmt:
			return add_owned(NIL, ((const RuleStmt *) statement)->relation,
							 AccessExclusiveLock, false);
		case T_AlterObjectSchemaStmt:
			return add_owned(NIL,
							 ((const AlterObjectSchemaStmt *) statement)->relation,
							 AccessExclusiveLock, false);
		case T_RefreshMatViewStmt:
			return add_owned(NIL,
							 ((const RefreshMatViewStmt *) statement)->relation,
							 ((const RefreshMatViewStmt *) statement)->concurrent ?
							 ExclusiveLock : AccessExclusiveLock, false);
		default:
			return NIL;
	}
}
