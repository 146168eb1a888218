/*
 * lone.c
 *	  What became of a statement that cannot be part of a transaction and was
 *	  cut off: done, not done, or unknown; and what it left behind.
 *
 * Before such a statement is run its intent is committed: what was there.
 * Afterwards the catalog is compared with that.  Kinds of statements are rows
 * of a table; whatever is not there is unknown.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/tablespace.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "registry/spi.h"
#include "run/lone.h"

/* Kind of a statement, by what has to be looked at */
typedef struct PgmLoneKind
{
	NodeTag		tag;
	bool		(*applies) (const Node *statement);
	char	   *(*intent) (const Node *statement);
	char	   *(*remains) (const Node *statement, const char *intent);
	PgmOutcome	(*examine) (const Node *statement, const char *intent);
} PgmLoneKind;

/* the indexes of a table; $2 are those that were there before */
static PgmQuery table_indexes_query = {
	.sql = "SELECT coalesce(jsonb_agg(indexrelid::int8), '[]')::text"
	"  FROM pg_index WHERE indrelid = $1",
	.argtypes = {OIDOID}
};
static PgmQuery new_indexes_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname), i.indisvalid"
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
	"  JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE i.indrelid = $1 AND ($3 IS NULL OR c.relname = $3)"
	"   AND NOT $2::jsonb @> to_jsonb(i.indexrelid::int8)"
	" ORDER BY i.indisvalid, 1",
	.argtypes = {OIDOID, TEXTOID, TEXTOID}
};

/* what REINDEX CONCURRENTLY names the index it builds and the one it replaces */
static PgmQuery leftovers_query = {
	.sql = "SELECT coalesce(jsonb_agg(indexrelid::int8), '[]')::text"
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
	" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'"
};
static PgmQuery new_leftovers_query = {
	.sql = "SELECT format('%I.%I', n.nspname, c.relname)"
	"  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
	"  JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'"
	"   AND n.nspname <> 'pg_toast'"
	"   AND NOT $1::jsonb @> to_jsonb(i.indexrelid::int8)"
	" ORDER BY 1 LIMIT 1",
	.argtypes = {TEXTOID}
};

/* The first column of the first row of a query, or NULL. */
static char *
ask(PgmQuery *query, Datum *values, const bool *isnull, bool *second)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *result = NULL;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, query, values, isnull) > 0)
	{
		bool		null;

		result = pgm_spi_text(0, 1);
		result = result ? MemoryContextStrdup(caller, result) : NULL;
		if (second)
			*second = DatumGetBool(pgm_spi_datum(0, 2, &null));
	}
	pgm_spi_end(&spi);
	return result;
}

static Oid
relation_of(const RangeVar *rel)
{
	return RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
}

/* CREATE INDEX CONCURRENTLY */

static bool
is_index_build(const Node *statement)
{
	return ((const IndexStmt *) statement)->concurrent;
}

static char *
index_intent(const Node *statement)
{
	Datum		relid = ObjectIdGetDatum(relation_of(((const IndexStmt *) statement)->relation));

	return ask(&table_indexes_query, &relid, NULL, NULL);
}

/* The new index: an invalid one before a valid one.  NULL: none. */
static char *
new_index(const Node *statement, const char *intent, bool *valid)
{
	const IndexStmt *stmt = (const IndexStmt *) statement;
	Datum		values[3];
	bool		isnull[3] = {false, false, stmt->idxname == NULL};

	values[0] = ObjectIdGetDatum(relation_of(stmt->relation));
	values[1] = CStringGetTextDatum(intent);
	values[2] = stmt->idxname ? CStringGetTextDatum(stmt->idxname) : (Datum) 0;
	return ask(&new_indexes_query, values, isnull, valid);
}

static char *
index_remains(const Node *statement, const char *intent)
{
	bool		valid;
	char	   *index = new_index(statement, intent, &valid);

	return index && !valid ?
		psprintf("DROP INDEX CONCURRENTLY %s", index) : NULL;
}

