/*
 * kinds_indexes.c
 *	  Indexes that do not belong to a constraint.
 */
#include "postgres.h"

#include "schema/kinds/kinds.h"

/* The parameters that pg_get_indexdef() writes after WITH, in a given order. */
#define STORAGE_PARAMETERS(order) \
	"(SELECT string_agg(quote_ident(o.name) || '='" \
	"   || CASE WHEN quote_ident(o.value) = o.value THEN o.value ELSE quote_literal(o.value) END, ', ' ORDER BY " order ")" \
	" FROM (SELECT split_part(v, '=', 1), substr(v, strpos(v, '=') + 1), n" \
	"  FROM unnest(i.reloptions) WITH ORDINALITY u (v, n)) o (name, value, n))"

/*
 * Storage parameters are sorted by name, because the order in which they were
 * set makes no difference.
 */
#define INDEX_DEFINITION \
	" CASE WHEN cardinality(i.reloptions) > 1 THEN replace(pg_get_indexdef(i.oid), " \
	STORAGE_PARAMETERS("o.n") ", " STORAGE_PARAMETERS("o.name COLLATE \"C\"") ")" \
	" ELSE pg_get_indexdef(i.oid) END AS definition,"

static PgmKind indexes[] = {
	{
		.id = PGM_KIND_INDEX,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT i.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_NAME("i.relname") ","
		INDEX_DEFINITION
		PGM_SQL_INDEX_TABLESPACE " AS tablespace,"
		" NOT (x.indisvalid AND x.indisready AND x.indislive) AS invalid,"
		" h.inhparent::regclass::text AS attached_to,"
		" s.targets AS statistics_targets"
		" FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
		PGM_SQL_FROM_RELATION("x.indrelid")
		" LEFT JOIN pg_inherits h ON h.inhrelid = i.oid"
		" LEFT JOIN (SELECT attrelid, jsonb_object_agg(attnum, attstattarget) AS targets"
		"  FROM pg_attribute WHERE attstattarget >= 0 AND attrelid >= 16384"
		"  GROUP BY attrelid) s ON s.attrelid = i.oid"
		" WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))"
		" AND " PGM_SQL_ANY_RELATION
	},
};

const PgmKinds pgm_kinds_indexes = {indexes, lengthof(indexes)};
