/*
 * nontransactional_outcome.c
 *	  What became of a nontransactional statement that was cut off: it is done, it
 *	  is not done, or that is unknown; and what it left behind.
 *
 * Before such a statement is executed its intent is committed: the state of the
 * catalogs before it, as far as the statement changes it.  After a crash the catalogs
 * are compared with the intent.  Each kind of statement is a row of the table "kinds";
 * the outcome of a statement that is not in the table is unknown.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "run/engine/nontransactional_outcome.h"
#include "run/execute/invalid_index_guard.h"
#include "schema/index_name.h"
#include "script/script.h"
#include "util/relation_name.h"
#include "util/spi.h"
#include "util/subtransaction.h"

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

/*
 * the indexes of a table, before the build of another one, whose name $2 is
 * known then
 */
static PgmQuery index_intent_query = {
	.sql = "SELECT jsonb_build_object('name', $2, 'indexes',"
	" (SELECT coalesce(jsonb_agg(indexrelid::int8), '[]') FROM pg_index WHERE indrelid = $1))::text",
	.argtypes = {OIDOID, TEXTOID}
};
static PgmQuery index_name_query = {
	.sql = "SELECT $1::jsonb ->> 'name'",
	.argtypes = {TEXTOID}
};
static PgmQuery new_index_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname), i.indisvalid,"
	"       pg_get_indexdef(i.indexrelid)"
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
	"  JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE i.indrelid = $1 AND c.relname = $3"
	"   AND NOT $2::jsonb -> 'indexes' @> to_jsonb(i.indexrelid::int8)",
	.argtypes = {OIDOID, TEXTOID, TEXTOID}
};

/*
 * what REINDEX CONCURRENTLY names the index it builds and the one it replaces,
 * on the tables $1, in the schema $2, or anywhere when both are null
 */
#define LEFTOVERS \
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid" \
	"  JOIN pg_namespace n ON n.oid = c.relnamespace" \
	"  JOIN pg_class t ON i.indrelid IN (t.oid, t.reltoastrelid) AND t.relkind <> 't'" \
	" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'" \
	"   AND ($1 IS NULL OR t.oid = ANY ($1))" \
	"   AND ($2 IS NULL OR t.relnamespace = $2)"
static PgmQuery leftovers_query = {
	.sql = "SELECT coalesce(jsonb_agg(indexrelid::int8), '[]')::text" LEFTOVERS,
	.argtypes = {OIDARRAYOID, OIDOID}
};
static PgmQuery new_leftovers_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname)" LEFTOVERS
	"   AND NOT $3::jsonb @> to_jsonb(i.indexrelid::int8)"
	" ORDER BY 1 LIMIT 1",
	.argtypes = {OIDARRAYOID, OIDOID, TEXTOID}
};
static PgmQuery clone_query = {
	.sql = "SELECT format('CREATE TABLE %I.%I (LIKE %s)', n.nspname, $2, c.oid::regclass),"
	" n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1",
	.argtypes = {OIDOID, TEXTOID}
};

/* Run a query of ours; returns a column of its first row, or NULL. */
static char *
query_value(PgmQuery *query, Datum *values, const bool *isnull, int column)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *result = NULL;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, query, values, isnull) > 0)
	{
		result = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
							  column);
		result = result ? MemoryContextStrdup(caller, result) : NULL;
	}
	pgm_spi_end(&spi);
	return result;
}

/* The relation of a name, or InvalidOid; no lock is taken. */
static Oid
find_relation_unlocked(const RangeVar *rel)
{
	return RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
}

/* CREATE INDEX CONCURRENTLY */

/* Does the statement build an index concurrently? */
static bool
is_index_build(const Node *statement)
{
	return ((const IndexStmt *) statement)->concurrent;
}

/*
 * Give an index without a name the one that the server would choose, and refuse a name
 * that an invalid index has.
 *
 * With a name the new index can be found after a crash.  An index that was invalid
 * before is not ours to drop; found by its name it would look like our leftover.
 */
static void
index_prepare(Node *statement)
{
	IndexStmt  *stmt = (IndexStmt *) statement;
	Oid			relid = find_relation_unlocked(stmt->relation);

	if (!OidIsValid(relid))
		return;
	if (stmt->idxname == NULL)
		stmt->idxname = pgm_index_name(stmt, relid);
	pgm_index_refuse_invalid(stmt);
}

