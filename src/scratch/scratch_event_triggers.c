/*
 * scratch_event_triggers.c
 *	  Keep event triggers from firing in a scratch.
 *
 * All are disabled in the catalog, also those that are created in the scratch, as
 * soon as they exist.  Their states are restored before the schema is read, since
 * the state is part of the schema.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_event_trigger.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "utils/syscache.h"

#include "scratch/scratch_internal.h"

/* An event trigger that was disabled */
typedef struct PgmDisabledEventTrigger
{
	Oid			oid;
	char		enabled;		/* as it was */
} PgmDisabledEventTrigger;

/* Set the state of an event trigger. */
static void
set_enabled(HeapTuple tuple, char enabled)
{
	pgm_scratch_update_catalog(EventTriggerRelationId, tuple,
							   Anum_pg_event_trigger_evtenabled, CharGetDatum(enabled));
}

/* Record the state of an event trigger that is disabled. */
static void
note_state(Oid oid, char enabled)
{
	MemoryContext old = MemoryContextSwitchTo(pgm_scratch_open->context);
	PgmDisabledEventTrigger *event = palloc(sizeof(PgmDisabledEventTrigger));

	event->oid = oid;
	event->enabled = enabled;
	pgm_scratch_open->event_triggers = lappend(pgm_scratch_open->event_triggers, event);
	MemoryContextSwitchTo(old);
}

/*
 * Disable all event triggers.  To be called when their states are the true ones:
 * at first, or after pgm_scratch_events_restore().
 */
void
pgm_scratch_events_disable(void)
{
	Relation	rel = table_open(EventTriggerRelationId, RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;
	Oid			extension = get_extension_oid("pg_migrate", false);

	pgm_scratch_open->event_triggers = NIL;
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_event_trigger form = (Form_pg_event_trigger) GETSTRUCT(tuple);

		/* the extension's own is about the extension alone */
		if (form->evtenabled == TRIGGER_DISABLED ||
			getExtensionOfObject(EventTriggerRelationId, form->oid) == extension)
			continue;
		note_state(form->oid, form->evtenabled);
		set_enabled(tuple, TRIGGER_DISABLED);
	}
	systable_endscan(scan);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}

/*
 * Restore the states of the event triggers that still exist.  The record of them
 * is kept, since the subtransaction of this change may be rolled back.
 */
void
pgm_scratch_events_restore(void)
{
	ListCell   *lc;

	foreach(lc, pgm_scratch_open->event_triggers)
	{
		const PgmDisabledEventTrigger *event = lfirst(lc);
		HeapTuple	tuple = SearchSysCacheCopy1(EVENTTRIGGEROID,
												ObjectIdGetDatum(event->oid));

		if (!HeapTupleIsValid(tuple))
			continue;
		set_enabled(tuple, event->enabled);
		heap_freetuple(tuple);
	}
	CommandCounterIncrement();
}
