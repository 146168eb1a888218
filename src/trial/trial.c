/*
 * trial.c
 *	  Executing migrations in order to judge them, and undoing all of it.
 *
 * A trial is one subtransaction, which is always rolled back.  Each script is a
 * subtransaction within it, so that a script that fails can be undone alone.  What
 * was observed survives, since memory is not rolled back: it is allocated in
 * trial->context, which outlives the subtransactions.
 *
 * The run lock is taken within the trial: nobody changes the position of the database
 * meanwhile, and the rollback releases it with all other locks.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_enum.h"
#include "commands/prepare.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "errors.h"
#include "registry/half_done.h"
#include "run/execute/deferred.h"
#include "run/locks/lock_settings.h"
#include "run/locks/lock_watch.h"
#include "run/locks/relation_locks.h"
#include "run/locks/run_lock.h"
#include "trial/transactional_form.h"
#include "trial/trial.h"
#include "trial/trial_settings.h"
#include "util/settings.h"
#include "util/spi.h"
#include "util/subtransaction.h"
#include "util/uncommitted_enums.h"

/* The name of an outcome, as explain shows it. */
const char *
pgm_trial_outcome_name(PgmTried outcome)
{
	static const char *const names[] = {
		"executed", "executed in plain form", "not tried", "failed"
	};

	Assert((int) outcome >= 0 && outcome < lengthof(names));
	return names[outcome];
}

/* Scripts may set timeouts, but none longer than those of the trial. */
static void
bound_timeouts(void)
{
	pgm_settings_bound_timeouts(pgm_trial_lock_timeout,
								pgm_trial_statement_timeout);
}

/* Note the name of a PREPARE, because prepared statements outlive a rollback. */
static void
note_prepared(PgmTrial *t, const Node *node)
{
	const PrepareStmt *stmt = (const PrepareStmt *) node;
	MemoryContext old;

	/*
	 * One that exists already makes PREPARE record_failure, and is not ours
	 * to forget.
	 */
	if (!IsA(node, PrepareStmt) || FetchPreparedStatement(stmt->name, false))
		return;
	old = MemoryContextSwitchTo(t->context);
	t->prepared = lappend(t->prepared, pstrdup(stmt->name));
	MemoryContextSwitchTo(old);
}

/* Deallocate the statements that scripts have prepared. */
static void
forget_prepared(PgmTrial *t)
{
	ListCell   *lc;

	foreach(lc, t->prepared)
	{
		/*
		 * no error: the script may have deallocated it, or its PREPARE have
		 * failed
		 */
		DropPreparedStatement(lfirst(lc), false);
	}
}

/* A statement to be executed */
typedef struct PgmAttempt
{
	const PgmScript *script;
	const PgmStatement *statement;
	const PgmCallerTimeout *saved;
	DestReceiver *dest;
} PgmAttempt;

/* Execute the statement of a PgmAttempt. */
static bool
attempt(void *arg)
{
	PgmAttempt *a = arg;

	pgm_execute_statement(a->script, a->statement, a->saved, a->dest);
	return true;
}

/*
 * Execute code that may commit, which it cannot inside a trial.  Returns whether it
 * was executed; if it tried to commit, what it did before is undone.  In a
 * subtransaction of its own, so that the rest of the script can still be tried.
 */
static bool
execute_atomic(PgmAttempt *a)
{
	ErrorData  *edata = pgm_subtransaction("pg_migrate", attempt, a);

	if (edata == NULL)
		return true;
	if (edata->sqlerrcode != ERRCODE_INVALID_TRANSACTION_TERMINATION)
		ReThrowError(edata);
	return false;
}

/* Record that a statement is not tried, and why. */
static void
leave_out(PgmTrial *t, PgmTrialStatement *s, const char *why)
{
	s->outcome = PGM_TRIED_NOT;
	s->reason = MemoryContextStrdup(t->context, why);
	t->untried++;
}

/* Execute a statement in the form that it can be tried in. */
static void
execute_form(PgmTrial *t, PgmTrialStatement *s, const PgmTransactionalForm *form,
			 const PgmCallerTimeout *saved, DestReceiver *dest)
{
	const Node *node = form->statement->raw->stmt;
	PgmAttempt	a = {
		.script = form->script ? form->script : s->script,
		.statement = form->statement,
		.saved = saved,
		.dest = dest
	};

	if (form->replaces)
	{
		s->outcome = PGM_TRIED_TRANSACTIONAL;
		s->reason = MemoryContextStrdup(t->context, form->replaces);
	}
	note_prepared(t, node);
	/* Only CALL and DO run code that may commit. */
	if (!IsA(node, CallStmt) && !IsA(node, DoStmt))
		(void) attempt(&a);
	else if (!execute_atomic(&a))
		leave_out(t, s, "it commits, which nothing in a trial can");
}

/* Add a statement to those of the trial. */
static PgmTrialStatement *
add_statement(PgmTrial *t, const PgmScript *script, const PgmStatement *statement)
{
	MemoryContext old = MemoryContextSwitchTo(t->context);
	PgmTrialStatement *s = palloc0(sizeof(PgmTrialStatement));

	s->script = script;
	s->statement = statement;
	t->statements = lappend(t->statements, s);
	MemoryContextSwitchTo(old);
	return s;
}

