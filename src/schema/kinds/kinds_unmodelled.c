/*
 * kinds_unmodelled.c
 *	  Objects that no other kind reads.
 *
 * Objects in pg_depend whose catalog no kind reads are counted, so that a change
 * of them does not go unnoticed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "schema/kinds/kinds.h"

/* $1: the catalogs that are read */
static PgmKind unmodelled[] = {
	{
		.id = PGM_KIND_UNMODELLED_KIND,
		.query = {
			.sql =
			"SELECT 0::oid, 0, " PGM_SQL_IN_NOTHING ","
			" coalesce((SELECT relname FROM pg_class WHERE oid = classid)::text, classid::text),"
			" to_jsonb(count(*)) AS number"
			" FROM (SELECT classid, objid FROM pg_depend WHERE objid >= 16384"
			"   AND classid NOT IN (SELECT unnest($1)) UNION"
			"  SELECT refclassid, refobjid FROM pg_depend WHERE refobjid >= 16384"
			"   AND refclassid NOT IN (SELECT unnest($1)) UNION"
			"  SELECT classid, objid FROM pg_shdepend WHERE classid NOT IN (SELECT unnest($1))"
			"   AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())) u"
			" WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = u.classid AND e.objid = u.objid"
			"  AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')"
			" GROUP BY classid UNION ALL"
			" SELECT 0::oid, 0, " PGM_SQL_IN_NOTHING ", 'relation of kind ' || c.relkind::text, to_jsonb(count(*))"
			" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
			" WHERE c.relkind NOT IN ('r', 'p', 'f', 'v', 'm', 'S', 'c', 'i', 'I', 't') AND " PGM_SQL_USERS_SCHEMA
			" AND " PGM_SQL_NO_MEMBER("pg_class", "c.oid")
			" GROUP BY c.relkind",
			.argtypes = {OIDARRAYOID}
		}
	},
};

const PgmKinds pgm_kinds_unmodelled = {unmodelled, lengthof(unmodelled)};
