/*
 * relation_size.c
 *	  The size of a relation.
 *
 * The file of a relation does not always hold its rows: those of a distributed
 * table of Citus are in shards, those of a hypertable of TimescaleDB in chunks,
 * those of a foreign table on another server, and a table access method may keep
 * them anywhere.  The local file is then empty, and trusting it would make a DROP
 * TABLE look harmless.  Citus and TimescaleDB are asked for the size; if that
 * fails, for example because a node is down, and for all others, the size is
 * unknown, which is never "empty".  After a failure nothing more is asked during
 * the same client statement.
 *
 * Only tables and functions that belong to the extension of that name, owned by a
 * superuser, are used: a user's table named pg_dist_partition is not read.  While
 * such an extension cannot be asked, an empty file proves nothing.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "schema/relation_size.h"
#include "util/spi.h"
#include "util/subtransaction.h"

/* An extension that stores rows of tables elsewhere */
typedef struct PgmStorage
{
	const char *extension;
	const char *list;			/* its table of such tables */
	const char *listed;			/* condition that $1, a table's OID, is in it */
	const char *size;			/* its function for their size, of a regclass */
	bool		in_children;	/* the rows are in tables that inherit */
} PgmStorage;

static const PgmStorage storages[] = {
	{"citus", "pg_dist_partition", "logicalrelid::oid = $1", "citus_table_size", false},
	{"timescaledb", "hypertable",
	"to_regclass(format('%I.%I', schema_name, table_name))::oid = $1", "hypertable_size", true},
};

/*
 * The table and the function of an extension, with their schemas.  They must be
 * its members and its owner a superuser, because they are called as the owner of
 * pg_migrate.
 */
static PgmQuery members_query = {
	.sql =
	"SELECT (SELECT c.oid::regclass::text FROM pg_depend d JOIN pg_class c ON c.oid = d.objid"
	"   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid"
	"    AND d.deptype = 'e' AND c.relname = $2 AND c.relkind = 'r'),"
	"  (SELECT format('%I.%I', p.pronamespace::regnamespace::text, p.proname) FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid"
	"   WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid"
	"    AND d.deptype = 'e' AND p.proname = $3 AND p.proargtypes::text = 'regclass'::regtype::oid::text"
	"    AND p.prorettype = 'int8'::regtype)"
	" FROM pg_extension e JOIN pg_roles r ON r.oid = e.extowner WHERE e.extname = $1 AND r.rolsuper",
	.argtypes = {TEXTOID, TEXTOID, TEXTOID}
};

/* A question to an extension */
typedef struct PgmAsk
{
	const PgmStorage *storage;
	Oid			relid;
	bool		unsure;			/* it cannot be told whether it has the table */
	bool		listed;
	bool		silent;			/* its size is not asked for */
	uint64		bytes;
} PgmAsk;

/* Answers for the current client statement; each costs a round trip to all nodes */
#define KEPT 64
static struct
{
	TimestampTz statement;
	const PgmStorage *storage;	/* whose answer it is */
	Oid			database;
	Oid			relid;
	uint64		bytes;
}			kept[KEPT];
static int	next_kept = 0;

/*
 * The client statement during which asking failed.  Asking again would wait for
 * the same node, perhaps until the connection times out.
 */
static TimestampTz failed_in = 0;

