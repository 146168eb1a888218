/*
 * commits_underneath.c
 *	  A utility hook that ends the transaction it is called in, as hooks of
 *	  some extensions do.
 *
 * A COMMENT with one of the texts below ends the transaction before it is
 * executed.  A concurrent build of an index "marked" makes it valid last, as
 * Citus does; one of "unmarked" leaves it invalid.  Only for tests, which load
 * it by shared_preload_libraries.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

static ProcessUtility_hook_type previous_hook = NULL;

/* Leave all subtransactions and the transaction block. */
static void
leave_blocks(void)
{
	while (ActiveSnapshotSet())
		PopActiveSnapshot();
	while (IsSubTransaction())
		ReleaseCurrentSubTransaction();
	if (IsTransactionBlock())
		(void) EndTransactionBlock(false);
}

static void
end_transaction(const char *how)
{
	/* as TimescaleDB does for transaction_per_chunk */
	if (strcmp(how, "checks, then commits") == 0)
		PreventInTransactionBlock(true, "COMMENT that commits");
	if (strcmp(how, "commits") == 0 || strcmp(how, "checks, then commits") == 0)
	{
		CommitTransactionCommand();
		StartTransactionCommand();
	}
	else if (strcmp(how, "pops, then commits") == 0)
	{
		PopActiveSnapshot();
		CommitTransactionCommand();
		StartTransactionCommand();
	}
	else if (strcmp(how, "leaves, then commits") == 0)
	{
		leave_blocks();
		CommitTransactionCommand();
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
	}
	else if (strcmp(how, "leaves") == 0)
		ReleaseCurrentSubTransaction();
	else if (strcmp(how, "rolls back") == 0 || strcmp(how, "rolls back, then fails") == 0)
	{
		AbortOutOfAnyTransaction();
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
		if (strcmp(how, "rolls back, then fails") == 0)
			ereport(ERROR, (errmsg("failed after the rollback")));
	}
}

/* Citus: an index is valid only when it is built on each shard. */
static void
build_of_shards(const IndexStmt *stmt)
{
	Relation	table = table_openrv(stmt->relation, ShareUpdateExclusiveLock);
	Oid			index = get_relname_relid(stmt->idxname, RelationGetNamespace(table));

	table_close(table, NoLock);
	index_set_state_flags(index, INDEX_DROP_CLEAR_VALID);
	CommandCounterIncrement();
	if (strcmp(stmt->idxname, "marked") == 0)
		index_set_state_flags(index, INDEX_CREATE_SET_VALID);
}

static void
hook(PlannedStmt *planned, const char *text, bool read_only,
	 ProcessUtilityContext context, ParamListInfo params,
	 QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *qc)
{
	const CommentStmt *stmt = (const CommentStmt *) planned->utilityStmt;
	const IndexStmt *index = (const IndexStmt *) planned->utilityStmt;

	if (IsA(stmt, CommentStmt) && stmt->comment)
		end_transaction(pstrdup(stmt->comment));
	if (previous_hook)
		previous_hook(planned, text, read_only, context, params, environment,
					  dest, qc);
	else
		standard_ProcessUtility(planned, text, read_only, context, params,
								environment, dest, qc);
	if (IsA(index, IndexStmt) && index->concurrent && index->idxname &&
		(strcmp(index->idxname, "marked") == 0 || strcmp(index->idxname, "unmarked") == 0))
		build_of_shards(index);
}

void
_PG_init(void)
{
	previous_hook = ProcessUtility_hook;
	ProcessUtility_hook = hook;
}
