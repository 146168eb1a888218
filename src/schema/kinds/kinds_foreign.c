/*
 * kinds_foreign.c
 *	  Foreign data wrappers, servers, user mappings.
 */
#include "postgres.h"

#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"

#include "schema/kinds/kinds.h"

static PgmKind foreign[] = {
	{
		.id = PGM_KIND_FOREIGN_DATA_WRAPPER,
		.classid = ForeignDataWrapperRelationId,
		.query.sql =
		"SELECT w.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(w.fdwname),"
		" " PGM_SQL_OWNER("w.fdwowner") ","
		" " PGM_SQL_FUNCTION("w.fdwhandler") " AS handler,"
		" " PGM_SQL_FUNCTION("w.fdwvalidator") " AS validator,"
		" " PGM_SQL_SORTED("w.fdwoptions") " AS options"
		" FROM pg_foreign_data_wrapper w WHERE " PGM_SQL_USERS("pg_foreign_data_wrapper", "w.oid")
	},
	{
		.id = PGM_KIND_SERVER,
		.classid = ForeignServerRelationId,
		.query.sql =
		"SELECT s.oid, 0, 'pg_foreign_data_wrapper'::regclass::oid, s.srvfdw, quote_ident(s.srvname),"
		" " PGM_SQL_OWNER("s.srvowner") ","
		" (SELECT quote_ident(fdwname) FROM pg_foreign_data_wrapper WHERE oid = s.srvfdw) AS foreign_data_wrapper,"
		" quote_literal(s.srvtype) AS type,"
		" quote_literal(s.srvversion) AS version,"
		" " PGM_SQL_SORTED("s.srvoptions") " AS options"
		" FROM pg_foreign_server s WHERE " PGM_SQL_USERS("pg_foreign_server", "s.oid")
	},

	/*
	 * Only the value of the option "user" is read.  Others may be secrets,
	 * and a new password is no change of the schema.  pg_user_mappings shows
	 * no options to users without the right to see them.
	 */
	{
		.id = PGM_KIND_USER_MAPPING,
		.classid = UserMappingRelationId,
		.query.sql =
		"SELECT u.umid, 0, 'pg_foreign_server'::regclass::oid, u.srvid,"
		" 'for ' || CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END || ' server ' || quote_ident(u.srvname),"
		" (SELECT jsonb_agg(CASE WHEN o ~ '^(user|username)=' THEN o ELSE split_part(o, '=', 1) END ORDER BY o COLLATE \"C\")"
		"  FROM unnest(u.umoptions) o) AS options"
		" FROM pg_user_mappings u WHERE " PGM_SQL_USERS("pg_user_mapping", "u.umid")
	},
};

const PgmKinds pgm_kinds_foreign = {foreign, lengthof(foreign)};
