/*
 * half_done.c
 *	  Revisions that a run left half done: refusing what would leave them so,
 *	  resume() and abandon().
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "registry/journal.h"
#include "run/locks/run_lock.h"
#include "run/prepare/half_done.h"
#include "run/prepare/run.h"
#include "script/segment.h"

/* What is half done, in a sentence. */
char *
pgm_half_done_text(List *open)
{
	const PgmJournalSegment *first = linitial(open);
	int			done = 0;
	ListCell   *lc;

	foreach(lc, open)
	{
		done += strcmp(((PgmJournalSegment *) lfirst(lc))->state, "done") == 0;
	}
	return psprintf("migration \"%s\" was left half done by run %lld: %d of %d segments of its %s are in effect",
					first->revision, (long long) first->run, done, first->total,
					first->direction);
}

/* What to type next, for the open segments of a half done revision. */
char *
pgm_half_done_hint(List *open)
{
	const PgmJournalSegment *row = linitial(open);
	bool		up = strcmp(row->direction, "upgrade") == 0;
	const char *target = up ? quote_literal_cstr(row->revision) :
		"'<target below it>'";

	/* a worker is waited for only under READ COMMITTED (door.c) */
	return psprintf("Go on, as a statement of its own in autocommit mode, with %sSELECT migrate.%s or CALL migrate.deploy(%s); or give it up with SELECT migrate.abandon(%lld).",
					IsolationUsesXactSnapshot() ?
					"SET default_transaction_isolation = 'read committed' and " : "",
					up ? psprintf("upgrade(%s)", target) : psprintf("downgrade(%s)", target),
					up ? target : psprintf("%s, 'downgrade'", target),
					(long long) row->run);
}

/*
 * Refuse what would leave a half done revision so: "doing" it, a verb and what
 * follows.  "open" are its segments.
 */
void
pgm_refuse_half_done(const char *doing, List *open)
{
	const PgmJournalSegment *row = linitial(open);

	ereport(ERROR,
			(errcode(PGM_ERRCODE_HALF_DONE),
			 errmsg("cannot %s while migration \"%s\" is half done",
					doing, row->revision),
			 errdetail("In effect, or begun, are %d of the %d segments of its %s.",
					   list_length(open), row->total, row->direction),
			 errhint("%s", pgm_half_done_hint(open))));
}

/* Raise PGM_ERRCODE_HALF_DONE if any revision is half done. */
void
pgm_check_half_done(const char *doing)
{
	List	   *open = pgm_journal_open(false);

	if (open != NIL)
		pgm_refuse_half_done(doing, open);
}

/*
 * The segments in effect must still be what the script, cut into "segments",
 * says.  Raises PGM_ERRCODE_HALF_DONE.
 */
void
pgm_check_unchanged(const char *revision, List *segments, List *open)
{
	ListCell   *lc;

	foreach(lc, open)
	{
		const PgmJournalSegment *row = lfirst(lc);

		if (row->number <= list_length(segments) &&
			strcmp(row->sql, pgm_segment_text(list_nth(segments, row->number - 1))) == 0)
			continue;
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("migration \"%s\" is half done, and segment %d of it was changed",
						revision, row->number),
				 errdetail("In effect is: %s", row->sql),
				 errhint("Load the script with the segments in effect as they were, or give it up with SELECT migrate.abandon(%lld).",
						 (long long) row->run)));
	}
}

/*
 * May this content take the place of what is registered?  Of a half done
 * migration what is in effect has to stay the same.
 */
