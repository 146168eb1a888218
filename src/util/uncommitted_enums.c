/*
 * uncommitted_enums.c
 *	  The enum values that a transaction has added and may not use yet.
 *
 * The server keeps them in a table of the backend that only the end of the whole
 * transaction clears.  Code that adds values in a subtransaction, uses them and
 * rolls it back clears that table itself, and must then put back what the caller
 * had added.
 */
#include "postgres.h"

#include "catalog/pg_enum.h"

#include "util/uncommitted_enums.h"

/* Save the enum values that the transaction has added so far. */
void
pgm_uncommitted_enums_save(PgmUncommittedEnums *saved)
{
	saved->size = EstimateUncommittedEnumsSpace();
	saved->values = palloc(saved->size);
	SerializeUncommittedEnums(saved->values, saved->size);
}

/* Forget what was added since pgm_uncommitted_enums_save(), and free the copy. */
void
pgm_uncommitted_enums_restore(const PgmUncommittedEnums *saved)
{
	/* RestoreUncommittedEnums() requires that there is no table. */
	AtEOXact_Enum();
	RestoreUncommittedEnums(saved->values);
	pfree(saved->values);
}
