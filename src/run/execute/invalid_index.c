/*
 * invalid_index.c
 *	  No invalid index is taken for a good one while a migration runs.
 *
 * A concurrent build that failed leaves an invalid index: CREATE INDEX IF NOT
 * EXISTS then succeeds without effect, ALTER INDEX ... ATTACH PARTITION takes
 * it, and the partitioned index stays invalid without a word.  The statements
 * are looked at in the hook for utility commands, so that those of functions
 * and DO blocks are seen as well.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "run/execute/invalid_index.h"
#include "run/locks/run_lock.h"
#include "util/relation_name.h"

static ProcessUtility_hook_type previous_utility_hook = NULL;

/* An index that is to be valid after a statement */
typedef struct PgmExpected
{
	Oid			schema;			/* InvalidOid: none is expected */
	char	   *name;			/* or NULL: one that is new */
	Oid			partitioned;	/* its table, if that is partitioned */
	List	   *before;			/* the indexes of that */
} PgmExpected;

static Oid
relation_of(const RangeVar *rel)
{
	return RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
}

static bool
is_index(Oid relid)
{
	char		kind = OidIsValid(relid) ? get_rel_relkind(relid) : 0;

	return kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX;
}

static bool
is_invalid(Oid relid)
{
	return is_index(relid) && !get_index_isvalid(relid);
}

/*
 * Refuse to create an index under the name of an invalid one.
 *
 * A partitioned index is invalid as long as a partition has no valid index
 * attached to it.  CREATE INDEX IF NOT EXISTS ... ON ONLY expects that, as the
 * statements after it attach those; without ONLY it would promise an index on
 * all partitions, so it is refused.
 *
 * Raises 42P07.
 */
void
pgm_index_refuse_invalid(const IndexStmt *stmt)
{
	Oid			relid = relation_of(stmt->relation);
	Oid			index;
	bool		partitioned;

	if (!OidIsValid(relid) || stmt->idxname == NULL)
		return;
	index = get_relname_relid(stmt->idxname, get_rel_namespace(relid));
	if (!is_invalid(index))
		return;
	partitioned = get_rel_relkind(index) == RELKIND_PARTITIONED_INDEX;
	if (partitioned && (!stmt->if_not_exists || !stmt->relation->inh))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_TABLE),
			 errmsg("index \"%s\" exists already, and is invalid",
					stmt->idxname),
			 partitioned ?
			 errdetail("A partition has no valid index attached to it, and IF NOT EXISTS would not create one.") :
			 errdetail("A build that was interrupted has left it; no query uses it, and IF NOT EXISTS would take it for a good one."),
			 partitioned ?
			 errhint("Attach an index of each partition with ALTER INDEX %s ATTACH PARTITION, or DROP INDEX %s; and call again.",
					 pgm_relation_name(index), pgm_relation_name(index)) :
			 errhint("Drop it with DROP INDEX CONCURRENTLY %s, and call again.",
					 pgm_relation_name(index))));
}

/*
 * Refuse to attach an invalid index.  One that is itself partitioned may get
 * its partitions later.
 */
static void
refuse_attach(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	if (stmt->objtype != OBJECT_INDEX)
		return;
	foreach(lc, stmt->cmds)
	{
		const AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);
		Oid			index;

		if (cmd->subtype != AT_AttachPartition)
			continue;
		index = relation_of(((PartitionCmd *) cmd->def)->name);
		if (is_invalid(index) && get_rel_relkind(index) == RELKIND_INDEX)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("index \"%s\" is not valid", get_rel_name(index)),
					 errdetail("A build that was interrupted has left it; the index it is attached to would stay invalid."),
					 errhint("Build it again with REINDEX INDEX CONCURRENTLY %s, and call again.",
							 pgm_relation_name(index))));
	}
}

static List *
indexes_of(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	List	   *indexes = RelationGetIndexList(rel);

	relation_close(rel, NoLock);
	return indexes;
}

/* Which index is to be valid after the statement? */
static PgmExpected
expect(const Node *node)
{
	PgmExpected expected = {0};

	if (IsA(node, IndexStmt))
	{
		const IndexStmt *stmt = (const IndexStmt *) node;
		Oid			relid = relation_of(stmt->relation);

		if (!OidIsValid(relid))
			return expected;
		if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		{
			if (!stmt->relation->inh)
				return expected;
			expected.partitioned = relid;
			expected.before = indexes_of(relid);
		}
		expected.schema = get_rel_namespace(relid);
		expected.name = stmt->idxname ? pstrdup(stmt->idxname) : NULL;
	}
	else if (IsA(node, ReindexStmt) &&
			 ((const ReindexStmt *) node)->kind == REINDEX_OBJECT_INDEX)
	{
		Oid			index = relation_of(((const ReindexStmt *) node)->relation);

		/* that of a partitioned table may stay invalid */
		if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX)
			return expected;
		expected.schema = get_rel_namespace(index);
		expected.name = get_rel_name(index);	/* it may become another one */
	}
	return expected;
}

/* An invalid index among the partitions of one, or InvalidOid. */
static Oid
invalid_partition(Oid index)
{
	ListCell   *lc;

	foreach(lc, find_inheritance_children(index, NoLock))
	{
		if (is_invalid(lfirst_oid(lc)))
			return lfirst_oid(lc);
	}
	return InvalidOid;
}

static void
complain(Oid index)
{
	Oid			partition = get_rel_relkind(index) == RELKIND_PARTITIONED_INDEX ?
		invalid_partition(index) : InvalidOid;

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("index \"%s\" is not valid after the statement that creates or rebuilds it",
					get_rel_name(index)),
			 OidIsValid(partition) ?
			 errdetail("Index %s of a partition was there before, and is invalid.",
					   pgm_relation_name(partition)) :
			 errdetail("No query would use it."),
			 errhint("Drop it with DROP INDEX CONCURRENTLY %s, and call again.",
					 pgm_relation_name(OidIsValid(partition) ? partition : index))));
}

/* Raise 55000 if the index is not valid. */
static void
check(const PgmExpected *expected)
{
	ListCell   *lc;
	Oid			index = InvalidOid;

	if (!OidIsValid(expected->schema))
		return;
	/* a hook may have written to pg_index last, as that of Citus does */
	CommandCounterIncrement();
	if (expected->name)
		index = get_relname_relid(expected->name, expected->schema);
	if (is_invalid(index))
		complain(index);
	if (!OidIsValid(expected->partitioned))
		return;
	foreach(lc, indexes_of(expected->partitioned))
	{
		if (!list_member_oid(expected->before, lfirst_oid(lc)) &&
			is_invalid(lfirst_oid(lc)))
			complain(lfirst_oid(lc));
	}
}

static void
utility_hook(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	Node	   *node = pstmt->utilityStmt;
	bool		looked_at = pgm_run_active &&
		(IsA(node, IndexStmt) || IsA(node, ReindexStmt) || IsA(node, AlterTableStmt));
	PgmExpected expected = {0};

	if (looked_at)
	{
		if (IsA(node, IndexStmt))
			pgm_index_refuse_invalid((IndexStmt *) node);
		else if (IsA(node, AlterTableStmt))
			refuse_attach((AlterTableStmt *) node);
		expected = expect(node);
	}
	if (previous_utility_hook)
		previous_utility_hook(pstmt, queryString, readOnlyTree, context, params,
							  queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context,
								params, queryEnv, dest, qc);
	if (looked_at)
		check(&expected);
}

/* Install the hook; called when the library is loaded. */
void
pgm_validindex_init(void)
{
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = utility_hook;
}
