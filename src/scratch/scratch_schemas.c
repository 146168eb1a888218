/*
 * scratch_schemas.c
 *	  The schemas of a scratch: the live ones are renamed away, and new ones take
 *	  their names.
 *
 * A model that says public.citext means the type of the live extension.  So the
 * members of extensions are moved to the new schemas, in their rows of the
 * catalogs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_seclabel.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "scratch/scratch_internal.h"
#include "util/name_list.h"
#include "util/revision_names.h"

/* A schema that was renamed away */
typedef struct PgmMovedSchema
{
	const char *name;
	Oid			old;
	Oid			new;			/* InvalidOid until it is created */
	List	   *members;		/* ObjectAddress, to be moved then */
} PgmMovedSchema;

/* Objects to be moved, each once */
typedef struct Members
{
	Oid			schema;
	HTAB	   *known;
	List	   *list;			/* ObjectAddress */
} Members;

/* Add an object to those that are moved, unless it is known. */
static void
add_member(Members *m, Oid classid, Oid objid)
{
	ObjectAddress *address;
	MemoryContext old;

	if (pgm_scratch_addresses_have(m->known, classid, objid))
		return;
	pgm_scratch_addresses_add(m->known, classid, objid);
	old = MemoryContextSwitchTo(pgm_scratch_open->context);
	address = palloc(sizeof(ObjectAddress));
	ObjectAddressSet(*address, classid, objid);
	m->list = lappend(m->list, address);
	MemoryContextSwitchTo(old);
}

/* Is it an object in the schema? */
static bool
is_in_schema(Oid classid, Oid objid, Oid schema)
{
	ObjectAddress address;

	ObjectAddressSet(address, classid, objid);
	return is_objectclass_supported(classid) &&
		get_object_attnum_namespace(classid) != InvalidAttrNumber &&
		get_object_namespace(&address) == schema;
}

/*
 * Does a dependent object move with the object it depends on?  ALTER ... SET
 * SCHEMA moves what is internal to a member of an extension, and the constraints,
 * indexes and sequences that are dropped with a table, but not the views on it.
 */
static bool
moves_along(const FormData_pg_depend *dep)
{
	char		kind;

	if (dep->deptype == DEPENDENCY_INTERNAL)
		return true;
	if (dep->deptype != DEPENDENCY_AUTO)
		return false;
	if (dep->classid != RelationRelationId)
		return true;
	kind = get_rel_relkind(dep->objid);
	return kind == RELKIND_INDEX || kind == RELKIND_SEQUENCE ||
		kind == RELKIND_PARTITIONED_INDEX;
}

/*
 * Add the objects that depend on an object, or on any of its class if refobjid
 * is 0: members of an extension, or else those that move with it.
 */
