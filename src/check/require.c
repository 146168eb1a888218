/*
 * require.c
 *	  require() and wait_for(): the error that says what is expected, what is
 *	  there, what is pending, and what to type.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "check/check.h"
#include "errors.h"
#include "graph/plan.h"
#include "registry/half_done.h"
#include "registry/journal.h"
#include "registry/registry.h"
#include "run/execute/call_transaction.h"
#include "run/locks/lock_retry.h"
#include "run/locks/run_lock.h"
#include "run/prepare/run_warnings.h"
#include "util/revision_names.h"
#include "util/settings.h"

/* So many pending migrations are named */
#define MAX_NAMED 10

/* Between two looks of wait_for(), in ms */
#define LOOK_PAUSE 100

/* What is known of a run in progress */
typedef enum PgmRunSeen
{
	PGM_RUN_NONE,
	PGM_RUN_UPGRADE,
	PGM_RUN_OTHER				/* a downgrade, or that cannot be told */
} PgmRunSeen;

/* What is expected, and why that is not there, without a full stop. */
static char *
describe_gap(const PgmAnswer *a, const char *expected, List *open)
{
	PgmStored  *breaker;

	switch (a->fit)
	{
		case PGM_NOTHING:
			return pstrdup("No migration is registered here");
		case PGM_UNKNOWN:
			return psprintf("Expected is revision \"%s\", which is not registered here",
							a->what);
		case PGM_UNKNOWN_LABEL:
			return psprintf("Expected is the head of branch \"%s\", of which nothing is registered here",
							a->what);
		case PGM_PENDING:
			return psprintf("Expected is revision \"%s\", which is not applied",
							a->what);
		case PGM_PENDING_HEAD:
			return psprintf("Expected is head \"%s\", which is not applied",
							a->what);
		case PGM_HALF_DONE:
			return psprintf("Expected is %s, and %s", a->what ?
							psprintf("revision \"%s\"", a->what) :
							psprintf("a database at exactly %s", expected ? expected : "heads"),
							open == NIL ? "a migration is half done" :
							pgm_half_done_text(open));
		case PGM_BROKEN:
			breaker = pgm_registry_find(a->breaker, true);
			return psprintf("Expected is revision \"%s\", and migration \"%s\"%s%s%s, which is %s, breaks applications that expect it",
							a->what, a->breaker,
							breaker && breaker->m.message[0] ? " (" : "",
							breaker ? breaker->m.message : "",
							breaker && breaker->m.message[0] ? ")" : "",
							a->half_done ? "half done" : "applied");
		case PGM_ELSEWHERE:
			return psprintf("Expected is a database at exactly %s",
							expected ? expected : "heads");
		case PGM_FITS:
			break;
	}
	return pstrdup("");
}

/* What has to run to get where everything expected is applied. */
static PgmSet
find_pending(const PgmGraph *g, const PgmPosition *pos, const char *expected,
			 PgmSet *wanted)
{
	PgmSet		todo;
	ListCell   *lc;

	*wanted = pgm_graph_set_create(g);
	foreach(lc, pgm_check_ids(expected, GetActiveSnapshot()))
	{
		int			rev = pgm_graph_find(g, lfirst(lc));

		if (rev >= 0 && !pos->applied[rev])
			(*wanted)[rev] = true;
	}
	todo = pgm_graph_ancestors(g, *wanted, PGM_ALL);
	for (int i = 0; i < g->n; i++)
		todo[i] = todo[i] && !pos->applied[i];
	return todo;
}

/* What would run to get there: "2 migrations are pending: a, b." */
static void
describe_pending(StringInfo out, const PgmGraph *g, PgmSet todo, PgmSet wanted)
{
	int			n;
	int		   *order = pgm_graph_order(g, todo, wanted, &n);

	if (n == 0)
		return;
	appendStringInfo(out, n == 1 ? " %d migration is pending: " :
					 " %d migrations are pending: ", n);
	for (int i = 0; i < Min(n, MAX_NAMED); i++)
		appendStringInfo(out, "%s%s", i ? ", " : "", g->rev[order[n - 1 - i]].id);
	appendStringInfoString(out, n > MAX_NAMED ? ", ..." : ".");
}

