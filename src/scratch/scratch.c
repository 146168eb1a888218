/*
 * scratch.c
 *	  A place to build schemas in, under their real names, beside those that
 *	  are there.
 *
 * It is one subtransaction, which is always rolled back.  In it the schemas
 * that are compared have other names and empty ones stand in their place.  That
 * is written to the catalogs directly: to rename a schema by ALTER would lock
 * it, and nobody could create anything in it meanwhile.  As it is, others see
 * nothing of it, and read, write, create and alter as before; only who changes
 * the same row of a catalog (the owner of a schema, a member of an extension)
 * has to wait, and pg_migrate.scratch_hold says for how long.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "run/locks/run_lock.h"
#include "scratch/scratch_internal.h"
#include "trial/trial.h"
#include "trial/trial_settings.h"
#include "util/settings.h"
#include "util/subtransaction.h"
#include "util/uncommitted_enums.h"

PgmScratchState *pgm_scratch_open = NULL;

/* As in a new session, and what makes no difference to a schema */
static const struct
{
	const char *name;
	const char *value;			/* NULL: that of a new session */
}			settings[] = {
	{"check_function_bodies", "off"},
	{"row_security", "on"},
	{"default_tablespace", NULL},
	{"default_table_access_method", NULL},
	{"default_toast_compression", NULL},
	{"xmloption", NULL},
};

/* A set of addresses of whole objects, in the memory of the scratch. */
HTAB *
pgm_addresses_make(const char *name)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(ObjectAddress),
		.hcxt = pgm_scratch_open->context
	};

	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

void
pgm_addresses_add(HTAB *addresses, Oid classid, Oid objid)
{
	ObjectAddress key;

	ObjectAddressSet(key, classid, objid);
	(void) hash_search(addresses, &key, HASH_ENTER, NULL);
}

bool
pgm_addresses_have(HTAB *addresses, Oid classid, Oid objid)
{
	ObjectAddress key;

	ObjectAddressSet(key, classid, objid);
	return hash_search(addresses, &key, HASH_FIND, NULL) != NULL;
}

/* Set a column of a row of a catalog, without any lock on what the row tells of. */
void
pgm_catalog_update(Oid catalog, HeapTuple tuple, AttrNumber column, Datum value)
{
	Relation	rel = table_open(catalog, RowExclusiveLock);
	int			natts = RelationGetNumberOfAttributes(rel);
	Datum	   *values = palloc0(natts * sizeof(Datum));
	bool	   *nulls = palloc0(natts * sizeof(bool));
	bool	   *replace = palloc0(natts * sizeof(bool));
	HeapTuple	new;

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

/* Temporary tables of the session are not what a model means by their names. */
static void
hide_temporary(void)
{
	Oid			tables;
	Oid			toast;

	GetTempNamespaceState(&tables, &toast);
	if (!OidIsValid(tables) || namespace_search_path[0] == '\0' ||
		strstr(namespace_search_path, "pg_temp"))
		return;
	(void) set_config_option("search_path", psprintf("%s, pg_temp", namespace_search_path),
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Keep what is built and undone here on this server.  Citus propagates DDL over
 * connections of its own, some of which commit, so that the schemas of a model
 * would stay on its workers.
 */
static void
stay_here(void)
{
	static const char *const names[] = {
		"citus.enable_ddl_propagation", "citus.enable_schema_based_sharding",
		"citus.use_citus_managed_tables"
	};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (GetConfigOption(names[i], true, false) != NULL)
			(void) set_config_option(names[i], "off", PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_LOCAL, true, 0, false);
}

/* To be called again where a setting of the model may have undone it. */
void
pgm_scratch_settings(void)
{
	stay_here();
	hide_temporary();
	pgm_settings_bound_timeouts(pgm_trial_lock_timeout, 0);
}

/* Until the subtransaction ends. */
static void
set_settings(void)
{
	for (int i = 0; i < (int) lengthof(settings); i++)
	{
		const char *value = settings[i].value ? settings[i].value :
			GetConfigOptionResetString(settings[i].name);

		(void) set_config_option(settings[i].name, value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_LOCAL, true, 0, false);
	}
	pgm_scratch_settings();
}

/* Raise 42501 unless the schemas are the current user's. */
static void
check_rights(const PgmScratch *scratch)
{
	ListCell   *lc;

	foreach(lc, scratch->scope->schemas)
	{
		Oid			nsp = get_namespace_oid(lfirst(lc), true);

		if (!OidIsValid(nsp) || pgm_owns_schema(nsp))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of schema %s", (char *) lfirst(lc)),
				 errdetail("%s builds the model in the place of the schema, in a subtransaction that is rolled back.",
						   scratch->function),
				 errhint("Call it as the owner of the schema or a superuser, leave the schema out of \"schemas\", or do it on a copy of the database that is yours.")));
	}
}

/* Is a standby connected? */
static bool
has_standby(void)
{
	for (int i = 0; i < max_wal_senders; i++)
		if (WalSndCtl->walsnds[i].pid != 0)
			return true;
	return false;
}

/*
 * Raise 53400 where there is no room for the locks that are held at once.  They
 * are given back after each statement, but a standby keeps them to the end, in
 * a lock table of the same size at least, and stops where that is full.
 */
static void
check_room(const PgmScratch *scratch)
{
	bool		standby = has_standby();
	int64		locks = PGM_SCRATCH_LOCKS +
		(standby ? scratch->tables * PGM_SCRATCH_LOCKS_OF_TABLE : 0);
	int64		room;
	int64		taken;

	if (locks > pgm_lock_table_room(&room, &taken))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("%s needs about %lld locks at once", scratch->function,
						(long long) locks),
				 errdetail("The lock table of %s has room for %lld, of which %lld are taken; one transaction may have half of the rest.",
						   standby ? "a standby like this server" : "the server",
						   (long long) room, (long long) taken),
				 standby ?
				 errhint("Do it on a copy of the database on a server without standbys, or raise max_locks_per_transaction, first on the standbys.") :
				 errhint("Try again when others have finished, or raise max_locks_per_transaction.")));
}

