/*
 * identity.c
 *	  Who scripts run as, and whose scripts may run.
 *
 * Scripts run as the caller, or as pg_migrate.owner_role if the administrator has
 * set it.  A script is code that its author wrote: the plan is refused unless the
 * author, or a role that has trusted this content (migrate.trust()), could act as
 * that role anyway.
 *
 * A script could also leave its role: RESET ROLE leads back to the session
 * user, RESET SESSION AUTHORIZATION to the user who logged in.  If the author
 * could not act as those as well, and always under owner_role, the scripts
 * are confined: they run in a security context that forbids changing the role, and
 * may leave nothing behind that would run as the caller.
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

/*
 * Determine the role of the scripts of a run.
 *
 * Raises 42704 if pg_migrate.owner_role names a role that does not exist: running as the
 * caller instead would be a surprise.
 */
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

/* Is the role in pg_migrate.trusted_authors? */
static bool
is_trusted_author(const char *name)
{
	return pgm_names_have(pgm_name_list(pgm_trusted_authors), name);
}

/* Could the author, or the role that has trusted the content, act as the role? */
static bool
answers_for(const PgmStored *s, Oid role)
{
	return pgm_trust_could_act_as(s->registered_by, role) ||
		pgm_trust_could_act_as(s->trusted_by, role);
}

/*
 * Raise 42501 for a run as pg_migrate.owner_role with the search_path of a caller who
 * could not act as that role: an unqualified name in the scripts could then mean an
 * object of the caller, whose code would run as that role.
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

	Assert(OidIsValid(id->role));
	check_script_path(id);
	/* an administrator says so; they are not confined either */
	if (is_trusted_author(stored->registered_by))
		return;
	if (answers_for(stored, id->role))
	{
		/* the roles that RESET ROLE and RESET SESSION AUTHORIZATION lead to */
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
 * Switch to the role of the scripts, and to their settings.  To be paired with
 * pgm_identity_leave(); on error the abort of the (sub)transaction that was
 * begun before restores everything.
 *
 * Without confinement the role is not set: it is the caller's, who may change it.
 */
void
pgm_identity_enter(PgmIdentity *id)
{
	Assert(id->confined || id->role == GetUserId());
	/* as the caller, who may read what is looked at there */
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

	/*
	 * After the settings, because a custom search_path or lock_timeout is set
	 * with the rights of the caller.  The security context forbids SET ROLE
	 * and SET SESSION AUTHORIZATION.
	 */
	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	if (id->confined)
		SetUserIdAndSecContext(id->role, id->saved_context |
							   SECURITY_LOCAL_USERID_CHANGE);
}

/*
 * Switch back to the role and the settings of the caller.  Raises what
 * pgm_leftovers_end() raises.
 */
void
pgm_identity_leave(PgmIdentity *id)
{
	if (id->confined)
	{
		/* still as the scripts' role, which their triggers must run as */
		pgm_leftovers_end(&id->leftovers);
		SetUserIdAndSecContext(id->saved_role, id->saved_context);
	}
	AtEOXact_GUC(false, id->nest_level);
}