static PgmOutcome
index_examine(const Node *statement, const char *intent)
{
	bool		valid;

	return new_index(statement, intent, &valid) != NULL && valid ?
		PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

/* DROP INDEX CONCURRENTLY */

static bool
is_concurrent_drop(const Node *statement)
{
	return ((const DropStmt *) statement)->concurrent;
}

static PgmOutcome
drop_examine(const Node *statement, const char *intent)
{
	List	   *name = linitial(((const DropStmt *) statement)->objects);

	return OidIsValid(relation_of(makeRangeVarFromNameList(name))) ?
		PGM_OUTCOME_AGAIN : PGM_OUTCOME_DONE;
}

/* REINDEX */

static char *
reindex_intent(const Node *statement)
{
	return ask(&leftovers_query, NULL, NULL, NULL);
}

static char *
reindex_remains(const Node *statement, const char *intent)
{
	Datum		before = CStringGetTextDatum(intent);
	char	   *index = ask(&new_leftovers_query, &before, NULL, NULL);

	return index ? psprintf("DROP INDEX CONCURRENTLY %s", index) : NULL;
}

/* ALTER TABLE ... DETACH PARTITION CONCURRENTLY */

static const AlterTableCmd *
detach_action(const Node *statement)
{
	const AlterTableStmt *stmt = (const AlterTableStmt *) statement;
	const AlterTableCmd *cmd = linitial_node(AlterTableCmd, stmt->cmds);

	return cmd->subtype == AT_DetachPartition ? cmd : NULL;
}

static bool
is_detach(const Node *statement)
{
	return detach_action(statement) != NULL;
}

/* Is the partition still one; sets whether its detaching is pending. */
static bool
is_partition(const Node *statement, bool *pending)
{
	const PartitionCmd *cmd = (const PartitionCmd *) detach_action(statement)->def;
	Oid			child = relation_of(cmd->name);
	Oid			parent = relation_of(((const AlterTableStmt *) statement)->relation);

	*pending = false;
	if (!OidIsValid(child) || !OidIsValid(parent) ||
		!get_rel_relispartition(child) ||
		get_partition_parent(child, true) != parent)
		return false;
	*pending = PartitionHasPendingDetach(child);
	return true;
}

static char *
detach_remains(const Node *statement, const char *intent)
{
	const PartitionCmd *cmd = (const PartitionCmd *) detach_action(statement)->def;
	Oid			child = relation_of(cmd->name);
	Oid			parent = relation_of(((const AlterTableStmt *) statement)->relation);
	bool		pending;

	if (!is_partition(statement, &pending) || !pending)
		return NULL;
	return psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(parent)),
											   get_rel_name(parent)),
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(child)),
											   get_rel_name(child)));
}

static PgmOutcome
detach_examine(const Node *statement, const char *intent)
{
	bool		pending;

	return is_partition(statement, &pending) ?
		PGM_OUTCOME_AGAIN : PGM_OUTCOME_DONE;
}

/* What is made or dropped at once: it is there or it is not. */

static PgmOutcome
made(bool there)
{
	return there ? PGM_OUTCOME_DONE : PGM_OUTCOME_AGAIN;
}

static bool
has_subscription(const char *name)
{
	return OidIsValid(GetSysCacheOid2(SUBSCRIPTIONNAME, Anum_pg_subscription_oid,
									  ObjectIdGetDatum(MyDatabaseId),
									  CStringGetDatum(name)));
}

static PgmOutcome
createdb_examine(const Node *statement, const char *intent)
{
	return made(OidIsValid(get_database_oid(((const CreatedbStmt *) statement)->dbname, true)));
}

static PgmOutcome
dropdb_examine(const Node *statement, const char *intent)
{
	return made(!OidIsValid(get_database_oid(((const DropdbStmt *) statement)->dbname, true)));
}

static PgmOutcome
create_tablespace_examine(const Node *statement, const char *intent)
{
	return made(OidIsValid(get_tablespace_oid(((const CreateTableSpaceStmt *) statement)->tablespacename, true)));
}

