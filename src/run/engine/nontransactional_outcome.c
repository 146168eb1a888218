/*
 * nontransactional_outcome.c
 *	  What became of a nontransactional statement that was interrupted: it is done, it
 *	  is not done, or that is unknown; and what it left behind.
 *
 * Before such a statement is executed its intent is committed: the state of the
 * catalogs before it, as far as the statement changes it.  After a crash the catalogs
 * are compared with the intent.  Each kind of statement is a row of the table "kinds";
 * the outcome of a statement that is not in the table is unknown.  The functions for
 * indexes are in invalid_index_cleanup.c.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_database.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "run/engine/nontransactional_outcome.h"
#include "script/script.h"
#include "util/relation_name.h"
#include "util/spi.h"

/*
 * A kind of statement.  The intent is the text that intent() returns; cleanup()
 * returns the statement that removes or completes what was left, or NULL; examine()
 * tells the outcome once there is nothing to clean up.  All functions are called with
 * the search_path that the statement runs with.
 */
typedef struct PgmOutcomeKind
{
	NodeTag		tag;
	bool		(*applies) (const Node *statement); /* NULL: to all of the tag */
	char	   *(*intent) (const Node *statement);
	char	   *(*cleanup) (const Node *statement, const char *intent);
	PgmOutcome	(*examine) (const Node *statement, const char *intent);
} PgmOutcomeKind;

/* Does the statement build an index concurrently? */
static bool
is_index_build(const Node *statement)
{
	return ((const IndexStmt *) statement)->concurrent;
}

/* Does the statement drop an index concurrently? */
static bool
is_concurrent_drop(const Node *statement)
{
	return ((const DropStmt *) statement)->concurrent;
}

/* The partition that an ALTER TABLE detaches, or NULL. */
static const PartitionCmd *
detach_action(const Node *statement)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) statement;
	const AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);

	/* the grammar allows no other actions next to it */
	return cmd->subtype == AT_DetachPartition ? castNode(PartitionCmd, cmd->def) : NULL;
}

/* Does the statement detach a partition? */
static bool
is_detach(const Node *statement)
{
	return detach_action(statement) != NULL;
}

/* Is the partition still attached?  *pending is set to whether its detaching has begun. */
static bool
is_partition(const Node *statement, bool *pending)
{
	const RangeVar *table = ((const AlterTableStmt *) statement)->relation;
	Oid			child = RangeVarGetRelid(detach_action(statement)->name, NoLock, true);
	Oid			parent = RangeVarGetRelid(table, NoLock, true);

	*pending = false;
	if (!OidIsValid(child) || !OidIsValid(parent) ||
		!get_rel_relispartition(child) ||
		get_partition_parent(child, true) != parent)
		return false;
	*pending = PartitionHasPendingDetach(child);
	return true;
}

/* Complete a detaching that has begun: there is no way back from it. */
static char *
detach_cleanup(const Node *statement, const char *intent)
{
	const RangeVar *table = ((const AlterTableStmt *) statement)->relation;
	Oid			child = RangeVarGetRelid(detach_action(statement)->name, NoLock, true);
	Oid			parent = RangeVarGetRelid(table, NoLock, true);
	bool		pending;

	if (!is_partition(statement, &pending) || !pending)
		return NULL;
	return psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
					pgm_relation_name(parent),
					pgm_relation_name(child));
}

/* The subscription of a name in this database, or InvalidOid. */
static Oid
find_subscription(const char *name)
{
	return GetSysCacheOid2(SUBSCRIPTIONNAME, Anum_pg_subscription_oid,
						   ObjectIdGetDatum(MyDatabaseId),
						   CStringGetDatum(name));
}

/* The oid of the object that the statement creates, drops or detaches, or InvalidOid. */
static Oid
statement_object(const Node *statement)
{
	bool		pending;

#define NAME(type, field) (((const type *) statement)->field)
	switch (nodeTag(statement))
	{
		case T_AlterTableStmt:
			return is_partition(statement, &pending) ?
				RangeVarGetRelid(detach_action(statement)->name, NoLock, true) :
				InvalidOid;
		case T_CreatedbStmt:
			return get_database_oid(NAME(CreatedbStmt, dbname), true);
		case T_DropdbStmt:
			return get_database_oid(NAME(DropdbStmt, dbname), true);
		case T_CreateTableSpaceStmt:
			return get_tablespace_oid(NAME(CreateTableSpaceStmt, tablespacename), true);
		case T_DropTableSpaceStmt:
			return get_tablespace_oid(NAME(DropTableSpaceStmt, tablespacename), true);
		case T_CreateSubscriptionStmt:
			return find_subscription(NAME(CreateSubscriptionStmt, subname));
		case T_DropSubscriptionStmt:
			return find_subscription(NAME(DropSubscriptionStmt, subname));
		default:
			Assert(false);		/* the table of kinds names these only */
			return InvalidOid;
	}
#undef NAME
}

/* The oid of the object before the statement. */
static char *
object_intent(const Node *statement)
{
	return psprintf("%u", statement_object(statement));
}

/* The object that was there before the statement, from its intent. */
static Oid
object_before(const char *intent)
{
	return intent ? (Oid) strtoul(intent, NULL, 10) : InvalidOid;
}