typedef struct PgmScratchCall
{
	const PgmScratch *scratch;
	void		(*body) (void *arg);
	void	   *arg;
} PgmScratchCall;

static bool
scratch_part(void *arg)
{
	PgmScratchCall *c = arg;

	set_settings();
	pgm_scratch_move_schemas();
	pgm_scratch_events_hush();
	if (c->scratch->scope->database)
		pgm_scratch_set_aside();
	if (c->scratch->scope->database || c->scratch->as_dump)
		pgm_scratch_remove_default_rights(InvalidOid);
	CommandCounterIncrement();
	pgm_run_active = true;
	c->body(c->arg);
	pgm_scratch_free_sequences();
	return false;
}

/* One at a time: what it needs to know while it is open. */
static void
open_state(PgmScratchState *state, const PgmScratch *scratch)
{
	if (pgm_scratch_open)
		elog(ERROR, "a scratch is open already");
	memset(state, 0, sizeof(PgmScratchState));
	state->scratch = scratch;
	state->context = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate scratch",
										   ALLOCSET_DEFAULT_SIZES);
	pgm_scratch_open = state;
}

/*
 * Call body(arg) in a subtransaction that is always rolled back, in which the
 * schemas of the scope are set aside.  Each of them is there anew and empty,
 * but for members of extensions, unless body() creates it itself.  Statements
 * are run between pgm_scratch_statement_begin() and _end().
 *
 * Raises what pgm_trial_check() raises, 42501 where a schema is not the
 * caller's, 53400 where the lock table is full, and 55P03 where others wait for
 * it longer than pg_migrate.scratch_hold.
 */
void
pgm_scratch(const PgmScratch *scratch, void (*body) (void *arg), void *arg)
{
	PgmScratchCall call = {.scratch = scratch,.body = body,.arg = arg};
	PgmScratchState state;
	PgmUncommittedEnums enums;
	ErrorData  *error;

	pgm_trial_check(scratch->function);
	check_rights(scratch);
	check_room(scratch);
	open_state(&state, scratch);
	pgm_uncommitted_enums_save(&enums);
	error = pgm_subtransaction("pg_migrate_scratch", scratch_part, &call);
	pgm_run_active = false;
	pgm_uncommitted_enums_restore(&enums);
	pgm_scratch_open = NULL;
	MemoryContextDelete(state.context);
	if (error)
		ReThrowError(error);
}
