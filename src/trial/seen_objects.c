/*
 * seen_objects.c
 *	  Which objects a statement created, altered and dropped: the server calls
 *	  object_access_hook for each.
 *
 * What is dropped is named when the hook is called, for afterwards it has no
 * name; the rest is named after the statement, when it can be read.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "trial/observe.h"

/* An object that the hook was called for, until it is named */
typedef struct PgmNotedObject
{
	ObjectAccessType access;
	ObjectAddress address;
	PgmSeenObject *object;		/* of one that is dropped */
} PgmNotedObject;

static object_access_hook_type previous_hook = NULL;
static MemoryContext context = NULL;	/* NULL: not listening */
static List *noted = NIL;		/* PgmNotedObject */

/* Parts of other objects, for which the hook is called as well */
static const Oid parts[] = {
	AttrDefaultRelationId,
	RewriteRelationId,
	DefaultAclRelationId
};

/* Catalogs for whose rows the hook gets the oid of a relation */
static const Oid of_relations[] = {
	IndexRelationId,
	InheritsRelationId
};

/* Is an oid in an array of n? */
static bool
is_among(Oid classid, const Oid *list, int n)
{
	for (int i = 0; i < n; i++)
		if (list[i] == classid)
			return true;
	return false;
}

/* Is it the row type of a relation, or the array type of another type? */
static bool
is_implied_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form;
	bool		implied = true;

	if (!HeapTupleIsValid(tuple))
		return true;
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (OidIsValid(form->typrelid))
		implied = get_rel_relkind(form->typrelid) != RELKIND_COMPOSITE_TYPE;
	else
		implied = IsTrueArrayType(form);
	ReleaseSysCache(tuple);
	return implied;
}

/*
 * Does the name of a function still make sense?  A type goes before its input
 * and output functions, whose names contain it.
 */
static bool
has_argument_types(Oid function)
{
	Oid		   *types;
	int			n;
	bool		all = true;

	if (!SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function)))
		return false;
	(void) get_func_signature(function, &types, &n);
	for (int i = 0; i < n; i++)
		all = all && SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(types[i]));
	return all;
}

/* Is it an object that a user would name? */
static bool
is_of_interest(const ObjectAddress *address)
{
	if (address->classId == RelationRelationId)
	{
		Oid			namespace = get_rel_namespace(address->objectId);

		return OidIsValid(namespace) && !IsToastNamespace(namespace) &&
			!IsCatalogNamespace(namespace);
	}
	if (address->classId == TypeRelationId)
		return !is_implied_type(address->objectId);
	if (address->classId == ProcedureRelationId)
		return has_argument_types(address->objectId);
	return is_objectclass_supported(address->classId) &&
		!is_among(address->classId, parts, lengthof(parts));
}

/* Describe an object by its type and identity; NULL if it is gone. */
static PgmSeenObject *
name_object(const char *what, const ObjectAddress *address)
{
	PgmSeenObject *o;
	char	   *identity = getObjectIdentity(address, true);

	if (identity == NULL)
		return NULL;
	o = palloc(sizeof(PgmSeenObject));
	o->what = what;
	o->type = getObjectTypeDescription(address, true);
	o->identity = identity;
	return o;
}

/* The server makes and drops things for itself, as when a table is rewritten. */
static bool
is_internal(ObjectAccessType access, void *arg)
{
	switch (access)
	{
		case OAT_POST_CREATE:
			return arg && ((ObjectAccessPostCreate *) arg)->is_internal;
		case OAT_POST_ALTER:
			return arg && ((ObjectAccessPostAlter *) arg)->is_internal;
		case OAT_DROP:
			return arg && (((ObjectAccessDrop *) arg)->dropflags & PERFORM_DELETION_INTERNAL) != 0;
		default:
			return true;
	}
}

/* Add an object to the list.  One that is dropped is named now, while it has a name. */
static void
note_object(ObjectAccessType access, const ObjectAddress *address)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	PgmNotedObject *t = palloc0(sizeof(PgmNotedObject));

	t->access = access;
	t->address = *address;
	if (access == OAT_DROP)
		t->object = is_of_interest(address) ? name_object("dropped", address) : NULL;
	noted = lappend(noted, t);
	MemoryContextSwitchTo(old);
}

/* The hook: hands the call on, and notes the object while a trial listens. */
static void
note_access(ObjectAccessType access, Oid classid, Oid objid, int subid, void *arg)
{
	ObjectAddress address;

	if (previous_hook)
		previous_hook(access, classid, objid, subid, arg);

	/*
	 * The hook stays installed, since another extension may have chained to
	 * it.
	 */
	if (context == NULL || is_internal(access, arg))
		return;
	if (is_among(classid, of_relations, lengthof(of_relations)))
		classid = RelationRelationId;
	ObjectAddressSubSet(address, classid, objid, subid);
	note_object(access, &address);
}

/* Begin to listen; the objects noted are allocated in the context. */
void
pgm_seen_objects_begin(MemoryContext cxt)
{
	static bool installed = false;

	if (!installed)
	{
		previous_hook = object_access_hook;
		object_access_hook = note_access;
		installed = true;
	}
	context = cxt;
	noted = NIL;
}

/* Is it on the list already?  What was created and then altered is created. */
static bool
is_listed(const List *objects, const PgmSeenObject *o)
{
	ListCell   *lc;

	foreach(lc, objects)
	{
		const PgmSeenObject *other = lfirst(lc);

		if (strcmp(other->type, o->type) == 0 &&
			strcmp(other->identity, o->identity) == 0 &&
			(strcmp(other->what, o->what) == 0 ||
			 strcmp(o->what, "altered") == 0))
			return true;
	}
	return false;
}

/*
 * What was heard since this was called last (PgmSeenObject), in the current
 * memory context.  Those are missing that were made and dropped meanwhile.
 */
List *
pgm_seen_objects_take(void)
{
	List	   *objects = NIL;
	List	   *heard = noted;
	ListCell   *lc;

	/* Naming objects reads catalogs only, but nothing may be noted twice. */
	noted = NIL;
	foreach(lc, heard)
	{
		PgmNotedObject *t = lfirst(lc);
		PgmSeenObject *o = t->object;

		if (t->access != OAT_DROP && is_of_interest(&t->address))
			o = name_object(t->access == OAT_POST_CREATE ? "created" : "altered",
							&t->address);
		if (o && !is_listed(objects, o))
			objects = lappend(objects, o);
	}
	return objects;
}

/* Listen no longer. */
void
pgm_seen_objects_end(void)
{
	context = NULL;
	noted = NIL;
}