/* It is done if there is an object that was not there before. */
static PgmOutcome
created_examine(const Node *statement, const char *intent)
{
	Oid			object = statement_object(statement);

	return OidIsValid(object) && object != object_before(intent) ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* It is done if the object that was there before is gone. */
static PgmOutcome
dropped_examine(const Node *statement, const char *intent)
{
	Oid			before = object_before(intent);

	return OidIsValid(before) && statement_object(statement) != before ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* The tablespace of the database that is to be moved, as a JSON string. */
static char *
tablespace_of_database(const Node *statement)
{
	const AlterDatabaseStmt *stmt = (const AlterDatabaseStmt *) statement;
	Datum		value = CStringGetTextDatum(stmt->dbname);
	static PgmQuery query = {
		.sql = "SELECT to_jsonb(t.spcname)::text FROM pg_database d"
		" JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1",
		.argtypes = {TEXTOID}
	};

	return pgm_spi_query_column(&query, &value, NULL, 1);
}

/* It is done if the database is no longer where it was. */
static PgmOutcome
move_database_examine(const Node *statement, const char *intent)
{
	char	   *is = tablespace_of_database(statement);

	return is && intent && strcmp(is, intent) != 0 ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* It does no harm to run the statement twice. */
static PgmOutcome
again_examine(const Node *statement, const char *intent)
{
	return PGM_OUTCOME_AGAIN;
}

/*
 * The kinds.  The first row that applies counts, so the concurrent REINDEX comes
 * before any other.
 */
static const PgmOutcomeKind kinds[] = {
	{
		.tag = T_IndexStmt,
		.applies = is_index_build,
		.intent = pgm_index_build_intent,
		.cleanup = pgm_index_build_cleanup,
		.examine = pgm_index_build_examine
	},
	{
		.tag = T_DropStmt,
		.applies = is_concurrent_drop,
		.intent = pgm_index_drop_intent,
		.cleanup = pgm_index_drop_cleanup,
		.examine = pgm_index_drop_examine
	},
	{
		.tag = T_ReindexStmt,
		.applies = pgm_statement_reindexes_concurrently,
		.intent = pgm_reindex_intent,
		.cleanup = pgm_reindex_cleanup,
		.examine = again_examine
	},
	{
		.tag = T_ReindexStmt,
		.examine = again_examine
	},
	{
		.tag = T_AlterTableStmt,
		.applies = is_detach,
		.intent = object_intent,
		.cleanup = detach_cleanup,
		.examine = dropped_examine
	},
	{
		.tag = T_VacuumStmt,
		.examine = again_examine
	},
	{
		.tag = PGM_CLUSTER_TAG,
		.examine = again_examine
	},
	{
		.tag = T_AlterSystemStmt,
		.examine = again_examine
	},
	{
		.tag = T_DiscardStmt,
		.examine = again_examine
	},
	{
		.tag = T_AlterDatabaseStmt,
		.intent = tablespace_of_database,
		.examine = move_database_examine
	},
	{
		.tag = T_CallStmt,
		.applies = pgm_call_is_backfill,
		.examine = again_examine
	},
	{
		.tag = T_AlterSubscriptionStmt,
		.examine = again_examine
	},
	{
		.tag = T_CreatedbStmt,
		.intent = object_intent,
		.examine = created_examine
	},
	{
		.tag = T_DropdbStmt,
		.intent = object_intent,
		.examine = dropped_examine
	},
	{
		.tag = T_CreateTableSpaceStmt,
		.intent = object_intent,
		.examine = created_examine
	},
	{
		.tag = T_DropTableSpaceStmt,
		.intent = object_intent,
		.examine = dropped_examine
	},
	{
		.tag = T_CreateSubscriptionStmt,
		.intent = object_intent,
		.examine = created_examine
	},
	{
		.tag = T_DropSubscriptionStmt,
		.intent = object_intent,
		.examine = dropped_examine
	}
};

/* The kind of a statement, or NULL for one whose outcome cannot be told. */
static const PgmOutcomeKind *
kind_of(const Node *statement)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		Assert(kinds[i].examine != NULL);
		/* what is cleaned up is found by comparison with the intent */
		Assert(kinds[i].cleanup == NULL || kinds[i].intent != NULL);
		if (kinds[i].tag == nodeTag(statement) &&
			(kinds[i].applies == NULL || kinds[i].applies(statement)))
			return &kinds[i];
	}
	return NULL;
}

/* Complete the statement before its intent is written down, or refuse it. */
void
pgm_outcome_prepare(Node *statement)
{
	if (IsA(statement, IndexStmt))
		pgm_index_build_prepare(statement);
}

/* Complete the statement as it was when its intent was written down. */
void
pgm_outcome_adopt(Node *statement, const char *intent)
{
	if (IsA(statement, IndexStmt) && intent)
		pgm_index_build_adopt(statement, intent);
}

/* Is it a kind of statement whose outcome can be found out? */
bool
pgm_outcome_is_known(const Node *statement)
{
	return kind_of(statement) != NULL;
}

/*
 * The intent of a statement, as JSON, or NULL if none is needed.  To be called before
 * it, under the search_path that it runs with, as the functions below.
 */
char *
pgm_outcome_intent(const Node *statement)
{
	const PgmOutcomeKind *kind = kind_of(statement);

	return kind && kind->intent ? kind->intent(statement) : NULL;
}

/*
 * The statement that removes or completes what a statement left that was cut off or
 * has failed; NULL when there is nothing left.
 */
char *
pgm_outcome_cleanup(const Node *statement, const char *intent)
{
	const PgmOutcomeKind *kind = kind_of(statement);

	return kind && kind->cleanup ? kind->cleanup(statement, intent) : NULL;
}

/* What became of a statement that was cut off, once there is nothing to clean up. */
PgmOutcome
pgm_outcome_examine(const Node *statement, const char *intent)
{
	const PgmOutcomeKind *kind = kind_of(statement);

	return kind ? kind->examine(statement, intent) : PGM_OUTCOME_UNKNOWN;
}
