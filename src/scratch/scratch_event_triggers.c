/*
 * scratch_event_triggers.c
 *	  Event triggers do not fire for what is done in a scratch.
 *
 * They are disabled in the catalog, whoever's they are and also those that fire
 * always; those that are created in the scratch too, as soon as they are there.
 * Before it is read what has come about, the states are put back.
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

static void
set_enabled(HeapTuple tuple, char enabled)
{
	pgm_scratch_update_catalog(EventTriggerRelationId, tuple,
							   Anum_pg_event_trigger_evtenabled, CharGetDatum(enabled));
}

static void
note(Oid oid, char enabled)
{
	MemoryContext old = MemoryContextSwitchTo(pgm_scratch_open->context);
	PgmDisabledEventTrigger *event = palloc(sizeof(PgmDisabledEventTrigger));

	event->oid = oid;
	event->enabled = enabled;
	pgm_scratch_open->event_triggers = lappend(pgm_scratch_open->event_triggers, event);
	MemoryContextSwitchTo(old);
}

/*
 * Disable all that are enabled.  Their states are put back at this moment: it is
 * the first time, or after pgm_scratch_events_restore().
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
		note(form->oid, form->evtenabled);
		set_enabled(tuple, TRIGGER_DISABLED);
	}
	systable_endscan(scan);
	table_close(rel, NoLock);
	CommandCounterIncrement();
}

/*
 * Put back the states, of those that are still there.  They are remembered, for
 * this may be rolled back.
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