static void
add_dependents(Members *m, Oid refclassid, Oid refobjid, bool members)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(refclassid));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(refobjid));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, NULL,
							  OidIsValid(refobjid) ? 2 : 1, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend dep = (Form_pg_depend) GETSTRUCT(tuple);
		bool		wanted = members ? dep->deptype == DEPENDENCY_EXTENSION :
			moves_along(dep);

		if (wanted && is_in_schema(dep->classid, dep->objid, m->schema))
			add_member(m, dep->classid, dep->objid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Add the extensions that are in the schema. */
static void
add_extensions(Members *m)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_extension ext = (Form_pg_extension) GETSTRUCT(tuple);

		if (ext->extnamespace == m->schema)
			add_member(m, ExtensionRelationId, ext->oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Add the members of an extension (0: of any), and what moves with them. */
static void
add_members(Members *m, Oid extension)
{
	add_dependents(m, ExtensionRelationId, extension, true);

	/*
	 * the list grows in this loop: what moves with a member may have such
	 * itself
	 */
	for (int i = 0; i < list_length(m->list); i++)
	{
		const ObjectAddress *a = list_nth(m->list, i);

		add_dependents(m, a->classId, a->objectId, false);
	}
}

/* The extensions in a schema, and the members of extensions in it (ObjectAddress). */
static List *
members_of(Oid schema)
{
	Members		m = {
		.schema = schema,
		.known = pgm_scratch_open->members,
		.list = NIL
	};

	add_members(&m, InvalidOid);
	add_extensions(&m);
	return m.list;
}

/* A copy of the row of an object, or NULL. */
static HeapTuple
row_of(const ObjectAddress *address, Relation rel)
{
	int			cache = get_object_catcache_oid(address->classId);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (cache >= 0)
		return SearchSysCacheCopy1(cache, ObjectIdGetDatum(address->objectId));
	ScanKeyInit(&key, get_object_attnum_oid(address->classId),
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(address->objectId));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

/*
 * Move an object to another schema: its row, and its dependency on the schema.
 * Unlike ALTER ... SET SCHEMA, this does not lock the object, which others use.
 */
static void
move_object(const ObjectAddress *address, Oid from, Oid to)
{
	Relation	rel = table_open(address->classId, AccessShareLock);
	HeapTuple	tuple = row_of(address, rel);
	AttrNumber	column = address->classId == ExtensionRelationId ?
		Anum_pg_extension_extnamespace :
		get_object_attnum_namespace(address->classId);

	table_close(rel, AccessShareLock);
	if (!HeapTupleIsValid(tuple))
		return;
	pgm_scratch_update_catalog(address->classId, tuple, column, ObjectIdGetDatum(to));
	heap_freetuple(tuple);
	(void) changeDependencyFor(address->classId, address->objectId,
							   NamespaceRelationId, from, to);
}

/*
 * Move the members of extensions to the new schema.  The counter before makes the
 * new schema visible, the one after makes names resolve to where they are now.
 */
static void
move_members(const PgmMovedSchema *moved)
{
	ListCell   *lc;

	CommandCounterIncrement();
	foreach(lc, moved->members)
	{
		move_object(lfirst(lc), moved->old, moved->new);
	}
	CommandCounterIncrement();
}

/* Give a live schema a name that no model has. */
static void
rename_schema(Oid nsp)
{
	HeapTuple	tuple = SearchSysCacheCopy1(NAMESPACEOID, ObjectIdGetDatum(nsp));
	NameData	name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for schema %u", nsp);
	namestrcpy(&name, psprintf("pg_migrate_%u", nsp));
	pgm_scratch_update_catalog(NamespaceRelationId, tuple, Anum_pg_namespace_nspname,
							   NameGetDatum(&name));
	heap_freetuple(tuple);
	CommandCounterIncrement();
}

/* Copy the comments or security labels of one schema to another. */
static void
copy_rows(Oid catalog, Oid index, Oid from, Oid to)
{
	Relation	rel = table_open(catalog, RowExclusiveLock);
	Datum		values[Natts_pg_seclabel] = {0};
	bool		nulls[Natts_pg_seclabel] = {0};
	bool		replace[Natts_pg_seclabel] = {true};	/* objoid is the first */
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	values[0] = ObjectIdGetDatum(to);
	ScanKeyInit(&key[0], Anum_pg_description_objoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(from));
	ScanKeyInit(&key[1], Anum_pg_description_classoid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(NamespaceRelationId));
	scan = systable_beginscan(rel, index, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		CatalogTupleInsert(rel, heap_modify_tuple(tuple, RelationGetDescr(rel),
												  values, nulls, replace));
	systable_endscan(scan);
	table_close(rel, RowExclusiveLock);
}

/* Set the privileges of a schema. */
static void
set_acl(Oid nsp, Datum acl)
{
	HeapTuple	tuple = SearchSysCacheCopy1(NAMESPACEOID, ObjectIdGetDatum(nsp));

	pgm_scratch_update_catalog(NamespaceRelationId, tuple, Anum_pg_namespace_nspacl, acl);
	heap_freetuple(tuple);
	CommandCounterIncrement();
}

/* Create a schema with the owner, privileges, comment and labels of another. */
static Oid
make_copy(const char *name, Oid of)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(of));
	bool		isnull;
	Datum		acl;
	Oid			nsp;

	Assert(HeapTupleIsValid(tuple));
	nsp = NamespaceCreate(name, ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner, false);
	CommandCounterIncrement();
	acl = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &isnull);
	if (!isnull)
		set_acl(nsp, acl);
	ReleaseSysCache(tuple);
	copy_rows(DescriptionRelationId, DescriptionObjIndexId, of, nsp);
	copy_rows(SecLabelRelationId, SecLabelObjectIndexId, of, nsp);
	return nsp;
}

/* Create "public" as initdb leaves it, which a dump expects. */
static Oid
make_public(void)
{
	Oid			nsp = NamespaceCreate("public", ROLE_PG_DATABASE_OWNER, false);
	AclItem		usage = {
		.ai_grantee = ACL_ID_PUBLIC,
		.ai_grantor = ROLE_PG_DATABASE_OWNER
	};
	Acl		   *acl = acldefault(OBJECT_SCHEMA, ROLE_PG_DATABASE_OWNER);

	CommandCounterIncrement();
	ACLITEM_SET_PRIVS_GOPTIONS(usage, ACL_USAGE, ACL_NO_RIGHTS);
	acl = aclupdate(acl, &usage, ACL_MODECHG_ADD, ROLE_PG_DATABASE_OWNER, DROP_RESTRICT);
	set_acl(nsp, PointerGetDatum(acl));
	CreateComments(nsp, NamespaceRelationId, 0, "standard public schema");
	return nsp;
}

/* Record that a schema was renamed away, in the memory of the scratch. */
static PgmMovedSchema *
add_moved(const char *name, Oid old)
{
	MemoryContext context = MemoryContextSwitchTo(pgm_scratch_open->context);
	PgmMovedSchema *moved = palloc0(sizeof(PgmMovedSchema));

	moved->name = pstrdup(name);
	moved->old = old;
	pgm_scratch_open->moved = lappend(pgm_scratch_open->moved, moved);
	MemoryContextSwitchTo(context);
	return moved;
}

/*
 * Rename one schema of the scope away if it exists, and create the one that takes
 * its place, unless the body of the scratch creates it.
 */
static void
move_schema(const char *name)
{
	const PgmScratch *scratch = pgm_scratch_open->scratch;
	Oid			old = get_namespace_oid(name, true);
	PgmMovedSchema *moved = NULL;

	if (OidIsValid(old))
	{
		moved = add_moved(name, old);
		moved->members = members_of(old);
		rename_schema(old);
		pgm_scratch_remove_default_privileges(old);
	}
	if (pgm_names_have(scratch->creates, name))
		return;
	if (scratch->as_dump && strcmp(name, "public") == 0)
		(void) make_public();
	else if (OidIsValid(old))
		(void) make_copy(name, old);
	else
		(void) NamespaceCreate(name, GetUserId(), false);
	CommandCounterIncrement();
	pgm_scratch_schema_created(name);
}

/* Record the objects of a catalog as live; its first column is the OID. */
static void
note_live(Oid catalog)
{
	Relation	rel = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	bool		isnull;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		pgm_scratch_addresses_add(pgm_scratch_open->live, catalog,
								  DatumGetObjectId(heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull)));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Rename the schemas of the scope away, and create those that take their places. */
void
pgm_scratch_move_schemas(void)
{
	ListCell   *lc;

	pgm_scratch_open->members = pgm_scratch_addresses_make("members of extensions");
	pgm_scratch_open->live = pgm_scratch_addresses_make("objects that were there before");
	/* before the first one is created, which is not live */
	note_live(NamespaceRelationId);
	note_live(ExtensionRelationId);
	note_live(AccessMethodRelationId);
	foreach(lc, pgm_scratch_open->scratch->scope->schemas)
	{
		move_schema(lfirst(lc));
	}
}

/*
 * A schema was created in the scratch.  If it takes the place of a live one, move
 * the members of extensions into it.
 */
void
pgm_scratch_schema_created(const char *name)
{
	ListCell   *lc;

	foreach(lc, pgm_scratch_open->moved)
	{
		PgmMovedSchema *moved = lfirst(lc);

		if (strcmp(moved->name, name) != 0)
			continue;
		moved->new = get_namespace_oid(name, true);
		if (OidIsValid(moved->new))
			move_members(moved);
	}
}

/* The schema of an extension, or InvalidOid. */
static Oid
schema_of_extension(const ObjectAddress *extension)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	HeapTuple	tuple = row_of(extension, rel);
	Oid			schema = InvalidOid;

	table_close(rel, AccessShareLock);
	if (HeapTupleIsValid(tuple))
	{
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
		heap_freetuple(tuple);
	}
	return schema;
}

