/*
 * blocker.c
 *	  Describing the holder of a lock, and the command that ends it.
 *
 * pg_terminate_backend() is not always the right command: a prepared transaction has
 * no process, an autovacuum against wraparound or an apply worker is started again
 * at once, and a parallel worker belongs to the query of its leader.
 *
 * Runs as the current user, so it tells no more than that user may see.
 */
#include "postgres.h"

#include "access/twophase.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "pgstat.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "run/locks/blocker.h"

/* The columns of process_query */
enum
{
	TEXT = 1, TYPE, LEADER, SUBSCRIPTION
};

/* A process, as pg_stat_activity shows it to the current user */
static const char process_query[] =
"SELECT pg_catalog.format('%sprocess %s (%s%s%s%s%s): %s',"
"   CASE WHEN a.backend_type OPERATOR(pg_catalog.<>) 'client backend' THEN a.backend_type OPERATOR(pg_catalog.||) ' ' END, a.pid,"
"   CASE WHEN a.application_name OPERATOR(pg_catalog.<>) '' THEN a.application_name ELSE 'no application_name' END,"
"   ', ' OPERATOR(pg_catalog.||) a.state,"
"   ', leader ' OPERATOR(pg_catalog.||) a.leader_pid::pg_catalog.text,"
"   ', subscription ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(s.subname),"
"   ', transaction open for ' OPERATOR(pg_catalog.||) pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)::pg_catalog.text,"
"   pg_catalog.\"left\"(pg_catalog.regexp_replace(a.query, '\\s+', ' ', 'g'), 200)),"
"  a.backend_type, a.leader_pid, pg_catalog.quote_ident(s.subname)"
" FROM pg_catalog.pg_stat_get_activity($1) a"
" LEFT JOIN pg_catalog.pg_stat_get_subscription(NULL) w ON w.pid OPERATOR(pg_catalog.=) a.pid"
" LEFT JOIN pg_catalog.pg_subscription s ON s.oid OPERATOR(pg_catalog.=) w.subid";

/* A prepared transaction of any database */
static const char prepared_query[] =
"SELECT pg_catalog.quote_literal(p.gid), p.owner, p.database,"
"   pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) p.prepared),"
"   p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()"
" FROM pg_catalog.pg_prepared_xacts p WHERE p.transaction OPERATOR(pg_catalog.=) $1";

/*
 * The transaction ID of a prepared transaction, or InvalidTransactionId if the
 * virtual transaction is not that of one.
 *
 * Until a restart a prepared transaction has the virtual ID that it had in the
 * session that prepared it, which may be long idle or do something else.
 */
TransactionId
pgm_blocker_prepared(VirtualTransactionId vxid)
{
	bool		have_more;

	return VirtualTransactionIdIsRecoveredPreparedXact(vxid) ? vxid.localTransactionId :
		TwoPhaseGetXidByVirtualXID(vxid, &have_more);
}

/* A value of the first row of the last query, or NULL; allocated by SPI. */
static char *
column(int i)
{
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i);
}

