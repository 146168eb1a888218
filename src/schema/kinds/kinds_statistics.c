/*
 * kinds_statistics.c
 *	  Extended statistics.
 */
#include "postgres.h"

#include "catalog/pg_statistic_ext.h"

#include "schema/kinds/kinds.h"

static PgmKind statistics[] = {
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

const PgmKinds pgm_kinds_statistics = {statistics, lengthof(statistics)};
