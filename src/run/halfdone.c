/*
 * halfdone.c
 *	  Revisions that a run left half done: refusing what would leave them so,
 *	  resume() and abandon().
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/namespace.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "errors.h"
#include "registry/journal.h"
#include "run/run.h"
#include "run/runlock.h"

/* Refuse what would leave a half done revision so; "open" are its segments. */
void
pgm_refuse_half_done(const char *function, List *open)
{
	const PgmJournalSegment *row = linitial(open);

	ereport(ERROR,
			(errcode(PGM_ERRCODE_HALF_DONE),
			 errmsg("cannot call %s while migration \"%s\" is half done",
					function, row->revision),
			 errdetail("In effect, or begun, are %d of the %d segments of its %s.",
					   list_length(open), row->total, row->direction),
			 errhint("Go on with CALL migrate.deploy(%s), or give it up with SELECT migrate.abandon('%s').",
					 strcmp(row->direction, "upgrade") == 0 ?
					 quote_literal_cstr(row->revision) :
					 "'<target below it>', 'downgrade'",
					 row->revision)));
}

/* Raise PGM_ERRCODE_HALF_DONE if any revision is half done. */
void
pgm_check_half_done(const char *function)
{
	List	   *open = pgm_journal_open(false);

	if (open != NIL)
		pgm_refuse_half_done(function, open);
}

/* The open segments of a revision; raises PGM_ERRCODE_HALF_DONE for none. */
static List *
open_segments(const char *revision)
{
	List	   *open = pgm_journal_open(false);

	if (open == NIL ||
		strcmp(((PgmJournalSegment *) linitial(open))->revision, revision) != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("migration \"%s\" is not half done", revision),
				 open == NIL ? errdetail("No migration is.") :
				 errdetail("Migration \"%s\" is.",
						   ((PgmJournalSegment *) linitial(open))->revision),
				 errhint("See SELECT * FROM migrate.status.")));
	return open;
}

PG_FUNCTION_INFO_V1(pg_migrate_resume);
PG_FUNCTION_INFO_V1(pg_migrate_abandon);

/*
 * resume(revision, outcome) returns the revision: of the statement whose
 * outcome is unknown it is said that it is 'done', or is to run 'again'.
 */
Datum
pg_migrate_resume(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *outcome = text_to_cstring(PG_GETARG_TEXT_PP(1));
	PgmJournalSegment *row;

	pgm_runlock_acquire("migrate.resume()");
	row = llast(open_segments(revision));
	if (strcmp(row->state, "running") != 0)
		ereport(ERROR,
				(errcode(PGM_ERRCODE_HALF_DONE),
				 errmsg("no statement of migration \"%s\" is of unknown outcome",
						revision),
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
	PG_RETURN_TEXT_P(cstring_to_text(revision));
}

/*
 * abandon(revision) returns the revision: it is no longer half done, and
 * counts as not upgraded, or not downgraded.  What is in effect stays so.
 */
Datum
pg_migrate_abandon(PG_FUNCTION_ARGS)
{
	char	   *revision = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PgmJournalSegment *row;
	StringInfoData effects;
	PgmLogEntry entry;
	List	   *open;
	ListCell   *lc;

	pgm_runlock_acquire("migrate.abandon()");
	open = open_segments(revision);
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
