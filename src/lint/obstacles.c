/*
 * obstacles.c
 *	  What keeps a column from changing its type, or from being dropped: by the
 *	  server's own record of what depends on it, less what the plan has dropped.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "lint/effects.h"

/* Catalogs of what stands in the way */
static const struct
{
	Oid			catalog;
	const char *what;
}			obstacles[] =

{
	{RewriteRelationId, "view or rule"},
	{PolicyRelationId, "policy"},
	{TriggerRelationId, "trigger"},
	{ProcedureRelationId, "function"},
	{PublicationRelRelationId, "publication"},
	{AttrDefaultRelationId, "generated column"}
};

static const char *
obstacle_kind(Oid catalog)
{
	for (int i = 0; i < (int) lengthof(obstacles); i++)
		if (obstacles[i].catalog == catalog)
			return obstacles[i].what;
	return NULL;
}

/* The default of the column itself depends on it, and is no obstacle. */
static bool
is_own_default(const PgmTable *t, AttrNumber attnum, const ObjectAddress *object)
{
	ObjectAddress column;

	if (object->classId != AttrDefaultRelationId)
		return false;
	column = GetAttrDefaultColumnAddress(object->objectId);
	return column.objectId == t->relid && column.objectSubId == attnum;
}

/* Has the plan dropped the object, or the view it is the rule of? */
static bool
is_gone(PgmShadow *s, const ObjectAddress *object)
{
	Oid			relid = pgm_table_of_object(object);
	PgmTable   *t = OidIsValid(relid) ? pgm_shadow_by_oid(s, relid) : NULL;
	ListCell   *lc;

	if (t && (t->dropped || t->replaced))
		return true;
	foreach(lc, s->gone)
	{
		const ObjectAddress *gone = lfirst(lc);

		if (gone->classId == object->classId && gone->objectId == object->objectId)
			return true;
	}
	return false;
}

/*
 * The first object that depends on a column of the catalog, described, and its
 * kind; or NULL.
 */
char *
pgm_obstacle_of_column(PgmShadow *s, const PgmTable *t, AttrNumber attnum,
					   const char **kind)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *result = NULL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(t->relid));
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(attnum));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 3,
							  keys);
	while (result == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress object = {form->classid, form->objid, form->objsubid};

		*kind = obstacle_kind(form->classid);
		if (*kind && !is_own_default(t, attnum, &object) && !is_gone(s, &object))
			result = getObjectDescription(&object, true);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return result;
}