/* The run in progress as a sentence. */
static PgmRunSeen
describe_run(StringInfo out)
{
	bool		standby = RecoveryInProgress();
	int			pid = standby ? 0 : pgm_runlock_holder();
	char	   *line = standby || pid != 0 ? pgm_run_status_progress_line(pid) : NULL;
	bool		up = false;

	if (line)
		appendStringInfo(out, standby ? " As far as this standby knows, %s is in progress." :
						 " In progress is %s.", line);
	else if (pid != 0)
		appendStringInfo(out, " Process %d is changing that in one transaction.", pid);
	if (line)
		up = pgm_run_status_is_upgrade(pid);
	return line == NULL && pid == 0 ? PGM_RUN_NONE :
		up ? PGM_RUN_UPGRADE : PGM_RUN_OTHER;
}

/* "SELECT migrate.upgrade('a')", and so for each of several targets. */
static char *
upgrades(const PgmGraph *g, PgmSet todo, const char *expected)
{
	PgmSet		targets = pgm_graph_maximal(g, todo);
	StringInfoData buf;
	ListCell   *lc;

	if (expected == NULL || strcmp(expected, "heads") == 0 ||
		strcmp(expected, "head") == 0)
		return pstrdup("SELECT migrate.upgrade('heads')");
	initStringInfo(&buf);
	foreach(lc, pgm_graph_set_ids(g, targets))
	{
		appendStringInfo(&buf, "%sSELECT migrate.upgrade(%s)",
						 buf.len ? ", then " : "", quote_literal_cstr(lfirst(lc)));
	}
	return buf.data;
}

/* The next command to type. */
static char *
advise(const PgmAnswer *a, const char *expected, PgmRunSeen run, List *open,
	   const char *command)
{
	char	   *wait = psprintf("CALL migrate.wait_for(%s, '10 min')",
								expected ? quote_literal_cstr(expected) : "NULL");

	switch (a->fit)
	{
		case PGM_NOTHING:
		case PGM_UNKNOWN:
		case PGM_UNKNOWN_LABEL:
			return pstrdup("Load the migration files of this release with SELECT migrate.load(...), then SELECT migrate.upgrade('heads').");
		case PGM_BROKEN:
			return psprintf("Deploy a release of the application that expects \"%s\" or a later revision.",
							a->breaker);
		case PGM_ELSEWHERE:
			return pstrdup("See SELECT migrate.current(), and go there with migrate.upgrade or migrate.downgrade; or expect it without exact.");
		case PGM_HALF_DONE:
			return open == NIL ? pstrdup("See SELECT * FROM migrate.status.") :
				pgm_half_done_hint(open);
		default:
			if (run == PGM_RUN_NONE)
				return psprintf("Type %s.", command);
			return run == PGM_RUN_UPGRADE ? psprintf("Wait for it with %s.", wait) :
				psprintf("If that is on its way there, wait for it with %s; else type %s when it has ended.",
						 wait, command);
	}
}

/*
 * Raise MG021, for the active snapshot.  "after" says what was done in vain, or
 * is empty.
 */
static void
raise_gap(PgmAnswer *a, const char *expected, const char *after)
{
	List	   *current = pgm_registry_look_version(GetActiveSnapshot());
	List	   *open = pgm_journal_open(true);
	bool		pending;
	PgmPosition *pos;
	PgmGraph   *g = pgm_registry_graph(true, &pos);
	PgmSet		wanted;
	PgmSet		todo = find_pending(g, pos, expected, &wanted);
	StringInfoData detail;
	StringInfoData running;
	PgmRunSeen	run;

	/* what is not registered on a worker of Citus need not be loaded there */
	if (a->fit == PGM_UNKNOWN || a->fit == PGM_UNKNOWN_LABEL)
		pgm_citus_refuse_worker(psprintf("tell whether \"%s\" is applied", a->what));
	initStringInfo(&running);
	run = describe_run(&running);
	/* one at which a run is just now is not left half done */
	if (a->fit == PGM_HALF_DONE && run != PGM_RUN_NONE)
		a->fit = a->what ? PGM_PENDING : PGM_ELSEWHERE;
	pending = a->fit == PGM_PENDING || a->fit == PGM_PENDING_HEAD;
	initStringInfo(&detail);
	appendStringInfo(&detail, "%s; the database is at %s.",
					 describe_gap(a, expected, open),
					 current == NIL ? "base" : pgm_name_join(current));
	if (pending)
		describe_pending(&detail, g, todo, wanted);
	appendStringInfo(&detail, "%s%s", running.data, after);
	ereport(ERROR,
			(errcode(PGM_ERRCODE_NOT_CURRENT),
			 errmsg("Target database is not up to date"),
			 errdetail("%s", detail.data),
			 errhint("%s", advise(a, expected, run, open,
								  pending ? upgrades(g, todo, expected) : ""))));
}

