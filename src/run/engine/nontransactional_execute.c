/*
 * nontransactional_execute.c
 *	  Executing one statement that cannot be part of a transaction, with the role and
 *	  the settings of its script.
 *
 * The statement is executed as if the client had sent it by itself: at the top level
 * of a transaction, with its settings made for the session, since its own commits
 * would end anything that a transaction brings.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "run/engine/nontransactional_execute.h"
#include "run/locks/client_backend.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/run_lock.h"
#include "script/script.h"
#include "script/script_settings.h"
#include "util/subtransaction.h"

/* A setting of the session, and the value to be restored; NULL: by RESET */
typedef struct PgmSaved
{
	char	   *name;
	char	   *value;
} PgmSaved;

/* Set a parameter for the session; NULL resets it. */
static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
}

/*
 * What the session has set a parameter to, or NULL if it has the value that the
 * session began with.  Then it is restored by RESET: SET to the same value would keep
 * a later reload of the configuration from reaching it.
 */
static char *
own_value(const char *name)
{
	const char *value = GetConfigOption(name, true, false);
	const char *begun = value ? GetConfigOptionResetString(name) : NULL;

	return value && (begun == NULL || strcmp(value, begun) != 0) ?
		pstrdup(value) : NULL;
}

/* Set a parameter for the session, and add what it was to the list. */
static List *
set_for_session(List *saved, const char *name, const char *value)
{
	PgmSaved   *s = palloc(sizeof(PgmSaved));

	s->name = pstrdup(name);
	s->value = own_value(name);
	set_option(name, value);
	return lcons(s, saved);
}

