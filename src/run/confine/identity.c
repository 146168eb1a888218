/*
 * identity.c
 *	  Who scripts run as, and whose scripts may run.
 *
 * Scripts run as the caller, or as pg_migrate.owner_role where the
 * administrator has set it.  A script is code that its author wrote: the plan
 * is refused unless the author, or somebody who vouched for this content,
 * could act as that role anyway.
 *
 * A script could also leave its role: RESET ROLE leads back to the session
 * user, RESET SESSION AUTHORIZATION to the user who logged in.  If the author
 * could not act as those as well, and always under owner_role, the scripts
 * are confined: they run in a security context that forbids to change the
 * role, and may leave nothing behind that would run as the caller.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "compat.h"
#include "registry/trust.h"
#include "run/confine/identity.h"
#include "run/locks/lock_settings.h"
#include "script/script_settings.h"
#include "util/name_list.h"
#include "util/revision_names.h"

/* Determine the role of the scripts of a run. */
void
pgm_identity_init(PgmIdentity *id)
{
	memset(id, 0, sizeof(PgmIdentity));
	id->role = GetUserId();
	if (pgm_owner_role[0] != '\0')
	{
		id->role = get_role_oid(pgm_owner_role, true);
		if (!OidIsValid(id->role))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("role \"%s\" does not exist", pgm_owner_role),
					 errdetail("It is named by pg_migrate.owner_role."),
					 errhint("A superuser can change it: ALTER DATABASE ... SET pg_migrate.owner_role = ...")));
		id->confined = true;
	}
}

static bool
is_trusted_author(const char *name)
{
	return pgm_names_have(pgm_name_list(pgm_trusted_authors), name);
}

/* Could the author, or who vouched for the content, act as the role? */
static bool
answers_for(const PgmStored *s, Oid role)
{
	return pgm_trust_could_act_as(s->registered_by, role) ||
		pgm_trust_could_act_as(s->trusted_by, role);
}

/*
 * Refuse to run under pg_migrate.owner_role with the search_path of a caller who
 * could not act as that role: the scripts would run as it what the caller has put
 * under a name that they do not qualify.
 */
static void
check_script_path(const PgmIdentity *id)
{
	char	   *role;

	if (pgm_owner_role[0] == '\0' || pgm_search_path[0] != '\0' ||
		pgm_can_act_as(GetSessionUserId(), id->role))
		return;
	role = GetUserNameFromId(id->role, false);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("cannot run migrations as role \"%s\" with the search_path of \"%s\"",
					role, GetUserNameFromId(GetSessionUserId(), false)),
			 errdetail("pg_migrate.owner_role is set, but pg_migrate.search_path is not: the caller, who could not act as \"%s\", would decide what the names in the scripts mean.",
					   role),
			 errhint("A superuser can set it: ALTER DATABASE %s SET pg_migrate.search_path = ...",
					 quote_identifier(get_database_name(MyDatabaseId)))));
}

/*
 * Admit a migration to the run, and confine the run if need be.
 *
 * Raises 42501 when nobody who could act as the role answers for it, or when the
 * caller would decide what its names mean.
 */
void
pgm_identity_admit(PgmIdentity *id, const PgmStored *stored)
{
	char	   *role;

	check_script_path(id);
	if (is_trusted_author(stored->registered_by))
		return;
	if (answers_for(stored, id->role))
	{
		if (!answers_for(stored, GetSessionUserId()) ||
			!answers_for(stored, GetAuthenticatedUserId()))
			id->confined = true;
		return;
	}
	role = GetUserNameFromId(id->role, false);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("migration \"%s\" may not run as role \"%s\"",
					stored->m.revision, role),
			 errdetail("It was registered by \"%s\", who could not act as \"%s\".",
					   stored->registered_by, role),
			 errhint("Read it: SELECT migrate.export(%s). If it is good, a role that can act as \"%s\" may say SELECT migrate.trust(%s, %s).",
					 quote_literal_cstr(psprintf("%s:%s", stored->m.revision,
												 stored->m.revision)),
					 role, quote_literal_cstr(stored->m.revision),
					 quote_literal_cstr(stored->m.checksum))));
}

/*
 * Become who the scripts run as, with their settings.  To be paired with
 * pgm_identity_leave(); on error the abort of the (sub)transaction that was
 * begun before restores everything.
 */
void
pgm_identity_enter(PgmIdentity *id)
{
	if (id->confined)
		pgm_leftovers_begin(&id->leftovers, id->role);
	id->nest_level = NewGUCNestLevel();
	if (pgm_lock_timeout > 0)
		(void) set_config_option("lock_timeout",
								 psprintf("%d", pgm_lock_timeout),
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (pgm_search_path[0] != '\0')
		(void) set_config_option("search_path", pgm_search_path,
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	if (id->confined)
		SetUserIdAndSecContext(id->role, id->saved_context |
							   SECURITY_LOCAL_USERID_CHANGE);
}

/* Become the caller again. */
void
pgm_identity_leave(PgmIdentity *id)
{
	if (id->confined)
	{
		pgm_leftovers_end(&id->leftovers);
		SetUserIdAndSecContext(id->saved_role, id->saved_context);
	}
	AtEOXact_GUC(false, id->nest_level);
}