/* The first value of a query about $1; false: no row or a null. */
static bool
value_of(const char *sql, Oid relid, Datum *value)
{
	Oid			type = OIDOID;
	Datum		arg = ObjectIdGetDatum(relid);
	bool		isnull;

	if (SPI_execute_with_args(sql, 1, &type, &arg, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed");
	if (SPI_processed == 0)
		return false;
	*value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return !isnull;
}

/* Ask whether the extension lists the table, and for its size. */
static bool
ask_part(void *arg)
{
	PgmAsk	   *a = arg;
	const PgmStorage *s = a->storage;
	Datum		values[3];
	Datum		value;
	char	   *list = NULL;
	char	   *function = NULL;
	PgmSpi		spi;

	values[0] = CStringGetTextDatum(s->extension);
	values[1] = CStringGetTextDatum(s->list);
	values[2] = CStringGetTextDatum(s->size);
	pgm_spi_begin(&spi, true);
	if (pgm_spi_run(&spi, &members_query, values, NULL) > 0)
	{
		list = pgm_spi_text(0, 1);
		function = pgm_spi_text(0, 2);
	}
	a->unsure = list == NULL;
	if (list)
	{
		a->listed = value_of(psprintf("SELECT 1 FROM ONLY %s WHERE %s", list, s->listed),
							 a->relid, &value);
		if (a->listed && function && !a->silent &&
			value_of(psprintf("SELECT %s($1::regclass)::int8", function), a->relid, &value) &&
			DatumGetInt64(value) >= 0)
			a->bytes = Min((uint64) DatumGetInt64(value), PGM_SIZE_UNKNOWN);
	}
	pgm_spi_end(&spi);
	return false;				/* no lock is kept */
}

/*
 * Ask an installed extension.  Returns whether it stores the table, or may store
 * it, because it could not be asked and the local file is empty.
 */
static bool
ask(const PgmStorage *storage, Oid relid, bool empty, uint64 *bytes)
{
	PgmAsk		a = {.storage = storage,.relid = relid,.bytes = PGM_SIZE_UNKNOWN};
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	ErrorData  *edata;

	for (int i = 0; i < KEPT; i++)
		if (kept[i].relid == relid && kept[i].statement == statement &&
			kept[i].storage == storage && kept[i].database == MyDatabaseId)
		{
			*bytes = kept[i].bytes;
			return true;
		}
	a.silent = failed_in != 0 && failed_in == statement;
	edata = pgm_subtransaction("pg_migrate", ask_part, &a);
	if (edata)
	{
		/*
		 * too many connections are those of another node, which was not asked
		 * then
		 */
		if (edata->sqlerrcode != ERRCODE_TOO_MANY_CONNECTIONS)
			pgm_subtransaction_rethrow_unrelated(edata);
		failed_in = statement;
		a.unsure = !a.listed;	/* the list is read first */
		a.bytes = PGM_SIZE_UNKNOWN;
		FreeErrorData(edata);
	}
	if (!a.listed && !(a.unsure && empty))
		return false;
	kept[next_kept].statement = statement;
	kept[next_kept].storage = storage;
	kept[next_kept].database = MyDatabaseId;
	kept[next_kept].relid = relid;
	kept[next_kept].bytes = a.bytes;
	next_kept = (next_kept + 1) % KEPT;
	*bytes = a.bytes;
	return true;
}

/* May any extension of this database store rows elsewhere? */
bool
pgm_relations_may_be_stored_elsewhere(void)
{
	for (int i = 0; i < (int) lengthof(storages); i++)
		if (OidIsValid(get_extension_oid(storages[i].extension, true)))
			return true;
	return false;
}

/*
 * The extension that stores the rows of a table, with their size, or NULL.
 * "empty" says whether the local file is.
 */
static const PgmStorage *
storage_of(Oid relid, bool empty, uint64 *bytes)
{
	for (int i = 0; i < (int) lengthof(storages); i++)
		if (OidIsValid(get_extension_oid(storages[i].extension, true)) &&
			ask(&storages[i], relid, empty, bytes))
			return &storages[i];
	return NULL;
}

/*
 * Are the rows of a relation stored outside of its own file and of the files of
 * tables in this database that inherit from it?
 */
bool
pgm_relation_is_stored_elsewhere(Oid relid)
{
	uint64		bytes;
	const PgmStorage *storage;

	if (!OidIsValid(relid))
		return false;
	storage = storage_of(relid, false, &bytes);
	return get_rel_relkind(relid) == RELKIND_FOREIGN_TABLE ||
		(storage && !storage->in_children);
}

/* The size of an open relation in bytes. */
static uint64
bytes_of(Relation rel)
{
	char		kind = rel->rd_rel->relkind;
	uint64		own;
	uint64		bytes;

	if (kind == RELKIND_FOREIGN_TABLE)
		return PGM_SIZE_UNKNOWN;
	if (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW && kind != RELKIND_TOASTVALUE)
		return 0;
	own = (uint64) RelationGetNumberOfBlocks(rel) * BLCKSZ;
	if (kind == RELKIND_RELATION && storage_of(RelationGetRelid(rel), own == 0, &bytes))
		return bytes;
	/* another access method may have no file at all */
	return own == 0 && rel->rd_rel->relam != HEAP_TABLE_AM_OID ? PGM_SIZE_UNKNOWN : own;
}

/*
 * The size of a relation in bytes, without indexes and inheriting tables: 0 if it
 * is empty, does not exist or cannot have rows, PGM_SIZE_UNKNOWN if unknown.
 */
uint64
pgm_relation_bytes(Oid relid)
{
	Relation	rel = try_relation_open(relid, AccessShareLock);
	uint64		bytes;

	if (rel == NULL)
		return 0;
	bytes = bytes_of(rel);
	relation_close(rel, AccessShareLock);
	return bytes;
}

/* The size in bytes of a relation with all that inherit from it. */
uint64
pgm_relation_tree_bytes(Oid relid)
{
	uint64		bytes = 0;
	ListCell   *lc;

	foreach(lc, find_all_inheritors(relid, NoLock, NULL))
	{
		bytes += pgm_relation_bytes(lfirst_oid(lc));
	}
	return bytes;
}
