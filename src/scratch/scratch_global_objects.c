/*
 * scratch_global_objects.c
 *	  Objects without a schema: make room in a scratch for those of a model.
 *
 * Objects that have a name are renamed, in their rows of the catalog.  Those that
 * have none (a cast, a transform, a user mapping) are deleted from the catalog
 * without regard to what depends on them, since the rollback restores all of it.
 * Nothing is locked.  Objects of initdb and of extensions stay, and so do
 * extensions and access methods, to which many objects refer by name.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "compat.h"
#include "scratch/scratch_internal.h"

/* Catalogs whose objects are renamed */
static const Oid renamed[] = {
	PublicationRelationId,
	SubscriptionRelationId,
	EventTriggerRelationId,
	ForeignDataWrapperRelationId,
	ForeignServerRelationId,
	LanguageRelationId,
};

/* Catalogs whose objects are deleted */
static const Oid removed[] = {
	CastRelationId,
	TransformRelationId,
	UserMappingRelationId,
};

/* The OID of a row of one of these catalogs */
static Oid
oid_of(HeapTuple tuple, Relation rel)
{
	bool		isnull;

	/* in all of these it is the first column */
	return DatumGetObjectId(heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull));
}

/*
 * Does a row stay?  A subscription of another database is in the shared catalog;
 * a user mapping goes with its server, which was renamed.
 */
static bool
stays(Oid catalog, HeapTuple tuple)
{
	switch (catalog)
	{
		case SubscriptionRelationId:
			return ((Form_pg_subscription) GETSTRUCT(tuple))->subdbid != MyDatabaseId;
		case UserMappingRelationId:
			return pgm_scratch_addresses_have(pgm_scratch_open->renamed_away, ForeignServerRelationId,
											  ((Form_pg_user_mapping) GETSTRUCT(tuple))->umserver);
		default:
			return false;
	}
}

/*
 * Copies of the rows of a catalog that are renamed or deleted.  The lock on the
 * catalog is kept until they are.
 */
static List *
rows_of(Oid catalog)
{
	Relation	rel = table_open(catalog, RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	List	   *rows = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid			oid = oid_of(tuple, rel);

		if (oid >= FirstNormalObjectId && !stays(catalog, tuple) &&
			!OidIsValid(getExtensionOfObject(catalog, oid)))
			rows = lappend(rows, heap_copytuple(tuple));
	}
	systable_endscan(scan);
	table_close(rel, NoLock);
	return rows;
}

/* Rename the objects of a catalog, and record that. */
static void
rename_rows(Oid catalog)
{
	ListCell   *lc;

	foreach(lc, rows_of(catalog))
	{
		Relation	rel = table_open(catalog, NoLock);
		Oid			oid = oid_of(lfirst(lc), rel);
		NameData	name;

		table_close(rel, NoLock);
		namestrcpy(&name, psprintf("pg_migrate_%u", oid));
		pgm_scratch_update_catalog(catalog, lfirst(lc), get_object_attnum_name(catalog),
								   NameGetDatum(&name));
		pgm_scratch_addresses_add(pgm_scratch_open->renamed_away, catalog, oid);
	}
}

/* Delete the rows of a catalog. */
static void
remove_rows(Oid catalog)
{
	Relation	rel = table_open(catalog, RowExclusiveLock);
	ListCell   *lc;

	foreach(lc, rows_of(catalog))
	{
		CatalogTupleDelete(rel, &((HeapTuple) lfirst(lc))->t_self);
	}
	table_close(rel, NoLock);
}

/*
 * Delete the default privileges of a schema, or with InvalidOid those without a
 * schema.  Otherwise they would add grants to what a model creates; a dump has
 * them behind everything else, so they apply to nothing in it.
 */
void
pgm_scratch_remove_default_privileges(Oid nsp)
{
	Relation	rel = table_open(DefaultAclRelationId, RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		if (((Form_pg_default_acl) GETSTRUCT(tuple))->defaclnamespace == nsp)
			CatalogTupleDelete(rel, &tuple->t_self);
	systable_endscan(scan);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}

/* Rename away or delete the objects without a schema. */
void
pgm_scratch_rename_away(void)
{
	pgm_scratch_open->renamed_away = pgm_scratch_addresses_make("objects that are renamed away");
	/* servers before user mappings: see stays() */
	for (int i = 0; i < (int) lengthof(renamed); i++)
		rename_rows(renamed[i]);
	for (int i = 0; i < (int) lengthof(removed); i++)
		remove_rows(removed[i]);
	CommandCounterIncrement();
}
