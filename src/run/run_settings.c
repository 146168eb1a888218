/*
 * run_settings.c
 *	  The configuration parameters pg_migrate.*.
 */
#include "postgres.h"

#include <limits.h>

#include "storage/proc.h"
#include "utils/guc.h"

#include "diff/diff_settings.h"
#include "lint/lint_settings.h"
#include "run/run_settings.h"

bool		pgm_accept_replicated_position = false;
int			pgm_build_timeout = 0;
int			pgm_lock_timeout = 2000;
int			pgm_lock_poll = 2000;
int			pgm_lock_retries = 5;
int			pgm_progress_interval = 5000;
char	   *pgm_require = NULL;
int			pgm_require_action = ERROR;
int			pgm_retry_max_work = 10000;
int			pgm_run_wait_timeout = 0;
char	   *pgm_owner_role = NULL;
char	   *pgm_search_path = NULL;
bool		pgm_select_door = true;
char	   *pgm_trusted_authors = NULL;

/* Let a timeout be this long at most; 0 was without end. */
static void
bound(const char *name, int current, long ms, GucAction action)
{
	if (current > 0 && current <= ms)
		return;
	(void) set_config_option(name, psprintf("%ld", ms), PGC_USERSET,
							 PGC_S_SESSION, action, true, 0, false);
}

/*
 * Let lock_timeout be this long at most, in ms, until the end of a level of
 * NewGUCNestLevel().
 */
void
pgm_settings_bound_lock_timeout(long ms)
{
	bound("lock_timeout", LockTimeout, ms, GUC_ACTION_SAVE);
}

/*
 * Let both timeouts be this long at most, in ms, or as they are where it is 0;
 * until the end of the subtransaction, in which scripts may SET them, too.
 */
void
pgm_settings_bound_timeouts(int lock_ms, int statement_ms)
{
	if (lock_ms > 0)
		bound("lock_timeout", LockTimeout, lock_ms, GUC_ACTION_LOCAL);
	if (statement_ms > 0)
		bound("statement_timeout", StatementTimeout, statement_ms,
			  GUC_ACTION_LOCAL);
}

static const struct config_enum_entry require_actions[] = {
	{"error", ERROR, false},
	{"warning", WARNING, false},
	{NULL, 0, false}
};

/*
 * Define the parameters; to be called before any of them is read.
 *
 * Not when the library is loaded: PostgreSQL 15 sorts the table of all
 * parameters anew for each one that is added, and that takes longer than to
 * answer the questions that need none of them.  Until then a SET makes a
 * placeholder, whose value is checked and taken over here.
 */
void
pgm_settings_define(void)
{
	static bool defined = false;

	if (defined)
		return;
	defined = true;
	DefineCustomBoolVariable("pg_migrate.accept_replicated_position",
							 "Do replicated rows of the schema migrate count, because DDL is replicated too?",
							 NULL,
							 &pgm_accept_replicated_position,
							 false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.build_timeout",
							"How long the concurrent build of an index may take.",
							"0 sets no limit.",
							&pgm_build_timeout,
							0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_timeout",
							"How long a migration waits for a lock before it gives way and tries again.",
							"0 leaves it to the session's lock_timeout.",
							&pgm_lock_timeout,
							2000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_poll",
							"How long a migration asks for locks without queueing for them.",
							"0 queues at once.",
							&pgm_lock_poll,
							2000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lock_retries",
							"How often a plan is tried again after a lock timeout or a deadlock.",
							NULL,
							&pgm_lock_retries,
							5, 0, 1000,
							PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.owner_role",
							   "Role that scripts run as.",
							   "Empty: the caller.",
							   &pgm_owner_role,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.progress_interval",
							"How often a call that waits for a background worker says how far it is.",
							"0 says nothing.",
							&pgm_progress_interval,
							5000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.require",
							   "Revisions that a session needs to begin.",
							   "Looked at where session_preload_libraries names pg_migrate. Empty: none.",
							   &pgm_require,
							   "",
							   PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_migrate.require_action",
							 "What happens to a session that begins without the revisions it needs.",
							 NULL,
							 &pgm_require_action,
							 ERROR, require_actions,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.retry_max_work",
							"A plan that ran longer than this is not tried again.",
							NULL,
							&pgm_retry_max_work,
							10000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.run_wait_timeout",
							"How long to wait for another run in the same database.",
							"0 waits without limit.",
							&pgm_run_wait_timeout,
							0, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.search_path",
							   "search_path that scripts run with.",
							   "Empty: the caller's.",
							   &pgm_search_path,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("pg_migrate.select_door",
							 "May SELECT migrate.upgrade() run by a background worker what cannot be one transaction?",
							 NULL,
							 &pgm_select_door,
							 true,
							 PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.trusted_authors",
							   "Roles whose migrations may run as anybody.",
							   "A comma list.",
							   &pgm_trusted_authors,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	pgm_lintsettings_define();
	pgm_diffsettings_define();
	MarkGUCPrefixReserved("pg_migrate");
}
