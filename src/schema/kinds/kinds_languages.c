/*
 * kinds_languages.c
 *	  Extensions, languages, transforms and access methods.
 */
#include "postgres.h"

#include "catalog/pg_am.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_language.h"
#include "catalog/pg_transform.h"

#include "schema/kinds/kinds.h"

static PgmKind languages[] = {

	/*
	 * pg_migrate itself is left out, like its schema: its tables are not part
	 * of the schema that is migrated.
	 */
	{
		.id = PGM_KIND_EXTENSION,
		.classid = ExtensionRelationId,
		.query.sql =
		"SELECT x.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(x.extname),"
		" " PGM_SQL_OWNER("x.extowner") ","
		" quote_ident(n.nspname) AS schema,"
		" quote_literal(x.extversion) AS version"
		" FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace"
		" WHERE x.extname <> 'pg_migrate'"
	},
	{
		.id = PGM_KIND_LANGUAGE,
		.classid = LanguageRelationId,
		.query.sql =
		"SELECT l.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(l.lanname),"
		" " PGM_SQL_OWNER("l.lanowner") ","
		" l.lanpltrusted AS trusted,"
		" " PGM_SQL_FUNCTION("l.lanplcallfoid") " AS handler,"
		" " PGM_SQL_FUNCTION("l.laninline") " AS inline,"
		" " PGM_SQL_FUNCTION("l.lanvalidator") " AS validator"
		" FROM pg_language l WHERE " PGM_SQL_USERS("pg_language", "l.oid")
	},
	{
		.id = PGM_KIND_TRANSFORM,
		.classid = TransformRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_NOTHING ","
		" format('for %s language %s', format_type(t.trftype, NULL), (SELECT quote_ident(lanname) FROM pg_language WHERE oid = t.trflang)),"
		" " PGM_SQL_FUNCTION("t.trffromsql") " AS from_sql,"
		" " PGM_SQL_FUNCTION("t.trftosql") " AS to_sql"
		" FROM pg_transform t WHERE " PGM_SQL_USERS("pg_transform", "t.oid")
	},
	{
		.id = PGM_KIND_ACCESS_METHOD,
		.classid = AccessMethodRelationId,
		.query.sql =
		"SELECT a.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(a.amname),"
		" CASE a.amtype WHEN 't' THEN 'table' ELSE 'index' END AS type,"
		" " PGM_SQL_FUNCTION("a.amhandler") " AS handler"
		" FROM pg_am a WHERE " PGM_SQL_USERS("pg_am", "a.oid")
	},
};

const PgmKinds pgm_kinds_languages = {languages, lengthof(languages)};
