/*
 * lint_settings.c
 *	  The configuration parameters pg_migrate.lint_*.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "lint/rules/lint_settings.h"

int			pgm_lint_small_table = 10 * 1024;
int			pgm_lint_probe_timeout = 1000;
int			pgm_lint_on_load = PGM_LINT_WARN;
int			pgm_lint_on_upgrade = PGM_LINT_OFF;

static const struct config_enum_entry lint_actions[] = {
	{"off", PGM_LINT_OFF, false},
	{"warn", PGM_LINT_WARN, false},
	{"error", PGM_LINT_ERROR, false},
	{NULL, 0, false}
};

/* Define them; to be called once, with all other parameters. */
void
pgm_lint_settings_define(void)
{
	DefineCustomIntVariable("pg_migrate.lint_small_table",
							"Findings about tables smaller than this are notices.",
							NULL,
							&pgm_lint_small_table,
							10 * 1024, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("pg_migrate.lint_probe_timeout",
							"How long lint may look for rows that a migration would fail for, for each question.",
							"0 does not look at data.",
							&pgm_lint_probe_timeout,
							1000, 0, INT_MAX,
							PGC_USERSET, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_migrate.lint_on_load",
							 "What happens when a migration with findings of lint is registered.",
							 NULL,
							 &pgm_lint_on_load,
							 PGM_LINT_WARN, lint_actions,
							 PGC_USERSET, 0, NULL, NULL, NULL);
	DefineCustomEnumVariable("pg_migrate.lint_on_upgrade",
							 "What happens when an upgrade is about to run migrations with findings of lint.",
							 NULL,
							 &pgm_lint_on_upgrade,
							 PGM_LINT_OFF, lint_actions,
							 PGC_USERSET, 0, NULL, NULL, NULL);
}
