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
		pgm_escape_query(script->text, pos);
	}
}

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

	if (pos <= 0)
		return;
	offset = pg_mbcharcliplen(script->text, strlen(script->text), pos - 1);
	line = line_at(script->text, offset);
	if (script->text[offset] == '\\')
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

/* Raise PGM_ERRCODE_INVALID_SCRIPT at a statement. */
static void
refuse(const PgmScript *script, const PgmStatement *s, const char *what,
	   const char *hint)
{
	int			pos = pg_mbstrlen_with_len(script->text, s->start) + 1;

	ereport(ERROR,
			(errcode(PGM_ERRCODE_INVALID_SCRIPT),
			 errmsg("%s is not allowed in a migration script", what),
			 errdetail("Statement %d, line %d: %s", s->number, s->line,
					   pnstrdup(script->text +s->start,
								pg_mbcliplen(script->text +s->start,
											 s->end - s->start, 80))),
			 errhint("%s", hint),
			 errposition(pos)));
}

/* What no script may hold, whichever way it is run. */
static void
check_statement(const PgmScript *script, const PgmStatement *s)
{
	const Node *node = s->raw->stmt;

	if (IsA(node, TransactionStmt))
		refuse(script, s, "transaction control",
			   "Leave it out: a migration is run in a transaction and undone as a whole if it fails.");
	if (IsA(node, CopyStmt))
	{
		const CopyStmt *copy = (const CopyStmt *) node;

		if (copy->filename == NULL && copy->is_from)
			refuse(script, s, "COPY FROM STDIN",
				   "There is no client to send the data; use INSERT, or COPY from a file on the server.");
		if (copy->filename == NULL)
			refuse(script, s, "COPY TO STDOUT",
				   "There is no client to receive the data; use COPY to a file on the server.");
	}
}

/*
 * Cut a script.  The result is in the current memory context and refers to
 * the text.  A verify script is one segment, whatever its comments say.  "first_line" is the script's line in a bundle, or 0.
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
	int			behind = -1;	/* the statement before */
	ListCell   *lc;

	script->revision = revision;
	script->kind = kind;
	script->text = text;

	script->first_line = first_line;
	script->conforming = pgm_strings_conform();

	callback.callback = parse_error_callback;
	callback.arg = script;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	foreach(lc, pgm_parse_query(text))
	{
		PgmStatement *s = palloc0(sizeof(PgmStatement));

		s->raw = lfirst_node(RawStmt, lc);
		s->number = foreach_current_index(lc) + 1;
		s->start = pgm_text_skip_gap(text, Max(s->raw->stmt_location, 0));
		s->end = s->raw->stmt_len > 0 ?
			s->raw->stmt_location + s->raw->stmt_len : (int) strlen(text);
		for (; offset < s->start; offset++)
			line += text[offset] == '\n';

		s->line = line;
		s->begins_segment = segments && behind >= 0 &&
			pgm_gap_begins_segment(text, behind, s->start);
		behind = s->end;
		check_statement(script, s);
		script->statements = lappend(script->statements, s);
	}
	error_context_stack = callback.previous;
	return script;
}

/* Are backslashes in plain string constants taken as they are? */
bool
pgm_strings_conform(void)
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
 * Parse a text that was parsed before, as a part of another one.  Whatever the
 * scripts have SET since, the tokens are the same.  Warnings of the lexer
 * are suppressed, as they were shown the first time.
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
 * A copy of a statement that has a text of its own, for whatever is handed the
 * text of what is executed: the hooks of extensions that log or forward it,
 * pg_prepared_statements, pg_cursors.  Parsing the piece again is the only way
 * to have the positions in all kinds of parse trees refer to it.
 *
 * The text begins with the first token, unless a comment before that is a hint
 * for the planner of some extension.  "conforming" says how strings were read
 * when the script was parsed.
 */
PgmStatement *
pgm_statement_alone(const char *script, bool conforming,
					const PgmStatement *statement)
{
	PgmStatement *alone = palloc(sizeof(PgmStatement));
	int			gap = Max(statement->raw->stmt_location, 0);

	Assert(statement->text == NULL);
	*alone = *statement;
	alone->text_start =
		strstr(pnstrdup(script + gap, statement->start - gap), "/*+") ?
		gap + (int) strspn(script + gap, " \t\r\n\f") : statement->start;
	alone->text = pnstrdup(script + alone->text_start,
						   statement->end - alone->text_start);
	alone->raw = parse_again(alone->text, conforming);
	/* an index may have got its name after the script was parsed */
	if (IsA(alone->raw->stmt, IndexStmt))
		((IndexStmt *) alone->raw->stmt)->idxname =
			((IndexStmt *) statement->raw->stmt)->idxname;
	Assert(equal(alone->raw->stmt, statement->raw->stmt));
	return alone;
}