/*
 * Forget the members of an extension that were to move with their schema: they
 * have moved elsewhere with the extension.
 */
static void
forget_members(HTAB *gone)
{
	ListCell   *lc;

	foreach(lc, pgm_scratch_open->moved)
	{
		PgmMovedSchema *moved = lfirst(lc);
		ListCell   *member;

		foreach(member, moved->members)
		{
			const ObjectAddress *a = lfirst(member);

			if (pgm_scratch_addresses_have(gone, a->classId, a->objectId))
				moved->members = foreach_delete_current(moved->members, member);
		}
	}
}

/*
 * Move a live extension with its members to another schema, as ALTER EXTENSION
 * ... SET SCHEMA does, but without locking it.  Raises 3F000 if there is no such
 * schema.
 */
void
pgm_scratch_move_extension(Oid extension, const char *schema)
{
	Oid			to = get_namespace_oid(schema, false);
	ObjectAddress itself;
	Members		m;
	ListCell   *lc;

	ObjectAddressSet(itself, ExtensionRelationId, extension);
	m.schema = schema_of_extension(&itself);
	if (m.schema == to)
		return;
	m.known = pgm_scratch_addresses_make("members of an extension");
	m.list = NIL;
	add_members(&m, extension);
	add_member(&m, itself.classId, itself.objectId);
	forget_members(m.known);
	foreach(lc, m.list)
	{
		const ObjectAddress *a = lfirst(lc);

		move_object(a, m.schema, to);
		pgm_scratch_addresses_add(pgm_scratch_open->members, a->classId, a->objectId);
	}
	hash_destroy(m.known);
	CommandCounterIncrement();
}

