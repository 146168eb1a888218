/*
 * transactional.c
 *	  Which statements cannot run inside a transaction, decided from the parse tree
 *	  and, where that matters, the catalog; and which statements may use a value.
 *
 * The server decides that when it executes a statement, by
 * PreventInTransactionBlock().  A plan must know it before.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_subscription.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "script/script.h"
#include "util/tokens.h"

/* The value of a boolean option of a DefElem list, "standard" if it is not there. */
static bool
option(List *options, const char *name, bool standard)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) == 0)
			return defGetBoolean(def);
	}
	return standard;
}

/* Is a boolean option of TimescaleDB set, WITH (timescaledb.name)? */
static bool
timescale_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *def = lfirst_node(DefElem, lc);

		if (def->defnamespace && strcmp(def->defnamespace, "timescaledb") == 0 &&
			strcmp(def->defname, name) == 0)
			return defGetBoolean(def);
	}
	return false;
}

/* CREATE INDEX: TimescaleDB can build it chunk by chunk, with commits between. */
static const char *
nontransactional_index(const IndexStmt *stmt)
{
	if (stmt->concurrent)
		return "CREATE INDEX CONCURRENTLY";
	return timescale_option(stmt->options, "transaction_per_chunk") ?
		"CREATE INDEX WITH (timescaledb.transaction_per_chunk)" : NULL;
}

/*
 * CREATE MATERIALIZED VIEW: TimescaleDB fills a continuous aggregate at once, in several
 * transactions.
 */
static const char *
nontransactional_create_as(const CreateTableAsStmt *stmt)
{
	return stmt->objtype == OBJECT_MATVIEW && !stmt->into->skipData &&
		timescale_option(stmt->into->options, "continuous") ?
		"CREATE MATERIALIZED VIEW WITH (timescaledb.continuous) WITH DATA" : NULL;
}

/*
 * Is the relation partitioned, in the catalog or by a CREATE of this plan?
 *
 * Names of the plan are compared without their schemas.  A wrong yes only makes the
 * statement a segment of its own.
 */
static bool
is_partitioned(const RangeVar *rel, List *partitioned)
{
	Oid			oid;
	char		relkind;
	ListCell   *lc;

	foreach(lc, partitioned)
	{
		if (strcmp(lfirst_node(RangeVar, lc)->relname, rel->relname) == 0)
			return true;
	}
	oid = RangeVarGetRelidExtended(rel, NoLock, RVR_MISSING_OK, NULL, NULL);
	relkind = OidIsValid(oid) ? get_rel_relkind(oid) : '\0';
	return relkind == RELKIND_PARTITIONED_TABLE ||
		relkind == RELKIND_PARTITIONED_INDEX;
}

/* REINDEX: of more than one relation it commits after each. */
static const char *
nontransactional_reindex(const ReindexStmt *stmt, List *partitioned)
{
	if (option(stmt->params, "concurrently", false))
		return "REINDEX CONCURRENTLY";
	if (stmt->kind == REINDEX_OBJECT_SCHEMA)
		return "REINDEX SCHEMA";
	if (stmt->kind == REINDEX_OBJECT_DATABASE)
		return "REINDEX DATABASE";
	if (stmt->kind == REINDEX_OBJECT_SYSTEM)
		return "REINDEX SYSTEM";
	if (stmt->relation && is_partitioned(stmt->relation, partitioned))
		return "REINDEX of a partitioned relation";
	return NULL;
}

/* CLUSTER, and from 19 on REPACK: of more than one table it commits after each. */
static const char *
nontransactional_cluster(const Node *node, List *partitioned)
{
	const RangeVar *rel = pgm_cluster_relation(node);

	if (option(pgm_cluster_options(node), "concurrently", false))
		return "REPACK (CONCURRENTLY)";
	if (rel == NULL)
		return "CLUSTER of all tables";
	return is_partitioned(rel, partitioned) ?
		"CLUSTER of a partitioned table" : NULL;
}

/* ALTER TABLE: only DETACH PARTITION CONCURRENTLY commits in between. */
static const char *
nontransactional_alter_table(const AlterTableStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_DetachPartition &&
			((PartitionCmd *) cmd->def)->concurrent)
			return "ALTER TABLE ... DETACH PARTITION CONCURRENTLY";
	}
	return NULL;
}