/* Run a query with one parameter; returns whether it returned a row. */
static bool
find_row(const char *query, Oid type, Datum value)
{
	if (SPI_execute_with_args(query, 1, &type, &value, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_with_args failed");
	return SPI_processed > 0;
}

/* Describe a prepared transaction; by its ID only, if it has just ended. */
static void
describe_prepared(PgmBlocker *b, TransactionId xid)
{
	char	   *gid;

	if (!find_row(prepared_query, XIDOID, TransactionIdGetDatum(xid)))
	{
		b->what = psprintf("prepared transaction %u", xid);
		b->help = psprintf("end it: SELECT gid, database FROM pg_prepared_xacts WHERE transaction = '%u'", xid);
		return;
	}
	gid = column(1);
	b->what = psprintf("prepared transaction %s (of %s, prepared %s ago)", gid, column(2), column(4));
	b->help = psprintf("end the prepared transaction%s with ROLLBACK PREPARED %s or COMMIT PREPARED %s",
					   column(5)[0] == 't' ? "" : psprintf(", in database %s,", quote_identifier(column(3))),
					   gid, gid);
}

/*
 * Is the process an autovacuum against wraparound?  ProcSleep() cancels any other
 * autovacuum that is waited for.
 */
static bool
is_against_wraparound(int pid)
{
	PGPROC	   *proc = BackendPidGetProc(pid);
	uint8		flags = 0;

	if (proc == NULL)
		return false;

	/*
	 * pgxactoff changes when processes end; and the PGPROC may be another's
	 * by now
	 */
	LWLockAcquire(ProcArrayLock, LW_SHARED);
	if (proc->pid == pid)
		flags = ProcGlobal->statusFlags[proc->pgxactoff];
	LWLockRelease(ProcArrayLock);
	return (flags & PROC_IS_AUTOVACUUM) && (flags & PROC_VACUUM_FOR_WRAPAROUND);
}

/*
 * The command that ends a process which is not a client's, as part of a hint; NULL for a
 * client's.  An apply worker may be a parallel worker of another one, so the subscription
 * is looked at before the leader.
 */
static char *
help_with(int pid, const char *type, const char *leader, const char *subscription)
{
	if (is_against_wraparound(pid))
		return psprintf("let the autovacuum finish, which would start again if it were ended (SELECT * FROM pg_stat_progress_vacuum WHERE pid = %d shows how far it is)",
						pid);
	if (subscription)
		return psprintf("stop the apply worker, which would start again if it were ended, with ALTER SUBSCRIPTION %s DISABLE",
						subscription);
	if (leader)
		return psprintf("end the query of the parallel worker with SELECT pg_cancel_backend(%s)", leader);
	if (type == NULL || strcmp(type, "client backend") == 0)
		return NULL;
	if (strcmp(type, "autovacuum worker") == 0)
		return psprintf("cancel the autovacuum with SELECT pg_cancel_backend(%d)", pid);
	if (strcmp(type, "pg_migrate") == 0)
		return pstrdup("cancel the other migration with SELECT migrate.cancel()");
	if (strcmp(type, "walsender") == 0)
		return psprintf("end the walsender, whose client may connect again, with SELECT pg_terminate_backend(%d)", pid);
	return psprintf("end the %s, which may be started again, with SELECT pg_terminate_backend(%d)", type, pid);
}

/* Describe a process; by its pid only, if it has just ended. */
static void
describe_process(PgmBlocker *b, int pid)
{
	/* pg_stat_activity is otherwise as at its first use in this transaction */
	pgstat_clear_snapshot();
	if (!find_row(process_query, INT4OID, Int32GetDatum(pid)))
	{
		b->what = psprintf("process %d", pid);
		return;
	}
	b->what = column(TEXT);
	b->help = help_with(pid, column(TYPE), column(LEADER), column(SUBSCRIPTION));
}

/*
 * Describe a prepared transaction, if the ID is valid, or else a process, in the current
 * memory context.
 */
static PgmBlocker *
describe(TransactionId xid, int pid)
{
	PgmBlocker *b = palloc0(sizeof(PgmBlocker));
	PgmBlocker	found = {0};
	MemoryContext caller = CurrentMemoryContext;
	bool		push = !ActiveSnapshotSet();

	/* a procedure holds no snapshot while it waits, but SPI needs one */
	if (push)
		PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	if (TransactionIdIsValid(xid))
		describe_prepared(&found, xid);
	else
		describe_process(&found, pid);
	b->what = MemoryContextStrdup(caller, found.what);
	b->help = MemoryContextStrdup(caller, found.help ? found.help :
								  "end it with pg_terminate_backend()");
	SPI_finish();
	if (push)
		PopActiveSnapshot();
	return b;
}

/* Describe a virtual transaction; NULL if it is over. */
PgmBlocker *
pgm_blocker_of(VirtualTransactionId vxid)
{
	TransactionId xid = pgm_blocker_prepared(vxid);
	PGPROC	   *proc = TransactionIdIsValid(xid) ? NULL : pgm_vxid_proc(vxid);

	if (!TransactionIdIsValid(xid) && (proc == NULL || proc->pid == 0))
		return NULL;
	return describe(xid, proc ? proc->pid : 0);
}

/* Describe a process and what it does. */
PgmBlocker *
pgm_blocker_of_process(int pid)
{
	return describe(InvalidTransactionId, pid);
}
