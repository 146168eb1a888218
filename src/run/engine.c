/*
 * engine.c
 *	  Running a plan segment by segment, committing in between:
 *	  CALL migrate.deploy().
 *
 * A plan that holds a statement which must stand alone cannot be one
 * transaction.  So each segment is one, and a journal in the database says
 * which are in effect.  A transactional segment and its journal row commit
 * together.  Before a lone statement its intent is committed, after it its
 * outcome; when the two are cut apart the catalog tells what became of it.
 * The version moves in the transaction that records a revision's last
 * segment, so after a crash the next run carries on at the first segment that
 * is not in effect.
 *
 * It runs in the caller's backend as the body of a top-level CALL, in
 * transactions of its own.  The run lock is held for the session, and waited
 * for without a snapshot.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "registry/behaviour.h"
#include "registry/journal.h"
#include "run/execute.h"
#include "run/halfdone.h"
#include "run/lockwatch.h"
#include "run/lone.h"
#include "run/retry.h"
#include "run/runlock.h"
#include "run/segment.h"
#include "run/settings.h"

/* A run in progress */
typedef struct PgmEngine
{
	MemoryContext context;		/* lives as long as the call */
	PgmRun	   *run;
	PgmPosition *pos;
	int64		number;
	const char *direction;
	PgmCallerTimeout timeout;
} PgmEngine;

/* A setting to be put back */
typedef struct PgmSaved
{
	char	   *name;
	char	   *value;
} PgmSaved;

/* Begin something in a transaction that was just begun. */
static void
begin_work(void)
{
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* Commit it, and begin the next transaction. */
static void
commit_work(const PgmEngine *e)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	CommitTransactionCommand();
	StartTransactionCommand();
	MemoryContextSwitchTo(e->context);
}

/* Undo it after an error, and begin the next one; returns the error. */
static ErrorData *
abort_work(const PgmEngine *e)
{
	ErrorData  *edata;

	MemoryContextSwitchTo(e->context);
	edata = CopyErrorData();
	FlushErrorState();
	pgm_run_active = false;
	pgm_lockwatch_stop();
	pgm_caller_timeout_restore(&e->timeout);
	ActivePortal->portalSnapshot = NULL;
	AbortCurrentTransaction();
	StartTransactionCommand();
	MemoryContextSwitchTo(e->context);
	return edata;
}

static PgmJournalSegment
journal_row(const PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			int total, const char *state)
{
	PgmJournalSegment row = {
		.run = e->number,
		.revision = step->stored->m.revision,
		.direction = e->direction,
		.number = segment->number,
		.total = total,
		.kind = pgm_segment_kind(segment),
		.sql = pgm_segment_text(segment),
		.state = state,
		.started_at = GetCurrentTimestamp()
	};

	return row;
}

/*
 * The last segment is in effect: move the version, and close the revision, in
 * the same transaction.
 */
static void
finish_step(PgmEngine *e, const PgmStep *step, const PgmLogEntry *entry)
{
	pgm_step_record(e->run, step, e->pos, entry);
	pgm_journal_close(step->stored->m.revision);
}

/*
 * Write down that a segment is in effect.  From the first one of a downgrade
 * on its revision no longer counts as applied.
 */
static void
journal_done(const PgmJournalSegment *row)
{
	pgm_journal_write(row, NULL);
	if (row->number == 1 && row->number < row->total &&
		strcmp(row->direction, "downgrade") == 0)
		pgm_registry_set_applied(row->revision, false);
}

/* Execute the statements of a transactional segment as the scripts' role. */
static void
execute_segment(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
				int total)
{
	pgm_identity_enter(&e->run->identity);
	pgm_lockwatch_start();
	pgm_run_active = true;
	if (segment->kind == PGM_SEGMENT_VERIFY)
		pgm_execute_verify(segment->script, &e->timeout);
	else
		pgm_execute_part(segment->script, segment->first, segment->count,
						 &e->timeout);
	if (total == 1 && step->verify)
		pgm_execute_verify(step->verify, &e->timeout);
	pgm_run_active = false;
	pgm_lockwatch_stop();
	pgm_identity_leave(&e->run->identity);
}

