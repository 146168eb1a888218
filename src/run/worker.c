/*
 * worker.c
 *	  Runs by a background worker: for a caller that waits, and relays the
 *	  messages of the worker; or for one that goes on.
 *
 * The worker becomes the caller: its database, user, role and settings.  The
 * only difference is that the caller's own timeouts hold for the call, not for
 * what the worker does.  A confined run with statements that commit is done by a
 * worker that is logged in as the scripts' role instead (confined_login.c).
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "libpq/pqmq.h"
#include "libpq/pqsignal.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "storage/shm_toc.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "compat.h"
#include "registry/registry.h"
#include "run/confine/caller_settings.h"
#include "run/engine/engine.h"
#include "run/locks/deadlock.h"
#include "run/locks/lock_retry.h"
#include "run/locks/lock_settings.h"
#include "run/locks/run_lock.h"
#include "run/locks/safe_wait.h"
#include "run/progress.h"
#include "run/worker.h"
#include "util/settings.h"

#define WORKER_MAGIC		0x70676D77
#define WORKER_KEY_TASK		1
#define WORKER_KEY_TARGET	2
#define WORKER_KEY_SETTINGS	3
#define WORKER_KEY_QUEUE	4
#define WORKER_QUEUE_SIZE	65536

/*
 * Tries to get a worker while nobody runs, and the pause between them, in ms.
 * The slots may be taken by others' workers that are just about to begin.
 */
#define SLOT_TRIES 50
#define SLOT_PAUSE 100

/* How long a worker that was cancelled may clear up, in ms */
#define CLEAR_TIME 30000

/* What a worker is to do, and what it reports apart from its messages; shared */
typedef struct PgmWorkerTask
{
	Oid			database;
	Oid			login;			/* authenticated user */
	Oid			session_user;
	Oid			user;
	bool		role_set;		/* by SET ROLE */
	bool		as_owner;		/* all of them are the scripts' role */
	char		caller[NAMEDATALEN];	/* session user who called */
	PgmDirection direction;
	bool		detached;		/* nobody waits */
	char		address[NAMEDATALEN];	/* of the client, or "" */
	volatile int64 run;			/* its number, when nobody waits */
	volatile bool finished;
} PgmWorkerTask;

/* A worker from the caller's side */
typedef struct PgmWorker
{
	dsm_segment *segment;
	PgmWorkerTask *task;
	shm_mq_handle *queue;
	BackgroundWorkerHandle *handle;
	ErrorData  *error;			/* what it failed with, or NULL */
} PgmWorker;

extern PGDLLEXPORT void pg_migrate_worker_main(Datum arg);

/* The caller's address as text, or "". */
static void
copy_client_address(char *address)
{
	Datum		value;

	LOCAL_FCINFO(fcinfo, 0);

	address[0] = '\0';
	InitFunctionCallInfoData(*fcinfo, NULL, 0, InvalidOid, NULL, NULL);
	value = inet_client_addr(fcinfo);
	if (!fcinfo->isnull)
		strlcpy(address, DatumGetCString(DirectFunctionCall1(inet_out, value)),
				NAMEDATALEN);
}

/* Write down what the worker is to do, and as which user. */
static void
fill_task(PgmWorkerTask *task, PgmDirection direction, Oid login, bool detached)
{
	memset(task, 0, sizeof(PgmWorkerTask));
	task->database = MyDatabaseId;
	task->as_owner = OidIsValid(login);
	task->login = task->as_owner ? login : GetAuthenticatedUserId();
	task->session_user = task->as_owner ? login : GetSessionUserId();
	task->user = task->as_owner ? login : GetUserId();
	task->role_set = !task->as_owner && OidIsValid(GetCurrentRoleId());
	strlcpy(task->caller, GetUserNameFromId(GetSessionUserId(), false), NAMEDATALEN);
	task->direction = direction;
	task->detached = detached;
	copy_client_address(task->address);
}

