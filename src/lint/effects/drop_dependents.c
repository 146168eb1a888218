/*
 * drop_dependents.c
 *	  The relations that a DROP locks or removes in addition to those it names,
 *	  as pg_depend records them.
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
#include "catalog/partition.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/array.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "lint/effects/effects_internal.h"

/* A walk over the dependents of an object that is dropped */
typedef struct PgmDependentWalk
{
	ObjectAddresses *seen;
	List	   *relations;		/* oids, of what is locked */
	List	   *parts;			/* ObjectAddress, of what goes: relations and
								 * columns */
} PgmDependentWalk;

/* The catalogs of objects that belong to a table, and their column with its oid */
static const struct
{
	Oid			catalog;
	Oid			index;
	AttrNumber	key;
	AttrNumber	table;
}			owned_objects[] =

{
	{
		.catalog = TriggerRelationId,
		.index = TriggerOidIndexId,
		.key = Anum_pg_trigger_oid,
		.table = Anum_pg_trigger_tgrelid
	},
	{
		.catalog = RewriteRelationId,
		.index = RewriteOidIndexId,
		.key = Anum_pg_rewrite_oid,
		.table = Anum_pg_rewrite_ev_class
	},
	{
		.catalog = ConstraintRelationId,
		.index = ConstraintOidIndexId,
		.key = Anum_pg_constraint_oid,
		.table = Anum_pg_constraint_conrelid
	},
	{
		.catalog = PolicyRelationId,
		.index = PolicyOidIndexId,
		.key = Anum_pg_policy_oid,
		.table = Anum_pg_policy_polrelid
	},
	{
		.catalog = AttrDefaultRelationId,
		.index = AttrDefaultOidIndexId,
		.key = Anum_pg_attrdef_oid,
		.table = Anum_pg_attrdef_adrelid
	}
};

/* The table an object belongs to, or is; InvalidOid: it is of another kind. */
Oid
pgm_drop_object_table(const ObjectAddress *object)
{
	Oid			result = InvalidOid;

	if (object->classId == RelationRelationId)
		return object->objectId;
	for (int i = 0; i < (int) lengthof(owned_objects); i++)
	{
		Relation	catalog;
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple	tuple;
		bool		isnull;

		if (owned_objects[i].catalog != object->classId)
			continue;
		catalog = table_open(owned_objects[i].catalog, AccessShareLock);
		ScanKeyInit(&key, owned_objects[i].key, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(object->objectId));
		scan = systable_beginscan(catalog, owned_objects[i].index, true, NULL, 1, &key);
		if (HeapTupleIsValid(tuple = systable_getnext(scan)))
			result = DatumGetObjectId(heap_getattr(tuple, owned_objects[i].table,
												   RelationGetDescr(catalog), &isnull));
		systable_endscan(scan);
		table_close(catalog, AccessShareLock);
	}
	return result;
}

/*
 * The relation whose lock is reported for a relation: for an index its table;
 * InvalidOid for TOAST tables and row types, which nobody queries.
 */
static Oid
locked_relation(Oid relid)
{
	char		kind = get_rel_relkind(relid);

	if (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX)
	{
		relid = IndexGetRelation(relid, true);
		kind = OidIsValid(relid) ? get_rel_relkind(relid) : kind;
	}
	return kind == RELKIND_TOASTVALUE || kind == RELKIND_COMPOSITE_TYPE ?
		InvalidOid : relid;
}

/* A copy of an address, for a list */
static ObjectAddress *
copy_address(const ObjectAddress *object)
{
	ObjectAddress *copy = palloc(sizeof(ObjectAddress));

	*copy = *object;
	return copy;
}

/*
 * Add an object and everything that depends on it, directly or not.  An object
 * may be reached by several ways, but is visited once.
 */
static void
follow_dependents(PgmDependentWalk *p, const ObjectAddress *object)
{
	Relation	depend;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			relid;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (object_address_present(object, p->seen))
		return;
	add_exact_object_address(object, p->seen);
	if (object->classId == RelationRelationId)
		p->parts = lappend(p->parts, copy_address(object));

	/*
	 * Dropping a trigger, a rule, a constraint and the like locks their
	 * table.
	 */
	relid = pgm_drop_object_table(object);
	relid = OidIsValid(relid) ? locked_relation(relid) : InvalidOid;
	if (OidIsValid(relid))
		p->relations = list_append_unique_oid(p->relations, relid);
	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(object->classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(object->objectId));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2,
							  keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress next = {form->classid, form->objid, form->objsubid};

		/*
		 * The scan has the dependents of all columns; a column is asked for
		 * its own.
		 */
		if (object->objectSubId != 0 && form->refobjsubid != object->objectSubId)
			continue;
		follow_dependents(p, &next);
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
}

/* Add a table to a list once; NULL adds none. */
static List *
add_table(PgmShadow *s, List *tables, PgmTable *t)
{
	return t ? list_append_unique_ptr(tables, t) : tables;
}

/* Dropping a partition locks its parent, too. */
static List *
add_parent(PgmShadow *s, List *tables, const PgmTable *t)
{
	Oid			parent;

	if (!t->is_partition || !OidIsValid(t->relid))
		return tables;
	parent = get_partition_parent(t->relid, true);
	return add_table(s, tables, pgm_shadow_by_oid(s, parent));
}

/*
 * Add a relation that is dropped, with its inheritors, and the tables that their
 * foreign keys refer to, since triggers are removed from those.
 */
