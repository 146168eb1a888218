/*
 * intended_index.c
 *	  Whether an index that exists is the one that a CREATE INDEX would build.
 *
 * pg_get_indexdef() of the existing index is compared with that of an index which the
 * statement builds on an empty copy of the table, in a subtransaction that is rolled
 * back.  The text of the statement would not do: the server adds operator classes,
 * collations and casts.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "tcop/dest.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "run/engine/intended_index.h"
#include "util/spi.h"
#include "util/subtransaction.h"

/* The statement that copies table $1 to a table named $2, and the schema of both */
static PgmQuery clone_query = {
	.sql = "SELECT format('CREATE TABLE %I.%I (LIKE %s)', n.nspname, $2, c.oid::regclass),"
	" n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1",
	.argtypes = {OIDOID, TEXTOID}
};

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
	char	   *schema = pgm_spi_query_column(&clone_query, values, NULL, 2);
	IndexStmt  *copy = copyObject(unconstify(IndexStmt *, stmt));
	PlannedStmt *planned = makeNode(PlannedStmt);
	Oid			index;

	if (SPI_connect() != SPI_OK_CONNECT ||
		SPI_execute(pgm_spi_query_column(&clone_query, values, NULL, 1), false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not copy the table");
	SPI_finish();
	copy->relation = makeRangeVar(schema, pstrdup(name), -1);

	/*
	 * CONCURRENTLY is not allowed in a subtransaction, and changes no
	 * definition
	 */
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
	index = get_relname_relid(copy->idxname, get_namespace_oid(schema, false));
	return TextDatumGetCString(DirectFunctionCall1(pg_get_indexdef, ObjectIdGetDatum(index)));
}

/* An index whose definition is to be found, and the result */
typedef struct PgmIntendedIndex
{
	const IndexStmt *stmt;
	Oid			relid;
	char	   *definition;
} PgmIntendedIndex;

/* The function of a subtransaction that is rolled back: define the index. */
static bool
define_part(void *arg)
{
	PgmIntendedIndex *index = arg;
	MemoryContext old = MemoryContextSwitchTo(CurTransactionContext);
	char	   *definition = define_on_clone(index->stmt, index->relid);

	index->definition = MemoryContextStrdup(old, definition);
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
	PgmIntendedIndex index = {.stmt = stmt,.relid = relid};
	ErrorData  *edata = pgm_subtransaction("pg_migrate", define_part, &index);

	if (edata == NULL)
		return index.definition;

	/*
	 * A cancel says nothing about the index, which would be taken for ours
	 * without a comparison.  Raised, it leaves the segment as it is in the
	 * journal, and the next run examines the index again.
	 */
	pgm_subtransaction_rethrow_unrelated(edata);
	FreeErrorData(edata);
	return NULL;
}

/*
 * Raise 42P07 if an index that exists has another definition than the statement gives
 * to its index: then somebody else has made it.  Their names are not compared.
 */
void
pgm_intended_index_check(const IndexStmt *stmt, Oid relid, const char *existing)
{
	char	   *intended = intended_definition(stmt, relid);

	if (intended && strcmp(without_names(existing), without_names(intended)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("index \"%s\" already exists with a different definition",
						stmt->idxname),
				 errdetail("It was made while this migration was half done: %s",
						   existing),
				 errhint("Drop or rename it, and call again.")));
}