/* Make the shared memory segment: the task, the target, the settings and the queue. */
static void
create_segment(PgmWorker *w, PgmDirection direction, const char *target,
			   Oid login, bool detached)
{
	StringInfoData settings;
	shm_toc_estimator estimator;
	Size		size;
	shm_toc    *toc;
	char	   *copy;
	shm_mq	   *mq;

	initStringInfo(&settings);
	pgm_callersettings_write(&settings);
	shm_toc_initialize_estimator(&estimator);
	shm_toc_estimate_chunk(&estimator, sizeof(PgmWorkerTask));
	shm_toc_estimate_chunk(&estimator, strlen(target) + 1);
	shm_toc_estimate_chunk(&estimator, settings.len);
	shm_toc_estimate_chunk(&estimator, WORKER_QUEUE_SIZE);
	shm_toc_estimate_keys(&estimator, 4);
	size = shm_toc_estimate(&estimator);

	w->segment = dsm_create(size, 0);
	toc = shm_toc_create(WORKER_MAGIC, dsm_segment_address(w->segment), size);
	w->task = shm_toc_allocate(toc, sizeof(PgmWorkerTask));
	fill_task(w->task, direction, login, detached);
	shm_toc_insert(toc, WORKER_KEY_TASK, w->task);
	copy = shm_toc_allocate(toc, strlen(target) + 1);
	strcpy(copy, target);
	shm_toc_insert(toc, WORKER_KEY_TARGET, copy);
	copy = shm_toc_allocate(toc, settings.len);
	memcpy(copy, settings.data, settings.len);
	shm_toc_insert(toc, WORKER_KEY_SETTINGS, copy);
	mq = shm_mq_create(shm_toc_allocate(toc, WORKER_QUEUE_SIZE),
					   WORKER_QUEUE_SIZE);
	shm_toc_insert(toc, WORKER_KEY_QUEUE, mq);
	shm_mq_set_receiver(mq, MyProc);
	w->queue = shm_mq_attach(mq, w->segment, NULL);
}

/* Ask the postmaster for a worker; false when there is no slot. */
static bool
register_worker(PgmWorker *w)
{
	BackgroundWorker bgw;

	memset(&bgw, 0, sizeof(bgw));
	bgw.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	bgw.bgw_start_time = BgWorkerStart_ConsistentState;
	bgw.bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(bgw.bgw_library_name, "pg_migrate", BGW_MAXLEN);
	strlcpy(bgw.bgw_function_name, "pg_migrate_worker_main", BGW_MAXLEN);
	snprintf(bgw.bgw_name, BGW_MAXLEN, "pg_migrate for process %d", MyProcPid);
	strlcpy(bgw.bgw_type, "pg_migrate", BGW_MAXLEN);
	bgw.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(w->segment));
	bgw.bgw_notify_pid = MyProcPid;
	if (!RegisterDynamicBackgroundWorker(&bgw, &w->handle))
		return false;
	shm_mq_set_handle(w->queue, w->handle);
	return true;
}

/* Start a worker; false when there is no slot. */
static bool
start_worker(PgmWorker *w, PgmDirection direction, const char *target,
			 Oid login, bool detached)
{
	memset(w, 0, sizeof(PgmWorker));
	create_segment(w, direction, target, login, detached);
	if (register_worker(w))
	{
		ereport(DEBUG1,
				(errmsg_internal("a background worker is registered for the run to '%s'",
								 target)));
		return true;
	}
	ereport(DEBUG1, (errmsg_internal("no background worker is free")));
	dsm_detach(w->segment);
	return false;
}

/* Raise 53000: no worker is free. */
static void
refuse_without_slot(Oid login)
{
	const char *role = OidIsValid(login) ?
		quote_identifier(GetUserNameFromId(login, false)) : NULL;

	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("no background worker is free to run the migration"),
			 errdetail("All of max_worker_processes (%s) are in use.",
					   GetConfigOption("max_worker_processes", false, false)),
			 role ?
			 errhint("CALL migrate.deploy() in a session that is logged in as %s, which needs none, or raise max_worker_processes.",
					 role) :
			 errhint("CALL migrate.deploy(), which needs none, or raise max_worker_processes.")));
}

