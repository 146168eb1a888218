/*
 * kinds_parts.c
 *	  What belongs to a table or view: constraints, indexes, rules, triggers,
 *	  policies, statistics.
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"

#include "schema/kinds/kinds.h"

#define FROM_RELATION(relid) \
	" JOIN pg_class c ON c.oid = " relid " JOIN pg_namespace n ON n.oid = c.relnamespace"

#define ANY_RELATION PGM_SQL_USERS_RELATION("'r', 'p', 'f', 'v', 'm'")

#define ENABLED(column) \
	" CASE " column " WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END AS enabled"

#define INDEX_TABLESPACE \
	" (SELECT spcname FROM pg_tablespace WHERE oid = i.reltablespace)::text"

/* What the server writes after WITH, and the same in alphabetical order. */
#define STORAGE_PARAMETERS(order) \
	"(SELECT string_agg(quote_ident(o.name) || '='" \
	"   || CASE WHEN quote_ident(o.value) = o.value THEN o.value ELSE quote_literal(o.value) END, ', ' ORDER BY " order ")" \
	" FROM (SELECT split_part(v, '=', 1), substr(v, strpos(v, '=') + 1), n" \
	"  FROM unnest(i.reloptions) WITH ORDINALITY u (v, n)) o (name, value, n))"

/* The order in which parameters were set is of no importance. */
#define INDEX_DEFINITION \
	" CASE WHEN cardinality(i.reloptions) > 1 THEN replace(pg_get_indexdef(i.oid), " \
	STORAGE_PARAMETERS("o.n") ", " STORAGE_PARAMETERS("o.name COLLATE \"C\"") ")" \
	" ELSE pg_get_indexdef(i.oid) END AS definition,"

static PgmKind parts[] = {

	/*
	 * Left out: constraint triggers, which are triggers, and what a foreign
	 * key keeps for each partition of the table it refers to.
	 *
	 * The index of a constraint is a part of it, and so are the triggers of a
	 * foreign key, of which only the state can be changed.
	 */
	{
		.id = PGM_KIND_CONSTRAINT,
		.classid = ConstraintRelationId,
		.query.sql =
		"SELECT k.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("k.conname") ","
		" pg_get_constraintdef(k.oid) AS definition,"
		/* a key may be a part of an index that is no key */
		" coalesce((SELECT quote_ident(conname) FROM pg_constraint WHERE oid = k.conparentid),"
		"  (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = i.oid)) AS attached_to,"
		" CASE WHEN k.coninhcount > 0 AND k.conparentid = 0 THEN to_jsonb(k.coninhcount) END AS inherited,"
		" NOT k.conislocal AND k.conparentid = 0 AS only_inherited,"
		" CASE WHEN i.reloptions IS NOT NULL THEN " PGM_SQL_SORTED("i.reloptions") " END AS index_options,"
		INDEX_TABLESPACE " AS index_tablespace,"
		" NOT x.indisvalid AS index_invalid,"
		" quote_literal(w.description) AS index_comment,"
		" g.states AS triggers"
		" FROM pg_constraint k"
		FROM_RELATION("k.conrelid")
		" LEFT JOIN pg_constraint up ON up.oid = k.conparentid"
		" LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')"
		" LEFT JOIN pg_index x ON x.indexrelid = i.oid"
		" LEFT JOIN pg_description w ON w.classoid = 'pg_class'::regclass AND w.objoid = i.oid AND w.objsubid = 0"
		" LEFT JOIN (SELECT tgconstraint, jsonb_object_agg(tgrelid::regclass::text,"
		"    CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' ELSE 'always' END) AS states"
		"  FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0 AND tgenabled <> 'O'"
		"  GROUP BY tgconstraint) g ON g.tgconstraint = k.oid"
		" WHERE k.contype <> 't' AND up.conrelid IS DISTINCT FROM k.conrelid AND " ANY_RELATION
	},
	{
		.id = PGM_KIND_INDEX,
		.classid = RelationRelationId,
		.query.sql =
		"SELECT i.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_NAME("i.relname") ","
		INDEX_DEFINITION
		INDEX_TABLESPACE " AS tablespace,"
		" NOT (x.indisvalid AND x.indisready AND x.indislive) AS invalid,"
		" h.inhparent::regclass::text AS attached_to,"
		" s.targets AS statistics_targets"
		" FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
		FROM_RELATION("x.indrelid")
		" LEFT JOIN pg_inherits h ON h.inhrelid = i.oid"
		" LEFT JOIN (SELECT attrelid, jsonb_object_agg(attnum, attstattarget) AS targets"
		"  FROM pg_attribute WHERE attstattarget >= 0 AND attrelid >= 16384"
		"  GROUP BY attrelid) s ON s.attrelid = i.oid"
		" WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))"
		" AND " ANY_RELATION
	},
	{
		.id = PGM_KIND_RULE,
		.classid = RewriteRelationId,
		.query.sql =
		"SELECT r.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("r.rulename") ","
		" pg_get_ruledef(r.oid) AS definition,"
		ENABLED("r.ev_enabled")
		" FROM pg_rewrite r"
		FROM_RELATION("r.ev_class")
		" WHERE r.rulename <> '_RETURN' AND " ANY_RELATION
	},

	/*
	 * A trigger of a partitioned table is there for each partition too, which
	 * is told only where it was enabled or disabled by itself.
	 */
	{
		.id = PGM_KIND_TRIGGER,
		.classid = TriggerRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("t.tgname") ","
		" pg_get_triggerdef(t.oid) AS definition,"
		ENABLED("t.tgenabled") ","
		" t.tgparentid <> 0 AS cloned"
		" FROM pg_trigger t"
		FROM_RELATION("t.tgrelid")
		" LEFT JOIN pg_trigger up ON up.oid = t.tgparentid"
		" WHERE NOT t.tgisinternal AND up.tgenabled IS DISTINCT FROM t.tgenabled AND " ANY_RELATION
	},
	{
		.id = PGM_KIND_POLICY,
		.classid = PolicyRelationId,
		.query.sql =
		"SELECT p.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("p.polname") ","
		" CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'"
		"  WHEN 'd' THEN 'delete' END AS command,"
		" NOT p.polpermissive AS restrictive,"
		" CASE WHEN p.polroles <> '{0}' THEN (SELECT jsonb_agg(rolname ORDER BY rolname)"
		"  FROM pg_roles WHERE oid = ANY (p.polroles)) END AS roles,"
		" pg_get_expr(p.polqual, p.polrelid) AS \"using\","
		" pg_get_expr(p.polwithcheck, p.polrelid) AS with_check"
		" FROM pg_policy p"
		FROM_RELATION("p.polrelid")
		" WHERE " ANY_RELATION
	},
	{
		.id = PGM_KIND_STATISTICS,
		.classid = StatisticExtRelationId,
		.query.sql =
		"SELECT s.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_NAME("s.stxname") ","
		" " PGM_SQL_OWNER("s.stxowner") ","
		" pg_get_statisticsobjdef(s.oid) AS definition,"
		" CASE WHEN s.stxstattarget >= 0 THEN to_jsonb(s.stxstattarget) END AS statistics_target"
		" FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace"
		" JOIN pg_class c ON c.oid = s.stxrelid"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_statistic_ext", "s.oid")
	},
};

const PgmKinds pgm_kinds_parts = {parts, lengthof(parts)};