void
pgm_check_replacement(const PgmMigration *m)
{
	List	   *open = pgm_journal_open(false);
	List	   *partitioned = NIL;
	PgmScript  *script;
	PgmScript  *verify = NULL;
	bool		up;
	const char *text;

	if (open == NIL ||
		strcmp(((PgmJournalSegment *) linitial(open))->revision, m->revision) != 0)
		return;
	up = strcmp(((PgmJournalSegment *) linitial(open))->direction, "upgrade") == 0;
	text = up ? m->upgrade : m->downgrade;

	script = pgm_script_parse(m->revision, up ? "upgrade" : "downgrade",
							  text ? text : "", 0);
	if (up && m->verify)
		verify = pgm_script_parse(m->revision, "verify", m->verify, 0);
	pgm_check_unchanged(m->revision,
						pgm_segments_cut(script, verify, m->options, &partitioned),
						open);
}

/*
 * The open segments of the revision that a run left half done; raises
 * PGM_ERRCODE_HALF_DONE if that run did not.
 */
static List *
open_segments(int64 run)
{
	List	   *open = pgm_journal_open(false);
	const PgmJournalSegment *last = open == NIL ? NULL : llast(open);

	if (last == NULL || !pgm_journal_took_part(run, last->revision))
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("run %lld left no migration half done", (long long) run),
				 last == NULL ? errdetail("No migration is.") :
				 errdetail("Migration \"%s\" is, by run %lld.", last->revision,
						   (long long) last->run),
				 errhint("See SELECT * FROM migrate.status.")));
	return open;
}

PG_FUNCTION_INFO_V1(pg_migrate_resume);
PG_FUNCTION_INFO_V1(pg_migrate_abandon);

/*
 * resume(run, outcome) returns the half done revision: of its statement whose
 * outcome is unknown it is said that it is 'done', or is to run 'again'.
 */
Datum
pg_migrate_resume(PG_FUNCTION_ARGS)
{
	char	   *outcome = text_to_cstring(PG_GETARG_TEXT_PP(1));
	PgmJournalSegment *row;

	pgm_runlock_acquire("migrate.resume()");
	row = llast(open_segments(PG_GETARG_INT64(0)));
	if (strcmp(row->state, "unknown") != 0 &&
		strcmp(row->state, "running") != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("no statement of migration \"%s\" is of unknown outcome",
						row->revision),
				 errhint("Go on with CALL migrate.deploy().")));
	if (strcmp(outcome, "again") == 0)
		pgm_journal_forget(row);
	else if (strcmp(outcome, "done") == 0)
	{
		row->state = "done";
		pgm_journal_write(row, NULL);
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown outcome '%s'", outcome),
				 errhint("Say 'done' or 'again'.")));
	PG_RETURN_TEXT_P(cstring_to_text(row->revision));
}

/*
 * abandon(run) returns the revision that the run left half done: it no longer
 * is, and counts as not upgraded, or not downgraded.  What is in effect stays
 * so.
 */
Datum
pg_migrate_abandon(PG_FUNCTION_ARGS)
{
	int64		run = PG_GETARG_INT64(0);
	const char *revision;
	PgmJournalSegment *row;
	StringInfoData effects;
	PgmLogEntry entry;
	List	   *open;
	ListCell   *lc;

	pgm_runlock_acquire("migrate.abandon()");
	open = open_segments(run);
	pgm_journal_run_end(run, "abandoned", NULL);
	initStringInfo(&effects);
	foreach(lc, open)
	{
		row = lfirst(lc);
		appendStringInfo(&effects, "%sSegment %d of %d (%s): %s",
						 effects.len ? "\n" : "", row->number, row->total,
						 row->state, row->sql);
		pgm_journal_run_end(row->run, "abandoned", NULL);
	}
	row = linitial(open);
	revision = row->revision;
	pgm_journal_close(revision);
	if (strcmp(row->direction, "downgrade") == 0)
		pgm_registry_set_applied(revision, true);
	pgm_entry_begin(&entry, pgm_registry_next_run(), "abandon", GetUserId());
	entry.revision = revision;
	pgm_registry_log(&entry);
	ereport(NOTICE,
			(errmsg("migration \"%s\" is given up; what it did is still there",
					revision),
			 errdetail("%s", effects.data)));
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}
