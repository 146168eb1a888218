/*
 * kinds_triggers.c
 *	  Rules and triggers.
 */
#include "postgres.h"

#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"

#include "schema/kinds/kinds.h"

static PgmKind triggers[] = {
	{
		.id = PGM_KIND_RULE,
		.classid = RewriteRelationId,
		.query.sql =
		"SELECT r.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("r.rulename") ","
		" pg_get_ruledef(r.oid) AS definition,"
		PGM_SQL_ENABLED("r.ev_enabled")
		" FROM pg_rewrite r"
		PGM_SQL_FROM_RELATION("r.ev_class")
		" WHERE r.rulename <> '_RETURN' AND " PGM_SQL_ANY_RELATION
	},

	/*
	 * A trigger of a partitioned table has a clone on each partition.  A
	 * clone is an object of its own only where it was enabled or disabled
	 * apart from the trigger above it.
	 */
	{
		.id = PGM_KIND_TRIGGER,
		.classid = TriggerRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("t.tgname") ","
		" pg_get_triggerdef(t.oid) AS definition,"
		PGM_SQL_ENABLED("t.tgenabled") ","
		" t.tgparentid <> 0 AS cloned"
		" FROM pg_trigger t"
		PGM_SQL_FROM_RELATION("t.tgrelid")
		" LEFT JOIN pg_trigger up ON up.oid = t.tgparentid"
		" WHERE NOT t.tgisinternal AND up.tgenabled IS DISTINCT FROM t.tgenabled AND " PGM_SQL_ANY_RELATION
	},
};

const PgmKinds pgm_kinds_triggers = {triggers, lengthof(triggers)};