/* One try of a transactional segment: NULL, or the error after it is undone. */
static ErrorData *
try_segment(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			int total, const PgmLogEntry *entry)
{
	ErrorData  *volatile edata = NULL;

	PG_TRY();
	{
		PgmJournalSegment row = journal_row(e, step, segment, total, "done");

		begin_work();
		pgm_runlock_keep();
		execute_segment(e, step, segment, total);
		pgm_runlock_keep();
		if (total > 1)
			journal_done(&row);
		if (segment->number == total)
			finish_step(e, step, entry);
		commit_work(e);
	}
	PG_CATCH();
	{
		edata = abort_work(e);
	}
	PG_END_TRY();
	return edata;
}

/* Write down that a segment failed, and raise its error. */
static void
fail_segment(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			 int total, ErrorData *edata)
{
	PgmJournalSegment row = journal_row(e, step, segment, total, "failed");

	begin_work();
	pgm_journal_write(&row, edata);
	commit_work(e);
	ReThrowError(edata);
}

/*
 * Decide whether a try that failed is followed by another: returns how long
 * to wait for it in ms; else the failure is written down and raised.
 */
static long
decide_retry(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			 int total, ErrorData *edata, int try, long worked)
{
	volatile long pause = 0;

	begin_work();
	PG_TRY();
	{
		pause = pgm_retry_decide(edata, try, false, worked);
	}
	PG_CATCH();
	{
		fail_segment(e, step, segment, total, abort_work(e));
	}
	PG_END_TRY();
	commit_work(e);
	return pause;
}

/*
 * A transactional segment.  After a lock timeout or a deadlock it is tried
 * again in a transaction of its own.
 */
static void
run_transaction(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
				int total, const PgmLogEntry *entry)
{
	for (int try = 0;; try++)
	{
		TimestampTz start = GetCurrentTimestamp();
		ErrorData  *edata = try_segment(e, step, segment, total, entry);
		long		worked = TimestampDifferenceMilliseconds(start,
															 GetCurrentTimestamp());

		if (edata == NULL)
			return;
		pgm_retry_sleep(decide_retry(e, step, segment, total, edata, try,
									 worked));
		FreeErrorData(edata);
	}
}

/* Set a parameter for the session, and remember what it was. */
static List *
set_for_session(List *saved, const char *name, const char *value)
{
	PgmSaved   *s = palloc(sizeof(PgmSaved));
	const char *before = GetConfigOption(name, true, false);

	s->name = pstrdup(name);
	s->value = before ? pstrdup(before) : NULL;
	(void) set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
	return lcons(s, saved);
}

/*
 * Settings and role of a lone statement: for the session, since its own
 * commits would end anything less.  Returns what to put back.
 */
static List *
enter_lone(PgmEngine *e, const PgmSegment *segment, const Node *statement)
{
	List	   *saved = NIL;
	PgmIdentity *id = &e->run->identity;
	ListCell   *lc;

	saved = set_for_session(saved, "lock_timeout",
							pgm_lone_waits_long(statement) ? "0" :
							psprintf("%d", pgm_lock_timeout));
	if (pgm_search_path[0] != '\0')
		saved = set_for_session(saved, "search_path", pgm_search_path);
	foreach(lc, pgm_script_settings(segment->script, segment->first))
	{
		const PgmStatement *s = lfirst(lc);
		VariableSetStmt *set = (VariableSetStmt *) s->raw->stmt;
		const char *value = ExtractSetVariableArgs(set);

		if (set->kind == VAR_SET_VALUE)
			saved = set_for_session(saved, set->name, value);
	}
	GetUserIdAndSecContext(&id->saved_role, &id->saved_context);
	SetUserIdAndSecContext(id->role, 0);
	return saved;
}

/* Put them back, in a transaction. */
static void
leave_lone(PgmEngine *e, List *saved)
{
	PgmIdentity *id = &e->run->identity;
	ListCell   *lc;

	SetUserIdAndSecContext(id->saved_role, id->saved_context);
	foreach(lc, saved)
	{
		PgmSaved   *s = lfirst(lc);

		(void) set_config_option(s->name, s->value,
								 superuser() ? PGC_SUSET : PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SET, true, 0, false);
	}
}

/*
 * Execute a lone statement of a script; NULL, or the error.  A transaction is
 * in progress afterwards in any case.
 */
