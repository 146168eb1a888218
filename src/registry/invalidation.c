/*
 * invalidation.c
 *	  Noticing that the position changed, so that what was cached from
 *	  migrate.version and migrate.revision may be stale.
 *
 * Whoever writes there invalidates the type migrate.position: our own code, and
 * triggers of both.  That reaches every backend with the commit, this
 * one with each command and again when it is rolled back, and a standby through
 * the WAL.  The tables are watched too, for TRUNCATE, and for what may be done to
 * them while triggers are disabled.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "registry/invalidation.h"

uint64		pgm_position_epoch = 1;

/* The relations whose invalidation tells; the first is the one that triggers use */
static const char *const watched_names[] = {"position", "version", "revision"};
static Oid	watched[lengthof(watched_names)];

/* Have they been looked up? */
static bool watching = false;

static void
relation_invalidated(Datum arg, Oid relid)
{
	bool		ours = !watching || !OidIsValid(relid);

	for (int i = 0; i < (int) lengthof(watched); i++)
		ours = ours || watched[i] == relid;
	if (ours)
		pgm_position_epoch++;
}

/*
 * From now on pgm_position_epoch changes whenever the position may have, once
 * pending invalidations are processed.  To be called before each look at the
 * tables, for they may be others after CREATE EXTENSION.
 *
 * The first time every invalidation is one that tells: to look up the relations
 * would cost a new backend a fifth of its first answer.
 */
void
pgm_invalidation_watch(void)
{
	static bool registered = false;
	Oid			nsp;

	if (!registered)
	{
		CacheRegisterRelcacheCallback(relation_invalidated, (Datum) 0);
		registered = true;
		return;
	}
	nsp = get_namespace_oid("migrate", true);
	for (int i = 0; i < (int) lengthof(watched); i++)
		watched[i] = OidIsValid(nsp) ?
			get_relname_relid(watched_names[i], nsp) : InvalidOid;
	watching = true;
}

/* Tell every backend, when this transaction commits. */
void
pgm_invalidation_send(void)
{
	Oid			nsp = get_namespace_oid("migrate", true);
	Oid			type = OidIsValid(nsp) ?
		get_relname_relid(watched_names[0], nsp) : InvalidOid;

	if (OidIsValid(type))
		CacheInvalidateRelcacheByRelid(type);
}

/* Raise an error unless a function was called as a trigger. */
void
pgm_invalidation_check_trigger(FunctionCallInfo fcinfo)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("this function may only be called as a trigger")));
}

PG_FUNCTION_INFO_V1(pg_migrate_position_changed);

/*
 * position_changed(): trigger after each row, which logical replication fires
 * too; before it would lock the row, and keep it so for the transaction
 */
Datum
pg_migrate_position_changed(PG_FUNCTION_ARGS)
{
	pgm_invalidation_check_trigger(fcinfo);
	pgm_invalidation_send();
	return PointerGetDatum(NULL);
}
