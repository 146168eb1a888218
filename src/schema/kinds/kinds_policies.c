/*
 * kinds_policies.c
 *	  Policies of row-level security.
 */
#include "postgres.h"

#include "catalog/pg_policy.h"

#include "schema/kinds/kinds.h"

static PgmKind policies[] = {
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
		PGM_SQL_FROM_RELATION("p.polrelid")
		" WHERE " PGM_SQL_ANY_RELATION
	},
};

const PgmKinds pgm_kinds_policies = {policies, lengthof(policies)};
