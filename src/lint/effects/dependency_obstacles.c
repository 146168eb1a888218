/*
 * dependency_obstacles.c
 *	  What keeps a column from changing its type, and columns and other objects
 *	  from being dropped: by the server's own record of what depends on them,
 *	  less what the plan has dropped.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "lint/effects/effects_internal.h"

/* Objects that block ALTER COLUMN TYPE, by their catalog: ATExecAlterColumnType() refuses */
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

/* What an object of a catalog is called in a message, or NULL if it blocks nothing. */
static const char *
obstacle_kind(Oid catalog)
{
	for (int i = 0; i < (int) lengthof(obstacles); i++)
	{
		if (obstacles[i].catalog == catalog)
			return obstacles[i].what;
	}
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
	Oid			relid = pgm_drop_object_table(object);
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

/* Is the part of a table that depends on something still as it was? */
static bool
is_column_as_before(const PgmTable *t, const ObjectAddress *object)
{
	const PgmColumn *c = object->objectSubId <= 0 ||
		object->objectSubId > list_length(t->columns) ? NULL :
		list_nth(t->columns, object->objectSubId - 1);

	return c == NULL || (c->name != NULL &&
						 c->type.oid == get_atttype(t->relid, object->objectSubId));
}

/* Has the column the default that it had?  Perhaps another one. */
static bool
is_default_as_before(const PgmTable *t, Oid attrdef)
{
	ObjectAddress column = GetAttrDefaultColumnAddress(attrdef);
	const PgmColumn *c = list_nth(t->columns, column.objectSubId - 1);

	return c->name && c->has_default && !c->new_default;
}

/*
 * Has the plan removed the dependency of an object on another?  pg_depend tells how
 * it was before the plan.
 */
static bool
is_undone(PgmShadow *s, const ObjectAddress *object, const ObjectAddress *on)
{
	Oid			relid = pgm_drop_object_table(object);
	PgmTable   *t;
	ListCell   *lc;

	if (is_gone(s, object))
		return true;
	/* The shadow has indexes with their tables. */
	if (get_rel_relkind(relid) == RELKIND_INDEX)
		relid = IndexGetRelation(relid, true);
	t = OidIsValid(relid) ? pgm_shadow_by_oid(s, relid) : NULL;
	if (t == NULL)
		return false;
	if (t->dropped)
		return true;
	if (object->classId == ConstraintRelationId)
		return !pgm_table_has_constraint(t, get_constraint_name(object->objectId));
	if (object->classId == AttrDefaultRelationId)
		return !is_default_as_before(t, object->objectId);
	if (object->classId != RelationRelationId)
		return false;
	if (object->objectId != t->relid)
	{
		foreach(lc, t->indexes)
		{
			if (((PgmIndex *) lfirst(lc))->oid == object->objectId)
				return false;
		}
		return true;
	}
	/* The plan may have moved the table to another schema, or detached it. */
	if (object->objectSubId == 0 && on->classId == NamespaceRelationId)
		return get_namespace_oid(t->schema, true) != on->objectId;
	if (object->objectSubId == 0 && on->classId == RelationRelationId)
	{
		PgmTable   *parent = pgm_shadow_by_oid(s, on->objectId);

		return parent && !list_member_ptr(pgm_shadow_children(s, parent), t);
	}
	return !is_column_as_before(t, object);
}

/* The objects that a DROP without CASCADE removes, as far as they are found */
typedef struct PgmDrop
{
	PgmShadow  *shadow;
	ObjectAddresses *going;
	List	   *queue;			/* ObjectAddress, of those */
} PgmDrop;

/*
 * Go over the objects that depend on an object.  With "collect", those that are dropped
 * with it without CASCADE are added to d->going and d->queue.  Without it, returns
 * whether there is one that is not, in *obstacle.
 */
static bool
find_dependent(PgmDrop *d, const ObjectAddress *on, bool collect,
			   ObjectAddress *obstacle)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found = false;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(on->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(on->objectId));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2,
							  keys);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress object = {form->classid, form->objid, form->objsubid};

		if ((on->objectSubId != 0 && form->refobjsubid != on->objectSubId) ||
			object_address_present(&object, d->going) ||
			is_undone(d->shadow, &object, on))
			continue;
		if (form->deptype == DEPENDENCY_NORMAL && !collect)
		{
			*obstacle = object;
			found = true;
		}
		else if (form->deptype != DEPENDENCY_NORMAL && collect)
		{
			/*
			 * The caller is iterating over the queue.  That is safe: foreach
			 * goes by index, and lappend() does not move the header of a
			 * list.
			 */
			ObjectAddress *more = palloc(sizeof(ObjectAddress));

			*more = object;
			add_exact_object_address(more, d->going);
			d->queue = lappend(d->queue, more);
		}
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return found;
}

/* Describe an object; the rule of a view is described as the view. */
static char *
description(ObjectAddress object)
{
	Oid			relid = object.classId == RewriteRelationId ?
		pgm_drop_object_table(&object) : InvalidOid;

	if (get_rel_relkind(relid) == RELKIND_VIEW ||
		get_rel_relkind(relid) == RELKIND_MATVIEW)
		ObjectAddressSet(object, RelationRelationId, relid);
	return getObjectDescription(&object, true);
}

/*
 * What blocks a DROP without CASCADE: "view v depends on table t"; or NULL.  Only
 * objects of the catalog are considered, not those that the plan makes.
 */
char *
pgm_obstacle_of_drop(PgmShadow *s, const DropStmt *stmt)
{
	PgmDrop		d = {.shadow = s,.going = new_object_addresses()};
	ObjectAddress obstacle;
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		Relation	rel = NULL;
		ObjectAddress *object = palloc(sizeof(ObjectAddress));

		*object = get_object_address(stmt->removeType, lfirst(lc), &rel,
									 AccessShareLock, true);
		if (rel)
			table_close(rel, NoLock);
		if (!OidIsValid(object->objectId))
			continue;
		add_exact_object_address(object, d.going);
		d.queue = lappend(d.queue, object);
	}

	/*
	 * First collect all that goes without CASCADE, then look for what
	 * remains: an object that depends on two parts of what goes must not be
	 * reported because one of them was visited first.
	 */
	foreach(lc, d.queue)
	{
		CHECK_FOR_INTERRUPTS();
		(void) find_dependent(&d, lfirst(lc), true, &obstacle);
	}
	foreach(lc, d.queue)
	{
		char	   *who;
		char	   *on;

		CHECK_FOR_INTERRUPTS();
		if (!find_dependent(&d, lfirst(lc), false, &obstacle))
			continue;
		who = description(obstacle);
		on = description(*(ObjectAddress *) lfirst(lc));
		if (who && on)
			return psprintf("%s depends on %s", who, on);
	}
	return NULL;
}