/*
 * Handle one message of the worker.  Notices are passed on.  The error that ends the
 * worker is stored, and raised only when its process is gone, so that nothing of the
 * run is left when our client sees it.
 */
static void
relay(PgmWorker *w, Size size, void *data)
{
	StringInfoData message;
	ErrorData  *edata;
	char		type;

	initStringInfo(&message);
	appendBinaryStringInfo(&message, data, size);
	type = pq_getmsgbyte(&message);
	if (type != 'E' && type != 'N')
		return;
	edata = palloc0(sizeof(ErrorData));
	pq_parse_errornotice(&message, edata);
	/* FATAL is the worker's end, not ours */
	edata->elevel = Min(edata->elevel, ERROR);
	edata->cursorpos = 0;		/* it would be drawn on the caller's query */
	if (type == 'E')
		w->error = edata;
	else
		ThrowErrorData(edata);
}

/*
 * The caller's wait was ended by an error, or the caller itself is about to end: cancel
 * the worker, and wait until it is gone.  Called by PG_ENSURE_ERROR_CLEANUP.
 */
static void
cancel_worker(int code, Datum arg)
{
	PgmWorker  *w = (PgmWorker *) DatumGetPointer(arg);
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													proc_exit_inprogress ? 0 : CLEAR_TIME);
	BgwHandleStatus status;
	bool		told = false;
	pid_t		pid;

	ereport(DEBUG1, (errmsg_internal("cancelling the background worker")));
	/* nobody reads its messages any more, and a full queue must not block it */
	shm_mq_detach(w->queue);
	while ((status = GetBackgroundWorkerPid(w->handle, &pid)) == BGWH_STARTED ||
		   status == BGWH_NOT_YET_STARTED)
	{
		if (status == BGWH_NOT_YET_STARTED || GetCurrentTimestamp() >= until)
			TerminateBackgroundWorker(w->handle);
		else if (!told)
		{
			/*
			 * as a cancel request: the worker cleans up what its statement
			 * left
			 */
			kill(pid, SIGINT);
			told = true;
		}
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 20, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

/* Wait for the next message, for 100 ms at most. */
static void
wait_for_message(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 100, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Relay the messages of the worker until it ends, or, if it is detached, until its run
 * has a number.
 */
static void
relay_all(PgmWorker *w)
{
	for (;;)
	{
		shm_mq_result result;
		Size		size;
		void	   *data;
		pid_t		pid;

		result = shm_mq_receive(w->queue, &size, &data, true);
		if (result == SHM_MQ_DETACHED)
		{
			ereport(DEBUG1, (errmsg_internal("the background worker has ended")));
			return;
		}
		if (result == SHM_MQ_SUCCESS)
		{
			relay(w, size, data);
			continue;
		}
		pgm_safe_wait_continue();
		if (GetBackgroundWorkerPid(w->handle, &pid) == BGWH_STARTED)
		{
			pgm_deadlock_check(pid);
			pgm_progress_report(pid);
		}
		if (w->task->detached && w->task->run != 0)
			return;
		wait_for_message();
	}
}

/* After the end of a worker: raise what it failed with, else return its run. */
static int64
conclude(PgmWorker *w)
{
	bool		finished = w->task->finished;
	int64		run = w->task->run;

	dsm_detach(w->segment);
	if (w->error)
		ThrowErrorData(w->error);
	if (!finished && run == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OPERATOR_INTERVENTION),
				 errmsg("the background worker that ran the migration ended without a word"),
				 errhint("Look for the reason in the server's log, and call again: it goes on where it was.")));
	return run;
}

