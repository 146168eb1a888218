/*
 * upgrade_functions.c
 *	  Moving the database: upgrade(), downgrade(), stamp(), and the procedure
 *	  deploy().
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "errors.h"
#include "run/dispatch.h"
#include "run/door.h"
#include "run/engine/engine.h"
#include "run/locks/run_lock.h"
#include "run/prepare/run_warnings.h"
#include "run/stamp.h"
#include "run/worker.h"
#include "util/revision_names.h"
#include "util/settings.h"
#include "util/srf.h"

PG_FUNCTION_INFO_V1(pg_migrate_upgrade);
PG_FUNCTION_INFO_V1(pg_migrate_downgrade);
PG_FUNCTION_INFO_V1(pg_migrate_stamp);
PG_FUNCTION_INFO_V1(pg_migrate_deploy);

/* The target of upgrade() or downgrade(), which may not be null. */
static char *
target_argument(FunctionCallInfo fcinfo, const char *function)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the target of %s may not be null", function),
				 errhint("Name a revision, or say 'head' or 'base'.")));
	return text_to_cstring(PG_GETARG_TEXT_PP(0));
}

/* Run to a target, and return the heads that the database is at afterwards. */
static Datum
run_to_target(FunctionCallInfo fcinfo, const char *function,
			  PgmDirection direction)
{
	PgmRequest	call = {.function = function,.direction = direction};
	bool		wait = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	List	   *current;

	pgm_runlock_check(function);
	pgm_citus_refuse_worker(psprintf("call %s", function));
	pgm_settings_define();
	call.target = target_argument(fcinfo, function);
	call.closed = pgm_door_closed(fcinfo);
	if (wait)
		pgm_dispatch(&call);
	else
		pgm_dispatch_background(&call);
	current = pgm_registry_current(false);
	if (direction == PGM_UPGRADE && current == NIL &&
		pgm_registry_heads(false, true, NULL) == NIL)
		pgm_warn_nothing_registered();
	return pgm_srf_return_names(fcinfo, current);
}

/*
 * upgrade(target text default 'head', wait boolean default true) returns
 * setof text: the heads the database is at afterwards.
 *
 * A plan that cannot be one transaction is run by a background worker, if the
 * call is the whole of the client's statement.  With wait => false every plan
 * is, and the call returns at once.
 *
 * Raises MG001 to MG004 and MG016 for the target, MG013 for a plan that can
 * neither be one transaction nor be run by a worker, MG014 for a failed verify
 * script, 42501 for an author who may not run as the role, 53000 when no worker
 * is free, 40P01 when the worker waits for the caller, 55000 on a worker of
 * Citus, and whatever the scripts raise.
 */
Datum
pg_migrate_upgrade(PG_FUNCTION_ARGS)
{
	return run_to_target(fcinfo, "migrate.upgrade()", PGM_UPGRADE);
}

/*
 * downgrade(target text, wait boolean default true) returns setof text, as
 * upgrade(); also raises MG005 for a target not below the current heads, MG012
 * for a migration without a downgrade script.
 */
Datum
pg_migrate_downgrade(PG_FUNCTION_ARGS)
{
	return run_to_target(fcinfo, "migrate.downgrade()", PGM_DOWNGRADE);
}

/*
 * stamp(revisions id_list, purge boolean default false) returns setof text:
 * moves the database to the revisions without running anything.  With purge
 * the heads that it was at before are forgotten.
 */
Datum
pg_migrate_stamp(PG_FUNCTION_ARGS)
{
	List	   *targets;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.stamp() may not be null"),
				 errhint("Name the revisions, or say 'base'.")));
	targets = pgm_names_from_array(PG_GETARG_ARRAYTYPE_P(0));
	if (targets == NIL)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_INVALID_TARGET),
				 errmsg("no revision to stamp"),
				 errhint("Name the revisions, or say 'base'.")));
	pgm_citus_refuse_worker("call migrate.stamp()");
	pgm_stamp(targets, PG_GETARG_BOOL(1));
	return pgm_srf_return_names(fcinfo, pgm_registry_current(false));
}

/* A text argument of deploy(), which may not be null. */
static char *
deploy_argument(FunctionCallInfo fcinfo, int i)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.deploy() may not be null"),
				 errhint("Write for example CALL migrate.deploy('head', 'upgrade').")));
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

/*
 * deploy(target default 'head', direction default 'upgrade'): a procedure that
 * upgrades or downgrades segment by segment.
 *
 * A worker does it where an extension refuses statements inside of a CALL, as old
 * versions of pgaudit do, and where the scripts are confined and a statement of
 * them commits.
 *
 * Raises 25001 where it cannot commit, MG017 when another revision is half
 * done, MG018 when the outcome of a statement is unknown, and what upgrade()
 * and downgrade() raise, but for MG013.
 */
Datum
pg_migrate_deploy(PG_FUNCTION_ARGS)
{
	PgmEngine	e = {.in_call = true};

	pgm_call_transaction_check_context(fcinfo, "migrate.deploy()",
									   "SELECT migrate.upgrade()");
	pgm_runlock_check("migrate.deploy()");
	pgm_citus_refuse_worker("call migrate.deploy()");
	pgm_settings_define();
	/* the arguments outlive the transaction in which the CALL began */
	pgm_call_transaction_start(&e.work);
	e.target = deploy_argument(fcinfo, 0);
	e.direction = pgm_plan_direction(deploy_argument(fcinfo, 1));
	pgm_call_transaction_leave(&e.work);
	/* while no worker is to be had because others run: plan again after them */
	do
		pgm_engine_run(&e);
	while (e.needs_worker && !pgm_worker_run(e.direction, e.target, e.login));
	pgm_call_transaction_end(&e.work);
	PG_RETURN_VOID();
}
