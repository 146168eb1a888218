/*
 * pg_migrate.c
 *	  Module entry: schema migration inside the server.
 */
#include "postgres.h"

#include "fmgr.h"

#include "check/check.h"
#include "check/check_settings.h"
#include "lint/lint_unasked.h"
#include "lint/rules/lint_settings.h"
#include "registry/registry_settings.h"
#include "run/confine/session_leftovers.h"
#include "run/door.h"
#include "run/execute/invalid_index_guard.h"
#include "run/locks/lock_settings.h"
#include "run/locks/run_lock.h"
#include "run/run_settings.h"
#include "scratch/scratch_settings.h"
#include "script/script_settings.h"
#include "trial/trial_settings.h"
#include "util/settings.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/* Define the configuration parameters of all rooms. */
static void
define_settings(void)
{
	pgm_script_settings_define();
	pgm_registry_settings_define();
	pgm_lock_settings_define();
	pgm_run_settings_define();
	pgm_trial_settings_define();
	pgm_lint_settings_define();
	pgm_scratch_settings_define();
	pgm_check_settings_define();
}

/*
 * Called when the library is loaded: by the first call of any function, or at
 * the beginning of a session.
 */
void
_PG_init(void)
{
	pgm_settings_init(define_settings);
	pgm_runlock_init();
	pgm_door_init();
	pgm_leftovers_init();
	pgm_invalid_index_init();
	pgm_lint_unasked_init();
	/* last, because it may end the session, or wait */
	pgm_check_login();
}
