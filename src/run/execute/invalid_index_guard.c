/*
 * invalid_index_guard.c
 *	  Refusing statements of a migration that would take an invalid index for a
 *	  good one.
 *
 * A concurrent build that failed leaves an invalid index: CREATE INDEX IF NOT
 * EXISTS then succeeds without effect, ALTER INDEX ... ATTACH PARTITION accepts
 * it, and the partitioned index stays invalid without a message.  The statements
 * are checked in ProcessUtility_hook, so that those of functions and DO blocks
 * are seen as well.
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

#include "run/execute/invalid_index_guard.h"
#include "run/locks/run_lock.h"
#include "util/relation_name.h"

static ProcessUtility_hook_type previous_utility_hook = NULL;

/* An index that must be valid after a statement */
typedef struct PgmExpected
{
	Oid			schema;			/* InvalidOid: no index must be valid */
	char	   *name;			/* NULL: the server chooses it */
	Oid			partitioned;	/* its table, if that is partitioned */
	List	   *before;			/* indexes of that table before */
} PgmExpected;

/* The relation of a name, or InvalidOid; no lock is taken. */
static Oid
find_relation(const RangeVar *rel)
{
	return RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
}

/* Is it an index, and not valid?  False for InvalidOid and other relations. */
static bool
is_invalid(Oid relid)
{
	char		kind = OidIsValid(relid) ? get_rel_relkind(relid) : 0;

	return (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX) &&
		!get_index_isvalid(relid);
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
	Oid			relid = find_relation(stmt->relation);
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
 * Raise 55000 if the statement attaches an invalid index to a partitioned one.  An index
 * that is itself partitioned may be attached, as it may get its partitions later.
 */
static void
refuse_invalid_attach(const AlterTableStmt *stmt)
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
		index = find_relation(((PartitionCmd *) cmd->def)->name);
		if (is_invalid(index) && get_rel_relkind(index) == RELKIND_INDEX)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("index \"%s\" is not valid", get_rel_name(index)),
					 errdetail("A build that was interrupted has left it; the index it is attached to would stay invalid."),
					 errhint("Build it again with REINDEX INDEX CONCURRENTLY %s, and call again.",
							 pgm_relation_name(index))));
	}
}

/* The indexes of a table, as a list of oids. */
static List *
indexes_of_table(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);
	List	   *indexes = RelationGetIndexList(rel);

	relation_close(rel, NoLock);
	return indexes;
}

/*
 * Which index must be valid after CREATE INDEX or REINDEX INDEX?  Looked up before the
 * statement, since afterwards an index that is new cannot be told from others.
 */
static PgmExpected
expected_index(const Node *node)
{
	PgmExpected expected = {0};

	if (IsA(node, IndexStmt))
	{
		const IndexStmt *stmt = (const IndexStmt *) node;
		Oid			relid = find_relation(stmt->relation);

		/* the server will raise the error */
		if (!OidIsValid(relid))
			return expected;
		if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		{
			/*
			 * ON ONLY creates an index that is invalid until partitions are
			 * attached
			 */
			if (!stmt->relation->inh)
				return expected;
			expected.partitioned = relid;
			expected.before = indexes_of_table(relid);
		}
		expected.schema = get_rel_namespace(relid);
		expected.name = stmt->idxname ? pstrdup(stmt->idxname) : NULL;
	}
	else if (IsA(node, ReindexStmt) &&
			 ((const ReindexStmt *) node)->kind == REINDEX_OBJECT_INDEX)
	{
		Oid			index = find_relation(((const ReindexStmt *) node)->relation);

		/* the index of a partitioned table may stay invalid */
		if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX)
			return expected;

		/*
		 * by name: REINDEX CONCURRENTLY replaces it by an index with another
		 * oid
		 */
		expected.schema = get_rel_namespace(index);
		expected.name = get_rel_name(index);
	}
	return expected;
}

/* An invalid index among the partitions of an index, or InvalidOid. */
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

/* Raise 55000 for an index that is invalid after the statement. */
static void
raise_invalid(Oid index)
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

/*
 * Raise 55000 if the index that must be valid after the statement is not.  An index on a
 * partitioned table may have got a name that the server has chosen, so all new indexes of
 * the table are checked.
 */
static void
check_expected(const PgmExpected *expected)
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
		raise_invalid(index);
	if (!OidIsValid(expected->partitioned))
		return;
	foreach(lc, indexes_of_table(expected->partitioned))
	{
		if (!list_member_oid(expected->before, lfirst_oid(lc)) &&
			is_invalid(lfirst_oid(lc)))
			raise_invalid(lfirst_oid(lc));
	}
}

/* ProcessUtility_hook: check statements about indexes while a migration runs. */
static void
utility_hook(PlannedStmt *pstmt, const char *queryString, bool readOnlyTree,
			 ProcessUtilityContext context, ParamListInfo params,
			 QueryEnvironment *queryEnv, DestReceiver *dest, QueryCompletion *qc)
{
	Node	   *node = pstmt->utilityStmt;
	bool		checked = pgm_run_active &&
		(IsA(node, IndexStmt) || IsA(node, ReindexStmt) || IsA(node, AlterTableStmt));
	PgmExpected expected = {0};

	if (checked)
	{
		if (IsA(node, IndexStmt))
			pgm_index_refuse_invalid((IndexStmt *) node);
		else if (IsA(node, AlterTableStmt))
			refuse_invalid_attach((AlterTableStmt *) node);
		expected = expected_index(node);
	}
	if (previous_utility_hook)
		previous_utility_hook(pstmt, queryString, readOnlyTree, context, params,
							  queryEnv, dest, qc);
	else
		standard_ProcessUtility(pstmt, queryString, readOnlyTree, context,
								params, queryEnv, dest, qc);
	if (checked)
		check_expected(&expected);
}

/* Install the hook; called when the library is loaded. */
void
pgm_invalid_index_init(void)
{
	previous_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = utility_hook;
}
