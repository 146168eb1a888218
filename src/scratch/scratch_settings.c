/*
 * scratch_settings.c
 *	  The settings that are in force in a scratch, and those that control it.
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/namespace.h"
#include "utils/guc.h"

#include "scratch/scratch_settings.h"
#include "trial/trial_settings.h"
#include "util/settings.h"

int			pgm_scratch_hold = 5000;

/*
 * A setting of the session can change what CREATE makes, so a model is built
 * with the settings of a new session.  Function bodies are not checked because
 * they may use objects that come later, as in a dump.
 */
static const struct
{
	const char *name;
	const char *value;			/* NULL: that of a new session */
}			settings[] = {
	{.name = "check_function_bodies",.value = "off"},
	{.name = "row_security",.value = "on"},
	{.name = "default_tablespace"},
	{.name = "default_table_access_method"},
	{.name = "default_toast_compression"},
	{.name = "xmloption"},
};

/* Set a parameter until the subtransaction ends. */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Put pg_temp at the end of search_path.  A model does not mean the temporary
 * tables of the session, but the server looks for a name among them first unless
 * the path says otherwise.
 */
static void
hide_temporary_tables(void)
{
	Oid			tables;
	Oid			toast;

	GetTempNamespaceState(&tables, &toast);
	if (!OidIsValid(tables) || namespace_search_path[0] == '\0' ||
		strstr(namespace_search_path, "pg_temp"))
		return;
	set_local("search_path", psprintf("%s, pg_temp", namespace_search_path));
}

/*
 * Switch off what Citus does on other servers.  It propagates DDL over
 * connections of its own, some of which commit, so the schemas of a model would
 * stay on its workers.
 */
static void
disable_propagation(void)
{
	static const char *const names[] = {
		"citus.enable_ddl_propagation", "citus.enable_schema_based_sharding",
		"citus.use_citus_managed_tables"
	};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (GetConfigOption(names[i], true, false) != NULL)
			set_local(names[i], "off");
}

/* Set what a SET or RESET of the model may have undone. */
void
pgm_scratch_settings_repeat(void)
{
	disable_propagation();
	hide_temporary_tables();
	pgm_settings_bound_timeouts(pgm_trial_lock_timeout, 0);
}

/* Put the settings of a scratch in force, until its subtransaction ends. */
void
pgm_scratch_settings_begin(void)
{
	for (int i = 0; i < (int) lengthof(settings); i++)
		set_local(settings[i].name,
				  settings[i].value ? settings[i].value :
				  GetConfigOptionResetString(settings[i].name));
	pgm_scratch_settings_repeat();
}

/*
 * Send no messages below errors to the client until the subtransaction ends:
 * those of statements that are only replayed concern nobody.
 */
void
pgm_scratch_silence(void)
{
	set_local("client_min_messages", "error");
}

/* Define the configuration parameters of this room; to be called once. */
void
pgm_scratch_settings_define(void)
{
	DefineCustomIntVariable("pg_migrate.scratch_hold",
							"How long others may wait for what is done to look at a model, before that gives up.",
							"0 sets no limit.",
							&pgm_scratch_hold,
							5000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
}
