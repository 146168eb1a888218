/*
 * kinds_textsearch.c
 *	  Text search: parsers, templates, dictionaries, configurations.
 */
#include "postgres.h"

#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"

#include "schema/kinds/kinds.h"

#define FROM_CATALOG(catalog, column) \
	" FROM " catalog " s JOIN pg_namespace n ON n.oid = s." column \
	" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER(catalog, "s.oid")

#define NAME_OF(catalog, oid) \
	"(pg_identify_object('" catalog "'::regclass, " oid ", 0)).identity"

static PgmKind textsearch[] = {
	{
		.id = PGM_KIND_TEXT_SEARCH_PARSER,
		.classid = TSParserRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("s.prsname") ","
		" " PGM_SQL_FUNCTION("s.prsstart") " AS start,"
		" " PGM_SQL_FUNCTION("s.prstoken") " AS gettoken,"
		" " PGM_SQL_FUNCTION("s.prsend") " AS \"end\","
		" " PGM_SQL_FUNCTION("s.prsheadline") " AS headline,"
		" " PGM_SQL_FUNCTION("s.prslextype") " AS lextypes"
		FROM_CATALOG("pg_ts_parser", "prsnamespace")
	},
	{
		.id = PGM_KIND_TEXT_SEARCH_TEMPLATE,
		.classid = TSTemplateRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("s.tmplname") ","
		" " PGM_SQL_FUNCTION("s.tmplinit") " AS init,"
		" " PGM_SQL_FUNCTION("s.tmpllexize") " AS lexize"
		FROM_CATALOG("pg_ts_template", "tmplnamespace")
	},
	{
		.id = PGM_KIND_TEXT_SEARCH_DICTIONARY,
		.classid = TSDictionaryRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("s.dictname") ","
		" " PGM_SQL_OWNER("s.dictowner") ","
		" " NAME_OF("pg_ts_template", "s.dicttemplate") " AS template,"
		" s.dictinitoption AS options"
		FROM_CATALOG("pg_ts_dict", "dictnamespace")
	},
	{
		.id = PGM_KIND_TEXT_SEARCH_CONFIGURATION,
		.classid = TSConfigRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("s.cfgname") ","
		" " PGM_SQL_OWNER("s.cfgowner") ","
		" " NAME_OF("pg_ts_parser", "s.cfgparser") " AS parser,"
		" (SELECT jsonb_object_agg(alias, dictionaries) FROM ("
		"  SELECT t.alias, jsonb_agg(m.mapdict::regdictionary::text ORDER BY m.mapseqno) AS dictionaries"
		"  FROM pg_ts_config_map m JOIN ts_token_type(s.cfgparser) t ON t.tokid = m.maptokentype"
		"  WHERE m.mapcfg = s.oid GROUP BY t.alias) v) AS mappings"
		FROM_CATALOG("pg_ts_config", "cfgnamespace")
	},
};

const PgmKinds pgm_kinds_textsearch = {textsearch, lengthof(textsearch)};