/*
 * Fire deferred triggers and check deferred constraints: a trial never reaches the
 * commit that would do so.  Afterwards constraints that the script had deferred are
 * deferred again no more, as in a new transaction.
 */
static void
fire_deferred(const PgmScript *script)
{
	pgm_deferred_fire_all(script->revision);
	if (pgm_deferred_sets(script))
		pgm_deferred_reset(NIL);
}

/*
 * Try one statement, and record what it did.  Raises its error, if it has one.
 */
static void
try_statement(PgmRunner *runner, const PgmScript *script,
			  const PgmStatement *statement, const PgmCallerTimeout *saved,
			  DestReceiver *dest)
{
	PgmTrial   *t = (PgmTrial *) runner;
	PgmTrialStatement *s;
	PgmTransactionalForm form;

	Assert(t->watch != NULL);

	/*
	 * Where a segment begins, a run would commit, which checks deferred
	 * constraints.
	 */
	if (statement->begins_segment)
		fire_deferred(script);
	s = add_statement(t, script, statement);

	/*
	 * Let values that statements have added to an enum be used at once.  The
	 * server refuses that because the value might be undone and its use not;
	 * a trial undoes both.
	 */
	AtEOXact_Enum();
	/* Before each statement, since the one before may have set its own. */
	bound_timeouts();
	pgm_observe_statement(t->watch);
	form = pgm_transactional_form(script, statement);
	if (form.not_tried)
	{
		leave_out(t, s, form.not_tried);
		return;
	}
	pgm_locks_begin_try(0, true);
	/* Before the execution, which may change it. */
	s->outcome = PGM_TRIED_EXECUTED;
	execute_form(t, s, &form, saved, dest);
	pgm_observe_take(t->watch, &s->seen);
}

/* A script within a trial */
typedef struct PgmTrialScript
{
	PgmTrial   *trial;
	const PgmScript *script;
} PgmTrialScript;

/* Execute a script statement by statement (in a subtransaction). */
static bool
try_script(void *arg)
{
	PgmTrialScript *ts = arg;
	PgmTrial   *t = ts->trial;

	if (strcmp(ts->script->kind, "verify") == 0)
		pgm_execute_verify(&t->runner, ts->script, &t->timeout);
	else
		pgm_execute_script_by(&t->runner, ts->script, &t->timeout);
	fire_deferred(ts->script);
	return true;
}

/* Why a statement failed; for a lock that was not available also who holds it. */
static char *
failure_reason(PgmTrial *t, const ErrorData *edata)
{
	char	   *help;
	char	   *blockers = edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ?
		pgm_lockwatch_blockers(&help) : NULL;

	if (edata->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE)
		return psprintf("a lock was not to be had within pg_migrate.trial_lock_timeout%s%s",
						blockers ? ": " : "", blockers ? blockers : "");
	return psprintf("%s%s%s%s", edata->message,
					edata->detail ? ": " : "", edata->detail ? edata->detail : "",
					t->untried > 0 ? " (statements before it were not tried)" : "");
}

/*
 * The error belongs to the statement at which it occurred, or to the last one
 * when that is through: then it is a deferred trigger, or the verdict.
 */
static void
record_failure(PgmTrial *t, const PgmScript *script, ErrorData *edata)
{
	PgmTrialStatement *s = t->statements ? llast(t->statements) : NULL;

	if (s == NULL || s->script != script)
		s = add_statement(t, script, script->statements ? linitial(script->statements) : NULL);
	s->outcome = PGM_TRIED_FAILED;
	s->reason = failure_reason(t, edata);
	s->error = edata;
}

/*
 * Was it cancelled by a user, or by the timeout of the call?  The timeout of a trial's
 * statement has the same SQLSTATE, so the message must be compared, untranslated.
 */
static bool
is_cancelled(const PgmTrial *t, const ErrorData *edata)
{
	Assert(edata->sqlerrcode == ERRCODE_QUERY_CANCELED);
	/* an error of a parallel worker comes without a message_id */
	return (edata->message_id &&
			strcmp(edata->message_id, "canceling statement due to user request") == 0) ||
		(t->timeout.active && t->timeout.finish <= GetCurrentTimestamp());
}

/* Does an error end the trial, because it says nothing about the statement? */
static bool
ends_trial(const PgmTrial *t, const ErrorData *edata)
{
	/*
	 * the timeout of a trial's statement says that it takes too long, which
	 * counts
	 */
	return edata->sqlerrcode == ERRCODE_QUERY_CANCELED ? is_cancelled(t, edata) :
		pgm_subtransaction_is_unrelated(edata->sqlerrcode);
}

/*
 * Try a script within a trial.  Returns whether it came to its end; if not,
 * what it did is undone and the last of trial->statements says why.
 */