/* Does the setting end a statement or a transaction after some time? */
static bool
is_timeout(const char *name)
{
	static const char *const names[] = {
		"statement_timeout", "lock_timeout", "transaction_timeout"
	};

	for (int i = 0; i < (int) lengthof(names); i++)
		if (pg_strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Do for the session what a SET or RESET of the script does. */
static List *
replay(List *saved, const VariableSetStmt *set)
{
	ListCell   *lc;

	if (set->kind != VAR_RESET_ALL)
		return set_for_session(saved, set->name,
							   set->kind == VAR_SET_VALUE ?
							   ExtractSetVariableArgs(unconstify(VariableSetStmt *, set)) :
							   NULL);
	/* RESET ALL: only what the script has set, the rest is the session's */
	foreach(lc, list_copy(saved))
	{
		saved = set_for_session(saved, ((PgmSaved *) lfirst(lc))->name, NULL);
	}
	return saved;
}

/*
 * Take on the settings and the role of a nontransactional statement.  They are set
 * for the session, because the statement's own commits would end anything less.
 * Returns a list for pgm_nontransactional_leave(), the latest setting first.
 *
 * The script's own timeouts hold only for its statement.  A statement of ours that
 * cleans up after it would else be ended by the same timeout, at every call.  The
 * cleanup after a failure waits for a lock only as long as pg_migrate.lock_timeout,
 * since the error has to be reported; what it cannot remove the next run does.
 */
List *
pgm_nontransactional_enter(const PgmTask *task, const Node *statement, PgmSettingsPurpose purpose)
{
	PgmIdentity *id = &task->engine->run->identity;
	List	   *saved = NIL;
	List	   *ours = NIL;
	bool		role = false;
	ListCell   *lc;

	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	Assert((id->saved_context & SECURITY_LOCAL_USERID_CHANGE) == 0);

	/*
	 * A concurrent build waits for old transactions without blocking anybody.
	 * A lock timeout would end it half done, so it has a timeout of its own.
	 */
	if (pgm_statement_builds_concurrently(statement) && purpose != PGM_FOR_CLEANUP_AFTER_FAILURE)
	{
		ours = set_for_session(ours, "lock_timeout", "0");
		if (pgm_build_timeout > 0)
			ours = set_for_session(ours, "statement_timeout",
								   psprintf("%d", pgm_build_timeout));
	}
	else if (pgm_lock_timeout > 0)
		ours = set_for_session(ours, "lock_timeout",
							   psprintf("%d", pgm_lock_timeout));
	if (pgm_search_path[0] != '\0')
		ours = set_for_session(ours, "search_path", pgm_search_path);
	foreach(lc, pgm_script_settings(task->segment->script, task->segment->first))
	{
		const PgmStatement *s = lfirst(lc);
		const VariableSetStmt *set = (const VariableSetStmt *) s->raw->stmt;

		if (purpose != PGM_FOR_STATEMENT && set->name && is_timeout(set->name))
			continue;
		saved = replay(saved, set);
		role = role || (set->name &&
						(strcmp(set->name, "role") == 0 ||
						 strcmp(set->name, "session_authorization") == 0));
	}

	/*
	 * Not before the SETs, which the caller must be allowed to do; and not
	 * after a SET ROLE of the script, which says who executes the statement.
	 */
	if (!role)
		SetUserIdAndSecContext(id->role, 0);
	return list_concat(saved, ours);
}

/* Restore the settings and the role, in a transaction. */
void
pgm_nontransactional_leave(const PgmTask *task, List *saved)
{
	const PgmIdentity *id = &task->engine->run->identity;
	ListCell   *lc;

	/* the caller may restore what the scripts' role could not set */
	SetUserIdAndSecContext(id->saved_role, id->saved_context);
	foreach(lc, saved)
	{
		set_option(((PgmSaved *) lfirst(lc))->name,
				   ((PgmSaved *) lfirst(lc))->value);
	}
	/* restoring "role" or session_authorization has changed the user */
	SetUserIdAndSecContext(id->saved_role, id->saved_context);
}

/* All settings of a session, to be restored after DISCARD ALL */
typedef struct PgmSession
{
	char	   *state;
	char	   *authorization;
	char	   *role;
} PgmSession;

/* Save the settings of the caller's session, which a DISCARD ALL of the script resets. */
static PgmSession *
save_session(void)
{
	PgmSession *session = palloc(sizeof(PgmSession));
	Size		size = EstimateGUCStateSpace();

	session->state = palloc(size);
	SerializeGUCState(size, session->state);
	session->authorization = own_value("session_authorization");
	session->role = own_value("role");
	return session;
}

/* Restore the settings of the session, in a transaction. */
static void
restore_session(PgmSession *session)
{
	RestoreGUCState(session->state);
	if (session->authorization)
		set_option("session_authorization", session->authorization);
	if (session->role)
		set_option("role", session->role);
}

/*
 * Make the error of a cancelled statement say what has cancelled it, if that was a
 * deadlock with the client or pg_migrate.build_timeout.
 */
static void
explain_cancel(ErrorData *edata, const Node *statement, TimestampTz start)
{
	if (edata->sqlerrcode == ERRCODE_QUERY_CANCELED &&
		pgm_lockwatch_client_deadlock())
	{
		pgm_client_explain(edata);
		return;
	}
	if (edata->sqlerrcode != ERRCODE_QUERY_CANCELED || pgm_build_timeout <= 0 ||
		!pgm_statement_builds_concurrently(statement) ||
		!TimestampDifferenceExceeds(start, GetCurrentTimestamp(),
									pgm_build_timeout))
		return;
	edata->message = pstrdup("canceling the build due to pg_migrate.build_timeout");
	edata->hint = psprintf("It had not finished after %d ms. See who holds old transactions open in pg_stat_activity, or SET pg_migrate.build_timeout higher.",
						   pgm_build_timeout);
}

/*
 * Execute a nontransactional statement of a script.  Returns NULL, or the error; then
 * *committed, unless the pointer is NULL, is set to whether the statement had
 * committed something before.  A transaction is in progress afterwards in any case.
 */
ErrorData *
pgm_nontransactional_execute(const PgmTask *task, const Node *statement,
							 const PgmScript *script, int index, PgmSettingsPurpose purpose,
							 bool *committed)
{
	const PgmCallTransaction *work = &task->engine->work;
	ErrorData  *volatile edata = NULL;
	List	   *saved;
	PgmSession *volatile session = IsA(statement, DiscardStmt) ? save_session() : NULL;
	TimestampTz start;
	LocalTransactionId begun;
	MemoryContext context;

	saved = pgm_nontransactional_enter(task, statement, purpose);
	/* the settings must not be rolled back if the statement fails */
	pgm_call_transaction_commit(work);
	Assert(!ActiveSnapshotSet());
	start = GetCurrentTimestamp();

	/* another local transaction after an error: the statement has committed */
	begun = pgm_subtransaction_local_id();
	pgm_lockwatch_start();
	pgm_run_active = true;

	/*
	 * The statement may commit in between, so its memory has to outlive its
	 * transactions, but not the statement: pgaudit takes one for running, and
	 * refuses the next, as long as its memory is there.
	 */
	context = AllocSetContextCreate(work->context, "pg_migrate statement",
									ALLOCSET_DEFAULT_SIZES);
	PG_TRY();
	{
		MemoryContextSwitchTo(context);
		pgm_execute_nontransactional(script, index, &work->timeout);
		pgm_call_transaction_commit(work);
	}
	PG_CATCH();
	{
		pgm_run_active = false;
		pgm_lockwatch_stop();
		if (committed)
			*committed = pgm_subtransaction_local_id() != begun;
		edata = pgm_call_transaction_abort(work);
		explain_cancel(edata, statement, start);
	}
	PG_END_TRY();
	MemoryContextDelete(context);
	pgm_run_active = false;
	pgm_lockwatch_stop();
	pgm_nontransactional_leave(task, saved);
	if (session)
		restore_session(session);
	/* DISCARD ALL, or a procedure, may have released all advisory locks */
	if (!pgm_runlock_held(ExclusiveLock))
		pgm_runlock_keep();
	pgm_call_transaction_commit(work);
	return edata;
}