/*
 * Raise MG021 unless the database fits what is expected; and what
 * pgm_check_ask() raises.
 */
void
pgm_check_require(const char *expected, bool exact)
{
	PgmAnswer	a;

	if (pgm_check_current(expected, expected ? (int) strlen(expected) :
						  PGM_NO_TEXT, exact, NULL))
		return;
	PushActiveSnapshot(pgm_check_snapshot());
	a = pgm_check_ask(expected, exact, GetActiveSnapshot());
	/* it may have got there meanwhile */
	if (a.fit != PGM_FITS)
		raise_gap(&a, expected, "");
	PopActiveSnapshot();
}

/*
 * One look, in a transaction of its own: is it there?  Warns once of an empty
 * registry, which may be the wrong database; *warned says whether it did.
 * Raises MG021 after the deadline, or when waiting is of no use.
 */
static bool
look_once(const char *expected, bool exact, TimestampTz begun,
		  TimestampTz deadline, bool *warned)
{
	int			nest_level = NewGUCNestLevel();
	PgmAnswer	a = {.fit = PGM_FITS};

	/* a lock is not waited for beyond the deadline */
	if (deadline != DT_NOEND)
		pgm_settings_bound_lock_timeout(Max(1, TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
																			   deadline)));
	if (!pgm_check_current(expected, expected ? (int) strlen(expected) :
						   PGM_NO_TEXT, exact, NULL))
	{
		PushActiveSnapshot(pgm_check_snapshot());
		a = pgm_check_ask(expected, exact, GetActiveSnapshot());
		if (a.fit == PGM_BROKEN)
			raise_gap(&a, expected, "");
		if (a.fit == PGM_NOTHING && !*warned)
		{
			pgm_warn_nothing_registered();
			*warned = true;
		}
		if (a.fit != PGM_FITS && GetCurrentTimestamp() >= deadline)
			raise_gap(&a, expected,
					  psprintf(" Waited for %.1f s.",
							   TimestampDifferenceMilliseconds(begun, GetCurrentTimestamp()) / 1000.0));
		PopActiveSnapshot();
	}
	AtEOXact_GUC(false, nest_level);
	return a.fit == PGM_FITS;
}

/*
 * Return when the database fits what is expected, looking again and again in
 * transactions of their own, so that no snapshot is held meanwhile.  "work" is
 * the procedure's transaction, which has been left.  Raises MG021 after the
 * deadline, or at once when waiting is of no use; 55P03 when a lock prevented
 * even the look; and what pgm_check_ask() raises.
 */
void
pgm_check_wait_for(const char *expected, bool exact, TimestampTz deadline,
				   PgmCallTransaction *work)
{
	MemoryContext look = AllocSetContextCreate(CurrentMemoryContext, "pg_migrate look",
											   ALLOCSET_SMALL_SIZES);
	TimestampTz begun = GetCurrentTimestamp();
	bool		warned = false;
	bool		there;

	for (;;)
	{
		pgm_call_transaction_begin();
		MemoryContextSwitchTo(look);
		there = look_once(expected, exact, begun, deadline, &warned);
		pgm_call_transaction_commit(work);
		if (there)
			break;
		MemoryContextReset(look);

		/*
		 * A catalog snapshot that is kept would hold back the horizon of
		 * VACUUM.
		 */
		InvalidateCatalogSnapshot();
		pgm_retry_sleep(LOOK_PAUSE);
	}
}