bool
pgm_trial_script(PgmTrial *t, const PgmScript *script)
{
	/*
	 * The error must outlive the caller's context: the trial reports it at
	 * its end.
	 */
	MemoryContext old = MemoryContextSwitchTo(t->context);
	PgmTrialScript ts = {.trial = t,.script = script};
	ErrorData  *edata = pgm_subtransaction("pg_migrate", try_script, &ts);

	if (edata)
	{
		/* The error may have come while a statement's own timeout was active. */
		pgm_caller_timeout_restore(&t->timeout);
		if (ends_trial(t, edata))
			ReThrowError(edata);
		pgm_observe_after_rollback(t->watch);
		record_failure(t, script, edata);
	}
	MemoryContextSwitchTo(old);
	return edata == NULL;
}

/* Something to be done within a trial, and undone at once */
typedef struct PgmNestedTrial
{
	void		(*body) (PgmTrial *trial, void *arg);
	PgmTrial   *trial;
	void	   *arg;
} PgmNestedTrial;

/* Call the body of a PgmNestedTrial; false: to be rolled back. */
static bool
nested_part(void *arg)
{
	PgmNestedTrial *a = arg;

	a->body(a->trial, a->arg);
	return false;
}

/* Call body(trial, arg), and undo what the scripts did that it tried. */
void
pgm_trial_nested(PgmTrial *t, void (*body) (PgmTrial *trial, void *arg),
				 void *arg)
{
	PgmNestedTrial a = {.body = body,.trial = t,.arg = arg};
	ErrorData  *edata;

	Assert(t->watch != NULL);
	edata = pgm_subtransaction("pg_migrate", nested_part, &a);

	if (edata)
		ReThrowError(edata);
	pgm_observe_after_rollback(t->watch);
}

/*
 * Refuse a trial before anything is done.  Raises 55000 where pg_migrate.trials
 * is off, 25006 where nothing can be changed, 55006 when called by a script or
 * over deferred constraints, MG017 when a run has been left incomplete.
 */
void
pgm_trial_check(const char *function)
{
	pgm_runlock_check(function);
	if (!pgm_trials)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s may not execute migrations here", function),
				 errdetail("pg_migrate.trials is off."),
				 errhint("SELECT * FROM migrate.explain() says what can be said without executing anything; a superuser can switch trials on.")));
	pgm_check_half_done(psprintf("call %s", function));
	if (TransactionIdIsValid(GetTopTransactionIdIfAny()) && pgm_deferred_pending())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot call %s while deferred constraints are pending", function),
				 errdetail("This transaction has changed tables whose deferred constraints are not checked yet."),
				 errhint("Commit first, or say SET CONSTRAINTS ALL IMMEDIATE.")));
}

/* What happens within the subtransaction */
typedef struct PgmTrialCall
{
	PgmTrial   *trial;
	const char *function;
	void		(*body) (PgmTrial *trial, void *arg);
	void	   *arg;
} PgmTrialCall;

/* Set up the trial and call its body (in the subtransaction). */
static bool
trial_part(void *arg)
{
	PgmTrialCall *c = arg;
	PgmTrial   *t = c->trial;

	/* As the caller, before the identity of the scripts is taken. */
	pgm_runlock_acquire(c->function);
	pgm_identity_enter(t->identity);
	bound_timeouts();
	if (pgm_trial_lock_timeout > 0)
		(void) set_config_option("pg_migrate.lock_poll",
								 psprintf("%d", Min(pgm_lock_poll, pgm_trial_lock_timeout)),
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	pgm_lockwatch_start();
	/* Last: the locks that are held by now belong to no statement. */
	t->watch = pgm_observe_begin(t->context);
	pgm_run_active = true;
	c->body(t, c->arg);
	return false;
}

/*
 * Call body(trial, arg) in a subtransaction that is always rolled back, as the role
 * that scripts run as.  What the body leaves behind must be allocated in
 * trial->context, which is the current memory context.  The caller has called
 * pgm_trial_check().
 *
 * Raises what pgm_runlock_acquire() raises, and 57014 when it is cancelled.
 */
void
pgm_trial(const char *function, PgmIdentity *identity,
		  void (*body) (PgmTrial *trial, void *arg), void *arg)
{
	PgmTrial	t = {
		.runner.statement = try_statement,
		.context = CurrentMemoryContext,
		.identity = identity
	};
	PgmTrialCall call = {
		.trial = &t,
		.function = function,
		.body = body,
		.arg = arg
	};
	PgmUncommittedEnums enums;
	ErrorData  *edata;
	int			level PG_USED_FOR_ASSERTS_ONLY = GetCurrentTransactionNestLevel();

	pgm_uncommitted_enums_save(&enums);
	pgm_caller_timeout_save(&t.timeout);
	edata = pgm_subtransaction("pg_migrate_trial", trial_part, &call);
	Assert(GetCurrentTransactionNestLevel() == level);
	/* All of this also after an error, which is thrown again at the end. */
	pgm_run_active = false;
	pgm_observe_end();
	pgm_lockwatch_stop();
	pgm_caller_timeout_restore(&t.timeout);
	pgm_uncommitted_enums_restore(&enums);
	forget_prepared(&t);

	/*
	 * Without an error pgm_subtransaction() has rolled back, since the body
	 * said so.
	 */
	if (edata)
		ReThrowError(edata);
}
