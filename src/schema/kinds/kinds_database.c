/*
 * kinds_database.c
 *	  The database itself, its settings, its schemas, its large objects.
 *
 * Only the settings of the database are read, never its name, so that the snapshot
 * of a copy equals that of the original.
 */
#include "postgres.h"

#include "catalog/pg_database.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_namespace.h"

#include "schema/kinds/kinds.h"

#define THIS_DATABASE "(SELECT oid FROM pg_database WHERE datname = current_database())"

static PgmKind database[] = {
	{
		.id = PGM_KIND_DATABASE,
		.classid = DatabaseRelationId,
		.query.sql =
		"SELECT d.oid, 0, " PGM_SQL_IN_NOTHING ", 'this',"
		" " PGM_SQL_OWNER("d.datdba") ","
		" CASE WHEN d.datconnlimit <> -1 THEN to_jsonb(d.datconnlimit) END AS connection_limit,"
		" d.datistemplate AS is_template"
		" FROM pg_database d WHERE d.datname = current_database()"
	},
	{
		.id = PGM_KIND_SETTING,
		.query.sql =
		"SELECT 0::oid, 0, " PGM_SQL_IN_NOTHING ","
		" split_part(v, '=', 1) || CASE WHEN s.setrole <> 0 THEN ' of ' || quote_ident(pg_get_userbyid(s.setrole)) ELSE '' END || ' in this database',"
		" quote_literal(substr(v, strpos(v, '=') + 1)) AS value"
		" FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) v"
		" WHERE s.setdatabase = " THIS_DATABASE
	},
	{
		.id = PGM_KIND_SCHEMA,
		.classid = NamespaceRelationId,
		.query.sql =
		"SELECT n.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(n.nspname),"
		" " PGM_SQL_OWNER("n.nspowner")
		" FROM pg_namespace n"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_namespace", "n.oid")
	},

	/*
	 * Large objects are data rather than schema, and there may be millions.
	 * They are only counted, by owner, with their privileges and comments.
	 */
	{
		.id = PGM_KIND_LARGE_OBJECTS,
		.classid = LargeObjectRelationId,
		.query.sql =
		"SELECT 0::oid, 0, " PGM_SQL_IN_NOTHING ", 'of ' || quote_ident(pg_get_userbyid(owner)),"
		" to_jsonb(sum(n)) AS number,"
		" jsonb_object_agg(acl, n) FILTER (WHERE acl <> '') AS privileges,"
		" to_jsonb(sum(comments)) AS comments"
		" FROM (SELECT l.lomowner AS owner, coalesce(a.acl, '') AS acl, count(*) AS n, count(w.description) AS comments"
		"  FROM pg_largeobject_metadata l"
		"  LEFT JOIN pg_description w ON w.classoid = 'pg_largeobject'::regclass AND w.objoid = l.oid"
		"  LEFT JOIN LATERAL (SELECT string_agg(x::text, ', ' ORDER BY x::text COLLATE \"C\") AS acl"
		"   FROM unnest(l.lomacl) x WHERE NOT (x = ANY (acldefault('L', l.lomowner)))) a ON l.lomacl IS NOT NULL"
		"  GROUP BY l.lomowner, coalesce(a.acl, '')) v"
		" GROUP BY owner"
	},
};

const PgmKinds pgm_kinds_database = {database, lengthof(database)};
