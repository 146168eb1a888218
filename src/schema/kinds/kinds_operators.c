/*
 * kinds_operators.c
 *	  Operators, their classes and families, casts and conversions.
 */
#include "postgres.h"

#include "catalog/pg_cast.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"

#include "schema/kinds/kinds.h"

#define OPERATOR(column) \
	"CASE WHEN " column " <> 0 THEN " column "::regoperator::text END"

#define METHOD \
	" || ' using ' || (SELECT quote_ident(amname) FROM pg_am WHERE oid = "

/*
 * Members of an operator family that belong to no class, or those of a class;
 * pg_depend says which.
 */
#define MEMBER(catalog, oid) \
	" JOIN pg_depend d ON d.classid = m.tableoid AND d.objid = m.oid" \
	" AND d.refclassid = '" catalog "'::regclass AND d.refobjid = " oid
#define MEMBERS(catalog, oid) \
	" (SELECT jsonb_agg(m ORDER BY m COLLATE \"C\") FROM (" \
	"  SELECT format('OPERATOR %s %s', amopstrategy, amopopr::regoperator)" \
	"   || CASE WHEN amopsortfamily <> 0 THEN ' FOR ORDER BY '" \
	"    || (SELECT " PGM_SQL_NAME("s.opfname") " FROM pg_opfamily s JOIN pg_namespace n ON n.oid = s.opfnamespace" \
	"     WHERE s.oid = amopsortfamily) ELSE '' END" \
	"  FROM pg_amop m" MEMBER(catalog, oid) " UNION ALL" \
	"  SELECT format('FUNCTION %s (%s, %s) %s', amprocnum, format_type(amproclefttype, NULL)," \
	"   format_type(amprocrighttype, NULL), amproc::oid::regprocedure)" \
	"  FROM pg_amproc m" MEMBER(catalog, oid) ") v (m)) AS members"

static PgmKind operators[] = {
	{
		.id = PGM_KIND_OPERATOR,
		.classid = OperatorRelationId,
		.query.sql =
		"SELECT o.oid, 0, " PGM_SQL_IN_SCHEMA ", o.oid::regoperator::text,"
		" " PGM_SQL_OWNER("o.oprowner") ","
		" " PGM_SQL_FUNCTION("o.oprcode") " AS function,"
		" " OPERATOR("o.oprcom") " AS commutator,"
		" " OPERATOR("o.oprnegate") " AS negator,"
		" " PGM_SQL_FUNCTION("o.oprrest") " AS restrict,"
		" " PGM_SQL_FUNCTION("o.oprjoin") " AS \"join\","
		" o.oprcanhash AS hashes, o.oprcanmerge AS merges"
		" FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_operator", "o.oid")
	},

	{
		.id = PGM_KIND_OPERATOR_FAMILY,
		.classid = OperatorFamilyRelationId,
		.query.sql =
		"SELECT f.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("f.opfname") METHOD "f.opfmethod),"
		" " PGM_SQL_OWNER("f.opfowner") ","
		MEMBERS("pg_opfamily", "f.oid")
		" FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_opfamily", "f.oid")
	},
	{
		.id = PGM_KIND_OPERATOR_CLASS,
		.classid = OperatorClassRelationId,
		.query.sql =
		"SELECT o.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("o.opcname") METHOD "o.opcmethod),"
		" " PGM_SQL_OWNER("o.opcowner") ","
		" format_type(o.opcintype, NULL) AS type,"
		" o.opcdefault AS \"default\","
		" (pg_identify_object('pg_opfamily'::regclass, o.opcfamily, 0)).identity AS family,"
		" CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END AS storage,"
		MEMBERS("pg_opclass", "o.oid")
		" FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_opclass", "o.oid")
	},

	/*
	 * except casts from a range type to its multirange type, which come with
	 * it
	 */
	{
		.id = PGM_KIND_CAST,
		.classid = CastRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_NOTHING ","
		" format('(%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)),"
		" CASE c.castmethod WHEN 'f' THEN c.castfunc::regprocedure::text WHEN 'i' THEN 'INOUT' ELSE 'none' END AS function,"
		" CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END AS context"
		" FROM pg_cast c WHERE " PGM_SQL_USERS("pg_cast", "c.oid")
		" AND " PGM_SQL_BY_ITSELF("pg_cast", "c.oid")
	},
	{
		.id = PGM_KIND_CONVERSION,
		.classid = ConversionRelationId,
		.query.sql =
		"SELECT c.oid, 0, " PGM_SQL_IN_SCHEMA ", " PGM_SQL_NAME("c.conname") ","
		" " PGM_SQL_OWNER("c.conowner") ","
		" pg_encoding_to_char(c.conforencoding)::text AS \"from\","
		" pg_encoding_to_char(c.contoencoding)::text AS \"to\","
		" " PGM_SQL_FUNCTION("c.conproc") " AS function,"
		" c.condefault AS \"default\""
		" FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace"
		" WHERE " PGM_SQL_USERS_SCHEMA " AND " PGM_SQL_NO_MEMBER("pg_conversion", "c.oid")
	},
};

const PgmKinds pgm_kinds_operators = {operators, lengthof(operators)};
