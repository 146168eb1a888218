/*
 * registry_settings.c
 *	  The configuration parameter of the registry.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "registry/registry_settings.h"

bool		pgm_accept_replicated_position = false;

/* Define them; called by pgm_settings_define(). */
void
pgm_registry_settings_define(void)
{
	DefineCustomBoolVariable("pg_migrate.accept_replicated_position",
							 "Do replicated rows of the schema migrate count, because DDL is replicated too?",
							 NULL,
							 &pgm_accept_replicated_position,
							 false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
}