/* Wait for a worker that was started; it is cancelled if the wait ends by an error. */
static void
wait_for_worker(PgmWorker *w)
{
	pgm_progress_begin();
	PG_ENSURE_ERROR_CLEANUP(cancel_worker, PointerGetDatum(w));
	{
		relay_all(w);
		(void) WaitForBackgroundWorkerShutdown(w->handle);
	}
	PG_END_ENSURE_ERROR_CLEANUP(cancel_worker, PointerGetDatum(w));
}

/*
 * Start a worker, waiting for a slot.  While nobody runs it is tried SLOT_TRIES times,
 * since slots may be taken by workers that are just about to begin.  While somebody
 * runs, workers that wait for their turn take slots, too: then the wait goes on if
 * "until_free" is set, and else false is returned.
 *
 * Raises 53000 when no worker is free.
 */
static bool
start_when_free(PgmWorker *w, PgmDirection direction, const char *target,
				Oid login, bool detached, bool until_free)
{
	TimestampTz begun = GetCurrentTimestamp();
	int			tries = 0;

	while (!start_worker(w, direction, target, login, detached))
	{
		if (max_worker_processes == 0)
			refuse_without_slot(login);
		if (pgm_runlock_holder() == 0)
			tries++;
		else if (!until_free)
			return false;
		if (tries > SLOT_TRIES ||
			(pgm_run_wait_timeout > 0 &&
			 TimestampDifferenceExceeds(begun, GetCurrentTimestamp(),
										pgm_run_wait_timeout)))
			refuse_without_slot(login);
		pgm_safe_wait_continue();
		pgm_retry_sleep(SLOT_PAUSE);
	}
	return true;
}

/*
 * Have a worker run to the target, and wait for it; where pgm_door_closed()
 * found nothing, or in a CALL that holds no snapshot.  The worker is logged in
 * as "login", or as the caller where that is InvalidOid.  Returns false when
 * no worker could be started because others run: then the caller is to wait,
 * and plan again.
 *
 * Raises what the worker raised, 53000 when no worker is free although nobody runs,
 * 40P01 when the worker waits for the caller.
 */
bool
pgm_worker_run(PgmDirection direction, const char *target, Oid login)
{
	PgmWorker	w;

	pgm_safe_wait_begin();
	if (!start_when_free(&w, direction, target, login, false, false))
	{
		pgm_safe_wait_end();
		return false;
	}
	wait_for_worker(&w);
	pgm_safe_wait_end();
	(void) conclude(&w);
	return true;
}

/*
 * Have a worker run to the target, and return as soon as the run has a number,
 * which a NOTICE tells.  Not to be called in a transaction block.  Where
 * "may_wait" says that pgm_door_closed() found nothing, a slot is waited for as
 * long as others run.
 *
 * Raises 53000 when there is no worker.
 */
void
pgm_worker_start(PgmDirection direction, const char *target, Oid login,
				 bool may_wait)
{
	long long	run;
	PgmWorker	w;

	if (may_wait)
		pgm_safe_wait_begin();
	if (!start_when_free(&w, direction, target, login, true, may_wait))
		refuse_without_slot(login);
	pgm_progress_begin();
	relay_all(&w);
	if (may_wait)
		pgm_safe_wait_end();
	run = conclude(&w);
	ereport(NOTICE,
			(errmsg("run %lld goes on in the background", run),
			 errhint("See SELECT * FROM migrate.progress; wait with CALL migrate.wait(%lld); end it with SELECT migrate.cancel(%lld).",
					 run, run)));
}

/* The functions below run in the worker. */

/* Set a parameter with the rights of a superuser. */
static void
set_parameter(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_SUSET, PGC_S_SESSION);
}

/*
 * Become the caller, or log in as the scripts' role: database, user, role, settings.
 */
