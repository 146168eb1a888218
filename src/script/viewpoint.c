/*
 * viewpoint.c
 *	  Looking names up as the scripts will: with pg_migrate.search_path, and as
 *	  pg_migrate.owner_role.
 *
 * What a script may do, and what it locks, depends on what its names mean.
 * A function that predicts that must see the catalogs as the script will.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

#include "script/script_settings.h"
#include "script/viewpoint.h"
#include "util/settings.h"
#include "util/subtransaction.h"

/*
 * Look names up as the scripts will.  To be paired with pgm_viewpoint_leave();
 * on error the abort of the (sub)transaction that was begun before restores
 * everything.
 *
 * This is for looks at the catalogs only.  Nothing may be executed, because the
 * user is changed without the precautions of pgm_identity_enter().
 */
void
pgm_viewpoint_take(PgmViewpoint *saved)
{
	Oid			role;

	pgm_settings_define();
	role = pgm_owner_role[0] ? get_role_oid(pgm_owner_role, true) : InvalidOid;
	GetUserIdAndSecContext(&saved->user, &saved->context);

	/*
	 * The user matters although nothing is executed: a schema of the path
	 * counts only if the user has USAGE on it, and "$user" is the user's.
	 */
	if (OidIsValid(role))
		SetUserIdAndSecContext(role, saved->context | SECURITY_LOCAL_USERID_CHANGE);
	saved->nest_level = NewGUCNestLevel();
	if (pgm_search_path[0] != '\0')
		(void) set_config_option("search_path", pgm_search_path,
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
}

/* Look names up as before. */
void
pgm_viewpoint_leave(const PgmViewpoint *saved)
{
	AtEOXact_GUC(false, saved->nest_level);
	SetUserIdAndSecContext(saved->user, saved->context);
}

/*
 * Call part(arg) with the rights that the caller had before
 * pgm_viewpoint_take(), in a subtransaction that is rolled back.  Returns NULL,
 * or the error.
 */
ErrorData *
pgm_viewpoint_call(const PgmViewpoint *saved, bool (*part) (void *), void *arg)
{
	ErrorData  *edata;
	Oid			role;
	int			context;

	GetUserIdAndSecContext(&role, &context);
	SetUserIdAndSecContext(saved->user, saved->context);
	edata = pgm_subtransaction("pg_migrate", part, arg);
	SetUserIdAndSecContext(role, context);
	return edata;
}
