/*
 * kinds_constraints.c
 *	  Constraints of tables.
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"

#include "schema/kinds/kinds.h"

static PgmKind constraints[] = {

	/*
	 * Constraint triggers are read as triggers.  The constraints that a
	 * foreign key has for each partition of the referenced table are left
	 * out: they are created and dropped with it.
	 *
	 * The index of a key is a property of the constraint, and so are the
	 * triggers of a foreign key, of which only the state can be changed.
	 */
	{
		.id = PGM_KIND_CONSTRAINT,
		.classid = ConstraintRelationId,
		.query.sql =
		"SELECT k.oid, 0, " PGM_SQL_IN_RELATION ", " PGM_SQL_OF_RELATION("k.conname") ","
		" pg_get_constraintdef(k.oid) AS definition,"
		/* a key may be attached to an index without a constraint */
		" coalesce((SELECT quote_ident(conname) FROM pg_constraint WHERE oid = k.conparentid),"
		"  (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = i.oid)) AS attached_to,"
		" CASE WHEN k.coninhcount > 0 AND k.conparentid = 0 THEN to_jsonb(k.coninhcount) END AS inherited,"
		" NOT k.conislocal AND k.conparentid = 0 AS only_inherited,"
		" CASE WHEN i.reloptions IS NOT NULL THEN " PGM_SQL_SORTED("i.reloptions") " END AS index_options,"
		PGM_SQL_INDEX_TABLESPACE " AS index_tablespace,"
		" NOT x.indisvalid AS index_invalid,"
		" quote_literal(w.description) AS index_comment,"
		" g.states AS triggers"
		" FROM pg_constraint k"
		PGM_SQL_FROM_RELATION("k.conrelid")
		" LEFT JOIN pg_constraint up ON up.oid = k.conparentid"
		" LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')"
		" LEFT JOIN pg_index x ON x.indexrelid = i.oid"
		" LEFT JOIN pg_description w ON w.classoid = 'pg_class'::regclass AND w.objoid = i.oid AND w.objsubid = 0"
		" LEFT JOIN (SELECT tgconstraint, jsonb_object_agg(tgrelid::regclass::text,"
		"    CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'on replicas' ELSE 'always' END) AS states"
		"  FROM pg_trigger WHERE tgisinternal AND tgconstraint <> 0 AND tgenabled <> 'O'"
		"  GROUP BY tgconstraint) g ON g.tgconstraint = k.oid"
		" WHERE k.contype <> 't' AND up.conrelid IS DISTINCT FROM k.conrelid AND " PGM_SQL_ANY_RELATION
	},
};

const PgmKinds pgm_kinds_constraints = {constraints, lengthof(constraints)};