/* The indexes of the table before the statement, and the name of the new one. */
static char *
index_intent(const Node *statement)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Datum		values[2];
	bool		isnull[2] = {false, stmt->idxname == NULL};

	values[0] = ObjectIdGetDatum(find_relation_unlocked(stmt->relation));
	values[1] = stmt->idxname ? CStringGetTextDatum(stmt->idxname) : (Datum) 0;
	return query_value(&index_intent_query, values, isnull, 1);
}

/* Give the index the name that was chosen before the crash. */
static void
index_adopt(Node *statement, const char *intent)
{
	IndexStmt  *stmt = (IndexStmt *) statement;
	Datum		value = CStringGetTextDatum(intent);

	if (stmt->idxname == NULL)
		stmt->idxname = query_value(&index_name_query, &value, NULL, 1);
}

/*
 * A column of new_index_query for the index that the statement has built, complete or
 * not; NULL if there is none: an index of this name that was there before is not it.
 */
static char *
new_index(const Node *statement, const char *intent, int column)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Datum		values[3];

	if (stmt->idxname == NULL)
		return NULL;
	values[0] = ObjectIdGetDatum(find_relation_unlocked(stmt->relation));
	values[1] = CStringGetTextDatum(intent);
	values[2] = CStringGetTextDatum(stmt->idxname);
	return query_value(&new_index_query, values, NULL, column);
}

/* Is the index that the statement has built valid? */
static bool
is_valid(const Node *statement, const char *intent)
{
	char	   *valid = new_index(statement, intent, 2);

	return valid && valid[0] == 't';
}

/* Drop an invalid index that the build left. */
static char *
index_cleanup(const Node *statement, const char *intent)
{
	char	   *index = new_index(statement, intent, 1);

	return index && !is_valid(statement, intent) ?
		psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s", index) : NULL;
}

/* The definition of an index without its name and its table's, to compare two. */
static char *
without_names(const char *definition)
{
	const char *from = strstr(definition, " USING ");

	return psprintf("%s%s", strncmp(definition, "CREATE UNIQUE", 13) == 0 ?
					"UNIQUE" : "", from ? from : "");
}

/*
 * Build the index on an empty copy of its table; returns its definition.  That is the
 * only way to learn what the server makes of the statement: it adds operator classes,
 * collations and casts.
 */
static char *
define_on_clone(const IndexStmt *stmt, Oid relid)
{
	const char *name = "pg_migrate_clone";
	Datum		values[] = {ObjectIdGetDatum(relid), CStringGetTextDatum(name)};
	char	   *schema = query_value(&clone_query, values, NULL, 2);
	IndexStmt  *copy = copyObject(unconstify(IndexStmt *, stmt));
	PlannedStmt *planned = makeNode(PlannedStmt);

	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute(query_value(&clone_query, values, NULL, 1), false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not copy the table");
	SPI_finish();
	copy->relation = makeRangeVar(schema, pstrdup(name), -1);
	copy->concurrent = false;
	copy->if_not_exists = false;
	copy->idxname = psprintf("%s_index", name);
	planned->commandType = CMD_UTILITY;
	planned->canSetTag = true;
	planned->utilityStmt = (Node *) copy;
	CommandCounterIncrement();
	ProcessUtility(planned, "CREATE INDEX", false, PROCESS_UTILITY_QUERY, NULL,
				   NULL, None_Receiver, NULL);
	CommandCounterIncrement();
	return TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef,
												   ObjectIdGetDatum(get_relname_relid(copy->idxname,
																					  get_namespace_oid(schema, false)))));
}

/* An index whose definition is wanted, and the result */
typedef struct PgmTrialIndex
{
	const IndexStmt *stmt;
	Oid			relid;
	char	   *definition;
} PgmTrialIndex;

/* The function of a subtransaction that is rolled back: define the index. */
static bool
define_part(void *arg)
{
	PgmTrialIndex *trial = arg;
	MemoryContext old = MemoryContextSwitchTo(CurTransactionContext);
	char	   *definition = define_on_clone(trial->stmt, trial->relid);

	trial->definition = MemoryContextStrdup(old, definition);
	MemoryContextSwitchTo(old);
	return false;
}

/*
 * The definition that the statement gives to its index, found in a
 * subtransaction that is rolled back; NULL when it cannot be told like this.
 */