static List *
add_relation(PgmShadow *s, List *tables, PgmTable *t)
{
	ListCell   *lt;
	ListCell   *lk;

	if (t == NULL)
		return tables;
	foreach(lt, pgm_shadow_tree(s, t))
	{
		PgmTable   *one = lfirst(lt);

		tables = add_table(s, tables, one);
		foreach(lk, one->keys)
		{
			tables = add_table(s, tables,
							   ((PgmForeignKey *) lfirst(lk))->referenced);
		}
	}
	return add_parent(s, tables, t);
}

/* The relation of a name in DROP, or for an index its table. */
static PgmTable *
dropped_relation(PgmShadow *s, ObjectType type, List *name)
{
	RangeVar   *rel = makeRangeVarFromNameList(name);
	PgmIndex   *index;

	if (type != OBJECT_INDEX)
		return pgm_shadow_table(s, rel);
	index = pgm_shadow_index(s, rel);
	return index ? index->table : NULL;
}

/* Follow what the catalog says to depend on an object of a DROP. */
static PgmDependentWalk
follow_dropped(const DropStmt *stmt, Node *object, ObjectAddress *address)
{
	PgmDependentWalk p = {.relations = NIL};
	Relation	rel = NULL;

	/* It may not exist: IF EXISTS, or the plan makes it. */
	*address = get_object_address(stmt->removeType, object, &rel,
								  AccessShareLock, true);
	if (rel)
		table_close(rel, NoLock);
	if (!OidIsValid(address->objectId))
		return p;
	p.seen = new_object_addresses();
	follow_dependents(&p, address);
	free_object_addresses(p.seen);
	return p;
}

/* Add the tables that depend on one object of a DROP ... CASCADE. */
static List *
add_reached(PgmShadow *s, List *tables, const DropStmt *stmt, Node *object)
{
	ObjectAddress address;
	PgmDependentWalk p = follow_dropped(stmt, object, &address);
	ListCell   *lc;

	foreach(lc, p.relations)
	{
		tables = add_table(s, tables, pgm_shadow_by_oid(s, lfirst_oid(lc)));
	}
	return tables;
}

/* The table, if the address is one, or a column of one, that holds data */
static PgmTable *
data_at(PgmShadow *s, const ObjectAddress *part)
{
	char		kind = get_rel_relkind(part->objectId);
	PgmTable   *t;

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		return NULL;
	t = pgm_shadow_by_oid(s, part->objectId);
	return t && !t->dropped ? t : NULL;
}

/* Add a table or column to those that are reached, unless it or its table is there. */
static List *
add_part(List *reached, PgmTable *t, const char *column)
{
	PgmReached *r;
	ListCell   *lc;

	foreach(lc, reached)
	{
		r = lfirst(lc);
		if (r->table == t && (r->column == NULL || r->column == column))
			return reached;
	}
	r = palloc(sizeof(PgmReached));
	r->table = t;
	r->column = column;
	return lappend(reached, r);
}

/*
 * The tables, and columns of tables that stay, which go with the objects of a
 * DROP (PgmReached); partitions go with their table, and are not told apart.
 */
List *
pgm_drop_reached(PgmShadow *s, const DropStmt *stmt)
{
	List	   *reached = NIL;
	ListCell   *lo;
	ListCell   *lc;

	foreach(lo, stmt->objects)
	{
		ObjectAddress address;
		PgmDependentWalk p = follow_dropped(stmt, lfirst(lo), &address);

		/* Tables first, so that columns of a table that goes are not listed. */
		foreach(lc, p.parts)
		{
			const ObjectAddress *part = lfirst(lc);
			PgmTable   *t = part->objectSubId == 0 ? data_at(s, part) : NULL;

			if (t && part->objectId != address.objectId && !t->is_partition)
				reached = add_part(reached, t, NULL);
		}
		foreach(lc, p.parts)
		{
			const ObjectAddress *part = lfirst(lc);
			PgmTable   *t = part->objectSubId != 0 ? data_at(s, part) : NULL;
			const PgmColumn *c = t ? list_nth(t->columns, part->objectSubId - 1) : NULL;

			/* without a name: the plan has dropped it before */
			if (c && part->objectId != address.objectId && c->name)
				reached = add_part(reached, t, c->name);
		}
	}
	return reached;
}

/*
 * Add the relations that one object of a DROP locks.  What depends on it is followed only
 * with CASCADE: without it the DROP fails, or takes only what belongs to the object.
 */
static List *
add_dropped(PgmShadow *s, List *tables, const DropStmt *stmt, Node *object)
{
	switch (stmt->removeType)
	{
		case OBJECT_INDEX:
			return add_table(s, tables,
							 dropped_relation(s, OBJECT_INDEX, (List *) object));
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_SEQUENCE:
		case OBJECT_FOREIGN_TABLE:
			tables = add_relation(s, tables,
								  dropped_relation(s, stmt->removeType, (List *) object));
			break;
		case OBJECT_TRIGGER:
		case OBJECT_POLICY:
		case OBJECT_RULE:
			{
				List	   *name = list_copy((List *) object);

				name = list_truncate(name, list_length(name) - 1);
				return add_table(s, tables,
								 dropped_relation(s, OBJECT_TABLE, name));
			}
		default:
			break;
	}
	return stmt->behavior == DROP_CASCADE ?
		add_reached(s, tables, stmt, object) : tables;
}

/* The relations (PgmTable) that a DROP locks. */
List *
pgm_drop_locked(PgmShadow *s, const DropStmt *stmt)
{
	List	   *tables = NIL;
	ListCell   *lc;

	foreach(lc, stmt->objects)
	{
		tables = add_dropped(s, tables, stmt, lfirst(lc));
	}
	return tables;
}
