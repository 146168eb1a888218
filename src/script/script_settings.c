/*
 * script_settings.c
 *	  The configuration parameters that say who scripts run as.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "script/script_settings.h"

char	   *pgm_owner_role = NULL;
char	   *pgm_search_path = NULL;
char	   *pgm_trusted_authors = NULL;

/* Define them; called by pgm_settings_define(). */
void
pgm_script_settings_define(void)
{
	DefineCustomStringVariable("pg_migrate.owner_role",
							   "Role that scripts run as.",
							   "Empty: the caller.",
							   &pgm_owner_role,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.search_path",
							   "search_path that scripts run with.",
							   "Empty: the caller's.",
							   &pgm_search_path,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("pg_migrate.trusted_authors",
							   "Roles whose migrations may run as anybody.",
							   "A comma list.",
							   &pgm_trusted_authors,
							   "",
							   PGC_SUSET, 0, NULL, NULL, NULL);
}
