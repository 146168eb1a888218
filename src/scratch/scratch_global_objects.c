/*
 * scratch_global_objects.c
 *	  What has no schema: how it makes room in a scratch for what a model makes.
 *
 * What has a name gets another one, in its row of the catalog; what has none is
 * taken out of the catalog, without regard to what depends on it, for all of it
 * is put back.  Nothing is locked.  What initdb made or an extension stays, and
 * so do extensions and access methods, of which many things know the name.
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

static const Oid renamed[] = {
	PublicationRelationId,
	SubscriptionRelationId,
	EventTriggerRelationId,
	ForeignDataWrapperRelationId,
	ForeignServerRelationId,
	LanguageRelationId,
};

static const Oid removed[] = {
	CastRelationId,
	TransformRelationId,
	UserMappingRelationId,
};

static Oid
oid_of(HeapTuple tuple, Relation rel)
{
	bool		isnull;

	/* in all of these it is the first column */
	return DatumGetObjectId(heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull));
}

/* Is it one of another database, or something that only looks like one? */
static bool
is_none(Oid catalog, HeapTuple tuple)
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

/* The rows of a catalog that make room (HeapTuple) */
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

		if (oid >= FirstNormalObjectId && !is_none(catalog, tuple) &&
			!OidIsValid(getExtensionOfObject(catalog, oid)))
			rows = lappend(rows, heap_copytuple(tuple));
	}
	systable_endscan(scan);
	table_close(rel, NoLock);
	return rows;
}

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
 * Take out the default privileges of a schema, or with InvalidOid those of none:
 * a dump says them after everything else, so they hold for nothing in it.
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

/* Make room for what a model makes of that which has no schema. */
void
pgm_scratch_rename_away(void)
{
	pgm_scratch_open->renamed_away = pgm_scratch_addresses_make("objects that are set aside");
	for (int i = 0; i < (int) lengthof(renamed); i++)
		rename_rows(renamed[i]);
	for (int i = 0; i < (int) lengthof(removed); i++)
		remove_rows(removed[i]);
	CommandCounterIncrement();
}