/* Was a schema of this name renamed away? */
static bool
was_moved(const char *name)
{
	ListCell   *lc;

	foreach(lc, pgm_scratch_open->moved)
	{
		if (strcmp(((PgmMovedSchema *) lfirst(lc))->name, name) == 0)
			return true;
	}
	return false;
}

/*
 * Execute CREATE SCHEMA if the server would refuse it only because of the
 * scratch: the user owns the live schema of this name, but has no right to create
 * another one; or it is "public", which exists already.  Returns whether it was
 * executed.
 */
bool
pgm_scratch_create_schema(const CreateSchemaStmt *stmt)
{
	Oid			owner = stmt->authrole ? get_rolespec_oid(stmt->authrole, false) :
		GetUserId();

	if (stmt->schemaname && stmt->schemaElts == NIL &&
		strcmp(stmt->schemaname, "public") == 0 &&
		OidIsValid(get_namespace_oid("public", true)))
		return true;			/* it is there in any case */
	if (stmt->schemaname == NULL || stmt->schemaElts != NIL ||
		pgm_may_create_schema() || !was_moved(stmt->schemaname) ||
		OidIsValid(get_namespace_oid(stmt->schemaname, true)) ||
		!pgm_can_act_as(GetUserId(), owner))
		return false;
	(void) NamespaceCreate(stmt->schemaname, owner, false);
	CommandCounterIncrement();
	return true;
}
