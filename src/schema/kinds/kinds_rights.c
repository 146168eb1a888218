/*
 * kinds_rights.c
 *	  Privileges: grants, revoked built-in defaults, default privileges.
 *
 * A "grant" is a privilege beyond the built-in defaults (acldefault()), a "revoke"
 * a built-in default that is missing.  So an object whose ACL is NULL, or is equal
 * to the defaults, has neither.  The identity of a grant names the grantor only
 * if it is not the owner.
 */
#include "postgres.h"

#include "catalog/pg_default_acl.h"

#include "schema/kinds/kinds.h"

/* class, OID, column or '', name with object type, ACL, type for acldefault(), owner */
#define OBJECTS \
	"WITH o (class, oid, col, name, acl, type, owner) AS (" \
	" SELECT 'pg_class'::regclass::oid, c.oid, '', CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || " PGM_SQL_NAME("c.relname") "," \
	"  c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner" \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE c.relacl IS NOT NULL AND " PGM_SQL_USERS_RELATION("'r', 'p', 'f', 'v', 'm', 'S'") \
	" UNION ALL" \
	" SELECT 'pg_class'::regclass::oid, c.oid, ' (' || quote_ident(a.attname) || ')', 'table ' || " PGM_SQL_NAME("c.relname") "," \
	"  a.attacl, 'c', c.relowner" \
	" FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace" \
	" WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND " PGM_SQL_USERS_RELATION("'r', 'p', 'f', 'v', 'm'") \
	" UNION ALL" \
	" SELECT 'pg_proc'::regclass::oid, p.oid, '', CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END || p.oid::regprocedure," \
	"  p.proacl, 'f', p.proowner" \
	" FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace" \
	" WHERE p.proacl IS NOT NULL AND " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_proc", "p.oid") \
	" UNION ALL" \
	" SELECT 'pg_namespace'::regclass::oid, n.oid, '', 'schema ' || quote_ident(n.nspname), n.nspacl, 'n', n.nspowner" \
	" FROM pg_namespace n" \
	" WHERE n.nspacl IS NOT NULL AND " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_namespace", "n.oid") \
	" UNION ALL" \
	" SELECT 'pg_type'::regclass::oid, t.oid, '', CASE t.typtype WHEN 'd' THEN 'domain ' ELSE 'type ' END || format_type(t.oid, NULL)," \
	"  t.typacl, 'T', t.typowner" \
	" FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace" \
	" WHERE t.typacl IS NOT NULL AND " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_type", "t.oid") \
	" UNION ALL" \
	" SELECT 'pg_language'::regclass::oid, l.oid, '', 'language ' || quote_ident(l.lanname), l.lanacl, 'l', l.lanowner" \
	" FROM pg_language l WHERE l.lanacl IS NOT NULL AND " PGM_SQL_USERS("pg_language", "l.oid") \
	" UNION ALL" \
	" SELECT 'pg_foreign_data_wrapper'::regclass::oid, w.oid, '', 'foreign data wrapper ' || quote_ident(w.fdwname), w.fdwacl, 'F', w.fdwowner" \
	" FROM pg_foreign_data_wrapper w WHERE w.fdwacl IS NOT NULL AND " PGM_SQL_USERS("pg_foreign_data_wrapper", "w.oid") \
	" UNION ALL" \
	" SELECT 'pg_foreign_server'::regclass::oid, s.oid, '', 'foreign server ' || quote_ident(s.srvname), s.srvacl, 'S', s.srvowner" \
	" FROM pg_foreign_server s WHERE s.srvacl IS NOT NULL AND " PGM_SQL_USERS("pg_foreign_server", "s.oid") \
	" UNION ALL" \
	" SELECT 0, 0, '', 'this database', d.datacl, 'd', d.datdba" \
	" FROM pg_database d WHERE d.datacl IS NOT NULL AND d.datname = current_database())"

#define ROLE(oid) \
	"CASE WHEN " oid " = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(" oid ")) END"
#define BY(owner) \
	"CASE WHEN g.grantor <> " owner " THEN ' by ' || " ROLE("g.grantor") " ELSE '' END"

#define OBJECT_TYPE \
	"CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'" \
	" WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END"

/* default privileges of one schema are added to the global ones: no default */
#define USUAL \
	"aclexplode(CASE WHEN d.defaclnamespace = 0 THEN" \
	" acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole) END)"

#define IDENTITY_OF_DEFAULT(word) \
	"format('%s on %s%s made by %s " word " %s%s', g.privilege_type, " OBJECT_TYPE "," \
	" CASE WHEN d.defaclnamespace <> 0 THEN ' in schema ' || d.defaclnamespace::regnamespace ELSE '' END," \
	" " ROLE("d.defaclrole") ", " ROLE("g.grantee") ", " BY("d.defaclrole") ")"

static PgmKind rights[] = {
	{
		.id = PGM_KIND_GRANT,
		.is_right = true,
		.query.sql =
		OBJECTS
		"SELECT 0::oid, 0, o.class, o.oid, format('%s%s on %s to %s%s', g.privilege_type, o.col, o.name, "
		ROLE("g.grantee") ", " BY("o.owner") "),"
		" g.is_grantable AS grant_option"
		" FROM o CROSS JOIN LATERAL (SELECT * FROM aclexplode(o.acl) EXCEPT SELECT * FROM aclexplode(acldefault(o.type, o.owner))) g"
	},
	{
		.id = PGM_KIND_REVOKE,
		.is_right = true,
		.query.sql =
		OBJECTS
		"SELECT 0::oid, 0, o.class, o.oid, format('%s%s on %s from %s', g.privilege_type, o.col, o.name, "
		ROLE("g.grantee") ")"
		" FROM o CROSS JOIN LATERAL (SELECT grantor, grantee, privilege_type FROM aclexplode(acldefault(o.type, o.owner))"
		"  EXCEPT SELECT grantor, grantee, privilege_type FROM aclexplode(o.acl)) g"
	},
	{
		.id = PGM_KIND_DEFAULT_GRANT,
		.classid = DefaultAclRelationId,
		.is_right = true,
		.query.sql =
		"SELECT 0::oid, 0, 'pg_namespace'::regclass::oid, d.defaclnamespace, " IDENTITY_OF_DEFAULT("to") ","
		" g.is_grantable AS grant_option"
		" FROM pg_default_acl d"
		" CROSS JOIN LATERAL (SELECT * FROM aclexplode(d.defaclacl) EXCEPT SELECT * FROM " USUAL ") g"
	},
	{
		.id = PGM_KIND_DEFAULT_REVOKE,
		.classid = DefaultAclRelationId,
		.is_right = true,
		.query.sql =
		"SELECT 0::oid, 0, 'pg_namespace'::regclass::oid, d.defaclnamespace, " IDENTITY_OF_DEFAULT("from")
		" FROM pg_default_acl d"
		" CROSS JOIN LATERAL (SELECT grantor, grantee, privilege_type FROM " USUAL
		"  EXCEPT SELECT grantor, grantee, privilege_type FROM aclexplode(d.defaclacl)) g"
	},
};

const PgmKinds pgm_kinds_rights = {rights, lengthof(rights)};