static void
become_caller(const PgmWorkerTask *task, shm_toc *toc)
{
	BackgroundWorkerInitializeConnectionByOid(task->database, task->login,
											  task->as_owner ? PGM_WORKER_LOGIN_FLAGS : 0);
	pgm_settings_define();
	StartTransactionCommand();
	/* before the user is set: the settings may be a superuser's */
	pgm_callersettings_restore(shm_toc_lookup(toc, WORKER_KEY_SETTINGS, false));
	if (GetSessionUserId() != task->session_user)
		set_parameter("session_authorization",
					  GetUserNameFromId(task->session_user, false));
	if (task->role_set && GetUserId() != task->user)
		set_parameter("role", GetUserNameFromId(task->user, false));
	/* messages go to the caller, who knows the client's encoding */
	set_parameter("client_encoding", GetDatabaseEncodingName());
	/* the caller's timer runs in the caller, and cancels us */
	set_parameter("statement_timeout", "0");
	if (GetConfigOption("transaction_timeout", true, false))
		set_parameter("transaction_timeout", "0");
	pgm_client_user = MemoryContextStrdup(TopMemoryContext, task->caller);
	if (task->address[0] != '\0')
		pgm_client_address = MemoryContextStrdup(TopMemoryContext,
												 task->address);
	CommitTransactionCommand();
	if (GetUserId() != task->user)
		ereport(FATAL,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("the background worker could not become role \"%s\"",
						GetUserNameFromId(task->user, true))));
}

/*
 * Run the task in a portal of our own, as the body of a top-level CALL would: what the
 * scripts call may look for the active portal, and its memory context is that of the
 * run.
 */
static void
run_task(PgmWorkerTask *task, const char *target)
{
	PgmEngine	e = {.target = target,.direction = task->direction};
	Portal		portal;

	StartTransactionCommand();
	portal = CreatePortal("", true, true);
	portal->visible = false;
	PortalDefineQuery(portal, NULL, debug_query_string, CMDTAG_CALL, NIL, NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	MarkPortalActive(portal);
	ActivePortal = portal;
	PortalContext = portal->portalContext;

	pgm_call_transaction_start(&e.work);
	ereport(DEBUG1, (errmsg_internal("the background worker begins")));
	if (task->detached)
	{
		pgm_engine_queue(&e);
		task->run = e.number;
	}
	pgm_engine_run(&e);
	pgm_call_transaction_end(&e.work);
	CommitTransactionCommand();
}

/* Entry of the worker process; its argument is the handle of the shared memory. */
void
pg_migrate_worker_main(Datum arg)
{
	dsm_segment *segment;
	shm_toc    *toc;
	PgmWorkerTask *task;
	char	   *target;
	shm_mq	   *mq;

	/*
	 * a background worker ignores SIGINT unless told otherwise; cancel()
	 * sends it
	 */
	pqsignal(SIGINT, StatementCancelHandler);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();

	CurrentResourceOwner = ResourceOwnerCreate(NULL, "pg_migrate worker");
	segment = dsm_attach(DatumGetUInt32(arg));
	if (segment == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the caller of the migration is gone")));
	toc = shm_toc_attach(WORKER_MAGIC, dsm_segment_address(segment));
	task = shm_toc_lookup(toc, WORKER_KEY_TASK, false);
	target = MemoryContextStrdup(TopMemoryContext,
								 shm_toc_lookup(toc, WORKER_KEY_TARGET, false));
	mq = shm_toc_lookup(toc, WORKER_KEY_QUEUE, false);
	shm_mq_set_sender(mq, MyProc);
	pq_redirect_to_shm_mq(segment, shm_mq_attach(mq, segment, NULL));

	become_caller(task, toc);
	debug_query_string = psprintf("migrate.%s(%s)",
								  task->direction == PGM_UPGRADE ? "upgrade" : "downgrade",
								  quote_literal_cstr(target));
	pgstat_report_activity(STATE_RUNNING, debug_query_string);
	PG_TRY();
	{
		run_task(task, target);
		task->finished = true;
	}
	PG_CATCH();
	{
		/* to the caller, and to the log; not as a failure of the process */
		EmitErrorReport();
		FlushErrorState();
		proc_exit(0);
	}
	PG_END_TRY();
	proc_exit(0);
}
