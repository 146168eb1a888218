/*
 * login_guard.c
 *	  pg_migrate.require: a session begins only where the database is what its
 *	  application needs.
 *
 * Where session_preload_libraries names the library, it is loaded within the
 * transaction in which a session is set up, after its settings are known.  It
 * is a guard against mistakes, not security: a client may send other settings.
 * A user who may upgrade the database gets in, with a WARNING.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "check/check.h"
#include "check/check_settings.h"
#include "errors.h"
#include "registry/registry.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/* How long a login waits for a lock, in ms */
#define LOGIN_LOCK_TIMEOUT 1000

/* was the setting checked when this session began? */
static bool active = false;

/*
 * Somebody might have made a schema of that name with tables of another shape,
 * where the extension is not installed.
 */
static void
check_installed(void)
{
	if (!OidIsValid(get_extension_oid("pg_migrate", true)))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_NOT_CURRENT),
				 errmsg("extension \"pg_migrate\" is not installed in this database"),
				 errhint("Install it with CREATE EXTENSION pg_migrate.")));
}

/*
 * Raise what require() raises, for pgm_subtransaction().  The wait for a lock is
 * short: a user who cannot log in cannot find out who holds it.
 */
static bool
require_part(void *arg)
{
	int			nest_level = NewGUCNestLevel();

	pgm_settings_bound_lock_timeout(LOGIN_LOCK_TIMEOUT);
	PushActiveSnapshot(GetTransactionSnapshot());
	check_installed();
	pgm_check_require(arg, false);
	PopActiveSnapshot();
	AtEOXact_GUC(false, nest_level);
	return true;
}

/*
 * Set *arg to whether the user of the session may upgrade the database, for
 * pgm_subtransaction().
 */
static bool
may_upgrade_part(void *arg)
{
	PushActiveSnapshot(GetTransactionSnapshot());
	check_installed();
	*(bool *) arg = pgm_registry_may_upgrade(GetSessionUserId());
	PopActiveSnapshot();
	return true;
}

/* May the user of the session bring the database where it should be? */
static bool
may_put_right(void)
{
	bool		result = false;
	ErrorData  *edata;

	if (superuser_arg(GetSessionUserId()))
		return true;
	edata = pgm_subtransaction("pg_migrate_login", may_upgrade_part, &result);
	if (edata)
		pgm_subtransaction_rethrow_unrelated(edata);
	/* false if that could not be told */
	return result;
}

/*
 * Called when the library is loaded.  If that is at the beginning of a client's
 * session: raise, as FATAL, what require() raises for pg_migrate.require; or
 * say it as a WARNING, by pg_migrate.require_action, or to a user who may
 * upgrade the database.
 */
void
pgm_check_login(void)
{
	char	   *expected;
	ErrorData  *edata;

	if (process_shared_preload_libraries_in_progress)
		ereport(LOG,
				(errmsg("pg_migrate.require is not looked at when pg_migrate is in shared_preload_libraries"),
				 errhint("Name it in session_preload_libraries instead.")));
	if (!IsUnderPostmaster || MyBackendType != B_BACKEND || MyProcPort == NULL ||
		IsNormalProcessingMode() || !IsTransactionState())
		return;
	active = true;
	pgm_settings_define();
	if (pgm_require[0] == '\0')
		return;
	expected = pstrdup(pgm_require);
	edata = pgm_subtransaction("pg_migrate_login", require_part, expected);
	if (edata == NULL)
		return;
	edata->elevel = pgm_require_action == WARNING || may_put_right() ? WARNING : FATAL;
	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
	{
		edata->detail = edata->message;
		edata->message = pstrdup("cannot tell whether the database is up to date");
		edata->hint = pstrdup("A table of the schema \"migrate\" is locked; try again.");
	}
	edata->context = psprintf("pg_migrate.require = '%s'", expected);
	ThrowErrorData(edata);
	FreeErrorData(edata);
}

/* Was pg_migrate.require checked when this session began? */
bool
pgm_check_login_active(void)
{
	return active;
}
