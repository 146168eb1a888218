/*
 * half_done.c
 *	  Revisions that a run by segments left half done: refusing what would leave
 *	  them so.
 *
 * The journal has the open segments of such a revision: those in effect, and the
 * one that was begun last.  At most one revision of a database is half done,
 * because every run completes it first or is refused.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"

#include "errors.h"
#include "registry/half_done.h"
#include "registry/journal.h"
#include "registry/registry.h"
#include "script/segment.h"

/* What is half done, as a sentence without a period; "open" are its segments. */
char *
pgm_half_done_text(List *open)
{
	const PgmJournalSegment *first = linitial(open);
	int			done = 0;
	ListCell   *lc;

	Assert(open != NIL);
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
 * Raise PGM_ERRCODE_HALF_DONE.  "doing" is the refused action, a verb and its object;
 * "open" are the segments of the half done revision.
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
 * Raise PGM_ERRCODE_HALF_DONE unless the segments in effect are still the first
 * segments of the script.  Else a run would go on in the middle of another script.
 */
void
pgm_half_done_check_unchanged(const char *revision, List *segments, List *open)
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
 * Raise PGM_ERRCODE_HALF_DONE if a migration is half done and this new content of it
 * differs in a segment that is in effect.
 */
void
pgm_half_done_check_replacement(const PgmMigration *m)
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
	pgm_half_done_check_unchanged(m->revision,
								  pgm_segments_cut(script, verify, m->options, &partitioned),
								  open);
}