static char *
intended_definition(const IndexStmt *stmt, Oid relid)
{
	PgmTrialIndex trial = {.stmt = stmt,.relid = relid};
	ErrorData  *edata = pgm_subtransaction("pg_migrate", define_part, &trial);

	if (edata == NULL)
		return trial.definition;

	/*
	 * A cancel, or a lock on the table, says nothing about the index, which
	 * would be taken for ours without a comparison.  Raised, it leaves the
	 * segment as it is in the journal, and the next run examines the index
	 * again.
	 */
	pgm_subtransaction_rethrow_unrelated(edata);
	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		edata->sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED)
		ReThrowError(edata);
	FreeErrorData(edata);
	return NULL;
}

/*
 * A valid index of the right name and definition that was not there before is ours.
 * Raises 42P07 for one with another definition, which somebody else has made.
 */
static PgmOutcome
index_examine(const Node *statement, const char *intent)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	char	   *is;
	char	   *meant;

	/* an invalid one has been removed by index_cleanup() */
	if (!is_valid(statement, intent))
		return PGM_OUTCOME_AGAIN;
	is = new_index(statement, intent, 3);
	meant = intended_definition(stmt, find_relation_unlocked(stmt->relation));
	if (meant && strcmp(without_names(is), without_names(meant)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("index \"%s\" already exists with a different definition",
						stmt->idxname),
				 errdetail("It was made while this migration was half done: %s",
						   is),
				 errhint("Drop or rename it, and call again.")));
	return PGM_OUTCOME_DONE;
}

/* DROP INDEX CONCURRENTLY */

/* Does the statement drop an index concurrently? */
static bool
is_concurrent_drop(const Node *statement)
{
	return ((const DropStmt *) statement)->concurrent;
}

/* The oid of the index that is to be dropped, 0 if there is none. */
static char *
drop_intent(const Node *statement)
{
	List	   *name = linitial(((const DropStmt *) statement)->objects);

	return psprintf("%u", find_relation_unlocked(makeRangeVarFromNameList(name)));
}

/*
 * Complete a drop that was cut off: it leaves the index, but invalid.  An extension
 * that spreads an index over several servers may have dropped its parts already, so
 * the index must not be made valid again.
 */
static char *
drop_cleanup(const Node *statement, const char *intent)
{
	Oid			index = (Oid) strtoul(intent, NULL, 10);

	if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX ||
		get_index_isvalid(index))
		return NULL;
	return psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s",
					pgm_relation_name(index));
}

/* It is done if the index that was there is gone. */
static PgmOutcome
drop_examine(const Node *statement, const char *intent)
{
	Oid			index = (Oid) strtoul(intent, NULL, 10);

	return OidIsValid(index) && get_rel_name(index) == NULL ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* REINDEX */

/*
 * Where a REINDEX may leave something: the values and nulls of the first two parameters
 * of the leftovers queries, tables and schema.
 */
static void
reindex_scope(const ReindexStmt *stmt, Datum *values, bool *isnull)
{
	Oid			relid = stmt->relation ? find_relation_unlocked(stmt->relation) : InvalidOid;
	List	   *tables = NIL;
	Datum	   *oids;
	ListCell   *lc;

	isnull[0] = stmt->relation == NULL;
	isnull[1] = stmt->kind != REINDEX_OBJECT_SCHEMA;
	if (!isnull[1])
		values[1] = ObjectIdGetDatum(get_namespace_oid(stmt->name, false));
	if (isnull[0])
		return;
	if (stmt->kind == REINDEX_OBJECT_INDEX && OidIsValid(relid))
		relid = IndexGetRelation(relid, true);
	if (OidIsValid(relid))
		tables = find_all_inheritors(relid, NoLock, NULL);
	oids = palloc(Max(list_length(tables), 1) * sizeof(Datum));
	foreach(lc, tables)
	{
		oids[foreach_current_index(lc)] = ObjectIdGetDatum(lfirst_oid(lc));
	}
	values[0] = PointerGetDatum(construct_array(oids, list_length(tables), OIDOID,
												sizeof(Oid), true, TYPALIGN_INT));
}

/* The invalid *_ccnew and *_ccold indexes that were there before. */
static char *
reindex_intent(const Node *statement)
{
	Datum		values[2];
	bool		isnull[2];

	reindex_scope((const ReindexStmt *) statement, values, isnull);
	return query_value(&leftovers_query, values, isnull, 1);
}

/* Drop an index that the REINDEX left: a new one that is not complete, or a replaced one. */
static char *
reindex_cleanup(const Node *statement, const char *intent)
{
	Datum		values[3];
	bool		isnull[3] = {false};
	char	   *index;

	reindex_scope((const ReindexStmt *) statement, values, isnull);
	values[2] = CStringGetTextDatum(intent);
	index = query_value(&new_leftovers_query, values, isnull, 1);
	return index ? psprintf("DROP INDEX CONCURRENTLY IF EXISTS %s", index) : NULL;
}

/* ALTER TABLE ... DETACH PARTITION CONCURRENTLY */

/* The DETACH PARTITION of an ALTER TABLE, or NULL. */
static const AlterTableCmd *
detach_action(const Node *statement)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) statement;
	const AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);

	/*
	 * the grammar allows no other actions next to it, so looking at one is
	 * enough
	 */
	return cmd->subtype == AT_DetachPartition ? cmd : NULL;
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
	const PartitionCmd *cmd = (const PartitionCmd *) detach_action(statement)->def;
	Oid			child = find_relation_unlocked(cmd->name);
	Oid			parent = find_relation_unlocked(((const AlterTableStmt *) statement)->relation);

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
	const PartitionCmd *cmd = (const PartitionCmd *) detach_action(statement)->def;
	Oid			child = find_relation_unlocked(cmd->name);
	Oid			parent = find_relation_unlocked(((const AlterTableStmt *) statement)->relation);
	bool		pending;

	if (!is_partition(statement, &pending) || !pending)
		return NULL;
	return psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
					pgm_relation_name(parent),
					pgm_relation_name(child));
}

