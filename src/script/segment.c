/*
 * segment.c
 *	  Cutting a script into segments: sequences of statements that are one
 *	  transaction each, and nontransactional statements.
 *
 * Which statements are nontransactional is known from the server (transactional.c).
 * Under the header "-- transaction: none" every statement is a segment.  A statement
 * after a comment "-- migrate:segment", or one that may use an enum value which the
 * same segment adds, begins another segment.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"

#include "errors.h"
#include "files/behaviour_headers.h"
#include "script/segment.h"
#include "script/viewpoint.h"

/* A cutting in progress */
typedef struct PgmCutter
{
	const PgmScript *script;
	bool		each;			/* every statement is a segment */
	bool		single;			/* nothing may be cut */
	List	   *partitioned;	/* partitioned tables created before */
	List	   *segments;
	PgmSegment *open;			/* the transaction to add to, or NULL */
	List	   *values;			/* enum values it adds */
} PgmCutter;

/* Append a segment with "count" statements from "first" on. */
static PgmSegment *
add_segment(PgmCutter *c, PgmSegmentKind kind, int first, int count)
{
	PgmSegment *s = palloc0(sizeof(PgmSegment));

	Assert(first >= 0 && first + count <= list_length(c->script->statements));
	s->kind = kind;
	s->number = list_length(c->segments) + 1;
	s->script = c->script;
	s->first = first;
	s->count = count;
	c->segments = lappend(c->segments, s);
	return s;
}

/* May the statement use an enum value that the open segment adds? */
static bool
uses_new_value(const PgmCutter *c, const PgmStatement *statement)
{
	ListCell   *lc;

	foreach(lc, c->values)
	{
		if (pgm_statement_mentions(c->script, statement, lfirst(lc)))
			return true;
	}
	return false;
}

/* Add statement number i, from 0, to the open segment, or to a new one. */
static void
add_statement(PgmCutter *c, const PgmStatement *statement, int i)
{
	const AlterEnumStmt *stmt = (const AlterEnumStmt *) statement->raw->stmt;

	if (c->open == NULL || statement->begins_segment ||
		uses_new_value(c, statement))
	{
		c->open = add_segment(c, PGM_SEGMENT_TRANSACTION, i, 0);
		c->values = NIL;
	}
	c->open->count++;
	Assert(c->open->first + c->open->count == i + 1);

	/*
	 * a value that is renamed may be used at once, a new one only after a
	 * commit
	 */
	if (IsA(stmt, AlterEnumStmt) && stmt->oldVal == NULL)
		c->values = lappend(c->values, stmt->newVal);
}

/* Assign each statement of the script to a segment. */
static void
cut_statements(PgmCutter *c)
{
	ListCell   *lc;

	foreach(lc, c->script->statements)
	{
		const PgmStatement *statement = lfirst(lc);
		int			i = foreach_current_index(lc);
		char	   *what = pgm_statement_nontransactional(statement, c->partitioned);

		if (c->single && IsA(statement->raw->stmt, CallStmt) &&
			!pgm_call_is_backfill(statement->raw->stmt))
			what = NULL;		/* it is called atomically */

		/*
		 * A DO block may commit if it is executed at the top level.  That is
		 * only done where the author has said that there is no transaction,
		 * as no other DO block is meant to.
		 */
		if (what == NULL && c->each && IsA(statement->raw->stmt, DoStmt))
			what = "DO under -- transaction: none";
		if (what)
			add_segment(c, PGM_SEGMENT_NONTRANSACTIONAL, i, 1)->what = what;
		else
			add_statement(c, statement, i);
		if (what || c->each)
			c->open = NULL;
		c->partitioned = pgm_statement_partitioned(statement, c->partitioned);
	}
}

/* Why a script must be cut before the segment, as part of a message. */
static const char *
cut_reason(const PgmSegment *s, const PgmStatement *statement)
{
	if (s->what)
		return s->what;
	if (statement->begins_segment)
		return "a comment begins another segment";
	return "a new enum value has to be committed before it is used";
}

/*
 * Raise PGM_ERRCODE_NOT_TRANSACTIONAL if a script was cut although its header says that
 * it is a single transaction.
 */
