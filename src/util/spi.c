/*
 * spi.c
 *	  Running our own SQL.
 *
 * Between pgm_spi_begin() and pgm_spi_end() the user is the owner of the
 * extension and search_path is pg_catalog alone, so neither the caller's
 * rights nor anything planted in the caller's path has an influence.  No
 * script of a migration may run in between.  On error the transaction or
 * subtransaction abort restores both.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "util/spi.h"

/*
 * The owner of the extension's tables.  Raises when the extension was dropped
 * while its library stayed loaded.
 */
Oid
pgm_extension_owner(void)
{
	Oid			nsp = get_namespace_oid("migrate", true);
	Oid			rel = OidIsValid(nsp) ? get_relname_relid("revision", nsp) :
		InvalidOid;
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(rel));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("extension \"pg_migrate\" is not installed in this database"),
				 errhint("Install it with CREATE EXTENSION pg_migrate.")));
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Connect to SPI as the owner.  A read-only scope sees what the calling query
 * sees; another one sees everything committed before each of its queries.
 */
void
pgm_spi_begin(PgmSpi *spi, bool read_only)
{
	Oid			owner = pgm_extension_owner();

	spi->read_only = read_only;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	GetUserIdAndSecContext(&spi->userid, &spi->sec_context);
	SetUserIdAndSecContext(owner, spi->sec_context |
						   SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_NOFORCE_RLS);
	spi->nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* Undo pgm_spi_begin(); what SPI returned is gone afterwards. */
void
pgm_spi_end(PgmSpi *spi)
{
	AtEOXact_GUC(false, spi->nest_level);
	SetUserIdAndSecContext(spi->userid, spi->sec_context);
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed");
}

/* Plan a query when it is first used in this backend. */
static void
plan_once(PgmQuery *query)
{
	if (query->plan != NULL)
		return;
	query->nargs = 0;
	while (OidIsValid(query->argtypes[query->nargs]))
		query->nargs++;
	query->plan = SPI_prepare(query->sql, query->nargs, query->argtypes);
	if (query->plan == NULL || SPI_keepplan(query->plan) != 0)
		elog(ERROR, "SPI_prepare failed: %s: %s",
			 SPI_result_code_string(SPI_result), query->sql);
}

/*
 * Run a query; "isnull" may be NULL when no value is null.  Returns the number
 * of rows processed; rows returned are in SPI_tuptable.
 */
uint64
pgm_spi_run(PgmSpi *spi, PgmQuery *query, Datum *values, const bool *isnull)
{
	char		nulls[PGM_QUERY_MAX_ARGS];
	int			rc;

	plan_once(query);
	for (int i = 0; i < query->nargs; i++)
		nulls[i] = isnull && isnull[i] ? 'n' : ' ';
	rc = SPI_execute_plan(query->plan, values, nulls, spi->read_only, 0);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan failed: %s: %s",
			 SPI_result_code_string(rc), query->sql);
	return SPI_processed;
}

/* A column (from 1) of a row of the last result. */
Datum
pgm_spi_datum(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

/* A text column as a string in SPI's memory, or NULL. */
char *
pgm_spi_text(uint64 row, int column)
{
	bool		isnull;
	Datum		value = pgm_spi_datum(row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Run one query in a scope of its own.  Returns a column of its first row as text, in
 * the current memory context; NULL if that is null or there is no row.
 */
char *
pgm_spi_query_column(PgmQuery *query, Datum *values, const bool *isnull, int column)
{
	MemoryContext caller = CurrentMemoryContext;
	char	   *result = NULL;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	if (pgm_spi_run(&spi, query, values, isnull) > 0)
	{
		result = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column);
		result = result ? MemoryContextStrdup(caller, result) : NULL;
	}
	pgm_spi_end(&spi);
	return result;
}

/* The first column of the first row of a query without null values, as above. */
char *
pgm_spi_query_text(PgmQuery *query, Datum *values)
{
	return pgm_spi_query_column(query, values, NULL, 1);
}