/* ALTER DATABASE: only a new tablespace copies files, which cannot be rolled back. */
static const char *
nontransactional_alter_database(const AlterDatabaseStmt *stmt)
{
	ListCell   *lc;

	foreach(lc, stmt->options)
	{
		if (strcmp(lfirst_node(DefElem, lc)->defname, "tablespace") == 0)
			return "ALTER DATABASE SET TABLESPACE";
	}
	return NULL;
}

/* CREATE SUBSCRIPTION: a slot that it creates at the publisher cannot be rolled back. */
static const char *
nontransactional_create_subscription(const CreateSubscriptionStmt *stmt)
{
	/* connect = false changes the default of create_slot */
	bool		connect = option(stmt->options, "connect", true);

	return option(stmt->options, "create_slot", connect) ?
		"CREATE SUBSCRIPTION that creates a replication slot" : NULL;
}

/* ALTER SUBSCRIPTION: a refresh may drop slots at the publisher. */
static const char *
nontransactional_alter_subscription(const AlterSubscriptionStmt *stmt)
{
	switch (stmt->kind)
	{
		case ALTER_SUBSCRIPTION_REFRESH:
			return "ALTER SUBSCRIPTION ... REFRESH";
		case ALTER_SUBSCRIPTION_SET_PUBLICATION:
		case ALTER_SUBSCRIPTION_ADD_PUBLICATION:
		case ALTER_SUBSCRIPTION_DROP_PUBLICATION:
			return option(stmt->options, "refresh", true) ?
				"ALTER SUBSCRIPTION with refresh" : NULL;
		default:
			return NULL;
	}
}

/* DROP SUBSCRIPTION, if the catalog says that it has a slot. */
static const char *
nontransactional_drop_subscription(const DropSubscriptionStmt *stmt)
{
	HeapTuple	tuple = SearchSysCache2(SUBSCRIPTIONNAME,
										ObjectIdGetDatum(MyDatabaseId),
										CStringGetDatum(stmt->subname));
	bool		no_slot = true;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	(void) SysCacheGetAttr(SUBSCRIPTIONNAME, tuple,
						   Anum_pg_subscription_subslotname, &no_slot);
	ReleaseSysCache(tuple);
	return no_slot ? NULL : "DROP SUBSCRIPTION that drops a replication slot";
}

/*
 * Is the statement a CALL of migrate.backfill()?  Without a schema it is one if no other
 * schema has a procedure or function of that name.
 */
bool
pgm_call_is_backfill(const Node *statement)
{
	const CallStmt *stmt = (const CallStmt *) statement;
	Oid			ours = get_namespace_oid("migrate", true);
	char	   *schema;
	char	   *name;
	CatCList   *list;
	bool		all = true;

	if (!IsA(statement, CallStmt))
		return false;
	DeconstructQualifiedName(stmt->funccall->funcname, &schema, &name);
	if (strcmp(name, "backfill") != 0)
		return false;
	if (schema)
		return strcmp(schema, "migrate") == 0;
	list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	for (int i = 0; i < list->n_members; i++)
		all = all && ((Form_pg_proc) GETSTRUCT(&list->members[i]->tuple))->pronamespace == ours;
	ReleaseSysCacheList(list);
	return all;
}

/*
 * May the procedure commit?  ExecuteCallStmt() calls one with SET clauses or SECURITY
 * DEFINER atomically, and SQL has no command for it inside a function.
 */
static bool
may_commit(Form_pg_proc proc, HeapTuple tuple)
{
	return proc->prokind == PROKIND_PROCEDURE && !proc->prosecdef &&
		proc->prolang != SQLlanguageId &&
		heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL);
}

/*
 * CALL of a procedure that may commit.
 *
 * The arguments are not analyzed, so it counts if any procedure of that name may commit.
 * A procedure that does not exist may be created by the plan, and counts as well.
 */
static const char *
nontransactional_call(const CallStmt *stmt)
{
	char	   *schema;
	char	   *name;
	CatCList   *list;
	bool		known = false;
	bool		may = false;

	DeconstructQualifiedName(stmt->funccall->funcname, &schema, &name);
	list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	for (int i = 0; i < list->n_members; i++)
	{
		HeapTuple	tuple = &list->members[i]->tuple;
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);

		if (schema && proc->pronamespace != get_namespace_oid(schema, true))
			continue;
		known = known || proc->prokind == PROKIND_PROCEDURE;
		may = may || may_commit(proc, tuple);
	}
	ReleaseSysCacheList(list);
	if (pgm_call_is_backfill((const Node *) stmt))
		return "CALL migrate.backfill()";
	return may || !known ? "CALL of a procedure that may commit" : NULL;
}

