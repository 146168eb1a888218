/*
 * filled_tables.c
 *	  Does any table of users hold rows?
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "explain/round_trip.h"
#include "schema/relation_size.h"
#include "trial/observe.h"

/* Does the table hold a row? */
static bool
holds_rows(Relation rel)
{
	TableScanDesc scan;
	TupleTableSlot *slot;
	bool		found;

	slot = table_slot_create(rel, NULL);
	scan = pgm_beginscan(rel, GetActiveSnapshot());
	found = table_scan_getnextslot(scan, ForwardScanDirection, slot);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

/* A table without pages is not read, nor one that has its rows elsewhere. */
static bool
is_filled(Oid relid)
{
	uint64		bytes = pgm_relation_bytes(relid);
	Relation	rel;
	bool		filled;

	if (bytes == 0 || pgm_relation_is_stored_elsewhere(relid))
		return bytes > 0;
	rel = try_table_open(relid, AccessShareLock);
	if (rel == NULL)
		return false;
	filled = holds_rows(rel);
	table_close(rel, AccessShareLock);
	return filled;
}

/* That a table holds rows, or may do so */
static char *
say_filled(Form_pg_class form)
{
	return psprintf(pgm_size_is_known(pgm_relation_bytes(form->oid)) ? "%s holds rows" :
					"%s may hold rows, which are stored elsewhere",
					quote_qualified_identifier(get_namespace_name(form->relnamespace),
											   NameStr(form->relname)));
}

/* That a table of users holds rows, as the beginning of a sentence, or NULL */
char *
pgm_filled_table(void)
{
	Relation	rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	char	   *said = NULL;

	PushActiveSnapshot(GetTransactionSnapshot());
	while (said == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (form->relkind == RELKIND_RELATION &&
			pgm_is_users_schema(form->relnamespace) && is_filled(form->oid))
			said = say_filled(form);
	}
	PopActiveSnapshot();
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return said;
}
