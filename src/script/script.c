/*
 * script.c
 *	  Cutting a script into statements with the server's own parser, and
 *	  refusing what no migration script may hold.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"

#include "errors.h"
#include "files/migration.h"
#include "script/script.h"
#include "util/sql_text.h"

/*
 * Within an error context callback: turn a position in the script into an
 * internal one, so that the client shows the script's line and a caret.
 */
void
pgm_script_position(const PgmScript *script)
{
	int			pos = geterrposition();

	if (pos > 0)
	{
		errposition(0);
		pgm_escape_query(script->sql, pos);
	}
}

/* The 1-based line of a byte offset. */
static int
line_at(const char *text, int offset)
{
	int			line = 1;

	for (int i = 0; i < offset; i++)
		line += text[i] == '\n';

	return line;
}

/* Error context while a script is parsed. */
static void
parse_error_callback(void *arg)
{
	const PgmScript *script = arg;
	int			pos = geterrposition();
	int			offset;
	int			line;

	/* the callback is called for warnings and cancellations, too */
	if (pos <= 0)
		return;
	offset = pg_mbcharcliplen(script->sql, strlen(script->sql), pos - 1);
	line = line_at(script->sql, offset);
	if (script->sql[offset] == '\\')
		errhint("A line that begins with a backslash is for psql; a migration script holds SQL only.");
	pgm_script_position(script);
	if (script->first_line > 0)
		errcontext("migration \"%s\", %s script, line %d (line %d of the bundle)",
				   script->revision, script->kind, line,
				   script->first_line + line - 1);
	else
		errcontext("migration \"%s\", %s script, line %d",
				   script->revision, script->kind, line);
}

/* Raise PGM_ERRCODE_INVALID_SCRIPT at a statement, with its first 80 bytes. */
static void
refuse_statement(const PgmScript *script, const PgmStatement *s, const char *what,
				 const char *hint)
{
	int			pos = pg_mbstrlen_with_len(script->sql, s->start) + 1;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_SCRIPT),
			 errmsg("%s is not allowed in a migration script", what),
			 errdetail("Statement %d, line %d: %s", s->number, s->line,
					   pnstrdup(script->sql + s->start,
								pg_mbcliplen(script->sql + s->start,
											 s->end - s->start, 80))),
			 errhint("%s", hint),
			 errposition(pos)));
}

/*
 * Raise PGM_ERRCODE_INVALID_SCRIPT for statements that no script may contain, however it
 * is run.
 */
static void
check_statement(const PgmScript *script, const PgmStatement *s)
{
	const Node *node = s->raw->stmt;

	if (IsA(node, TransactionStmt))
		refuse_statement(script, s, "transaction control",
						 "Leave it out: a migration is run in a transaction and undone as a whole if it fails.");
	if (IsA(node, CopyStmt))
	{
		const CopyStmt *copy = (const CopyStmt *) node;

		if (copy->filename == NULL && copy->is_from)
			refuse_statement(script, s, "COPY FROM STDIN",
							 "There is no client to send the data; use INSERT, or COPY from a file on the server.");
		if (copy->filename == NULL)
			refuse_statement(script, s, "COPY TO STDOUT",
							 "There is no client to receive the data; use COPY to a file on the server.");
	}
}

/*
 * Cut a script into statements.  "first_line" is the script's line in a bundle, or 0.
 * The result is in the current memory context and refers to the text.  Comments that
 * begin a segment are noted, but not in a verify script, which is always one segment.
 *
 * Raises the parser's syntax errors, and PGM_ERRCODE_INVALID_SCRIPT for
 * transaction control and COPY with the client.
 */
