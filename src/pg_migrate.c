/*
 * pg_migrate.c
 *	  Module entry: schema migration inside the server.
 */
#include "postgres.h"

#include "fmgr.h"

#include "check/check.h"
#include "registry/run_lock.h"
#include "run/confine/session_leftovers.h"
#include "run/door.h"
#include "run/invalid_index.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/*
 * Called when the library is loaded: by the first call of any function, or at
 * the beginning of a session.
 */
void
_PG_init(void)
{
	pgm_runlock_init();
	pgm_door_init();
	pgm_leftovers_init();
	pgm_validindex_init();
	pgm_check_login();
}