static ErrorData *
execute_lone(PgmEngine *e, const PgmSegment *segment, const Node *statement,
			 const PgmScript *script, int index)
{
	ErrorData  *volatile edata = NULL;
	List	   *saved = enter_lone(e, segment, statement);

	commit_work(e);				/* the settings */
	pgm_lockwatch_start();
	pgm_run_active = true;
	PG_TRY();
	{
		pgm_execute_lone(script, index, &e->timeout);
		commit_work(e);
	}
	PG_CATCH();
	{
		edata = abort_work(e);
	}
	PG_END_TRY();
	pgm_run_active = false;
	pgm_lockwatch_stop();
	leave_lone(e, saved);
	if (!pgm_runlock_held())
		pgm_runlock_keep();
	commit_work(e);
	return edata;
}

/*
 * Remove, or bring to its end, what an earlier try of a lone statement left.
 * Returns the error of a removal that failed, or NULL.
 */
static ErrorData *
clear_remains(PgmEngine *e, const PgmSegment *segment, const Node *statement,
			  const char *intent)
{
	for (;;)
	{
		char	   *sql;
		PgmScript  *script;
		ErrorData  *edata;
		List	   *saved = enter_lone(e, segment, statement);

		begin_work();
		sql = pgm_lone_remains(statement, intent);
		leave_lone(e, saved);
		commit_work(e);
		if (sql == NULL)
			return NULL;
		ereport(NOTICE, (errmsg("clearing up: %s", sql)));
		script = pgm_script_parse(segment->script->revision, "clearing", sql, 0);
		edata = execute_lone(e, segment,
							 ((PgmStatement *) linitial(script->statements))->raw->stmt,
							 script, 0);
		if (edata)
			return edata;
	}
}

/* What became of a lone statement, looked at as it would run. */
static PgmOutcome
examine(PgmEngine *e, const PgmSegment *segment, const Node *statement,
		const char *intent)
{
	PgmOutcome	outcome;
	List	   *saved = enter_lone(e, segment, statement);

	begin_work();
	outcome = pgm_lone_examine(statement, intent);
	leave_lone(e, saved);
	commit_work(e);
	return outcome;
}

/* Commit what is there before a lone statement. */
static PgmJournalSegment
write_intent(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			 int total, const Node *statement)
{
	PgmJournalSegment row = journal_row(e, step, segment, total, "running");
	List	   *saved = enter_lone(e, segment, statement);

	begin_work();
	row.intent = pgm_lone_intent(statement);
	leave_lone(e, saved);
	pgm_journal_write(&row, NULL);
	commit_work(e);
	return row;
}

/* Record the outcome of a lone statement that succeeded. */
static void
record_lone(PgmEngine *e, const PgmStep *step, PgmJournalSegment *row,
			const PgmLogEntry *entry)
{
	begin_work();
	row->state = "done";
	journal_done(row);
	if (row->number == row->total)
		finish_step(e, step, entry);
	commit_work(e);
}

/* The statement of a lone segment. */
static const Node *
statement_of(const PgmSegment *segment)
{
	const PgmStatement *s = list_nth(segment->script->statements,
									 segment->first);

	return s->raw->stmt;
}

/* A lone statement: intent, statement, outcome. */
static void
run_lone(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
		 int total, const PgmLogEntry *entry)
{
	const Node *statement = statement_of(segment);
	PgmJournalSegment row = write_intent(e, step, segment, total, statement);
	ErrorData  *edata;
	ErrorData  *second;

	if (total > 1)
		ereport(NOTICE,
				(errmsg("segment %d of %d: %s", segment->number, total,
						segment->what)));
	edata = execute_lone(e, segment, statement, segment->script,
						 segment->first);
	if (edata == NULL)
	{
		record_lone(e, step, &row, entry);
		return;
	}
	second = clear_remains(e, segment, statement, row.intent);
	begin_work();
	row.state = second ? "running" : "failed";
	pgm_journal_write(&row, edata);
	commit_work(e);
	ReThrowError(edata);
}

/* May the statement be run again whatever became of it? */
static bool
is_idempotent(const PgmStep *step)
{
	char	   *value = pgm_behaviour_value(step->stored->m.options,
											"idempotent");

	return value && strcmp(value, "yes") == 0;
}

