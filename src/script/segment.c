/*
 * segment.c
 *	  Cutting a script into segments: runs of statements that are one
 *	  transaction, and statements that must stand alone.
 *
 * What must stand alone is said by the server.  Under the header
 * "-- transaction: none" every statement is a segment.  A statement behind a
 * comment "-- migrate:segment", or one that may use an enum value which the same
 * segment adds, begins another segment.
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
	List	   *partitioned;	/* partitioned tables made before */
	List	   *segments;
	PgmSegment *open;			/* the transaction to add to, or NULL */
	List	   *values;			/* enum values it adds */
} PgmCutter;

static PgmSegment *
add_segment(PgmCutter *c, PgmSegmentKind kind, int first, int count)
{
	PgmSegment *s = palloc0(sizeof(PgmSegment));

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

/* Add a statement to the open segment. */
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
	if (IsA(stmt, AlterEnumStmt) && stmt->oldVal == NULL)
		c->values = lappend(c->values, stmt->newVal);
}

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

/* Why a script has to be cut before the segment */
static const char *
cut_reason(const PgmSegment *s, const PgmStatement *statement)
{
	if (s->what)
		return s->what;
	if (statement->begins_segment)
		return "a comment begins another segment";
	return "a new enum value has to be committed before it is used";
}

/* Where the header says that the script is one transaction: refuse cuts. */
static void
refuse_cut(const PgmCutter *c)
{
	ListCell   *lc;

	foreach(lc, c->segments)
	{
		const PgmSegment *s = lfirst(lc);
		const PgmStatement *statement = list_nth(c->script->statements,
												 s->first);

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

/* Does the verify script have to be a segment of its own? */
static bool
verifies_apart(const PgmCutter *c, const PgmScript *verify)
{
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

	/* whether a table is partitioned says whether its REINDEX can be cut off */
	pgm_viewpoint_take(&caller);
	cut_statements(&c);
	pgm_viewpoint_leave(&caller);
	if (c.single)
		refuse_cut(&c);
	if (c.segments == NIL)
		add_segment(&c, PGM_SEGMENT_TRANSACTION, 0, 0);
	if (verify && verifies_apart(&c, verify))
	{
		c.script = verify;
		add_segment(&c, PGM_SEGMENT_VERIFY, 0, list_length(verify->statements));
	}
	*partitioned = c.partitioned;
	return c.segments;
}

/* The only statement of a segment that must stand alone. */
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
						 segment->script->text +s->start);
	}
	return buf.data;
}

/* The word for its kind in migrate.segment. */
const char *
pgm_segment_kind(const PgmSegment *segment)
{
	static const char *const names[] = {"transaction", "lone", "verify"};

	return names[segment->kind];
}
