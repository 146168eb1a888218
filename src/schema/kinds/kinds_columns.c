/*
 * kinds_columns.c
 *	  Columns, and the attributes of composite types.
 */
#include "postgres.h"

#include "compat.h"
#include "schema/kinds/kinds.h"

/*
 * An attribute version that the server keeps among the options (pg_attver, in
 * minor versions of November 2026 on) is not a user's option and differs from
 * one database to the next.
 */
#define COLUMN_PROPERTIES \
	" format_type(a.atttypid, a.atttypmod) AS type," \
	" CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation," \
	" a.attnotnull AS not_null," \
	" CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS \"default\"," \
	" CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid)" \
	"  || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END END AS generated," \
	" CASE WHEN " PGM_SQL_OWN_IDENTITY " THEN CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END END AS identity," \
	" CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'plain'" \
	"  WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END AS storage," \
	" CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression," \
	" CASE WHEN a.attstattarget >= 0 THEN to_jsonb(a.attstattarget) END AS statistics_target," \
	" CASE WHEN cardinality(a.attoptions) > 1 OR a.attoptions[1] NOT LIKE 'pg\\_attver=%' THEN" \
	"  (SELECT jsonb_agg(o ORDER BY o COLLATE \"C\") FROM unnest(a.attoptions) o" \
	"   WHERE o NOT LIKE 'pg\\_attver=%') END AS options," \
	" CASE WHEN a.attfdwoptions IS NOT NULL THEN " PGM_SQL_SORTED("a.attfdwoptions") " END AS foreign_options," \
	" CASE WHEN a.attinhcount > 0 THEN to_jsonb(a.attinhcount) END AS inherited," \
	" NOT a.attislocal AS only_inherited"

#define FROM_COLUMNS \
	" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid" \
	" JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" JOIN pg_type t ON t.oid = a.atttypid" \
	" LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef" \
	" WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attrelid >= 16384 AND "

static PgmKind columns[] = {
	{
		.id = PGM_KIND_COLUMN,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, a.attnum::int, " PGM_SQL_IN_RELATION ","
		" " PGM_SQL_NAME("c.relname") " || '.' || quote_ident(a.attname),"
		COLUMN_PROPERTIES FROM_COLUMNS
		PGM_SQL_USERS_RELATION("'r', 'p', 'f', 'v', 'm'")
	},
	{
		.id = PGM_KIND_ATTRIBUTE,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, a.attnum::int, 'pg_type'::regclass::oid, c.reltype,"
		" " PGM_SQL_NAME("c.relname") " || '.' || quote_ident(a.attname),"
		" format_type(a.atttypid, a.atttypmod) AS type,"
		" CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation"
		FROM_COLUMNS
		"c.relkind = 'c' AND " PGM_SQL_USERS_SCHEMA
		" AND " PGM_SQL_NO_MEMBER("pg_type", "c.reltype")
	},
};

const PgmKinds pgm_kinds_columns = {columns, lengthof(columns)};