/*
 * A lone statement that was cut off: find out what became of it.  Returns
 * whether it is in effect.
 *
 * Raises PGM_ERRCODE_OUTCOME_UNKNOWN when that cannot be told.
 */
static bool
recover_lone(PgmEngine *e, const PgmStep *step, const PgmSegment *segment,
			 PgmJournalSegment *row, const PgmLogEntry *entry)
{
	const Node *statement = statement_of(segment);
	ErrorData  *edata = clear_remains(e, segment, statement, row->intent);
	PgmOutcome	outcome;

	if (edata)
		ReThrowError(edata);
	outcome = examine(e, segment, statement, row->intent);
	if (outcome == PGM_OUTCOME_UNKNOWN && is_idempotent(step))
		outcome = PGM_OUTCOME_AGAIN;
	if (outcome == PGM_OUTCOME_UNKNOWN)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_OUTCOME_UNKNOWN),
				 errmsg("migration \"%s\" was cut off in a statement whose outcome is unknown",
						row->revision),
				 errdetail("Segment %d of %d, %s: %s", row->number, row->total,
						   segment->what, row->sql),
				 errhint("Find out whether it took effect, and say SELECT migrate.resume(%lld, 'done') or migrate.resume(%lld, 'again').",
						 (long long) row->run, (long long) row->run)));
	if (outcome == PGM_OUTCOME_AGAIN)
	{
		begin_work();
		pgm_journal_forget(row);
		commit_work(e);
		return false;
	}
	record_lone(e, step, row, entry);
	return true;
}

/* The open row of a segment, or NULL. */
static PgmJournalSegment *
open_row(List *open, int number)
{
	ListCell   *lc;

	foreach(lc, open)
		if (((PgmJournalSegment *) lfirst(lc))->number == number)
		return lfirst(lc);
	return NULL;
}

/* Run what is not in effect of one step. */
static void
deploy_step(PgmEngine *e, const PgmStep *step, List *segments, List *open)
{
	int			total = list_length(segments);
	PgmLogEntry entry;
	ListCell   *lc;

	pgm_step_begin(e->run, step, e->number, &entry);
	pgm_check_unchanged(step->stored->m.revision, segments, open);
	foreach(lc, segments)
	{
		const PgmSegment *segment = lfirst(lc);
		PgmJournalSegment *row = open_row(open, segment->number);

		if (row && strcmp(row->state, "done") == 0)
		{
			if (segment->number < total)
				continue;
			row->total = total;
			record_lone(e, step, row, &entry);
		}
		else if (row && recover_lone(e, step, segment, row, &entry))
			continue;
		else if (segment->kind == PGM_SEGMENT_LONE)
			run_lone(e, step, segment, total, &entry);
		else
			run_transaction(e, step, segment, total, &entry);
	}
}

/* A half done revision has to be the first of the plan. */
static void
check_half_done(const PgmRun *run, const char *direction, List *open)
{
	const PgmJournalSegment *row;

	if (open == NIL)
		return;
	row = linitial(open);
	if (run->plan->nsteps > 0 && strcmp(direction, row->direction) == 0 &&
		strcmp(run->steps[0].stored->m.revision, row->revision) == 0)
		return;
	pgm_refuse_half_done("migrate.deploy()", open);
}

/* A script that could leave its role may not do so at the top level. */
static void
check_confined(const PgmRun *run, const PgmStep *step, List *segments)
{
	ListCell   *lc;

	if (!run->identity.confined || run->identity.role == GetSessionUserId())
		return;
	foreach(lc, segments)
	{
		const PgmSegment *segment = lfirst(lc);

		if (segment->kind == PGM_SEGMENT_LONE &&
			(IsA(statement_of(segment), CallStmt) ||
			 IsA(statement_of(segment), DoStmt)))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("migration \"%s\" cannot run as role \"%s\": %s",
							step->stored->m.revision,
							GetUserNameFromId(run->identity.role, false),
							segment->what),
					 errdetail("What commits could leave the role."),
					 errhint("Call migrate.deploy() logged in as that role.")));
	}
}

