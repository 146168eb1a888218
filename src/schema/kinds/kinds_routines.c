/*
 * kinds_routines.c
 *	  Functions, procedures, aggregates and event triggers.
 */
#include "postgres.h"

#include "catalog/pg_event_trigger.h"
#include "catalog/pg_proc.h"

#include "schema/kinds/kinds.h"

/*
 * The identity of a routine includes the types of its input arguments.  The
 * constructor functions of range types are left out, as they come with the type.
 */
#define FROM_ROUTINES(kinds) \
	" FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace" \
	" WHERE p.prokind IN (" kinds ") AND " PGM_SQL_USERS_SCHEMA \
	" AND " PGM_SQL_NO_MEMBER("pg_proc", "p.oid") \
	" AND " PGM_SQL_BY_ITSELF("pg_proc", "p.oid")

#define ROUTINE \
	"SELECT p.oid, 0, " PGM_SQL_IN_SCHEMA ", p.oid::regprocedure::text," \
	" " PGM_SQL_OWNER("p.proowner") "," \
	" rtrim(pg_get_functiondef(p.oid), E'\\n') AS definition"

static PgmKind routines[] = {
	{
		.id = PGM_KIND_FUNCTION,
		.classid = ProcedureRelationId,
		.query.sql = ROUTINE FROM_ROUTINES("'f', 'w'")
	},
	{
		.id = PGM_KIND_PROCEDURE,
		.classid = ProcedureRelationId,
		.query.sql = ROUTINE FROM_ROUTINES("'p'")
	},

	/* pg_get_functiondef() refuses aggregates */
	{
		.id = PGM_KIND_AGGREGATE,
		.classid = ProcedureRelationId,
		.query.sql =
		"SELECT p.oid, 0, " PGM_SQL_IN_SCHEMA ", p.oid::regprocedure::text,"
		" " PGM_SQL_OWNER("p.proowner") ","
		" pg_get_function_arguments(p.oid) AS arguments,"
		" pg_get_function_result(p.oid) AS result,"
		" CASE a.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical-set' END AS form,"
		" " PGM_SQL_FUNCTION("a.aggtransfn") " AS sfunc,"
		" format_type(a.aggtranstype, NULL) AS stype,"
		" to_jsonb(a.aggtransspace) AS sspace,"
		" " PGM_SQL_FUNCTION("a.aggfinalfn") " AS finalfunc,"
		" a.aggfinalextra AS finalfunc_extra,"
		" CASE a.aggfinalmodify WHEN 'r' THEN 'read_only' WHEN 's' THEN 'shareable' ELSE 'read_write' END AS finalfunc_modify,"
		" " PGM_SQL_FUNCTION("a.aggcombinefn") " AS combinefunc,"
		" " PGM_SQL_FUNCTION("a.aggserialfn") " AS serialfunc,"
		" " PGM_SQL_FUNCTION("a.aggdeserialfn") " AS deserialfunc,"
		" quote_literal(a.agginitval) AS initcond,"
		" " PGM_SQL_FUNCTION("a.aggmtransfn") " AS msfunc,"
		" " PGM_SQL_FUNCTION("a.aggminvtransfn") " AS minvfunc,"
		" CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END AS mstype,"
		" to_jsonb(a.aggmtransspace) AS msspace,"
		" " PGM_SQL_FUNCTION("a.aggmfinalfn") " AS mfinalfunc,"
		" a.aggmfinalextra AS mfinalfunc_extra,"
		" CASE a.aggmfinalmodify WHEN 'r' THEN 'read_only' WHEN 's' THEN 'shareable' ELSE 'read_write' END AS mfinalfunc_modify,"
		" quote_literal(a.aggminitval) AS minitcond,"
		" CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoperator::text END AS sortop,"
		" CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel"
		" FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid"
		" JOIN pg_namespace n ON n.oid = p.pronamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_proc", "p.oid")
	},
	{
		.id = PGM_KIND_EVENT_TRIGGER,
		.classid = EventTriggerRelationId,
		.query.sql =
		"SELECT t.oid, 0, " PGM_SQL_IN_NOTHING ", quote_ident(t.evtname),"
		" " PGM_SQL_OWNER("t.evtowner") ","
		" t.evtevent::text AS event,"
		" " PGM_SQL_FUNCTION("t.evtfoid") " AS function,"
		" to_jsonb(t.evttags) AS tags,"
		" CASE t.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' WHEN 'A' THEN 'always' END AS enabled"
		" FROM pg_event_trigger t WHERE " PGM_SQL_USERS("pg_event_trigger", "t.oid")
	},
};

const PgmKinds pgm_kinds_routines = {routines, lengthof(routines)};
