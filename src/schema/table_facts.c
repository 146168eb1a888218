/*
 * table_facts.c
 *	  What the plan of a migration has to know of tables beyond their
 *	  definitions: their sizes, volatile defaults, bounds of partitions, and
 *	  materialized views that cannot be refreshed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/readfuncs.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "schema/builtin_definitions.h"
#include "schema/kinds/kinds.h"
#include "schema/relation_size.h"
#include "schema/table_facts.h"
#include "util/text_hash.h"

/* sizes and estimates of tables with all that inherit from them */
static PgmQuery rows_query = {
	.sql =
	"WITH RECURSIVE family (top, relid) AS ("
	" SELECT c.oid, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE " PGM_SQL_USERS_RELATION("'r', 'p', 'm'")
	" UNION ALL SELECT f.top, i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.relid)"
	" SELECT " PGM_SQL_NAME("c.relname") ", s.bytes, s.number, s.elsewhere, s.members"
	" FROM (SELECT f.top, sum(coalesce(pg_relation_size(m.oid), 0))::int8 AS bytes,"
	"  CASE WHEN min(m.reltuples) FILTER (WHERE m.relkind <> 'p') < 0 THEN -1"
	"   ELSE coalesce(sum(m.reltuples) FILTER (WHERE m.relkind <> 'p'), 0) END::float8 AS number,"

	/*
	 * The rule of pgm_relation_bytes(), repeated here because a call for each
	 * of thousands of tables takes too long.
	 */
	"  bool_or(m.relkind = 'f' OR (m.relkind IN ('r', 'm') AND m.relam <> 2 AND pg_relation_size(m.oid) = 0)) AS elsewhere,"
	"  CASE WHEN $1 THEN array_agg(m.oid) END AS members"
	"  FROM family f JOIN pg_class m ON m.oid = f.relid GROUP BY f.top) s"
	" JOIN pg_class c ON c.oid = s.top JOIN pg_namespace n ON n.oid = c.relnamespace",
	.argtypes = {BOOLOID}
};

/* defaults of columns; generated columns have none */
static PgmQuery defaults_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") " || '.' || quote_ident(a.attname), d.adbin::text"
	" FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
	" JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE a.attgenerated = '' AND " PGM_SQL_USERS_SCHEMA
};

/* all partitions, with their OIDs */
static PgmQuery partitions_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") ", c.oid"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f') AND " PGM_SQL_USERS_SCHEMA
};

/* materialized views whose owner may not read a relation in their query */
static PgmQuery unreadables_query = {
	.sql =
	"SELECT " PGM_SQL_NAME("c.relname") ", 'true'"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.relkind = 'm' AND " PGM_SQL_USERS_SCHEMA
	" AND EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
	"  JOIN pg_class t ON d.refclassid = 'pg_class'::regclass AND t.oid = d.refobjid"
	"  WHERE r.ev_class = c.oid AND t.oid <> c.oid AND t.relkind IN ('r', 'v', 'm', 'f', 'p')"
	"  AND NOT has_table_privilege(c.relowner, t.oid, 'SELECT')"
	"  AND NOT has_any_column_privilege(c.relowner, t.oid, 'SELECT'))"
};

typedef struct RowsEntry
{
	const char *identity;		/* hash key; must be first */
	PgmRows		rows;
} RowsEntry;

/* The total size of relations whose rows an extension may store elsewhere. */
static uint64
sum_members(ArrayType *members)
{
	uint64		bytes = 0;
	Datum	   *oids;
	int			n;

	deconstruct_array(members, OIDOID, sizeof(Oid), true, TYPALIGN_INT, &oids, NULL, &n);
	for (int i = 0; i < n; i++)
		bytes += pgm_relation_bytes(DatumGetObjectId(oids[i]));
	return bytes;
}

/*
 * Fill s->rows with the sizes of tables.  A size that is unknown is recorded as
 * such and never as 0, since a table that is taken for empty loses its safe
 * forms.
 */
