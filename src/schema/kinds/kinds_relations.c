/*
 * kinds_relations.c
 *	  Tables, sequences, views and materialized views.
 */
#include "postgres.h"

#include "schema/kinds/kinds.h"

#define TABLESPACE \
	" (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace)::text AS tablespace,"

#define ACCESS_METHOD \
	" (SELECT amname FROM pg_am WHERE oid = c.relam)::text AS access_method,"

/* storage parameters; those of the TOAST table as "toast.name" */
#define OPTIONS \
	" CASE WHEN c.reloptions IS NOT NULL OR l.reloptions IS NOT NULL THEN" \
	"  (SELECT jsonb_agg(o ORDER BY o COLLATE \"C\")" \
	"   FROM (SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(l.reloptions)) u (o)) END AS options,"

#define INDEX_NAME(alias) \
	"(SELECT quote_ident(relname) FROM pg_class WHERE oid = " alias ".indexrelid)"

#define CLUSTERED \
	" " INDEX_NAME("clustered") " AS clustered_on,"

#define FROM_CLUSTERED \
	" LEFT JOIN pg_class l ON l.oid = c.reltoastrelid AND c.reltoastrelid <> 0" \
	" LEFT JOIN pg_index clustered ON clustered.indrelid = c.oid AND clustered.indisclustered"

/* "inherits" keeps the order of the parents, which decides that of the columns */
#define TABLE_PROPERTIES \
	" " PGM_SQL_OWNER("c.relowner") "," \
	" c.relpersistence = 'u' AS unlogged," \
	ACCESS_METHOD TABLESPACE OPTIONS \
	" c.relrowsecurity AS row_security," \
	" c.relforcerowsecurity AS force_row_security," \
	" CASE c.relreplident WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'" \
	"  WHEN 'i' THEN 'using index ' || " INDEX_NAME("identity") " END AS replica_identity," \
	CLUSTERED \
	" CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type," \
	" h.parents AS inherits," \
	" CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS partition_bound," \
	" h.detaching AS detach_pending," \
	" CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key," \
	" a.columns AS column_order"

/*
 * The order of columns is a property of the table.  attnum is no property of the
 * column, because dropped columns count in it.
 */
#define FROM_TABLES \
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" \
	FROM_CLUSTERED \
	" LEFT JOIN pg_index identity ON identity.indrelid = c.oid AND identity.indisreplident AND c.relreplident = 'i'" \
	" LEFT JOIN (SELECT inhrelid, jsonb_agg(inhparent::regclass::text ORDER BY inhseqno) AS parents," \
	"   bool_or(inhdetachpending) AS detaching" \
	"  FROM pg_inherits GROUP BY inhrelid) h ON h.inhrelid = c.oid" \
	" LEFT JOIN (SELECT attrelid, jsonb_agg(attname ORDER BY attnum) AS columns" \
	"  FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid >= 16384" \
	"  GROUP BY attrelid) a ON a.attrelid = c.oid"

/*
 * pg_get_viewdef() writes VALUES in FROM with or without a space before it,
 * depending on how the view was created.  The space is removed, unless a literal
 * may contain the same text.
 */
#define VIEW_DEFINITION \
	" (SELECT CASE WHEN strpos(d, '( VALUES (') > 0 AND" \
	"   length(replace(d, '( VALUES (', '(VALUES (')) - length(d) =" \
	"   length(replace(l, '( VALUES (', '(VALUES (')) - length(l)" \
	"  THEN replace(d, '( VALUES (', '(VALUES (') ELSE d END" \
	" FROM ltrim(pg_get_viewdef(c.oid)) d, regexp_replace(d, '''[^'']*''', '', 'g') l) AS definition"

static PgmKind relations[] = {
	{
		.id = PGM_KIND_TABLE,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.relname") ","
		TABLE_PROPERTIES FROM_TABLES
		" WHERE " PGM_SQL_USERS_RELATION("'r', 'p'")
	},
	{
		.id = PGM_KIND_FOREIGN_TABLE,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.relname") ","
		" (SELECT quote_ident(srvname) FROM pg_foreign_server WHERE oid = ft.ftserver) AS server,"
		" " PGM_SQL_SORTED("ft.ftoptions") " AS foreign_options,"
		TABLE_PROPERTIES FROM_TABLES
		" JOIN pg_foreign_table ft ON ft.ftrelid = c.oid"
		" WHERE " PGM_SQL_USERS_RELATION("'f'")
	},

	/*
	 * The current value of a sequence is left out: nextval() is no change of
	 * the schema, and is not rolled back.
	 */
	{
		.id = PGM_KIND_SEQUENCE,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.relname") ","
		" " PGM_SQL_OWNER("c.relowner") ","
		" c.relpersistence = 'u' AS unlogged,"
		" format_type(s.seqtypid, NULL) AS type,"
		" to_jsonb(s.seqstart) AS start, to_jsonb(s.seqincrement) AS increment,"
		" to_jsonb(s.seqmin) AS minimum, to_jsonb(s.seqmax) AS maximum,"
		" to_jsonb(s.seqcache) AS cache, s.seqcycle AS cycle,"
		" CASE WHEN d.deptype = 'a' THEN d.refobjid::regclass::text || '.' || quote_ident(a.attname) END AS owned_by,"
		" CASE WHEN d.deptype = 'i' THEN d.refobjid::regclass::text || '.' || quote_ident(a.attname) END AS identity_of"
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_sequence s ON s.seqrelid = c.oid"
		" LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0"
		"  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')"
		" LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
		" WHERE " PGM_SQL_USERS_RELATION("'S'")
	},
	{
		.id = PGM_KIND_VIEW,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.relname") ","
		" " PGM_SQL_OWNER("c.relowner") ","
		" " PGM_SQL_SORTED("c.reloptions") " AS options,"
		VIEW_DEFINITION
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		" WHERE " PGM_SQL_USERS_RELATION("'v'")
	},
	{
		.id = PGM_KIND_MATERIALIZED_VIEW,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.relname") ","
		" " PGM_SQL_OWNER("c.relowner") ","
		ACCESS_METHOD TABLESPACE OPTIONS CLUSTERED
		" NOT c.relispopulated AS without_data,"
		VIEW_DEFINITION
		" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
		FROM_CLUSTERED
		" WHERE " PGM_SQL_USERS_RELATION("'m'")
	},
};

const PgmKinds pgm_kinds_relations = {relations, lengthof(relations)};