static void
refuse_cut(const PgmCutter *c)
{
	ListCell   *lc;

	foreach(lc, c->segments)
	{
		const PgmSegment *s = lfirst(lc);
		const PgmStatement *statement = list_nth(c->script->statements,
												 s->first);

		/* the first transaction begins without a cut */
		if (s->number == 1 && s->kind != PGM_SEGMENT_NONTRANSACTIONAL)
			continue;
		ereport(ERROR,
				(errcode(PGM_ERRCODE_NOT_TRANSACTIONAL),
				 errmsg("migration \"%s\" cannot be one transaction: %s",
						c->script->revision, cut_reason(s, statement)),
				 errdetail("Its file says \"-- transaction: single\"; statement %d, line %d has to be cut off.",
						   statement->number, statement->line),
				 s->what == NULL && statement->begins_segment ?
				 errhint("Take the header or the comment -- migrate:segment out.") :
				 errhint("Take the header or the statement out.")));
	}
}

/*
 * Must the verify script be a segment of its own?  It must not if it can run in the
 * transaction of the script, which is better because a failure rolls that back.
 */
static bool
needs_verify_segment(const PgmCutter *c, const PgmScript *verify)
{
	/* only what uses_new_value() needs */
	PgmCutter	after = {.script = verify,.values = c->values};
	ListCell   *lc;

	if (list_length(c->segments) > 1 ||
		((PgmSegment *) linitial(c->segments))->kind == PGM_SEGMENT_NONTRANSACTIONAL)
		return true;
	foreach(lc, verify->statements)
	{
		if (!c->single && uses_new_value(&after, lfirst(lc)))
			return true;
	}
	return false;
}

/*
 * Cut a script into segments: a list of PgmSegment, never empty.
 *
 * "verify" is the verify script of the migration, or NULL; "options" are its
 * behaviour headers.  "partitioned" are the names of the partitioned tables that
 * the plan makes before this script; those that the script makes are added.
 *
 * The verify script runs in the last transaction if the script is one
 * transaction and adds no enum value that the verify script may use; else it is
 * a segment of its own.
 */
List *
pgm_segments_cut(const PgmScript *script, const PgmScript *verify,
				 Jsonb *options, List **partitioned)
{
	char	   *mode = pgm_behaviour_value(options, "transaction");
	PgmCutter	c = {
		.script = script,
		.each = mode && strcmp(mode, "none") == 0,
		.single = mode && strcmp(mode, "single") == 0,
		.partitioned = *partitioned
	};
	PgmViewpoint caller;

	/*
	 * Whether a name is that of a partitioned table or of a procedure that
	 * commits decides where to cut, so names must mean what they will mean
	 * when the script runs.
	 */
	pgm_viewpoint_take(&caller);
	cut_statements(&c);
	pgm_viewpoint_leave(&caller);
	if (c.single)
		refuse_cut(&c);
	/* an empty script still has to move the version, in a transaction */
	if (c.segments == NIL)
		add_segment(&c, PGM_SEGMENT_TRANSACTION, 0, 0);
	if (verify && needs_verify_segment(&c, verify))
	{
		c.script = verify;
		add_segment(&c, PGM_SEGMENT_VERIFY, 0, list_length(verify->statements));
	}
	*partitioned = c.partitioned;
	return c.segments;
}

/* The only statement of a nontransactional segment. */
const PgmStatement *
pgm_segment_statement(const PgmSegment *segment)
{
	Assert(segment->kind == PGM_SEGMENT_NONTRANSACTIONAL && segment->count == 1);
	return list_nth(segment->script->statements, segment->first);
}

/*
 * The text of a segment: that of its statements, without the comments around
 * them.
 */
char *
pgm_segment_text(const PgmSegment *segment)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < segment->count; i++)
	{
		const PgmStatement *s = list_nth(segment->script->statements,
										 segment->first + i);

		appendStringInfo(&buf, "%s%.*s", i ? ";\n" : "", s->end - s->start,
						 segment->script->sql + s->start);
	}
	return buf.data;
}

/* The word for the kind of a segment in migrate.segment, a documented value. */
const char *
pgm_segment_kind(const PgmSegment *segment)
{
	static const char *const names[] = {
		[PGM_SEGMENT_TRANSACTION] = "transaction",
		[PGM_SEGMENT_NONTRANSACTIONAL] = "lone",
		[PGM_SEGMENT_VERIFY] = "verify"
	};

	Assert((int) segment->kind >= 0 && (int) segment->kind < (int) lengthof(names));
	return names[segment->kind];
}