static PgmOutcome
drop_tablespace_examine(const Node *statement, const char *intent)
{
	return made(!OidIsValid(get_tablespace_oid(((const DropTableSpaceStmt *) statement)->tablespacename, true)));
}

static PgmOutcome
create_subscription_examine(const Node *statement, const char *intent)
{
	return made(has_subscription(((const CreateSubscriptionStmt *) statement)->subname));
}

static PgmOutcome
drop_subscription_examine(const Node *statement, const char *intent)
{
	return made(!has_subscription(((const DropSubscriptionStmt *) statement)->subname));
}

/* What does no harm when it is run twice. */
static PgmOutcome
again_examine(const Node *statement, const char *intent)
{
	return PGM_OUTCOME_AGAIN;
}

static const PgmLoneKind kinds[] = {
	{T_IndexStmt, is_index_build, index_intent, index_remains, index_examine},
	{T_DropStmt, is_concurrent_drop, NULL, NULL, drop_examine},
	{T_ReindexStmt, NULL, reindex_intent, reindex_remains, again_examine},
	{T_AlterTableStmt, is_detach, NULL, detach_remains, detach_examine},
	{T_VacuumStmt, NULL, NULL, NULL, again_examine},
	{PGM_CLUSTER_TAG, NULL, NULL, NULL, again_examine},
	{T_AlterSystemStmt, NULL, NULL, NULL, again_examine},
	{T_DiscardStmt, NULL, NULL, NULL, again_examine},
	{T_AlterDatabaseStmt, NULL, NULL, NULL, again_examine},
	{T_AlterSubscriptionStmt, NULL, NULL, NULL, again_examine},
	{T_CreatedbStmt, NULL, NULL, NULL, createdb_examine},
	{T_DropdbStmt, NULL, NULL, NULL, dropdb_examine},
	{T_CreateTableSpaceStmt, NULL, NULL, NULL, create_tablespace_examine},
	{T_DropTableSpaceStmt, NULL, NULL, NULL, drop_tablespace_examine},
	{T_CreateSubscriptionStmt, NULL, NULL, NULL, create_subscription_examine},
	{T_DropSubscriptionStmt, NULL, NULL, NULL, drop_subscription_examine}
};

/* The kind of a statement, or NULL for one whose outcome cannot be told. */
static const PgmLoneKind *
kind_of(const Node *statement)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
		if (kinds[i].tag == nodeTag(statement) &&
			(kinds[i].applies == NULL || kinds[i].applies(statement)))
			return &kinds[i];
	return NULL;
}

/*
 * What has to be known of the state before the statement, as JSON; NULL for
 * nothing.  To be called under the search_path it runs with, like the others.
 */
char *
pgm_lone_intent(const Node *statement)
{
	const PgmLoneKind *kind = kind_of(statement);

	return kind && kind->intent ? kind->intent(statement) : NULL;
}

/*
 * The statement that removes, or brings to its end, what a cut off or failed
 * statement left; NULL when there is nothing left.
 */
char *
pgm_lone_remains(const Node *statement, const char *intent)
{
	const PgmLoneKind *kind = kind_of(statement);

	return kind && kind->remains ? kind->remains(statement, intent) : NULL;
}

/* What became of a statement that was cut off, once nothing remains. */
PgmOutcome
pgm_lone_examine(const Node *statement, const char *intent)
{
	const PgmLoneKind *kind = kind_of(statement);

	return kind ? kind->examine(statement, intent) : PGM_OUTCOME_UNKNOWN;
}

/*
 * Does the statement wait for others without standing in anybody's way, so
 * that a lock timeout would only leave it half done?
 */
bool
pgm_lone_waits_long(const Node *statement)
{
	if (IsA(statement, IndexStmt))
		return true;
	if (IsA(statement, ReindexStmt))
	{
		ListCell   *lc;

		foreach(lc, ((const ReindexStmt *) statement)->params)
			if (strcmp(lfirst_node(DefElem, lc)->defname, "concurrently") == 0)
			return defGetBoolean(lfirst_node(DefElem, lc));
	}
	return false;
}