PgmScript *
pgm_script_parse(const char *revision, const char *kind, const char *text,
				 int first_line)
{
	PgmScript  *script = palloc0(sizeof(PgmScript));
	ErrorContextCallback callback;
	int			offset = 0;
	int			line = 1;
	bool		segments = strstr(text, PGM_SEGMENT_COMMENT) &&
		strcmp(kind, "verify") != 0;
	int			previous_end = -1;	/* where the statement before ends */
	ListCell   *lc;

	script->revision = revision;
	script->kind = kind;
	script->sql = text;

	script->first_line = first_line;
	script->conforming = pgm_script_strings_conform();

	callback.callback = parse_error_callback;
	callback.arg = script;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	foreach(lc, pgm_parse_query(text))
	{
		PgmStatement *s = palloc0(sizeof(PgmStatement));

		s->raw = lfirst_node(RawStmt, lc);
		s->number = foreach_current_index(lc) + 1;
		s->start = pgm_sql_skip_gap(text, Max(s->raw->stmt_location, 0));
		s->end = s->raw->stmt_len > 0 ?
			s->raw->stmt_location + s->raw->stmt_len : (int) strlen(text);
		/* counted on from the statement before: scripts may have many lines */
		for (; offset < s->start; offset++)
			line += text[offset] == '\n';

		s->line = line;
		/* before the first statement there is nothing to be cut off */
		s->begins_segment = segments && previous_end >= 0 &&
			pgm_gap_begins_segment(text, previous_end, s->start);
		previous_end = s->end;
		Assert(s->start <= s->end);
		check_statement(script, s);
		script->statements = lappend(script->statements, s);
	}
	error_context_stack = callback.previous;
	return script;
}

/* Does the session read backslashes in plain string constants literally? */
bool
pgm_script_strings_conform(void)
{
	return strcmp(GetConfigOption("standard_conforming_strings", false, false),
				  "on") == 0;
}

/* Set a parameter until the nest level ends. */
static void
set_within(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Parse the text of one statement that was parsed before, as a part of a script.
 *
 * The lexer depends on settings, which scripts may have changed since.  They are set so
 * that it produces the same tokens: "conforming" is how strings were read then, and
 * what backslash_quote allowed then must be allowed now.  Warnings of the lexer are
 * suppressed, as they were shown the first time.
 */
static RawStmt *
parse_again(const char *text, bool conforming)
{
	int			nest_level = NewGUCNestLevel();
	List	   *statements;

	set_within("standard_conforming_strings", conforming ? "on" : "off");
	set_within("backslash_quote", "on");
	set_within("client_min_messages", "error");
	set_within("log_min_messages", "error");
	statements = raw_parser(text, RAW_PARSE_DEFAULT);
	AtEOXact_GUC(false, nest_level);
	if (list_length(statements) != 1)
		elog(ERROR, "a statement of a script is %d statements when it is parsed alone",
			 list_length(statements));
	return linitial_node(RawStmt, statements);
}

/*
 * A copy of a statement that has its own text, parsed again from that.
 *
 * The text of what is executed is shown or used by hooks of extensions that log or
 * forward it, and by pg_prepared_statements and pg_cursors.  Parse trees contain
 * positions in the text, and parsing again is the only way to adjust those in all kinds
 * of trees.
 *
 * The text begins with the first token, unless a comment before that is a hint for the
 * planner, as pg_hint_plan reads them.  "conforming" says how strings were read when the
 * script was parsed.
 */
PgmStatement *
pgm_statement_reparse(const char *script, bool conforming,
					  const PgmStatement *statement)
{
	PgmStatement *copy = palloc(sizeof(PgmStatement));
	int			gap = Max(statement->raw->stmt_location, 0);

	Assert(statement->text == NULL);
	*copy = *statement;
	copy->text_start =
		strstr(pnstrdup(script + gap, statement->start - gap), "/*+") ?
		gap + (int) strspn(script + gap, " \t\r\n\f") : statement->start;
	Assert(copy->text_start <= statement->start);
	copy->text = pnstrdup(script + copy->text_start,
						  statement->end - copy->text_start);
	copy->raw = parse_again(copy->text, conforming);

	/*
	 * pgm_outcome_prepare() gives a name to an index after the script was
	 * parsed
	 */
	if (IsA(copy->raw->stmt, IndexStmt))
		((IndexStmt *) copy->raw->stmt)->idxname =
			((IndexStmt *) statement->raw->stmt)->idxname;
	Assert(equal(copy->raw->stmt, statement->raw->stmt));
	return copy;
}