static void
fill_rows(PgmSchema *s, PgmSpi *spi, MemoryContext context)
{
	Datum		ask = BoolGetDatum(pgm_relations_may_be_stored_elsewhere());
	uint64		n = pgm_spi_run(spi, &rows_query, &ask, NULL);
	SPITupleTable *rows = SPI_tuptable;
	MemoryContext old = MemoryContextSwitchTo(context);

	s->rows = pgm_texthash_make("rows of tables", sizeof(RowsEntry));
	for (uint64 row = 0; row < n; row++)
	{
		RowsEntry  *entry = pgm_texthash_enter(s->rows, pgm_spi_text(row, 1), NULL);
		bool		isnull;

		entry->rows.bytes = DatumGetInt64(pgm_spi_datum(row, 2, &isnull));
		entry->rows.rows = DatumGetFloat8(pgm_spi_datum(row, 3, &isnull));
		if (DatumGetBool(pgm_spi_datum(row, 4, &isnull)) && !isnull)
			entry->rows.bytes = PGM_SIZE_UNKNOWN;
		else
		{
			Datum		members = pgm_spi_datum(row, 5, &isnull);

			if (!isnull)
				entry->rows.bytes = sum_members(DatumGetArrayTypeP(members));
		}
		entry->rows.known = pgm_size_is_known(entry->rows.bytes);
		if (!entry->rows.known)
			entry->rows.rows = -1;
		entry->rows.filled = entry->rows.bytes > 0;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(rows);
}

/* An empty hash of PgmSchemaText, in the current memory context */
HTAB *
pgm_schema_make_texts(void)
{
	return pgm_texthash_make("texts by identity", sizeof(PgmSchemaText));
}

/*
 * A hash of the texts that a query returns by identity: all of them, or the
 * identities of those that are volatile expressions.
 */
static HTAB *
read_texts(PgmSpi *spi, PgmQuery *query, bool volatiles, MemoryContext context)
{
	uint64		n = pgm_spi_run(spi, query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(context);
	HTAB	   *hash = pgm_schema_make_texts();

	for (uint64 row = 0; row < n; row++)
	{
		char	   *text = pgm_spi_text(row, 2);
		PgmSchemaText *entry;

		CHECK_FOR_INTERRUPTS();
		if (text == NULL ||
			(volatiles && !contain_volatile_functions(stringToNode(text))))
			continue;
		entry = pgm_texthash_enter(hash, pgm_spi_text(row, 1), NULL);
		entry->text = volatiles ? NULL : text;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return hash;
}

/*
 * A hash of the constraints that partition bounds imply, by identity.  Hash
 * partitions are left out, because their constraint names the OID of the parent;
 * so are partitions whose key has functions or types of users, because the server
 * would evaluate those with our rights to deparse the constraint.
 */
static HTAB *
read_bounds(PgmSpi *spi, MemoryContext context)
{
	uint64		n = pgm_spi_run(spi, &partitions_query, NULL, NULL);
	MemoryContext old = MemoryContextSwitchTo(context);
	HTAB	   *hash = pgm_schema_make_texts();

	for (uint64 row = 0; row < n; row++)
	{
		bool		isnull;
		Oid			relid = DatumGetObjectId(pgm_spi_datum(row, 2, &isnull));
		PgmSchemaText *entry;
		char	   *bounds;

		CHECK_FOR_INTERRUPTS();
		if (!pgm_bounds_are_builtin(relid))
			continue;
		bounds = pgm_partition_constraint(relid);
		if (bounds == NULL || strstr(bounds, "satisfies_hash_partition("))
			continue;
		entry = pgm_texthash_enter(hash, pgm_spi_text(row, 1), NULL);
		entry->text = bounds;
	}
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
	return hash;
}

/* Size and number of rows of a relation, or NULL if nothing is known. */
const PgmRows *
pgm_schema_rows(const PgmSchema *s, const PgmObject *relation)
{
	RowsEntry  *entry = s->rows ?
		pgm_texthash_find(s->rows, relation->identity) : NULL;

	return entry ? &entry->rows : NULL;
}

/* Record for the relation "to" what is known of the rows of "from". */
void
pgm_schema_copy_rows(PgmSchema *s, const char *from, const char *to)
{
	RowsEntry  *entry = s->rows ? pgm_texthash_find(s->rows, from) : NULL;
	PgmRows		rows;

	if (entry == NULL)
		return;
	rows = entry->rows;
	entry = pgm_texthash_enter(s->rows, to, NULL);
	entry->rows = rows;
}

/* The entry of an object in a hash of texts, or NULL. */
static const PgmSchemaText *
find_text(HTAB *hash, const PgmObject *o)
{
	return hash ? pgm_texthash_find(hash, o->identity) : NULL;
}

/* Is the default of a column volatile, so that adding it rewrites the table? */
bool
pgm_schema_default_is_volatile(const PgmSchema *s, const PgmObject *column)
{
	return find_text(s->volatiles, column) != NULL;
}

/* Does the owner of a materialized view lack the right to read its tables? */
bool
pgm_schema_is_unreadable(const PgmSchema *s, const PgmObject *matview)
{
	return find_text(s->unreadables, matview) != NULL;
}

/* The constraint that the bound of a partition implies, or NULL if unknown. */
const char *
pgm_schema_bound(const PgmSchema *s, const PgmObject *partition)
{
	const PgmSchemaText *entry = find_text(s->bounds, partition);

	return entry ? entry->text : NULL;
}

/* Read all facts, in "context". */
void
pgm_schema_read_table_facts(PgmSchema *s, PgmSpi *spi, MemoryContext context)
{
	fill_rows(s, spi, context);
	s->volatiles = read_texts(spi, &defaults_query, true, context);
	s->bounds = read_bounds(spi, context);
	s->unreadables = read_texts(spi, &unreadables_query, false, context);
}
