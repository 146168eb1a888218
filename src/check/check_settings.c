/*
 * check_settings.c
 *	  The configuration parameters pg_migrate.require and require_action.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "check/check_settings.h"

char	   *pgm_require = NULL;
int			pgm_require_action = ERROR;

static const struct config_enum_entry require_actions[] = {
	{"error", ERROR, false},
	{"warning", WARNING, false},
	{NULL, 0, false}
};

/* Define them; called by pgm_settings_define(). */
void
pgm_check_settings_define(void)
{
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
}