/* Everything after the run lock is held. */
static void
deploy(PgmEngine *e, const char *target)
{
	PgmPosition *pos;
	PgmGraph   *g;
	PgmPlan    *plan;
	List	   *open;
	List	   *partitioned = NIL;
	List	  **segments;
	bool		up = strcmp(e->direction, "upgrade") == 0;

	begin_work();
	pgm_journal_runs_dead();
	g = pgm_registry_graph(false, &pos);
	open = pgm_journal_open(false);
	plan = up ? pgm_plan_upgrade(g, pos, target) :
		pgm_plan_downgrade(g, pos, target);
	e->run = pgm_run_prepare(g, pos, plan, false);
	e->pos = pgm_position_create(g, pos->row);
	check_half_done(e->run, e->direction, open);
	pgm_run_admit(e->run);
	segments = palloc(Max(plan->nsteps, 1) * sizeof(List *));
	for (int i = 0; i < plan->nsteps; i++)
	{
		segments[i] = pgm_segments_cut(&e->run->steps[i], &partitioned);
		check_confined(e->run, &e->run->steps[i], segments[i]);
	}
	if (plan->nsteps > 0)
	{
		e->number = pgm_registry_next_run();
		pgm_journal_run_begin(e->number, target, e->direction,
							  e->run->identity.role);
	}
	else if (!up && pgm_set_count(g, pos->row) == 0)
		ereport(NOTICE, (errmsg("the database is at base")));
	commit_work(e);

	for (int i = 0; i < plan->nsteps; i++)
		deploy_step(e, &e->run->steps[i], segments[i], i == 0 ? open : NIL);
	if (plan->nsteps > 0)
	{
		begin_work();
		pgm_journal_run_end(e->number, "done", NULL);
		commit_work(e);
	}
}

/* Undo what failed, write it down, and raise the error. */
static void
give_up(PgmEngine *e)
{
	ErrorData  *edata = abort_work(e);

	if (e->number != 0)
	{
		begin_work();
		pgm_journal_run_end(e->number, "failed", edata);
		commit_work(e);
	}
	pgm_runlock_release();
	ReThrowError(edata);
}

/* Refuse to be called where it could not commit. */
static void
check_context(FunctionCallInfo fcinfo)
{
	bool		atomic = fcinfo->context == NULL ||
		!IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic;

	if (atomic || SPI_inside_nonatomic_context() || IsSubTransaction())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("migrate.deploy() cannot run inside a transaction block"),
				 errdetail("It commits after each revision, so it has to be a statement of its own."),
				 errhint("Call it outside of BEGIN, of functions, procedures and DO blocks, in autocommit mode; or use SELECT migrate.upgrade().")));
}

static char *
argument(FunctionCallInfo fcinfo, int i)
{
	if (PG_ARGISNULL(i))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the arguments of migrate.deploy() may not be null"),
				 errhint("Write for example CALL migrate.deploy('head', 'upgrade').")));
	return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

PG_FUNCTION_INFO_V1(pg_migrate_deploy);

/*
 * deploy(target default 'head', direction default 'upgrade'): a procedure that
 * upgrades or downgrades segment by segment.
 *
 * Raises 25001 where it cannot commit, MG017 when another revision is half
 * done, MG018 when the outcome of a statement is unknown, and what upgrade()
 * and downgrade() raise, but for MG013.
 */
Datum
pg_migrate_deploy(PG_FUNCTION_ARGS)
{
	PgmEngine	e = {0};
	MemoryContext old = CurrentMemoryContext;
	char	   *target;

	check_context(fcinfo);
	pgm_runlock_check("migrate.deploy()");
	pgm_settings_define();
	e.context = AllocSetContextCreate(PortalContext, "pg_migrate deploy",
									  ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(e.context);
	target = argument(fcinfo, 0);
	e.direction = pgm_parse_direction(argument(fcinfo, 1)) == PGM_UPGRADE ?
		"upgrade" : "downgrade";
	pgm_caller_timeout_save(&e.timeout);

	HoldPinnedPortals();
	ForgetPortalSnapshots();
	commit_work(&e);
	pgm_runlock_hold();
	PG_TRY();
	{
		deploy(&e, target);
	}
	PG_CATCH();
	{
		give_up(&e);
	}
	PG_END_TRY();
	pgm_runlock_release();
	MemoryContextSwitchTo(old);
	PG_RETURN_VOID();
}