/* Objects that are created or dropped in one transaction: they are there, or not */

/* The subscription of a name in this database, or InvalidOid. */
static Oid
subscription_of(const char *name)
{
	return GetSysCacheOid2(SUBSCRIPTIONNAME, Anum_pg_subscription_oid,
						   ObjectIdGetDatum(MyDatabaseId),
						   CStringGetDatum(name));
}

/* The object that the statement creates, drops or detaches; InvalidOid if there is none. */
static Oid
object_of(const Node *statement)
{
	bool		pending;

	switch (nodeTag(statement))
	{
		case T_AlterTableStmt:
			return is_partition(statement, &pending) ?
				find_relation_unlocked(((const PartitionCmd *) detach_action(statement)->def)->name) :
				InvalidOid;
		case T_CreatedbStmt:
			return get_database_oid(((const CreatedbStmt *) statement)->dbname, true);
		case T_DropdbStmt:
			return get_database_oid(((const DropdbStmt *) statement)->dbname, true);
		case T_CreateTableSpaceStmt:
			return get_tablespace_oid(((const CreateTableSpaceStmt *) statement)->tablespacename, true);
		case T_DropTableSpaceStmt:
			return get_tablespace_oid(((const DropTableSpaceStmt *) statement)->tablespacename, true);
		case T_CreateSubscriptionStmt:
			return subscription_of(((const CreateSubscriptionStmt *) statement)->subname);
		case T_DropSubscriptionStmt:
			return subscription_of(((const DropSubscriptionStmt *) statement)->subname);
		default:
			return InvalidOid;
	}
}

/* The oid of the object before the statement. */
static char *
object_intent(const Node *statement)
{
	return psprintf("%u", object_of(statement));
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
	Oid			object = object_of(statement);

	return OidIsValid(object) && object != object_before(intent) ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* It is done if the object that was there before is gone. */
static PgmOutcome
dropped_examine(const Node *statement, const char *intent)
{
	Oid			before = object_before(intent);

	return OidIsValid(before) && object_of(statement) != before ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* ALTER DATABASE ... SET TABLESPACE */

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

	return query_value(&query, &value, NULL, 1);
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
		.intent = index_intent,
		.cleanup = index_cleanup,
		.examine = index_examine
	},
	{
		.tag = T_DropStmt,
		.applies = is_concurrent_drop,
		.intent = drop_intent,
		.cleanup = drop_cleanup,
		.examine = drop_examine
	},
	{
		.tag = T_ReindexStmt,
		.applies = pgm_statement_reindexes_concurrently,
		.intent = reindex_intent,
		.cleanup = reindex_cleanup,
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
		index_prepare(statement);
}

/* Complete the statement as it was when its intent was written down. */
void
pgm_outcome_adopt(Node *statement, const char *intent)
{
	if (IsA(statement, IndexStmt) && intent)
		index_adopt(statement, intent);
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
