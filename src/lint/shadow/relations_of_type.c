/*
 * relations_of_type.c
 *	  The relations of the catalog that have a column of a type, or are tables OF
 *	  it, by pg_depend.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "lint/shadow/shadow_internal.h"

/*
 * Relations (oids) that depend on a type: with a column of it or of a domain
 * over it; or, with "of_type", as tables OF it.
 */
List *
pgm_relations_of_type(List *relids, Oid type, bool of_type)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	check_stack_depth();
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(type));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2,
							  keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (!of_type && form->classid == TypeRelationId &&
			get_typtype(form->objid) == TYPTYPE_DOMAIN)
			relids = pgm_relations_of_type(relids, form->objid, false);
		else if (form->classid == RelationRelationId &&
				 (form->objsubid == 0) == of_type)
			relids = list_append_unique_oid(relids, form->objid);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return relids;
}

/* The tables (oids) OF a composite type. */
List *
pgm_relations_typed(Oid type)
{
	List	   *relids = NIL;
	ListCell   *lc;

	foreach(lc, pgm_relations_of_type(NIL, type, true))
	{
		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_COMPOSITE_TYPE)
			relids = lappend_oid(relids, lfirst_oid(lc));
	}
	return relids;
}
