/*
 * replication.c
 *	  Rows of migrate.* that come from another database by logical replication.
 *
 * A publication FOR ALL TABLES has our tables too.  It copies rows, not DDL: a
 * subscriber that took them for its own would say it is at revisions whose
 * scripts never ran there.  So triggers of all our tables, ENABLE ALWAYS,
 * discard what a logical replication worker writes, or a session with a
 * replication origin, as pglogical and its like have; unless
 * pg_migrate.accept_replicated_position says that DDL is replicated as well.
 *
 * What our own functions write is kept: they may be called by a trigger in a
 * worker, or in a session with an origin, and then the scripts run here.
 * session_replication_role tells nothing, for restores set it too.
 *
 * A row trigger can skip a row, but nothing can skip TRUNCATE: an error in an
 * apply worker would only stop replication, for good.  So the rows are read
 * before and written back after, in the same transaction.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "replication/origin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "registry/invalidation.h"
#include "registry/registry.h"
#include "registry/registry_settings.h"
#include "util/settings.h"
#include "util/spi.h"

/* The rows of a table that is being truncated */
typedef struct PgmRescue
{
	Oid			relid;
	List	   *rows;			/* of composite Datums, as pointers */
} PgmRescue;

/* Tables between their BEFORE and AFTER TRUNCATE triggers */
static List *rescues = NIL;

/* Does this process write what another database has written? */
static bool
is_replica_session(void)
{
	return IsLogicalWorker() ||
		(pgm_session_origin() != PGM_INVALID_ORIGIN &&
		 pgm_session_origin() != DoNotReplicateId);
}

/* Is the row being written to be discarded? */
static bool
is_replicated(void)
{
	/* our own code is known by its security context, see spi.c */
	if (!is_replica_session() || InNoForceRLSOperation())
		return false;
	pgm_settings_define();
	return !pgm_accept_replicated_position;
}

/*
 * Say it once in a process: a subscriber's log has it then once for each worker
 * that met such a row.
 */
static void
report_discarded(Relation rel)
{
	static bool reported = false;

	if (reported)
		return;
	reported = true;
	ereport(IsLogicalWorker() ? LOG : WARNING,
			(errmsg("replicated changes of table \"%s.%s\" are discarded",
					"migrate", RelationGetRelationName(rel)),
			 errdetail("They tell where another database is, and DDL is not replicated."),
			 errhint("Migrate this database by itself. Only where something else replicates DDL as well, let a superuser set pg_migrate.accept_replicated_position.")));
}

/* CurTransactionContext, which holds the rows, is going away. */
static void
forget_rescues(void *arg)
{
	rescues = NIL;
}

/* Before TRUNCATE: remember the rows. */
static void
rescue_rows(Relation rel)
{
	MemoryContext old;
	PgmRescue  *rescue;
	PgmSpi		spi;

	pgm_spi_begin(&spi, false);
	if (SPI_execute(psprintf("SELECT * FROM migrate.%s",
							 quote_identifier(RelationGetRelationName(rel))),
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read table \"%s\"", RelationGetRelationName(rel));
	old = MemoryContextSwitchTo(CurTransactionContext);
	if (rescues == NIL)
	{
		MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

		callback->func = forget_rescues;
		MemoryContextRegisterResetCallback(CurTransactionContext, callback);
	}
	rescue = palloc0(sizeof(PgmRescue));
	rescue->relid = RelationGetRelid(rel);
	for (uint64 i = 0; i < SPI_processed; i++)
		rescue->rows = lappend(rescue->rows,
							   DatumGetPointer(heap_copy_tuple_as_datum(SPI_tuptable->vals[i],
																		RelationGetDescr(rel))));
	rescues = lappend(rescues, rescue);
	MemoryContextSwitchTo(old);
	pgm_spi_end(&spi);
}

/* The rows that were remembered of a table, or NULL. */
static PgmRescue *
find_rescue(Oid relid)
{
	ListCell   *lc;

	foreach(lc, rescues)
	{
		if (((PgmRescue *) lfirst(lc))->relid == relid)
			return lfirst(lc);
	}
	return NULL;
}

/* After TRUNCATE: write them back. */
static void
write_back_rows(Relation rel)
{
	PgmRescue  *rescue = find_rescue(RelationGetRelid(rel));
	Oid			type = rel->rd_rel->reltype;
	SPIPlanPtr	plan;
	PgmSpi		spi;
	ListCell   *lc;

	if (rescue == NULL)
		return;
	pgm_spi_begin(&spi, false);
	plan = SPI_prepare(psprintf("INSERT INTO migrate.%s SELECT ($1).*",
								quote_identifier(RelationGetRelationName(rel))),
					   1, &type);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s",
			 SPI_result_code_string(SPI_result));
	foreach(lc, rescue->rows)
	{
		Datum		row = PointerGetDatum(lfirst(lc));

		CHECK_FOR_INTERRUPTS();
		if (SPI_execute_plan(plan, &row, NULL, false, 0) != SPI_OK_INSERT)
			elog(ERROR, "could not write table \"%s\"",
				 RelationGetRelationName(rel));
	}
	pgm_spi_end(&spi);
	rescues = list_delete_ptr(rescues, rescue);
}

PG_FUNCTION_INFO_V1(pg_migrate_replicated);

/*
 * replicated(): trigger of all our tables: before each row, and before and
 * after TRUNCATE.
 *
 * Its name must sort before those of the other AFTER TRUNCATE triggers, which
 * have to see the rows again.
 */
Datum
pg_migrate_replicated(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		discard;

	pgm_invalidation_check_trigger(fcinfo);
	discard = is_replicated();
	if (TRIGGER_FIRED_FOR_ROW(data->tg_event))
	{
		if (!discard)
			return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ?
								   data->tg_newtuple : data->tg_trigtuple);
		report_discarded(data->tg_relation);
		return PointerGetDatum(NULL);
	}
	if (TRIGGER_FIRED_AFTER(data->tg_event))
		write_back_rows(data->tg_relation);
	else if (discard)
	{
		report_discarded(data->tg_relation);
		rescue_rows(data->tg_relation);
	}
	return PointerGetDatum(NULL);
}
