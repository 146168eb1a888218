/*
 * scratch_state.c
 *	  The state of the open scratch, and questions that it answers.
 *
 * One scratch can be open at a time.  All files of this folder work on its
 * state, pgm_scratch_open, which lives in a memory context of its own.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "scratch/scratch_internal.h"

PgmScratchState *pgm_scratch_open = NULL;

/* Make "state", which is the caller's, the state of the open scratch. */
void
pgm_scratch_state_open(PgmScratchState *state, const PgmScratch *scratch)
{
	if (pgm_scratch_open)
		elog(ERROR, "a scratch is open already");
	memset(state, 0, sizeof(PgmScratchState));
	state->scratch = scratch;
	state->nest_level = GetCurrentTransactionNestLevel() + 1;

	/*
	 * The state outlives the subtransactions in which it is filled, so it may
	 * not be in their contexts.
	 */
	state->context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate scratch",
										   ALLOCSET_DEFAULT_SIZES);
	pgm_scratch_open = state;
}

/* Close the scratch: free its state, after its subtransaction was rolled back. */
void
pgm_scratch_state_close(void)
{
	Assert(pgm_scratch_open != NULL);
	Assert(GetCurrentTransactionNestLevel() == pgm_scratch_open->nest_level - 1);
	MemoryContextDelete(pgm_scratch_open->context);
	pgm_scratch_open = NULL;
}

/* Close the scratch when its subtransaction, and maybe its memory, is gone. */
void
pgm_scratch_state_forget(void)
{
	pgm_scratch_open = NULL;
}

/* Make a set of addresses of whole objects, in the memory of the scratch. */
HTAB *
pgm_scratch_addresses_make(const char *name)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(ObjectAddress),
		.hcxt = pgm_scratch_open->context
	};

	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Add an object to a set of addresses. */
void
pgm_scratch_addresses_add(HTAB *addresses, Oid classid, Oid objid)
{
	ObjectAddress key;

	ObjectAddressSet(key, classid, objid);
	(void) hash_search(addresses, &key, HASH_ENTER, NULL);
}

/* Does a set of addresses hold an object? */
bool
pgm_scratch_addresses_have(HTAB *addresses, Oid classid, Oid objid)
{
	ObjectAddress key;

	ObjectAddressSet(key, classid, objid);
	return hash_search(addresses, &key, HASH_FIND, NULL) != NULL;
}

/*
 * Set a column of a row of a catalog.  "tuple" is a copy of the row.
 *
 * No lock is taken on the object that the row describes, unlike by ALTER: the
 * subtransaction is rolled back, and others keep using the object meanwhile.
 */
void
pgm_scratch_update_catalog(Oid catalog, HeapTuple tuple, AttrNumber column, Datum value)
{
	Relation	rel = table_open(catalog, RowExclusiveLock);
	int			natts = RelationGetNumberOfAttributes(rel);
	Datum	   *values = palloc0(natts * sizeof(Datum));
	bool	   *nulls = palloc0(natts * sizeof(bool));
	bool	   *replace = palloc0(natts * sizeof(bool));
	HeapTuple	new;

	Assert(column > 0 && column <= natts);
	values[column - 1] = value;
	replace[column - 1] = true;
	new = heap_modify_tuple(tuple, RelationGetDescr(rel), values, nulls, replace);
	CatalogTupleUpdate(rel, &tuple->t_self, new);
	heap_freetuple(new);
	pfree(values);
	pfree(nulls);
	pfree(replace);
	table_close(rel, RowExclusiveLock);
}

/* The scope of the open scratch. */
const PgmScope *
pgm_scratch_scope(void)
{
	Assert(pgm_scratch_open != NULL);
	return pgm_scratch_open->scratch->scope;
}

/* Did a schema, an extension or an access method exist before the scratch? */
bool
pgm_scratch_is_live(Oid classid, Oid objid)
{
	return pgm_scratch_addresses_have(pgm_scratch_open->live, classid, objid);
}

/*
 * Did a relation exist before the scratch, so that others use it and a lock on
 * it would stop them?  Its schema did, or it is the member of an extension that
 * was moved into a schema of the scratch.
 */
bool
pgm_scratch_is_live_relation(Oid relid)
{
	return pgm_scratch_is_live(NamespaceRelationId, get_rel_namespace(relid)) ||
		pgm_scratch_addresses_have(pgm_scratch_open->members, RelationRelationId, relid);
}

/* Was an object without a schema, or the object it is a part of, renamed away? */
bool
pgm_scratch_is_renamed_away(const PgmObject *o)
{
	HTAB	   *addresses = pgm_scratch_open->renamed_away;

	return addresses &&
		(pgm_scratch_addresses_have(addresses, o->address.classId, o->address.objectId) ||
		 pgm_scratch_addresses_have(addresses, o->parent.classId, o->parent.objectId));
}
