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
 * role.  Nothing of theirs may be left for the commit, which is the caller's:
 * deferred triggers are fired before the role is left, and no cursor WITH HOLD
 * may stay open.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/portal.h"

#include "compat.h"
#include "errors.h"
#include "registry/names.h"
#include "registry/spi.h"
#include "run/identity.h"
#include "run/settings.h"

static PgmQuery deferrable_query = {
	.sql = "SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgdeferrable"
};
static PgmQuery held_query = {
	.sql = "SELECT name FROM pg_cursors WHERE is_holdable"
};

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
	ListCell   *lc;

	foreach(lc, pgm_name_list(pgm_trusted_authors))
		if (strcmp(lfirst(lc), name) == 0)
		return true;
	return false;
}

/* Could the named role act as another one?  NULL and dropped roles cannot. */
bool
pgm_identity_could_act_as(const char *name, Oid role)
{
	Oid			oid = name ? get_role_oid(name, true) : InvalidOid;

	return OidIsValid(oid) && pgm_can_act_as(oid, role);
}

/* Could the author, or who vouched for the content, act as the role? */
static bool
answers_for(const PgmStored *s, Oid role)
{
	return pgm_identity_could_act_as(s->registered_by, role) ||
		pgm_identity_could_act_as(s->trusted_by, role);
}

/*
 * Admit a migration to the run, and confine the run if need be.
 *
 * Raises 42501 when nobody who could act as the role answers for it.
 */
void
pgm_identity_admit(PgmIdentity *id, const PgmStored *stored)
{
	char	   *role;

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
			 errhint("Read it: SELECT migrate.export('%s:%s'). If it is good, a role that can act as \"%s\" may say SELECT migrate.trust('%s').",
					 stored->m.revision, stored->m.revision, role,
					 stored->m.revision)));
}

/* Are deferred triggers waiting to be fired? */
static bool
events_pending(void)
{
	PgmSpi		spi;
	uint64		n;
	bool		pending = false;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &deferrable_query, NULL, NULL);
	for (uint64 i = 0; i < n && !pending; i++)
	{
		bool		isnull;

		pending = AfterTriggerPendingOnRel(DatumGetObjectId(pgm_spi_datum(i, 1,
																		  &isnull)));
	}
	pgm_spi_end(&spi);
	return pending;
}

/*
 * Refuse to be entered over deferred triggers of the caller: they would fire
 * when we check ours.
 */
static void
check_none_before(void)
{
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) && events_pending())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot run migrations as another role while deferred constraints are pending"),
				 errdetail("This transaction has changed tables whose deferred constraints are not checked yet."),
				 errhint("Commit first, or say SET CONSTRAINTS ALL IMMEDIATE.")));
}

/*
 * Fire the deferred triggers of the scripts.  One of them may have deferred
 * more, which would then fire as the caller.
 */
static void
fire_deferred(void)
{
	ConstraintsSetStmt *stmt = makeNode(ConstraintsSetStmt);

	AfterTriggerSetState(stmt);
	if (events_pending())
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_SCRIPT),
				 errmsg("the migrations leave deferred triggers behind"),
				 errdetail("A deferred trigger deferred others, which would fire as the caller."),
				 errhint("Take SET CONSTRAINTS out of the trigger functions.")));
}

/* Refuse a cursor that the server would execute at commit, as the caller. */
static void
check_cursors(void)
{
	PgmSpi		spi;
	uint64		n;

	pgm_spi_begin(&spi, false);
	n = pgm_spi_run(&spi, &held_query, NULL, NULL);
	for (uint64 i = 0; i < n; i++)
	{
		char	   *name = pgm_spi_text(i, 1);
		Portal		portal = GetPortalByName(name);

		if (PortalIsValid(portal) &&
			portal->createSubid == GetCurrentSubTransactionId())
			ereport(ERROR,
					(errcode(PGM_ERRCODE_INVALID_SCRIPT),
					 errmsg("the migrations leave cursor \"%s\" WITH HOLD open",
							name),
					 errdetail("It would be executed as the caller at commit."),
					 errhint("CLOSE the cursor in the script that declares it.")));
	}
	pgm_spi_end(&spi);
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
		check_none_before();
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
		fire_deferred();
		check_cursors();
		SetUserIdAndSecContext(id->saved_role, id->saved_context);
	}
	AtEOXact_GUC(false, id->nest_level);
}