/*
 * The name of what makes the statement unable to run inside a transaction, as shown to
 * users; NULL if it can.
 */
static const char *
nontransactional_form(const Node *node, List *partitioned)
{
	switch (nodeTag(node))
	{
		case T_IndexStmt:
			return nontransactional_index((const IndexStmt *) node);
		case T_CreateTableAsStmt:
			return nontransactional_create_as((const CreateTableAsStmt *) node);
		case T_DropStmt:
			return ((const DropStmt *) node)->concurrent ?
				"DROP INDEX CONCURRENTLY" : NULL;
		case T_ReindexStmt:
			return nontransactional_reindex((const ReindexStmt *) node, partitioned);
		case T_AlterTableStmt:
			return nontransactional_alter_table((const AlterTableStmt *) node);
		case T_VacuumStmt:
			return ((const VacuumStmt *) node)->is_vacuumcmd ? "VACUUM" : NULL;
		case PGM_CLUSTER_TAG:
			return nontransactional_cluster(node, partitioned);
		case T_CreatedbStmt:
			return "CREATE DATABASE";
		case T_DropdbStmt:
			return "DROP DATABASE";
		case T_AlterDatabaseStmt:
			return nontransactional_alter_database((const AlterDatabaseStmt *) node);
		case T_CreateTableSpaceStmt:
			return "CREATE TABLESPACE";
		case T_DropTableSpaceStmt:
			return "DROP TABLESPACE";
		case T_AlterSystemStmt:
			return "ALTER SYSTEM";
		case T_CallStmt:
			return nontransactional_call((const CallStmt *) node);
		case T_DiscardStmt:
			return ((const DiscardStmt *) node)->target == DISCARD_ALL ?
				"DISCARD ALL" : NULL;
		case T_CreateSubscriptionStmt:
			return nontransactional_create_subscription((const CreateSubscriptionStmt *) node);
		case T_AlterSubscriptionStmt:
			return nontransactional_alter_subscription((const AlterSubscriptionStmt *) node);
		case T_DropSubscriptionStmt:
			return nontransactional_drop_subscription((const DropSubscriptionStmt *) node);
		default:
			return NULL;
	}
}

/*
 * The name of what makes the statement unable to run inside a transaction, as shown to
 * users; NULL if it can.  "partitioned" are the partitioned tables (RangeVar) that the
 * plan creates before it.
 */
char *
pgm_statement_nontransactional(const PgmStatement *statement, List *partitioned)
{
	const char *what = nontransactional_form(statement->raw->stmt, partitioned);

	return what ? pstrdup(what) : NULL;
}

/* Add the partitioned table that the statement creates, if any, to the list. */
List *
pgm_statement_partitioned(const PgmStatement *statement, List *partitioned)
{
	const Node *node = statement->raw->stmt;

	if (IsA(node, CreateStmt) && ((const CreateStmt *) node)->partspec)
		return lappend(partitioned, ((const CreateStmt *) node)->relation);
	return partitioned;
}

/*
 * Does any string literal of the statement contain the value?  Bodies of functions and
 * DO blocks are string literals, too.  A wrong yes costs no more than a cut.
 */
bool
pgm_statement_mentions(const PgmScript *script, const PgmStatement *statement,
					   const char *value)
{
	char	   *text = pnstrdup(script->sql + statement->start,
								statement->end - statement->start);
	PgmTokens	t;
	bool		found = false;
	int			token;

	pgm_tokens_begin(&t, text);
	while (!found && (token = pgm_tokens_next(&t)) != 0)
	{
		if (token == PGM_TOKEN_SCONST || token == PGM_TOKEN_USCONST)
			found = strstr(t.value.str, value) != NULL;
	}
	pgm_tokens_end(&t);
	pfree(text);
	return found;
}

/* Is the statement REINDEX (CONCURRENTLY)? */
bool
pgm_statement_reindexes_concurrently(const Node *statement)
{
	return IsA(statement, ReindexStmt) &&
		option(((const ReindexStmt *) statement)->params, "concurrently", false);
}

/*
 * Does a nontransactional statement build an index concurrently?  Such a build waits
 * for other transactions without blocking anybody, so a lock timeout would only
 * leave an invalid index behind.
 */
bool
pgm_statement_builds_concurrently(const Node *statement)
{
	/* without CONCURRENTLY it is transactional */
	Assert(!IsA(statement, IndexStmt) || ((const IndexStmt *) statement)->concurrent);
	return IsA(statement, IndexStmt) || pgm_statement_reindexes_concurrently(statement);
}
