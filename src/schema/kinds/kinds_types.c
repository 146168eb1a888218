/*
 * kinds_types.c
 *	  Types, domains, collations.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"

#include "schema/kinds/kinds.h"

#define FROM_TYPES \
	" FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace"

#define USERS_TYPE \
	PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_type", "t.oid")

#define BASE_FUNCTION(column, name) \
	" CASE WHEN t.typtype = 'b' AND " column " <> 0 THEN " column "::oid::regprocedure::text END AS " name ","
#define OF_BASE(value, name) \
	" CASE WHEN t.typtype = 'b' THEN " value " END AS " name ","

/* The options of CREATE TYPE for a base type */
#define BASE \
	BASE_FUNCTION("t.typinput", "input") \
	BASE_FUNCTION("t.typoutput", "output") \
	BASE_FUNCTION("t.typreceive", "receive") \
	BASE_FUNCTION("t.typsend", "send") \
	BASE_FUNCTION("t.typmodin", "typmod_in") \
	BASE_FUNCTION("t.typmodout", "typmod_out") \
	BASE_FUNCTION("t.typanalyze", "analyze") \
	BASE_FUNCTION("t.typsubscript", "subscript") \
	OF_BASE("to_jsonb(t.typlen)", "internallength") \
	OF_BASE("t.typbyval", "passedbyvalue") \
	OF_BASE("t.typalign::text", "alignment") \
	OF_BASE("t.typstorage::text", "storage") \
	OF_BASE("t.typcategory::text", "category") \
	OF_BASE("t.typispreferred", "preferred") \
	OF_BASE("quote_literal(t.typdefault)", "\"default\"") \
	OF_BASE("CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END", "element") \
	OF_BASE("quote_literal(t.typdelim::text)", "delimiter") \
	" t.typtype = 'b' AND t.typcollation <> 0 AS collatable"

static PgmKind types[] = {

	/*
	 * Row types of tables, and array and multirange types, are left out, as
	 * they come with another object.  The name of a multirange type, which a
	 * user may choose, is a property of the range type.
	 */
	{
		.id = PGM_KIND_TYPE,
		.classid = TypeRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("t.typname") ","
		" " PGM_SQL_OWNER("t.typowner") ","
		" CASE WHEN NOT t.typisdefined THEN 'shell' ELSE CASE t.typtype WHEN 'c' THEN 'composite'"
		"  WHEN 'e' THEN 'enum' WHEN 'r' THEN 'range' ELSE 'base' END END AS form,"
		" e.labels AS labels,"
		" a.attributes AS attribute_order,"
		" format_type(r.rngsubtype, NULL) AS subtype,"
		" CASE WHEN r.rngsubopc <> 0 THEN (pg_identify_object('pg_opclass'::regclass, r.rngsubopc, 0)).identity END AS subtype_opclass,"
		" CASE WHEN r.rngcollation <> 0 THEN r.rngcollation::regcollation::text END AS collation,"
		" " PGM_SQL_FUNCTION("r.rngcanonical") " AS canonical,"
		" " PGM_SQL_FUNCTION("r.rngsubdiff") " AS subtype_diff,"
		" format_type(r.rngmultitypid, NULL) AS multirange_type,"
		BASE
		FROM_TYPES
		" LEFT JOIN (SELECT enumtypid, jsonb_agg(enumlabel ORDER BY enumsortorder) AS labels"
		"  FROM pg_enum GROUP BY enumtypid) e ON e.enumtypid = t.oid"
		" LEFT JOIN pg_range r ON r.rngtypid = t.oid"
		" LEFT JOIN pg_class c ON c.oid = t.typrelid AND t.typrelid <> 0"
		" LEFT JOIN (SELECT attrelid, jsonb_agg(attname ORDER BY attnum) AS attributes"
		"  FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid >= 16384"
		"  GROUP BY attrelid) a ON a.attrelid = c.oid"
		" WHERE t.typtype IN ('b', 'c', 'e', 'r', 'p') AND (c.oid IS NULL OR c.relkind = 'c')"
		" AND NOT EXISTS (SELECT FROM pg_type element WHERE element.typarray = t.oid)"
		" AND " USERS_TYPE
	},
	{
		.id = PGM_KIND_DOMAIN,
		.classid = TypeRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("t.typname") ","
		" " PGM_SQL_OWNER("t.typowner") ","
		" format_type(t.typbasetype, t.typtypmod) AS type,"
		" CASE WHEN t.typcollation <> b.typcollation THEN t.typcollation::regcollation::text END AS collation,"
		" t.typnotnull AS not_null,"
		" coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS \"default\""
		FROM_TYPES
		" JOIN pg_type b ON b.oid = t.typbasetype"
		" WHERE t.typtype = 'd' AND " USERS_TYPE
	},
	{
		.id = PGM_KIND_DOMAIN_CONSTRAINT,
		.classid = ConstraintRelationId,
		.query.sql =
		"SELECT k.oid, 0, 'pg_type'::regclass::oid, t.oid,"
		" quote_ident(k.conname) || ' on domain ' || " PGM_SQL_NAME("t.typname") ","
		" pg_get_constraintdef(k.oid) AS definition"
		" FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid"
		" JOIN pg_namespace n ON n.oid = t.typnamespace"
		" WHERE k.contypid <> 0 AND " USERS_TYPE
	},

	/*
	 * The columns of pg_collation differ between versions (colliculocale in
	 * 15, collicurules from 16, colllocale from 17), so they are read by
	 * name.
	 */
	{
		.id = PGM_KIND_COLLATION,
		.classid = CollationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.collname") ","
		" " PGM_SQL_OWNER("c.collowner") ","
		" CASE c.collprovider WHEN 'd' THEN 'default' WHEN 'b' THEN 'builtin' WHEN 'i' THEN 'icu' ELSE 'libc' END AS provider,"
		" c.collcollate AS lc_collate, c.collctype AS lc_ctype,"
		" coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') AS locale,"
		" to_jsonb(c) ->> 'collicurules' AS rules,"
		" NOT c.collisdeterministic AS not_deterministic,"
		" c.collversion AS version"
		" FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_collation", "c.oid")
	},
};

const PgmKinds pgm_kinds_types = {types, lengthof(types)};
